"""Reads the sub-district and community that an address names. Pure and columnar.

First form of locating: what is written is found, everything else stays unlocated and is
counted. A name counts only inside its district; the district is the one the address names, or
else the one the run is for. A sub-district's own name beats a community's when they disagree.
"""

from functools import lru_cache

import polars as pl

from ingest.locate.beside import broken
from ingest.locate.districts import districts_of_today, named_itself
from ingest.locate.gazetteer import LONGEST, Gazetteer
from ingest.locate.old_names import old_of, outside_old

BY_TOWN, BY_COMMUNITY = "subdistrict_name", "community_name"
#: Share of rows rightly placed, measured on rows people labelled: docs/decisions/0006.
CONFIDENCE = {BY_TOWN: 0.99, BY_COMMUNITY: 0.98}
#: From so many rows of one district on, its names are searched for by themselves.
MANY = 1_000
COLUMNS = (
    "district_code",
    "subdistrict_code",
    "community_code",
    "location_method",
    "location_confidence",
)


def locate(addresses: pl.Series, gazetteer: Gazetteer, *, district: str = "") -> pl.DataFrame:
    """Return ``COLUMNS`` for each address, in order; null where nothing is known.

    As `read`, but for communities that an old name beside them contradicts: what is written says
    two things there, and neither is taken.
    """
    found = read(addresses, gazetteer, district=district).select(COLUMNS)
    old = old_of(gazetteer)
    asked = (
        found.with_row_index("row")
        .with_columns(cleaned=addresses.cast(pl.String))
        .filter(
            (pl.col("location_method") == BY_COMMUNITY)
            & pl.col("district_code").is_in(old.table["district_code"].unique().implode())
        )
    )
    if asked.is_empty():
        return found
    named = asked.join(old.named(asked), on="row")
    split = named.filter(outside_old(pl.col("subdistrict_code")))["row"].implode()
    kept = ~pl.int_range(pl.len()).is_in(split)
    return found.select(
        "district_code", *(pl.when(kept).then(name).alias(name) for name in COLUMNS[1:])
    )


def read(addresses: pl.Series, gazetteer: Gazetteer, *, district: str = "") -> pl.DataFrame:
    """Return ``COLUMNS`` and ``of_community`` for each address, in order; null where unknown.

    ``of_community`` is a community written beside a sub-district that is not its own today. A name
    that the address only says it lies beside is not read (`beside`).

    Args:
        addresses: text as sent; null allowed.
        gazetteer: the names to look for.
        district: the 6-digit district the run is for; used where the address names none.
    """
    apart = broken(addresses.cast(pl.String).fill_null(""))
    return read_apart(apart, gazetteer, district).drop("text")


def read_apart(apart: pl.Series, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """As `read`, of addresses in which what they only lie beside is broken already.

    ``text`` beside it is what was read: a district that is called as before bears today's name in it.
    """
    rows = pl.DataFrame({"address": apart}).with_row_index("row")
    at_home = named_itself(rows, gazetteer, district)
    others = rows.join(at_home, on="row", how="anti")
    today, elsewhere = districts_of_today(others, gazetteer, district)
    rows = _changed(rows, today)
    named = pl.concat([at_home, elsewhere])
    rows = rows.join(
        named.with_columns(says_where=True), on="row", how="left", maintain_order="left"
    )
    if district:
        home = pl.when(pl.col("says_where").is_null()).then(pl.lit(district))
        rows = rows.with_columns(pl.col("district_code").fill_null(home))
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
        pl.when(~pl.col("agrees")).then("community_code").alias("of_community"),
        pl.col("address").alias("text"),
    )


def community_named(addresses: pl.Series, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """Return ``of_subdistrict, community_code``, the community of a district each address names."""
    rows = pl.DataFrame({"address": broken(addresses)}).with_row_index("row")
    rows = rows.with_columns(district_code=pl.lit(district))
    found = rows.join(_communities(rows, gazetteer), on="row", how="left", maintain_order="left")
    return found.select("of_subdistrict", "community_code")


def _changed(rows: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """The rows, with the addresses of those that were changed."""
    if changed.is_empty():
        return rows
    now = changed.select("row", now="address")
    return rows.join(now, on="row", how="left", maintain_order="left").select(
        "row", address=pl.coalesce("now", "address")
    )


def _towns(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """The sub-district each address names within its district: ``row, subdistrict_code``.

    Looked for right behind the district's name, where it nearly always stands (one hash join a
    length), and only then anywhere else in the address.
    """
    behind = _behind_district()
    whole = pl.concat_str("district_name", behind)  # 芒市 + 镇…: 芒市镇 is a town of 芒市
    inside = rows.filter(pl.col("district_code").is_not_null()).select(
        "row",
        "district_code",
        rest=pl.when(pl.col("district_code").is_in(gazetteer.namesakes.implode()))
        .then(pl.coalesce(whole, behind))
        .otherwise(behind),
    )
    namesakes = pl.col("district_code").is_in(gazetteer.namesakes.implode())
    many, rest = _in_large_districts(inside, gazetteer.towns)
    after, rest = rest.filter(namesakes), rest.filter(~namesakes)
    found = []
    for length in range(2, LONGEST + 1):
        towns, last = _towns_of_length(gazetteer, length)
        found.append(
            rest.select("row", "district_code", name=pl.col("rest").str.head(length))
            .filter(pl.col("name").str.slice(-1).is_in(last.implode()))
            .join(towns, on=["district_code", "name"])
            .select("row", "subdistrict_code", "name")
        )
    near = _longest(pl.concat(found))
    far = rest.join(near, on="row", how="anti")
    elsewhere = [_anywhere(each, gazetteer.towns) for each in (after, far)]
    return pl.concat([many, near, *elsewhere]).select("row", "subdistrict_code")


@lru_cache(maxsize=32)
def _towns_of_length(gazetteer: Gazetteer, length: int) -> tuple[pl.DataFrame, pl.Series]:
    """The towns with names of so many characters, and the characters that such names end in."""
    towns = gazetteer.towns.filter(pl.col("name").str.len_chars() == length)
    return towns, towns["name"].str.slice(-1).unique()


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
    many, rest = _in_large_districts(inside, gazetteer.communities)
    return pl.concat([many, _anywhere(rest, gazetteer.communities)]).select(
        "row", pl.col("subdistrict_code").alias("of_subdistrict"), "community_code"
    )


def _in_large_districts(
    rows: pl.DataFrame, names: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Hits in districts with many rows, and the rows of all other districts.

    Where only one district's names are searched for, the first and longest of them is the
    answer, and a search that stops there is all it takes.
    """
    sizes = rows["district_code"].value_counts()
    large = sizes.filter(pl.col("count") >= MANY)["district_code"].to_list()
    found = [_none(rows, names)]
    for code in large:
        here = names.filter(pl.col("district_code") == code)
        spellings = here["name"].gather(here["name"].str.len_chars().arg_sort(descending=True))
        first = pl.col("rest").str.extract_many(spellings.implode(), leftmost=True).list.first()
        found.append(
            rows.filter(pl.col("district_code") == code)
            .select("row", name=first)
            .join(here, on="name")
            .select(found[0].columns)
        )
    return pl.concat(found), rows.filter(~pl.col("district_code").is_in(large))


def _none(rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """No hits: the frame that hits come in."""
    codes = [name for name in names.columns if name.endswith("_code") and name != "district_code"]
    empty = rows.head(0).select("row").join(names.head(0), how="cross")
    return empty.select("row", *codes, "name")


def _anywhere(rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Names of a row's own district found anywhere in ``rest``; the first, of nested the longest.

    白马湖街道 begins before the 马湖街道 in it. As `_in_large_districts`, for rows of many districts.
    """
    none = _none(rows, names)
    if rows.is_empty():
        return none
    hits = named_within(rows, "rest", names, "district_code")
    return (
        hits.with_columns(at=pl.col("rest").str.find(pl.col("name"), literal=True))
        .sort("row", "at", pl.col("name").str.len_chars(), descending=[False, False, True])
        .unique("row", keep="first", maintain_order=True)
        .select(none.columns)
    )


def named_within(rows: pl.DataFrame, text: str, names: pl.DataFrame, area: str) -> pl.DataFrame:
    """Each row with every name of its own ``area`` that stands in its ``text``: rows joined to names.

    A search for all names of the country takes longer to arrange than to make. How they end is a
    tenth as many; of the area's few names with such an ending each is then looked for.
    """
    ending = pl.col("name").str.slice(-2)
    ends = names.with_columns(ending=ending)
    found = pl.col(text).str.extract_many(
        ends["ending"].unique().sort().implode(), overlapping=True
    )
    return (
        rows.with_columns(ending=found)
        .filter(pl.col("ending").list.len() > 0)
        .with_columns(pl.col("ending").list.unique())
        .explode("ending")
        .join(ends, on=[area, "ending"], maintain_order="left")
        .filter(pl.col(text).str.contains(pl.col("name"), literal=True))
        .drop("ending")
    )


def _longest(hits: pl.DataFrame) -> pl.DataFrame:
    return hits.sort("row", pl.col("name").str.len_chars(), descending=[False, True]).unique(
        "row", keep="first", maintain_order=True
    )
