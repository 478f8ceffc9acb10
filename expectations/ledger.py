"""Rules for Party-building ledgers of non-public firms."""

from expectations.fields import About, chosen, measured, paid, phoned, ticked
from expectations.parties import (
    COMMITTEE,
    COMMON,
    HEADCOUNT,
    IDENTITY,
    OFFICE,
    answers_of,
    counts_of,
    disagreement,
    part,
)
from expectations.party_organisations import LEVEL, PARTY_ORGANISATION, secretaries
from expectations.rule import Rule

_FORM = ("form_alone", "form_joint", "form_grid", "form_attached", "form_other")
_COUNTS = (
    ("members_managers", "中层管理人员党员数", "the number of members among middle managers"),
    ("members_professionals", "专业技术人员党员数", "the number of members among professionals"),
    ("members_front_line", "一线职工党员数", "the number of members on the shop floor"),
    ("members_rural", "农村党员数", "the number of members registered in villages"),
    ("party_workers_full_time", "专职党务工作者人数", "the number of full-time Party workers"),
)
_ANSWERS = (
    ("hundred_million_building", "是否为亿元楼宇", "whether it is a building of a hundred million"),
    ("in_market", "是否在专业市场内", "whether it is inside a market"),
    ("internet_firm", "是否互联网企业", "whether it is an internet firm"),
    ("on_platform", "是否纳入平台管理", "whether it is on the province's platform"),
    ("above_scale", "是否规模以上企业", "whether it is above scale"),
    ("insured_any", "是否缴纳社保", "whether social insurance is paid"),
    ("fixed_place", "是否有固定经营场所", "whether it has fixed premises"),
    ("investor_is_member", "出资人是否党员", "whether the owner is a member", COMMITTEE),
    ("investor_is_secretary", "出资人是否兼任书记", "whether the owner is secretary", COMMITTEE),
    (
        "investor_is_delegate",
        "出资人是否两代表一委员",
        "whether the owner is a delegate",
        COMMITTEE,
    ),
    ("built_this_year", "是否本年度组建", "whether it was formed this year", COMMITTEE),
    ("standard_met", "标准化建设是否达标", "whether the standard is met", COMMITTEE),
    ("members_trained", "是否每年轮训党员", "whether members are trained yearly", COMMITTEE),
    ("dues_paid", "是否按时交纳党费", "whether dues are paid in time", COMMITTEE),
    ("mass_organisations", "是否成立群团组织", "whether there is a mass organisation"),
    ("union", "是否有工会", "whether there is a trade union"),
    ("youth_league", "是否有共青团", "whether there is a youth league"),
    ("womens_federation", "是否有妇联", "whether there is a women's federation"),
    ("own_room", "是否有单独活动场所", "whether there is a room of its own"),
    ("budgeted", "经费是否纳入预算", "whether the means are budgeted"),
    ("meets_and_lectures", "三会一课", "whether meetings and lectures are held", COMMITTEE),
    ("members_reviewed", "民主评议党员", "whether members are reviewed", COMMITTEE),
    ("members_analysed", "党员党性分析", "whether members' spirit is analysed", COMMITTEE),
    ("re_elected", "换届", "whether elections are held when due", COMMITTEE),
)
_IN = ("组织关系在本企业的党员", "members whose relation is here")

RULES: tuple[Rule, ...] = (
    *IDENTITY,
    *COMMON,
    *counts_of(_COUNTS),
    *answers_of(_ANSWERS),
    *phoned(About("phone", "联系电话", "the telephone number", called="phone_of_organisation")),
    *phoned(About("instructor_phone", "党建指导员电话", "the instructor's number", COMMITTEE)),
    *phoned(About("secretary_phone", "书记电话", "the secretary's number", COMMITTEE)),
    *paid(About("revenue", "年营业收入", "the yearly revenue")),
    *measured(About("room_area", "使用面积", "the area of the room")),
    *ticked(
        About("seat", "企业坐落地", "the seat", called="seat"),
        "园区、楼宇、其他",
        "园区, 楼宇, 其他",
        ("seat_park", "seat_building", "seat_other"),
    ),
    *chosen(
        About("park_level", "园区级别", "the level of the park"),
        "国家级、省级、市级、区级及以下",
        "国家级, 省级, 市级, 区级及以下",
    ),
    *ticked(
        About("firm_type", "企业类型", "the type of firm"),
        "私营企业、港澳台商投资企业、外商投资企业",
        "私营企业, 港澳台商投资企业, 外商投资企业",
        ("firm_type_private", "firm_type_hmt", "firm_type_foreign"),
    ),
    *chosen(
        About("state", "经营状况", "the state", called="firm_state"),
        "正常、停产停业、注销、迁出、查无、空壳、筹建",
        "正常, 停产停业, 注销, 迁出, 查无, 空壳, 筹建",
    ),
    *ticked(
        About(
            "form",
            "组建形式",
            "the form of the Party organisation",
            COMMITTEE,
            "refuse",
            "firm_party_form",
        ),
        "单独、联合、网格、挂靠、其他",
        "单独, 联合, 网格, 挂靠, 其他",
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
    *ticked(
        About("secretary_from", "书记来源", "where the secretary comes from", COMMITTEE),
        "出资人担任、中层管理人员担任、上级党组织选派、其他人员担任",
        "出资人担任, 中层管理人员担任, 上级党组织选派, 其他人员担任",
        (
            "secretary_from_investor",
            "secretary_from_manager",
            "secretary_from_sent",
            "secretary_from_other",
        ),
    ),
    Rule(
        "political_status_of_the_owner_is_readable",
        why="Only whether the owner is a member is of use, and that cannot be told.",
        column="investor_status_fault",
        codes=("unknown", "bare_code", "not_a_status"),
        zh="政治面貌“{value}”无法识别，此项留空。请填“中共党员”“中共预备党员”，其他情况留空即可。",
        en="the political status {value} is not understood; the field stays empty. Fill in 中共党员, 中共预备党员, or nothing.",
        severity="warn",
        owner=COMMITTEE,
        field="investor_status",
    ),
    *HEADCOUNT,
    disagreement(
        "no_insurance_means_nobody_insured",
        "insured_any_agree_fault",
        ("not_but_some",),
        ("insured_any", "insured"),
        (
            "No insurance, and people insured: one of the cells is wrong.",
            "是否缴纳社保为“{insured_any}”，参保人数却为“{insured}”。请核对两项。",
            "social insurance is said not to be paid ({insured_any}), yet {insured} are insured; check both.",
        ),
        owner=OFFICE,
    ),
    disagreement(
        "insurance_means_somebody_insured",
        "insured_any_agree_fault",
        ("some_but_none",),
        ("insured_any", "insured"),
        (
            "Insurance is paid for somebody.",
            "是否缴纳社保为“{insured_any}”，参保人数却为“{insured}”。请补正人数。",
            "social insurance is said to be paid ({insured_any}), yet {insured} are insured; correct the number.",
        ),
        owner=OFFICE,
    ),
    *PARTY_ORGANISATION,
    disagreement(
        "large_revenue_is_above_scale",
        "above_scale_agree_fault",
        ("above",),
        ("above_scale", "revenue"),
        (
            "From 20 million yuan on a firm is above scale in nearly every trade.",
            "是否规模以上企业为“{above_scale}”，年营业收入却为“{revenue}”（达到 2000 万元）。请核对两项。",
            "it is said not to be above scale ({above_scale}), yet its revenue is {revenue}, 20 million yuan or more; check both.",
        ),
    ),
    disagreement(
        "above_scale_has_some_size",
        "above_scale_agree_fault",
        ("below",),
        ("above_scale", "revenue", "staff"),
        (
            "Below 5 million yuan and 50 staff a firm is above scale in no trade.",
            "是否规模以上企业为“{above_scale}”，但年营业收入“{revenue}”不足 500 万元，从业人员“{staff}”不足 50 人。请核对。",
            "it is said to be above scale ({above_scale}), yet its revenue ({revenue}) is below 5 million yuan and its staff ({staff}) below 50; check them.",
        ),
    ),
    *secretaries("investor_is_member", "investor_is_secretary", "出资人", "the owner"),
    disagreement(
        "no_room_has_no_area",
        "own_room_agree_fault",
        ("contradicts",),
        ("own_room", "room_area"),
        (
            "A room that is not there has no square metres.",
            "是否有单独活动场所为“{own_room}”，使用面积却为“{room_area}”。请核对两项。",
            "there is said to be no room ({own_room}), yet its area is {room_area}; check both.",
        ),
        owner=COMMITTEE,
    ),
    part("members_under_35", "members_in", ("35 岁以下党员", _IN[0]), ("members under 35", _IN[1])),
    part("members_managers", "members_in", ("中层管理人员党员", _IN[0]), ("managers", _IN[1])),
    part(
        "members_professionals",
        "members_in",
        ("专业技术人员党员", _IN[0]),
        ("professionals", _IN[1]),
    ),
    part(
        "members_front_line", "members_in", ("一线职工党员", _IN[0]), ("shop-floor members", _IN[1])
    ),
    part(
        "members_rural",
        "members_out",
        ("农村党员", "组织关系不在本企业的党员"),
        ("rural members", "members whose relation is elsewhere"),
    ),
    part(
        "party_workers_full_time",
        "party_workers",
        ("专职党务工作者", "党务工作者"),
        ("full-time Party workers", "Party workers"),
    ),
)
