"""Accounts and roles through the real application: who may do what, and what it shows."""

import re

import pytest
from administrators import Desk, a_client, a_desk
from factories import NORTH, NOW, SOUTH
from flask.testing import FlaskClient
from pages import ask_page, shown
from signed import let_in

from dashboard.account import COOKIE
from dashboard.site import Site
from liangxin import accounts, audit, db
from liangxin.access import Actor, Role
from liangxin.errors import DatabaseUnavailable

ACCOUNTS, ROLES = "admin-accounts.children", "admin-roles.children"
DO, ADD, GRANT = (
    *("admin-account-do.n_clicks", "admin-account-add.n_clicks"),
    "admin-role-grant.n_clicks",
)


@pytest.fixture
def system(district: Site) -> Desk:
    return a_desk(district, Role.SYSADMIN, name="sys")


@pytest.fixture
def security(district: Site) -> Desk:
    return a_desk(district, Role.SECADMIN, name="sec")


def acting(name: str, act: str | None) -> dict[str, object]:
    return {"admin-account-chosen": name, "admin-account-act": act}


def asking(name: object, role: object, scope: object = None) -> dict[str, object]:
    fields = ("admin-account-name", "admin-account-role", "admin-account-scope")
    return dict(zip(fields, (name, role, scope), strict=True))


def granting(name: object, role: object, scope: object = None) -> dict[str, object]:
    fields = ("admin-role-chosen", "admin-role-role", "admin-role-scope")
    return dict(zip(fields, (name, role, scope), strict=True))


def log_of(site: Site) -> list[tuple[str, str, str]]:
    with db.reading(site.engine) as connection:
        found = audit.listed(connection, Actor("a", Role.AUDITOR))
    return [(each.by, each.action, each.about) for each in found]


def row_of(site: Site, name: str) -> accounts.Known:
    with db.reading(site.engine) as connection:
        return next(each for each in accounts.listed(connection) if each.name == name)


def test_an_account_is_asked_for_and_its_link_is_shown_once(district: Site, system: Desk) -> None:
    said = system.told(ACCOUNTS, ADD, asking("党建办", "committee", [f"{NORTH} 示例北街道"]))
    assert "已申请账户“党建办”" in said
    [link] = set(re.findall(r"http://localhost(/account/link/[\w-]{30,})", said))
    assert "党建办" in system.client.get(link).text
    assert "/account/link/" not in system.reads("/admin/accounts")
    assert "待授予角色" in system.reads("/admin/accounts")
    known = row_of(district, "党建办")
    assert (known.role, known.scope, known.granted_by) == ("committee", (NORTH,), None)
    assert ("sys", "account.requested", f"党建办 committee {NORTH}") in log_of(district)
    assert not any(link.rsplit("/", 1)[1] in about for _, _, about in log_of(district))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (("x", "leader", None), "账户名"),
        (("党建办", None, None), "请先选择角色"),
        (("党建办", "king", None), "没有角色"),
        (("党建办", "committee", None), "须给出所属街道"),
        (("党建办", "committee", ["<script>"]), "范围"),
        (("党建办", "leader", [NORTH]), "不限定街道"),
        (("sys", "leader", None), "已存在"),
        ((["a"], {"b": 1}, "c"), "请先选择角色"),
        ((None, "leader", 7), "账户名"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(
    district: Site, system: Desk, fields: tuple[object, object, object], sentence: str
) -> None:
    before = log_of(district)
    assert sentence in system.told(ACCOUNTS, ADD, asking(*fields))
    assert log_of(district) == before


@pytest.mark.parametrize(
    ("act", "sentence", "state"),
    [
        ("link", "已为“zhang”签发新链接", "待授予角色"),
        ("disable", "已停用“zhang”", "停用"),
    ],
)
def test_an_account_is_acted_on(
    district: Site, system: Desk, act: str, sentence: str, state: str
) -> None:
    there = a_desk(district, Role.ECONOMIC_OFFICE, NORTH, name="zhang")
    assert "示例北街道" in there.reads("/")
    said = system.told(ACCOUNTS, DO, acting("zhang", act))
    assert sentence in said
    assert state in system.reads("/admin/accounts", "?account=zhang")
    assert ask_page(there.client, "/").status_code == 401


def test_a_disabled_account_is_enabled_with_a_link(district: Site, system: Desk) -> None:
    a_desk(district, Role.LEADER, name="zhang")
    system.told(ACCOUNTS, DO, acting("zhang", "disable"))
    said = system.told(ACCOUNTS, DO, acting("zhang", "enable"))
    assert "/account/link/" in said
    assert row_of(district, "zhang").granted_by is None


@pytest.mark.parametrize(
    ("name", "act", "sentence"),
    [
        ("sys", "disable", "自己的账户"),
        ("nobody", "disable", "没有账户"),
        ("zhang", "dance", "请先选择要办理的事项"),
        ("zhang", None, "请先选择要办理的事项"),
        ("zhang", "enable", "没有停用"),
        ("zhang", "reset", "没有设置二次验证"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_done(
    district: Site, system: Desk, name: str, act: str | None, sentence: str
) -> None:
    a_desk(district, Role.LEADER, name="zhang")
    assert sentence in system.told(ACCOUNTS, DO, acting(name, act))
    assert row_of(district, "zhang").state == "active"
    assert row_of(district, "sys").state == "active"


def test_a_role_taken_while_signed_in_is_gone_at_the_next_request(
    district: Site, security: Desk
) -> None:
    there = a_desk(district, Role.ECONOMIC_OFFICE, NORTH, name="zhang")
    cookie = there.client.get_cookie(COOKIE)
    assert cookie is not None
    assert "示例北街道" in there.reads("/")
    said = security.told(ROLES, GRANT, granting("zhang", "economic_office", [SOUTH]))
    assert "已授予“zhang”角色" in said
    refused = ask_page(there.client, "/")
    assert refused.status_code == 401
    assert "示例" not in refused.text
    there.client.set_cookie(COOKIE, cookie.value)  # replayed
    assert ask_page(there.client, "/").status_code == 401


def test_a_waiting_account_is_granted_what_the_security_administrator_says(
    district: Site, system: Desk, security: Desk
) -> None:
    system.told(ACCOUNTS, ADD, asking("党建办", "committee", [NORTH]))
    assert "待授予（1 个）" in security.reads("/admin/roles")
    assert "党建办" in security.reads("/admin/roles", "?account=党建办")
    security.told(ROLES, GRANT, granting("党建办", "economic_office", [SOUTH]))
    known = row_of(district, "党建办")
    assert (known.role, known.scope, known.granted_by) == ("economic_office", (SOUTH,), "sec")
    assert "没有账户在等待授予角色" in security.reads("/admin/roles")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (("sec", "sysadmin", None), "自己的账户"),
        (("sys", "leader", None), "最后一个"),
        (("sys", None, None), "请先选择角色"),
        (("nobody", "leader", None), "没有账户"),
        (({"a": 1}, "leader", None), "没有账户"),
    ],
)
def test_a_role_that_may_not_be_granted_is_not(
    district: Site,
    system: Desk,
    security: Desk,
    fields: tuple[object, object, object],
    sentence: str,
) -> None:
    assert system.client is not None
    assert sentence in security.told(ROLES, GRANT, granting(*fields))
    assert row_of(district, "sys").role == Role.SYSADMIN
    assert row_of(district, "sec").role == Role.SECADMIN


@pytest.mark.parametrize("role", Role)
def test_the_callbacks_are_open_to_their_third_alone(district: Site, role: Role) -> None:
    scope = {
        Role.ECONOMIC_OFFICE: [NORTH],
        Role.COMMITTEE: [NORTH],
        Role.COMMUNITY: [f"{NORTH}001"],
    }
    desk = a_desk(district, role, *scope.get(role, []), name="me")
    tries = {
        Role.SYSADMIN: (ACCOUNTS, ADD, asking("neu", "leader")),
        Role.SECADMIN: (ROLES, GRANT, granting("nobody", "leader")),
    }
    for third, (output, pressed, state) in tries.items():
        answered = desk.presses(output, pressed, state).status_code
        assert answered == (200 if role == third else 403)
    with db.reading(district.engine) as connection:
        names = {each.name for each in accounts.listed(connection)}
    assert ("neu" in names) == (role == Role.SYSADMIN)


def test_nobody_signed_in_gets_nothing(district: Site, system: Desk) -> None:
    assert system.client is not None
    stranger = Desk(district, a_client(district))
    assert stranger.presses(ACCOUNTS, ADD, asking("neu", "leader")).status_code == 401
    assert stranger.presses(ROLES, GRANT, granting("sys", "leader")).status_code == 401


def test_an_account_that_is_not_there_is_said_so(system: Desk, security: Desk) -> None:
    for desk, path in ((system, "/admin/accounts"), (security, "/admin/roles")):
        assert "没有账户" in desk.reads(path, "?account=<script>")


def test_one_s_own_account_offers_nothing(system: Desk) -> None:
    said = system.reads("/admin/accounts", "?account=sys")
    assert "这是您自己的账户" in said
    assert "admin-account-do" not in said


def test_a_button_nobody_pressed_does_nothing(district: Site, system: Desk) -> None:
    app = system.client.application.extensions["liangxin.test.app"]
    assert ADD.split(".", maxsplit=1)[0] in str(app.callback_map)
    question = {
        "output": ACCOUNTS,
        "outputs": {"id": "admin-accounts", "property": "children"},
        "inputs": [{"id": "admin-account-do", "property": "n_clicks", "value": None}],
        "changedPropIds": ["admin-account-do.n_clicks"],
        "state": [
            {"id": "admin-account-chosen", "property": "data", "value": "sys"},
            {"id": "admin-account-act", "property": "value", "value": "disable"},
        ],
    }
    assert system.client.post("/_dash-update-component", json=question).status_code == 204
    assert row_of(district, "sys").state == "active"


def test_a_database_that_is_away_is_said(system: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("登记库暂时无法连接。", "away.")

    monkeypatch.setattr("liangxin.administering.ask_for", away)
    assert "登记库暂时无法连接" in system.told(ACCOUNTS, ADD, asking("neu", "leader"))


def test_the_pages_show_no_link_no_hash_and_no_secret(district: Site, system: Desk) -> None:
    a_desk(district, Role.COMMITTEE, NORTH, name="zhang")
    said = system.reads("/admin/accounts", "?account=zhang")
    assert "argon2" not in said
    with db.reading(district.engine) as connection:
        row = accounts.require(connection, "zhang")
    assert row.link is None or row.link not in said


def test_a_locked_and_an_unused_account_are_told(district: Site, system: Desk) -> None:
    client: FlaskClient = a_client(district)
    let_in(client, district, Role.LEADER, name="zhang")
    from datetime import timedelta

    from sqlalchemy import update

    from liangxin.schema import Account

    with db.writing(district.engine) as connection:
        old = {
            "locked_until": NOW + timedelta(hours=1),
            "seen_on": NOW.date() - timedelta(days=70),
        }
        connection.execute(update(Account).where(Account.name == "zhang").values(old))
    said = shown(system.client, "/admin/accounts")
    assert "锁定到 2026-11-23 17:00" in said
    assert "已 70 天未用" in said
