"""What somebody found out holds until somebody finds another value; looking again is kept too."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from factories import (
    NORTH,
    NOW,
    SOUTH,
    a_uscc,
    insert_division,
    insert_organisation,
    insert_screening,
)
from sqlalchemy import Engine, select

from liangxin import db, findings, grids, lists, places_found, register, rules, universe
from liangxin.errors import Misuse, NotFound
from liangxin.schema import Confirmation, Finding

MARCH, MAY, JUNE = date(2026, 3, 1), date(2026, 5, 1), date(2026, 6, 1)
JULY = date(2026, 7, 1)
#: A sub-district that was merged.
GONE = "999999009"


def find(engine: Engine, *facts: tuple[str, str, date], history: bool = False) -> list[str]:
    frame = pl.DataFrame(
        [
            {"uscc": a_uscc(1), "field": f, "value": v, "source": "ledger", "from_on": day}
            for f, v, day in facts
        ]
    )
    with db.writing(engine) as connection:
        said = register.find(connection, frame, now=NOW, history=history)
    return said.outcomes.to_list()


def held(engine: Engine) -> list[Any]:
    query = select(Finding.field, Finding.value, Finding.from_on, Finding.to_on)
    with db.reading(engine) as connection:
        rows = connection.execute(query.where(Finding.corrected_at.is_(None)))
        return sorted(tuple(row) for row in rows)


@pytest.fixture
def firm(engine: Engine) -> Engine:
    with db.writing(engine) as connection:
        insert_organisation(connection)
    return engine


def test_a_new_value_ends_the_one_before_it_and_the_same_again_is_nothing(firm: Engine) -> None:
    assert find(firm, ("above_scale", "1", MARCH), ("revenue_wan", "900", MARCH)) == ["new"] * 2
    assert find(firm, ("above_scale", "1", MAY), ("revenue_wan", "950", MAY)) == [
        "unchanged",
        "changed",
    ]
    assert held(firm) == [
        ("above_scale", "1", MARCH, None),
        ("revenue_wan", "900", MARCH, MAY),
        ("revenue_wan", "950", MAY, None),
    ]


def test_an_earlier_finding_is_left_out_unless_it_is_history(firm: Engine) -> None:
    find(firm, ("above_scale", "1", MAY))
    assert find(firm, ("above_scale", "0", MARCH)) == ["earlier"]
    assert find(firm, ("above_scale", "0", MARCH), history=True) == ["changed"]
    assert held(firm) == [("above_scale", "0", MARCH, MAY), ("above_scale", "1", MAY, None)]


def test_of_several_days_in_one_call_each_stands_on_the_last(firm: Engine) -> None:
    said = find(firm, ("place", "乙楼", MAY), ("place", "甲楼", MARCH), ("place", "乙楼", JUNE))
    assert said == ["changed", "new", "unchanged"]


@pytest.mark.parametrize(("field", "value"), [("shoe_size", "42"), ("above_scale", "是")])
def test_a_field_nobody_knows_and_a_value_it_cannot_have_are_a_misuse(
    firm: Engine, field: str, value: str
) -> None:
    with pytest.raises(Misuse, match=value if field == "above_scale" else field):
        find(firm, (field, value, MARCH))
    assert held(firm) == []


@pytest.mark.parametrize(
    ("field", "value", "zh"),
    [
        ("revenue_wan", "inf", "可填：0 以上的数"),
        ("revenue_wan", "nan", "可填：0 以上的数"),
        ("suspended_until", "明年", "可填：日期，如 2026-06-01"),
        ("operating_subdistrict_code", f"{NORTH}001", "可填：9 位数字代码"),
        ("operating_community_code", NORTH, "可填：12 位数字代码"),
        ("grid_code", NORTH, "可填：13、14、15、16 位数字代码"),
        ("above_scale", "是", "可填：1（是）或 0（否）"),
        ("industry", " ", "可填：不空的文字"),
    ],
)
def test_what_a_field_may_say_is_said(field: str, value: str, zh: str) -> None:
    with pytest.raises(Misuse) as said:
        findings.require(field, value)
    assert zh in said.value.zh


@pytest.mark.parametrize("written", ["2026-06-01", "20260601", "2026-W23-1"])
def test_a_suspension_ends_on_its_day_however_that_was_written(firm: Engine, written: str) -> None:
    with db.writing(firm) as connection:
        insert_screening(connection, 1, state="suspended", from_on=MARCH)
    find(firm, ("suspended_until", written, MARCH))
    with db.reading(firm) as connection:
        for day, counted in ((JUNE, 0), (JULY, 1)):
            member = universe.members(rules.load(), as_of=day)
            assert connection.execute(select(member.c.unverified)).scalar() == counted


# A place must be there, and where the organisation is tracked.

TOWN, OTHER = f"{NORTH}001", f"{SOUTH}001"


@pytest.fixture
def listed(firm: Engine) -> Engine:
    with db.writing(firm) as connection:
        for code, name in (
            (NORTH, "示例北街道"),
            (SOUTH, "示例南镇"),
            (TOWN, "示例东社区"),
            (OTHER, "示例村"),
        ):
            insert_division(connection, code, name)
        insert_division(connection, GONE, "示例老街道", to_on=MARCH)
        grid = {"code": f"{TOWN}01", "name": "一", "community_code": TOWN, "households": None}
        grids.load(
            connection,
            pl.DataFrame([grid], schema_overrides={"households": pl.Int64}),
            on=MARCH,
            now=NOW,
        )
    return firm  # fmt: skip


def place(engine: Engine, field: str, value: str) -> None:
    with db.reading(engine) as connection:
        places_found.require(connection, 1, field, findings.require(field, value), on=MAY)


@pytest.mark.parametrize(
    ("field", "value", "zh"),
    [
        ("operating_subdistrict_code", "111111111", "区划表中没有代码为 111111111 的街道"),
        ("operating_subdistrict_code", GONE, f"示例老街道（{GONE}）自 2026-03-01 起已撤并"),
        ("operating_community_code", f"{NORTH}009", "的社区（村）"),
        (
            "operating_community_code",
            OTHER,
            f"社区 {OTHER} 属于街道 {SOUTH}，该单位由 {NORTH} 跟踪",
        ),
        ("grid_code", f"{TOWN}02", "网格清单中没有编码"),
    ],
)
def test_a_place_that_is_not_there_or_elsewhere_is_refused(
    listed: Engine, field: str, value: str, zh: str
) -> None:
    with pytest.raises(Misuse) as said:
        place(listed, field, value)
    assert zh in said.value.zh


def test_a_place_that_is_there_is_taken_and_one_nobody_lists_is_believed(listed: Engine) -> None:
    for field, value in (
        ("operating_subdistrict_code", SOUTH),
        ("operating_community_code", TOWN),
        ("grid_code", f"{TOWN}01"),
        ("industry", "餐饮"),
    ):
        place(listed, field, value)
    find(listed, ("operating_subdistrict_code", SOUTH, MARCH))
    place(listed, "operating_community_code", OTHER)  # it moved with its sub-district


def test_where_no_list_was_loaded_a_place_is_believed(firm: Engine) -> None:
    place(firm, "operating_community_code", TOWN)
    place(firm, "grid_code", f"{TOWN}01")


def test_one_office_confirms_once_a_day(firm: Engine) -> None:
    facts = pl.DataFrame(
        {"uscc": [a_uscc(1)] * 3, "confirmed_on": [MARCH, MARCH, MAY], "confirmed_by": ["甲"] * 3}
    )
    with db.writing(firm) as connection:
        assert register.confirm(connection, facts, now=NOW) == 2
        assert register.confirm(connection, facts, now=NOW) == 0
        with pytest.raises(NotFound, match=a_uscc(9)):
            register.confirm(connection, facts.with_columns(uscc=pl.lit(a_uscc(9))), now=NOW)


def test_whoever_screens_has_looked_even_where_nothing_changed(firm: Engine) -> None:
    fact = {"uscc": a_uscc(1), "state": "operating", "evidence": "走访", "decided_by": "甲"}
    with db.writing(firm) as connection:
        for day in (MARCH, MAY):
            register.screen(connection, pl.DataFrame([fact | {"from_on": day}]), now=NOW)
        days = connection.execute(select(Confirmation.confirmed_on)).scalars().all()
    assert sorted(days) == [MARCH, MAY]


def test_who_looked_last_is_the_newest_of_confirmations_and_screenings(firm: Engine) -> None:
    with db.writing(firm) as connection:
        insert_screening(connection, 1, from_on=MAY)
        looked = pl.DataFrame({"uscc": [a_uscc(1)], "confirmed_on": [MARCH], "confirmed_by": "甲"})
        register.confirm(connection, looked, now=NOW)
        for day, newest in ((MARCH, MARCH), (JUNE, MAY)):
            seen = lists.confirmed(day)
            assert connection.execute(select(seen.c.confirmed_on)).scalars().all() == [newest]
