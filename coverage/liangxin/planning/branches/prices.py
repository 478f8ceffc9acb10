"""Prices that prove a bound: what each unit may cost at least, in whole thousandths of a metre.

If no group costs less than its pieces' prices (less what its roundings take back), then no plan
costs less than all prices together. A solver's prices are nearly so; here they are made whole and
lowered until it is exactly so. Nothing a solver says about its own bound is used.
"""

import numpy as np

from liangxin.planning.branches.certificate import SCALE, Case, Decision
from liangxin.planning.branches.relaxation import Block, Relaxation


def simple(block: Block) -> Case:
    """Each piece's share of the group that costs it least; holds without any solver."""
    cost = block.groups.cost * SCALE
    sets = block.groups.pieces
    is_priced = np.append(block.leaving > 0, False)
    shares = is_priced[sets].sum(axis=1)
    prices = np.append(block.leaving * SCALE, 0)
    each = cost // np.maximum(shares, 1)
    np.minimum.at(prices, sets.ravel(), np.repeat(each, sets.shape[1]))
    prices[~is_priced] = 0
    return Case((), tuple(prices[:-1].tolist()), ())


def proven(block: Block, relaxation: Relaxation, decisions: tuple[Decision, ...] = ()) -> Case:
    """The relaxation's prices, whole and lowered where a group would be a bargain."""
    prices = np.floor(relaxation.prices * SCALE).astype(np.int64)
    prices = np.append(np.minimum(prices, block.leaving * SCALE), 0)
    rounded = np.ceil(relaxation.rounding_prices * SCALE).astype(np.int64)
    sets = block.groups.pieces
    reduced = block.groups.cost * SCALE - prices[sets].sum(axis=1)
    for price, (groups, times) in zip(rounded.tolist(), relaxation.touched, strict=False):
        reduced[groups] += price * times
    bargains = np.flatnonzero((reduced < 0) & relaxation.is_allowed)
    if len(bargains):
        sizes = (sets[bargains] < block.total).sum(axis=1)
        lower = -(reduced[bargains] // sizes)
        cut = np.zeros(block.total + 1, dtype=np.int64)
        np.maximum.at(cut, sets[bargains].ravel(), np.repeat(lower, sets.shape[1]))
        prices -= cut
    return Case(decisions, tuple(prices[:-1].tolist()), tuple(rounded.tolist()))
