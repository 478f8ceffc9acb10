"""What is asked: organisations without a branch, branches with room, and what a person has locked.

Limits come from the rule set (domain notes §4.3): three full members, generally five units, at
most fifty members, one sub-district. What makes no sense is refused here, before any work.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import fsum

from liangxin.errors import Misuse
from liangxin.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is, as far as anybody knows; an empty text is not known."""

    subdistrict: str
    community: str = ""
    building: str = ""
    latitude: float | None = None  # degrees
    longitude: float | None = None

    @property
    def has_coordinates(self) -> bool:
        """Whether a distance in metres can be told from here."""
        return self.latitude is not None and self.longitude is not None


@dataclass(frozen=True, slots=True)
class Unit:
    """One organisation that has no branch and cannot, or cannot yet, form its own."""

    id: str
    full_members: int
    spot: Spot
    probationary: int = 0
    trade: str = ""  # GB/T 4754: a letter, then two digits of the division; empty: not known
    has_declined: bool = False

    @property
    def members(self) -> int:
        """All its members; the limit of fifty counts them all."""
        return self.full_members + self.probationary


@dataclass(frozen=True, slots=True)
class Standing:
    """A joint branch there is already; whoever joins it meets where it meets."""

    id: str
    units: int
    full_members: int
    spot: Spot
    probationary: int = 0
    trade: str = ""

    @property
    def members(self) -> int:
        """All its members, without those who may join."""
        return self.full_members + self.probationary


@dataclass(frozen=True, slots=True)
class Locks:
    """What a person decided and a plan respects; ids are of units, or of branches there are."""

    together: tuple[frozenset[str], ...] = ()  # all of a set in one group
    apart: tuple[frozenset[str], ...] = ()  # no two of a set in one group
    alone: frozenset[str] = frozenset()  # in no group at all
    whole: tuple[frozenset[str], ...] = ()  # a group as it is: all of a set, and nobody else


@dataclass(frozen=True, slots=True)
class Limits:
    """What a joint branch may be; ``reach`` is how far two of its units may lie apart."""

    full_members: int = 3
    units: int = 5
    members: int = 50
    reach: int = 3000  # metres

    @classmethod
    def of(cls, rules: RuleSet, *, reach: int = 3000) -> "Limits":
        """Return the limits of a rule set."""
        most = rules.thresholds
        return cls(most.branch_members, most.joint_units, most.branch_members_most, reach)


def satisfied(limits: Limits, *, full: int, members: int, size: int) -> tuple[str, str]:
    """Return the rule that a group of so many full members, members and units satisfies, in words."""
    zh = (
        f"正式党员 {full} 人，不少于 {limits.full_members} 人；单位 {size} 个；"
        f"党员 {members} 人，不超过 {limits.members} 人；同一街道"
    )
    en = (
        f"{full} full members, {limits.full_members} at least; {size} units; {members} members, "
        f"{limits.members} at most; one sub-district"
    )
    if size <= limits.units:
        zh = zh.replace(f"单位 {size} 个", f"单位 {size} 个，不超过 {limits.units} 个")
        en = en.replace(f"{size} units", f"{size} units, {limits.units} at most")
    return zh, en


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts as how many metres; all whole numbers, so that a plan's cost is exact."""

    building: int = 50  # two in one building still have to meet
    community: int = 500
    neighbours: int = 1500  # communities that border on each other
    subdistrict: int = 3000
    trade: int = 200  # another section of trades; another division of one section: half
    new_branch: int = 200  # a new branch must be applied for and needs a secretary
    parting: int = 100  # two that are together in the plan in force count so much nearer


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a plan depends on, besides its seed.

    Raises:
        Misuse: an id occurs twice, a count is below 0, or locks contradict each other.
    """

    units: tuple[Unit, ...]
    standing: tuple[Standing, ...] = ()
    locks: Locks = field(default_factory=Locks)
    limits: Limits = field(default_factory=Limits)
    weights: Weights = field(default_factory=Weights)
    neighbours: frozenset[frozenset[str]] = frozenset()  # pairs of communities
    rule_set: str = ""
    in_force: tuple[frozenset[str], ...] = ()  # groups of the plan before; ids may be gone
    near: int = 10  # how many of its nearest a unit may be grouped with

    #: Ids locked together, each set once and complete.
    bundles: tuple[tuple[str, ...], ...] = field(init=False, compare=False)
    latitude: float = field(init=False, compare=False)  # of the plane distances are told on

    @property
    def all(self) -> list[Unit | Standing]:
        """Units, then branches there are."""
        return [*self.units, *self.standing]

    def __post_init__(self) -> None:
        object.__setattr__(self, "latitude", _mean_latitude(each.spot for each in self.all))
        object.__setattr__(self, "bundles", tuple(_bundles(self)))
        _refuse_repeated(each.id for each in self.all)
        _refuse_overlap(self.in_force)
        for each in self.all:
            _refuse_impossible(each)
        _refuse_limits(self.limits, self.weights, self.near)
        _refuse_locks(self)


def _mean_latitude(spots: Iterable[Spot]) -> float:
    known = [spot.latitude for spot in spots if spot.latitude is not None]
    return round(fsum(known) / len(known), 2) if known else 0.0


def _bundles(problem: Problem) -> list[tuple[str, ...]]:
    """What is locked together, directly or through others; ids nobody has are told later."""
    tied = (*problem.locks.together, *problem.locks.whole)
    head = {one: one for locked in tied for one in locked}

    def find(one: str) -> str:
        while head[one] != one:
            one = head[one]
        return one

    for locked in tied:
        first, *rest = sorted(locked) or [""]
        for other in rest:
            low, high = sorted((find(first), find(other)))
            head[high] = low
    found: dict[str, list[str]] = {}
    for one in sorted(head):
        found.setdefault(find(one), []).append(one)
    return [tuple(some) for some in found.values() if len(some) > 1]


def _refuse_repeated(ids: Iterable[str]) -> None:
    for one, times in Counter(ids).items():
        if times > 1:
            raise Misuse(f"单位 {one} 出现了 {times} 次。", f"{one} occurs {times} times.")


def _refuse_overlap(in_force: Iterable[frozenset[str]]) -> None:
    for one, times in Counter(one for group in in_force for one in group).items():
        if times > 1:
            raise Misuse(
                f"{one} 在现行方案中属于 {times} 个组。",
                f"{one} is in {times} groups of the plan in force.",
            )


def _refuse_impossible(each: Unit | Standing) -> None:
    numbers = [each.full_members, each.probationary]
    if min(numbers) < 0 or (isinstance(each, Standing) and each.units < 1):
        raise Misuse(f"{each.id} 的数目小于 0。", f"{each.id} has a count below 0.")
    if not each.spot.subdistrict:
        raise Misuse(f"{each.id} 没有街道。", f"{each.id} has no sub-district.")


def _refuse_limits(limits: Limits, weights: Weights, near: int) -> None:
    told = (limits.full_members, limits.members, limits.reach, near)
    costs = (weights.building, weights.community, weights.neighbours, weights.subdistrict)
    if (
        min(told) < 1
        or limits.units < 2
        or min(*costs, weights.trade, weights.new_branch, weights.parting) < 0
    ):
        raise Misuse(
            "联合党支部的限额或权重不对：限额须大于 0，单位数至少 2，权重不得小于 0。",
            "limits of joint branches must be above 0, units at least 2, and weights not below 0.",
        )


def _refuse_locks(problem: Problem) -> None:
    units = {unit.id: unit for unit in problem.units}
    standing = {branch.id: branch for branch in problem.standing}
    locks = problem.locks
    named = set(locks.alone).union(*locks.together, *locks.apart, *locks.whole)
    for one in sorted(named - units.keys() - standing.keys()):
        raise Misuse(f"锁定的单位 {one} 不在名单中。", f"{one} is locked but not in the list.")
    for one in sorted(locks.alone & standing.keys()):
        raise Misuse(
            f"{one} 是已有联合党支部，不能锁定为单独。", f"{one} is a branch, it cannot stay alone."
        )
    for whole in locks.whole:
        _refuse_larger(whole, problem)
    for bundle in problem.bundles:
        _refuse_bundle(bundle, problem, units, standing)


def _refuse_larger(whole: frozenset[str], problem: Problem) -> None:
    """Refuse a group locked as it is that somebody else is locked to, or that is no group."""
    bundle = next((set(some) for some in problem.bundles if whole & set(some)), set(whole))
    all_zh, all_en = "、".join(sorted(whole)), ", ".join(sorted(whole))
    if len(whole) < 2:
        raise Misuse(
            f"整组锁定的只有 {all_zh} 一个。请取消该锁定。",
            f"a group locked as it is has {all_en} only; remove that lock.",
        )
    if bundle != whole:
        others = sorted(bundle - whole)
        raise Misuse(
            f"{all_zh} 已整组锁定，却又与 {'、'.join(others)} 锁定在一起。请取消其中一项。",
            f"{all_en} are locked as a group, but {', '.join(others)} are locked together with them; "
            "remove one of the two.",
        )


def _refuse_bundle(
    bundle: tuple[str, ...], problem: Problem, units: dict[str, Unit], standing: dict[str, Standing]
) -> None:
    """Refuse a set that is locked together but can be in no group."""
    all_zh, all_en = "、".join(bundle), ", ".join(bundle)
    parts = [units.get(one) or standing[one] for one in bundle]
    if len({each.spot.subdistrict for each in parts}) > 1:
        raise Misuse(
            f"锁定在一起的 {all_zh} 不在同一街道。",
            f"{all_en} are locked together but lie in different sub-districts.",
        )
    if sum(one in standing for one in bundle) > 1:
        raise Misuse(
            f"锁定在一起的 {all_zh} 中有两个已有联合党支部。",
            f"{all_en} are locked together, but two of them are branches already.",
        )
    if sum(each.members for each in parts) > problem.limits.members:
        raise Misuse(
            f"锁定在一起的 {all_zh} 党员超过 {problem.limits.members} 人。",
            f"{all_en} are locked together but have more than {problem.limits.members} members.",
        )
    for one in bundle:
        if one in problem.locks.alone:
            raise Misuse(
                f"{one} 既锁定为单独，又锁定与其他单位在一起。",
                f"{one} is locked to stay alone and locked together with others.",
            )
        if one in units and units[one].has_declined:
            raise Misuse(
                f"{one} 不愿联合，却被锁定与其他单位在一起。",
                f"{one} declined, but is locked together with others.",
            )
    for apart in problem.locks.apart:
        both = sorted(apart & set(bundle))
        if len(both) > 1:
            raise Misuse(
                f"{'、'.join(both)} 既锁定在一起，又锁定为分开。",
                f"{', '.join(both)} are locked together and locked apart.",
            )
