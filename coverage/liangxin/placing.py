"""Where an organisation is registered and where it operates, if its address does not say so.

``located`` (decision 0030) fills in what no source says; only a person's decision stands above what
is written in an address. One set of expressions, so that rates, lists, tasks and plans agree.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, select

from liangxin.facts_on import Among, among, true_on
from liangxin.schema import Located

#: The method of what a person decided.
DECIDED = "decided"
#: Columns of ``placed``: which address and what of it.
COLUMNS = (
    "registered_subdistrict_code",
    "registered_community_code",
    "registered_decided",
    "operating_subdistrict_code",
    "operating_community_code",
)


def placed(day: date, known_at: datetime | None = None, of: Among = None) -> Subquery:
    """``organisation_id`` and ``COLUMNS`` of whoever was placed, on a day; codes null where not."""
    columns: list[ColumnElement[Any]] = []
    for which in ("registered", "operating"):
        here = Located.which == which
        for name in ("subdistrict_code", "community_code"):
            column = func.max(case((here, getattr(Located, name))))
            columns.append(column.label(f"{which}_{name}"))
    decided = case(((Located.which == "registered") & (Located.method == DECIDED), 1), else_=0)
    return (
        select(Located.organisation_id, *columns, func.max(decided).label("registered_decided"))
        .where(
            true_on(Located, day, known_at),
            Located.subdistrict_code.is_not(None),
            *among(Located.organisation_id, of),
        )
        .group_by(Located.organisation_id)
        .subquery("placed")
    )


def registered(where: Subquery, written: Any) -> ColumnElement[Any]:
    """Where it is registered: what somebody decided, else what is written, else what was learned.

    Args:
        where: ``placed``.
        written: the sub-district that the address says.
    """
    found = where.c.registered_subdistrict_code
    return case((where.c.registered_decided == 1, found), else_=func.coalesce(written, found))


def registered_community(
    where: Subquery, written_town: Any, written_community: Any
) -> ColumnElement[Any]:
    """The registered community: of whichever sub-district ``registered`` tells."""
    other = where.c.registered_community_code
    return case(
        ((where.c.registered_decided == 1) | written_town.is_(None), other),
        else_=written_community,
    )
