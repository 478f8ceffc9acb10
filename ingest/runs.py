"""Which run a delivery gets, by the kind of its source."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from ingest import ledgers, member_keys, pipeline, screenings
from ingest.pipeline import RunReport
from liangxin.settings import Settings

if TYPE_CHECKING:
    from ingest.landing import Landed
    from ingest.preparing import Part
    from ingest.sources import Source

_RUNS: dict[str, Callable[..., RunReport]] = {
    "registrations": pipeline.run,
    "social": pipeline.run,
    "ledger": ledgers.run,
    "ledger_social": ledgers.run,
    "screening": screenings.run,
    "member_keys": member_keys.run,
}
#: Kinds whose files are landed; of the others only a hash is kept.
LANDED = frozenset({"registrations", "social"})


def run(
    parts: "Sequence[Part] | Sequence[Any]",
    source: "Source",
    settings: Settings,
    engine: Engine,
    *,
    as_of: date,
    clock: Callable[[], datetime],
) -> RunReport:
    """Load one delivery in one run, in the district of the settings.

    Raises:
        BatchStopped, DatabaseUnavailable, Misuse, UnreadableFile: as the run of its kind does.
    """
    return _RUNS[source.kind](
        parts, source, settings, engine, as_of=as_of, district=settings.district, clock=clock
    )


def run_unread(
    landed: "Sequence[Landed]",
    source: "Source",
    settings: Settings,
    engine: Engine,
    *,
    as_of: date,
    clock: Callable[[], datetime],
) -> RunReport | None:
    """Give landed bytes a run without reading them, where the last run loaded the very same.

    ``None``: they have to be read, and nothing was written.
    """
    if source.kind not in LANDED:
        return None
    return pipeline.run_unread(
        landed, source, settings, engine, as_of=as_of, district=settings.district, clock=clock
    )
