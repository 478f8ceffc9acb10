"""Fields that no register keeps and somebody must find out: what they are, and what they may say. Pure."""

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
        "code": value.isascii() and value.isdigit() and len(value) in {9, 12, 13, 14, 15, 16},
        "text": bool(value),
    }[known.kind]
    if field == "suspended_until":
        good = _is_day(value)
    if not good:
        raise Misuse(
            f"“{known.zh}”不能填“{value}”。",
            f"{known.en!r} cannot say {value!r}.",
        )
    return value


def _is_number(value: str) -> bool:
    try:
        return float(value) >= 0
    except ValueError:
        return False


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
