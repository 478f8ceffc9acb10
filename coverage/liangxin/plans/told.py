"""What only planning knows of a plan, kept beside it: distances, alternatives, warnings, how near to best.

A certificate's prices are gone once a plan is kept, so what they tell is written down with it. No
count of members is in it: what a group has today, the register says.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from liangxin.errors import Misuse
from liangxin.planning.branches.changes import Change
from liangxin.planning.branches.result import Group, percent
from liangxin.planning.branches.result import Plan as BranchPlan
from liangxin.planning.distance import between
from liangxin.planning.instructors.helping import OneMore
from liangxin.planning.instructors.result import Change as Pairing
from liangxin.planning.instructors.result import Plan as InstructorPlan
from liangxin.planning.instructors.telling import Words, nearness
from liangxin.plans import of_branches, of_instructors
from liangxin.plans.locks import Lock


@dataclass(frozen=True, slots=True)
class Told:
    """What was kept; of a plan made before this was, and of a dropped one, nothing."""

    gap: str | None = None  # how far from the best at most, in percent, rounded up; null: not known
    is_optimal: bool = False
    is_over_all: bool = (
        False  # what is proven holds of all pairs or groups, not of candidates alone
    )
    is_best_of_candidates: bool = False
    is_fewest_left: bool = True  # nobody more could be reached
    in_time: bool = True
    least: int | None = None  # organisations of whoever has fewest
    most: int | None = None
    metres: dict[str, int] = field(default_factory=dict)  # of each pair, by organisation
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)  # by number
    warnings: list[dict[str, Any]] = field(default_factory=list)
    one_more: dict[str, Any] | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)  # of groups
    edits: list[dict[str, Any]] = field(default_factory=list)  # against the plan it was made from


def read(text: str | None) -> Told:
    """Return what was written down."""
    return Told() if text is None else Told(**json.loads(text))


def instructors(
    asked: of_instructors.Asked,
    plan: InstructorPlan,
    one_more: OneMore | None,
    edits: Sequence[Pairing] | None,
) -> str:
    """Return what is kept beside a plan of instructors."""
    stated, problem = plan.certificate, asked.problem
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    metres = {}
    for unit, person in plan.pairs:
        one, other = units[unit], people[person]
        metres[unit] = 100 * between(one.place, other.place, nearness(one, other, problem))
    warnings = [
        {"instructor": int(each.person), "zh": each.zh, "en": each.en} for each in plan.warnings
    ]
    return _text(
        gap=None if stated.gap is None else percent(stated.gap),
        is_optimal=stated.is_optimal,
        is_over_all=stated.is_optimal or not stated.is_best_of_candidates,
        is_best_of_candidates=stated.is_best_of_candidates,
        least=plan.loads.least,
        most=plan.loads.most,
        metres=metres,
        warnings=[*warnings, *_left_out(asked.contradicting)],
        one_more=None if one_more is None else _one_more(one_more),
        edits=[
            {"organisation": each.unit, "was": int(each.was), "reason": each.reason}
            for each in edits or ()
        ],
    )


def branches(asked: of_branches.Asked, plan: BranchPlan, changes: Sequence[Change]) -> str:
    """Return what is kept beside a plan of joint branches."""
    return _text(
        gap=None if plan.gap is None else percent(plan.gap),
        is_optimal=plan.is_best,
        is_over_all=plan.is_over_all,
        is_best_of_candidates=plan.is_best,
        is_fewest_left=plan.is_fewest_left,
        in_time=plan.in_time,
        groups={str(n): _group(asked, each) for n, each in enumerate(plan.groups, start=1)},
        warnings=[
            *({"zh": zh, "en": en} for group in plan.groups for zh, en in group.warnings),
            *_left_out(asked.contradicting),
        ],
        changes=[{"was": sorted(each.before), "reason": each.code} for each in changes],
    )


def _text(**said: Any) -> str:
    return json.dumps(said, ensure_ascii=False)


def _group(asked: of_branches.Asked, group: Group) -> dict[str, Any]:
    return {
        "longest": group.longest,
        "mean": group.mean,
        "is_measured": group.is_measured,
        "alternatives": [
            {
                "units": list(each.units),
                "joins": None if each.standing is None else asked.branches[each.standing].name,
                "dearer": each.dearer,
            }
            for each in group.alternatives
        ],
    }


def _one_more(found: OneMore) -> dict[str, Any]:
    names = ("subdistrict", "community", "organisations", "reached")
    return {name: getattr(found, name) for name in names} | {"sectors": list(found.sectors)}


def _left_out(left_out: Sequence[tuple[Lock, Misuse]]) -> list[dict[str, Any]]:
    return [
        {
            "lock": lock.id,
            "zh": f"锁定 {lock.id} 未采用：{error.zh}",
            "en": f"lock {lock.id} was left out: {error.en}",
        }
        for lock, error in left_out
    ]


def nearness_to_best(kind: str, told: Told, *, is_met: bool) -> Words:
    """Return how far a plan is from the best at most, in words; of candidates alone, if it is so.

    Args:
        kind: of plan.
        told: what was kept beside it.
        is_met: value and bound are equal.
    """
    # A bound of instructors is over every permitted pair; one of groups over the candidates.
    over_all = told.is_over_all or kind == "instructors"
    if (is_met or told.is_optimal) and over_all:
        return Words("已证明没有更好的方案（全部可能都已比较）", "proven best of all there are")
    if is_met or told.is_optimal or told.is_best_of_candidates:
        return Words("已证明在候选范围内没有更好的方案", "proven best of its candidates")
    if not told.is_fewest_left:
        return Words("尚未证明不能再少留单位", "not proven that no fewer could be left")
    if told.gap is None:
        return Words("尚未证明最优", "not proven best")
    of = Words("各组总距离", "distances") if kind == "branches" else Words("目标值", "objective")
    best = (
        Words("最优", "the best") if over_all else Words("候选范围内的最优", "the best candidates")
    )
    return Words(
        f"与{best.zh}相差至多 {told.gap}%（{of.zh}）", f"within {told.gap} % of {best.en} ({of.en})"
    )
