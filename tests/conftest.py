"""What tests stand on: a fresh register on both databases, a browser, and no operator's settings.

A tool that is not there skips its tests and says so; where ``CI=true`` it fails them, so that
a green run there means that everything ran.
"""

import gc
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import compiled
import hypothesis
import pytest
from factories import NOW
from postgresql import QUICK, PostgreSQL, ToolMissing, running_postgresql
from sqlalchemy import Engine

from expectations import apart
from expectations.check import Gate
from liangxin import db, migrate
from liangxin.schema import Division
from liangxin.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: The box for addresses, which nobody sees, is drawn by a process of its own for every window. The
#: rest is what Playwright turns off: of two lists of this name the last counts.
NOT_WANTED = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "AimEnabled", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("NetworkTimeServiceQuerying", "OptimizationHints", "PreconnectToSearch"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "ThirdPartyStoragePartitioning"),
)
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing but this machine is there: what a page asks of another host fails, and is heard of.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-features=" + ",".join(NOT_WANTED),
    # A script runs for a second or two: making it faster takes longer than it does.
    "--js-flags=--no-opt",
)

# What is collected is looked for among all that is loaded: rarely, or a quarter of the time goes there.
gc.set_threshold(500_000, 20, 20)

# A shared machine is no stopwatch: time limits belong in benchmarks. Every run draws anew, so many
# short runs look at more than one long one; EXAMPLES=1000 looks longer.
EXAMPLES = int(os.environ.get("EXAMPLES", "20"))
hypothesis.settings.register_profile("liangxin", deadline=None, max_examples=EXAMPLES)
hypothesis.settings.load_profile("liangxin")


#: Tests in these folders wait for a browser or for children more than they compute.
WAITING = {"browser", "flows"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that wait among those that compute, so that workers sharing a core do both.

    Files stay whole and in their order; the last ones are short, so that nobody works alone for long.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waits = [each for path, each in files.items() if path.parent.name in WAITING]
    rest = [each for path, each in files.items() if path.parent.name not in WAITING]
    step = len(rest) * 3 // 4 // max(len(waits), 1)
    for at, each in enumerate(waits):
        rest.insert(at * (step + 1), each)
    items[:] = [item for each in rest for item in each]


def pytest_collection_finish() -> None:
    """Look no more through what is loaded by now: modules and tests stay until the end."""
    gc.freeze()


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


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """No test compiles what another one did."""
    with compiled.once():
        yield


@pytest.fixture(scope="session", autouse=True)
def nobody_outside_is_trusted() -> Iterator[None]:
    """No test knows the world's certificate authorities: it meets none, and each crawl reads them all."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSL_CERT_FILE", os.devnull)
        patched.setenv("SSL_CERT_DIR", os.devnull)
        yield


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder of one's own."""
    return tmp_path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside a developer's checkout; elsewhere, CI too, a test skips."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real data beside the checkout (../shared/data)")
    return folder


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
def new_home(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes data folders with a fresh, migrated register each, for what outlives one test."""

    def made() -> Path:
        folder = tmp_path_factory.mktemp("home")
        shutil.copyfile(migrated_file, folder / "register.db")
        return folder

    return made


@pytest.fixture(scope="session")
def migrated_template(postgresql_server: "PostgreSQL") -> str:
    """Name of a PostgreSQL database migrated once."""
    name = "migrated"
    url = postgresql_server.create(name)
    with disposed(db.make_engine(Settings(database_url=url))) as made:
        migrate.upgrade(made, now=NOW)
    postgresql_server.pack(name, Division.__tablename__)
    return name


# The validator.


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs judged by the validator of this process, loaded once."""
    monkeypatch.setattr(apart, "gate", lambda kind, **_: nullcontext(one_gate(kind)))


@cache
def one_gate(kind: str) -> Gate:
    """The gate of each kind; it remembers verdicts on kinds of row, not rows."""
    return Gate(kind)


@contextmanager
def disposed(engine: Engine) -> Iterator[Engine]:
    """Close an engine's connections at the end, whatever happened."""
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """A PostgreSQL server for this session, without TCP, without fsync."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgresql(QUICK))
        except ToolMissing as missing:
            not_available(str(missing))
        yield server


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
