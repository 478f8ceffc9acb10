"""Readiness: what a committee has, since when, by what evidence; what it had; who may say so."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import NORTH, NOW, SOUTH, insert_division
from sqlalchemy import Engine, select

from liangxin import db, readiness
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.schema import Readiness

ITEMS = readiness.items()
DAY, LATER = date(2026, 3, 1), date(2026, 6, 1)
SOUTHERN = Actor("south", Role.COMMITTEE, frozenset({SOUTH}))


@pytest.fixture
def district(engine: Engine) -> Engine:
    with db.writing(engine) as connection:
        insert_division(connection, NORTH[:6], "示例区")
        insert_division(connection, NORTH, "北街道")
        insert_division(connection, SOUTH, "南街道")
    return engine


def record(
    engine: Engine, on: date, evidence: str = "挂牌照片", actor: Actor = LOCAL, **how: Any
) -> None:
    how = {"subdistrict_code": NORTH, "item": "plate", "by": "街道党建办", "now": NOW, **how}
    with db.writing(engine) as connection:
        readiness.record(connection, actor, ITEMS, evidence=evidence, on=on, **how)


def has(engine: Engine, on: date, item: str = "plate", code: str = NORTH) -> tuple[Any, Any]:
    with db.reading(engine) as connection:
        ready = readiness.of_day(connection, LOCAL, ITEMS, as_of=on, district=NORTH[:6])
    [found] = [each for one in ready if one.code == code for each in one.items if each.item == item]
    return found.evidence, found.since


def test_the_shipped_list_has_names_in_both_languages() -> None:
    assert {"plate", "office", "worker", "rules"} <= {each.id for each in ITEMS}
    assert all(each.zh and each.en and each.group for each in ITEMS)


def test_what_is_recorded_holds_from_its_day(district: Engine) -> None:
    record(district, DAY)
    assert has(district, DAY - timedelta(days=1)) == (None, None)
    assert has(district, DAY) == has(district, LATER) == ("挂牌照片", DAY)
    assert has(district, DAY, code=SOUTH) == has(district, DAY, "office") == (None, None)
    with db.reading(district) as connection:
        north, south = readiness.of_day(connection, LOCAL, ITEMS, as_of=DAY, district=NORTH[:6])
    assert (north.name, north.there, south.name, south.there) == ("北街道", 1, "南街道", 0)
    assert [each.item for each in north.items] == [each.id for each in ITEMS]


def test_new_evidence_follows_the_old_and_none_ends_it(district: Engine) -> None:
    record(district, DAY)
    record(district, LATER, "新照片")
    assert has(district, LATER - timedelta(days=1)) == ("挂牌照片", DAY)
    assert has(district, LATER) == ("新照片", LATER)
    record(district, LATER + timedelta(days=9), "  ")
    assert has(district, LATER + timedelta(days=8)) == ("新照片", LATER)
    assert has(district, LATER + timedelta(days=9)) == (None, None)


def test_the_same_day_said_again_is_a_correction_and_what_was_said_is_kept(
    district: Engine,
) -> None:
    record(district, DAY, "错")
    record(district, DAY, "对")
    assert has(district, DAY) == ("对", DAY)
    record(district, DAY, "")
    assert has(district, LATER) == (None, None)
    with db.reading(district) as connection:
        rows = connection.execute(
            select(Readiness.evidence, Readiness.corrected_at).order_by(Readiness.id)
        ).all()
    assert [row.evidence for row in rows] == ["错", "对"]
    assert all(row.corrected_at is not None for row in rows)


def test_an_earlier_day_is_refused_also_after_the_end(district: Engine) -> None:
    record(district, DAY)
    with pytest.raises(Misuse, match="is before that"):
        record(district, DAY - timedelta(days=1))
    record(district, LATER, "")
    with pytest.raises(Misuse, match=f"since {LATER}"):
        record(district, LATER - timedelta(days=1))
    record(district, LATER, "又有了")
    assert has(district, LATER) == ("又有了", LATER)


def test_who_may_record_and_where(district: Engine) -> None:
    with pytest.raises(NotFound):
        record(district, DAY, actor=SOUTHERN)
    with pytest.raises(NotFound):
        record(district, DAY, subdistrict_code="999999777")
    for role in (Role.LEADER, Role.ECONOMIC_OFFICE, Role.COMMUNITY, Role.AUDITOR):
        with pytest.raises(NotPermitted):
            record(district, DAY, actor=Actor("somebody", role))
    with pytest.raises(Misuse, match="no item 'car'"):
        record(district, DAY, item="car")
    record(district, DAY, actor=SOUTHERN, subdistrict_code=SOUTH)
    with db.reading(district) as connection:
        [ready] = readiness.of_day(connection, SOUTHERN, ITEMS, as_of=DAY, district=NORTH[:6])
        auditor = Actor("somebody", Role.AUDITOR)
        with pytest.raises(NotPermitted):
            readiness.of_day(connection, auditor, ITEMS, as_of=DAY, district=NORTH[:6])
    assert (ready.code, ready.there) == (SOUTH, 1)


OWN = (
    '[[group]]\nid = "g"\nzh = "组"\nen = "g"\n[[group.item]]\nid = "car"\nzh = "车"\nen = "car"\n'
)


def test_an_office_may_have_a_list_of_its_own(tmp_path: Path) -> None:
    assert readiness.items(tmp_path) == ITEMS
    (tmp_path / readiness.FILE).write_text(OWN, encoding="utf-8")
    assert [(each.id, each.group) for each in readiness.items(tmp_path)] == [("car", "g")]


@pytest.mark.parametrize(
    "text",
    [
        "[[group]", "group = 1", "x = 1", OWN.replace('en = "car"', ""), OWN + OWN,
        OWN.encode("gb18030"),
    ],
)  # fmt: skip
def test_a_list_that_is_wrong_is_a_sentence(tmp_path: Path, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / readiness.FILE).write_bytes(data)
    with pytest.raises(Misuse):
        readiness.items(tmp_path)
