"""Points of pairs: distance, another sector, another community. Pure.

Many organisations share a place, and many people do: distances are looked up once for each two
places, and pairs take theirs from that table. With coordinates nearly every place stands alone.
"""

from collections.abc import Iterable, Sequence
from itertools import count
from operator import attrgetter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import ELSEWHERE, FARTHEST, Map, Numbers, Place
from liangxin.planning.instructors.problem import Person, Problem, Unit

T = TypeVar("T")
_PLACE = attrgetter("place.subdistrict", "place.community", "place.building", "place.at")


class PairPoints:
    """Points of any organisation with any person, by the problem's numbers; 0 is best."""

    def __init__(self, problem: Problem) -> None:
        """Number places and sectors."""
        self._limits = problem.limits
        #: Places of organisations and of people, each once, and where each of them is.
        self.unit_places, self.unit_place = _places(problem.units)
        self._people_places, self._person_place = _places(problem.people)
        sides = self.unit_places, self._people_places
        self._map = Map(*sides, problem.neighbours)
        self._community = _communities(*sides)
        sectors, self.unit_sector = each_once([unit.sector for unit in problem.units])
        self._minds = _minds(sectors, problem.people)
        known = all(any(place.at for place in side) for side in sides)
        #: No pair has more points.
        self.most = (FARTHEST if known else ELSEWHERE) + (
            self._limits.sector_points + self._limits.crossing_points
        )

    def by_place(self, unit: Numbers, person: Numbers) -> tuple[Numbers, Numbers]:
        """Return numbered organisations and people in an order in which neighbours come together."""
        here, there = _order(self.unit_places), _order(self._people_places)
        return (
            unit[np.argsort(here[self.unit_place[unit]], kind="stable")],
            person[np.argsort(there[self._person_place[person]], kind="stable")],
        )

    def of(self, unit: Numbers, person: Numbers) -> NDArray[np.int32]:
        """Return the points of numbered pairs; shapes are broadcast."""
        points = self._apart(self.unit_place[unit], self._person_place[person])
        points += self._minds[self.unit_sector[unit], person] * np.int32(self._limits.sector_points)
        return points

    def table(self, unit: Numbers, person: Numbers) -> NDArray[np.int16]:
        """Return the points of all these organisations × all these people."""
        row, row_of = np.unique(self.unit_place[unit], return_inverse=True)
        column, column_of = np.unique(self._person_place[person], return_inverse=True)
        apart = self._apart(row[:, None], column[None, :]).astype(np.int16)
        points: NDArray[np.int16] = apart[:, column_of][row_of]
        sector, sector_of = np.unique(self.unit_sector[unit], return_inverse=True)
        minds = self._minds[sector[:, None], person[None, :]]
        points += (minds * np.int16(self._limits.sector_points))[sector_of]
        return points

    def _apart(self, here: Numbers, there: Numbers) -> NDArray[np.int32]:
        """Points of two places: their distance, and whether their communities differ."""
        one, other = self._community[0][here], self._community[1][there]
        crosses = (one != other) & (one >= 0) & (other >= 0)
        points = self._map.distances(here, there)
        points += crosses * np.int32(self._limits.crossing_points)
        return points


def each_once(values: Iterable[T]) -> tuple[list[T], Numbers]:
    """Return the values in the order of their first place, and which of them each one is."""
    first: dict[T, int] = {}
    # The place where each value stood first: one look-up a value, and no branch.
    seen = np.fromiter(map(first.setdefault, values, count()), dtype=np.int64)
    number = np.empty(seen.size, dtype=np.int64)
    number[list(first.values())] = np.arange(len(first))
    return list(first), number[seen]


def _places(some: Sequence[Unit] | Sequence[Person]) -> tuple[list[Place], Numbers]:
    places, of = each_once(map(_PLACE, some))
    return [Place(*place) for place in places], of


def _order(places: list[Place]) -> Numbers:
    """Where each place comes when those of one sub-district, community, building are together."""
    names = [(place.subdistrict, place.community or "", place.building or "") for place in places]
    order = np.empty(len(places), dtype=np.int64)
    order[sorted(range(len(places)), key=names.__getitem__)] = np.arange(len(places))
    return order


def _communities(*sides: list[Place]) -> tuple[Numbers, ...]:
    """The community of each place as a number; -1: not known."""
    number: dict[str, int] = {}
    return tuple(
        np.array(
            [number.setdefault(each.community, len(number)) if each.community else -1 for each in side],
            dtype=np.int64,
        )
        for side in sides
    )  # fmt: skip


def _minds(sectors: list[str | None], people: Sequence[Person]) -> NDArray[np.bool_]:
    """Sectors × people: who does not know which; one that nobody stated is never missed."""
    number = {sector: at for at, sector in enumerate(sectors) if sector}
    minds = np.zeros((len(sectors), len(people)), dtype=np.bool_)
    minds[list(number.values())] = True
    for at, person in enumerate(people):
        for sector in person.sectors:
            if sector in number:
                minds[number[sector], at] = False
    return minds
