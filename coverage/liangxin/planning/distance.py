"""How far one place is from another, with coordinates or without. Pure.

Where both places have coordinates the distance is the straight line. Elsewhere it is a step:
the same building, the same community, a neighbouring community, the same sub-district, elsewhere.
A step stands for a usual walk, so that places with and without coordinates compare.
All distances are whole numbers of 100 metres, at most ``FARTHEST``: whole numbers add exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from math import cos, hypot, radians
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
#: Longitude and latitude in degrees.
Coordinates = tuple[float, float]

Step = Literal["same_building", "same_community", "neighbouring", "same_subdistrict", "elsewhere"]
#: Steps in 100 m, by name, near to far.
SAME_BUILDING, SAME_COMMUNITY, NEIGHBOURING, SAME_SUBDISTRICT, ELSEWHERE = 0, 5, 12, 25, 80
STEPS: dict[Step, int] = {
    "same_building": SAME_BUILDING,
    "same_community": SAME_COMMUNITY,
    "neighbouring": NEIGHBOURING,
    "same_subdistrict": SAME_SUBDISTRICT,
    "elsewhere": ELSEWHERE,
}
FARTHEST = 200
#: A table of pairs of communities is kept whole up to so many communities (25 MB).
_TABLE_COMMUNITIES = 5_000
_METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is; what nobody knows is null and never equal to anything."""

    subdistrict: str  # 9 digits
    community: str | None = None  # 12 digits
    building: str | None = None  # building, market or park, as the register names it
    at: Coordinates | None = None


def between(one: Place, other: Place, by: Step) -> int:
    """Return the distance of two places in 100 m; ``by``: the step between them."""
    if one.at is not None and other.at is not None:
        return _straight(one.at, other.at)
    return STEPS[by]


def step(one: Place, other: Place, neighbours: Iterable[tuple[str, str]] = ()) -> Step:
    """Return the step between two places, whether they have coordinates or not.

    Args:
        one: a place.
        other: another; the order means nothing.
        neighbours: pairs of communities that lie side by side, in either order.
    """
    if one.subdistrict == other.subdistrict and one.building and one.building == other.building:
        return "same_building"
    if one.community and other.community:
        if one.community == other.community:
            return "same_community"
        pair = (one.community, other.community)
        if pair in neighbours or pair[::-1] in neighbours:
            return "neighbouring"
    return "same_subdistrict" if one.subdistrict == other.subdistrict else "elsewhere"


def _straight(one: Coordinates, other: Coordinates) -> int:
    # Flat within a city: the error is under a metre in ten kilometres at these latitudes.
    east = (one[0] - other[0]) * cos(radians(30.0))
    north = one[1] - other[1]
    return min(round(hypot(east, north) * _METRES_A_DEGREE / 100), FARTHEST)


class Map:
    """Distances between many places of one kind and many of another, as arrays."""

    def __init__(
        self,
        rows: Sequence[Place],
        columns: Sequence[Place],
        neighbours: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Code the places; ``neighbours`` as in ``step``."""
        communities = _codes(each.community for each in (*rows, *columns))
        buildings = _codes(
            f"{each.subdistrict}|{each.building}" if each.building else None
            for each in (*rows, *columns)
        )
        subdistricts = _codes(each.subdistrict for each in (*rows, *columns))
        cut = len(rows)
        self._community = communities.of[:cut], communities.of[cut:]
        self._building = _apart(buildings.of[:cut], buildings.of[cut:])
        self._subdistrict = subdistricts.of[:cut], subdistricts.of[cut:]
        self._at = _points(rows), _points(columns)
        self._beside = _Beside(communities, neighbours)

    def distances(self, row: Numbers, column: Numbers) -> NDArray[np.int32]:
        """Return distances in 100 m of numbered places; the two shapes are broadcast."""
        one, other = self._community[0][row], self._community[1][column]
        same = self._subdistrict[0][row] == self._subdistrict[1][column]
        found = np.where(same, np.int32(SAME_SUBDISTRICT), np.int32(ELSEWHERE))
        found[self._beside.are(one, other)] = NEIGHBOURING
        found[(one == other) & (one >= 0)] = SAME_COMMUNITY
        found[self._building[0][row] == self._building[1][column]] = SAME_BUILDING
        here, there = self._at[0][row], self._at[1][column]
        known = ~np.isnan(here[..., 0]) & ~np.isnan(there[..., 0])
        if known.any():
            east = (here[..., 0] - there[..., 0]) * cos(radians(30.0))
            north = here[..., 1] - there[..., 1]
            straight = np.hypot(east, north) * _METRES_A_DEGREE / 100
            found = np.where(known, np.rint(np.minimum(straight, FARTHEST)), found)
        return found.astype(np.int32)


class _Beside:
    """Which communities lie side by side: a whole table, or sorted pairs where that is too large."""

    def __init__(self, communities: "_Codes", neighbours: Iterable[tuple[str, str]]) -> None:
        number = communities.number
        pairs = [
            (number[one], number[other])
            for one, other in neighbours
            if one in number and other in number and one != other
        ]
        self._count = len(number) + 1  # the last row and column are "not known"
        self._table: NDArray[np.bool_] | None = None
        both = np.array(pairs + [pair[::-1] for pair in pairs], dtype=np.int64).reshape(-1, 2)
        self._pairs = np.unique(both[:, 0] * self._count + both[:, 1])
        if self._count <= _TABLE_COMMUNITIES:
            self._table = np.zeros((self._count, self._count), dtype=np.bool_)
            self._table[both[:, 0], both[:, 1]] = True

    def are(self, one: Numbers, other: Numbers) -> NDArray[np.bool_]:
        if self._table is not None:
            return self._table[one, other]
        keys = np.where((one < 0) | (other < 0), -1, one * self._count + other)
        return np.isin(keys, self._pairs)


@dataclass(frozen=True, slots=True)
class _Codes:
    number: dict[str, int]
    of: Numbers  # -1: not known


def _codes(values: Iterable[str | None]) -> _Codes:
    first: dict[str | None, int] = {}
    # The place where each value stood first: one look-up a value, and no branch.
    seen = np.array(list(map(first.setdefault, values, count())), dtype=np.int64)
    _, of = np.unique(seen, return_inverse=True)
    number = {value: code for code, value in enumerate(first)}
    unknown = number.pop(None, None)
    if unknown is not None:
        of = np.where(of == unknown, -1, np.where(of > unknown, of - 1, of))
    dense = {
        value: code - (unknown is not None and code > unknown)
        for value, code in number.items()
        if value
    }
    return _Codes(dense, of.astype(np.int64))


def _apart(one: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
    """Codes in which "not known" on one side never equals "not known" on the other."""
    return one, np.where(other < 0, -2, other)


def _points(places: Sequence[Place]) -> NDArray[np.float64]:
    unknown = (float("nan"), float("nan"))
    return np.array([each.at or unknown for each in places], dtype=np.float64).reshape(-1, 2)
