from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.periods import half_year_before, trend_days
from dashboard.query import FIRST_DAY, LAST_DAY

days = st.dates(min_value=FIRST_DAY, max_value=LAST_DAY)


@pytest.mark.parametrize(
    ("day", "before"),
    [
        pytest.param(date(2022, 9, 30), date(2022, 3, 31), id="the model case"),
        pytest.param(date(2022, 3, 31), date(2021, 9, 30), id="into the year before"),
        pytest.param(date(2022, 8, 31), date(2022, 2, 28), id="a short month"),
        pytest.param(date(2024, 8, 30), date(2024, 2, 29), id="a day February lacks"),
        pytest.param(date(2024, 2, 29), date(2023, 8, 31), id="a leap day"),
        pytest.param(date(2022, 9, 15), date(2022, 3, 15), id="in the middle of a month"),
        pytest.param(date(2022, 6, 1), date(2021, 12, 1), id="June has December before it"),
    ],
)
def test_half_a_year_before_keeps_the_end_of_a_month(day: date, before: date) -> None:
    assert half_year_before(day) == before


@given(days)
def test_half_a_year_is_about_half_a_year(day: date) -> None:
    assert 180 <= (day - half_year_before(day)).days <= 185


def test_the_trend_has_last_years_end_the_month_ends_and_the_day_itself() -> None:
    assert trend_days(date(2022, 3, 15)) == [
        date(2021, 12, 31),
        date(2022, 1, 31),
        date(2022, 2, 28),
        date(2022, 3, 15),
    ]


def test_a_day_that_ends_a_month_is_drawn_once() -> None:
    assert trend_days(date(2022, 1, 31)) == [date(2021, 12, 31), date(2022, 1, 31)]


@given(days)
def test_the_trend_rises_from_last_years_end_to_the_day(day: date) -> None:
    drawn = trend_days(day)
    assert drawn == sorted(set(drawn))
    assert drawn[0] == date(day.year, 1, 1) - timedelta(days=1)
    assert drawn[-1] == day
