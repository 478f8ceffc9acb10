"""Which pairs may be at all, and the points of each: distance, sector, community crossing. Pure.

All permitted pairs of a district are many (17 million of 100,000 organisations and 17,000 people),
so they are held as blocks: the organisations of one sub-district × the people who serve it, with
one row for all organisations that stand alike. Points are whole numbers of 100 m.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.pair_points import PairPoints, each_once
from liangxin.planning.instructors.problem import Problem, most, refusal, room

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
        limits = problem.limits
        by_hours = limits.by_hours
        #: What each person may have in all, and each organisation takes: organisations or hours.
        self.capacity = numbers(most(person, limits) for person in problem.people)
        self.takes = np.ones(len(problem.units), dtype=np.int64)
        if by_hours:
            self.takes = numbers(unit.hours for unit in problem.units)
        self.locked = np.full(len(problem.units), -1, dtype=np.int64)
        for unit, person in problem.must:
            self.locked[self.unit_number[unit]] = self.person_number[person]
        held = self.locked >= 0
        self.room = numbers(room(person, limits) for person in problem.people)
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
        return self._points.of(unit, person)

    def by_place(self) -> tuple[Numbers, Numbers]:
        """Return ``firsts`` and ``people`` in an order in which neighbours come together."""
        return self._points.by_place(self.firsts, self.people)

    @property
    def most_points(self) -> int:
        """No permitted pair has more points."""
        return self._points.most

    @cached_property
    def alike(self) -> Numbers:
        """The first organisation that each one stands like: the same pairs, points, wishes, changes.

        They are one to a flow. Whoever is not to be planned stands alone.
        """
        alike: Numbers = np.arange(len(self.problem.units))
        if self.problem.limits.consent == "agreed":  # each agreed with its own people
            return alike
        stands = self._stands[self.units] * 2 + self.has_in_force[self.units]
        stands = np.unique(stands, return_inverse=True)[1] * (len(self.problem.people) + 1)
        stands += self.in_force[self.units] + 1
        first, of = np.unique(stands, return_index=True, return_inverse=True)[1:]
        alike[self.units] = self.units[first[of]]
        return alike

    @cached_property
    def firsts(self) -> Numbers:
        """Those of ``units`` that come first among all that stand like them."""
        first: Numbers = self.units[self.alike[self.units] == self.units]
        return first

    @cached_property
    def own(self) -> Own:
        """What is in force and may stay."""
        unit = self.units[self.in_force[self.units] >= 0]
        person = self.in_force[unit]
        codes, of_place = self._subdistricts
        serves = np.zeros((len(codes), len(self.problem.people)), dtype=np.bool_)
        for at, code in enumerate(codes):
            serves[at, self._serving(code)] = True
        may = serves[of_place[self._points.unit_place[unit]], person]
        may &= ~self._are_refused(unit, person)
        unit, person = unit[may], person[may]
        return Own(unit, person, self.points(unit, person).astype(np.int64))

    def _are_refused(self, unit: Numbers, person: Numbers) -> NDArray[np.bool_]:
        """Whether somebody said no to each pair, or has not yet said yes where that is asked."""
        refused, problem = self._refused, self.problem
        asked = problem.limits.consent == "agreed"
        if not refused and not asked:
            return np.zeros(unit.size, dtype=np.bool_)
        units, people, agreed = problem.units, problem.people, problem.agreed
        return np.array(
            [
                who in refused.get(at, ())
                or (asked and (units[at].id, people[who].id) not in agreed)
                for at, who in zip(unit.tolist(), person.tolist(), strict=True)
            ],
            dtype=np.bool_,
        )

    @property
    def in_force(self) -> Numbers:
        """The person each organisation has now, as far as that person is still there; else -1."""
        return self._now[0]

    @property
    def has_in_force(self) -> NDArray[np.bool_]:
        """Whether each organisation has anybody now, still there or not."""
        return self._now[1]

    @cached_property
    def _now(self) -> tuple[Numbers, NDArray[np.bool_]]:
        who = np.full(len(self.problem.units), -1, dtype=np.int64)
        has = np.zeros(who.size, dtype=np.bool_)
        unit, person = self.unit_number.get, self.person_number.get
        at = numbers(unit(name, -1) for name, _ in self.problem.in_force)
        now = numbers(person(name, -1) for _, name in self.problem.in_force)
        who[at[at >= 0]] = now[at >= 0]
        has[at[at >= 0]] = True
        return who, has

    @cached_property
    def _points(self) -> PairPoints:
        return PairPoints(self.problem)

    def _made(self) -> Iterator[Block]:
        if self.problem.limits.consent == "agreed":
            yield from self._agreed()
            return
        refused, stands = self._refused, self._stands
        for subdistrict, units in self._by_subdistrict().items():
            people = self._serving(subdistrict)
            if not people.size:
                continue
            _, row = each_once(stands[units].tolist())
            order = np.argsort(row, kind="stable")
            most = max(1, _BLOCK_CELLS // people.size)
            for start in range(0, int(row.max()) + 1, most):
                part = order[slice(*np.searchsorted(row[order], (start, start + most)))]
                yield self._block(units[part], row[part] - start, people, refused)

    def _block(
        self, units: Numbers, row: Numbers, people: Numbers, refused: dict[int, list[int]]
    ) -> Block:
        first = units[np.flatnonzero(np.diff(row, prepend=-1))]
        points = self._points.table(first, people)
        if refused:
            for at, unit in enumerate(first.tolist()):
                if unit in refused:
                    points[at, np.isin(people, refused[unit])] = FORBIDDEN
        return Block(units, row, people, points)

    @cached_property
    def _stands(self) -> Numbers:
        """A number for each organisation; those that stand alike have the same.

        It holds all that tells their pairs and wishes apart: place, sector, kind, refusals.
        """
        limits, units = self.problem.limits, self.problem.units
        points, refused = self._points, self._refused
        stands = points.unit_place * (int(points.unit_sector.max(initial=0)) + 1)
        stands += points.unit_sector
        if limits.large_staff is not None:
            large = limits.large_staff
            stands = stands * 2 + numbers((unit.staff or 0) >= large for unit in units)
        if limits.pairs_built:
            stands = stands * 2 + numbers(unit.is_built for unit in units)
        if not refused:
            return stands
        told, which = each_once(tuple(sorted(refused.get(at, ()))) for at in range(len(units)))
        return stands * len(told) + which

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
            people = numbers(sorted(with_whom[unit]))
            yield self._block(numbers([unit]), numbers([0]), people, {})

    @cached_property
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
        codes, of_place = self._subdistricts
        of = of_place[self._points.unit_place[self.units]]
        parts = {code: self.units[of == number] for number, code in enumerate(codes)}
        return {code: parts[code] for code in sorted(parts) if parts[code].size}

    @cached_property
    def _subdistricts(self) -> tuple[list[str], Numbers]:
        """Their codes, and which of them each place of organisations is in."""
        return each_once(place.subdistrict for place in self._points.unit_places)

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
