"""Reads the sub-district and community that an address names. Pure and columnar.

First form of locating: what is written is found, everything else stays unlocated and is
counted. A name counts only inside its district; the district is the one the address names, or
else the one the run is for. A sub-district's own name beats a community's when they disagree.
"""

from functools import lru_cache

import polars as pl

from ingest.locate.beside import broken
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
    return read_apart(broken(addresses.cast(pl.String).fill_null("")), gazetteer, district)


def read_apart(apart: pl.Series, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """As `read`, of addresses in which what they only lie beside is broken already."""
    rows = pl.DataFrame({"address": apart}).with_row_index("row")
    at_home = _named_itself(rows, gazetteer, district)
    others = rows.join(at_home, on="row", how="anti")
    named = pl.concat([at_home, _districts(others, gazetteer, district)])
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
    )


def community_named(addresses: pl.Series, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """Return ``of_subdistrict, community_code``, the community of a district each address names."""
    rows = pl.DataFrame({"address": broken(addresses)}).with_row_index("row")
    rows = rows.with_columns(district_code=pl.lit(district))
    found = rows.join(_communities(rows, gazetteer), on="row", how="left", maintain_order="left")
    return found.select("of_subdistrict", "community_code")


_LONGEST_TOWN = 10
_NAMED = ("district_code", "district_name")


def _named_itself(rows: pl.DataFrame, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
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
