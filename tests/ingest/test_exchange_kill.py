"""kill -9 while a package is made or opened: before or after, never between; then it completes.

A helper process that has loaded everything, and done nothing yet, forks a child for each attempt;
the child is killed. More moments: ``LIANGXIN_TEST_KILLS=200``.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from factories import (
    NOW,
    a_uscc,
    insert_covering,
    insert_field_change,
    insert_organisation,
    insert_party_organisation,
    insert_run,
    insert_screening,
)
from loads import dump
from offices import Office, acquainted
from postgresql import PostgreSQL
from sqlalchemy import update

from liangxin import db
from liangxin.schema import Organisation
from liangxin.settings import Settings

KILLS = int(os.environ.get("LIANGXIN_TEST_KILLS", "8"))
FIRMS = 200

HELPER = """
import os, signal, sys, time, traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ingest.exchange.opening import open_package
from ingest.exchange.pack import pack
from liangxin import db
from liangxin.settings import Settings

for line in sys.stdin:
    act, home, url, what, minute = line.rstrip("\\n").split("|")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        try:
            settings = Settings(home=Path(home), database_url=url)
            engine = db.make_engine(settings)
            clock = lambda: datetime(2026, 11, 24, tzinfo=UTC) + timedelta(minutes=int(minute))
            if act == "open":
                open_package(Path(what), settings, engine, clock=clock)
            else:
                pack(settings, engine, to="yi", out=Path(what), clock=clock)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(child, flush=True)
    os.write(writing, b"g")
    _, status = os.waitpid(child, 0)
    os.close(reading), os.close(writing)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


class Helper:
    """Lets a child of its own do one thing, and kills it on the way if asked to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.minute = 0

    def do(
        self, act: str, office: Office, what: Path, *, kill_after: float | None = None
    ) -> tuple[int, float]:
        """Return how it ended (0: done, -9: killed) and after how many seconds."""
        self.minute += 1
        settings = office.settings
        told = (act, settings.home, settings.database_url, what, self.minute)
        self._process.stdin.write("|".join(map(str, told)) + "\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        started = time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            # Not reaped before the helper says so, so the number is still this child's; it may be done.
            os.kill(child, signal.SIGKILL) if not self._ended() else None
        ending = int(self._process.stdout.readline())
        return ending, time.monotonic() - started

    def _ended(self) -> bool:
        import select

        return bool(select.select([self._process.stdout], [], [], 0)[0])


@pytest.fixture
def helper() -> Iterator[Helper]:
    with subprocess.Popen(
        [sys.executable, "-c", HELPER],
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Helper(process)
        process.stdin.close()


def fill(office: Office, *, renamed: bool) -> None:
    with office.writing() as connection:
        run = insert_run(connection, learned_at=office.now())
        branch = insert_party_organisation(connection)
        for n in range(1, FIRMS + 1):
            number = insert_organisation(connection, uscc=a_uscc(n), run_id=run)
            if renamed and n % 2:
                insert_covering(connection, number, branch)
                insert_screening(connection, number)
        if renamed:
            for n in range(1, FIRMS + 1, 3):
                insert_field_change(
                    connection,
                    n,
                    "address",
                    (f"示例区北街道示例路{n}号", "搬迁路1号"),
                    from_on=NOW.date(),
                    learned_at=office.now(),
                )
            moved = update(Organisation).where(Organisation.id % 3 == 1)
            connection.execute(moved.values(address="搬迁路1号"))


@contextmanager
def office(name: str, home: Path, file: Path, url: str = "") -> Iterator[Office]:
    home.mkdir()
    if not url:
        shutil.copyfile(file, home / "register.db")
    settings = Settings(home=home, database_url=url)
    engine = db.make_engine(settings)
    yield Office(name, settings, engine)
    engine.dispose()


def register(office: Office) -> dict[str, Any]:
    """The register without moments of this machine's: a rerun happens later than the first attempt."""
    tables = dump(office.engine)
    for row in (row for rows in tables.values() for row in rows):
        for column in (
            "learned_at",
            "corrected_at",
            "handled_at",
            "landed_at",
            "asked_at",
            "closed_at",
        ):
            if row.get(column) is not None and row[column].replace(tzinfo=None) >= NOW.replace(
                tzinfo=None, day=24, hour=0
            ):
                row[column] = "later"
    return tables


def moments(seconds: float, count: int) -> list[float]:
    """Random moments, more of them towards the end, where everything is written."""
    dice = random.Random(20_026)  # noqa: S311 - the same moments every time
    return [seconds * (1 - dice.random() ** 2 * 0.98) for _ in range(count)]


def save(office: Office, to: Path) -> None:
    with closing(sqlite3.connect(office.settings.home / "register.db")) as here:
        here.execute("VACUUM INTO ?", (str(to),))


def put_back(office: Office, saved: Path) -> None:
    office.engine.dispose()
    for file in office.settings.home.glob("register.db*"):
        file.unlink()
    shutil.copyfile(saved, office.settings.home / "register.db")


def test_a_kill_while_a_package_is_opened_leaves_before_or_after(
    helper: Helper, small_file: Path, tmp_path: Path
) -> None:
    with (
        office("jia", tmp_path / "jia", small_file) as jia,
        office("yi", tmp_path / "yi", small_file) as yi,
    ):
        acquainted(jia, yi)
        fill(jia, renamed=True)
        fill(yi, renamed=False)
        package = jia.pack(yi)
        before, saved = register(yi), tmp_path / "before.db"
        save(yi, saved)
        ending, seconds = helper.do("open", yi, package)
        assert ending == 0
        after = register(yi)
        assert after != before
        endings = set()
        for moment in moments(seconds, KILLS):
            put_back(yi, saved)
            ending, _ = helper.do("open", yi, package, kill_after=moment)
            endings.add(ending)
            found = register(yi)
            assert found in (before, after), f"killed after {moment} of {seconds} s"
            assert ending != 0 or found == after
            if found == before:
                assert helper.do("open", yi, package)[0] == 0
                assert register(yi) == after
        assert -signal.SIGKILL in endings


def test_a_kill_while_a_package_is_made_leaves_a_whole_one_or_none(
    helper: Helper, small_file: Path, tmp_path: Path
) -> None:
    with (
        office("jia", tmp_path / "jia", small_file) as jia,
        office("yi", tmp_path / "yi", small_file) as yi,
    ):
        acquainted(jia, yi)
        fill(jia, renamed=True)
        out = tmp_path / "out" / "package.lxp"
        _, seconds = helper.do("pack", jia, out)
        whole = jia.shared()
        for moment in moments(seconds, KILLS // 2):
            out.unlink(missing_ok=True)
            sent = len(register(jia)["exchange_package"])
            ending, _ = helper.do("pack", jia, out, kill_after=moment)
            noted = len(register(jia)["exchange_package"])
            # A package that is there is known; one that is known and not there is a lost one.
            assert noted == sent + 1 if out.exists() else noted in (sent, sent + 1)
            assert ending != 0 or out.exists()
            assert jia.shared() == whole
        assert helper.do("pack", jia, out)[0] == 0
        assert [file.name for file in out.parent.iterdir()] == [out.name]
        yi.open(out)
        assert yi.shared() == whole


def test_a_kill_on_postgresql_leaves_before_or_after(
    helper: Helper,
    postgresql_server: PostgreSQL,
    small_template: str,
    small_file: Path,
    tmp_path: Path,
) -> None:
    with (
        postgresql_server.database(small_template) as url,
        office("jia", tmp_path / "jia", small_file) as jia,
        office("yi", tmp_path / "yi", small_file, url) as yi,
    ):
        acquainted(jia, yi)
        fill(jia, renamed=True)
        fill(yi, renamed=False)
        package = jia.pack(yi)
        before = register(yi)
        for moment in moments(1.0, max(4, KILLS // 20)):
            helper.do("open", yi, package, kill_after=moment)
            # The server notices when it next has something to tell the killed client.
            with yi.writing():
                found = register(yi)
            if found != before:
                break
        if found == before:
            assert helper.do("open", yi, package)[0] == 0
        jia.open(yi.pack(jia))
        assert yi.shared() == jia.shared()
