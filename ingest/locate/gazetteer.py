"""The division lists, arranged for finding names in addresses. Pure.

Built once a run from the register's divisions. Names that are too common to mean anything by
themselves (市辖区, 城区) are left out of what is searched for.
"""

from dataclasses import dataclass

import polars as pl

#: Divisions of these names exist in dozens; alone they place nothing.
NAMELESS = (
    "市辖区",
    "县",
    "城区",
    "郊区",
    "矿区",
    "街道",
    "省直辖县级行政区划",
    "自治区直辖县级行政区划",
)
PROVINCE_ENDINGS = ("特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市")
#: How an office of a sub-district is written for the sub-district itself.
OFFICE_ENDINGS = ("街道办事处", "办事处", "街办")
#: Sub-districts of these kinds bear a name of their own; a zone or a farm may be called after its district.
_OWN_NAME = "(?:街道|街道办事处|镇|乡|苏木)$"
COMMUNITY_ENDINGS = ("社区居民委员会", "社区居委会", "居民委员会", "居委会", "社区")
VILLAGE_ENDINGS = ("村村民委员会", "村村委会", "村民委员会", "村委会", "村")
#: The longest official name that is looked for right behind a district's name.
LONGEST = 8


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Gazetteer:
    """Names to look for, and what each one means; equal to itself only, so that what is arranged
    from one can be kept for it.

    ``areas``: ``name, level, code`` of provinces, cities and districts, short forms included.
    ``towns``: ``district_code, name, subdistrict_code``; ``communities``: ``district_code, name,
    subdistrict_code, community_code``; one row a way of writing the name.
    """

    areas: pl.DataFrame
    starts: pl.DataFrame
    towns: pl.DataFrame
    communities: pl.DataFrame
    #: Districts of which a town is called by the district's name and more: 芒市镇.
    namesakes: pl.Series

    @classmethod
    def build(cls, divisions: pl.DataFrame) -> "Gazetteer":
        """Arrange a list of divisions (``code, name, level, parent_code``)."""
        full = divisions.filter(~pl.col("name").is_in(NAMELESS))
        areas = full.filter(pl.col("level").is_in(["province", "city", "district"])).select(
            "name", "level", "code"
        )
        towns = _towns(full)
        return cls(areas, _short_forms(areas), towns, _communities(full), _namesakes(towns, areas))


def _short_forms(areas: pl.DataFrame) -> pl.DataFrame:
    """Provinces and cities without their ending: 湖南, 长沙. Trusted at the start of an address."""
    ending = "|".join(PROVINCE_ENDINGS)
    return (
        areas.filter(pl.col("level") != "district")
        .with_columns(pl.col("name").str.replace(f"(?:{ending})$", ""))
        .filter(pl.col("name").str.len_chars().is_between(2, 4))
    )


def _spelled(*ways: tuple[tuple[str, ...], tuple[str, ...]]) -> pl.Expr:
    """All ways to write a ``name``: itself, then its stem with other endings.

    Args:
        ways: endings that a name may have, and what may stand in their place; the first pair of
            which the name has an ending counts. The stem alone is no way to write it.
    """
    name = pl.col("name")
    lists = pl.concat_list(name)
    for endings, spellings in reversed(ways):
        stem = pl.coalesce(
            pl.when(name.str.ends_with(ending) & (name.str.len_chars() >= len(ending) + 2)).then(
                name.str.strip_suffix(ending)
            )
            for ending in endings
        )
        others = [pl.when(stem + each != name).then(stem + each) for each in spellings]
        lists = pl.when(stem.is_null()).then(lists).otherwise(pl.concat_list(name, *others))
    return lists.alias("name")


def _towns(divisions: pl.DataFrame) -> pl.DataFrame:
    listed = divisions.filter(pl.col("level") == "subdistrict").select(
        pl.col("code").str.slice(0, 6).alias("district_code"),
        "name",
        pl.col("code").alias("subdistrict_code"),
    )
    rows = (
        pl.concat([listed, _without_district(listed, divisions)])
        .with_columns(_spelled((("街道办事处", "街道"), OFFICE_ENDINGS)))
        .explode("name")
        .drop_nulls("name")
    )
    return _unambiguous(rows, "subdistrict_code")


def _namesakes(towns: pl.DataFrame, areas: pl.DataFrame) -> pl.Series:
    districts = areas.select(district_code="code", district="name")
    both = towns.join(districts, on="district_code")
    called_after = both.filter(
        pl.col("name").str.starts_with(pl.col("district"))
        & pl.col("name").str.contains(_OWN_NAME)  # what a zone is called like is no town's
    )
    return called_after["district_code"].unique().sort()


def _without_district(towns: pl.DataFrame, divisions: pl.DataFrame) -> pl.DataFrame:
    """Towns that the list calls by their district's name too (济源市济水街道), without it."""
    districts = divisions.filter(pl.col("level") == "district").select(
        district_code="code", district="name"
    )
    name, district = pl.col("name"), pl.col("district")
    rest = name.str.slice(district.str.len_chars())
    return (
        towns.join(districts, on="district_code")
        .filter(name.str.starts_with(district))
        .with_columns(rest.alias("name"))
        .filter((name.str.len_chars() > 2) & name.str.contains(_OWN_NAME))
        .select(towns.columns)
    )


def _communities(divisions: pl.DataFrame) -> pl.DataFrame:
    rows = (
        divisions.filter(pl.col("level") == "community")
        .select(
            pl.col("parent_code").str.slice(0, 6).alias("district_code"),
            _spelled((COMMUNITY_ENDINGS, COMMUNITY_ENDINGS), (VILLAGE_ENDINGS, VILLAGE_ENDINGS)),
            pl.col("parent_code").alias("subdistrict_code"),
            pl.col("code").alias("community_code"),
        )
        .explode("name")
        # 新村 is a village, and the start of a hundred roads and estates.
        .filter(pl.col("name").str.len_chars() > 2)
    )
    return _unambiguous(rows, "community_code")


def _unambiguous(names: pl.DataFrame, code: str) -> pl.DataFrame:
    """Drop spellings that mean two places in one district."""
    return names.filter(pl.col(code).n_unique().over("district_code", "name") == 1).unique(
        ["district_code", "name"], keep="first", maintain_order=True
    )
