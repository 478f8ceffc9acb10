"""Visits of instructors: logged by day, what was said is not kept; and which are overdue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update
from sqlalchemy.orm import aliased

from liangxin import audit, instructors, months
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.facts_on import true_on
from liangxin.plans import ground
from liangxin.rules import PlanRules, RuleSet
from liangxin.schema import Assignment, Instructor, Organisation, Visit

KINDS: dict[str, tuple[str, str]] = {"visit": ("走访", "visit"), "talk": ("谈心谈话", "talk")}
#: What is to be done after a visit; what was said there is not kept.
NOTES: dict[str, tuple[str, str]] = {
    "nothing": ("一切正常", "nothing to do"),
    "absent": ("负责人不在，需再访", "nobody in charge was there, go again"),
    "branch": ("有意组建党组织", "would form a Party organisation"),
    "help": ("有困难，需协调", "needs help from the office"),
    "moved": ("疑似搬离或停业，需摸排", "seems to have moved or closed, screen it"),
}
#: What may be overdue of an assignment.
OVERDUE: dict[str, tuple[str, str]] = {
    "visit": ("走访逾期", "no visit for too long"),
    "talk": ("年度谈话逾期", "no talk for too long"),
    "term": ("任期已满", "the term is over"),
    "gone": ("单位已不计入底数，应结束联系", "the organisation counts no more; end it"),
}


@dataclass(frozen=True, slots=True)
class Overdue:
    """One thing of one assignment that is late."""

    what: str  # of ``OVERDUE``
    uscc: str
    organisation: str
    instructor_id: int
    instructor: str
    subdistrict_code: str
    last_on: date | None  # the last visit or talk; null: none since it began
    since_on: date  # the assignment, or the term that is over, began
    days_over: int


@dataclass(frozen=True, slots=True)
class Carried:
    """An assignment of a day, who was there when, and what of it is late."""

    uscc: str
    organisation: str
    address: str | None
    instructor_id: int
    instructor: str
    #: Since when without a break, over terms that were renewed; the last visit, the last talk.
    days: tuple[date, date | None, date | None]
    late: tuple[Overdue, ...]

    @property
    def last_on(self) -> date | None:
        """When somebody was there last."""
        return self.days[1]

    def order(self) -> tuple[int, date, str]:
        """What is latest first, then who was seen longest ago."""
        over = max((each.days_over for each in self.late), default=-1)
        return -over, self.last_on or self.days[0], self.uscc


def record(
    connection: Connection,
    actor: Actor,
    instructor: int,
    organisation_id: int,
    *,
    kind: str,
    on: date,
    by: str,
    now: datetime,
    note: str | None = None,
) -> str:
    """Log a visit; the same one twice on a day is one. Return ``new``, ``changed`` or ``unchanged``.

    ``note`` is of ``NOTES``; given with a visit that is logged already, it is that visit's from now on.

    Raises:
        NotPermitted: the role may not record visits.
        Misuse: no such kind of visit, or the instructor is not assigned there on that day.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    if kind not in KINDS:
        raise Misuse(
            f"没有走访类别“{kind}”，可用：{'、'.join(KINDS)}。",
            f"there is no kind of visit {kind!r}; use one of {', '.join(KINDS)}.",
        )
    if note is not None and note not in NOTES:
        raise Misuse(
            f"没有走访备注“{note}”，可用：{'、'.join(zh for zh, _ in NOTES.values())}。",
            f"there is no note of a visit {note!r}; use one of {', '.join(NOTES)}.",
        )
    if not instructors.is_sent(connection, instructor, organisation_id, on):
        raise Misuse(
            f"{on} 编号 {instructor} 的指导员没有联系该单位。请核对编号和日期。",
            f"instructor {instructor} is not assigned to that organisation on {on}; check the number "
            "and the day.",
        )
    values = {"instructor_id": instructor, "organisation_id": organisation_id, "kind": kind}
    same = and_(
        *(getattr(Visit, key) == value for key, value in values.items()),
        Visit.on == on,
        Visit.corrected_at.is_(None),
    )
    before = connection.execute(select(Visit.id, Visit.note).where(same)).first()
    if before is not None and note in {None, before.note}:
        return "unchanged"
    if before is not None:
        mine = update(Visit).where(Visit.id == before.id)
        connection.execute(mine.values(note=note, by=by, learned_at=now))
    else:
        new = insert(Visit).values(**values, on=on, by=by, note=note, learned_at=now)
        connection.execute(new)
    audit.by_actor(connection, actor, "visit.logged", f"{instructor} {organisation_id}", now=now)
    return "new" if before is None else "changed"


def overdue(connection: Connection, actor: Actor, rules: RuleSet, *, as_of: date) -> list[Overdue]:
    """Return what is late of the assignments of a day, in scope, the latest first.

    A visit counts for the assignment of whoever made it, and for the terms it was renewed for;
    before the first one, days count from the beginning of the assignment. Of an organisation that
    counts no more they count from the day it stopped counting, or was assigned after that.

    Raises:
        NotPermitted: the role may not record visits.
    """
    found = [one for each in carried(connection, actor, rules, as_of=as_of) for one in each.late]
    return sorted(found, key=lambda each: (-each.days_over, each.uscc, each.what))


def carried(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    instructor: int | None = None,
) -> list[Carried]:
    """Return the assignments of a day, in scope: what is latest first, then who was seen longest ago.

    ``instructor``: of this one alone.

    Raises:
        NotPermitted: the role may not record visits.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    asked = [true_on(Assignment, as_of, None)]
    visited = None
    if instructor is not None:
        asked.append(Assignment.instructor_id == instructor)
        visited = select(Assignment.organisation_id).where(*asked)
    here = ground.standing(connection, rules, as_of, among=visited)
    query = _assignments(here, as_of).where(*asked)
    if actor.subdistricts is not None:
        query = query.where(here.c.subdistrict_code.in_(sorted(actor.subdistricts)))
    rows = list(connection.execute(query))
    earlier = _earlier(connection, as_of, instructor)
    told = [(row, _days(row, earlier)) for row in rows]
    gone: dict[int, date] = {}
    for row, days in told:
        if row.counts != 1:
            gone[row.organisation_id] = min(days.since, gone.get(row.organisation_id, days.since))
    stopped = ground.stopped_counting(connection, rules, gone, as_of)
    found = []
    for row, days in told:
        late = _late(row, days, rules.planning, as_of, stopped.get(row.organisation_id))
        about = (row.uscc, row.organisation, row.address, row.instructor_id, row.instructor)
        found.append(Carried(*about, (days.since, days.visit, days.talk), tuple(late)))
    return sorted(found, key=Carried.order)


def _assignments(here: Any, as_of: date) -> Any:
    """Assignments, each with where it is, the last visit and the last talk by a day."""
    before = Visit.on <= as_of
    last = (  # whoever comes for a talk has come
        func.max(Visit.on).filter(before).label("visit"),
        func.max(Visit.on).filter(before, Visit.kind == "talk").label("talk"),
    )
    went = and_(
        Visit.instructor_id == Assignment.instructor_id,
        Visit.organisation_id == Assignment.organisation_id,
        Visit.corrected_at.is_(None),
    )
    columns = (
        *(Assignment.organisation_id, Assignment.instructor_id, Assignment.from_on),
        *(Organisation.uscc, Organisation.name.label("organisation"), Organisation.address),
        Instructor.name.label("instructor"),
        *(here.c.subdistrict_code, here.c.counts),
    )
    return (
        select(*columns, *last)
        .join(Organisation, Organisation.id == Assignment.organisation_id)
        .join(Instructor, Instructor.id == Assignment.instructor_id)
        .outerjoin(here, here.c.id == Assignment.organisation_id)
        .outerjoin(Visit, went)
        .group_by(*columns)
    )


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of one assignment that what is late of it is counted from."""

    term: date  # this term began
    since: date  # the assignment began, without a break
    visit: date | None
    talk: date | None


def _earlier(
    connection: Connection, as_of: date, instructor: int | None
) -> dict[tuple[int, int], dict[date, date]]:
    """Earlier terms of the assignments of a day, by organisation and instructor: end → beginning."""
    now = aliased(Assignment)
    query = (
        select(
            *(Assignment.organisation_id, Assignment.instructor_id),
            *(Assignment.from_on, Assignment.to_on),
        )
        .join(
            now,
            and_(
                now.organisation_id == Assignment.organisation_id,
                now.instructor_id == Assignment.instructor_id,
                true_on(now, as_of, None),
            ),
        )
        .where(Assignment.to_on <= as_of, Assignment.corrected_at.is_(None))
    )
    if instructor is not None:
        query = query.where(Assignment.instructor_id == instructor)
    found: dict[tuple[int, int], dict[date, date]] = {}
    for what, who, from_on, to_on in connection.execute(query):
        if to_on is not None:
            found.setdefault((what, who), {})[to_on] = from_on
    return found


def _days(row: Any, earlier: dict[tuple[int, int], dict[date, date]]) -> _Days:
    terms = earlier.get((row.organisation_id, row.instructor_id), {})
    since = row.from_on
    while since in terms:  # the term before ended on the day this one began: no break
        since = terms[since]
    visit, talk = (day if day and day >= since else None for day in (row.visit, row.talk))
    return _Days(row.from_on, since, visit, talk)


def _late(
    row: Any, days: _Days, plan: PlanRules, as_of: date, stopped: date | None
) -> Iterator[Overdue]:
    """Of an organisation that counts no more (since ``stopped``) only that: nobody need go there."""
    for what, last, since, over in _ends(days, plan, as_of, stopped):
        if over > 0 or stopped is not None:
            yield Overdue(
                what,
                row.uscc,
                row.organisation,
                row.instructor_id,
                row.instructor,
                row.subdistrict_code or "",
                last,
                since,
                over,
            )


def _ends(
    days: _Days, plan: PlanRules, as_of: date, stopped: date | None
) -> Iterator[tuple[str, date | None, date, int]]:
    """Yield what may be late, the last one, since when, and by how many days it is (below 1: it is not)."""
    if stopped is not None:
        yield "gone", days.visit, days.since, (as_of - max(stopped, days.since)).days
        return
    for what, last, most in (
        ("visit", days.visit, plan.visit_days),
        ("talk", days.talk, plan.talk_days),
    ):
        yield what, last, days.since, (as_of - (last or days.since)).days - most
    end = months.latest_within(days.term, plan.term_months)
    yield "term", None, days.term, (as_of - end).days
