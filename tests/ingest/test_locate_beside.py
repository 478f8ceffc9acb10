"""What an address lies beside is not where it is: said as surely as such rows were seen to be there."""

import polars as pl
import pytest
from taught import EAST, HOME, NORTH, SOUTH, found, places

from ingest.locate import beside, locating, written
from ingest.locate.gazetteer import Gazetteer


def plain(address: str) -> str | None:
    """The sub-district that is written, and no more than that."""
    read = written.locate(pl.Series([address]), Gazetteer.build(places()), district=HOME)
    code: str | None = read["subdistrict_code"][0]
    return code


@pytest.mark.parametrize(
    "address",
    [
        *("示例区沅北街道办事处对面", "示例区沅北街道旁", "示例区桃花源镇政府东侧55号", "示例区沅北街办斜对面"),
        *("示例区桃花源镇附近", "示例区桃花源镇附近仓库", "示例区桃花源镇人民政府办公楼后面50米"),
        *("示例区甲路8号(沅北街道办事处隔壁)", "示例区甲路8号（桃花源镇东侧两公里处）", "示例区柳岸社区居委会旁"),
        *("示例区柳岸社区对面3号", "示例区柳岸居委会大院北面"),
    ],
)  # fmt: skip
def test_what_lies_beside_a_place_is_not_read_as_lying_in_it(address: str) -> None:
    assert plain(address) is None
    row = found(address, sure=0.97)
    assert row["subdistrict_code"] is None
    assert "旁边" in str(row["reason"])


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        pytest.param("示例区沅北街道办事处一楼", NORTH, id="in the office"),
        pytest.param("示例区桃花源镇政府院内", EAST, id="in its yard"),
        pytest.param("示例区沅北街道甲路与乙路交叉口", NORTH, id="a crossing in it"),
        pytest.param("示例区桃花源镇东边村3组", EAST, id="a village called so"),
        pytest.param("示例区桃花源镇边山村3组", EAST, id="and another"),
        pytest.param("示例区沅北街道旁山路8号", NORTH, id="a road called so"),
        pytest.param("示例区沅北街道甲学校对面", NORTH, id="beside something in it"),
        pytest.param("示例区桃花源镇(镇政府旁)", EAST, id="beside its own office"),
        pytest.param("示例区沅北街道甲路8号(沅南街道办事处对面)", NORTH, id="beside another"),
        pytest.param("示例区柳岸社区甲路8号(沅南街道办事处对面)", NORTH, id="a community, beside one"),
        pytest.param("示例区沅南街道办事处对面柳岸社区", NORTH, id="the other way round"),
    ],
)  # fmt: skip
def test_what_is_written_besides_what_it_lies_beside_counts(address: str, subdistrict: str) -> None:
    assert plain(address) == subdistrict


def test_a_community_that_an_address_lies_beside_is_not_its_own() -> None:
    row = found("示例区沅北街道柳岸社区居委会旁")
    assert (row["subdistrict_code"], row["community_code"]) == (NORTH, None)
    assert found("示例区沅北街道柳岸社区居委会")["community_code"] == "999999001001"


@pytest.mark.parametrize("district", [HOME, ""])
def test_beside_a_place_is_as_sure_as_was_seen_and_says_so(district: str) -> None:
    row = found("示例市示例区桃花源镇政府旁", sure=0.5, district=district)
    assert (row["subdistrict_code"], row["method"]) == (EAST, "beside")
    assert row["confidence"] == pytest.approx(beside.INSIDE / (beside.SEEN + 1), abs=1e-4)
    assert f"{beside.SEEN} 个这类地址中 {beside.INSIDE} 个" in str(row["reason"])


def test_known_addresses_that_are_surer_stand_above_what_it_lies_beside() -> None:
    row = found("示例区枫林路8号翠湖大厦502(沅南街道办事处对面)")
    assert (row["subdistrict_code"], row["method"]) == (NORTH, "house")


def test_beside_a_neighbour_s_office_is_not_in_the_neighbour() -> None:
    assert plain("示例区沅南街道甲路(石桥镇政府旁)") == SOUTH
    row = found("示例市甲路8号翠湖大厦(石桥镇政府旁)", sure=0.0)
    assert row["subdistrict_code"] == NORTH


def test_names_are_broken_where_something_stands_beside_them_and_nowhere_else() -> None:
    sent = pl.Series(["沅北街道办事处对面", "沅北街道对面山村", "小岭村村委会东侧", "", "甲路旁"])
    assert beside.broken(sent).to_list() == [
        *("沅北\x1f对面", "沅北街道对面山村", "小岭\x1f东侧", "", "甲路旁")
    ]
    untouched = pl.Series(["沅北街道甲路8号"])
    assert beside.broken(untouched).equals(untouched)


def test_no_address_no_row() -> None:
    empty = pl.Series([], dtype=pl.String)
    assert locating.locate(empty, locating.prepare(places()), district=HOME).is_empty()
