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
from liangxin.planning.instructors.lagrange import SCALE, Gap, cost_of
from liangxin.planning.instructors.margins import (
    NEVER,
    UNIT,
    Batch,
    Core,
    Space,
    batch,
    core,
    count,
    through,
)

#: Steps for each case, the first one's length, and those without a better bound that halve it.
_STEPS, _LENGTH, _PATIENCE = 8, 0.25, 5
#: Closed cases leave a batch when less than this part of it stays open.
_STAYING = 0.7
#: So many hours times cases are counted at once, people times jobs times cases, and all of a table.
_HOURS_TOGETHER, _CELLS_TOGETHER, _TABLE = 160_000, 4_000_000, 40_000_000
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
        hours, jobs = int(gap.capacity.max()) + 1, worth.size
        cells = min(_CELLS_TOGETHER // gap.cost.size, _TABLE // (hours * jobs))
        self.together = max(1, min(_HOURS_TOGETHER // hours, cells))
        self.person: Numbers | None = None
        self.record, self.space = Record(), Space()
        may = gap.weight <= gap.capacity[:, None]
        worth = worth // UNIT * UNIT
        self.open = [_Case(self.record.add(-1, -1), worth, may)]
        most = _most_profit(gap, worth, may)
        dearest = int(np.abs(gap.cost).max()) * SCALE
        self.start = int(worth.sum() - most.sum())
        #: No job is worth more while a case is looked at.
        self.largest = 2 * (int(np.abs(worth).max()) + dearest + 2 * int(most.max()))
        #: What a job is worth that one person alone may take: so much that they do, and jobs
        #: beyond somebody's hours reach any aim.
        self.sure = 2 * self.largest + abs(aim) * SCALE + abs(self.start) + dearest * (jobs + 1)
        #: Too many pairs, or numbers too long to be counted in 64 bits.
        self.is_too_large = (
            is_too_large(gap, worth, aim) or 8 * self.sure * (sum(gap.cost.shape) + 1) >= NEVER
        )

    @property
    def limit(self) -> int:
        """What the bound of a cheaper plan may come to, in thousandths."""
        return (self.aim - 1) * SCALE

    def go_on(self) -> None:
        """Work on the last open cases: close them, or put their parts in their place."""
        some = self.open[-self.together :]
        del self.open[-len(some) :]
        worth = np.stack([case.worth for case in some])
        may = np.stack([case.may for case in some])
        part = core(self.gap, np.any(may, axis=0))
        if part is None or not part.jobs.size:
            self._meet(may[0].argmax(axis=0))
            for case, each, left in zip(some, worth, may, strict=True):
                self._close(case.number, each, left)
            return
        steps = _STEPS if some[0].number else 0
        pairs = may[:, part.person, part.jobs[part.job]].T
        cases = batch(part, pairs, max(0, self.limit - self.start))
        raised, still = raise_bounds(
            cases, worth[:, part.jobs].T, self.limit, steps, self.largest, self.space
        )
        worth[:, part.jobs] = raised.T
        for at in np.setdiff1d(np.arange(len(some)), still).tolist():
            self._close(some[at].number, worth[at], may[at])
        if not still.size:
            return
        value, bound = through(cases.only(still), raised[:, still], self.space)
        left = bound <= self.limit
        if not some[0].number and left.sum() > _MOST_PAIRS:
            self.is_too_large = True
        job = part.jobs[telling(part, value, bound, self.limit)]
        for column, at in enumerate(still.tolist()):
            number, before = some[at].number, may[at].copy()
            may[at, part.person, part.jobs[part.job]] = left[:, column]
            if value[column] > self.limit or not may[at].any(axis=0).all():
                self._close(number, worth[at], before)
            else:
                self._note(number, worth[at], before, int(job[column]))
                self._divide(number, worth[at], may[at], int(job[column]))

    def _note(self, case: int, worth: Numbers, may: NDArray[np.bool_], job: int) -> None:
        """Say what proves a case, or tells its parts apart."""
        self.record.note(case, np.where(may.sum(axis=0) == 1, self.sure, worth), job)

    def _close(self, case: int, worth: Numbers, may: NDArray[np.bool_]) -> None:
        self._note(case, worth, may, -1)

    def _divide(self, case: int, worth: Numbers, may: NDArray[np.bool_], job: int) -> None:
        """Open a further case for each person who may take a job."""
        if (may.sum(axis=0) == 1).all():
            self._meet(may.argmax(axis=0))
            last = self.record.add(case, int(may[:, job].argmax()))
            self.record.note(last, np.full(worth.size, self.sure), -1)
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
        cost = cost_of(self.gap, person)
        if cost is not None and cost < self.aim:
            self.person, self.aim = person, cost


def is_too_large(gap: Gap, worth: Numbers, aim: int) -> bool:
    """Whether a problem has too many pairs or hours for cases, or too long numbers for 64 bits."""
    hours, jobs = int(gap.capacity.max()) + 1, worth.size
    largest = int(np.abs(worth).max()) + (int(np.abs(gap.cost).max()) + abs(aim)) * SCALE
    cells = gap.cost.size > _MOST_CELLS or hours * jobs > _MOST_HOURS
    return cells or 100 * largest * (sum(gap.cost.shape) + 1) >= NEVER


def _most_profit(gap: Gap, worth: Numbers, may: NDArray[np.bool_]) -> Numbers:
    """The most each person can make of these worths."""
    return fill(np.where(may, worth - gap.cost * SCALE, 0), gap.weight, gap.capacity).profit


def raise_bounds(
    cases: Batch, worth: Numbers, limit: int, steps: int, largest: int, space: Space
) -> tuple[Numbers, Numbers]:
    """Return better worths after some steps, each case on its own, and the cases not above a limit.

    Args:
        cases: those to be worked on.
        worth: jobs × cases, to begin with.
        limit: of the bound, in thousandths: a case above it is done.
        steps: so many at most.
        largest: no job is worth more, or less than minus this, in thousandths.
        space: for tables.
    """
    found, still = worth.copy(), np.arange(worth.shape[1])
    best, highest = worth, np.full(still.size, -NEVER)
    length, stalled = np.full(still.size, _LENGTH), np.zeros(still.size, dtype=np.int64)
    often = None
    for step in range(steps):
        value, taken = count(cases, worth, space)
        stalled = np.where(value > highest + SCALE // 20, 0, stalled + 1)
        best = np.where(value > highest, worth, best)
        highest = np.maximum(value, highest)
        often = taken if often is None else 0.5 * often + 0.5 * taken
        open_ = np.flatnonzero(highest <= limit)
        if open_.size < _STAYING * still.size or step == steps - 1:
            found[:, still] = best
            still, cases = still[open_], cases.only(open_)
            value, taken, often = value[open_], taken[:, open_], often[:, open_]
            worth, best, highest = worth[:, open_], best[:, open_], highest[open_]
            length, stalled = length[open_], stalled[open_]
            if not open_.size:
                break
        back = stalled >= _PATIENCE
        length, stalled = np.where(back, length / 2, length), np.where(back, 0, stalled)
        missing = np.where(cases.alone, 0, 1 - 0.5 * often - 0.5 * taken)
        square = np.maximum((missing * missing).sum(axis=0), 1)
        room = np.clip(limit + SCALE - value, 0, None)
        change = np.rint(length * room / square * missing / UNIT).astype(np.int64) * UNIT
        worth = np.clip(np.where(back, best, worth) + change, -largest, largest)
    found[:, still] = best
    return found, still


def telling(part: Core, value: Numbers, bound: Numbers, limit: int) -> Numbers:
    """The place of the job, for each case, whose further cases have the least left to do."""
    left = bound <= limit
    nearer = np.minimum((bound - value) / np.maximum(limit + 1 - value, 1), 1)
    to_do = np.where(left, np.exp2(-_SHARP * nearer), 0.0)
    number = np.add.reduceat(left[part.by_job], part.starts, axis=0)
    together = np.add.reduceat(to_do[part.by_job], part.starts, axis=0)
    found: Numbers = np.where(number > 1, together, np.inf).argmin(axis=0)
    return found
