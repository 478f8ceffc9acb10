"""The first good row of a code is taken; a later one says the same, or something else."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from factories import a_uscc
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations import registrations
from ingest.normalise import CODES, SCHEMA
from ingest.repeats import Numbers, Repeats, fingerprint, position

NUMBER = st.integers(0, 12) | st.integers(0, 2**64 - 1)


def numbers(values: list[int]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    return np.array(values, dtype=np.uint64)


@given(st.lists(st.lists(NUMBER, max_size=12), max_size=12), st.lists(NUMBER, max_size=12))
def test_numbers_have_what_a_set_would_have(added: list[list[int]], asked: list[int]) -> None:
    kept, model = Numbers(), set[int]()
    for values in added:
        kept.add(numbers(values))
        model |= set(values)
        for some in (asked, values):
            assert kept.has(numbers(some)).tolist() == [value in model for value in some]


def test_numbers_leave_what_they_are_given_as_it_was() -> None:
    given_ = numbers([3, 1, 2])
    Numbers().add(given_)
    assert given_.tolist() == [3, 1, 2]


@given(st.sets(NUMBER, max_size=12), st.lists(NUMBER, max_size=12))
def test_a_position_is_where_a_number_stands_or_minus_one(run: set[int], asked: list[int]) -> None:
    here = sorted(run)
    expected = [here.index(value) if value in run else -1 for value in asked]
    assert position(numbers(here), numbers(asked)).tolist() == expected


def a_row(n: int = 1, **values: Any) -> dict[str, Any]:
    """A normalised row without a fault."""
    faults = {name: "" for name in SCHEMA if name.endswith("_fault")}
    return {**dict.fromkeys(SCHEMA), **faults, "uscc": a_uscc(n), "name": "示例有限公司", **values}


def a_frame(*rows: dict[str, Any]) -> pl.DataFrame:
    frame = pl.DataFrame([{**row, "file_row": n} for n, row in enumerate(rows, 2)], schema=SCHEMA)
    return frame.with_columns(fingerprint(frame), skip=pl.lit(""))


def marked(*batches: list[dict[str, Any]]) -> list[str]:
    repeats = Repeats()
    frames = [repeats.mark(a_frame(*rows)) for rows in batches]
    return [fault for frame in frames for fault in frame["repeat_fault"]]


REFUSED = [
    pytest.param({"name": None, "name_fault": "missing"}, id="without a name"),
    pytest.param({"row_fault": "more_cells"}, id="shifted"),
]


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        pytest.param([a_row(1), a_row(2)], ["", ""], id="two codes"),
        pytest.param([a_row(1), a_row(1)], ["", "same"], id="the same again"),
        pytest.param(
            [a_row(1), a_row(1, address="示例路2号")], ["", "conflict"], id="something else"
        ),
        pytest.param(
            [a_row(1), a_row(1, capital_wan=5.0), a_row(1, capital_wan=5.0)],
            ["", "conflict", "conflict"],
            id="what repeats a refused row is refused like it",
        ),
        pytest.param(
            [a_row(1), a_row(1, capital_wan=5.0), a_row(1)],
            ["", "conflict", "same"],
            id="what repeats the taken row is not",
        ),
        pytest.param(
            [a_row(1, status_fault="unknown"), a_row(1)], ["", "same"], id="a warning is no refusal"
        ),
    ],
)
def test_the_first_row_of_a_code_is_taken(rows: list[dict[str, Any]], faults: list[str]) -> None:
    assert marked(rows) == faults
    assert marked(*([row] for row in rows)) == faults  # batches make no difference


@pytest.mark.parametrize("fault", REFUSED)
def test_a_row_refused_for_a_fault_of_its_own_takes_no_code(fault: dict[str, Any]) -> None:
    """Else both rows were lost, and the sender told that one of them had been taken."""
    rows = [a_row(1, **fault), a_row(1), a_row(1, **fault), a_row(1)]
    assert marked(rows) == ["", "", "", "same"]
    assert marked(*([row] for row in rows)) == ["", "", "", "same"]


def test_a_wrong_code_is_not_repeated_by_another() -> None:
    wrong = a_row(1, uscc="", uscc_fault="missing")
    assert marked([wrong, wrong, wrong]) == ["", "", ""]


def test_a_fingerprint_is_of_code_and_values_only() -> None:
    one, same, other = a_frame(a_row(1), a_row(1, name_fault="x"), a_row(1, address="示例路2号"))[
        "row_hash"
    ]
    assert one == same
    assert one != other
    assert a_frame(a_row(2), a_row(1))["row_hash"][1] == one


def test_an_empty_batch_is_marked() -> None:
    assert marked([], [a_row(1)], []) == [""]


ROWS = st.lists(
    st.builds(
        lambda n, wan, fault: a_row(n, capital_wan=wan, **fault),
        st.integers(1, 3),
        st.sampled_from([None, 1.0, 2.0]),
        st.sampled_from([{}, {}, {"name_fault": "missing"}, {"uscc_fault": "check"}]),
    ),
    max_size=10,
)


@settings(max_examples=60)
@given(ROWS, st.integers(1, 10))
def test_rows_are_marked_as_if_read_one_by_one(rows: list[dict[str, Any]], size: int) -> None:
    taken: dict[str, float | None] = {}
    expected = []
    for row in rows:
        content = row["capital_wan"]
        if row["name_fault"] or row["uscc_fault"]:
            expected.append("")
        elif row["uscc"] not in taken:
            taken[row["uscc"]] = content
            expected.append("")
        else:
            expected.append("same" if taken[row["uscc"]] == content else "conflict")
    assert marked(*(rows[n : n + size] for n in range(0, len(rows), size))) == expected


def test_what_keeps_a_row_from_taking_its_code_is_what_refuses_it() -> None:
    refusing = {
        (rule.column, code)
        for rule in registrations.RULES
        for code in rule.codes
        if rule.severity == "refuse" and rule.column != "repeat_fault"
    }
    for column, codes in CODES.items():
        for code in codes:
            [_, second] = marked([a_row(1, **{column: code}), a_row(1, name="另一家公司")])
            assert second == ("" if (column, code) in refusing else "conflict"), (column, code)
