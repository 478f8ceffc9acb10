"""Visits of instructors: logged by day, what was said is not kept; and which are overdue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select

from liangxin import audit, instructors, months, party
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.facts_on import true_on
from liangxin.plans import ground
from liangxin.rules import PlanRules, RuleSet
from liangxin.schema import Assignment, Instructor, Organisation, Visit

KINDS: dict[str, tuple[str, str]] = {"visit": ("走访", "visit"), "talk": ("谈心谈话", "talk")}
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
) -> str:
    """Log a visit; the same one twice on a day is one. Return ``new`` or ``unchanged``.

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
    if connection.execute(select(Visit.id).where(same)).first() is not None:
        return "unchanged"
    connection.execute(insert(Visit).values(**values, on=on, by=by, learned_at=now))
    audit.by_actor(connection, actor, "visit.logged", f"{instructor} {organisation_id}", now=now)
    return "new"


def overdue(connection: Connection, actor: Actor, rules: RuleSet, *, as_of: date) -> list[Overdue]:
    """Return what is late of the assignments of a day, in scope, the latest first.

    A visit counts for the assignment of whoever made it; before the first one, days count from
    the beginning of the assignment.

    Raises:
        NotPermitted: the role may not record visits.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
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
        *(Organisation.uscc, Organisation.name.label("organisation")),
        Instructor.name.label("instructor"),
    )
    query = (
        select(*columns, *last)
        .join(Organisation, Organisation.id == Assignment.organisation_id)
        .join(Instructor, Instructor.id == Assignment.instructor_id)
        .outerjoin(Visit, went)
        .where(true_on(Assignment, as_of, None))
        .group_by(*columns)
    )
    rows = connection.execute(query).all()
    counting = ground.counting_ids(connection, rules, as_of)
    tracked = party.tracked_in(connection, [row.organisation_id for row in rows], on=as_of)
    found = [
        each
        for row in rows
        if actor.subdistricts is None or tracked[row.organisation_id] in actor.subdistricts
        for each in _late(
            row,
            tracked[row.organisation_id] or "",
            rules.planning,
            as_of,
            counts=row.organisation_id in counting,
        )
    ]
    return sorted(found, key=lambda each: (-each.days_over, each.uscc, each.what))


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
