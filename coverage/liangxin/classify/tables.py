"""Reference tables, and looking a wording up in one. Pure."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import polars as pl

from liangxin.wording import plain

#: Ways a wording can fail, the same in every table.
UNKNOWN = "unknown"  # a wording no table has
BARE_CODE = "bare_code"  # digits alone, and nobody declared whose numbering they are
NOT_A_STATUS = "not_a_status"  # known words for something else than the column asks


def table(name: str) -> pl.DataFrame:
    """Return a reference table by file name, comments dropped, all columns as text."""
    data = files("liangxin.reference").joinpath(name).read_bytes()
    return pl.read_csv(data, infer_schema=False, comment_prefix="#")


@cache
def wordings(name: str, meaning: str) -> Mapping[str, str]:
    """Map each plain wording of a table's ``text`` to a column; rows without a meaning are out.

    Where a text stands twice the first row holds: official rows come before those met in exports.
    """
    frame = table(name).select(plain(pl.col("text")).alias("text"), meaning).drop_nulls()
    return dict(frame.unique("text", keep="first").iter_rows())


@cache
def book(name: str, code_book: str) -> Mapping[str, str]:
    """Map the digits of a declared code book to our codes.

    Raises:
        ValueError: the table has no such code book.
    """
    frame = table(name).filter(pl.col("book") == code_book)
    if frame.is_empty():
        raise ValueError(f"{name} has no code book {code_book!r}")
    return dict(frame.select("digits", "code").iter_rows())


def found(text: pl.Expr, known: Mapping[str, str]) -> pl.Expr:
    """Return what each value means by a mapping; null where it is not there."""
    return text.replace_strict(known, default=None, return_dtype=pl.String)


def first_fault(*faults: tuple[pl.Expr, str]) -> pl.Expr:
    """Return the fault code of the first condition that holds, ``""`` if none does."""
    named = [pl.when(condition).then(pl.lit(fault)) for condition, fault in faults]
    return pl.coalesce(*named, pl.lit(""))


def once(read: Callable[..., pl.Expr], *columns: pl.Expr) -> pl.Expr:
    """Return ``read(*columns)``, a text, worked out once a distinct row of the columns.

    A register has a million rows and some two hundred types: looking each row's wording up would
    cost more than all other reading.
    """

    def each(series: Sequence[pl.Series]) -> pl.Series:
        height = max(map(len, series))
        names = [f"column_{place}" for place in range(len(series))]
        rows = pl.DataFrame(
            [
                (column if len(column) == height else column.new_from_index(0, height))
                .cast(pl.String)
                .alias(name)
                for name, column in zip(names, series, strict=True)
            ]
        )
        distinct = rows.unique().with_columns(read(*map(pl.col, names)).alias("read"))
        return rows.join(distinct, on=names, how="left", nulls_equal=True, maintain_order="left")[
            "read"
        ]

    return pl.map_batches(columns, each, return_dtype=pl.String, is_elementwise=True)
