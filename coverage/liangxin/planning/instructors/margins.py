"""Knapsacks of many cases at once, and what it costs to force one pair. Pure.

The cases of a batch differ in worths and in the pairs that may be. Jobs which all of them give to
the same person are taken out beforehand, with their hours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.lagrange import SCALE, Gap

#: More than any bound of a plan, in thousandths.
NEVER = 2**61
#: Whole numbers of 32 bits count twice as fast, where sums stay below this.
_SHORT = 2**30


@dataclass(frozen=True, slots=True)
class _Row:
    """One person, and the jobs they may take in some case of the batch."""

    pairs: slice
    job: Numbers  # pairs: places among the open jobs
    cost: Numbers  # pairs × 1, in thousandths
    weight: list[int]
    room: int


@dataclass(frozen=True, slots=True)
class Core:
    """What is left to decide in a batch of cases: its pairs, one person after the other."""

    rows: tuple[_Row, ...]
    jobs: Numbers  # those left to decide
    person: Numbers  # pairs
    job: Numbers  # pairs: places among those jobs
    by_job: Numbers  # pairs in the order of jobs
    starts: Numbers  # jobs: where each begins in that order
    settled: int  # cost of what is taken out, in thousandths
    number: type[np.signedinteger]  # wide enough for all sums


def core(gap: Gap, may: NDArray[np.bool_], largest: int) -> Core | None:
    """Return what is left to decide; null: what is settled exceeds somebody's hours.

    Args:
        gap: the whole problem.
        may: people × jobs, the pairs of any case of the batch; each job has one at least.
        largest: no worth of the batch is larger, in thousandths.
    """
    settled = may.sum(axis=0) == 1
    taken = may & settled[None, :]
    room = gap.capacity - np.where(taken, gap.weight, 0).sum(axis=1)
    if (room < 0).any():
        return None
    jobs = np.flatnonzero(~settled)
    rows, person, job = [], [], []
    at = 0
    for who in range(room.size):
        some = np.flatnonzero(may[who, jobs])
        cost = gap.cost[who, jobs[some]][:, None] * SCALE
        weight = gap.weight[who, jobs[some]].tolist()
        rows.append(_Row(slice(at, at + some.size), some, cost, weight, int(room[who])))
        person.append(np.full(some.size, who))
        job.append(some)
        at += some.size
    most = max(len(row.weight) for row in rows)
    reach = (largest + int(np.abs(gap.cost).max()) * SCALE) * (most + 1)
    all_jobs = np.concatenate(job)
    by_job = np.argsort(all_jobs, kind="stable")
    return Core(
        tuple(rows),
        jobs,
        np.concatenate(person),
        all_jobs,
        by_job,
        np.searchsorted(all_jobs[by_job], np.arange(jobs.size)),
        int(gap.cost[taken].sum()) * SCALE,
        np.int32 if reach < _SHORT else np.int64,
    )


def count(part: Core, worth: Numbers, may: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return the bound of each case in thousandths, and how many people take each job in it.

    Args:
        part: what is left to decide.
        worth: jobs × cases, in thousandths.
        may: pairs × cases.
    """
    cases = np.arange(worth.shape[1])
    value = worth.sum(axis=0) + part.settled
    taken = np.zeros(worth.shape, dtype=np.int64)
    for row in part.rows:
        most = _most(row, _gain(part, row, worth, may))
        value -= most[-1, row.room]
        left = np.full(cases.size, row.room)
        for at in range(len(row.weight) - 1, -1, -1):
            takes = most[at + 1, left, cases] != most[at, left, cases]
            taken[row.job[at]] += takes
            left -= takes * row.weight[at]
    return value, taken


def through(part: Core, worth: Numbers, may: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return the bound of each case, and of its plans with each pair (pairs × cases).

    A pair's person takes the job and all others do not: one knapsack has it, the others lack it.
    """
    value = worth.sum(axis=0) + part.settled
    having = np.full(may.shape, NEVER, dtype=np.int64)  # what the bound gains by forcing a pair
    lacking = np.zeros(may.shape, dtype=np.int64)  # what it gains by forbidding it
    for row in part.rows:
        gain = _gain(part, row, worth, may)
        before, after = _most(row, gain), _most(row, gain, backwards=True)
        best = before[-1, row.room]
        value -= best
        for at, (pair, weight) in enumerate(
            zip(range(row.pairs.start, row.pairs.stop), row.weight, strict=True)
        ):
            one, other = before[at], after[len(row.weight) - 1 - at]
            lacking[pair] = best - (one + other[::-1]).max(axis=0)
            if weight <= row.room:
                rest = one[: row.room + 1 - weight] + other[row.room - weight :: -1]
                having[pair] = best - gain[at] - rest.max(axis=0)
    lacking[~may] = 0
    together = np.add.reduceat(lacking[part.by_job], part.starts, axis=0)
    bound = value + having + together[part.job] - lacking
    return value, np.where(may, bound, NEVER)


def _gain(part: Core, row: _Row, worth: Numbers, may: NDArray[np.bool_]) -> Numbers:
    """Worth less cost, pairs × cases; below 0 where it may not be, so that it is never taken."""
    gain: Numbers = np.where(may[row.pairs], worth[row.job] - row.cost, -1).astype(part.number)
    return gain


def _most(row: _Row, gain: Numbers, *, backwards: bool = False) -> Numbers:
    """The greatest profit of the first jobs, or the last, within hours: number × hours × cases."""
    step = -1 if backwards else 1
    most = np.empty((len(row.weight) + 1, row.room + 1, gain.shape[1]), dtype=gain.dtype)
    most[0] = 0
    for at, (weight, each) in enumerate(zip(row.weight[::step], gain[::step], strict=True)):
        now, then = most[at], most[at + 1]
        then[:weight] = now[:weight]
        if weight <= row.room:
            np.add(now[: row.room + 1 - weight], each, out=then[weight:])
            np.maximum(then[weight:], now[weight:], out=then[weight:])
    return most
