"""Sub-districts that were merged, split or renamed, and ways their names are mistaken. Pure.

A reviewed table beside this module: name, the day up to which it was used (the end of the year in
which the last firm was founded under it; empty: a way of writing, or not known), and the
sub-districts of today. One: it is meant. Several: the community decides, or what was learned; the
old name alone only says which ones it can be.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import polars as pl

from ingest.locate.gazetteer import Gazetteer

BY_OLD_NAME = "old_name"
#: A name that became one sub-district whole; its edge may have moved since.
CONFIDENCE = 0.97


@cache
def read_old() -> pl.DataFrame:
    """The table: ``district_code, name, until, subdistrict_codes`` (a list)."""
    data = files("ingest.locate").joinpath("old_names.csv").read_bytes()
    return pl.read_csv(data, infer_schema=False).with_columns(
        pl.col("subdistrict_codes").str.split(" ")
    )


@lru_cache(maxsize=4)
def old_of(gazetteer: Gazetteer) -> "Old":
    """The old names and what they became, of which only sub-districts that are listed remain.

    ``parts`` is how many they became, listed or not: what is left of two is not the whole.
    """
    code = pl.col("subdistrict_codes")
    listed = gazetteer.towns["subdistrict_code"].unique().implode()
    table = (
        read_old()
        .with_columns(parts=code.list.len())
        .explode("subdistrict_codes")
        .filter(code.is_in(listed))
        .group_by("district_code", "name", "until", "parts", maintain_order=True)
        .agg(code)
    )
    longer = (
        table.with_columns(pl.col("name").str.replace("办事处$", ending))
        for ending in ("街道办事处", "街道")
    )
    spelled = pl.concat([table, *longer]).unique(
        ["district_code", "name"], keep="first", maintain_order=True
    )
    return Old(spelled.join(gazetteer.towns, on=["district_code", "name"], how="anti"))


@dataclass(frozen=True, slots=True)
class Old:
    """Old names, each way of writing them, ready to be looked for."""

    table: pl.DataFrame

    def named(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The old name in rows of ``row, district_code, cleaned``: ``row, old, until, parts, candidates``."""
        names = self.table["name"].unique().sort()
        districts = self.table["district_code"].unique().implode()
        text = pl.col("cleaned")
        return (
            rows.select("row", "district_code", "cleaned")
            .filter(pl.col("district_code").is_in(districts))
            .select(
                "row",
                "district_code",
                name=pl.coalesce(
                    text.str.extract_many(names.implode()).list.first(),
                    text.str.extract(_without_office(names)) + pl.lit("办事处"),
                ),
            )
            .filter(pl.col("name").is_not_null())
            .join(self.table, on=["district_code", "name"])
            .select("row", old="name", until="until", parts="parts", candidates="subdistrict_codes")
        )

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Place rows that nothing else placed by an old name; add ``candidates, old_zh, old_en``."""
        joined = rows.join(self.named(rows), on="row", how="left", maintain_order="left")
        one = pl.col("subdistrict_code").is_null() & (pl.col("parts") == 1)
        since = (
            pl.when(pl.col("until").is_null())
            .then(pl.lit(""))
            .otherwise(pl.format("（{} 止）", "until"))
        )
        several = pl.col("parts") > 1
        return joined.with_columns(
            subdistrict_code=pl.when(one)
            .then(pl.col("candidates").list.first())
            .otherwise("subdistrict_code"),
            location_method=pl.when(one).then(pl.lit(BY_OLD_NAME)).otherwise("location_method"),
            location_confidence=pl.when(one).then(CONFIDENCE).otherwise("location_confidence"),
            old_zh=pl.when(several)
            .then(
                pl.format(
                    "旧名“{}”{}已分属 {} 个街道，须由社区确定",
                    "old",
                    since,
                    pl.col("candidates").list.len(),
                )
            )
            .when(pl.col("old").is_not_null())
            .then(pl.format("旧名或别写“{}”{}", "old", since)),
            old_en=pl.when(several)
            .then(
                pl.format(
                    "the old name {} is {} sub-districts today; a community must decide",
                    "old",
                    pl.col("candidates").list.len(),
                )
            )
            .when(pl.col("old").is_not_null())
            .then(pl.format("an old or other way of writing: {}", "old")),
        )


def _without_office(names: pl.Series) -> str:
    """Where an office's name stands without its kind: behind its district, in front of a community."""
    stems = names.filter(names.str.ends_with("办事处") & ~names.str.ends_with("街道办事处"))
    called = "|".join(stems.str.strip_suffix("办事处"))
    return rf"[区县市(]({called})[\u4e00-\u9fff]{{2,5}}?(?:社区|居委会|居民委员会)"


def outside_old(code: pl.Expr) -> pl.Expr:
    """Whether a code is in none of the sub-districts that the old name beside it became."""
    return (~pl.col("candidates").list.contains(code)).fill_null(value=False)
