"""Working days: weekends and holidays are free, exchanged Saturdays and Sundays are worked."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangxin.workdays import (
    LAST_YEAR,
    add_working_days,
    is_announced,
    is_working_day,
    working_days_between,
)

DAYS = st.dates(date(2003, 1, 1), date(LAST_YEAR + 3, 12, 31))
COUNTS = st.integers(-40, 40)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        pytest.param(date(2022, 9, 30), True, id="the Friday before the National Day week"),
        pytest.param(date(2022, 10, 7), False, id="the Friday within it"),
        pytest.param(date(2022, 10, 8), True, id="the Saturday worked in exchange"),
        pytest.param(date(2022, 10, 9), True, id="the Sunday worked in exchange"),
        pytest.param(date(2022, 10, 15), False, id="any other Saturday"),
        pytest.param(date(2023, 1, 27), False, id="the Friday of Spring Festival"),
        pytest.param(date(2023, 1, 28), True, id="the Saturday worked after Spring Festival"),
        pytest.param(date(2025, 10, 6), False, id="Mid-Autumn within the National Day week"),
        pytest.param(date(2025, 10, 11), True, id="the Saturday worked after both"),
    ],
)
def test_a_known_day_is_worked_as_it_was_announced(day: date, worked: bool) -> None:
    assert is_announced(day)
    assert is_working_day(day) is worked


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        pytest.param(date(2041, 10, 1), False, id="National Day"),
        pytest.param(date(2041, 10, 4), True, id="a Friday that may be free: nobody has said so"),
        pytest.param(date(2041, 10, 5), False, id="a Saturday"),
        pytest.param(date(2041, 1, 1), False, id="New Year's Day"),
        pytest.param(date(2041, 5, 2), False, id="the second day of May"),
        pytest.param(date(2003, 4, 1), True, id="a Tuesday before the calendar begins"),
    ],
)
def test_a_year_not_announced_has_weekends_and_fixed_holidays(day: date, worked: bool) -> None:
    assert not is_announced(day)
    assert is_working_day(day) is worked


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        pytest.param(date(2026, 11, 23), 2, date(2026, 11, 25), id="Monday and two"),
        pytest.param(date(2026, 11, 26), 2, date(2026, 11, 30), id="over a weekend"),
        pytest.param(date(2026, 11, 28), 2, date(2026, 12, 1), id="from a Saturday"),
        pytest.param(date(2022, 9, 30), 2, date(2022, 10, 9), id="over the National Day week"),
        pytest.param(date(2022, 10, 10), -2, date(2022, 10, 8), id="back to an exchanged Saturday"),
        pytest.param(date(2026, 11, 28), 0, date(2026, 11, 30), id="none, from a Saturday"),
        pytest.param(date(2026, 11, 27), 0, date(2026, 11, 27), id="none, from a Friday"),
    ],
)
def test_working_days_are_counted_from_the_day_after(start: date, days: int, end: date) -> None:
    assert add_working_days(start, days) == end


@given(DAYS, COUNTS)
def test_adding_always_lands_on_a_working_day(day: date, days: int) -> None:
    assert is_working_day(add_working_days(day, days))


@given(DAYS, DAYS, COUNTS)
def test_who_starts_later_never_ends_earlier(one: date, other: date, days: int) -> None:
    first, second = sorted((one, other))
    assert add_working_days(first, days) <= add_working_days(second, days)


@given(DAYS, st.integers(1, 40))
def test_more_days_end_later(day: date, days: int) -> None:
    assert add_working_days(day, days) < add_working_days(day, days + 1)


@given(DAYS, st.integers(0, 40))
def test_what_was_added_lies_between(day: date, days: int) -> None:
    start = add_working_days(day, 0)
    assert working_days_between(start, add_working_days(start, days)) == days


@given(DAYS, st.integers(0, 40))
def test_nothing_lies_between_a_day_and_an_earlier_one(day: date, days: int) -> None:
    assert working_days_between(day, day - timedelta(days=days)) == 0
