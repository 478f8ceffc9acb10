"""What known addresses teach: counts of names, roads and house numbers by sub-district. Pure.

A hundred firms in one building say of the *next* building no more than one does, so names, roads
and places are counted over distinct addresses without their rooms. Only of the very same house (a
place on its road, a door's number) every room is heard.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingest.locate.cleaning import COMMUNITY_ENDS, CUT, ROAD_ENDS
from ingest.locate.searching import Search
from ingest.locate.weighing import Floats, Integers, Marks

#: What stands behind a building's name: rooms, floors, units.
_ROOMS = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-—~、,.。#()[]/&_+之一二三四五六七八九十第栋座幢单元楼层室号房铺间门面负"
    + CUT
)
#: A lane that has no more of a name than this (六巷, 东二街) is in every village.
_LANES = "一二三四五六七八九十东南西北中前后横正新老大小第路街巷道"
#: How a community is called; a 村 may be an estate.
_OFFICES = tuple(end for end in COMMUNITY_ENDS if end != "村")
#: How parts end that are no one place: 东段, and an office of before, which is an area.
_NO_PLACE = ("段", "办事处")
SHORTEST, LONGEST = 2, 6
LONGEST_PLACE = 16
#: How far a prior of one address is mixed into the counts of a name, and of a road.
NAME_PRIOR, ROAD_PRIOR = 1.0, 0.5
#: A name that tells no more than this (nats, against the district's own shares) is not searched for.
TELLS = 0.12
DIGITS = "0123456789"
#: A house number stands within so many characters, behind these at most, and has no more digits.
NUMBER_WITHIN, MOST_DIGITS = 10, 5
BEFORE_NUMBER = "东南西北中段(" + CUT + "0"
#: What stands in a hundred places of a district and names none of them.
EVERYWHERE = (
    *("综合楼", "办公楼", "写字楼", "商住楼", "门面房", "停车场", "宿舍楼", "大市场", "农贸市场", "菜市场"),
    *("工业园", "工业区", "科技园", "产业园", "商业街", "商业区", "商业中心", "购物中心", "商业广场"),
    *("一单元", "二单元", "三单元", "四单元", "五单元", "单元", "第一工业区", "第二工业区", "第三工业区"),
    *("办事处", "村委会", "居委会", "村民委员会", "村委会办公楼", "社区居委会", "社区服务中心", "办公大楼", "商住小区"),
    *("交汇处", "交叉口", "十字路口", "斜对面", "对面", "院内", "旁边", "附近"),
    *("临街门面", "自主申报", "集群注册", "仅限办公", "经营场所", "办公场所", "小区", "宿舍", "厂房", "综合大楼"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lessons:
    """Known addresses, taken apart once.

    ``spines``: ``spine, text, road, number, answer, rows, room``, one row a distinct address and
    answer; ``room`` is the first of its ``rows`` as it is asked, with its number and room;
    ``grams``: ``spine, key``; ``roads``: ``spine, road, number``; ``places``: ``spine, place``.
    """

    spines: pl.DataFrame
    grams: pl.DataFrame
    roads: pl.DataFrame
    places: pl.DataFrame


def take_apart(cut: pl.Series, answers: Integers) -> Lessons:
    """Return the lessons of addresses (cut by a `Knife`) whose sub-district is known.

    ``answers`` are the places of the sub-districts in a list, one an address.
    """
    texts = (
        pl.DataFrame({"full": cut, "answer": answers})
        .unique()  # a firm and the next one in the same room were told apart by nobody
        .with_columns(rows=pl.lit(1, pl.UInt32))
        .sort("full", "answer")
        .with_row_index("line")
    )
    on_road = roads_of(parts_of(texts.select("line", text="full")))
    door = on_road.filter(pl.col("number").is_not_null()).unique(
        "line", keep="first", maintain_order=True
    )
    bare = pl.col("full").str.strip_chars_end(_ROOMS)
    texts = texts.with_columns(
        text=pl.when(bare.str.len_chars() > 1).then(bare).otherwise("full")
    ).join(door, on="line", how="left", maintain_order="left")
    same = ["text", "road", "number", "answer"]
    spines = (
        texts.group_by(same)
        .agg(pl.col("rows").sum(), pl.col("line"), room=pl.col("full").first())
        .sort(same)
        .with_row_index("spine")
    )
    spine_of = spines.select("spine", "line").explode("line")
    spines = spines.select("spine", *same, "rows", "room")
    runs = runs_of(parts_of(spines.rename({"spine": "line"}))).rename({"line": "spine"})
    named = runs.filter(
        ~_ends(pl.col("run"), ROAD_ENDS)
        & pl.col("run").str.len_chars().is_between(3, LONGEST_PLACE)
    )
    roads = (
        on_road.join(spine_of, on="line")
        .select("spine", "road", "number")
        .unique()
        .sort("spine", "road", "number")
    )
    places = (
        named.filter(~pl.col("run").is_in(EVERYWHERE) & ~_ends(pl.col("run"), _NO_PLACE))
        .select("spine", place="run")
        .unique(maintain_order=True)
    )
    return Lessons(spines, _grams(runs), roads, places)


def parts_of(texts: pl.DataFrame) -> pl.DataFrame:
    """The parts of each text, in order: ``line, part, behind`` (the part after it)."""
    return (
        texts.select("line", part=pl.col("text").str.split(CUT))
        .explode("part", empty_as_null=False)
        .with_columns(behind=pl.col("part").shift(-1).over("line"))
    )


def runs_of(parts: pl.DataFrame) -> pl.DataFrame:
    """Stretches of Chinese characters of each part: ``line, behind, run``."""
    return (
        parts.select("line", "behind", run=pl.col("part").str.extract_all(r"[\u4e00-\u9fff]+"))
        .explode("run", empty_as_null=False)
        .filter(pl.col("run").str.len_chars() >= SHORTEST)
    )


def roads_of(parts: pl.DataFrame) -> pl.DataFrame:
    """Roads with the number behind them: ``line, road, number``."""
    run = pl.col("run")
    lane = run.str.strip_chars(_LANES) == ""
    return (
        runs_of(parts)
        .filter(_ends(run, ROAD_ENDS) & ~lane & run.str.len_chars().is_between(2, 8))
        .select("line", road="run", number=number_at_start(pl.col("behind")))
    )


def _ends(text: pl.Expr, endings: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(*(text.str.ends_with(each) for each in endings))


def number_at_start(text: pl.Expr) -> pl.Expr:
    """The house number a text begins with, behind 东段, a bracket or zeros; null if there is none."""
    start = text.str.head(NUMBER_WITHIN).str.strip_chars_start(BEFORE_NUMBER)
    rest = start.str.strip_chars_start(DIGITS)
    digits = start.str.head(start.str.len_chars() - rest.str.len_chars())
    return pl.when(digits.str.len_chars().is_between(1, MOST_DIGITS)).then(digits).cast(pl.Int64)


def _grams(runs: pl.DataFrame) -> pl.DataFrame:
    """Every stretch of two to six characters within a part: ``spine, key``, each once."""
    text = pl.col("run").str.head(LONGEST_PLACE)
    longest = runs.select(pl.col("run").str.len_chars().max().fill_null(0)).item()
    pieces = [
        runs.select("spine", key=text.str.slice(start, size)).filter(
            pl.col("key").str.len_chars() == size
        )
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(max(0, min(longest, LONGEST_PLACE) - size + 1))
    ]
    empty = pl.DataFrame(schema={"spine": pl.UInt32, "key": pl.String})
    return pl.concat([empty, *pieces]).unique()


def without_communities(cut: pl.Series) -> pl.Series:
    """The addresses without the parts that name a community: what is left to guess from."""
    frame = cut.rename("text").to_frame()
    part = pl.element()
    kept = part.filter(~_ends(part, _OFFICES))
    return frame.select(pl.col("text").str.split(CUT).list.eval(kept).list.join(CUT)).to_series()


@dataclass(frozen=True, slots=True)
class Tables:
    """Counts arranged for looking up; row numbers of the arrays are places in ``keys``.

    ``keys``: what is searched for, ``search``: arranged for it; ``are_communities``: those called 社区, 居委会 ….  ``vectors``: log of (share in each sub-district ÷ the district's
    own share), zero for a key that is no name; ``tells``: how much a name tells, in nats.
    ``road``: the same for roads, ``numbers``: each road's known numbers in order with their answers.
    ``at_place``: distinct addresses of each sub-district that name a place; ``houses`` and ``doors``:
    all rows of a place on a road, and of a road's number, by code (`house_code`, `door_code`).
    """

    keys: pl.Series
    search: Search
    are_communities: Marks
    prior: Floats
    name_counts: Floats
    name_vectors: Floats
    name_tells: Floats
    road_counts: Floats
    road_vectors: Floats
    road_tells: Floats
    numbers: Integers  # key * 100_000 + number, sorted
    number_answers: Integers
    at_place: Floats
    houses: Integers
    house_counts: Floats
    doors: Integers
    door_counts: Floats

    def house_code(self, place: Integers, road: Integers) -> Integers:
        """The code of a place on a road (-1: no road is named)."""
        return place * (self.keys.len() + 1) + road + 1


def door_code(road: Integers, number: Integers) -> Integers:
    """The code of a house number on a road."""
    return road * 100_000 + number


def looked_up(codes: Integers, counts: Floats, sought: Integers) -> Floats:
    """The counts of each code sought; zeros for one that is unknown. ``codes`` are in order."""
    if codes.size == 0:
        return np.zeros((sought.size, counts.shape[1]))
    at = np.minimum(np.searchsorted(codes, sought), codes.size - 1)
    found: Floats = counts[at] * (codes[at] == sought)[:, None]
    return found


def tables(lessons: Lessons, answers: int, *, spines: pl.Series | None = None) -> Tables:
    """Count the lessons, or those of some ``spines``; ``answers`` is how many sub-districts there are."""
    chosen = (
        lessons.spines
        if spines is None
        else lessons.spines.filter(pl.col("spine").is_in(spines.implode()))
    )
    known = chosen.select("spine", "answer", "rows")
    prior = np.bincount(known["answer"].to_numpy(), minlength=answers) + 1.0
    prior = prior / prior.sum()
    grams = _telling(_counted(lessons.grams, known, "key", answers), prior)
    roads = lessons.roads.join(known, on="spine")
    by_road = _counted(lessons.roads.select("spine", "road").unique(), known, "road", answers)
    at_place = _counted(lessons.places, known, "place", answers)
    keys = pl.concat([grams[0], by_road[0], at_place[0]]).unique().sort()
    place_of = pl.DataFrame({"key": keys}).with_row_index("id")
    names, name_counts = _spread(place_of, grams, answers)
    road_at, road_counts = _spread(place_of, by_road, answers)
    _, place_counts = _spread(place_of, at_place, answers)
    name_vectors = _vectors(name_counts, prior, NAME_PRIOR)
    road_vectors = _vectors(road_counts, prior, ROAD_PRIOR)
    numbered = (
        roads.filter(pl.col("number").is_not_null())
        .join(place_of, left_on="road", right_on="key")
        .select(at=pl.col("id").cast(pl.Int64) * 100_000 + pl.col("number"), answer="answer")
        .unique()
        .sort("at", "answer")
    )
    houses, house_counts = rows_by_code(
        on_roads(lessons, place_of, known).select(
            "answer",
            "rows",
            code=pl.col("place") * (keys.len() + 1) + pl.col("road") + 1,
        ),
        answers,
    )
    doors, door_counts = rows_by_code(
        roads.filter(pl.col("number").is_not_null())
        .join(place_of, left_on="road", right_on="key")
        .select("answer", "rows", code=pl.col("id").cast(pl.Int64) * 100_000 + pl.col("number")),
        answers,
    )
    return Tables(
        keys=keys,
        search=Search(keys),
        are_communities=place_of.select(_ends(pl.col("key"), _OFFICES)).to_series().to_numpy(),
        prior=prior,
        name_counts=name_counts,
        name_vectors=name_vectors,
        name_tells=np.where(names, _tells(name_vectors, prior), 0.0),
        road_counts=road_counts,
        road_vectors=road_vectors,
        road_tells=np.where(road_at, _tells(road_vectors, prior), -1.0),
        numbers=numbered["at"].to_numpy(),
        number_answers=numbered["answer"].to_numpy().astype(np.int64),
        at_place=place_counts,
        houses=houses,
        house_counts=house_counts,
        doors=doors,
        door_counts=door_counts,
    )


def on_roads(lessons: Lessons, place_of: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Every place with every road named beside it: ``spine, answer, rows, place, road`` (-1: none)."""
    ids = place_of.with_columns(pl.col("id").cast(pl.Int64))
    roads = lessons.roads.join(ids, left_on="road", right_on="key").select("spine", road="id")
    return (
        lessons.places.join(ids, left_on="place", right_on="key")
        .select("spine", place="id")
        .join(known, on="spine")
        .join(roads.unique(), on="spine", how="left")
        .with_columns(pl.col("road").fill_null(-1))
        .sort("spine", "place", "road")
    )


def rows_by_code(rows: pl.DataFrame, answers: int) -> tuple[Integers, Floats]:
    """Sum ``rows`` of each ``code`` by ``answer``: the codes in order, codes × answers."""
    summed = rows.group_by("code", "answer").agg(pl.col("rows").sum()).sort("code", "answer")
    codes = summed["code"].unique(maintain_order=True)
    table = np.zeros((codes.len(), answers))
    table[summed["code"].rle_id().to_numpy(), summed["answer"].to_numpy()] = summed[
        "rows"
    ].to_numpy()
    return codes.to_numpy().astype(np.int64), table


def _counted(
    pairs: pl.DataFrame, known: pl.DataFrame, key: str, answers: int
) -> tuple[pl.Series, Floats]:
    """Count the distinct addresses of each key by answer: keys, keys × answers."""
    counts = (
        pairs.join(known, on="spine").group_by(key, "answer").agg(much=pl.len()).sort(key, "answer")
    )
    names = counts[key].unique(maintain_order=True)
    at = counts[key].rle_id().to_numpy()
    table = np.zeros((names.len(), answers))
    table[at, counts["answer"].to_numpy()] = counts["much"].to_numpy()
    return names.rename("key"), table


def _telling(grams: tuple[pl.Series, Floats], prior: Floats) -> tuple[pl.Series, Floats]:
    """Drop names that tell nothing, and those that only lengthen one as often seen."""
    names, counts = grams
    tell = _tells(_vectors(counts, prior, NAME_PRIOR), prior)
    seen = pl.DataFrame({"key": names, "seen": counts.sum(axis=1)})
    shorter = (
        seen.with_columns(
            front=pl.col("key").str.head(pl.col("key").str.len_chars() - 1),
            back=pl.col("key").str.slice(1),
        )
        .join(
            seen,
            left_on="front",
            right_on="key",
            how="left",
            suffix="_front",
            maintain_order="left",
        )
        .join(
            seen, left_on="back", right_on="key", how="left", suffix="_back", maintain_order="left"
        )
    )
    longer_only = shorter.select(
        (
            (pl.col("seen") == pl.col("seen_front")) | (pl.col("seen") == pl.col("seen_back"))
        ).fill_null(value=False)
    ).to_series()
    keep = (tell >= TELLS) & ~longer_only.to_numpy()
    return names.filter(pl.Series(keep)), counts[keep]


def _spread(
    place_of: pl.DataFrame, counted: tuple[pl.Series, Floats], answers: int
) -> tuple[Marks, Floats]:
    """Lay counts out by the places of their keys; which places have any, and the counts."""
    names, counts = counted
    at = pl.DataFrame({"key": names}).join(place_of, on="key", how="left", maintain_order="left")[
        "id"
    ]
    table = np.zeros((place_of.height, answers))
    table[at.to_numpy()] = counts
    return table.sum(axis=1) > 0, table


def _vectors(counts: Floats, prior: Floats, strength: float) -> Floats:
    shares = (counts + strength * prior) / (counts.sum(axis=1, keepdims=True) + strength)
    vectors: Floats = np.log(shares) - np.log(prior)
    return vectors


def _tells(vectors: Floats, prior: Floats) -> Floats:
    """Kullback-Leibler divergence of each row's shares from the district's own, in nats."""
    tells: Floats = (np.exp(vectors) * prior * vectors).sum(axis=1)
    return tells
