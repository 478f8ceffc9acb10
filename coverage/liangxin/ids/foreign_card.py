"""Permanent resident card of a foreigner (外国人永久居留身份证), old and of 2023; both are valid.

Since 1 December 2023: 18 characters, ``9``, two digits of place, three of country, birth date,
sequence and the check of resident IDs. Before: three letters of country and twelve digits, whose
check is not published.
"""

from datetime import date

import polars as pl

from liangxin.ids import birth_number, pattern, writing

NEW = birth_number.Form(starts=("9",), sequence=False)
OLD = pattern.Form("[A-Z]{3}[0-9]{12}", lengths=(15,))
FAULTS = (
    *(code for code in birth_number.FAULTS if code != birth_number.FIRST_GENERATION),
    pattern.FORMAT,
)
_OLD_START = "^[A-Z]{2}"


def fault(value: str | None, *, today: date) -> str:
    """Return which way one value is wrong; ``""`` if it is a good number."""
    start = writing.compacted(value)[:2]
    if len(start) == 2 and start.isascii() and start.isalpha():
        return pattern.fault(value, OLD)
    return birth_number.fault(value, NEW, today)


def read(values: pl.Series, *, today: date) -> tuple[pl.Series, pl.Series]:
    """Return the numbers, and for each which way it is wrong (``""``: good)."""
    codes, faults = birth_number.read(values, NEW, today)
    old = codes.str.contains(_OLD_START).fill_null(value=False)
    if old.any():
        places = old.arg_true()
        old_codes, old_faults = pattern.read(values.cast(pl.String).gather(places), OLD)
        codes, faults = codes.scatter(places, old_codes), faults.scatter(places, old_faults)
    return codes, faults


def suggest(values: pl.Series, faults: pl.Series) -> pl.Series:
    """Return the number that may be meant where only one can be, else ``""``."""
    new = birth_number.suggest(values, faults)
    old = pattern.suggest(values, faults, OLD)
    return pl.select(suggestion=pl.when(new == "").then(old).otherwise(new)).to_series()
