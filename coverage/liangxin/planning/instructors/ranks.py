"""The objectives in their order, as one whole number that no lower objective can outweigh. Pure.

In order: organisations reached, loads, the wish of the rule set, points, changes (or changes
before points, when a plan in force is repaired). That a sum of weighted objectives decides like
the order itself is an exchange argument: two plans differ by simple cycles of the network, and a
plan that is better in the order is so along one of them. A cycle meets every node once, hence the
place where all loads are counted once, so it changes the loads by one arc at most, and points only
along the organisations it passes. Each weight is twice what all lower objectives can change along
a cycle, and one more. So a plan whose value is less than that change above its bound is best in
the objective, proven, even where the lower ones are not (``proven``; decision 0022).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from liangxin.errors import Misuse
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.problem import Beside, Limits, Unit

#: Objectives below "reached", as told; each is a count or a sum, and smaller is better.
LOADS, WISHES, POINTS, CHANGES = "loads", "wishes", "points", "changes"
#: The largest weight; prices add up to a few of them and must stay whole numbers of 64 bits.
_LARGEST = 2**58


@dataclass(frozen=True, slots=True)
class Weights:
    """What one step of each objective weighs."""

    unreached: int
    loads: int
    wishes: int
    points: int
    changes: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """The k-th organisation of each person, by its place in the order of relative loads.

    Only the order matters: the load vectors of plans that reach equally many are the bases of a
    matroid, so whatever numbers rise along the order, the least sum has the least largest load,
    and after it the least second largest, and so on. What a person has beside the plan fills their
    first places in every plan alike.
    """

    rank: Numbers  # people × (most load + 1); rank[p, 0] is 0 and never used
    steps: int  # the highest rank


def ladder(permitted: Permitted) -> Ladder:
    """Return the ranks of all loads; equal relative loads have equal ranks."""
    capacity = permitted.capacity
    most = int(capacity.max(initial=0))
    relative = permitted.problem.limits.balance == "relative"
    shares = {
        (int(size), load): Fraction(load, int(size)) if relative else Fraction(load)
        for size in np.unique(capacity[capacity > 0])
        for load in range(1, int(size) + 1)
    }
    place = {share: at for at, share in enumerate(sorted(set(shares.values())), start=1)}
    by_size = np.zeros((most + 1, most + 1), dtype=np.int64)
    for (size, load), share in shares.items():
        by_size[size, load] = place[share]
    return Ladder(by_size[capacity], len(place))


def kinds(unit: Unit | Beside, limits: Limits) -> int:
    """Return which of a person's two wishes an organisation meets: 0 or 1.

    With the rule of large organisations, 1 is large; with the rule of pairing, 1 is built. Where
    both are asked the network holds the first alone (decision 0022).
    """
    if limits.large_staff is not None:
        return int(unit.staff is not None and unit.staff >= limits.large_staff)
    return int(limits.pairs_built and unit.is_built)


def wished(limits: Limits) -> tuple[int, int]:
    """Return what a person's first organisation of kind 0 and of kind 1 earns: 1 if wished for."""
    if limits.large_staff is not None:
        return (0, 1)
    return (1, 1) if limits.pairs_built else (0, 0)


def weights(
    permitted: Permitted, steps: int, *, keep_first: bool, passed: int | None = None
) -> Weights:
    """Return weights under which the sum decides as the order does.

    Args:
        permitted: the pairs that may be.
        steps: the highest rank of the ladder.
        keep_first: changes before points.
        passed: organisations on a cycle that has to be reckoned with; none given: on the longest.

    Raises:
        Misuse: the district is too large for exact whole numbers of 64 bits.
    """
    people, units = permitted.people.size, permitted.units.size
    has_wishes = any(wished(permitted.problem.limits))
    # Organisations on a simple cycle: at most one more than the nodes of people it passes.
    longest = min(units, (2 if has_wishes else 1) * people + 1)
    passed = longest if passed is None else min(passed, longest)
    in_force = bool(permitted.problem.in_force)
    low = [(POINTS, passed * permitted.most_points), (CHANGES, passed * in_force)]
    if keep_first:
        low.reverse()
    levels = [(LOADS, steps), (WISHES, 2 * min(people, passed) * has_wishes), *low]
    weight: dict[str, int] = {}
    below = 0  # what all lower objectives can change along a cycle
    for name, change in reversed(levels):
        weight[name] = 2 * below + 1
        below += change * weight[name]
    if 2 * below + 1 >= _LARGEST:
        raise Misuse(
            f"{units} 个单位 × {people} 名人员过多，无法一次精确排定。请按街道分别编制。",
            f"{units} organisations × {people} people are too many for one exact plan; plan by sub-district.",
        )
    return Weights(2 * below + 1, weight[LOADS], weight[WISHES], weight[POINTS], weight[CHANGES])


def total(levels: Sequence[int], weight: Weights) -> int:
    """Return the value of unreached, loads, wishes, points and changes, in that order."""
    each = (weight.unreached, weight.loads, weight.wishes, weight.points, weight.changes)
    return sum(one * by for one, by in zip(levels, each, strict=True))


def proven(value: int, bound: int, weight: Weights) -> tuple[str, ...]:
    """Return the objectives in which no plan is better, most important first.

    A plan that is better in an objective, and as good in those before it, can be reached along a
    cycle that saves more than half of the objective's weight.
    """
    each = (
        ("reached", weight.unreached),
        (LOADS, weight.loads),
        (WISHES, weight.wishes),
        (POINTS, weight.points),
        (CHANGES, weight.changes),
    )
    return tuple(name for name, by in each if 2 * (value - bound) < by)


def hour_weights(permitted: Permitted, *, keep_first: bool) -> Weights:
    """Return weights of plans by hours: reached, points, changes; loads are limited, not ranked.

    There is no network here, so each weight is twice what lower objectives can come to at all.

    Args:
        permitted: the pairs that may be.
        keep_first: changes before points.
    """
    units = permitted.units.size
    low = [
        (POINTS, units * permitted.most_points),
        (CHANGES, units * bool(permitted.problem.in_force)),
    ]
    if keep_first:
        low.reverse()
    weight: dict[str, int] = {}
    below = 0
    for name, most in reversed(low):
        weight[name] = 2 * below + 1
        below += most * weight[name]
    return Weights(2 * below + 1, 0, 0, weight[POINTS], weight[CHANGES])
