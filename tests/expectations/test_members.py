"""Rules for a register of members, each by a row that breaks it and the nearest that keeps it."""

from datetime import date

import pytest
from sheets import Cases, Cells, Judged, a_resident_id, broken_by, judge, prepared, taken_without

from expectations import members
from expectations.messages import MESSAGES
from ingest.parse import MORE

KIND = "members"
NUMBER = "document_number"
#: Somebody born on 5 May 1903, a man, is number 1.
ID = a_resident_id(1)
SINCE_1926 = {"joined_on": "1926-07-01", "full_since": ""}


def document_cases(subject: str) -> Cases:
    """Cases of every rule about a document's number and type."""
    wrong = ID[:17] + ("1" if ID[17] != "1" else "2")
    number: Cases = {
        "is_present": ({NUMBER: "无"}, {}),
        "has_all_its_digits": ({NUMBER: "9.99999E+17"}, {}),
        "was_not_cut_to_fifteen_digits": ({NUMBER: "199999190305051000"}, {}),
        "is_not_masked": ({NUMBER: "199999********0011"}, {}),
        "is_not_of_the_first_generation": ({NUMBER: "199999030505113"}, {}),
        "has_its_length": ({NUMBER: ID[:17]}, {NUMBER: f" {ID}"}),
        "has_digits_and_no_look_alike_letters": (
            {NUMBER: a_resident_id(3).replace("0", "O", 1)},
            {NUMBER: a_resident_id(3)},
        ),
        "has_its_characters_only": ({NUMBER: ID[:16] + "?" + ID[17]}, {}),
        "begins_as_such_numbers_do": (
            {NUMBER: a_resident_id(1, region="099999"), "document_kind": "居民身份证"},
            {NUMBER: a_resident_id(1, region="810000")},
        ),
        "has_a_birth_date_that_exists": ({NUMBER: a_resident_id(1, born="19030230")}, {}),
        "has_a_birth_date_that_has_been": ({NUMBER: a_resident_id(1, born="29990101")}, {}),
        "has_a_sequence_number": ({NUMBER: a_resident_id(0)}, {}),
        "check_character_is_right": ({NUMBER: wrong}, {NUMBER: a_resident_id(5).lower()}),
        "has_the_form_of_its_type": (
            {NUMBER: "A12345678", "document_kind": "港澳居民来往内地通行证"},
            {NUMBER: "H12345678", "document_kind": "港澳居民来往内地通行证"},
        ),
    }
    return {f"{subject}_document_number_{rule}": case for rule, case in number.items()} | {
        f"{subject}_document_type_is_known": (
            {"document_kind": "图书证"},
            {"document_kind": "身份证"},
        ),
        f"{subject}_document_type_agrees_with_the_number": (
            {"document_kind": "护照"},
            {"document_kind": "111"},
        ),
    }


CASES: Cases = {
    "row_has_no_more_cells_than_headers": ({MORE: "是"}, {}),
    "member_name_is_present": ({"name": ""}, {"name": "甲"}),
    "member_name_has_no_digits": ({"name": "王其1"}, {}),
    "member_name_is_no_longer_than_names_are": ({"name": "甲" * 60}, {}),
    "member_name_is_written_out": ({"name": "王某某"}, {}),
    "member_name_is_a_name_and_not_a_form_of_address": ({"name": "李经理"}, {}),
    **document_cases("member"),
    "members_in_a_register_are_citizens": (
        {NUMBER: "AB1234567", "document_kind": "外国护照", "sex": "", "born_on": ""},
        {},
    ),
    "sex_is_in_its_list": ({"sex": "甲"}, {"sex": "男性"}),
    "sex_is_written_in_words": ({"sex": "1"}, {"sex": ""}),
    "sex_agrees_with_the_document": ({"sex": "女"}, {"sex": "女", NUMBER: a_resident_id(8)}),
    "born_on_is_a_date": ({"born_on": "旧历五月"}, {"born_on": ""}),
    "born_on_is_not_in_the_future": ({"born_on": "2027-05-05"}, {}),
    "born_on_has_a_year_of_four_digits": ({"born_on": "03.5.5"}, {"born_on": "1903.5.5"}),
    "born_on_has_a_day": ({"born_on": "1903年5月"}, {}),
    "born_on_has_a_month": ({"born_on": "1903"}, {}),
    "born_on_is_no_placeholder": ({"born_on": "9999-12-31"}, {}),
    "birth_date_agrees_with_the_document": ({"born_on": "1903-05-06"}, {}),
    "joined_on_is_given": ({"joined_on": "", "full_since": ""}, {}),
    "joined_on_is_a_date": ({"joined_on": "建党初期"}, {}),
    "joined_on_is_not_in_the_future": ({"joined_on": "2026-11-24", "full_since": ""}, {}),
    "joined_on_has_a_year_of_four_digits": ({"joined_on": "26.7.1"}, {}),
    "joined_on_has_a_day": ({"joined_on": "1926年7月"}, {}),
    "joined_on_has_a_month": ({"joined_on": "1926"}, {}),
    "joined_on_is_no_placeholder": ({"joined_on": "1900-01-01"}, {}),
    "nobody_joined_before_birth": ({"joined_on": "1903-05-04"}, {}),
    "members_were_eighteen_when_they_joined": (
        {NUMBER: a_resident_id(1, born="19050505"), "born_on": "", "joined_on": "1923-04-30"},
        {NUMBER: a_resident_id(3, born="19050505"), "born_on": "", "joined_on": "1923-05-05"},
    ),
    "nobody_joined_before_the_party_was_founded": (
        {"joined_on": "1921-06-30"},
        {"joined_on": "1921-07-01"},
    ),
    "full_since_is_a_date": ({"full_since": "已转正"}, {"full_since": ""}),
    "full_since_is_not_in_the_future": ({"full_since": "2026-11-24"}, {}),
    "full_since_has_a_year_of_four_digits": ({"full_since": "27.7.1"}, {}),
    "full_since_has_a_day": ({"full_since": "1927年7月"}, {}),
    "full_since_has_a_month": ({"full_since": "1927"}, {}),
    "full_since_is_no_placeholder": ({"full_since": "9999-12-31"}, {}),
    "full_membership_begins_after_joining": ({"full_since": "1926-06-30"}, {}),
    "probation_lasts_a_year": ({"full_since": "1927-06-30"}, {"full_since": "1927-07-01"}),
    "member_category_is_in_its_list": ({"category": "老党员"}, {"category": "中共党员"}),
    "member_category_is_written_in_words": ({"category": "1"}, {"category": ""}),
    "register_holds_members_only": ({"category": "入党积极分子"}, {}),
    "probationary_members_have_no_day_of_full_membership": (
        {"category": "预备党员"},
        {"category": "预备党员", "joined_on": "2025-12-01", "full_since": ""},
    ),
    "probation_is_decided_in_time": (
        {"category": "预备党员", "joined_on": "2024-11-22", "full_since": ""},
        {"category": "预备党员", "joined_on": "2024-11-23", "full_since": ""},
    ),
    "member_state_is_in_its_list": ({"state": "在外地"}, {"state": "转出"}),
    "member_state_is_written_in_words": ({"state": "0"}, {"state": ""}),
}
#: Two rows are needed.
APART = {"members_occur_once_in_a_register"}
RULES = {rule.name: rule for rule in members.RULES}


def a_member(n: int = 1, **cells: str | None) -> Cells:
    """The n-th member, a man for every n; all is well."""
    number = a_resident_id(2 * n + 1)
    return {
        "name": "王其",
        "document_kind": "" if NUMBER in cells else "居民身份证",
        NUMBER: number,
        "sex": "男",
        "born_on": "" if NUMBER in cells else "1903-05-05",
        "branch": "第一党支部",
        "joined_on": "1926-07-01",
        "full_since": "1927-07-01",
        "category": "正式党员",
        "state": "正常",
        **cells,
    }


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return judge(KIND, CASES, a_member)


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


def test_a_member_occurs_once_and_an_exact_repeat_is_skipped() -> None:
    first, other = a_member(1), a_member(1, state="转出")
    frame = prepared(KIND, first, other, first)
    assert frame["repeat_fault"].to_list() == ["", "conflict", "same"]
    assert broken_by(KIND, first, other, first) == [(3, "members_occur_once_in_a_register")]


@pytest.mark.parametrize("born", ["1903年5月", "1903-05"])
def test_a_birth_month_agrees_with_a_document_of_that_month(born: str) -> None:
    frame = prepared(KIND, a_member(born_on=born), a_member(2, born_on="1903年6月"))
    assert frame["born_document_fault"].to_list() == ["", "differs"]


def test_probation_is_reckoned_by_months_where_days_are_missing() -> None:
    row = a_member(joined_on="1926-07-20", full_since="1927年7月")
    assert prepared(KIND, row)["full_joined_fault"].to_list() == [""]


def test_those_who_joined_when_there_was_no_probation_had_none() -> None:
    frame = prepared(
        KIND,
        a_member(1, joined_on="1970-07-01", full_since="1970-07-01"),
        a_member(2, joined_on="1978-07-01", full_since="1978-07-01"),
    )
    assert frame["full_joined_fault"].to_list() == ["", "within_a_year"]


def test_whoever_has_left_is_not_asked_about_probation() -> None:
    row = a_member(category="预备党员", joined_on="1926-07-01", full_since="", state="死亡")
    assert broken_by(KIND, row) == []


def test_days_are_compared_with_the_day_the_check_is_run() -> None:
    row = a_member(category="预备党员", joined_on="1926-07-01", full_since="")
    assert broken_by(KIND, row, today=date(1928, 7, 1)) == []
    assert broken_by(KIND, row, today=date(1928, 7, 2)) == [(2, "probation_is_decided_in_time")]
