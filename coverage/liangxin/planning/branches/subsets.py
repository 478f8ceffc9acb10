"""All sets of up to five among a piece and its nearest, as a table; the checker's own arithmetic.

``candidates`` makes one long list of groups for the method; here every neighbourhood is gone
through by itself, so that one's mistake is not the other's.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from liangxin.planning.branches.candidates import MOST_PIECES
from liangxin.planning.branches.certificate import SCALE, Part
from liangxin.planning.branches.pieces import Flags, Ground, Ints
from liangxin.planning.branches.problem import Problem


class Subsets:
    """Sets among so many pieces, as rows of ones and noughts."""

    def __init__(self, number: int) -> None:
        few = range(1, min(number, MOST_PIECES) + 1)
        chosen = [some for size in few for some in combinations(range(number), size)]
        self.holds: Ints = np.zeros((len(chosen), number), dtype=np.int64)
        for row, some in enumerate(chosen):
            self.holds[row, list(some)] = 1
        self.pairs = list(combinations(range(number), 2))
        self.both: Ints = np.zeros((len(chosen), len(self.pairs)), dtype=np.int64)
        for column, (a, b) in enumerate(self.pairs):
            self.both[:, column] = self.holds[:, a] * self.holds[:, b]
        self.splits = _splits(chosen)

    def worthwhile(self, problem: Problem, ground: Ground, near: Sequence[int]) -> Flags:
        """Which sets may be a group, and are better than any two of their parts.

        Some best plan has only such groups: any other can be replaced by its two parts.
        """
        may, cost = self.allowed(problem, ground, near), self.cost(problem, ground, near)
        stands = may | (self.holds @ ground.waiting[near] == 0)
        whole, part, rest = self.splits
        matched = stands[part] & stands[rest] & (cost[part] + cost[rest] <= cost[whole])
        worth = may.copy()
        worth[whole[matched]] = False
        return worth

    def allowed(self, problem: Problem, ground: Ground, near: Sequence[int]) -> Flags:
        """Which sets may be a group."""
        limits, single = problem.limits, self.holds.sum(axis=1) == 1
        size, members = self.holds @ ground.size[near], self.holds @ ground.members[near]
        unfit = np.array([not ground.fits[near[a], near[b]] for a, b in self.pairs], dtype=np.int64)
        may: Flags = (
            (self.both @ unfit == 0)
            & (self.holds @ ground.full[near] >= limits.full_members)
            & (self.holds @ ground.waiting[near] > 0)
            & (members <= limits.members)
            & (size >= 2)
            & ((size <= limits.units) | single)
        )
        return may

    def cost(self, problem: Problem, ground: Ground, near: Sequence[int]) -> Ints:
        """What each set costs as a group."""
        pair = np.array([ground.pair[near[a], near[b]] for a, b in self.pairs], dtype=np.int64)
        new = self.holds @ ground.is_standing[near].astype(np.int64) == 0
        cost: Ints = self.both @ pair + self.holds @ ground.within[near]
        cost += new * problem.weights.new_branch
        return cost


def _splits(chosen: Sequence[tuple[int, ...]]) -> tuple[Ints, Ints, Ints]:
    """Every way to part a set in two: rows of the whole, of one part and of the other."""
    row = {some: n for n, some in enumerate(chosen)}
    found = [
        (row[some], row[part], row[tuple(one for one in some if one not in part)])
        for some in chosen
        for size in range(1, len(some))
        for part in combinations(some, size)
        if part[0] == some[0]
    ]
    table = np.array(found, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


class PricedPart:
    """A part of a proof with its cases' prices side by side."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.prices: Ints = np.array([case.prices for case in part.cases], dtype=np.int64).T
        self.bounds: Ints = np.array([part.proven(case) for case in part.cases], dtype=np.int64)
        number = len(part.roundings)
        self.rounding_prices: Ints = np.zeros((number, len(part.cases)), dtype=np.int64)
        for column, case in enumerate(part.cases):
            self.rounding_prices[: len(case.rounding_prices), column] = case.rounding_prices
        self.shares: list[list[tuple[int, int]]] = [[] for _ in part.pieces]
        for n, rounding in enumerate(part.roundings):
            for piece, share in rounding.shares:
                self.shares[piece].append((n, share))

    def makes_a_bargain(self, sets: Ints, places: Sequence[int], cost: Ints) -> bool:
        """Whether in some case a set costs less than its prices, less what wholes take back."""
        reduced = self._reduced(sets, places, cost)
        return bool(((reduced < 0) & self._decided(sets, places)).any())

    def least_with(self, sets: Ints, places: Sequence[int], cost: Ints) -> Ints:
        """Return what a plan with each of the sets costs at least, in thousandths."""
        least = self._reduced(sets, places, cost) + self.bounds
        least[~self._decided(sets, places)] = np.iinfo(np.int64).max
        lowest: Ints = least.min(axis=1)
        return lowest

    def _reduced(self, sets: Ints, places: Sequence[int], cost: Ints) -> Ints:
        """What a set costs in each case beyond its prices, with what wholes take back."""
        taken = self._wholes(sets, places)
        reduced: Ints = cost[:, None] * SCALE - sets @ self.prices[places] + taken
        return reduced

    def _wholes(self, sets: Ints, places: Sequence[int]) -> Ints:
        met = sorted({n for piece in places for n, _ in self.shares[piece]})
        column = {n: k for k, n in enumerate(met)}
        shares = np.zeros((len(places), len(met)), dtype=np.int64)
        for row, piece in enumerate(places):
            for n, share in self.shares[piece]:
                shares[row, column[n]] += share
        divisors = np.array([self.part.roundings[n].divisor for n in met], dtype=np.int64)
        taken: Ints = (sets @ shares // divisors) @ self.rounding_prices[met]
        return taken

    def _decided(self, sets: Ints, places: Sequence[int]) -> Flags:
        """Which sets keep to the decisions of which case."""
        keeps = np.ones((len(sets), len(self.part.cases)), dtype=bool)
        row = {piece: n for n, piece in enumerate(places)}
        nobody = np.zeros(len(sets), dtype=np.int64)
        for column, case in enumerate(self.part.cases):
            for each in case.decisions:
                if each.one in row or each.other in row:
                    one, other = (
                        sets[:, row[piece]] if piece in row else nobody
                        for piece in (each.one, each.other)
                    )
                    keeps[:, column] &= (one == other) if each.together else (one + other < 2)
        return keeps
