"""One answer: who may give it, where it leads, and what the register must hold for it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Row, and_, cast, insert, select, update

from liangxin import audit, loop, questions
from liangxin.access import Actor, Permission, Role
from liangxin.errors import Misuse, NotFound, printable
from liangxin.rules import RuleSet
from liangxin.schema import Screening, Task, TaskStep
from liangxin.tasks import views
from liangxin.tasks.facts import is_reached, screened_as
from liangxin.universe import UNDECIDED

#: The longest note kept with an answer; it is for a sentence, not for a file about somebody.
NOTE = 500


@dataclass(frozen=True, slots=True)
class Answered:
    """Where an answer led: the next owner and the day it is due, or nowhere."""

    task: int
    answer: str
    closed: bool
    stage: str | None
    owner: str | None
    due_on: date | None


def answer(
    connection: Connection,
    actor: Actor,
    task_id: int,
    said: str,
    *,
    note: str | None = None,
    rules: RuleSet,
    today: date,
    now: datetime,
) -> Answered:
    """Keep the answer of whoever's turn it is, and hand the task on or end it.

    The district office may answer for any office. An answer to a question of figures closes the
    question. That a screening was recorded is taken only if the register holds one.

    Raises:
        NotPermitted: the role may not answer tasks.
        NotFound: there is no such open task, or it is not the actor's turn or in its scope.
        Misuse: the stage takes no such answer, a note is needed or too long, or no screening is
            recorded.
    """
    actor.require(Permission.TASK_ANSWER)
    task = _to_answer(connection, actor, task_id)
    said, note = said.strip(), printable((note or "").strip()) or None
    if note is not None and len(note) > NOTE:
        raise Misuse(
            f"说明最多 {NOTE} 字，现有 {len(note)} 字。",
            f"a note has at most {NOTE} characters; this one has {len(note)}.",
        )
    found = loop.take(task.kind, task.stage, said, note)
    to = found.to
    if said == "recorded":
        to = _after_record(connection, rules, task, today)
    if task.kind == "question":
        # Whether the actor may was decided by the task.
        number = int(task.subject.removeprefix("question:"))
        questions.settle(connection, number, answer=note or "", by=actor.name, now=now)
    values = _next(task, to, rules, today, now)
    connection.execute(update(Task).where(Task.id == task.id).values(**values))
    turn, owner = values.get("turn", task.turn), values.get("owner", task.owner)
    step = {"task_id": task.id, "turn": turn, "kind": "answered", "answer": said, "note": note}
    connection.execute(
        insert(TaskStep).values(**step, on=today, by=actor.name, owner=owner, at=now)
    )
    about = f"{task.id} {task.kind} {said}"
    audit.by_actor(connection, actor, "task.answered", about, now=now)
    if to is None:
        return Answered(task.id, said, True, None, None, None)
    return Answered(task.id, said, False, to, owner, values["due_on"])


def _to_answer(connection: Connection, actor: Actor, task_id: int) -> Row[Any]:
    query = select(Task.__table__).where(
        Task.id == task_id, Task.closed_at.is_(None), views.visible(actor)
    )
    if actor.role != Role.DISTRICT_OFFICE:
        query = query.where(Task.owner == str(actor.role))
    found = connection.execute(query).first()
    if found is None:
        raise NotFound(
            f"没有找到待您答复的任务 {task_id}。可用 liangxin tasks 查看。",
            f"no task {task_id} that waits for your answer was found; see liangxin tasks.",
        )
    return found


def _after_record(
    connection: Connection, rules: RuleSet, task: Row[Any], today: date
) -> str | None:
    """Where a recorded screening leads: to forming if it operates and nothing reaches it yet."""
    decided = screened_as(task.organisation_id, today, Screening.state.not_in(UNDECIDED))
    operates = screened_as(task.organisation_id, today, Screening.state.in_(rules.states))
    reached = is_reached(task.organisation_id, today)
    found = connection.execute(
        select(
            cast(decided, Boolean).label("decided"),
            and_(operates, ~reached).label("unreached"),
        )
    ).one()
    if not found.decided:
        raise Misuse(
            "登记库中没有该组织的摸排结果。请先录入（liangxin load --source screening_results），再答复 recorded。",
            "the register holds no screening of it; load one first "
            "(liangxin load --source screening_results), then answer recorded.",
        )
    return "form" if found.unreached else None


def _next(
    task: Row[Any], to: str | None, rules: RuleSet, today: date, now: datetime
) -> dict[str, Any]:
    """What an answer changes in its task."""
    if to is None:
        return {"closed_at": now}
    stage = loop.kind(task.kind).stages[to]
    subdistrict, community = task.subdistrict_code, task.community_code
    known: str | None = subdistrict
    if to == "take":
        here, there = subdistrict, task.because.removeprefix("operating:")
        subdistrict, community = there, None
        # Another district's office has no account here.
        known = there if here is not None and here[:6] == there[:6] else None
    return {
        "stage": to,
        "turn": task.turn + 1,
        "owner": str(loop.acting(stage, known, community)),
        "subdistrict_code": subdistrict,
        "community_code": community,
        "due_on": loop.due(task.kind, rules.limits, start=today, urgent=task.urgent),
    }
