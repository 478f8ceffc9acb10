"""The exchange as people look at it: known offices, packages that went and came. No key is told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from liangxin import stamps
from liangxin.access import Actor, Permission
from liangxin.moments import in_utc
from liangxin.schema import ExchangeOffice, ExchangePackage, Run


@dataclass(frozen=True, slots=True)
class OfficeSeen:
    """Another office: since when its card is trusted, and what went to and fro."""

    name: str
    fingerprint: str  # what people compare by telephone; of public keys
    trusted_at: datetime
    sent: int
    unanswered: int  # of those sent: the office has not told yet that it opened them
    opened: int


@dataclass(frozen=True, slots=True)
class PackageSeen:
    """One package; of one that came, the run that loaded it and what became of its rows."""

    office: str
    direction: str  # sent or opened
    serial: int
    handled_at: datetime
    acknowledged: bool
    run: int | None
    rows: int | None
    accepted: int | None
    refused: int | None


def own_name(connection: Connection, actor: Actor) -> str:
    """Return the name this office goes by among others; empty: it has no keys yet.

    Raises:
        NotPermitted: the role may not see the exchange.
    """
    actor.require(Permission.SOURCE_VIEW)
    return stamps.own_office(connection)


def offices(connection: Connection, actor: Actor) -> list[OfficeSeen]:
    """Return the offices whose cards were accepted, by name.

    Raises:
        NotPermitted: the role may not see the exchange.
    """
    actor.require(Permission.SOURCE_VIEW)
    package = ExchangePackage
    went = func.count().filter(package.direction == "sent")
    waits = func.count().filter(package.direction == "sent", ~package.acknowledged)
    came = func.count().filter(package.direction == "opened")
    query = (
        select(ExchangeOffice.name, ExchangeOffice.fingerprint, ExchangeOffice.trusted_at)
        .add_columns(went, waits, came)
        .outerjoin(package, package.office_id == ExchangeOffice.id)
        .group_by(ExchangeOffice.id)
        .order_by(ExchangeOffice.name)
    )
    return [
        OfficeSeen(name, spoken(fingerprint), in_utc(at), sent, unanswered, opened)
        for name, fingerprint, at, sent, unanswered, opened in connection.execute(query)
    ]


def packages(connection: Connection, actor: Actor, *, most: int = 100) -> list[PackageSeen]:
    """Return the packages that were handled last, the newest first.

    Raises:
        NotPermitted: the role may not see the exchange.
    """
    actor.require(Permission.SOURCE_VIEW)
    query = (
        select(
            ExchangeOffice.name,
            ExchangePackage.direction,
            ExchangePackage.serial,
            ExchangePackage.handled_at,
            ExchangePackage.acknowledged,
            ExchangePackage.run_id,
            Run.rows,
            Run.accepted,
            Run.refused,
        )
        .join(ExchangeOffice, ExchangeOffice.id == ExchangePackage.office_id)
        .outerjoin(Run, Run.id == ExchangePackage.run_id)
        .order_by(ExchangePackage.id.desc())
        .limit(most)
    )
    return [
        PackageSeen(
            row.name, row.direction, row.serial, in_utc(row.handled_at), row.acknowledged,
            row.run_id, row.rows, row.accepted, row.refused,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def spoken(fingerprint: str) -> str:
    """Return the first 40 digits of a fingerprint in groups, as people compare them."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, 40, 4))
