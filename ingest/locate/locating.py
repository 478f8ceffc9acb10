"""An address to its sub-district, community and place, with method, confidence and reason. Pure.

What is written comes first; what was learned answers for the rest, and only as surely as it is
asked to. Where nothing is answered the reason says what is missing, and the best guess beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from ingest.locate import written
from ingest.locate.cities import elsewhere_in_city, within_city
from ingest.locate.cleaning import clean
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.learned import Learned, learn
from ingest.locate.nearly import (
    BY_KIND,
    BY_SLIP,
    BY_VILLAGE,
    BY_VILLAGE_ALONE,
    BY_WILD_SLIP,
    CONFIDENCE,
    nearly,
)
from ingest.locate.old_names import BY_OLD_NAME, Old, read_old
from ingest.locate.zones import zones_named
from liangxin.wording import NOTHING

COLUMNS = (
    *("subdistrict_code", "subdistrict", "community_code", "community"),
    *("place", "method", "confidence", "reason"),
)
DEFAULT_CONFIDENCE = 0.97
#: Rows of an address's own community that weigh as much as what holds for the whole district.
SHRINK = 10.0
#: A community's name that today's table and most known addresses put into one sub-district.
FLOOR = 0.97
_TEXT = pl.String


@dataclass(frozen=True, slots=True)
class Ground:
    """What addresses are located on: lists of places, and what each district's addresses taught."""

    divisions: pl.DataFrame
    gazetteer: Gazetteer
    learned: Mapping[str, Learned] = field(default_factory=dict)
    #: ``community_code, right, rows``: how often known addresses agree with today's table.
    agreed: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={"community_code": _TEXT, "right": pl.UInt32, "rows": pl.UInt32}
        )
    )
    names: pl.DataFrame = field(default_factory=pl.DataFrame)


def prepare(divisions: pl.DataFrame, known: pl.DataFrame | None = None) -> Ground:
    """Arrange division lists, and learn from ``address, subdistrict_code`` of any districts."""
    gazetteer = Gazetteer.build(divisions)
    names = divisions.select("code", "name")
    if known is None or known.is_empty():
        return Ground(divisions, gazetteer, names=names)
    cleaned = known.select("subdistrict_code", cleaned=clean(known["address"])).filter(
        pl.col("subdistrict_code").is_in(divisions["code"].implode())
    )
    district = pl.col("subdistrict_code").str.slice(0, 6)
    learned: dict[str, Learned] = {}
    agreed = []
    for code in cleaned.select(district.unique().sort()).to_series():
        here = cleaned.filter(district == code)
        lesson = learn(here, divisions, gazetteer, code)
        if lesson is not None:
            learned[code] = lesson
        agreed.append(_agreement(here, gazetteer, code))
    return Ground(divisions, gazetteer, learned, pl.concat(agreed), names)


def _agreement(known: pl.DataFrame, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """How often each community's known addresses are in the sub-district it has today."""
    named = written.community_named(known["cleaned"], gazetteer, district)
    both = known.select("subdistrict_code").with_columns(named)
    return (
        both.filter(pl.col("community_code").is_not_null())
        .group_by("community_code")
        .agg(
            right=(pl.col("subdistrict_code") == pl.col("of_subdistrict")).sum(),
            rows=pl.len(),
        )
        .sort("community_code")
    )


def locate(
    addresses: pl.Series,
    ground: Ground,
    *,
    district: str = "",
    min_confidence: float = DEFAULT_CONFIDENCE,
) -> pl.DataFrame:
    """Return ``COLUMNS`` for each address, in order; codes are null where nothing is sure enough.

    Args:
        addresses: text as sent; null allowed.
        ground: lists and lessons.
        district: place addresses of this district only; ``""``: of the whole country.
        min_confidence: answers less sure than this are not given; the reason tells them.
    """
    sent = pl.DataFrame({"cleaned": clean(addresses)})
    # A firm's neighbours wrote the same address: it is located once.
    once = sent.unique(maintain_order=True)
    found = _locate(once["cleaned"], ground, district, min_confidence)
    return sent.join(
        found.with_columns(once["cleaned"]), on="cleaned", how="left", maintain_order="left"
    ).select(COLUMNS)


def _locate(
    cleaned: pl.Series, ground: Ground, district: str, min_confidence: float
) -> pl.DataFrame:
    read = written.read(cleaned, ground.gazetteer, district=district)
    rows = pl.DataFrame({"cleaned": cleaned}).with_row_index("row").hstack(read)
    rows = rows.with_columns(zones_named(cleaned))
    if not district:
        rows = within_city(rows, ground.gazetteer)
    rows = Old(read_old()).apply(rows)
    rows = nearly(rows, ground.gazetteer)
    rows = _community_confidence(rows, ground)
    if district:
        rows = elsewhere_in_city(rows, ground.gazetteer, district)
    rows = _guessed(rows, ground, district)
    rows = _kept(rows, district, min_confidence)
    return _named(rows, ground, district, min_confidence)


def _community_confidence(rows: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """State for a community's name what known addresses of it bear out."""
    agreed = ground.agreed
    of_all = (float(agreed["right"].sum()) + written.CONFIDENCE[written.BY_COMMUNITY] * 50) / (
        float(agreed["rows"].sum()) + 50
    )
    joined = rows.join(agreed, on="community_code", how="left", maintain_order="left")
    right, rows_of_it = pl.col("right").fill_null(0), pl.col("rows").fill_null(0)
    share = (right + SHRINK * of_all) / (rows_of_it + SHRINK)
    # Where most known addresses and today's table agree, the others are older than the table.
    share = (
        pl.when(3 * right >= 2 * rows_of_it)
        .then(pl.max_horizontal(share, FLOOR + 0.015 * share))
        .otherwise(share)
    )
    by_name = pl.col("location_method") == written.BY_COMMUNITY
    return joined.with_columns(
        location_confidence=pl.when(by_name).then(share).otherwise("location_confidence")
    )


def _guessed(rows: pl.DataFrame, ground: Ground, district: str) -> pl.DataFrame:
    """Add what was learned about rows that name no sub-district: ``guess`` and what goes with it."""
    open_rows = rows.filter(
        pl.col("subdistrict_code").is_null()
        | (pl.col("location_confidence") < 0.9)
        | pl.col("location_method").is_in([BY_VILLAGE, BY_VILLAGE_ALONE, BY_KIND])
    )
    frames = []
    for code, lesson in ground.learned.items():
        if district and code != district:
            continue
        here = open_rows.filter(pl.col("district_code") == code)
        if here.is_empty():
            continue
        frames.append(lesson.guess(here["cleaned"]).with_columns(here["row"]))
    guess = pl.concat(frames) if frames else _no_guess()
    return rows.join(guess, on="row", how="left", maintain_order="left")


def _no_guess() -> pl.DataFrame:
    text = dict.fromkeys(("answer", "method", "zh", "en", "second", "place"), pl.String)
    return pl.DataFrame(
        schema={**text, "confidence": pl.Float64, "second_share": pl.Float64, "row": pl.UInt32}
    )


def _kept(rows: pl.DataFrame, district: str, min_confidence: float) -> pl.DataFrame:
    """Decide between what is written and what was learned, and what is sure enough to be said."""
    candidates = pl.col("candidates")
    fits = candidates.is_null() | candidates.list.contains(pl.col("answer")).fill_null(value=True)
    guess = pl.col("answer").is_not_null() & (pl.col("method") != "prior") & fits
    is_read = pl.col("subdistrict_code").is_not_null()
    # Two communities of one name, of which the table knows one: known addresses tell.
    doubtful = (pl.col("location_method") == written.BY_COMMUNITY) & (
        pl.col("location_confidence") < 0.5
    )
    is_read &= ~(
        doubtful & guess & (pl.col("confidence") > pl.col("location_confidence"))
    ).fill_null(value=False)
    # A name of before and what was learned say different things: no more than one of two.
    against = pl.col("location_method").is_in([BY_VILLAGE, BY_VILLAGE_ALONE, BY_KIND]) & guess
    against &= (pl.col("answer") != pl.col("subdistrict_code")) & (pl.col("confidence") >= 0.8)
    bears_out = (pl.col("location_method") == BY_VILLAGE_ALONE) & guess & ~against
    bears_out &= (pl.col("answer") == pl.col("subdistrict_code")) & (pl.col("confidence") >= 0.8)
    rows = rows.with_columns(
        location_confidence=pl.when(against)
        .then(0.5)
        .when(bears_out)
        .then(CONFIDENCE[BY_VILLAGE])
        .otherwise("location_confidence")
    )
    rows = rows.with_columns(
        best=pl.when(is_read).then("subdistrict_code").when(guess).then("answer"),
        how=pl.when(is_read).then("location_method").when(guess).then("method"),
        sure=pl.when(is_read).then("location_confidence").when(guess).then("confidence"),
    )
    at_home = pl.col("best").str.slice(0, 6) == district if district else pl.lit(value=True)
    return rows.with_columns(
        said=pl.col("best").is_not_null() & at_home & (pl.col("sure") >= min_confidence)
    )


def _named(
    rows: pl.DataFrame, ground: Ground, district: str, min_confidence: float
) -> pl.DataFrame:
    """Put names and a reason to the codes."""
    names = ground.names
    said = pl.col("said").fill_null(value=False)
    rows = rows.with_columns(
        code=pl.when(said).then("best"),
        town_community=pl.when(
            said & (pl.col("community_code").str.slice(0, 9) == pl.col("best"))
        ).then("community_code"),
    )
    for code, name in (
        ("best", "best_name"),
        ("town_community", "community"),
        ("district_code", "district_name"),
        ("of_community", "other_community"),
    ):
        rows = rows.join(
            names.rename({"code": code, "name": name}), on=code, how="left", maintain_order="left"
        )
    zh, en = _reasons(district, min_confidence)
    return rows.select(
        subdistrict_code="code",
        subdistrict=pl.when(said).then("best_name"),
        community_code="town_community",
        community="community",
        place=pl.when(said).then("place"),
        method=pl.when(said).then("how"),
        confidence=pl.when(said).then(pl.col("sure").round(4)),
        reason=pl.concat_str([zh, pl.lit(" / "), en]),
    )


def _reasons(district: str, min_confidence: float) -> tuple[pl.Expr, pl.Expr]:
    """Why a row is where it is, or nowhere: Chinese, English."""
    how, said, text = pl.col("how"), pl.col("said"), pl.col("cleaned")
    nothing = text.is_in([*NOTHING]) | ~text.str.contains_any(_HAN)
    elsewhere = (
        pl.col("district_code").ne_missing(pl.lit(district)) if district else pl.lit(value=False)
    )
    wanted = f"{min_confidence:.0%}"
    percent = (pl.col("sure") * 100).round(0).cast(pl.Int64)
    second = (pl.col("second_share") * 100).round(0).cast(pl.Int64)
    conflict = pl.col("other_community").is_not_null()
    place = pl.coalesce("district_name", pl.lit("别处"))
    cases = [
        (said & (how == written.BY_TOWN) & conflict,
         pl.format("写明{}；所写社区“{}”今属别的街道，以所写街道为准", "best_name", "other_community"),
         pl.format("{} is written; the community {} written beside it is another's today", "best_name", "other_community")),
        (said & (how == written.BY_TOWN), pl.format("写明{}", "best_name"), pl.format("{} is written", "best_name")),
        (said & (how == written.BY_COMMUNITY), pl.format("写明{}，今属{}", "community", "best_name"),
         pl.format("{} is written, in {} today", "community", "best_name")),
        (said & (how == BY_OLD_NAME), pl.col("old_zh"), pl.col("old_en")),
        (said & (how.is_in([BY_KIND, BY_VILLAGE, BY_VILLAGE_ALONE])), pl.format("写作“{}”，应为今{}", "near_text", "best_name"),
         pl.format("{} is written, {} today", "near_text", "best_name")),
        (said & how.is_in([BY_SLIP, BY_WILD_SLIP]), pl.format("写作“{}”，与{}差一字", "near_text", "best_name"),
         pl.format("{} is written, one character from {}", "near_text", "best_name")),
        (said & (how == "city_unique"), pl.format("写明{}，全市只有一个", "best_name"),
         pl.format("{} is written, the only one in its city", "best_name")),
        (said, pl.col("zh"), pl.col("en")),
        (nothing, pl.lit("没有地址"), pl.lit("no address")),
        (elsewhere, pl.format("地址在{}，不在所查的区县", place), pl.format("it is in {}, not in the district asked for", place)),
        (pl.col("best").is_not_null() & pl.col("zh").is_not_null() & (how != written.BY_COMMUNITY),
         pl.format("把握不足 " + wanted + "：最可能是{}（{}%），其次{}（{}%）；{}", "best_name", percent, "second", second, "zh"),
         pl.format("less sure than " + wanted + ": best guess {} ({}%), then {} ({}%); {}", "best_name", percent, "second", second, "en")),
        (pl.col("best").is_not_null(),
         pl.format("把握不足 " + wanted + "：最可能是{}（{}%）", "best_name", percent),
         pl.format("less sure than " + wanted + ": best guess {} ({}%)", "best_name", percent)),
        (pl.col("old_zh").is_not_null(), pl.col("old_zh"), pl.col("old_en")),
        (pl.col("district_code").is_null(), pl.lit("没有写出能确定区县的地名"), pl.lit("no name in it settles the district")),
    ]  # fmt: skip
    zh: pl.Expr = pl.lit("没有写出街道或社区，已知地址也没有线索")
    en: pl.Expr = pl.lit(
        "no sub-district or community is written, and known addresses give no hint"
    )
    for case, chinese, english in reversed(cases):
        zh = pl.when(case.fill_null(value=False)).then(chinese).otherwise(zh)
        en = pl.when(case.fill_null(value=False)).then(english).otherwise(en)
    zone = pl.col("zone").is_not_null() & ~nothing
    return (
        pl.when(zone).then(pl.format("功能区“{}”的地址：{}", "zone", zh)).otherwise(zh),
        pl.when(zone).then(pl.format("of the zone {}: {}", "zone", en)).otherwise(en),
    )


#: Characters of which an address in Chinese has at least one.
_HAN = [*"省市区县镇乡村街道路巷号栋楼社园城厦场组里院店门东南西北中上下大小"]

__all__ = ["COLUMNS", "DEFAULT_CONFIDENCE", "Ground", "locate", "prepare"]
