"""Districts are read as they were called before, and towns by the district in front of them."""

import polars as pl
import pytest

from ingest.locate import locating
from ingest.locate.cleaning import CUT, Knife
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.locating import Ground
from ingest.locate.written import BY_TOWN, locate
from liangxin import divisions

WULING = "430702"


@pytest.fixture(scope="module")
def ground() -> Ground:
    return locating.prepare(divisions.shipped())


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.build(divisions.shipped())


@pytest.mark.parametrize(
    ("address", "district"),
    [
        ("宁乡县花明楼镇示例村三组", "430182"),  # a county that is a city now
        ("湖南省长沙市宁乡县花明楼镇示例村", "430182"),
        ("湖南宁乡县花明楼镇示例村", "430182"),
        ("江苏省吴江市盛泽镇示例村", "320509"),  # a city that is a district now
        ("南京市高淳县桠溪街道示例村", "320118"),  # a county that is a district now
        ("威宁县黑石头镇示例村", "520526"),  # an autonomous county without its peoples, no 宁县
        ("贵州省威宁自治县黑石头镇示例村", "520526"),
        ("民和县川口镇示例路", "630222"),
        ("大通县东峡镇示例村", "630121"),  # and not 大通区
    ],
)
def test_a_district_is_read_as_it_was_called_before_or_in_short(
    address: str, district: str, gazetteer: Gazetteer
) -> None:
    for home in ("", WULING, district):
        found = locate(pl.Series([address]), gazetteer, district=home)
        assert found["district_code"].to_list() == [district]
        assert found["location_method"].to_list() == [BY_TOWN]


@pytest.mark.parametrize(
    ("address", "district"),
    [
        ("秦皇岛市海港市场示例路1号", None),
        ("深圳市南山市民中心", None),
        ("永州市冷水滩区示例路舜德城市花园", "431103"),  # no 德城市
        ("湖南省益阳市南县南洲镇示例村", "430921"),  # no 市南县
        ("吉林省梅河口市中和镇示例村", "220581"),  # no 河口市
        ("大同市大同县示例路", None),  # of the city, and not 大同区 of another
        ("江西省鹰潭市余江县工业园区示例路", None),  # a sub-district that is called so today
    ],
)
def test_no_former_district_is_read_in_other_words(
    address: str, district: str | None, gazetteer: Gazetteer
) -> None:
    found = locate(pl.Series([address]), gazetteer, district="")
    assert found["district_code"].to_list() == [district]


def test_a_road_is_learned_without_its_countys_former_name(gazetteer: Gazetteer) -> None:
    asked = pl.Series(["宁乡县示例路20号", "宁乡市示例路20号", "示例路20号"])
    [former, today, bare] = Knife(gazetteer, "430182").cut(asked)
    assert former == today
    assert former.strip(CUT) == bare.strip(CUT)


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        ("北京市朝阳区高碑店乡示例村1号", "110105022"),
        ("北京市昌平区东小口镇示例路1号", "110114007"),
        ("北京市昌平区东小口地区办事处示例路1号", "110114007"),
    ],
)
def test_an_area_of_beijing_is_the_town_it_also_is(
    address: str, subdistrict: str, ground: Ground
) -> None:
    found = locating.locate(pl.Series([address]), ground)
    assert found["subdistrict_code"].to_list() == [subdistrict]


@pytest.mark.parametrize(
    ("address", "subdistrict"),
    [
        ("城步儒林镇示例路1号", "430529100"),  # what kind of district 城步 is is left out
        ("浙江省桐庐富春江镇示例路1号", "330122101"),
        ("冷水滩黄阳司镇", "431103105"),
        ("永定区官黎坪办事处示例路1号", "430802004"),  # there are two 永定区
        ("朝阳区永春镇示例村", "220104101"),
        ("永定区示例路1号", None),
        ("朝阳示例镇", None),
    ],
)
def test_a_district_and_a_town_of_it_in_front_settle_each_other(
    address: str, subdistrict: str | None, ground: Ground
) -> None:
    found = locating.locate(pl.Series([address]), ground)
    assert found["subdistrict_code"].to_list() == [subdistrict]
    if subdistrict:
        assert found["method"].to_list() == ["pair_unique"]
        assert "这样的只有一处" in found["reason"][0]
