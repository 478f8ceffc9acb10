"""A desk to load files from, on both databases, that does not pay for every run what it costs once."""

from concurrent.futures import Future
from pathlib import Path

import pytest
from loads import WULING, Desk
from sqlalchemy import Engine, delete, not_

from ingest import pipeline
from liangxin import db
from liangxin.schema import Division
from liangxin.settings import Settings


@pytest.fixture(scope="session")
def gate() -> "Future[object]":
    """The validator, loaded once; what it remembers are verdicts on kinds of row, not rows."""
    return pipeline.load_gate()


@pytest.fixture
def desk(
    settings: Settings,
    engine: Engine,
    tmp_path: Path,
    gate: "Future[object]",
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """A desk at a fresh register that knows no division but those of one city; on both databases."""
    monkeypatch.setattr(pipeline, "load_gate", lambda: gate)
    return at_a_small_register(settings, engine, tmp_path)


@pytest.fixture
def sqlite_desk(
    sqlite_settings: Settings,
    sqlite_engine: Engine,
    tmp_path: Path,
    gate: "Future[object]",
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """The same, for tests that a second database teaches nothing."""
    monkeypatch.setattr(pipeline, "load_gate", lambda: gate)
    return at_a_small_register(sqlite_settings, sqlite_engine, tmp_path)


def at_a_small_register(settings: Settings, engine: Engine, folder: Path) -> Desk:
    with db.writing(engine) as connection:
        elsewhere = not_(Division.code.startswith(WULING[:4], autoescape=True))
        connection.execute(delete(Division).where(elsewhere))
    return Desk(settings, engine, folder)
