"""What people read about a broken rule, and whether it refuses."""

import string

import pytest

from expectations import batches
from expectations.messages import MESSAGES, SUITES
from expectations.rule import Rule
from ingest import headers, normalise
from liangxin.access import Role

#: Only what would put a wrong organisation into the register refuses (decision 0004).
WARNINGS = {
    "established_on_is_a_date",
    "established_on_is_not_in_the_future",
    "capital_is_a_number",
    "capital_has_a_unit",
    "status_is_known",
    "batch_is_not_above_its_maximum",
}


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_a_name_means_one_rule_in_every_suite() -> None:
    for rules in (*SUITES.values(), batches.RULES):
        assert len({rule.name for rule in rules}) == len(rules)
        assert all(MESSAGES[rule.name] == rule for rule in rules)


def test_only_what_would_put_a_wrong_organisation_into_the_register_refuses() -> None:
    assert {rule for rule, said in MESSAGES.items() if said.severity == "warn"} == WARNINGS


@pytest.mark.parametrize(("rule", "said"), MESSAGES.items(), ids=MESSAGES.keys())
def test_a_message_speaks_both_languages_to_somebody_about_something(rule: str, said: Rule) -> None:
    batch = rule.startswith("batch_")
    assert placeholders(said.zh) <= {"value", "limit" if batch else "column"}
    assert placeholders(said.en) <= {"value", "limit" if batch else "column"}
    assert placeholders(said.zh) == placeholders(said.en)
    assert any("\u4e00" <= character <= "\u9fff" for character in said.zh)
    assert said.owner in set(Role)
    assert said.field in {*normalise.FIELDS, "rows" if batch else "row"}
    assert said.zh.endswith(("。", "？"))
    assert said.en.endswith((".", "?"))


@pytest.mark.parametrize("text", ["zh", "en"])
def test_a_message_quotes_a_value_at_most_once(text: str) -> None:
    # `refusals` puts the value between the two halves of the sentence.
    for said in MESSAGES.values():
        assert getattr(said, text).count("{value}") <= 1


def test_the_field_a_rule_is_about_has_a_column_to_point_at() -> None:
    fields = {said.field for said in MESSAGES.values()} - {"row", "rows"}
    assert fields <= set(headers.aliases())
