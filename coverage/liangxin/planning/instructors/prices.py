"""What one more organisation costs each person, and each organisation at best: the proof. Pure.

Prices are the shortest ways out of the residual network, found by passing them on until nothing
changes (Bellman and Ford). They prove a plan by plain arithmetic (``bound``): whatever the prices
are, every plan costs at least that much, so only its worth depends on how they were found.
"""

from dataclasses import dataclass

import numpy as np

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.candidates import Candidates, nearest, some, together
from liangxin.planning.instructors.network import Network, pair_costs
from liangxin.planning.instructors.permitted import FORBIDDEN, Block

#: More than any price, and small enough that a cost can be added.
NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Prices:
    """Weighted whole numbers, by the problem's numbers of people."""

    person: Numbers  # of one more organisation
    kind: Numbers  # people × kinds: of one more of that kind
    proves: bool = False
    """Whether they prove the plan they were found for best over the candidates."""


def find(net: Network, pairs: Candidates, assigned: Numbers, rounds: int = 10_000) -> Prices:
    """Return prices under which no candidate would lower the cost, if the plan is optimal.

    Args:
        net: the network.
        pairs: the candidates the plan was made of.
        assigned: the person of every organisation, or -1.
        rounds: of passing on; a plan that is not optimal has no end of them.
    """
    permitted = net.permitted
    people = np.arange(len(permitted.problem.people))
    # What each has in all, beside the plan and in it.
    held = net.beside.copy()
    served = np.flatnonzero(assigned >= 0)
    np.add.at(held, (assigned[served], net.kind[served]), 1)
    load = held.sum(axis=1)
    spare = load < permitted.capacity
    highest = net.ladder.rank.shape[1] - 1
    nxt = np.minimum(load + 1, highest)
    person = np.where(spare, net.ladder.rank[people, nxt] * net.weight.loads, NEVER)
    kind = np.full((people.size, 2), NEVER)
    earned = np.where(held == 0, net.wish, 0)
    free = held - net.base_kind  # that are not locked
    gives_first = (free >= 1) & (held == 1)  # giving it up gives up what the first earned
    gives_other = held - np.minimum(1, net.wish) * (net.base_kind == 0) >= 1
    gives_other &= free >= 1
    cost = pair_costs(net, pairs.unit, pairs.person, pairs.points)
    # Places in all kinds one after the other: one number is looked up faster than two.
    column = pairs.person * 2 + net.kind[pairs.unit]
    movable = _first_arcs(pairs.unit)
    movers, current = _movers(net, pairs, assigned)
    group = np.searchsorted(pairs.unit[movable], movers)
    placed = current >= 0
    movers_now, now = movers[placed], current[placed]
    own = pair_costs(net, movers_now, now, permitted.points(movers_now, now))
    gives = now * 2 + net.kind[movers_now]
    gains_in = False
    for _ in range(rounds):
        before = person.copy(), kind.copy()
        kind = np.minimum(kind, np.where(person[:, None] < NEVER, person[:, None] - earned, NEVER))
        if movers.size:
            best = np.minimum.reduceat(cost + kind.ravel()[column], movable)[group]
            gains_in = bool((best < net.unreached[movers])[~placed].any())
            best = np.minimum(best, net.unreached[movers])
            np.minimum.at(kind.reshape(-1), gives, best[placed] - own)
        back = np.where(gives_first & (kind < NEVER), kind + net.wish, NEVER)
        back = np.minimum(back, np.where(gives_other, kind, NEVER))
        person = np.minimum(person, back.min(axis=1, initial=NEVER))
        if np.array_equal(before[0], person) and np.array_equal(before[1], kind):
            # No cycle pays among people; nor one that leads over the sum of loads, or lets another in.
            given_up = net.ladder.rank[people, np.minimum(load, highest)] * net.weight.loads
            gains_load = bool((person < given_up)[load > net.base].any())
            return Prices(person, kind, proves=not (gains_load or gains_in))
    return Prices(person, kind)


@dataclass(frozen=True, slots=True)
class Priced:
    """All permitted pairs looked through under prices."""

    cheapest: Candidates  # for each organisation some of the cheapest pairs
    short: int  # organisations that cost less than over the candidates: 0 proves the plan


def price(net: Network, prices: Prices, pairs: Candidates, each: int, seed: int) -> Priced:
    """Price every permitted pair.

    Args:
        net: the network.
        prices: of a plan over the candidates.
        pairs: the candidates.
        each: so many of the cheapest pairs are returned for an organisation.
        seed: orders pairs that cost the same.
    """
    before = unit_prices(net, prices, pairs)
    # Whoever has somebody now pays for the change; pairs in force are candidates, so are in before.
    changes = net.permitted.has_in_force * net.weight.changes
    least = before.copy()
    parts = []
    for block in net.permitted.blocks():
        cost = row_costs(net, prices, block)
        cheapest = cost.min(axis=1)[block.row] + changes[block.units]
        least[block.units] = np.minimum(least[block.units], cheapest)
        column = nearest(block, cost - cost.min(axis=1, keepdims=True), each, seed)
        at = np.repeat(np.arange(block.row.size), column.shape[1])
        parts.append(some(block, at, column.ravel()))
    return Priced(together(net.permitted, parts), int(np.sum(least < before)))


def unit_prices(net: Network, prices: Prices, pairs: Candidates) -> Numbers:
    """Return the least each organisation costs over candidates, or unreached."""
    least = net.unreached.copy()
    cost = pair_costs(net, pairs.unit, pairs.person, pairs.points)
    cost += prices.kind[pairs.person, net.kind[pairs.unit]]
    movable = _first_arcs(pairs.unit)
    if movable.size:
        units = pairs.unit[movable]
        least[units] = np.minimum(least[units], np.minimum.reduceat(cost, movable))
    return least[net.permitted.alike]


def row_costs(net: Network, prices: Prices, block: Block) -> Numbers:
    """Return points and price of a block's rows, without changes; ``NEVER`` where it may not be."""
    cost: Numbers = np.multiply(block.points, net.weight.points, dtype=np.int64)
    first = block.units[np.searchsorted(block.row, np.arange(block.points.shape[0]))]
    kind = prices.kind[block.people].T
    cost += kind[net.kind[first]] if net.has_kinds else kind[0][None, :]
    if block.points.max(initial=0) == FORBIDDEN:
        cost[block.points == FORBIDDEN] = NEVER
    return cost


def _movers(net: Network, pairs: Candidates, assigned: Numbers) -> tuple[Numbers, Numbers]:
    """Who may move, each once of all that stand alike and have the same person; and that person or -1."""
    permitted = net.permitted
    units = permitted.units
    people = len(permitted.problem.people) + 1
    once = np.unique(permitted.alike[units] * people + assigned[units] + 1)
    unit, person = once // people, once % people - 1
    may = np.isin(unit, pairs.unit)
    return unit[may], person[may]


def _first_arcs(unit: Numbers) -> Numbers:
    """Where each organisation's candidates begin, in candidates sorted by organisation."""
    return np.flatnonzero(np.diff(unit, prepend=-1))
