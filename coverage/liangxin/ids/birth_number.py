"""Numbers of 18 characters that hold a birth date: what resident IDs, permits and cards share.

Six characters of place, eight of birth date, three of sequence (odd: male), and a check by
ISO 7064 MOD 11-2 (GB 11643-1999). The place is not judged beyond its first characters: people
keep their first address code for life, and no list of codes is complete. See `resident_id`,
`residence_permit` and `foreign_card` for what each makes of it.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from liangxin.ids import columns, mod11_2, writing

#: Every way a value can fail, in the order they are looked for. ``""`` is good.
MISSING = "missing"
SCIENTIFIC = "scientific"
MASKED = "masked"
FIRST_GENERATION = "first_generation"  # 15 digits of before 1999; only resident IDs
LENGTH = "length"
LOOK_ALIKE = "look_alike"  # right as soon as letters are the digits they look like
ALPHABET = "alphabet"
#: Ends in 000 and its check fails: a spreadsheet keeps 15 digits of a number.
TRAILING_ZEROS = "trailing_zeros"
PREFIX = "prefix"  # begins as no number of this kind does
BIRTH_DATE = "birth_date"  # a day that does not exist, or before `EARLIEST`
BIRTH_FUTURE = "birth_future"
SEQUENCE = "sequence"  # 000
CHECK = "check"
FAULTS = (
    *(MISSING, SCIENTIFIC, MASKED, FIRST_GENERATION, LENGTH, LOOK_ALIKE, ALPHABET),
    *(TRAILING_ZEROS, PREFIX, BIRTH_DATE, BIRTH_FUTURE, SEQUENCE, CHECK),
)

#: Nobody in any register was born before this year; a slip of the pen was.
EARLIEST = 1800
#: Digits that letters stand for, and what is written for the X at the end.
LETTERS = {**writing.LOOK_ALIKES, "B": "8", "L": "1", "×": "X", "Х": "X", "Χ": "X"}
#: Sequence numbers that first-generation cards kept for people past a hundred: their century
#: was the one before.
_CENTENARIANS = ("996", "997", "998", "999")

_DIGITS = columns.values("0123456789")
_DAYS = np.zeros((2, 100), dtype=np.int16)
_DAYS[:, 1:13] = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS[1, 2] = 29
_YEARS = np.arange(10_000)
_LEAP = ((_YEARS % 4 == 0) & (_YEARS % 100 != 0) | (_YEARS % 400 == 0)).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Form:
    """What one kind of such number asks for."""

    starts: tuple[str, ...]  # with one of these it begins
    sequence: bool = True  # whether 000 is no sequence number
    first_generation: bool = False  # whether there were numbers of 15 digits


# One value.


def fault(value: str | None, form: Form, today: date) -> str:
    """Return which way one value is wrong; ``""`` if it is a good number (once compacted)."""
    code = writing.compacted(value)
    if writing.says_nothing(code):
        return MISSING
    if re.fullmatch(writing.SCIENTIFIC, code):
        return SCIENTIFIC
    if re.search(writing.MASKED, code):
        return MASKED
    if len(code) != 18:
        old = form.first_generation and _judged(second_generation(code), form, today) == ""
        return FIRST_GENERATION if old else LENGTH
    if re.fullmatch("[0-9]{17}[0-9X]", code):
        return _judged(code, form, today)
    other = writing.swapped(code, LETTERS)
    return LOOK_ALIKE if _judged(other, form, today) == "" else ALPHABET


def _judged(code: str, form: Form, today: date) -> str:  # noqa: PLR0911
    """Judge 17 digits and a digit or X; anything else is faulty."""
    if not re.fullmatch("[0-9]{17}[0-9X]", code):
        return ALPHABET
    right = mod11_2.check_character(code[:17]) == code[17]
    if code.endswith("000") and not right:
        return TRAILING_ZEROS
    if not code.startswith(form.starts):
        return PREFIX
    try:
        born = date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return BIRTH_DATE
    if born.year < EARLIEST:
        return BIRTH_DATE
    if born > today:
        return BIRTH_FUTURE
    if form.sequence and code[14:17] == "000":
        return SEQUENCE
    return "" if right else CHECK


def second_generation(code: str) -> str:
    """Return the 18-digit form of a 15-digit number of before 1999; ``""`` if it is none."""
    if not re.fullmatch("[0-9]{15}", code):
        return ""
    first17 = f"{code[:6]}19{code[6:]}"
    return first17 + mod11_2.check_character(first17)


# Columns.


def read(values: pl.Series, form: Form, today: date) -> tuple[pl.Series, pl.Series]:
    """Return the compacted numbers, and for each which way it is wrong (``""``: good)."""
    values = values.cast(pl.String)
    ok = good(values, form, today)
    nothing = pl.Series("fault", [""], dtype=pl.String).new_from_index(0, len(values))
    if ok.all():
        return values, nothing
    places = pl.Series(np.flatnonzero(~ok), dtype=pl.UInt32)
    codes = writing.compact_column(values.gather(places))
    return values.scatter(places, codes), nothing.scatter(places, _told_apart(codes, form, today))


def good(codes: pl.Series, form: Form, today: date) -> NDArray[np.bool_]:
    """Tell for each compacted value whether nothing is wrong with it."""
    mask, rows = columns.table(codes, 18)
    return columns.spread(mask, _Judged(rows, form, today).good)


def suggest(values: pl.Series, faults: pl.Series) -> pl.Series:
    """Return the number that may be meant where only one can be, else ``""``.

    Args:
        values: as sent.
        faults: the same rows', as `read` returns them.
    """
    code, kind = pl.col("code"), pl.col("fault")
    frame = pl.DataFrame({"code": values.cast(pl.String), "fault": faults}).with_columns(
        code=writing.compact(code).fill_null("")
    )
    old = frame["code"].filter((frame["fault"] == FIRST_GENERATION).fill_null(value=False))
    young = {
        each: "" if each.endswith(_CENTENARIANS) else second_generation(each)
        for each in old.unique().to_list()
    }
    return frame.select(
        suggestion=pl.when(kind == LOOK_ALIKE)
        .then(writing.swap(code, LETTERS))
        .when(kind == FIRST_GENERATION)
        .then(code.replace_strict(young, default="", return_dtype=pl.String))
        .otherwise(pl.lit(""))
    ).to_series()


class _Judged:
    """What holds of each of n tables of 18 bytes; each field a mask of n."""

    def __init__(self, rows: columns.Bytes, form: Form, today: date) -> None:
        two = columns.pairs(rows)
        self.digits, remainder = _sums()(two)
        self.check = self.digits & (remainder == 1)
        self.prefix = np.zeros(len(rows), dtype=np.bool_)
        for start in form.starts:
            begins = np.ones(len(rows), dtype=np.bool_)
            for place, character in enumerate(start):
                begins &= rows[:, place] == ord(character)
            self.prefix |= begins
        numbers = _two_digits()
        year = numbers.take(two[:, 3]) * 100 + numbers.take(two[:, 4])
        month, day = numbers.take(two[:, 5]), numbers.take(two[:, 6])
        last = _DAYS[_LEAP.take(year), month]
        self.date = (day >= 1) & (day <= last) & (year >= EARLIEST)
        born = (year * 100 + month) * 100 + day
        self.past = born <= (today.year * 100 + today.month) * 100 + today.day
        noughts = ord("0") * 257
        sequenced = (two[:, 7] != noughts) | (rows[:, 16] != ord("0"))
        self.sequence = sequenced | (not form.sequence)
        self.zeros = (two[:, 8] == noughts) & (rows[:, 15] == ord("0"))
        self.good = self.check & self.prefix & self.date & self.past & self.sequence


def _told_apart(codes: pl.Series, form: Form, today: date) -> pl.Series:
    """Name the fault of compacted values, some of which may be good."""
    frame = pl.DataFrame({"code": codes})
    mask, rows = columns.table(codes, 18)
    judged = _Judged(rows, form, today)
    masks = {
        name: columns.spread(mask, getattr(judged, name))
        for name in ("good", "digits", "check", "prefix", "date", "past", "sequence", "zeros")
    }
    swapped = frame.select(writing.swap(pl.col("code"), LETTERS)).to_series()
    masks["swapped"] = good(swapped, form, today)
    masks["old"] = _first_generation(codes, form, today)
    return (
        frame.with_columns(pl.Series(name, found) for name, found in masks.items())
        .select(fault=_which(pl.col("code")))
        .to_series()
    )


def _first_generation(codes: pl.Series, form: Form, today: date) -> columns.Mask:
    """Which values are 15 digits with a birth date of the last century."""
    mask, rows = columns.table(codes, 15)
    if not form.first_generation or not mask.any():
        return np.zeros(len(codes), dtype=np.bool_)
    whole = np.full((len(rows), 18), ord("0"), dtype=np.uint8)
    whole[:, :6], whole[:, 6], whole[:, 7] = rows[:, :6], ord("1"), ord("9")
    whole[:, 8:17] = rows[:, 6:]
    judged = _Judged(whole, form, today)  # whatever its check is
    fine = judged.digits & judged.prefix & judged.date & judged.past & judged.sequence
    return columns.spread(mask, fine)


def _which(code: pl.Expr) -> pl.Expr:
    return (
        pl.when("good")
        .then(pl.lit(""))
        .when(writing.is_nothing(code))
        .then(pl.lit(MISSING))
        .when(code.str.contains(writing.SCIENTIFIC))
        .then(pl.lit(SCIENTIFIC))
        .when(code.str.contains(writing.MASKED))
        .then(pl.lit(MASKED))
        .when("old")
        .then(pl.lit(FIRST_GENERATION))
        .when(code.str.len_chars() != 18)
        .then(pl.lit(LENGTH))
        .when("swapped")
        .then(pl.lit(LOOK_ALIKE))
        .when(~pl.col("digits"))
        .then(pl.lit(ALPHABET))
        .when(pl.col("zeros") & ~pl.col("check"))
        .then(pl.lit(TRAILING_ZEROS))
        .when(~pl.col("prefix"))
        .then(pl.lit(PREFIX))
        .when(~pl.col("date"))
        .then(pl.lit(BIRTH_DATE))
        .when(~pl.col("past"))
        .then(pl.lit(BIRTH_FUTURE))
        .when(~pl.col("sequence"))
        .then(pl.lit(SEQUENCE))
        .otherwise(pl.lit(CHECK))
    )


@cache
def _sums() -> columns.PairSums:
    """Leaves 1 for a number whose check holds."""
    places = [(_DIGITS, weight) for weight in mod11_2.WEIGHTS]
    return columns.PairSums([*places, (columns.values(mod11_2.CHARACTERS), 1)], modulus=11)


@cache
def _two_digits() -> NDArray[np.int32]:
    """The number that each pair of bytes writes; 0 where they are no digits."""
    numbers = np.zeros(65_536, dtype=np.int32)
    for number in range(100):
        tens, units = divmod(number, 10)
        numbers[ord("0") + tens + 256 * (ord("0") + units)] = number
    return numbers
