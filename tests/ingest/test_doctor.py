"""The doctor looks an installation over, names what is wrong, and changes nothing."""

import json
from pathlib import Path

import pytest
from factories import NOW, insert_organisation
from sqlalchemy import Engine, update
from typer.testing import CliRunner

from dashboard.cli import app
from ingest import doctor
from liangxin import audit, db, privacy, web_key
from liangxin.schema import AuditEntry
from liangxin.settings import Settings


def states(settings: Settings) -> dict[str, str]:
    return {each.name: each.state for each in doctor.look_over(settings)}


def test_an_installation_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    home = tmp_path / "not-yet"
    found = states(Settings(home=home))
    assert "wrong" not in found.values()
    assert (found["home"], found["database"]) == ("note", "note")
    assert not home.exists()


def test_a_register_in_use_is_told(settings: Settings, engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, 1)
        audit.write(connection, by="x", role="", action="sign_out", now=NOW)
    privacy.write(privacy.new_keys(), privacy.keys_file(settings))
    web_key.load(settings)
    found = states(settings)
    assert {found[name] for name in ("database", "organisations", "log", "keys", "web_key")} == {
        "ok"
    }
    assert found["accounts"] == "note"


def test_what_is_wrong_is_named(settings: Settings, engine: Engine) -> None:
    folder = settings.home / "mine"
    folder.mkdir()
    (folder / "odd.toml").write_text("nonsense = 1\n", encoding="utf-8")
    with db.writing(engine) as connection:
        audit.write(connection, by="x", role="", action="sign_out", now=NOW)
        connection.execute(update(AuditEntry).values(by="y"))
    keys = privacy.keys_file(settings)
    privacy.write(privacy.new_keys(), keys)
    keys.chmod(0o644)
    found = states(settings.model_copy(update={"sources": str(folder), "rule_set": "none-such"}))
    assert {name for name, state in found.items() if state == "wrong"} == {
        *("sources", "log", "keys", "rules")
    }


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    assert states(Settings(home=tmp_path, database_url=url))["database"] == "wrong"


def test_the_command_says_so_and_exits_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANGXIN_HOME", str(tmp_path))
    well = CliRunner().invoke(app, ["doctor", "--json"])
    assert (well.exit_code, json.loads(well.stdout)["ok"]) == (0, True)
    monkeypatch.setenv("LIANGXIN_RULE_SET", "none-such")
    ill = CliRunner().invoke(app, ["doctor"])
    assert ill.exit_code == 1
    assert "✗ 没有名为“none-such”的规则版本" in ill.stdout
