"""A plan as it is shown: who looks after whom and why, what is left and why, and what it states."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from liangxin.planning.certificate import Certificate
from liangxin.planning.instructors import telling
from liangxin.planning.instructors.problem import (
    Beside,
    Limits,
    Pair,
    Person,
    Problem,
    Unit,
    has_already,
    most,
    refusal,
    room,
)
from liangxin.planning.instructors.telling import Words


@dataclass(frozen=True, slots=True)
class Assignment:
    """One organisation and its instructor."""

    unit: str
    person: str
    points: int  # 100 m; see ``telling.points``
    reasons: tuple[str, ...]  # codes of ``telling.REASONS``

    @property
    def words(self) -> Words:
        """Why this pair."""
        return telling.sentence(self.reasons, telling.REASONS)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """One organisation without an instructor."""

    unit: str
    reason: str  # a code of ``telling.UNREACHED``

    @property
    def words(self) -> Words:
        """Why nobody."""
        return telling.UNREACHED[self.reason]


@dataclass(frozen=True, slots=True)
class Change:
    """One pair of the plan in force that is not in the new one."""

    unit: str
    was: str
    now: str | None
    reason: str  # a code of ``telling.CHANGES``

    @property
    def words(self) -> Words:
        """Why it changed."""
        return telling.CHANGES[self.reason]


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the rule set asks for that the plan does not meet, or meets only just."""

    person: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Loads:
    """Organisations a person has in all, beside the plan and in it, of those who may have any."""

    least: int
    most: int
    largest_relative: Fraction  # the largest part of a capacity that is used; 0 of nobody


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan the checker has accepted."""

    assignments: tuple[Assignment, ...]  # in the order of the problem's organisations
    unassigned: tuple[Unassigned, ...]
    changes: tuple[Change, ...]
    warnings: tuple[Warned, ...]
    loads: Loads
    certificate: Certificate

    @property
    def pairs(self) -> list[Pair]:
        """Organisation and person of each assignment."""
        return [(each.unit, each.person) for each in self.assignments]

    @property
    def kept_share(self) -> Fraction | None:
        """Pairs of the plan in force that are still there, as a share; null: none was in force."""
        kept = sum("kept" in each.reasons for each in self.assignments)
        was = kept + len(self.changes)
        return Fraction(kept, was) if was else None


def assignments(problem: Problem, pairs: list[Pair]) -> tuple[Assignment, ...]:
    """Return pairs with their reasons."""
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    in_force = problem.in_force
    return tuple(
        _assignment(units[pair[0]], people[pair[1]], problem, kept=pair in in_force)
        for pair in pairs
    )


def _assignment(unit: Unit, person: Person, problem: Problem, *, kept: bool) -> Assignment:
    near = telling.nearness(unit, person, problem)
    return Assignment(
        unit.id,
        person.id,
        telling.points(unit, person, problem, near),
        telling.reasons(unit, person, problem, near, kept=kept),
    )


def unassigned(problem: Problem, pairs: list[Pair]) -> tuple[Unassigned, ...]:
    """Return the organisations without an instructor, each with the first reason that holds."""
    served = {unit for unit, _ in pairs}
    able = [person for person in problem.people if most(person, problem.limits) > 0]
    left = [unit for unit in problem.units if unit.id not in served]
    return tuple(Unassigned(unit.id, _why_nobody(unit, able, problem)) for unit in left)


def _why_nobody(unit: Unit, able: list[Person], problem: Problem) -> str:
    if not unit.is_willing:
        return "unit_declined"
    if not able:
        return "nobody"
    codes, rooms = set(), []
    for person in able:
        code = refusal(unit, person, problem)
        if code is None:
            rooms.append(room(person, problem.limits))
        else:
            codes.add(code)
    if rooms:
        is_longer = problem.limits.by_hours and unit.hours > max(rooms) > 0
        return "too_long" if is_longer else "no_room"
    codes.discard("elsewhere")
    if not codes:
        return "no_scope"
    return "locked_out" if codes == {"never"} else "no_consent"


def loads(problem: Problem, pairs: list[Pair]) -> Loads:
    """Return how even loads are with a plan, by organisations or by hours as the rules say.

    What somebody has beside the plan counts as much as what the plan gives them.
    """
    limits = problem.limits
    takes = {unit.id: unit.hours if limits.by_hours else 1 for unit in problem.units}
    number = Counter({person.id: len(person.beside) for person in problem.people})
    number.update(person for _, person in pairs)
    taken = Counter({person.id: has_already(person, limits) for person in problem.people})
    for unit, person in pairs:
        taken[person] += takes[unit]
    sizes = {person.id: most(person, limits) for person in problem.people}
    able = [name for name, size in sizes.items() if size]
    parts = {(taken[name], sizes[name]) for name in able}
    return Loads(
        min((number[name] for name in able), default=0),
        max((number[name] for name in able), default=0),
        max((Fraction(*part) for part in parts), default=Fraction(0)),
    )


def warnings(problem: Problem, pairs: list[Pair]) -> tuple[Warned, ...]:
    """Return what the rule set asks of each instructor the plan gives somebody, and does not get.

    It is asked of all that they have, beside the plan too.
    """
    limits = problem.limits
    units = {unit.id: unit for unit in problem.units}
    has: dict[str, list[Unit]] = {}
    for unit, person in pairs:
        has.setdefault(person, []).append(units[unit])
    found: list[Warned] = []
    for each in problem.people:
        if each.id in has:
            found += _warnings(each, has[each.id], limits)
    return tuple(found)


def _warnings(who: Person, given: list[Unit], limits: Limits) -> list[Warned]:
    found = []
    person = who.id
    has: list[Unit | Beside] = [*given, *who.beside]
    if not limits.by_hours and len(has) > limits.load_warn:
        beside = len(who.beside)
        zh, en = (f"（其中本方案之外 {beside} 个）", f" ({beside} of them beside this plan)")
        found.append(
            Warned(
                person,
                f"联系 {len(has)} 个单位{zh if beside else ''}，一般不超过 {limits.load_warn} 个",
                f"has {len(has)} organisations{en if beside else ''}, generally "
                f"{limits.load_warn} at most",
            )
        )
    large = limits.large_staff
    if large is not None and not any(
        unit.staff is not None and unit.staff >= large for unit in has
    ):
        found.append(
            Warned(
                person,
                f"没有职工 {large} 人以上的单位",
                f"has no organisation with {large} staff or more",
            )
        )
    if limits.pairs_built and len({unit.is_built for unit in has}) < 2:
        found.append(
            Warned(
                person,
                "没有做到已建、未建各一个",
                "does not have both one with and one without a Party organisation",
            )
        )
    return found


def changes(problem: Problem, pairs: list[Pair]) -> tuple[Change, ...]:
    """Return the pairs in force that are gone, sorted, each with the first reason that holds."""
    if not problem.in_force:
        return ()
    now = dict(pairs)
    load = Counter({person.id: len(person.beside) for person in problem.people})
    load.update(person for _, person in pairs)
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    found = []
    gone = [pair for pair in problem.in_force if now.get(pair[0]) != pair[1]]
    for unit, was in sorted(gone):
        to = now.get(unit)
        if unit not in units or was not in people:
            reason = "person_left" if unit in units else "unit_left"
        else:
            new = None if to is None else people[to]
            reason = _why_changed(units[unit], people[was], new, load, problem)
        found.append(Change(unit, was, to, reason))
    return tuple(found)


def _why_changed(
    unit: Unit, was: Person, now: Person | None, load: Counter[str], problem: Problem
) -> str:
    refused = refusal(unit, was, problem)
    if refused is not None:
        return refused
    if now is None:
        return "dropped"
    if (unit.id, now.id) in problem.must:
        return "locked"
    return _why_moved(unit, was, now, load, problem)


def _why_moved(unit: Unit, was: Person, now: Person, load: Counter[str], problem: Problem) -> str:
    """Between two people who both may: for the loads, for the points, or for another's sake."""
    limits = problem.limits
    if not room(was, limits):
        return "no_capacity"
    if not limits.by_hours:
        size, taken = most(was, limits), load[was.id]
        if Fraction(taken + 1, size) > Fraction(load[now.id], most(now, limits)):
            return "reach" if taken >= size else "balance"
    nearer = telling.points(unit, now, problem) < telling.points(unit, was, problem)
    return "nearer" if nearer else "chain"
