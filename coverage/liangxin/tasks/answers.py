"""One answer: who may give it, where it leads, and what the register must hold for it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Row, and_, cast, insert, select, update

from liangxin import audit, loop, questions
from liangxin.access import Actor, Permission, Role
from liangxin.errors import Misuse, NotFound, printable
from liangxin.rules import RuleSet
from liangxin.schema import PartyTerm, Screening, Sighting, Task, TaskStep
from liangxin.tasks import views
from liangxin.tasks.facts import is_reached, looked_since, screened_as
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
    question. That a screening was recorded, or an election held, is taken only if the register
    holds one.

    Raises:
        NotPermitted: the role may not answer tasks.
        NotFound: there is no such open task, or it is not the actor's turn or in its scope.
        Misuse: the stage takes no such answer, a note is needed or too long, or no screening or
            election is recorded.
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
    if said == "elected":
        _require_election(connection, task, today)
    if task.kind == "question":
        # Whether the actor may was decided by the task.
        number = int(task.subject.removeprefix("question:"))
        questions.settle(connection, number, answer=note or "", by=actor.name, now=now)
    return _led(connection, actor, task, said, note, _next(task, to, rules, today, now), today, now)


def screened(
    connection: Connection,
    actor: Actor,
    organisation_id: int,
    *,
    rules: RuleSet,
    today: date,
    now: datetime,
) -> Answered | None:
    """Answer the open screening task of an organisation whose finding was just recorded.

    Whoever may record the finding need not be asked whose turn it was; null: no task waits for it.
    """
    task = _screening(connection, organisation_id, Task.stage.in_(("find", "record")))
    if task is None:
        return None
    to = "form" if _stands(connection, rules, task, today).unreached else None
    values = _next(task, to, rules, today, now)
    return _led(connection, actor, task, "recorded", None, values, today, now)


def sighted(
    connection: Connection,
    actor: Actor,
    sighting: Sighting,
    *,
    rules: RuleSet,
    today: date,
    now: datetime,
) -> Answered:
    """Put what a community saw of an organisation before the economic office.

    Its open screening task goes there, from whatever stage it was in; without one a task is opened.
    """
    subject = f"organisation:{sighting.organisation_id}"
    task = _screening(connection, sighting.organisation_id)
    if task is None:
        task = open_one(connection, sighting, "screen", subject, rules=rules, today=today, now=now)
    values = {"because": f"sighting:{sighting.id}"}
    if task.stage != "record":
        values |= _next(task, "record", rules, today, now)
    return _led(connection, actor, task, sighting.kind, sighting.note, values, today, now)


def open_one(
    connection: Connection,
    sighting: Sighting,
    kind: str,
    subject: str,
    *,
    rules: RuleSet,
    today: date,
    now: datetime,
) -> Row[Any]:
    """Open a task about a sighting at once; the day's run would do so tomorrow."""
    stage = loop.kind(kind).first
    place, community = sighting.subdistrict_code, sighting.community_code
    owner = str(loop.acting(loop.kind(kind).stages[stage], place, community))
    values = {
        "kind": kind,
        "stage": stage,
        "turn": 0,
        "subject": subject,
        "organisation_id": sighting.organisation_id,
        "subdistrict_code": place,
        "community_code": community,
        "owner": owner,
        "because": f"sighting:{sighting.id}",
        "urgent": False,
        "opened_on": today,
        "due_on": loop.due(kind, rules.limits, start=today),
        "opened_at": now,
    }
    number = connection.execute(insert(Task).values(**values).returning(Task.id)).scalar_one()
    step = {"task_id": number, "turn": 0, "kind": "opened", "on": today, "at": now}
    connection.execute(insert(TaskStep).values(**step, by=loop.REGISTER, owner=owner))
    return connection.execute(select(Task.__table__).where(Task.id == number)).one()


def _screening(connection: Connection, organisation_id: int | None, *more: Any) -> Row[Any] | None:
    """The open screening task of an organisation."""
    query = select(Task.__table__).where(
        Task.kind == "screen",
        Task.subject == f"organisation:{organisation_id}",
        Task.closed_at.is_(None),
        *more,
    )
    return connection.execute(query).first()


def _led(
    connection: Connection,
    actor: Actor,
    task: Row[Any],
    said: str,
    note: str | None,
    values: dict[str, Any],
    today: date,
    now: datetime,
) -> Answered:
    """Write what an answer changes in its task, the step, and the log."""
    connection.execute(update(Task).where(Task.id == task.id).values(**values))
    turn, owner = values.get("turn", task.turn), values.get("owner", task.owner)
    step = {"task_id": task.id, "turn": turn, "kind": "answered", "answer": said, "note": note}
    connection.execute(
        insert(TaskStep).values(**step, on=today, by=actor.name, owner=owner, at=now)
    )
    about = f"{task.id} {task.kind} {said}"
    audit.by_actor(connection, actor, "task.answered", about, now=now)
    if "closed_at" in values:
        return Answered(task.id, said, True, None, None, None)
    stage, due_on = values.get("stage", task.stage), values.get("due_on", task.due_on)
    return Answered(task.id, said, False, stage, owner, due_on)


def _to_answer(connection: Connection, actor: Actor, task_id: int) -> Row[Any]:
    query = select(Task.__table__).where(
        Task.id == task_id, Task.closed_at.is_(None), views.visible(actor)
    )
    if actor.role != Role.DISTRICT_OFFICE:
        query = query.where(Task.owner == str(actor.role))
    found = connection.execute(query).first()
    if found is None:
        raise NotFound(
            f"没有找到待您答复的任务 {task_id}；可能已有人答复。请刷新任务页面。",
            f"no task {task_id} that waits for your answer was found; somebody may have answered it. Reload the tasks.",
        )
    return found


def _after_record(
    connection: Connection, rules: RuleSet, task: Row[Any], today: date
) -> str | None:
    """Where a recorded screening leads: to forming if it operates and nothing reaches it yet."""
    found = _stands(connection, rules, task, today)
    if not found.decided:
        raise Misuse(
            "登记库中没有该组织的摸排结果。请先在摸排页面登记（或 liangxin load --source screening_results），"
            "再答复“摸排结果已录入”（recorded）。",
            "the register holds no screening of it; record one first on the page of screening (or "
            "liangxin load --source screening_results), then answer “the result is recorded” (recorded).",
        )
    return "form" if found.unreached else None


def _require_election(connection: Connection, task: Row[Any], today: date) -> None:
    """Raise unless the Party organisation has a term after the one that the task is about."""
    old = int(task.because.removeprefix("term:"))
    before = select(PartyTerm.from_on).where(PartyTerm.id == old).scalar_subquery()
    later = select(PartyTerm.id).where(
        PartyTerm.party_organisation_id == int(task.subject.removeprefix("party:")),
        PartyTerm.corrected_at.is_(None),
        PartyTerm.from_on > before,
        PartyTerm.from_on <= today,
    )
    if connection.execute(later.limit(1)).first() is None:
        raise Misuse(
            "登记库中还没有这次换届的记录。请先在该党组织的页面“换届、选举”处记录选举，再答复“已完成换届”（elected）。",
            "the register holds no such election; record it first on the page of the Party organisation, "
            "then answer “the election was held” (elected).",
        )


def _stands(connection: Connection, rules: RuleSet, task: Row[Any], today: date) -> Any:
    """Whether a finding is there, and whether it operates and nothing reaches it.

    What a community saw asks for a finding made since.
    """
    decided = screened_as(task.organisation_id, today, Screening.state.not_in(UNDECIDED))
    word, _, number = task.because.partition(":")
    if word == "sighting":
        seen = select(Sighting.learned_at).where(Sighting.id == int(number)).scalar_subquery()
        decided = and_(decided, looked_since(task.organisation_id, seen))
    operates = screened_as(task.organisation_id, today, Screening.state.in_(rules.states))
    reached = is_reached(task.organisation_id, today)
    return connection.execute(
        select(
            cast(decided, Boolean).label("decided"),
            and_(operates, ~reached).label("unreached"),
        )
    ).one()


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
