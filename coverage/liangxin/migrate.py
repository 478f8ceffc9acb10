"""Brings a database to the schema of this version, and fills in the division list it ships.

Alembic is imported only when there is something to do: asking costs one query, so that every
command may open the register without paying for it.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from liangxin import db, divisions
from liangxin.errors import DatabaseUnavailable
from liangxin.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config

#: The newest revision in ``migrations/versions``; a test holds the two together.
HEAD = "0025"


def open_register(settings: Settings, *, now: datetime) -> Engine:
    """Return an engine on a register of this version, making it first if there is none.

    Raises:
        DatabaseUnavailable: it cannot be opened, or was made by a newer version.
    """
    if not settings.database_url:
        try:
            settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Its owner's alone, and so are the files that SQLite lays beside it.
            os.close(os.open(settings.home / "register.db", os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise DatabaseUnavailable(
                f"无法建立数据目录 {settings.home}（{error.strerror}）。请检查 LIANGXIN_HOME。",
                f"the data folder {settings.home} cannot be made ({error.strerror}); "
                "check LIANGXIN_HOME.",
            ) from error
    engine = db.make_engine(settings)
    try:
        if not _is_of_this_version(engine):
            upgrade(engine, now=now)
    except BaseException:
        engine.dispose()
        raise
    return engine


def existing(settings: Settings) -> Engine | None:
    """Return an engine on a register that is there and of this version, and change nothing.

    Raises:
        DatabaseUnavailable: it cannot be opened.
    """
    if not (settings.database_url or (settings.home / "register.db").is_file()):
        return None
    engine = db.make_engine(settings)
    try:
        if _is_of_this_version(engine):
            return engine
    except BaseException:
        engine.dispose()
        raise
    engine.dispose()
    return None


def _is_of_this_version(engine: Engine) -> bool:
    with db.database_errors(), engine.connect() as connection:
        return current_revision(connection) == HEAD


def current_revision(connection: Connection) -> str | None:
    """Return the schema revision of a database; ``None`` for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: Engine, *, now: datetime) -> str | None:
    """Bring the schema up to date in one transaction; return the revision it had before.

    Raises:
        DatabaseUnavailable: the database was made by a newer version of liangxin.
    """
    from alembic import command  # noqa: PLC0415 - half a second, wanted only here

    with db.writing(engine) as connection:
        before = current_revision(connection)
        if before is not None and before > HEAD:
            raise DatabaseUnavailable(
                f"数据库版本 {before} 比本程序（{HEAD}）新。请升级 liangxin。",
                f"the database is of version {before}, newer than this program ({HEAD}); "
                "upgrade liangxin.",
            )
        command.upgrade(alembic_config(connection), "head")
        if before is None:
            divisions.load(connection, divisions.shipped(), on=None, now=now)
    return before


def alembic_config(connection: Connection) -> "Config":
    """Return Alembic's configuration for one open connection."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
