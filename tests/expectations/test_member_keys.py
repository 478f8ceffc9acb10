"""Rules for keys of the member register, each by a row that breaks it and the nearest that keeps it."""

import pytest
from sheets import Cases, Cells, Judged, broken_by, judge, prepared, taken_without

from expectations import member_keys
from expectations.messages import MESSAGES
from ingest.parse import MORE

KIND = "member_keys"
CASES: Cases = {
    "row_has_no_more_cells_than_headers": ({MORE: "是"}, {}),
    "key_is_there": ({"key": "无"}, {}),
    "key_is_an_hmac": ({"key": "0f" * 31}, {"key": "0F" * 32}),
    "organisation_of_a_key_is_there": ({"party_organisation": ""}, {}),
    "organisation_of_a_key_is_more_than_digits": (
        {"party_organisation": "12"},
        {"party_organisation": "第12党支部"},
    ),
    "organisation_of_a_key_is_one_name": ({"party_organisation": "示例党支部" * 50}, {}),
}
#: Two rows are needed.
APART = {"key_occurs_once"}
RULES = {rule.name: rule for rule in member_keys.RULES}


def a_member(n: int = 1, **cells: str | None) -> Cells:
    """The n-th pseudonym; all is well."""
    return {"key": f"{n:064x}", "party_organisation": "示例公司党支部", **cells}


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


@pytest.mark.parametrize("rule", [rule for rule in CASES if RULES[rule].column != "row_fault"])
def test_a_rule_taken_out_of_the_suite_stops_refusing(rule: str) -> None:
    frame = prepared(KIND, a_member(1, **CASES[rule][0]))
    assert taken_without(KIND, RULES[rule], frame) == [True]


def test_one_key_at_two_organisations_is_told() -> None:
    rows = [a_member(1), a_member(1, party_organisation="另一党支部"), a_member(1)]
    assert broken_by(KIND, *rows) == [(3, "key_occurs_once")]


def test_no_message_quotes_a_key() -> None:
    for rule in RULES.values():
        if rule.field == "key":
            assert "{value}" not in rule.zh + rule.en
        assert "{key}" not in rule.zh + rule.en
