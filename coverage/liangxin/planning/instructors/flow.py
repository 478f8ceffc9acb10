"""Unit loads: the flow over candidates, then over whatever pairs its prices ask for. Pure.

One min-cost flow gives the best plan over the candidates. Its prices are then held against every
permitted pair; pairs that would lower the cost become candidates, and the flow is solved again,
until none would: then the plan is the best of all permitted ones.
"""

from dataclasses import dataclass

import numpy as np

from liangxin.planning.budget import Budget
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.candidates import CandidateRule, Candidates, choose, together
from liangxin.planning.instructors.network import Network, network, pair_costs
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.prices import Prices, find, price
from liangxin.planning.instructors.stages import best

#: Pairs an organisation keeps from one round to the next.
_CHEAPEST = 12
#: Candidates a flow is sure to be solved with in a second; more of them than time is a quick plan.
_ARCS_A_SECOND = 60_000
#: Rounds after which pairs are only added: so the rounds end.
_DROPPING_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Flowed:
    """A plan as numbers, and prices that prove it as far as they do."""

    assigned: Numbers  # the person of each organisation, or -1
    prices: Prices
    net: Network
    rounds: int
    method: str


def assign(
    permitted: Permitted,
    rule: CandidateRule,
    budget: Budget,
    *,
    seed: int,
    keep_first: bool = False,
    only_candidates: bool = False,
) -> Flowed:
    """Return the best plan found and its prices.

    Args:
        permitted: the pairs that may be.
        rule: the candidates to begin with.
        budget: no round is begun after it; the first flow is left out where it is too short.
        seed: orders what is equal.
        keep_first: changes before points.
        only_candidates: stop at the best plan over the candidates.

    Raises:
        Misuse: as ``ranks.weights``.
    """
    net = network(permitted, keep_first=keep_first)
    pairs = choose(permitted, rule, seed)
    if pairs.unit.size > _ARCS_A_SECOND * budget.seconds:
        assigned = _quick(net, pairs)
        return Flowed(assigned, find(net, pairs, assigned, rounds=20), net, 0, "nearest first")
    assigned, prices = best(net, pairs)
    rounds = 1
    while not only_candidates and budget.left:
        priced = price(net, prices, pairs, _CHEAPEST, seed)
        if not priced.short:
            break
        planned = permitted.units[assigned[permitted.units] >= 0]
        now = assigned[planned]
        using = Candidates(planned, now, permitted.points(planned, now).astype(np.int64))
        # Pairs in force are never priced, so they stay candidates.
        own = permitted.own
        parts = [priced.cheapest, using, Candidates(own.unit, own.person, own.points)]
        if rounds > _DROPPING_ROUNDS:
            parts.append(pairs)
        pairs = together(permitted, parts)
        assigned, prices = best(net, pairs)
        rounds += 1
    return Flowed(assigned, prices, net, rounds, "min-cost flow")


def _quick(net: Network, pairs: Candidates) -> Numbers:
    """What is in force stays; then one after the other to the person with the least load, the nearest."""
    permitted = net.permitted
    assigned = permitted.locked.copy()
    load = net.base.tolist()
    room = (permitted.room + net.base).tolist()
    rank = net.ladder.rank.tolist()
    for unit, who in zip(permitted.own.unit.tolist(), permitted.own.person.tolist(), strict=True):
        if assigned[unit] < 0 and load[who] < room[who]:
            assigned[unit] = who
            load[who] += 1
    cost = pair_costs(net, pairs.unit, pairs.person, pairs.points).tolist()
    person = pairs.person.tolist()
    start = np.searchsorted(pairs.unit, permitted.alike[permitted.units])
    end = np.searchsorted(pairs.unit, permitted.alike[permitted.units], side="right")
    # Those with the fewest to choose among choose first.
    for which in np.argsort(end - start, kind="stable").tolist():
        if assigned[permitted.units[which]] >= 0:
            continue
        looked = range(start[which], end[which])
        free = [at for at in looked if load[person[at]] < room[person[at]]]
        if free:
            best = min(free, key=lambda at: (rank[person[at]][load[person[at]] + 1], cost[at]))
            assigned[permitted.units[which]] = person[best]
            load[person[best]] += 1
    return assigned
