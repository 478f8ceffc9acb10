"""Addresses that somebody must place, as ``ingest.relocating`` leaves them."""

import json
from typing import Any

from factories import LONG_AGO, NORTH, NOW, insert_division, insert_organisation
from sqlalchemy import Connection, insert, select

from liangxin.schema import Located, Organisation

DISTRICT = NORTH[:6]


def insert_located(connection: Connection, organisation: int, **values: Any) -> int:
    """Insert where an address is, or what is asked about it; return its number."""
    guesses = values.pop("guesses", [])
    row = {
        "organisation_id": organisation,
        "which": "registered",
        "from_on": LONG_AGO,
        "district_code": DISTRICT,
        "kind": "place",
        "pattern": "示例大厦",
        "reason_zh": "没有线索",
        "reason_en": "no hint",
        "guesses": None if guesses is None else json.dumps(guesses, ensure_ascii=False),
        "learned_at": NOW,
        **values,
    }
    return connection.execute(insert(Located).values(**row).returning(Located.id)).scalar_one()


def a_guess(code: str, share: float = 0.6, words: str = "示例大厦") -> list[Any]:
    """A candidate as it is kept."""
    zh, en = f"{words}：已知的 5 个地址中 3 个在此", f"{words}: 3 of 5 known addresses are here"
    return [code, share, zh, en]


def asked_about(
    connection: Connection, pattern: str, organisations: int, *guesses: list[Any], **values: Any
) -> list[int]:
    """Organisations whose address is about one thing that nobody has placed; their numbers."""
    numbers = []
    for room in range(organisations):
        one = insert_organisation(
            connection, address=f"示例区{pattern}{room + 1}室", subdistrict_code=None
        )
        insert_located(connection, one, pattern=pattern, guesses=list(guesses), **values)
        numbers.append(one)
    return numbers


def name_divisions(connection: Connection, **names: str) -> None:
    """The district and sub-districts by code: ``name_divisions(c, **{NORTH: "示例北街道"})``."""
    insert_division(connection, DISTRICT, "示例区", level="district", parent_code=DISTRICT[:4])
    for code, name in names.items():
        level = "subdistrict" if len(code) == 9 else "community"
        parent = DISTRICT if len(code) == 9 else code[:9]
        insert_division(connection, code, name, level=level, parent_code=parent)


def places_of(connection: Connection) -> dict[str, tuple[str | None, str | None]]:
    """Code and method of each organisation's registered address today, by its address."""
    query = (
        select(Organisation.address, Located.subdistrict_code, Located.method)
        .join(Organisation, Organisation.id == Located.organisation_id)
        .where(
            Located.corrected_at.is_(None), Located.to_on.is_(None), Located.which == "registered"
        )
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}
