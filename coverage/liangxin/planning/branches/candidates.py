"""The groups a plan may choose from: small and near, so that all of them can be looked at.

A group is a candidate when all its pieces lie among one piece and its nearest few, no two lie
further apart than the reach, and the limits hold. What cannot be part of a best plan, because
two of its parts are as good, is left out; the proof is over all of them all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from liangxin.planning.branches.pieces import Flags, Ground, Ints
from liangxin.planning.branches.problem import Limits, Problem

#: Pieces in one group at most, even where an office allows for more units.
MOST_PIECES = 5
PAIRS = tuple(combinations(range(MOST_PIECES), 2))


@dataclass(frozen=True, slots=True)
class Groups:
    """Candidates of one sub-district, in a fixed order."""

    pieces: Ints  # m × 5 places of pieces, ascending; what is unused holds the number of pieces
    cost: Ints

    def __len__(self) -> int:
        """How many there are."""
        return len(self.cost)


def is_all(found: Sequence[Ground], problem: Problem) -> bool:
    """Whether no group that may stand was cut: everybody's fitting neighbours are all looked at."""
    most = max((int(ground.fits.sum(axis=1).max(initial=0)) for ground in found), default=0)
    return most <= problem.near and problem.limits.units <= MOST_PIECES


def rule(problem: Problem, *, is_all: bool) -> tuple[str, str]:
    """Return in words which groups were looked at, Chinese first; ``is_all``: none was cut."""
    near, limits = problem.near, problem.limits
    most = min(limits.units, MOST_PIECES)
    if is_all:
        zh = f"同一街道内不超过 {most} 个、两两相距不超过 {limits.reach} 米的全部组合，没有删减"
        en = (
            f"in one sub-district every group of up to {most}, no two further apart than "
            f"{limits.reach} m, none left out"
        )
        return zh, en
    zh = (
        f"同一街道内，每个单位与其最近的 {near} 个单位（或有余额的联合党支部）之中，"
        f"任取不超过 {most} 个、两两相距不超过 {limits.reach} 米的组合"
    )
    en = (
        f"in one sub-district, any up to {most} among a unit and its {near} nearest (units or "
        f"branches with room), no two further apart than {limits.reach} m"
    )
    return zh, en


def candidates(ground: Ground, problem: Problem) -> Groups:
    """Return the groups worth choosing from, each once."""
    found = _distinct(_among_nearest(ground, problem), len(ground.pieces))
    judged = _Judged(ground, problem, found)
    keep = judged.stands & ~judged.is_matched_by_parts()
    return Groups(found[keep], judged.cost[keep])


def nearest(ground: Ground, near: int) -> Iterator[tuple[int, list[int]]]:
    """Yield each piece with its nearest few that fit, itself first.

    Among equals the next ones in order are taken, from oneself on: in a building of forty, all
    would otherwise have the same ten neighbours and most could be grouped with no one.
    """
    total = len(ground.pieces)
    places = np.arange(total)
    for one in range(total):
        others = np.flatnonzero(ground.fits[one])
        rank = ground.pair[one, others] * total + (places[others] - one) % total
        yield one, [one, *others[np.argsort(rank, kind="stable")[:near]].tolist()]


def _among_nearest(ground: Ground, problem: Problem) -> Ints:
    """All sets of up to five among each piece and its nearest; many of them more than once."""
    total, width = len(ground.pieces), problem.near + 1
    around = np.full((total, width), total, dtype=np.int64)
    for one, near in nearest(ground, problem.near):
        around[one, : len(near)] = near
    found = []
    for number in range(1, min(problem.limits.units, MOST_PIECES) + 1):
        chosen = np.array(list(combinations(range(width), number)), dtype=np.int64)
        if not len(chosen):
            break
        sets = np.sort(around[:, chosen].reshape(-1, number), axis=1)
        sets = sets[sets[:, -1] < total]
        padding = np.full((len(sets), MOST_PIECES - number), total, dtype=np.int64)
        found.append(_distinct(np.hstack([sets, padding]), total))
    return np.vstack(found) if found else np.empty((0, MOST_PIECES), dtype=np.int64)


def _distinct(sets: Ints, total: int) -> Ints:
    """Each set once, in ascending order."""
    if (total + 1) ** MOST_PIECES >= 2**63:
        return np.unique(sets, axis=0)
    weights = np.array([(total + 1) ** n for n in reversed(range(MOST_PIECES))], dtype=np.int64)
    _, first = np.unique(sets @ weights, return_index=True)
    kept: Ints = sets[first]
    return kept


class _Judged:
    """What holds of each of many sets of pieces."""

    def __init__(self, ground: Ground, problem: Problem, sets: Ints) -> None:
        self.limits: Limits = problem.limits
        self.new_branch = problem.weights.new_branch
        self.used = sets < len(ground.pieces)
        self.size = _looked_up(ground.size, sets)
        self.full = _looked_up(ground.full, sets)
        self.members = _looked_up(ground.members, sets)
        self.waiting = _looked_up(ground.waiting, sets)
        self.within = _looked_up(ground.within, sets)
        self.is_standing = _looked_up(ground.is_standing.astype(np.int64), sets)
        one, other = (np.array(side) for side in zip(*PAIRS, strict=True))
        pair = np.pad(ground.pair, ((0, 1), (0, 1)))
        fits = np.pad(ground.fits, ((0, 1), (0, 1)), constant_values=True)
        self.pair: Ints = pair[sets[:, one], sets[:, other]]
        self.fits: Flags = np.all(fits[sets[:, one], sets[:, other]], axis=1)
        everything = tuple(range(MOST_PIECES))
        self.cost = self.cost_of(everything)
        alone = self.used.sum(axis=1) == 1
        size, members = self.size.sum(axis=1), self.members.sum(axis=1)
        #: A set locked together may be larger than is usual; nothing is added to it.
        self.stands: Flags = (
            self.fits
            & (self.full.sum(axis=1) >= self.limits.full_members)
            & (members <= self.limits.members)
            & ((size <= self.limits.units) | alone)
            & (size >= 2)
            & (self.waiting.sum(axis=1) > 0)
        )

    def cost_of(self, part: tuple[int, ...]) -> Ints:
        """What a part of each set costs as a group."""
        inside = [n for n, (a, b) in enumerate(PAIRS) if a in part and b in part]
        spread = self.within[:, part].sum(axis=1) + self.pair[:, inside].sum(axis=1)
        new = self.is_standing[:, part].sum(axis=1) == 0
        total: Ints = spread + new * self.new_branch
        return total

    def may_stand(self, part: tuple[int, ...]) -> Flags:
        """Whether a part can be a group, or is a branch that nobody joins."""
        full = self.full[:, part].sum(axis=1) >= self.limits.full_members
        enough: Flags = full & (self.size[:, part].sum(axis=1) >= 2)
        unjoined = self.waiting[:, part].sum(axis=1) == 0
        enough |= unjoined & self.used[:, part].any(axis=1)
        return enough

    def is_matched_by_parts(self) -> Flags:
        """Whether two parts of the set can stand by themselves and cost no more than it does."""
        matched = np.zeros(len(self.cost), dtype=bool)
        for number in range(1, MOST_PIECES):
            for part in combinations(range(MOST_PIECES), number):
                if part[0] != 0:
                    continue  # the other half of a split that was looked at
                rest = tuple(n for n in range(MOST_PIECES) if n not in part)
                matched |= (
                    self.used[:, rest].any(axis=1)
                    & self.may_stand(part)
                    & self.may_stand(rest)
                    & (self.cost_of(part) + self.cost_of(rest) <= self.cost)
                )
        return matched


def _looked_up(numbers: Ints, sets: Ints) -> Ints:
    values: Ints = np.append(numbers, 0)[sets]
    return values
