"""Unified social credit code (统一社会信用代码), GB 32100-2015.

18 characters of 31 (digits and capitals without I, O, S, V, Z): department, category, six
digits of the registering office, nine characters of organisation code (GB 11714), check. The
check value is ``(31 - Σ value × 3^(i-1)) mod 31``. A department or category that the 2015 table
lacks is no fault: later practice uses more (domain notes §1.1), and refusing a good number is
much worse than letting an odd one through. `notes` tells it, and an organisation code inside
that fails its own check.

`read` looks at whole columns, on the raw bytes; `fault` is the same rule for one value, written
apart from it so that each can be tested against the other.
"""

import re
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from liangxin.ids import columns, mod11_10, organisation_code, writing

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

#: Every way a value can fail to be a code, in the order they are looked for. ``""`` is good.
MISSING = "missing"  # empty, or a word for "none"
SCIENTIFIC = "scientific"  # a spreadsheet has eaten the digits
#: A number of before 2015: 15 digits whose check holds, or a form that carries no check
#: (13 digits, a co-operative's ``NA`` number, a foreign-invested firm's licence ``企合…字第…号``).
REGISTRATION_NUMBER = "registration_number"
REGISTRATION_NUMBER_CHECK = "registration_number_check"  # 15 digits, but its check digit fails
ORGANISATION_CODE = "organisation_code"  # nine characters of before 2015
MASKED = "masked"  # anonymised with x or *
LENGTH = "length"  # no code begins with 0, so "a spreadsheet dropped noughts" is never sound here
LOOK_ALIKE = "look_alike"  # right as soon as I, O, S, Z are 1, 0, 5, 2
ALPHABET_FAULT = "alphabet"
#: 18 digits ending in 000 whose check fails: a spreadsheet keeps 15 digits of a number.
TRAILING_ZEROS = "trailing_zeros"
CHECK = "check"
FAULTS = (
    *(MISSING, SCIENTIFIC, REGISTRATION_NUMBER, REGISTRATION_NUMBER_CHECK, ORGANISATION_CODE),
    *(MASKED, LENGTH, LOOK_ALIKE, ALPHABET_FAULT, TRAILING_ZEROS, CHECK),
)

#: What is odd about a good code: for a person to look at, never to refuse.
INNER_CHECK = "inner_check"  # characters 9-17 fail GB 11714
DEPARTMENT = "department"  # its first two characters are in no list
NOTES = (INNER_CHECK, DEPARTMENT)

#: The 2015 table: department -> categories.
DEPARTMENTS = {
    "1": "1239",
    "2": "19",
    "3": "123459",
    "4": "19",
    "5": "1239",
    "6": "129",
    "7": "129",
    "8": "19",
    "9": "123",
    "A": "19",
    "N": "1239",
    "Y": "1",
}
#: Later practice: villagers' and residents' committees, offices of foreign NGOs.
LATER = ("54", "55", "G1")

#: How a value is mended: see `writing`.
compact = writing.compact

_OLD = "[0-9]{6}N[A-Z][0-9]{6}[0-9X]|[0-9]{13}|企.+字第[0-9]+号?"
_ORGANISATION = "[0-9A-Z]{8}-?[0-9X]"
#: Chinese is no part of a word here, so that it ends one.
_WORD = r"(?-u:\b)[0-9A-Z]{18}(?-u:\b)"


def check_character(first17: str) -> str:
    """Return the 18th character for the first 17.

    Raises:
        ValueError: a character is not in the alphabet, or there are not 17.
    """
    if len(first17) != 17:
        raise ValueError(f"17 characters are needed, not {len(first17)}")
    total = sum(ALPHABET.index(c) * w for c, w in zip(first17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


# One value.


def fault(value: str | None) -> str:  # noqa: C901, PLR0911 - one line a way to be wrong
    """Return which way one value is wrong; ``""`` if it is a good code (once compacted)."""
    code = writing.compacted(value)
    if _is_good(code):
        return ""
    if writing.says_nothing(code):
        return MISSING
    if re.fullmatch(writing.SCIENTIFIC, code):
        return SCIENTIFIC
    if re.fullmatch("[0-9]{15}", code):
        right = mod11_10.check_digit(code[:14]) == code[14]
        return REGISTRATION_NUMBER if right else REGISTRATION_NUMBER_CHECK
    if re.fullmatch(_OLD, code):
        return REGISTRATION_NUMBER
    if re.fullmatch(_ORGANISATION, code):
        return ORGANISATION_CODE
    if re.search(writing.MASKED, code):
        return MASKED
    if len(code) != 18:
        return LENGTH
    if _is_good(writing.swapped(code)):
        return LOOK_ALIKE
    if not set(code) <= set(ALPHABET):
        return ALPHABET_FAULT
    return TRAILING_ZEROS if re.fullmatch("[0-9]{15}000", code) else CHECK


def _is_good(code: str) -> bool:
    return len(code) == 18 and set(code) <= set(ALPHABET) and check_character(code[:17]) == code[17]


# Columns.


def read(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the compacted codes, and for each which way it is wrong (``""``: a good code).

    Values that are good as sent, nearly all of a real register, are looked at once; only the
    others are repaired, looked at again and, if still bad, told apart.
    """
    values = values.cast(pl.String)
    ok = good(values)
    nothing = pl.Series("fault", [""], dtype=pl.String).new_from_index(0, len(values))
    if ok.all():
        return values, nothing
    places = pl.Series(np.flatnonzero(~ok), dtype=pl.UInt32)
    codes = writing.compact_column(values.gather(places))
    return values.scatter(places, codes), nothing.scatter(places, _told_apart(codes))


def good(codes: pl.Series) -> NDArray[np.bool_]:
    """Tell for each compacted code whether it is 18 characters with the right check."""
    mask, rows = columns.table(codes, 18)
    fine, remainder = _whole()(columns.pairs(rows))
    return columns.spread(mask, fine & (remainder == 0))


def inner_check_fails(codes: pl.Series) -> NDArray[np.bool_]:
    """Tell for each good code whether its characters 9-17 fail GB 11714: a warning, no refusal."""
    _, rows = columns.table(codes, 18)
    fine, remainder = _inner()(columns.pairs(rows))
    return np.asarray(~(fine & (remainder == 0)), dtype=np.bool_)


def notes(raw: pl.Series, codes: pl.Series) -> pl.Series:
    """Return what is odd about each good code, one of ``NOTES``; ``""``: nothing, or no code.

    Args:
        raw: the values as sent; only their number counts here.
        codes: the same, as `read` returns them.
    """
    mask, rows = columns.table(codes, 18)
    two = columns.pairs(rows)
    fine, remainder = _whole()(two)
    fine &= remainder == 0
    inner, inner_remainder = _inner()(two)
    odd_inside = fine & ~(inner & (inner_remainder == 0))
    odd_start = fine & ~_listed().take(two[:, 0])
    return columns.strings(
        len(raw),
        (
            (columns.spread(mask, odd_inside), INNER_CHECK),
            (columns.spread(mask, odd_start), DEPARTMENT),
        ),
    )


def repairs(raw: pl.Series, codes: pl.Series) -> pl.Series:
    """Tell for each good code how it was mended (`writing.repairs`); ``""``: not at all.

    Args:
        raw: the values as sent.
        codes: the same, as `read` returns them.
    """
    found = writing.repairs(raw, codes)
    places = (found != "").arg_true()
    return found.scatter(places.filter(pl.Series(~good(codes.gather(places)))), "")


def suggest(values: pl.Series, faults: pl.Series) -> pl.Series:
    """Return the code that may be meant where only one can be, else ``""``.

    That is so for letters that no code has, when the digits they look like make the check right,
    and for one good code among other words, as in ``代码：91…(1-1)``. No other slip of the pen
    can be undone: too many codes fit. Digits that a spreadsheet has dropped are gone.

    Args:
        values: as sent.
        faults: the same rows', as `read` returns them.
    """
    nothing = pl.Series("suggestion", [""], dtype=pl.String).new_from_index(0, len(values))
    places = faults.is_in((LOOK_ALIKE, LENGTH)).arg_true()
    if places.is_empty():
        return nothing
    code, words = pl.col("code"), pl.col("code").str.extract_all(_WORD)
    frame = pl.DataFrame({"code": writing.compact_column(values.gather(places))}).select(
        code=pl.when(faults.gather(places) == LOOK_ALIKE)
        .then(writing.swap(code))
        .when(words.list.len() == 1)
        .then(words.list.first())
        .otherwise(pl.lit(""))
    )
    found = frame["code"].scatter(np.flatnonzero(~good(frame["code"])), "")
    return nothing.scatter(places, found)


def _told_apart(codes: pl.Series) -> pl.Series:
    """Name the fault of compacted codes, some of which may be good."""
    frame = pl.DataFrame({"code": codes})
    digits = frame.select(writing.swap(pl.col("code"))).to_series()
    found = {
        "good": good(codes),
        "good_swapped": good(digits),
        "old_number": mod11_10.holds(codes),
    }
    return (
        frame.with_columns(pl.Series(name, mask) for name, mask in found.items())
        .select(pl.when("good").then(pl.lit("")).otherwise(_which(pl.col("code"))))
        .to_series()
    )


def _which(code: pl.Expr) -> pl.Expr:
    """Name the fault of codes known not to be good."""
    return (
        pl.when(writing.is_nothing(code))
        .then(pl.lit(MISSING))
        .when(code.str.contains(writing.SCIENTIFIC))
        .then(pl.lit(SCIENTIFIC))
        .when(pl.col("old_number") | code.str.contains(f"^(?:{_OLD})$"))
        .then(pl.lit(REGISTRATION_NUMBER))
        .when(code.str.contains("^[0-9]{15}$"))
        .then(pl.lit(REGISTRATION_NUMBER_CHECK))
        .when(code.str.contains(f"^{_ORGANISATION}$"))
        .then(pl.lit(ORGANISATION_CODE))
        .when(code.str.contains(writing.MASKED))
        .then(pl.lit(MASKED))
        .when(code.str.len_chars() != 18)
        .then(pl.lit(LENGTH))
        .when(pl.col("good_swapped"))
        .then(pl.lit(LOOK_ALIKE))
        .when(~code.str.contains(f"^[{ALPHABET}]{{18}}$"))
        .then(pl.lit(ALPHABET_FAULT))
        .when(code.str.contains("^[0-9]{15}000$"))
        .then(pl.lit(TRAILING_ZEROS))
        .otherwise(pl.lit(CHECK))
    )


@cache
def _whole() -> columns.PairSums:
    """Leaves 0 for a code whose check holds."""
    value = columns.values(ALPHABET)
    return columns.PairSums([(value, weight) for weight in (*WEIGHTS, 1)], modulus=31)


@cache
def _inner() -> columns.PairSums:
    """Leaves 0 for a code whose organisation code's check holds."""
    return columns.PairSums([*[None] * 8, *organisation_code.PLACES, None], modulus=11)


@cache
def _listed() -> NDArray[np.bool_]:
    """Which first two bytes are in a list, by their pair."""
    listed = np.zeros(65_536, dtype=np.bool_)
    for start in (*(d + c for d, all_c in DEPARTMENTS.items() for c in all_c), *LATER):
        listed[ord(start[0]) + 256 * ord(start[1])] = True
    return listed
