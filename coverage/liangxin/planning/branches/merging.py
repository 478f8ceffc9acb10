"""What merging the nearest gives: the way branches are joined by hand, to compare a plan with.

Again and again the two nearest that are not enough for a branch are joined, or one of them with
one that is. Nothing is ever taken apart, which is why it ends dearer and leaves more.
"""

from dataclasses import dataclass

import numpy as np

from liangxin.planning.branches.pieces import Ground, grounds
from liangxin.planning.branches.problem import Problem

_FAR = np.inf


@dataclass(frozen=True, slots=True)
class Merged:
    """What it comes to: groups of ids, their cost in metres, units left that wanted in."""

    groups: tuple[tuple[str, ...], ...]
    cost: int
    left: int


def merge_nearest(problem: Problem) -> Merged:
    """Return the groups that joining the nearest makes."""
    groups: list[tuple[str, ...]] = []
    cost = left = 0
    for ground in grounds(problem):
        for places in _merged(ground, problem):
            waiting = int(ground.waiting[places].sum())
            if not _is_enough(ground, problem, places):
                left += waiting
            elif waiting:
                groups.append(tuple(one for n in places for one in ground.pieces[n].ids))
                new = not ground.is_standing[places].any()
                cost += int(ground.pair[np.ix_(places, places)].sum()) // 2
                cost += new * problem.weights.new_branch
                cost += int(sum(ground.within[n] - ground.pair[n, n] // 2 for n in places))
    return Merged(tuple(groups), cost, left)


def _is_enough(ground: Ground, problem: Problem, places: list[int]) -> bool:
    full, size = ground.full[places].sum(), ground.size[places].sum()
    return bool(full >= problem.limits.full_members and size >= 2)


def _merged(ground: Ground, problem: Problem) -> list[list[int]]:
    """Clusters of one sub-district; the distance of two is the mean over their pairs."""
    total, limits = len(ground.pieces), problem.limits
    clusters: list[list[int]] = [[n] for n in range(total)]
    far = ground.pair.astype(np.float64)
    fits, size, members = ground.fits.copy(), ground.size.copy(), ground.members.copy()
    count = np.ones(total)
    wants = np.array([not _is_enough(ground, problem, [n]) for n in range(total)])
    wants &= ground.waiting > 0

    def nearest(one: int) -> tuple[float, int]:
        may = fits[one] & (size + size[one] <= limits.units)
        may &= members + members[one] <= limits.members
        way = np.where(may, far[one] / (count * count[one]), _FAR)
        other = int(np.argmin(way))
        return float(way[other]), other

    best = [nearest(n) if wants[n] else (_FAR, n) for n in range(total)]
    while best:
        way, one = min((each[0], n) for n, each in enumerate(best))
        if way == _FAR:
            break
        other = best[one][1]
        if nearest(one) != best[one]:
            best[one] = nearest(one)
            continue
        clusters[one] += clusters[other]
        clusters[other] = []
        far[one] += far[other]
        far[:, one] = far[one]
        fits[one] &= fits[other]
        fits[one, [one, other]] = False
        fits[:, one] = fits[one]
        fits[other], fits[:, other] = False, False
        size[one] += size[other]
        members[one] += members[other]
        count[one] += count[other]
        wants[one], wants[other] = not _is_enough(ground, problem, clusters[one]), False
        best[other] = (_FAR, other)
        best[one] = nearest(one) if wants[one] else (_FAR, one)
        for n in np.flatnonzero(wants):
            if best[n][1] in (one, other) and best[n][0] < _FAR:
                best[n] = nearest(int(n))
    return [sorted(places) for places in clusters if places]
