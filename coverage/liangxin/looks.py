"""Who opened or recorded what is kept of a person, why and when: written here, told to that person."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from liangxin import audit
from liangxin.access import Actor
from liangxin.days import china_day
from liangxin.schema import PersonAccess

#: Who looks at, or changes, what is their own.
PERSON = "person"


def by_office(
    connection: Connection,
    actor: Actor,
    rows: Sequence[Any],
    what: str,
    purpose: str,
    now: datetime,
    *,
    about: str = "",
) -> None:
    """Record that an office looked at people, or wrote of them.

    Args:
        connection: a write transaction.
        actor: who.
        rows: of ``membership``.
        what: viewed, recorded or compared.
        purpose: of ``liangxin.purposes``.
        now: when.
        about: the organisation that was asked about, if one was; the log names no other.
    """
    _write(connection, rows, what, purpose, by=actor.name, role=str(actor.role), now=now)
    if rows or what == "viewed":
        # Where and why, and not how many: the auditor sees no person.
        audit.write(
            connection,
            by=actor.name,
            role=str(actor.role),
            action=f"person.{what}",
            about=about or " ".join(sorted(actor.subdistricts or ())),
            purpose=purpose,
            now=now,
            on=_shown_on(what, now),
        )


def by_person(connection: Connection, row: Any, what: str, now: datetime) -> None:
    """Record what somebody did with their own code: seen, corrected or withdrawn."""
    _write(connection, [row], what, "self", by=PERSON, role=PERSON, now=now)
    told(connection, what, now)


def told(connection: Connection, what: str, now: datetime) -> None:
    """Write into the log what a person did with their own, and not who."""
    who = {"by": PERSON, "role": PERSON, "purpose": "self"}
    audit.write(connection, **who, action=f"person.{what}", now=now, on=_shown_on(what, now))


def _shown_on(what: str, now: datetime) -> date | None:
    """The day from which figures may show what was done to a membership; null: it was looked at."""
    return china_day(now) if what in {"recorded", "corrected", "withdrawn"} else None


def at(connection: Connection, membership_id: int) -> tuple[tuple[datetime, str, str, str], ...]:
    """Return moment, role, what and purpose of every look at a membership, the oldest first."""
    query = (
        select(PersonAccess.at, PersonAccess.role, PersonAccess.what, PersonAccess.purpose)
        .where(PersonAccess.membership_id == membership_id)
        .order_by(PersonAccess.id)
    )
    return tuple((row.at, row.role, row.what, row.purpose) for row in connection.execute(query))


def move(connection: Connection, old: int, new: int) -> None:
    """Let the looks at a declaration go with the membership that it turned out to be of."""
    mine = update(PersonAccess).where(PersonAccess.membership_id == old)
    connection.execute(mine.values(membership_id=new))


def _write(
    connection: Connection,
    rows: Sequence[Any],
    what: str,
    purpose: str,
    *,
    by: str,
    role: str,
    now: datetime,
) -> None:
    told = [
        {
            "organisation_id": row.organisation_id,
            "membership_id": row.id,
            "what": what,
            "purpose": purpose,
            "done_by": by,
            "role": role,
            "at": now,
        }
        for row in rows
    ]
    if told:
        connection.execute(insert(PersonAccess), told)
