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
from liangxin.planning.branches.candidates import MOST_PIECES, nearest
from liangxin.planning.branches.certificate import SCALE, Certificate, Draft, stake
from liangxin.planning.branches.nearness import Nearness, between
from liangxin.planning.branches.pieces import Flags, Ground, Ints, grounds, is_out
from liangxin.planning.branches.problem import Problem, Standing, Unit, bundles


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
    tied = bundles(problem)
    for group in groups:
        parts = [known[one] for one in group]
        for zh, en in _broken(problem, parts, tied):
            _refuse(f"{'、'.join(group)}：{zh}", f"{', '.join(group)}: {en}")
        yield parts


def _broken(
    problem: Problem, parts: Sequence[Unit | Standing], tied: Sequence[Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """Yield what a group breaks."""
    limits, ids = problem.limits, {part.id for part in parts}
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
    if any(0 < len(ids & set(bundle)) < len(bundle) for bundle in tied):
        yield "拆开了锁定在一起的单位", "parts what is locked together"
    if any(len(ids & apart) > 1 for apart in problem.locks.apart):
        yield "合并了锁定为分开的单位", "joins what is locked apart"
    if _spread(problem, parts, tied) > limits.reach:
        yield "相距过远", "reaches too far"


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
    return between(
        [part.spot for part in parts],
        [part.trade for part in parts],
        problem.weights,
        problem.neighbours,
        problem.latitude,
    )


def _proven(problem: Problem, found: Sequence[Ground], certificate: Certificate, most: int) -> int:
    """Return what the prices prove, in metres, after trying them on every candidate."""
    prices = dict(certificate.prices)
    if any(each.price < 0 or each.divisor < 1 for each in certificate.roundings):
        _refuse("取整约束的价格小于 0", "a rounding has a price below 0")
    if any(share < 0 for each in certificate.roundings for _, share in each.shares):
        _refuse("取整约束的份额小于 0", "a rounding has a share below 0")
    total = 0
    for ground in found:
        names = [piece.ids[0] for piece in ground.pieces]
        if any(name not in prices for name in names):
            _refuse("有单位没有价格", "a unit has no price")
        price = np.array([prices[name] for name in names], dtype=np.int64)
        if (price > ground.waiting * most * SCALE).any():
            _refuse("价格高于不纳入的代价", "a price is above what leaving costs")
        _try_candidates(problem, ground, price, _Wholes(certificate, names))
        total += int(price.sum())
    for each in certificate.roundings:
        wholes = sum(share for _, share in each.shares) // each.divisor
        total -= wholes * each.price
    bound = -(-total // SCALE)  # a plan's value is whole metres
    if bound < certificate.bound:
        _refuse("价格证明不了所称的下界", "the prices do not prove the bound it states")
    return bound


class _Wholes:
    """What roundings give back on groups of one sub-district."""

    def __init__(self, certificate: Certificate, names: Sequence[str]) -> None:
        place = {name: n for n, name in enumerate(names)}
        self.priced = certificate.roundings
        self.at: list[list[tuple[int, int]]] = [[] for _ in names]
        for number, each in enumerate(self.priced):
            for name, share in each.shares:
                if name in place:
                    self.at[place[name]].append((number, share))

    def of(self, near: Sequence[int], sets: Ints) -> Ints:
        """Return the price of all wholes that each set of some near pieces holds."""
        number = {n: k for k, n in enumerate(sorted({n for one in near for n, _ in self.at[one]}))}
        shares = np.zeros((len(near), len(number)), dtype=np.int64)
        for row, one in enumerate(near):
            for n, share in self.at[one]:
                shares[row, number[n]] += share
        divisors = np.array([self.priced[n].divisor for n in number], dtype=np.int64)
        prices = np.array([self.priced[n].price for n in number], dtype=np.int64)
        given: Ints = (sets @ shares // divisors) @ prices
        return given


def _try_candidates(problem: Problem, ground: Ground, price: Ints, wholes: _Wholes) -> None:
    """Refuse prices by which some candidate costs less than they say."""
    made: dict[int, Subsets] = {}
    for _, near in nearest(ground, problem.near):
        subsets = made.setdefault(len(near), Subsets(len(near)))
        may = subsets.allowed(problem, ground, near)
        cost = subsets.cost(problem, ground, near)
        given = wholes.of(near, subsets.holds)
        reduced = cost * SCALE - subsets.holds @ price[near] + given
        if (reduced[may] < 0).any():
            _refuse("有组合的费用低于其价格", "a group costs less than its prices")


class Subsets:
    """All sets of up to five among some pieces, as a table of ones and noughts."""

    def __init__(self, number: int) -> None:
        few = range(1, min(number, MOST_PIECES) + 1)
        chosen = [some for size in few for some in combinations(range(number), size)]
        self.holds: Ints = np.zeros((len(chosen), number), dtype=np.int64)
        for row, some in enumerate(chosen):
            self.holds[row, list(some)] = 1
        self.pairs = list(combinations(range(number), 2))
        both = [self.holds[:, a] * self.holds[:, b] for a, b in self.pairs]
        self.both: Ints = np.stack(both, axis=1) if both else np.zeros((len(chosen), 0), np.int64)

    def allowed(self, problem: Problem, ground: Ground, near: Sequence[int]) -> Flags:
        """Which sets may be a group."""
        limits, single = problem.limits, self.holds.sum(axis=1) == 1
        size, members = self.holds @ ground.size[near], self.holds @ ground.members[near]
        unfit = np.array([not ground.fits[near[a], near[b]] for a, b in self.pairs], dtype=np.int64)
        may: Flags = (
            (self.both @ unfit == 0)
            & (self.holds @ ground.full[near] >= limits.full_members)
            & (self.holds @ ground.waiting[near] > 0)
            & (members <= limits.members)
            & (size >= 2)
            & ((size <= limits.units) | single)
        )
        return may

    def cost(self, problem: Problem, ground: Ground, near: Sequence[int]) -> Ints:
        """What each set costs as a group."""
        pair = np.array([ground.pair[near[a], near[b]] for a, b in self.pairs], dtype=np.int64)
        new = self.holds @ ground.is_standing[near].astype(np.int64) == 0
        cost: Ints = self.both @ pair + self.holds @ ground.within[near]
        cost += new * problem.weights.new_branch
        return cost
