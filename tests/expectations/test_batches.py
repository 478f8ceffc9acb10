"""Rules on whole batches: each stops or warns by itself, and says the figures."""

import pytest

from expectations import batches
from expectations.batches import FIELDS, RULES, Figures
from expectations.check import Said, judge_batch
from expectations.rule import Rule
from liangxin.errors import BatchStopped

FIGURES = Figures("12", "34", "12-en", "34-en")


def judge(rule: Rule, without: str = "") -> tuple[Said, ...]:
    return judge_batch({rule.column: rule.codes[0]}, {rule.column: FIGURES}, without=without)


STOPPING = [rule for rule in RULES if rule.severity == "refuse"]
WARNING = [rule for rule in RULES if rule.severity == "warn"]


def test_a_batch_that_is_as_expected_goes_on_without_a_word() -> None:
    assert judge_batch({}, {}) == ()
    assert judge_batch({rule.column: "" for rule in RULES}, {}) == ()


@pytest.mark.parametrize("rule", STOPPING, ids=lambda rule: rule.name)
def test_a_rule_that_stops_says_both_figures_in_both_languages(rule: Rule) -> None:
    with pytest.raises(BatchStopped) as stopped:
        judge(rule)
    assert {"12", "34"} <= set(stopped.value.zh.split())
    assert "12-en" in stopped.value.en
    assert "34-en" in stopped.value.en
    assert "登记库未变" in stopped.value.zh
    assert "Nothing of it was loaded" in stopped.value.en


@pytest.mark.parametrize("rule", WARNING, ids=lambda rule: rule.name)
def test_a_rule_that_warns_says_both_figures_in_both_languages(rule: Rule) -> None:
    [said] = judge(rule)
    assert said.rule == rule.name
    assert "12" in said.zh
    assert "34" in said.zh
    assert "12-en" in said.en
    assert "34-en" in said.en


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_without_its_rule_a_fault_passes(rule: Rule) -> None:
    """Great Expectations judges: no other line of code stops a batch or warns."""
    assert judge(rule, without=rule.name) == ()


def test_only_counts_that_cannot_be_right_stop_a_batch() -> None:
    assert {rule.name for rule in STOPPING} == {
        "batch_is_not_below_its_minimum",
        "batch_is_not_a_list_sent_twice",
        "batch_is_not_far_below_its_last_runs",
    }


def test_how_to_go_on_is_said_when_a_register_really_shrank() -> None:
    with pytest.raises(BatchStopped, match=r"share_of_last = 0\.1") as stopped:
        judge_batch({"rows_fault": "far_below"}, {"rows_fault": Figures("400", "1,000")})
    assert "只有 400 行" in stopped.value.zh
    assert "有 1,000 行" in stopped.value.zh
    assert "[expected]" in stopped.value.zh


def test_all_warnings_of_a_batch_are_told_in_the_order_of_the_suite() -> None:
    faults = {rule.column: rule.codes[0] for rule in reversed(WARNING)}
    said = judge_batch(faults, dict.fromkeys(faults, FIGURES))
    order = [rule.name for rule in RULES]
    assert [each.rule for each in said] == sorted((each.rule for each in said), key=order.index)
    assert len(said) == len(faults)


def test_a_batch_that_stops_stops_whatever_else_it_breaks() -> None:
    faults = {"rows_fault": "far_below", "located_fault": "dropped"}
    with pytest.raises(BatchStopped):
        judge_batch(faults, dict.fromkeys(faults, FIGURES))


@pytest.mark.parametrize("fault", [("rows_fault", "never_heard_of"), ("no_fault", "jumped")])
def test_a_fault_no_rule_was_written_for_is_no_pass(fault: tuple[str, str]) -> None:
    with pytest.raises(RuntimeError, match="no rule was written"):
        judge_batch(dict([fault]), {fault[0]: FIGURES})


def test_every_field_that_may_become_empty_has_a_rule_that_names_it() -> None:
    for field, (zh, en) in FIELDS.items():
        [rule] = [each for each in RULES if each.column == f"empty_{field}_fault"]
        assert zh in rule.zh
        assert en in rule.en


def test_no_rule_is_about_what_is_fine() -> None:
    """`judge_batch` asks only the rules about columns that have a fault."""
    assert [rule.name for rule in batches.RULES if "" in rule.codes] == []
