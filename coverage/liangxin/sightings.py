"""What a community worker saw on the spot: an organisation found, moved or closed.

A report is no finding: it opens, or hands on, the task of the economic office that looks and
records. A worker sees the organisations of their own communities, and what became of their reports.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, insert, select

from liangxin import audit, called, divisions, loop, standing, tally, tasks, universe
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound, printable
from liangxin.ids import uscc as unified
from liangxin.rules import RuleSet
from liangxin.schema import Organisation, Screening, Sighting, Task, TaskStep

#: What can be seen of an organisation the register knows, in Chinese and English.
SEEN = {"moved": ("已搬走", "it has moved"), "closed": ("已停业关门", "it has closed")}
FOUND = "found"
#: The longest name, address or note.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Near:
    """An organisation of a worker's communities; ``reported``: a report of it still waits."""

    uscc: str
    name: str
    address: str | None
    community: str | None
    state: str | None
    reported: bool


@dataclass(frozen=True, slots=True)
class Report:
    """One report and what became of it: whose turn it is, or the last answer, and the state now."""

    kind: str
    name: str
    seen_on: date
    note: str | None
    owner: str | None  # whose turn it is; null: it is settled
    due_on: date | None
    answer_zh: str | None  # the last one of somebody else
    answer_en: str | None
    answered_on: date | None
    answer_note: str | None
    state: str | None  # what somebody found since
    state_on: date | None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a worker says of an organisation they found."""

    name: str
    address: str
    uscc: str = ""
    community_code: str = ""


def near(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    today: date,
    text: str = "",
    most: int = 20,
) -> list[Near]:
    """Return organisations of the actor's communities that are not known to be gone, by name.

    Args:
        connection: of the register.
        actor: who asks.
        rules: of the register.
        today: the day.
        text: a part of the name, or the code; empty: everybody.
        most: the longest list.

    Raises:
        NotPermitted: the role may not report.
    """
    actor.require(Permission.SIGHTING_REPORT)
    member = standing.of_each(connection, rules, as_of=today)
    waiting = (
        select(Task.id)
        .where(
            Task.organisation_id == member.c.id,
            Task.kind == "screen",
            Task.because.startswith("sighting:"),
            Task.closed_at.is_(None),
        )
        .exists()
    )
    query = (
        select(
            Organisation.uscc,
            Organisation.name,
            Organisation.address,
            member.c.community_code,
            member.c.state,
            waiting.label("reported"),
        )
        .join(Organisation, Organisation.id == member.c.id)
        .where(member.c.state.is_(None) | member.c.state.not_in(universe.EXITS))
        .order_by(Organisation.name, Organisation.uscc)
        .limit(most)
    )
    if text:
        query = query.where(called.this(called.words(text)))
    found = connection.execute(tally.scoped(query, member, actor)).all()
    names = divisions.names(connection, {row.community_code for row in found} - {None}, on=today)
    return [
        Near(
            row.uscc,
            row.name,
            row.address,
            names.get(row.community_code or ""),
            row.state,
            bool(row.reported),
        )
        for row in found
    ]


def one(connection: Connection, actor: Actor, rules: RuleSet, uscc: str, *, today: date) -> Near:
    """Return one organisation of the actor's communities.

    Raises:
        NotPermitted: the role may not report.
        NotFound: there is none, or it is outside the actor's scope.
    """
    found = near(connection, actor, rules, today=today, text=uscc, most=2)
    for each in found:
        if each.uscc == uscc.upper():
            return each
    raise _no_organisation(uscc)


def communities(connection: Connection, actor: Actor, *, today: date) -> dict[str, str]:
    """Return the communities an actor may report of: code -> name.

    Raises:
        NotPermitted: the role may not report.
    """
    actor.require(Permission.SIGHTING_REPORT)
    if actor.communities is not None:
        return divisions.names(connection, set(actor.communities), on=today)
    if actor.subdistricts is None:
        return {}  # whoever is of the whole country is of no community
    return divisions.communities(connection, actor.subdistricts, on=today)


def report(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    uscc: str,
    kind: str,
    *,
    note: str = "",
    today: date,
    now: datetime,
) -> tasks.Answered:
    """Report that an organisation moved or closed; its task goes to the economic office.

    Raises:
        NotPermitted: the role may not report.
        NotFound: there is no such organisation in the actor's communities.
        Misuse: nothing that can be reported, or too long a note.
    """
    actor.require(Permission.SIGHTING_REPORT)
    if kind not in SEEN:
        raise Misuse(
            f"不能上报“{kind[:40]}”，可用：{'、'.join(SEEN)}。",
            f"{kind[:40]!r} cannot be reported; use one of {', '.join(SEEN)}.",
        )
    row = standing.of_one(connection, actor, rules, uscc, as_of=today)
    if row is None or row.subdistrict_code is None:
        raise _no_organisation(uscc)
    values = {
        "kind": kind,
        "organisation_id": row.id,
        "name": row.name,
        "subdistrict_code": row.subdistrict_code,
        "community_code": row.community_code,
        "note": _text(note, "说明", "note"),
    }
    sighting = _write(connection, actor, values, today, now)
    audit.by_actor(connection, actor, "sighting.reported", f"{uscc} {kind}", now=now)
    return tasks.sighted(connection, actor, sighting, rules=rules, today=today, now=now)


def report_found(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    newcomer: Newcomer,
    *,
    today: date,
    now: datetime,
) -> tasks.Answered:
    """Report an organisation that the register does not know; a task of the economic office opens.

    Raises:
        NotPermitted: the role may not report.
        NotFound: the community is not one of the actor's.
        Misuse: name or address is missing or too long, the code is none, or it is known here, or
            was reported already.
    """
    actor.require(Permission.SIGHTING_REPORT)
    values = _newcomer(connection, actor, rules, newcomer, today)
    sighting = _write(connection, actor, values, today, now)
    subject = f"{FOUND}:{sighting.id}"
    audit.by_actor(connection, actor, "sighting.reported", subject, now=now)
    task = tasks.open_one(
        connection, sighting, FOUND, f"sighting:{sighting.id}", rules=rules, today=today, now=now
    )
    return tasks.Answered(task.id, FOUND, False, task.stage, task.owner, task.due_on)


def mine(connection: Connection, actor: Actor, *, most: int = 50) -> list[Report]:
    """Return what an actor reported, the newest first, and what became of it.

    Raises:
        NotPermitted: the role may not report.
    """
    actor.require(Permission.SIGHTING_REPORT)
    query = (
        select(Sighting.__table__)
        .where(Sighting.reported_by == actor.name)
        .order_by(Sighting.id.desc())
        .limit(most)
    )
    rows = connection.execute(query).all()
    subjects = {_subject(row) for row in rows}
    newest: dict[str, Any] = {
        task.subject: task
        for task in connection.execute(
            select(Task.__table__)
            .where(Task.kind.in_(("screen", FOUND)), Task.subject.in_(subjects))
            .order_by(Task.id)
        )
    }
    said: dict[int, Any] = {
        step.task_id: step
        for step in connection.execute(
            select(TaskStep.__table__)
            .where(
                TaskStep.task_id.in_({task.id for task in newest.values()}),
                TaskStep.kind == "answered",
                TaskStep.by != actor.name,
            )
            .order_by(TaskStep.id)
        )
    }
    firms = {row.organisation_id for row in rows} - {None}
    states = {
        each.organisation_id: each
        for each in connection.execute(
            select(Screening.__table__).where(
                Screening.organisation_id.in_(firms), Screening.to_on.is_(None),
                Screening.corrected_at.is_(None),
            )
        )
    }  # fmt: skip
    return [_report(row, newest.get(_subject(row)), said, states) for row in rows]


def _report(row: Any, task: Any, said: dict[int, Any], states: dict[int, Any]) -> Report:
    step = None if task is None else said.get(task.id)
    if step is not None and step.learned_at < row.learned_at:
        step = None  # it was said before this was seen
    words = (None, None) if step is None else loop.answer_words(task.kind, step.answer or "")
    state = states.get(row.organisation_id)
    if state is not None and state.learned_at < row.learned_at:
        state = None
    is_open = task is not None and task.closed_at is None
    return Report(
        kind=row.kind,
        name=row.name,
        seen_on=row.seen_on,
        note=row.note,
        owner=task.owner if is_open else None,
        due_on=task.due_on if is_open else None,
        answer_zh=words[0],
        answer_en=words[1],
        answered_on=None if step is None else step.on_day,
        answer_note=None if step is None else step.note,
        state=None if state is None else state.state,
        state_on=None if state is None else state.from_on,
    )


def _subject(row: Any) -> str:
    if row.organisation_id is None:
        return f"sighting:{row.id}"
    return f"organisation:{row.organisation_id}"


def _write(
    connection: Connection, actor: Actor, values: dict[str, Any], today: date, now: datetime
) -> Any:
    kept = {**values, "seen_on": today, "reported_by": actor.name, "learned_at": now}
    written = connection.execute(insert(Sighting).values(**kept).returning(Sighting.id))
    number = written.scalar_one()
    return connection.execute(select(Sighting.__table__).where(Sighting.id == number)).one()


def _newcomer(
    connection: Connection, actor: Actor, rules: RuleSet, newcomer: Newcomer, today: date
) -> dict[str, Any]:
    name, address = _text(newcomer.name, "名称", "name"), _text(newcomer.address, "地址", "address")
    if not name or not address:
        raise Misuse(
            "请填写名称（招牌上的即可）和地址。",
            "give a name (that of the sign will do) and an address.",
        )
    community = _community(connection, actor, newcomer.community_code, today)
    code = _code(newcomer.uscc)
    if code and standing.of_one(connection, actor, rules, code, as_of=today) is not None:
        raise Misuse(
            f"{code} 已在您辖区的登记库中，不必上报新发现。如已搬走或关门，请从列表中选择它上报。",
            f"{code} is in the register of your area; if it moved or closed, choose it from the list.",
        )
    _not_twice(connection, name, community)
    return {
        "kind": FOUND,
        "name": name,
        "address": address,
        "uscc": code or None,
        "subdistrict_code": community[:9],
        "community_code": community if len(community) == 12 else None,
    }


def _community(connection: Connection, actor: Actor, code: str, today: date) -> str:
    """The community something was found in; who has a single one need not say which."""
    own: Collection[str] = communities(connection, actor, today=today)
    if not code and len(own) == 1:
        return next(iter(own))
    if code not in own:
        raise NotFound(
            "请选择您负责的社区（村）。", "choose one of the communities you are responsible for."
        )
    return code


def _code(said: str) -> str:
    """The unified code as it is kept; empty if none was seen."""
    said = "".join(said.split()).upper()
    if not said:
        return ""
    values, faults = unified.read(pl.Series([said]))
    if faults[0]:
        raise Misuse(
            f"“{said[:40]}”不是有效的统一社会信用代码，请核对 18 位代码；看不清可留空。",
            f"{said[:40]!r} is no unified social credit code; check its 18 characters, or leave it empty.",
        )
    return str(values[0])


def _not_twice(connection: Connection, name: str, community: str) -> None:
    query = (
        select(Sighting.reported_by, Sighting.seen_on)
        .join(Task, (Task.kind == FOUND) & Task.closed_at.is_(None))
        .where(
            Sighting.kind == FOUND,
            Sighting.name == name,
            Sighting.subdistrict_code == community[:9],
            Task.organisation_id.is_(None),
            Task.subject == standing.subject_of(Sighting.id, "sighting"),
        )
    )
    found = connection.execute(query).first()
    if found is not None:
        raise Misuse(
            f"“{name}”已由 {found.reported_by} 于 {found.seen_on} 上报，等待经济办核对。",
            f"{name!r} was reported by {found.reported_by} on {found.seen_on}, and waits.",
        )


def _text(said: str, zh: str, en: str) -> str | None:
    text = printable(" ".join(said.split()))
    if len(text) > LONGEST:
        raise Misuse(
            f"{zh}最多 {LONGEST} 字，现有 {len(text)} 字。",
            f"the {en} has at most {LONGEST} characters; this has {len(text)}.",
        )
    return text or None


def _no_organisation(uscc: str) -> NotFound:
    return NotFound(
        f"您的社区（村）里没有找到组织“{uscc[:40]}”。请从列表中选择；新开的请上报“新发现”。",
        f"no organisation {uscc[:40]!r} was found in your communities; choose one of the list, or "
        "report a new one.",
    )
