"""One flow with light weights, then, where these do not do, with those that always do. Pure.

The larger the weights, the longer the solver takes: twice as long, when a plan in force is
repaired. Weights for cycles of two organisations nearly always give the best plan, and the prices
tell whether they did, held against the full weights.

The solver multiplies costs by the number of nodes and must not leave 64 bits. Where the weights
are too large for that, the first flow settles loads and wishes alone. Its prices tell which arcs
every best plan uses, which none does, and which are free; the second flow chooses among the free
ones by points and changes. The outcome is the same (decision 0022).
"""

from dataclasses import replace

import numpy as np

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.candidates import Candidates
from liangxin.planning.instructors.network import Arcs, Network, arcs, flow, lighter
from liangxin.planning.instructors.prices import Prices, find, unit_prices
from liangxin.planning.instructors.ranks import Weights

#: Costs times nodes must stay below this in the solver.
_SOLVER_LARGEST = 2**63
#: Organisations on a cycle that light weights reckon with.
_FEW = 2
#: Rounds after which prices of a best plan have come to rest; 40 were the most that were seen.
_SOON = 200


def best(net: Network, pairs: Candidates) -> tuple[Numbers, Prices]:
    """Return the person of every organisation, -1 for none, locks included; and prices that prove it."""
    light = lighter(net, _FEW)
    if _fits(light):
        assigned = flow(light, pairs, arcs(light, pairs))
        prices = find(net, pairs, assigned, rounds=_SOON)
        if prices.proves:
            return assigned, prices
    assigned = solve(net, pairs)
    return assigned, find(net, pairs, assigned)


def solve(net: Network, pairs: Candidates) -> Numbers:
    """Return the person of every organisation, -1 for none; locks included."""
    return flow(net, pairs, arcs(net, pairs)) if _fits(net) else _in_two(net, pairs)


def _fits(net: Network) -> bool:
    """Whether the solver can reckon with the costs of a network."""
    permitted = net.permitted
    nodes = permitted.firsts.size + (3 if net.has_kinds else 1) * permitted.people.size + 3
    return net.ladder.steps * net.weight.loads * nodes < _SOLVER_LARGEST


def _in_two(net: Network, pairs: Candidates) -> Numbers:
    wishes = 2 * net.permitted.people.size
    coarse = Weights(
        unreached=2 * (net.ladder.steps * (2 * wishes + 1) + wishes) + 1,
        loads=2 * wishes + 1,
        wishes=1,
        points=0,
        changes=0,
    )
    first = replace(net, weight=coarse, wish=np.minimum(net.wish, 1))
    assigned = flow(first, pairs, arcs(first, pairs))
    return flow(net, pairs, _free(net, first, pairs, find(first, pairs, assigned)))


def _free(net: Network, first: Network, pairs: Candidates, prices: Prices) -> Arcs:
    """The arcs that best plans of the first flow use: always (they earn a great deal) or at times."""
    before, now = arcs(first, pairs), arcs(net, pairs)
    earns = -net.weight.wishes  # more than points and changes along any cycle
    least = unit_prices(first, prices, pairs)
    place = prices.person[:, None]

    def forced(reduced: Numbers) -> Numbers:
        return np.where(reduced < 0, earns, 0)

    pair = before.pair + prices.kind[pairs.person, net.kind[pairs.unit]] - least[pairs.unit]
    unit = least - first.weight.unreached
    kind_first = before.first + place - prices.kind
    kind_other = before.other + place - prices.kind
    step = before.step - place
    return Arcs(
        unit=forced(unit),
        pair=now.pair,
        first=forced(kind_first),
        other=forced(kind_other),
        step=forced(step),
        has_pair=pair <= 0,
        has_first=kind_first <= 0,
        has_other=kind_other <= 0,
        has_step=before.has_step & (step <= 0),
    )
