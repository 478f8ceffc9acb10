"""The last day that is no more than some months away, whatever the lengths of the months."""

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangxin.months import latest_within


@pytest.mark.parametrize(
    ("today", "latest"),
    [
        (date(2026, 10, 1), date(2027, 4, 1)),
        (date(2026, 2, 28), date(2026, 8, 31)),
        (date(2026, 2, 27), date(2026, 8, 27)),
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2026, 8, 30), date(2027, 2, 28)),
        (date(2027, 8, 29), date(2028, 2, 29)),
    ],
)
def test_half_a_year_ends_on_the_same_day_or_the_last_of_a_shorter_month(
    today: date, latest: date
) -> None:
    assert latest_within(today, 6) == latest


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 40))
def test_it_is_the_last_day_so_many_months_before_which_is_not_to_come(
    today: date, months: int
) -> None:
    latest = latest_within(today, months)
    assert months_before(latest, months) <= today
    assert months_before(latest + timedelta(days=1), months) > today
