"""Rules for Party-building ledgers of social organisations."""

from expectations.fields import About, chosen, phoned, ticked
from expectations.parties import (
    COMMITTEE,
    COMMON,
    HEADCOUNT,
    IDENTITY,
    answers_of,
    counts_of,
    disagreement,
    part,
)
from expectations.party_organisations import LEVEL, PARTY_ORGANISATION, secretaries
from expectations.rule import Rule

_FORM = ("form_in_members", "form_in_council", "form_with_supervisor", "form_other")
_COUNTS = (
    ("staff_full_time", "专职人数", "the number of full-time staff"),
    ("staff_part_time", "兼职人数", "the number of part-time staff"),
    ("association_members", "会员人数", "the number of the association's members"),
    ("deputies", "党务副书记人数", "the number of deputy secretaries"),
    ("deputies_full_time", "专职党务副书记人数", "the number of full-time deputy secretaries"),
    ("deputies_part_time", "兼职党务副书记人数", "the number of part-time deputy secretaries"),
    ("members_employed", "从业党员数", "the number of members among the staff"),
    ("members_university", "大学及以上学历党员数", "the number of members with a degree"),
    ("members_school", "高中及以下学历党员数", "the number of members without one"),
    ("applicants", "申请入党人数", "the number of applicants"),
    ("activists", "积极分子人数", "the number of activists"),
)
_ANSWERS = (
    ("head_is_member", "负责人是否党员", "whether the head is a member", COMMITTEE),
    ("head_is_secretary", "负责人是否兼任书记", "whether the head is secretary", COMMITTEE),
    ("head_is_delegate", "负责人是否两代表一委员", "whether the head is a delegate", COMMITTEE),
    (
        "can_build",
        "是否具备建立党组织条件",
        "whether a Party organisation can be formed",
        COMMITTEE,
    ),
)

RULES: tuple[Rule, ...] = (
    *IDENTITY,
    *COMMON,
    *counts_of(_COUNTS),
    *answers_of(_ANSWERS),
    *phoned(About("party_phone", "党组织联系电话", "the Party organisation's number", COMMITTEE)),
    *chosen(
        About("nature", "社会组织性质", "the kind of social organisation"),
        "社会团体、民办非企业单位、基金会、律师事务所、会计师事务所",
        "社会团体, 民办非企业单位, 基金会, 律师事务所, 会计师事务所",
    ),
    *chosen(
        About("state", "状态", "the state", called="social_state"),
        "正常、注销、撤销",
        "正常, 注销, 撤销",
    ),
    *ticked(
        About("annual_check", "年检结果", "the result of the annual check"),
        "合格、基本合格、不合格、未参检",
        "合格, 基本合格, 不合格, 未参检",
        (
            "annual_check_passed",
            "annual_check_nearly",
            "annual_check_failed",
            "annual_check_absent",
        ),
    ),
    *ticked(
        About(
            "form",
            "组建形式",
            "the form of the Party organisation",
            COMMITTEE,
            "refuse",
            "social_party_form",
        ),
        "在会员中建、在理事会中建、在业务主管部门联合建、其他",
        "在会员中建, 在理事会中建, 在业务主管部门联合建, 其他",
        _FORM,
    ),
    *ticked(
        About(
            "level",
            "党组织类别",
            "the level of the Party organisation",
            COMMITTEE,
            "refuse",
            "party_level",
        ),
        "党支部、党总支、党委、联合党支部",
        "党支部, 党总支, 党委, 联合党支部",
        LEVEL[1:],
    ),
    *ticked(
        About(
            "reason", "未建原因", "the reason for having none", COMMITTEE, called="unbuilt_reason"
        ),
        "没有党员、出资人不支持、上级党组织未及时指导、其他原因",
        "没有党员, 出资人不支持, 上级党组织未及时指导, 其他原因",
        ("reason_no_members", "reason_owner_against", "reason_not_guided", "reason_other"),
    ),
    *chosen(
        About(
            "secretary_from",
            "书记来源",
            "where the secretary comes from",
            COMMITTEE,
            called="social_secretary_from",
        ),
        "负责人担任、中层管理人员担任、上级党组织选派、其他人员担任",
        "负责人担任, 中层管理人员担任, 上级党组织选派, 其他人员担任",
    ),
    *HEADCOUNT,
    disagreement(
        "full_and_part_time_staff_make_up_all",
        "staff_sum_fault",
        ("differs",),
        ("staff", "staff_full_time", "staff_part_time"),
        (
            "Staff work full time or part time.",
            "专职“{staff_full_time}”与兼职“{staff_part_time}”之和不等于从业人员总数“{staff}”。请核对三项。",
            "full-time ({staff_full_time}) and part-time staff ({staff_part_time}) do not add up to all staff ({staff}); check all three.",
        ),
    ),
    disagreement(
        "full_and_part_time_deputies_make_up_all",
        "deputies_sum_fault",
        ("differs",),
        ("deputies", "deputies_full_time", "deputies_part_time"),
        (
            "Deputies work full time or part time.",
            "专职“{deputies_full_time}”与兼职“{deputies_part_time}”之和不等于党务副书记人数“{deputies}”。请核对三项。",
            "full-time ({deputies_full_time}) and part-time deputies ({deputies_part_time}) do not add up to all deputies ({deputies}); check all three.",
        ),
        owner=COMMITTEE,
    ),
    *PARTY_ORGANISATION,
    *secretaries("head_is_member", "head_is_secretary", "负责人", "the head"),
    part(
        "members_employed", "staff", ("从业党员", "从业人员"), ("members among the staff", "staff")
    ),
    part(
        "members_under_35",
        "members",
        ("35 岁以下党员", "党员总数"),
        ("members under 35", "members"),
    ),
    part(
        "members_university",
        "members",
        ("大学及以上学历党员", "党员总数"),
        ("members with a degree", "members"),
    ),
    part(
        "members_school",
        "members",
        ("高中及以下学历党员", "党员总数"),
        ("members without a degree", "members"),
    ),
)
