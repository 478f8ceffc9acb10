"""The district that an address names. Pure and columnar."""

import polars as pl

from ingest.locate.former import as_today, within_former
from ingest.locate.gazetteer import Gazetteer

_LONGEST_TOWN = 10
_NAMED = ("district_code", "district_name")


def named_itself(rows: pl.DataFrame, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """Rows that name the run's own district: nearly all of them, and no search is needed.

    A name that another district bears too, or holds (西湖区 and 东西湖区), counts behind its city's.
    """
    if not district:
        return pl.DataFrame(schema={"row": pl.UInt32, **dict.fromkeys(_NAMED, pl.String)})
    names = dict(gazetteer.areas.select("code", "name").iter_rows())
    name = names.get(district, "")
    if gazetteer.areas["name"].str.contains(name, literal=True).sum() > 1:
        city = names.get(district[:4], "")
        spelled = city + name if city and name else ""
    else:
        spelled = name
    text = pl.col("address")
    others = gazetteer.areas.filter((pl.col("level") == "district") & (pl.col("code") != district))
    there = rows.select(text.str.contains(spelled, literal=True) & bool(spelled)).to_series()
    # 鼎城区红云街道(原武陵区电机厂旁): what is named first is meant.
    before = text.str.splitn(spelled or "\0", 2).struct[0]
    first = ~before.str.contains_any(others["name"].unique().implode())
    named = rows.filter(there).with_columns(first=first)
    # 穿紫河街道丽景华都西区4栋: one of its sub-districts in front says it as well, and 西区 is no district.
    towns = gazetteer.towns.filter(pl.col("district_code") == district)["name"].unique()
    in_front = text.str.extract(f"^(.{{1,{_LONGEST_TOWN}}}?(?:街道|镇|乡))").is_in(towns.implode())
    rest = pl.concat([named.filter(~pl.col("first")).drop("first"), rows.filter(~there)])
    found = pl.concat([named.filter("first").select("row"), rest.filter(in_front).select("row")])
    return found.select(
        "row",
        pl.lit(district).alias("district_code"),
        pl.lit(name).alias("district_name"),
    )


def districts_of_today(
    rows: pl.DataFrame, gazetteer: Gazetteer, home: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that call their district as before, with its name of today; and what `_districts` finds.

    Looked for where no district is named, or one whose name may be part of a former name.
    """
    found = _districts(rows, gazetteer, home)
    settled = found.filter(
        pl.col("district_code").is_not_null()
        & ~pl.col("district_name").is_in(within_former(gazetteer).implode())
    )
    today = as_today(rows.join(settled, on="row", how="anti"), gazetteer)
    if today.is_empty():
        return today.select("row", "address"), found
    again = (
        _districts(today.select("row", "address"), gazetteer, home)
        .join(today, on="row")
        .filter(pl.col("district_code").is_not_null() & (pl.col("district_name") == pl.col("name")))
    )
    kept = found.join(again, on="row", how="anti")
    return again.select("row", "address"), pl.concat([kept, again.select(kept.columns)])


def _districts(rows: pl.DataFrame, gazetteer: Gazetteer, home: str) -> pl.DataFrame:
    """The district each address names: ``row, district_code, district_name``.

    A name that several districts bear is settled by the city and province named beside it, else
    the run's own district is meant. Where that does not settle it, or only a city or province
    is named that is not the run's, the code is null: it is elsewhere. An address that says
    nothing of the kind has no row.
    """
    names = gazetteer.areas["name"].unique().sort()
    names = names.gather(names.str.len_chars().arg_sort(descending=True))
    text = pl.col("address").str.replace_all("市场", "商场", literal=True)  # no 沅江市 in 沅江市场
    named = (
        rows.select("row", name=text.str.extract_many(names.implode(), overlapping=True))
        .explode("name", empty_as_null=False)
        .with_columns(place=pl.int_range(pl.len()))
        .join(gazetteer.areas, on="name")
    )
    address = pl.col("address")
    starts = [
        rows.select("row", "address", name=address.str.head(length))
        .join(gazetteer.starts.filter(pl.col("name").str.len_chars() == length), on="name")
        .with_columns(behind=address.str.slice(length, 1))
        .filter(~pl.col("behind").is_in(["区", "县", "旗"]))  # 朝阳区
        # 吉林省 is not 吉林市.
        .filter((pl.col("behind") != "省") | (pl.col("level") == "province"))
        .select("row", "level", "code")
        for length in (2, 3, 4)
    ]
    around = pl.concat([named.select("row", "level", "code"), *starts])
    candidates = named.filter(pl.col("level") == "district").select(
        "row", "place", district_name="name", district_code="code"
    )
    for level, digits in (("city", 4), ("province", 2)):
        said = (
            around.filter(pl.col("level") == level).group_by("row").agg(pl.col("code").alias(level))
        )
        within = pl.col("district_code").str.slice(0, digits)
        candidates = (
            candidates.join(said, on="row", how="left")
            .with_columns(within.alias("_within"))
            .with_columns(
                pl.when(pl.col(level).is_null())
                .then(0)
                .when(pl.col(level).list.contains(pl.col("_within")))
                .then(1)
                .otherwise(-1)
                .alias(f"fits_{level}")
            )
            .drop(level, "_within")
        )
    best = candidates.with_columns(
        fit=pl.col("fits_city") * 2 + pl.col("fits_province"),
    ).filter((pl.col("fit") == pl.col("fit").max().over("row")) & _may_be(gazetteer))
    first = best.filter(pl.col("place") == pl.col("place").min().over("row"))
    code = pl.col("district_code")
    settled = first.group_by("row").agg(
        district_code=pl.when(code.n_unique() == 1)
        .then(code.first())
        .when((code == home).any())
        .then(pl.lit(home)),
        district_name=pl.col("district_name").first(),
    )
    far = _cities_elsewhere(named.join(settled, on="row", how="anti"), home)
    return pl.concat([settled, far])


def _may_be(gazetteer: Gazetteer) -> pl.Expr:
    """Whether a district is not in the wrong place for the city and province that are named.

    江苏省南京市江阴市: a form filled in the province's capital, and there is one 江阴市 only.
    """
    districts = gazetteer.areas.filter(pl.col("level") == "district")
    only = districts.filter(pl.col("code").n_unique().over("name") == 1)["name"]
    capital = (pl.col("fits_city") == -1) & (pl.col("fits_province") == 1)
    return (pl.col("fit") >= 0) | (capital & pl.col("district_name").is_in(only.implode()))


def _cities_elsewhere(named: pl.DataFrame, home: str) -> pl.DataFrame:
    """Rows that name places, but neither the run's city nor, without a city, its province."""
    level, code = pl.col("level"), pl.col("code")
    said = named.group_by("row").agg(
        cities=code.filter(level == "city"), provinces=code.filter(level == "province")
    )
    no_city = pl.col("cities").list.len() == 0
    elsewhere = said.filter(
        pl.when(no_city)
        .then(~pl.col("provinces").list.contains(pl.lit(home[:2])))
        .otherwise(~pl.col("cities").list.contains(pl.lit(home[:4])))
    )
    return elsewhere.select(
        "row",
        district_code=pl.lit(None, dtype=pl.String),
        district_name=pl.lit(None, dtype=pl.String),
    )
