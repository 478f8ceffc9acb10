"""Districts written as they were called before, or in short: 吴江市 for 吴江区, 威宁县 in full. Pure.

Counties become cities and districts and keep their name; of an autonomous county's long name the
peoples are left out. Registers hold addresses of twenty years, and one in thirty says so.
"""

from functools import lru_cache

import polars as pl

from ingest.locate.gazetteer import Gazetteer

_PEOPLES = (
    *("蒙古", "回", "藏", "维吾尔", "苗", "彝", "壮", "布依", "朝鲜", "满", "侗", "瑶", "白", "土家", "哈尼", "哈萨克"),
    *("傣", "黎", "傈僳", "佤", "畲", "拉祜", "水", "东乡", "纳西", "景颇", "柯尔克孜", "土", "达斡尔", "仫佬", "羌"),
    *("布朗", "撒拉", "毛南", "仡佬", "锡伯", "阿昌", "普米", "塔吉克", "怒", "鄂温克", "德昂", "保安", "裕固", "独龙"),
    "各",
)  # fmt: skip
AUTONOMOUS = rf"^(.{{2,6}}?)(?:(?:{'|'.join(_PEOPLES)})族|蒙古|锡伯|塔吉克)+自治([县旗])$"
#: What a district of today may have been called, by what it is called now.
_KINDS = {"市": ("县",), "区": ("县", "市")}
#: A district stands within so many characters.
_IN_FRONT = 20
#: What stands in front of a district: 德城市 in 舜德城市摩尔 is none.
_ABOVE = "[省市州盟区县旗]"
#: Begins another word with the 市 or 县 in front of it: 海港市场, 南山市民中心.
_OTHER_WORD = "^[场民政级内郊立]"


@lru_cache(maxsize=4)
def former_names(gazetteer: Gazetteer) -> pl.DataFrame:
    """Names that no division has today and that can mean those of one name only: ``was, name, code``."""
    districts = gazetteer.areas.filter(pl.col("level") == "district").select("name", "code")
    name = pl.col("name")
    stem = name.str.head(-1)
    long, kind = name.str.extract(AUTONOMOUS, 1), name.str.extract(AUTONOMOUS, 2)
    whole = (stem.str.len_chars() >= 2) & ~stem.str.starts_with("市") & long.is_null()
    ways = [
        *(
            pl.when(whole & name.str.ends_with(today)).then(stem + was)
            for today, kinds in _KINDS.items()
            for was in kinds
        ),
        long + kind,
        long + pl.lit("自治") + kind,
    ]
    spelled = pl.concat(
        [districts.with_columns(short=long.is_not_null(), was=way) for way in ways]
    ).drop_nulls("was")
    # 大通县 is an autonomous county's name in short today, before it is what 大通区 may have been.
    spelled = spelled.filter(pl.col("short") | ~pl.col("short").any().over("was")).drop("short")
    # 大同县 is of 大同 the city, whatever it is called now, and not 大同区 of another.
    cities = gazetteer.starts.filter(pl.col("level") == "city").select(stem="name", city="code")
    of_others = (
        spelled.with_columns(stem=pl.col("was").str.head(-1))
        .join(cities, on="stem")
        .filter(pl.col("city") != pl.col("code").str.head(4))["was"]
    )
    return (
        spelled.join(gazetteer.areas, left_on="was", right_on="name", how="anti")
        .filter((name.n_unique().over("was") == 1) & ~pl.col("was").is_in(of_others.implode()))
        .sort(pl.col("was").str.len_chars(), "was", "code", descending=[True, False, False])
    )


def as_today(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Rows of ``row, address`` that call a district as before, with its name of today: these, ``name``."""
    names = former_names(gazetteer).select("was", "name").unique("was", maintain_order=True)
    text = pl.col("address")
    found = text.str.head(_IN_FRONT).str.extract_many(names["was"].implode(), leftmost=True)
    around = text.str.splitn(pl.col("was"), 2).struct
    before = pl.col("before")
    return (
        rows.select("row", "address", was=found.list.first())
        .filter(pl.col("was").is_not_null())
        .join(names, on="was")
        .with_columns(before=around[0], behind=around[1])
        .filter(
            (before == "")
            | before.str.contains(f"{_ABOVE}$")
            | before.str.contains(_short_at_end(gazetteer))
        )
        .filter(~pl.col("behind").str.contains(_OTHER_WORD))
        .filter(~text.str.contains_any(_towns_called(gazetteer).implode()))
        .select("row", "name", address=pl.concat_str("before", "name", "behind"))
    )


@lru_cache(maxsize=4)
def _short_at_end(gazetteer: Gazetteer) -> str:
    return f"(?:{'|'.join(gazetteer.starts['name'].unique().sort())})$"


@lru_cache(maxsize=4)
def _towns_called(gazetteer: Gazetteer) -> pl.Series:
    """Sub-districts that bear a former name to this day: 余江县工业园区."""
    was = former_names(gazetteer)["was"].unique()
    towns = gazetteer.towns["name"].unique()
    return towns.filter(towns.str.contains_any(was.implode())).sort()


@lru_cache(maxsize=4)
def within_former(gazetteer: Gazetteer) -> pl.Series:
    """Districts of today whose name is read in a former name of another: 宁县 in 威宁县."""
    was = former_names(gazetteer)["was"].unique()
    names = gazetteer.areas.filter(pl.col("level") == "district")["name"].unique()
    read = was.to_frame().select(pl.col("was").str.extract_many(names.implode(), overlapping=True))
    return read["was"].explode().drop_nulls().unique().sort()
