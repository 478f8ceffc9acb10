"""Old names of sub-districts: what became of them, and what is written beside them."""

from functools import cache
from typing import Any

import polars as pl
import pytest

from ingest.locate import locating
from liangxin import divisions

WULING = "430702"
FURONG, YONGAN = "430702012", "430702008"


@cache
def bare() -> locating.Ground:
    return locating.prepare(divisions.shipped())


@cache
def taught() -> locating.Ground:
    """Known addresses of the village's community of today, and of others."""
    rows = []
    for n, sign in enumerate("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥乾坤离坎震艮巽兑"):
        rows.append((f"武陵区芙蓉街道岩坪社区岩坪{sign}院{n}组", FURONG))
        rows.append((f"武陵区永安街道{sign}金大厦{n}室", YONGAN))
    known = pl.DataFrame(rows, schema=["address", "subdistrict_code"], orient="row")
    return locating.prepare(divisions.shipped(), known)


def row_of(address: str, ground: locating.Ground, sure: float = 0.97) -> dict[str, Any]:
    found = locating.locate(pl.Series([address]), ground, district=WULING, min_confidence=sure)
    return found.row(0, named=True)


@pytest.mark.parametrize(
    ("address", "today"),
    [
        ("武陵区城东办事处落路口社区8号", "芙蓉街道"),
        ("武陵区护城乡高坪头村3组", "永安街道"),
        ("武陵区德山镇落路口村3组", "芙蓉街道"),
        ("武陵区河伏镇落路口社区3组", "芙蓉街道"),
    ],
)
def test_a_community_outside_what_the_old_name_became_is_asked_about(
    address: str, today: str
) -> None:
    row = row_of(address, bare())
    assert (row["subdistrict_code"], row["confidence"]) == (None, None)
    assert f"今属{today}，不在其中" in row["reason"]
    assert row_of(address, bare(), sure=0.5)["confidence"] == 0.5


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        ("武陵区三岔路办事处落路口社区8号", FURONG),
        ("武陵区东郊乡高坪头村3组", YONGAN),
        ("武陵区护城乡岩坪村3组", FURONG),
    ],
)
def test_a_community_inside_what_the_old_name_became_decides(
    address: str, subdistrict: str
) -> None:
    row = row_of(address, bare())
    assert row["subdistrict_code"] == subdistrict
    assert row["confidence"] >= 0.97


def test_known_addresses_bear_out_a_village_that_the_old_name_contradicts() -> None:
    assert row_of("武陵区东江乡岩坪村3组", bare())["subdistrict_code"] is None
    row = row_of("武陵区东江乡岩坪村岩坪甲院3组", taught(), sure=0.9)
    assert row["subdistrict_code"] == FURONG
    assert "以社区（村）为准" in row["reason"]


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        ("武陵区三岔路办事处洛路口社区8号", FURONG),  # 落 and 洛 are read alike
        ("武陵区东郊乡高坪投村3组", YONGAN),
        ("武陵区三岔路办事处落路扣居委会8号", FURONG),
    ],
)
def test_a_community_with_one_character_that_sounds_alike_is_read_within_its_old_name(
    address: str, subdistrict: str
) -> None:
    row = row_of(address, bare())
    assert (row["subdistrict_code"], row["method"]) == (subdistrict, "community_typo")
    assert "同音或形近" in row["reason"]
    assert "sounds alike" in row["reason"]


@pytest.mark.parametrize(
    "address",
    [
        "武陵区城东办事处洛路口社区8号",  # 落路口 is in none of what 城东 became
        "武陵区三岔路办事处墙路口社区8号",  # neither looks nor sounds alike
        "武陵区东江乡辛安社区3组",  # of two characters
    ],
)
def test_a_community_that_may_be_another_one_is_not_read_as_one_of_today(address: str) -> None:
    assert row_of(address, bare(), sure=0.5)["subdistrict_code"] is None


def test_without_an_old_name_a_mistaken_community_waits_for_known_addresses() -> None:
    assert row_of("武陵区洛路口社区8号", bare())["subdistrict_code"] is None
    assert row_of("武陵区洛路口社区8号", bare(), sure=0.9)["subdistrict_code"] == FURONG
    row = row_of("武陵区洛路口社区岩坪甲院3组", taught())
    assert (row["subdistrict_code"], row["method"]) == (FURONG, "community_typo")


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        ("武陵区城南街道甲井社区8号", "430702002"),
        ("武陵区乙大道26号(城南甲井社区居委会1栋)", "430702002"),
    ],
)
def test_an_office_of_before_is_read_without_its_kind_in_front_of_a_community(
    address: str, subdistrict: str
) -> None:
    assert row_of(address, bare())["subdistrict_code"] == subdistrict


@pytest.mark.parametrize("address", ["武陵区城南甲酒店8号", "武陵区甲城南乙井社区8号"])
def test_without_its_kind_and_a_community_an_office_of_before_is_no_name(address: str) -> None:
    assert row_of(address, bare(), sure=0.5)["subdistrict_code"] is None


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        ("常德市柳叶湖区白鹤山乡万金障村一组", "430702102"),
        ("常德经济技术开发区德山镇五一村11组", "430702015"),
        ("常德经济技术开发区石门桥镇五一村11组", None),  # a town of the district beside it
        ("常德经济技术开发区五一村11组", None),
    ],
)
def test_a_village_of_before_is_read_behind_its_town_in_a_zone_too(
    address: str, subdistrict: str | None
) -> None:
    assert row_of(address, bare())["subdistrict_code"] == subdistrict


def listed_without(*codes: str) -> pl.DataFrame:
    gone = pl.col("code").is_in(codes) | pl.col("parent_code").is_in(codes)
    return divisions.shipped().filter(~gone)


def test_an_old_name_of_a_sub_district_that_is_gone_places_nothing() -> None:
    address = "武陵区芦山乡甲路1号"
    assert row_of(address, bare())["subdistrict"] == "芦荻山乡"
    row = row_of(address, locating.prepare(listed_without("430702200")), sure=0.5)
    assert (row["subdistrict_code"], row["subdistrict"], row["method"]) == (None, None, None)


def test_what_is_left_of_a_sub_district_that_was_split_is_not_the_whole_of_it() -> None:
    left = locating.prepare(listed_without("430702008"))  # 城东: 001 and 008
    row = row_of("武陵区城东办事处甲路1号", left, sure=0.5)
    assert row["subdistrict_code"] is None
    assert "须由社区确定" in row["reason"]
    assert row_of("武陵区城东办事处落路口社区", left)["subdistrict_code"] is None
