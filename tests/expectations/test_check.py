"""The gate: what is taken, what is not, and why; the same however a file is cut into batches."""

import itertools
from typing import Any

import polars as pl
import pytest
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations import registrations, validator
from expectations.check import Gate, Suite
from expectations.rule import Rule, known

KNOWN = known(registrations.RULES)
GOOD = dict.fromkeys(sorted({column for column, _ in KNOWN}), "")
FAULTS = st.fixed_dictionaries(
    {
        column: st.sampled_from(["", *sorted(code for c, code in KNOWN if c == column)])
        for column in GOOD
    }
)


def batch(*rows: dict[str, str | None], first: int = 2) -> pl.DataFrame:
    """Rows that have the faults given and no other."""
    schema = dict.fromkeys(GOOD, pl.String)
    full = pl.DataFrame([{**GOOD, **row} for row in rows], schema=schema)
    return full.with_row_index("file_row", offset=first)


def verdicts(gate: Gate, *batches: pl.DataFrame) -> tuple[list[bool], list[tuple[Any, ...]]]:
    taken: list[bool] = []
    broken: list[tuple[Any, ...]] = []
    for each in batches:
        said = gate.check(each)
        taken += said.taken.to_list()
        broken += said.broken.rows()
    return taken, broken


def test_a_good_batch_is_taken_whole() -> None:
    said = Gate().check(batch({}, {}, {}))
    assert said.taken.to_list() == [True, True, True]
    assert said.broken.schema == {"file_row": pl.UInt32, "rule": pl.String}
    assert said.broken.is_empty()


def test_an_empty_batch_is_no_trouble() -> None:
    said = Gate().check(batch().clear())
    assert (said.taken.len(), said.broken.height) == (0, 0)


def test_a_warning_is_told_and_the_row_is_taken() -> None:
    said = Gate().check(batch({"status_fault": "unknown", "capital_fault": "no_unit"}))
    assert said.taken.to_list() == [True]
    assert said.broken["rule"].to_list() == ["capital_has_a_unit", "status_is_known"]


def test_an_exact_repeat_is_not_judged() -> None:
    said = Gate().check(batch({}, {"repeat_fault": "same"}))
    assert said.taken.to_list() == [True, True]
    assert said.broken.is_empty()


def test_every_reason_of_a_row_is_told_in_the_order_of_the_suite() -> None:
    worst = {
        "status_fault": "unknown",
        "name_fault": "missing",
        "uscc_fault": "masked",
        "row_fault": "more_cells",
    }
    said = Gate().check(batch({}, worst))
    assert said.taken.to_list() == [True, False]
    assert said.broken.rows() == [
        (3, "row_has_no_more_cells_than_headers"),
        (3, "uscc_is_not_masked"),
        (3, "name_is_present"),
        (3, "status_is_known"),
    ]


@given(st.lists(FAULTS, min_size=1, max_size=12), st.data())
@settings(max_examples=4)
def test_verdicts_do_not_depend_on_where_a_file_is_cut(
    rows: list[dict[str, str]], data: st.DataObject
) -> None:
    whole = batch(*rows)
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=3).map(sorted))
    edges = [0, *cuts, len(rows)]
    parts = [whole.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    together, apart = verdicts(Gate(), whole), verdicts(Gate(), *parts)
    assert together == apart
    refusing = ("uscc_fault", "name_fault", "row_fault", "repeat_fault")
    refused = [any(row[column] not in {"", "same"} for column in refusing) for row in rows]
    assert together[0] == [not each for each in refused]


def test_a_kind_of_row_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    real = Suite._judge_kinds

    def counting(suite: Suite, kinds: pl.DataFrame) -> pl.DataFrame:
        judged.append(kinds.height)
        return real(suite, kinds)

    monkeypatch.setattr(Suite, "_judge_kinds", counting)
    gate = Gate()
    for _ in range(3):
        gate.check(batch({}, {"uscc_fault": "check"}, {}, {"uscc_fault": "check"}))
    gate.check(batch({"uscc_fault": "length"}, {}))
    assert judged == [2, 1]


# Nothing passes because nobody looked.


@pytest.mark.parametrize(
    ("column", "code"),
    [
        pytest.param("uscc_fault", "never_heard_of", id="a new code of a known column"),
        pytest.param("uscc_fault", "conflict", id="a code of another column"),
        pytest.param("uscc_fault", None, id="no word at all"),
    ],
)
def test_a_fault_no_rule_was_written_for_stops_the_run(column: str, code: str | None) -> None:
    with pytest.raises(RuntimeError, match=f"no rule was written.*{column}.*{code}"):
        Gate().check(batch({}, {column: code}))


def test_a_new_column_of_faults_no_rule_is_about_stops_the_run() -> None:
    with pytest.raises(RuntimeError, match="address_fault"):
        Gate().check(batch({}).with_columns(address_fault=pl.lit("in_the_sea")))
    Gate().check(batch({}).with_columns(address_fault=pl.lit("")))


@pytest.mark.parametrize("column", sorted(GOOD))
def test_a_column_of_faults_that_is_missing_stops_the_run(column: str) -> None:
    with pytest.raises(RuntimeError, match=column):
        Gate().check(batch({}).drop(column))


def test_a_rule_that_cannot_be_judged_is_not_taken_for_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_numbers(rule: Rule) -> ExpectColumnValuesToBeBetween:
        # A rule that Great Expectations cannot judge on text.
        return ExpectColumnValuesToBeBetween(
            column=rule.column, min_value=0, max_value=1, meta={"rule": rule.name}
        )

    monkeypatch.setattr(validator, "expectation", of_numbers)
    with pytest.raises(RuntimeError, match="could not be judged"):
        Suite(registrations.RULES[:1]).judge(batch({"row_fault": "more_cells"}))
