"""A ledger's counts are recorded for whom the register knows; every other row is told."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from factories import NOW, a_uscc, insert_organisation, insert_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from ingest import kinds
from ingest.headcounts import LEFT, Counted, load_headcounts
from ingest.parse import MORE, ROW
from liangxin import db, rules
from liangxin.errors import Misuse
from liangxin.schema import Headcount, Question

JUNE = date(2022, 6, 30)
COLUMNS = {"uscc": pl.String, "staff": pl.Int64, "members": pl.Int64}


def ledger(*rows: tuple[str | None, int | None, int | None]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    return frame.with_row_index("file_row", offset=2)


def load(engine: Engine, frame: pl.DataFrame, **how: Any) -> Counted:
    defaults: dict[str, Any] = {
        "source": "ledger",
        "as_of": JUNE,
        "run_id": None,
        "now": NOW,
        "rule_set": rules.load(),
    }
    with db.writing(engine) as connection:
        return load_headcounts(connection, frame, **{**defaults, **how})


def recorded(engine: Engine) -> list[tuple[Any, ...]]:
    query = select(
        Headcount.organisation_id, Headcount.source, Headcount.counted_on, Headcount.staff
    )
    with db.reading(engine) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(Headcount.id))]


@pytest.fixture
def firms(engine: Engine) -> Engine:
    with db.writing(engine) as connection:
        insert_organisation(connection)
        insert_organisation(connection)
    return engine


@pytest.fixture
def sqlite_firms(sqlite_engine: Engine) -> Engine:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection)
        insert_organisation(connection)
    return sqlite_engine


def test_counts_are_recorded_by_code_and_every_other_row_is_told(firms: Engine) -> None:
    said = load(
        firms,
        ledger(
            (a_uscc(1), 9, 2),
            (a_uscc(7), 9, 2),
            (None, 9, 2),
            (a_uscc(2), None, None),
            (a_uscc(1), 10, 2),
        ),
    )
    assert recorded(firms) == [(1, "ledger", JUNE, 9)]
    assert (said.rows, said.recorded.new) == (5, 1)
    assert said.left.rows() == [
        (3, a_uscc(7), "unknown"),
        (4, None, "no_code"),
        (5, a_uscc(2), "no_counts"),
        (6, a_uscc(1), "repeated"),
    ]
    assert set(said.left["reason"]) == set(LEFT)


def test_a_ledger_as_an_office_writes_it_is_recorded(firms: Engine) -> None:
    columns = {"uscc": "统一社会信用代码", "staff": "从业人员数量(名)", "full_members": "正式党员"}
    sent = pl.DataFrame(
        {
            "统一社会信用代码": [a_uscc(1), a_uscc(2).lower()],
            "从业人员数量(名)": ["12人", "约20"],
            "正式党员": ["3", "2"],
            ROW: [2, 3],
            MORE: pl.Series([None, None], dtype=pl.String),
        }
    )
    frame = kinds.normalise(sent, columns, kinds.KINDS["ledger"], kinds.Context(today=JUNE))
    assert load(firms, frame).recorded.new == 2
    # A count that cannot be read is none; what its row says besides is taken.
    assert [row[3] for row in recorded(firms)] == [12, None]


def test_more_members_than_staff_are_asked_about_by_the_run_that_read_them(firms: Engine) -> None:
    with db.writing(firms) as connection:
        run = insert_run(connection)
    assert load(firms, ledger((a_uscc(1), 2, 3)), run_id=run).recorded.asked == 1
    with db.reading(firms) as connection:
        [row] = connection.execute(select(Question.run_id, Question.rule)).all()
    assert row == (run, "members_are_not_more_than_staff")


def test_loading_it_again_records_nothing(firms: Engine) -> None:
    frame = ledger((a_uscc(1), 9, 2), (a_uscc(2), 3, 1))
    load(firms, frame)
    again = load(firms, frame)
    assert (again.recorded.new, again.recorded.unchanged) == (0, 2)
    assert len(recorded(firms)) == 2


def test_a_ledger_without_counts_records_nothing(sqlite_firms: Engine) -> None:
    said = load(sqlite_firms, ledger((a_uscc(1), 9, 2)).select("file_row", "uscc"))
    assert (said.left["reason"].to_list(), recorded(sqlite_firms)) == (["no_counts"], [])


@pytest.mark.parametrize("rows", [[], [(a_uscc(1), 9, 2)]], ids=["empty", "one row"])
def test_a_list_that_counts_nobody_is_a_misuse(sqlite_firms: Engine, rows: list[Any]) -> None:
    with pytest.raises(Misuse, match="instructors"):
        load(sqlite_firms, ledger(*rows), source="instructors")


COUNT = st.none() | st.integers(0, 50)
CODE = st.none() | st.sampled_from([a_uscc(n) for n in (1, 2, 7, 8)])


@given(st.lists(st.tuples(CODE, COUNT, COUNT), max_size=10))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_vanishes(sqlite_firms: Engine, rows: list[Any]) -> None:
    said = load(sqlite_firms, ledger(*rows))
    what = said.recorded
    assert said.rows == len(rows)
    assert said.rows == what.new + what.corrected + what.unchanged + said.left.height
    assert said.left["file_row"].is_unique().all()
