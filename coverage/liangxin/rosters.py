"""Whose staff list is overdue: the duty rhythm of firms with ten staff and more."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from liangxin.access import Actor, Permission
from liangxin.rules import RuleSet
from liangxin.schema import Organisation
from liangxin.tasks.facts import Located
from liangxin.tasks.of_members import due_firms


@dataclass(frozen=True, slots=True)
class Overdue:
    """A firm, and when its list came last."""

    uscc: str
    name: str
    subdistrict_code: str | None
    staff: int
    last_on: date | None  # None: never


def overdue(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    subdistrict_code: str | None = None,
) -> list[Overdue]:
    """Return the firms whose list is overdue in the actor's sub-districts, the longest first.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    actor.require(Permission.ORGANISATION_LIST)
    where, due = Located(as_of), due_firms(rules, as_of)
    query = (
        select(Organisation.uscc, Organisation.name, where.subdistrict, due.c.staff, due.c.last_on)
        .select_from(Organisation)
        .join(due, due.c.organisation_id == Organisation.id)
    )
    query = where.joined_to(query)
    if subdistrict_code is not None:
        query = query.where(where.subdistrict == subdistrict_code)
    if actor.subdistricts is not None:
        query = query.where(where.subdistrict.in_(sorted(actor.subdistricts)))
    found = [Overdue(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda each: (each.last_on or date.min, each.uscc))
