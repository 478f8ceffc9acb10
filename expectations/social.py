"""Rules for civil affairs' exports: those of all registrations, and what only these can break."""

from expectations import registrations
from expectations.fields import About, answered, chosen, counted
from expectations.parties import disagreement
from expectations.rule import Rule

DISTRICT, COMMITTEE = "district_office", "committee"

#: What comes on top of the rules for all registrations.
EXTRA: tuple[Rule, ...] = (
    Rule(
        "social_kind_is_known",
        why="Associations, service institutions, foundations and law firms are what is registered.",
        column="social_kind_fault",
        codes=("unknown",),
        zh="社会组织类型“{value}”不在对照表中，暂按代码判断。请填社会团体、民办非企业单位、基金会或律师事务所。",
        en="the kind of social organisation {value} is in no table and was judged by the code; fill in 社会团体, 民办非企业单位, 基金会 or 律师事务所.",
        severity="warn",
        owner=DISTRICT,
        field="enterprise_type",
    ),
    Rule(
        "social_kind_agrees_with_the_uscc",
        why="The code's second character was given with the registration: 51, 52, 53.",
        column="social_kind_fault",
        codes=("disagree",),
        zh="类型“{enterprise_type}”与代码“{uscc}”的前两位不符。请核对两项。",
        en="the kind {enterprise_type} does not fit the first two characters of the code {uscc}; check both.",
        severity="warn",
        owner=DISTRICT,
        field="enterprise_type",
        also=("uscc",),
    ),
    Rule(
        "service_institution_has_no_branches",
        why="Service institutions may not have branches (regulations of 1998, article 13).",
        column="social_kind_fault",
        codes=("branch_of_service_institution",),
        zh="“{value}”：民办非企业单位（社会服务机构）不得设立分支机构。请向登记机关核实此行。",
        en="{value}: a service institution may not have branches; ask the registrar about this row.",
        owner=DISTRICT,
        field="enterprise_type",
    ),
    Rule(
        "registration_certificate_has_all_its_digits",
        why="Scientific notation means that a spreadsheet has thrown digits away.",
        column="registration_certificate_fault",
        codes=("scientific",),
        zh="登记证号“{value}”是科学计数法，表格软件已丢失后面的数字。请把该列设为“文本”后重新导出。",
        en="the certificate number {value} is in scientific notation: the spreadsheet has lost digits; format the column as text and export again.",
        severity="warn",
        owner=DISTRICT,
        field="registration_certificate",
    ),
    *chosen(
        About("annual_check", "年检结果", "the result of the annual check"),
        "合格、基本合格、不合格、未参检",
        "合格, 基本合格, 不合格, 未参检",
    ),
    Rule(
        "annual_check_was_attended",
        why="Whoever misses the check has often ceased to operate: a task for screening.",
        column="annual_check_result_fault",
        codes=("absent",),
        zh="年检结果“{value}”：未参检，可能已停止活动。请摸排核实。",
        en="the annual check was not attended ({value}), so it may have ceased to operate; find out.",
        severity="warn",
        field="annual_check",
    ),
    Rule(
        "annual_check_was_passed",
        why="What failed may soon be struck off.",
        column="annual_check_result_fault",
        codes=("failed",),
        zh="年检结果“{value}”：未通过年检。请摸排核实其运行情况。",
        en="the annual check was failed ({value}); find out how it is doing.",
        severity="warn",
        field="annual_check",
    ),
    *answered(
        About(
            "can_build",
            "是否具备建立党组织条件",
            "whether a Party organisation can be formed",
            COMMITTEE,
        )
    ),
    *answered(
        About(
            "built",
            "是否有党组织",
            "whether there is a Party organisation",
            COMMITTEE,
            called="social_built",
        )
    ),
    *counted(
        About(
            "members", "中共党员数量", "the number of members", COMMITTEE, called="social_members"
        )
    ),
    disagreement(
        "three_members_of_a_social_organisation_have_a_branch",
        "social_party_fault",
        ("due",),
        ("members", "built"),
        (
            "Three full members must form a branch.",
            "党员“{members}”名，是否有党组织为“{built}”，可能应建未建。请核实正式党员数。",
            "there are {members} members and no Party organisation ({built}), though one may be due; how many are full members?",
        ),
        owner=COMMITTEE,
    ),
    disagreement(
        "what_can_be_built_is_built",
        "social_party_fault",
        ("possible",),
        ("can_build", "built"),
        (
            "Where the conditions are met, a Party organisation is due.",
            "具备建立条件（“{can_build}”），但没有党组织（“{built}”）。请核实并组建。",
            "the conditions are met ({can_build}), but there is no Party organisation ({built}); check, and form one.",
        ),
        owner=COMMITTEE,
    ),
    disagreement(
        "a_party_organisation_has_members",
        "social_party_fault",
        ("no_members",),
        ("built", "members"),
        (
            "A Party organisation without members is none; a joint one may have them elsewhere.",
            "有党组织（“{built}”），党员数量却为“{members}”。请核对，联合党支部请注明。",
            "there is a Party organisation ({built}), but {members} members; check both: is it a joint branch?",
        ),
        owner=COMMITTEE,
    ),
)

RULES: tuple[Rule, ...] = (*registrations.RULES, *EXTRA)
