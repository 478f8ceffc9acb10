"""What a load needs of the register, read while the rest of the command is being imported.

What stands above the database's driver takes a second to import, in which a second processor core
has nothing to do; and reading what a large register knows takes as long. What was read holds as
long as the register is of the version it was of then (``liangxin.versions``), which whoever uses
it asks under the write lock.
"""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
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
_DIVISIONS = "SELECT code, name, level, parent_code FROM division WHERE to_on IS NULL ORDER BY code"


@dataclass(frozen=True, slots=True)
class Early:
    """What was read when the register was of a version: one entry a registration, and divisions."""

    version: str | None
    organisations: Numbers64
    hashes: Numbers64
    traits: Numbers64
    divisions: list[tuple[str, str, str, str | None]]
    """Rows of ``liangxin.divisions.COLUMNS``: today's, in the order of their codes."""


#: Answers what was read early, waiting for it; ``None``: nothing could be.
ReadEarly = Callable[[], Early | None]


@contextmanager
def reading(settings: "Settings", source: str) -> Generator[ReadEarly]:
    """Read what a source has said so far, and today's divisions, in a thread from now on.

    A register that is not there is left so. One of an earlier schema may be read, but not believed:
    bringing it up to date moves its version.
    """
    ask = partial(_told, source)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="early") as pool:
        yield pool.submit(drivers.asked, settings.url, settings.busy_timeout, ask).result


def _told(source: str, cursor: Any) -> Early:
    """All of it as one transaction sees it."""
    version = cursor.execute(_VERSION).fetchone()
    sources = dict(cursor.execute(_SOURCES).fetchall())
    organisations, hashes, traits = drivers.integers(
        cursor,
        "registration",
        ("organisation_id", "row_hash", "traits"),
        where={"source_id": sources.get(source, 0)},
    )
    divisions = cursor.execute(_DIVISIONS).fetchall()
    return Early(version[0] if version else None, organisations, hashes, traits, divisions)
