"""Tasks as their readers may see them: the actor comes first, scope is part of the query.

- The committee sees all tasks of its sub-districts, the district office all but those that tell
  of few or single members: joint branches with too few, counts that disagree, declarations.
- The economic office sees what it must do and what is under way in screening, handing over and
  confirming; a community what it must do. Neither sees a task about members that is not its own.
- A leader sees what was put to the leader, and of tasks about members not whom they are about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from liangxin import divisions, loop, questions
from liangxin.access import Actor, Permission, Role
from liangxin.errors import Misuse, NotFound
from liangxin.facts_on import true_on
from liangxin.schema import (
    Finding,
    Organisation,
    PartyOrganisation,
    Question,
    Sighting,
    Task,
    TaskStep,
)
from liangxin.workdays import working_days_between

#: Kinds that say nothing about members, whoever reads them.
SHARED = tuple(
    name for name, kind in loop.KINDS.items() if not kind.about_members and name != "question"
)
#: Kinds that are about a sub-district, and no organisation.
OF_A_SUBDISTRICT = frozenset({"confirm", "rosters"})
#: What is told of a sighting of something new.
FOUND = ("name", "address", "uscc", "reported_by", "seen_on")
OWNERS = tuple(
    str(role)
    for role in (Role.COMMUNITY, Role.ECONOMIC_OFFICE, Role.COMMITTEE, Role.DISTRICT_OFFICE)
)


@dataclass(frozen=True, slots=True)
class TaskView:
    """An open task as its reader may see it; ``name`` and ``uscc`` are null where that is hidden."""

    id: int
    kind: str
    title_zh: str
    title_en: str
    event_zh: str
    event_en: str
    stage: str
    todo_zh: str
    todo_en: str
    answers: Mapping[str, str]  # name -> Chinese
    subject: str
    uscc: str | None
    name: str | None
    subdistrict_code: str | None
    subdistrict: str | None
    community_code: str | None
    community: str | None
    owner: str
    urgent: bool
    opened_on: date
    due_on: date
    late: int  # working days past the due day; 0: not late
    chased_on: date | None  # in this turn
    escalated_on: date | None
    mine: bool = False  # it waits for whoever asks
    said: "Said | None" = None  # the last answer, with what was reported of something found


@dataclass(frozen=True, slots=True)
class Said:
    """What an office answered last, or a community reported first."""

    zh: str
    en: str
    note: str | None
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class StepView:
    """One thing that happened to a task."""

    kind: str
    answer_zh: str
    answer_en: str
    on: date
    by: str
    owner: str
    note: str | None


def listed(
    connection: Connection,
    actor: Actor,
    *,
    today: date,
    subdistrict_code: str = "",
    owner: str = "",
    grid_code: str = "",
    uscc: str = "",
) -> list[TaskView]:
    """Return the open tasks an actor may see: urgent ones first, then by the day they are due.

    Args:
        connection: of the register.
        actor: who asks.
        today: the day that lateness is counted to.
        subdistrict_code: only those of this sub-district.
        owner: only those that this role must act on.
        grid_code: only those about an organisation of this grid.
        uscc: only those about this organisation.

    Raises:
        NotPermitted: the role may not list tasks, or those of one organisation.
        NotFound: the sub-district is outside the actor's scope, or there is none of that code.
        Misuse: no such owner.
    """
    conditions = open_in(connection, actor, today=today, subdistrict_code=subdistrict_code)
    if owner:
        if owner not in OWNERS:
            raise Misuse(
                f"没有承办方“{owner}”，可用：{'、'.join(OWNERS)}。",
                f"there is no owner {owner!r}; use one of {', '.join(OWNERS)}.",
            )
        conditions.append(Task.owner == owner)
    if uscc:
        actor.require(Permission.ORGANISATION_LIST)  # or asking by code would tell a hidden one
        conditions.append(Organisation.uscc == uscc)
    if grid_code:
        in_grid = exists().where(
            Finding.organisation_id == Task.organisation_id,
            Finding.field == "grid_code",
            Finding.value == grid_code,
            true_on(Finding, today, None),
        )
        conditions.append(in_grid)
    return fetched(connection, actor, today, conditions)


def open_in(
    connection: Connection, actor: Actor, *, today: date, subdistrict_code: str = ""
) -> list[ColumnElement[bool]]:
    """Return what is true of open tasks an actor may see, of one sub-district if it is named.

    Raises:
        NotPermitted: the role may not list tasks.
        NotFound: the sub-district is outside the actor's scope, or there is none of that code.
    """
    conditions = [Task.closed_at.is_(None), visible(actor)]
    if subdistrict_code:
        in_scope = actor.subdistricts is None or subdistrict_code in actor.subdistricts
        # Of one that was merged, tasks may wait all the same.
        known = divisions.names_ever(connection, {subdistrict_code}, on=today)
        if not in_scope or not known:
            raise NotFound(
                f"没有找到街道“{subdistrict_code}”。",
                f"no sub-district {subdistrict_code!r} was found.",
            )
        conditions.append(Task.subdistrict_code == subdistrict_code)
    return conditions


def answered_by(actor: Actor) -> frozenset[str]:
    """Return the owners whose tasks an actor may answer."""
    if not actor.may(Permission.TASK_ANSWER):
        return frozenset()
    if actor.role == Role.DISTRICT_OFFICE:  # answers for every office
        return frozenset(OWNERS)
    return frozenset({str(actor.role)})


def get(connection: Connection, actor: Actor, task_id: int, *, today: date) -> TaskView:
    """Return one open task.

    Raises:
        NotPermitted: the role may not list tasks.
        NotFound: there is no such open task, or it is outside the actor's scope.
    """
    found = fetched(
        connection, actor, today, [Task.closed_at.is_(None), Task.id == task_id, visible(actor)]
    )
    if not found:
        raise NotFound(
            f"没有找到任务 {task_id}，或已办结。可用 liangxin tasks 查看。",
            f"no open task {task_id} was found; see liangxin tasks.",
        )
    return found[0]


def steps(
    connection: Connection, actor: Actor, task_id: int, *, today: date
) -> tuple[TaskView | None, list[StepView]]:
    """Return a task, null if it is closed, and all that happened to it.

    Raises:
        NotPermitted: the role may not list tasks.
        NotFound: there is no such task, or it is outside the actor's scope.
    """
    seen = visible(actor)
    kind = connection.execute(select(Task.kind).where(Task.id == task_id, seen)).scalar()
    if kind is None:
        raise NotFound(
            f"没有找到任务 {task_id}，或不在您的范围内。",
            f"no task {task_id} was found within your scope.",
        )
    found = fetched(connection, actor, today, [Task.closed_at.is_(None), Task.id == task_id, seen])
    hidden = loop.kind(kind).about_members and actor.role == Role.LEADER
    query = select(TaskStep.__table__).where(TaskStep.task_id == task_id).order_by(TaskStep.id)
    told = []
    for row in connection.execute(query):
        zh, en = loop.answer_words(kind, row.answer) if row.answer else ("", "")
        note = None if hidden else row.note
        told.append(StepView(row.kind, zh, en, row.on_day, row.done_by, row.owner, note))
    return (found[0] if found else None), told


def visible(actor: Actor) -> ColumnElement[bool]:
    """Tell whether an actor may see a task.

    Raises:
        NotPermitted: the role may not list tasks.
    """
    actor.require(Permission.TASK_LIST)
    escalated = exists().where(TaskStep.task_id == Task.id, TaskStep.kind == "escalated")
    own = Task.owner == str(actor.role)
    by_role: dict[Role, ColumnElement[bool]] = {
        Role.DISTRICT_OFFICE: true(),
        Role.COMMITTEE: true(),
        Role.ECONOMIC_OFFICE: or_(own, Task.kind.in_(SHARED)),
        Role.COMMUNITY: own,
        Role.LEADER: escalated,
    }
    seen = by_role[actor.role]
    if not actor.may(Permission.MEMBER_COUNT):
        seen = and_(seen, ~_of_committee_alone())
    if actor.communities is not None:
        # One whose community nobody knows is not a community's turn (``loop.acting``).
        seen = and_(seen, Task.community_code.in_(sorted(actor.communities)))
    if actor.subdistricts is None:
        return seen
    return and_(seen, Task.subdistrict_code.in_(sorted(actor.subdistricts)))


def _of_committee_alone() -> ColumnElement[bool]:
    """Tell whether that a task is there tells of few, or of single, members."""
    kinds = [name for name, kind in loop.KINDS.items() if kind.committee_alone]
    asked = exists().where(
        Task.subject == literal("question:") + cast(Question.id, String), questions.of_members()
    )
    return or_(Task.kind.in_(kinds), and_(Task.kind == "question", asked))


def fetched(
    connection: Connection,
    actor: Actor,
    today: date,
    conditions: Sequence[ColumnElement[bool]],
    *,
    most: int | None = None,
) -> list[TaskView]:
    """Return tasks of which this is true, urgent ones first, then by the day they are due."""
    chased, escalated = aliased(TaskStep), aliased(TaskStep)
    answered = (
        select(func.max(TaskStep.id))
        .where(TaskStep.task_id == Task.id, TaskStep.kind == "answered")
        .scalar_subquery()
    )
    last = aliased(TaskStep)
    query = (
        select(
            *Task.__table__.columns,
            Organisation.uscc,
            Organisation.name.label("organisation"),
            PartyOrganisation.name.label("party"),
            *(getattr(Sighting, name).label(f"found_{name}") for name in FOUND),
            *(getattr(last, name).label(f"last_{name}") for name in ("answer", "note", "by", "on")),
            chased.on.label("chased_on"),
            escalated.on.label("escalated_on"),
        )
        .outerjoin(Organisation, Organisation.id == Task.organisation_id)
        .outerjoin(PartyOrganisation, PartyOrganisation.id == Task.party_organisation_id)
        .outerjoin(
            Sighting,
            and_(
                Task.kind == "found",
                Task.subject == literal("sighting:") + cast(Sighting.id, String),
            ),
        )
        .outerjoin(last, last.id == answered)
        .outerjoin(
            chased,
            and_(chased.task_id == Task.id, chased.turn == Task.turn, chased.kind == "chased"),
        )
        .outerjoin(escalated, and_(escalated.task_id == Task.id, escalated.kind == "escalated"))
        .where(*conditions)
        .order_by(Task.urgent.desc(), Task.due_on, Task.id)
        .limit(most)
    )
    found: Sequence[Any] = connection.execute(query).all()
    codes = {code for row in found for code in (row.subdistrict_code, row.community_code) if code}
    names = _names(connection, codes, today)
    # Many are due on one day, and working days are counted one by one.
    late = {day: working_days_between(day, today) for day in {row.due_on for row in found}}
    return [_shown(row, names, actor, late[row.due_on]) for row in found]


def _names(connection: Connection, codes: set[str], on: date) -> dict[str, str]:
    wanted = sorted(codes)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 5_000):
        found.update(divisions.names_ever(connection, set(wanted[start : start + 5_000]), on=on))
    return found


def _shown(row: Any, names: Mapping[str, str], actor: Actor, late: int) -> TaskView:
    kind = loop.kind(row.kind)
    stage = kind.stages[row.stage]
    event_zh, event_en = loop.event(row.because)
    hidden = kind.about_members and actor.role == Role.LEADER
    place = names.get(row.subdistrict_code or "")
    name = row.organisation or row.party or row.found_name
    name = name or (place if row.kind in OF_A_SUBDISTRICT else None)
    return TaskView(
        id=row.id,
        kind=row.kind,
        title_zh=kind.zh,
        title_en=kind.en,
        event_zh=event_zh,
        event_en=event_en,
        stage=row.stage,
        todo_zh=stage.zh,
        todo_en=stage.en,
        answers={each: answer.zh for each, answer in stage.answers.items()},
        subject="" if hidden else row.subject,
        uscc=None if hidden else row.uscc,
        name=None if hidden else name,
        subdistrict_code=row.subdistrict_code,
        subdistrict=place,
        community_code=row.community_code,
        community=names.get(row.community_code or ""),
        owner=row.owner,
        urgent=row.urgent,
        opened_on=row.opened_on,
        due_on=row.due_on,
        late=late,
        chased_on=row.chased_on,
        escalated_on=row.escalated_on,
        mine=row.owner in answered_by(actor),
        said=None if hidden else _said(row),
    )


def _said(row: Any) -> Said | None:
    if row.last_answer is not None:
        zh, en = loop.answer_words(row.kind, row.last_answer)
        note = "；".join(each for each in (row.last_note, _where(row)) if each) or None
        return Said(zh, en, note, row.last_by, row.last_on)
    if row.found_name is None:
        return None
    return Said("新发现", "found", _where(row), row.found_reported_by, row.found_seen_on)


def _where(row: Any) -> str | None:
    return " ".join(each for each in (row.found_address, row.found_uscc) if each) or None
