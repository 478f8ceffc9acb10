"""What a method hands over: groups, and prices that prove how far from the best they can be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liangxin.planning.branches.candidates import MOST_PIECES
from liangxin.planning.branches.pieces import Ground
from liangxin.planning.branches.problem import Weights
from liangxin.planning.branches.roundings import Rounding

SCALE = 1000  # prices are in thousandths of a metre, so that making them whole loses little


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether two pieces of a part are in one group."""

    one: int
    other: int
    together: bool


@dataclass(frozen=True, slots=True)
class Case:
    """Prices that hold of all plans in which the decisions hold; in thousandths of a metre."""

    decisions: tuple[Decision, ...]
    prices: tuple[int, ...]  # by piece
    rounding_prices: tuple[int, ...]  # by rounding, 0 or above; roundings after them are free


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces that share no worthwhile group with any other, and cases one of which every plan is.

    A piece goes by the first of its ids; roundings and decisions name places in ``pieces``.
    """

    pieces: tuple[str, ...]
    roundings: tuple[Rounding, ...]
    cases: tuple[Case, ...]

    @property
    def bound(self) -> int:
        """What a plan of these pieces costs at least, in whole metres."""
        return min(-(-self.proven(case) // SCALE) for case in self.cases)

    def proven(self, case: Case) -> int:
        """Return what a plan in this case costs at least, in thousandths."""
        given = zip(self.roundings, case.rounding_prices, strict=False)
        return sum(case.prices) - sum(rounding.most * price for rounding, price in given)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What proves that no plan of candidates costs less than ``bound``."""

    parts: tuple[Part, ...]
    stake: int  # what leaving one unit without a branch counts, in metres
    bound: int  # in metres, units left included


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that nobody has checked yet: ids of every group, a branch's own first."""

    groups: tuple[tuple[str, ...], ...]
    certificate: Certificate
    seed: int
    in_time: bool = True  # false: it was cut short, and another run may find another plan


def stake(grounds: Sequence[Ground], weights: Weights) -> int:
    """More metres than all groups of any plan cost together.

    So no unit is ever left to save distance. A group of five has four pairs a piece, each shared
    by two; hence twice a piece's dearest pair.
    """
    most = 1
    for ground in grounds:
        dearest = np.where(ground.fits, ground.pair, 0).max(axis=1, initial=0)
        each = weights.new_branch + ground.within + (MOST_PIECES - 1) // 2 * dearest
        most += int(each.sum())
    return most
