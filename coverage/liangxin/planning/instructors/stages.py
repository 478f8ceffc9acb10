"""One flow where its numbers fit, else two: loads and wishes first, the rest where these are best.

The solver multiplies costs by the number of nodes and must not leave 64 bits. Where the weights
are too large for that, the first flow settles loads and wishes alone. Its prices tell which arcs
every best plan uses, which none does, and which are free; the second flow chooses among the free
ones by points and changes. The outcome is the same (decision 0022). Pure.
"""

from dataclasses import replace

import numpy as np

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.candidates import Candidates
from liangxin.planning.instructors.network import Arcs, Network, arcs, flow
from liangxin.planning.instructors.prices import Prices, find, unit_prices
from liangxin.planning.instructors.ranks import Weights

#: Costs times nodes must stay below this in the solver.
_SOLVER_LARGEST = 2**63


def solve(net: Network, pairs: Candidates) -> Numbers:
    """Return the person of every organisation, -1 for none; locks included."""
    permitted = net.permitted
    nodes = permitted.units.size + (3 if net.has_kinds else 1) * permitted.people.size + 3
    if net.ladder.steps * net.weight.loads * nodes < _SOLVER_LARGEST:
        return flow(net, pairs, arcs(net, pairs))
    return _in_two(net, pairs)


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
    best = flow(first, pairs, arcs(first, pairs))
    return flow(net, pairs, _free(net, first, pairs, find(first, pairs, best)))


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
