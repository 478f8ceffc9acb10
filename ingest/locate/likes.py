"""What an address is about, so that one decision can answer all its likes. Pure.

A building or estate, a house number of a road, a road, or, where it names none of them, the whole
wording. Two addresses are alike if they have one of these in common; the first is what a person
is asked about.
"""

import polars as pl

from ingest.locate.cleaning import COMMUNITY_ENDS, ROAD_ENDS
from ingest.locate.gazetteer import COMMUNITY_ENDINGS, VILLAGE_ENDINGS
from ingest.locate.teaching import EVERYWHERE, LONGEST_PLACE, parts_of, roads_of, runs_of

PLACE, DOOR, ROAD, ADDRESS = "place", "door", "road", "address"
#: Which of two decisions that both fit an address counts: the narrower one.
RANK = {ADDRESS: 3, DOOR: 2, PLACE: 1, ROAD: 0}
#: How buildings and estates end; a name that ends otherwise may be a firm's or a landmark's.
BUILDINGS = (
    *("大厦", "广场", "中心", "国际", "大楼", "花园", "小区", "公寓", "市场", "商城", "家园", "新村", "山庄"),
    *("豪庭", "名都", "名城", "新城", "商贸城", "建材城", "科技园", "工业园", "产业园", "创业园", "物流园"),
    *("楼", "厦", "苑", "园", "庭", "府", "湾", "城", "厂", "居", "墅", "轩", "阁", "里"),
)  # fmt: skip
#: Parts that stand beside a place and are none: 对面, 旁边.
_BESIDE = (
    *("旁", "对面", "附近", "旁边", "隔壁", "斜对面", "交汇处", "交叉口", "路口", "院内", "段"),
    *("办事处", "街道", "开发区", "街办"),
)
#: What a village's groups are called: they stand in every village.
_NUMBERED = "一二三四五六七八九十第组队社号"
#: Zones and towns of before that nothing else cuts off, with a name behind them.
_ABOVE = r"^.*(?:开发区|高新区|工业园区|度假区|管理区|办事处|街道|镇|乡)(.{3,})$"
#: No address is about its province.
_PROVINCES = ("省", "自治区")
#: Behind these 里 means inside; 平安里 and 安贞西里 are called so.
_INSIDE_OF = ("大厦", "大楼", "广场", "市场", "商场", "商城", "小区", "公寓", "医院", "学校")
#: Behind these 院内 means their yard; 农科院内 is inside 农科院.
_YARD_OF = (*_INSIDE_OF, *"院校局司厂所馆站府会")
#: One character written for another, where no two places of a district are set apart by it:
#: 兴 and 星 are alike too, but there is a 新兴小区 and a 新星小区.
_FOR, _MEANT = [*"州伏墟埧茘勘峒峡蔴筸糖冈偃阜"], [*"洲洑圩坝荔磡洞硖麻竿塘岗堰埠"]
#: The wording of an address is compared up to this; what follows is rooms.
LONGEST_WORDING = 60
COLUMNS = ("row", "kind", "pattern", "written")


def likes(cut: pl.Series, cleaned: pl.Series) -> pl.DataFrame:
    """Return what each address (cut by a `Knife`, and as cleaned) is about: ``COLUMNS``.

    Of each row the one to ask about first; every row has at least its wording. ``row`` counts
    from 0. ``written`` is the pattern as it stands in the address: 旧名居委会 for 旧名社区.
    """
    lines = pl.DataFrame({"text": cut}).with_row_index("line")
    parts = parts_of(lines)
    run = pl.col("run")
    runs = runs_of(parts).with_columns(run.str.replace(_ABOVE, "$1"))
    runs = runs.with_columns(written="run").with_columns(run=_called(run))
    named = runs.filter(
        run.str.len_chars().is_between(3, LONGEST_PLACE)
        & ~_ends(ROAD_ENDS)
        & ~_ends(_BESIDE)
        & ~run.is_in(EVERYWHERE)
        & ~_ends(_PROVINCES)
        & (run.str.strip_chars(_NUMBERED) != "")
    ).with_columns(
        order=pl.when(_ends(COMMUNITY_ENDS)).then(2).when(_ends(BUILDINGS)).then(0).otherwise(3)
    )
    roads = roads_of(parts)
    number = pl.col("number")
    doors = roads.filter(number.is_not_null()).select(
        "line", order=pl.lit(1), pattern=pl.format("{}{}号", "road", "number")
    )
    # A road runs through many sub-districts: it is asked about, and answers, where nothing else is named.
    narrower = pl.concat([named["line"], doors["line"]])
    alone = roads.filter(~pl.col("line").is_in(narrower.implode())).select(
        "line", order=pl.lit(4), pattern="road"
    )
    wording = lines.select(
        "line",
        order=pl.lit(5),
        pattern=cleaned.str.head(LONGEST_WORDING),
    )
    found = [
        named.select("line", "order", "written", pattern="run"),
        *(
            each.select("line", "order", written="pattern", pattern="pattern")
            for each in (doors, alone, wording)
        ),
    ]
    kinds = {0: PLACE, 1: DOOR, 2: PLACE, 3: PLACE, 4: ROAD, 5: ADDRESS}
    return (
        pl.concat(found)
        .unique(["line", "order", "pattern"], maintain_order=True)
        .sort("line", "order", maintain_order=True)
        .select(
            row="line",
            kind=pl.col("order").replace_strict(kinds, return_dtype=pl.String),
            pattern="pattern",
            written="written",
        )
    )


def _called(run: pl.Expr) -> pl.Expr:
    """What a place is called: one ending for a community's offices, and nothing of being inside."""
    yard = run.str.replace(f"(.{{2,}}(?:{'|'.join(_YARD_OF)}))院[内里]$", "$1")
    inside = yard.str.replace("(.{3,})(?:内部|内)$", "$1")
    inside = inside.str.replace(f"(.+(?:{'|'.join(_INSIDE_OF)}))里$", "$1")
    for endings, ending in ((COMMUNITY_ENDINGS, "社区"), (VILLAGE_ENDINGS, "村")):
        inside = inside.str.replace(f"(.{{2,}}?)(?:{'|'.join(endings)})$", "${1}" + ending)
    return inside


def _compared(pattern: pl.Expr) -> pl.Expr:
    """A place's name, and a decision's as it was made, in the form in which likes are equal."""
    place = _called(pattern).str.replace_many(_FOR, _MEANT)
    return pl.when(pl.col("kind") == PLACE).then(place).otherwise(pattern)


def decided(found: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Return which decision answers which row: the columns of ``decisions``, ``row``.

    What is written as it was decided comes first, then its other spellings; of those that were
    decided differently none answers for the rest.

    Args:
        found: `likes` of addresses of one district.
        decisions: ``kind, pattern, subdistrict_code``, one row a pattern, of that district.
    """
    rank = pl.col("kind").replace_strict(RANK, return_dtype=pl.Int32)
    like = pl.col("pattern").pipe(_compared)
    answer = pl.col("subdistrict_code")
    same = decisions.with_columns(like=like).filter(answer.n_unique().over("kind", "like") == 1)
    same = same.unique(["kind", "like"], keep="first", maintain_order=True)
    asked = found.with_columns(like=like).drop("pattern")
    columns = ["row", *decisions.columns]
    return (
        pl.concat(
            [
                asked.with_columns(pattern="written")
                .join(decisions, on=["kind", "pattern"])
                .select(columns),
                asked.join(same, on=["kind", "like"]).select(columns),
            ]
        )
        .sort("row", rank, descending=[False, True], maintain_order=True)
        .unique("row", keep="first", maintain_order=True)
    )


def _ends(endings: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(*(pl.col("run").str.ends_with(each) for each in endings))


__all__ = ["ADDRESS", "DOOR", "PLACE", "ROAD", "decided", "likes"]
