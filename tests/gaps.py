"""Small tight problems of plans by hours, and what is cheapest in them."""

from collections.abc import Callable
from itertools import count, product

import numpy as np

from liangxin.planning.instructors.lagrange import Gap


def ticking() -> Callable[[], float]:
    """A clock on which time passes by looking at it: as fast on any machine."""
    ticks = count(step=0.1)
    return lambda: next(ticks)


def a_gap(seed: int, people: int = 3, jobs: int = 7) -> Gap:
    """Dear jobs take few hours, and hours are short."""
    chance = np.random.default_rng(seed)
    weight = chance.integers(0 if seed % 3 else 5, 30, (people, jobs))
    cost = 35 - weight + chance.integers(-5, 6, (people, jobs))
    return Gap(cost, weight, (0.95 * weight.sum(axis=1) / people).astype(np.int64) + 2)


def least(gap: Gap) -> int | None:
    """The cost of the cheapest plan, all of them counted; null: there is none."""
    people, jobs = gap.cost.shape
    person = np.array(list(product(range(people), repeat=jobs)))
    load = np.stack(
        [((person == who) * gap.weight[who]).sum(axis=1) for who in range(people)], axis=1
    )
    cost = gap.cost[person, np.arange(jobs)].sum(axis=1)
    fits = (load <= gap.capacity).all(axis=1)
    return int(cost[fits].min()) if fits.any() else None
