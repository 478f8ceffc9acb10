"""Visits of instructors: logged by day, what was said is not kept; and which are overdue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

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
    since_on: date  # the assignment began
    days_over: int


@dataclass(frozen=True, slots=True)
class Carried:
    """An assignment of a day, who was there when, and what of it is late."""

    uscc: str
    organisation: str
    address: str | None
    instructor_id: int
    instructor: str
    days: tuple[date, date | None, date | None]  # since when; the last visit, the last talk
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

    A visit counts for the assignment of whoever made it; before the first one, days count from
    the beginning of the assignment.

    Raises:
        NotPermitted: the role may not record visits.
    """
    found = [one for each in carried(connection, actor, rules, as_of=as_of) for one in each.late]
    return sorted(found, key=lambda each: (-each.days_over, each.uscc, each.what))


def carried(connection: Connection, actor: Actor, rules: RuleSet, *, as_of: date) -> list[Carried]:
    """Return the assignments of a day, in scope: what is latest first, then who was seen longest ago.

    Raises:
        NotPermitted: the role may not record visits.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    here = ground.standing(connection, rules, as_of)
    query = _assignments(here, as_of)
    if actor.subdistricts is not None:
        query = query.where(here.c.subdistrict_code.in_(sorted(actor.subdistricts)))
    names = ("uscc", "organisation", "address", "instructor_id", "instructor")
    found = []
    for row in connection.execute(query):
        code, counts = row.subdistrict_code or "", row.counts == 1
        late = _late(row, code, rules.planning, as_of, counts=counts)
        about = {name: getattr(row, name) for name in names}
        days = (row.from_on, row.visit, row.talk)
        found.append(Carried(**about, days=days, late=tuple(late)))
    return sorted(found, key=Carried.order)


def _assignments(here: Any, as_of: date) -> Any:
    """Assignments of a day, each with where it is, the last visit and the last talk."""
    before = Visit.on <= as_of
    last = (  # whoever comes for a talk has come
        func.max(Visit.on).filter(before).label("visit"),
        func.max(Visit.on).filter(before, Visit.kind == "talk").label("talk"),
    )
    went = and_(
        Visit.instructor_id == Assignment.instructor_id,
        Visit.organisation_id == Assignment.organisation_id,
        Visit.on >= Assignment.from_on,
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
        .where(true_on(Assignment, as_of, None))
        .group_by(*columns)
    )


def _late(
    row: Any, subdistrict: str, plan: PlanRules, as_of: date, *, counts: bool
) -> Iterator[Overdue]:
    """Of an organisation that counts no more only that is told: nobody need go there."""
    ends: dict[str, tuple[date | None, date]] = {
        "visit": (row.visit, (row.visit or row.from_on) + timedelta(days=plan.visit_days)),
        "talk": (row.talk, (row.talk or row.from_on) + timedelta(days=plan.talk_days)),
        "term": (None, months.latest_within(row.from_on, plan.term_months)),
    }
    if not counts:
        ends = {"gone": (row.visit, row.from_on)}
    for what, (last, end) in ends.items():
        if end < as_of or not counts:
            yield Overdue(
                what=what,
                uscc=row.uscc,
                organisation=row.organisation,
                instructor_id=row.instructor_id,
                instructor=row.instructor,
                subdistrict_code=subdistrict,
                last_on=last,
                since_on=row.from_on,
                days_over=(as_of - end).days,
            )
