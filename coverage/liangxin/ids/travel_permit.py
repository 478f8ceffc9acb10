"""Travel permits to the mainland: of residents of Hong Kong and Macao, and of Taiwan.

港澳居民来往内地通行证 (回乡证): ``H`` or ``M`` and eight digits, on old cards two more of issue.
台湾居民来往大陆通行证 (台胞证): eight digits, on old ones two of issue and a letter in brackets.
Neither carries a check.
"""

import polars as pl

from liangxin.ids import pattern

HK_MO = pattern.Form("[HM][0-9]{8}(?:[0-9]{2})?", lengths=(9, 11))
TW = pattern.Form(r"[0-9]{8}(?:[0-9]{2}(?:\([A-Z]\))?)?", lengths=(8, 10, 13))
FAULTS = pattern.FAULTS


def fault(value: str | None, form: pattern.Form) -> str:
    """Return which way one value is wrong; ``""`` if it has the form (once trimmed)."""
    return pattern.fault(value, form)


def read(values: pl.Series, form: pattern.Form) -> tuple[pl.Series, pl.Series]:
    """Return the trimmed numbers, and for each which way it is wrong (``""``: good)."""
    return pattern.read(values, form)


def suggest(values: pl.Series, faults: pl.Series, form: pattern.Form) -> pl.Series:
    """Return the number that may be meant, else ``""``; see `pattern.suggest`."""
    return pattern.suggest(values, faults, form)
