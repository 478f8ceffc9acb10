"""How near two organisations are, in metres or in what stands for metres.

Where both have coordinates, the distance; else same building < same community < neighbouring
community < same sub-district. Trades that differ cost some metres more. All are whole numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.branches.problem import Spot, Weights

Table = NDArray[np.int64]
METRES_A_DEGREE = 111_320  # of latitude; WGS 84, to a tenth of a percent


@dataclass(frozen=True, slots=True)
class Nearness:
    """Of some places of one sub-district: metres between any two, and what their trades add."""

    metres: Table  # n × n
    trades: Table  # n × n

    @property
    def cost(self) -> Table:
        """What it costs when two are in one group."""
        return self.metres + self.trades


def between(
    spots: Sequence[Spot],
    trades: Sequence[str],
    weights: Weights,
    neighbours: frozenset[frozenset[str]],
    latitude: float,
) -> Nearness:
    """Return how near places of one sub-district are to each other.

    Args:
        spots: where they are.
        trades: of each.
        weights: what stands for how many metres.
        neighbours: pairs of communities that border on each other.
        latitude: where the plane touches that distances are told on; one for a whole problem.
    """
    metres = _by_area(spots, weights, neighbours)
    _put_distances(metres, spots, latitude)
    building = _same(
        [f"{spot.community}/{spot.building}" if spot.building else "" for spot in spots]
    )
    metres[building] = weights.building
    np.maximum(metres, weights.building, out=metres)
    np.fill_diagonal(metres, 0)
    return Nearness(metres, _by_trade(trades, weights))


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
