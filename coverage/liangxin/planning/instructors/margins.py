"""Knapsacks of many cases at once, and what it costs to force one pair. Pure.

The cases of a batch differ in worths and in the pairs that may be. Jobs which all of them give to
the same person are taken out beforehand, with their hours; jobs which one of them gives to one
person take that case's hours.

Hours have a price here, and profits are counted less it. Near a good plan such profits are small,
so whole numbers of 16 bits hold them, and the processor counts many at once. What is hopelessly
far below is lifted to the least number there is, which can only lower a bound.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.lagrange import SCALE, Gap

#: More than any bound of a plan, in thousandths.
NEVER = 2**61
#: Worths here are whole numbers of so many thousandths.
UNIT = 4
#: Kinds of numbers; the first that holds a person's profits counts fastest.
_KINDS: tuple[type[np.signedinteger], ...] = (np.int16, np.int32, np.int64)

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Row:
    """One person, and the jobs they may take in some case of the batch."""

    pairs: slice
    job: Numbers  # pairs: places among the open jobs
    cost: Numbers  # pairs × 1, in thousandths
    weight: Numbers
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


def core(gap: Gap, may: Flags) -> Core | None:
    """Return what is left to decide; null: what is settled exceeds somebody's hours.

    Args:
        gap: the whole problem.
        may: people × jobs, the pairs of any case of the batch; each job has one at least.
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
        weight = gap.weight[who, jobs[some]]
        rows.append(_Row(slice(at, at + some.size), some, cost, weight, int(room[who])))
        person.append(np.full(some.size, who))
        job.append(some)
        at += some.size
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
    )


class Space:
    """Room for tables, used again and again: asking the machine for new room takes long."""

    def __init__(self) -> None:
        self._flat: dict[tuple[str, type[np.signedinteger]], Numbers] = {}

    def table(self, name: str, kind: type[np.signedinteger], shape: tuple[int, ...]) -> Numbers:
        """Return a table of any contents; another one of this name and kind is overwritten."""
        size = int(np.prod(shape))
        flat = self._flat.get((name, kind))
        if flat is None or flat.size < size:
            flat = np.empty(size + size // 4, dtype=kind)
            self._flat[name, kind] = flat
        return flat[:size].reshape(shape)


@dataclass(frozen=True, slots=True)
class Batch:
    """Cases that share a core. Jobs with one person left in a case are settled there."""

    part: Core
    may: Flags  # pairs × cases
    alone: Flags  # jobs × cases: one person is left
    free: Flags  # pairs × cases: may be, and is not settled
    settled: Numbers  # cases: cost of all that is settled, in thousandths
    left: Numbers  # people × cases: hours not settled
    dead: Flags  # cases: what is settled exceeds somebody's hours
    reach: int  # bounds matter up to so far above each case's own, in thousandths

    def only(self, some: Numbers) -> "Batch":
        """Return some of the cases."""
        return Batch(
            self.part,
            self.may[:, some],
            self.alone[:, some],
            self.free[:, some],
            self.settled[some],
            self.left[:, some],
            self.dead[some],
            self.reach,
        )


def batch(part: Core, may: Flags, reach: int) -> Batch:
    """Return cases (pairs × cases) that are ready to be counted."""
    alone: Flags = np.add.reduceat(may[part.by_job], part.starts, axis=0, dtype=np.int64) == 1
    forced = may & alone[part.job]
    settled = np.full(may.shape[1], part.settled)
    left = np.empty((len(part.rows), may.shape[1]), dtype=np.int64)
    for who, row in enumerate(part.rows):
        settled += (forced[row.pairs] * row.cost).sum(axis=0)
        left[who] = row.room - (forced[row.pairs] * row.weight[:, None]).sum(axis=0)
    dead: Flags = np.any(left < 0, axis=0)
    return Batch(part, may, alone, may & ~forced, settled, np.maximum(left, 0), dead, reach)


def count(some: Batch, worth: Numbers, space: Space) -> tuple[Numbers, Numbers]:
    """Return the bound of each case in thousandths, and how many people take each job in it.

    Args:
        some: the cases.
        worth: jobs × cases, multiples of ``UNIT`` thousandths.
        space: for tables.
    """
    number = worth.shape[1]
    cases = np.arange(number)
    value = np.where(some.alone, 0, worth).sum(axis=0) + some.settled
    taken = some.alone.astype(np.int64)
    for who, row in enumerate(some.part.rows):
        if not row.weight.size:
            continue
        gain, price = _gain(some, who, worth)
        most = _most(row, gain, _empty(row.room, price, gain), space, "first")
        place = some.left[who] * number + cases
        now = most[-1].reshape(-1).take(place)
        value -= now.astype(np.int64) * UNIT + price * some.left[who]
        for at in range(row.weight.size - 1, -1, -1):
            below = most[at].reshape(-1).take(place)
            takes = below != now
            taken[row.job[at]] += takes
            now = np.where(takes, now - gain[at], now)
            place -= takes * (row.weight[at] * number)
    return np.where(some.dead, NEVER, value), taken


def through(some: Batch, worth: Numbers, space: Space) -> tuple[Numbers, Numbers]:
    """Return the bound of each case, and of its plans with each pair (pairs × cases).

    A pair's person takes the job and all others do not: one knapsack has it, the others lack it.
    """
    value = np.where(some.alone, 0, worth).sum(axis=0) + some.settled
    having = np.full(some.may.shape, NEVER // UNIT)  # what the bound gains by forcing a pair
    lacking = np.zeros(some.may.shape, dtype=np.int64)  # what it gains by forbidding it
    for who, row in enumerate(some.part.rows):
        if not row.weight.size:
            continue
        gain, price = _gain(some, who, worth)
        # The last jobs begin where a case's own hours end.
        hours = np.arange(row.room + 1)[:, None] - (row.room - some.left[who])[None, :]
        least = -_low(gain.dtype.type)
        end = np.where(hours < 0, least, np.maximum(-(price // UNIT) * hours, least))
        before = _most(row, gain, _empty(row.room, price, gain), space, "first")
        after = _most(
            row, gain[::-1], end.astype(gain.dtype), space, "last", row.weight[::-1].tolist()
        )
        best = after[-1, row.room].astype(np.int64)
        value -= best * UNIT + price * some.left[who]
        both = space.table("both", gain.dtype.type, before.shape[1:])
        for at, weight in enumerate(row.weight.tolist()):
            pair = row.pairs.start + at
            one, other = before[at], after[row.weight.size - 1 - at][::-1]
            np.add(one, other, out=both)
            lacking[pair] = best - both.max(axis=0)
            if weight <= row.room:
                rest = both[: row.room + 1 - weight]
                np.add(one[: row.room + 1 - weight], other[weight:], out=rest)
                having[pair] = best - gain[at].astype(np.int64) - rest.max(axis=0)
    lacking[~some.free] = 0
    part = some.part
    together = np.add.reduceat(lacking[part.by_job], part.starts, axis=0)
    bound = value + (having + together[part.job] - lacking) * UNIT
    bound = np.where(some.free, np.minimum(bound, NEVER), value)
    return np.where(some.dead, NEVER, value), np.where(some.may, bound, NEVER)


def _low(kind: type[np.signedinteger]) -> int:
    """No profit is below minus this: two of them still fit."""
    return int(np.iinfo(kind).max) // 2


def _gain(some: Batch, who: int, worth: Numbers) -> tuple[Numbers, int]:
    """Worth less cost and less the price of its hours, pairs × cases in units; and that price."""
    row, free = some.part.rows[who], some.free[some.part.rows[who].pairs]
    gain = worth[row.job] - row.cost
    price = _price(row, np.where(free, gain, 0), free, float(some.left[who].mean()))
    gain = (gain - (row.weight * price)[:, None]) // UNIT
    highest = int(np.where(free, np.maximum(gain, 0), 0).sum(axis=0).max())
    kind = next(
        each
        for each in _KINDS
        if each is np.int64
        or (highest <= np.iinfo(each).max and 2 * some.reach < _low(each) * UNIT)
    )
    return np.where(free, np.maximum(gain, -_low(kind)), -_low(kind)).astype(kind), price


def _price(row: _Row, gain: Numbers, free: Flags, hours: float) -> int:
    """What an hour is worth where the cases on average run out of them, in thousandths."""
    often = free.sum(axis=1)
    rate = gain.sum(axis=1) / np.maximum(often, 1) / np.maximum(row.weight, 1)
    order = np.argsort(-rate, kind="stable")
    full = np.searchsorted(np.cumsum((row.weight * often)[order]), hours * free.shape[1])
    return max(0, int(rate[order[full]]) // UNIT * UNIT) if full < order.size else 0


def _empty(room: int, price: int, gain: Numbers) -> Numbers:
    """What hours without any job are worth less their price, hours × 1."""
    hours = np.arange(room + 1)
    least = -_low(gain.dtype.type)
    found: Numbers = np.maximum(-(price // UNIT) * hours, least).astype(gain.dtype)[:, None]
    return found


def _most(
    row: _Row,
    gain: Numbers,
    empty: Numbers,
    space: Space,
    name: str,
    weights: list[int] | None = None,
) -> Numbers:
    """The greatest profit of the first jobs within hours: number × hours × cases."""
    weights = weights or row.weight.tolist()
    most = space.table(name, gain.dtype.type, (len(weights) + 1, row.room + 1, gain.shape[1]))
    most[0] = empty
    for at, (weight, each) in enumerate(zip(weights, gain, strict=True)):
        now, then = most[at], most[at + 1]
        then[:weight] = now[:weight]
        if weight <= row.room:
            np.add(now[: row.room + 1 - weight], each, out=then[weight:])
            np.maximum(then[weight:], now[weight:], out=then[weight:])
    return most
