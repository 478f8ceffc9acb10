"""Roundings: sentences that hold of every plan but not of every mixture of plans.

Give each piece some shares of a whole of ``divisor`` shares. A plan's groups are disjoint, so the
wholes inside its groups are no more than the wholes in all shares together: of three units, at
most one group holds two. Linear programs break such sentences, plans never do; adding them brings
the bound up to the plan (Chvátal-Gomory cuts of rank one; with three pieces, subset-row cuts).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.branches.pieces import Flags, Ints

Floats = NDArray[np.float64]
DIVISORS = (2, 3, 4)
MOST_SHARES = 16  # of one rounding
MOST_AT_ONCE = 200
MOST_A_PIECE = 6  # of one turn's roundings, so that they are about different places
LEAST_BROKEN = 0.02
ENOUGH_AROUND = 60  # pieces that a rounding grows among
NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Rounding:
    """Shares of some pieces; a group counts one for every ``divisor`` shares it holds."""

    shares: tuple[tuple[int, int], ...]  # piece, shares; ascending
    divisor: int

    @property
    def most(self) -> int:
        """How many wholes a plan can have."""
        return sum(shares for _, shares in self.shares) // self.divisor


def broken(groups: Ints, used: Floats, total: int) -> list[Rounding]:
    """Return roundings that a mixture of groups breaks, the most broken first.

    Args:
        groups: pieces of the groups in the mixture, padded with ``total``.
        used: how much of each is used.
        total: how many pieces there are.
    """
    part = (used > NOTHING) & (used < 1 - NOTHING)
    if not part.any():
        return []
    mixture = _Mixture(groups[part], used[part], total)
    found: dict[Rounding, float] = {}
    for divisor in DIVISORS:
        for start in range(len(mixture.pieces)):
            rounding, by = mixture.grow(start, divisor)
            if rounding is not None:
                found[rounding] = by
    ranked = sorted(found, key=lambda each: (-found[each], each.divisor, each.shares))
    return _spread_out(ranked)


def _spread_out(ranked: Sequence[Rounding]) -> list[Rounding]:
    times: dict[int, int] = {}
    kept = []
    for rounding in ranked:
        pieces = [piece for piece, _ in rounding.shares]
        if all(times.get(piece, 0) < MOST_A_PIECE for piece in pieces):
            kept.append(rounding)
            times.update({piece: times.get(piece, 0) + 1 for piece in pieces})
        if len(kept) == MOST_AT_ONCE:
            break
    return kept


class _Mixture:
    """Groups that are used in part, and the pieces in them."""

    def __init__(self, groups: Ints, used: Floats, total: int) -> None:
        self.used = used
        self.near: dict[int, tuple[Ints, Ints, Flags, Floats]] = {}
        self.pieces = np.setdiff1d(groups, [total])
        place = np.full(total + 1, len(self.pieces), dtype=np.int64)
        place[self.pieces] = np.arange(len(self.pieces))
        holds = np.zeros((len(self.pieces) + 1, len(groups)), dtype=np.int64)
        holds[place[groups], np.arange(len(groups))[:, None]] = 1
        self.holds = holds[:-1]  # piece × group
        self.meets = (self.holds @ self.holds.T) > 0

    def grow(self, start: int, divisor: int) -> tuple[Rounding | None, float]:
        """Give shares, one at a time, to what then breaks the sentence most; keep the best."""
        places, holds, meets, used = self._around(start)
        shares = np.zeros(len(places), dtype=np.int64)
        first = int(np.searchsorted(places, start))
        shares[first] = 1
        held, near = holds[first].copy(), meets[first].copy()
        best, most = None, LEAST_BROKEN
        for given in range(2, MOST_SHARES + 1):
            may = np.flatnonzero(near & (shares < divisor - 1))
            if not len(may):
                break
            more = held + holds[may]
            by = (more // divisor) @ used - given // divisor
            # among equals the one that most of the mixture meets leads further
            taken = int(np.argmax(by + (more @ used) / 1024))
            piece = may[taken]
            shares[piece] += 1
            held += holds[piece]
            near |= meets[piece]
            if by[taken] > most + NOTHING:
                best, most = shares.copy(), float(by[taken])
        if best is None:
            return None, 0.0
        given_to = np.flatnonzero(best)
        pieces = self.pieces[places[given_to]].tolist()
        return Rounding(tuple(zip(pieces, best[given_to].tolist(), strict=True)), divisor), most

    def _around(self, start: int) -> tuple[Ints, Ints, Flags, Floats]:
        """The mixture near one piece: all of it would be gone through in vain, again and again."""
        if start not in self.near:
            within = self.meets[start]
            while within.sum() < ENOUGH_AROUND:
                wider = self.meets[within].any(axis=0)
                if (wider == within).all():
                    break
                within = wider
            places = np.flatnonzero(within)
            groups = np.flatnonzero(self.holds[places].any(axis=0))
            holds = self.holds[np.ix_(places, groups)]
            meets = self.meets[np.ix_(places, places)]
            self.near[start] = (places, holds, meets, self.used[groups])
        return self.near[start]
