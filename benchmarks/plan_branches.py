"""Seeded districts: how near to the best the plans of joint branches are, and how soon."""

import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "coverage")]

from liangxin.planning.branches.problem import Problem, Spot, Standing, Unit  # noqa: E402

SECTIONS = "FFFFFFFCCCCLLLLLIIIMMOOOGEEKKPRQJHAD"
#: Kilometres of a sub-district's side, communities, share in buildings, units a building.
SHAPES = {"spread": (4.0, 10, 0.45, (3, 12)), "dense": (2.0, 8, 0.8, (15, 50))}


def a_district(units: int, subdistricts: int, shape: str, seed: int) -> Problem:
    """A district like a register's: clustered in buildings and communities, some places unknown."""
    chance = random.Random(f"{units}/{subdistricts}/{shape}/{seed}")  # noqa: S311 (invented places)
    found: list[Unit] = []
    standing: list[Standing] = []
    for number in range(subdistricts):
        share = units * (number + 1) // subdistricts - units * number // subdistricts
        some, branches = _a_subdistrict(f"999999{number:03d}", share, shape, chance)
        found += some
        standing += branches
    return Problem(tuple(found), tuple(standing), rule_set="cn-2026.2")


def _a_subdistrict(
    code: str, share: int, shape: str, chance: random.Random
) -> tuple[list[Unit], list[Standing]]:
    side, communities, in_buildings, filling = SHAPES[shape]
    spots: list[Spot] = []
    centres = [(chance.uniform(0, side), chance.uniform(0, side)) for _ in range(communities)]
    while len(spots) < share + share // 25:
        which = chance.randrange(communities)
        north, east = (chance.gauss(each, side / 12) for each in centres[which])
        community = f"{code}{which:03d}"
        if chance.random() < in_buildings * 2 / sum(filling) * 1.6:
            building = f"B{len(spots)}"
            spots += [
                _a_spot(code, community, building, north, east, chance)
                for _ in range(chance.randint(*filling))
            ]
        else:
            spots.append(_a_spot(code, community, "", north, east, chance))
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
        for n, spot in enumerate(spots[share : share + share // 25])
    ]
    return units, standing


def _a_spot(
    code: str, community: str, building: str, north: float, east: float, chance: random.Random
) -> Spot:
    if chance.random() < 0.15:
        return Spot(code, community, building if chance.random() < 0.7 else "")
    at = (29.03 + north / 111.3, 111.69 + east / 97.3)
    return Spot(code, community, building, round(at[0], 6), round(at[1], 6))
