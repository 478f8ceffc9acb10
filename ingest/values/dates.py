"""Days as people and spreadsheets write them. Pure.

A day is read where exactly one can be meant. A month is told as such (its first day is the value,
the kind of file decides what that is worth); a year of two digits, a day that lies ahead, or a
date that only fills the cell (1900-01-01, 9999-12-31) is a fault.
"""

from datetime import date, timedelta

import polars as pl

from ingest.values.reading import DASHES, arabic, each_distinct, fault_of

DATE_FAULTS = ("unreadable", "placeholder", "future", "month_only", "year_only", "two_digit_year")

#: A day, perhaps with a time of day here (another zone's could mean another day).
_DAY = (
    r"^([0-9]{4})(?:\s*[-/.。、,·年]\s*([0-9]{1,2})\s*[-/.。、,·月]\s*([0-9]{1,2})\s*[日号]?"
    r"|([0-9]{2})([0-9]{2}))"
    r"(?:[T\s]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\+08:?00)?|[0-9]{6})?$"
)
#: A month: 1985年3月, 1985-03, 1985.3; or 198503. ``1985.1`` is no month: a spreadsheet's number
#: 1985.10 has lost its last digit.
_MONTH = r"^([0-9]{4})(?:\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?份?|(0[1-9]|1[0-2]))$"
_JANUARY_OR_OCTOBER = r"^[0-9]{4}\.1$"
_YEAR = r"^(?:1[89]|20|21)[0-9]{2}\s*年?$"
_TWO_DIGITS = (
    r"^'?[0-9]{2}\s*[-/.年]\s*[0-9]{1,2}(?:\s*[-/.月]\s*[0-9]{1,2}\s*[日号]?|\s*月)?$"
    r"|^[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"
)
#: A spreadsheet's count of days, perhaps with the time of day as a fraction. Fewer than four
#: digits are a number that slipped into the column, and years are years.
_SERIAL = r"^([0-9]{4,5})(?:\.0+)?$|^([0-9]{5})\.[0-9]+$"
#: Day 0 of that count, right from 1900-03-01 (61) on. Files that count from 1904 do not say so.
_DAY_ZERO = date(1899, 12, 30)
_FIRST_SERIAL = 61
#: ``0219-03-15`` is a year with a digit missing or turned, not the year 219.
_FIRST_YEAR = 1000
#: What databases and spreadsheets print for a date that is not there.
_EMPTY = (date(1, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1))
_EMPTY_TEXT = (
    r"^0+(?:[-/.年]0{1,2}[-/.月]0{1,2}日?)?(?:[T\s]0?0:00.*)?$|^1900[-/.]0?1[-/.]0?0$|^9{8}$"
)
_CHINESE = r"^[〇零○Oo一二三四五六七八九]{4}年"


def read_date(values: pl.Series, *, today: date) -> tuple[pl.Series, pl.Series]:
    """Return days (Date) and faults; a month is its first day *and* ``month_only``.

    Args:
        values: cells as text.
        today: a later day is ``future``.

    Nearly all cells of a register are written ``2019-03-15``; those are read at once, and only
    the others one by one.
    """
    raw = values.cast(pl.String)
    day = raw.str.to_date("%Y-%m-%d", strict=False)
    usual = (raw.str.len_bytes() == 10) & (day <= today) & ~day.is_in(_EMPTY)
    usual &= day.dt.year() >= _FIRST_YEAR
    usual = usual.fill_null(value=False)
    nothing = pl.Series([""], dtype=pl.String).new_from_index(0, len(raw))
    if usual.all():
        return day.alias("value"), nothing.alias("fault")
    places = (~usual).arg_true()
    rest = each_distinct(raw.gather(places), lambda frame: _read(frame, today))
    return (
        day.scatter(places, rest["value"]).alias("value"),
        nothing.scatter(places, rest["fault"]).alias("fault"),
    )


def _read(frame: pl.DataFrame, today: date) -> pl.DataFrame:
    """Read distinct cells; ``text`` and ``plain`` as `each_distinct` gives them."""
    text = pl.col("text").str.replace_all(DASHES, "-")
    frame = frame.with_columns(
        text=pl.when(pl.col("plain").str.contains(_CHINESE))
        .then(arabic(pl.col("plain")))
        .otherwise(text)
    ).with_columns(day=pl.coalesce(_day(), _serial(today)), month=_month())
    text, day, month = pl.col("text"), pl.col("day"), pl.col("month")
    found = pl.coalesce(day, month)
    fault = fault_of(
        (text.is_null(), ""),
        (text.str.contains(_EMPTY_TEXT) | day.is_in(_EMPTY), "placeholder"),
        (found.dt.year() == 9999, "placeholder"),
        (found.dt.year() < _FIRST_YEAR, "unreadable"),
        (found > today, "future"),
        (day.is_not_null(), ""),
        (month.is_not_null() | text.str.contains(_JANUARY_OR_OCTOBER), "month_only"),
        (text.str.contains(_YEAR), "year_only"),
        (text.str.contains(_TWO_DIGITS), "two_digit_year"),
        (pl.lit(value=True), "unreadable"),
    )
    return frame.select(
        "raw", value=pl.when(fault.is_in(["", "month_only"])).then(found), fault=fault
    )


def _day() -> pl.Expr:
    parts = pl.col("text").str.extract_groups(_DAY)
    month = parts.struct[1].fill_null(parts.struct[3]).str.zfill(2)
    of_month = parts.struct[2].fill_null(parts.struct[4]).str.zfill(2)
    return _date(parts.struct[0], month, of_month)


def _month() -> pl.Expr:
    """The first day of a month; null for what may be January or October."""
    parts = pl.col("text").str.extract_groups(_MONTH)
    first = _date(
        parts.struct[0], parts.struct[1].fill_null(parts.struct[2]).str.zfill(2), pl.lit("01")
    )
    plausible = pl.col("text").str.contains("^(?:1[0-9]|20|21|99)")
    return pl.when(plausible & ~pl.col("text").str.contains(_JANUARY_OR_OCTOBER)).then(first)


def _serial(today: date) -> pl.Expr:
    """The day of a spreadsheet's count, from 1900-03-01 to a year from today."""
    parts = pl.col("text").str.extract_groups(_SERIAL)
    count = pl.coalesce(parts.struct[0], parts.struct[1]).cast(pl.Int64, strict=False)
    last = (today - _DAY_ZERO).days + 366
    fine = count.is_between(_FIRST_SERIAL, last) & ~pl.col("text").str.contains(_YEAR)
    return pl.when(fine).then(pl.lit(_DAY_ZERO) + pl.duration(days=count))


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    joined = pl.concat_str([year, month, day], separator="-")
    return joined.str.to_date("%Y-%m-%d", strict=False)


def serial(day: date) -> int:
    """Return a spreadsheet's count for a day, the inverse of what is read here."""
    return (day - _DAY_ZERO) // timedelta(days=1)
