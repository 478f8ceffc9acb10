"""Rules that ledgers of firms and of social organisations share: cells, and cells against cells.

A figure that disagrees with another is a question (it warns): nobody here knows which of the two
is wrong, so both are shown and neither is changed. What would enter a Party organisation that is
not there, or none where one is, refuses: coverage is counted from it.
"""

from dataclasses import replace

from expectations import registrations
from expectations.fields import (
    ROW_RULES,
    About,
    answered,
    counted,
    dated,
    named,
    organisation_named,
)
from expectations.rule import Rule, Severity

OFFICE, COMMITTEE = "economic_office", "committee"
NAME = About("name", "单位名称", "the organisation's name", OFFICE, "refuse", "ledger_name")

#: A row is matched to the register by its code. Without one it is matched by a person, later.
IDENTITY: tuple[Rule, ...] = (
    *ROW_RULES,
    *(
        rule
        for rule in registrations.RULES
        if rule.column == "uscc_fault" and "missing" not in rule.codes
    ),
    Rule(
        "ledger_row_has_a_code",
        why="Names are not unique; with the code a row needs nobody to look it up.",
        column="uscc_fault",
        codes=("missing",),
        zh="没有统一社会信用代码，只能由人工按名称对应。请在“{column}”列补填 18 位代码。",
        en="there is no unified social credit code, so a person must match the row by its name; fill in the 18 characters under {column}.",
        severity="warn",
        field="uscc",
    ),
    Rule(
        "code_occurs_once_in_a_ledger",
        why="Two rows of one code that say different things: one of them is wrong.",
        column="repeat_fault",
        codes=("conflict",),
        zh="代码“{value}”在本台账中出现多次而内容不同，只收第一行。请核对哪一行正确，删去其余。",
        en="the code {value} occurs more than once in this ledger with different content; only the first row was taken. Find out which is right and delete the others.",
        field="uscc",
    ),
    *organisation_named(NAME),
)

#: Counts that both ledgers have: field, words, words.
COUNTS = (
    ("staff", "从业人员数", "the number of staff"),
    ("insured", "参保人数", "the number of insured"),
    ("members", "党员总数", "the number of members"),
    ("full_members", "正式党员数", "the number of full members"),
    ("probationary_members", "预备党员数", "the number of probationary members"),
    ("members_in", "组织关系在本单位的党员数", "the number of members whose relation is here"),
    (
        "members_out",
        "组织关系不在本单位的党员数",
        "the number of members whose relation is elsewhere",
    ),
    ("members_under_35", "35 岁以下党员数", "the number of members under 35"),
    ("members_developed", "近三年新发展党员数", "the number of members received in three years"),
    ("members_removed", "近三年处置不合格党员数", "the number of members removed in three years"),
    ("joint_units", "联合党支部覆盖单位数", "the number of units of the joint branch"),
    ("party_workers", "党务工作者人数", "the number of Party workers"),
)


def counts_of(fields: tuple[tuple[str, str, str], ...]) -> tuple[Rule, ...]:
    """The rules of many counts."""
    return tuple(rule for field in fields for rule in counted(About(*field)))


def answers_of(fields: tuple[tuple[str, ...], ...]) -> tuple[Rule, ...]:
    """The rules of many answers: field, words, words, and the owner if it is not the office."""
    return tuple(
        rule
        for field, zh, en, *owner in fields
        for rule in answered(About(field, zh, en, owner[0] if owner else OFFICE))
    )


def disagreement(
    name: str,
    column: str,
    codes: tuple[str, ...],
    fields: tuple[str, ...],
    texts: tuple[str, str, str],
    *,
    owner: str = OFFICE,
    severity: Severity = "warn",
) -> Rule:
    """Return a rule across fields: ``texts`` are why, zh and en; all ``fields`` are marked."""
    why, zh, en = texts
    return Rule(
        name,
        why=why,
        column=column,
        codes=codes,
        zh=zh,
        en=en,
        severity=severity,
        owner=owner,
        field=fields[0],
        also=fields[1:],
    )


def part(field: str, whole: str, zh: tuple[str, str], en: tuple[str, str]) -> Rule:
    """Return the rule that a part is not more than its whole."""
    return disagreement(
        f"{field}_are_not_more_than_{whole}",
        f"{field}_part_fault",
        ("more",),
        (field, whole),
        (
            "A part is not more than the whole it is a part of.",
            f"{zh[0]}“{{{field}}}”大于{zh[1]}“{{{whole}}}”。请核对两项。",
            f"there are more {en[0]} ({{{field}}}) than {en[1]} ({{{whole}}}); check both.",
        ),
    )


COMMON: tuple[Rule, ...] = (
    *counts_of(COUNTS),
    *(
        replace(rule, severity="refuse")
        for rule in answered(
            About(
                "built",
                "是否建立党组织",
                "whether there is a Party organisation",
                COMMITTEE,
                "refuse",
            )
        )
    ),
    *answered(
        About(
            "instructor_sent",
            "是否选派党建指导员或联络员",
            "whether an instructor was sent",
            COMMITTEE,
        )
    ),
    *dated(
        About("built_on", "党组织成立时间", "the founding day of the Party organisation", COMMITTEE)
    ),
    *dated(
        About(
            "founded_on",
            "成立时间",
            "the founding day of the organisation",
            called="ledger_founded_on",
        )
    ),
    *dated(About("re_elected_on", "上次换届时间", "the day of the last election", COMMITTEE)),
    *dated(
        About(
            "covered_on",
            "纳入覆盖时间",
            "the day from which the Party organisation covers it",
            COMMITTEE,
        )
    ),
    *named(
        About("instructor_name", "党建指导员姓名", "the instructor's name", COMMITTEE), needed=False
    ),
    *named(About("secretary_name", "书记姓名", "the secretary's name", COMMITTEE), needed=False),
)

HEADCOUNT: tuple[Rule, ...] = (
    disagreement(
        "operating_organisations_have_staff",
        "staff_operating_fault",
        ("zero",),
        ("staff", "state"),
        (
            "Whoever operates has somebody to do it; the row is kept, for nobody knows which cell is wrong.",
            "状态“{state}”为经营中，从业人员却为“{staff}”。请核实是否仍在经营，或补正人数。",
            "the state is {state}, yet the staff are {staff}; find out whether it still operates, or correct the number.",
        ),
    ),
    disagreement(
        "operating_organisations_tell_their_staff",
        "staff_operating_fault",
        ("untold",),
        ("staff", "state"),
        (
            "Staff decide who must have members, and who a Party organisation.",
            "状态“{state}”为经营中，但没有填从业人员数。请在“{column}”列补填。",
            "the state is {state}, but no number of staff is given; fill it in under {column}.",
        ),
    ),
    disagreement(
        "members_are_not_more_than_staff",
        "members_staff_fault",
        ("members",),
        ("members", "staff"),
        (
            "Members are counted among those who work there.",
            "党员总数“{members}”大于从业人员数“{staff}”。请核对两项。",
            "there are more members ({members}) than staff ({staff}); check both.",
        ),
    ),
    disagreement(
        "members_here_are_not_more_than_staff",
        "members_staff_fault",
        ("members_in",),
        ("members_in", "staff"),
        (
            "Relations may outlast the work, of pensioners too, but somebody should know of it.",
            "组织关系在本单位的党员“{members_in}”大于从业人员数“{staff}”。请核对，是否有已离职、退休的党员。",
            "more members have their relation here ({members_in}) than there are staff ({staff}); check both: have some left or retired?",
        ),
    ),
    disagreement(
        "insured_are_not_more_than_staff",
        "insured_staff_fault",
        ("more",),
        ("insured", "staff"),
        (
            "Who is insured there works there.",
            "参保人数“{insured}”大于从业人员数“{staff}”。请核对两项。",
            "more people are insured ({insured}) than work there ({staff}); check both.",
        ),
    ),
    disagreement(
        "insured_and_staff_are_near_each_other",
        "insured_staff_fault",
        ("fewer",),
        ("insured", "staff"),
        (
            "Social insurance is paid person by person; a staff count far above it was guessed, or some are elsewhere.",
            "参保人数“{insured}”与从业人员数“{staff}”相差较大。请核实实际在岗人数。",
            "the number of insured ({insured}) and of staff ({staff}) are far apart; find out how many really work there.",
        ),
    ),
    disagreement(
        "full_and_probationary_members_make_up_all",
        "full_probationary_fault",
        ("differs",),
        ("members", "full_members", "probationary_members"),
        (
            "There are full and probationary members, and no others.",
            "正式党员“{full_members}”与预备党员“{probationary_members}”之和不等于党员总数“{members}”。请核对三项。",
            "full ({full_members}) and probationary members ({probationary_members}) do not add up to all members ({members}); check all three.",
        ),
    ),
    disagreement(
        "members_here_and_elsewhere_make_up_all",
        "in_out_fault",
        ("differs",),
        ("members", "members_in", "members_out"),
        (
            "A member's relation is here or elsewhere.",
            "组织关系在本单位“{members_in}”与不在本单位“{members_out}”之和不等于党员总数“{members}”。请核对三项。",
            "members with their relation here ({members_in}) and elsewhere ({members_out}) do not add up to all members ({members}); check all three.",
        ),
    ),
)
