"""Prices that prove a bound: what each unit may cost at least, in whole thousandths of a metre.

If no group costs less than its pieces' prices (less what its roundings take back), then no plan
costs less than all prices together. A solver's prices are nearly so; here they are made whole and
lowered until it is exactly so. Nothing a solver says about its own bound is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liangxin.planning.branches.certificate import SCALE
from liangxin.planning.branches.pieces import Ints
from liangxin.planning.branches.relaxation import Block, Relaxation
from liangxin.planning.branches.roundings import Rounding


@dataclass(frozen=True, slots=True)
class Prices:
    """Of one block: by piece, and by rounding (0 or above)."""

    pieces: Ints
    roundings: tuple[tuple[Rounding, int], ...] = ()

    @property
    def bound(self) -> int:
        """What a plan costs at least, in thousandths."""
        taken = sum(rounding.most * price for rounding, price in self.roundings)
        return int(self.pieces.sum()) - taken


def simple(block: Block) -> Prices:
    """Each piece's share of the group that costs it least; holds without any solver."""
    cost = block.groups.cost * SCALE
    sets = block.groups.pieces
    is_priced = np.append(block.leaving > 0, False)
    shares = is_priced[sets].sum(axis=1)
    prices = np.append(block.leaving * SCALE, 0)
    each = cost // np.maximum(shares, 1)
    np.minimum.at(prices, sets.ravel(), np.repeat(each, sets.shape[1]))
    prices[~is_priced] = 0
    return Prices(prices[:-1])


def proven(block: Block, relaxation: Relaxation) -> Prices:
    """The relaxation's prices, whole and lowered where a group would be a bargain."""
    prices = np.floor(relaxation.prices * SCALE).astype(np.int64)
    prices = np.append(np.minimum(prices, block.leaving * SCALE), 0)
    rounded = np.ceil(relaxation.rounding_prices * SCALE).astype(np.int64)
    sets = block.groups.pieces
    reduced = block.groups.cost * SCALE - prices[sets].sum(axis=1)
    for price, (groups, times) in zip(rounded.tolist(), relaxation.touched, strict=False):
        reduced[groups] += price * times
    bargains = np.flatnonzero(reduced < 0)
    if len(bargains):
        sizes = (sets[bargains] < block.total).sum(axis=1)
        lower = -(reduced[bargains] // sizes)
        cut = np.zeros(block.total + 1, dtype=np.int64)
        np.maximum.at(cut, sets[bargains].ravel(), np.repeat(lower, sets.shape[1]))
        prices -= cut
    kept = _paid(relaxation.roundings, rounded.tolist())
    return Prices(prices[:-1], kept)


def _paid(roundings: Sequence[Rounding], prices: Sequence[int]) -> tuple[tuple[Rounding, int], ...]:
    return tuple(pair for pair in zip(roundings, prices, strict=False) if pair[1] > 0)
