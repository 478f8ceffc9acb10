"""ISO 7064 MOD 11,10, the check of 15-digit registration numbers (GS 15-2006)."""

import numpy as np
import polars as pl

from liangxin.ids import columns


def check_digit(first14: str) -> str:
    """Return the last digit for those before it.

    Raises:
        ValueError: a character is no digit.
    """
    p = 10
    for digit in first14:
        p = ((p + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - p) % 10)


def holds(codes: pl.Series) -> columns.Mask:
    """Tell for each value whether it is 15 digits whose check holds."""
    mask, rows = columns.table(codes, 15)
    digits = ((rows >= 48) & (rows <= 57)).all(axis=1)
    value = rows.astype(np.int16) - 48
    p = np.full(len(rows), 10, dtype=np.int16)
    for place in range(14):
        s = (p + value[:, place]) % 10
        s[s == 0] = 10
        p = 2 * s % 11
    return columns.spread(mask, digits & ((11 - p) % 10 == value[:, 14]))
