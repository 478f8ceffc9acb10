"""Working days of China: weekends, holidays, and the Saturdays and Sundays worked in exchange. Pure.

The State Council announces each year's days late in the year before; ``chinese_calendar`` keeps
them. For a year it does not know, weekends and the holidays of a fixed date are free and all else
is worked: Spring Festival, Qingming, Dragon Boat and Mid-Autumn are then missing, and so are
exchanged days. ``is_announced`` says which it was, and whoever prints such a day says so too.
"""

from datetime import date, timedelta
from functools import cache

import chinese_calendar
from chinese_calendar.constants import holidays

#: Years whose days are announced and known here.
FIRST_YEAR: int = min(holidays).year
LAST_YEAR: int = max(holidays).year
#: Holidays of a fixed date, as (month, day): 全国年节及纪念日放假办法 as revised for 2025.
FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_DAY = timedelta(days=1)


def is_announced(day: date) -> bool:
    """Tell whether the year's free and exchanged days are known here."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


@cache  # the calendar looks through all its years for every question
def is_working_day(day: date) -> bool:
    """Tell whether offices work on a day; of a year not announced, as far as can be told."""
    if is_announced(day):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and (day.month, day.day) not in FIXED


def add_working_days(day: date, days: int) -> date:
    """Return the working day that is so many working days after a day, or before it if negative.

    The day itself is not counted: a Monday plus 2 is Wednesday, and so is the Sunday before it
    plus 3. Zero gives the day itself if it is worked, else the next working day.
    """
    step = -_DAY if days < 0 else _DAY
    if days == 0:
        while not is_working_day(day):
            day += step
        return day
    for _ in range(abs(days)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def working_days_between(earlier: date, later: date) -> int:
    """Return how many working days lie after one day up to and with another; 0 if none do.

    A task due on Friday and looked at on the Monday after it is one working day late.
    """
    days = (later - earlier).days
    return sum(is_working_day(earlier + _DAY * n) for n in range(1, days + 1))
