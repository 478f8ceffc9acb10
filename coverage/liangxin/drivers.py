"""The register asked through its database's driver alone, before anything above it is imported.

Beside ``liangxin.db`` the only place that knows SQLite from PostgreSQL. Whole numbers come as
arrays, a million rows without a million tuples: each database hands them over in the form it makes
fastest, outside the interpreter's lock, so that another thread can compute meanwhile.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers64 = NDArray[np.int64]
T = TypeVar("T")

#: Rows handed over together: some 10 MB a column.
BLOCK_ROWS = 500_000


def asked(url: str, patience: float, ask: Callable[[Any], T]) -> T | None:
    """Return what is answered with a cursor of one transaction, in which nothing can be written.

    Args:
        url: SQLAlchemy's address of a register.
        patience: seconds to wait for a server.
        ask: asks the driver's own cursor.

    Returns:
        ``None`` where there is no register, or it does not answer: opening it is another's work,
        and so is saying why it cannot be opened.
    """
    scheme, _, place = url.partition("://")
    if scheme == "sqlite":
        return _of_file(Path(place.removeprefix("/")), ask)
    if scheme.partition("+")[0] in {"postgresql", "postgres"}:
        return _of_server(f"postgresql://{place}", patience, ask)
    return None


def _of_file(file: Path, ask: Callable[[Any], T]) -> T | None:
    if not file.is_file():
        return None
    try:
        # A file that went away meanwhile is not made anew.
        address = f"{file.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                return None  # a reader would keep whoever opens it from turning the log on
            connection.execute("BEGIN")
            with closing(connection.cursor()) as cursor:
                return ask(cursor)
    except sqlite3.Error:
        return None


def _of_server(address: str, patience: float, ask: Callable[[Any], T]) -> T | None:
    import psycopg  # noqa: PLC0415 - a register in a file does without

    try:
        with psycopg.connect(address, connect_timeout=max(2, round(patience))) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.cursor() as cursor:
                return ask(cursor)
    except psycopg.Error:
        return None


def integers(
    cursor: Any, table: str, names: Sequence[str], *, where: Mapping[str, int]
) -> list[Numbers64]:
    """Return columns of the rows of a table in which all of ``where`` holds, by the first one.

    Args:
        cursor: a driver's, in a transaction.
        table: a table of the schema.
        names: of columns that are whole numbers and never null; no two of the rows have the same
            first one, and it is at least 0.
        where: column -> value.
    """
    blocks = [np.empty((len(names), 0), dtype=np.int64)]
    last = -1
    while True:
        block = _block(cursor, _query(cursor, table, names, where, last))
        blocks.append(block)
        if block.shape[1] < BLOCK_ROWS:
            break
        last = int(block[0, -1])
    whole = np.concatenate(blocks, axis=1)
    return [np.ascontiguousarray(column) for column in whole]


def _is_embedded(cursor: Any) -> bool:
    return isinstance(cursor, sqlite3.Cursor)


def _query(
    cursor: Any, table: str, names: Sequence[str], where: Mapping[str, int], last: int
) -> str:
    """One row: each column of the next block of rows as one value, all in the same order."""
    whole = "group_concat({})" if _is_embedded(cursor) else "string_agg(int8send({}), '')"
    columns = ", ".join(whole.format(name) for name in names)
    held = [f"{name} = {int(value)}" for name, value in where.items()]
    held.append(f"{names[0]} > {last}")
    return (
        f"SELECT {columns} FROM (SELECT {', '.join(names)} FROM {table} "  # noqa: S608 - from schema
        f"WHERE {' AND '.join(held)} ORDER BY {names[0]} LIMIT {BLOCK_ROWS}) AS block"
    )


def _block(cursor: Any, query: str) -> NDArray[np.int64]:
    options = {} if _is_embedded(cursor) else {"binary": True}
    values = cursor.execute(query, **options).fetchone()
    return np.array([_numbers(value) for value in values])


def _numbers(value: str | bytes | None) -> NDArray[np.int64]:
    """SQLite's numbers in a text, or PostgreSQL's as they lie in its memory."""
    if value is None:
        return np.empty(0, dtype=np.int64)
    if isinstance(value, bytes):
        return np.frombuffer(value, dtype=">i8").astype(np.int64)
    return np.fromstring(value, dtype=np.int64, sep=",")
