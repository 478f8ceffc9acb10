"""Where jobs wait: Huey's queue, in a file beside an embedded register or in the server's database.

Decision 0012. Huey takes a task off the queue before it is done, so what must not be lost stands in
the register (``liangxin.jobs``); the queue holds who is next, when to try again, and progress.
"""

import logging
import sqlite3
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import Engine, inspect, text

from liangxin import db, holds
from liangxin.errors import Busy, DatabaseUnavailable

if TYPE_CHECKING:
    from huey import Huey

#: Huey's tables on a server are not ours: they have a schema of their own.
SCHEMA = "liangxin_jobs"
NAME = "liangxin"
#: Seconds between two times that progress is told.
TOLD_EVERY = 0.5


def make_queue(engine: Engine) -> "Huey":
    """Return the queue of a register; made if there is none.

    Raises:
        DatabaseUnavailable: it cannot be opened.
    """
    from huey import Huey  # noqa: PLC0415 - only who works on jobs pays for it
    from huey.storage import PostgresStorage, SqliteStorage  # noqa: PLC0415

    log = logging.getLogger("huey")
    if not log.handlers:  # pages ask again and again
        log.addHandler(logging.NullHandler())
    log.propagate = False
    options: dict[str, Any] = {"results": False}
    try:
        if engine.dialect.name == db.EMBEDDED:
            file = db.beside(engine, "jobs.db")
            return Huey(NAME, storage_class=SqliteStorage, filename=str(file), **options)
        with holds.holding(
            engine, "queue", wait=30
        ):  # two that make the tables at once would collide
            made = inspect(engine).has_table("huey_counter", schema=SCHEMA)
            if not made:
                with engine.begin() as connection:
                    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            return Huey(
                NAME,
                storage_class=PostgresStorage,
                connection=lambda: _connect(engine),
                create_tables=not made,
                **options,
            )
    except (sqlite3.Error, psycopg.Error) as error:
        raise DatabaseUnavailable(
            f"任务队列无法打开（{error}）。请检查数据目录权限或数据库服务。",
            f"the queue of jobs cannot be opened ({error}); check the data folder's permissions or "
            "the server.",
        ) from error


def _connect(engine: Engine) -> "psycopg.Connection[Any]":
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, options=f"-c search_path={SCHEMA}")


# How far a job is; told while its transaction is still open, and forgotten when it is done.


def tell_progress(queue: "Huey", source: str, rows: int) -> None:
    """Say how many rows of a source's job were read so far."""
    queue.put(f"rows:{source}", rows)


def telling(queue: "Huey", source: str) -> Callable[[int], None]:
    """Return what is called with each further rows; progress that cannot be told is no trouble."""
    rows, told = 0, monotonic()

    def watch(more: int) -> None:
        nonlocal rows, told
        rows += more
        if monotonic() - told >= TOLD_EVERY:
            told = monotonic()
            try:
                tell_progress(queue, source, rows)
            except Exception:
                told += 60

    return watch


def progress(queue: "Huey", source: str) -> int:
    """Return how many rows of a source's job were read so far."""
    return int(queue.get(f"rows:{source}", peek=True) or 0)


def rows_read(engine: Engine, source: str) -> int:
    """Return how many rows of a source's running job were read so far, to whoever looks once."""
    held = make_queue(engine)
    try:
        return progress(held, source)
    finally:
        held.storage.close()


#: Under this name a worker holds a lock for as long as it runs.
WORKER = "the worker"


def worker_is_there(engine: Engine) -> bool:
    """Tell whether a worker runs; no clock is asked (``holds.holding``)."""
    try:
        with holds.holding(engine, WORKER):
            return False
    except Busy:
        return True


def waiting(queue: "Huey") -> set[int]:
    """Return the jobs that the queue will hand out by itself, now or later."""
    tasks = [*queue.pending(), *queue.scheduled()]
    return {int(task.args[0]) for task in tasks if task.args}
