"""Passports: Chinese ones by their form, foreign ones in any.

Chinese: ``E`` or ``G`` and eight digits; ``E``, a letter but I and O, and seven digits; service,
diplomatic and public ones ``SE``, ``DE``, ``PE`` (or ``P`` alone) and seven digits. A passport's
printed number carries no check.
"""

import polars as pl

from liangxin.ids import pattern

CHINESE = pattern.Form("[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[DSP]E[0-9]{7}|P[0-9]{7}", lengths=(8, 9))
#: Every state numbers its own.
FOREIGN = pattern.Form("[A-Z0-9]{5,20}", lengths=tuple(range(5, 21)))
FAULTS = pattern.FAULTS


def fault(value: str | None, form: pattern.Form = CHINESE) -> str:
    """Return which way one value is wrong; ``""`` if it has the form (once trimmed)."""
    return pattern.fault(value, form)


def read(values: pl.Series, form: pattern.Form = CHINESE) -> tuple[pl.Series, pl.Series]:
    """Return the trimmed numbers, and for each which way it is wrong (``""``: good)."""
    return pattern.read(values, form)


def suggest(values: pl.Series, faults: pl.Series, form: pattern.Form = CHINESE) -> pl.Series:
    """Return the number that may be meant, else ``""``; see `pattern.suggest`."""
    return pattern.suggest(values, faults, form)
