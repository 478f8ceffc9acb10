"""A desk to load files from, on both databases, that does not pay for every run what it costs once."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from crawls import BRISK
from factories import NOW
from loads import WULING, Desk
from offices import Office, acquainted
from postgresql import PostgreSQL
from servers import Site, site
from sqlalchemy import Engine, delete, not_

from ingest import crawl
from ingest.crawl import CrawlReport
from ingest.sources import Source
from liangxin import db
from liangxin.schema import Division
from liangxin.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """A desk at a fresh register that knows no division but those of one city; on both databases."""
    return request.getfixturevalue(f"{request.param}_desk")


@pytest.fixture
def sqlite_desk(home: Path, small_file: Path, quick: None) -> Iterator[Desk]:
    """The same, for tests that a second database teaches nothing."""
    shutil.copyfile(small_file, home / "register.db")
    settings = Settings(home=home)
    engine = db.make_engine(settings)
    yield Desk(settings, engine, home)
    engine.dispose()


@pytest.fixture
def postgresql_desk(
    home: Path, postgresql_server: PostgreSQL, small_template: str, quick: None
) -> Iterator[Desk]:
    """The same, on the server."""
    with postgresql_server.database(small_template) as url:
        settings = Settings(home=home, database_url=url)
        engine = db.make_engine(settings)
        yield Desk(settings, engine, home)
        engine.dispose()


@pytest.fixture(scope="session")
def small_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite register of one city, made once."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copyfile(migrated_file, folder / "register.db")
    engine = db.make_engine(Settings(home=folder))
    forget_other_cities(engine)
    engine.dispose()
    with sqlite3.connect(folder / "register.db") as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return folder / "register.db"


@pytest.fixture(scope="session")
def small_template(postgresql_server: PostgreSQL, migrated_template: str) -> str:
    """Name of a PostgreSQL register of one city, made once."""
    name = "small"
    engine = db.make_engine(
        Settings(database_url=postgresql_server.create(name, migrated_template))
    )
    forget_other_cities(engine)
    engine.dispose()
    postgresql_server.pack(name, Division.__tablename__)
    return name


def forget_other_cities(engine: Engine) -> None:
    with db.writing(engine) as connection:
        elsewhere = not_(Division.code.startswith(WULING[:4], autoescape=True))
        connection.execute(delete(Division).where(elsewhere))


# Crawls.


@pytest.fixture
def publisher() -> Iterator[Site]:
    """A site told what to answer."""
    with site() as running:
        yield running


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """One second passes each time somebody looks."""
    ticks = count()
    return lambda: NOW + timedelta(seconds=next(ticks))


@pytest.fixture
def run(
    sqlite_settings: Settings, sqlite_engine: Engine, clock: Callable[[], datetime]
) -> Callable[..., CrawlReport]:
    """Crawl into a fresh register."""

    def crawled(source: Source, **more: Any) -> CrawlReport:
        options: dict[str, Any] = {"clock": clock, "pace": BRISK} | more
        return crawl.crawl(source, sqlite_settings, sqlite_engine, **options)

    return crawled


# Offices that exchange packages.


@pytest.fixture
def offices(small_file: Path, tmp_path: Path) -> Iterator[dict[str, Office]]:
    """Three offices; the first two know each other, the third trusts them and is trusted by nobody."""
    made = {}
    for name in ("甲区", "乙街道", "丙街道"):
        home = tmp_path / name
        home.mkdir()
        (home / "register.db").write_bytes(small_file.read_bytes())
        settings = Settings(home=home)
        made[name] = Office(name, settings, db.make_engine(settings))
    acquainted(made["甲区"], made["乙街道"])
    made["丙街道"].make_keys()
    for name in ("甲区", "乙街道"):
        made["丙街道"].trust(made[name])
    yield made
    for each in made.values():
        each.engine.dispose()


@pytest.fixture
def jia(offices: dict[str, Office]) -> Office:
    return offices["甲区"]


@pytest.fixture
def yi(offices: dict[str, Office]) -> Office:
    return offices["乙街道"]
