"""Accounts and the log from the command, for whoever runs the machine: all that the pages do, and more."""

import json
from typing import Any

import pytest
from factories import NORTH, NOW
from sqlalchemy import Engine, update
from typer.testing import CliRunner, Result

from dashboard.cli import app
from liangxin import accounts, administering, audit, db
from liangxin.access import Actor, Role
from liangxin.schema import Account
from liangxin.settings import Settings

SYSTEM = Actor("sys", Role.SYSADMIN)


@pytest.fixture(autouse=True)
def home(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def told(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_an_account_is_added_listed_disabled_and_enabled() -> None:
    added = told("user", "add", "党建办", "--role", "committee", "--scope", NORTH)
    assert added["link"].startswith("http://127.0.0.1:8050/account/link/")
    [known] = told("user", "list")
    assert (known["name"], known["role"], known["granted_by"]) == (
        "党建办",
        "committee",
        "operator",
    )
    assert told("user", "disable", "党建办")["state"] == "disabled"
    assert "停用" in run("user", "list").stdout
    assert "/account/link/" in told("user", "enable", "党建办")["link"]
    assert "/account/link/" in run("user", "link", "党建办").stdout


def test_what_was_asked_for_at_the_pages_is_granted_at_the_machine(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        administering.ask_for(connection, SYSTEM, "li", "leader", [], today=NOW.date(), now=NOW)
    assert "待授予角色" in run("user", "list").stdout
    assert told("user", "grant", "li") == {"account": "li", "role": "leader"}
    with db.reading(sqlite_engine) as connection:
        assert accounts.require(connection, "li").granted_by == "operator"


def test_a_second_factor_is_reset_at_the_machine(sqlite_engine: Engine) -> None:
    told("user", "add", "aud", "--role", "auditor")
    with db.writing(sqlite_engine) as connection:
        connection.execute(update(Account).values(second_factor="sealed"))
    assert told("user", "reset", "aud") == {"account": "aud", "second_factor": None}
    with db.reading(sqlite_engine) as connection:
        row = accounts.require(connection, "aud")
        assert (row.second_factor, row.granted_by) == (None, "operator")


@pytest.mark.parametrize("command", ["link", "grant", "reset", "disable", "enable"])
def test_an_account_that_is_not_there_is_a_sentence(command: str) -> None:
    done = run("user", command, "nobody")
    assert done.exit_code == 2
    assert "没有账户“nobody”" in done.output
    assert "Traceback" not in done.output


def test_the_log_is_listed_filtered_and_verified(sqlite_engine: Engine) -> None:
    told("user", "add", "zhang", "--role", "leader")
    told("user", "disable", "zhang")
    assert len(told("audit", "list", "--about", "zhang")) == 3
    assert [each["action"] for each in told("audit", "list", "--action", "account.disabled")] == [
        "account.disabled"
    ]
    assert told("audit", "list", "--until", "2001-01-01") == []
    assert len(told("audit", "list", "--since", "2001-01-01", "--by", "operator")) == 3
    head = told("audit", "verify")["head"]
    assert run("audit", "verify", "--head", head).exit_code == 0
    with db.writing(sqlite_engine) as connection:
        connection.execute(
            update(audit.AuditEntry).where(audit.AuditEntry.number == 2).values(about="x")
        )
    broken = run("audit", "verify")
    assert broken.exit_code == 1
    assert "自第 2 条起不符" in broken.stdout
