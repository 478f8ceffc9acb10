"""The day a file describes, read from its name: offices name their exports by the day. Pure.

Read are 20260930 (with a time behind it too), 2026-09-30, 2026.9.30, 2026_9_30, 2026年9月30日, and for the
last day of a month 202609, 2026-09, 2026年9月. A name that leaves any doubt is refused: a wrong day would lay
old values over new ones.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.layout import Notice
from liangxin.errors import BatchStopped, printable

#: 430702 and 91430702… are codes and no years.
_YEAR = r"(?<![0-9])(?:19[5-9]|20[0-9]|21[0-9])[0-9]"
_TIME = r"(?:[T_ -]?(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?)?"
_WRITTEN = re.compile(
    rf"(?P<y1>{_YEAR})\s*年\s*(?P<m1>[0-9]{{1,2}})\s*月份?"
    r"(?:\s*(?P<d1>[0-9]{1,2})(?:\s*[日号]|(?![^\W_])))?"
    rf"|(?P<y2>{_YEAR})(?P<s>[-._ ])(?P<m2>[0-9]{{1,2}})(?P=s)(?P<d2>[0-9]{{1,2}})(?P<t2>{_TIME})(?![0-9])"
    rf"|(?P<y3>{_YEAR})(?P<m3>[0-9]{{2}})(?P<d3>[0-9]{{2}})(?P<t3>{_TIME})(?![0-9])"
    rf"|(?P<y4>{_YEAR})[-._ ]?(?P<m4>[0-9]{{2}})(?![0-9])"
)
_DASHES = re.compile("[‐‑‒–—―−]")
#: Behind a day: surely the rest of a span, or only a part of a month.
_SPAN = re.compile(
    r"\s*(?:(?:至|到|~)\s*[0-9]|[-_]\s*[0-9]{1,2}\s*(?:[月日号]|[-./][0-9]{1,2}(?![0-9])))"
    r"|\s*(?:[上中下]旬|[上下]半月|第.{1,2}周|[初中](?![^\W0-9_]))"
)
#: Behind a day: a copy's number, a time, or where a span ends.
_NUMBER = re.compile(r"\s*[-_]\s*([0-9]{1,6})(?![0-9])")


@dataclass(frozen=True, slots=True)
class _Written:
    """A day as a name bears it; ``None``: there is no such day."""

    text: str
    day: date | None
    is_span: bool = False  # or it may be one: it goes on behind the day


def day_of(name: str, pattern: str, *, today: date) -> date:
    """Return the day that a file's name bears; of a month the last one.

    Args:
        name: the file's, without its folder.
        pattern: a regular expression found in the name; the day is in its group, or in all of it.
        today: no file describes a later day.

    Raises:
        BatchStopped: it bears none, several, or one that is not or is still to come.
    """
    found = _days_in(name, pattern)
    shown = printable(name)
    if not found:
        raise BatchStopped(
            f"文件名“{shown}”中没有数据日期，没有写入任何内容。请在文件名中写明日期（如 20260930、2026年9月），"
            "或用 liangxin load 和 --as-of 导入。",
            f"the name {shown!r} bears no day; nothing was written. Write the day into the name (20260930, "
            "2026-09), or use liangxin load with --as-of.",
        )
    for each in found:
        if each.day is None:
            raise BatchStopped(
                f"文件名“{shown}”中的“{each.text}”不是日期，没有写入任何内容。请改正文件名。",
                f"{each.text!r} in the name {shown!r} is no date; nothing was written. Correct the name.",
            )
        if each.is_span:
            raise BatchStopped(
                f"文件名“{shown}”中的“{each.text}”像是一段时间，看不出是哪一天，没有写入任何内容。请只写数据截止的日期"
                "（如 20260930），或在数据源文件的 as_of_in_name 中写明取哪一部分。",
                f"{each.text!r} in the name {shown!r} may be a span of days; nothing was written. Write only "
                "the day that the file describes (20260930), or say in as_of_in_name of the source file "
                "which part of the name it is.",
            )
        if each.day > today:
            raise BatchStopped(
                f"文件名“{shown}”中的日期 {each.day} 还没有到，没有写入任何内容。请改正文件名；当月的文件请写明到"
                "哪一天。",
                f"the day {each.day} in the name {shown!r} is still to come; nothing was written. Correct the "
                "name; where the month is not over, name the day.",
            )
    days = {each.day for each in found if each.day}
    if len(days) > 1:
        listed = sorted(str(day) for day in days)
        raise BatchStopped(
            f"文件名“{shown}”中有不止一个日期（{'、'.join(listed)}），没有写入任何内容。请只留数据日期，或在数据源"
            "文件的 as_of_in_name 中写明取哪一个。",
            f"the name {shown!r} bears several days ({', '.join(listed)}); nothing was written. Leave the one "
            "that the file describes, or say in as_of_in_name of the source file which it is.",
        )
    return days.pop()


def day_of_delivery(names: Sequence[str], pattern: str, *, today: date, folder: str = "") -> date:
    """Return the day of files that are loaded together: their folder's if it bears one, else their own.

    Raises:
        BatchStopped: as of one file, or they bear different days.
    """
    if folder and _days_in(folder, pattern):
        return day_of(folder, pattern, today=today)
    days = {day_of(name, pattern, today=today): printable(name) for name in names}
    if len(days) > 1:
        zh = "、".join(f"“{name}”{day}" for day, name in sorted(days.items()))
        en = ", ".join(f"{name!r} {day}" for day, name in sorted(days.items()))
        raise BatchStopped(
            f"一起导入的文件日期不同（{zh}），没有写入任何内容。请分开导入。",
            f"files that are loaded together bear different days ({en}); nothing was written. Load them "
            "one day at a time.",
        )
    return next(iter(days))


def _days_in(name: str, pattern: str) -> list[_Written]:
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", name))
    where = re.search(pattern, plain)
    if where is None:
        return []
    meant = next((group for group in where.groups() if group), where[0])
    return [_read(each) for each in _WRITTEN.finditer(meant)]


def _read(written: re.Match[str]) -> _Written:
    parts = {
        name[0]: int(text)
        for name, text in written.groupdict().items()
        if text and name[0] in "ymd"
    }
    year, month = parts["y"], parts["m"]
    try:
        last = monthrange(year, month)[1]
        day = date(year, month, parts.get("d", last))
    except ValueError:
        return _Written(written[0], None)
    times = (written.start(name) for name in ("t2", "t3") if written[name] is not None)
    end = next(times, written.end())
    rest = written.string[end:]
    if not _goes_on(rest, day, of_month="d" not in parts):
        return _Written(written[0], day)
    return _Written(written.string[written.start() : end + len(rest[:8])], day, is_span=True)


def _goes_on(rest: str, day: date, *, of_month: bool) -> bool:
    """Whether what stands behind a day may be the rest of a span that begins with it."""
    if _SPAN.match(rest):
        return True
    number = _NUMBER.match(rest)
    if number is None:
        return False
    digits = number[1]
    if len(digits) <= 2:  # 202601-09, 20260901-30; but 20260930-2 is a copy
        low, most = (day.month, 12) if of_month else (day.day, 31)
        return low < int(digits) <= most
    first, second = int(digits[:-2]), int(digits[-2:])
    if len(digits) == 4:  # 0930; a time would be 20:15
        return (
            (first, second) > (day.month, 0 if of_month else day.day)
            and first <= 12
            and second <= 31
        )
    # 202609; a time would be 20:15:00
    return len(digits) == 6 and (first, second) >= (day.year, day.month) and 1 <= second <= 12


def other_day(name: str, pattern: str, given: date, *, today: date) -> date | None:
    """Return the day a name bears without doubt, if it is another than the one somebody gave."""
    try:
        day = day_of(name, pattern, today=today) if pattern else given
    except BatchStopped:
        return None
    return day if day != given else None


def told(names: Sequence[str], pattern: str, given: date, *, today: date) -> list[Notice]:
    """Say which names bear another day than the one somebody gave, which counts."""
    other = {name: other_day(name, pattern, given, today=today) for name in names}
    return [
        Notice(
            f"文件名“{printable(name)}”中的日期是 {day}，现按 --as-of 的 {given} 导入。",
            f"the name {printable(name)!r} bears {day}; it is loaded as of {given}, as --as-of says.",
        )
        for name, day in other.items()
        if day is not None
    ]
