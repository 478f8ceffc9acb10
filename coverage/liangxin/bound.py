"""Frames as databases take them: tuples that SQLite binds, CSV that PostgreSQL copies. Pure."""

import io
from collections.abc import Sequence
from itertools import chain
from typing import Any

import polars as pl

Row = tuple[Any, ...]

#: More rows in one statement of SQLite's gain nothing.
ROWS_TOGETHER = 100
#: Parameters of one statement; libraries before 3.32 take 999.
MOST_PARAMETERS = 999


def tuples(frame: pl.DataFrame) -> list[Row]:
    """Tuples SQLite can bind; dates as SQLAlchemy writes them, so that it can read them back."""
    return frame.with_columns(
        pl.col(pl.Date).cast(pl.String),
        _in_utc().dt.strftime("%Y-%m-%d %H:%M:%S%.6f"),
    ).rows()


def grouped(rows: Sequence[Row]) -> tuple[int, list[Row], Sequence[Row]]:
    """Return how many rows a statement takes, the values of each such statement, and the rest."""
    width = len(rows[0]) if rows else 1
    together = max(min(ROWS_TOGETHER, MOST_PARAMETERS // width), 1)
    whole = len(rows) - len(rows) % together
    starts = range(0, whole, together)
    groups = [tuple(chain.from_iterable(rows[start : start + together])) for start in starts]
    return together, groups, rows[whole:]


def csv(frame: pl.DataFrame) -> memoryview:
    """A frame as PostgreSQL copies it: nulls are empty, empty strings are quoted."""
    buffer = io.BytesIO()
    frame.with_columns(_in_utc()).write_csv(
        buffer,
        include_header=False,
        quote_style="non_numeric",
        datetime_format="%Y-%m-%d %H:%M:%S%.6f+00",
        null_value="",
    )
    return buffer.getbuffer()


def _in_utc() -> pl.Expr:
    """All times of a frame, in UTC; those without a zone are."""
    return pl.col(pl.Datetime).dt.convert_time_zone("UTC")
