"""Small problems of joint branches, and the best plan of one found by trying all."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from math import cos, hypot, radians
from random import Random

from factories import NORTH, SOUTH

from liangxin.planning.branches.problem import (
    Limits,
    Locks,
    Problem,
    Spot,
    Standing,
    Unit,
    Weights,
)


def a_spot(
    metres: float | None = 0, *, at: str = NORTH, community: str = "", building: str = ""
) -> Spot:
    """A place so many metres north of a corner; null: nobody knows the coordinates."""
    if metres is None:
        return Spot(at, community, building)
    return Spot(at, community, building, 29 + metres / 111_320, 111.7)


def a_unit(
    name: str,
    members: int = 1,
    metres: float | None = 0,
    *,
    at: str = NORTH,
    building: str = "",
    community: str = "",
    trade: str = "",
    probationary: int = 0,
    declined: bool = False,
) -> Unit:
    """A unit on a line of places; all it does not speak about is unknown."""
    spot = a_spot(metres, at=at, community=community, building=building)
    return Unit(name, members, spot, probationary, trade, declined)


def a_branch(name: str, units: int = 2, members: int = 3, metres: float | None = 0) -> Standing:
    """A joint branch there is already."""
    return Standing(name, units, members, a_spot(metres))


def a_problem(*units: Unit, branches: tuple[Standing, ...] = (), **asked: object) -> Problem:
    """A problem of some units."""
    return Problem(tuple(units), branches, rule_set="test", **asked)  # type: ignore[arg-type]


def a_random_problem(seed: int) -> Problem:
    """Up to eight units, with everything that can be odd about them."""
    chance = Random(seed)  # noqa: S311 (invented units)
    number = chance.randint(1, 8)
    names = [f"u{n}" for n in range(number)]
    units = tuple(
        Unit(
            name,
            chance.choices((0, 1, 2, 3), (1, 6, 4, 1))[0],
            _a_random_spot(chance),
            chance.choice((0, 0, 1, 20)),
            chance.choice(("", "C13", "C14", "F51")),
            chance.random() < 0.05,
        )
        for name in names
    )
    branches = tuple(
        Standing(f"b{n}", chance.randint(1, 4), chance.randint(0, 40), _a_random_spot(chance))
        for n in range(chance.choice((0, 0, 1, 2)))
    )
    limits = Limits(reach=chance.choice((800, 3000)), units=chance.choice((3, 5, 5)))
    weights = Weights(new_branch=chance.choice((0, 200, 1500)))
    locks = _random_locks(chance, units, branches)
    neighbours = frozenset({frozenset({"east", "west"})})
    before = frozenset(chance.sample([*names, "gone"], min(3, number)))
    in_force = (before,) if chance.random() < 0.5 else ()
    return Problem(units, branches, locks, limits, weights, neighbours, "test", in_force)


def _a_random_spot(chance: Random) -> Spot:
    at, community = chance.choice((NORTH, NORTH, NORTH, SOUTH)), chance.choice(("east", "west", ""))
    building = chance.choice(("", "", "tower"))
    if chance.random() < 0.3:
        return Spot(at, community, building)
    return Spot(at, community, building, chance.uniform(29, 29.012), chance.uniform(111.7, 111.712))


def _random_locks(chance: Random, units: tuple[Unit, ...], branches: tuple[Standing, ...]) -> Locks:
    """Locks that do not contradict each other."""
    free = [unit for unit in units if not unit.has_declined]
    if len(free) < 3 or chance.random() < 0.5:
        return Locks()
    one, other, third = chance.sample(free, 3)
    together: tuple[frozenset[str], ...] = ()
    if one.spot.subdistrict == other.spot.subdistrict and one.members + other.members <= 50:
        together = (frozenset({one.id, other.id}),)
    near = [each for each in branches if each.spot.subdistrict == third.spot.subdistrict]
    if near and chance.random() < 0.5 and near[0].members + third.members <= 50:
        together += (frozenset({near[0].id, third.id}),)
        return Locks(together)
    apart = (frozenset({one.id, third.id}),) if chance.random() < 0.5 else ()
    alone = frozenset({third.id}) if not apart and chance.random() < 0.3 else frozenset()
    return Locks(together, apart, alone)


def best_by_trying_all(problem: Problem) -> tuple[int, int]:
    """Return units left that wanted in, and the cost: the least of any plan whatever."""
    wanting = [
        unit.id
        for unit in problem.units
        if not unit.has_declined and unit.id not in problem.locks.alone
    ]
    return _best(problem, tuple(wanting), tuple(branch.id for branch in problem.standing))


def _best(problem: Problem, units: tuple[str, ...], branches: tuple[str, ...]) -> tuple[int, int]:
    known = {each.id: each for each in problem.all}

    @cache
    def best(left: tuple[str, ...], free: tuple[str, ...]) -> tuple[int, int]:
        if not left:
            return 0, 0
        first, rest = left[0], left[1:]
        options = []
        bundle = _bundle(problem, first)
        if not bundle - {first} - set(rest) - set(branches):
            out = tuple(one for one in rest if one not in bundle)
            units_left, cost = best(out, tuple(one for one in free if one not in bundle))
            options.append((units_left + len(bundle - set(branches)), cost))
        for group in _groups(first, rest, free):
            price = allowed_cost(problem, [known[one] for one in group])
            if price is not None:
                units_left, cost = best(
                    tuple(one for one in rest if one not in group),
                    tuple(one for one in free if one not in group),
                )
                options.append((units_left, cost + price))
        return min(options)

    return best(units, branches)


def _groups(first: str, rest: tuple[str, ...], free: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for number in range(len(rest) + 1):
        for some in combinations(rest, number):
            yield (first, *some)
            for branch in free:
                yield (branch, first, *some)


def _bundle(problem: Problem, one: str) -> set[str]:
    for locked in (*problem.locks.together, *problem.locks.whole):
        if one in locked:
            return set(locked)
    return {one}


def allowed_cost(problem: Problem, parts: list[Unit | Standing]) -> int | None:
    """What a group costs, from first principles; null: it may not be."""
    limits, locks = problem.limits, problem.locks
    out = [part for part in parts if isinstance(part, Unit) and part.has_declined]
    ids = {part.id for part in parts}
    standing = [part for part in parts if isinstance(part, Standing)]
    size = len(parts) - len(standing) + sum(branch.units for branch in standing)
    bundles = [set(locked) for locked in (*locks.together, *locks.whole)]
    if (
        size < 2
        or out
        or ids & locks.alone
        or len(standing) > 1
        or (size > limits.units and ids not in bundles)
        or sum(part.full_members for part in parts) < limits.full_members
        or sum(part.full_members + part.probationary for part in parts) > limits.members
        or len({part.spot.subdistrict for part in parts}) > 1
        or any(0 < len(ids & bundle) < len(bundle) for bundle in bundles)
        or any(len(ids & apart) > 1 for apart in locks.apart)
        or any(ids & whole and ids != whole for whole in locks.whole)
    ):
        return None
    cost = 0 if standing else problem.weights.new_branch
    for a, b in combinations(parts, 2):
        way = metres(problem, a, b)
        if way > limits.reach and not any({a.id, b.id} <= bundle for bundle in bundles):
            return None
        pair = way + _trades(problem.weights, a.trade, b.trade)
        kept = any({a.id, b.id} <= group for group in problem.in_force)
        cost += max(pair - problem.weights.parting, 0) if kept else pair
    return cost


def metres(problem: Problem, a: Unit | Standing, b: Unit | Standing) -> int:
    """How far two are apart, said once more in plain words."""
    one, other, weights = a.spot, b.spot, problem.weights
    same = bool(one.community) and one.community == other.community
    if one.building and (one.community, one.building) == (other.community, other.building):
        return weights.building
    if None not in (one.latitude, other.latitude):
        north, east = (_on_plane(problem, one, other, axis) for axis in (0, 1))
        return max(int(hypot(north, east)), weights.building)
    if same:
        return weights.community
    if frozenset({one.community, other.community}) in problem.neighbours:
        return weights.neighbours
    return weights.subdistrict


def _on_plane(problem: Problem, one: Spot, other: Spot, axis: int) -> int:
    narrowing = cos(radians(problem.latitude)) if axis else 1
    ends = [
        round(((spot.longitude if axis else spot.latitude) or 0) * 111_320 * narrowing)
        for spot in (one, other)
    ]
    return ends[0] - ends[1]


def _trades(weights: Weights, one: str, other: str) -> int:
    if not one or not other or one[:3] == other[:3]:
        return 0
    return weights.trade // 2 if one[0] == other[0] else weights.trade
