"""What a load needs of the register, read while the rest of the command is being imported.

What stands above the database's driver takes a second to import, in which a second processor core
has nothing to do; and reading what a large register knows takes as long. What was read holds as
long as the register is of the version it was of then (``liangxin.versions``), which whoever uses
it asks under the write lock. Divisions come first: names of places can be arranged while the
rest is being read.
"""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from liangxin import drivers
from liangxin.drivers import Numbers64

if TYPE_CHECKING:
    from liangxin.settings import Settings

_VERSION = "SELECT value FROM meta WHERE key = 'register.version'"
_SOURCES = "SELECT name, id FROM source"


@dataclass(frozen=True, slots=True)
class Divisions:
    """Today's divisions when the register was of a version."""

    version: str | None
    columns: list[str]
    """``liangxin.divisions.COLUMNS``, as ``drivers.divisions`` tells them."""


@dataclass(frozen=True, slots=True)
class Registrations:
    """What the source had said when the register was of a version, one entry a registration."""

    version: str | None
    organisations: Numbers64
    hashes: Numbers64
    traits: Numbers64


@dataclass(frozen=True, slots=True)
class Early:
    """Answers what was read early, waiting for it; ``None``: it could not be."""

    divisions: Callable[[], Divisions | None]
    registrations: Callable[[], Registrations | None]


@contextmanager
def reading(settings: "Settings", source: str) -> Generator[Early]:
    """Read what a source has said so far, and today's divisions, in a thread from now on.

    A register that is not there is left so. One of an earlier schema may be read, but not believed:
    bringing it up to date moves its version.
    """
    divisions: Future[Divisions | None] = Future()

    def read() -> Registrations | None:
        try:
            ask = partial(_told, source, divisions.set_result)
            return drivers.asked(settings.url, settings.busy_timeout, ask)
        finally:
            if not divisions.done():
                divisions.set_result(None)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="early") as pool:
        yield Early(divisions.result, pool.submit(read).result)


def _told(source: str, tell: Callable[[Divisions], None], cursor: Any) -> Registrations:
    """All of it as one transaction sees it."""
    row = cursor.execute(_VERSION).fetchone()
    version = row[0] if row else None
    tell(Divisions(version, drivers.divisions(cursor)))
    sources = dict(cursor.execute(_SOURCES).fetchall())
    organisations, hashes, traits = drivers.integers(
        cursor,
        "registration",
        ("organisation_id", "row_hash", "traits"),
        where={"source_id": sources.get(source, 0)},
    )
    return Registrations(version, organisations, hashes, traits)
