"""How evidence is weighed, and how a stated confidence is made true. Pure arithmetic on arrays.

Two small fits, both with one answer for one input: weights of a few kinds of evidence (a
conditional logit, Newton's method), and the rising curve from a score to the share that proved
right (isotonic regression by pooling neighbours, with every pool drawn towards "one more wrong").
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Marks = NDArray[np.bool_]

#: Pulls weights towards zero, so that evidence seen a handful of times cannot run away.
RIDGE = 1.0
STEPS = 50
#: Rows of the larger kind that a step of a smaller kind's curve rests on beside its own.
LENT = 20.0


def probabilities(evidence: Floats, weights: Floats) -> Floats:
    """Shares of each answer, rows × answers, from evidence of rows × kinds × answers."""
    scores: Floats = np.matmul(weights, evidence)  # no copy of the evidence, as tensordot makes
    scores -= scores.max(axis=1, keepdims=True)
    shares: Floats = np.exp(scores)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def fit_weights(evidence: Floats, answers: Integers) -> Floats:
    """Return the weight of each kind of evidence that makes the answers most likely; none below 0.

    Evidence that speaks against the truth more often than for it is worth nothing, not less.
    """
    kinds = evidence.shape[1]
    weights = np.full(kinds, 0.5)
    free = np.ones(kinds, dtype=bool)
    rows = np.arange(len(answers))
    said = evidence[rows, :, answers].sum(axis=0)
    for _ in range(STEPS):
        shares = probabilities(evidence, weights)
        expected = np.einsum("nk,nfk->nf", shares, evidence)
        gradient = expected.sum(axis=0) - said + 2 * RIDGE * weights
        spread = np.einsum("nk,nfk,ngk->fg", shares, evidence, evidence, optimize=True)
        curvature = spread - expected.T @ expected + 2 * RIDGE * np.eye(kinds)
        free = (weights > 0) | (gradient < 0)
        step = np.zeros(kinds)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        moved = np.maximum(0.0, weights - np.clip(step, -1.0, 1.0))
        if np.abs(moved - weights).max() < 1e-6:
            break
        weights = moved
    return weights


@dataclass(frozen=True, slots=True)
class Curve:
    """From a score in 0–1 to the share of rows with such a score that proved right."""

    scores: Floats
    shares: Floats

    def __call__(self, scores: Floats) -> Floats:
        """Return the confidence of each score; 0 where nothing was ever measured."""
        if self.scores.size == 0:
            return np.zeros_like(scores)
        return np.interp(scores, self.scores, self.shares)


def _steps(order: Integers, ordered: Floats, rows: Floats, smallest: int) -> list[Integers]:
    """Parts of about as many rows; rows of one score stay together, for nothing tells them apart."""
    upto = np.cumsum(rows[order])
    most = max(1, int(upto[-1] // smallest))
    ends = np.searchsorted(upto, upto[-1] / most * np.arange(1, most))
    ends = np.unique(np.searchsorted(ordered, ordered[ends], side="right"))
    return [part for part in np.split(order, ends) if part.size]


def fit_curve(
    scores: Floats,
    right: Floats,
    *,
    rows: Floats | None = None,
    smallest: int = 40,
    of_all: Curve | None = None,
) -> Curve:
    """Return the rising curve through what was measured.

    Args:
        scores: what the model said, of rows it had not learned from.
        right: 1 where it was right, else 0.
        rows: how many rows each counts as; one, where nothing is said.
        smallest: rows a step of the curve rests on at least.
        of_all: the curve of a larger kind that these rows are part of; each step is drawn towards
            it by ``LENT`` rows, and without rows it is the curve.
    """
    of_all = of_all or Curve(np.empty(0), np.empty(0))
    lent = LENT if of_all.scores.size else 0.0
    if scores.size == 0:
        return of_all
    much = np.ones_like(scores) if rows is None else rows
    order = np.argsort(scores, kind="stable")
    pools: list[list[float]] = []  # rows, right ones, sum of scores
    for part in _steps(order, scores[order], much, smallest):
        here = much[part]
        own = float(here.sum())
        good = float(here @ right[part]) + lent * float(here @ of_all(scores[part])) / own
        pools.append([own + lent, good, (own + lent) / own * float(here @ scores[part])])
        while len(pools) > 1 and pools[-2][1] / pools[-2][0] >= pools[-1][1] / pools[-1][0]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    at = np.array([total / count for count, _, total in pools])
    # Never quite certain: what was seen, and one more row that was wrong.
    share = np.array([good / (count + 1) for count, good, _ in pools])
    # Below the lowest score that was measured confidence falls off, for nothing bears it out there.
    return Curve(np.r_[0.0, at], np.r_[0.0, np.maximum.accumulate(share)])
