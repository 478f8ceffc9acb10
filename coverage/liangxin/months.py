"""Months before and after a day. Pure."""

import calendar
from datetime import date, timedelta
from functools import lru_cache


@lru_cache(maxsize=4096)
def latest_within(today: date, months: int) -> date:
    """Return the last day that is no more than so many months away.

    Half a year before 31 August is the last of February, so on that day 31 August is within it.
    """
    is_last = (today + timedelta(days=1)).day == 1
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, length if is_last else min(today.day, length))
