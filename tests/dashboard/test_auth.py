import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dash
import pytest
from dash import Input, Output, html
from factories import NORTH, a_uscc
from flask.testing import FlaskClient
from pages import (
    SOUTH,
    PageWith,
    a_district,
    app_with,
    ask,
    ask_page,
    clock,
    shown,
)

from dashboard import auth
from dashboard.app import create_app
from dashboard.auth import UnguardedCallback, guarded
from dashboard.site import Site
from liangxin import access
from liangxin.access import Actor, Permission, Role
from liangxin.errors import DatabaseUnavailable, Misuse, NotFound, NotPermitted

ROUTER = "page.children"
#: An organisation in ``SOUTH``.
TENTH = a_uscc(10)
ALL_ROLES = list(Role)
#: What each page says that no other does.
SAYS = {
    "/": "77 / 100",
    "/change": "变化的原因",
    "/lists": "各名单",
    "/lists/not_reached": "两新组织名单（23 家）",
    f"/organisation/{TENTH}": "登记信息及来源",
    f"/subdistrict/{SOUTH}": "两新组织名单（10 家）",
    "/find": "查找组织",
    "/clocks/application": "申请 → 批复",
    "/files": "企业花名册",
    "/locate": "没有待认定的地址",
    "/tasks": "在办任务",
    "/screening": "移出底数的须写明依据",
    "/community": "三步上报",
    "/community/new": "您的账户还没有负责的社区",
    "/readiness": "阵地建设",
    "/sources": "有来件的数据源",
    "/sources/market_regulator": "数据源说明",
    "/runs/1": "每一行的去向",
    "/quality": "定位到社区",
    "/rules": "谁计入底数",
    "/exchange": "怎样办理",
    "/admin/accounts": "申请新账户",
    "/admin/roles": "各角色的权限",
    "/admin/jobs": "没有工作进程在运行",
    "/admin/log": "逐条核验",
    "/terms": "届期与变更",
}
SCREENING, REPORTS = {"/screening"}, {"/community", "/community/new"}
#: Of these, what the offices see; the rest is the district office's and the administrators'.
OFFICES = {
    *("/", "/change", "/lists", "/lists/not_reached", "/tasks", "/rules", "/readiness", "/find"),
    *(f"/organisation/{TENTH}", f"/subdistrict/{SOUTH}", "/clocks/application"),
}
SOURCES = {"/sources", "/sources/market_regulator", "/quality", "/exchange"}
#: For whoever forms Party organisations.
FORMING = {"/terms"}
#: Who sees which page; the only place besides the table in ``access`` that says so.
ALLOWED: dict[Role, set[str]] = {
    Role.ECONOMIC_OFFICE: {*OFFICES, *SCREENING, *REPORTS, "/files", "/locate", "/runs/1"},
    Role.COMMITTEE: {*OFFICES, *FORMING, "/files"},
    Role.DISTRICT_OFFICE: {
        *OFFICES,
        *SOURCES,
        *FORMING,
        *SCREENING,
        "/files",
        "/locate",
        "/runs/1",
    },
    Role.LEADER: {
        *("/", "/change", "/lists", "/tasks", "/rules", "/readiness"),
        *("/lists/not_reached", f"/subdistrict/{SOUTH}", "/clocks/application"),
    },
    Role.COMMUNITY: OFFICES | REPORTS,
    Role.SYSADMIN: {"/admin/accounts", "/admin/jobs"},
    Role.SECADMIN: {"/admin/roles"},
    Role.AUDITOR: {"/admin/log"},
}


@pytest.fixture(scope="module")
def reader(new_home: Callable[[], Path]) -> Iterator[FlaskClient]:
    """A client of the district for tests that look and change nothing."""
    with a_district(new_home()) as site:
        app = create_app(site.settings, site.engine, clock=clock)
        yield app.server.test_client()


@pytest.mark.parametrize("path", SAYS)
@pytest.mark.parametrize("role", ALL_ROLES)
def test_a_post_gets_what_the_role_may_see_and_nothing_else(
    reader: FlaskClient, monkeypatch: pytest.MonkeyPatch, role: Role, path: str
) -> None:
    monkeypatch.setattr(auth, "LOCAL", Actor("someone", role))
    said = shown(reader, path)
    if path in ALLOWED[role]:
        assert SAYS[path] in said
    else:
        assert "没有此项权限" in said
        assert SAYS[path] not in said
        assert "示例" not in said


@pytest.mark.parametrize("path", ["/lists", "/"])
def test_nobody_is_sent_where_the_role_may_not_go(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def ways() -> set[str]:
        found = set(re.findall(r'"href": "/([a-z]+/[^?"]+)', shown(client, path)))
        return {way for way in found if not way.startswith("account")}

    assert "lists/not_reached" in ways()
    monkeypatch.setattr(auth, "LOCAL", Actor("leader", Role.LEADER))
    assert "lists/not_reached" in ways()
    for way in ways():
        assert "没有此项权限" not in shown(client, f"/{way}"), way


def test_what_lies_outside_the_scope_is_not_found(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Actor("someone", Role.COMMITTEE, frozenset({SOUTH}))
    monkeypatch.setattr(auth, "LOCAL", here)
    assert "没有找到街道" in shown(client, f"/subdistrict/{NORTH}")
    assert "两新组织名单（10 家）" in shown(client, f"/subdistrict/{SOUTH}")
    for page in ("/", "/change", "/lists", "/lists/not_reached"):
        overall = shown(client, page)
        assert "示例北街道" not in overall
        assert NORTH not in overall
    assert "7 / 10" in shown(client, "/")
    assert "7 / 10" in shown(client, "/change")
    assert "两新组织名单（3 家）" in shown(client, "/lists/not_reached")


@pytest.mark.parametrize(
    "address",
    [
        ("/change", f"?subdistrict={NORTH}"),
        ("/lists/not_reached", f"?subdistrict={NORTH}"),
        ("/tasks", f"?subdistrict={NORTH}"),
        (f"/organisation/{a_uscc(11)}", ""),
    ],
)
def test_what_lies_outside_is_like_what_is_not_there(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: tuple[str, str]
) -> None:
    here = Actor("someone", Role.COMMITTEE, frozenset({SOUTH}))
    assert "没有找到" not in shown(client, *address)
    monkeypatch.setattr(auth, "LOCAL", here)
    said = shown(client, *address)
    assert "没有找到" in said
    assert "示例第" not in said
    assert "示例北" not in said


def test_a_visitor_from_another_machine_gets_nothing(client: FlaskClient) -> None:
    far = {"REMOTE_ADDR": "192.0.2.7"}
    for response in (
        client.get("/", environ_overrides=far),
        client.get("/_dash-layout", environ_overrides=far),
        ask_page(client, "/", environ_overrides=far),
    ):
        assert response.status_code == 403
        assert "只能在本机查看" in response.get_data(as_text=True) + str(
            response.get_json(silent=True)
        )
    assert client.get("/", environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 200
    assert client.get("/", environ_overrides={"REMOTE_ADDR": ""}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        *({"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=::1"}, {"X-Real-IP": "127.0.0.1"}),
        *({"Via": "1.1 proxy"}, {"Host": "district.example"}, {"Host": "[::1"}),
    ],
)
def test_a_proxy_lets_nobody_in_before_there_are_accounts(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    told = client.get("/", headers=headers)
    assert told.status_code == 403
    assert "只能在本机查看" in told.text


def test_the_actor_of_this_machine_is_the_local_one() -> None:
    assert auth.actor_of_request() is access.LOCAL


def test_a_callback_without_a_permission_does_not_start(district: Site) -> None:
    def register(app: dash.Dash) -> None:
        @app.callback(Output("a", "children"), Input("b", "value"))
        def leak(_value: object) -> str:
            return "rows"

    with pytest.raises(UnguardedCallback, match=r"a\.children"):
        app_with(district, PageWith(register))


def test_a_callback_that_was_never_given_a_function_does_not_start(district: Site) -> None:
    def register(app: dash.Dash) -> None:
        app.callback(Output("a", "children"), Input("b", "value"))

    with pytest.raises(UnguardedCallback):
        app_with(district, PageWith(register))


def test_a_callback_outside_the_app_does_not_start(district: Site) -> None:
    from dash import _callback

    def register(_app: dash.Dash) -> None:
        @dash.callback(Output("a", "children"), Input("b", "value"))
        def leak(_value: object) -> str:
            return "rows"

    try:
        with pytest.raises(UnguardedCallback, match="outside the app"):
            app_with(district, PageWith(register))
    finally:
        _callback.GLOBAL_CALLBACK_MAP.clear()
        _callback.GLOBAL_CALLBACK_LIST.clear()


def test_a_callback_with_an_address_of_its_own_does_not_start(district: Site) -> None:
    from dash import _callback

    def register(app: dash.Dash) -> None:
        @app.callback(Output("a", "children"), Input("b", "value"), api_endpoint="/api/rows")
        @guarded(Permission.RATE_VIEW)
        def leak(_actor: Actor, _value: object) -> str:
            return "rows"

    try:
        with pytest.raises(UnguardedCallback):
            app_with(district, PageWith(register))
    finally:
        _callback.GLOBAL_API_PATHS.clear()


def test_a_layout_without_a_permission_does_not_start(district: Site) -> None:
    with pytest.raises(UnguardedCallback, match="layout"):
        app_with(district, PageWith(layout=lambda _visit: html.Div()))


def test_a_guarded_callback_is_refused_with_its_status(
    district: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def register(app: dash.Dash) -> None:
        @app.callback(Output("a", "children"), Input("b", "value"))
        @guarded(Permission.RATE_VIEW)
        def answer(_actor: Actor, value: str) -> str:
            raise {"403": NotPermitted, "404": NotFound, "400": Misuse, "503": DatabaseUnavailable}[
                value
            ]("没有。", "none.")

    client = app_with(district, PageWith(register)).server.test_client()

    def post(value: str) -> Any:
        return ask(client, "a.children", {"b.value": value})

    for status in (400, 403, 404, 503):
        response = post(str(status))
        assert (response.status_code, response.get_json()) == (status, {"error": "没有。"})
    monkeypatch.setattr(auth, "LOCAL", Actor("someone", Role.AUDITOR))
    assert post("400").status_code == 403
