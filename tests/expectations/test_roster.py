"""Rules for a firm's staff list, each by one row that breaks it and the nearest one that keeps it."""

from datetime import date

import pytest
from factories import TODAY
from sheets import Cases, Cells, Judged, a_resident_id, broken_by, judge, prepared, taken_without

from expectations import roster
from expectations.messages import MESSAGES
from ingest.parse import MORE

KIND = "roster"
ID = a_resident_id(1)
NUMBER, STATUS, HIRED = "document_number", "political_status", "hired_on"
CASES: Cases = {
    "row_has_no_more_cells_than_headers": ({MORE: "是"}, {}),
    "staff_name_is_present": ({"name": " "}, {"name": "甲"}),
    "staff_name_has_no_digits": ({"name": "王甲2"}, {"name": "阿依古丽·买买提"}),
    "staff_name_is_no_longer_than_names_are": ({"name": "甲" * 60}, {"name": "John Invented"}),
    "staff_name_is_written_out": ({"name": "王*"}, {"name": "王其"}),
    "staff_name_is_a_name_and_not_a_form_of_address": ({"name": "王总"}, {"name": "王总明"}),
    "staff_document_number_is_present": ({NUMBER: "无"}, {}),
    "staff_document_number_has_all_its_digits": ({NUMBER: "9.99999E+17"}, {}),
    "staff_document_number_was_not_cut_to_fifteen_digits": ({NUMBER: "199999190305051000"}, {}),
    "staff_document_number_is_not_masked": ({NUMBER: "199999********0011"}, {}),
    "staff_document_number_is_not_of_the_first_generation": ({NUMBER: "199999030505113"}, {}),
    "staff_document_number_has_its_length": ({NUMBER: ID[:17]}, {NUMBER: f" {ID}\t"}),
    "staff_document_number_has_digits_and_no_look_alike_letters": (
        {NUMBER: a_resident_id(2, born="19030505").replace("0", "O", 1)},
        {NUMBER: a_resident_id(2)},
    ),
    "staff_document_number_has_its_characters_only": ({NUMBER: ID[:16] + "?" + ID[17]}, {}),
    "staff_document_number_begins_as_such_numbers_do": (
        {NUMBER: a_resident_id(1, region="099999"), "document_kind": "居民身份证"},
        {NUMBER: a_resident_id(1, region="830000")},
    ),
    "staff_document_number_has_a_birth_date_that_exists": (
        {NUMBER: a_resident_id(1, born="19030230")},
        {NUMBER: a_resident_id(1, born="19040229")},
    ),
    "staff_document_number_has_a_birth_date_that_has_been": (
        {NUMBER: a_resident_id(1, born="29990101")},
        {},
    ),
    "staff_document_number_has_a_sequence_number": ({NUMBER: a_resident_id(0)}, {}),
    "staff_document_number_check_character_is_right": (
        {NUMBER: ID[:17] + ("1" if ID[17] != "1" else "2")},
        {NUMBER: a_resident_id(3).lower()},
    ),
    "staff_document_number_has_the_form_of_its_type": (
        {NUMBER: "A12345678", "document_kind": "港澳居民来往内地通行证"},
        {NUMBER: "H12345678", "document_kind": "港澳居民来往内地通行证"},
    ),
    "staff_document_type_is_known": ({"document_kind": "图书证"}, {"document_kind": "身份证"}),
    "staff_document_type_agrees_with_the_number": (
        {"document_kind": "护照"},
        {"document_kind": "111"},
    ),
    "political_status_is_known": ({STATUS: "党群"}, {STATUS: "群众"}),
    "political_status_is_no_step_on_the_way": ({STATUS: "入党积极分子"}, {STATUS: "预备党员"}),
    "political_status_is_written_in_words": ({STATUS: "01"}, {STATUS: ""}),
    "members_on_a_staff_list_are_citizens": (
        {STATUS: "中共党员", NUMBER: "ABC123456", "document_kind": "外国护照"},
        {STATUS: "群众", NUMBER: "ABC123457", "document_kind": "外国护照"},
    ),
    "hired_on_is_a_date": ({HIRED: "去年"}, {HIRED: "2020年2月29日"}),
    "hired_on_is_not_in_the_future": ({HIRED: "2026-11-24"}, {HIRED: "2026-11-23"}),
    "hired_on_has_a_year_of_four_digits": ({HIRED: "19.3.15"}, {HIRED: "2019.3.15"}),
    "hired_on_has_a_day": ({HIRED: "2019年3月"}, {HIRED: "43539"}),
    "hired_on_has_a_month": ({HIRED: "2019"}, {HIRED: ""}),
    "hired_on_is_no_placeholder": ({HIRED: "9999-12-31"}, {}),
    "nobody_is_hired_before_birth": ({HIRED: "1903-05-04"}, {}),
    "staff_were_sixteen_when_hired": ({HIRED: "1919-04-30"}, {HIRED: "1919-05-05"}),
}
#: Rules that one row alone cannot break today; each has a test of its own below.
APART = {"staff_occur_once_in_a_list", "members_on_a_staff_list_are_of_age"}


RULES = {rule.name: rule for rule in roster.RULES}


def a_person(n: int = 1, **cells: str | None) -> Cells:
    """The n-th person of a list; all is well."""
    return {
        "name": "王其",
        "document_kind": "" if NUMBER in cells else "居民身份证",
        NUMBER: a_resident_id(n),
        STATUS: "群众",
        HIRED: "2019-03-15",
        **cells,
    }


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return judge(KIND, CASES, a_person)


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


def test_a_person_occurs_once_and_an_exact_repeat_is_skipped() -> None:
    first, other = a_person(1), a_person(1, name="李其")
    rows = (first, other, first, a_person(2))
    frame = prepared(KIND, *rows)
    assert frame["repeat_fault"].to_list() == ["", "conflict", "same", ""]
    assert broken_by(KIND, *rows) == [(3, "staff_occur_once_in_a_list")]


def test_two_people_of_one_name_are_two() -> None:
    assert broken_by(KIND, a_person(1), a_person(2)) == []


def test_a_refused_row_takes_no_number_away_from_a_later_one() -> None:
    rows = (a_person(1, name="王总"), a_person(1))
    assert prepared(KIND, *rows)["repeat_fault"].to_list() == ["", ""]


def test_nobody_under_eighteen_is_a_member() -> None:
    born = {NUMBER: a_resident_id(1, born="19050505"), HIRED: "1923-03-01"}
    young = a_person(**born, political_status="中共党员")
    the_day_before, of_age = date(1923, 5, 4), date(1923, 5, 5)
    rule = "members_on_a_staff_list_are_of_age"
    assert broken_by(KIND, young, today=the_day_before) == [(2, rule)]
    assert broken_by(KIND, young, today=of_age) == []
    assert broken_by(KIND, a_person(**born), today=the_day_before) == []


@pytest.mark.parametrize(
    "status", ["群众", "共青团员", "民革党员", "九三学社社员", "", "无党派人士"]
)
def test_nothing_is_kept_of_what_somebody_is_if_no_member(status: str) -> None:
    frame = prepared(KIND, a_person(political_status=status), today=TODAY)
    assert frame["political_status"].to_list() == [None]
    assert frame["political_status_fault"].to_list() == [""]


@pytest.mark.parametrize(("status", "code"), [("中共党员", "01"), ("中共预备党员", "02")])
def test_a_claim_to_be_a_member_is_kept(status: str, code: str) -> None:
    assert prepared(KIND, a_person(political_status=status))["political_status"].to_list() == [code]


def test_a_number_that_can_be_mended_is_hinted_at() -> None:
    frame = prepared(KIND, a_person(document_number=a_resident_id(1).replace("0", "O", 1)))
    assert frame["document_number_hint"].to_list() == [a_resident_id(1)]
