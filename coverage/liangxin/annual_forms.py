"""The two annual forms of domain notes §6.1: what each row and column is of, over one member row.

A column is who is in it; a row is who is in it and what of them is counted: units, people, or
distinct Party organisations or instructors. Nothing here opens a database.

Where a unit is both covered alone and jointly, its own organisation is told; attached units are
told with the joint ones; units of which nobody knows whether they have members are told with
those without, and once more in a row of their own, so that the form adds up (decision 0016).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_, true

from liangxin.lists import built, few
from liangxin.rules import Thresholds

Test = Callable[[Any, Thresholds], ColumnElement[bool]]
What = Literal["units", "staff", "members", "members_out", "joint_branches", "instructors"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its titles, who is in it, and the column it is part of."""

    zh: str
    en: str
    holds: Test
    within: str | None = None
    personal: bool = False  # it tells of one person whether he or she is a member


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number on the form, its titles, who is in it, what is counted."""

    number: str
    zh: str
    en: str
    what: What
    holds: Test


@dataclass(frozen=True, slots=True)
class Form:
    """One form: whom it is about, and its rows and columns by name."""

    zh: str
    en: str
    kind: str  # of member rows
    rows: dict[str, Row]
    columns: dict[str, Column]


def _everyone(_: Any, __: Thresholds) -> ColumnElement[bool]:
    return true()


def _own(level: int) -> Test:
    return lambda m, _: and_(m.alone == 1, m.level == level)


def joint(m: Any, _: Thresholds) -> ColumnElement[bool]:
    """In a joint branch, or attached, and without an organisation of its own."""
    return and_(m.alone == 0, or_(m.joint == 1, m.attached == 1))


def _should(m: Any, t: Thresholds) -> ColumnElement[bool]:
    return and_(~built(m), m.full_members >= t.branch_members)


def _few(m: Any, t: Thresholds) -> ColumnElement[bool]:
    return and_(~built(m), few(m, t))


def _without(m: Any, t: Thresholds) -> ColumnElement[bool]:
    with_members = or_(
        m.full_members >= t.branch_members,
        m.full_members > 0,
        func.coalesce(m.members, 0) > 0,
    )
    return and_(~built(m), func.coalesce(with_members, False) == False)  # noqa: E712 - SQL


def _sent(m: Any, _: Thresholds) -> ColumnElement[bool]:
    return and_(~built(m), m.instructed == 1)


ROWS: dict[str, Row] = {
    "units": Row("1", "单位数", "units", "units", _everyone),
    "contacted": Row(
        "2", "党建工作指导员联系的", "with an instructor", "units", lambda m, _: m.instructed == 1
    ),
    "committee": Row("3", "已单独建立：党委", "own committee", "units", _own(3)),
    "general_branch": Row("4", "已单独建立：总支部", "own general branch", "units", _own(2)),
    "branch": Row("5", "已单独建立：支部", "own branch", "units", _own(1)),
    "joint": Row("6", "已建立联合党支部的", "in a joint branch", "units", joint),
    "joint_three": Row(
        "7", "其中具有3名以上党员的", "of these with three members", "units",
        lambda m, t: and_(joint(m, t), m.full_members >= t.branch_members),
    ),
    "joint_branches": Row("8", "联合党支部数", "joint branches", "joint_branches", joint),
    "should": Row("9", "未建立：应建尚未建立", "none, and should have", "units", _should),
    "few": Row("10", "未建立：仅有个别党员", "none, a few members", "units", _few),
    "without": Row("11", "未建立：没有党员", "none, no member", "units", _without),
    "unknown": Row(
        "11a", "其中党员数未摸清", "of these: nobody knows", "units",
        lambda m, t: and_(_without(m, t), m.full_members.is_(None)),
    ),
    "instructors": Row("12", "党建工作指导员（人）", "instructors", "instructors", _everyone),
    "staff": Row("13", "在岗职工", "staff", "staff", _everyone),
    "members": Row("14", "党员", "members", "members", _everyone),
    "built_staff": Row(
        "15", "已建立党组织的：在岗职工", "staff where built", "staff", lambda m, _: built(m)
    ),
    "built_members": Row(
        "16", "已建立党组织的：党员", "members where built", "members", lambda m, _: built(m)
    ),
    "sent_staff": Row(
        "17", "未建立但已派指导员的：在岗职工", "staff where one is sent", "staff", _sent
    ),
    "sent_members": Row(
        "18", "未建立但已派指导员的：党员", "members where one is sent", "members", _sent
    ),
}  # fmt: skip


def _text(m: Any) -> Any:
    return func.coalesce(m.enterprise_type, "")


def _any(m: Any, *words: str) -> ColumnElement[bool]:
    return or_(*(_text(m).like(f"%{word}%") for word in words))


HMT, FOREIGN = ("港澳台", "台港澳"), ("外商", "外资", "中外", "外国")
#: With a domestic side: who controls is not said, so a private firm with such investment.
SHARED = ("合资", "合作", "与境内", "与内资", "私营", "非独资")
#: … and joint ventures of outsiders among themselves.
UNSHARED = ("外商合资", "外商投资企业合资", "台港澳合资", "港澳台合资", "与外国投资者")


def _hmt(m: Any) -> ColumnElement[bool]:
    return _any(m, *HMT)


def _foreign(m: Any) -> ColumnElement[bool]:
    return and_(_any(m, *FOREIGN), ~_hmt(m))


def _shared(m: Any) -> ColumnElement[bool]:
    return and_(_any(m, *SHARED), ~_any(m, *UNSHARED))


def _private(m: Any) -> ColumnElement[bool]:
    return or_(and_(~_hmt(m), ~_foreign(m)), _shared(m))


ENTERPRISES = Form(
    "非公有经济控制的企业法人单位建立党的基层组织情况",
    "Party organisations in enterprises under non-public control",
    "enterprise",
    ROWS,
    {
        "total": Column("总数", "total", _everyone),
        "staff50": Column(
            "从业人员50人以上", "fifty staff or more", lambda m, t: m.staff >= t.staff_with_member,
            "total",
        ),
        "staff100": Column(
            "从业人员100人以上", "a hundred staff or more",
            lambda m, t: m.staff >= t.staff_with_organisation, "staff50",
        ),
        "representative_member": Column(
            "法定代表人是党员的", "representative is a member",
            lambda m, _: m.representative_member == 1, "total", personal=True,
        ),
        "representative_secretary": Column(
            "兼任企业党组织书记的", "representative is the secretary",
            lambda m, _: m.representative_secretary == 1, "total", personal=True,
        ),
        "private": Column("私有经济控制", "private control", lambda m, _: _private(m), "total"),
        "private_sole": Column(
            "其中私营独资", "of these sole proprietors",
            lambda m, _: and_(_private(m), _any(m, "个人独资")), "private",
        ),
        "private_hmt": Column(
            "其中港澳台商投资", "of these with HK, Macao, Taiwan investment",
            lambda m, _: and_(_private(m), _hmt(m)), "private",
        ),
        "private_foreign": Column(
            "其中外商投资", "of these with foreign investment",
            lambda m, _: and_(_private(m), _foreign(m)), "private",
        ),
        "hmt": Column(
            "港澳台商经济控制", "HK, Macao, Taiwan control",
            lambda m, _: and_(_hmt(m), ~_shared(m)), "total",
        ),
        "hmt_sole": Column(
            "其中港澳台商独资", "of these wholly owned",
            lambda m, _: and_(_hmt(m), ~_shared(m), _any(m, "独资")), "hmt",
        ),
        "foreign": Column(
            "外商经济控制", "foreign control", lambda m, _: and_(_foreign(m), ~_shared(m)), "total"
        ),
        "foreign_sole": Column(
            "其中外商独资", "of these wholly owned",
            lambda m, _: and_(_foreign(m), ~_shared(m), _any(m, "独资")),
            "foreign",
        ),
    },
)  # fmt: skip


def _category(*prefixes: str) -> Test:
    return lambda m, _: func.substr(m.uscc, 1, 2).in_(prefixes)


def _firm(word: str) -> Test:
    return lambda m, _: and_(func.substr(m.uscc, 1, 1) == "9", m.name.like(f"%{word}%"))


def _gathers(level: int) -> Test:
    return lambda m, t: and_(_own(level)(m, t), m.members_out > 0)


SOCIAL = Form(
    "社会组织法人单位建立党的基层组织情况",
    "Party organisations in social organisations",
    "social",
    {
        **ROWS,
        "party_group": Row(
            "19", "建立党小组的", "with a Party group", "units", lambda m, _: m.party_group == 1
        ),
        "members_out": Row(
            "20", "其中未转入组织关系的", "members whose relation is elsewhere", "members_out",
            _everyone,
        ),
        "gathers_committee": Row(
            "21", "吸收未转入组织关系的党员建立：党委", "committee with such members", "units",
            _gathers(3),
        ),
        "gathers_general_branch": Row(
            "22", "吸收未转入组织关系的党员建立：总支部", "general branch with such members",
            "units", _gathers(2),
        ),
        "gathers_branch": Row(
            "23", "吸收未转入组织关系的党员建立：支部", "branch with such members", "units",
            _gathers(1),
        ),
    },
    {
        "total": Column("总数", "total", _everyone),
        "association": Column("社会团体", "associations", _category("51"), "total"),
        "foundation": Column("基金会", "foundations", _category("53"), "total"),
        "service": Column("民办非企业单位", "service institutions", _category("52"), "total"),
        "law": Column("律师事务所", "law firms", _category("31"), "total"),
        "accounting": Column("会计师事务所", "accounting firms", _firm("会计师事务所"), "total"),
        "tax": Column("税务师事务所", "tax firms", _firm("税务师事务所"), "total"),
    },
)  # fmt: skip

FORMS = {"enterprises": ENTERPRISES, "social": SOCIAL}
