"""A Party organisation at its page, and by command: units, elections, places, the end."""

import json
from typing import Any

import pytest
from factories import (
    NORTH,
    SOUTH,
    TODAY,
    a_uscc,
    an_operating,
    insert_covering,
    insert_division,
    insert_party_organisation,
    insert_place,
)
from flask.testing import FlaskClient
from pages import clock, shown, text_of_json
from signed import let_in
from sqlalchemy import Connection, Engine, select
from typer.testing import CliRunner

from dashboard.app import App, create_app
from dashboard.cli import app as commands
from liangxin import db
from liangxin.access import Role
from liangxin.schema import Application, PartyOrganisation, PartyTerm
from liangxin.settings import Settings

OUTPUT = "..party-told.children...party-body.children.."


@pytest.fixture
def number(sqlite_engine: Engine) -> int:
    """A joint branch of three firms."""

    def begin(connection: Connection) -> int:
        made = insert_party_organisation(connection, name="示例联合党支部", level="joint_branch")
        for _ in range(3):
            firm = an_operating(connection, full_members=2, members=2)
            insert_covering(connection, firm, made, mode="joint")
        for code, name in ((NORTH, "示例北街道"), (SOUTH, "示例南镇")):
            insert_division(connection, code, name)
        insert_place(connection, name="示例大厦")
        return made

    with db.writing(sqlite_engine) as connection:
        return begin(connection)


@pytest.fixture
def app(number: int, sqlite_settings: Settings, sqlite_engine: Engine) -> App:
    return create_app(sqlite_settings, sqlite_engine, clock=clock)


def comes(app: App, role: Role, *scope: str) -> FlaskClient:
    client = app.server.test_client()
    let_in(client, app.site, role, *scope)
    return client


@pytest.fixture
def client(app: App) -> FlaskClient:
    return comes(app, Role.COMMITTEE, NORTH)


def press(client: FlaskClient, do: str, number: int, **fields: Any) -> str:
    named = {name: {"type": "party-field", "name": name} for name in fields}

    def states(prop: str, kind: type) -> list[dict[str, Any]]:
        return [
            {
                "id": named[n],
                "property": prop,
                "value": v if isinstance(v, bool) is (kind is bool) else None,
            }
            for n, v in fields.items()
        ]

    pressed = {"type": "party-act", "do": do}
    body = {
        "output": OUTPUT,
        "outputs": [
            {"id": "party-told", "property": "children"},
            {"id": "party-body", "property": "children"},
        ],
        "inputs": [[{"id": pressed, "property": "n_clicks", "value": 1}]],
        "changedPropIds": [
            f"{json.dumps(pressed, sort_keys=True, separators=(',', ':'))}.n_clicks"
        ],
        "state": [
            states("value", str),
            states("checked", bool),
            [{"id": named[n], "property": "id", "value": named[n]} for n in fields],
            {"id": "party-of", "property": "data", "value": number},
        ],
    }
    return text_of_json(client.post("/_dash-update-component", json=body))


def test_a_unit_leaves_at_the_page(client: FlaskClient, number: int) -> None:
    page = shown(client, f"/parties/{number}")
    for part in ("示例联合党支部", "覆盖单位（3 个）", "单位退出", "换届、选举", "撤销党组织"):
        assert part in page
    told = press(client, "leave", number, unit=a_uscc(1), left_on=f"{TODAY}")
    assert f"不再覆盖 {a_uscc(1)}" in told
    assert "覆盖单位（2 个）" in told
    assert "现在没有这一关系" in press(client, "leave", number, unit=a_uscc(1), left_on=f"{TODAY}")
    assert "请先选择单位" in press(client, "leave", number, unit=None, left_on=f"{TODAY}")


def test_an_election_and_a_place_are_recorded_and_no_name_is_shown(
    client: FlaskClient, number: int
) -> None:
    told = press(client, "elect", number, elected_on=f"{TODAY}", secretary="钱学甲")
    assert "任期至 2029-11-23" in told
    assert "钱学甲" not in told
    assert "在任" in told
    assert "服务示例大厦" in press(client, "serve", number, place="示例大厦")
    assert "没有名为“别处”的楼宇" in press(client, "serve", number, place="别处")
    assert "不再服务任何楼宇" in press(client, "serve", number, place="")


def test_it_is_dissolved_by_whoever_is_sure(client: FlaskClient, number: int) -> None:
    asked = {"dissolved_on": f"{TODAY}", "sure": False}
    assert "请先勾选" in press(client, "dissolve", number, **asked)
    told = press(client, "dissolve", number, **{**asked, "sure": True})
    assert "3 个单位不再由它覆盖" in told
    assert f"没有编号为 {number} 的党组织" in shown(client, f"/parties/{number}")
    assert f"没有编号为 {number}" in press(client, "elect", number, elected_on=f"{TODAY}")


def test_nobody_else_s_is_there(app: App, number: int) -> None:
    south = comes(app, Role.COMMITTEE, SOUTH)
    assert f"没有编号为 {number}" in shown(south, f"/parties/{number}")
    assert f"没有编号为 {number}" in press(south, "serve", number, place="")
    for nonsense in ("0", "abc", "9" * 12):
        assert "没有编号为" in shown(south, f"/parties/{nonsense}")
    assert "没有此项权限" in shown(comes(app, Role.LEADER), f"/parties/{number}")


def test_the_same_by_command(
    number: int, sqlite_settings: Settings, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))

    def command(*words: object) -> Any:
        said = CliRunner().invoke(commands, ["parties", *map(str, words), "--json"])
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)

    [one] = command("list")
    assert (one["id"], len(one["units"])) == (number, 3)
    assert command("leave", number, a_uscc(1))["left"] == a_uscc(1)
    assert command("elect", number, "--on", "2026-06-30")["due_on"] == "2029-06-30"
    words = ["parties", "elect", str(number), "--on", "2026-07-31", "--secretary", "--json"]
    asked = CliRunner().invoke(commands, words, input="钱学甲\n")  # no name stands in a command
    assert json.loads(asked.stdout[asked.stdout.index("{") :])["elected_on"] == "2026-07-31"
    with db.reading(sqlite_engine) as connection:
        held = connection.execute(select(PartyTerm.secretary).order_by(PartyTerm.id.desc()))
        assert held.scalars().first() == "钱学甲"
    assert command("serve", number, "示例大厦")["place"] == "示例大厦"
    assert command("apply", a_uscc(1), "--on", "2026-06-01")["applied_on"] == "2026-06-01"
    assert command("decide", a_uscc(1), "approved", "--on", "2026-06-20")["outcome"] == "approved"
    assert command("dissolve", number)["units"] == 2
    refused = CliRunner().invoke(commands, ["parties", "dissolve", str(number)])
    assert refused.exit_code != 0
    assert "没有编号为" in refused.output
    with db.reading(sqlite_engine) as connection:
        assert connection.execute(select(PartyOrganisation.to_on)).scalar() is not None
        assert connection.execute(select(Application.outcome)).scalars().all() == [None, "approved"]
