"""Rules for ledgers of social organisations: a row that breaks each, the nearest that keeps it."""

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

from expectations import ledger, ledger_social
from expectations.messages import MESSAGES
from ingest import headers
from ingest.parse import MORE

KIND = "ledger_social"
COUNTS = (
    *("staff", "insured", "members", "full_members", "probationary_members", "members_in"),
    *("members_out", "members_developed", "members_removed", "party_workers", "members_under_35"),
    *("staff_full_time", "staff_part_time", "association_members", "deputies"),
    *("deputies_full_time", "deputies_part_time", "members_employed", "members_university"),
    *("members_school", "applicants", "activists"),
)
ANSWERS = (
    "head_is_member",
    "head_is_secretary",
    "head_is_delegate",
    "can_build",
    "instructor_sent",
)
CASES: Cases = {
    "row_has_no_more_cells_than_headers": ({MORE: "是"}, {}),
    **uscc_cases(),
    "ledger_name_is_there": ({"name": " "}, {"name": "示例"}),
    "ledger_name_is_more_than_digits": ({"name": "12"}, {"name": "12协会"}),
    "ledger_name_is_one_name": ({"name": "示例协会" * 60}, {}),
    **{rule: case for field in COUNTS for rule, case in count_cases(field).items()},
    **count_cases("joint_units", good="2"),
    **{rule: case for field in ANSWERS for rule, case in answer_cases(field).items()},
    **answer_cases("built", **BUILT),
    **day_cases("built_on"),
    **day_cases("founded_on", "ledger_founded_on"),
    **day_cases("re_elected_on"),
    **day_cases("covered_on"),
    **person_cases("secretary_name"),
    **person_cases("instructor_name"),
    **phone_cases("party_phone"),
    **choice_cases("nature", "社会服务机构"),
    **choice_cases("state", "注销", "social_state"),
    **tick_cases("annual_check", "基本合格", ["passed", "nearly", "failed", "absent"]),
    **tick_cases("form", "其他", ["in_members", "in_council"], "social_party_form"),
    **tick_cases("level", "联合党支部", ["branch", "general_branch"], "party_level"),
    **tick_cases("reason", "没有党员", ["no_members", "owner_against"], "unbuilt_reason"),
    **choice_cases("secretary_from", "上级党组织选派", "social_secretary_from"),
    **HEADCOUNT_CASES,
    **PARTY_CASES,
    "full_and_part_time_staff_make_up_all": (
        {"staff": "5", "staff_full_time": "3", "staff_part_time": "1"},
        {"staff": "5", "staff_full_time": "3", "staff_part_time": "2"},
    ),
    "full_and_part_time_deputies_make_up_all": (
        {"deputies": "2", "deputies_full_time": "1", "deputies_part_time": "0"},
        {"deputies": "2", "deputies_full_time": "1", "deputies_part_time": "1"},
    ),
    "head_is_secretary_and_member": (
        {"head_is_secretary": "是", "head_is_member": "否"},
        {"head_is_secretary": "是", "head_is_member": "是"},
    ),
    "head_is_secretary_of_something": (
        {"head_is_secretary": "是", "built": "否"},
        {"head_is_secretary": "是", **BUILT},
    ),
    "elections_come_after_founding": (
        {"re_elected_on": "2019-03-14", "built_on": "2019-03-15"},
        {"re_elected_on": "2019-03-15", "built_on": "2019-03-15"},
    ),
    **{
        f"{part}_are_not_more_than_{whole}": ({part: "3", whole: "2"}, {part: "2", whole: "2"})
        for part, whole in (
            ("members_employed", "staff"),
            ("members_under_35", "members"),
            ("members_university", "members"),
            ("members_school", "members"),
        )
    },
}
#: Two rows are needed.
APART = {"code_occurs_once_in_a_ledger"}
RULES = {rule.name: rule for rule in ledger_social.RULES}


def an_association(n: int = 1, **cells: str | None) -> Cells:
    """The n-th association, about which nothing more is said; all is well."""
    return {"uscc": a_uscc(n, prefix="51"), "name": f"示例第{n}号协会", **cells}


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return judge(KIND, CASES, an_association)


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
    first, other = an_association(1, staff="5"), an_association(1, staff="6")
    assert broken_by(KIND, first, other, first) == [(3, "code_occurs_once_in_a_ledger")]


@pytest.mark.parametrize(
    ("tick", "code"),
    [("passed", "passed"), ("nearly", "nearly"), ("failed", "failed"), ("absent", "absent")],
)
def test_the_annual_check_is_read_from_its_ticks(tick: str, code: str) -> None:
    frame = prepared(KIND, an_association(**{f"annual_check_{tick}": "√"}))
    assert frame.select("annual_check", "annual_check_fault").rows() == [(code, "")]


def test_both_ledgers_share_the_rules_they_share() -> None:
    firms = {rule.name: rule for rule in ledger.RULES}
    shared = [rule for rule in ledger_social.RULES if rule.name in firms]
    assert len(shared) > 100
    assert all(firms[rule.name] == rule for rule in shared)


def test_every_field_of_a_rule_is_one_the_file_may_have() -> None:
    of_other_ledgers = {"form_alone", "form_joint", "form_grid", "form_attached"}
    known = {*headers.vocabulary(KIND), "row"} | of_other_ledgers
    for rule in ledger_social.RULES:
        assert {rule.field, *rule.also} <= known, rule.name
