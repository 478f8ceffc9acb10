"""What may be formed where: thresholds of the work regulation for branches (domain notes §4.3). Pure."""

from dataclasses import dataclass
from typing import Literal

from liangxin.rules import Thresholds

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


def threshold(full_members: int, probationary: int, thresholds: Thresholds) -> Threshold:
    """Return what can be formed where so many members work; probationary ones do not count."""
    if full_members == 0:
        return Threshold("few_members" if probationary else "no_members")
    if full_members < thresholds.branch_members:
        return Threshold("joint_or_attach")
    if full_members >= thresholds.committee:
        return Threshold("committee_eligible", has_committee=True)
    if full_members >= thresholds.general_branch:
        return Threshold("general_branch_eligible", has_committee=True)
    return Threshold("branch", has_committee=full_members >= thresholds.branch_committee)


def joint_branch(units: int, full_members_total: int | None, thresholds: Thresholds) -> Verdict:
    """Return whether a joint branch of so many units and full members may stand.

    Args:
        units: organisations it covers.
        full_members_total: of all of them together; ``None``: of some unit nobody knows.
        thresholds: how many must be members, and how many units are too many.
    """
    fewest, most = thresholds.branch_members, thresholds.joint_units
    if units < 2:
        return Verdict(
            "error",
            "joint_of_one_unit",
            "联合党支部只覆盖一个单位；一个单位应单独组建，或再联合其他单位。",
            "a joint branch covers one unit only; that is a branch of its own, or other units must join.",
        )
    if full_members_total is not None and full_members_total < fewest:
        return Verdict(
            "error",
            "joint_under_three",
            f"联合党支部各单位的正式党员合计不足 {fewest} 人。请再联合其他单位，或核实党员数。",
            f"the units of a joint branch have fewer than {fewest} full members together; join other "
            "units, or check the numbers.",
        )
    if units > most:
        return Verdict(
            "warn",
            "joint_over_five_units",
            f"联合党支部覆盖 {units} 个单位，一般不超过 {most} 个。请考虑分设。",
            f"a joint branch covers {units} units, generally {most} at most; consider two.",
        )
    return Verdict("ok")
