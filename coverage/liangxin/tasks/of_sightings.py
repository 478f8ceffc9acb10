"""Events of what communities saw: an organisation that moved or closed, and one nobody knew.

They keep the task open that was opened with the sighting (``tasks.sighted``), until somebody looked
or what was found is in the register.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    String,
    cast,
    exists,
    func,
    literal,
    null,
    select,
)

from liangxin.schema import Organisation, Sighting
from liangxin.tasks.facts import acting, looked_since
from liangxin.tasks.of_organisations import about_organisations


def gone(today: date) -> Select[Any]:
    """Seen to have moved or closed, and no finding was told since."""
    last = (
        select(
            Sighting.organisation_id,
            func.max(Sighting.id).label("id"),
            func.max(Sighting.learned_at).label("learned_at"),
        )
        .where(Sighting.organisation_id.is_not(None))
        .group_by(Sighting.organisation_id)
        .subquery("last_sighting")
    )
    because = literal("sighting:") + cast(last.c.id, String)
    query, where = about_organisations("screen", because, today)
    query = query.join(last, last.c.organisation_id == Organisation.id)
    return where.joined_to(query).where(~looked_since(Organisation.id, last.c.learned_at))


def found(today: date) -> Select[Any]:  # noqa: ARG001 - asked like the others
    """Found, and not in the register by the code that was seen."""
    subject = literal("sighting:") + cast(Sighting.id, String)
    place, community = Sighting.__table__.c.subdistrict_code, Sighting.__table__.c.community_code
    columns: list[Any] = [
        literal("found"),
        subject,
        subject,
        cast(null(), BigInteger),
        cast(null(), Integer),
        place,
        community,
        acting("found", place, community),
        literal(False),
    ]
    known = exists().where(Organisation.uscc == Sighting.uscc)
    return select(*columns).where(Sighting.kind == "found", ~known)
