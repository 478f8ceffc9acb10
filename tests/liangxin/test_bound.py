"""Frames are handed to a database whole and in order, however many rows go into a statement."""

from itertools import chain

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from liangxin import bound, db
from liangxin.schema import Meta


@given(st.integers(0, 350), st.integers(1, 40))
def test_every_row_is_in_one_statement(rows: int, width: int) -> None:
    sent = [tuple(range(row * width, (row + 1) * width)) for row in range(rows)]
    together, groups, rest = bound.grouped(sent)
    assert list(chain.from_iterable([*groups, *rest])) == list(range(rows * width))
    assert {len(group) for group in groups} <= {together * width}
    assert len(rest) < together
    if rows:  # of no rows nobody knows the width
        assert together * width <= bound.MOST_PARAMETERS


def test_a_row_wider_than_a_statement_goes_alone() -> None:
    wide = tuple(range(bound.MOST_PARAMETERS + 1))
    assert bound.grouped([wide, wide]) == (1, [wide, wide], [])


def test_more_rows_than_go_into_a_statement_are_all_in_the_table(engine: Engine) -> None:
    count = 3 * bound.ROWS_TOGETHER + 1
    frame = pl.DataFrame({"key": [f"示例{n}" for n in range(count)]})
    frame = frame.with_columns(value=pl.col("key") + "的值")
    with db.writing(engine) as connection:
        db.insert_frame(connection, Meta.metadata.tables["meta"], frame)
        held = {row.key: row.value for row in connection.execute(select(Meta.key, Meta.value))}
    assert {name: value for name, value in held.items() if name.startswith("示例")} == dict(
        frame.iter_rows()
    )
