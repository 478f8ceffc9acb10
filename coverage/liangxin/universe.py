"""Who counts on a day, who is reached, and who is not yet verified: one query, no Python loop.

An organisation counts when its class and registration status allow it (rule set) and a person
found it operating (screening). One that nobody screened, or whose ownership nobody settled, is
*unverified*: outside the denominator and shown beside it (decision 0005).

The query answers for any day, and as known at any moment: current values sit on the
organisation, earlier ones are told by the first change that came after the day asked for.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from liangxin.classify import REVIEW
from liangxin.rules import RateRule, RuleSet
from liangxin.schema import (
    Assignment,
    Covering,
    FieldChange,
    Organisation,
    PartyOrganisation,
    Run,
    Screening,
)

#: Screening states (domain notes §3). The first three are ways in, ``operating`` counts, the rest
#: are stated exits with evidence, person and date.
STATES = (
    "imported",
    "matched",
    "screening",
    "operating",
    "not_found",
    "shell",
    "suspended",
    "moved",
    "closed",
    "duplicate",
    "not_two_new",
)
UNDECIDED = ("imported", "matched", "screening")
#: Fields of an organisation that change and decide whether and where it counts.
DATED = ("ownership", "status", "subdistrict_code", "community_code")
#: Those, and the day from which an organisation is known at all; an earlier file may move it.
PAST = (*DATED, "from_on")


def true_on(fact: Any, day: date, known_at: datetime | None) -> ColumnElement[bool]:
    """Tell whether a dated fact held on a day, by what was known then (``None``: known now)."""
    held = and_(fact.from_on <= day, or_(fact.to_on.is_(None), fact.to_on > day))
    if known_at is None:
        return and_(held, fact.corrected_at.is_(None))
    return and_(
        held,
        fact.learned_at <= known_at,
        or_(fact.corrected_at.is_(None), fact.corrected_at > known_at),
    )


def members(rules: RuleSet, *, as_of: date, known_at: datetime | None = None) -> Subquery:
    """One row an organisation the register knew on the day.

    Columns: ``id``, ``uscc``, ``name``, ``kind``, ``address``, the dated fields, ``state`` (null:
    never screened), and as 0/1 ``counts``, ``unverified``, ``alone``, ``joint``, ``instructed``.
    """
    if known_at is not None:
        known_at = known_at.astimezone(UTC)  # SQLite keeps no zone, and compares as text
    past = _past_values(as_of, known_at)
    value = {
        field: case(
            (past.c[f"had_{field}"] == 1, past.c[field]), else_=getattr(Organisation, field)
        )
        for field in DATED
    }
    screened, covered, sent = _facts(as_of, known_at)
    state = screened.c.state
    status_allows = or_(value["status"].is_(None), value["status"].in_(rules.statuses))
    counts = and_(value["ownership"].in_(rules.classes), status_allows, state.in_(rules.states))
    undecided = or_(state.is_(None), state.in_(UNDECIDED))
    unverified = and_(
        status_allows,
        or_(
            and_(value["ownership"].in_(rules.classes), undecided),
            and_(value["ownership"] == REVIEW, or_(undecided, state.in_(rules.states))),
        ),
    )
    query: Select[Any] = (
        select(
            Organisation.id,
            Organisation.uscc,
            Organisation.name,
            Organisation.kind,
            Organisation.address,
            *(expression.label(field) for field, expression in value.items()),
            state.label("state"),
            _flag(counts).label("counts"),
            _flag(unverified).label("unverified"),
            func.coalesce(covered.c.alone, 0).label("alone"),
            func.coalesce(covered.c.joint, 0).label("joint"),
            func.coalesce(sent.c.instructed, 0).label("instructed"),
        )
        .select_from(Organisation)
        .outerjoin(past, past.c.organisation_id == Organisation.id)
        .outerjoin(screened, screened.c.organisation_id == Organisation.id)
        .outerjoin(covered, covered.c.organisation_id == Organisation.id)
        .outerjoin(sent, sent.c.organisation_id == Organisation.id)
    )
    if known_at is None:
        query = query.where(Organisation.from_on <= as_of)
    else:
        # As text, for that is how a change keeps its values; ISO days compare as days do.
        day = case(
            (past.c.had_from_on == 1, past.c.from_on), else_=cast(Organisation.from_on, String)
        )
        query = query.where(day <= as_of.isoformat())
        query = query.join(Run, Run.id == Organisation.run_id).where(Run.learned_at <= known_at)
    return query.subquery("members")


def reached(member: Subquery, rule: RateRule) -> ColumnElement[bool]:
    """Tell whether a member row is in the numerator of a rate (if it counts)."""
    ways = [member.c[mode] == 1 for mode in sorted(rule.coverings)]
    if rule.instructors:
        ways.append(member.c.instructed == 1)
    return or_(*ways)


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _facts(as_of: date, known_at: datetime | None) -> tuple[Subquery, Subquery, Subquery]:
    """Screening state, coverings and assignments that held on the day, one row an organisation."""
    screened = (
        select(Screening.organisation_id, func.max(Screening.state).label("state"))
        .where(true_on(Screening, as_of, known_at))
        .group_by(Screening.organisation_id)
        .subquery("screened")
    )
    covered = (
        select(
            Covering.organisation_id,
            func.max(_flag(Covering.mode == "alone")).label("alone"),
            func.max(_flag(Covering.mode == "joint")).label("joint"),
        )
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .where(true_on(Covering, as_of, known_at), true_on(PartyOrganisation, as_of, known_at))
        .group_by(Covering.organisation_id)
        .subquery("covered")
    )
    sent = (
        select(Assignment.organisation_id, cast(func.max(1), Integer).label("instructed"))
        .where(true_on(Assignment, as_of, known_at))
        .group_by(Assignment.organisation_id)
        .subquery("sent")
    )
    return screened, covered, sent


def _past_values(as_of: date, known_at: datetime | None) -> Subquery:
    """What the dated fields were, for organisations where that is not what they are."""
    ranked = _ranked_now(as_of) if known_at is None else _ranked_then(as_of, known_at)
    columns: list[ColumnElement[Any]] = [ranked.c.organisation_id]
    for field in PAST:
        is_field = ranked.c.field == field
        columns.append(func.max(case((is_field, ranked.c.value))).label(field))
        columns.append(func.max(_flag(is_field)).label(f"had_{field}"))
    return (
        select(*columns)
        .where(ranked.c.place == 1)
        .group_by(ranked.c.organisation_id)
        .subquery("past")
    )


def _ranked_now(as_of: date) -> Subquery:
    """By what is known now, the value on a day is what the first change after it took away."""
    return (
        select(
            FieldChange.organisation_id,
            FieldChange.field,
            FieldChange.old_value.label("value"),
            func.row_number()
            .over(
                partition_by=(FieldChange.organisation_id, FieldChange.field),
                order_by=(FieldChange.from_on, FieldChange.id),
            )
            .label("place"),
        )
        .where(
            FieldChange.corrected_by.is_(None),
            FieldChange.from_on > as_of,
            FieldChange.field.in_(DATED),
        )
        .subquery("later_changes")
    )


def _ranked_then(as_of: date, known_at: datetime) -> Subquery:
    """By what was known at a moment; changes that were learned later, or corrected by then, are out.

    The value on a day is what the first believed change after it took away; else what the last
    believed one up to it brought; else, if nothing was believed to have changed yet, what the
    first change that was learned later took away.
    """
    learned, corrected = aliased(Run), aliased(Run)
    is_known = learned.learned_at <= known_at
    believed = and_(
        is_known, or_(FieldChange.corrected_by.is_(None), corrected.learned_at > known_at)
    )
    rank = case(
        (and_(believed, FieldChange.from_on > as_of), 1),
        (believed, 2),
        (~is_known, 3),
        else_=4,
    )
    value = case((rank == 2, FieldChange.new_value), else_=FieldChange.old_value)
    ordered = select(
        FieldChange.organisation_id,
        FieldChange.field,
        rank.label("rank"),
        value.label("value"),
        func.row_number()
        .over(
            partition_by=(FieldChange.organisation_id, FieldChange.field),
            order_by=(
                rank,
                case((rank == 3, learned.id)),
                case((rank != 2, FieldChange.from_on)),
                case((rank == 2, FieldChange.from_on)).desc(),
                case((rank != 2, FieldChange.id)),
                case((rank == 2, FieldChange.id)).desc(),
            ),
        )
        .label("place"),
    )
    return (
        ordered.join(
            learned, learned.id == func.coalesce(FieldChange.learned_by, FieldChange.run_id)
        )
        .outerjoin(corrected, corrected.id == FieldChange.corrected_by)
        .where(FieldChange.field.in_(PAST), rank < 4)
        .subquery("changes_by_rank")
    )
