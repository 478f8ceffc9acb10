"""Recounts a plan from its problem and verifies its bound by plain whole-number arithmetic. Pure.

Nothing the method found is believed. Who may look after whom, all loads and the value are counted
again from the problem, one pair after the other. The bound holds for any prices whatsoever:

    every plan's value >= what is locked + for each organisation the least of (pair + price) and
    of being left out + for each person the least of (load - price · organisations).

The first sum is taken over every permitted pair. A plan whose value equals its bound is optimal.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors import cases_checker, ranks, telling
from liangxin.planning.instructors.candidates import CandidateRule, Candidates, choose
from liangxin.planning.instructors.cases import Cases
from liangxin.planning.instructors.lagrange import SCALE
from liangxin.planning.instructors.network import Network, network, pair_costs
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.prices import NEVER, Prices, row_costs
from liangxin.planning.instructors.problem import Pair, Problem, has_already, most, refusal
from liangxin.planning.instructors.workloads import as_gap

#: Sums of a price and a cost stay whole numbers of 64 bits below this.
_LARGEST_PRICE = NEVER


@dataclass(frozen=True, slots=True)
class Recount:
    """What a plan comes to, smaller is better: the objectives in their order."""

    unreached: int
    loads: int  # sum of ranks (``ranks.Ladder``)
    wishes: int  # not met, as far as the network holds them
    points: int
    changes: int

    @property
    def levels(self) -> tuple[int, int, int, int, int]:
        """All of them, the most important first."""
        return (self.unreached, self.loads, self.wishes, self.points, self.changes)


def violations(problem: Problem, pairs: list[Pair]) -> list[str]:
    """Return what a plan breaks, in words for a log; empty: it may stand."""
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    found = []
    limits = problem.limits
    given: Counter[str] = Counter()
    for unit, person in pairs:
        if unit not in units or person not in people:
            found.append(f"{unit}–{person} is about somebody who is not in the problem")
            continue
        refused = refusal(units[unit], people[person], problem)
        if refused is not None:
            found.append(f"{unit}–{person} may not be: {refused}")
        given[person] += units[unit].hours if limits.by_hours else 1
    for unit, times in Counter(unit for unit, _ in pairs).items():
        if times > 1:
            found.append(f"{unit} has {times} instructors")
    for person, number in given.items():
        if person not in people or not number:
            continue
        beside = has_already(people[person], limits)
        if beside + number > most(people[person], limits):
            found.append(f"{person} has {number} and {beside} beside the plan, more than may be")
    found += [f"the lock {unit}–{person} is broken" for unit, person in problem.must - set(pairs)]
    return found


def recount(problem: Problem, net: Network, pairs: list[Pair]) -> Recount:
    """Return the value of a plan that breaks nothing, one pair after the other.

    Loads and wishes are of what each person has in all, beside the plan and in it.
    """
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    wished = ranks.wished(problem.limits)
    met: set[tuple[str, int]] = set()  # a person and a kind that they have
    load: Counter[str] = Counter()
    for each in problem.people:
        load[each.id] = len(each.beside)
        if any(wished):
            met |= {(each.id, ranks.kinds(one, problem.limits)) for one in each.beside}
    points = 0
    for unit, person in pairs:
        points += telling.points(units[unit], people[person], problem)
        load[person] += 1
        if any(wished):
            met.add((person, ranks.kinds(units[unit], problem.limits)))
    rows = net.ladder.rank.tolist()
    rank = {person.id: row for person, row in zip(problem.people, rows, strict=True)}
    asked = sum(wished) * len(problem.people)
    return Recount(
        unreached=len(problem.units) - len(pairs),
        loads=sum(sum(rank[person][1 : number + 1]) for person, number in load.items()),
        wishes=asked - sum(wished[kind] for _, kind in met),
        points=points,
        changes=_changes(problem, pairs),
    )


def _changes(problem: Problem, pairs: list[Pair]) -> int:
    """Organisations of the problem that had somebody and have not the same any more."""
    units, now = {unit.id for unit in problem.units}, dict(pairs)
    return sum(unit in units and now.get(unit) != was for unit, was in problem.in_force)


def _usable(net: Network, prices: Prices) -> bool:
    """Whether sums of these prices and costs stay whole numbers of 64 bits."""
    people = net.permitted.people
    for numbers in (prices.person[people], prices.kind[people]):
        if numbers.size and max(int(numbers.max()), -int(numbers.min())) > _LARGEST_PRICE:
            return False
    return True


def _least(net: Network, prices: Prices) -> Numbers:
    """The least each organisation costs with anyone who may, or without."""
    permitted = net.permitted
    changed = permitted.has_in_force * net.weight.changes
    least = net.weight.unreached + changed
    for block in permitted.blocks():
        cost = row_costs(net, prices, block).min(axis=1)[block.row]
        least[block.units] = np.minimum(least[block.units], cost + changed[block.units])
    own = permitted.own  # the pairs in force are the only ones without a change
    kept = own.points * net.weight.points + prices.kind[own.person, net.kind[own.unit]]
    least[own.unit] = np.minimum(least[own.unit], kept)
    return least


def _least_of(net: Network, prices: Prices, candidates: Candidates) -> Numbers:
    """The least each organisation costs over some candidates, or without anyone."""
    least = net.unreached.copy()
    cost = pair_costs(net, candidates.unit, candidates.person, candidates.points)
    cost += prices.kind[candidates.person, net.kind[candidates.unit]]
    np.minimum.at(least, candidates.unit, cost)
    return least[net.permitted.alike]


def _settled(problem: Problem, net: Network) -> int:
    """What is locked costs, and the wishes that nobody has met yet."""
    permitted = net.permitted
    held = np.flatnonzero(permitted.locked >= 0)
    who = permitted.locked[held]
    pairs = pair_costs(net, held, who, permitted.points(held, who))
    loads = sum(
        sum(row[1 : number + 1])
        for row, number in zip(net.ladder.rank.tolist(), net.base.tolist(), strict=True)
    )
    wished = np.array(ranks.wished(problem.limits))
    unmet = int(((net.base_kind == 0) * wished).sum())
    return _sum(pairs) + loads * net.weight.loads + unmet * net.weight.wishes


def _of_people(net: Network, prices: Prices) -> int:
    """For each person the least of what their organisations cost less what their prices bring."""
    permitted = net.permitted
    total = 0
    people = permitted.people
    for kind in (0, 1) if net.has_kinds else (0,):
        through = prices.person[people] - prices.kind[people, kind]
        earns = net.wish[people, kind] > 0
        first = np.where(earns, np.minimum(0, through - net.wish[people, kind]), 0)
        total += _sum(first) + _sum(np.minimum(0, through), permitted.room[people])
    for load in range(1, net.ladder.rank.shape[1]):
        has = people[(net.base[people] < load) & (load <= permitted.capacity[people])]
        step = net.ladder.rank[has, load] * net.weight.loads - prices.person[has]
        total += _sum(np.minimum(0, step))
    return total


def _sum(numbers: Numbers, times: Numbers | None = None) -> int:
    """A sum in Python's whole numbers, which have no end."""
    each: list[int] = numbers.tolist()
    if times is None:
        return sum(each)
    often: list[int] = times.tolist()
    return sum(one * by for one, by in zip(each, often, strict=True))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker found: a plan with any violation is not shown."""

    violations: tuple[str, ...]
    recount: Recount
    value: int
    bound: int  # over every permitted pair
    candidate_bound: int | None = None  # over the candidates of a rule, where one was given

    @property
    def accepted(self) -> bool:
        """Whether the plan breaks nothing and its bound is one."""
        return not self.violations and self.bound <= self.value


def check(
    problem: Problem,
    pairs: list[Pair],
    prices: Prices,
    *,
    keep_first: bool,
    among: tuple[CandidateRule, int] | None = None,
) -> Verdict:
    """Recount a plan and its bound from the problem alone.

    Args:
        problem: as it was put.
        pairs: the plan.
        prices: what the plan states as its proof.
        keep_first: whether the plan was to keep before it was to be near.
        among: candidate rule and seed of a plan that looked at no other pairs.
    """
    net = network(Permitted(problem), keep_first=keep_first)
    broken = violations(problem, pairs)
    if broken:
        return Verdict(tuple(broken), Recount(0, 0, 0, 0, 0), 0, 0)
    counted = recount(problem, net, pairs)
    if not _usable(net, prices):
        return Verdict(("prices are too large",), counted, 0, 0)
    value = ranks.total(counted.levels, net.weight)
    apart = _settled(problem, net) + _of_people(net, prices)
    free = net.permitted.locked < 0
    bound = apart + _sum(_least(net, prices)[free])
    if among is None:
        return Verdict((), counted, value, bound)
    candidates = choose(net.permitted, *among)
    return Verdict(
        (), counted, value, bound, apart + _sum(_least_of(net, prices, candidates)[free])
    )


def check_hours(
    problem: Problem,
    pairs: list[Pair],
    worth: Numbers,
    cases: Cases | None = None,
    *,
    keep_first: bool = False,
) -> Verdict:
    """Recount a plan by hours, and its bound from what each organisation is worth.

    Args:
        problem: as it was put.
        pairs: the plan.
        worth: of each organisation to be planned, in thousandths; what the plan states as proof.
        cases: further proof, where the plan states one.
        keep_first: whether the plan was to keep before it was to be near.
    """
    permitted = Permitted(problem)
    weight = ranks.hour_weights(permitted, keep_first=keep_first)
    broken = violations(problem, pairs)
    gap = as_gap(permitted, weight)
    if broken or worth.shape != (gap.cost.shape[1],):
        return Verdict((*broken,) or ("no proof",), Recount(0, 0, 0, 0, 0), 0, 0)
    if worth.size and int(np.abs(worth).max()) > _LARGEST_PRICE:
        return Verdict(("worths are too large",), Recount(0, 0, 0, 0, 0), 0, 0)
    if cases is not None and not cases_checker.holds(gap, cases):
        return Verdict(("the proof by cases does not hold",), Recount(0, 0, 0, 0, 0), 0, 0)
    counted = _recount_hours(problem, pairs)
    held = np.flatnonzero(permitted.locked >= 0)
    who = permitted.locked[held]
    settled = permitted.points(held, who).astype(np.int64) * weight.points
    settled += (permitted.has_in_force[held] & (permitted.in_force[held] != who)) * weight.changes
    left_out = weight.unreached + permitted.has_in_force * weight.changes
    unwilling = [not unit.is_willing for unit in problem.units]
    thousandths = _sum(worth) - sum(
        _most_profit(row, takes, room)
        for row, takes, room in zip(
            worth[None, :] - gap.cost * SCALE, gap.weight, gap.capacity.tolist(), strict=True
        )
    )
    least = -(-thousandths // SCALE)
    least = least if cases is None else max(least, cases.aim)
    proven = least + _sum(settled) + _sum(left_out[unwilling])
    return Verdict((), counted, ranks.total(counted.levels, weight), proven)


def _recount_hours(problem: Problem, pairs: list[Pair]) -> Recount:
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    return Recount(
        unreached=len(problem.units) - len(pairs),
        loads=0,
        wishes=0,
        points=sum(telling.points(units[u], people[p], problem) for u, p in pairs),
        changes=_changes(problem, pairs),
    )


def _most_profit(profit: Numbers, takes: Numbers, room: int) -> int:
    """The greatest profit of jobs within so many hours, each taken whole or not at all."""
    most = np.zeros(room + 1, dtype=np.int64)
    for gain, weight in zip(profit.tolist(), takes.tolist(), strict=True):
        if gain > 0 and weight <= room:
            most[weight:] = np.maximum(most[weight:], most[: room + 1 - weight] + gain)
    return int(most[-1])
