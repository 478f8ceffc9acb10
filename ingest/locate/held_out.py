"""What addresses that were held out say of the weights, and of how sure each answer is. Pure.

A confidence is the share of right answers among known addresses asked as if they were new: a
wording up to the house number is held out whole, so that the rooms of one house do not vouch for
each other. Rooms of a house that is known from its other rooms are asked apart, each without
itself. Each kind of evidence has a curve of its own, for 0.9 by a number nearby and 0.9 by a name
are not equally often right: decision 0025.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.locate import evidence as seen
from ingest.locate import teaching
from ingest.locate.cleaning import CUT
from ingest.locate.evidence import Evidence, Stems
from ingest.locate.teaching import Lessons, Tables
from ingest.locate.weighing import (
    Curve,
    Floats,
    Integers,
    fit_curve,
    fit_weights,
    probabilities,
)

FOLDS = 5
#: More than this do not make the weights and the curves truer, only slower to fit.
MOST_FITTED = 20_000
#: Rooms of one wording that count: more than a shop's one, but a tower of a hundred firms is one case.
MOST_ROOMS = 3
#: A place that is called a community is a kind of its own: streets, and not one building.
_COMMUNITY = "community"
#: Answers about a building that is new, and about one that is known.
_NEW = (seen.BY_NUMBER, seen.BY_ROAD, seen.BY_NAME)
_KNOWN = (seen.BY_HOUSE, seen.BY_DOOR, seen.BY_PLACE, _COMMUNITY)
Curves = Mapping[str, Curve]
Kinds = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Asked:
    """Addresses asked of what others teach: what speaks, the truth, rooms of each that count."""

    found: Evidence
    tables: Tables
    answer: Integers
    rooms: Integers


def fit(lessons: Lessons, tables: Tables, stems: Stems) -> tuple[Floats, Curves]:
    """Return the weight of each kind of evidence, and by what an answer rests on its curve."""
    spines = _folded(lessons.spines)
    bare, whole = _asked_of_others(spines, lessons, stems, tables.prior.size)
    if not bare:  # every address has one wording: nothing can be held out, nothing be sure
        return np.full(seen.KINDS, 0.5), {}
    named = [asked.found.weight[:, seen.COMMUNITY].any(axis=1) for asked in whole]
    pairs = list(zip(whole, named, strict=True))
    weights = fit_weights(
        np.concatenate(
            [*(each.found.weight for each in bare), *(each.found.weight[at] for each, at in pairs)]
        ),
        np.concatenate([*(each.answer for each in bare), *(each.answer[at] for each, at in pairs)]),
    )
    outcomes = [
        _outcomes(each, weights) for each in (*bare, *_asked_of_rooms(spines, tables, stems))
    ]
    for each in whole:
        score, right, kind = _outcomes(each, weights)
        by_it = kind == _COMMUNITY
        outcomes.append((score[by_it], right[by_it], kind[by_it]))
    score, right, kind = (np.concatenate(each) for each in zip(*outcomes, strict=True))
    # What was never measured of known buildings is no less sure than of new ones; not the reverse.
    of_all = Curve(np.empty(0), np.empty(0))
    curves = {}
    for kinds in (_NEW, _KNOWN):
        some = np.isin(kind, kinds)
        of_all = fit_curve(score[some], right[some], of_all=of_all)
        for one in kinds:
            here = kind == one
            curves[one] = fit_curve(score[here], right[here], of_all=of_all)
    return weights, curves


def confidence(
    found: Evidence, score: Floats, told: Kinds, tables: Tables, curves: Curves
) -> Floats:
    """Return the share of such answers that proved right; 0 where nothing of the kind was measured."""
    kind = _kind(found, told, tables)
    sure = np.zeros(score.size)
    for name, curve in curves.items():
        here = kind == name
        sure[here] = curve(score[here])
    return sure


def _kind(found: Evidence, told: Kinds, tables: Tables) -> Kinds:
    """By which curve an answer is measured: what it is told to rest on, communities apart."""
    kind = told.copy()
    for name, thing in ((seen.BY_PLACE, found.place), (seen.BY_HOUSE, found.house)):
        here = np.flatnonzero(told == name)
        kind[here[tables.are_communities[thing.key[here]]]] = _COMMUNITY
    return kind


def _folded(spines: pl.DataFrame) -> pl.DataFrame:
    """The addresses with what is left without a community (``bare``) and the ``fold`` of the wording."""
    bare = teaching.without_communities(spines["text"])
    wording = bare.str.replace_all(CUT, "", literal=True).str.split("号").list.first()
    keyed = spines.with_columns(bare=bare, wording=wording)
    wordings = keyed["wording"].unique().sort()
    order = np.random.default_rng(0).permutation(wordings.len())
    folds = pl.DataFrame({"wording": wordings, "fold": order % FOLDS})
    return keyed.join(folds, on="wording", maintain_order="left")


def _asked_of_others(
    spines: pl.DataFrame, lessons: Lessons, stems: Stems, answers: int
) -> tuple[list[Asked], list[Asked]]:
    """Every wording asked of what all others teach, a fifth at a time: without its community, and with."""
    drawn = _drawn(spines)
    bare, whole = [], []
    for fold in range(FOLDS):
        apart = drawn.filter(pl.col("fold") == fold)
        rest = spines.filter(pl.col("fold") != fold)
        if apart.is_empty() or rest.is_empty():
            continue
        learned = teaching.tables(lessons, answers, spines=rest["spine"])
        bare.append(_asked(apart, "bare", learned, stems))
        named = apart.filter(pl.col("bare") != pl.col("text"))
        whole.append(_asked(named, "text", learned, stems))
    return bare, whole


def _asked_of_rooms(spines: pl.DataFrame, tables: Tables, stems: Stems) -> list[Asked]:
    """Rooms of wordings that have several, each asked of the others."""
    several = _drawn(spines.filter(pl.col("rows") > 1))
    return [_asked(several, "bare", tables, stems, without_itself=True)]


def _drawn(spines: pl.DataFrame) -> pl.DataFrame:
    if spines.height <= MOST_FITTED:
        return spines
    return spines.sample(MOST_FITTED, seed=0).sort("spine")


def _asked(
    spines: pl.DataFrame, text: str, tables: Tables, stems: Stems, *, without_itself: bool = False
) -> Asked:
    answer = spines["answer"].to_numpy().astype(np.int64)
    rooms = np.minimum(spines["rows"].to_numpy(), MOST_ROOMS).astype(np.int64)
    found = seen.gather(spines[text], tables, stems, own=answer if without_itself else None)
    return Asked(found, tables, answer, rooms)


def _outcomes(asked: Asked, weights: Floats) -> tuple[Floats, Floats, Kinds]:
    """Of each room asked: the score of the answer, whether it was right, and its kind of evidence."""
    shares = probabilities(asked.found.weight, weights)
    said = shares.argmax(axis=1)
    score = shares[np.arange(said.size), said]
    right = (said == asked.answer).astype(np.float64)
    told = seen.told_by(asked.found, said, weights)
    kind = _kind(asked.found, told, asked.tables)
    return (
        np.repeat(score, asked.rooms),
        np.repeat(right, asked.rooms),
        np.repeat(kind, asked.rooms),
    )
