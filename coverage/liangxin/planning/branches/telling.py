"""From ids and prices to what people read: sums, distances, alternatives and reasons."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from liangxin.planning.branches.candidates import is_all, nearest, rule
from liangxin.planning.branches.certificate import SCALE, Draft
from liangxin.planning.branches.checker import Counted, broken
from liangxin.planning.branches.nearness import between
from liangxin.planning.branches.pieces import Ground, Piece, grounds
from liangxin.planning.branches.problem import Problem, Standing, Unit, satisfied
from liangxin.planning.branches.result import Alternative, Group, Left, Plan
from liangxin.planning.branches.subsets import PricedPart, Subsets

ALTERNATIVES = 2
Words = tuple[str, str]


def tell(problem: Problem, draft: Draft, counted: Counted) -> Plan:
    """Return a checked plan with all that is said of it."""
    found = grounds(problem)
    others = _Others(problem, draft, counted, found)
    wanted = sum(_wanted(problem, counted))
    is_fewest = counted.fewest_left >= wanted
    over_all = is_all(found, problem)
    zh, en = rule(problem, is_all=over_all)
    return Plan(
        groups=tuple(_group(problem, ids, others) for ids in draft.groups),
        left=tuple(_left(problem, found, counted.left, is_fewest=is_fewest, over_all=over_all)),
        cost=counted.cost,
        value=counted.value,
        bound=counted.bound,
        is_best=counted.is_best,
        is_fewest_left=is_fewest,
        gap=counted.gap,
        rule_set=problem.rule_set,
        is_over_all=over_all,
        candidates_zh=zh,
        candidates_en=en,
        seed=draft.seed,
        in_time=draft.in_time,
        certificate=draft.certificate,
    )


def _wanted(problem: Problem, counted: Counted) -> Iterator[bool]:
    """Of each unit that is left whether it wanted in."""
    left = set(counted.left)
    for unit in problem.units:
        if unit.id in left:
            yield not (unit.has_declined or unit.id in problem.locks.alone)


def _group(problem: Problem, ids: tuple[str, ...], others: "_Others") -> Group:
    known = {each.id: each for each in problem.all}
    parts = [known[one] for one in ids]
    units = [part for part in parts if isinstance(part, Unit)]
    standing = next((part for part in parts if isinstance(part, Standing)), None)
    size = len(units) + (standing.units if standing else 0)
    full, members = (
        sum(getattr(part, name) for part in parts) for name in ("full_members", "members")
    )
    near = between(problem, parts)
    ways = [int(near.metres[a, b]) for a, b in combinations(range(len(parts)), 2)]
    new_branch = 0 if standing else problem.weights.new_branch
    limits = problem.limits
    zh, en = satisfied(limits, full=full, members=members, size=size)
    return Group(
        standing=standing.id if standing else None,
        units=tuple(unit.id for unit in units),
        size=size,
        full_members=full,
        members=members,
        secretary_candidates=sum(unit.full_members for unit in units),
        longest=max(ways),
        mean=sum(ways) // len(ways),
        is_measured=all(part.spot.has_coordinates for part in parts),
        cost=int(near.cost.sum()) // 2 + new_branch,
        satisfies_zh=zh,
        satisfies_en=en,
        warnings=tuple(_warnings(size, limits.units)),
        alternatives=others.of(ids),
    )


def _warnings(size: int, most: int) -> Iterator[Words]:
    if size > most:
        yield (
            f"按锁定合并了 {size} 个单位，一般不超过 {most} 个",
            f"{size} units are locked together, generally {most} at most",
        )


class _Others:
    """Other groups that the pieces of a plan could be in, by what a plan with them costs."""

    def __init__(
        self, problem: Problem, draft: Draft, counted: Counted, found: Sequence[Ground]
    ) -> None:
        self.problem = problem
        self.counted = counted
        self.tables: dict[int, Subsets] = {}
        self.near = {
            (n, one): near
            for n, ground in enumerate(found)
            for one, near in nearest(ground, problem.near)
        }
        self.grounds = found
        self.place = {
            one: (n, place)
            for n, ground in enumerate(found)
            for place, piece in enumerate(ground.pieces)
            for one in piece.ids
        }
        self.priced = {
            name: (priced, place)
            for priced in map(PricedPart, draft.certificate.parts)
            for place, name in enumerate(priced.part.pieces)
        }

    def of(self, ids: tuple[str, ...]) -> tuple[Alternative, ...]:
        """Return the two groups for the first of some units that could cost a plan least."""
        first = next((one for one in ids if self._is_unit(one)), ids[0])
        n, place = self.place[first]
        ground, near = self.grounds[n], self.near[n, place]
        table = self.tables.setdefault(len(near), Subsets(len(near)))
        rows = np.flatnonzero(
            table.worthwhile(self.problem, ground, near) & (table.holds[:, 0] == 1)
        )
        cost = table.cost(self.problem, ground, near)[rows]
        priced, _ = self.priced[ground.pieces[place].ids[0]]
        names = [ground.pieces[one].ids[0] for one in near]
        mine = [n for n, name in enumerate(names) if self.priced[name][0] is priced]
        places = [self.priced[names[n]][1] for n in mine]
        least = priced.least_with(table.holds[rows][:, mine], places, cost)
        other_parts = self.counted.bound - priced.part.bound
        found: list[Alternative] = []
        for row in np.argsort(least, kind="stable").tolist():
            pieces = [ground.pieces[near[k]] for k in np.flatnonzero(table.holds[rows[row]])]
            if {one for piece in pieces for one in piece.ids} == set(ids):
                continue
            dearer = -(-int(least[row]) // SCALE) + other_parts - self.counted.value
            found.append(_alternative(pieces, int(cost[row]), max(dearer, 0)))
            if len(found) == ALTERNATIVES:
                break
        return tuple(found)

    def _is_unit(self, one: str) -> bool:
        n, place = self.place[one]
        return self.grounds[n].pieces[place].standing is None


def _alternative(pieces: Sequence[Piece], cost: int, dearer: int) -> Alternative:
    standing = next((piece.standing.id for piece in pieces if piece.standing), None)
    units = tuple(sorted(unit.id for piece in pieces for unit in piece.units))
    return Alternative(standing, units, sum(piece.full_members for piece in pieces), cost, dearer)


def _left(
    problem: Problem,
    found: Sequence[Ground],
    left: Sequence[str],
    *,
    is_fewest: bool,
    over_all: bool,
) -> Iterator[Left]:
    units = {unit.id: unit for unit in problem.units}
    place = {
        one: (ground, n)
        for ground in found
        for n, piece in enumerate(ground.pieces)
        for one in piece.ids
    }
    for one in left:
        if units[one].has_declined:
            yield Left(one, "declined", "本单位不愿联合", "the organisation declined")
        elif one in problem.locks.alone:
            yield Left(one, "alone", "锁定为单独", "it is locked to stay alone")
        elif any(one in whole for whole in problem.locks.whole):
            yield Left(one, "whole", *_why_whole(problem, one))
        else:
            code, zh, en = _why(problem, *place[one], is_fewest=is_fewest, over_all=over_all)
            yield Left(one, code, zh, en)


def _why_whole(problem: Problem, one: str) -> Words:
    """Why a group that is locked as it is cannot stand."""
    [whole] = [whole for whole in problem.locks.whole if one in whole]
    parts = [each for each in problem.all if each.id in whole]
    zh, en = next(broken(problem, parts), ("费用过高", "costs too much"))
    return (
        f"所在的组已整组锁定，但现在{zh}；请取消该组的锁定",
        f"its group is locked as it is, but now {en}; unlock the group",
    )


def _why(
    problem: Problem, ground: Ground, place: int, *, is_fewest: bool, over_all: bool
) -> tuple[str, str, str]:
    reach, least = problem.limits.reach, problem.limits.full_members
    around = np.flatnonzero(ground.fits[place])
    if not len(around):
        return (
            "no_neighbour",
            f"同一街道 {reach} 米内没有可以联合的单位",
            f"no unit within {reach} m in its sub-district can join it",
        )
    full = int(ground.full[place] + ground.full[around].sum())
    if full < least:
        return (
            "under_three",
            f"连同 {reach} 米内可联合的单位，正式党员只有 {full} 人，不足 {least} 人",
            f"with all that could join within {reach} m it has {full} full members, {least} are needed",
        )
    near = next(near for one, near in nearest(ground, problem.near) if one == place)
    table = Subsets(len(near))
    may = table.allowed(problem, ground, near) & (table.holds[:, 0] == 1)
    if not may.any():
        return (
            "limits",
            "与最近的单位组合都达不到人数，或超过单位数、党员数限额，或被锁定阻止",
            "with its nearest units it has too few members, or too many units or members, or a lock forbids it",
        )
    if is_fewest:
        zh, en = ("", "") if over_all else ("在候选范围内", " of the candidates")
        return (
            "needed_elsewhere",
            f"邻近单位已用于其他组合；已证明{zh}不能再少留单位",
            f"the units near it are needed elsewhere; no plan{en} leaves fewer, proven",
        )
    return (
        "no_place_found",
        "没有找到可以加入的组合；尚未证明不能再少留单位",
        "no group was found for it; that no plan leaves fewer is not proven",
    )
