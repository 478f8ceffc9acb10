"""Who needs an instructor, who can be one, and what binds them: the problem, as it was put. Pure.

Nothing here names a method. What cannot be meant (an organisation twice, two locks against each
other, more locks than a person may have) is refused; what merely cannot be met is planned around
and told.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from liangxin.errors import Misuse
from liangxin.planning.distance import Place

#: An organisation and a person.
Pair = tuple[str, str]
#: Who a person is (domain notes §4.5).
Kind = Literal[
    "subdistrict_cadre",
    "community_cadre",
    "retired_cadre",
    "counterpart_department",
    "full_time",
    "other",
]


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation that needs an instructor."""

    id: str
    place: Place
    sector: str | None = None
    staff: int | None = None  # null: not known, so never "large"
    is_built: bool = False  # it has a Party organisation
    hours: int = 1  # a month; asked only where ``Limits.by_hours``
    is_willing: bool = True
    declined: frozenset[str] = frozenset()  # persons it said no to


@dataclass(frozen=True, slots=True)
class Beside:
    """An organisation that a person looks after and this plan does not decide on."""

    id: str
    hours: int = 1  # a month; asked only where ``Limits.by_hours``
    staff: int | None = None
    is_built: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can be an instructor, with the consent of whoever sends them."""

    id: str
    kind: Kind
    place: Place  # where they live or work
    sectors: frozenset[str] = frozenset()  # that they know
    serves: frozenset[str] = frozenset()  # sub-districts; empty: the whole district
    capacity: int | None = None  # organisations in all; null: as the rule set says
    hours: int | None = None  # a month in all; null: as the rule set says
    beside: tuple[Beside, ...] = ()  # what they have already, and keep whatever is planned
    is_willing: bool = True
    declined: frozenset[str] = frozenset()  # organisations they said no to
    conflicts: frozenset[str] = frozenset()  # organisations they have an economic tie with


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rule set asks of a plan; domain notes §4.5 give the usual numbers."""

    rule_set: str = "cn-2026.2"
    load: int = 5  # organisations of a person who states no capacity of their own
    load_warn: int = 5  # more is told as a warning
    load_most: int = 8  # more is never planned
    hours: int = 40  # a month, of a person who states none
    by_hours: bool = False  # capacity is hours instead of organisations
    #: ``relative``: loads are compared as parts of each person's capacity; ``equal``: as numbers.
    balance: Literal["relative", "equal"] = "relative"
    #: ``not_declined``: a pair may be planned and is then asked; ``agreed``: only agreed pairs.
    consent: Literal["not_declined", "agreed"] = "not_declined"
    large_staff: int | None = None  # each instructor should have one with so many staff (Hefei: 50)
    pairs_built: bool = False  # each should have one with and one without a Party organisation
    sector_points: int = 5  # another sector weighs as much as so many 100 m
    crossing_points: int = 3  # and another community as much as so many


@dataclass(frozen=True, slots=True)
class Problem:
    """One task of planning; order of units and people breaks ties and nothing else."""

    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    limits: Limits = field(default_factory=Limits)
    neighbours: frozenset[tuple[str, str]] = frozenset()  # communities side by side
    agreed: frozenset[Pair] = frozenset()  # asked only where ``Limits.consent`` is ``agreed``
    must: frozenset[Pair] = frozenset()  # locked by hand
    never: frozenset[Pair] = frozenset()
    in_force: frozenset[Pair] = frozenset()  # the plan that holds now
    ending: frozenset[Pair] = frozenset()  # whose term is over or soon will be: kept is renewed


def validate(problem: Problem) -> None:
    """Return if the problem can be meant as it stands.

    Raises:
        Misuse: something occurs twice, a number makes no sense, or locks contradict each other
            or what a person or an organisation said.
    """
    _once("单位", "organisation", (unit.id for unit in problem.units))
    _once("人员", "person", (person.id for person in problem.people))
    _limits(problem.limits)
    for person in problem.people:
        for number in (person.capacity, person.hours):
            if number is not None and number < 0:
                raise Misuse(
                    f"人员 {person.id} 的可联系数或工时为负（{number}）。请改为 0 或以上。",
                    f"person {person.id} has a negative capacity or hours ({number}); give 0 or more.",
                )
    for unit in problem.units:
        if unit.hours < 0:
            raise Misuse(
                f"单位 {unit.id} 的工时为负（{unit.hours}）。请改为 0 或以上。",
                f"organisation {unit.id} has negative hours ({unit.hours}); give 0 or more.",
            )
    _beside(problem)
    _in_force(problem)
    _locks(problem)


def capacity(person: Person, limits: Limits) -> int:
    """Return how many organisations a person may have in all; 0 for whoever does not want to."""
    if not person.is_willing:
        return 0
    return min(limits.load if person.capacity is None else person.capacity, limits.load_most)


def hours(person: Person, limits: Limits) -> int:
    """Return how many hours a month a person may give in all; 0 for whoever does not want to."""
    if not person.is_willing:
        return 0
    return limits.hours if person.hours is None else person.hours


def most(person: Person, limits: Limits) -> int:
    """Return what a person may have in all: hours a month or organisations, as the rules say."""
    return hours(person, limits) if limits.by_hours else capacity(person, limits)


def has_already(person: Person, limits: Limits) -> int:
    """Return what a person has beside the plan, in hours or organisations as the rules say."""
    return sum(each.hours for each in person.beside) if limits.by_hours else len(person.beside)


def room(person: Person, limits: Limits) -> int:
    """Return what a person can take on in a plan, in hours or organisations as the rules say."""
    return max(0, most(person, limits) - has_already(person, limits))


def refusal(unit: Unit, person: Person, problem: Problem) -> str | None:
    """Return why a pair may not be, as a code of ``telling.REFUSALS``; null: it may.

    A lock by hand reaches beyond the sub-districts a person serves, and beyond nothing else.
    """
    return _said(unit, person, problem) or _asked(unit, person, problem)


def _said(unit: Unit, person: Person, problem: Problem) -> str | None:
    """What somebody said against a pair, or is."""
    if (unit.id, person.id) in problem.never:
        return "never"
    if unit.id in person.conflicts:
        return "conflict"
    if not unit.is_willing or person.id in unit.declined:
        return "unit_declined"
    if not person.is_willing or unit.id in person.declined:
        return "person_declined"
    return None


def _asked(unit: Unit, person: Person, problem: Problem) -> str | None:
    """What the rule set asks of a pair and it has not."""
    if problem.limits.consent == "agreed" and (unit.id, person.id) not in problem.agreed:
        return "not_agreed"
    if not person.serves or unit.place.subdistrict in person.serves:
        return None
    return None if (unit.id, person.id) in problem.must else "elsewhere"


def _once(zh: str, en: str, names: Iterable[str]) -> None:
    names = list(names)
    if len(set(names)) == len(names):
        return
    for name, times in Counter(names).items():
        if times > 1:
            raise Misuse(
                f"{zh} {name} 出现了 {times} 次。请每个只列一次。",
                f"the {en} {name} occurs {times} times; list each once.",
            )


def _limits(limits: Limits) -> None:
    for name in ("load", "load_warn", "load_most", "hours"):
        if getattr(limits, name) < 1:
            raise Misuse(
                f"规则 {name} = {getattr(limits, name)}，每名指导员至少要能联系 1 个。请改规则版本。",
                f"the rule {name} = {getattr(limits, name)} lets nobody have an organisation; "
                "correct the rule set.",
            )
    for name in ("sector_points", "crossing_points"):
        if not 0 <= getattr(limits, name) <= 1000:
            raise Misuse(
                f"规则 {name} = {getattr(limits, name)}，应在 0 到 1000 之间。",
                f"the rule {name} = {getattr(limits, name)} must be from 0 to 1000.",
            )


def _beside(problem: Problem) -> None:
    for person in (each for each in problem.people if each.beside):
        _once(
            f"人员 {person.id} 另有的单位",
            f"organisation {person.id} has beside the plan",
            (each.id for each in person.beside),
        )
        if any(each.hours < 0 for each in person.beside):
            raise Misuse(
                f"人员 {person.id} 另有单位的工时为负。请改为 0 或以上。",
                f"an organisation that person {person.id} has beside the plan has negative hours; "
                "give 0 or more.",
            )


def _in_force(problem: Problem) -> None:
    # A unit with two instructors in force would make "kept" ambiguous.
    _once("现行方案中的单位", "organisation in the plan in force", (u for u, _ in problem.in_force))


def _locks(problem: Problem) -> None:
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    for unit_id, person_id in sorted(problem.must):
        if unit_id not in units or person_id not in people:
            raise Misuse(
                f"锁定的 {unit_id}–{person_id} 不在本次方案中。请取消该锁定。",
                f"the lock {unit_id}–{person_id} is about somebody outside this plan; remove it.",
            )
        refused = refusal(units[unit_id], people[person_id], problem)
        if refused is not None:
            raise Misuse(
                f"锁定 {unit_id}–{person_id} 与已有的拒绝、回避或禁止相矛盾。请二者取一。",
                f"the lock {unit_id}–{person_id} contradicts a refusal, a conflict or another lock "
                f"({refused}); keep one of the two.",
            )
    _one_lock_each(problem.must)
    _room_for_locks(problem, units, people)


def _one_lock_each(must: frozenset[Pair]) -> None:
    locked: dict[str, list[str]] = {}
    for unit, person in sorted(must):
        locked.setdefault(unit, []).append(person)
    for unit, people in locked.items():
        if len(people) > 1:
            raise Misuse(
                f"单位 {unit} 同时锁定由人员 {'、'.join(people)} 联系。请只保留一项锁定，取消其余的。",
                f"organisation {unit} is locked to several people ({', '.join(people)}); keep one of "
                "these locks and remove the others.",
            )


def _room_for_locks(problem: Problem, units: dict[str, Unit], people: dict[str, Person]) -> None:
    taken: Counter[str] = Counter()
    for unit_id, person_id in problem.must:
        taken[person_id] += units[unit_id].hours if problem.limits.by_hours else 1
    for person_id, number in sorted(taken.items()):
        left = room(people[person_id], problem.limits)
        if number > left:
            raise Misuse(
                f"人员 {person_id} 被锁定的量为 {number}，超过还可承担的 {left}。请取消一部分锁定。",
                f"person {person_id} is locked to {number}, more than the {left} they can take on; "
                "remove some locks.",
            )
