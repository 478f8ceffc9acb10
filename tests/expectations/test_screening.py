"""Rules for results of a screening, each by a row that breaks it and the nearest that keeps it."""

import pytest
from factories import a_uscc
from sheets import (
    HEADCOUNT_CASES,
    Cases,
    Cells,
    Judged,
    broken_by,
    choice_cases,
    count_cases,
    day_cases,
    judge,
    prepared,
    taken_without,
    uscc_cases,
)

from expectations import screening
from expectations.messages import MESSAGES
from ingest.parse import MORE

KIND = "screening"
CODES = uscc_cases()
CODES["uscc_is_present"] = CODES.pop("ledger_row_has_a_code")
CASES: Cases = {
    "row_has_no_more_cells_than_headers": ({MORE: "是"}, {}),
    **CODES,
    "screened_name_is_there": ({"name": " "}, {"name": "示例"}),
    "screened_name_is_more_than_digits": ({"name": "12"}, {"name": "12号店"}),
    "screened_name_is_one_name": ({"name": "示例有限公司" * 40}, {}),
    "screening_state_is_there": ({"state": "无"}, {"state": "僵尸企业"}),
    **{
        rule: (bad, {"state": "失联"})
        for rule, (bad, _) in choice_cases("state", "失联", "screening_state").items()
    },
    "every_exit_has_evidence": (
        {"state": "迁出", "evidence": ""},
        {"state": "实体运营", "evidence": ""},
    ),
    "every_exit_has_somebody_who_found_it": (
        {"state": "歇业", "office": ""},
        {"state": "歇业", "office": "", "surveyor": "钱伯庸"},
    ),
    **day_cases("screened_on"),
    **count_cases("staff", good="1"),
    **count_cases("members"),
    "operating_organisations_have_staff": ({"staff": "0"}, {"state": "停业", "staff": "0"}),
    "members_are_not_more_than_staff": HEADCOUNT_CASES["members_are_not_more_than_staff"],
}
#: Two rows are needed.
APART = {"code_occurs_once_in_a_screening"}
RULES = {rule.name: rule for rule in screening.RULES}


def a_finding(n: int = 1, **cells: str | None) -> Cells:
    """The n-th organisation, found operating; all is well."""
    return {
        "uscc": a_uscc(n),
        "name": f"示例第{n}号有限公司",
        "state": "正常经营",
        "evidence": "走访照片",
        "office": "示例街道经济办",
        **cells,
    }


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return judge(KIND, CASES, a_finding)


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


def test_two_findings_about_one_organisation_are_told() -> None:
    rows = [a_finding(1), a_finding(1, state="空壳"), a_finding(1)]
    assert broken_by(KIND, *rows) == [(3, "code_occurs_once_in_a_screening")]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("实体运营", "operating"),
        ("在营", "operating"),
        ("查无下落", "not_found"),
        ("失联", "not_found"),
        ("空壳", "shell"),
        ("僵尸", "shell"),
        ("停业", "suspended"),
        ("歇业", "suspended"),
        ("搬迁", "moved"),
        ("迁出", "moved"),
        ("注销", "closed"),
        ("关闭", "closed"),
        ("重复", "duplicate"),
        ("非两新", "not_two_new"),
        ("待核实", "screening"),
    ],
)
def test_what_people_write_is_a_state(said: str, state: str) -> None:
    assert prepared(KIND, a_finding(state=said))["state"].to_list() == [state]


def test_a_file_without_offices_is_its_senders() -> None:
    columns = {"uscc": "统一社会信用代码", "state": "摸排结果", "evidence": "依据"}
    frame = prepared(KIND, a_finding(state="空壳"), columns=columns)
    assert frame["office_exit_fault"].to_list() == [""]
