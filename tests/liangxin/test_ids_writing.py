"""What is mended in a number, what is told of it, and that one value and a column agree."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from identities import TEXT

from liangxin import wording
from liangxin.ids import columns, writing

CELLS = st.lists(
    st.none() | TEXT | st.text("09AzaZＡａ９\u3000 \xa0'\u200b\ufeff-", max_size=8), max_size=8
)


@given(CELLS)
def test_a_column_is_mended_as_its_values_one_by_one(values: list[str | None]) -> None:
    frame = pl.DataFrame({"sent": pl.Series(values, dtype=pl.String)})
    read = frame.select(
        compact=writing.compact(pl.col("sent")).fill_null(""),
        trim=writing.trim(pl.col("sent")).fill_null(""),
    ).with_columns(
        nothing=writing.is_nothing(pl.col("compact")), swap=writing.swap(pl.col("compact"))
    )
    compacted = [writing.compacted(value) for value in values]
    assert read["compact"].to_list() == compacted
    assert writing.compact_column(frame["sent"]).to_list() == compacted
    assert frame["sent"].to_list() == values  # what was sent is left as it was
    assert read["trim"].to_list() == [writing.trimmed(value) for value in values]
    assert read["nothing"].to_list() == [writing.says_nothing(code) for code in compacted]
    assert read["swap"].to_list() == [writing.swapped(code) for code in compacted]
    told = writing.repairs(frame["sent"], read["compact"])
    assert told.to_list() == ["" if value is None else writing.repair(value) for value in values]


@pytest.mark.parametrize("value", [None, "", " ", "无", "nan", "N/A", "#N/A", "--", "——", "/", "."])
def test_there_are_many_words_for_nothing(value: str | None) -> None:
    assert writing.says_nothing(writing.compacted(value))


@pytest.mark.parametrize("word", wording.NOTHING)
def test_a_cell_that_is_empty_to_other_readers_is_empty_here(word: str) -> None:
    assert writing.says_nothing(writing.compacted(word))


@pytest.mark.parametrize("value", ["0", "A", "-1", "无号"])
def test_what_says_something_is_not_nothing(value: str) -> None:
    assert not writing.says_nothing(writing.compacted(value))


def test_what_stands_inside_a_number_is_left_where_it_is_only_trimmed() -> None:
    assert writing.trimmed(" e 123\u3000") == "E 123"
    assert writing.compacted(" e 123\u3000") == "E123"


@given(st.lists(st.binary(min_size=4, max_size=4), max_size=5))
def test_sums_of_pairs_are_sums_of_characters(raw: list[bytes]) -> None:
    value = columns.values("0123456789")
    sums = columns.PairSums([(value, 7), (value, 3), None, (value, 5)], modulus=11)
    rows = columns.pairs(
        columns.np.frombuffer(b"".join(raw), dtype=columns.np.uint8).reshape(-1, 4)
    )
    fine, remainder = sums(rows)
    for row, ok, left in zip(raw, fine, remainder, strict=True):
        digits = [row[0] - 48, row[1] - 48, row[3] - 48]
        assert ok == all(0 <= digit <= 9 for digit in digits)
        if ok:
            assert left == (digits[0] * 7 + digits[1] * 3 + digits[2] * 5) % 11


def test_only_codes_of_the_width_are_in_the_table() -> None:
    mask, rows = columns.table(pl.Series(["ab", None, "abc", "例", "cd"]), 2)
    assert mask.tolist() == [True, False, False, False, True]
    assert rows.tobytes() == b"abcd"
    assert columns.spread(mask, rows[:, 0] == ord("c")).tolist() == [False] * 4 + [True]
