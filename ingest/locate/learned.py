"""What a district's known addresses teach about the others, with a confidence that is true. Pure.

Learned from addresses whose sub-district is known: names (buildings, estates, what roads are named
after), roads, house numbers, and known places. How much each kind is worth is fitted on addresses
the counts had not seen, and so is what a score of 0.98 really means: decision 0025.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

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

BY_PLACE, BY_NUMBER, BY_ROAD, BY_NAME = "place", "road_number", "road", "name"
#: Fewer known addresses than this teach nothing.
FEWEST = 40
FOLDS = 5
#: More than this do not make the weights and the curve truer, only slower to fit.
MOST_FITTED = 20_000
BATCH = 20_000
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
    addresses: int

    def guess(self, cleaned: pl.Series) -> pl.DataFrame:
        """Return the best answer of each address: ``COLUMNS``, in order; always one, however weak.

        ``confidence`` is the share of such answers that proved right; ``zh`` and ``en`` say what it
        rests on; ``second`` is the next best.
        """
        frames = [
            self._guess(cleaned.slice(start, BATCH)) for start in range(0, cleaned.len(), BATCH)
        ]
        return pl.concat(frames) if frames else self._guess(cleaned)

    def _guess(self, cleaned: pl.Series) -> pl.DataFrame:
        cut = self.knife.cut(cleaned)
        found = seen.gather(cut, self.tables, self.stems)
        shares = probabilities(found.weight, self.weights)
        best = shares.argmax(axis=1)
        rows = np.arange(len(best))
        confidence = self.curve(shares[rows, best])
        at_place = np.where(found.place >= 0, self.place_curve(found.place_share), 0.0)
        placed = at_place > confidence
        best = np.where(placed, found.place_answer, best)
        confidence = np.where(placed, at_place, confidence)
        rest = shares.copy()
        rest[rows, best] = -1.0
        second = rest.argmax(axis=1)
        method = self._method(found, best, placed)
        zh, en = self._words(found, best, method)
        return pl.DataFrame(
            {
                "answer": pl.Series(self.codes).gather(best),
                "confidence": confidence,
                "method": method,
                "zh": zh,
                "en": en,
                "second": pl.Series(self.names).gather(second),
                "second_share": np.maximum(rest[rows, second], 0.0),
                "place": _place_names(self.tables.keys, found.place),
            }
        )

    def _method(self, found: Evidence, best: Integers, placed: seen.Marks) -> pl.Series:
        """The kind of evidence that spoke loudest for the answer."""
        rows = np.arange(len(best))
        spoke = found.weight[rows, :, best] * self.weights
        kinds = np.array([BY_NUMBER, BY_ROAD, BY_NAME, BY_NAME])
        loudest = spoke[:, [seen.NUMBER, seen.ROAD, seen.BEST_NAME, seen.COMMUNITY_STEM]]
        named = kinds[loudest.argmax(axis=1)]
        named = np.where(loudest.max(axis=1) <= 0, "prior", named)
        return pl.Series(np.where(placed, BY_PLACE, named))

    def _words(
        self, found: Evidence, best: Integers, method: pl.Series
    ) -> tuple[pl.Series, pl.Series]:
        """What each answer rests on, Chinese and English."""
        keys, tables = self.tables.keys, self.tables
        kind = method.to_numpy()
        key = np.where(
            kind == BY_PLACE, found.place, np.where(kind == BY_NAME, found.name, found.road)
        )
        counts = {
            BY_PLACE: tables.at_place,
            BY_NAME: tables.name_counts,
            BY_ROAD: tables.road_counts,
        }
        for_it, of_all = np.zeros(len(best)), np.zeros(len(best))
        for name, table in counts.items():
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


def _told(said: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    kind = pl.col("kind")
    near = kind == BY_NUMBER
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
        .otherwise(pl.format("{}：已知的 {} 个地址中 {} 个在{}", "key", "of_all", "for_it", "name"))
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
            pl.format("{}: {} of {} known addresses are in {}", "key", "for_it", "of_all", "name")
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
    if known.height < FEWEST or known["subdistrict_code"].n_unique() < 2:
        return None
    knife = Knife(gazetteer, district)
    answers = known["subdistrict_code"].replace_strict(codes, list(range(len(codes)))).to_numpy()
    lessons = teaching.take_apart(knife.cut(known["cleaned"]), answers.astype(np.int64))
    stems = Stems.build(divisions.filter(pl.col("level") == "community"), codes)
    tables = teaching.tables(lessons, len(codes))
    weights, curve, place_curve = _fitted(lessons, tables, stems, len(codes))
    return Learned(
        district, codes, names, knife, tables, stems, weights, curve, place_curve, known.height
    )


def _fitted(
    lessons: Lessons, tables: Tables, stems: Stems, answers: int
) -> tuple[Floats, Curve, Curve]:
    """Weights and curves, from addresses held out: all of a building together, never half of it."""
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
    evidence, truth = np.concatenate(weight), np.concatenate(right)
    weights = fit_weights(evidence, truth)
    shares = probabilities(evidence, weights)
    said = shares.argmax(axis=1)
    curve = fit_curve(shares[np.arange(len(said)), said], (said == truth).astype(np.float64))
    return weights, curve, _place_curve(lessons, tables)


def _place_curve(lessons: Lessons, tables: Tables) -> Curve:
    """What rows at a known place say of one more row there: each row held against the others."""
    keys = pl.DataFrame({"place": tables.keys}).with_row_index("key")
    pairs = (
        lessons.places.join(lessons.spines.select("spine", "answer", "rows"), on="spine")
        .join(keys, on="place")
        .group_by("key", "answer")
        .agg(rows=pl.col("rows").sum())
        .sort("key", "answer")
    )
    key, answer = pairs["key"].to_numpy(), pairs["answer"].to_numpy()
    others = tables.at_place[key]
    others[np.arange(key.size), answer] -= 1.0
    told = others.sum(axis=1) > 0
    score = seen.agreement(others[told])
    right = (others[told].argmax(axis=1) == answer[told]).astype(np.float64)
    often = np.minimum(pairs["rows"].to_numpy()[told], 20).astype(np.int64)
    return fit_curve(np.repeat(score, often), np.repeat(right, often))
