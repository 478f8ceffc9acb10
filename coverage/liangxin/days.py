"""Days between days, as each database counts them."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

#: All of China keeps one time, without summer time.
CHINA = timezone(timedelta(hours=8))


def china_day(moment: datetime) -> date:
    """Return the day that a moment is on in China."""
    return moment.astimezone(CHINA).date()


def years_after(day: date, years: int) -> date:
    """Return the same day some years later (before, of a number below 0); of 29 February the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


class days_between(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it is
    """How many days lie from one day to another: ``days_between(from, to)``."""

    type = Integer()
    inherit_cache = True


@compiles(days_between)
def _subtracted(element: Any, compiler: Any, **how: Any) -> str:
    start, end = element.clauses
    return f"({compiler.process(end, **how)} - {compiler.process(start, **how)})"


@compiles(days_between, "sqlite")
def _by_julian_day(element: Any, compiler: Any, **how: Any) -> str:
    start, end = (f"julianday({compiler.process(each, **how)})" for each in element.clauses)
    return f"CAST({end} - {start} AS INTEGER)"
