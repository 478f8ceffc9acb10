"""What tests stand on: a fresh register on both databases, a browser, and no operator's settings.

A tool that is not there skips its tests and says so; where ``CI=true`` it fails them, so that
a green run there means that everything ran.
"""

import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import psycopg
import pytest
from factories import NOW
from psycopg import sql
from sqlalchemy import Engine

from liangxin import db, migrate
from liangxin.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SERVER_START_SECONDS = 30.0
SERVER_ROOM = 2**30
#: Runs a server until standard input closes, which it does however the tests end, then tidies up.
SERVE_UNTIL_WE_END = '"$@" & read -r _; kill -QUIT $!; wait $!; rm -rf "$LIANGXIN_TEST_SERVER"'

# A shared machine is no stopwatch: time limits belong in benchmarks.
hypothesis.settings.register_profile("liangxin", deadline=None)
hypothesis.settings.load_profile("liangxin")


def not_available(reason: str) -> NoReturn:
    """Skip the test, or fail it where everything must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def no_operators_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No test sees, or can touch, the register of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("LIANGXIN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LIANGXIN_HOME", str(tmp_path_factory.getbasetemp() / "no-home"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder of one's own."""
    return tmp_path


# Registers. Each is a copy of one that was migrated once, so a fresh one costs milliseconds.


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings of a fresh, migrated register; the test runs once per database."""
    return request.getfixturevalue(f"{request.param}_settings")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_settings(request: pytest.FixtureRequest, home: Path) -> Iterator[Settings]:
    """Settings of a database without a single table; the test runs once per database."""
    if request.param == "sqlite":
        yield Settings(home=home)
        return
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    with server.database() as url:
        yield Settings(home=home, database_url=url)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """A fresh, migrated register; the test runs once per database."""
    with disposed(db.make_engine(settings)) as made:
        yield made


@pytest.fixture
def empty_engine(empty_settings: Settings) -> Iterator[Engine]:
    """A database without a single table; the test runs once per database."""
    with disposed(db.make_engine(empty_settings)) as made:
        yield made


@pytest.fixture
def sqlite_settings(home: Path, migrated_file: Path) -> Settings:
    """Settings of a fresh, migrated register in the home folder."""
    shutil.copyfile(migrated_file, home / "register.db")
    return Settings(home=home)


@pytest.fixture
def sqlite_engine(sqlite_settings: Settings) -> Iterator[Engine]:
    """A fresh, migrated register, for tests that a second database teaches nothing."""
    with disposed(db.make_engine(sqlite_settings)) as made:
        yield made


@pytest.fixture
def postgresql_settings(
    home: Path, postgresql_server: "PostgreSQL", migrated_template: str
) -> Iterator[Settings]:
    """Settings of a fresh, migrated register on the server."""
    with postgresql_server.database(migrated_template) as url:
        yield Settings(home=home, database_url=url)


@pytest.fixture
def postgresql_engine(postgresql_settings: Settings) -> Iterator[Engine]:
    """A fresh, migrated register on the server, for what only a server does."""
    with disposed(db.make_engine(postgresql_settings)) as made:
        yield made


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite register migrated once."""
    folder = tmp_path_factory.mktemp("migrated")
    with disposed(db.make_engine(Settings(home=folder))) as made:
        migrate.upgrade(made, now=NOW)
    file = folder / "register.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@pytest.fixture(scope="session")
def migrated_template(postgresql_server: "PostgreSQL") -> str:
    """Name of a PostgreSQL database migrated once."""
    name = "migrated"
    url = postgresql_server.create(name)
    with disposed(db.make_engine(Settings(database_url=url))) as made:
        migrate.upgrade(made, now=NOW)
    return name


@contextmanager
def disposed(engine: Engine) -> Iterator[Engine]:
    """Close an engine's connections at the end, whatever happened."""
    try:
        yield engine
    finally:
        engine.dispose()


# The server.


@dataclass
class PostgreSQL:
    """A running server, reached over a socket in a private folder and in no other way."""

    folder: Path
    admin: psycopg.Connection
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, name: str) -> str:
        """SQLAlchemy address of a database."""
        return f"postgresql+psycopg://liangxin@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template0") -> str:
        """Create a database and return its address."""
        self.admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url(name)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Address of a database that lasts as long as the block."""
        name = f"register_{next(self.numbers)}"
        yield self.create(name, template)
        self.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """A PostgreSQL server for this session, without TCP, without fsync."""
    programs = _postgresql_programs()
    if programs is None:
        not_available("PostgreSQL is not installed: no initdb and postgres found")
    # The server refuses to run as root: then it is Debian's user of it, or nobody.
    user = _server_user() if os.geteuid() == 0 else None
    # Not pytest's own folder: only its owner may enter that, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="liangxin-", dir=_memory()))
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    identity = (
        {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    )
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "LIANGXIN_TEST_SERVER": str(folder),
    }
    data, log = folder / "data", folder / "log"
    options = ["--username=liangxin", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [programs / "initdb", f"--pgdata={data}", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **identity,
    )
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        not_available(f"PostgreSQL cannot make a database folder: {made.stderr.strip()}")
    quick = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "max_wal_size": "256MB",
        "timezone": "Asia/Shanghai",  # not UTC: nothing may depend on it
    }
    settings = [f"--{name}={value}" for name, value in quick.items()]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["sh", "-c", SERVE_UNTIL_WE_END, "sh", programs / "postgres", "-D", data, *settings],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environment,
            start_new_session=True,
            **identity,
        ),
        _connected(folder, log) as admin,
    ):
        yield PostgreSQL(folder, admin)


def _memory() -> Path | None:
    """Linux's folder in memory, where there is room: a database is copied ten times faster."""
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
    room = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free
    return shared if room > SERVER_ROOM else None


@contextmanager
def _connected(folder: Path, log: Path) -> Iterator[psycopg.Connection]:
    """Connect to a server that is still starting."""
    give_up = time.monotonic() + SERVER_START_SECONDS
    while True:
        try:
            connection = psycopg.connect(
                host=str(folder), user="liangxin", dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError as error:
            if time.monotonic() > give_up:
                said = log.read_text(errors="replace") if log.exists() else str(error)
                not_available(f"PostgreSQL does not start: {said}")
            time.sleep(0.02)
            continue
        with connection:
            yield connection
        return


def _postgresql_programs() -> Path | None:
    """Folder of ``initdb`` and ``postgres``: on PATH, Debian's newest, or where pg_config says."""
    candidates = []
    if found := shutil.which("initdb"):
        candidates.append(Path(found).parent)
    debian = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if p.parent.name.isdigit()]
    candidates += sorted(debian, key=lambda p: int(p.parent.name), reverse=True)
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(said.stdout.strip()))
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


# The browser.


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A headless Chromium. One a module: while it runs, its event loop occupies the thread."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        not_available("no Chromium found: looked for " + ", ".join(BROWSERS))
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(BROWSER_OPTIONS))
        yield launched
        launched.close()
