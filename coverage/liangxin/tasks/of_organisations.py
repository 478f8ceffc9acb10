"""Events about organisations: new, missing, suspended, with members, unconfirmed, elsewhere.

Each returns a query of the columns of ``events.EVENT``, one row an organisation (``unconfirmed``:
one a sub-district).
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from liangxin import facts_on
from liangxin.access import Role
from liangxin.classify import REVIEW
from liangxin.facts_on import true_on
from liangxin.lists import confirmed
from liangxin.rules import RuleSet
from liangxin.schema import (
    Absence,
    Confirmation,
    Finding,
    Hire,
    Organisation,
    Run,
    Screening,
)
from liangxin.suppression import FEW, FEWEST, SEVERAL
from liangxin.tasks.facts import Located, acting, is_covered, is_reached, screened_as
from liangxin.universe import EXITS, UNDECIDED


def about_organisations(
    kind: str,
    because: ColumnElement[Any],
    today: date,
    *,
    urgent: ColumnElement[bool] | None = None,
) -> tuple[Select[Any], Located]:
    """Events of one kind about organisations; joins and conditions come after it."""
    where = Located(today)
    query = select(
        literal(kind),
        literal("organisation:") + cast(Organisation.id, String),
        because,
        Organisation.id,
        cast(null(), Integer),
        where.subdistrict,
        where.community,
        acting(kind, where.subdistrict, where.community),
        literal(False) if urgent is None else urgent,
    ).select_from(Organisation)
    return query, where


def about_subdistricts(kind: str, because: ColumnElement[Any], where: Located) -> Select[Any]:
    """Events of one kind, one a sub-district; what is counted in it is joined and grouped after."""
    columns: list[Any] = [
        literal(kind),
        literal("subdistrict:") + func.coalesce(where.subdistrict, ""),
        because,
        cast(null(), BigInteger),
        cast(null(), Integer),
        where.subdistrict,
        cast(null(), String),
        acting(kind, where.subdistrict, literal("")),
        literal(False),
    ]
    return select(*columns)


def _counts(rules: RuleSet) -> ColumnElement[bool]:
    """Of a class and status that can count, or of a class somebody must still decide."""
    return and_(
        Organisation.ownership.in_((*rules.classes, REVIEW)),
        or_(Organisation.status.is_(None), Organisation.status.in_(rules.statuses)),
    )


def registered(rules: RuleSet, today: date) -> Select[Any]:
    """First seen after the day of its source's first run, and not screened yet."""
    first = (
        select(Run.source_id, func.min(Run.id).label("id"))
        .where(Run.undone_at.is_(None))
        .group_by(Run.source_id)
        .subquery("first_run")
    )
    brought, base = aliased(Run), aliased(Run)
    query, where = about_organisations("screen", literal("registered"), today)
    query = (
        query.join(brought, brought.id == Organisation.run_id)
        .join(first, first.c.source_id == brought.source_id)
        .join(base, base.id == first.c.id)
    )
    return where.joined_to(query).where(
        Organisation.seen_on > base.as_of,
        _counts(rules),
        ~screened_as(Organisation.id, today, Screening.state.not_in(UNDECIDED)),
    )


def absent(rules: RuleSet, today: date) -> Select[Any]:
    """Not in two snapshots, and nobody has looked since the first of them."""
    newest = (
        select(Run.source_id, func.max(Run.as_of).label("as_of"))
        .where(Run.undone_at.is_(None))
        .group_by(Run.source_id)
        .subquery("newest_run")
    )
    seen_since = exists().where(
        Confirmation.organisation_id == Organisation.id,
        Confirmation.confirmed_on >= Absence.from_on,
        Confirmation.corrected_at.is_(None),
    )
    looked = screened_as(
        Organisation.id,
        today,
        Screening.state.not_in(UNDECIDED),
        Screening.from_on >= Absence.from_on,
    )
    because = literal("absence:") + cast(Absence.id, String)
    # A Party organisation whose unit is gone cannot wait: its members must be settled.
    covered = is_covered(Organisation.id, today)
    query, where = about_organisations("screen", because, today, urgent=covered)
    query = query.join(Absence, Absence.organisation_id == Organisation.id).join(
        newest, newest.c.source_id == Absence.source_id
    )
    return where.joined_to(query).where(
        Absence.to_on.is_(None),
        Absence.corrected_by.is_(None),
        Absence.from_on < newest.c.as_of,
        _counts(rules),
        ~seen_since,
        ~looked,
    )


def suspension_ended(today: date) -> Select[Any]:
    """Its filed suspension is over, and the register still has it as suspended."""
    until = aliased(Finding)
    because = literal("suspension:") + until.value
    query, where = about_organisations("screen", because, today)
    query = query.join(
        until,
        and_(
            until.organisation_id == Organisation.id,
            until.field == "suspended_until",
            true_on(until, today, None),
        ),
    )
    return where.joined_to(query).where(
        until.value < today.isoformat(),  # ISO days compare as days do
        screened_as(Organisation.id, today, Screening.state == "suspended"),
    )


def _unreached(query: Select[Any], rules: RuleSet, today: date) -> Select[Any]:
    return query.where(
        _counts(rules),
        ~is_reached(Organisation.id, today),
        ~screened_as(Organisation.id, today, Screening.state.in_(EXITS)),
    )


def members_found(rules: RuleSet, today: date) -> Select[Any]:
    """A count says that it has members, and nothing reaches it."""
    people = facts_on.people(today, None, rules.headcount)
    # That one became two is no new event: asked again, it would tell them apart.
    few = people.c.members.between(1, FEWEST - 1)
    because = literal("members:") + case((few, FEW), else_=cast(people.c.members, String))
    query, where = about_organisations("reach", because, today)
    query = where.joined_to(query.join(people, people.c.organisation_id == Organisation.id))
    return _unreached(query.where(people.c.members > 0), rules, today)


def could_build(rules: RuleSet, today: date) -> Select[Any]:
    """Members enough for a branch, nothing covers it, and an instructor is all it has.

    Where not even an instructor is, ``members_found`` asks already.
    """
    people = facts_on.people(today, None, rules.headcount)
    enough = rules.thresholds.branch_members
    query, where = about_organisations("build", literal(f"could_build:{enough}"), today)
    query = where.joined_to(query.join(people, people.c.organisation_id == Organisation.id))
    covered = is_covered(Organisation.id, today)
    return query.where(
        people.c.full_members >= enough,
        ~covered,
        is_reached(Organisation.id, today),
        _counts(rules),
        ~screened_as(Organisation.id, today, Screening.state.in_(EXITS)),
    )


def hires_found(rules: RuleSet, today: date) -> Select[Any]:
    """A member was identified among its new hires, nothing reaches it, and nobody has counted.

    Where somebody has, ``members_found`` asks; one and the same member is not asked about twice.
    """
    people = facts_on.people(today, None, rules.headcount)
    hires = (
        select(
            Hire.organisation_id,
            # As clocks tell it: one more of a few is no new event, or they could be counted.
            case(
                (func.count() < SEVERAL, f"<{SEVERAL}"), else_=cast(func.max(Hire.id), String)
            ).label("which"),
        )
        .where(Hire.identified_on <= today, Hire.corrected_at.is_(None))
        .group_by(Hire.organisation_id)
        .subquery("hires")
    )
    because = literal("hire:") + hires.c.which
    query, where = about_organisations("reach", because, today)
    query = where.joined_to(query.join(hires, hires.c.organisation_id == Organisation.id))
    query = query.outerjoin(people, people.c.organisation_id == Organisation.id)
    return _unreached(query.where(people.c.members.is_(None)), rules, today)


def elsewhere(rules: RuleSet, today: date) -> Select[Any]:
    """Somebody found that it operates in another sub-district; a task of the registered one's."""
    where = Located(today)
    because = literal("operating:") + where.operating
    columns: list[Any] = [
        literal("hand_over"),
        literal("organisation:") + cast(Organisation.id, String),
        because,
        Organisation.id,
        cast(null(), Integer),
        where.registered,
        where.registered_community,
        literal(str(Role.ECONOMIC_OFFICE)),
        literal(False),
    ]
    return where.joined_to(select(*columns).select_from(Organisation)).where(
        where.operating != where.registered,
        _counts(rules),
        ~screened_as(Organisation.id, today, Screening.state.in_(EXITS)),
    )


def unconfirmed(rules: RuleSet, today: date) -> Select[Any]:
    """One task a sub-district and half-year, however many of its organisations are due."""
    last = confirmed(today)
    where = Located(today)
    earliest = today - timedelta(days=rules.thresholds.confirm_days)
    half_year = literal(f"half_year:{today.year}H{1 if today.month <= 6 else 2}")
    query = (
        about_subdistricts("confirm", half_year, where)
        .select_from(Screening)
        .join(Organisation, Organisation.id == Screening.organisation_id)
        .join(last, last.c.organisation_id == Screening.organisation_id)
    )
    return (
        where.joined_to(query)
        .where(
            true_on(Screening, today, None),
            Screening.state.in_(rules.states),
            last.c.confirmed_on < earliest,
            _counts(rules),
        )
        .group_by(where.subdistrict)
    )
