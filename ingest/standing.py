"""How every source stands: its file, its last run, when it is due, and whether the clock went back.

The last run is the newest by number, whatever day the clock showed. If that day is still to come,
the clock was set back: from the moment this is noticed the calendar counts anew, so that nothing
is due twice and nothing waits until the wrong day comes round.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, select

from ingest import rhythm, sources
from ingest.sources import Source
from liangxin import schema
from liangxin.days import CHINA
from liangxin.errors import UnknownSource
from liangxin.schema import Meta, Run
from liangxin.settings import Settings

#: Clocks of two machines may differ by so much.
SKEW = timedelta(minutes=5)
_CLOCK = "clock."


@dataclass(frozen=True, slots=True)
class Standing:
    """One source; without ``source`` its file is wrong, and ``error`` says how."""

    name: str
    source: Source | None
    error: UnknownSource | None
    run: int | None  # the last one
    last_at: datetime | None  # when it was, by the clock of then
    counted_from: date | None  # the day from which the calendar counts
    clock_back: bool
    own: bool  # its file lies in a folder of the operator's

    @property
    def next_due(self) -> date | None:
        """The first day on which it is due; ``None``: never by itself, or at once."""
        if self.source is None or self.counted_from is None:
            return None
        return rhythm.next_due(self.counted_from, self.source.rhythm)

    def is_due(self, today: date) -> bool:
        """Whether the calendar says so."""
        if self.source is None:
            return False
        return rhythm.is_due(self.counted_from, self.source.rhythm, today)


def of_all(connection: Connection, settings: Settings, *, now: datetime) -> list[Standing]:
    """Return how every source stands, by name."""
    last, noticed, own = _last_runs(connection), _noticed(connection), sources.added(settings)
    found = []
    for name, source in sources.everything(settings).items():
        run, at = last.get(name, (None, None))
        back = at is not None and at > now + SKEW
        counted = at
        if back:
            seen = noticed.get(name)
            counted = seen[1] if seen and seen[0] == run and seen[1] <= now + SKEW else now
        found.append(
            Standing(
                name=name,
                source=None if isinstance(source, UnknownSource) else source,
                error=source if isinstance(source, UnknownSource) else None,
                run=run,
                last_at=at,
                counted_from=counted.astimezone(CHINA).date() if counted else None,
                clock_back=back,
                own=name in own,
            )
        )
    return found


def notice_clock(connection: Connection, standings: list[Standing], *, now: datetime) -> list[str]:
    """Keep from when the calendar counts where the clock went back; return the sources it is new for.

    In a write transaction; to be called when one ``clock_back`` is.
    """
    noticed = _noticed(connection)
    fresh = []
    for each in standings:
        seen = noticed.get(each.name)
        if not each.clock_back or (seen and seen[0] == each.run and seen[1] <= now + SKEW):
            continue
        connection.execute(
            schema.Base.metadata.tables["meta"].delete().where(Meta.key == f"{_CLOCK}{each.name}")
        )
        value = f"{each.run} {now.astimezone(UTC).isoformat()}"
        connection.execute(
            schema.Base.metadata.tables["meta"]
            .insert()
            .values(key=f"{_CLOCK}{each.name}", value=value)
        )
        fresh.append(each.name)
    return fresh


def _noticed(connection: Connection) -> dict[str, tuple[int, datetime]]:
    """From when the calendar counts, by source: after which run, and since when."""
    rows = connection.execute(
        select(Meta.key, Meta.value).where(Meta.key.startswith(_CLOCK, autoescape=True))
    )
    found = {}
    for key, value in rows:
        run, _, at = value.partition(" ")
        found[key.removeprefix(_CLOCK)] = int(run), datetime.fromisoformat(at)
    return found


def _last_runs(connection: Connection) -> dict[str, tuple[int, datetime]]:
    """Number and moment of the newest run of each source."""
    newest = select(func.max(Run.id)).group_by(Run.source_id)
    query = (
        select(schema.Source.name, Run.id, Run.learned_at)
        .join(schema.Source, schema.Source.id == Run.source_id)
        .where(Run.id.in_(newest))
    )
    return {
        name: (run, at if at.tzinfo else at.replace(tzinfo=UTC))
        for name, run, at in connection.execute(query)
    }
