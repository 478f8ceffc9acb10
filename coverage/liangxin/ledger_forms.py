"""The ledgers that offices keep, column by column, under their own headers (domain notes §5). Pure.

A column is the path of its header under merged groups, and what it says of a row. What the register
does not keep stays an empty cell: telephone numbers, ages, names of owners and members. Behind a
form's own columns stand those it lacks and the register needs to know its rows again (``MORE``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from liangxin import ledger_words as say
from liangxin.errors import Misuse
from liangxin.ledger_words import Cell, LedgerRow, Says


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header's path, and what it says of a row."""

    path: tuple[str, ...]
    says: Says


@dataclass(frozen=True, slots=True)
class Form:
    """One ledger."""

    name: str
    title: str
    kinds: frozenset[str]  # of organisations
    columns: tuple[Column, ...]
    more: tuple[Column, ...]


def form(name: str) -> Form:
    """Return a form by its name.

    Raises:
        Misuse: there is none of that name.
    """
    found = FORMS.get(name)
    if found is None:
        raise Misuse(
            f"没有台账样式“{name}”，可用：{'、'.join(FORMS)}。",
            f"there is no form {name!r}; use one of {', '.join(FORMS)}.",
        )
    return found


def _columns(*listed: tuple[str, Says | None]) -> tuple[Column, ...]:
    """Columns by header path (``组|列``); without a function nothing is kept of it."""
    return tuple(Column(tuple(path.split("|")), says or say.nothing) for path, says in listed)


def _blanks(*paths: str) -> list[tuple[str, None]]:
    return [(path, None) for path in paths]


CODE = ("统一社会信用代码", say.text("uscc"))
COVERED = ("纳入覆盖时间", say.of_party("covered_on"))
ELECTED = ("上次换届时间", say.of_party("re_elected_on"))
SENT = ("党建指导员姓名", say.text("instructor"))
FIXED = ("是否有固定经营场所", say.yes(say.switch("fixed_place")))
INSURES = ("是否缴纳社保", say.yes(say.switch("insures_staff")))
OWNER = ("法人是否党员", say.yes(say.switch("representative_member")))
FULL = (("正式党员数", say.text("full_members")), ("预备党员数", say.text("probationary_members")))

ENTERPRISES = Form(
    "enterprises",
    "非公有制经济组织党组织工作台账",
    frozenset({"enterprise", "other"}),
    _columns(
        ("单位", say.text("subdistrict")),
        ("序号", None),
        *_blanks("企业坐落地|园区", "企业坐落地|楼宇", "企业坐落地|其他"),
        *_blanks("园区级别(国家级、市级、区级及以下)", "是否为亿元楼宇(是、否)"),
        ("所在园区/商务楼宇名称", say.found("place")),
        ("企业基本情况|企业名称", say.text("name")),
        ("企业基本情况|企业注册地", say.text("address")),
        ("企业基本情况|企业经营地", say.found("operating_address")),
        ("企业基本情况|联系电话", None),
        ("企业基本情况|企业类型|私营企业", say.box(say.type_is("private"))),
        ("企业基本情况|企业类型|港澳台商投资企业", say.box(say.type_is("hmt"))),
        ("企业基本情况|企业类型|外商投资企业", say.box(say.type_is("foreign"))),
        ("企业基本情况|年营业收入(万元)", say.revenue),
        ("企业基本情况|从业人员数量(名)", say.text("staff")),
        ("企业基本情况|是否规模以上企业", say.mark(say.switch("above_scale"))),
        ("企业出资人情况|企业出资人姓名", None),
        ("企业出资人情况|是否是党员", say.mark(say.switch("representative_member"))),
        ("企业出资人情况|是否兼任党组织书记", say.mark(say.switch("representative_secretary"))),
        ('企业出资人情况|是否担任区县级以上(含区县)"两代表一委员"', None),
        ("党组织设置情况|是否建立党组织", say.mark(say.built)),
        ("党组织设置情况|党组织成立时间", say.of_party("founded_on")),
        (
            "党组织设置情况|组建形式|单独建立",
            say.box(say.party_is(lambda party: party.mode == "alone")),
        ),
        (
            "党组织设置情况|组建形式|联合建立",
            say.box(say.party_is(lambda party: party.mode == "joint" and not say.by_grid(party))),
        ),
        ("党组织设置情况|组建形式|网格建立", say.box(say.party_is(say.by_grid))),
        ("党组织设置情况|类别|党支部", say.box(say.level_is("branch"))),
        ("党组织设置情况|类别|党总支", say.box(say.level_is("general_branch"))),
        ("党组织设置情况|类别|党委", say.box(say.level_is("committee"))),
        *say.reasons("党组织设置情况|未建立党组织原因"),
        (
            "党组织设置情况|未建党组织的是否选派党建工作指导员、联络员",
            say.mark(say.sent_where_unbuilt),
        ),
        ("书记|党组织书记姓名", say.of_party("secretary")),
        *(
            (f"书记|来源|{word}", say.box(say.secretary_is(kind)))
            for kind, word in say.SECRETARIES.items()
        ),
        *_blanks("党务工作者|人数", "党务工作者|专职人数"),
        ("党员队伍|组织关系在非公企业的党员总数", say.text("members_in")),
        *_blanks("党员队伍|35岁以下人数", "党员队伍|中层管理人员人数"),
        *_blanks("党员队伍|中高级专业技术人员人数", "党员队伍|生产经营一线职工人数"),
        ("党员队伍|组织关系不在非公企业的党员总数", say.text("members_out")),
        *_blanks("党员队伍|农村党员数", "党员队伍|近3年新发展党员数"),
        *_blanks("党员队伍|近3年处置不合格党员数", "党员队伍|是否每年对党员轮训一遍"),
        *_blanks("党员队伍|党员是否按时足额主动交纳党费"),
        *_blanks("群团|工会", "群团|共青团", "群团|妇联"),
        *_blanks("基础保障|是否有单独活动场所", "基础保障|使用面积"),
        *_blanks("基础保障|党建工作经费是否纳入企业管理费年度预算"),
        *_blanks("制度|三会一课", "制度|民主评议党员", "制度|党员党性分析", "制度|换届"),
    ),
    _columns(
        CODE,
        ("党组织名称", say.of_party("name")),
        ("组建方式", say.attached),
        ("党组织建制", say.joint_level),
        COVERED,
        ELECTED,
        SENT,
        ("未建原因", say.reason_without_box),
        ("企业经营状况", say.word_of(say.STATES, "state")),
        FIXED,
        INSURES,
        ("社保缴纳职工数", say.text("insured")),
        ("党员总数", say.text("members")),
        *FULL,
    ),
)
SOCIAL = Form(
    "social",
    "社会组织党建台账",
    frozenset({"social"}),
    _columns(
        ("序号", None),
        ("社会组织名称", say.text("name")),
        ("社会组织性质", say.text("enterprise_type")),
        *_blanks("社会组织类别", "登记机构"),
        ("业务主管单位", say.found("supervisor")),
        ("住地", say.text("address")),
        *say.inspections("年检结果"),
        ("从业人员总数", say.text("staff")),
        *_blanks("专职人数", "兼职人数", "从业中共党员数"),
        ("负责人是否党员", say.yes(say.switch("representative_member"))),
        ("负责人是否兼任党组织书记", say.yes(say.switch("representative_secretary"))),
        ('负责人是否担任区县级以上"两代表一委员"', None),
        ("是否成立党组织", say.yes(say.built)),
        *say.reasons("未建立原因"),
        ("党组织成立时间", say.of_party("founded_on")),
        ELECTED,
        ("党组织名称", say.of_party("name")),
        ("党组织联系电话", None),
        ("组建形式|在会员中建", say.box(say.party_is(lambda party: party.mode == "alone"))),
        ("组建形式|在理事会中建", None),
        (
            "组建形式|在业务主管部门联合建",
            say.box(say.party_is(lambda party: party.mode == "joint")),
        ),
        ("组建形式|其他", None),
        ("是否选派党建工作指导员或联络员", say.yes(lambda row: row.instructor is not None)),
        *((f"类别|{word}", say.box(say.level_is(level))) for level, word in say.LEVELS.items()),
        (
            "联合党支部覆盖社会组织数量(个)",
            say.joint_units,
        ),
        ("上级党组织名称", say.of_party("superior")),
        ("书记名称", say.of_party("secretary")),
        ("来源", say.secretary_from),
        *_blanks("党务副书记|人数", "党务副书记|专职", "党务副书记|兼职", "其它党务工作者"),
        ("纳入社会组织党组织管理的党员总数", say.text("members")),
        ("组织关系在社会组织党组织的党员数", say.text("members_in")),
        *_blanks("35岁以下", "大学及以上学历", "高中及以下学历", "近三年新发展"),
        *_blanks("近3年处置不合格", "经费|市区财政", "经费|区管党费", "经费|管理经费"),
        *_blanks("经费|其他", "活动场所", "组织生活", "党费总额"),
        *_blanks("学校|章程", "学校|所隶属上级党组织", "学校|书记是否由校长兼任"),
        *_blanks("学校|在学校从事专职工作半年以上未转入组织关系的"),
    ),
    _columns(
        CODE,
        ("组建方式", say.attached),
        COVERED,
        SENT,
        ("未建原因", say.reason_without_box),
        ("状态", say.word_of(say.SOCIAL_STATES, "state")),
        ("参保人数", say.text("insured")),
        *FULL,
        ("组织关系不在社会组织党组织的党员数", say.text("members_out")),
    ),
)
SCREENING = Form(
    "screening",
    "企业党建摸排表",
    frozenset({"enterprise", "other"}),
    _columns(
        ("序号", None),
        ("地区", say.text("subdistrict")),
        ("社区", say.text("community")),
        ("居委会", None),
        ("企业名称", say.text("name")),
        ("党组织名称", say.of_party("name")),
        *_blanks("是否纳入全省非公平台管理", "是否是非公有制互联网企业"),
        ("地址", say.text("address")),
        ("法人姓名", None),
        ("法人政治面貌", lambda row: "中共党员" if row.switch("representative_member") else None),
        ("法人是否兼任党组织书记", say.yes(say.switch("representative_secretary"))),
        ("职工数量", say.text("staff")),
        ("企业经营状况", say.word_of(say.STATES, "state")),
        INSURES,
        ("社保缴纳职工数", say.text("insured")),
        *_blanks("社会保险号", "社保缴纳属地"),
        ("组织关系已转入党员数", say.text("members_in")),
        ("组织关系未转入党员数", say.text("members_out")),
        ("是否建立党组织", say.yes(say.built)),
        ("党组织组建方式", say.form_word),
        ("党组织建制类型", say.level_word),
        ("党组织成立时间", say.of_party("founded_on")),
        ("党组织负责人姓名", say.of_party("secretary")),
        *_blanks("党内外职务", "负责人电话", "是否成立群团组织"),
        ("是否规模以上企业", say.yes(say.switch("above_scale"))),
        ("标准化建设是否达标", None),
        ("当前非公党组织摸排进展情况", lambda row: say.SCREENED.get(row.state or "imported")),
        ("备注", None),
    ),
    _columns(
        CODE,
        OWNER,
        COVERED,
        ELECTED,
        ("书记来源", say.secretary_from),
        SENT,
        ("未建原因", say.reason),
        ("年营业收入(万元)", say.revenue),
        ("经营地", say.found("operating_address")),
        ("楼宇名称", say.found("place")),
        FIXED,
        ("党员总数", say.text("members")),
        *FULL,
    ),
)
_BUILT, _SENT = "覆盖情况|组织覆盖", "覆盖情况|工作覆盖"
VILLAGE = Form(
    "village",
    "“两个覆盖”情况登记表",
    frozenset({"enterprise", "other", "social"}),
    _columns(
        ("组织名称", say.text("name")),
        ("创办时间", say.text("established_on")),
        ("主营业务", None),
        ("年产值(万元)/成效", say.revenue),
        ("状态", say.word_of(say.STATES, "state")),
        ("组织类型", lambda row: "社会组织" if row.kind == "social" else "非公企业"),
        ("组织类别", say.text("enterprise_type")),
        ("组织总人数", say.text("staff")),
        ("党员人数", say.text("members")),
        *_blanks("负责人", "负责人身份"),
        (f"{_BUILT}|党组织名称", say.of_party("name")),
        (f"{_BUILT}|成立时间", say.of_party("founded_on")),
        (f"{_BUILT}|组建方式", say.form_word),
        (f"{_BUILT}|书记名称", say.of_party("secretary")),
        (f"{_BUILT}|书记电话", None),
        (f"{_SENT}|党建指导员姓名", say.text("instructor")),
        (f"{_SENT}|手机号", None),
    ),
    _columns(
        CODE,
        ("党组织建制", say.level_word),
        COVERED,
        ELECTED,
        ("书记来源", say.secretary_from),
        OWNER,
        ("法人是否兼任党组织书记", say.yes(say.switch("representative_secretary"))),
        ("是否规模以上企业", say.yes(say.switch("above_scale"))),
        ("未建原因", say.reason),
        ("经营地", say.found("operating_address")),
        ("楼宇名称", say.found("place")),
        FIXED,
        INSURES,
        ("社保缴纳职工数", say.text("insured")),
        *FULL,
        ("组织关系已转入党员数", say.text("members_in")),
        ("组织关系未转入党员数", say.text("members_out")),
    ),
)
FORMS: Mapping[str, Form] = {each.name: each for each in (ENTERPRISES, SOCIAL, SCREENING, VILLAGE)}


def grid(
    of: Form, listed: Sequence[LedgerRow], *, verbatim: bool
) -> tuple[list[tuple[str, ...]], list[list[Cell]]]:
    """Return a form's header paths and the cells of its rows; rows are numbered where it counts them.

    Args:
        of: the form.
        listed: its rows.
        verbatim: the form's own columns alone; a joint branch, for which it has no box, is ticked
            as a branch, and attachment as the nearest box.
    """
    columns = of.columns if verbatim else (*of.columns, *of.more)
    cells = []
    for number, row in enumerate(listed, start=1):
        said = [number if column.path == ("序号",) else column.says(row) for column in columns]
        if verbatim:
            _nearest(columns, row, said)
        cells.append(said)
    return [column.path for column in columns], cells


def _nearest(columns: Sequence[Column], row: LedgerRow, said: list[Cell]) -> None:
    """Tick the nearest box where the form has none for what a row says."""
    boxes = {column.path[-2:]: place for place, column in enumerate(columns)}
    attached = row.party is not None and row.party.mode == "attached"
    for wanted, box in (
        (attached, ("组建形式", "其他")),
        (attached and ("组建形式", "其他") not in boxes, ("组建形式", "联合建立")),
        (
            ("类别", "联合党支部") not in boxes and say.level_is("joint_branch")(row),
            ("类别", "党支部"),
        ),
    ):
        if wanted and box in boxes:
            said[boxes[box]] = "√"
