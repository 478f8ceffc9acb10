"""What people read about a broken rule, and whether it refuses."""

import re
import string

import pytest

from expectations import batches
from expectations.messages import MESSAGES, SUITES
from expectations.rule import Rule, general
from ingest import headers, kinds
from liangxin.access import Role

#: Of a registration only what would put a wrong organisation into the register refuses.
REFUSING_FIELDS = {"row", "uscc", "name", "enterprise_type", "status"}
#: Kinds that share rules; one need not have every cell the other marks.
SIBLINGS = {
    "social": ["registrations"],
    "ledger": ["ledger_social"],
    "ledger_social": ["ledger"],
}
OF_ROWS = [(kind, rule) for kind, rules in SUITES.items() for rule in rules]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_a_name_means_one_rule_in_every_suite() -> None:
    for rules in (*SUITES.values(), batches.RULES):
        assert len({rule.name for rule in rules}) == len(rules)
        assert all(MESSAGES[rule.name] == rule for rule in rules)


def test_every_kind_of_file_has_a_suite() -> None:
    assert set(SUITES) == {"registrations", "social", *kinds.KINDS}


def test_of_a_registration_only_what_would_make_a_wrong_organisation_refuses() -> None:
    refusing = [rule for rule in SUITES["registrations"] if rule.severity == "refuse"]
    assert {rule.field for rule in refusing} == REFUSING_FIELDS
    # A number of no declared code book is refused: it may mean the opposite of what it says.
    codes = {
        code
        for rule in refusing
        if rule.field in {"enterprise_type", "status"}
        for code in rule.codes
    }
    assert codes == {"bare_code"}


@pytest.mark.parametrize(("kind", "rule"), OF_ROWS, ids=[f"{k}-{r.name}" for k, r in OF_ROWS])
def test_a_rule_of_rows_speaks_of_columns_its_kind_of_file_has(kind: str, rule: Rule) -> None:
    fields = set(headers.vocabulary(kind))
    for sibling in SIBLINGS.get(kind, ()):
        fields |= set(headers.vocabulary(sibling))
    assert {rule.field, *rule.also} <= fields | {"row"}
    assert placeholders(rule.zh) == placeholders(rule.en) <= {"value", "column", "hint"} | fields


@pytest.mark.parametrize("rule", MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_speaks_both_languages_to_somebody(rule: Rule) -> None:
    assert any("\u4e00" <= character <= "\u9fff" for character in rule.zh)
    assert sum(c.isascii() for c in rule.en) > len(rule.en) / 2  # it may quote Chinese terms
    assert rule.owner in set(Role)
    assert rule.zh.endswith(("。", "？"))
    assert rule.en.endswith((".", "?"))
    assert rule.why.endswith((".", "?"))
    assert rule.name == rule.name.lower()


#: A sentence that breaks off where a value stood, or brackets and lists of nothing.
BROKEN_OFF = re.compile(
    r"为[，。（]|却是。|[只已]有名|盖个|党员名，|（）|[：、][、）]| {2}|占 [，。]"
)


@pytest.mark.parametrize("rule", MESSAGES.values(), ids=MESSAGES.keys())
def test_what_a_rule_says_of_no_cell_does_not_break_off_where_a_value_stood(rule: Rule) -> None:
    zh, en = general(rule)
    assert not BROKEN_OFF.search(zh)
    assert not placeholders(zh + en)


def test_of_no_cell_a_value_that_is_missed_is_shown_as_left_out() -> None:
    assert general(MESSAGES["operating_organisations_have_staff"])[0] == (
        "状态为经营中，从业人员却为…。请核实是否仍在经营，或补正人数。"
    )


@pytest.mark.parametrize("rule", batches.RULES, ids=lambda rule: rule.name)
def test_a_rule_of_a_whole_batch_says_the_same_figures_in_both_languages(rule: Rule) -> None:
    assert placeholders(rule.zh) == placeholders(rule.en)
