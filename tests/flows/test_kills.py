"""Killed at any moment, a load, a late load and an undo leave the register as before or as after.

Real commands in processes of their own, on both databases. ``KILLS=200`` kills more often.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories import NOW, a_registration, write_csv
from loads import MARCH, SEPTEMBER, WULING
from sqlalchemy import Engine, select

from ingest import delivery, pipeline, sources
from liangxin import db, state, undo
from liangxin.schema import Run
from liangxin.settings import Settings

KILLS = int(os.environ.get("KILLS", "1"))
BATCH_ROWS = 200
MAIN = "from dashboard.cli import main; main()"


class Office:
    """A register, and commands on it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "LIANGXIN_HOME": str(settings.home),
            "LIANGXIN_DATABASE_URL": settings.database_url,
            "LIANGXIN_DISTRICT": WULING,
            "LIANGXIN_BATCH_ROWS": str(BATCH_ROWS),
        }

    def file(self, name: str, word: str, rows: range) -> str:
        made = [a_registration(n, 企业名称=f"示例{word}第{n}号有限公司") for n in rows]
        return str(write_csv(self.folder / f"{name}.csv", made))

    def run(self, command: Sequence[str], kill_after: float | None = None) -> tuple[int, float]:
        """Run a command; how it ended and after how many seconds."""
        started = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-c", MAIN, *command],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                process.communicate(timeout=kill_after)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
            return process.returncode, time.monotonic() - started

    def done(self, command: Sequence[str]) -> float:
        ended, seconds = self.run(command)
        assert ended == 0, command
        return seconds

    def held(self) -> str:
        engine = db.make_engine(self.settings)
        with db.reading(engine) as connection:
            found = state.state_hash(connection)
        engine.dispose()
        return found

    def last_run(self) -> int:
        engine = db.make_engine(self.settings)
        with db.reading(engine) as connection:
            query = select(Run.id).where(Run.undone_at.is_(None)).order_by(Run.id.desc())
            found = connection.execute(query).scalars().first()
        engine.dispose()
        assert found is not None
        return found

    def undo_last(self) -> None:
        number = self.last_run()
        engine = db.make_engine(self.settings)
        with db.writing(engine) as connection:
            undo.undo(connection, number, now=NOW)
        engine.dispose()


@pytest.fixture
def office(settings: Settings, engine: Engine, quick: None, tmp_path: Path) -> Office:
    made = Office(settings, tmp_path)
    alike = settings.model_copy(update={"batch_rows": BATCH_ROWS})
    publisher = sources.load("market_regulator", alike)
    for day, word, rows in ((MARCH, "甲", range(1, 401)), (SEPTEMBER, "丙", range(101, 501))):
        pipeline.run(
            delivery.of_file(Path(made.file(str(day), word, rows)), publisher, alike).parts,
            publisher,
            alike,
            engine,
            as_of=day,
            district=WULING,
            clock=lambda: datetime.now(UTC),
        )
    engine.dispose()
    return made


@pytest.mark.parametrize(
    ("settings", "day", "rows"),
    [
        pytest.param("postgresql", "2022-12-31", range(51, 601), id="postgresql, the newest file"),
        pytest.param("sqlite", "2022-06-30", range(51, 551), id="sqlite, a late file"),
    ],
    indirect=["settings"],
)
def test_a_load_that_is_killed_happened_whole_or_not_at_all(
    office: Office, day: str, rows: range
) -> None:
    command = [
        "load",
        office.file("next", "乙", rows),
        "--source",
        "market_regulator",
        "--as-of",
        day,
    ]
    before = office.held()
    seconds = office.done(command)
    after = office.held()
    office.undo_last()
    assert office.held() == before != after
    chance = random.Random(day)  # noqa: S311
    for _ in range(KILLS):
        office.run(command, kill_after=chance.uniform(0.2, 1.05) * seconds)
        found = office.held()
        assert found in {before, after}
        if found == after:
            office.undo_last()
    office.done(command)
    assert office.held() == after


def test_an_undo_that_is_killed_happened_whole_or_not_at_all(office: Office) -> None:
    file = office.file("next", "乙", range(51, 551))
    load = ["load", file, "--source", "market_regulator", "--as-of", "2022-12-31"]
    before = office.held()
    office.done(load)
    after = office.held()
    chance = random.Random("undo")  # noqa: S311
    seconds = 1.0
    for _ in range(KILLS):
        started = time.monotonic()
        ended, _ = office.run(
            ["undo", str(office.last_run())], kill_after=chance.uniform(0.4, 1.2) * seconds
        )
        found = office.held()
        assert found in {before, after}
        if ended == 0:
            seconds = time.monotonic() - started
        if found == before:
            office.done(load)
    assert office.run(["undo", str(office.last_run())])[0] == 0
    assert office.held() == before


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_undoing_by_command_prints_what_the_register_holds(office: Office) -> None:
    before = office.held()
    file = office.file("next", "乙", range(1, 401))
    office.done(["load", file, "--source", "market_regulator", "--as-of", "2022-12-31"])
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "undo", str(office.last_run()), "--json"],
        env=office.environment,
        capture_output=True,
        check=True,
    )
    said = json.loads(done.stdout)
    assert said["state_hash"] == before
    verified = subprocess.run(
        [sys.executable, "-c", MAIN, "db", "verify", "--json"],
        env=office.environment,
        capture_output=True,
        check=True,
    )
    assert json.loads(verified.stdout) == {"state_hash": before}
