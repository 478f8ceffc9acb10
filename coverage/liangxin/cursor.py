"""Where a reader of changes stands: one place in each stream of the register, written as one word.

Writers hold one lock from their first write to their commit, so numbers given to rows come to light
in order: whoever has read up to a number has missed none below it. Facts that were taken back are
no new rows; they form streams of their own, ordered by when that was learned.

A cursor remembers who wrote the last row it saw. Where that row is gone, or is another's, a run was
undone and numbers may have been given twice: the stream is to be read anew. Likewise when a clock
that was set back put a taking-back behind a reader.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, func, select

from liangxin.errors import Misuse
from liangxin.moments import in_utc
from liangxin.schema import Base

#: Streams in the order they are told, and the column that says who wrote a row.
WRITTEN_BY = {
    "organisation": "run_id",
    "field_change": "run_id",
    "field_stamp": "run_id",
    "fact_stamp": "run_id",
    "party_organisation": "learned_at",
    "screening": "learned_at",
    "covering": "learned_at",
    "headcount": "learned_at",
}
STREAMS = tuple(WRITTEN_BY)
#: Tables whose rows can be taken back.
FACTS = ("party_organisation", "screening", "covering", "headcount")
VERSION = "c1"
#: The last microsecond any calendar has.
LAST = 253_402_300_799_999_999
CHINA = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS = 2 * len(STREAMS) + 3 * len(FACTS)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Places in the streams.

    ``rows`` has for each of ``STREAMS`` the last number read and who wrote it; ``taken_back`` has
    for each of ``FACTS`` the moment (in microseconds) and number of the last one read, and how many
    there were up to it.
    """

    rows: tuple[tuple[int, int], ...] = ((0, 0),) * len(STREAMS)
    taken_back: tuple[tuple[int, int, int], ...] = ((0, 0, 0),) * len(FACTS)

    def __str__(self) -> str:
        numbers = [n for part in (*self.rows, *self.taken_back) for n in part]
        return ".".join((VERSION, *(format(n, "x") for n in numbers)))

    def row(self, stream: str) -> int:
        """The last number read of a stream."""
        return self.rows[STREAMS.index(stream)][0]

    def back(self, fact: str) -> tuple[int, int, int]:
        """The last taking-back read of a kind of fact."""
        return self.taken_back[FACTS.index(fact)]

    def with_row(self, stream: str, number: int, writer: int) -> "Cursor":
        """The same with another place in one stream."""
        at = STREAMS.index(stream)
        return replace(self, rows=(*self.rows[:at], (number, writer), *self.rows[at + 1 :]))

    def with_back(self, fact: str, place: tuple[int, int, int]) -> "Cursor":
        """The same with another place in one stream of facts taken back."""
        at = FACTS.index(fact)
        back = self.taken_back
        return replace(self, taken_back=(*back[:at], place, *back[at + 1 :]))

    def covers(self, other: "Cursor") -> bool:
        """Tell whether whoever stands here has read all that ``other`` has read."""
        mine = [each[0] for each in self.rows] + [each[:2] for each in self.taken_back]
        theirs = [each[0] for each in other.rows] + [each[:2] for each in other.taken_back]
        return all(a >= b for a, b in zip(mine, theirs, strict=True))  # type: ignore[operator]


BEGINNING = Cursor()


def parse(text: str) -> Cursor:
    """Read a cursor; empty means the beginning.

    Raises:
        Misuse: it is none.
    """
    if not text:
        return BEGINNING
    version, *words = text.split(".")
    try:
        numbers = [int(word, 16) for word in words if word.isalnum()]
    except ValueError:
        numbers = []
    if version != VERSION or len(numbers) != _PARTS or len(words) != _PARTS or max(numbers) > LAST:
        raise Misuse(
            f"游标“{text[:40]}”无法识别。请原样使用上一次得到的游标，或从头开始。",
            f"{text[:40]!r} is no cursor; use the last one exactly as it was given, or begin anew.",
        )
    cut = 2 * len(STREAMS)
    rows, back = numbers[:cut], numbers[cut:]
    return Cursor(
        tuple(zip(rows[::2], rows[1::2], strict=True)),
        tuple(zip(back[::3], back[1::3], back[2::3], strict=True)),
    )


def end(connection: Connection) -> Cursor:
    """Return the cursor of whoever has read all there is."""
    found = BEGINNING
    for stream in STREAMS:
        table = Base.metadata.tables[stream]
        last = connection.execute(select(func.max(table.c.id))).scalar()
        if last is not None:
            found = found.with_row(stream, last, writer(connection, stream, last) or 0)
    for fact in FACTS:
        table = Base.metadata.tables[fact]
        query = (
            select(table.c.corrected_at, table.c.id)
            .where(table.c.corrected_at.is_not(None))
            .order_by(table.c.corrected_at.desc(), table.c.id.desc())
            .limit(1)
        )
        row = connection.execute(query).first()
        if row is not None:
            place = (micros(row[0]), row[1])
            found = found.with_back(fact, (*place, how_many_back(connection, fact, place)))
    return found


def of_day(connection: Connection, day: date) -> Cursor:
    """Return the cursor of whoever has read all that was learned before a day (of China's calendar)."""
    moment = datetime.combine(day, time(), tzinfo=CHINA).astimezone(UTC)
    run = Base.metadata.tables["run"]
    found = BEGINNING
    for stream in STREAMS:
        table = Base.metadata.tables[stream]
        if WRITTEN_BY[stream] == "run_id":
            late = select(func.min(table.c.id)).join(run, run.c.id == table.c.run_id)
            late = late.where(run.c.learned_at >= moment)
        else:
            late = select(func.min(table.c.id)).where(table.c.learned_at >= moment)
        first = connection.execute(late).scalar()
        before = select(func.max(table.c.id))
        before = before if first is None else before.where(table.c.id < first)
        last = connection.execute(before).scalar()
        if last is not None:
            found = found.with_row(stream, last, writer(connection, stream, last) or 0)
    for fact in FACTS:
        place = (micros(moment) - 1, 0)
        found = found.with_back(fact, (*place, how_many_back(connection, fact, place)))
    return found


def stale(connection: Connection, cursor: Cursor) -> list[str]:
    """Return the streams whose rows, up to the cursor, are no longer those that were read."""
    found = [
        stream
        for stream, (number, by) in zip(STREAMS, cursor.rows, strict=True)
        if number and writer(connection, stream, number) != by
    ]
    return found + [
        f"{fact}.taken_back"
        for fact, (at, number, count) in zip(FACTS, cursor.taken_back, strict=True)
        if at and how_many_back(connection, fact, (at, number)) != count
    ]


def renewed(connection: Connection, cursor: Cursor) -> Cursor:
    """Return the cursor with every stale stream set back to its beginning."""
    for name in stale(connection, cursor):
        stream, _, back = name.partition(".")
        cursor = cursor.with_back(stream, (0, 0, 0)) if back else cursor.with_row(stream, 0, 0)
    return cursor


def writer(connection: Connection, stream: str, number: int) -> int | None:
    """Return who wrote a row: its run, or the moment it was learned; None: there is no such row."""
    table = Base.metadata.tables[stream]
    by = connection.execute(
        select(table.c[WRITTEN_BY[stream]]).where(table.c.id == number)
    ).scalar()
    return micros(by) if isinstance(by, datetime) else by


def how_many_back(connection: Connection, fact: str, place: tuple[int, int]) -> int:
    """Return how many facts of a kind were taken back up to a place in their stream."""
    table = Base.metadata.tables[fact]
    query = select(func.count()).where(up_to(table, *place))
    return int(connection.execute(query).scalar_one())


def up_to(table: Any, at: int, number: int) -> Any:
    """The condition of rows taken back up to a place."""
    moment = moment_of(at)
    return (table.c.corrected_at < moment) | (
        (table.c.corrected_at == moment) & (table.c.id <= number)
    )


def micros(moment: datetime) -> int:
    """Microseconds since 1970; a time without a zone is in UTC."""
    return (in_utc(moment) - _EPOCH) // timedelta(microseconds=1)


def moment_of(at: int) -> datetime:
    """The time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at)
