"""Other offices in the register: whose cards we accepted, what went to them and came from them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select, update

from ingest.exchange.envelope import Header
from ingest.exchange.keys import LARGEST_CARD, Card, parse_card
from liangxin import audit, cursor, stamps
from liangxin.access import Actor
from liangxin.cursor import Cursor
from liangxin.errors import Misuse, NotFound, UnreadableFile
from liangxin.schema import Base, ExchangeOffice, ExchangePackage

#: How many of another office's packages we say that we opened; more than ever wait for an answer.
TOLD = 200


@dataclass(frozen=True, slots=True)
class Office:
    """Another office as the register knows it."""

    id: int
    card: Card
    acknowledged: str


def name_ourselves(connection: Connection, office: str) -> None:
    """Keep the name that this office goes by among others, as the origin of its values."""
    meta = Base.metadata.tables["meta"]
    known = stamps.own_office(connection)
    if not known:
        connection.execute(meta.insert().values(key=stamps.OFFICE, value=office))
    elif known != office:
        raise Misuse(
            f"登记库以“{known}”的名义参与交换，密钥却属于“{office}”。请检查 LIANGXIN_HOME。",
            f"the register takes part as {known!r}, but the keys are {office!r}'s; check LIANGXIN_HOME.",
        )


def read_card(path: Path) -> Card:
    """Read another office's card.

    Raises:
        UnreadableFile: there is no such file.
        BadPackage: it is no card, or was altered.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_CARD + 1)
    except OSError as error:
        raise UnreadableFile(
            f"无法读取 {path}（{error.strerror}）。", f"cannot read {path} ({error.strerror})."
        ) from error
    return parse_card(data, path.name)


def trust(
    connection: Connection, card: Card, office: str, *, ours: Card | None, now: datetime
) -> bool:
    """Accept another office's card; return whether it is new.

    Raises:
        Misuse: the card is another office's, is our own, or the office has another card already.
    """
    if card.office != office:
        raise Misuse(
            f"这张名片属于“{card.office}”，不是“{office}”。请核对文件和 --office。",
            f"the card is {card.office!r}'s, not {office!r}'s; check the file and --office.",
        )
    if ours is not None and (card.office == ours.office or card.sign_key == ours.sign_key):
        raise Misuse(
            f"“{card.office}”是本单位自己的名称或密钥，不需要信任自己。",
            f"{card.office!r} is this office's own name or key; it need not be trusted.",
        )
    known = _find(connection, office)
    if known is not None:
        if known.card == card:
            return False
        raise Misuse(
            f"“{office}”已有另一张名片（指纹 {known.card.spoken}）。如确已换钥，请对方改用新名称。",
            f"{office!r} has another card already (fingerprint {known.card.spoken}); if its keys were "
            "really replaced, let it take a new name.",
        )
    table = Base.metadata.tables["exchange_office"]
    connection.execute(
        table.insert().values(
            name=office,
            sign_key=card.sign_key,
            encrypt_key=card.encrypt_key,
            fingerprint=card.fingerprint,
            trusted_at=now,
        )
    )
    about = f"{office} {card.fingerprint}"
    audit.by_machine(connection, "exchange.trusted", about, now=now)
    return True


def trusted(connection: Connection) -> list[Office]:
    """Return all offices whose cards were accepted, by name."""
    rows = connection.execute(_columns().order_by(ExchangeOffice.name)).all()
    return [_office(row) for row in rows]


def find(connection: Connection, name: str) -> Office:
    """Return an office whose card was accepted.

    Raises:
        NotFound: there is none of this name.
    """
    found = _find(connection, name)
    if found is None:
        raise NotFound(
            f"没有信任过名为“{name[:40]}”的单位。请先用 liangxin exchange trust 接受其名片。",
            f"no office called {name[:40]!r} is trusted; accept its card first: liangxin exchange trust.",
        )
    return found


def opened_already(connection: Connection, office: Office, header: Header) -> Any | None:
    """Return the row of a package that was opened before, if this is it."""
    query = select(
        ExchangePackage.serial, ExchangePackage.handled_at, ExchangePackage.run_id
    ).where(
        ExchangePackage.office_id == office.id,
        ExchangePackage.direction == "opened",
        ExchangePackage.content_sha256 == header.content_sha256,
    )
    return connection.execute(query).first()


def opened_from(connection: Connection, office: Office) -> tuple[str, ...]:
    """Return the hashes of the packages of an office that were opened last."""
    query = (
        select(ExchangePackage.content_sha256)
        .where(ExchangePackage.office_id == office.id, ExchangePackage.direction == "opened")
        .order_by(ExchangePackage.id.desc())
        .limit(TOLD)
    )
    return tuple(connection.execute(query).scalars())


def next_serial(connection: Connection, office: Office) -> int:
    """Return the number of the next package to an office."""
    query = select(func.max(ExchangePackage.serial)).where(
        ExchangePackage.office_id == office.id, ExchangePackage.direction == "sent"
    )
    return (connection.execute(query).scalar() or 0) + 1


def keep(
    connection: Connection,
    office: Office,
    direction: str,
    header: Header,
    *,
    now: datetime,
    by: Actor,
    run_id: int | None = None,
) -> None:
    """Note a package that goes or came, and who made or opened it."""
    table = Base.metadata.tables["exchange_package"]
    connection.execute(
        table.insert().values(
            office_id=office.id,
            direction=direction,
            serial=header.serial,
            content_sha256=header.content_sha256,
            cursor_from=header.cursor_from,
            cursor_to=header.cursor_to,
            handled_at=now,
            acknowledged=False,
            run_id=run_id,
        )
    )
    action = {"sent": "exchange.packed", "opened": "exchange.opened"}[direction]
    about = f"{office.card.office} {header.serial}" + (f" {run_id}" if run_id else "")
    audit.by_actor(connection, by, action, about, now=now)


def acknowledge(connection: Connection, office: Office, hashes: tuple[str, ...]) -> None:
    """Take note of which of our packages an office has opened; move its cursor as far as that proves.

    A package proves that all up to its end was read only if all up to its beginning was.
    """
    sent = ExchangePackage.office_id == office.id
    sent &= ExchangePackage.direction == "sent"
    for start in range(0, len(hashes), TOLD):
        some = sent & ExchangePackage.content_sha256.in_(hashes[start : start + TOLD])
        connection.execute(update(ExchangePackage).where(some).values(acknowledged=True))
    query = (
        select(ExchangePackage.cursor_from, ExchangePackage.cursor_to)
        .where(sent, ExchangePackage.acknowledged)
        .order_by(ExchangePackage.id)
    )
    before = reached_by(connection, office)
    spans = [(cursor.parse(a), cursor.parse(b)) for a, b in connection.execute(query)]
    # Numbers of before an undo may be given to other rows by now; they prove nothing.
    proven = [
        span
        for span in spans
        if not before.covers(span[1]) and not cursor.stale(connection, span[1])
    ]
    _set_reached(connection, office, furthest(before, proven))


def reached_by(connection: Connection, office: Office) -> Cursor:
    """Return up to where an office is known to have opened what we sent; the rest is sent again."""
    reached = cursor.renewed(connection, cursor.parse(office.acknowledged))
    _set_reached(connection, office, reached)
    return reached


def furthest(reached: Cursor, spans: list[tuple[Cursor, Cursor]]) -> Cursor:
    """Return how far whoever has read up to ``reached``, and these spans, has read without a gap."""
    moved = True
    while moved:
        moved = False
        for start, end in spans:
            if reached.covers(start) and end.covers(reached) and end != reached:
                reached, moved = end, True
    return reached


def _find(connection: Connection, name: str) -> Office | None:
    row = connection.execute(_columns().where(ExchangeOffice.name == name)).first()
    return None if row is None else _office(row)


def _set_reached(connection: Connection, office: Office, reached: Cursor) -> None:
    if reached != cursor.parse(office.acknowledged):
        here = update(ExchangeOffice).where(ExchangeOffice.id == office.id)
        connection.execute(here.values(acknowledged=str(reached)))


def _columns() -> Any:
    return select(
        ExchangeOffice.id,
        ExchangeOffice.name,
        ExchangeOffice.sign_key,
        ExchangeOffice.encrypt_key,
        ExchangeOffice.acknowledged,
    )


def _office(row: Any) -> Office:
    return Office(row.id, Card(row.name, row.sign_key, row.encrypt_key), row.acknowledged or "")
