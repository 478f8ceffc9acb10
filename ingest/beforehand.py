"""What a run reads of the register before it needs it: as it was read early, where that still holds."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Connection, Engine, select

from ingest import registrations
from ingest.early import Early
from ingest.known import Known
from liangxin import db, divisions, versions
from liangxin.schema import Source


@contextmanager
def known(
    engine: Engine, source: str, early: Early | None = None
) -> Generator[Callable[[], Known]]:
    """Read what a source has said so far in a thread, from now on; the result is asked for later.

    To be begun when the write lock is held: nobody can add to it meanwhile.
    """

    def read() -> Known:
        with db.reading(engine) as connection:
            told = early.registrations() if early else None
            if told is not None and told.version == versions.of(connection):
                return Known(told.hashes, told.organisations, told.traits)
            number = connection.execute(select(Source.id).where(Source.name == source)).scalar()
            if number is None:
                return Known.nothing()
            return registrations.known(connection, number)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="known") as pool:
        yield pool.submit(read).result


def divisions_now(connection: Connection, early: Early | None = None) -> pl.DataFrame:
    """Return today's divisions as a frame of ``divisions.COLUMNS``."""
    told = early.divisions() if early else None
    if told is not None and told.version == versions.of(connection):
        return divisions.of_columns(told.columns)
    return divisions.current(connection)
