"""Screening at a desk: whom to look at next, and what one look found, recorded in one transaction.

The same states, dates and chains as screening by file (``register.screen``); what is added is the
scope of whoever looks, the rule that an exit has evidence, and the word to whoever came second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, literal, or_, select

from liangxin import audit, called, divisions, register, standing, tally, tasks, universe
from liangxin.access import Actor, Permission
from liangxin.errors import LiangxinError, Misuse, NotFound, printable
from liangxin.facts_on import believed, true_on
from liangxin.rules import RuleSet
from liangxin.schema import Confirmation, Organisation, Screening, Task

#: What a look can find, in the order of the keys; with ``screening`` nobody knows yet.
FOUND = {
    "operating": ("在营", "operating"),
    "not_found": ("查无下落", "not found"),
    "shell": ("空壳", "a shell"),
    "suspended": ("停业（歇业）", "suspended"),
    "moved": ("已迁出", "moved away"),
    "closed": ("已关闭", "closed"),
    "duplicate": ("重复登记", "a duplicate"),
    "not_two_new": ("不属两新组织", "not a two-new organisation"),
    "screening": ("摸排中", "being looked into"),
}
#: The longest evidence that is kept: a sentence, not a file about somebody.
EVIDENCE = 500
#: Evidence of a finding that needs none and has none.
UNSAID = "（未填）"
UNSCREENED, DUE, DONE = "unscreened", "due", "done"


class ScreenedMeanwhile(LiangxinError):
    """Somebody else recorded a finding since it was read; nothing was written over theirs."""


@dataclass(frozen=True, slots=True)
class ToScreen:
    """An organisation somebody should look at; ``seen`` is the finding that holds (0: none)."""

    uscc: str
    name: str
    address: str | None
    subdistrict_code: str | None
    community: str | None
    why: str  # unscreened, due (to be confirmed), or done
    state: str | None
    since: date | None
    evidence: str | None
    decided_by: str | None
    confirmed_on: date | None
    task_due_on: date | None  # of its open screening task
    seen: int


@dataclass(frozen=True, slots=True)
class Waits:
    """How many organisations of a place count, were never screened, and are due to be confirmed."""

    counted: int
    unscreened: int
    due: int


@dataclass(frozen=True, slots=True)
class Desk:
    """The work of a place: how many wait in all, and the first of them."""

    waits: Waits
    rows: tuple[ToScreen, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody found out about an organisation; ``seen``: the finding they had before them."""

    uscc: str
    state: str
    evidence: str
    on: date
    seen: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a finding changed: its outcome, by how many the denominator moved, the task it answered."""

    name: str
    outcome: str
    moved: int
    task: tasks.Answered | None


def desk(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    today: date,
    subdistrict_code: str = "",
    text: str = "",
    most: int = 100,
    waiting: Waits | None = None,
) -> Desk:
    """Return whom to look at: those nobody screened, then those whose half-year is over.

    Args:
        connection: of the register.
        actor: who asks.
        rules: who counts, and how old a confirmation may be.
        today: the day.
        subdistrict_code: of this sub-district alone.
        text: of whoever has this in the name or is of this code, due or not.
        most: the longest list.
        waiting: as ``waits`` told it of the same; null: nobody asked yet.

    Raises:
        NotPermitted: the role may not record screenings.
    """
    actor.require(Permission.SCREENING_RECORD)
    if waiting is None:
        waiting = waits(connection, actor, rules, today=today, subdistrict_code=subdistrict_code)
    member = standing.of_each(connection, rules, as_of=today)
    here = [] if not subdistrict_code else [member.c.subdistrict_code == subdistrict_code]
    unscreened, due = _waiting(member, rules, today)
    here += [] if not text else [called.this(called.words(text))]
    ask = partial(_first, connection, actor, member, here)
    if text:
        why = case((unscreened, UNSCREENED), (due, DUE), else_=DONE)
        found = ask(why, most)
    else:
        found = ask(literal(UNSCREENED), most, unscreened)
        if len(found) < most and waiting.due:
            found += ask(literal(DUE), most - len(found), due)
    return Desk(waiting, _rows(connection, found, today))


def _first(
    connection: Connection,
    actor: Actor,
    member: Any,
    here: Sequence[ColumnElement[bool]],
    why: ColumnElement[str],
    most: int,
    *which: ColumnElement[bool],
) -> list[Any]:
    """The first of some member rows: those with an open task by its day, then by community."""
    task = (
        select(func.min(Task.due_on))
        .where(
            Task.organisation_id == member.c.id,
            Task.kind == "screen",
            Task.stage.in_(("find", "record")),
            Task.closed_at.is_(None),
        )
        .scalar_subquery()
    )
    query = (
        select(member, Organisation.uscc, Organisation.name, Organisation.address)
        .add_columns(why.label("why"), task.label("task_due_on"))
        .join(Organisation, Organisation.id == member.c.id)
        .where(*here, *which)
        .order_by(
            case((why == UNSCREENED, 0), else_=1),
            task.is_(None),
            task,
            member.c.community_code.is_(None),
            member.c.community_code,
            Organisation.name,
            Organisation.uscc,
        )
        .limit(most)
    )
    return list(connection.execute(tally.scoped(query, member, actor)))


def waits(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    today: date,
    subdistrict_code: str = "",
) -> Waits:
    """Return how many count today, how many nobody screened, and how many are due to be confirmed.

    Raises:
        NotPermitted: the role may not see rates.
    """
    actor.require(Permission.RATE_VIEW)
    member = standing.of_each(connection, rules, as_of=today)
    unscreened, due = _waiting(member, rules, today)
    query = select(
        func.coalesce(func.sum(member.c.counts), 0),
        func.coalesce(func.sum(case((unscreened, 1), else_=0)), 0),
        func.coalesce(func.sum(case((due, 1), else_=0)), 0),
    )
    if subdistrict_code:
        query = query.where(member.c.subdistrict_code == subdistrict_code)
    numbers = connection.execute(tally.scoped(query, member, actor)).one()
    return Waits(*(int(number) for number in numbers))


def one(
    connection: Connection, actor: Actor, rules: RuleSet, uscc: str, *, today: date
) -> ToScreen:
    """Return one organisation as the desk shows it, whether or not it is due.

    Raises:
        NotPermitted: the role may not record screenings.
        NotFound: there is none, or it is outside the actor's scope.
    """
    actor.require(Permission.SCREENING_RECORD)
    nobody = Waits(0, 0, 0)  # how many wait beside this one is not asked
    found = desk(connection, actor, rules, today=today, text=uscc, most=1, waiting=nobody)
    [row] = found.rows or [None]
    if row is None or row.uscc != uscc:
        raise _no_organisation(uscc)
    return row


def record(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    found: Found,
    *,
    today: date,
    now: datetime,
) -> Recorded:
    """Keep what somebody found, answer the screening task that waits for it, and log it.

    A finding of the day of the one before it takes its place; one of a later day ends that.

    Args:
        connection: a write transaction.
        actor: who found it; the account is kept with it.
        rules: who counts.
        found: what.
        today: no finding is of a later day.
        now: when.

    Raises:
        NotPermitted: the role may not record screenings.
        NotFound: there is no such organisation, or it is outside the actor's scope.
        Misuse: no such state, an exit without evidence, too much of it, or a day that cannot be.
        ScreenedMeanwhile: somebody else recorded a finding since this one's maker looked.
    """
    actor.require(Permission.SCREENING_RECORD)
    before = standing.of_one(connection, actor, rules, found.uscc, as_of=today)
    if before is None:
        raise _no_organisation(found.uscc)
    evidence = _evidence(found)
    if found.on > today:
        raise Misuse(
            f"摸排日期 {found.on} 晚于今天（{today}），请改为实际摸排的日期。",
            f"{found.on} is after today ({today}); give the day of the look itself.",
        )
    _not_meanwhile(connection, before.id, found.seen)
    fact = pl.DataFrame(
        {
            "uscc": [found.uscc],
            "state": [found.state],
            "evidence": [evidence],
            "decided_by": [actor.name],
            "from_on": [found.on],
        }
    )
    [outcome] = register.screen(connection, fact, now=now).outcomes
    if outcome == "earlier":
        raise Misuse(
            f"登记库已有 {found.on} 之后的摸排结果，这一条没有写入。请改用较晚的日期。",
            f"there is a finding of a day after {found.on}, so this was not written; give a later day.",
        )
    answered = None
    if found.state not in universe.UNDECIDED:
        answered = tasks.screened(connection, actor, before.id, rules=rules, today=today, now=now)
    about = f"{found.uscc} {found.state} {found.on}"
    audit.by_actor(connection, actor, "screening.recorded", about, now=now, on=found.on)
    after = standing.of_one(connection, actor, rules, found.uscc, as_of=today)
    moved = (0 if after is None else int(after.counts)) - int(before.counts)
    return Recorded(before.name, str(outcome), moved, answered)


def _waiting(member: Any, rules: RuleSet, today: date) -> tuple[Any, Any]:
    """Whether nobody screened a member row yet, and whether its last look is too long ago."""
    undecided = or_(member.c.state.is_(None), member.c.state.in_(universe.UNDECIDED))
    unscreened = and_(member.c.unverified == 1, undecided)
    limit = today - timedelta(days=rules.thresholds.confirm_days)
    looked = or_(
        exists().where(
            Confirmation.organisation_id == member.c.id,
            Confirmation.confirmed_on.between(limit, today),
            believed(Confirmation, None),
        ),
        exists().where(
            Screening.organisation_id == member.c.id,
            Screening.from_on.between(limit, today),
            believed(Screening, None),
        ),
    )
    decided = and_(or_(member.c.counts == 1, member.c.unverified == 1), ~undecided)
    return unscreened, and_(decided, ~looked)


def _rows(connection: Connection, found: Sequence[Any], today: date) -> tuple[ToScreen, ...]:
    """With the finding that holds, who made it, and when somebody looked last."""
    ids = [row.id for row in found]
    held = {
        row.organisation_id: row
        for row in connection.execute(
            select(Screening.__table__).where(
                Screening.organisation_id.in_(ids), true_on(Screening, today, None)
            )
        )
    }
    looks = dict(
        connection.execute(
            select(Confirmation.organisation_id, func.max(Confirmation.confirmed_on))
            .where(Confirmation.organisation_id.in_(ids), believed(Confirmation, None))
            .group_by(Confirmation.organisation_id)
        ).all()
    )
    codes = {row.community_code for row in found if row.community_code}
    names = divisions.names(connection, codes, on=today)
    return tuple(_row(row, held.get(row.id), looks.get(row.id), names) for row in found)


def _row(row: Any, held: Any, looked: date | None, names: dict[str, str]) -> ToScreen:
    days = [day for day in (looked, held and held.from_on) if day]
    return ToScreen(
        uscc=row.uscc,
        name=row.name,
        address=row.address,
        subdistrict_code=row.subdistrict_code,
        community=names.get(row.community_code or ""),
        why=row.why,
        state=held and held.state,
        since=held and held.from_on,
        evidence=held and held.evidence,
        decided_by=held and held.decided_by,
        confirmed_on=max(days, default=None),
        task_due_on=row.task_due_on,
        seen=held.id if held else 0,
    )


def _evidence(found: Found) -> str:
    if found.state not in FOUND:
        raise Misuse(
            f"没有摸排结果“{found.state[:40]}”，可用：{'、'.join(FOUND)}。",
            f"there is no finding {found.state[:40]!r}; use one of {', '.join(FOUND)}.",
        )
    evidence = printable(" ".join(found.evidence.split()))
    if found.state in universe.EXITS and not evidence:
        raise Misuse(
            "移出底数须有依据。请在“依据”中写明，如走访照片、税务或社保记录。",
            "what leaves the denominator needs evidence: a visit's photograph, a tax or insurance "
            "record.",
        )
    if len(evidence) > EVIDENCE:
        raise Misuse(
            f"依据最多 {EVIDENCE} 字，现有 {len(evidence)} 字。",
            f"evidence has at most {EVIDENCE} characters; this has {len(evidence)}.",
        )
    return evidence or UNSAID


def _not_meanwhile(connection: Connection, firm: int, seen: int) -> None:
    """Return if the newest finding is the one that was seen."""
    query = select(Screening.__table__).where(
        Screening.organisation_id == firm, Screening.to_on.is_(None), believed(Screening, None)
    )
    held = connection.execute(query).first()
    if (held.id if held else 0) == seen:
        return
    if held is None:
        raise ScreenedMeanwhile(
            "您打开页面后，这家的摸排结果已被撤回。请核对后再保存。",
            "its finding was taken back since you opened the page; look again, then save.",
        )
    zh, en = FOUND.get(held.state, (held.state, held.state))
    raise ScreenedMeanwhile(
        f"您打开页面后，{held.decided_by} 已登记：{held.from_on} 起为“{zh}”，依据：{held.evidence}。"
        "没有覆盖对方的结果；核对后如仍需更正，请再次保存。",
        f"since you opened the page {held.decided_by} recorded {en!r} from {held.from_on} on, "
        f"with this evidence: {held.evidence}. Theirs stands; if yours is right nevertheless, save again.",
    )


def _no_organisation(uscc: str) -> NotFound:
    return NotFound(
        f"没有找到组织“{uscc[:40]}”。请从列表中选择。",
        f"no organisation {uscc[:40]!r} was found; choose one of the list.",
    )
