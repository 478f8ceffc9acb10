"""How a plan is found: split, price, choose among the groups that matter, improve locally.

Sub-districts, and parts of one that share no candidate, are planned apart. Each part is priced
(``relaxation``); a group whose reduced cost is above the distance of plan and bound cannot be in
a better plan, so few thousand of some hundred thousand are left, and one integer program chooses.
Large parts are chosen in windows. The method promises nothing: ``checker`` counts again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from liangxin.planning.branches import prices as pricing
from liangxin.planning.branches.candidates import Groups, candidates
from liangxin.planning.branches.cases import told_apart
from liangxin.planning.branches.certificate import SCALE, Case, Certificate, Draft, Part, stake
from liangxin.planning.branches.choosing import (
    Choice,
    best_among,
    first_choice,
    improved_in_windows,
)
from liangxin.planning.branches.pieces import Ground, Ints, grounds
from liangxin.planning.branches.problem import Problem
from liangxin.planning.branches.relaxation import Block, Relaxation, SecondsLeft
from liangxin.planning.branches.roundings import Rounding

#: From so many pieces on, a part is chosen in windows after a first look at all of it.
IN_WINDOWS = 1500
FIRST_LOOK = 8_000  # groups
SECOND_LOOK = 30_000
FOR_PRICES = 0.5  # of the time; the rest is for choosing


@dataclass(frozen=True, slots=True)
class _Solved:
    """One part: its groups as places of its pieces, and the cases that prove its bound."""

    chosen: list[list[int]]
    roundings: tuple[Rounding, ...]
    cases: tuple[Case, ...]
    in_time: bool


def draft(
    problem: Problem, *, seed: int = 0, seconds_left: SecondsLeft = lambda: float("inf")
) -> Draft:
    """Return groups and the prices that prove how good they are.

    Args:
        problem: what is asked.
        seed: of the solver's choices among equals; same problem and seed, same plan.
        seconds_left: told whenever there is a choice to go on; a plan that was cut short is a
            plan all the same, but may differ from run to run.
    """
    found = grounds(problem)
    most = stake(found, problem.weights)
    offered = [candidates(ground, problem) for ground in found]
    parts = [
        (ground, places, block)
        for ground, groups in zip(found, offered, strict=True)
        for places, block in _blocks(ground, groups, most)
    ]
    waiting = sum(block.total for _, _, block in parts)
    chosen: list[tuple[str, ...]] = []
    proven: list[Part] = []
    in_time = True
    for ground, places, block in parts:
        share = block.total / max(waiting, 1)
        waiting -= block.total
        solved = _solve(block, seed, _share_of(seconds_left, share))
        names = tuple(ground.pieces[place].ids[0] for place in places)
        chosen += [_ids(ground, [places[piece] for piece in group]) for group in solved.chosen]
        proven.append(Part(names, solved.roundings, solved.cases))
        in_time &= solved.in_time
    certificate = Certificate(tuple(proven), most, sum(part.bound for part in proven))
    return Draft(tuple(sorted(chosen)), certificate, seed, in_time)


def _solve(block: Block, seed: int, seconds_left: SecondsLeft) -> _Solved:
    choice, simple = first_choice(block), pricing.simple(block)
    if not len(block.groups) or choice.value * SCALE == sum(simple.prices):
        return _solved(block, choice, (), [simple])
    relaxation = Relaxation(block, seed)
    in_time = relaxation.tighten(_share_of(seconds_left, FOR_PRICES))
    root = pricing.proven(block, relaxation)
    roundings = tuple(relaxation.roundings)
    if not in_time and Part((), roundings, (root,)).bound < Part((), (), (simple,)).bound:
        root = simple
    choice = _choose(block, relaxation, choice, seed, seconds_left)
    if not in_time:
        return _solved(block, choice, roundings, [root], in_time=False)
    proof = told_apart(block, relaxation, root, choice, seconds_left)
    return _solved(
        block,
        proof.choice,
        tuple(relaxation.roundings),
        proof.cases,
        in_time=proof.in_time,
    )


def _choose(
    block: Block, relaxation: Relaxation, choice: Choice, seed: int, seconds_left: SecondsLeft
) -> Choice:
    """Look at the groups of least reduced cost, then at all that can be in a better plan."""
    reduced = relaxation.reduced_costs()
    ranked = np.argsort(reduced, kind="stable")
    limits = (FIRST_LOOK, SECOND_LOOK)
    for limit in limits:
        distance = choice.value - relaxation.value
        if distance < 1:
            break
        useful = ranked[: np.searchsorted(reduced[ranked], distance, side="right")]
        looked = np.sort(useful[:limit])
        choose = (
            improved_in_windows if block.total >= IN_WINDOWS and limit != FIRST_LOOK else best_among
        )
        choice = choose(block, looked, choice, seed, seconds_left)
        if len(useful) <= limit:
            break
    return choice


def _solved(
    block: Block,
    choice: Choice,
    roundings: tuple[Rounding, ...],
    cases: Sequence[Case],
    *,
    in_time: bool = True,
) -> _Solved:
    sets = block.groups.pieces[choice.groups].tolist()
    chosen = [[piece for piece in some if piece < block.total] for some in sets]
    return _Solved(chosen, roundings, tuple(cases), in_time and choice.is_complete)


def _blocks(ground: Ground, groups: Groups, most: int) -> Iterator[tuple[list[int], Block]]:
    """Split a sub-district where no group crosses; places say which piece of it each is."""
    total = len(ground.pieces)
    label = _connected(groups.pieces, total)
    for one in np.unique(label[:-1]):
        places = np.flatnonzero(label[:-1] == one)
        here = np.flatnonzero(label[groups.pieces[:, 0]] == one)
        place = np.full(total + 1, len(places), dtype=np.int64)
        place[places] = np.arange(len(places))
        inside = Groups(place[groups.pieces[here]], groups.cost[here])
        yield places.tolist(), Block(ground.waiting[places] * most, inside)


def _connected(sets: Ints, total: int) -> Ints:
    """Label pieces so that those of one group, however remotely, have one label: the least."""
    label = np.arange(total + 1)
    while True:
        least = np.minimum.reduce(np.where(sets < total, label[sets], total), axis=1, initial=total)
        lower = label.copy()
        np.minimum.at(lower, sets.ravel(), np.repeat(least, sets.shape[1]))
        lower[total] = total
        lower = lower[lower]
        if (lower == label).all():
            return label
        label = lower


def _share_of(seconds_left: SecondsLeft, share: float) -> SecondsLeft:
    """Leave the rest of the time to what comes after."""
    after = seconds_left() * (1 - share)
    if after == float("inf") or share >= 1:
        return seconds_left
    return lambda: seconds_left() - after


def _ids(ground: Ground, places: Sequence[int]) -> tuple[str, ...]:
    pieces = [ground.pieces[place] for place in places]
    standing = [piece.standing.id for piece in pieces if piece.standing]
    return (*standing, *sorted(unit.id for piece in pieces for unit in piece.units))
