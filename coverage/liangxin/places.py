"""Lists of what lies where: buildings, parks and markets with coordinates; communities side by side."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from liangxin import audit, lists_of
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.lists_of import Loaded
from liangxin.schema import CommunityNeighbour, Place

#: What they are, Chinese and English.
KINDS: dict[str, tuple[str, str]] = {
    "building": ("楼宇", "building"),
    "park": ("园区", "park"),
    "market": ("专业市场", "market"),
    "street": ("商圈", "shopping street"),
    "incubator": ("孵化器", "incubator"),
}
COLUMNS: dict[str, lists_of.Cell] = {
    "name": lists_of.NEEDED,
    "kind": lists_of.one_of(KINDS),
    "subdistrict_code": lists_of.code(9),
    "community_code": lists_of.code(12, empty=True),
    "address": lists_of.TEXT,
    "aliases": lists_of.SEVERAL,
    "is_key": lists_of.switch(default=False),
    "latitude": lists_of.degrees(90),
    "longitude": lists_of.degrees(180),
}
NEEDED = ("name", "kind", "subdistrict_code")
_NEIGHBOURS = {"code": lists_of.code(12), "neighbour": lists_of.code(12)}


def read(file: Path) -> list[dict[str, Any]]:
    """Read a list of places: CSV with ``NEEDED`` and perhaps the other ``COLUMNS``.

    Raises:
        Misuse: it cannot be read, a column is missing or unknown, a cell makes no sense, a place
            is there twice, or has one coordinate without the other.
    """
    rows = lists_of.read(file, COLUMNS, NEEDED)
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, start=2):
        key = (row["name"], row["subdistrict_code"])
        if key in seen:
            raise Misuse(
                f"{file} 第 {number} 行：{row['name']} 重复。",
                f"row {number} of {file}: {row['name']} is there twice.",
            )
        if (row.get("latitude") is None) != (row.get("longitude") is None):
            raise Misuse(
                f"{file} 第 {number} 行：经度和纬度须同时填写。",
                f"row {number} of {file}: give latitude and longitude, or neither.",
            )
        seen.add(key)
    return rows


def load(
    connection: Connection, actor: Actor, rows: list[dict[str, Any]], *, on: date, now: datetime
) -> Loaded:
    """Take over a list of places: one of that name and sub-district is the same one.

    What describes a place is corrected. Whether it is a key one is not: rate R8 counts those, and
    its figures of past days would change with it.

    Raises:
        NotPermitted: the role may not record places.
        NotFound: a row is of a sub-district out of scope.
        Misuse: a row says otherwise than the register whether a place is a key one.
    """
    actor.require(Permission.PLACE_RECORD)
    actor.require_within(row["subdistrict_code"] for row in rows)
    table = Place.__table__
    query = select(table).where(Place.corrected_at.is_(None), Place.to_on.is_(None))
    known = {(row.name, row.subdistrict_code): row for row in connection.execute(query)}
    new = changed = 0
    for row in rows:
        before = known.get((row["name"], row["subdistrict_code"]))
        if before is None:
            new += 1
            values = {"is_key": False, **row, "from_on": on, "learned_at": now}
            connection.execute(insert(Place).values(values))
        elif row.get("is_key", before.is_key) != before.is_key:
            raise Misuse(
                f"{row['name']}：是否重点楼宇与登记库不一致，改动会影响以往的 R8。请在名单中保持原值。",
                f"{row['name']}: whether it is a key place differs from the register, and past figures of "
                "R8 would change; keep what the register says.",
            )
        elif any(getattr(before, name) != value for name, value in row.items()):
            changed += 1
            connection.execute(update(Place).where(Place.id == before.id).values(row))
    audit.by_actor(connection, actor, "list.loaded", f"places {len(rows)}", now=now)
    return Loaded(len(rows), new, changed, len(rows) - new - changed)


def read_neighbours(file: Path) -> list[tuple[str, str]]:
    """Read which communities lie side by side: CSV with ``code, neighbour``, each pair once or twice.

    Raises:
        Misuse: as ``read``; or a community is its own neighbour.
    """
    rows = lists_of.read(file, _NEIGHBOURS, tuple(_NEIGHBOURS))
    for number, row in enumerate(rows, start=2):
        if row["code"] == row["neighbour"]:
            raise Misuse(
                f"{file} 第 {number} 行：{row['code']} 与自己相邻。",
                f"row {number} of {file}: {row['code']} lies beside itself.",
            )
    return [(row["code"], row["neighbour"]) for row in rows]


def load_neighbours(
    connection: Connection, actor: Actor, pairs: list[tuple[str, str]], *, now: datetime
) -> Loaded:
    """Add pairs of communities that lie side by side; the order of a pair means nothing.

    Raises:
        NotPermitted: the role may not record places.
        NotFound: neither of two is in scope.
    """
    actor.require(Permission.PLACE_RECORD)
    for one, other in pairs:
        if actor.subdistricts is None or other[:9] not in actor.subdistricts:
            actor.require_within({one[:9]})
    query = select(CommunityNeighbour.one, CommunityNeighbour.other)
    known = {(row.one, row.other) for row in connection.execute(query)}
    wanted = sorted({(min(pair), max(pair)) for pair in pairs} - known)
    if wanted:
        values = [{"one": one, "other": other, "learned_at": now} for one, other in wanted]
        connection.execute(insert(CommunityNeighbour), values)
    audit.by_actor(connection, actor, "list.loaded", f"neighbours {len(pairs)}", now=now)
    return Loaded(len(pairs), len(wanted), 0, len(pairs) - len(wanted))
