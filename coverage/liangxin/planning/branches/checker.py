"""A second count of a plan, from what was asked and by plain whole numbers.

It knows nothing of how a plan was found and calls no solver. It counts every group from the
organisations themselves, then goes through all candidates once more and tries whether any costs
less than its prices: if none does, no plan costs less than all prices together. A plan that it
refuses is not shown.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np

from liangxin.errors import LiangxinError
from liangxin.planning.branches.candidates import nearest
from liangxin.planning.branches.certificate import SCALE, Case, Certificate, Draft, Part, stake
from liangxin.planning.branches.nearness import Nearness, between
from liangxin.planning.branches.pieces import Ground, grounds, is_out
from liangxin.planning.branches.problem import Problem, Standing, Unit
from liangxin.planning.branches.subsets import PricedPart, Subsets


class PlanRefused(LiangxinError):
    """A plan breaks a rule or proves less than it says; it is not shown."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the checker counted itself; ``value`` and ``bound`` hold the stake of units left."""

    left: tuple[str, ...]  # units in no group
    cost: int  # of the groups, in metres
    value: int
    bound: int
    stake: int

    @property
    def is_best(self) -> bool:
        """Whether no plan of candidates is better."""
        return self.value == self.bound

    @property
    def fewest_left(self) -> int:
        """How many units are left by any plan at least."""
        return self.bound // self.stake

    @property
    def gap(self) -> Fraction | None:
        """How much dearer than the best the groups can be at most, as a share of their cost.

        Nothing, where a plan that leaves fewer units is not ruled out: then no share means anything.
        """
        if self.value == self.bound:
            return Fraction(0)
        if self.cost == 0 or self.fewest_left < self.value // self.stake:
            return None
        return Fraction(self.value - self.bound, self.cost)


def check(problem: Problem, draft: Draft) -> Counted:
    """Count a plan and its bound anew.

    Raises:
        PlanRefused: a group breaks a limit or a lock, or the prices do not prove the bound.
    """
    cost = sum(_cost(problem, group) for group in _allowed(problem, draft.groups))
    grouped = {one for group in draft.groups for one in group}
    out = [unit for unit in problem.units if is_out(unit, problem)]
    left = sorted(unit.id for unit in problem.units if unit.id not in grouped)
    found = grounds(problem)
    most = stake(found, problem.weights)
    bound = _proven(problem, found, draft.certificate, most)
    value = cost + most * (len(left) - len(out))
    if bound > value:
        _refuse("下界高于方案本身", "the bound is above the plan itself")
    return Counted(tuple(left), cost, value, bound, most)


def _refuse(zh: str, en: str) -> None:
    raise PlanRefused(f"方案未通过复核：{zh}。", f"the plan is refused by the checker: {en}.")


def _allowed(
    problem: Problem, groups: Sequence[tuple[str, ...]]
) -> Iterator[list[Unit | Standing]]:
    """Yield the parts of every group after trying each limit and lock on it."""
    known: dict[str, Unit | Standing] = {each.id: each for each in problem.standing}
    known |= {each.id: each for each in problem.units}
    for one, times in Counter(one for group in groups for one in group).items():
        if one not in known or times > 1:
            _refuse(f"{one} 不在名单或出现两次", f"{one} is unknown or occurs twice")
    for group in groups:
        parts = [known[one] for one in group]
        for zh, en in broken(problem, parts):
            _refuse(f"{'、'.join(group)}：{zh}", f"{', '.join(group)}: {en}")
        yield parts


def broken(problem: Problem, parts: Sequence[Unit | Standing]) -> Iterator[tuple[str, str]]:
    """Yield what a group breaks, Chinese first."""
    limits, ids, tied = problem.limits, {part.id for part in parts}, problem.bundles
    units = [part for part in parts if isinstance(part, Unit)]
    standing = [part for part in parts if isinstance(part, Standing)]
    size = len(units) + sum(branch.units for branch in standing)
    if len(standing) > 1 or not units or size < 2:
        yield "不构成联合", "joins nothing"
    if any(is_out(unit, problem) for unit in units):
        yield "含不愿联合或锁定为单独的单位", "has a unit that declined or stays alone"
    if len({part.spot.subdistrict for part in parts}) > 1:
        yield "跨街道", "crosses sub-districts"
    if sum(part.full_members for part in parts) < limits.full_members:
        yield "正式党员不足", "has too few full members"
    if sum(part.members for part in parts) > limits.members:
        yield "党员过多", "has too many members"
    if size > limits.units and sorted(ids) not in [sorted(bundle) for bundle in tied]:
        yield "单位过多", "has too many units"
    yield from _unlocked(problem, ids)
    if _spread(problem, parts, tied) > limits.reach:
        yield "相距过远", "reaches too far"


def _unlocked(problem: Problem, ids: set[str]) -> Iterator[tuple[str, str]]:
    """Yield which locks a group breaks."""
    locks = problem.locks
    if any(0 < len(ids & set(bundle)) < len(bundle) for bundle in problem.bundles):
        yield "拆开了锁定在一起的单位", "parts what is locked together"
    if any(ids & whole and ids != whole for whole in locks.whole):
        yield "改动了整组锁定的组", "changes a group that is locked as it is"
    if any(len(ids & apart) > 1 for apart in locks.apart):
        yield "合并了锁定为分开的单位", "joins what is locked apart"


def _spread(
    problem: Problem, parts: Sequence[Unit | Standing], tied: Sequence[Sequence[str]]
) -> int:
    """The longest way between two that are not locked together."""
    metres = _near(problem, parts).metres
    bundle_of = {one: n for n, bundle in enumerate(tied) for one in bundle}
    ways = (
        int(metres[a, b])
        for a, b in combinations(range(len(parts)), 2)
        if bundle_of.get(parts[a].id, -1) != bundle_of.get(parts[b].id, -2)
    )
    return max(ways, default=0)


def _cost(problem: Problem, parts: Sequence[Unit | Standing]) -> int:
    pairs = _near(problem, parts).cost
    new = not any(isinstance(part, Standing) for part in parts)
    return int(pairs.sum()) // 2 + new * problem.weights.new_branch


def _near(problem: Problem, parts: Sequence[Unit | Standing]) -> Nearness:
    return between(problem, parts)


def _proven(problem: Problem, found: Sequence[Ground], certificate: Certificate, most: int) -> int:
    """Return what the cases prove, in metres, after trying their prices on every candidate."""
    names = [name for part in certificate.parts for name in part.pieces]
    there = [piece.ids[0] for ground in found for piece in ground.pieces]
    if sorted(names) != sorted(there):
        _refuse("证明没有恰好包含每个单位一次", "the proof does not hold each unit once")
    for part in certificate.parts:
        _refuse_part(part)
    for ground in found:
        _try_candidates(problem, ground, certificate, most)
    bound = sum(part.bound for part in certificate.parts)
    if bound < certificate.bound:
        _refuse("价格证明不了所称的下界", "the prices do not prove the bound it states")
    return bound


def _refuse_part(part: Part) -> None:
    """Refuse prices or cases that prove nothing, whatever the candidates are."""
    if not part.cases or not _is_every_plan(part.cases, 0):
        _refuse("分情形没有涵盖所有方案", "its cases do not cover every plan")
    for case in part.cases:
        if len(case.prices) != len(part.pieces):
            _refuse("有单位没有价格", "a unit has no price")
        if min(case.rounding_prices, default=0) < 0:
            _refuse("取整约束的价格小于 0", "a rounding has a price below 0")
    for rounding in part.roundings:
        if rounding.divisor < 1 or min((share for _, share in rounding.shares), default=0) < 0:
            _refuse("取整约束的份额小于 0", "a rounding has a share below 0")


def _is_every_plan(cases: Sequence[Case], depth: int) -> bool:
    """Whether the cases part all plans at each step by whether two pieces are together."""
    if len(cases) == 1 and len(cases[0].decisions) == depth:
        return True
    if any(len(case.decisions) <= depth for case in cases):
        return False
    asked = [case.decisions[depth] for case in cases]
    if len({(each.one, each.other) for each in asked}) != 1:
        return False
    sides = [
        [case for case, each in zip(cases, asked, strict=True) if each.together is together]
        for together in (True, False)
    ]
    return all(side and _is_every_plan(side, depth + 1) for side in sides)


def _try_candidates(problem: Problem, ground: Ground, certificate: Certificate, most: int) -> None:
    """Refuse prices by which some candidate that is worthwhile costs less than they say."""
    place_of = {piece.ids[0]: n for n, piece in enumerate(ground.pieces)}
    priced: dict[int, tuple[PricedPart, int]] = {}
    for part in certificate.parts:
        if part.pieces[0] in place_of:
            here = PricedPart(part)
            places = [place_of.get(name, -1) for name in part.pieces]
            if -1 in places:
                _refuse("一部分跨街道", "a part crosses sub-districts")
            if (here.prices > (ground.waiting[places] * most * SCALE)[:, None]).any():
                _refuse("价格高于不纳入的代价", "a price is above what leaving costs")
            priced |= {place: (here, n) for n, place in enumerate(places)}
    tables: dict[int, Subsets] = {}
    for _, near in nearest(ground, problem.near):
        table = tables.get(len(near)) or tables.setdefault(len(near), Subsets(len(near)))
        worth = table.worthwhile(problem, ground, near)
        cost = table.cost(problem, ground, near)
        checked = np.zeros(len(worth), dtype=bool)
        # also sets that lack the piece in the middle: no other neighbourhood may hold them
        for own in {id(priced[each][0]): priced[each][0] for each in near}.values():
            mine = [n for n, each in enumerate(near) if priced[each][0] is own]
            others = [n for n in range(len(near)) if n not in mine]
            rows = worth & ~table.holds[:, others].any(axis=1)
            checked |= rows
            places = [priced[near[n]][1] for n in mine]
            if own.makes_a_bargain(table.holds[rows][:, mine], places, cost[rows]):
                _refuse("有组合的费用低于其价格", "a group costs less than its prices")
        if (worth & ~checked).any():
            _refuse("有组合跨越两部分", "a group crosses two parts")
