"""The first of Wuling's promises by the real commands: a hire declares, is confirmed and covered.

Day 0 the person is hired, later names themselves at the desk, the committee confirms, a joint
branch takes the firm in, and the district reads it off its clocks. All
the while no file of the office, no backup, and on a server no file of the database tells who.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import (
    NOW,
    a_uscc,
    insert_covering,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
    write_csv,
)
from people import a_name, a_number, a_staff_row, traces
from postgresql import PostgreSQL
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from dashboard.cli import app
from liangxin import db
from liangxin.days import CHINA
from liangxin.settings import Settings

HIRED = NOW.date() - timedelta(days=60)
PEOPLE = range(1, 8)
Command = Callable[..., Result]


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("LIANGXIN_HOME", str(settings.home))
    if settings.database_url:
        monkeypatch.setenv("LIANGXIN_DATABASE_URL", settings.database_url)

    def call(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin)

    return call


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def at_the_desk(n: int) -> str:
    """What somebody says to the questions of `members declare`."""
    lines = ["y", "y", "n", a_name(n), a_number(n), "full", "former", HIRED.isoformat()]
    return "\n".join(lines) + "\n"


def test_a_hire_is_declared_confirmed_and_covered_and_no_file_tells_who(
    command: Command, engine: Engine, settings: Settings, tmp_path: Path, request: Any
) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection, 1)
        insert_screening(connection, firm, from_on=HIRED - timedelta(days=100))
    firms_list = write_csv(
        tmp_path / "花名册.csv",
        [a_staff_row(n, "中共党员" if n == 1 else "群众") for n in PEOPLE],
    )
    said = [command("keys", "make", "--json")]
    took = command("roster", firms_list, "--organisation", a_uscc(1), "--as-of", HIRED, "--json")
    assert answer(took)["candidates"] == 1
    assert counted(command) == 0
    declared = command("members", "declare", a_uscc(1), "--json", stdin=at_the_desk(1))
    assert declared.exit_code == 0, declared.output
    code = json.loads(declared.stdout[declared.stdout.index("{") :])["code"]

    shown = command("members", "show", "--purpose", "confirm", "--json")
    # The employer's word stays beside the person's own until that is confirmed.
    told = {each["state"]: each for each in answer(shown)}
    assert set(told) == {"candidate", "declared"}
    known = told["declared"]
    assert (known["name"], known["state"], known["receipt"]) == (a_name(1), "declared", code[:4])
    assert counted(command) == 0
    said += [took, command("members", "confirm", known["id"], "--json")]
    assert counted(command) == 1

    with db.writing(engine) as connection:
        joint = insert_party_organisation(connection, level="joint_branch")
        insert_covering(connection, firm, joint, mode="joint", from_on=datetime.now(CHINA).date())
    clocks = answer(command("clocks", "--json"))["clocks"]
    # One spell each; the district office may not see how long a single person's took.
    for name in ("hire_identified", "hire_covered"):
        assert (clocks[name][0]["ended"], clocks[name][0]["p50"]) == ("1+", None)
    rates = answer(command("coverage", "--json"))["total"]
    assert (rates["numerator"], rates["denominator"]) == (1, 1)
    said.append(command("tasks", "run", "--json"))

    found = written(settings, tmp_path, command, request)
    nobody(found, *said, without=firms_list)


def counted(command: Command) -> int:
    """Firms with a few members and no cover, which is what one confirmed member makes of a firm.

    Of today, whichever day that is by now: the suite may run across midnight.
    """
    return len(answer(command("lists", "few_members", "--json"))["list"])


def written(settings: Settings, folder: Path, command: Command, request: Any) -> dict[str, bytes]:
    """Every byte of the office's files and its backup; on a server, of the server's files too."""
    backup = settings.home / "backup"
    assert command("db", "backup", backup).exit_code == 0
    # A process that closes a file loses its locks on it, SQLite's own too.
    request.getfixturevalue("engine").dispose()
    files = [*settings.home.rglob("*"), *folder.rglob("*")]
    if settings.database_url:
        server: PostgreSQL = request.getfixturevalue("postgresql_server")
        server.admin.execute("CHECKPOINT")
        files += [*(server.folder / "data").rglob("*"), server.folder / "log"]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


def nobody(found: dict[str, bytes], *said: Result, without: Path) -> None:
    words = {word for n in PEOPLE for word in (a_name(n), a_number(n))}
    outputs = {f"output {n}": result.output.encode() for n, result in enumerate(said)}
    # The firm's own file is the firm's; everything else is ours.
    ours = {name: each for name, each in (found | outputs).items() if name != str(without)}
    text = pl.Series([each.decode("latin-1") for each in ours.values()], dtype=pl.String)
    bad = text.str.contains_any(traces(words)).to_list()
    assert [name for name, is_bad in zip(ours, bad, strict=True) if is_bad] == []
    # The search has eyes: it does find who stands in the firm's own file.
    own = pl.Series([found[str(without)].decode("latin-1")], dtype=pl.String)
    assert own.str.contains_any(traces(words)).to_list() == [True]
