"""Recounts a proof by cases in plain whole numbers. Pure.

A case is what its parent leaves, with the parent's job at one person. Its bound is all worths less
the most that each person's hours can make of them. With a pair forced, its person's knapsack has
the job and all others lack it: a pair whose bound comes to the aim is in no cheaper plan, and goes.
The case is closed if its own bound comes to the aim, or a job is left with nobody. Else everyone
left for the job it names must have a case of their own.
"""

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.cases import Cases
from liangxin.planning.instructors.lagrange import SCALE, Gap

#: Whole numbers of 64 bits hold every sum below this.
_LARGEST = 2**62
#: So many hours times cases are counted at once, and people times jobs times cases.
_HOURS_TOGETHER, _CELLS_TOGETHER = 60_000, 4_000_000


def holds(gap: Gap, cases: Cases) -> bool:
    """Whether the cases show that no plan costs less than their aim.

    Args:
        gap: the problem, counted from its beginning.
        cases: what is stated as proof; nothing in it is believed.
    """
    if not _is_sound(gap, cases):
        return False
    parts: dict[int, dict[int, int]] = {}
    for case in range(1, cases.job.size):
        parts.setdefault(int(cases.parent[case]), {})[int(cases.person[case])] = case
    open_ = [(0, gap.weight <= gap.capacity[:, None])]
    hours = int(gap.capacity.max()) + 1
    at_once = max(1, min(_HOURS_TOGETHER // hours, _CELLS_TOGETHER // gap.cost.size))
    while open_:
        some, open_ = open_[-at_once:], open_[:-at_once]
        left = _left(gap, cases, [case for case, _ in some], np.stack([may for _, may in some]))
        for (case, _), may in zip(some, left, strict=True):
            if not may.any(axis=0).all():
                continue
            job, further = int(cases.job[case]), parts.get(case, {})
            if job < 0:
                return False
            for person in np.flatnonzero(may[:, job]).tolist():
                if person not in further:
                    return False
                then = may.copy()
                then[:, job] = False
                then[person, job] = True
                open_.append((further[person], then))
    return True


def _is_sound(gap: Gap, cases: Cases) -> bool:
    """Whether the proof has a form, no case is part of a later one, and all sums fit 64 bits."""
    jobs, number = gap.cost.shape[1], cases.job.size
    lists = (cases.job, cases.parent, cases.person)
    if not number or not gap.cost.size or cases.worth.shape != (number, jobs):
        return False
    if any(one.shape != (number,) for one in lists):
        return False
    if any(one.dtype != np.int64 for one in (cases.worth, *lists)):
        return False
    if (cases.parent[1:] < 0).any() or (cases.parent[1:] >= np.arange(1, number)).any():
        return False
    if (cases.job < -1).any() or (cases.job >= jobs).any():
        return False
    largest = max(int(cases.worth.max()), -int(cases.worth.min()))
    dearest = max(int(gap.cost.max()), -int(gap.cost.min())) * SCALE
    together = 4 * (largest + dearest) * (sum(gap.cost.shape) + 1)
    return together < _LARGEST and abs(cases.aim) * SCALE < _LARGEST


def _left(gap: Gap, cases: Cases, some: list[int], may: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pairs (cases × people × jobs) with which a plan may still cost less than the aim."""
    # What all these cases give to the same person is done, and takes its hours.
    done = may.any(axis=0)
    done &= done.sum(axis=0) == 1
    rooms = gap.capacity - np.where(done, gap.weight, 0).sum(axis=1)
    if (rooms < 0).any():
        return np.zeros(may.shape, dtype=np.bool_)
    open_ = ~done.any(axis=0)
    worth = cases.worth[some]
    value = worth[:, open_].sum(axis=1) + int(gap.cost[done].sum()) * SCALE
    forced = np.zeros(may.shape, dtype=np.int64)
    forbidden = np.zeros(may.shape, dtype=np.int64)
    for person, room in enumerate(rooms.tolist()):
        jobs = np.flatnonzero(may[:, person].any(axis=0) & open_)
        # Of no profit where it may not be, and so never missed.
        gain = worth[:, jobs] - gap.cost[person, jobs] * SCALE
        gain = np.where(may[:, person, jobs], gain, -1)
        most, having, lacking = _knapsacks(gain, gap.weight[person, jobs].tolist(), room)
        value -= most
        forced[:, person, jobs] = most[:, None] - having
        forbidden[:, person, jobs] = most[:, None] - lacking
    elsewhere = forbidden.sum(axis=1, keepdims=True) - forbidden
    below = value[:, None, None] + forced + elsewhere <= (cases.aim - 1) * SCALE
    left: NDArray[np.bool_] = may & below
    return left


def _knapsacks(gain: Numbers, takes: list[int], room: int) -> tuple[Numbers, Numbers, Numbers]:
    """The greatest profit within hours of each case: with any jobs, with each job, without each.

    Args:
        gain: cases × jobs, in thousandths.
        takes: hours of each job.
        room: hours.
    """
    first = _most(gain, takes, room)
    last = _most(gain[:, ::-1], takes[::-1], room)[::-1]
    having, lacking = np.empty_like(gain), np.empty_like(gain)
    for at, weight in enumerate(takes):
        before, after = first[at], last[at + 1][:, ::-1]  # hours of one, the rest of the other
        lacking[:, at] = (before + after).max(axis=1)
        if weight <= room:
            rest = before[:, : room + 1 - weight] + after[:, weight:]
            having[:, at] = rest.max(axis=1) + gain[:, at]
        else:
            having[:, at] = -_LARGEST // 4
    return first[-1][:, room], having, lacking


def _most(gain: Numbers, takes: list[int], room: int) -> Numbers:
    """The greatest profit of the first jobs within hours: number × cases × hours."""
    most = np.zeros((len(takes) + 1, gain.shape[0], room + 1), dtype=np.int64)
    for at, weight in enumerate(takes):
        most[at + 1] = most[at]
        if weight <= room:
            with_it = most[at][:, : room + 1 - weight] + gain[:, at, None]
            np.maximum(most[at][:, weight:], with_it, out=most[at + 1][:, weight:])
    return most
