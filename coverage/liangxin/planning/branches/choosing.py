"""Choosing groups so that every piece is in one or left, at the least cost."""

from dataclasses import dataclass
from random import Random
from typing import Any

import highspy
import numpy as np

from liangxin.planning import solver
from liangxin.planning.branches.candidates import Groups
from liangxin.planning.branches.pieces import Flags, Ints
from liangxin.planning.branches.relaxation import (
    Block,
    SecondsLeft,
    add_columns,
    add_rows,
)

MOST_NODES = 2000
WINDOW = 120  # pieces
MOST_ROUNDS = 6
NOWHERE = -1  # in no group


@dataclass(frozen=True, slots=True)
class Choice:
    """Groups chosen of a block, ascending; and whether time sufficed to look at all offered."""

    groups: Ints
    value: int
    is_complete: bool = True


def first_choice(block: Block) -> Choice:
    """Take the group that costs least a piece, again and again, then widen; needs no solver."""
    sets = block.groups.pieces
    is_waiting = np.append(block.leaving > 0, False)
    each = block.groups.cost / np.maximum(is_waiting[sets].sum(axis=1), 1)
    group_of = np.full(block.total + 1, NOWHERE, dtype=np.int64)
    for group in np.argsort(each, kind="stable"):
        if (group_of[sets[group]] == NOWHERE).all():
            group_of[_inside(block, group)] = group
    _widen(block, group_of, is_waiting)
    return valued(block, np.setdiff1d(group_of, [NOWHERE]))


def _widen(block: Block, group_of: Ints, is_waiting: Flags) -> None:
    """Take who is left into a group that holds a whole chosen one, where it costs least more."""
    sets, cost = block.groups.pieces, np.append(block.groups.cost, 0)
    size = np.append((sets < block.total).sum(axis=1), 0)
    by_piece = block.by_piece()
    for piece in np.flatnonzero(is_waiting & (group_of == NOWHERE)):
        wider = by_piece[piece]
        if group_of[piece] != NOWHERE or not len(wider):
            continue  # taken in with one before, or in no group ever
        groups = group_of[sets[wider]]
        old = groups.max(axis=1)
        is_whole = ((groups == NOWHERE) | (groups == old[:, None])).all(axis=1)
        is_whole &= (groups != NOWHERE).sum(axis=1) == np.where(old == NOWHERE, 0, size[old])
        if is_whole.any():
            more = np.where(is_whole, cost[wider] - cost[old], np.iinfo(np.int64).max)
            group_of[_inside(block, wider[np.argmin(more)])] = wider[np.argmin(more)]


def _inside(block: Block, group: int) -> Ints:
    pieces: Ints = block.groups.pieces[group]
    return pieces[pieces < block.total]


def valued(block: Block, groups: Ints, *, is_complete: bool = True) -> Choice:
    """A choice with what it costs, those left included."""
    left = np.ones(block.total + 1, dtype=bool)
    left[block.groups.pieces[groups]] = False
    value = int(block.groups.cost[groups].sum() + block.leaving[left[:-1]].sum())
    return Choice(groups, value, is_complete)


def best_among(
    block: Block, offered: Ints, start: Choice, seed: int, seconds_left: SecondsLeft
) -> Choice:
    """Choose among some groups by one integer program; never worse than the start."""
    seconds = seconds_left()
    if seconds <= 0:
        return Choice(start.groups, start.value, is_complete=False)
    offered = np.union1d(offered, start.groups)
    model = _model(block, offered, seed)
    _start_from(model, block, offered, start)
    model.setOptionValue("time_limit", float(min(seconds, 1e6)))
    solver.run(model)
    is_complete = model.getModelStatus() != highspy.HighsModelStatus.kTimeLimit
    used = np.array(model.getSolution().col_value)[block.total :]
    if len(used) != len(offered):
        return Choice(start.groups, start.value, is_complete=False)
    found = offered[used > 0.5]
    if not _is_disjoint(block, found):
        return Choice(start.groups, start.value, is_complete=False)
    better = valued(block, found, is_complete=is_complete)
    return better if better.value < start.value else Choice(start.groups, start.value, is_complete)


def _model(block: Block, offered: Ints, seed: int) -> Any:
    model = solver.quiet(seed)
    ones = np.ones(block.total)
    add_rows(model, ones, ones)
    places = np.arange(block.total)
    add_columns(model, block.leaving, places, places, ones)
    sets = block.groups.pieces[offered]
    column, at = np.nonzero(sets < block.total)
    starts = np.searchsorted(column, np.arange(len(offered)))
    rows = sets[column, at]
    add_columns(model, block.groups.cost[offered], starts, rows, np.ones(len(rows)))
    number = model.getNumCol()
    whole = np.full(number, highspy.HighsVarType.kInteger)
    model.changeColsIntegrality(number, np.arange(number, dtype=np.int32), whole)
    for option, value in (
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.5),  # all costs are whole
        ("mip_max_nodes", MOST_NODES),
    ):
        model.setOptionValue(option, value)
    return model


def _start_from(model: Any, block: Block, offered: Ints, start: Choice) -> None:
    left = np.ones(block.total + 1, dtype=bool)
    left[block.groups.pieces[start.groups]] = False
    solution = highspy.HighsSolution()
    chosen = np.isin(offered, start.groups)
    solution.col_value = np.concatenate([left[:-1], chosen]).astype(np.float64).tolist()
    model.setSolution(solution)


def _is_disjoint(block: Block, groups: Ints) -> bool:
    """A solver's tolerances are not a plan's."""
    taken = block.groups.pieces[groups]
    taken = taken[taken < block.total]
    return len(np.unique(taken)) == len(taken)


def improved_in_windows(
    block: Block, offered: Ints, start: Choice, seed: int, seconds_left: SecondsLeft
) -> Choice:
    """Choose anew in one window after another until a round over all of them gains nothing.

    A window is some chosen groups and pieces left that could exchange pieces; all else stays.
    """
    chance = Random(seed)  # noqa: S311 (an order of looking, no secret)
    meets = _meetings(block, offered)
    choice, rounds = start, 0
    while rounds < MOST_ROUNDS:
        before, rounds = choice.value, rounds + 1
        to_see = list(range(block.total))
        chance.shuffle(to_see)
        seen: set[int] = set()
        for piece in to_see:
            if piece in seen:
                continue
            if seconds_left() <= 0:
                return Choice(choice.groups, choice.value, is_complete=False)
            window = _window(block, choice, meets, piece)
            seen.update(window)
            choice = _chosen_within(block, offered, choice, window, seed, seconds_left)
        if choice.value == before:
            break
    return choice


def _meetings(block: Block, offered: Ints) -> list[list[int]]:
    """Of each piece the pieces it could be grouped with, ascending."""
    meets: list[set[int]] = [set() for _ in range(block.total + 1)]
    for group in block.groups.pieces[offered].tolist():
        for piece in group:
            meets[piece].update(group)
    return [sorted(some - {block.total}) for some in meets[:-1]]


def _window(block: Block, choice: Choice, meets: list[list[int]], start: int) -> list[int]:
    """Pieces around one, whole groups only, until there are enough."""
    mates: dict[int, list[int]] = {}
    for group in block.groups.pieces[choice.groups].tolist():
        pieces = [piece for piece in group if piece < block.total]
        mates.update(dict.fromkeys(pieces, pieces))
    found: dict[int, None] = {}
    queue = [start]
    for piece in queue:
        if piece in found:
            continue
        found.update(dict.fromkeys(mates.get(piece, [piece])))
        if len(found) >= WINDOW:
            break
        for mate in mates.get(piece, [piece]):
            queue += [other for other in meets[mate] if other not in found]
    return list(found)


def _chosen_within(
    block: Block,
    offered: Ints,
    choice: Choice,
    window: list[int],
    seed: int,
    seconds_left: SecondsLeft,
) -> Choice:
    inside = np.zeros(block.total + 1, dtype=bool)
    inside[[*window, block.total]] = True
    sets = block.groups.pieces
    here = offered[inside[sets[offered]].all(axis=1)]
    stays = choice.groups[~inside[sets[choice.groups]].all(axis=1)]
    place = np.full(block.total + 1, len(window), dtype=np.int64)
    place[window] = np.arange(len(window))
    part = Block(
        block.leaving[window],
        Groups(np.sort(place[sets[here]], axis=1), block.groups.cost[here]),
    )
    kept = np.flatnonzero(np.isin(here, choice.groups))
    new = best_among(part, np.arange(len(here)), valued(part, kept), seed, seconds_left)
    return valued(block, np.sort(np.concatenate([stays, here[new.groups]])))
