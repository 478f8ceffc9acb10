"""The bound of unequal hours: what each job is worth, and what people would make of it. Pure.

Give every job a worth. No plan costs less than all worths together less the greatest profit
(worth less cost) that each person's hours allow, whatever the worths are. ``improve`` looks for
worths that make this bound high; the checker only adds up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.budget import Budget
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.knapsacks import fill

#: Worths are whole numbers of a thousandth of a unit of cost.
SCALE = 1000
#: Steps without a better bound after which they are halved, and the shortest ones.
_PATIENCE, _SHORTEST = 8, 0.002


@dataclass(frozen=True, slots=True)
class Gap:
    """A generalised assignment: each job to one person, within each person's hours.

    The last person may be "nobody": without weight, and dearer than anyone.
    """

    cost: Numbers  # people × jobs, whole numbers
    weight: Numbers  # people × jobs, not below 0
    capacity: Numbers

    def part(self, people: Numbers, jobs: Numbers, capacity: Numbers) -> "Gap":
        """Return some people × some jobs, with the hours they have left."""
        both = np.ix_(people, jobs)
        return Gap(self.cost[both], self.weight[both], capacity)


@dataclass(frozen=True, slots=True)
class Bound:
    """Worths and the bound they give, both in thousandths."""

    worth: Numbers
    value: int

    @property
    def whole(self) -> int:
        """The bound in units of cost: plans cost whole numbers, so it is rounded up."""
        return -(-self.value // SCALE)


def cost_of(gap: Gap, person: Numbers) -> int | None:
    """Return what a plan (the person of each job) costs; null: somebody has not the hours for it."""
    jobs = np.arange(person.size)
    load = np.zeros(gap.capacity.size, dtype=np.int64)
    np.add.at(load, person, gap.weight[person, jobs])
    return int(gap.cost[person, jobs].sum()) if (load <= gap.capacity).all() else None


def value(gap: Gap, worth: Numbers) -> int:
    """Return the bound that worths give, in thousandths."""
    filled = fill(worth[None, :] - gap.cost * SCALE, gap.weight, gap.capacity)
    return int(worth.sum() - filled.profit.sum())


def improve(gap: Gap, worth: Numbers, known: int, budget: Budget, steps: int = 400) -> Bound:
    """Return better worths: those of jobs that nobody takes rise, of those many take fall.

    Args:
        gap: the problem.
        worth: to begin with, in thousandths.
        known: the cost of a plan; how far the bound may rise at most.
        budget: no step is begun after it.
        steps: so many at most.
    """
    best = Bound(worth, value(gap, worth))
    length, stalled = 1.0, 0
    for _ in range(steps):
        filled = fill(worth[None, :] - gap.cost * SCALE, gap.weight, gap.capacity)
        now = int(worth.sum() - filled.profit.sum())
        stalled = 0 if now > best.value + SCALE // 100 else stalled + 1
        if now > best.value:
            best = Bound(worth, now)
        if stalled >= _PATIENCE:
            length, stalled, worth = length / 2, 0, best.worth
        missing = 1 - filled.chosen.sum(axis=0)
        square = int((missing * missing).sum())
        room = known * SCALE - now
        if not square or room <= 0 or length < _SHORTEST or not budget.left:
            break
        worth = worth + np.rint(length * room / square * missing).astype(np.int64)
    return best


def wander(
    gap: Gap, worth: Numbers, often: NDArray[np.float64], step: float, steps: int
) -> tuple[Bound, Numbers, NDArray[np.float64]]:
    """Step about near good worths and see who takes what how often.

    Args:
        gap: the problem.
        worth: to begin with, in thousandths.
        often: how often who took what so far, people × jobs, from 0 to 1.
        step: in thousandths.
        steps: how many.

    Returns:
        The best bound met, the last worths, and how often who takes what.
    """
    best = Bound(worth, -(2**62))
    for _ in range(steps):
        filled = fill(worth[None, :] - gap.cost * SCALE, gap.weight, gap.capacity)
        now = int(worth.sum() - filled.profit.sum())
        if now > best.value:
            best = Bound(worth, now)
        often = 0.9 * often + 0.1 * filled.chosen
        missing = 1 - 0.5 * filled.chosen.sum(axis=0) - 0.5 * often.sum(axis=0)
        worth = worth + np.rint(step * missing).astype(np.int64)
    return best, worth, often
