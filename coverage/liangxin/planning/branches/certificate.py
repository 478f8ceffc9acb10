"""What a method hands over: groups, and prices that prove how far from the best they can be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liangxin.planning.branches.candidates import MOST_PIECES
from liangxin.planning.branches.pieces import Ground
from liangxin.planning.branches.problem import Weights

SCALE = 1000  # prices are in thousandths of a metre, so that making them whole loses little


@dataclass(frozen=True, slots=True)
class PricedRounding:
    """Of the pieces' shares a plan's groups hold so many wholes at most; what one whole costs."""

    shares: tuple[tuple[str, int], ...]
    divisor: int
    price: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """Prices in thousandths of a metre; a piece goes by the first of its ids."""

    prices: tuple[tuple[str, int], ...]
    roundings: tuple[PricedRounding, ...]
    stake: int  # what leaving one unit without a branch counts, in metres
    bound: int  # no plan costs less, in metres, units left included


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
