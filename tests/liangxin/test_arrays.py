"""Whole numbers come out of both databases as they went in, whatever the size of a block."""

import numpy as np
import polars as pl
import pytest
from factories import insert_organisation, insert_run
from sqlalchemy import Engine

from liangxin import arrays, db, drivers
from liangxin.errors import DatabaseUnavailable
from liangxin.schema import Base

TABLES = Base.metadata.tables
COLUMNS = ("organisation_id", "row_hash", "traits")


def registrations(engine: Engine, hashes: list[int]) -> None:
    """A registration of source 1 with each hash; and one of source 9."""
    with db.writing(engine) as connection:
        run = insert_run(connection)
        db.insert_frame(connection, TABLES["source"], pl.DataFrame({"id": [9], "name": ["other"]}))
        for _ in range(max(len(hashes), 1)):
            insert_organisation(connection, run_id=run)
        frame = pl.DataFrame(
            {
                "organisation_id": range(1, len(hashes) + 1),
                "row_hash": hashes,
                "traits": [n * 3 for n in range(len(hashes))],
            },
            schema=dict.fromkeys(COLUMNS, pl.Int64),
        )
        same = {"run_id": run, "file_row": 2}
        db.insert_frame(connection, TABLES["registration"], frame, same={**same, "source_id": 1})
        other = pl.DataFrame({"organisation_id": [1], "row_hash": [5], "traits": [0]})
        db.insert_frame(connection, TABLES["registration"], other, same={**same, "source_id": 9})


HASHES = [[], [-1], [2**63 - 1, -(2**63), 0], [11, -22, 33, 44], [0, 0, 0, 0, 0]]


@pytest.mark.parametrize("hashes", HASHES, ids=len)
@pytest.mark.parametrize("block", [1, 2, 4, 500_000])
def test_integers_are_read_as_arrays(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, hashes: list[int], block: int
) -> None:
    monkeypatch.setattr(drivers, "BLOCK_ROWS", block)
    registrations(engine, hashes)
    with db.reading(engine) as connection:
        found = arrays.integers(connection, TABLES["registration"], COLUMNS, where={"source_id": 1})
    assert [column.tolist() for column in found] == [
        list(range(1, len(hashes) + 1)),
        hashes,
        [n * 3 for n in range(len(hashes))],
    ]
    assert {column.dtype for column in found} == {np.dtype(np.int64)}


@pytest.mark.parametrize("block", [2, 500_000])
@pytest.mark.parametrize("gone", [1, 2, 4])
def test_ids_that_do_not_follow_one_another_are_read_as_they_are(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, gone: int, block: int
) -> None:
    monkeypatch.setattr(drivers, "BLOCK_ROWS", block)
    registrations(engine, [11, 22, 33, 44])
    table = TABLES["registration"]
    with db.writing(engine) as connection:
        connection.execute(table.delete().where(table.c.organisation_id == gone))
        found = arrays.integers(connection, table, COLUMNS, where={"source_id": 1})
    left = [n for n in (1, 2, 3, 4) if n != gone]
    assert [column.tolist() for column in found] == [
        left,
        [11 * n for n in left],
        [3 * (n - 1) for n in left],
    ]


def test_a_column_that_is_not_there_is_named(engine: Engine) -> None:
    with db.reading(engine) as connection, pytest.raises(ValueError, match="nothing"):
        arrays.integers(connection, TABLES["registration"], ["nothing"], where={})


def test_a_table_that_is_not_there_is_explained(engine: Engine) -> None:
    table = TABLES["registration"].to_metadata(Base.metadata.__class__(), name="nowhere")
    with (
        pytest.raises(DatabaseUnavailable, match="the database failed"),
        db.reading(engine) as connection,
    ):
        arrays.integers(connection, table, COLUMNS, where={})
