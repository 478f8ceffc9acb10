"""What templates are filled in with: the organisations of an office, as the register has them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from liangxin.access import Actor, Permission
from liangxin.schema import Organisation, Screening
from liangxin.tasks.facts import Located, screened_as

#: A sheet with more is worked on by nobody.
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """One organisation as a template names it."""

    uscc: str
    name: str
    enterprise_type: str | None
    established_on: date | None
    capital: str
    address: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm whose staff list may be handed in."""

    uscc: str
    name: str


def unscreened(connection: Connection, actor: Actor, *, on: date) -> list[Row]:
    """Return the organisations of an office that nobody has found operating or gone.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    settled = screened_as(Organisation.id, on, Screening.state.not_in(("imported", "screening")))
    return _rows(connection, actor, on, lambda query: query.where(~settled))


def listed(connection: Connection, actor: Actor, *, on: date) -> list[Row]:
    """Return the organisations of an office.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    return _rows(connection, actor, on, lambda query: query)


def firms(
    connection: Connection, actor: Actor, said: str, *, on: date, most: int = 20
) -> list[Firm]:
    """Return firms of an office by the beginning of a code, or by a part of a name.

    Raises:
        NotPermitted: the role hands in no staff list.
    """
    actor.require(Permission.ROSTER_LOAD)
    text = said.strip()
    if not text:
        return []
    alike = or_(
        Organisation.uscc.startswith(text.upper(), autoescape=True),
        Organisation.name.contains(text, autoescape=True),
    )
    query: Any = select(Organisation.uscc, Organisation.name).where(alike)
    query = _of(actor, query, on)
    query = query.order_by(func.length(Organisation.name), Organisation.id).limit(most)
    return [Firm(*row) for row in connection.execute(query)]


def firm(connection: Connection, actor: Actor, code: str, *, on: date) -> Firm | None:
    """Return one firm of an office.

    Raises:
        NotPermitted: the role hands in no staff list.
    """
    actor.require(Permission.ROSTER_LOAD)
    theirs = Organisation.uscc == code.strip().upper()
    query: Any = select(Organisation.uscc, Organisation.name).where(theirs)
    row = connection.execute(_of(actor, query, on)).first()
    return None if row is None else Firm(row.uscc, row.name)


def _rows(connection: Connection, actor: Actor, on: date, narrowed: Any) -> list[Row]:
    actor.require(Permission.ORGANISATION_LIST)
    query = narrowed(
        select(
            *(Organisation.uscc, Organisation.name, Organisation.enterprise_type),
            *(Organisation.established_on, Organisation.capital_wan),
            *(Organisation.address, Organisation.status),
        )
    )
    query = _of(actor, query, on).order_by(Organisation.community_code, Organisation.id)
    return [
        Row(
            row.uscc,
            row.name,
            row.enterprise_type,
            row.established_on,
            "" if row.capital_wan is None else f"{row.capital_wan:g}",
            row.address,
            row.status,
        )
        for row in connection.execute(query.limit(MOST))
    ]


def _of(actor: Actor, query: Select[Any], on: date) -> Select[Any]:
    """Leave the organisations that operate in the office's sub-districts."""
    where = Located(on)
    query = where.joined_to(query)
    if actor.subdistricts is None:
        return query
    return query.where(where.subdistrict.in_(sorted(actor.subdistricts)))
