"""What changed behind a cursor, page by page: the read-only feed for other programs.

One page is told from one consistent view. Streams follow each other (`liangxin.cursor`): new
organisations, changed fields, then facts, then facts taken back; so that nothing is told of an
organisation before the organisation itself. No person is in here: `liangxin.facts`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, select, tuple_

from liangxin import cursor, facts, frames, stamps
from liangxin.cursor import Cursor
from liangxin.errors import Gone, Misuse
from liangxin.facts import KINDS, Kind
from liangxin.schema import Base
from liangxin.stamps import FIELDS, INDIVIDUAL, STAMP

#: Rows a page may hold, and holds if the reader does not say.
MOST, USUAL = 1_000, 200

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Items in order, the cursor behind the last of them, and whether there are more right now."""

    items: list[Item]
    next: str
    more: bool


def page(connection: Connection, *, after: str, limit: int) -> Page:
    """Return the next changes behind a cursor.

    Raises:
        Misuse: the cursor is none, or the limit is out of bounds.
        Gone: a run that was read already was undone; read from the beginning.
    """
    if not 1 <= limit <= MOST:
        raise Misuse(
            f"limit 应在 1 到 {MOST} 之间，现为 {limit}。",
            f"limit must be from 1 to {MOST}, not {limit}.",
        )
    place = cursor.parse(after)
    if cursor.stale(connection, place):
        raise Gone(
            "该游标之前的内容已被撤销或更改。请去掉 after 从头读取。",
            "what was read up to this cursor was undone or altered since; read from the beginning, "
            "without after.",
        )
    office = stamps.own_office(connection)
    items: list[Item] = []
    left = limit
    for read in _readers(connection, office):
        told, place, rows = read(place, left)
        items += told
        left -= rows
        if left <= 0:
            break
    return Page(items, str(place), more=left <= 0)


def _readers(connection: Connection, office: str) -> Iterator[Any]:
    """Functions (cursor, limit) → (items, cursor behind them, rows read), in the order of the streams."""
    yield lambda place, limit: _organisations(connection, place, limit)
    yield lambda place, limit: _field_changes(connection, place, limit, office)
    for kind in KINDS:
        yield lambda place, limit, kind=kind: _facts(connection, kind, place, limit, office)
    for kind in KINDS:
        yield lambda place, limit, kind=kind: _taken_back(connection, kind, place, limit, office)


def _organisations(
    connection: Connection, place: Cursor, limit: int
) -> tuple[list[Item], Cursor, int]:
    ids = _next(connection, "organisation", place, limit)
    if not ids:
        return [], place, 0
    return _whole(connection, ids), _moved(connection, "organisation", place, ids), len(ids)


def _whole(connection: Connection, ids: Sequence[int]) -> list[Item]:
    """Organisations with what the register says of them now."""
    told = stamps.told(connection, ids)
    own: dict[int, list[Item]] = {}
    for row in told.fields.drop("ours_lost").iter_rows(named=True):
        own.setdefault(row.pop("id"), []).append(_plain(row))
    items = []
    for row in told.organisations.sort("id").iter_rows(named=True):
        said = {name: row.pop(name) for name in STAMP}
        number, uscc, since = row.pop("id"), row.pop("uscc"), row.pop("since")
        items.append(
            {
                "kind": "organisation",
                "uscc": uscc,
                "since": since.isoformat(),
                "values": {name: row[name] for name in FIELDS},
                "stamp": _plain(said),
                "fields": own.get(number, []),
            }
        )
    return items


def _field_changes(
    connection: Connection, place: Cursor, limit: int, office: str
) -> tuple[list[Item], Cursor, int]:
    ids = _next(connection, "field_change", place, limit)
    if not ids:
        return [], place, 0
    told = field_changes(connection, office, after=ids[0] - 1, up_to=ids[-1])
    items = [{"kind": "field_change", **_plain(row)} for row in told.iter_rows(named=True)]
    # What a late file filled in began before all changes: only the whole organisation tells it.
    change = Base.metadata.tables["field_change"].c
    filled = select(change.organisation_id).where(
        change.id.between(ids[0], ids[-1]), change.from_on == date.min
    )
    if anew := sorted(set(connection.execute(filled).scalars())):
        items += _whole(connection, anew)
    return items, _moved(connection, "field_change", place, ids), len(ids)


def field_changes(connection: Connection, office: str, *, after: int, up_to: int) -> pl.DataFrame:
    """Return changes of organisations' fields by their numbers, in order, as they are told to others.

    Columns: ``uscc, field, old_value, new_value`` and ``STAMP``, which is the origin's where the
    change came by exchange.
    """
    change, run, source, organisation, stamp = (
        Base.metadata.tables[name]
        for name in ("field_change", "run", "source", "organisation", "field_stamp")
    )
    came = (
        (stamp.c.organisation_id == change.c.organisation_id)
        & (stamp.c.field == change.c.field)
        & (stamp.c.run_id == change.c.run_id)
    )
    query = (
        select(
            organisation.c.uscc,
            change.c.field,
            change.c.old_value,
            change.c.new_value,
            change.c.from_on,
            run.c.learned_at,
            source.c.name.label("source"),
            stamp.c.learned_at.label("said_at"),
            stamp.c.office.label("said_by"),
            stamp.c.source.label("said_in"),
        )
        .join(organisation, organisation.c.id == change.c.organisation_id)
        .join(run, run.c.id == change.c.run_id)
        .join(source, source.c.id == run.c.source_id)
        .outerjoin(stamp, came)
        .where(
            change.c.id > after,
            change.c.id <= up_to,
            change.c.field.in_(FIELDS),
            change.c.corrected_by.is_(None),
            ~organisation.c.uscc.startswith(INDIVIDUAL),
        )
        .order_by(change.c.id)
    )
    return frames.read(connection, query).select(
        "uscc",
        "field",
        "old_value",
        "new_value",
        "from_on",
        learned_at=pl.coalesce("said_at", "learned_at"),
        office=pl.coalesce("said_by", pl.lit(office)),
        source=pl.coalesce("said_in", "source"),
    )


def _facts(
    connection: Connection, kind: Kind, place: Cursor, limit: int, office: str
) -> tuple[list[Item], Cursor, int]:
    """New words on facts; those taken back meanwhile are told by ``_taken_back``."""
    ids = _next(connection, kind.name, place, limit)
    if not ids:
        return [], place, 0
    items = _told(connection, kind, ids, office, retracted=False)
    return items, _moved(connection, kind.name, place, ids), len(ids)


def _taken_back(
    connection: Connection, kind: Kind, place: Cursor, limit: int, office: str
) -> tuple[list[Item], Cursor, int]:
    table = Base.metadata.tables[kind.name]
    at, number, count = place.back(kind.name)
    query = (
        select(table.c.corrected_at, table.c.id)
        .where(tuple_(table.c.corrected_at, table.c.id) > (cursor.moment_of(at), number))
        .order_by(table.c.corrected_at, table.c.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    if not rows:
        return [], place, 0
    items = _told(connection, kind, [row[1] for row in rows], office, retracted=True)
    behind = (cursor.micros(rows[-1][0]), rows[-1][1], count + len(rows))
    return items, place.with_back(kind.name, behind), len(rows)


def _told(
    connection: Connection, kind: Kind, ids: list[int], office: str, *, retracted: bool
) -> list[Item]:
    """Items of the rows that hold the last word on their key."""
    table = Base.metadata.tables[kind.name]
    about = None
    if "organisation_id" in table.columns:
        query: Select[Any] = select(table.c.organisation_id).where(table.c.id.in_(ids))
        about = set(connection.execute(query).scalars())
    states = facts.states(connection, kind, about, office)
    mine = states.filter(pl.col("row_id").is_in(ids), pl.col("retracted") == retracted)
    if "to_on" in kind.content:
        mine = mine.with_columns(to_on="ends")
    return [
        {"kind": kind.name, **_plain(row)}
        for row in mine.sort("row_id").select(kind.columns).iter_rows(named=True)
    ]


def _next(connection: Connection, stream: str, place: Cursor, limit: int) -> list[int]:
    table = Base.metadata.tables[stream]
    query = select(table.c.id).where(table.c.id > place.row(stream)).order_by(table.c.id)
    return list(connection.execute(query.limit(limit)).scalars())


def _moved(connection: Connection, stream: str, place: Cursor, ids: list[int]) -> Cursor:
    return place.with_row(stream, ids[-1], cursor.writer(connection, stream, ids[-1]) or 0)


def _plain(row: Item) -> Item:
    """What JSON has: days and moments as text, moments in UTC."""
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else value
