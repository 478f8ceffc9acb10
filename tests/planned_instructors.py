"""Small districts to plan instructors in, and the best plan of each by trying all of them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from liangxin.planning.distance import Place
from liangxin.planning.instructors import telling
from liangxin.planning.instructors.problem import (
    Beside,
    Limits,
    Pair,
    Person,
    Problem,
    Unit,
    capacity,
    refusal,
    room,
)

NORTH, SOUTH = "999999001", "999999002"


def by_chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - the same each time, on purpose


def a_place(community: int | None = 1, subdistrict: str = NORTH, **where: Any) -> Place:
    code = None if community is None else f"{subdistrict}{community:03d}"
    return Place(subdistrict, code, **where)


def a_unit(name: str = "u", place: Place | None = None, **what: Any) -> Unit:
    return Unit(name, place or a_place(), **what)


def a_person(name: str = "p", place: Place | None = None, **what: Any) -> Person:
    return Person(name, what.pop("kind", "retired_cadre"), place or a_place(), **what)


def a_small_problem(chance: Random) -> Problem:
    """A district that trying all plans can settle, with everything in it that may go wrong."""
    units = [f"u{n}" for n in range(chance.randint(0, 5))]
    people = [f"p{n}" for n in range(chance.randint(0, 4))]

    def some(names: list[str], share: float) -> frozenset[str]:
        return frozenset(name for name in names if chance.random() < share)

    def where() -> Place:
        at = (112.0 + chance.random() / 50, 29.0) if chance.random() < 0.2 else None
        building = chance.choice([None, None, "塔", "市场"])
        community = chance.choice([None, 1, 2, 3])
        return a_place(community, chance.choice([NORTH, NORTH, SOUTH]), building=building, at=at)

    limits = Limits(
        load=chance.choice([1, 2, 3]),
        load_most=4,
        balance=chance.choice(["relative", "equal"]),
        consent=chance.choice(["not_declined", "not_declined", "agreed"]),
        large_staff=chance.choice([None, None, 50]),
        pairs_built=chance.random() < 0.3,
    )
    problem = Problem(
        units=tuple(
            a_unit(
                name,
                where(),
                sector=chance.choice([None, "a", "b"]),
                staff=chance.choice([None, 10, 80]),
                is_built=chance.random() < 0.5,
                is_willing=chance.random() < 0.9,
                declined=some(people, 0.1),
            )
            for name in units
        ),
        people=tuple(
            a_person(
                name,
                where(),
                sectors=some(["a", "b"], 0.5),
                serves=frozenset(chance.sample([NORTH, SOUTH], chance.randint(0, 2))),
                capacity=chance.choice([None, 0, 1, 2, 3, 4]),
                is_willing=chance.random() < 0.9,
                declined=some(units, 0.1),
                conflicts=some(units, 0.05),
            )
            for name in people
        ),
        limits=limits,
        neighbours=frozenset({(f"{NORTH}001", f"{NORTH}002")}),
        agreed=frozenset((u, p) for u in units for p in people if chance.random() < 0.7),
        never=frozenset((u, p) for u in units for p in people if chance.random() < 0.05),
        in_force=frozenset(
            (u, chance.choice([*people, "gone"])) for u in units if chance.random() < 0.4
        ),
    )
    return _with_locks(problem, chance)


def _with_locks(problem: Problem, chance: Random) -> Problem:
    if chance.random() < 0.6:
        return problem
    may = [
        (unit.id, person.id)
        for unit in problem.units
        for person in problem.people
        if refusal(unit, person, problem) is None and capacity(person, problem.limits)
    ]
    return replace(problem, must=frozenset(chance.sample(may, min(len(may), 1))))


def with_beside(problem: Problem, chance: Random) -> Problem:
    """The same district, where people look after others already; some have more than they may."""
    return replace(
        problem,
        must=frozenset(),
        people=tuple(
            replace(
                person,
                beside=tuple(
                    Beside(
                        f"b{n}",
                        chance.randint(0, 4),
                        chance.choice([10, 80]),
                        chance.random() < 0.5,
                    )
                    for n in range(chance.choice([0, 0, 1, 2, 5]))
                ),
            )
            for person in problem.people
        ),
    )


def every_plan(problem: Problem) -> Iterator[list[Pair]]:
    """All plans that break no rule."""
    people = {person.id: person for person in problem.people}
    choices = []
    for unit in problem.units:
        may: list[str | None] = [p.id for p in problem.people if refusal(unit, p, problem) is None]
        locked = [person for name, person in problem.must if name == unit.id]
        choices.append(locked or [*may, None])
    for chosen in product(*choices):
        load = {name: chosen.count(name) for name in people}
        if all(load[name] <= room(people[name], problem.limits) for name in people):
            yield [(u.id, p) for u, p in zip(problem.units, chosen, strict=True) if p is not None]


def worth(problem: Problem, pairs: list[Pair], *, keep_first: bool = False) -> tuple[Any, ...]:
    """The objectives of a plan in their order, with the whole row of loads; smaller is better.

    Loads and wishes are of all that people have, beside the plan too.
    """
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    limits = problem.limits
    load = {name: [units[u] for u, p in pairs if p == name] for name in people}
    beside = {name: person.beside for name, person in people.items()}
    relative = limits.balance == "relative"
    # The largest first; then the second largest, and so on.
    row = sorted(
        (
            (step / capacity(people[name], limits)) if relative else step
            for name, some in load.items()
            for step in range(1 + len(beside[name]), 1 + len(beside[name]) + len(some))
        ),
        reverse=True,
    )
    met = 0
    for some in ([*load[name], *beside[name]] for name in people):
        if limits.large_staff is not None:
            met += any(unit.staff is not None and unit.staff >= limits.large_staff for unit in some)
        elif limits.pairs_built:
            met += len({unit.is_built for unit in some})
    points = sum(telling.points(units[u], people[p], problem) for u, p in pairs)
    now = dict(problem.in_force)
    changed = sum(name in units and dict(pairs).get(name) != who for name, who in now.items())
    low = (changed, points) if keep_first else (points, changed)
    return (len(units) - len(pairs), tuple(row), -met, *low)


def a_district(chance: Random, organisations: int, persons: int, **limits: Any) -> Problem:
    """A few communities with less room than organisations."""
    return Problem(
        tuple(
            a_unit(
                f"u{at}",
                a_place(chance.randint(1, 6), chance.choice([NORTH, SOUTH])),
                sector=chance.choice("abc"),
                staff=chance.choice([5, 60]),
            )
            for at in range(organisations)
        ),
        tuple(
            a_person(
                f"p{at}",
                a_place(chance.randint(1, 6), chance.choice([NORTH, SOUTH])),
                sectors=frozenset(chance.choice("abc")),
                capacity=chance.randint(3, 5),
            )
            for at in range(persons)
        ),
        Limits(**limits),
    )
