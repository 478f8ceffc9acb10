"""What may be formed where: thresholds of the work regulation for branches (domain notes §4.3). Pure."""

from dataclasses import dataclass
from typing import Literal

#: Full members from which on a branch must be formed, elects a committee, and becomes more.
BRANCH_FROM, COMMITTEE_OF_BRANCH_FROM, GENERAL_BRANCH_FROM, COMMITTEE_FROM = 3, 7, 50, 100
#: Units that a joint branch covers, generally.
JOINT_UP_TO = 5

Form = Literal[
    "no_members",
    "few_members",
    "joint_or_attach",
    "branch",
    "general_branch_eligible",
    "committee_eligible",
]


@dataclass(frozen=True, slots=True)
class Threshold:
    """What the members of one organisation allow for, and whether a branch elects a committee."""

    form: Form
    has_committee: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a joint branch may stand like this, and in words why not."""

    severity: Literal["ok", "warn", "error"]
    code: str = ""
    zh: str = ""
    en: str = ""


def threshold(full_members: int, probationary: int) -> Threshold:
    """Return what can be formed where so many members work; probationary ones do not count."""
    if full_members == 0:
        return Threshold("few_members" if probationary else "no_members")
    if full_members < BRANCH_FROM:
        return Threshold("joint_or_attach")
    if full_members >= COMMITTEE_FROM:
        return Threshold("committee_eligible", has_committee=True)
    if full_members >= GENERAL_BRANCH_FROM:
        return Threshold("general_branch_eligible", has_committee=True)
    return Threshold("branch", has_committee=full_members >= COMMITTEE_OF_BRANCH_FROM)


def joint_branch(units: int, full_members_total: int | None) -> Verdict:
    """Return whether a joint branch of so many units and full members may stand.

    Args:
        units: organisations it covers.
        full_members_total: of all of them together; ``None``: of some unit nobody knows.
    """
    if units < 2:
        return Verdict(
            "error",
            "joint_of_one_unit",
            "联合党支部只覆盖一个单位；一个单位应单独组建，或再联合其他单位。",
            "a joint branch covers one unit only; that is a branch of its own, or other units must join.",
        )
    if full_members_total is not None and full_members_total < BRANCH_FROM:
        return Verdict(
            "error",
            "joint_under_three",
            f"联合党支部各单位的正式党员合计 {full_members_total} 人，不足 {BRANCH_FROM} 人。请再联合其他单位，或核实党员数。",
            f"the units of a joint branch have {full_members_total} full members together, fewer than "
            f"{BRANCH_FROM}; join other units, or check the numbers.",
        )
    if units > JOINT_UP_TO:
        return Verdict(
            "warn",
            "joint_over_five_units",
            f"联合党支部覆盖 {units} 个单位，一般不超过 {JOINT_UP_TO} 个。请考虑分设。",
            f"a joint branch covers {units} units, generally {JOINT_UP_TO} at most; consider two.",
        )
    return Verdict("ok")
