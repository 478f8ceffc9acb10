"""Rules for ledgers of firms, each by a row that breaks it and the nearest that keeps it."""

from string import Formatter

import pytest
from factories import a_uscc
from sheets import (
    BUILT,
    HEADCOUNT_CASES,
    PARTY_CASES,
    Cases,
    Cells,
    Judged,
    answer_cases,
    broken_by,
    choice_cases,
    columns_of,
    count_cases,
    day_cases,
    judge,
    person_cases,
    phone_cases,
    prepared,
    taken_without,
    tick_cases,
    uscc_cases,
)

from expectations import ledger
from expectations.messages import MESSAGES
from expectations.parties import HEADCOUNT
from expectations.rule import Rule
from ingest import headers
from ingest.parse import MORE

KIND = "ledger"
COUNTS = (
    *("staff", "insured", "members", "full_members", "probationary_members", "members_in"),
    *("members_out", "members_developed", "members_removed", "party_workers", "members_under_35"),
    *("members_managers", "members_professionals", "members_front_line", "members_rural"),
    *("party_workers_full_time",),
)
ANSWERS = (
    *("hundred_million_building", "in_market", "internet_firm", "on_platform", "above_scale"),
    *(
        "insured_any",
        "fixed_place",
        "investor_is_member",
        "investor_is_secretary",
        "investor_is_delegate",
    ),
    *("built_this_year", "standard_met", "members_trained", "dues_paid", "mass_organisations"),
    *("union", "youth_league", "womens_federation", "own_room", "budgeted", "instructor_sent"),
    *("meets_and_lectures", "members_reviewed", "members_analysed", "re_elected"),
)
CASES: Cases = {
    "row_has_no_more_cells_than_headers": ({MORE: "是"}, {}),
    **uscc_cases(),
    "ledger_name_is_there": ({"name": " "}, {"name": "示例"}),
    "ledger_name_is_more_than_digits": ({"name": "12"}, {"name": "12号店"}),
    "ledger_name_is_one_name": ({"name": "示例有限公司" * 40}, {}),
    **{rule: case for field in COUNTS for rule, case in count_cases(field).items()},
    **count_cases("joint_units", good="2"),
    **{rule: case for field in ANSWERS for rule, case in answer_cases(field).items()},
    **answer_cases("built", **BUILT),
    **day_cases("built_on"),
    **day_cases("re_elected_on"),
    **day_cases("covered_on"),
    **day_cases("founded_on", "ledger_founded_on"),
    **person_cases("secretary_name"),
    **person_cases("instructor_name"),
    **phone_cases("phone", "phone_of_organisation"),
    **phone_cases("instructor_phone"),
    **phone_cases("secretary_phone"),
    "elections_come_after_founding": (
        {"re_elected_on": "2019-03-14", "built_on": "2019-03-15"},
        {"re_elected_on": "2019-03-15", "built_on": "2019-03-15"},
    ),
    "revenue_is_an_amount": ({"revenue": "若干万元"}, {"revenue": "1,200万元"}),
    "revenue_has_a_unit": ({"revenue": "1200"}, {"revenue": "1200万"}),
    "revenue_is_in_yuan": ({"revenue": "30万美元"}, {"revenue": "30万元人民币"}),
    "room_area_is_a_measure": ({"room_area": "一间"}, {"room_area": "120.5㎡"}),
    "room_area_is_not_less_than_nothing": ({"room_area": "-20"}, {"room_area": "0"}),
    **tick_cases("seat", "园区", ["park", "building", "other"]),
    **choice_cases("park_level", "国家级"),
    **tick_cases("firm_type", "私营企业", ["private", "hmt", "foreign"]),
    **choice_cases("state", "停业", "firm_state"),
    **tick_cases("form", "联合按区域组建", ["alone", "joint", "grid"], "firm_party_form"),
    **tick_cases("level", "联合党支部", ["branch", "general_branch"], "party_level"),
    **tick_cases("reason", "没有党员", ["no_members", "owner_against"], "unbuilt_reason"),
    **tick_cases("secretary_from", "出资人担任", ["investor", "manager", "sent", "other"]),
    "political_status_of_the_owner_is_readable": (
        {"investor_status": "1"},
        {"investor_status": "群众"},
    ),
    **HEADCOUNT_CASES,
    "no_insurance_means_nobody_insured": (
        {"insured_any": "否", "insured": "3"},
        {"insured_any": "否", "insured": "0"},
    ),
    "insurance_means_somebody_insured": (
        {"insured_any": "是", "insured": "0"},
        {"insured_any": "是", "insured": "1"},
    ),
    **PARTY_CASES,
    "large_revenue_is_above_scale": (
        {"above_scale": "否", "revenue": "2000万元"},
        {"above_scale": "否", "revenue": "1999万元"},
    ),
    "above_scale_has_some_size": (
        {"above_scale": "是", "revenue": "499万元", "staff": "49"},
        {"above_scale": "是", "revenue": "499万元", "staff": "50"},
    ),
    "investor_is_secretary_and_member": (
        {"investor_is_secretary": "是", "investor_is_member": "否"},
        {"investor_is_secretary": "是", "investor_is_member": "是"},
    ),
    "investor_is_secretary_of_something": (
        {"investor_is_secretary": "是", "built": "否"},
        {"investor_is_secretary": "是", **BUILT},
    ),
    "no_room_has_no_area": (
        {"own_room": "否", "room_area": "20"},
        {"own_room": "否", "room_area": "0"},
    ),
    **{
        f"{part}_are_not_more_than_{whole}": ({part: "3", whole: "2"}, {part: "2", whole: "2"})
        for part, whole in (
            ("members_under_35", "members_in"),
            ("members_managers", "members_in"),
            ("members_professionals", "members_in"),
            ("members_front_line", "members_in"),
            ("members_rural", "members_out"),
            ("party_workers_full_time", "party_workers"),
        )
    },
}
#: Two rows are needed.
APART = {"code_occurs_once_in_a_ledger"}
RULES = {rule.name: rule for rule in ledger.RULES}


def a_firm(n: int = 1, **cells: str | None) -> Cells:
    """The n-th firm, about which nothing more is said; all is well."""
    return {"uscc": a_uscc(n), "name": f"示例第{n}号有限公司", **cells}


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return judge(KIND, CASES, a_firm)


@pytest.mark.parametrize("rule", CASES)
def test_a_row_that_breaks_a_rule_is_named_and_one_that_keeps_it_is_not(
    judged: dict[str, Judged], rule: str
) -> None:
    assert judged[rule] == Judged({rule}, taken=MESSAGES[rule].severity == "warn", kept=set())


def test_every_rule_has_a_case_here() -> None:
    assert CASES.keys() | APART == RULES.keys()


@pytest.mark.parametrize("rule", [rule for rule in CASES if RULES[rule].severity == "refuse"])
def test_a_rule_taken_out_of_the_suite_stops_refusing(judged: dict[str, Judged], rule: str) -> None:
    assert taken_without(KIND, RULES[rule], judged[rule].breaking) == [True]


def test_a_code_occurs_once_and_an_exact_repeat_is_skipped() -> None:
    first, other = a_firm(1, staff="5"), a_firm(1, staff="6")
    frame = prepared(KIND, first, other, first)
    assert frame["repeat_fault"].to_list() == ["", "conflict", "same"]
    assert broken_by(KIND, first, other, first) == [(3, "code_occurs_once_in_a_ledger")]


def test_rows_without_a_code_repeat_nothing() -> None:
    frame = prepared(KIND, a_firm(uscc=""), a_firm(uscc=""))
    assert frame["repeat_fault"].to_list() == ["", ""]


def test_nothing_is_said_about_columns_a_file_does_not_have() -> None:
    short = {field: columns_of(KIND)[field] for field in ("uscc", "name", "built", "state")}
    frame = prepared(KIND, a_firm(built="是", state="正常"), columns=short)
    faults = [column for column in frame.columns if column.endswith("_fault")]
    assert frame.select(faults).rows() == [("",) * len(faults)]


def test_a_form_told_by_a_tick_is_a_form() -> None:
    ticked = a_firm(built="√", form_alone="√", form_joint="×", level_branch="√")
    frame = prepared(KIND, ticked)
    assert frame.select("built", "form", "level").rows() == [(True, "alone", "branch")]
    assert broken_by(KIND, ticked) == []


def test_a_tick_and_another_word_are_two_ticks() -> None:
    frame = prepared(KIND, a_firm(form="联合组建", form_alone="√"))
    assert frame.select("form", "form_fault").rows() == [(None, "two_ticks")]


@pytest.mark.parametrize("rule", [*HEADCOUNT, *(r for r in ledger.RULES if "_not_more_" in r.name)])
def test_where_figures_disagree_all_of_them_are_shown_and_nothing_is_refused(rule: Rule) -> None:
    shown = {"state"} if rule.codes == ("untold",) else {rule.field, *rule.also}
    for text in (rule.zh, rule.en):
        asked = {name for _, name, _, _ in Formatter().parse(text)}
        assert asked >= shown
    assert rule.severity == "warn"


@pytest.mark.parametrize(
    "unit", ["年营业收入(万元)", "年营业收入（万元）", "企业基本情况/年营业收入(万元)"]
)
def test_a_unit_in_the_header_is_the_unit_of_its_numbers(unit: str) -> None:
    columns = {**columns_of(KIND), "revenue": unit}
    frame = prepared(KIND, a_firm(revenue="1,200"), columns=columns)
    assert frame.select("revenue", "revenue_fault").rows() == [(1200.0, "")]


def test_the_owners_politics_are_dropped_unless_a_member() -> None:
    frame = prepared(KIND, a_firm(1, investor_status="民盟盟员"), a_firm(2, investor_status="党员"))
    assert frame["investor_status"].to_list() == [None, "01"]


def test_every_field_of_a_rule_is_one_the_file_may_have() -> None:
    of_other_ledgers = {"form_in_members", "form_in_council", "form_with_supervisor"}
    known = {*headers.vocabulary(KIND), "row"} | of_other_ledgers
    for rule in ledger.RULES:
        assert {rule.field, *rule.also} <= known, rule.name


@pytest.mark.parametrize(("state", "rules"), [("停业", 1), ("", 1), ("注销", 0), ("迁出", 0)])
def test_nothing_is_due_in_what_is_gone(state: str, rules: int) -> None:
    row = a_firm(state=state, built="否", members="3")
    assert len(broken_by(KIND, row)) == rules
