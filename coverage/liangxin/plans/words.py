"""Words for the codes that a kept plan has: why somebody is left, why something changed. Pure."""

from liangxin.planning.instructors import telling
from liangxin.planning.instructors.telling import Words

#: Why an organisation is in no group, or in no plan at all.
LEFT: dict[str, Words] = {
    **telling.UNREACHED,
    "not_located": Words(
        "街道未定，请先确定经营地", "its sub-district is not known; locate it first"
    ),
    "has_other": Words(
        "已由本范围以外的指导员联系", "somebody from outside this scope looks after it"
    ),
    "own_branch": Words(
        "正式党员已够，应单独组建", "it has full members enough for a branch of its own"
    ),
    "declined": Words("本单位不愿联合", "the organisation declined"),
    "alone": Words("锁定为单独", "it is locked to stay alone"),
    "whole": Words(
        "所在的组已整组锁定，现在不合规定", "its group is locked as it is, and is no longer allowed"
    ),
    "no_neighbour": Words("附近没有可以联合的单位", "no unit near it can join it"),
    "under_three": Words(
        "连同附近单位，正式党员仍不足", "with all near it there are too few full members"
    ),
    "limits": Words(
        "与邻近单位的组合都不合规定，或被锁定阻止",
        "with its nearest units a limit is broken, or a lock forbids it",
    ),
    "needed_elsewhere": Words("邻近单位已用于其他组合", "the units near it are needed elsewhere"),
    "no_place_found": Words("没有找到可以加入的组合", "no group was found for it"),
}
#: Why a pair or a group of the plan before is not there any more.
CHANGED: dict[str, Words] = {
    **telling.CHANGES,
    "gone": Words("原组合中有单位已不在名单中", "a unit of the former group is no longer listed"),
    "out": Words("原组合中有单位不愿联合", "a unit of the former group declined or stays alone"),
    "joined": Words("原组合保留，另有单位加入", "the former group stays, and others join it"),
    "not_allowed": Words("原组合现在不合规定", "the former group is no longer allowed"),
}
#: Where a plan stands.
STATES: dict[str, Words] = {
    "proposed": Words("拟定", "proposed"),
    "approved": Words("已批准", "approved"),
    "in_force": Words("现行", "in force"),
    "replaced": Words("已被替换", "replaced"),
    "dropped": Words("已作废", "dropped"),
}
KINDS: dict[str, Words] = {
    "instructors": Words("指导员选派", "instructors"),
    "branches": Words("联合党支部", "joint branches"),
}


def reason(codes: str) -> Words:
    """Return why a pair is there, from codes separated by spaces."""
    known = tuple(code for code in codes.split() if code in telling.REASONS)
    return telling.sentence(known, telling.REASONS)
