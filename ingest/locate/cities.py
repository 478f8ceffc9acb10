"""Sub-districts read within a city, where an address names the city and no district. Pure.

Functional zones run sub-districts and never name the district; cities without districts have none
to name. A sub-district's name that occurs once in its city settles both.
"""

import polars as pl

from ingest.locate.gazetteer import Gazetteer

BY_CITY = "city_unique"
CONFIDENCE = 0.98


def within_city(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Place rows without a district by a sub-district's name that is the only one in the city."""
    lost = rows.filter(pl.col("district_code").is_null())
    if lost.is_empty():
        return rows
    cities = gazetteer.areas.filter(pl.col("level") == "city")
    cities = cities.filter(pl.col("name").n_unique().over("name") == 1)
    names = cities["name"].unique().sort()
    start = pl.col("cleaned").str.head(30)
    said = lost.select(
        "row", "cleaned", name=start.str.extract_many(names.implode(), leftmost=True)
    ).explode("name", empty_as_null=False)
    starts = gazetteer.starts.filter(pl.col("level") == "city")
    short = [
        lost.select("row", "cleaned", name=pl.col("cleaned").str.head(length)).join(
            starts, on="name"
        )
        for length in (2, 3, 4)
    ]
    in_city = pl.concat(
        [
            said.join(cities, on="name").select("row", "cleaned", "code"),
            *(each.select("row", "cleaned", "code") for each in short),
        ]
    ).unique()
    in_city = in_city.filter(pl.col("code").n_unique().over("row") == 1)
    towns = (
        gazetteer.towns.with_columns(city=pl.col("district_code").str.slice(0, 4))
        .filter(pl.col("subdistrict_code").n_unique().over("city", "name") == 1)
        .filter(pl.col("name").str.len_chars() > 2)
    )
    spelled = towns["name"].unique().sort()
    spelled = spelled.gather(spelled.str.len_chars().arg_sort(descending=True))
    found = (
        in_city.select(
            "row",
            city="code",
            name=pl.col("cleaned").str.extract_many(spelled.implode(), overlapping=True),
        )
        .explode("name", empty_as_null=False)
        .join(
            towns.select("city", "name", "subdistrict_code", home="district_code"),
            on=["city", "name"],
        )
        .sort("row", pl.col("name").str.len_chars(), descending=[False, True])
        .unique("row", keep="first", maintain_order=True)
        .select("row", found="subdistrict_code", home="home")
    )
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
