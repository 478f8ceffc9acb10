"""Facts that held on a day, one row an organisation: screening, coverings, instructors, people, findings.

Each is one set-based query that says the same on SQLite and PostgreSQL, as known now or at an
earlier moment.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from liangxin.findings import SWITCHES
from liangxin.headcount import DECLARED
from liangxin.rules import HeadcountRules
from liangxin.schema import (
    Assignment,
    Covering,
    Finding,
    Headcount,
    PartyOrganisation,
    PartyTerm,
    Screening,
)
from liangxin.spell_telling import LEVELS

#: What a type's text says of firms that are no legal persons.
UNINCORPORATED = ("%合伙%", "%个人独资%")
#: A query of the ids of organisations; null: all of them.
Among = Select[Any] | None
TEXTS = ("operating_subdistrict_code", "operating_community_code", "grid_code", "suspended_until")


def believed(fact: Any, known_at: datetime | None) -> ColumnElement[bool]:
    """Tell whether a row was held to be true at a moment (``None``: is held now)."""
    if known_at is None:
        return fact.corrected_at.is_(None)  # type: ignore[no-any-return]
    return and_(
        fact.learned_at <= known_at,
        or_(fact.corrected_at.is_(None), fact.corrected_at > known_at),
    )


def true_on(fact: Any, day: date, known_at: datetime | None) -> ColumnElement[bool]:
    """Tell whether a dated fact held on a day, by what was known then (``None``: known now)."""
    goes_on = or_(fact.to_on.is_(None), fact.to_on > day)
    if known_at is not None and hasattr(fact, "ended_at"):
        goes_on = or_(goes_on, fact.ended_at > known_at)  # that it ended, nobody knew yet
    return and_(fact.from_on <= day, goes_on, believed(fact, known_at))


def among(column: Any, some: Among) -> list[ColumnElement[bool]]:
    """Conditions that a fact is of some organisations; none where it may be of any."""
    return [] if some is None else [column.in_(some)]


def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """1 where it is so, 0 where it is not or nobody knows."""
    return case((condition, 1), else_=0)


def screened(day: date, known_at: datetime | None, of: Among = None) -> Subquery:
    """``organisation_id, state`` of whoever had been screened."""
    return (
        select(Screening.organisation_id, func.max(Screening.state).label("state"))
        .where(true_on(Screening, day, known_at), *among(Screening.organisation_id, of))
        .group_by(Screening.organisation_id)
        .subquery("screened")
    )


def covered(day: date, known_at: datetime | None, of: Among = None) -> Subquery:
    """``organisation_id``, and as 0/1 each mode and ``active``; ``level`` of its own one (0: none)."""
    term = aliased(PartyTerm)
    level = func.coalesce(term.level, PartyOrganisation.level)
    ranked = case(*((level == name, rank) for name, rank in LEVELS.items()), else_=1)
    over = and_(term.due_on.is_not(None), term.due_on < day)
    return (
        select(
            Covering.organisation_id,
            *(
                func.max(flag(Covering.mode == mode)).label(mode)
                for mode in ("alone", "joint", "attached")
            ),
            func.max(case((over, 0), else_=1)).label("active"),
            func.max(case((Covering.mode == "alone", ranked), else_=0)).label("level"),
        )
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .outerjoin(
            term,
            and_(term.party_organisation_id == PartyOrganisation.id, true_on(term, day, known_at)),
        )
        .where(
            true_on(Covering, day, known_at),
            true_on(PartyOrganisation, day, known_at),
            *among(Covering.organisation_id, of),
        )
        .group_by(Covering.organisation_id)
        .subquery("covered")
    )


def sent(day: date, known_at: datetime | None, of: Among = None) -> Subquery:
    """``organisation_id, instructed`` of whoever had an instructor."""
    return (
        select(Assignment.organisation_id, cast(func.max(1), Integer).label("instructed"))
        .where(true_on(Assignment, day, known_at), *among(Assignment.organisation_id, of))
        .group_by(Assignment.organisation_id)
        .subquery("sent")
    )


def staff(
    day: date, known_at: datetime | None, rules: HeadcountRules, of: Among = None
) -> Subquery:
    """``organisation_id, staff``: the newest count of the most believed source."""
    ranked = _ranked(day, known_at, Headcount.staff, rules.staff_sources, "staff", of=of)
    return (
        select(ranked.c.organisation_id, ranked.c.staff)
        .where(ranked.c.place == 1)
        .subquery("of_staff")
    )


def full_members() -> ColumnElement[int]:
    """Full members of a count: as stated, else all less the probationary, else all.

    A source that does not tell them apart counts whoever it calls a member (decision 0016); one that
    tells them by where their relation is (domain notes §5.1, §5.3) counts both (``_by_relation``).
    Instructors that it counts among its own are taken out, for they are no members of the
    organisation (domain notes §0); nothing falls below 0.
    """
    everybody = func.coalesce(Headcount.members, _by_relation())
    rest = everybody - func.coalesce(Headcount.probationary_members, 0)
    return _own(func.coalesce(Headcount.full_members, rest))


def all_members() -> ColumnElement[int]:
    """All members of a count: as stated, else the sum of its parts; no instructors either."""
    both = Headcount.full_members + func.coalesce(Headcount.probationary_members, 0)
    return _own(func.coalesce(Headcount.members, both, _by_relation()))


def _by_relation() -> ColumnElement[Any]:
    """Members whose relation is here and elsewhere: an empty cell beside the first is none there.

    Those elsewhere alone are no count of all.
    """
    return Headcount.members_in + func.coalesce(Headcount.members_out, 0)


def _own(counted: ColumnElement[Any]) -> ColumnElement[int]:
    left = counted - func.coalesce(Headcount.instructors_counted, 0)
    return case((left < 0, 0), else_=left)


def people(
    day: date, known_at: datetime | None, rules: HeadcountRules, of: Among = None
) -> Subquery:
    """``organisation_id, full_members, members, members_out, activists``.

    Of the most believed count, and each at least what confirmed members come to (decision 0021).
    """
    ranked = _ranked(
        day,
        known_at,
        full_members(),
        (*rules.member_sources, DECLARED),
        "full_members",
        all_members().label("members"),
        Headcount.members_out,
        Headcount.activists,
        apart=DECLARED,
        of=of,
    )
    names = ("full_members", "members", "members_out", "activists")
    return (
        select(ranked.c.organisation_id, *(func.max(ranked.c[name]).label(name) for name in names))
        .where(ranked.c.place == 1)
        .group_by(ranked.c.organisation_id)
        .subquery("of_people")
    )


def joint_units(day: date, rules: HeadcountRules) -> Subquery:
    """``party_organisation_id, units, full_members`` of what covers jointly, as known now.

    ``full_members`` of all units together; null where nobody knows those of some unit.
    """
    counted = people(day, None, rules)
    units = func.count(Covering.organisation_id.distinct())
    everybody = func.count(counted.c.full_members) == units
    return (
        select(
            Covering.party_organisation_id,
            units.label("units"),
            case((everybody, func.sum(counted.c.full_members))).label("full_members"),
        )
        .outerjoin(counted, counted.c.organisation_id == Covering.organisation_id)
        .where(Covering.mode == "joint", true_on(Covering, day, None))
        .group_by(Covering.party_organisation_id)
        .subquery("joint_units")
    )


def _ranked(
    day: date,
    known_at: datetime | None,
    value: Any,
    sources: tuple[str, ...],
    name: str,
    *more: Any,
    apart: str | None = None,
    of: Among = None,
) -> Subquery:
    """Counts that say a value, of each organisation the most believed first, then the newest.

    Those of the source ``apart`` have places of their own.
    """
    lots = [] if apart is None else [flag(Headcount.source == apart)]
    rank = case(*((Headcount.source == each, n) for n, each in enumerate(sources)))
    return (
        select(
            Headcount.organisation_id,
            value.label(name),
            *more,
            func.row_number()
            .over(
                partition_by=[Headcount.organisation_id, *lots],
                order_by=(rank, Headcount.counted_on.desc(), Headcount.id.desc()),
            )
            .label("place"),
        )
        .where(
            Headcount.counted_on <= day,
            Headcount.source.in_(sources),
            value.is_not(None),
            believed(Headcount, known_at),
            *among(Headcount.organisation_id, of),
        )
        .subquery(f"ranked_{name}")
    )


def found(day: date, known_at: datetime | None, of: Among = None) -> Subquery:
    """``organisation_id`` and every finding that decides something; null: nobody found it out."""
    columns: list[ColumnElement[Any]] = [
        func.max(case((Finding.field == name, Finding.value))).label(name) for name in TEXTS
    ]
    columns += [
        func.max(case((Finding.field == name, flag(Finding.value == "1")))).label(name)
        for name in SWITCHES
    ]
    return (
        select(Finding.organisation_id, *columns)
        .where(
            Finding.field.in_((*TEXTS, *SWITCHES)),
            true_on(Finding, day, known_at),
            *among(Finding.organisation_id, of),
        )
        .group_by(Finding.organisation_id)
        .subquery("found")
    )


def unincorporated(text: Any) -> Any:
    """Tell whether a type's text is of a firm that is no legal person; false if there is none."""
    return or_(*(func.coalesce(text, "").like(word) for word in UNINCORPORATED))
