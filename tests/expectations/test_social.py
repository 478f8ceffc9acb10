"""What only exports of social organisations can break, beside the rules of all registrations."""

import pytest
from factories import a_registration, a_uscc
from sheets import (
    Cases,
    Cells,
    Judged,
    answer_cases,
    broken_by,
    choice_cases,
    count_cases,
    judge,
    prepared,
    taken_without,
)

from expectations import registrations, social
from expectations.messages import MESSAGES
from ingest import headers

KIND = "social"
TYPE = "enterprise_type"
CASES: Cases = {
    "social_kind_is_known": ({TYPE: "甲乙丙"}, {TYPE: "行业协会"}),
    "social_kind_agrees_with_the_uscc": ({TYPE: "基金会"}, {TYPE: "社会团体"}),
    "service_institution_has_no_branches": (
        {TYPE: "民办非企业单位分支机构", "uscc": a_uscc(7, prefix="52")},
        {TYPE: "社会服务机构", "uscc": a_uscc(8, prefix="52")},
    ),
    "registration_certificate_has_all_its_digits": (
        {"registration_certificate": "5.10101E+14"},
        {"registration_certificate": "示社证字第010001号"},
    ),
    **choice_cases("annual_check", "基本合格"),
    "annual_check_was_attended": ({"annual_check": "未参检"}, {"annual_check": "合格"}),
    "annual_check_was_passed": ({"annual_check": "不合格"}, {"annual_check": ""}),
    **answer_cases("can_build"),
    **answer_cases("built", "social_built"),
    **count_cases("members", "social_members"),
    "three_members_of_a_social_organisation_have_a_branch": (
        {"built": "否", "members": "3"},
        {"built": "否", "members": "2"},
    ),
    "what_can_be_built_is_built": (
        {"can_build": "是", "built": "否"},
        {"can_build": "是", "built": "是"},
    ),
    "a_party_organisation_has_members": (
        {"built": "有", "members": "0"},
        {"built": "有", "members": "1"},
    ),
}
RULES = {rule.name: rule for rule in social.EXTRA}


def an_association(n: int = 1, **cells: str | None) -> Cells:
    """The n-th association of an export; all is well."""
    return {
        "uscc": a_uscc(n, prefix="51"),
        "name": f"示例第{n}号协会",
        TYPE: "社会团体",
        "established_on": "2019-03-15",
        "address": a_registration(n)["住所"],
        "status": "正常",
        **cells,
    }


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return judge(KIND, CASES, an_association)


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


def test_the_rules_of_all_registrations_hold_here_too() -> None:
    assert social.RULES[: len(registrations.RULES)] == registrations.RULES
    assert broken_by(KIND, an_association(uscc="")) == [(2, "uscc_is_present")]


def test_digits_for_a_kind_are_told_once() -> None:
    assert broken_by(KIND, an_association(enterprise_type="1")) == [
        (2, "enterprise_type_is_no_bare_code")
    ]


def test_an_export_without_these_columns_has_none_of_their_faults() -> None:
    columns = {
        field: names[0]
        for field, names in headers.vocabulary(KIND).items()
        if field in ("uscc", "name")
    }
    frame = prepared(KIND, an_association(), columns=columns)
    faults = sorted({rule.column for rule in social.EXTRA})
    assert frame.select(faults).rows() == [("",) * len(faults)]


def test_every_field_of_a_rule_is_one_the_file_may_have() -> None:
    for rule in social.EXTRA:
        assert {rule.field, *rule.also} <= headers.vocabulary(KIND).keys(), rule.name
