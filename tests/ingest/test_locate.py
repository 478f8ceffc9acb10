"""What an address names is found: its district, sub-district and community, and nothing else."""

from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.locate import locating, written
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.written import (
    BY_COMMUNITY,
    BY_TOWN,
    COLUMNS,
    CONFIDENCE,
    locate,
)
from liangxin import divisions

WULING = "430702"
FURONG, CHUANZIHE, BAIMAHU = "430702012", "430702003", "430702005"
NANPING, DONGJIANG, QILIQIAO, QIMING = "430702009", "430702007", "430702014", "430702001"
GULOU_NANJING, GULOU_FUZHOU, XIHU_HANGZHOU, XIHU_NANCHANG = "320106", "350102", "330106", "360103"


@cache
def shipped() -> Gazetteer:
    return Gazetteer.build(divisions.shipped())


@pytest.fixture
def gazetteer() -> Gazetteer:
    return shipped()


class Found:
    """Where one address was found to be."""

    def __init__(self, address: str | None, gazetteer: Gazetteer, district: str = WULING) -> None:
        [row] = locate(
            pl.Series([address], dtype=pl.String), gazetteer, district=district
        ).iter_rows()
        self.district, self.subdistrict, self.community, self.method, self.confidence = row


# What is written.


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        ("湖南省常德市武陵区芙蓉街道示例路1号", FURONG),
        ("湖南省常德市武陵区芙蓉街道办事处示例路1号", FURONG),
        ("常德市武陵区芙蓉办事处示例路1号", FURONG),
        ("武陵区芙蓉街办示例路1号", FURONG),
        ("芙蓉街道示例路1号", FURONG),
        ("常德市市辖区芙蓉街道", FURONG),
        ("武陵区武陵区芙蓉街道芙蓉街道示例路1号", FURONG),
        ("武陵区白马湖街道示例路1号", BAIMAHU),
        ("武陵区河洑镇示例村", "430702100"),
        ("武陵区芦荻山乡示例村", "430702200"),
    ],
)
def test_a_sub_district_is_found_however_its_office_is_written(
    address: str, subdistrict: str, gazetteer: Gazetteer
) -> None:
    found = Found(address, gazetteer)
    assert (found.district, found.subdistrict) == (WULING, subdistrict)
    assert (found.method, found.confidence) == (BY_TOWN, CONFIDENCE[BY_TOWN])


def test_the_office_inside_the_name_does_not_hide_the_community(gazetteer: Gazetteer) -> None:
    found = Found("湖南省常德市武陵区芙蓉街道办事处落路口社区示例路8号", gazetteer)
    assert (found.subdistrict, found.community) == (FURONG, "430702012001")
    assert found.method == BY_TOWN


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        ("常德市武陵区落路口社区示例路8号", FURONG),
        ("武陵区落路口社区居委会示例路8号", FURONG),
        ("武陵区落路口居委会8组", FURONG),
        ("落路口社区", FURONG),
        ("武陵区东江社区示例路8号", QILIQIAO),  # not in 东江街道
        ("武陵区柳叶湖社区示例路1号", QILIQIAO),  # nor this one in 柳叶湖街道
        ("武陵区白马社区1组", NANPING),  # nor this one in 白马湖街道
    ],
)
def test_a_community_alone_settles_the_sub_district(
    address: str, subdistrict: str, gazetteer: Gazetteer
) -> None:
    found = Found(address, gazetteer)
    assert (found.district, found.subdistrict) == (WULING, subdistrict)
    assert found.community is not None
    assert found.community.startswith(subdistrict)
    assert (found.method, found.confidence) == (BY_COMMUNITY, CONFIDENCE[BY_COMMUNITY])


def test_a_sub_district_beats_a_community_of_another_and_drops_it(gazetteer: Gazetteer) -> None:
    """In two real rows of a hundred the table of today contradicts the address."""
    found = Found("武陵区白马湖街道白马社区示例路8号", gazetteer)
    assert (found.subdistrict, found.community, found.method) == (BAIMAHU, None, BY_TOWN)


@pytest.mark.parametrize(
    "address",
    [
        "武陵区新村3栋",
        "武陵区幸福新村3栋201",
        "武陵区新村路8号",
        "武陵区芙蓉路18号",
        "武陵区柳叶湖旁",
        "武陵区东江大道",
        "武陵区柳叶大道3038号示例大厦26楼(示例公司旁)",
    ],
)
def test_the_beginning_of_a_name_is_not_the_name(address: str, gazetteer: Gazetteer) -> None:
    found = Found(address, gazetteer)
    assert (found.district, found.subdistrict, found.method) == (WULING, None, None)
    assert found.confidence is None


def test_a_community_of_two_characters_needs_its_office(gazetteer: Gazetteer) -> None:
    assert Found("武陵区新村社区3栋", gazetteer).subdistrict == "430702002"


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        pytest.param("武陵区城东办事处落路口社区8号", None, id="of another part of the district"),
        pytest.param("武陵区城东街道办事处落路口居委会8号", None, id="spelled otherwise"),
        pytest.param("武陵区东江乡长庚路(落路口社区)", None, id="in any order"),
        pytest.param("武陵区三岔路办事处落路口社区8号", FURONG, id="one that the old one became"),
        pytest.param("武陵区芙蓉街道落路口社区(原城东办事处)", FURONG, id="today's is written too"),
    ],
)
def test_a_community_that_an_old_name_contradicts_settles_nothing(
    address: str, subdistrict: str | None, gazetteer: Gazetteer
) -> None:
    found = Found(address, gazetteer)
    assert (found.district, found.subdistrict) == (WULING, subdistrict)
    assert (found.method is None) is (found.confidence is None) is (subdistrict is None)


@pytest.mark.parametrize("home", ["419001", ""])
@pytest.mark.parametrize(
    "address",
    [
        *("河南省济源市济水街道甲路8号", "济源市济水街道办事处甲路8号", "济源市济水办事处甲路8号"),
        *("济源市济源市济水街道甲路8号", "河南济源市甲路8号(济水街道)"),
    ],
)
def test_a_town_that_the_list_calls_by_its_district_too_is_found_by_its_own_name(
    address: str, home: str, gazetteer: Gazetteer
) -> None:
    found = Found(address, gazetteer, home)
    assert (found.district, found.subdistrict) == ("419001", "419001002")


def test_every_town_of_a_city_without_districts_is_found(gazetteer: Gazetteer) -> None:
    listed = divisions.shipped()
    cities = ["济源市", "东莞市", "中山市", "仙桃市", "潜江市", "天门市", "儋州市", "嘉峪关市"]
    codes = listed.filter(pl.col("name").is_in(cities) & (pl.col("level") == "district"))
    towns = listed.join(codes.select(parent_code="code", city="name"), on="parent_code").filter(
        pl.col("name").str.contains("(?:街道|镇|乡)$")
    )
    own = pl.col("name").str.strip_prefix(pl.col("city"))
    for written_as in (
        pl.format("{}{}甲路8号", "city", own),
        pl.format("{}甲路8号({})", "city", own),
    ):
        addresses = towns.select(written_as.alias("a"))["a"]
        assert (locate(addresses, gazetteer)["subdistrict_code"] == towns["code"]).all()
    for code in codes["code"]:
        here = towns.filter(pl.col("parent_code") == code)
        alone = locate(here.select(own)["name"], gazetteer, district=code)
        assert (alone["subdistrict_code"] == here["code"]).all()


def test_a_zone_called_after_its_district_is_found_by_its_whole_name_only() -> None:
    listed = a_list(
        ("999999001", "示例区北街道", "subdistrict"),
        ("999999400", "示例区经济开发区", "subdistrict"),
        ("999999100", "示例区镇", "subdistrict"),
    )
    towns = Gazetteer.build(listed).towns
    assert towns.filter(subdistrict_code="999999400")["name"].to_list() == ["示例区经济开发区"]
    assert "镇" not in towns["name"]
    assert "北街道" in towns["name"]


def test_a_town_called_by_its_district_s_name_and_more_is_found(gazetteer: Gazetteer) -> None:
    for address in ("云南省德宏州芒市镇甲路8号", "德宏州芒市芒市镇甲路8号", "芒市甲路8号(芒市镇)"):
        assert Found(address, gazetteer, "").subdistrict == "533103101"
    assert Found("德宏州芒市风平镇甲路8号", gazetteer, "").subdistrict == "533103105"


def test_no_town_begins_within_its_city_s_name(gazetteer: Gazetteer) -> None:
    ground = locating.prepare(divisions.shipped(), gazetteer=gazetteer)
    found = locating.locate(pl.Series(["长沙市镇头镇甲路8号", "长沙市沙市镇甲路8号"]), ground)
    assert found["subdistrict_code"].to_list() == ["430181115", "430181126"]


def test_a_province_is_not_the_city_of_its_name(gazetteer: Gazetteer) -> None:
    assert Found("吉林省朝阳区红旗街道甲路8号", gazetteer, "").subdistrict == "220104007"
    assert Found("吉林船营区青岛街道甲路8号", gazetteer, "").district == "220204"


# Which district.


@pytest.mark.parametrize(
    ("address", "home", "district"),
    [
        pytest.param("福建省福州市鼓楼区示例路1号", WULING, GULOU_FUZHOU, id="by its city"),
        pytest.param("福州市鼓楼区示例路1号", GULOU_NANJING, GULOU_FUZHOU, id="not the run's own"),
        pytest.param("福建鼓楼区示例路1号", WULING, GULOU_FUZHOU, id="by a province cut short"),
        pytest.param("江西省南昌市西湖区", XIHU_HANGZHOU, XIHU_NANCHANG, id="nor here"),
        pytest.param("武汉市东西湖区", XIHU_HANGZHOU, "420112", id="a name inside a name"),
        pytest.param("鼓楼区示例路1号", GULOU_NANJING, GULOU_NANJING, id="the run's own, alone"),
        pytest.param("江苏省鼓楼区示例路", GULOU_NANJING, GULOU_NANJING, id="one of two"),
        pytest.param("鼓楼区示例路1号", WULING, None, id="one of four, none the run's"),
        pytest.param("江苏省鼓楼区示例路", WULING, None, id="one of two, neither the run's"),
        pytest.param("朝阳区望京街道", WULING, None, id="朝阳区 is not in 朝阳市"),
        pytest.param("朝阳区望京街道", "110105", "110105", id="but it is the run's"),
        pytest.param("吉林省长春市朝阳区", "110105", "220104", id="or not"),
        pytest.param("深圳市南山区南山街道", WULING, "440305", id="another district"),
        pytest.param("长沙市芙蓉街道示例路1号", WULING, None, id="another city, no district"),
        pytest.param("江苏省芙蓉街道示例路1号", WULING, None, id="another province"),
        pytest.param("广东省东莞市厚街镇", WULING, "441900", id="a city without districts"),
        pytest.param("湖南省常德市芙蓉街道", WULING, WULING, id="the run's city, no district"),
        pytest.param("湖南省芙蓉街道", WULING, WULING, id="the run's province"),
        pytest.param("芙蓉街道", WULING, WULING, id="nothing"),
        pytest.param("长沙路8号芙蓉街道", WULING, WULING, id="a road named after a city"),
        pytest.param("芙蓉街道沅江市场3号", WULING, WULING, id="a market named after a city"),
        pytest.param("芙蓉街道", "", None, id="nothing, and a run for all districts"),
        pytest.param("湖南省常德市武陵区芙蓉街道", "", WULING, id="named, in such a run"),
    ],
)  # fmt: skip
def test_the_district_is_the_one_that_is_named_else_the_runs_own(
    address: str, home: str, district: str | None, gazetteer: Gazetteer
) -> None:
    assert Found(address, gazetteer, home).district == district


@pytest.mark.parametrize(
    "address", ["长沙市芙蓉街道示例路1号", "鼓楼区芙蓉街道", "江苏省落路口社区", "上海市芙蓉街道"]
)
def test_an_address_elsewhere_is_placed_in_no_sub_district_here(
    address: str, gazetteer: Gazetteer
) -> None:
    assert Found(address, gazetteer).subdistrict is None


def test_a_sub_district_is_looked_for_in_its_own_district_only(gazetteer: Gazetteer) -> None:
    found = Found("福州市鼓楼区芙蓉街道", gazetteer)
    assert (found.district, found.subdistrict) == (GULOU_FUZHOU, None)


# Anything may stand in a cell.


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        " \n\u3000",
        "😀🏢",
        "\x01\x7f",
        "武陵区" * 1700,
        "路" * 5000,
        "(((（）)))",
        "市辖区县城区",
        "".join(map(chr, range(0x4E00, 0x6188))),
    ],
)
def test_nonsense_is_placed_nowhere(address: str | None, gazetteer: Gazetteer) -> None:
    assert Found(address, gazetteer).subdistrict is None


def test_a_name_behind_five_thousand_characters_is_found(gazetteer: Gazetteer) -> None:
    assert Found("路" * 5000 + "芙蓉街道😀", gazetteer).subdistrict == FURONG


def test_no_address_no_row(gazetteer: Gazetteer) -> None:
    found = locate(pl.Series([], dtype=pl.String), gazetteer, district=WULING)
    assert (found.height, tuple(found.columns)) == (0, COLUMNS)


PIECES = st.sampled_from(
    ["湖南省", "常德市", "武陵区", "福州市", "鼓楼区", "朝阳", "区", "芙蓉街道", "芙蓉办事处",
     "落路口社区", "东江社区", "新村", "白马湖街道", "路8号", "市场", "(", "😀", " ", "长沙"]
)  # fmt: skip


@settings(max_examples=15)
@given(
    st.lists(st.none() | st.lists(PIECES, max_size=6).map("".join), max_size=10),
    st.sampled_from(["", WULING, GULOU_NANJING, "999999"]),
)
def test_each_address_is_placed_for_itself_and_its_parts_agree(
    addresses: list[str | None], home: str
) -> None:
    gazetteer = shipped()
    found = locate(pl.Series(addresses, dtype=pl.String), gazetteer, district=home)
    assert tuple(found.columns) == COLUMNS
    assert found.height == len(addresses)
    for address, row in zip(addresses, found.iter_rows(), strict=True):
        district, subdistrict, community, method, confidence = row
        one = Found(address, gazetteer, home)
        assert row == (one.district, one.subdistrict, one.community, one.method, one.confidence)
        assert (subdistrict is None) is (method is None) is (confidence is None)
        if subdistrict is not None:
            assert subdistrict.startswith(district)
        if community is not None:
            assert community.startswith(subdistrict)


@settings(max_examples=15)
@given(
    st.lists(st.lists(PIECES, max_size=6).map("".join), min_size=1, max_size=10),
    st.sampled_from(["", WULING, GULOU_NANJING]),
)
@example(["武陵区东江社区示例路旁落路口社区居委会"], WULING)
def test_an_address_is_placed_alike_among_few_and_among_many(
    addresses: list[str], home: str
) -> None:
    sent = pl.Series(addresses, dtype=pl.String)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(written, "MANY", 1)
        many = locate(sent, shipped(), district=home)
        patch.setattr(written, "MANY", 1_000_000)
        few = locate(sent, shipped(), district=home)
    assert many.equals(few)


NAMES = ["马湖街道", "白马湖街道", "马湖办事处", "湖镇", "马湖镇", "北道街道"]


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(st.sampled_from([*"白马湖北", "街道", "镇", "办事处", "a"]), max_size=9).map(
            "".join
        ),
        max_size=6,
    )
)
def test_every_name_of_its_own_area_is_found_and_no_other(texts: list[str]) -> None:
    names = pl.DataFrame({"area": ["甲"] * 4 + ["乙"] * 2, "name": NAMES})
    rows = pl.DataFrame(
        {"row": range(len(texts)), "area": ["甲"] * len(texts), "text": texts},
        schema={"row": pl.Int64, "area": pl.String, "text": pl.String},
    )
    found = written.named_within(rows, "text", names, "area").select("row", "name").rows()
    assert sorted(found) == sorted(
        (row, name) for row, text in enumerate(texts) for name in NAMES[:4] if name in text
    )


# The lists behind it.


def a_list(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Divisions of the district 999999, which does not exist."""
    above = [
        ("99", "示例省", "province"),
        ("9999", "示例市", "city"),
        ("999999", "示例区", "district"),
    ]
    parents = {"province": 0, "city": 2, "district": 4, "subdistrict": 6, "community": 9}
    return pl.DataFrame(
        [(code, name, level, code[: parents[level]]) for code, name, level in (*above, *rows)],
        schema=["code", "name", "level", "parent_code"],
        orient="row",
    )


def test_of_nested_names_the_longer_is_meant() -> None:
    listed = a_list(
        ("999999001", "马湖街道", "subdistrict"), ("999999002", "白马湖街道", "subdistrict")
    )
    gazetteer = Gazetteer.build(listed)
    assert Found("示例区一路白马湖街道", gazetteer, "999999").subdistrict == "999999002"
    assert Found("示例区一路马湖街道", gazetteer, "999999").subdistrict == "999999001"


def test_a_name_two_communities_of_a_district_bear_places_nothing() -> None:
    listed = a_list(
        ("999999001", "北街道", "subdistrict"),
        ("999999002", "南街道", "subdistrict"),
        ("999999001001", "红旗社区", "community"),
        ("999999002001", "红旗社区", "community"),
    )
    gazetteer = Gazetteer.build(listed)
    assert Found("示例区红旗社区", gazetteer, "999999").subdistrict is None
    found = Found("示例区南街道红旗社区", gazetteer, "999999")
    assert (found.subdistrict, found.community) == ("999999002", None)


def test_a_village_is_found_by_its_committee_and_as_a_village_only() -> None:
    listed = a_list(("999999100", "示例镇", "subdistrict"), ("999999100200", "大桥村", "community"))
    gazetteer = Gazetteer.build(listed)
    for address in ("示例区大桥村3组", "示例区大桥村委会", "示例区大桥村民委员会2楼"):
        assert Found(address, gazetteer, "999999").community == "999999100200"
    assert Found("示例区大桥社区", gazetteer, "999999").community is None


@pytest.mark.parametrize(
    "name", ["大桥村", "大桥村委会", "大桥村民委员会", "大桥村村委会", "大桥村村民委员会"]
)
def test_a_village_is_found_however_the_list_calls_its_office(name: str) -> None:
    listed = a_list(("999999100", "示例镇", "subdistrict"), ("999999100200", name, "community"))
    gazetteer = Gazetteer.build(listed)
    for address in ("示例区大桥村3组", "示例区大桥村民委员会2楼"):
        assert Found(address, gazetteer, "999999").community == "999999100200"


def test_a_list_without_sub_districts_places_nothing() -> None:
    found = Found("示例省示例市示例区示例街道", Gazetteer.build(a_list()), "999999")
    assert (found.district, found.subdistrict) == ("999999", None)


# Real addresses, where they are.


def test_what_people_labelled_is_placed_as_they_did(
    shared_data: Path, gazetteer: Gazetteer
) -> None:
    rows = pl.read_csv(shared_data / "addresses_labelled_by_people.csv", infer_schema=False)
    found = locate(rows["address"], gazetteer)["subdistrict_code"]
    placed = found.is_not_null()
    assert placed.mean() >= 0.95
    assert (found == rows["subdistrict_code"]).filter(placed).mean() >= 0.98


def test_four_of_five_real_registrations_of_the_demo_district_are_placed(
    shared_data: Path, gazetteer: Gazetteer
) -> None:
    rows = pl.read_csv(shared_data / "registrations_wuling.csv", infer_schema=False)
    found = locate(rows["住所"], gazetteer, district=WULING)
    assert found["subdistrict_code"].is_not_null().mean() >= 0.80


@pytest.mark.parametrize("district", ["440305", "440307"])
def test_real_addresses_of_another_city_are_never_placed_here(
    district: str, shared_data: Path, gazetteer: Gazetteer
) -> None:
    rows = pl.read_csv(shared_data / f"addresses_{district}_known.csv", infer_schema=False)
    found = locate(rows["address"], gazetteer, district=WULING)
    assert (found["subdistrict_code"] == rows["subdistrict_code"]).mean() >= 0.99
    assert not found["district_code"].is_in([WULING]).any()
