"""Batches are prepared in order, ahead of who uses them, and nothing is left running."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
import pytest
from factories import TODAY, a_registration, a_uscc
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import sources
from ingest.ahead import Ahead
from ingest.known import Known
from ingest.locate.gazetteer import Gazetteer
from ingest.parse import MORE, ROW
from ingest.preparing import Awaited, Prepared, Preparing, Reading

PATIENCE = 10.0
COLUMNS = {
    "uscc": "统一社会信用代码",
    "name": "企业名称",
    "address": "住所",
    "district_code": "行政区划",
}
LISTED = pl.DataFrame(
    [
        ("99", "示例省", "province", ""),
        ("9999", "示例市", "city", "99"),
        ("999999", "示例区", "district", "9999"),
        ("999999001", "北街道", "subdistrict", "999999"),
    ],
    schema=["code", "name", "level", "parent_code"],
    orient="row",
)


# Ahead.


def numbers(values: Iterator[int], *, depth: int) -> Ahead[int]:
    """Numbers ahead; it does not care what a batch is."""
    return Ahead(values, depth=depth, name="preparing")


def preparing_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("preparing")]


@settings(max_examples=30)
@given(st.integers(0, 8), st.integers(1, 4))
def test_what_is_prepared_ahead_comes_in_order(count: int, depth: int) -> None:
    assert list(numbers(iter(range(count)), depth=depth)) == list(range(count))
    assert not preparing_threads()


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_an_error_is_raised_where_its_item_would_have_been(depth: int) -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    seen = []
    with pytest.raises(ValueError, match="the third"):  # noqa: PT012 - what came before counts
        for number in numbers(failing(), depth=depth):
            seen.append(number)  # noqa: PERF402 - a list() of them would lose them all
    assert seen == [1, 2]
    assert not preparing_threads()


def test_the_thread_ends_when_nobody_wants_more() -> None:
    with closing(numbers(iter(range(1000)), depth=3)) as some:
        assert list(islice(some, 2)) == [0, 1]
        assert preparing_threads()
    assert not preparing_threads()


def test_the_thread_ends_when_its_user_fails() -> None:
    with (
        pytest.raises(KeyError),
        closing(numbers(iter(range(1000)), depth=3)) as some,
    ):
        raise KeyError(next(some))
    assert not preparing_threads()


def test_no_more_is_prepared_than_was_asked_for() -> None:
    made: list[int] = []

    def counted() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    with closing(numbers(counted(), depth=3)) as some:
        for asked in range(1, 5):
            next(some)
            assert len(made) <= asked + 3


def test_the_next_item_is_made_while_the_last_one_is_used() -> None:
    second_begun = threading.Event()

    def slow() -> Iterator[int]:
        yield 1
        second_begun.set()
        yield 2

    with closing(numbers(slow(), depth=1)) as some:
        next(some)
        assert second_begun.wait(PATIENCE)


# Preparing.


@dataclass(frozen=True)
class APart:
    """A file of rows whose numbers are those a spreadsheet shows."""

    rows: list[dict[str, str]]
    columns: dict[str, str] = field(default_factory=lambda: COLUMNS)

    def land(self, settings: Any, hashed: Any = None) -> Any:
        raise AssertionError(f"preparing lands nothing, not even in {settings}: {hashed}")

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        frame = pl.DataFrame(self.rows).with_row_index(ROW, offset=2)
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(MORE))
        yield from (frame.slice(start, size) for start in range(0, frame.height, size))

    def skips(self, batch: pl.DataFrame) -> pl.Series:
        return pl.repeat("", batch.height, dtype=pl.String, eager=True)


SOURCE = sources.Source(title="示例", publisher="示例局", rhythm="monthly")


def preparing_of(
    parts: Sequence[APart], size: int, district: str, known: Known | None = None
) -> Preparing:
    return preparing_what(Reading(parts, size), district, known)


def preparing_what(reading: Reading, district: str, known: Known | None) -> Preparing:
    return Preparing(
        reading,
        Gazetteer.build(LISTED),
        today=TODAY,
        district=district,
        source=SOURCE,
        known=known,
    )


def known_of(rows: list[dict[str, str]]) -> Known:
    """What a source that sent these rows before is known by."""
    [batch] = prepared(APart(rows), size=len(rows))
    prints = batch.frame["fingerprint"].to_numpy().view(np.int64)
    return Known(prints, np.arange(len(rows)), np.zeros(len(rows), dtype=np.int64))


def prepared(*parts: APart, size: int = 10, district: str = "999999") -> list[Prepared]:
    preparing = preparing_of(parts, size, district)
    found = list(preparing.batches())
    assert preparing.rows == sum(batch.frame.height for batch in found)
    assert len(preparing.offsets) == len(parts)
    return found


def some_rows(*numbers: int, **cells: str) -> list[dict[str, str]]:
    return [a_registration(n, 住所=f"示例区北街道示例路{n}号", **cells) for n in numbers]


@pytest.mark.parametrize("asked_first", [True, False])
def test_who_asks_for_faults_is_told_whether_one_came_before_or_comes_later(
    asked_first: bool,
) -> None:
    faulty = APart([*some_rows(1), *some_rows(2, 统一社会信用代码="示例")])
    preparing, told = preparing_of([faulty], 1, "999999"), list[str]()
    batches = preparing.batches()
    next(batches)
    if asked_first:
        preparing.on_fault(lambda: told.append("a fault"))
        assert told == []
    next(batches)
    if not asked_first:
        preparing.on_fault(lambda: told.append("a fault"))
    assert told == ["a fault"]


def test_of_a_source_that_spoke_before_a_batch_is_announced_by_the_codes_in_it() -> None:
    """What is written otherwise than codes are is nobody's to look for before it is put right."""
    before = some_rows(1, 2)
    strange = some_rows(7, 统一社会信用代码="示例\x00")
    small = some_rows(8, 统一社会信用代码=a_uscc(8).lower())
    rows = [*before, *some_rows(3, 4), *strange, *small]
    preparing = preparing_of([APart(rows)], 3, "999999", known_of(before))
    told = list(preparing.announced())
    assert [type(each) for each in told] == [Awaited, Prepared, Awaited, Prepared]
    assert [each.codes.to_list() for each in told if isinstance(each, Awaited)] == [
        [a_uscc(3)],
        [a_uscc(4)],
    ]


def test_whom_a_batch_names_is_told_as_soon_as_rows_of_it_are_read() -> None:
    """Rows that are prepared together come out of many that are passed by."""
    before, new = some_rows(*range(6)), some_rows(10, 11, 12)
    rows = [*before[:2], new[0], *before[2:4], new[1], *before[4:], new[2]]
    told = list(preparing_of([APart(rows)], 3, "999999", known_of(before)).announced())
    assert [type(each) for each in told] == [Awaited, Awaited, Awaited, Prepared]
    assert [each.codes.to_list() for each in told if isinstance(each, Awaited)] == [
        [a_uscc(10)],
        [a_uscc(11)],
        [a_uscc(12)],
    ]


def test_of_a_source_that_never_spoke_nobody_is_announced() -> None:
    [only] = preparing_of([APart(some_rows(1))], 3, "999999").announced()
    assert isinstance(only, Prepared)


def test_whatever_ends_a_run_does_not_wait_for_the_rest_of_the_file() -> None:
    rows = some_rows(*range(100))
    at_the_third, stopped, read = threading.Event(), threading.Event(), list[int]()

    class Slow(APart):
        def batches(self, size: int) -> Iterator[pl.DataFrame]:
            for number, batch in enumerate(super().batches(size)):
                if number == 3:
                    at_the_third.set()
                    assert stopped.wait(PATIENCE)
                read.append(number)
                yield batch

    class Watched(Reading):
        def stop(self) -> None:
            super().stop()
            stopped.set()

    preparing = preparing_what(Watched([Slow(rows)], 1), "999999", known_of(rows))
    with preparing.announced_ahead(depth=1):
        assert at_the_third.wait(PATIENCE)
    assert read == [0, 1, 2, 3]
    assert not preparing_threads()


def test_rows_are_numbered_through_all_files_of_a_run() -> None:
    parts = [APart(some_rows(1, 2)), APart(some_rows(3)), APart(some_rows(4, 5))]
    preparing = preparing_of(parts, 10, "999999")
    rows = [row for batch in preparing.batches() for row in batch.frame["file_row"]]
    assert preparing.offsets == [0, 3, 5]
    assert rows == [2, 3, 5, 7, 8]
    assert preparing.rows == 5


def test_small_files_of_one_form_share_a_batch() -> None:
    """Two hundred sheets of one row each cost hardly more than one sheet of two hundred rows."""
    other = {**COLUMNS, "name": "统一社会信用代码", "uscc": "企业名称"}
    parts = [*(APart(some_rows(n)) for n in (1, 2, 3)), APart(some_rows(4), columns=other)]
    assert [batch.frame.height for batch in prepared(*parts, size=2)] == [2, 1, 1]


def test_a_row_is_located_and_has_its_fingerprint() -> None:
    [batch] = prepared(APart(some_rows(1)))
    [row] = batch.frame.to_dicts()
    assert (row["district_code"], row["subdistrict_code"]) == ("999999", "999999001")
    assert row["row_hash"] is not None
    assert row["repeat_fault"] == ""
    assert batch.sent.is_empty()


def test_only_rows_with_a_fault_are_kept_as_sent() -> None:
    rows = [*some_rows(1), *some_rows(2, 统一社会信用代码="示例"), *some_rows(1, 企业名称="别的")]
    [batch] = prepared(APart(rows))
    assert batch.sent[ROW].to_list() == [3, 4]
    assert batch.sent["企业名称"].to_list() == ["示例第2号有限公司", "别的"]
    assert batch.columns == COLUMNS


def test_columns_nobody_knows_are_not_kept_with_rows_that_have_a_fault() -> None:
    """There may be thousands, and several batches wait at a time."""
    [batch] = prepared(APart(some_rows(1, 统一社会信用代码="示例", 备注="别处")))
    assert batch.sent.height == 1
    assert "备注" not in batch.sent.columns


def test_a_repeat_is_seen_across_batches_and_files() -> None:
    parts = [APart(some_rows(1, 2)), APart(some_rows(2, 3))]
    for size in (1, 2):
        faults = [f for batch in prepared(*parts, size=size) for f in batch.frame["repeat_fault"]]
        assert faults == ["", "", "same", ""]


def test_a_file_without_rows_moves_no_numbers() -> None:
    [batch] = prepared(APart([]), APart(some_rows(1)))
    assert batch.frame["file_row"].to_list() == [2]


def test_a_district_the_row_itself_states_serves_where_the_address_names_none() -> None:
    rows = [a_registration(1, 住所="示例路1号", 行政区划="430702")]
    [batch] = prepared(APart(rows), district="")
    assert batch.frame["district_code"].to_list() == ["430702"]


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(1, 4), max_size=5), max_size=3), st.integers(1, 4))
def test_every_row_of_every_file_is_prepared_once(files: list[list[int]], size: int) -> None:
    parts = [APart(some_rows(*rows)) for rows in files if rows]
    found = prepared(*parts, size=size)
    assert all(0 < batch.frame.height <= size for batch in found)
    codes = [code for batch in found for code in batch.frame["uscc"]]
    assert codes == [a_uscc(n) for rows in files for n in rows]
    rows = [row for batch in found for row in batch.frame["file_row"]]
    assert rows == sorted(set(rows))
