"""The linear program over mixtures of groups: it gives prices, and says which groups matter.

Only some groups are in it at any time. Those that its prices make a bargain are added until none
is left (column generation over a list); then roundings it breaks are added, and again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import highspy
import numpy as np

from liangxin.planning import solver
from liangxin.planning.branches.candidates import Groups
from liangxin.planning.branches.certificate import Decision
from liangxin.planning.branches.pieces import Flags, Ints
from liangxin.planning.branches.roundings import NOTHING, Floats, Rounding, broken

SecondsLeft = Callable[[], float]
FIRST_A_PIECE = 10
MOST_BARGAINS = 3000  # added in one turn
MOST_TURNS = 60  # of roundings
IDLE_TURNS = 8  # without the bound moving by ``WORTH`` of itself
WORTH = 2e-6
_BARGAIN = -1e-6


@dataclass(frozen=True, slots=True)
class Block:
    """Pieces that share no group with any other, and the groups among them.

    ``leaving`` is what it costs to leave a piece; places in ``groups`` are places in it.
    """

    leaving: Ints
    groups: Groups

    @property
    def total(self) -> int:
        """How many pieces."""
        return len(self.leaving)

    def by_piece(self) -> list[Ints]:
        """Return the groups each piece is in."""
        group, at = np.nonzero(self.groups.pieces < self.total)
        piece = self.groups.pieces[group, at]
        order = np.argsort(piece, kind="stable")
        ends = np.searchsorted(piece[order], np.arange(1, self.total))
        return np.split(group[order], ends) if self.total else []


class Relaxation:
    """A growing linear program of one block."""

    def __init__(self, block: Block, seed: int) -> None:
        self.block = block
        self.total = block.total
        self.model = solver.quiet(seed)
        self.columns: list[int] = []  # groups in it, in order of columns
        self.is_in = np.zeros(len(block.groups), dtype=bool)
        self.is_allowed = np.ones(len(block.groups), dtype=bool)
        self.roundings: list[Rounding] = []
        self.touched: list[tuple[Ints, Ints]] = []  # by rounding: groups it counts, and how often
        self.prices: Floats = np.zeros(self.total)
        self.rounding_prices: Floats = np.zeros(0)
        self.used: Floats = np.zeros(0)
        self.value = 0.0
        self._by_piece = block.by_piece()
        self._add_leaving()
        self._add_groups(self._first())

    def allow(self, decisions: Sequence[Decision]) -> None:
        """Look only at mixtures of groups that keep to some decisions."""
        self.is_allowed[:] = True
        for each in decisions:
            one, other = (self._with(piece) for piece in (each.one, each.other))
            self.is_allowed &= (one == other) if each.together else ~(one & other)
        number = len(self.columns)
        most = np.where(self.is_allowed[self.columns], highspy.kHighsInf, 0.0)
        places = np.arange(self.total, self.total + number, dtype=np.int32)
        self.model.changeColsBounds(number, places, np.zeros(number), most)

    def tighten(self, seconds_left: SecondsLeft, turns: int = MOST_TURNS) -> bool:
        """Price and round until nothing more is gained; return whether time sufficed.

        If not, the prices are the last that no group was a bargain by, if there were any.
        """
        idle, before = 0, -np.inf
        whole = (self.prices, self.rounding_prices, self.value)
        for turn in range(turns):
            if not self._price(seconds_left):
                self.prices, self.rounding_prices, self.value = whole
                return False
            whole = (self.prices, self.rounding_prices, self.value)
            idle = idle + 1 if self.value <= before + WORTH * abs(self.value) else 0
            before = max(before, self.value)
            if turn + 1 == turns:
                break
            chosen = self.block.groups.pieces[self.columns]
            found = broken(chosen, self.used, self.total)
            if not found or idle == IDLE_TURNS:
                break
            for rounding in found:
                self._add_rounding(rounding)
        return True

    def reduced_costs(self) -> Floats:
        """What each group costs beyond the prices of its pieces; below 0 is a bargain."""
        prices = np.append(self.prices, 0.0)
        reduced: Floats = self.block.groups.cost - prices[self.block.groups.pieces].sum(axis=1)
        for price, (groups, times) in zip(self.rounding_prices, self.touched, strict=False):
            if price > 0:
                reduced[groups] += price * times
        reduced[~self.is_allowed] = np.inf
        return reduced

    def undecided(self) -> tuple[int, int] | None:
        """Two pieces that the mixture groups together about half; none: it is a plan."""
        half: dict[tuple[int, int], float] = {}
        for column in np.flatnonzero((self.used > NOTHING) & (self.used < 1 - NOTHING)):
            pieces = self.block.groups.pieces[self.columns[column]].tolist()
            for pair in combinations([piece for piece in pieces if piece < self.total], 2):
                half[pair] = half.get(pair, 0.0) + float(self.used[column])
        open_pairs = [pair for pair in half if NOTHING < half[pair] < 1 - NOTHING]
        return min(open_pairs, key=lambda pair: (abs(half[pair] - 0.5), pair), default=None)

    def plan(self) -> Ints:
        """The groups of a mixture that is a plan."""
        return np.sort(np.array(self.columns, dtype=np.int64)[self.used > 0.5])

    def _price(self, seconds_left: SecondsLeft) -> bool:
        while seconds_left() > 0:
            self._solve()
            reduced = self.reduced_costs()
            bargains = np.flatnonzero((reduced < _BARGAIN) & ~self.is_in)
            if not len(bargains):
                return True
            best = np.argsort(reduced[bargains], kind="stable")[:MOST_BARGAINS]
            self._add_groups(np.sort(bargains[best]))
        return False

    def _solve(self) -> None:
        solver.run(self.model)
        solution = self.model.getSolution()
        duals = np.array(solution.row_dual)
        self.prices = duals[: self.total]
        self.rounding_prices = np.maximum(-duals[self.total :], 0.0)
        self.used = np.array(solution.col_value)[self.total :]
        self.value = self.model.getInfo().objective_function_value

    def _with(self, piece: int) -> Flags:
        holds = np.zeros(len(self.is_in), dtype=bool)
        holds[self._by_piece[piece]] = True
        return holds

    def _first(self) -> Ints:
        """Of each piece the groups that cost least a piece."""
        groups = self.block.groups
        each = groups.cost / (groups.pieces < self.total).sum(axis=1)
        first = [
            some[np.argsort(each[some], kind="stable")[:FIRST_A_PIECE]] for some in self._by_piece
        ]
        return np.unique(np.concatenate(first)) if first else np.empty(0, dtype=np.int64)

    def _add_leaving(self) -> None:
        """Every piece is in one group or left: one row each, and a column for leaving it."""
        places, ones = np.arange(self.total), np.ones(self.total)
        add_rows(self.model, ones, ones)
        add_columns(self.model, self.block.leaving, places, places, ones)

    def _add_groups(self, groups: Ints) -> None:
        new = groups[~self.is_in[groups]]
        place = np.full(len(self.is_in), -1, dtype=np.int64)
        place[new] = np.arange(len(new))
        sets = self.block.groups.pieces[new]
        column, at = np.nonzero(sets < self.total)
        rows, columns, times = [sets[column, at]], [column], [np.ones(len(column))]
        for number, (counted, how_often) in enumerate(self.touched):
            here = place[counted] >= 0
            rows.append(np.full(here.sum(), self.total + number))
            columns.append(place[counted[here]])
            times.append(how_often[here].astype(np.float64))
        column = np.concatenate(columns)
        order = np.argsort(column, kind="stable")
        starts = np.searchsorted(column[order], np.arange(len(new)))
        cost = self.block.groups.cost[new]
        add_columns(
            self.model, cost, starts, np.concatenate(rows)[order], np.concatenate(times)[order]
        )
        self.is_in[new] = True
        self.columns += new.tolist()

    def _add_rounding(self, rounding: Rounding) -> None:
        shares = [np.repeat(self._by_piece[piece], times) for piece, times in rounding.shares]
        groups, held = np.unique(np.concatenate(shares), return_counts=True)
        counts = held // rounding.divisor
        groups, counts = groups[counts > 0], counts[counts > 0]
        self.roundings.append(rounding)
        self.touched.append((groups, counts))
        column = np.full(len(self.is_in), -1, dtype=np.int64)
        column[self.columns] = np.arange(len(self.columns))
        here = column[groups] >= 0
        places = (self.total + column[groups[here]]).astype(np.int32)
        times = counts[here].astype(np.float64)
        self.model.addRow(-highspy.kHighsInf, float(rounding.most), len(places), places, times)


def add_rows(model: Any, lower: Floats, upper: Floats) -> None:
    """Add empty rows."""
    nothing = np.zeros(0, dtype=np.int32)
    starts = np.zeros(len(lower), dtype=np.int32)
    model.addRows(len(lower), lower, upper, 0, starts, nothing, np.zeros(0))


def add_columns(model: Any, cost: Ints, starts: Ints, rows: Ints, times: Floats) -> None:
    """Add columns that may be used as much as one likes."""
    number = len(cost)
    if number:
        model.addCols(
            number,
            cost.astype(np.float64),
            np.zeros(number),
            np.full(number, highspy.kHighsInf),
            len(rows),
            starts.astype(np.int32),
            rows.astype(np.int32),
            times,
        )
