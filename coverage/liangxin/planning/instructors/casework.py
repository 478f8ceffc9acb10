"""Looks for a proof by cases (``cases``) that no plan by hours costs less than an aim. Pure.

Many cases are worked on at once. A few steps raise the bound of each; where that is not enough, the
pairs it rules out go, and the job whose further cases look nearest to closed tells them apart.
What is found here is recounted elsewhere (``cases_checker``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.budget import Budget
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.cases import Cases, Record
from liangxin.planning.instructors.knapsacks import fill
from liangxin.planning.instructors.lagrange import SCALE, Gap
from liangxin.planning.instructors.margins import NEVER, Core, core, count, through

#: Steps for each case, the first one's length, and those without a better bound that halve it.
_STEPS, _LENGTH, _PATIENCE = 10, 0.8, 3
#: So many hours times cases are counted at once, and people times jobs times cases.
_HOURS_TOGETHER, _CELLS_TOGETHER = 80_000, 4_000_000
#: Worths noted in a proof at most (some 80 MB), pairs it may begin with after the first case, people
#: times jobs, and hours times jobs.
_MOST_WORTHS, _MOST_PAIRS, _MOST_CELLS, _MOST_HOURS = 10_000_000, 2_000, 50_000, 10_000_000
#: How much more a further case weighs that is no nearer to closed than what it is part of.
_SHARP = 60.0


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of it."""

    cases: Cases | None  # null: not closed in time
    person: Numbers | None  # of each job, in the cheapest plan met that costs less than the aim


@dataclass(frozen=True, slots=True)
class _Case:
    number: int
    worth: Numbers
    may: NDArray[np.bool_]  # people × jobs


def close(gap: Gap, worth: Numbers, aim: int, budget: Budget, *, floor: int, most: int) -> Closed:
    """Show that no plan costs less than the aim, or than the cheapest plan met on the way.

    Args:
        gap: the problem.
        worth: of each job, with a good bound, in thousandths.
        aim: in units of cost.
        budget: of time; no further cases are looked at after it.
        floor: no plan costs less, as is known; one that costs no more ends the search.
        most: cases, about; never more than some 80 MB of worths.
    """
    if not gap.cost.size or not (gap.weight <= gap.capacity[:, None]).any(axis=0).all():
        return Closed(None, None)
    search = _Search(gap, worth, aim)
    most = min(most, _MOST_WORTHS // worth.size)
    while search.open:
        full = search.is_too_large or len(search.record) > most
        if search.aim <= floor or not budget.left or full:
            return Closed(None, search.person)
        search.go_on()
    return Closed(search.record.cases(search.aim), search.person)


class _Search:
    """Cases still open, the last of them the next."""

    def __init__(self, gap: Gap, worth: Numbers, aim: int) -> None:
        self.gap, self.aim = gap, aim
        hours = int(gap.capacity.max()) + 1
        self.together = max(1, min(_HOURS_TOGETHER // hours, _CELLS_TOGETHER // gap.cost.size))
        self.person: Numbers | None = None
        self.record = Record()
        may = gap.weight <= gap.capacity[:, None]
        self.open = [_Case(self.record.add(-1, -1), worth, may)]
        most = _most_profit(gap, worth, may)
        dearest = int(np.abs(gap.cost).max()) * SCALE
        #: What a job is worth that one person alone may take: so much that they do. A proof may
        #: say more, as that raises bounds; then jobs beyond somebody's hours reach any aim.
        self.sure = int(np.abs(worth).max()) + dearest + 2 * int(most.max())
        start = abs(int(worth.sum() - most.sum()))
        self.noted_sure = 2 * self.sure + abs(aim) * SCALE + start + dearest * (worth.size + 1)
        #: Too many pairs, or numbers too long to be counted in 64 bits.
        self.is_too_large = (
            gap.cost.size > _MOST_CELLS
            or hours * worth.size > _MOST_HOURS
            or 8 * self.noted_sure * (sum(gap.cost.shape) + 1) >= NEVER
        )

    def go_on(self) -> None:
        """Work on the last open cases: close them, or put their parts in their place."""
        batch = self.open[-self.together :]
        del self.open[-len(batch) :]
        worth = np.stack([case.worth for case in batch])
        may = np.stack([case.may for case in batch])
        alone = may.sum(axis=1) == 1
        anywhere: NDArray[np.bool_] = np.any(may, axis=0)
        part = core(self.gap, anywhere, 2 * self.sure)
        noted = np.where(alone, self.noted_sure, worth)
        if part is None or not part.jobs.size:
            self._meet(may[0].argmax(axis=0))
            for case, each in zip(batch, noted, strict=True):
                self.record.note(case.number, each, -1)
            return
        worth[alone] = self.sure
        limit = (self.aim - 1) * SCALE
        pairs = may[:, part.person, part.jobs[part.job]].T
        steps = _STEPS if batch[0].number else 0
        raised = _raise(part, worth[:, part.jobs].T, pairs, limit, steps, self.sure)
        worth[:, part.jobs] = raised.T
        noted = np.where(alone, self.noted_sure, worth)
        value, bound = through(part, raised, pairs)
        left = bound <= limit
        if not batch[0].number and left.sum() > _MOST_PAIRS:
            self.is_too_large = True
        may[:, part.person, part.jobs[part.job]] = left.T
        job = part.jobs[_telling(part, value, bound, limit)]
        for at, case in enumerate(batch):
            if value[at] > limit or not may[at].any(axis=0).all():
                self.record.note(case.number, noted[at], -1)
            else:
                self.record.note(case.number, noted[at], int(job[at]))
                self._divide(case.number, worth[at], may[at], int(job[at]))

    def _divide(self, case: int, worth: Numbers, may: NDArray[np.bool_], job: int) -> None:
        """Open a further case for each person who may take a job."""
        if (may.sum(axis=0) == 1).all():
            self._meet(may.argmax(axis=0))
            last = self.record.add(case, int(may[:, job].argmax()))
            self.record.note(last, np.full(worth.size, self.noted_sure), -1)
            return
        # The last is the next: the cheapest plans are looked for first.
        people = np.flatnonzero(may[:, job])
        for person in people[np.argsort(-self.gap.cost[people, job], kind="stable")].tolist():
            further = may.copy()
            further[:, job] = False
            further[person, job] = True
            self.open.append(_Case(self.record.add(case, person), worth, further))

    def _meet(self, person: Numbers) -> None:
        """Keep a plan that costs less than the aim: then nothing cheaper than it is looked for."""
        jobs = np.arange(person.size)
        load = np.zeros(self.gap.capacity.size, dtype=np.int64)
        np.add.at(load, person, self.gap.weight[person, jobs])
        cost = int(self.gap.cost[person, jobs].sum())
        if cost < self.aim and (load <= self.gap.capacity).all():
            self.person, self.aim = person, cost


def _most_profit(gap: Gap, worth: Numbers, may: NDArray[np.bool_]) -> Numbers:
    """The most each person can make of these worths."""
    return fill(np.where(may, worth - gap.cost * SCALE, 0), gap.weight, gap.capacity).profit


def _raise(
    part: Core, worth: Numbers, may: NDArray[np.bool_], limit: int, steps: int, largest: int
) -> Numbers:
    """Worths (jobs × cases) of better bounds: a few steps, each case on its own."""
    best, highest = worth, np.full(worth.shape[1], -NEVER)
    length, stalled = np.full(worth.shape[1], _LENGTH), np.zeros(worth.shape[1], dtype=np.int64)
    often = None
    for _ in range(steps):
        value, taken = count(part, worth, may)
        stalled = np.where(value > highest + SCALE // 20, 0, stalled + 1)
        best = np.where(value > highest, worth, best)
        highest = np.maximum(value, highest)
        if (highest > limit).all():
            break
        back = stalled >= _PATIENCE
        length, stalled = np.where(back, length / 2, length), np.where(back, 0, stalled)
        often = taken if often is None else 0.5 * often + 0.5 * taken
        missing = 1 - 0.5 * often - 0.5 * taken
        square = np.maximum((missing * missing).sum(axis=0), 1)
        step = np.rint(length * (limit + SCALE - value) / square * missing).astype(np.int64)
        worth = np.clip(np.where(back, best, worth) + step, -largest, 2 * largest)
    return best


def _telling(part: Core, value: Numbers, bound: Numbers, limit: int) -> Numbers:
    """The place of the job, for each case, whose further cases have the least left to do."""
    left = bound <= limit
    nearer = np.minimum((bound - value) / np.maximum(limit + 1 - value, 1), 1)
    to_do = np.where(left, np.exp2(-_SHARP * nearer), 0.0)
    number = np.add.reduceat(left[part.by_job], part.starts, axis=0)
    together = np.add.reduceat(to_do[part.by_job], part.starts, axis=0)
    found: Numbers = np.where(number > 1, together, np.inf).argmin(axis=0)
    return found
