"""Numbers without a check that anybody can compute: only their form can be judged.

Since nothing tells whether a character was lost, blanks *inside* such a number are not mended
but suggested away.
"""

import re
from dataclasses import dataclass

import polars as pl

from liangxin.ids import writing

MISSING = "missing"
SCIENTIFIC = "scientific"
MASKED = "masked"
LENGTH = "length"
FORMAT = "format"  # also right but for blanks or strokes in it
FAULTS = (MISSING, SCIENTIFIC, MASKED, LENGTH, FORMAT)

_MARKS = r"[-‐–—−._/·]"


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one kind of number."""

    pattern: str  # of the whole number, in capitals
    lengths: tuple[int, ...]


def fault(value: str | None, form: Form) -> str:
    """Return which way one value is wrong; ``""`` if it has the form (once trimmed)."""
    number = writing.trimmed(value)
    if re.fullmatch(form.pattern, number):
        return ""
    if writing.says_nothing(number):
        return MISSING
    if re.fullmatch(writing.SCIENTIFIC, number):
        return SCIENTIFIC
    if re.search(writing.MASKED, number):
        return MASKED
    plain = re.sub(_MARKS, "", writing.compacted(value))
    fits = len(number) in form.lengths or re.fullmatch(form.pattern, plain)
    return FORMAT if fits else LENGTH


def read(values: pl.Series, form: Form) -> tuple[pl.Series, pl.Series]:
    """Return the trimmed numbers, and for each which way it is wrong (``""``: good)."""
    number, whole = pl.col("number"), f"^(?:{form.pattern})$"
    frame = pl.DataFrame({"number": values.cast(pl.String)}).with_columns(
        number=writing.trim(number).fill_null(""),
        plain_fits=_plain(number).fill_null("").str.contains(whole),
    )
    faults = frame.select(
        fault=pl.when(number.str.contains(whole))
        .then(pl.lit(""))
        .when(writing.is_nothing(number))
        .then(pl.lit(MISSING))
        .when(number.str.contains(writing.SCIENTIFIC))
        .then(pl.lit(SCIENTIFIC))
        .when(number.str.contains(writing.MASKED))
        .then(pl.lit(MASKED))
        .when(number.str.len_chars().is_in(form.lengths) | pl.col("plain_fits"))
        .then(pl.lit(FORMAT))
        .otherwise(pl.lit(LENGTH))
    )
    return frame["number"].rename(values.name), faults.to_series()


def suggest(values: pl.Series, faults: pl.Series, form: Form) -> pl.Series:
    """Return the number that may be meant, else ``""``: marks between characters left out, and
    digits for the letters taken for them, where that gives it its form.

    Args:
        form: what it should look like.
        values: as sent.
        faults: the same rows', as `read` returns them.
    """
    whole = f"^(?:{form.pattern})$"
    frame = pl.DataFrame({"value": values.cast(pl.String), "fault": faults}).with_columns(
        plain=_plain(pl.col("value"))
    )
    plain, digits = pl.col("plain"), writing.swap(pl.col("plain"))
    return frame.select(
        suggestion=pl.when(~pl.col("fault").is_in((LENGTH, FORMAT)))
        .then(pl.lit(""))
        .when(plain.str.contains(whole))
        .then(plain)
        .when(digits.str.contains(whole))
        .then(digits)
        .otherwise(pl.lit(""))
    ).to_series()


def _plain(value: pl.Expr) -> pl.Expr:
    """A number without blanks and strokes."""
    return writing.compact(value).str.replace_all(_MARKS, "")
