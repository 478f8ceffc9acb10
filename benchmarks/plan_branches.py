"""How near to the best the plans of joint branches are, and how soon, on seeded districts.

    python benchmarks/plan_branches.py [SHAPE:UNITS:SUBDISTRICTS:SECONDS …]

Shapes: ``spread`` is like Wuling's register (a district seat: buildings, streets, some places
unknown), ``dense`` like a Shenzhen one (most units in few large buildings), ``even`` is no place at
all: units of one member each, strewn evenly, which is where mixtures deceive a solver most.

Value and bound are the checker's count; the gap is of the groups' cost alone. Beside it, what
merging the nearest costs, among those it reaches, against the plan.
"""

import os
import sys
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from random import Random
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "coverage")]

from liangxin.planning.branches.candidates import candidates  # noqa: E402
from liangxin.planning.branches.checker import Counted, check  # noqa: E402
from liangxin.planning.branches.merging import merge_nearest  # noqa: E402
from liangxin.planning.branches.method import draft  # noqa: E402
from liangxin.planning.branches.pieces import grounds  # noqa: E402
from liangxin.planning.branches.problem import Problem, Spot, Standing, Unit  # noqa: E402

USUAL = (
    "spread:500:1:60 dense:500:1:60 even:500:1:60 spread:1000:1:60 dense:1000:1:60 even:1000:1:60 "
    "spread:2000:1:180 dense:2000:1:180 even:2000:1:180 spread:5000:11:600 dense:5000:11:600 "
    "spread:2000:1:1"
)
SECTIONS = "FFFFFFFCCCCLLLLLIIIMMOOOGEEKKPRQJHAD"
#: Kilometres of a sub-district's side, communities, share in buildings, units a building.
SHAPES = {
    "spread": (4.0, 10, 0.45, (3, 12)),
    "dense": (2.0, 8, 0.8, (15, 50)),
    "even": (4.0, 1, 0.0, (1, 1)),
}


def a_district(units: int, subdistricts: int, shape: str, seed: int) -> Problem:
    """A district like a register's: clustered in buildings and communities, some places unknown."""
    chance = Random(f"{units}/{subdistricts}/{shape}/{seed}")  # noqa: S311 (invented places)
    found: list[Unit] = []
    standing: list[Standing] = []
    for number in range(subdistricts):
        share = units * (number + 1) // subdistricts - units * number // subdistricts
        some, branches = _a_subdistrict(f"999999{number:03d}", share, shape, chance)
        found += some
        standing += branches
    return Problem(tuple(found), tuple(standing), rule_set="cn-2026.2")


def _a_subdistrict(
    code: str, share: int, shape: str, chance: Random
) -> tuple[list[Unit], list[Standing]]:
    if shape == "even":
        side = SHAPES[shape][0]
        places = [(chance.uniform(0, side), chance.uniform(0, side)) for _ in range(share)]
        strewn = [Spot(code, "", "", *_degrees(*place)) for place in places]
        return [Unit(f"{code}-{n:05d}", 1, spot) for n, spot in enumerate(strewn)], []
    branches = share // 25
    spots = list(_spots(code, share + branches, shape, chance))
    chance.shuffle(spots)
    units = [
        Unit(
            f"{code}-{n:05d}",
            chance.choices((1, 2, 3, 5), (60, 35, 3, 2))[0],
            spot,
            int(chance.random() < 0.1),
            f"{chance.choice(SECTIONS)}{chance.randrange(10, 14)}",
            chance.random() < 0.02,
        )
        for n, spot in enumerate(spots[:share])
    ]
    standing = [
        Standing(f"{code}-S{n:03d}", chance.randint(2, 5), chance.randint(3, 9), spot)
        for n, spot in enumerate(spots[share : share + branches])
    ]
    return units, standing


def _spots(code: str, least: int, shape: str, chance: Random) -> Iterator[Spot]:
    side, communities, in_buildings, filling = SHAPES[shape]
    centres = [(chance.uniform(0, side), chance.uniform(0, side)) for _ in range(communities)]
    made = 0
    while made < least:
        which = chance.randrange(communities)
        place = tuple(chance.gauss(each, side / 12) for each in centres[which])
        is_building = chance.random() < in_buildings * 3.2 / sum(filling)
        building = f"B{made}" if is_building else ""
        for _ in range(chance.randint(*filling) if is_building else 1):
            made += 1
            yield _a_spot(f"{code}{which:03d}", code, building, place, chance)


def _a_spot(
    community: str, code: str, building: str, place: tuple[float, ...], chance: Random
) -> Spot:
    if chance.random() < 0.15:
        return Spot(code, community, building if chance.random() < 0.7 else "")
    return Spot(code, community, building, *_degrees(*place))


def _degrees(north: float, east: float) -> tuple[float, float]:
    return round(29.03 + north / 111.3, 6), round(111.69 + east / 97.3, 6)


def countdown(seconds: float) -> Callable[[], float]:
    """A clock that runs down from now."""
    start = perf_counter()
    return lambda: seconds - (perf_counter() - start)


def measure(shape: str, units: int, subdistricts: int, seconds: float) -> str:
    """Plan one district; return a line of the table."""
    problem = a_district(units, subdistricts, shape, seed=1)
    offered = sum(len(candidates(ground, problem)) for ground in grounds(problem))
    start = perf_counter()
    found = draft(problem, seconds_left=countdown(seconds))
    planned = perf_counter()
    counted = check(problem, found)
    checked = perf_counter()
    return (
        f"{shape:7}{units:6}{subdistricts:4}{offered:10,}{len(found.groups):7}{counted.cost:11,}"
        f"{_bound(counted):11,}{_gap(counted):>10}{planned - start:8.1f}{checked - planned:7.1f}"
        f"{'' if found.in_time else ' cut':5}{_merged(problem, counted, len(problem.units))}"
    )


def _bound(counted: Counted) -> int:
    return counted.bound - counted.fewest_left * counted.stake


def _gap(counted: Counted) -> str:
    gap = inf if counted.gap is None else float(counted.gap)
    return "best" if counted.is_best else f"{gap:.3%}"


def _merged(problem: Problem, counted: Counted, units: int) -> str:
    """What merging costs a unit it reaches, against the plan's; and how many more it leaves."""
    merged = merge_nearest(problem)
    wanted = counted.value // counted.stake
    out = len(counted.left) - wanted
    ours = counted.cost / max(units - len(counted.left), 1)
    theirs = merged.cost / max(units - out - merged.left, 1)
    return f"{theirs / ours - 1:+8.1%} a unit, {merged.left - wanted:+d} left"


def main() -> None:
    """Print the table."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(
        "shape   units sub candidates groups       cost      bound       gap seconds check  merging"
    )
    for asked in sys.argv[1:] or USUAL.split():
        shape, units, subdistricts, seconds = asked.split(":")
        print(measure(shape, int(units), int(subdistricts), float(seconds)), flush=True)


if __name__ == "__main__":
    main()
