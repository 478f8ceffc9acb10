"""Rules for lists of instructors, each by a row that breaks it and the nearest that keeps it."""

import pytest
from sheets import Cases, Cells, Judged, a_resident_id, broken_by, judge, prepared, taken_without

from expectations import instructors
from expectations.messages import MESSAGES
from ingest.parse import MORE

KIND = "instructors"
FIVE = "、".join(f"示例{n}号公司" for n in range(1, 6))
CASES: Cases = {
    "row_has_no_more_cells_than_headers": ({MORE: "是"}, {}),
    "name_of_instructor_is_present": ({"name": "-"}, {"name": "甲"}),
    "name_of_instructor_has_no_digits": ({"name": "王其1"}, {}),
    "name_of_instructor_is_no_longer_than_names_are": ({"name": "甲" * 60}, {}),
    "name_of_instructor_is_written_out": ({"name": "王**"}, {}),
    "name_of_instructor_is_a_name_and_not_a_form_of_address": ({"name": "王先生"}, {}),
    "instructor_is_a_full_member": (
        {"political_status": "中共预备党员"},
        {"political_status": "中共党员"},
    ),
    "instructor_status_is_readable": ({"political_status": "01"}, {"political_status": ""}),
    "instructor_documents_are_not_sent": ({"document_number": a_resident_id()}, {}),
    "instructor_documents_if_sent_are_right": (
        {"document_number": a_resident_id()[:17]},
        {"document_number": "无"},
    ),
    "phone_of_instructor_is_a_telephone_number": ({"phone": "12345"}, {"phone": "0736-7000000"}),
    "phone_of_instructor_is_not_masked": ({"phone": "130****0000"}, {}),
    "phone_of_instructor_has_the_zero_of_its_area_code": ({"phone": "736-7000000"}, {}),
    "employment_is_in_its_list": ({"employment": "临时"}, {"employment": "兼职"}),
    "employment_is_written_in_words": ({"employment": "2"}, {"employment": ""}),
    "instructor_category_is_in_its_list": ({"category": "甲类"}, {"category": "社区干部"}),
    "instructor_category_is_written_in_words": ({"category": "3"}, {"category": ""}),
    "instructor_level_is_in_its_list": ({"level": "甲级"}, {"level": "区级联络员"}),
    "instructor_level_is_written_in_words": ({"level": "1"}, {"level": ""}),
    "organisations_of_an_instructor_are_names": (
        {"organisations": "示例公司、12"},
        {"organisations": "示例公司；示例第2号公司"},
    ),
    "instructor_has_at_most_five_organisations": (
        {"organisations": f"{FIVE}、示例6号公司"},
        {"organisations": f"{FIVE}、"},
    ),
    "term_from_is_a_date": ({"term_from": "年初"}, {"term_from": ""}),
    "term_from_is_not_in_the_future": ({"term_from": "2026-11-24", "term_to": ""}, {}),
    "term_from_has_a_year_of_four_digits": ({"term_from": "25.1.1"}, {}),
    "term_from_has_a_day": ({"term_from": "2025年1月"}, {}),
    "term_from_has_a_month": ({"term_from": "2025"}, {}),
    "term_from_is_no_placeholder": ({"term_from": "1900-01-01"}, {}),
    "term_to_is_a_date": ({"term_to": "届满"}, {"term_to": ""}),
    "term_to_is_within_ten_years": ({"term_to": "2226-12-31"}, {"term_to": "2027-12-31"}),
    "term_to_has_a_year_of_four_digits": ({"term_to": "27.1.1"}, {}),
    "term_to_has_a_day": ({"term_to": "2027年1月"}, {}),
    "term_to_has_a_month": ({"term_to": "2027"}, {}),
    "term_to_is_no_placeholder": ({"term_to": "9999-12-31"}, {}),
    "term_ends_after_it_starts": ({"term_to": "2024-12-31"}, {"term_to": "2025-01-01"}),
    "visit_rhythm_is_in_its_list": ({"visit_rhythm": "随时"}, {"visit_rhythm": "每季度一次"}),
    "visit_rhythm_is_written_in_words": ({"visit_rhythm": "4"}, {"visit_rhythm": ""}),
    "visit_times_is_a_whole_number": ({"visit_times": "经常"}, {"visit_times": "2次"}),
    "visit_times_is_one_figure": ({"visit_times": "1-2"}, {"visit_times": "2"}),
    "visit_times_is_not_negative": ({"visit_times": "-1"}, {"visit_times": "0"}),
    "visit_times_is_not_out_of_all_bounds": ({"visit_times": "13000000000"}, {}),
}
RULES = {rule.name: rule for rule in instructors.RULES}


def an_instructor(n: int = 1, **cells: str | None) -> Cells:
    """The n-th instructor; all is well."""
    return {
        "name": "王其",
        "employment": "专职",
        "phone": f"1300000{n:04d}",
        "employer": "某街道办事处",
        "category": "街道干部",
        "organisations": "示例第1号有限公司、示例第2号有限公司",
        "term_from": "2025-01-01",
        "term_to": "2026-12-31",
        "visit_rhythm": "每月",
        **cells,
    }


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return judge(KIND, CASES, an_instructor)


@pytest.mark.parametrize("rule", CASES)
def test_a_row_that_breaks_a_rule_is_named_and_one_that_keeps_it_is_not(
    judged: dict[str, Judged], rule: str
) -> None:
    assert judged[rule] == Judged({rule}, taken=MESSAGES[rule].severity == "warn", kept=set())


def test_every_rule_has_a_case_here() -> None:
    assert CASES.keys() == RULES.keys()


@pytest.mark.parametrize("rule", [rule for rule in CASES if RULES[rule].severity == "refuse"])
def test_a_rule_taken_out_of_the_suite_stops_refusing(judged: dict[str, Judged], rule: str) -> None:
    assert taken_without(KIND, RULES[rule], judged[rule].breaking) == [True]


@pytest.mark.parametrize("status", ["群众", "共青团员", "非党员"])
def test_whoever_is_no_member_is_no_instructor(status: str) -> None:
    row = an_instructor(political_status=status)
    assert broken_by(KIND, row) == [(2, "instructor_is_a_full_member")]


def test_nothing_of_a_document_goes_further() -> None:
    frame = prepared(KIND, an_instructor(document_number=a_resident_id(), document_kind="身份证"))
    assert not {"document_number", "document_kind", "document_number_hint"} & set(frame.columns)


def test_organisations_of_one_person_are_added_up_over_rows() -> None:
    rows = [an_instructor(7, organisations=f"示例第{n}号公司") for n in range(6)]
    assert prepared(KIND, *rows)["load_fault"].to_list() == ["above_five"] * 6
    assert prepared(KIND, *rows[:5])["load_fault"].to_list() == [""] * 5


def test_without_a_phone_two_rows_may_be_two_people_of_one_name() -> None:
    rows = [an_instructor(phone="", organisations=f"示例第{n}号公司") for n in range(6)]
    assert prepared(KIND, *rows)["load_fault"].to_list() == [""] * 6


def test_an_instructor_may_have_several_rows() -> None:
    assert prepared(KIND, an_instructor(), an_instructor())["repeat_fault"].to_list() == ["", ""]


def test_organisations_of_a_cell_are_told_apart() -> None:
    row = an_instructor(organisations="示例甲公司、示例乙公司；示例丙公司\n示例丁公司,")
    assert prepared(KIND, row)["organisations"].to_list() == [
        ["示例甲公司", "示例乙公司", "示例丙公司", "示例丁公司"]
    ]
