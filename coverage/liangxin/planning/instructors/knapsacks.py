"""What one person can best take on within their hours, exactly: knapsacks of whole numbers. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import Numbers

#: So many people are filled at once: below, one after the other is faster.
_TOGETHER = 32


@dataclass(frozen=True, slots=True)
class Filled:
    """For each person the most profit their hours allow, and what makes it up."""

    profit: Numbers
    chosen: NDArray[np.bool_]  # people × jobs


def fill(profit: Numbers, weight: Numbers, capacity: Numbers) -> Filled:
    """Fill every person's hours for the greatest profit, jobs taken whole.

    Args:
        profit: people × jobs; what is not above 0 is never taken.
        weight: people × jobs, not below 0.
        capacity: of each person, not below 0.
    """
    best = np.zeros(profit.shape[0], dtype=np.int64)
    chosen = np.zeros(profit.shape, dtype=np.bool_)
    worth = (profit > 0) & (weight <= capacity[:, None])
    fits = np.where(worth, weight, 0).sum(axis=1) <= capacity
    chosen[fits] = worth[fits]
    best[fits] = np.where(worth[fits], profit[fits], 0).sum(axis=1)
    tight = np.flatnonzero(~fits)
    if tight.size >= _TOGETHER:
        best[tight], chosen[tight] = _fill_together(
            profit[tight], weight[tight], capacity[tight], worth[tight]
        )
        return Filled(best, chosen)
    for person in tight.tolist():
        jobs = np.flatnonzero(worth[person])
        profits, weights = profit[person, jobs].tolist(), weight[person, jobs].tolist()
        best[person], taken = _fill(profits, weights, int(capacity[person]))
        chosen[person, jobs[taken]] = True
    return Filled(best, chosen)


def _fill(profits: list[int], weights: list[int], room: int) -> tuple[int, list[int]]:
    # most[r]: the greatest profit of the jobs so far within r hours.
    most = np.zeros(room + 1, dtype=np.int64)
    steps = []
    for profit, weight in zip(profits, weights, strict=True):
        with_it = most[: room + 1 - weight] + profit
        takes = with_it > most[weight:]
        steps.append(takes)
        most = np.concatenate([most[:weight], np.where(takes, with_it, most[weight:])])
    left, taken = room, []
    for job in range(len(profits) - 1, -1, -1):
        weight = weights[job]
        if left >= weight and steps[job][left - weight]:
            taken.append(job)
            left -= weight
    return int(most[-1]), taken[::-1]


def _fill_together(
    profit: Numbers, weight: Numbers, capacity: Numbers, worth: NDArray[np.bool_]
) -> tuple[Numbers, NDArray[np.bool_]]:
    """The same for many people at once: the first job of each, then the second of each, …"""
    people = np.arange(capacity.size)
    counts = worth.sum(axis=1)
    order = np.argsort(~worth, axis=1, kind="stable")[:, : int(counts.max())]
    profits = np.take_along_axis(np.where(worth, profit, 0), order, axis=1)
    weights = np.take_along_axis(np.where(worth, weight, 0), order, axis=1)
    hours = np.arange(int(capacity.max()) + 1)
    most = np.zeros((people.size, hours.size), dtype=np.int64)
    takes = np.zeros((order.shape[1], people.size, hours.size), dtype=np.bool_)
    for at in range(order.shape[1]):
        before = hours[None, :] - weights[:, at, None]
        with_it = np.take_along_axis(most, np.maximum(before, 0), axis=1) + profits[:, at, None]
        takes[at] = (before >= 0) & (with_it > most)
        most = np.where(takes[at], with_it, most)
    left, chosen = capacity.copy(), np.zeros(worth.shape, dtype=np.bool_)
    for at in range(order.shape[1] - 1, -1, -1):
        taken = takes[at, people, left]
        chosen[people[taken], order[taken, at]] = True
        left -= np.where(taken, weights[:, at], 0)
    return most[people, capacity], chosen
