"""Unit loads as one min-cost flow: organisations, people, and a ladder of loads. Pure.

organisation → (person, kind of organisation) → person → one arc for each further organisation.
The arcs of a ladder rise, so the flow fills it from below and the cost of loads is convex.
Reaching as many as possible is the flow's size, everything else its cost (``ranks``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.candidates import Candidates
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.ranks import Ladder, Weights, kinds, ladder, weights, wished


@dataclass(frozen=True, slots=True)
class Network:
    """Costs and rooms of the flow; people and organisations keep the problem's numbers."""

    permitted: Permitted
    ladder: Ladder
    weight: Weights
    kind: Numbers  # of each organisation: 0 or 1
    base: Numbers  # organisations locked to each person
    base_kind: Numbers  # the same, people × kinds
    wish: Numbers  # what the first of a kind earns, weighted, people × kinds; 0: none to earn

    @property
    def unreached(self) -> Numbers:
        """What it costs to leave each organisation out; whoever has somebody loses them."""
        return self.weight.unreached + self.permitted.has_in_force * self.weight.changes

    @property
    def has_kinds(self) -> bool:
        """Whether any wish distinguishes kinds; without, a person is one node."""
        return any(wished(self.permitted.problem.limits))


def network(permitted: Permitted, *, keep_first: bool) -> Network:
    """Return the network of a problem.

    Raises:
        Misuse: as ``ranks.weights``.
    """
    limits, people = permitted.problem.limits, len(permitted.problem.people)
    steps = ladder(permitted)
    weight = weights(permitted, steps.steps, keep_first=keep_first)
    kind = np.array([kinds(unit, limits) for unit in permitted.problem.units], dtype=np.int64)
    held = permitted.locked >= 0
    base_kind = np.zeros((people, 2), dtype=np.int64)
    np.add.at(base_kind, (permitted.locked[held], kind[held]), 1)
    wish = np.where(base_kind == 0, np.array(wished(limits)) * weight.wishes, 0)
    return Network(permitted, steps, weight, kind, base_kind.sum(axis=1), base_kind, wish)


def pair_costs(
    net: Network, unit: Numbers, person: Numbers, points: NDArray[np.integer[Any]]
) -> Numbers:
    """Return the weighted cost of pairs: points, and a change where somebody else is in force."""
    permitted = net.permitted
    changed = permitted.has_in_force[unit] & (permitted.in_force[unit] != person)
    cost: Numbers = points.astype(np.int64) * net.weight.points
    cost += changed * net.weight.changes
    return cost


def solve(net: Network, pairs: Candidates) -> Numbers:
    """Return the person of every organisation, -1 for none; locks included."""
    permitted = net.permitted
    assigned = permitted.locked.copy()
    if not pairs.unit.size:
        return assigned
    units, people = permitted.units, permitted.people
    unit_node = np.full(len(permitted.problem.units), -1)
    unit_node[units] = np.arange(units.size)
    place = np.full(len(permitted.problem.people), -1)
    place[people] = np.arange(people.size)
    person_node = units.size + place
    source = units.size + people.size
    flow = SimpleMinCostFlow()

    def arcs(tail: Numbers, head: Numbers, capacity: Numbers, cost: Numbers) -> None:
        flow.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)

    ones = np.ones(pairs.unit.size, dtype=np.int64)
    head = person_node[pairs.person]
    if net.has_kinds:
        head = source + 2 + place[pairs.person] * 2 + net.kind[pairs.unit]
    costs = pair_costs(net, pairs.unit, pairs.person, pairs.points)
    # The flow's size is what is reached, so leaving out is free: what else it costs is earned here.
    costs -= permitted.has_in_force[pairs.unit] * net.weight.changes
    arcs(unit_node[pairs.unit], head, ones, costs)
    full = np.full(units.size, 1)
    arcs(np.full(units.size, source), np.arange(units.size), full, full * 0)
    for load in range(1, net.ladder.rank.shape[1]):
        has = people[(net.base[people] < load) & (load <= permitted.capacity[people])]
        if has.size:
            cost = net.ladder.rank[has, load] * net.weight.loads
            arcs(person_node[has], np.full(has.size, source + 1), np.ones_like(has), cost)
    if net.has_kinds:
        for kind in (0, 1):
            from_kind = source + 2 + place[people] * 2 + kind
            to_person = person_node[people]
            arcs(from_kind, to_person, np.ones_like(people), -net.wish[people, kind])
            arcs(from_kind, to_person, permitted.room[people], people * 0)
    flow.set_node_supply(source, units.size)
    flow.set_node_supply(source + 1, -units.size)
    status = flow.solve_max_flow_with_min_cost()
    if status != flow.OPTIMAL:  # weights are checked, so this is a mistake of ours
        raise ArithmeticError(f"min-cost flow ended with {status}")
    carried = flow.flows(np.arange(pairs.unit.size)) == 1
    assigned[pairs.unit[carried]] = pairs.person[carried]
    return assigned
