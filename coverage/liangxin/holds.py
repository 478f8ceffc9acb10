"""Locks that say who works on what, and that end with their process, on either database."""

import hashlib
import sqlite3
import zlib
from collections.abc import Generator
from contextlib import closing, contextmanager
from time import monotonic, sleep

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from liangxin import db
from liangxin.errors import Busy, DatabaseUnavailable


@contextmanager
def holding(engine: Engine, name: str, *, wait: float = 0.0) -> Generator[None]:
    """Be the only process that works on something; the lock ends with the process, however it dies.

    No clock is asked: SQLite's operating system and PostgreSQL's server know who is still there.

    Args:
        engine: the register.
        name: of what is worked on.
        wait: seconds to wait for another to end.

    Raises:
        Busy: another process, or another thread of this one, works on it.
    """
    hold = _held_file if engine.dialect.name == db.EMBEDDED else _held_on_server
    with db.database_errors(), hold(engine, name, wait) as held:
        if not held:
            raise Busy(
                f"另一个进程正在处理“{name}”，本次没有做任何事。可用 liangxin jobs 查看进度。",
                f"another process is at work on {name!r}; this one did nothing. See liangxin jobs.",
            )
        yield


@contextmanager
def _held_file(engine: Engine, name: str, wait: float) -> Generator[bool]:
    """Hold a small file of its own; the register itself stays free for everybody."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    file = db.beside(engine, "locks") / f"{digest}.lock"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=wait, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnavailable(
            f"无法写入 {file.parent}（{error}）。请检查数据目录的权限和空间。",
            f"{file.parent} cannot be written ({error}); check the folder's permissions and space.",
        ) from error
    with closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise DBAPIError.instance(None, None, error, sqlite3.Error) from error
            yield False
            return
        yield True


@contextmanager
def _held_on_server(engine: Engine, name: str, wait: float) -> Generator[bool]:
    """Hold a lock of a session; a machine that is gone is noticed within a minute."""
    give_up = monotonic() + wait
    key = {"kind": db.WRITE_LOCK, "name": zlib.crc32(name.encode()) - 2**31}
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        for setting, seconds in (("idle", 20), ("interval", 10), ("count", 3)):
            connection.exec_driver_sql(f"SET tcp_keepalives_{setting} = {seconds}")
        asked = text("SELECT pg_try_advisory_lock(:kind, :name)")
        held = bool(connection.execute(asked, key).scalar())
        while not held and monotonic() < give_up:
            sleep(0.05)
            held = bool(connection.execute(asked, key).scalar())
        try:
            yield held
        finally:
            if held and not connection.invalidated:
                connection.execute(text("SELECT pg_advisory_unlock(:kind, :name)"), key)
