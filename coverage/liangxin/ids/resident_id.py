"""Resident identity number (公民身份号码), GB 11643-1999.

First digit 1-8; the rest of the address code is not judged, see `birth_number`. Numbers of 15
digits of before 1999 are a fault of their own, because a person must confirm the number that
follows from one.
"""

import re
from datetime import date
from unicodedata import normalize

import polars as pl

from liangxin.ids import birth_number

FORM = birth_number.Form(starts=tuple("12345678"), first_generation=True)
FAULTS = birth_number.FAULTS
_IN_TEXT = re.compile(r"(?<![0-9A-Z])[1-8][0-9]{5}(?:18|19|20)[0-9]{9}[0-9X](?![0-9A-Z])")
#: What may be meant by faulty numbers: ``suggest(values, faults)``.
suggest = birth_number.suggest


def fault(value: str | None, *, today: date) -> str:
    """Return which way one value is wrong; ``""`` if it is a good number (once compacted)."""
    return birth_number.fault(value, FORM, today)


def read(values: pl.Series, *, today: date) -> tuple[pl.Series, pl.Series]:
    """Return the compacted numbers, and for each which way it is wrong (``""``: good)."""
    return birth_number.read(values, FORM, today)


def stands_in(text: str) -> bool:
    """Whether a good number of 18 characters stands in a text, blanks and hyphens in it or not.

    Where no person's number may be written, so of codes of organisations hardly one is taken for it.
    """
    plain = re.sub(r"([0-9])[\s\-]+(?=[0-9X])", r"\1", normalize("NFKC", text).upper())
    return any(fault(each, today=date.max) == "" for each in _IN_TEXT.findall(plain))
