"""A plan as other programs read it: one JSON object, the same keys for a plan of either kind."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from liangxin.errors import Misuse
from liangxin.planning.branches.changes import Change
from liangxin.planning.branches.result import Group
from liangxin.planning.branches.result import Plan as BranchPlan
from liangxin.planning.instructors.helping import OneMore
from liangxin.planning.instructors.result import Change as Pairing
from liangxin.planning.instructors.result import Plan as InstructorPlan
from liangxin.plans import of_branches, of_instructors
from liangxin.plans.locks import Lock
from liangxin.plans.words import LEFT


def instructors(
    asked: of_instructors.Asked,
    plan: InstructorPlan,
    one_more: OneMore | None,
    edits: Sequence[Pairing] | None = None,
) -> dict[str, Any]:
    """Return a plan of instructors; ``objective`` and ``bound`` are whole numbers, smaller is better.

    ``is_over_all``: what is proven holds of every permitted pair, and not of the candidates alone.
    ``changes`` are against the assignments that hold; ``edits`` against the plan it was made from.
    """
    stated = plan.certificate
    return {
        "objective": stated.value,
        "bound": stated.bound,
        "gap": _number(stated.gap),
        "feasible": True,  # the checker lets nothing else out
        "assignments": [
            {
                "organisation": each.unit,
                "name": asked.organisations[each.unit].name,
                "instructor": int(each.person),
                "instructor_name": asked.people[each.person].name,
                "points": each.points,
                "reasons": list(each.reasons),
                "why": each.words.zh,
                "why_en": each.words.en,
            }
            for each in plan.assignments
        ],
        "left": _left(asked, [(each.unit, each.reason) for each in plan.unassigned]),
        "changes": [_changed(asked, each) for each in plan.changes],
        "edits": None if edits is None else [_changed(asked, each) for each in edits],
        "kept_share": _number(plan.kept_share),
        "warnings": [
            {
                "instructor": int(each.person),
                "instructor_name": asked.people[each.person].name,
                "why": each.zh,
                "why_en": each.en,
            }
            for each in plan.warnings
        ]
        + _contradicting(asked.contradicting),
        "loads": {
            "least": plan.loads.least,
            "most": plan.loads.most,
            "largest_relative": _number(plan.loads.largest_relative),
        },
        "one_more": None if one_more is None else _one_more(one_more),
        "levels": dict(stated.levels),
        "is_optimal": stated.is_optimal,
        "proven": list(stated.proven),
        "proof": stated.zh,
        "proof_en": stated.en,
        "rule_set": stated.rule_set,
        "candidate_rule": stated.candidates_en,
        "candidate_rule_zh": stated.candidates_zh,
        "is_over_all": stated.is_optimal or not stated.is_best_of_candidates,
        "method": stated.method,
        "seed": stated.seed,
    }


def _changed(asked: of_instructors.Asked, each: Pairing) -> dict[str, Any]:
    return {
        "organisation": each.unit,
        "name": asked.organisations[each.unit].name,
        "was": int(each.was),
        "was_name": asked.people[each.was].name,
        "now": None if each.now is None else int(each.now),
        "now_name": None if each.now is None else asked.people[each.now].name,
        "reason": each.reason,
        "why": each.words.zh,
        "why_en": each.words.en,
    }


def branches(
    asked: of_branches.Asked, plan: BranchPlan, changes: Sequence[Change]
) -> dict[str, Any]:
    """Return a plan of joint branches; ``objective`` is metres, and a stake for each unit left.

    ``is_over_all``: what is proven holds of all groups there can be, and not of the candidates alone.
    """
    zh, en = plan.proof
    return {
        "objective": plan.value,
        "bound": plan.bound,
        "gap": _number(
            Fraction(plan.value - plan.bound, plan.value) if plan.value else Fraction(0)
        ),
        "feasible": True,  # the checker lets nothing else out
        "groups": [_group(asked, number, each) for number, each in enumerate(plan.groups, start=1)],
        "left": _left(asked, [], [(each.unit, each.code, each.zh, each.en) for each in plan.left]),
        "changes": [
            {
                "was": sorted(each.before),
                "was_names": [_named(asked, one) for one in sorted(each.before)],
                "now": [sorted(group) for group in each.now],
                "reason": each.code,
                "why": each.zh,
                "why_en": each.en,
            }
            for each in changes
        ],
        "warnings": _contradicting(asked.contradicting),
        "members_unknown": asked.members_unknown,
        "cost": plan.cost,
        "is_optimal": plan.is_best,
        "is_fewest_left": plan.is_fewest_left,
        "groups_gap": _number(plan.gap),
        "in_time": plan.in_time,
        "proof": zh,
        "proof_en": en,
        "rule_set": plan.rule_set,
        "candidate_rule": plan.candidates_en,
        "candidate_rule_zh": plan.candidates_zh,
        "is_over_all": plan.is_over_all,
        "seed": plan.seed,
    }


def _named(asked: of_branches.Asked, one: str) -> str:
    """A unit or branch of a plan before by name; the code of one that is in no plan any more."""
    known = asked.organisations.get(one) or asked.branches.get(one)
    return one if known is None else str(known.name)


def _group(asked: of_branches.Asked, number: int, group: Group) -> dict[str, Any]:
    branch = None if group.standing is None else asked.branches[group.standing]
    return {
        "number": number,
        "units": list(group.units),
        "names": [asked.organisations[code].name for code in group.units],
        "joins": None if branch is None else {"id": branch.id, "name": branch.name},
        "size": group.size,
        "full_members": group.full_members,
        "members": group.members,
        "secretary_candidates": group.secretary_candidates,
        "longest_metres": group.longest,
        "mean_metres": group.mean,
        "is_measured": group.is_measured,
        "cost": group.cost,
        "satisfies": group.satisfies_zh,
        "satisfies_en": group.satisfies_en,
        "warnings": [{"why": zh, "why_en": en} for zh, en in group.warnings],
        "alternatives": [
            {
                "units": list(each.units),
                "joins": None if each.standing is None else asked.branches[each.standing].id,
                "full_members": each.full_members,
                "cost": each.cost,
                "dearer_by_at_least": each.dearer,
            }
            for each in group.alternatives
        ],
    }


def _left(
    asked: of_instructors.Asked | of_branches.Asked,
    coded: Sequence[tuple[str, str]],
    worded: Sequence[tuple[str, str, str, str]] = (),
) -> list[dict[str, Any]]:
    """Whoever has nobody, and why: what a plan left, then who was in no plan."""
    told = [(code, why, LEFT[why].zh, LEFT[why].en) for code, why in coded]
    told += worded
    told += [(code, why, LEFT[why].zh, LEFT[why].en) for code, why in sorted(asked.aside.items())]
    organisations: Mapping[str, Any] = asked.organisations
    return [
        {
            "organisation": code,
            "name": organisations[code].name,
            "reason": why,
            "why": zh,
            "why_en": en,
        }
        for code, why, zh, en in told
    ]


def _contradicting(left_out: Sequence[tuple[Lock, Misuse]]) -> list[dict[str, Any]]:
    return [
        {
            "lock": lock.id,
            "organisation": lock.uscc,
            "why": f"锁定 {lock.id} 未采用：{error.zh}",
            "why_en": f"lock {lock.id} was left out: {error.en}",
        }
        for lock, error in left_out
    ]


def _one_more(found: OneMore) -> dict[str, Any]:
    return {
        "subdistrict": found.subdistrict,
        "community": found.community,
        "sectors": list(found.sectors),
        "organisations": found.organisations,
        "reached": found.reached,
        "why": found.zh,
        "why_en": found.en,
    }


def _number(share: Fraction | None) -> float | None:
    return None if share is None else float(share)
