"""Organisation code (组织机构代码), GB 11714-1997.

Eight characters of ``0-9A-Z`` and a check of ``0-9X``, so that the sum of all nine, each times
its weight, is a multiple of 11. Printed with a hyphen before the check, kept without. Numbers
``PDY00001`` to ``PDY99999`` are each user's own and mean nothing elsewhere. Since 2015 the code
lives on inside the unified social credit code, as its characters 9-17.
"""

import re
from functools import cache

import polars as pl

from liangxin.ids import columns, writing

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHECKS = "0123456789X"
WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

MISSING = "missing"
SCIENTIFIC = "scientific"
MASKED = "masked"
USCC = "uscc"  # 18 characters: the later code, which holds this one
PRIVATE_RANGE = "private_range"  # PDY…: not for exchange
#: Digits only and too few, but right with noughts before them: a spreadsheet took them for a number.
LOST_ZEROS = "lost_zeros"
LENGTH = "length"
ALPHABET_FAULT = "alphabet"
CHECK = "check"
FAULTS = (
    *(MISSING, SCIENTIFIC, MASKED, USCC, LOST_ZEROS, LENGTH, ALPHABET_FAULT),
    *(PRIVATE_RANGE, CHECK),
)

#: Values and weights of the nine places; the whole must leave 0 modulo 11.
PLACES = [
    *((columns.values(ALPHABET), weight) for weight in WEIGHTS),
    (columns.values(CHECKS), 1),
]

_HYPHEN = "^(.{8})[-‐–—−]"
_PRIVATE = "PDY[0-9]{5}"
_FORM = "[0-9A-Z]{8}[0-9X]"
_SHORT = "[0-9]{5,8}"


def check_character(first8: str) -> str:
    """Return the ninth character for the first eight.

    Raises:
        ValueError: a character is not in the alphabet, or there are not 8.
    """
    if len(first8) != 8:
        raise ValueError(f"8 characters are needed, not {len(first8)}")
    total = sum(ALPHABET.index(c) * w for c, w in zip(first8, WEIGHTS, strict=True))
    return CHECKS[-total % 11]


def fault(value: str | None) -> str:  # noqa: PLR0911 - one line a way to be wrong
    """Return which way one value is wrong; ``""`` if it is a good code (once compacted)."""
    code = re.sub(_HYPHEN, r"\1", writing.compacted(value))
    if writing.says_nothing(code):
        return MISSING
    if re.fullmatch(writing.SCIENTIFIC, code):
        return SCIENTIFIC
    if re.search(writing.MASKED, code):
        return MASKED
    if len(code) != 9:
        if re.fullmatch("[0-9A-Z]{18}", code):
            return USCC
        return LOST_ZEROS if re.fullmatch(_SHORT, code) and _holds(code.zfill(9)) else LENGTH
    if not re.fullmatch(_FORM, code):
        return ALPHABET_FAULT
    if re.match(_PRIVATE, code):
        return PRIVATE_RANGE
    return "" if _holds(code) else CHECK


def _holds(code: str) -> bool:
    return check_character(code[:8]) == code[8]


def read(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the codes without hyphen, and for each which way it is wrong (``""``: good)."""
    code = pl.col("code")
    frame = pl.DataFrame({"code": writing.compact_column(values)}).with_columns(
        code=code.str.replace(_HYPHEN, "${1}")
    )
    padded = frame.select(
        pl.when(code.str.contains(f"^{_SHORT}$")).then(code.str.zfill(9)).otherwise(code)
    ).to_series()
    faults = frame.with_columns(holds=pl.Series(holds(padded))).select(fault=_which(code))
    return frame["code"].rename(values.name), faults.to_series()


def holds(codes: pl.Series) -> columns.Mask:
    """Tell for each value whether it is nine characters whose check holds."""
    mask, rows = columns.table(codes + " ", 10)
    fine, remainder = _sums()(columns.pairs(rows))
    return columns.spread(mask, fine & (remainder == 0))


@cache
def _sums() -> columns.PairSums:
    return columns.PairSums([*PLACES, None], modulus=11)


def _which(code: pl.Expr) -> pl.Expr:
    return (
        pl.when(writing.is_nothing(code))
        .then(pl.lit(MISSING))
        .when(code.str.contains(writing.SCIENTIFIC))
        .then(pl.lit(SCIENTIFIC))
        .when(code.str.contains(writing.MASKED))
        .then(pl.lit(MASKED))
        .when(code.str.contains("^[0-9A-Z]{18}$"))
        .then(pl.lit(USCC))
        .when(code.str.contains(f"^{_SHORT}$") & pl.col("holds"))
        .then(pl.lit(LOST_ZEROS))
        .when(code.str.len_chars() != 9)
        .then(pl.lit(LENGTH))
        .when(~code.str.contains(f"^{_FORM}$"))
        .then(pl.lit(ALPHABET_FAULT))
        .when(code.str.contains(f"^{_PRIVATE}"))
        .then(pl.lit(PRIVATE_RANGE))
        .when(pl.col("holds"))
        .then(pl.lit(""))
        .otherwise(pl.lit(CHECK))
    )


def suggest(values: pl.Series, faults: pl.Series) -> pl.Series:
    """Return the code that may be meant where only one can be, else ``""``.

    Args:
        values: as sent.
        faults: the same rows', as `read` returns them.
    """
    codes, _ = read(values)
    code, kind = pl.col("code"), pl.col("fault")
    frame = pl.DataFrame({"code": codes, "fault": faults}).with_columns(
        candidate=pl.when(kind == LOST_ZEROS)
        .then(code.str.zfill(9))
        .when(kind == CHECK)
        .then(writing.swap(code))
        .when(kind == USCC)
        .then(code.str.slice(8, 9))
        .otherwise(pl.lit(""))
    )
    right = frame.with_columns(right=pl.Series(holds(frame["candidate"])))
    return right.select(
        suggestion=pl.when("right").then("candidate").otherwise(pl.lit(""))
    ).to_series()
