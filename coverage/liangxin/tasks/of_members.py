"""Events about people, told without any of them: declarations, absences, letters, requests, rosters.

Each returns a query of the columns of ``events.EVENT``. All but late rosters are the committee's.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    String,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from liangxin import facts_on, membership
from liangxin.membership import State
from liangxin.rules import RuleSet
from liangxin.schema import (
    Headcount,
    Membership,
    Organisation,
    RelationTransfer,
    Screening,
    SubjectRequest,
)
from liangxin.tasks.facts import Located, acting, screened_as
from liangxin.tasks.of_organisations import about_organisations, about_subdistricts


def declarations(today: date) -> Select[Any]:
    """Somebody declared and waits to be spoken with; the newest is what a task was opened for."""
    waiting = (
        select(Membership.organisation_id, func.max(Membership.id).label("id"))
        .where(Membership.state == State.DECLARED)
        .group_by(Membership.organisation_id)
        .subquery("waiting")
    )
    because = literal("declaration:") + cast(waiting.c.id, String)
    query, where = about_organisations("declaration", because, today)
    query = query.join(waiting, waiting.c.organisation_id == Organisation.id)
    return where.joined_to(query)


def absent_members(today: date) -> Select[Any]:
    """A firm's newest list no longer has a confirmed member: they may have left."""
    absent = (
        select(Membership.organisation_id, func.max(Membership.absent_on).label("day"))
        .where(Membership.state.in_(sorted(membership.COUNTED)), Membership.absent_on.is_not(None))
        .group_by(Membership.organisation_id)
        .subquery("absent")
    )
    because = literal("off_roster:") + cast(absent.c.day, String)
    query, where = about_organisations("off_roster", because, today)
    query = query.join(absent, absent.c.organisation_id == Organisation.id)
    return where.joined_to(query)


def letters(rules: RuleSet, today: date) -> Select[Any]:
    """A relation is under way: its letter runs out soon, or it takes longer than it may."""
    soon = today + timedelta(days=rules.limits.letter_days)
    earliest = today - timedelta(days=rules.limits.transfer)
    late = or_(RelationTransfer.valid_until <= soon, RelationTransfer.asked_on < earliest)
    because = literal("letter:") + cast(RelationTransfer.id, String)
    query, where = about_organisations("relation", because, today)
    query = query.join(RelationTransfer, RelationTransfer.organisation_id == Organisation.id)
    return where.joined_to(query).where(
        RelationTransfer.done_on.is_(None), RelationTransfer.corrected_at.is_(None), late
    )


def requests(today: date) -> Select[Any]:
    """Somebody asked to see, correct or delete what is kept, and waits for the answer."""
    where = Located(today)
    number = literal("request:") + cast(SubjectRequest.id, String)
    columns: list[Any] = [
        literal("request"),
        number,
        number,
        SubjectRequest.organisation_id,
        cast(null(), Integer),
        where.subdistrict,
        where.community,
        acting("request", where.subdistrict, where.community),
        literal(False),
    ]
    query = (
        select(*columns)
        .select_from(SubjectRequest)
        .outerjoin(Organisation, Organisation.id == SubjectRequest.organisation_id)
    )
    return where.joined_to(query).where(SubjectRequest.closed_on.is_(None))


def rosters_late(rules: RuleSet, today: date) -> Select[Any]:
    """One task a sub-district and month for all its firms whose staff list is overdue."""
    where = Located(today)
    due = due_firms(rules, today)
    query = (
        about_subdistricts("rosters", literal(f"month:{today:%Y-%m}"), where)
        .select_from(Organisation)
        .join(due, due.c.organisation_id == Organisation.id)
    )
    return where.joined_to(query).group_by(where.subdistrict)


def due_firms(rules: RuleSet, today: date) -> Any:
    """``organisation_id, staff, last_on`` of firms with new hires to tell of, and no list in time.

    Firms of ten staff and more that were found operating; ``last_on`` is null where none ever came.
    """
    limits = rules.thresholds
    staff = facts_on.staff(today, None, rules.headcount)
    last = (
        select(Headcount.organisation_id, func.max(Headcount.counted_on).label("last_on"))
        .where(Headcount.source == "roster", Headcount.corrected_at.is_(None))
        .group_by(Headcount.organisation_id)
        .subquery("last_roster")
    )
    earliest = today - timedelta(days=limits.roster_days)
    return (
        select(Organisation.id.label("organisation_id"), staff.c.staff, last.c.last_on)
        .join(staff, staff.c.organisation_id == Organisation.id)
        .outerjoin(last, last.c.organisation_id == Organisation.id)
        .where(
            Organisation.kind == "enterprise",
            staff.c.staff >= limits.new_hires_staff,
            or_(last.c.last_on.is_(None), last.c.last_on < earliest),
            screened_as(Organisation.id, today, Screening.state.in_(rules.states)),
        )
        .subquery("due_firm")
    )
