"""Query results as frames: typed, times in UTC, and only of the organisations asked for."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Date, DateTime, Float, Integer, Select
from sqlalchemy.types import Boolean, TypeEngine

#: More than this many keys are not named in a query: the whole table is read and joined.
MOST_NAMED = 20_000
SLICE = 5_000
TIME = pl.Datetime("us", "UTC")


def read(connection: Connection, query: Select[Any]) -> pl.DataFrame:
    """Return a query's rows, each column of the type the schema gives it."""
    columns = query.selected_columns
    rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    schema = {str(column.key): _type(column.type) for column in columns}
    # SQLite keeps no zone; everything in it is in UTC.
    naive = {name: pl.Datetime("us") if kind == TIME else kind for name, kind in schema.items()}
    times = [n for n, kind in enumerate(schema.values()) if kind == TIME]
    if (
        times
        and rows
        and any(isinstance(row[n], datetime) and row[n].tzinfo for row in rows[:1] for n in times)
    ):
        rows = [tuple(_plain(cell) for cell in row) for row in rows]
    frame = pl.DataFrame(rows, schema=naive, orient="row")
    return frame.with_columns(pl.col(pl.Datetime).dt.replace_time_zone("UTC"))


def of(
    connection: Connection,
    query: Select[Any],
    key: ColumnElement[Any],
    keys: Collection[Any] | None,
) -> pl.DataFrame:
    """Return a query's rows whose ``key`` (one of its columns) is among ``keys``; None: all rows."""
    if keys is None:
        return read(connection, query)
    wanted = list(keys)
    if len(wanted) <= MOST_NAMED:
        parts = [
            read(connection, query.where(key.in_(wanted[start : start + SLICE])))
            for start in range(0, len(wanted), SLICE)
        ]
        return pl.concat(parts) if parts else read(connection, query.where(key.in_([])))
    whole = read(connection, query)
    name = str(key.key)
    return whole.join(
        pl.DataFrame({name: pl.Series(name, wanted, dtype=whole.schema[name])}), on=name, how="semi"
    )


def _plain(cell: Any) -> Any:
    return cell.astimezone(UTC).replace(tzinfo=None) if isinstance(cell, datetime) else cell


def _type(kind: TypeEngine[Any]) -> pl.DataType:
    if isinstance(kind, DateTime):
        return TIME
    for theirs, ours in ((Boolean, pl.Boolean()), (Date, pl.Date()), (Float, pl.Float64())):
        if isinstance(kind, theirs):
            return ours
    return pl.Int64() if isinstance(kind, Integer) else pl.String()
