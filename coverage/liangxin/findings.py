"""Fields that no register keeps and somebody must find out: what they are, and what they may say. Pure."""

import math
from dataclasses import dataclass
from datetime import date

from liangxin.errors import Misuse


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what people call it, and whether it is a switch, a number, a code or a text."""

    zh: str
    en: str
    kind: str  # switch, number, code, text


#: Every field by its name. Switches say ``1`` or ``0``.
FIELDS: dict[str, Field] = {
    "fixed_place": Field("有固定场所", "has fixed premises", "switch"),
    "above_scale": Field("规模以上", "above scale", "switch"),
    "insures_staff": Field("缴纳社保", "pays social insurance", "switch"),
    "representative_member": Field(
        "法定代表人是党员", "its legal representative is a member", "switch"
    ),
    "representative_secretary": Field(
        "法定代表人兼任书记", "its legal representative is the secretary", "switch"
    ),
    "party_group": Field("建立党小组", "has a Party group", "switch"),
    "abnormal": Field("列入经营异常名录", "on the list of abnormal operations", "switch"),
    "dishonest": Field("列入严重违法失信名单", "on the list of serious violations", "switch"),
    "deregistering": Field("简易注销公告中", "announced its deregistration", "switch"),
    "declined": Field("暂不愿参加联合组建", "declined to join a joint branch", "switch"),
    "declines_instructor": Field("不同意选派指导员", "does not want an instructor", "switch"),
    "revenue_wan": Field("年营业收入（万元）", "revenue in 10,000 yuan", "number"),
    "operating_subdistrict_code": Field("经营地所在街道", "sub-district where it operates", "code"),
    "operating_community_code": Field("经营地所在社区", "community where it operates", "code"),
    "operating_address": Field("经营地址", "address where it operates", "text"),
    "grid_code": Field("网格", "grid", "code"),
    "place": Field("楼宇、园区或市场", "building, park or market", "text"),
    "industry": Field("行业", "industry", "text"),
    "inspection": Field("年检结论", "result of the annual inspection", "text"),
    "supervisor": Field("业务主管单位", "supervising body", "text"),
    "unbuilt_reason": Field("未建立党组织原因", "why no Party organisation was formed", "text"),
    "suspended_until": Field("歇业截止日", "filed suspension ends on", "text"),
}
#: How many digits a code has.
_DIGITS = {
    "operating_subdistrict_code": (9,),
    "operating_community_code": (12,),
    "grid_code": (13, 14, 15, 16),
}
SWITCHES = tuple(name for name, each in FIELDS.items() if each.kind == "switch")


def require(field: str, value: str) -> str:
    """Return the value of a field as it is kept.

    Raises:
        Misuse: there is no such field, or it cannot say that.
    """
    known = FIELDS.get(field)
    if known is None:
        raise Misuse(
            f"没有项目“{field}”，可用：{'、'.join(FIELDS)}。",
            f"there is no field {field!r}; there are: {', '.join(FIELDS)}.",
        )
    value = value.strip()
    good = {
        "switch": value in {"0", "1"},
        "number": _is_number(value),
        "code": value.isascii() and value.isdigit() and len(value) in _DIGITS.get(field, ()),
        "text": bool(value),
    }[known.kind]
    if field == "suspended_until" and good:
        day = _day(value)
        good, value = day is not None, str(day or value)
    if not good:
        raise Misuse(
            f"“{known.zh}”不能填“{value}”。可填：{_may(field, known)[0]}。",
            f"{known.en!r} cannot say {value!r}; it may be {_may(field, known)[1]}.",
        )
    return value


def _may(field: str, known: Field) -> tuple[str, str]:
    """What a field may say, in words."""
    if field == "suspended_until":
        return "日期，如 2026-06-01", "a day like 2026-06-01"
    digits = [str(each) for each in _DIGITS.get(field, ())]
    return {
        "switch": ("1（是）或 0（否）", "1 for yes or 0 for no"),
        "number": ("0 以上的数", "a number from 0 on"),
        "code": (f"{'、'.join(digits)} 位数字代码", f"a code of {' or '.join(digits)} digits"),
        "text": ("不空的文字", "some text"),
    }[known.kind]


def _is_number(value: str) -> bool:
    try:
        return 0 <= float(value) < math.inf
    except ValueError:
        return False


def _day(value: str) -> date | None:
    """The day that a text names; one way of writing it is kept, for days are compared as texts."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
