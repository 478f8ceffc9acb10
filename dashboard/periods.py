"""Which days a page compares and draws. Pure.

The last day of a month stays the last day of a month: half a year before 30 September is
31 March, because that is where the half-yearly ledger was closed.
"""

import calendar
from datetime import date, timedelta


def half_year_before(day: date) -> date:
    """Return the day six months earlier; the 31st of a shorter month is its last day."""
    month = day.month - 6
    year = day.year
    if month < 1:
        month, year = month + 12, year - 1
    last = _last_of(year, month)
    if day == _last_of(day.year, day.month):
        return last
    return last.replace(day=min(day.day, last.day))


def trend_days(as_of: date) -> list[date]:
    """Return last year's end, this year's month ends before the day, and the day itself."""
    ends = [date(as_of.year, 1, 1) - timedelta(days=1)]
    ends += [_last_of(as_of.year, month) for month in range(1, as_of.month)]
    return [*ends, as_of]


def _last_of(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
