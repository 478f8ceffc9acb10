"""What a run reads of the register before it needs it: as it was read early, where that still holds."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine, select

from ingest import registrations
from ingest.early import Early, ReadEarly
from ingest.known import Known
from liangxin import db, divisions, versions
from liangxin.schema import Source


@contextmanager
def known(
    engine: Engine, source: str, early: ReadEarly | None = None
) -> Generator[Callable[[], Known]]:
    """Read what a source has said so far in a thread, from now on; the result is asked for later.

    To be begun when the write lock is held: nobody can add to it meanwhile.
    """

    def read() -> Known:
        with db.reading(engine) as connection:
            told = _still(connection, early)
            if told is not None:
                return Known(told.hashes, told.organisations, told.traits)
            number = connection.execute(select(Source.id).where(Source.name == source)).scalar()
            if number is None:
                return Known.nothing()
            return registrations.known(connection, number)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="known") as pool:
        yield pool.submit(read).result


def divisions_now(connection: Connection, early: ReadEarly | None = None) -> pl.DataFrame:
    """Return today's divisions as a frame of ``divisions.COLUMNS``."""
    told = _still(connection, early)
    return divisions.current(connection) if told is None else divisions.of_rows(told.divisions)


def _still(connection: Connection, early: ReadEarly | None) -> Early | None:
    """What was read early, if nothing was written since."""
    told = early() if early else None
    return told if told is not None and told.version == versions.of(connection) else None
