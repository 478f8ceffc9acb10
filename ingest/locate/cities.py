"""Sub-districts read within a city, where an address names the city and no district. Pure.

Functional zones run sub-districts and never name the district; cities without districts have none
to name. A sub-district's name that occurs once in its city settles both.
"""

from functools import lru_cache

import polars as pl

from ingest.locate.cleaning import CUT
from ingest.locate.former import AUTONOMOUS
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.written import named_within

BY_CITY = "city_unique"
BY_PAIR = "pair_unique"
CONFIDENCE = 0.98
_LONGEST_PAIR = 12


def in_front(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Place rows that begin with a district and a town of it which no other such pair is called.

    城步儒林镇 leaves out what kind of district 城步 is; there are two 永定区, and one with a 后坪镇.
    """
    lost = rows.filter(pl.col("district_code").is_null())
    starts = gazetteer.areas.filter(pl.col("level") == "province")["name"].to_list()
    starts += gazetteer.starts.filter(pl.col("level") == "province")["name"].to_list()
    starts.sort(key=len, reverse=True)
    text = pl.col("cleaned").str.replace(f"^(?:{'|'.join(starts)})省?", "")
    lost = lost.select("row", text=text.str.head(_LONGEST_PAIR))
    lost = lost.filter(pl.col("text").str.contains("街道|办事处|镇|乡|苏木"))  # few are left
    called = _called(gazetteer)
    begun = pl.concat(
        lost.with_columns(name=pl.col("text").str.head(size)).join(
            called.filter(pl.col("name").str.len_chars() == size), on="name"
        )
        for size in called["name"].str.len_chars().unique().sort()
    )
    towns = gazetteer.towns.select("district_code", "subdistrict_code", town="name").filter(
        pl.col("district_code").is_in(begun["district_code"].unique().implode()),
        pl.col("town").str.contains("(?:街道|办事处|镇|乡|苏木)$"),
    )
    pair = pl.concat_str("name", "town")
    both = begun.join(towns, on="district_code").filter(pl.col("text").str.starts_with(pair))
    longest = both.filter(pair.str.len_chars() == pair.str.len_chars().max().over("row"))
    one = pl.col("subdistrict_code").n_unique().over("row") == 1
    found = longest.filter(one).unique("row", keep="first", maintain_order=True)
    return _placed(
        rows, found.select("row", found="subdistrict_code", home="district_code"), BY_PAIR
    )


@lru_cache(maxsize=4)
def _called(gazetteer: Gazetteer) -> pl.DataFrame:
    """Districts by their name, and by it without its kind: ``name, district_code``."""
    name = pl.col("name")
    districts = gazetteer.areas.filter(pl.col("level") == "district")
    whole = districts.select("name", district_code="code")
    short = pl.coalesce(name.str.extract(AUTONOMOUS), name.str.replace("[县市区旗]$", ""))
    called = pl.concat([whole, whole.with_columns(short)]).unique()
    return called.filter(name.str.len_chars().is_between(2, _LONGEST_PAIR - 2)).sort(called.columns)


def within_city(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Place rows without a district by a sub-district's name that is the only one in the city."""
    lost = rows.select("row", "district_code", "cleaned").filter(pl.col("district_code").is_null())
    return _placed(rows, _only_in_city(lost, gazetteer), BY_CITY)


def _placed(rows: pl.DataFrame, found: pl.DataFrame, how: str) -> pl.DataFrame:
    """Put what was found (``row, found, home``) to rows in which a sub-district's name settles all."""
    is_found = pl.col("found").is_not_null()
    return (
        rows.join(found, on="row", how="left", maintain_order="left")
        .with_columns(
            district_code=pl.coalesce("district_code", "home"),
            subdistrict_code=pl.coalesce("subdistrict_code", "found"),
            location_method=pl.when(is_found).then(pl.lit(how)).otherwise("location_method"),
            location_confidence=pl.when(is_found).then(CONFIDENCE).otherwise("location_confidence"),
        )
        .drop("found", "home")
    )


def elsewhere_in_city(rows: pl.DataFrame, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """Give rows that name a sub-district of a neighbour, and no district, the neighbour's code.

    A zone's address names the city and a town; that the run is for one district does not move it.
    """
    name = gazetteer.areas.filter(pl.col("code") == district)["name"].to_list()
    silent = pl.col("subdistrict_code").is_null() & (pl.col("district_code") == district)
    for each in name:
        silent &= ~pl.col("cleaned").str.contains(each, literal=True)
    asked = rows.select("row", "district_code", "subdistrict_code", "cleaned").filter(silent)
    found = _only_in_city(asked, gazetteer).filter(pl.col("home") != district)
    return (
        rows.join(found.select("row", "home"), on="row", how="left", maintain_order="left")
        .with_columns(district_code=pl.coalesce("home", "district_code"))
        .drop("home")
    )


def _only_in_city(lost: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Sub-districts that are the only ones of their name in the city named: ``row, found, home``."""
    cities = gazetteer.areas.filter(pl.col("level") == "city")
    cities = cities.filter(pl.col("code").n_unique().over("name") == 1)
    names = cities["name"].unique().sort()
    start = pl.col("cleaned").str.head(30)
    said = lost.select(
        "row", "cleaned", name=start.str.extract_many(names.implode(), leftmost=True)
    ).explode("name", empty_as_null=False)
    starts = gazetteer.starts.filter(pl.col("level") == "city")
    short = [
        lost.filter(pl.col("cleaned").str.slice(length, 1) != "省")  # 吉林省 is not 吉林市
        .select("row", "cleaned", name=pl.col("cleaned").str.head(length))
        .join(starts, on="name")
        for length in (2, 3, 4)
    ]
    in_city = pl.concat(
        [
            said.join(cities, on="name").select("row", "cleaned", "name", "code"),
            *(each.select("row", "cleaned", name=pl.lit(""), code="code") for each in short),
        ]
    ).unique(["row", "code"], keep="first", maintain_order=True)
    in_city = in_city.filter(pl.col("code").n_unique().over("row") == 1)
    asked = in_city.select("row", "cleaned", city="code", called="name")
    hits = named_within(asked, "cleaned", _towns_of_cities(gazetteer), "city")
    return (
        hits.filter(_beside_city())
        .sort("row", pl.col("name").str.len_chars(), descending=[False, True])
        .unique("row", keep="first", maintain_order=True)
        .select("row", found="subdistrict_code", home="home")
    )


@lru_cache(maxsize=4)
def _towns_of_cities(gazetteer: Gazetteer) -> pl.DataFrame:
    """Names that only one sub-district of a city bears: ``city, name, subdistrict_code, home``."""
    city = pl.col("district_code").str.slice(0, 4)
    return (
        gazetteer.towns.select("name", "subdistrict_code", city=city, home="district_code")
        .filter(pl.col("name").str.len_chars() > 2)
        .filter(pl.col("subdistrict_code").n_unique().over("city", "name") == 1)
    )


def _beside_city() -> pl.Expr:
    """Whether a town's name does not begin within the city's: 长沙市镇头镇 names no 沙市镇."""
    around = pl.col("cleaned").str.splitn(pl.col("called"), 2).struct
    apart = pl.concat_str(around[0], pl.lit(CUT), around[1].fill_null(""))
    called, name = pl.col("called"), pl.col("name")
    return (called == "") | name.str.starts_with(called) | apart.str.contains(name, literal=True)
