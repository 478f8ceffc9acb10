"""What a district's known addresses teach about the others, with a confidence that is true. Pure.

Learned from addresses whose sub-district is known: names (buildings, estates, what roads are named
after), roads, house numbers, and known places. How much each kind is worth is fitted on addresses
the counts had not seen, and so is what a score of 0.98 really means: decision 0025.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.locate import evidence as seen
from ingest.locate import teaching
from ingest.locate.cleaning import Knife
from ingest.locate.evidence import Evidence, Stems
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.teaching import Lessons, Tables
from ingest.locate.weighing import (
    Curve,
    Floats,
    Integers,
    fit_curve,
    fit_weights,
    probabilities,
)

BY_HOUSE, BY_PLACE, BY_DOOR = "house", "place", "door"
BY_NUMBER, BY_ROAD, BY_NAME = "road_number", "road", "name"
#: Fewer known addresses than this teach nothing.
FEWEST = 40
#: Of more the same number is drawn every time: they teach no more, and memory stays bounded.
MOST_TAUGHT = 100_000
FOLDS = 5
#: More than this do not make the weights and the curve truer, only slower to fit.
MOST_FITTED = 20_000
BATCH = 10_000
COLUMNS = ("answer", "confidence", "method", "zh", "en", "second", "second_share", "place")


@dataclass(frozen=True, slots=True)
class Learned:
    """One district's lessons. ``codes`` and ``names`` are its sub-districts, in one order."""

    district: str
    codes: list[str]
    names: list[str]
    knife: Knife
    tables: Tables
    stems: Stems
    weights: Floats
    curve: Curve
    place_curve: Curve
    house_curve: Curve

    def guess(self, cleaned: pl.Series) -> pl.DataFrame:
        """Return the best answer of each address: ``COLUMNS``, in order; always one, however weak.

        ``confidence`` is the share of such answers that proved right; ``zh`` and ``en`` say what it
        rests on; ``second`` is the next best.
        """
        frames = [
            self._guess(cleaned.slice(start, BATCH)) for start in range(0, cleaned.len(), BATCH)
        ]
        return (pl.concat(frames) if frames else self._guess(cleaned)).select(COLUMNS)

    def _guess(self, cleaned: pl.Series) -> pl.DataFrame:
        cut = self.knife.cut(cleaned)
        found = seen.gather(cut, self.tables, self.stems)
        shares = probabilities(found.weight, self.weights)
        best = shares.argmax(axis=1)
        rows = np.arange(len(best))
        confidence = self.curve(shares[rows, best])
        known = np.full(len(best), "", dtype=object)
        for kind, thing, curve in (
            (BY_DOOR, found.door, self.house_curve),
            (BY_PLACE, found.place, self.place_curve),
            (BY_HOUSE, found.house, self.house_curve),
        ):
            sure = np.where(thing.key >= 0, curve(thing.share), 0.0)
            # Of two reasons for one answer the building's is the one a person can check.
            agrees = (thing.answer == best) & (thing.key >= 0) & (sure >= confidence - 0.05)
            told = (sure > confidence) | agrees
            best = np.where(told, thing.answer, best)
            confidence = np.maximum(confidence, sure)
            known[told] = kind
        rest = shares.copy()
        rest[rows, best] = -1.0
        second = rest.argmax(axis=1)
        method = self._method(found, best, known)
        zh, en = self._words(found, best, method)
        return pl.DataFrame(
            {
                "answer": pl.Series(self.codes).gather(best),
                "confidence": confidence,
                "method": method,
                "zh": zh,
                "en": en,
                "second": pl.Series(self.names).gather(second),
                "second_share": np.clip(rest[rows, second], 0.0, 1.0 - confidence),
                "place": _place_names(self.tables.keys, found.place.key),
            }
        )

    def candidates(self, cleaned: pl.Series, *, most: int = 3) -> pl.DataFrame:
        """Return the likeliest answers of each address: ``row, code, share, zh, en``, best first.

        ``share`` is how the evidence weighs, and no confidence.
        """
        frames = []
        for start in range(0, cleaned.len(), BATCH):
            cut = self.knife.cut(cleaned.slice(start, BATCH))
            found = seen.gather(cut, self.tables, self.stems)
            shares = probabilities(found.weight, self.weights)
            order = np.argsort(-shares, axis=1, kind="stable")[:, :most]
            for place in range(order.shape[1]):
                answer = order[:, place]
                zh, en = self._words(found, answer, self._told_by(found, answer))
                frames.append(
                    pl.DataFrame(
                        {
                            "row": np.arange(start, start + len(answer)),
                            "code": pl.Series(self.codes).gather(answer),
                            "share": shares[np.arange(len(answer)), answer],
                            "zh": zh,
                            "en": en,
                        }
                    )
                )
        if not frames:
            text = dict.fromkeys(("code", "zh", "en"), pl.String)
            return pl.DataFrame(schema={"row": pl.Int64, "share": pl.Float64, **text})
        return pl.concat(frames).sort("row", -pl.col("share"), maintain_order=True)

    def _told_by(self, found: Evidence, answer: Integers) -> pl.Series:
        """The kind of evidence that is told of an answer: what a person can check comes first."""
        rows = np.arange(len(answer))
        known = np.full(len(answer), "", dtype=object)
        for kind, thing in (
            (BY_PLACE, found.place),
            (BY_DOOR, found.door),
            (BY_HOUSE, found.house),
        ):
            known[(thing.key >= 0) & (thing.counts[rows, answer] > 0)] = kind
        return self._method(found, answer, known)

    def _method(self, found: Evidence, best: Integers, known: NDArray[np.object_]) -> pl.Series:
        """The kind of evidence that spoke loudest for the answer."""
        rows = np.arange(len(best))
        spoke = found.weight[rows, :, best] * self.weights
        kinds = np.array([BY_NUMBER, BY_ROAD, BY_NAME, BY_NAME])
        loudest = spoke[:, [seen.NUMBER, seen.ROAD, seen.BEST_NAME, seen.COMMUNITY_STEM]]
        named = kinds[loudest.argmax(axis=1)]
        named = np.where(loudest.max(axis=1) <= 0, "prior", named)
        return pl.Series(np.where(known != "", known, named), dtype=pl.String)

    def _words(
        self, found: Evidence, best: Integers, method: pl.Series
    ) -> tuple[pl.Series, pl.Series]:
        """What each answer rests on, Chinese and English."""
        keys, tables = self.tables.keys, self.tables
        kind, rows = method.to_numpy(), np.arange(len(best))
        for_it, of_all = np.zeros(len(best)), np.zeros(len(best))
        key = np.where(kind == BY_NAME, found.name, found.road)
        for name, thing in (
            (BY_PLACE, found.place),
            (BY_HOUSE, found.house),
            (BY_DOOR, found.door),
        ):
            here = kind == name
            key = np.where(here, thing.key, key)
            for_it = np.where(here, thing.counts[rows, best], for_it)
            of_all = np.where(here, thing.counts.sum(axis=1), of_all)
        for name, table in ((BY_NAME, tables.name_counts), (BY_ROAD, tables.road_counts)):
            here = (kind == name) & (key >= 0)
            for_it[here], of_all[here] = table[key[here], best[here]], table[key[here]].sum(axis=1)
        here = (kind == BY_NUMBER) & (found.number != seen.NO_NUMBER)
        for answer, heard in seen.neighbours(tables, found.road[here], found.number[here]):
            of_all[here] += heard > 0.05
            for_it[here] += (heard > 0.05) & (answer == best[here])
        said = pl.DataFrame(
            {
                "kind": method,
                "key": keys.gather(np.maximum(key, 0)) if keys.len() else method,
                "number": found.number,
                "road": keys.gather(np.maximum(found.road, 0)) if keys.len() else method,
                "on_road": found.road >= 0,
                "for_it": for_it.astype(np.int64),
                "of_all": of_all.astype(np.int64),
                "name": pl.Series(self.names).gather(best),
            }
        )
        return _told(said)


def _place_names(keys: pl.Series, place: Integers) -> pl.Series:
    """The names of the known places; null where there is none."""
    known = pl.Series(place >= 0)
    if keys.is_empty():
        return pl.Series([None] * len(place), dtype=pl.String)
    return keys.gather(np.maximum(place, 0)).zip_with(known, pl.Series([None], dtype=pl.String))


def _counted(*, roadless: tuple[str, str]) -> tuple[pl.Expr, pl.Expr]:
    """What the counts are of: of a house the rows on its road, of a place every address with its name."""
    kind = pl.col("kind")
    zh, en = (
        pl.when(kind == BY_DOOR)
        .then(pl.format("{}{}号", "key", "number"))
        .when((kind == BY_HOUSE) & pl.col("on_road"))
        .then(pl.concat_str("road", "key"))
        .when(kind == BY_HOUSE)
        .then(pl.concat_str("key", pl.lit(without)))
        .otherwise("key")
        for without in roadless
    )
    return zh, en


def _told(said: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    kind = pl.col("kind")
    near = kind == BY_NUMBER
    name, name_en = _counted(roadless=("（未写道路）", " (no road named)"))
    nothing = (pl.col("of_all") == 0) | (kind == "prior")
    zh = (
        pl.when(nothing)
        .then(pl.format("只有零星线索指向{}", "name"))
        .when(near)
        .then(
            pl.format(
                "{}{}号附近：已知的 {} 个门牌中 {} 个在{}",
                "key",
                "number",
                "of_all",
                "for_it",
                "name",
            )
        )
        .otherwise(pl.format("{}：已知的 {} 个地址中 {} 个在{}", name, "of_all", "for_it", "name"))
    )
    en = (
        pl.when(nothing)
        .then(pl.format("only faint hints at {}", "name"))
        .when(near)
        .then(
            pl.format(
                "near {} {}: {} of {} known numbers are in {}",
                "key",
                "number",
                "for_it",
                "of_all",
                "name",
            )
        )
        .otherwise(
            pl.format("{}: {} of {} known addresses are in {}", name_en, "for_it", "of_all", "name")
        )
    )
    told = said.select(zh=zh, en=en)
    return told["zh"], told["en"]


def learn(
    known: pl.DataFrame, divisions: pl.DataFrame, gazetteer: Gazetteer, district: str
) -> Learned | None:
    """Learn one district from ``cleaned, subdistrict_code``; ``None`` if that is too little.

    Args:
        known: addresses as `cleaning.clean` leaves them, codes of today's sub-districts of the
            district; rows with others are passed over.
        divisions: ``code, name, level, parent_code``.
        gazetteer: the same, arranged.
        district: six digits.
    """
    towns = divisions.filter(
        (pl.col("level") == "subdistrict") & (pl.col("parent_code") == district)
    ).sort("code")
    codes, names = towns["code"].to_list(), towns["name"].to_list()
    known = known.filter(pl.col("subdistrict_code").is_in(codes)).sort(
        "cleaned", "subdistrict_code"
    )
    if known.height > MOST_TAUGHT:
        known = known.sample(MOST_TAUGHT, seed=0).sort("cleaned", "subdistrict_code")
    if known.height < FEWEST or known["subdistrict_code"].n_unique() < 2:
        return None
    knife = Knife(gazetteer, district)
    answers = known["subdistrict_code"].replace_strict(codes, list(range(len(codes)))).to_numpy()
    lessons = teaching.take_apart(knife.cut(known["cleaned"]), answers.astype(np.int64))
    stems = Stems.build(divisions.filter(pl.col("level") == "community"), codes)
    tables = teaching.tables(lessons, len(codes))
    weights, curve = _fitted(lessons, stems, len(codes))
    place_curve = _place_curve(lessons, tables)
    house_curve = _house_curve(tables)
    curves = curve, place_curve, house_curve
    return Learned(district, codes, names, knife, tables, stems, weights, *curves)


def _fitted(lessons: Lessons, stems: Stems, answers: int) -> tuple[Floats, Curve]:
    """Weights and the curve of their shares, from addresses held out: all of a building together, never half of it."""
    groups = lessons.spines["group"].unique().sort()
    order = np.random.default_rng(0).permutation(groups.len())
    folds = pl.DataFrame({"group": groups, "fold": order % FOLDS})
    spines = lessons.spines.join(folds, on="group", maintain_order="left")
    if spines.height > MOST_FITTED:
        spines = spines.sample(MOST_FITTED, seed=0).sort("spine")
    weight, right = [], []
    for fold in range(FOLDS):
        apart = spines.filter(pl.col("fold") == fold)
        rest = lessons.spines.join(folds, on="group").filter(pl.col("fold") != fold)
        if apart.is_empty() or rest.is_empty():
            continue
        learned = teaching.tables(lessons, answers, spines=rest["spine"])
        text = teaching.without_communities(apart["text"])
        weight.append(seen.gather(text, learned, stems).weight)
        right.append(apart["answer"].to_numpy().astype(np.int64))
    if (
        not weight
    ):  # every address is linked with every other: nothing can be held out, nothing be sure
        return np.full(seen.KINDS, 0.5), Curve(np.empty(0), np.empty(0))
    evidence, truth = np.concatenate(weight), np.concatenate(right)
    weights = fit_weights(evidence, truth)
    shares = probabilities(evidence, weights)
    said = shares.argmax(axis=1)
    curve = fit_curve(shares[np.arange(len(said)), said], (said == truth).astype(np.float64))
    return weights, curve


def _place_curve(lessons: Lessons, tables: Tables) -> Curve:
    """What a place's name says where it is named on another road, or without one.

    Each house is held against the addresses of the same place that are not on its road: there is a
    华昌大厦 in more than one sub-district. Once, however many addresses it has, for the next house
    is another.
    """
    ids = pl.DataFrame({"key": tables.keys}).with_row_index("id")
    pairs = teaching.on_roads(lessons, ids, lessons.spines.select("spine", "answer", "rows"))
    on_road = (
        pairs.filter(pl.col("road") != -1).group_by("place", "road", "answer").agg(rows=pl.len())
    )
    codes, counts = teaching.rows_by_code(
        on_road.with_columns(
            code=tables.house_code(on_road["place"].to_numpy(), on_road["road"].to_numpy())
        ),
        tables.prior.size,
    )
    houses = pairs.unique(["place", "road", "answer"], keep="first", maintain_order=True)
    place, answer, road = (houses[name].to_numpy() for name in ("place", "answer", "road"))
    own = teaching.looked_up(codes, counts, tables.house_code(place, road))
    roadless = road == -1
    own[np.flatnonzero(roadless), answer[roadless]] = 1.0
    others = np.maximum(tables.at_place[place] - own, 0.0)
    told = others.sum(axis=1) > 0
    right = (others[told].argmax(axis=1) == answer[told]).astype(np.float64)
    return fit_curve(seen.agreement(others[told]), right)


def _house_curve(tables: Tables) -> Curve:
    """What rows of one house, or of one door, say of one more: each row held against the others."""
    score, right = [], []
    for counts in (tables.house_counts, tables.door_counts):
        house, answer = np.nonzero(counts)
        others = counts[house].copy()
        others[np.arange(house.size), answer] -= 1.0
        told = others.sum(axis=1) > 0
        often = np.minimum(counts[house, answer][told], 3).astype(np.int64)
        score.append(np.repeat(seen.agreement(others[told]), often))
        hit = others[told].argmax(axis=1) == answer[told]
        right.append(np.repeat(hit.astype(np.float64), often))
    return fit_curve(np.concatenate(score), np.concatenate(right))
