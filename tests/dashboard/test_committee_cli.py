"""The committee's commands: what they print, their exit codes, and a sentence where it cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import a_uscc, insert_organisation
from loads import rows
from people import a_name, a_number
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from dashboard.cli import app
from liangxin import db, declaring, rules
from liangxin.cli import now, today
from liangxin.schema import DoNotAsk
from liangxin.settings import Settings

Command = Callable[..., Result]


@pytest.fixture
def command(
    sqlite_settings: Settings, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Command:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection, 1)

    def call(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin)

    call("keys", "make")
    return call


def declares(
    command: Command,
    n: int = 1,
    consents: str = "yyy",
    *,
    as_json: bool = False,
    **entries: str,
) -> Result:
    told = {"name": a_name(n), "number": a_number(n), "status": "full", "relation": "former"}
    lines = [*consents, *(told | entries).values(), ""]
    more = ["--json"] if as_json else []
    return command("members", "declare", a_uscc(1), *more, stdin="\n".join(lines) + "\n")


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def shown(command: Command) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer(
        command("members", "show", "--purpose", "confirm", "--json")
    )
    return found


def test_a_member_goes_all_the_way_by_commands(command: Command) -> None:
    assert "查询码" in declares(command).stdout
    [known] = shown(command)
    number = known["id"]
    steps = [
        ("confirm", number),
        ("place", number),
        ("transfer", "ask", number),
        ("transfer", "letter", number, "--days", 30),
        ("transfer", "arrived", number),
        ("transfer", "receipt", number),
    ]
    for step in steps:
        result = command("members", *step)
        assert result.exit_code == 0, (step, result.output)
    assert [each["state"] for each in shown(command)] == ["relation_in"]
    assert "共 1 条" in command("members", "show", "--purpose", "branch").stdout
    assert answer(command("members", "left", number, "--json"))["membership"] == number
    assert shown(command) == []


def test_a_notice_makes_a_candidate_whom_an_official_transfer_confirms(command: Command) -> None:
    told = "\n".join((a_name(1), a_number(1), "probationary")) + "\n"
    said = command("members", "announce", a_uscc(1), stdin=told)
    assert said.exit_code == 0, said.output
    [known] = shown(command)
    assert (known["state"], known["status"]) == ("candidate", "probationary")
    assert command("members", "confirm", known["id"]).exit_code == 2, "nobody declared"
    for step, state in (("here", "relation_in"), ("away", "relation_out")):
        assert command("members", step, known["id"]).exit_code == 0
        assert [each["state"] for each in shown(command)] == [state]


def test_a_desk_that_writes_nonsense_is_told_and_nothing_is_kept(command: Command) -> None:
    for result in (
        declares(command, number="11010119000101001X"),
        declares(command, consents="ynn"),
        declares(command, status="member"),
    ):
        assert result.exit_code == 2
        assert a_number(1) not in result.output
    assert shown(command) == []


def test_a_look_without_a_purpose_or_out_of_scope_shows_nobody(command: Command) -> None:
    declares(command)
    refused = command("members", "show", "--purpose", "because")
    assert refused.exit_code == 2
    assert "目的" in refused.output
    other = command(
        "members", "show", "--purpose", "confirm", "--subdistrict", "999999002", "--json"
    )
    assert answer(other) == []
    for arguments in (("confirm", 99), ("confirm", 1, "--subdistrict", "999999002")):
        assert command("members", *arguments).exit_code == 2


def test_the_register_check_counts(command: Command) -> None:
    declares(command)
    told = answer(command("members", "check", "--json"))
    assert told == {"waiting": 1, "found": 0, "here": 0, "elsewhere": 0, "unknown": 0}
    assert "待核实 1 人" in command("members", "check").stdout


def test_requests_are_noted_listed_and_closed(command: Command) -> None:
    assert answer(command("requests", "add", "see", "--json")) == {"request": 1}
    assert "1 号" not in command("requests", "list").stdout
    assert "共 1 件" in command("requests", "list").stdout
    assert command("requests", "close", 1, "done").exit_code == 0
    assert answer(command("requests", "list", "--json")) == []
    assert [each["outcome"] for each in answer(command("requests", "list", "--all", "--json"))] == [
        "done"
    ]


def test_an_impact_assessment_is_written_filled_in_and_kept(
    command: Command, tmp_path: Path
) -> None:
    form = tmp_path / "评估.md"
    assert command("documents", "template", form).exit_code == 0
    assert "第五十五条" in form.read_text(encoding="utf-8")
    assert command("documents", "template", form).exit_code == 2, "it is there already"
    assert command("documents", "keep", form, "--version", "2026").exit_code == 0
    assert command("documents", "keep", form, "--version", "2026").exit_code == 0
    form.write_text("另一份", encoding="utf-8")
    assert command("documents", "keep", form, "--version", "2026").exit_code == 2
    assert command("documents", "keep", tmp_path / "no", "--version", "1").exit_code == 2


def test_overdue_rosters_and_the_form_for_a_firm(command: Command, tmp_path: Path) -> None:
    assert answer(command("rosters", "due", "--json")) == []
    out = tmp_path / "花名册.xlsx"
    assert answer(command("rosters", "template", a_uscc(1), "--out", out, "--json"))
    assert out.exists()
    assert command("rosters", "template", a_uscc(9), "--out", tmp_path / "b.xlsx").exit_code == 2


def test_the_register_is_backed_up_and_put_back_and_who_withdrew_stays_forgotten(
    command: Command, sqlite_engine: Engine, tmp_path: Path
) -> None:
    codes = [json.loads(_json(declares(command, n, as_json=True)))["code"] for n in (1, 2, 3)]
    for known in shown(command)[:2]:
        command("members", "confirm", known["id"])
    out = tmp_path / "backup.db"
    assert answer(command("db", "backup", out, "--json"))["bytes"] > 0
    for code in (codes[0], codes[2]):
        with db.writing(sqlite_engine) as connection:
            declaring.withdraw(connection, rules.load(), code, today=today(), now=now())
    declares(command, 4)
    told = answer(command("db", "restore", out, "--json"))
    assert told["forgotten_again"] == 2
    # The fourth came after the backup: it is gone, as all else since.
    assert [(each["name"], each["state"]) for each in shown(command)] == [(a_name(2), "confirmed")]
    tokens = rows(sqlite_engine, DoNotAsk)
    assert len(tokens) == 2


def _json(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout[result.stdout.index("{") :]


def test_tasks_about_members_are_listed_and_answered_as_the_committee_alone(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    declares(command)
    assert answer(command("tasks", "--json")) == []
    monkeypatch.setenv("LIANGXIN_COMMITTEE", "999999002")
    assert answer(command("tasks", "--json")) == []
    monkeypatch.setenv("LIANGXIN_COMMITTEE", "999999001")
    [task] = answer(command("tasks", "--json"))
    assert task["kind"] == "declaration"
    said = ("tasks", "answer", task["id"], "not_reached", "--by", "党建办", "--note", "电话未通")
    assert command(*said).exit_code == 0
    monkeypatch.setenv("LIANGXIN_COMMITTEE", "somebody")
    refused = command("tasks")
    assert refused.exit_code == 2
    assert "LIANGXIN_COMMITTEE" in refused.output
