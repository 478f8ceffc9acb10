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
#: Rooms of one address that count: more than a shop's one, but a tower of a hundred firms is one case.
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
    """Addresses asked of what others teach: what speaks, the truth, as how many rooms each counts."""

    found: Evidence
    tables: Tables
    answer: Integers
    rooms: Floats


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
    rooms = _asked_of_rooms(spines, lessons, tables, stems)
    outcomes = [
        *(_outcomes(each, weights, (*_NEW, *_KNOWN)) for each in bare),
        *(_outcomes(each, weights, (_COMMUNITY,)) for each in whole),
        # Of a new building a room says nothing: its own road and name are among what it is asked of.
        *(_outcomes(each, weights, _KNOWN) for each in rooms),
    ]
    score, right, kind, rows = (np.concatenate(each) for each in zip(*outcomes, strict=True))
    # What was never measured of known buildings is no less sure than of new ones; not the reverse.
    of_all = Curve(np.empty(0), np.empty(0))
    curves = {}
    for kinds in (_NEW, _KNOWN):
        some = np.isin(kind, kinds)
        of_all = fit_curve(score[some], right[some], rows=rows[some], of_all=of_all)
        for one in kinds:
            here = kind == one
            curves[one] = fit_curve(score[here], right[here], rows=rows[here], of_all=of_all)
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
    """The addresses as they are asked, with the ``fold`` of the wording.

    ``bare``: what is left without a community; ``room``: the same of one room, with its number;
    ``house``: which have all but their rooms and wings in common; ``of_house``: rows of the house;
    ``rooms``: as how many each counts.
    """
    bare = teaching.without_communities(spines["text"])
    keyed = spines.with_columns(
        bare=bare, wording=_wording(bare), room=teaching.without_communities(spines["room"])
    ).with_columns(
        house=pl.struct(_wording(spines["text"]).alias("text"), "road", "number").rank("dense")
    )
    wordings = keyed["wording"].unique().sort()
    order = np.random.default_rng(0).permutation(wordings.len())
    folds = pl.DataFrame({"wording": wordings, "fold": order % FOLDS})
    return keyed.join(folds, on="wording", maintain_order="left").with_columns(
        of_house=pl.col("rows").sum().over("house"),
        rooms=pl.min_horizontal("rows", MOST_ROOMS),
    )


def _wording(texts: pl.Series) -> pl.Series:
    """The addresses up to their house number."""
    return texts.str.replace_all(CUT, "", literal=True).str.split("号").list.first()


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


def _asked_of_rooms(
    spines: pl.DataFrame, lessons: Lessons, tables: Tables, stems: Stems
) -> list[Asked]:
    """Rooms of houses that have several, each asked of the others without itself.

    A house counts as `MOST_ROOMS` at most, shared out as its rooms are: one of thirty is no quarter.
    """
    counted = pl.col("rows") * pl.min_horizontal(1.0, MOST_ROOMS / pl.col("of_house"))
    several = _drawn(spines.filter(pl.col("of_house") > 1).with_columns(rooms=counted))
    more = several.filter(pl.col("rows") > 1)
    asked = [_asked(more, "room", tables, stems, without_itself=True)]
    # The only room of its answer takes what its name and number say with it. A fifth at a time, and
    # of one house no more than a fifth.
    only = several.filter(pl.col("rows") == 1).with_columns(
        fold=(pl.col("house") + pl.int_range(pl.len()).over("house")) % FOLDS
    )
    for (_,), apart in only.group_by("fold", maintain_order=True):
        rest = spines.filter(~pl.col("spine").is_in(apart["spine"].implode()))
        learned = teaching.tables(lessons, tables.prior.size, spines=rest["spine"])
        asked.append(_asked(apart, "room", learned, stems))
    return asked


def _drawn(spines: pl.DataFrame) -> pl.DataFrame:
    if spines.height <= MOST_FITTED:
        return spines
    return spines.sample(MOST_FITTED, seed=0).sort("spine")


def _asked(
    spines: pl.DataFrame, text: str, tables: Tables, stems: Stems, *, without_itself: bool = False
) -> Asked:
    answer = spines["answer"].to_numpy().astype(np.int64)
    rooms = spines["rooms"].to_numpy().astype(np.float64)
    found = seen.gather(spines[text], tables, stems, own=answer if without_itself else None)
    return Asked(found, tables, answer, rooms)


def _outcomes(
    asked: Asked, weights: Floats, kinds: tuple[str, ...]
) -> tuple[Floats, Floats, Kinds, Floats]:
    """Of the answers that rest on some kinds of evidence: score, whether right, kind, rooms."""
    shares = probabilities(asked.found.weight, weights)
    said = shares.argmax(axis=1)
    score = shares[np.arange(said.size), said]
    right = (said == asked.answer).astype(np.float64)
    told = seen.told_by(asked.found, said, weights)
    kind = _kind(asked.found, told, asked.tables)
    some = np.isin(kind, kinds)
    return score[some], right[some], kind[some], asked.rooms[some]
