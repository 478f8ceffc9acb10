"""Reads the sub-district and community that an address names. Pure and columnar.

First form of locating: what is written is found, everything else stays unlocated and is
counted. A name counts only inside its district; the district is the one the address names, or
else the one the run is for. A sub-district's own name beats a community's when they disagree.
"""

import polars as pl

from ingest.locate.gazetteer import LONGEST, Gazetteer

BY_TOWN, BY_COMMUNITY = "subdistrict_name", "community_name"
#: Share of rows rightly placed, measured on rows people labelled: docs/decisions/0006.
CONFIDENCE = {BY_TOWN: 0.99, BY_COMMUNITY: 0.98}
COLUMNS = (
    "district_code",
    "subdistrict_code",
    "community_code",
    "location_method",
    "location_confidence",
)


def locate(addresses: pl.Series, gazetteer: Gazetteer, *, district: str = "") -> pl.DataFrame:
    """Return ``COLUMNS`` for each address, in order; null where nothing is known.

    Args:
        addresses: text as sent; null allowed.
        gazetteer: the names to look for.
        district: the 6-digit district the run is for; used where the address names none.
    """
    rows = pl.DataFrame({"address": addresses.cast(pl.String).fill_null("")}).with_row_index("row")
    at_home = _named_itself(rows, gazetteer, district)
    elsewhere = _districts(rows.join(at_home, on="row", how="anti"), gazetteer)
    rows = rows.join(pl.concat([at_home, elsewhere]), on="row", how="left", maintain_order="left")
    if district:
        rows = rows.with_columns(pl.col("district_code").fill_null(district))
    towns = _towns(rows, gazetteer)
    communities = _communities(rows, gazetteer)
    found = (
        rows.join(towns, on="row", how="left", maintain_order="left")
        .join(communities, on="row", how="left", maintain_order="left")
        .with_columns(
            agrees=pl.col("subdistrict_code").is_null()
            | (pl.col("subdistrict_code") == pl.col("of_subdistrict"))
        )
    )
    town, community = pl.col("subdistrict_code"), pl.col("of_subdistrict")
    method = (
        pl.when(town.is_not_null())
        .then(pl.lit(BY_TOWN))
        .when(community.is_not_null())
        .then(pl.lit(BY_COMMUNITY))
    )
    return found.select(
        "district_code",
        town.fill_null(community).alias("subdistrict_code"),
        pl.when("agrees").then("community_code").alias("community_code"),
        method.alias("location_method"),
        method.replace_strict(CONFIDENCE, default=None, return_dtype=pl.Float64).alias(
            "location_confidence"
        ),
    )


def _named_itself(rows: pl.DataFrame, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """Rows that name the run's own district: nearly all of them, and no search is needed."""
    name = gazetteer.areas.filter(pl.col("code") == district)["name"]
    if name.is_empty():
        found = rows.head(0)
    else:
        found = rows.filter(pl.col("address").str.contains(name[0], literal=True))
    return found.select(
        "row",
        pl.lit(district).alias("district_code"),
        pl.lit(name[0] if len(name) else "").alias("district_name"),
    )


def _districts(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """The district each address names: ``row, district_code, district_name``.

    A name that several districts bear is settled by the city and province named beside it; what
    they do not settle is left out.
    """
    names = gazetteer.areas["name"].unique().sort()
    names = names.gather(names.str.len_chars().arg_sort(descending=True))
    named = (
        rows.select(
            "row", name=pl.col("address").str.extract_many(names.implode(), overlapping=True)
        )
        .explode("name", empty_as_null=False)
        .with_columns(place=pl.int_range(pl.len()).over("row"))
        .join(gazetteer.areas, on="name")
    )
    starts = [
        rows.select("row", name=pl.col("address").str.slice(0, length))
        .join(gazetteer.starts.filter(pl.col("name").str.len_chars() == length), on="name")
        .select("row", "level", "code")
        for length in (2, 3, 4)
    ]
    around = pl.concat([named.select("row", "level", "code"), *starts]).unique()
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
    ).filter((pl.col("fit") == pl.col("fit").max().over("row")) & (pl.col("fit") >= 0))
    first = best.filter(pl.col("place") == pl.col("place").min().over("row"))
    settled = first.filter(pl.col("district_code").n_unique().over("row") == 1)
    return settled.unique("row").select("row", "district_code", "district_name")


def _towns(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """The sub-district each address names within its district: ``row, subdistrict_code``.

    Looked for right behind the district's name, where it nearly always stands (one hash join a
    length), and only then anywhere else in the address.
    """
    rest = rows.filter(pl.col("district_code").is_not_null()).select(
        "row", "district_code", rest=_behind_district()
    )
    found = [
        rest.select("row", "district_code", name=pl.col("rest").str.slice(0, length))
        .join(
            gazetteer.towns.filter(pl.col("name").str.len_chars() == length),
            on=["district_code", "name"],
        )
        .select("row", "subdistrict_code", "name")
        for length in range(2, LONGEST + 1)
    ]
    near = _longest(pl.concat(found))
    far = rest.join(near, on="row", how="anti")
    return pl.concat([near, _anywhere(far, gazetteer.towns)]).select("row", "subdistrict_code")


def _behind_district() -> pl.Expr:
    """What follows the district's name in the address; all of it where none is named."""
    behind = pl.col("address").str.splitn(pl.col("district_name"), 2).struct[1]
    return behind.fill_null(pl.col("address"))


def _communities(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """The community each address names: ``row, of_subdistrict, community_code``."""
    known = gazetteer.communities["district_code"].unique()
    inside = rows.filter(pl.col("district_code").is_in(known.implode())).select(
        "row", "district_code", rest="address"
    )
    return _anywhere(inside, gazetteer.communities).select(
        "row", pl.col("subdistrict_code").alias("of_subdistrict"), "community_code"
    )


def _anywhere(rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Names of a row's own district found anywhere in ``rest``; the longest, else the first.

    Nested names (白马湖街道 holds 马湖街道) give the longer; of two apart, the one written first.
    """
    here = names.join(rows.select("district_code").unique(), on="district_code", how="semi")
    codes = [name for name in names.columns if name.endswith("_code") and name != "district_code"]
    if here.is_empty() or rows.is_empty():
        return (
            rows.head(0)
            .select("row")
            .join(names.head(0), how="cross")
            .select("row", *codes, "name")
        )
    spellings = here["name"].unique().sort()
    hits = (
        rows.filter(pl.col("rest").str.contains_any(_endings(spellings).implode()))
        .with_columns(name=pl.col("rest").str.extract_many(spellings.implode(), overlapping=True))
        .explode("name", empty_as_null=False)
        .unique(["row", "name"])
        .join(here, on=["district_code", "name"])
    )
    return _longest(
        hits.with_columns(at=pl.col("rest").str.find(pl.col("name"), literal=True))
        .with_columns(end=pl.col("at") + pl.col("name").str.len_bytes())
        # of names that end at the same character the longest is meant; then the first
        .sort("row", "end", pl.col("name").str.len_chars(), descending=[False, False, True])
        .unique("row", keep="first", maintain_order=True)
        .select("row", *codes, "name")
    )


def _endings(spellings: pl.Series) -> pl.Series:
    """The last two characters of the names: a cheap test whether a search can find anything."""
    return spellings.str.slice(-2).unique().sort()


def _longest(hits: pl.DataFrame) -> pl.DataFrame:
    return hits.sort("row", pl.col("name").str.len_chars(), descending=[False, True]).unique(
        "row", keep="first", maintain_order=True
    )
