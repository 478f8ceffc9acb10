"""Rules for results of a screening; the economic office found them out and clears its rows.

Whatever takes an organisation out of those that count has evidence, somebody who found it and a
day (domain notes §3): without them a shell is a rumour.
"""

from expectations import registrations
from expectations.fields import ROW_RULES, About, chosen, dated, organisation_named
from expectations.parties import COUNTS, HEADCOUNT, counts_of
from expectations.rule import Rule

OWNER = "economic_office"
STATE = About("state", "摸排结果", "the finding", OWNER, "refuse", "screening_state")
_WORDS = "实体运营、查无下落、空壳、停业、搬迁、注销、重复、非两新、待核实"
_WORDS_EN = "实体运营, 查无下落, 空壳, 停业, 搬迁, 注销, 重复, 非两新, 待核实"
#: Of the headcount's rules, those whose figures a screening has.
_FIGURES = ("operating_organisations_have_staff", "members_are_not_more_than_staff")

RULES: tuple[Rule, ...] = (
    *ROW_RULES,
    *(rule for rule in registrations.RULES if rule.column == "uscc_fault"),
    Rule(
        "code_occurs_once_in_a_screening",
        why="Two findings about one organisation: one of them is wrong.",
        column="repeat_fault",
        codes=("conflict",),
        zh="代码“{value}”在本表中出现多次而内容不同，只收第一行。请核对哪一行正确，删去其余。",
        en="the code {value} occurs more than once in this table with different content; only the first row was taken. Find out which is right and delete the others.",
        owner=OWNER,
        field="uscc",
    ),
    *organisation_named(
        About("name", "单位名称", "the organisation's name", OWNER, "warn", "screened_name")
    ),
    STATE.rule(
        "is_there",
        "Without a finding a row says nothing.",
        ("missing",),
        "没有{label}。请在“{column}”列填写：" + _WORDS + "。",
        "{label} is missing; fill in under {column} one of " + _WORDS_EN + ".",
    ),
    *chosen(STATE, _WORDS, _WORDS_EN),
    Rule(
        "every_exit_has_evidence",
        why="Whoever is taken out of the denominator may ask why.",
        column="evidence_exit_fault",
        codes=("missing",),
        zh="摸排结果为“{state}”，但没有依据。请在“摸排依据”列写明依据，如走访照片、税务或社保记录。",
        en="the finding is {state}, but no evidence is given; fill it in under 摸排依据: a visit's photograph, a tax or insurance record.",
        owner=OWNER,
        field="evidence",
        also=("state",),
    ),
    Rule(
        "every_exit_has_somebody_who_found_it",
        why="A finding that nobody made cannot be asked about.",
        column="office_exit_fault",
        codes=("missing",),
        zh="摸排结果为“{state}”，但没有摸排单位或摸排人。请补填。",
        en="the finding is {state}, but neither an office nor a surveyor is named; fill one in.",
        owner=OWNER,
        field="office",
        also=("state",),
    ),
    *dated(About("screened_on", "摸排日期", "the day of the finding", OWNER, "refuse")),
    *counts_of(tuple(each for each in COUNTS if each[0] in {"staff", "members"})),
    *(rule for rule in HEADCOUNT if rule.name in _FIGURES),
)
