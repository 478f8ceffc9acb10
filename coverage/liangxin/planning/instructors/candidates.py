"""The pairs a first plan is looked for among; the plan names the rule it went by. Pure.

Of all permitted pairs each organisation gets some of the nearest people and a few spread over all
who may: near pairs make a plan short, spread ones make it reach everybody. Organisations that stand
alike take turns among the people they look to, and share them. What the rule left out is priced afterwards
(``flow``), so that it costs time and never the proof.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liangxin.planning.distance import Numbers
from liangxin.planning.instructors.permitted import FORBIDDEN, Block, Permitted

#: Bits below the points that order equal ones by chance: else all would want the same few people.
_CHANCE_BITS = 6
#: Costs above this are all too dear; it leaves room for the bits of chance.
_COSTLY = 2**56
#: Organisations that stand alike look to one more person for so many of them.
_ALIKE_SHARE = 8
#: Rows looked through at once: what they need stays in the processor's cache.
_ROWS_TOGETHER = 64
#: Cells that are worth a second thread.
_CELLS_FOR_TWO = 1_000_000
#: Bits that hold the points of any pair.
_POINT_BITS = 16


@dataclass(frozen=True, slots=True)
class CandidateRule:
    """How many people each organisation may first choose among."""

    nearest: int = 8  # people for each organisation
    spread: int = 3  # and so many more, wherever they are

    @property
    def words(self) -> tuple[str, str]:
        """The rule as a plan states it, Chinese first."""
        zh = f"每个单位先看最近的 {self.nearest} 名人员，另加分散的 {self.spread} 名"
        en = f"the nearest {self.nearest} people of each organisation and {self.spread} spread ones"
        return f"{zh}，情况相同的单位共用", f"{en}, shared by organisations that stand alike"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs, sorted by organisation and then by person; points as in ``permitted``.

    Organisations that stand alike share what each of them looks to: they have one name, their first.
    """

    unit: Numbers  # the first of all that stand alike (``Permitted.alike``)
    person: Numbers
    points: Numbers


def choose(permitted: Permitted, rule: CandidateRule, seed: int) -> Candidates:
    """Return the pairs a plan is first looked for among; those in force are always there."""
    own = permitted.own
    parts = [Candidates(own.unit, own.person, own.points)]
    for block in permitted.blocks():
        unit = np.flatnonzero(block.row >= 0)
        near = nearest(block, block.points, rule.nearest, seed)
        parts += [
            some(block, np.repeat(unit, column.shape[1]), column.ravel())
            for column in (near, _spread(block, rule.spread))
        ]
    return together(permitted, parts)


def nearest(block: Block, cost: NDArray[np.integer[Any]], each: int, seed: int) -> Numbers:
    """Return columns of some of the cheapest people for each organisation of a block.

    Half of them are the very cheapest; the others take turns among organisations that stand
    alike, so that these do not all look to the same few.

    Args:
        block: organisations and people.
        cost: rows × people.
        each: so many for an organisation, fewer where fewer serve.
        seed: orders people that cost the same.
    """
    rows, columns = cost.shape
    each = min(each, columns)
    alike = np.bincount(block.row, minlength=rows)
    most = np.minimum(columns, each + alike // _ALIKE_SHARE)
    far = int(most.max(initial=each))
    representative = block.units[np.searchsorted(block.row, np.arange(rows))]

    def cheapest(part: slice) -> Numbers:
        return _cheapest(cost[part], representative[part], block.people, far, seed)

    near = np.concatenate([np.empty((0, far), dtype=np.int64), *_by_rows(cheapest, cost)])
    always = each - each // 2
    turn = np.arange(block.row.size) - np.searchsorted(block.row, block.row)
    length = np.maximum(1, most[block.row] - always)
    shifted = (turn[:, None] * (each // 2) + np.arange(each // 2)[None, :]) % length[:, None]
    place = np.concatenate(
        [np.broadcast_to(np.arange(always), (block.row.size, always)), always + shifted], axis=1
    )
    found: Numbers = near[block.row[:, None], np.minimum(place, far - 1)]
    return found


def _by_rows(do: Callable[[slice], Numbers], cost: NDArray[np.integer[Any]]) -> list[Numbers]:
    """What ``do`` makes of some rows after the others; numpy lets two threads count at once."""
    parts = [slice(at, at + _ROWS_TOGETHER) for at in range(0, cost.shape[0], _ROWS_TOGETHER)]
    if cost.size < _CELLS_FOR_TWO:
        return [do(part) for part in parts]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(do, parts))


def _cheapest(
    cost: NDArray[np.integer[Any]], unit: Numbers, people: Numbers, far: int, seed: int
) -> Numbers:
    """The columns of so many of the cheapest people of each row, cheapest first."""
    # Points and chance fit into half the bits, and half as many are sorted sooner.
    key = cost.astype(np.int32) if cost.dtype == np.int16 else np.minimum(cost, _COSTLY)
    key <<= _CHANCE_BITS
    chance = chances(unit[:, None], people[None, :], seed) >> np.uint32(32 - _CHANCE_BITS)
    key |= chance.astype(key.dtype)
    near = np.argpartition(key, far - 1, axis=1)[:, :far] if far < people.size else _every(key)
    order = np.argsort(np.take_along_axis(key, near, axis=1), axis=1, kind="stable")
    return np.take_along_axis(near, order, axis=1)


def some(block: Block, at: Numbers, column: Numbers) -> Candidates:
    """Return pairs of a block: places among its organisations, and columns; what may not be is out."""
    points = block.points[block.row[at], column]
    may = points != FORBIDDEN
    return Candidates(block.units[at[may]], block.people[column[may]], points[may].astype(np.int64))


def _spread(block: Block, each: int) -> Numbers:
    """A stride through all people, so that each is there equally often."""
    columns = block.people.size
    each = min(each, columns)
    step = np.arange(each) * (columns // max(1, each))
    spread: Numbers = (np.arange(block.row.size)[:, None] + step[None, :]) % columns
    return spread


def _every(key: NDArray[np.integer[Any]]) -> Numbers:
    return np.broadcast_to(np.arange(key.shape[1]), key.shape)


def chances(unit: Numbers, person: Numbers, seed: int) -> NDArray[np.uint32]:
    """Numbers that look like chance and are the same each time (Murmur's last step)."""
    mixed = (unit * 2654435761 + seed * 40503).astype(np.uint32) ^ (person * 2246822519).astype(
        np.uint32
    )
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(2246822507)
    mixed ^= mixed >> np.uint32(13)
    return mixed


def together(permitted: Permitted, parts: list[Candidates]) -> Candidates:
    """Return pairs of any organisations in their order, each once; those that stand alike share theirs."""
    empty = np.empty(0, dtype=np.int64)
    unit = permitted.alike[np.concatenate([empty, *(part.unit for part in parts)])]
    person = np.concatenate([empty, *(part.person for part in parts)])
    cost = np.concatenate([empty, *(part.points for part in parts)])
    bits = int(person.max(initial=0)).bit_length()
    # One number a pair, points last: sorting numbers is faster than sorting their places.
    unit <<= bits
    unit |= person
    unit <<= _POINT_BITS
    unit |= cost
    unit.sort()
    pair = unit >> _POINT_BITS
    once = np.diff(pair, prepend=-1) != 0
    pair, cost = pair[once], unit[once] & (2**_POINT_BITS - 1)
    return Candidates(pair >> bits, pair & (2**bits - 1), cost)
