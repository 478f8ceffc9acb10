"""Looks for a good plan by hours along many paths at once, the most promising ones. Pure.

All paths start from every pair that may be. At each step a path's bound is raised, the pairs it
rules out go, and the job that tells most goes to each person it may. Of all that comes of it, the
paths with the least bounds go on. No path is taken up again, so this proves nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.budget import Budget
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.casework import is_too_large, raise_bounds, telling
from liangxin.planning.instructors.lagrange import SCALE, Gap, cost_of, value
from liangxin.planning.instructors.margins import UNIT, Core, Space, batch, core, through

#: Steps that raise the bound of a path, each time.
_STEPS = 4
#: A job is given away on the way where all but one person take this part of what is left up to the
#: limit, and that person as little as the other.
_CLEAR, _FREE = 0.5, 0.05
#: Bounds that differ by less, in thousandths, are ordered by chance.
_ALIKE = SCALE // 10
#: Paths that go on at least, and at most.
_FEWEST, _MOST = 8, 1_000
#: So many paths, times pairs open in each squared: later ones are many, and cheap.
_WORK = 2_000_000
#: Pairs that may be after the first step, and steps after which time is reckoned.
_MOST_PAIRS, _TRIED = 2_000, 10


@dataclass(frozen=True, slots=True)
class _Path:
    bound: int
    worth: Numbers
    may: NDArray[np.bool_]  # people × jobs


def look(
    gap: Gap, worth: Numbers, aim: int, chance: np.random.Generator, budget: Budget
) -> Numbers | None:
    """Return the person of each job in a plan that costs less than the aim; null: none was met.

    Args:
        gap: the problem.
        worth: of each job, with a good bound, in thousandths.
        aim: in units of cost.
        chance: decides between bounds that are alike.
        budget: of time; nothing is looked for if it will not last to the end.
    """
    may = gap.weight <= gap.capacity[:, None]
    if not may.any(axis=0).all() or is_too_large(gap, worth, aim):
        return None
    start = worth // UNIT * UNIT
    search = _Look(gap, aim, value(gap, start), 4 * int(np.abs(start).max()) + 2**20)
    paths = search.step([_Path(0, start, may)], 0)
    if not paths or paths[0].may.sum() > _MOST_PAIRS:
        return None
    done, began = 0, budget.spent
    while paths and budget.left:
        chances = chance.integers(0, _ALIKE, len(paths)).tolist()
        order = sorted(range(len(paths)), key=lambda at: paths[at].bound + chances[at])
        open_ = np.mean([paths[at].may.sum() for at in order[:_FEWEST]]) - may.shape[1]
        many = int(np.clip(_WORK / max(float(open_), 1) ** 2, _FEWEST, _MOST))
        paths = search.step([paths[at] for at in order[:many]], _STEPS)
        done += 1
        # Later steps are cheaper: a job takes about a quarter of the time of the first steps.
        if done == _TRIED and (budget.spent - began) / done * may.shape[1] / 4 > budget.left:
            break
    return search.person


class _Look:
    """The best plan met so far."""

    def __init__(self, gap: Gap, aim: int, start: int, largest: int) -> None:
        self.gap, self.aim, self.start, self.largest = gap, aim, start, largest
        self.person: Numbers | None = None
        self.space = Space()

    def step(self, paths: list[_Path], steps: int) -> list[_Path]:
        """Return what comes of some paths, one job further at least."""
        limit = (self.aim - 1) * SCALE
        may = np.stack([path.may for path in paths])
        worth = np.stack([path.worth for path in paths])
        anywhere: NDArray[np.bool_] = np.any(may, axis=0)
        part = core(self.gap, anywhere)
        if part is None or not part.jobs.size:
            self._meet(may[0].argmax(axis=0))
            return []
        pairs = may[:, part.person, part.jobs[part.job]].T
        cases = batch(part, pairs, max(0, limit - self.start))
        raised, still = raise_bounds(
            cases, worth[:, part.jobs].T, limit, steps, self.largest, self.space
        )
        worth[:, part.jobs] = raised.T
        if not still.size:
            return []
        low, bound = through(cases.only(still), raised[:, still], self.space)
        left = bound <= limit
        job = telling(part, low, bound, limit)
        sure = _sure(part, low, bound, limit)
        further = []
        for column, at in enumerate(still.tolist()):
            now = may[at]
            now[part.person, part.jobs[part.job]] = left[:, column]
            if not now.any(axis=0).all():
                continue
            for pair in np.flatnonzero(sure[:, column]).tolist():
                if part.job[pair] != job[column]:
                    _give(now, int(part.person[pair]), int(part.jobs[part.job[pair]]))
            if (now.sum(axis=0) == 1).all():
                self._meet(now.argmax(axis=0))
                continue
            some = np.flatnonzero((part.job == job[column]) & left[:, column])
            for pair in some.tolist():
                then = now.copy()
                _give(then, int(part.person[pair]), int(part.jobs[job[column]]))
                further.append(_Path(int(bound[pair, column]), worth[at], then))
        return further

    def _meet(self, person: Numbers) -> None:
        cost = cost_of(self.gap, person)
        if cost is not None and cost < self.aim:
            self.person, self.aim = person, cost


def _give(may: NDArray[np.bool_], person: int, job: int) -> None:
    may[:, job] = False
    may[person, job] = True


def _sure(part: Core, low: Numbers, bound: Numbers, limit: int) -> NDArray[np.bool_]:
    """The pairs (pairs × cases) of jobs which only one person may take at no great cost."""
    room = np.maximum(limit + 1 - low, 1)
    free = bound - low <= _FREE * room
    clear = bound - low >= _CLEAR * room
    number = np.add.reduceat(np.ones_like(bound)[part.by_job], part.starts, axis=0)
    dear = np.add.reduceat(clear[part.by_job], part.starts, axis=0, dtype=np.int64)
    found: NDArray[np.bool_] = free & (dear == number - 1)[part.job]
    return found
