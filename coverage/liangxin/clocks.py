"""The clocks: how long a thing took, what is still open, and what is over its limit. Pure.

A clock runs from a start to an end. Spells are counted by their length in days, so that a
million of them are a short list: ``Histogram`` maps days to how many.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from liangxin.suppression import SEVERAL, at_least

Histogram = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock: its name, its limit (a field of ``rules.Limits``), what starts and ends it."""

    zh: str
    en: str
    limit: str
    personal: bool = False  # each spell is a member's


CLOCKS: dict[str, Clock] = {
    "hire_identified": Clock("入职 → 识别", "hire to identified", "hire_identified", personal=True),
    "hire_covered": Clock("入职 → 纳入", "hire to covered", "hire_covered", personal=True),
    "found_instructor": Clock("摸排在营 → 选派", "found to instructor", "found_instructor"),
    "application": Clock("申请 → 批复", "application to approval", "application"),
    "transfer": Clock("组织关系转接", "transfer of relation", "transfer", personal=True),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock of one sub-district: days are whole; null where nothing has ended yet."""

    clock: str
    code: str | None
    limit: int
    ended: int | str  # from where on ("10+") to whoever may not see counts of members, as below
    p50: int | None
    p90: int | None
    open: int | str
    open_over: int | str  # still open, and longer than the limit
    ended_over: int | str  # ended, but took longer than the limit


def read(clock: str, code: str | None, limit: int, ended: Histogram, still: Histogram) -> Reading:
    """Return a clock's reading from how long ended and open spells took, days -> how many."""
    return Reading(
        clock=clock,
        code=code,
        limit=limit,
        ended=sum(ended.values()),
        p50=percentile(ended, 50),
        p90=percentile(ended, 90),
        open=sum(still.values()),
        open_over=_over(still, limit),
        ended_over=_over(ended, limit),
    )


def told_at_least(reading: Reading) -> Reading:
    """Return a reading of sanitised spells as it is told: how many at least (``suppression``)."""
    told = replace(
        reading,
        ended=_at_least(reading.ended),
        open=_at_least(reading.open),
        open_over=_at_least(reading.open_over),
        ended_over=_at_least(reading.ended_over),
    )
    # How long they took would tell of the spells one by one.
    return told if int(reading.ended) >= SEVERAL else replace(told, p50=None, p90=None)


def _at_least(number: int | str) -> int | str:
    return at_least(int(number))


def percentile(days: Histogram, percent: int) -> int | None:
    """Return the smallest length that so many percent are not longer than; null of nothing."""
    total = sum(days.values())
    if not total:
        return None
    wanted, seen = -(-total * percent // 100), 0  # nearest rank, rounded up
    for length in sorted(days):
        seen += days[length]
        if seen >= wanted:
            return length
    return None


def _over(days: Histogram, limit: int) -> int:
    return sum(number for length, number in days.items() if length > limit)
