"""Whatever becomes of a roster, no byte on any disk tells who was on it.

A thousand invented people, thirty of whom are said to be members: read whole, refused, or killed
in the middle, by the real command. Then every file of the home folder, the database with its log,
and the folder for temporary files are searched for every number and every name, in clear and as
programs write them.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Event, Thread

import polars as pl
import pytest
from factories import a_uscc, insert_organisation, write_csv, write_workbook
from loads import rows
from people import a_name, a_number, a_staff_row, traces
from sqlalchemy import Engine, delete

from liangxin import backup, db, privacy
from liangxin.schema import DoNotAsk, Headcount, Membership, MembershipStep
from liangxin.settings import Settings

MAIN = "from dashboard.cli import main; main()"
STAFF, MEMBERS = 1_000, 30
STATUSES = {
    n * 33: "中共党员" if n % 3 else "中共预备党员" for n in range(MEMBERS)
}  # the others are 群众


@dataclass
class Office:
    """A register, a folder for temporary files, and the command on both."""

    settings: Settings
    engine: Engine
    folder: Path  # where the firm's file lies; nothing else is written there

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    def file(self, kind: str) -> Path:
        made = [a_staff_row(n, STATUSES.get(n, "群众")) for n in range(STAFF)]
        if kind == "bad":
            # Every number a digit short, and a status nobody knows.
            made = [row | {"证件号码": row["证件号码"][:-1], "政治面貌": "党"} for row in made]
        if kind == "no status":
            made = [{k: v for k, v in row.items() if k != "政治面貌"} for row in made]
        if kind == "workbook":
            return write_workbook(
                self.folder / "花名册.xlsx", [list(made[0]), *(list(row.values()) for row in made)]
            )
        return write_csv(self.folder / "花名册.csv", made)

    def start(self, file: Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, "roster", file, "--organisation", a_uscc(1), "--json"],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "LIANGXIN_HOME": str(self.settings.home),
                "LIANGXIN_DATABASE_URL": self.settings.database_url,
                "TMPDIR": str(self.temporary),
                "LIANGXIN_BATCH_ROWS": "100",
            },
            cwd=self.temporary,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def said(self, file: Path) -> tuple[int, str]:
        with self.start(file) as process:
            out, errors = process.communicate(timeout=120)
        return process.returncode, out + errors

    def written(self) -> dict[Path, bytes]:
        """Every byte of home (register.db and its log are there), temporary folder, and dumps."""
        # A process that closes a file loses its locks on it, SQLite's own too.
        self.engine.dispose()
        return {
            file: file.read_bytes()
            for file in chain(self.settings.home.rglob("*"), self.temporary.rglob("*"))
            if file.is_file()
        }


@pytest.fixture
def office(sqlite_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    engine = db.make_engine(sqlite_settings)
    made = Office(sqlite_settings, engine, tmp_path_factory.mktemp("firm"))
    made.temporary.mkdir()
    privacy.write(privacy.new_keys(), privacy.keys_file(sqlite_settings))
    with db.writing(engine) as connection:
        insert_organisation(connection, 1, uscc=a_uscc(1))
    yield made
    engine.dispose()


def secrets() -> set[str]:
    return {word for n in range(STAFF) for word in (a_name(n), a_number(n))}


TRACES = traces(secrets())


def traced(*contents: bytes) -> list[bool]:
    """Which of these have a trace of anybody."""
    text = pl.Series([each.decode("latin-1") for each in contents], dtype=pl.String)
    return text.str.contains_any(TRACES).to_list()


def names_nobody(office: Office, said: str) -> None:
    written = office.written()
    found = traced(said.encode(), *written.values())
    assert [name for name, bad in zip(["output", *written], found, strict=True) if bad] == []


def test_the_search_itself_finds_a_name_however_it_is_written() -> None:
    assert traced(b"nobody", a_uscc(1).encode()) == [False, False]
    for n in (0, 531):
        for word in (a_name(n), a_number(n)):
            for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
                for before in ("", "a", "ab"):
                    raw = f"{before}{word}z".encode(encoding)
                    assert traced(raw, base64.b64encode(raw)) == [True, True]
    assert len(secrets()) == 2 * STAFF


@pytest.mark.parametrize("kind", ["csv", "workbook"])
def test_a_roster_leaves_thirty_sealed_candidates_and_no_trace_of_anybody(
    office: Office, kind: str
) -> None:
    code, said = office.said(office.file(kind))
    assert code == 0
    told = json.loads(said)
    assert (told["rows"], told["staff"], told["candidates"]) == (STAFF, STAFF, MEMBERS)
    found = rows(office.engine, Membership)
    assert [row["state"] for row in found] == ["candidate"] * MEMBERS
    backup.write(office.settings, office.settings.home / "backup")
    names_nobody(office, said)
    others = {privacy.pseudonym(privacy.load(office.settings), a_number(n)) for n in range(STAFF)}
    held = b"".join(office.written().values())
    # No pseudonym of anybody else either.
    assert sum(key.encode() in held for key in others) == MEMBERS


@pytest.mark.parametrize("kind", ["bad", "no status"])
def test_a_roster_that_fails_leaves_no_trace_either(office: Office, kind: str) -> None:
    code, said = office.said(office.file(kind))
    assert code == {"bad": 1, "no status": 2}[kind]
    assert rows(office.engine, Membership) == []
    names_nobody(office, said)


def test_a_roster_without_keys_leaves_no_trace_either(office: Office) -> None:
    privacy.keys_file(office.settings).unlink()
    code, said = office.said(office.file("csv"))
    assert code == 2
    assert "district.json" in said
    names_nobody(office, said)


def forget(engine: Engine) -> None:
    with db.writing(engine) as connection:
        for table in (MembershipStep, Membership, Headcount):
            connection.execute(delete(table))


def test_killed_at_any_moment_it_leaves_all_or_nothing_and_no_trace(office: Office) -> None:
    """Watched all the while: no file appears in between that holds anybody."""
    file = office.file("csv")
    ended, seen = Event(), list[Path]()

    def watch() -> None:
        while not ended.wait(0.02):
            for each in office.temporary.rglob("*"):
                seen.append(each)

    watcher = Thread(target=watch)
    watcher.start()
    killed = 0
    try:
        # How long one takes that goes through: half the kills are near its end, where it writes.
        started = time.monotonic()
        assert office.said(file)[0] == 0
        whole = time.monotonic() - started
        forget(office.engine)
        for part in (0.5, 0.85, 0.95, 0.98):
            with office.start(file) as process:
                try:
                    process.communicate(timeout=whole * part)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.communicate()
                    killed += 1
            held = rows(office.engine, Membership)
            counted = rows(office.engine, Headcount)
            assert (len(held), len(counted)) in {(0, 0), (MEMBERS, 1)}
            names_nobody(office, "")
            forget(office.engine)
    finally:
        ended.set()
        watcher.join()
    assert killed
    assert not seen
    assert office.said(file)[0] == 0
    assert len(rows(office.engine, Membership)) == MEMBERS
    assert rows(office.engine, DoNotAsk) == []
