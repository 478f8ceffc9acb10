"""Whole numbers out of the database as arrays: a million rows without a million tuples.

Beside ``liangxin.db`` the only place that knows SQLite from PostgreSQL. Each database hands its
rows over in the form it makes fastest, outside the interpreter's lock, so that another thread
can compute meanwhile.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table

from liangxin.db import EMBEDDED, driver_errors

Numbers64 = NDArray[np.int64]

#: Rows handed over together: some 10 MB a column.
BLOCK_ROWS = 500_000


def integers(
    connection: Connection, table: Table, names: Sequence[str], *, where: Mapping[str, int]
) -> list[Numbers64]:
    """Return columns of the rows of a table in which all of ``where`` holds, by the first one.

    Args:
        connection: a transaction.
        table: whose columns are whole numbers and never null.
        names: of the columns; no two of the rows have the same first one, and it is at least 0.
        where: column -> value.
    """
    unknown = {*names, *where} - set(table.columns.keys())
    if unknown:
        raise ValueError(f"{table.name} has no columns {sorted(unknown)}")
    blocks = [np.empty((len(names), 0), dtype=np.int64)]
    with driver_errors(connection), closing(connection.connection.cursor()) as cursor:
        last = -1
        while True:
            block = _block(cursor, _query(connection, table.name, names, where, last))
            blocks.append(block)
            if block.shape[1] < BLOCK_ROWS:
                break
            last = int(block[0, -1])
    whole = np.concatenate(blocks, axis=1)
    return [np.ascontiguousarray(column) for column in whole]


def _query(
    connection: Connection, table: str, names: Sequence[str], where: Mapping[str, int], last: int
) -> str:
    """One row: each column of the next block of rows as one value, all in the same order."""
    whole = (
        "group_concat({})"
        if connection.dialect.name == EMBEDDED
        else "string_agg(int8send({}), '')"
    )
    columns = ", ".join(whole.format(name) for name in names)
    held = [f"{name} = {int(value)}" for name, value in where.items()]
    held.append(f"{names[0]} > {last}")
    return (
        f"SELECT {columns} FROM (SELECT {', '.join(names)} FROM {table} "  # noqa: S608 - from schema
        f"WHERE {' AND '.join(held)} ORDER BY {names[0]} LIMIT {BLOCK_ROWS}) AS block"
    )


def _block(cursor: Any, query: str) -> NDArray[np.int64]:
    options = {} if isinstance(cursor, sqlite3.Cursor) else {"binary": True}
    values = cursor.execute(query, **options).fetchone()
    return np.array([_numbers(value) for value in values])


def _numbers(value: str | bytes | None) -> NDArray[np.int64]:
    """SQLite's numbers in a text, or PostgreSQL's as they lie in its memory."""
    if value is None:
        return np.empty(0, dtype=np.int64)
    if isinstance(value, bytes):
        return np.frombuffer(value, dtype=">i8").astype(np.int64)
    return np.fromstring(value, dtype=np.int64, sep=",")
