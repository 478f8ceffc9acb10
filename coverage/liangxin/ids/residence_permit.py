"""Residence permit for residents of Hong Kong, Macao and Taiwan (港澳台居民居住证), since 2018.

Like a resident ID, with the address code 810000 (Hong Kong), 820000 (Macao) or 830000 (Taiwan),
whenever its holder was born. Not the same as a travel permit (`travel_permit`).
"""

from datetime import date

import polars as pl

from liangxin.ids import birth_number

FORM = birth_number.Form(starts=("810000", "820000", "830000"))
FAULTS = tuple(code for code in birth_number.FAULTS if code != birth_number.FIRST_GENERATION)
#: What may be meant by faulty numbers: ``suggest(values, faults)``.
suggest = birth_number.suggest


def fault(value: str | None, *, today: date) -> str:
    """Return which way one value is wrong; ``""`` if it is a good number (once compacted)."""
    return birth_number.fault(value, FORM, today)


def read(values: pl.Series, *, today: date) -> tuple[pl.Series, pl.Series]:
    """Return the compacted numbers, and for each which way it is wrong (``""``: good)."""
    return birth_number.read(values, FORM, today)
