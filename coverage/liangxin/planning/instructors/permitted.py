"""Which pairs may be at all, and the points of each: distance, sector, community crossing. Pure.

All permitted pairs of a district are many (17 million of 100,000 organisations and 17,000 people),
so they are held as blocks: the organisations of one sub-district × the people who serve it, with
one row for all organisations that stand alike. Points are whole numbers of 100 m.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import ELSEWHERE, FARTHEST, Map, Numbers
from liangxin.planning.instructors.problem import Problem, capacity, hours, refusal

#: Points of a pair that may not be; every real pair has fewer.
FORBIDDEN = np.int16(np.iinfo(np.int16).max)
#: Cells of one block, and of all blocks together that are kept in memory (2 bytes each).
_BLOCK_CELLS, _KEPT_CELLS = 4_000_000, 60_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """Points of some organisations × some people; organisations that stand alike share a row."""

    units: Numbers  # numbers of the problem, by row
    row: Numbers  # of each of them, ascending
    people: Numbers
    points: NDArray[np.int16]  # rows × people


@dataclass(frozen=True, slots=True)
class Own:
    """The permitted pairs that are in force."""

    unit: Numbers
    person: Numbers
    points: Numbers


class Permitted:
    """The permitted pairs of organisations and people that no lock has settled.

    ``units`` and ``people`` are the numbers of those still to be planned; ``room`` is what each
    person of the problem may still have, ``locked`` the person of each organisation or -1.
    """

    def __init__(self, problem: Problem) -> None:
        """Look through a validated problem."""
        self.problem = problem
        self.unit_number = {unit.id: at for at, unit in enumerate(problem.units)}
        self.person_number = {person.id: at for at, person in enumerate(problem.people)}
        by_hours = problem.limits.by_hours
        most = hours if by_hours else capacity
        #: What each person may have, and each organisation takes: organisations or hours a month.
        self.capacity = numbers(most(person, problem.limits) for person in problem.people)
        self.takes = numbers(unit.hours if by_hours else 1 for unit in problem.units)
        self.locked = np.full(len(problem.units), -1, dtype=np.int64)
        for unit, person in problem.must:
            self.locked[self.unit_number[unit]] = self.person_number[person]
        held = self.locked >= 0
        self.room = self.capacity.copy()
        np.subtract.at(self.room, self.locked[held], self.takes[held])
        willing = np.array([unit.is_willing for unit in problem.units], dtype=np.bool_)
        self.units = np.flatnonzero(willing & ~held)
        able = np.array([person.is_willing for person in problem.people], dtype=np.bool_)
        self.people = np.flatnonzero(able & (by_hours | (self.room > 0)))
        self._kept: list[Block] | None = None

    def blocks(self) -> Iterator[Block]:
        """Yield every permitted pair once; the same blocks in the same order each time."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Block] | None = []
        cells = 0
        for block in self._made():
            cells += block.points.size
            if kept is not None:
                kept = [*kept, block] if cells <= _KEPT_CELLS else None
            yield block
        self._kept = kept

    def points(self, unit: Numbers, person: Numbers) -> NDArray[np.int32]:
        """Return the points of numbered pairs, whether they may be or not; shapes are broadcast."""
        limits = self.problem.limits
        points = self._map.distances(unit, person)
        sector = self._unit_sector[unit]
        other = ~self._knows[person, sector] & (sector < self._knows.shape[1] - 1)
        points += other * np.int32(limits.sector_points)
        home, there = self._community
        crosses = (home[unit] != there[person]) & (home[unit] >= 0) & (there[person] >= 0)
        points += crosses * np.int32(limits.crossing_points)
        return points

    @cached_property
    def most_points(self) -> int:
        """No permitted pair has more points."""
        problem = self.problem
        known = [any(x.place.at for x in side) for side in (problem.units, problem.people)]
        farthest = FARTHEST if all(known) else ELSEWHERE
        return farthest + problem.limits.sector_points + problem.limits.crossing_points

    @cached_property
    def own(self) -> Own:
        """What is in force and may stay."""
        able = set(self.people.tolist())
        units = self.units[self.in_force[self.units] >= 0]
        now = zip(units.tolist(), self.in_force[units].tolist(), strict=True)
        problem = self.problem
        found = [
            (unit, person)
            for unit, person in now
            if person in able
            and refusal(problem.units[unit], problem.people[person], problem) is None
        ]
        both = np.array(found, dtype=np.int64).reshape(-1, 2)
        return Own(both[:, 0], both[:, 1], self.points(both[:, 0], both[:, 1]).astype(np.int64))

    @cached_property
    def in_force(self) -> Numbers:
        """The person each organisation has now, as far as that person is still there; else -1."""
        found = np.full(len(self.problem.units), -1, dtype=np.int64)
        for unit, person in self.problem.in_force:
            if unit in self.unit_number:
                found[self.unit_number[unit]] = self.person_number.get(person, -1)
        return found

    @cached_property
    def has_in_force(self) -> NDArray[np.bool_]:
        """Whether each organisation has anybody now, still there or not."""
        now = {unit for unit, _ in self.problem.in_force}
        return np.array([unit.id in now for unit in self.problem.units], dtype=np.bool_)

    @cached_property
    def _map(self) -> Map:
        return Map(
            [unit.place for unit in self.problem.units],
            [person.place for person in self.problem.people],
            self.problem.neighbours,
        )

    @cached_property
    def _community(self) -> tuple[Numbers, Numbers]:
        number: dict[str, int] = {}
        sides = [
            [number.setdefault(x.place.community, len(number)) if x.place.community else -1 for x in side]
            for side in (self.problem.units, self.problem.people)
        ]  # fmt: skip
        return np.array(sides[0], dtype=np.int64), np.array(sides[1], dtype=np.int64)

    @cached_property
    def _sectors(self) -> dict[str, int]:
        known = {unit.sector for unit in self.problem.units if unit.sector}
        return {sector: at for at, sector in enumerate(sorted(known))}

    @cached_property
    def _unit_sector(self) -> Numbers:
        # An organisation whose sector nobody knows has the number after the last.
        last = len(self._sectors)
        of = [self._sectors[u.sector] if u.sector else last for u in self.problem.units]
        return np.array(of, dtype=np.int64)

    @cached_property
    def _knows(self) -> NDArray[np.bool_]:
        """People × sectors: who knows which."""
        knows = np.zeros((len(self.problem.people), len(self._sectors) + 1), dtype=np.bool_)
        for at, person in enumerate(self.problem.people):
            for sector in person.sectors:
                if sector in self._sectors:
                    knows[at, self._sectors[sector]] = True
        return knows

    def _made(self) -> Iterator[Block]:
        if self.problem.limits.consent == "agreed":
            yield from self._agreed()
            return
        refused = self._refused()
        for subdistrict, units in self._by_subdistrict().items():
            people = self._serving(subdistrict)
            if not people.size:
                continue
            alike = list(self._alike(units.tolist(), refused).values())
            most = max(1, _BLOCK_CELLS // people.size)
            for start in range(0, len(alike), most):
                yield self._block(alike[start : start + most], people, refused)

    def _block(
        self, alike: list[list[int]], people: Numbers, refused: dict[int, list[int]]
    ) -> Block:
        first = numbers(some[0] for some in alike)
        points = self.points(first[:, None], people[None, :]).astype(np.int16)
        for at, unit in enumerate(first.tolist()):
            for person in refused.get(unit, ()):
                points[at, people == person] = FORBIDDEN
        units = numbers(unit for some in alike for unit in some)
        row = np.repeat(np.arange(len(alike)), [len(some) for some in alike])
        return Block(units, row, people, points)

    def _alike(
        self, units: list[int], refused: dict[int, list[int]]
    ) -> dict[tuple[Any, ...], list[int]]:
        """Organisations of one sub-district by all that tells their pairs and wishes apart."""
        limits = self.problem.limits
        found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for at in units:
            unit = self.problem.units[at]
            place = unit.place
            key = (
                (place.community, place.building, place.at, unit.sector),
                limits.large_staff is not None and (unit.staff or 0) >= limits.large_staff,
                limits.pairs_built and unit.is_built,
                tuple(sorted(refused.get(at, ()))),
            )
            found[key].append(at)
        return found

    def _agreed(self) -> Iterator[Block]:
        """A row for each organisation: only those who agreed."""
        free, able = set(self.units.tolist()), set(self.people.tolist())
        with_whom: dict[int, list[int]] = defaultdict(list)
        for unit_id, person_id in self.problem.agreed:
            unit, person = self.unit_number.get(unit_id), self.person_number.get(person_id)
            if unit is None or person is None or unit not in free or person not in able:
                continue
            if not refusal(self.problem.units[unit], self.problem.people[person], self.problem):
                with_whom[unit].append(person)
        for unit in sorted(with_whom):
            yield self._block([[unit]], numbers(sorted(with_whom[unit])), {})

    def _refused(self) -> dict[int, list[int]]:
        """Pairs that may not be for what somebody said or is, organisation -> people."""
        found: dict[int, list[int]] = defaultdict(list)

        def add(unit: str, person: str) -> None:
            if unit in self.unit_number and person in self.person_number:
                found[self.unit_number[unit]].append(self.person_number[person])

        for unit, person in self.problem.never:
            add(unit, person)
        for each in self.problem.units:
            for name in each.declined:
                add(each.id, name)
        for one in self.problem.people:
            for name in one.declined | one.conflicts:
                add(name, one.id)
        return found

    def _by_subdistrict(self) -> dict[str, Numbers]:
        rows: dict[str, list[int]] = defaultdict(list)
        for unit in self.units.tolist():
            rows[self.problem.units[unit].place.subdistrict].append(unit)
        return {code: np.array(rows[code]) for code in sorted(rows)}

    def _serving(self, subdistrict: str) -> Numbers:
        return np.array(self._by_scope.get(subdistrict, self._everywhere), dtype=np.int64)

    @cached_property
    def _everywhere(self) -> list[int]:
        return [at for at in self.people.tolist() if not self.problem.people[at].serves]

    @cached_property
    def _by_scope(self) -> dict[str, list[int]]:
        bound: dict[str, list[int]] = defaultdict(list)
        for at in self.people.tolist():
            for code in self.problem.people[at].serves:
                bound[code].append(at)
        return {code: sorted([*some, *self._everywhere]) for code, some in bound.items()}


def numbers(values: Iterable[int]) -> Numbers:
    """Return whole numbers as an array."""
    return np.array(list(values), dtype=np.int64)
