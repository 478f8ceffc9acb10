"""15-digit registration number (注册号), GS 15-2006: what firms had before 2015.

Six digits of the first registering office (100000: national), eight of sequence, and a check by
ISO 7064 MOD 11,10. Older papers bear forms without a check. No number can be turned into a
unified social credit code by arithmetic; that needs the registrar's table.
"""

import re

import polars as pl

from liangxin.ids import mod11_10, writing

MISSING = "missing"
SCIENTIFIC = "scientific"
#: 13 digits (before 2007), a co-operative's ``NA`` number, a foreign-invested firm's licence
#: ``企合…字第…号``: these may be right, but nothing in them can be checked.
LEGACY = "legacy"
USCC = "uscc"  # 18 characters: the code that came after
MASKED = "masked"
LENGTH = "length"
ALPHABET_FAULT = "alphabet"
CHECK = "check"
FAULTS = (MISSING, SCIENTIFIC, LEGACY, USCC, MASKED, LENGTH, ALPHABET_FAULT, CHECK)

_LEGACY = "[0-9]{6}N[A-Z][0-9]{6}[0-9X]|[0-9]{13}|企.+字第[0-9]+号?"
_USCC = "[0-9A-HJ-NP-RTUWXY]{18}"


def fault(value: str | None) -> str:  # noqa: PLR0911 - one line a way to be wrong
    """Return which way one value is wrong; ``""`` if it is a good number (once compacted)."""
    code = writing.compacted(value)
    if writing.says_nothing(code):
        return MISSING
    if re.fullmatch(writing.SCIENTIFIC, code):
        return SCIENTIFIC
    if re.fullmatch(_LEGACY, code):
        return LEGACY
    if re.search(writing.MASKED, code):
        return MASKED
    if len(code) != 15:
        return USCC if re.fullmatch(_USCC, code) else LENGTH
    if not re.fullmatch("[0-9]{15}", code):
        return ALPHABET_FAULT
    return "" if mod11_10.check_digit(code[:14]) == code[14] else CHECK


def read(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the compacted numbers, and for each which way it is wrong (``""``: good)."""
    frame = pl.DataFrame({"code": writing.compact_column(values)})
    faults = frame.with_columns(holds=pl.Series(mod11_10.holds(frame["code"]))).select(
        fault=_which(pl.col("code"))
    )
    return frame["code"].rename(values.name), faults.to_series()


def _which(code: pl.Expr) -> pl.Expr:
    return (
        pl.when("holds")
        .then(pl.lit(""))
        .when(writing.is_nothing(code))
        .then(pl.lit(MISSING))
        .when(code.str.contains(writing.SCIENTIFIC))
        .then(pl.lit(SCIENTIFIC))
        .when(code.str.contains(f"^(?:{_LEGACY})$"))
        .then(pl.lit(LEGACY))
        .when(code.str.contains(writing.MASKED))
        .then(pl.lit(MASKED))
        .when(code.str.contains(f"^{_USCC}$"))
        .then(pl.lit(USCC))
        .when(code.str.len_chars() != 15)
        .then(pl.lit(LENGTH))
        .when(~code.str.contains("^[0-9]{15}$"))
        .then(pl.lit(ALPHABET_FAULT))
        .otherwise(pl.lit(CHECK))
    )
