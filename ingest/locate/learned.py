"""What a district's known addresses teach about the others, with a confidence that is true. Pure.

Learned from addresses whose sub-district is known: names (buildings, estates, what roads are named
after), roads, house numbers, and known places. How much each kind is worth is fitted on addresses
the counts had not seen, and so is what a score of 0.98 really means: decision 0025.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingest.locate import evidence as seen
from ingest.locate import held_out, teaching
from ingest.locate.cleaning import Knife
from ingest.locate.evidence import (
    BY_DOOR,
    BY_HOUSE,
    BY_NAME,
    BY_NUMBER,
    BY_PLACE,
    BY_PRIOR,
    BY_ROAD,
    Evidence,
    Stems,
)
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.held_out import Curves
from ingest.locate.teaching import Tables
from ingest.locate.weighing import Floats, Integers, probabilities
from ingest.locate.wording import cases_of

#: Fewer known addresses than this teach nothing.
FEWEST = 40
#: Of more the same number is drawn every time: they teach no more, and memory stays bounded.
MOST_TAUGHT = 100_000
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
    curves: Curves

    def guess(self, cleaned: pl.Series) -> pl.DataFrame:
        """Return the best answer of each address: ``COLUMNS``, in order; always one, however weak.

        ``confidence`` is the share of such answers that proved right; ``zh`` and ``en`` say what it
        rests on; ``second`` is the next best.
        """
        cut = self.knife.cut(cleaned)  # all at once: its patterns are arranged anew every time
        guesses = [
            self._guess(cut.slice(start, BATCH)) for start in range(0, max(1, cut.len()), BATCH)
        ]
        guessed = pl.concat([answers for answers, _ in guesses])
        said = pl.concat([each for _, each in guesses])
        zh, en = _told(said)
        return guessed.with_columns(zh=zh, en=en).select(COLUMNS)

    def _guess(self, cut: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The answers but for their words, and what is to be worded."""
        found = seen.gather(cut, self.tables, self.stems)
        shares = probabilities(found.weight, self.weights)
        best = shares.argmax(axis=1)
        rows = np.arange(len(best))
        told = seen.told_by(found, best, self.weights)
        score = shares[rows, best]
        confidence = held_out.confidence(found, score, told, self.tables, self.curves)
        rest = shares.copy()
        rest[rows, best] = -1.0
        second = rest.argmax(axis=1)
        method = pl.Series(told, dtype=pl.String)
        guessed = pl.DataFrame(
            {
                "answer": pl.Series(self.codes).gather(best),
                "confidence": confidence,
                "method": method,
                "second": pl.Series(self.names).gather(second),
                "second_share": np.clip(rest[rows, second], 0.0, 1.0 - confidence),
                "place": _place_names(self.tables.keys, found.place.key),
            }
        )
        return guessed, self._said(found, best, method)

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
                told = seen.told_by(found, answer, self.weights)
                zh, en = _told(self._said(found, answer, pl.Series(told, dtype=pl.String)))
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

    def _said(self, found: Evidence, best: Integers, method: pl.Series) -> pl.DataFrame:
        """What each answer rests on, to be worded."""
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
        return pl.DataFrame(
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


def _place_names(keys: pl.Series, place: Integers) -> pl.Series:
    """The names of the known places; null where there is none."""
    known = pl.Series(place >= 0)
    if keys.is_empty():
        return pl.Series([None] * len(place), dtype=pl.String)
    return keys.gather(np.maximum(place, 0)).zip_with(known, pl.Series([None], dtype=pl.String))


def _told(said: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """The words: of a house the rows on its road are counted, of a place every address with its name."""
    kind = pl.col("kind")
    counted_zh, counted_en = (
        "：已知的 {} 个地址中 {} 个在{}",
        ": {} of {} known addresses are in {}",
    )
    zh, en = ("of_all", "for_it", "name"), ("for_it", "of_all", "name")
    cases = [
        (
            (pl.col("of_all") == 0) | (kind == BY_PRIOR),
            pl.format("只有零星线索指向{}", "name"),
            pl.format("only faint hints at {}", "name"),
        ),
        (
            kind == BY_NUMBER,
            pl.format("{}{}号附近：已知的 {} 个门牌中 {} 个在{}", "key", "number", *zh),
            pl.format("near {} {}: {} of {} known numbers are in {}", "key", "number", *en),
        ),
        (
            kind == BY_DOOR,
            pl.format("{}{}号" + counted_zh, "key", "number", *zh),
            pl.format("{}{}号" + counted_en, "key", "number", *en),
        ),
        (
            (kind == BY_HOUSE) & pl.col("on_road"),
            pl.format("{}{}" + counted_zh, "road", "key", *zh),
            pl.format("{}{}" + counted_en, "road", "key", *en),
        ),
        (
            kind == BY_HOUSE,
            pl.format("{}（未写道路）" + counted_zh, "key", *zh),
            pl.format("{} (no road named)" + counted_en, "key", *en),
        ),
    ]
    otherwise = (pl.format("{}" + counted_zh, "key", *zh), pl.format("{}" + counted_en, "key", *en))
    parted = cases_of(said.with_row_index("at"), cases, otherwise, beside=("at",))
    told = [some.select("at", zh=zh, en=en) for some, (zh, en) in parted]
    if not told:
        return said["name"], said["name"]
    both = pl.concat(told).sort("at")
    return both["zh"], both["en"]


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
    weights, curves = held_out.fit(lessons, tables, stems)
    return Learned(district, codes, names, knife, tables, stems, weights, curves)
