"""Why an address is where it is, or nowhere, in words: Chinese and English. Pure.

Each kind of reason is worded for its own rows: wording all of them for every row would take longer
than finding where it is.
"""

import polars as pl

from ingest.locate import beside, written
from ingest.locate.cities import BY_CITY, BY_PAIR
from ingest.locate.nearly import (
    BY_COMMUNITY_SLIP,
    BY_KIND,
    BY_SLIP,
    BY_VILLAGE,
    BY_VILLAGE_ALONE,
    BY_WILD_SLIP,
)
from ingest.locate.old_names import BY_OLD_NAME
from ingest.locate.wording import Case, Words, cases_of
from liangxin.wording import NOTHING

#: Between the Chinese and the English of a reason.
BETWEEN = " / "
#: Characters of which an address in Chinese has at least one.
_HAN = [*"省市区县镇乡村街道路巷号栋楼社园城厦场组里院店门东南西北中上下大小"]

#: Why beside a place is not in it.
_BESIDE_ZH = f"写的是某处旁边，而非其中：另写明所在街道的 {beside.SEEN} 个这类地址中 {beside.INSIDE} 个与该处同属一个街道"
_BESIDE_EN = (
    f"it says beside a place, not in it: of {beside.SEEN} such addresses that also say where they "
    f"are, {beside.INSIDE} are in that place's sub-district"
)


_NO_HINT = (
    pl.lit("没有写出街道或社区，已知地址也没有线索"),
    pl.lit("no sub-district or community is written, and known addresses give no hint"),
)


def reasons(rows: pl.DataFrame, district: str, min_confidence: float) -> pl.Series:
    """Return the reason of each row: Chinese, ``BETWEEN``, English."""
    said = rows.select(pl.col("said").fill_null(value=False)).to_series()
    of_said, of_open = _of_said(), _of_open(district, min_confidence)
    needed = {
        name for case in (*of_said, *of_open) for each in case for name in each.meta.root_names()
    }
    numbered = rows.select(*sorted(needed | {"zone", "cleaned"})).with_row_index("at")
    told = [
        *_worded(numbered.filter(said), of_said, (pl.col("zh"), pl.col("en"))),
        *_worded(numbered.filter(~said), of_open, _NO_HINT),
    ]
    if not told:
        return pl.Series("reason", [], dtype=pl.String)
    return pl.concat(told).sort("at")["reason"]


def _worded(rows: pl.DataFrame, cases: list[Case], otherwise: Words) -> list[pl.DataFrame]:
    """``at, reason`` of the rows, by the first case that holds of each."""
    zone = pl.col("zone").is_not_null() & ~_nothing()
    told = []
    for some, words in cases_of(rows, cases, otherwise, beside=("at", "zone", "cleaned")):
        zh, en = words
        if some["zone"].null_count() < some.height:
            zh = pl.when(zone).then(pl.format("功能区“{}”的地址：{}", "zone", zh)).otherwise(zh)
            en = pl.when(zone).then(pl.format("of the zone {}: {}", "zone", en)).otherwise(en)
        told.append(some.select("at", reason=pl.concat_str([zh, pl.lit(BETWEEN), en])))
    return told


def _nothing() -> pl.Expr:
    """Whether what was sent is no address at all."""
    text = pl.col("cleaned")
    return text.is_in([*NOTHING]) | ~text.str.contains_any(_HAN)


def _of_said() -> list[Case]:
    how = pl.col("how")
    conflict = pl.col("other_community").is_not_null()
    return [
        ((how == written.BY_TOWN) & conflict,
         pl.format("写明{}；所写社区“{}”今属别的街道，以所写街道为准", "best_name", "other_community"),
         pl.format("{} is written; the community {} written beside it is another's today", "best_name", "other_community")),
        (pl.col("outside"),
         pl.format("{}；所写社区（村）今属{}，不在其中，以社区（村）为准", "old_zh", "best_name"),
         pl.format("{}; the community written is in {}, which is none of them, and decides", "old_en", "best_name")),
        (how == written.BY_TOWN, pl.format("写明{}", "best_name"), pl.format("{} is written", "best_name")),
        (how == written.BY_COMMUNITY, pl.format("写明{}，今属{}", "community", "best_name"),
         pl.format("{} is written, in {} today", "community", "best_name")),
        (how == BY_OLD_NAME, pl.col("old_zh"), pl.col("old_en")),
        (how.is_in([BY_KIND, BY_VILLAGE, BY_VILLAGE_ALONE]), pl.format("写作“{}”，应为今{}", "near_text", "best_name"),
         pl.format("{} is written, {} today", "near_text", "best_name")),
        (how == BY_COMMUNITY_SLIP, pl.format("写作“{}”，与{}一个社区（村）的名称只差一个同音或形近字", "near_text", "best_name"),
         pl.format("{} is written, one character that looks or sounds alike from a community of {}", "near_text", "best_name")),
        (how.is_in([BY_SLIP, BY_WILD_SLIP]), pl.format("写作“{}”，与{}差一字", "near_text", "best_name"),
         pl.format("{} is written, one character from {}", "near_text", "best_name")),
        (how == beside.BY_BESIDE, pl.format("在{}某处旁边；" + _BESIDE_ZH, "best_name"),
         pl.format("beside a place of {}; " + _BESIDE_EN, "best_name")),
        (how == BY_CITY, pl.format("写明{}，全市只有一个", "best_name"),
         pl.format("{} is written, the only one in its city", "best_name")),
        (how == BY_PAIR, pl.format("开头写明区县和{}，这样的只有一处", "best_name"),
         pl.format("a district and {} begin it, and no other pair is called so", "best_name")),
    ]  # fmt: skip


def _percent(name: str) -> pl.Expr:
    """Whole percent of a share, rounded down: what is not certain is not 100 %, nor as sure as was asked."""
    return (pl.col(name) * 100 + 1e-6).floor().cast(pl.Int64)


def _of_open(district: str, min_confidence: float) -> list[Case]:
    how, nothing = pl.col("how"), _nothing()
    elsewhere = (
        pl.col("district_code").ne_missing(pl.lit(district)) if district else pl.lit(value=False)
    )
    wanted = f"{100 * min_confidence:g}%"
    percent, second = _percent("sure"), _percent("second_share")
    guessed = pl.col("best").is_not_null() & (how == pl.col("method"))
    place = pl.coalesce("district_name", pl.lit("别处"))
    return [
        (nothing, pl.lit("没有地址"), pl.lit("no address")),
        (elsewhere, pl.format("地址在{}，不在所查的区县", place), pl.format("it is in {}, not in the district asked for", place)),
        (guessed & (second > 0),
         pl.format("把握不足 " + wanted + "：最可能是{}（{}%），其次{}（{}%）；{}", "best_name", percent, "second", second, "zh"),
         pl.format("less sure than " + wanted + ": best guess {} ({}%), then {} ({}%); {}", "best_name", percent, "second", second, "en")),
        (guessed,
         pl.format("把握不足 " + wanted + "：最可能是{}（{}%）；{}", "best_name", percent, "zh"),
         pl.format("less sure than " + wanted + ": best guess {} ({}%); {}", "best_name", percent, "en")),
        (how == beside.BY_BESIDE,
         pl.format("把握不足 " + wanted + "：最可能是{}（{}%）；" + _BESIDE_ZH, "best_name", percent),
         pl.format("less sure than " + wanted + ": best guess {} ({}%); " + _BESIDE_EN, "best_name", percent)),
        (pl.col("outside"),
         pl.format("{}；所写社区（村）今属{}，不在其中", "old_zh", "best_name"),
         pl.format("{}; the community written is in {}, which is none of them", "old_en", "best_name")),
        (pl.col("best").is_not_null() & pl.col("zh").is_not_null() & (pl.col("answer") != pl.col("best")) & (pl.col("method") != "prior"),
         pl.format("把握不足 " + wanted + "：按所写应是{}（{}%），但{}", "best_name", percent, "zh"),
         pl.format("less sure than " + wanted + ": what is written says {} ({}%), but {}", "best_name", percent, "en")),
        (pl.col("best").is_not_null(),
         pl.format("把握不足 " + wanted + "：最可能是{}（{}%）", "best_name", percent),
         pl.format("less sure than " + wanted + ": best guess {} ({}%)", "best_name", percent)),
        (pl.col("old_zh").is_not_null(), pl.col("old_zh"), pl.col("old_en")),
        (pl.col("district_code").is_null(), pl.lit("没有写出能确定区县的地名"), pl.lit("no name in it settles the district")),
    ]  # fmt: skip
