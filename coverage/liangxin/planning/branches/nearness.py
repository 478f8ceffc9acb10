"""How near two organisations are, in metres or in what stands for metres.

Where both have coordinates, the distance; else same building < same community < neighbouring
community < same sub-district. Trades that differ cost some metres more. All are whole numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.branches.problem import Problem, Spot, Standing, Unit, Weights

Table = NDArray[np.int64]
METRES_A_DEGREE = 111_320  # of latitude; WGS 84, to a tenth of a percent


@dataclass(frozen=True, slots=True)
class Nearness:
    """Of some parts of one sub-district, any two: how far apart, and what their being together costs.

    The cost is metres, some more for trades that differ, and fewer where the two are together in
    the plan in force.
    """

    metres: Table  # n × n
    cost: Table  # n × n


def between(problem: Problem, parts: Sequence[Unit | Standing]) -> Nearness:
    """Return how near units and branches of one sub-district are to each other."""
    spots, weights = [part.spot for part in parts], problem.weights
    metres = _by_area(spots, weights, problem.neighbours)
    _put_distances(metres, spots, problem.latitude)
    building = _same(
        [f"{spot.community}/{spot.building}" if spot.building else "" for spot in spots]
    )
    metres[building] = weights.building
    np.maximum(metres, weights.building, out=metres)
    np.fill_diagonal(metres, 0)
    cost = metres + _by_trade([part.trade for part in parts], weights)
    _keep_together(cost, parts, problem)
    return Nearness(metres, cost)


def _keep_together(cost: Table, parts: Sequence[Unit | Standing], problem: Problem) -> None:
    """Make pairs of the plan in force cheaper, so that none is parted for a few metres."""
    place = {part.id: n for n, part in enumerate(parts)}
    for group in problem.in_force:
        here = sorted(place[one] for one in group if one in place)
        pairs = np.ix_(here, here)
        cost[pairs] = np.maximum(cost[pairs] - problem.weights.parting, 0)


def _by_area(
    spots: Sequence[Spot], weights: Weights, neighbours: frozenset[frozenset[str]]
) -> Table:
    metres = np.full((len(spots), len(spots)), weights.subdistrict, dtype=np.int64)
    at: dict[str, list[int]] = {}
    for n, spot in enumerate(spots):
        at.setdefault(spot.community, []).append(n)
    for pair in neighbours:
        one, other = min(pair), max(pair)
        if one in at and other in at:
            metres[np.ix_(at[one], at[other])] = weights.neighbours
            metres[np.ix_(at[other], at[one])] = weights.neighbours
    metres[_same([spot.community for spot in spots])] = weights.community
    return metres


def _put_distances(metres: Table, spots: Sequence[Spot], latitude: float) -> None:
    """Replace what stands for metres where both places have coordinates.

    On a plane, as whole metres first: then the same two places are the same distance apart on
    every machine, and the checker's sum is the method's.
    """
    known = [n for n, spot in enumerate(spots) if spot.has_coordinates]
    if not known:
        return
    north = [float(spots[n].latitude or 0) for n in known]
    east = [float(spots[n].longitude or 0) for n in known]
    narrowing = cos(radians(latitude))
    y = np.array([round(each * METRES_A_DEGREE) for each in north], dtype=np.int64)
    x = np.array([round(each * METRES_A_DEGREE * narrowing) for each in east], dtype=np.int64)
    squares = (x[:, None] - x[None, :]) ** 2 + (y[:, None] - y[None, :]) ** 2
    metres[np.ix_(known, known)] = np.sqrt(squares.astype(np.float64)).astype(np.int64)


def _by_trade(trades: Sequence[str], weights: Weights) -> Table:
    """What nobody knows is not held against a pair."""
    differ = np.full((len(trades), len(trades)), weights.trade, dtype=np.int64)
    differ[_same([trade[:1] for trade in trades])] = weights.trade // 2
    differ[_same([trade[:3] for trade in trades])] = 0
    unknown = [n for n, trade in enumerate(trades) if not trade]
    differ[unknown, :] = 0
    differ[:, unknown] = 0
    np.fill_diagonal(differ, 0)
    return differ


def _same(names: Sequence[str]) -> NDArray[np.bool_]:
    """Where two have the same name; an unknown one is nobody's."""
    _, number = np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)
    known = np.array([bool(name) for name in names], dtype=bool)
    equal: NDArray[np.bool_] = number[:, None] == number[None, :]
    equal &= known[:, None] & known[None, :]
    return equal
