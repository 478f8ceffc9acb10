"""Whole numbers of people and things. Pure."""

import polars as pl

from ingest.values.reading import DASHES, arabic, each_distinct, fault_of

COUNT_FAULTS = ("unreadable", "approximate", "range", "negative", "fraction", "too_large")
#: More people than any one employer has: a sum of the column, a code or a phone number.
LARGEST = 2_000_000

_UNIT = "(?:人|名|个|位|家|户|次|人次)?"
_NUMBER = r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+"
_COUNT = rf"^\+?({_NUMBER})(?:\.0*)?{_UNIT}$"
_NUMERALS = (
    r"^(?:[〇零一二三四五六七八九两]|[一二三四五六七八九]?十[一二三四五六七八九]?)" + _UNIT + "$"
)
_ABOUT = (
    rf"^(?:大?约|大概|近|超过?|不足|不到|≈|[~〜]|>=?|<=?|≥|≤)(?:{_NUMBER}){_UNIT}$"
    rf"|^(?:{_NUMBER}){_UNIT}(?:左右|上下|以上|以下|以内|余|多|\+|来|几)(?:{_UNIT})$"
    rf"|^(?:{_NUMBER})(?:余|多|来|几)(?:{_UNIT})(?:左右|以上)?$"
)
_RANGE = rf"^(?:{_NUMBER}){_UNIT}(?:-+|[~〜]|至|到)(?:{_NUMBER}){_UNIT}$"
_NEGATIVE = rf"^-(?:{_NUMBER})(?:\.[0-9]+)?{_UNIT}$"
_FRACTION = rf"^(?:{_NUMBER})?\.[0-9]*[1-9][0-9]*{_UNIT}$"


def read_count(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return whole numbers (Int64) and faults; ``about 20`` and ``10-20`` are told, not counted.

    ``12人``, ``1,200``, ``12.0``, ``十二`` are numbers; a word for nothing (``无`` too: none, or
    not filled in?) is null without a fault.
    """
    text = pl.col("plain").str.replace_all(DASHES, "-")
    digits = (
        pl.when(text.str.contains(_NUMERALS))
        .then(arabic(text).str.extract("^([0-9]+)"))
        .otherwise(text.str.extract(_COUNT).str.replace_all(",", ""))
    )
    short = digits.str.strip_chars_start("0")
    number = (
        pl.when(short == "")
        .then(pl.lit(0, dtype=pl.Int64))
        .otherwise(short.cast(pl.Int64, strict=False))
    )
    too_large = (short.str.len_bytes() > len(str(LARGEST))) | (number > LARGEST)
    fault = fault_of(
        (pl.col("plain").is_null(), ""),
        (too_large, "too_large"),
        (digits.is_not_null(), ""),
        (text.str.contains(_NEGATIVE), "negative"),
        (text.str.contains(_FRACTION), "fraction"),
        (text.str.contains(_ABOUT), "approximate"),
        (text.str.contains(_RANGE), "range"),
        (pl.lit(value=True), "unreadable"),
    )
    read = each_distinct(values, {"value": pl.when(~too_large).then(number), "fault": fault})
    return read["value"], read["fault"]
