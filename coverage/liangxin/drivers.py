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
#: Stands between texts that are handed over as one; in a name it would be a blank.
SEPARATOR = "\x1f"


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
    key, *rest = names
    blocks = [np.empty((len(names), 0), dtype=np.int64)]
    last = -1
    while True:
        block = _block(cursor, table, key, rest, where, last)
        blocks.append(block)
        if block.shape[1] < BLOCK_ROWS:
            break
        last = int(block[0, -1])
    whole = np.concatenate(blocks, axis=1)
    return [np.ascontiguousarray(column) for column in whole]


def divisions(cursor: Any) -> list[str]:
    """Return today's divisions by code: ``code, name, level, parent_code`` each as one text.

    Values are joined by ``SEPARATOR``; a parent that is missing is empty. Without divisions: empty.
    """
    names = ("code", "name", "level", "parent_code")
    whole = "group_concat({})" if _is_embedded(cursor) else "string_agg({})"
    plain = "replace(coalesce({}, ''), '{}', ' '), '{}'"
    joined = ", ".join(whole.format(plain.format(name, *2 * SEPARATOR)) for name in names)
    query = (
        f"SELECT {joined} FROM (SELECT {', '.join(names)} FROM division "  # noqa: S608 - constants
        "WHERE to_on IS NULL ORDER BY code) AS today"
    )
    return [text or "" for text in cursor.execute(query).fetchone()]


def _is_embedded(cursor: Any) -> bool:
    return isinstance(cursor, sqlite3.Cursor)


def _block(
    cursor: Any, table: str, key: str, names: Sequence[str], where: Mapping[str, int], last: int
) -> NDArray[np.int64]:
    """The next rows: their keys, and the other columns in the order of the keys."""
    embedded = _is_embedded(cursor)
    whole = "group_concat({})" if embedded else "string_agg(int8send({}), '')"
    held = [f"{name} = {int(value)}" for name, value in where.items()]
    held.append(f"{key} > {last}")
    block = (
        f"FROM (SELECT {', '.join((key, *names))} FROM {table} "  # noqa: S608 - names from schema
        f"WHERE {' AND '.join(held)} ORDER BY {key} LIMIT {BLOCK_ROWS}) AS block"
    )

    def asked(*columns: str) -> Any:
        query = f"SELECT {', '.join(columns)} {block}"
        return cursor.execute(query, **({} if embedded else {"binary": True})).fetchone()

    ends = (f"min({key})", f"max({key})", "count(*)")
    first, end, count, *values = asked(*ends, *map(whole.format, names))
    if count and end - first + 1 == count:
        keys = np.arange(first, end + 1)  # as ids are mostly: they need not be handed over
    else:
        [text] = asked(whole.format(key))
        keys = _numbers(text)
    return np.array([keys, *map(_numbers, values)])


def _numbers(value: str | bytes | None) -> NDArray[np.int64]:
    """SQLite's numbers in a text, or PostgreSQL's as they lie in its memory."""
    if value is None:
        return np.empty(0, dtype=np.int64)
    if isinstance(value, bytes):
        return np.frombuffer(value, dtype=">i8").astype(np.int64)
    return np.fromstring(value, dtype=np.int64, sep=",")
