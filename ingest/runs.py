"""Which run a delivery gets, by the kind of its source."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from ingest import pipeline
from ingest.run_report import RunReport
from liangxin.settings import Settings

if TYPE_CHECKING:
    from ingest.early import Early
    from ingest.landing import Landed
    from ingest.preparing import Part
    from ingest.sources import Source
    from ingest.within import Within

#: What runs the kinds that are not registrations; loaded when one is there, for it takes a while.
_RUNS = {
    "ledger": "ledgers",
    "ledger_social": "ledgers",
    "screening": "screenings",
    "member_keys": "member_keys",
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
    within: "Within | None" = None,
    early: "Early | None" = None,
) -> RunReport:
    """Load one delivery in one run, in the district of the settings.

    ``within`` is of a file that an office handed in; the kinds of such files know it. ``early`` is
    what was read of the register while the files were looked at, for the kinds that ask for it.

    Raises:
        BatchStopped, DatabaseUnavailable, Misuse, UnreadableFile: as the run of its kind does.
    """
    how: dict[str, Any] = {"as_of": as_of, "district": settings.district, "clock": clock}
    if within is not None:
        how["within"] = within
    if early is not None and source.kind in LANDED:
        how["early"] = early
    return _run_of(source.kind)(parts, source, settings, engine, **how)


def _run_of(kind: str) -> Callable[..., RunReport]:
    if kind in LANDED:
        return pipeline.run
    found: Callable[..., RunReport] = import_module(f"ingest.{_RUNS[kind]}").run
    return found


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
