"""Unit loads as one min-cost flow: organisations, people, and a ladder of loads. Pure.

organisation → (person, kind of organisation) → person → one arc for each further organisation.
Organisations that stand alike are one node from which as many flow (``Permitted.alike``).
The arcs of a ladder rise, so the flow fills it from below and the cost of loads is convex.
Reaching as many as possible is the flow's size, everything else its cost (``ranks``).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.candidates import Candidates
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.problem import Problem
from liangxin.planning.instructors.ranks import Ladder, Weights, kinds, ladder, weights, wished


@dataclass(frozen=True, slots=True)
class Network:
    """Costs and rooms of the flow; people and organisations keep the problem's numbers."""

    permitted: Permitted
    ladder: Ladder
    weight: Weights
    kind: Numbers  # of each organisation: 0 or 1
    base: Numbers  # organisations each person has whatever is planned: beside the plan, or locked
    base_kind: Numbers  # the same, people × kinds
    beside: Numbers  # of these, those beside the plan, people × kinds
    wish: Numbers  # what the first of a kind earns, weighted, people × kinds; 0: none to earn
    keep_first: bool  # changes before points

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
    limits = permitted.problem.limits
    steps = ladder(permitted)
    weight = weights(permitted, steps.steps, keep_first=keep_first)
    kind = _kinds(permitted.problem)
    held = permitted.locked >= 0
    beside = _beside(permitted.problem)
    base_kind = beside.copy()
    np.add.at(base_kind, (permitted.locked[held], kind[held]), 1)
    wish = np.where(base_kind == 0, np.array(wished(limits)) * weight.wishes, 0)
    base = base_kind.sum(axis=1)
    return Network(permitted, steps, weight, kind, base, base_kind, beside, wish, keep_first)


def lighter(net: Network, passed: int) -> Network:
    """Return the network with weights that decide as the order does along cycles of few organisations."""
    steps = net.ladder.steps
    weight = weights(net.permitted, steps, keep_first=net.keep_first, passed=passed)
    return replace(net, weight=weight, wish=net.wish // net.weight.wishes * weight.wishes)


def _kinds(problem: Problem) -> Numbers:
    """The kind of each organisation; without a wish all are of one."""
    if not any(wished(problem.limits)):
        return np.zeros(len(problem.units), dtype=np.int64)
    return np.array([kinds(unit, problem.limits) for unit in problem.units], dtype=np.int64)


def _beside(problem: Problem) -> Numbers:
    """Organisations each person has beside the plan, people × kinds."""
    found = np.zeros((len(problem.people), 2), dtype=np.int64)
    is_told_apart = any(wished(problem.limits))
    for at, person in enumerate(problem.people):
        for each in person.beside:
            found[at, kinds(each, problem.limits) if is_told_apart else 0] += 1
    return found


def pair_costs(
    net: Network, unit: Numbers, person: Numbers, points: NDArray[np.integer[Any]]
) -> Numbers:
    """Return the weighted cost of pairs: points, and a change where somebody else is in force."""
    permitted = net.permitted
    changed = permitted.has_in_force[unit] & (permitted.in_force[unit] != person)
    cost: Numbers = points.astype(np.int64) * net.weight.points
    cost += changed * net.weight.changes
    return cost


@dataclass(frozen=True, slots=True)
class Arcs:
    """Costs of all arcs and which there are: of pairs, organisations, people's kinds and ladders."""

    unit: Numbers  # by organisation of the problem
    pair: Numbers  # by candidate
    first: Numbers  # people × kinds: of the first of a kind
    other: Numbers  # people × kinds: of any further one
    step: Numbers  # people × (most load + 1)
    has_pair: NDArray[np.bool_]
    has_first: NDArray[np.bool_]
    has_other: NDArray[np.bool_]
    has_step: NDArray[np.bool_]


def arcs(net: Network, pairs: Candidates) -> Arcs:
    """Return the whole network over some candidates."""
    permitted = net.permitted
    pair = pair_costs(net, pairs.unit, pairs.person, pairs.points)
    # The flow's size is what is reached, so leaving out is free: what else it costs is earned here.
    pair -= permitted.has_in_force[pairs.unit] * net.weight.changes
    load = np.arange(net.ladder.rank.shape[1])[None, :]
    has_kind = np.ones(net.wish.shape, dtype=np.bool_)
    return Arcs(
        unit=np.zeros(len(permitted.problem.units), dtype=np.int64),
        pair=pair,
        first=-net.wish,
        other=np.zeros_like(net.wish),
        step=net.ladder.rank * net.weight.loads,
        has_pair=np.ones(pair.size, dtype=np.bool_),
        has_first=has_kind,
        has_other=has_kind,
        has_step=(load > net.base[:, None]) & (load <= permitted.capacity[:, None]),
    )


def flow(net: Network, pairs: Candidates, on: Arcs) -> Numbers:
    """Return the person of every organisation, -1 for none; locks included."""
    permitted = net.permitted
    assigned = permitted.locked.copy()
    some = np.flatnonzero(on.has_pair)
    if not some.size:
        return assigned
    # Neighbours lie together in the solver's memory: half the time of a large district.
    units, people = permitted.by_place()
    together = np.bincount(permitted.alike[permitted.units], minlength=len(assigned))
    unit_node = _places(units, len(permitted.problem.units))
    place = _places(people, len(permitted.problem.people))
    source = units.size + people.size
    graph = SimpleMinCostFlow()

    def add(tail: Numbers, head: Numbers, capacity: Numbers, cost: Numbers) -> None:
        graph.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)

    unit, person = pairs.unit[some], pairs.person[some]
    head = units.size + place[person]
    if net.has_kinds:
        head = source + 2 + place[person] * 2 + net.kind[unit]
    add(unit_node[unit], head, np.minimum(together[unit], permitted.room[person]), on.pair[some])
    add(np.full_like(units, source), unit_node[units], together[units], on.unit[units])
    # All that flows takes one step, so what they all cost decides nothing. The solver begins at the
    # largest cost, above 0 or below, and is done sooner where 0 is in their middle.
    steps = on.step[on.has_step]
    middle = (steps.min() + steps.max()) // 2 if steps.size else 0
    for load in range(1, on.step.shape[1]):
        has = people[on.has_step[people, load]]
        sink = np.full_like(has, source + 1)
        add(units.size + place[has], sink, np.ones_like(has), on.step[has, load] - middle)
    for kind in (0, 1) if net.has_kinds else ():
        for there, cost, room in (
            (on.has_first, on.first, np.ones_like(permitted.room)),
            (on.has_other, on.other, permitted.room),
        ):
            has = people[there[people, kind]]
            tail = source + 2 + place[has] * 2 + kind
            add(tail, units.size + place[has], room[has], cost[has, kind])
    graph.set_node_supply(source, permitted.units.size)
    graph.set_node_supply(source + 1, -permitted.units.size)
    status = graph.solve_max_flow_with_min_cost()
    if status != graph.OPTIMAL:  # weights are checked, so this is a mistake of ours
        raise ArithmeticError(f"min-cost flow ended with {status}")
    carried = graph.flows(np.arange(some.size))
    each = _each(permitted, np.repeat(unit, carried))
    assigned[each] = np.repeat(person, carried)
    return assigned


def _each(permitted: Permitted, first: Numbers) -> Numbers:
    """Different organisations that stand like those named, which are sorted."""
    alike = permitted.alike[permitted.units]
    order = np.argsort(alike, kind="stable")
    turn = np.arange(first.size) - np.searchsorted(first, first)
    return permitted.units[order[np.searchsorted(alike[order], first) + turn]]


def _places(numbers: Numbers, of: int) -> Numbers:
    place = np.full(of, -1, dtype=np.int64)
    place[numbers] = np.arange(numbers.size)
    return place
