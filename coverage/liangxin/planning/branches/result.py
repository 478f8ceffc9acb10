"""A checked plan as people read it: who joins whom, why it may stand, what else there is.

No names and no member's data: a group says how many could be its secretary, not who.
"""

from dataclasses import dataclass
from fractions import Fraction

from liangxin.planning.branches.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another group for the first of a group's units."""

    standing: str | None
    units: tuple[str, ...]
    full_members: int
    cost: int
    #: Any plan with this group costs at least so much more than the plan shown, in metres.
    dearer: int


@dataclass(frozen=True, slots=True)
class Group:
    """Units that form a joint branch, or join one there is."""

    standing: str | None  # the branch they join
    units: tuple[str, ...]
    size: int  # units of the branch afterwards
    full_members: int
    members: int
    secretary_candidates: int  # full members of the units that join; no names
    longest: int  # metres between the two that lie furthest apart
    mean: int
    is_measured: bool  # all distances are from coordinates; else some stand for them
    cost: int
    satisfies_zh: str
    satisfies_en: str
    warnings: tuple[tuple[str, str], ...]
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """A unit in no group, and why."""

    unit: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that the checker counted and let pass."""

    groups: tuple[Group, ...]
    left: tuple[Left, ...]
    cost: int  # of all groups, in metres
    value: int  # cost, and the stake for every unit that wanted in and is left
    bound: int  # no plan of the candidates has a lower value
    is_best: bool  # value and bound meet
    is_fewest_left: bool  # no plan of the candidates leaves fewer
    gap: Fraction | None  # how much cheaper the groups could be at most; null: units are in doubt
    rule_set: str
    is_over_all: (
        bool  # the candidates are all groups there can be, so what is proven is of all plans
    )
    candidates_zh: str
    candidates_en: str
    seed: int
    in_time: bool  # false: cut short, another run may find another plan
    certificate: Certificate

    @property
    def proof(self) -> tuple[str, str]:
        """What is proven of which plans, in a sentence, Chinese first."""
        inside = ("", "") if self.is_over_all else ("在候选范围内", " of the candidates")
        zh_end = f"（候选：{self.candidates_zh}"
        en_end = f" (candidates: {self.candidates_en}"
        if not self.is_over_all:
            zh_end += "；候选之外的组合没有比较"
            en_end += "; groups beside them were not looked at"
        zh_end += f"；规则版本 {self.rule_set}；种子 {self.seed}）。"
        en_end += f"; rules {self.rule_set}; seed {self.seed})."
        if self.is_best:
            zh, en = f"已证明{inside[0]}没有更好的方案", f"No plan{inside[1]} is better, proven"
        elif self.gap is not None:
            share = percent(self.gap)
            zh = f"{inside[0]}最好的方案至多比本方案省 {share}%"
            en = f"The best plan{inside[1]} is at most {share} % cheaper"
        else:
            zh = f"尚未证明{inside[0]}不能再少留单位"
            en = f"It is not proven that no plan{inside[1]} leaves fewer units"
        return zh + zh_end, en + en_end


def percent(share: Fraction) -> str:
    """Return a share in percent to three digits, rounded up: a gap is never told too small."""
    thousandths = -(-share.numerator * 100_000 // share.denominator)
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"
