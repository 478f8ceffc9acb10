"""The pairs a first plan is looked for among; the plan names the rule it went by. Pure.

Of all permitted pairs each organisation gets the nearest people, each person the nearest
organisations, and each organisation a few people spread over all who may: near pairs make a plan
short, spread ones make it reach everybody. What the rule left out is priced afterwards
(``flow``), so that it costs time and never the proof.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.permitted import FORBIDDEN, Block, Permitted

#: Bits below the points that order equal ones by chance: else all would want the same few people.
_CHANCE_BITS = 12


@dataclass(frozen=True, slots=True)
class CandidateRule:
    """How many people each organisation may first choose among."""

    nearest: int = 6  # people for each organisation
    nearest_units: int = 6  # organisations for each person
    spread: int = 3  # people for each organisation, wherever they are

    @property
    def name(self) -> str:
        """The rule as a plan states it."""
        return (
            f"nearest {self.nearest}, nearest organisations {self.nearest_units}, "
            f"spread {self.spread}"
        )


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs, sorted by organisation and then by person; points as in ``permitted``."""

    unit: Numbers
    person: Numbers
    points: Numbers

    def and_also(self, unit: Numbers, person: Numbers, points: Numbers) -> "Candidates":
        """Return these and others; a pair named twice is there once."""
        return joined([self.unit, unit], [self.person, person], [self.points, points])


def choose(permitted: Permitted, rule: CandidateRule, seed: int) -> Candidates:
    """Return the pairs a plan is first looked for among; those in force are always there."""
    units, people, points = [], [], []
    for block in permitted.blocks():
        chosen = _chosen(block, rule, seed)
        chosen |= permitted.in_force[block.units][:, None] == block.people[None, :]
        row, column = np.nonzero(chosen & (block.points != FORBIDDEN))
        units.append(block.units[row])
        people.append(block.people[column])
        points.append(block.points[row, column].astype(np.int64))
    return joined(units, people, points)


def _chosen(block: Block, rule: CandidateRule, seed: int) -> NDArray[np.bool_]:
    rows, columns = block.points.shape
    if columns <= rule.nearest + rule.spread:
        return np.ones(block.points.shape, dtype=np.bool_)
    chance = chances(block.units[:, None], block.people[None, :], seed)
    key = (block.points.astype(np.uint32) << _CHANCE_BITS) | (chance >> (32 - _CHANCE_BITS))
    chosen = np.zeros(block.points.shape, dtype=np.bool_)
    near = np.argpartition(key, rule.nearest - 1, axis=1)[:, : rule.nearest]
    np.put_along_axis(chosen, near, values=True, axis=1)
    most = min(rule.nearest_units, rows)
    if most:
        near = np.argpartition(key, most - 1, axis=0)[:most]
        np.put_along_axis(chosen, near, values=True, axis=0)
    if rule.spread:
        # A stride through all of them gives each person equally many.
        step = np.arange(rule.spread) * (columns // rule.spread)
        spread = (np.arange(rows)[:, None] + step[None, :]) % columns
        np.put_along_axis(chosen, spread, values=True, axis=1)
    return chosen


def chances(unit: Numbers, person: Numbers, seed: int) -> NDArray[np.uint32]:
    """Numbers that look like chance and are the same each time (Murmur's last step)."""
    mixed = (unit * 2654435761 + seed * 40503).astype(np.uint32) ^ (person * 2246822519).astype(
        np.uint32
    )
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(2246822507)
    mixed ^= mixed >> np.uint32(13)
    return mixed


def joined(units: list[Numbers], people: list[Numbers], points: list[Numbers]) -> Candidates:
    """Return pairs in their order, each once."""
    empty = np.empty(0, dtype=np.int64)
    unit, person, cost = (np.concatenate([empty, *part]) for part in (units, people, points))
    _, first = np.unique(unit * (int(person.max(initial=0)) + 1) + person, return_index=True)
    return Candidates(unit[first], person[first], cost[first])
