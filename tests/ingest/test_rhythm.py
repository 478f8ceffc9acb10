"""A source is due once in every period of the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.rhythm import is_due, next_due

RHYTHMS = ("daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly")


@pytest.mark.parametrize(
    ("rhythm", "last", "due"),
    [
        ("daily", date(2022, 2, 28), date(2022, 3, 1)),
        ("weekly", date(2022, 3, 30), date(2022, 4, 4)),  # Wednesday -> Monday
        ("weekly", date(2022, 4, 4), date(2022, 4, 11)),
        ("monthly", date(2022, 1, 31), date(2022, 2, 1)),
        ("monthly", date(2022, 12, 1), date(2023, 1, 1)),
        ("quarterly", date(2022, 3, 31), date(2022, 4, 1)),
        ("quarterly", date(2022, 10, 1), date(2023, 1, 1)),
        ("half-yearly", date(2022, 6, 30), date(2022, 7, 1)),
        ("half-yearly", date(2022, 7, 1), date(2023, 1, 1)),
        ("yearly", date(2024, 2, 29), date(2025, 1, 1)),
        ("ad hoc", date(2022, 3, 31), None),
    ],
)
def test_it_is_due_again_on_the_first_day_of_the_next_period(
    rhythm: str, last: date, due: date | None
) -> None:
    assert next_due(last, rhythm) == due
    if due is not None:
        assert not is_due(last, rhythm, due - timedelta(days=1))
        assert is_due(last, rhythm, due)


def test_what_never_came_is_due_unless_it_is_ad_hoc() -> None:
    assert is_due(None, "yearly", date(2022, 3, 31))
    assert not is_due(None, "ad hoc", date(2022, 3, 31))
    assert not is_due(date(2000, 1, 1), "ad hoc", date(2022, 3, 31))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(RHYTHMS))
def test_no_run_moves_the_next_one(last: date, rhythm: str) -> None:
    due = next_due(last, rhythm)
    assert due is not None
    assert due > last
    before = due - timedelta(days=1)
    assert next_due(before, rhythm) == due, "any day of one period leads to the same day"
