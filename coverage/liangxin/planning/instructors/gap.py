"""Unequal hours: plans by diving along the Lagrangean bound, then again where it may help. Pure.

A dive wanders about near the best worths, gives the surest jobs to whom the knapsacks keep giving
them, and goes on with the rest; HiGHS settles the last two dozen. Then cases raise the bound step
by step (``casework``), and meet the best plan where they can. Where they would take long, a better
plan is looked for along many paths at once (``beam``). Further dives free some people of the best
plan and fill them anew. The bound never comes from the dives' luck (``lagrange``).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from threading import Event

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.budget import Budget
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors import beam
from liangxin.planning.instructors.cases import Cases
from liangxin.planning.instructors.casework import close
from liangxin.planning.instructors.lagrange import SCALE, Bound, Gap, improve, wander
from liangxin.planning.instructors.relaxed import settle, worths

#: Jobs left to HiGHS, and the tree it may grow over them.
_TAIL, _NODES = 24, 500
#: The part of the free jobs given away each round, the surest.
_SHARE = 0.08
#: The bound may take this share of the time that the first plan leaves.
_BOUND_SHARE = 0.25
#: Dives for a first plan; the nearest people are taken where none of them finds any.
_FIRST_DIVES = 5
#: Dives without a better plan after which the freed people become more.
_STALLED = 6
#: The part of the time left that one step of a proof by cases may take, before a plan is looked for
#: along many paths and after it.
_QUICK_SHARE, _PROOF_SHARE = 0.5, 0.8
#: Steps this many times as long as the last are reckoned with until two are known, and by cases; and
#: so few cases are cheap: the next step is twice as high.
_LONGER, _MORE_CASES, _FEW, _SOME = 6, 30, 100, 4_000


@dataclass(frozen=True, slots=True)
class Solved:
    """The person of each job, and the proof."""

    person: Numbers
    cost: int
    bound: Bound
    cases: Cases | None  # a proof by cases, where that shows more
    dives: int

    @property
    def proven(self) -> int:
        """No plan costs less."""
        return max(self.bound.whole, self.cases.aim) if self.cases else self.bound.whole

    @property
    def is_optimal(self) -> bool:
        """Whether what is proven meets the cost."""
        return self.cost <= self.proven


def solve(gap: Gap, budget: Budget, *, seed: int) -> Solved:
    """Return the best plan found in time and its bound.

    Args:
        gap: the problem; with "nobody" as the last person there is always a plan.
        budget: of time; dives end early when the plan is proven.
        seed: of the dives.

    Raises:
        ValueError: none was found; with "nobody" as the last person that cannot be.
    """
    chance = np.random.default_rng(seed)
    if not gap.cost.shape[1]:
        nothing = np.empty(0, dtype=np.int64)
        return Solved(nothing, 0, Bound(nothing, 0), None, 0)
    worth = worths(gap)
    step = _step(gap, worth)
    best, dives = None, 0
    while best is None and budget.left and dives < _FIRST_DIVES:
        best = _dive(gap, worth, step, chance, budget, limit=None)
        dives += 1
    if best is None:
        best = _nearest(gap)
    cost = _cost(gap, best)
    turn = Budget(budget.spent + _BOUND_SHARE * budget.left, budget.clock, budget.started)
    bound = improve(gap, worth, cost, turn)
    best, cases = _prove(gap, best, bound, None, budget, _QUICK_SHARE)
    if budget.left and _cost(gap, best) > (cases.aim if cases else bound.whole):
        best, cases = _both(gap, best, bound, cases, chance, budget)
    cost, least = _cost(gap, best), cases.aim if cases else bound.whole
    freed, stalled = 0.3, 0
    while cost > least and budget.left:
        found = _again(gap, best, bound.worth, step, chance, budget, freed)
        dives += 1
        stalled += 1
        if found is not None and _cost(gap, found) < cost:
            best, cost, stalled = found, _cost(gap, found), 0
        if stalled >= _STALLED:
            freed, stalled = (freed + 0.15 if freed < 1 else 0.3), 0
    return Solved(best, cost, bound, cases, dives)


def _prove(
    gap: Gap, best: Numbers, bound: Bound, cases: Cases | None, budget: Budget, part: float
) -> tuple[Numbers, Cases | None]:
    """Raise what is proven as far as time allows; the best plan met, and the proof if any.

    No step takes more than a part of the time left. Cases are those of an earlier proof.
    """
    cost, least = _cost(gap, best), cases.aim if cases else bound.whole
    step, last, most = 1, 0.0, _SOME + _MORE_CASES * (cases.job.size if cases else 0)
    longer: float = _LONGER
    while least < cost:
        began, share = budget.spent, part * budget.left
        if longer * last > share:
            break
        turn = Budget(began + share, budget.clock, budget.started)
        aim = min(cost, least + step)
        closed = close(gap, bound.worth, aim, turn, floor=least, most=most)
        if closed.person is not None:
            best, cost = closed.person, _cost(gap, closed.person)
        if closed.cases is not None:
            if cases is not None:
                longer = min(max(closed.cases.job.size / cases.job.size, 2), 2 * _LONGER)
            least, cases, last = closed.cases.aim, closed.cases, budget.spent - began
            step = 2 * step if cases.job.size < _FEW else 1
            most = _SOME + _MORE_CASES * cases.job.size
        elif step > 1:
            step = 1
        elif cost > least:
            break
    return best, cases


def _both(
    gap: Gap,
    best: Numbers,
    bound: Bound,
    cases: Cases | None,
    chance: np.random.Generator,
    budget: Budget,
) -> tuple[Numbers, Cases | None]:
    """Raise what is proven, and look for better plans in another thread: neither sees the other's.

    So the same input gives the same plan, as far as time allows. A proof that meets its plan ends both.
    """
    met = Event()
    turn = Budget(budget.seconds, lambda: inf if met.is_set() else budget.clock(), budget.started)

    def look() -> Numbers:
        cheapest, found = best, beam.look(gap, bound.worth, _cost(gap, best), chance, turn)
        while found is not None:
            cheapest = found
            found = beam.look(gap, bound.worth, _cost(gap, found), chance, turn)
        return cheapest

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="paths") as pool:
        looking = pool.submit(look)
        try:
            proven, cases = _prove(gap, best, bound, cases, budget, _PROOF_SHARE)
            if cases is not None and _cost(gap, proven) <= cases.aim:
                met.set()
        except BaseException:
            met.set()
            raise
        found = looking.result()
    return (found if _cost(gap, found) < _cost(gap, proven) else proven), cases


def _nearest(gap: Gap) -> Numbers:
    """One job after the other to the cheapest person who still has the hours, the heaviest first.

    Raises:
        ValueError: somebody's job fits nobody, and there is no "nobody".
    """
    room, found = gap.capacity.copy(), np.full(gap.cost.shape[1], -1, dtype=np.int64)
    for job in np.argsort(-gap.weight.max(axis=0), kind="stable").tolist():
        able = np.flatnonzero(gap.weight[:, job] <= room)
        if not able.size:
            raise ValueError(f"no dive found a plan, and job {job} fits nobody")
        found[job] = able[gap.cost[able, job].argmin()]
        room[found[job]] -= gap.weight[found[job], job]
    return found


def _cost(gap: Gap, person: Numbers) -> int:
    return int(gap.cost[person, np.arange(person.size)].sum())


def _step(gap: Gap, worth: Numbers) -> float:
    """How far worths wander, in thousandths: a quarter of what tells a job's best two apart."""
    if gap.cost.shape[0] < 2:
        return SCALE / 4
    two = np.partition(gap.cost, 1, axis=0)[:2]
    apart = float(np.median(two[1] - two[0])) * SCALE
    return max(SCALE / 4, min(apart, float(np.abs(worth).max())) / 4)


def _again(
    gap: Gap,
    best: Numbers,
    worth: Numbers,
    step: float,
    chance: np.random.Generator,
    budget: Budget,
    freed: float,
) -> Numbers | None:
    """Free some people of a plan, dive for their jobs, and keep all others."""
    people = gap.cost.shape[0]
    number = min(people, max(2, round(freed * people)))
    some = np.sort(chance.choice(people, number, replace=False))
    jobs = np.flatnonzero(np.isin(best, some))
    part = gap.part(some, jobs, gap.capacity[some])
    now = int(gap.cost[best[jobs], jobs].sum())
    found = _dive(part, worth[jobs], step, chance, budget, limit=now)
    if found is None:
        return None
    whole = best.copy()
    whole[jobs] = some[found]
    return whole


def _dive(
    gap: Gap,
    worth: Numbers,
    step: float,
    chance: np.random.Generator,
    budget: Budget,
    limit: int | None,
) -> Numbers | None:
    """Give the surest jobs away until few are left; null: no plan that costs less than a limit."""
    people, jobs = gap.cost.shape
    person = np.full(jobs, -1, dtype=np.int64)
    free, room = np.arange(jobs), gap.capacity.copy()
    often = np.zeros(gap.cost.shape)
    spent, rounds = 0, 0
    while free.size > _TAIL:
        part = gap.part(np.arange(people), free, room)
        bound, moved, often = wander(part, worth[free], often, step, 20 if not rounds else 10)
        if limit is not None and spent + bound.whole >= limit:
            return None
        worth = worth.copy()
        worth[free] = moved
        sure = _surest(often, chance, max(1, int(_SHARE * free.size)))
        kept = np.ones(free.size, dtype=np.bool_)
        for at in sure.tolist():
            to = int(often[:, at].argmax())
            if part.weight[to, at] <= room[to]:
                person[free[at]], kept[at] = to, False
                room[to] -= part.weight[to, at]
                spent += int(part.cost[to, at])
        if kept.all() or not budget.left:
            break
        free, often, rounds = free[kept], often[:, kept], rounds + 1
    if free.size > 4 * _TAIL:
        return None
    seconds = max(0.2, min(10.0, budget.left))
    rest = settle(gap.part(np.arange(people), free, room), nodes=_NODES, seconds=seconds)
    if rest is None:
        return None
    person[free] = rest
    return person


def _surest(often: NDArray[np.float64], chance: np.random.Generator, number: int) -> Numbers:
    """The jobs the knapsacks agree on most: one person takes each, and nobody else does."""
    sure = often.max(axis=0) - 0.5 * np.abs(often.sum(axis=0) - 1)
    sure += chance.random(sure.size) * 0.02  # so that another dive is another dive
    return np.argsort(-sure, kind="stable")[:number].astype(np.int64)
