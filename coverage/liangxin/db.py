"""Engine, transactions and bulk writing: the place that knows SQLite from PostgreSQL.

One run or request is one transaction. Writers take the register's single write lock first, so
that two of them can never interleave; readers are never blocked (WAL, MVCC).
"""

import json
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import polars as pl
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    any_,
    create_engine,
    event,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import InstrumentedAttribute

from liangxin import bound, versions
from liangxin.errors import DatabaseUnavailable, LiangxinError, NotFound
from liangxin.settings import Settings

#: "两新" as a number; any constant would do, as long as all writers use the same one.
WRITE_LOCK = 20_026
#: Pages of SQLite's cache while writing, in KiB (negative by SQLite's own convention).
WRITE_CACHE_KIB = -131_072
#: Of a new SQLite file; rows of some 250 bytes go in a sixth faster than with the default 4096.
PAGE_BYTES = 8192
#: PostgreSQL compiles no query of ours (``jit``): it takes longer than a second's query gains.
#: What it may hold of one step of a query before it lays it on the disk: the groups of a
#: million organisations fit, in the four megabytes it takes by itself they do not.
GROUPING_MEMORY = "32MB"
EMBEDDED = "sqlite"
#: Seconds to wait for the write lock with what may as well be written another time.
BRIEFLY = 0.05
#: PostgreSQL's code for "another transaction held the lock for longer than lock_timeout".
LOCK_NOT_AVAILABLE = "55P03"
NUMBER_TOO_LARGE = "22003"
#: So many rows are sooner updated by one statement than one by one.
COPIED_FROM = 1_000


def make_engine(settings: Settings) -> Engine:
    """Return an engine for the register's database; opens nothing yet.

    Raises:
        DatabaseUnavailable: the address is not one of SQLite or PostgreSQL.
    """
    try:
        url = make_url(settings.url)
    except ArgumentError as error:
        raise DatabaseUnavailable(
            "数据库地址 LIANGXIN_DATABASE_URL 无法识别，应形如 sqlite:///register.db "
            "或 postgresql+psycopg://用户@主机/库。",
            "LIANGXIN_DATABASE_URL is not an address; write sqlite:///register.db or "
            "postgresql+psycopg://user@host/database.",
        ) from error
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in {EMBEDDED, "postgresql"}:
        raise DatabaseUnavailable(
            f"不支持数据库“{url.get_backend_name()}”，请使用 SQLite 或 PostgreSQL。",
            f"the database {url.get_backend_name()!r} is not supported; use SQLite or PostgreSQL.",
        )
    try:
        if url.get_backend_name() == EMBEDDED:
            return _sqlite_engine(str(url), settings.busy_timeout)
        return create_engine(
            url,
            hide_parameters=True,  # no value of a row in an error, whoever prints it
            connect_args={
                "connect_timeout": max(2, round(settings.busy_timeout)),
                "options": f"-c lock_timeout={_milliseconds(settings.busy_timeout)} "
                f"-c work_mem={GROUPING_MEMORY} -c jit=off",
            },
        )
    except NoSuchModuleError as error:
        raise DatabaseUnavailable(
            "缺少该数据库的驱动程序。", "the driver of this database is not installed."
        ) from error


def _sqlite_engine(url: str, busy_timeout: float) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_timeout})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own implicit BEGIN would make BEGIN IMMEDIATE impossible.
        connection.isolation_level = None
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        _use_write_ahead_log(connection, busy_timeout)
        for pragma in (
            *("foreign_keys = ON", "synchronous = NORMAL", "temp_store = MEMORY"),
            # What is deleted is overwritten, where the page is written anyway.
            "secure_delete = FAST",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        read_only = "ON" if options.get("liangxin_read", False) else "OFF"
        connection.exec_driver_sql(f"PRAGMA query_only = {read_only}")
        write = options.get("liangxin_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _use_write_ahead_log(connection: sqlite3.Connection, busy_timeout: float) -> None:
    """Turn WAL on; two that open a new file at once are refused by SQLite without its waiting."""
    give_up = monotonic() + busy_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or monotonic() >= give_up:
                raise
            sleep(0.01)
        else:
            return


@contextmanager
def database_errors() -> Generator[None]:
    """Turn what a database driver says into a sentence a person can act on.

    Raises:
        DatabaseUnavailable: it cannot be used now.
        NotFound: a number was asked for that no column could hold.
    """
    try:
        yield
    except OverflowError as error:
        if "SQLite" not in str(error):  # a mistake of ours, not a number of theirs
            raise
        raise _no_such_number() from error
    except DBAPIError as error:
        raise _explained(error) from error


@contextmanager
def driver_errors(connection: Connection) -> Generator[None]:
    """Let what is said past SQLAlchemy, to the driver itself, fail as SQLAlchemy's errors do."""
    raised = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except raised as error:
        raise DBAPIError.instance(None, None, error, raised, dialect=connection.dialect) from error


def _no_such_number() -> NotFound:
    return NotFound(
        "没有这个编号：这个数字比任何编号都大。请检查编号。",
        "there is no such number: it is larger than any could be. Check it.",
    )


def _explained(error: DBAPIError) -> LiangxinError:
    if getattr(error.orig, "sqlstate", None) == NUMBER_TOO_LARGE:
        return _no_such_number()
    lines = str(error.orig or "").strip().splitlines()
    said = lines[0] if lines else error.__class__.__name__
    low = said.lower()
    # A server speaks its own language; its codes are the same everywhere.
    if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE or "locked" in low:
        return DatabaseUnavailable(
            "数据库正被另一个任务写入。请等它结束后再试；本次没有写入任何内容。",
            "another job is writing to the database; try again when it has ended. "
            "Nothing was written.",
        )
    if "unable to open" in low or "connection" in low or "could not translate" in low:
        return DatabaseUnavailable(
            f"无法打开数据库。请检查 LIANGXIN_DATABASE_URL、目录权限和数据库服务。（{said}）",
            "the database cannot be opened; check LIANGXIN_DATABASE_URL, the folder's "
            f"permissions and the server. ({said})",
        )
    if "not a database" in low or "malformed" in low:
        return DatabaseUnavailable(
            "数据库文件已损坏，或不是 SQLite 数据库。请用备份恢复，或改正 LIANGXIN_DATABASE_URL。",
            "the file is damaged or not an SQLite database; restore a backup, or correct "
            "LIANGXIN_DATABASE_URL.",
        )
    return DatabaseUnavailable(
        f"数据库出错，本次操作已全部撤回。（{said}）",
        f"the database failed; this operation was rolled back whole. ({said})",
    )


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """One consistent view of the register; nothing can be written through it by accident."""
    with database_errors(), engine.connect() as plain:
        options = (
            {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
            if engine.dialect.name == "postgresql"
            else {"liangxin_read": True}
        )
        connection = plain.execution_options(**options)
        with connection.begin():
            yield connection


@contextmanager
def writing(
    engine: Engine, *, facts: bool = True, patience: float | None = None
) -> Generator[Connection]:
    """One transaction with the register's write lock; committed at the end or not at all.

    Args:
        engine: the register.
        facts: false where nothing is written that any figure is worked out from (sessions, the
            log); whatever was worked out before may then still be told (``versions``).
        patience: seconds to wait for the lock, for what may as well be written another time;
            null: as long as the settings say.
    """
    with ExitStack() as stack:
        stack.enter_context(database_errors())
        plain = stack.enter_context(engine.connect())
        connection = plain.execution_options(liangxin_write=True)
        if engine.dialect.name == EMBEDDED:
            if patience is not None:
                stack.enter_context(_waiting_less(connection, patience))
            connection.exec_driver_sql(f"PRAGMA cache_size = {WRITE_CACHE_KIB}")
            connection.commit()
        with connection.begin():
            if engine.dialect.name == "postgresql":
                if patience is not None:
                    connection.exec_driver_sql(
                        f"SET LOCAL lock_timeout = {_milliseconds(patience)}"
                    )
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_LOCK})
            before = _written(connection)
            yield connection
            if facts and _written(connection) != before:
                versions.move(connection)


@contextmanager
def _waiting_less(connection: Connection, patience: float) -> Generator[None]:
    """Within the block, an embedded register's connection gives the lock up sooner."""
    driver: Any = connection.connection.driver_connection
    [usual] = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute(f"PRAGMA busy_timeout = {_milliseconds(patience)}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {usual}")


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))  # zero would mean for ever


def _written(connection: Connection) -> int:
    """A number that is another one as soon as a transaction has written something."""
    if connection.dialect.name == EMBEDDED:
        driver: Any = connection.connection.driver_connection
        return int(driver.total_changes)
    begun = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
    return int(connection.execute(begun).scalar_one())


def last_number(connection: Connection, table: str) -> int:
    """The last number that a table's rows were given, whether that row is still there or not."""
    if connection.dialect.name == EMBEDDED:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
        return int(connection.execute(query, {"table": table}).scalar() or 0)
    query = text("SELECT last_value FROM pg_sequences WHERE sequencename = :name")
    return int(connection.execute(query, {"name": f"{table}_id_seq"}).scalar() or 0)


def beside(engine: Engine, what: str) -> Path:
    """Return the path of something kept beside an embedded register: ``register-locks``."""
    file = Path(str(engine.url.database))
    return file.with_name(f"{file.stem}-{what}")


def walks_in_parts(connection: Connection) -> bool:
    """Tell whether a walk over spells is shorter in two parts, each along an index of its own."""
    return connection.dialect.name != EMBEDDED


def insert_frame(
    connection: Connection,
    table: Table,
    frame: pl.DataFrame,
    *,
    same: Mapping[str, int] | None = None,
) -> None:
    """Insert every row of a frame whose columns are named as the table's.

    No row passes through the ORM: SQLite gets tuples in one prepared statement, many rows a turn
    (a turn at a table with triggers is kept so that it alone can be undone, which takes longer
    than a row), PostgreSQL a COPY stream. ``same`` holds columns that have one number in all rows,
    so that it need not be handed over a million times. Columns in neither get the table's defaults.
    """
    same = same or {}
    if frame.is_empty():
        return
    unknown = {*frame.columns, *same} - set(table.columns.keys())
    if unknown:
        raise ValueError(f"{table.name} has no columns {sorted(unknown)}")
    if connection.dialect.name == "postgresql":
        _copy(connection, table.name, frame.with_columns(**same))
        return
    names = ", ".join(f'"{name}"' for name in (*frame.columns, *same))
    numbers = [str(int(number)) for number in same.values()]
    marks = f"({', '.join(['?'] * frame.width + numbers)})"
    inserting = f'INSERT INTO "{table.name}" ({names}) VALUES '  # noqa: S608 - names from schema
    together, groups, rest = bound.grouped(bound.tuples(frame))
    if groups:
        connection.exec_driver_sql(inserting + ", ".join([marks] * together), groups)
    if rest:
        connection.exec_driver_sql(inserting + marks, list(rest))


def _copy(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    """Stream a frame into a table."""
    names = ", ".join(f'"{name}"' for name in frame.columns)
    driver: Any = connection.connection.driver_connection
    with (
        driver_errors(connection),
        driver.cursor() as cursor,
        cursor.copy(f"COPY \"{table}\" ({names}) FROM STDIN (FORMAT csv, NULL '')") as copy,
    ):
        copy.write(bound.csv(frame))


def among(
    connection: Connection,
    column: ColumnElement[Any] | InstrumentedAttribute[Any],
    values: Sequence[Any],
) -> ColumnElement[bool]:
    """Return the condition that a column has one of ``values``, however many they are.

    They are one parameter: databases limit how many a statement may have, and ten thousand of
    them take longer to be written into it than their rows to be found.
    """
    if connection.dialect.name == EMBEDDED:
        listed = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(values), ARRAY(column.type)))


def listed(connection: Connection, ids: Sequence[int]) -> Select[Any]:
    """Return a query whose rows are these ids, however many they are; one parameter, as in ``among``."""
    if connection.dialect.name == EMBEDDED:
        each = func.json_each(json.dumps(list(ids))).table_valued("value")
        return select(each.c.value)
    return select(func.unnest(literal(list(ids), ARRAY(BigInteger))))


def existing_in(
    connection: Connection, table: Table, key: str, values: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the table's rows whose ``key`` is among ``values``, as dictionaries."""
    if not values:
        return []
    query = select(table).where(among(connection, table.c[key], values))
    return [dict(row) for row in connection.execute(query).mappings()]


def update_frame(
    connection: Connection, table: Table, frame: pl.DataFrame, *, key: str | tuple[str, ...]
) -> None:
    """Set every other column of the frame on the rows that its ``key`` columns name."""
    if frame.is_empty():
        return
    keys = (key,) if isinstance(key, str) else key
    values = [name for name in frame.columns if name not in keys]
    embedded = connection.dialect.name == EMBEDDED
    if not embedded and frame.height >= COPIED_FROM:
        _update_from_copy(connection, table.name, frame, keys, values)
        return
    mark = "?" if embedded else "%s"
    setting = ", ".join(f'"{name}" = {mark}' for name in values)
    matching = " AND ".join(f'"{name}" = {mark}' for name in keys)
    ordered = frame.select(*values, *keys)
    connection.exec_driver_sql(
        f'UPDATE "{table.name}" SET {setting} WHERE {matching}',  # noqa: S608 - names from schema
        bound.tuples(ordered) if embedded else ordered.rows(),
    )


def _update_from_copy(
    connection: Connection,
    table: str,
    frame: pl.DataFrame,
    keys: Sequence[str],
    values: Sequence[str],
) -> None:
    """One statement for all rows, which wait in a table that only this transaction sees."""
    names = ", ".join(f'"{name}"' for name in frame.columns)
    setting = ", ".join(f'"{name}" = given."{name}"' for name in values)
    matching = " AND ".join(f'held."{name}" = given."{name}"' for name in keys)
    connection.exec_driver_sql(
        f'CREATE TEMP TABLE given ON COMMIT DROP AS SELECT {names} FROM "{table}" WITH NO DATA'  # noqa: S608
    )
    _copy(connection, "given", frame)
    connection.exec_driver_sql("ANALYZE given")
    connection.exec_driver_sql(
        f'UPDATE "{table}" AS held SET {setting} FROM given WHERE {matching}'  # noqa: S608
    )
    connection.exec_driver_sql("DROP TABLE given")


def renumber(connection: Connection, table: Table) -> None:
    """After ids were given by hand: let the database's own numbering go on behind them."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608
            f"(SELECT max(id) FROM {table.name}))"
        )
