"""What the dated fields of organisations were on a day, as known now or at an earlier moment."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from liangxin.facts_on import Among, among
from liangxin.schema import FieldChange, Run

#: Fields of an organisation that change and decide whether and where it counts.
DATED = ("ownership", "status", "enterprise_type", "subdistrict_code", "community_code")
#: Those, and the day from which an organisation is known at all; an earlier file may move it.
PAST = (*DATED, "from_on")


def values(as_of: date, known_at: datetime | None, of: Among = None) -> Subquery:
    """What the dated fields were, for organisations where that is not what they are."""
    ranked = _ranked_now(as_of, of) if known_at is None else _ranked_then(as_of, known_at)
    columns: list[ColumnElement[Any]] = [ranked.c.organisation_id]
    for field in PAST:
        is_field = ranked.c.field == field
        columns.append(func.max(case((is_field, ranked.c.value))).label(field))
        columns.append(func.max(case((is_field, 1), else_=0)).label(f"had_{field}"))
    return (
        select(*columns)
        .where(ranked.c.place == 1)
        .group_by(ranked.c.organisation_id)
        .subquery("past")
    )


def _ranked_now(as_of: date, of: Among) -> Subquery:
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
            *among(FieldChange.organisation_id, of),
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
