"""Sub-districts read within a city, where an address names the city and no district. Pure.

Functional zones run sub-districts and never name the district; cities without districts have none
to name. A sub-district's name that occurs once in its city settles both.
"""

from functools import lru_cache

import polars as pl

from ingest.locate.cleaning import CUT
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.written import named_within

BY_CITY = "city_unique"
CONFIDENCE = 0.98


def within_city(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Place rows without a district by a sub-district's name that is the only one in the city."""
    lost = rows.select("row", "district_code", "cleaned").filter(pl.col("district_code").is_null())
    found = _only_in_city(lost, gazetteer)
    by_city = pl.col("found").is_not_null()
    return (
        rows.join(found, on="row", how="left", maintain_order="left")
        .with_columns(
            district_code=pl.coalesce("district_code", "home"),
            subdistrict_code=pl.coalesce("subdistrict_code", "found"),
            location_method=pl.when(by_city).then(pl.lit(BY_CITY)).otherwise("location_method"),
            location_confidence=pl.when(by_city).then(CONFIDENCE).otherwise("location_confidence"),
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
