"""When a source is due: once in every day, week, month, … of the calendar. Pure.

Counted by the calendar and not by seconds, so that a monthly source that came on the 31st is due
again on the 1st, and no run moves the next one.
"""

from datetime import date, timedelta

#: Months of a period, counted from January.
_MONTHS = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "yearly": 12}


def next_due(last: date, rhythm: str) -> date | None:
    """Return the first day of the period after the one of the last run; ``None``: ad hoc.

    Weeks begin on Monday.
    """
    if rhythm == "ad hoc":
        return None
    if rhythm == "daily":
        return last + timedelta(days=1)
    if rhythm == "weekly":
        return last + timedelta(days=7 - last.weekday())
    months = _MONTHS[rhythm]
    after = (last.month - 1) // months * months + months
    return date(last.year + after // 12, after % 12 + 1, 1)


def is_due(last: date | None, rhythm: str, today: date) -> bool:
    """Whether nothing came in the period of today; one that is ad hoc never is."""
    if rhythm == "ad hoc":
        return False
    if last is None:
        return True
    due = next_due(last, rhythm)
    return due is not None and due <= today
