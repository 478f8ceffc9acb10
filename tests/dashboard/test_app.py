import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import dash
import pytest
from dash import Input, Output, dcc, html
from factories import LONG_AGO, NORTH, NOW, TODAY, insert_organisation, insert_run
from flask.testing import FlaskClient
from pages import (
    DISTRICT,
    FEW,
    MARCH,
    SEPTEMBER,
    SOUTH,
    find_all,
    insert_district,
    text_of,
)
from sqlalchemy import Engine, text

from dashboard import auth, responses, tables
from dashboard.app import PAGES, create_app
from dashboard.auth import UnguardedCallback, guarded, permissions_of
from dashboard.controls import AS_OF
from dashboard.pages import overview, subdistrict
from dashboard.query import Query
from dashboard.site import Site, Visit
from liangxin import access, db
from liangxin.access import Actor, Permission, Role
from liangxin.errors import DatabaseUnavailable, Misuse, NotFound, NotPermitted
from liangxin.settings import Settings

ROUTER = "page.children"
ALL_ROLES = list(Role)


def clock() -> datetime:
    return NOW


@pytest.fixture
def district(sqlite_settings: Settings, sqlite_engine: Engine) -> Site:
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
    return Site(sqlite_settings.model_copy(update={"district": DISTRICT}), sqlite_engine, clock)


@pytest.fixture
def client(district: Site) -> Iterator[FlaskClient]:
    app = create_app(district.settings, district.engine, clock=clock)
    with app.server.test_client() as client:
        yield client


def ask(client: FlaskClient, path: object, search: object = "", **options: Any) -> Any:
    """Post what a browser would, and return the response."""
    return client.post(
        "/_dash-update-component",
        json={
            "output": ROUTER,
            "outputs": {"id": "page", "property": "children"},
            "inputs": [
                {"id": "location", "property": "pathname", "value": path},
                {"id": "location", "property": "search", "value": search},
            ],
            "changedPropIds": ["location.pathname"],
            "state": [],
        },
        **options,
    )


def shown(client: FlaskClient, path: object, search: object = "") -> str:
    """What a page says, as the bytes of its answer, Chinese readable."""
    response = ask(client, path, search)
    assert response.status_code == 200
    return json.dumps(response.get_json(), ensure_ascii=False)


# Pages.


def test_the_overview_shows_the_model_case(district: Site) -> None:
    said = text_of(overview.layout(Visit(district, Query())))
    for part in ("示例区", "77.0%", "77 / 100", "56.0%", "56 / 100", "+21.0 个百分点"):
        assert part in said
    assert "规则版本 cn-2026.1" in said
    assert "截至 2022-09-30" in said
    assert "另有 1 家未核实" in said


def test_the_overview_lists_every_place_and_links_to_it(district: Site) -> None:
    page = overview.layout(Visit(district, Query(MARCH, "R2")))
    [table] = find_all(page, html.Table)
    links = {link.children: link.href for link in find_all(table, dcc.Link)}
    assert links["示例南镇"] == f"/subdistrict/{SOUTH}?as_of=2022-03-31&rate=R2"
    assert "未定位" in text_of(table)
    assert "R2 单独组建率" in text_of(page)


def test_the_day_asked_for_is_the_day_shown(district: Site) -> None:
    page = overview.layout(Visit(district, Query(MARCH)))
    [calendar] = [
        part
        for part in find_all(page, dash.development.base_component.Component)
        if getattr(part, "id", None) == AS_OF
    ]
    assert calendar.value == "2022-03-31"
    assert "R1 组织覆盖率：56 / 100 ＝ 56.0% · 截至 2022-03-31" in text_of(page)


def test_a_day_ahead_of_the_data_is_remarked(district: Site) -> None:
    assert "晚于最新数据日期（2022-09-30）" in text_of(
        overview.layout(Visit(district, Query(TODAY)))
    )


def test_a_day_before_all_screening_has_no_data_and_no_rate(district: Site) -> None:
    said = text_of(overview.layout(Visit(district, Query(LONG_AGO))))
    assert "没有计入底数的组织" in said
    assert "0 / 0 ＝ 无数据" in said


def test_an_empty_register_says_what_to_do(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    site = Site(sqlite_settings, sqlite_engine, clock)
    said = text_of(overview.layout(Visit(site, Query())))
    assert "登记库为空：请先用 liangxin load 导入" in said
    place = {"code": "430702001"}
    assert "登记库为空" in text_of(subdistrict.layout(Visit(site, Query(), place)))


def test_a_sub_district_shows_its_own_rates_and_organisations(district: Site) -> None:
    page = subdistrict.layout(Visit(district, Query(), {"code": SOUTH}))
    said = text_of(page)
    assert "示例南镇" in said
    assert "70.0%" in said  # 7 of 10: the 10th, 20th … 70th of 77 reached
    assert "7 / 10" in said
    assert "两新组织名单（10 家）" in said
    [grid] = [
        p
        for p in find_all(page, dash.development.base_component.Component)
        if getattr(p, "id", None) == tables.GRID_ID
    ]
    assert len(grid.rowData) == 10
    assert {row["name"] for row in grid.rowData} == {f"示例第{n}0号有限公司" for n in range(1, 11)}


def test_the_figures_of_the_places_add_up_to_the_district(district: Site) -> None:
    """A page of a place is asked with a narrower scope; nothing is lost or counted twice."""
    of_places = [
        subdistrict.layout(Visit(district, Query(), {"code": code})) for code in (NORTH, SOUTH, FEW)
    ]
    fractions = [find_all(page, "fraction")[0].children for page in of_places]
    numbers = [tuple(map(int, fraction.split(" / "))) for fraction in fractions]
    assert (sum(n for n, _ in numbers), sum(d for _, d in numbers)) == (77, 100)


@pytest.mark.parametrize("code", ["999999009", "430702", "', DROP", "%2e%2e", "9" * 500])
def test_an_unknown_sub_district_is_not_found(client: FlaskClient, code: str) -> None:
    said = shown(client, f"/subdistrict/{code}")
    assert "没有找到街道" in said or "没有这个页面" in said
    assert "返回覆盖总览" in said


def test_pages_speak_english(district: Site) -> None:
    settings = district.settings.model_copy(update={"language": "en"})
    site = replace(district, settings=settings)
    said = text_of(overview.layout(Visit(site, Query())))
    assert "R1 organisation coverage" in said
    assert "+21.0 points" in said
    page = create_app(settings, site.engine, clock=clock).server.test_client().get("/")
    assert '<html lang="en">' in page.text


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("?as_of=foo", "不是有效日期"),
        ("?as_of=1000-01-01", "超出范围"),
        ("?rate=R99", "没有口径“R99”"),
        ("?rate=<script>", "没有口径"),
        ("?as_of=2022-03-31&as_of=2022-03-31", "出现了多次"),
    ],
)
@pytest.mark.parametrize("path", ["/", f"/subdistrict/{NORTH}"])
def test_a_nonsense_question_is_answered_with_a_sentence(
    client: FlaskClient, path: str, search: str, sentence: str
) -> None:
    said = shown(client, path, search)
    assert sentence in said
    assert "返回覆盖总览" in said


@pytest.mark.parametrize("path", ["/nowhere", "/subdistrict/", "/../etc/passwd", 7, [], {}])
def test_a_page_that_is_not_there_is_said_so(client: FlaskClient, path: object) -> None:
    assert "返回覆盖总览" in shown(client, path)


def test_before_the_browser_knows_where_it_is_nothing_changes(client: FlaskClient) -> None:
    assert ask(client, None).status_code == 204


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "</script><script>", "{{7*7}}"])
def test_a_name_is_shown_as_text(district: Site, name: str) -> None:
    with db.writing(district.engine) as connection:
        insert_organisation(connection, 500, name=name, subdistrict_code=SOUTH)
    app = create_app(district.settings, district.engine, clock=clock)
    response = ask(app.server.test_client(), f"/subdistrict/{SOUTH}")
    assert name in json.dumps(response.get_json())
    assert response.content_type == "application/json"


def test_a_register_whose_sub_districts_nobody_listed_still_shows_figures(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection, ownership="NONPUBLIC", subdistrict_code="999999777")
    site = Site(sqlite_settings, sqlite_engine, clock)
    assert "999999777" in text_of(overview.layout(Visit(site, Query())))


# The guard.


def test_every_layout_declares_its_permission() -> None:
    assert {page.PATH: permissions_of(page.layout) for page in PAGES} == {
        "/": {Permission.RATE_VIEW},
        "/subdistrict/<code>": {Permission.ORGANISATION_LIST},
    }
    assert all({page.PERMISSION} == permissions_of(page.layout) for page in PAGES)


def test_every_callback_declares_its_permission(district: Site) -> None:
    app = create_app(district.settings, district.engine, clock=clock)
    on_the_server = {
        output: permissions_of(entry["callback"])
        for output, entry in app.callback_map.items()
        if "callback" in entry
    }
    assert on_the_server == {ROUTER: {Permission.RATE_VIEW, Permission.ORGANISATION_LIST}}


#: Who sees which page; the only place besides the table in ``access`` that says so.
ALLOWED = {
    Role.ECONOMIC_OFFICE: {"/", f"/subdistrict/{SOUTH}"},
    Role.COMMITTEE: {"/", f"/subdistrict/{SOUTH}"},
    Role.DISTRICT_OFFICE: {"/", f"/subdistrict/{SOUTH}"},
    Role.LEADER: {"/"},
    Role.COMMUNITY: {"/", f"/subdistrict/{SOUTH}"},
    Role.SYSADMIN: set(),
    Role.SECADMIN: set(),
    Role.AUDITOR: set(),
}


@pytest.mark.parametrize("path", ["/", f"/subdistrict/{SOUTH}"])
@pytest.mark.parametrize("role", ALL_ROLES)
def test_a_post_gets_what_the_role_may_see_and_nothing_else(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, role: Role, path: str
) -> None:
    monkeypatch.setattr(auth, "LOCAL", Actor("someone", role))
    said = shown(client, path)
    if path in ALLOWED[role]:
        assert "组织覆盖率" in said
    else:
        assert "没有此项权限" in said
        assert "组织覆盖率" not in said
        assert "示例第" not in said


def test_what_lies_outside_the_scope_is_not_found(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Actor("someone", Role.COMMITTEE, frozenset({SOUTH}))
    monkeypatch.setattr(auth, "LOCAL", here)
    assert "没有找到街道" in shown(client, f"/subdistrict/{NORTH}")
    assert "两新组织名单（10 家）" in shown(client, f"/subdistrict/{SOUTH}")
    overall = shown(client, "/")
    assert "7 / 10" in overall
    assert "示例北街道" not in overall


def test_a_visitor_from_another_machine_gets_nothing(client: FlaskClient) -> None:
    far = {"REMOTE_ADDR": "192.0.2.7"}
    for response in (
        client.get("/", environ_overrides=far),
        client.get("/_dash-layout", environ_overrides=far),
        ask(client, "/", environ_overrides=far),
    ):
        assert response.status_code == 403
        assert "只能在本机查看" in response.get_data(as_text=True) + str(
            response.get_json(silent=True)
        )
    assert client.get("/", environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 200
    assert client.get("/", environ_overrides={"REMOTE_ADDR": ""}).status_code == 403


def test_the_actor_of_this_machine_is_the_local_one() -> None:
    assert auth.actor_of_request() is access.LOCAL


class PageWith:
    """A page that registers whatever a test wants."""

    PATH = "/extra"
    PERMISSION = Permission.RATE_VIEW

    def __init__(self, register: Any, layout: Any = None) -> None:
        self.register = register
        self.layout = layout or guarded(Permission.RATE_VIEW)(lambda _actor, _visit: html.Div())


def build(site: Site, page: Any) -> dash.Dash:
    return create_app(site.settings, site.engine, clock=clock, pages=[*PAGES, page])


def test_a_callback_without_a_permission_does_not_start(district: Site) -> None:
    def register(app: dash.Dash) -> None:
        @app.callback(Output("a", "children"), Input("b", "value"))
        def leak(_value: object) -> str:
            return "rows"

    with pytest.raises(UnguardedCallback, match=r"a\.children"):
        build(district, PageWith(register))


def test_a_callback_that_was_never_given_a_function_does_not_start(district: Site) -> None:
    def register(app: dash.Dash) -> None:
        app.callback(Output("a", "children"), Input("b", "value"))

    with pytest.raises(UnguardedCallback):
        build(district, PageWith(register))


def test_a_callback_outside_the_app_does_not_start(district: Site) -> None:
    from dash import _callback

    def register(_app: dash.Dash) -> None:
        @dash.callback(Output("a", "children"), Input("b", "value"))
        def leak(_value: object) -> str:
            return "rows"

    try:
        with pytest.raises(UnguardedCallback, match="outside the app"):
            build(district, PageWith(register))
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
            build(district, PageWith(register))
    finally:
        _callback.GLOBAL_API_PATHS.clear()


def test_a_layout_without_a_permission_does_not_start(district: Site) -> None:
    with pytest.raises(UnguardedCallback, match="layout"):
        build(district, PageWith(lambda _app: None, layout=lambda _visit: html.Div()))


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

    client = build(district, PageWith(register)).server.test_client()

    def post(value: str) -> Any:
        return client.post(
            "/_dash-update-component",
            json={
                "output": "a.children",
                "outputs": {"id": "a", "property": "children"},
                "inputs": [{"id": "b", "property": "value", "value": value}],
            },
        )

    for status in (400, 403, 404, 503):
        response = post(str(status))
        assert (response.status_code, response.get_json()) == (status, {"error": "没有。"})
    monkeypatch.setattr(auth, "LOCAL", Actor("someone", Role.AUDITOR))
    assert post("400").status_code == 403


# What stands around every answer.


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/_dash-layout", "/_dash-dependencies", "/assets/liangxin.css"]
)
def test_every_answer_has_its_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self' 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "http" not in policy


def test_what_is_shown_is_kept_by_no_browser(client: FlaskClient) -> None:
    assert ask(client, "/").headers["Cache-Control"] == "no-store"
    assert client.get("/").headers["Cache-Control"] == "no-store"
    with client.get("/assets/liangxin.css") as styles:
        assert styles.headers["Cache-Control"] != "no-store"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        (f"/subdistrict/{NORTH}", 200),
        ("/nowhere", 404),
        ("/robots.txt", 404),
        ("/assets/../app.py", 404),
        ("/assets/nothing.css", 404),
    ],
)
def test_a_path_has_its_status(client: FlaskClient, path: str, status: int) -> None:
    with client.get(path) as response:
        assert response.status_code == status


def test_the_document_is_chinese_and_ours(client: FlaskClient) -> None:
    page = client.get("/").text
    assert '<html lang="zh-CN">' in page
    assert "正在载入" in page
    assert "Loading..." not in page
    assert "/assets/favicon.svg" in page


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        7,
        "x",
        {"output": "page.children", "inputs": 7},
        {"output": "no.such"},
        {"output": "location.search"},
        {"output": ["page.children"]},
    ],
)
def test_a_request_no_page_would_make_is_refused(client: FlaskClient, body: object) -> None:
    response = client.post("/_dash-update-component", json=body)
    assert response.status_code == 400
    assert response.get_json() == {"error": "请求有误，无法处理。"}


def test_bytes_that_are_no_question_are_refused(client: FlaskClient) -> None:
    def post(**what: Any) -> int:
        return client.post("/_dash-update-component", **what).status_code

    assert post(data=b"\x00\xff", content_type="application/json") == 400
    assert post(data=b"x") == 415
    assert (
        post(data=b" " * (responses.MAX_REQUEST_BYTES + 1), content_type="application/json") == 413
    )
    assert client.get("/_dash-update-component").status_code == 404
    assert client.post("/").status_code == 405


def test_a_database_that_is_down_is_said_so(sqlite_settings: Settings) -> None:
    down = sqlite_settings.model_copy(update={"database_url": "sqlite:////no/such/folder/x.db"})
    engine = db.make_engine(down)
    client = create_app(down, engine, clock=clock).server.test_client()
    assert client.get("/").status_code == 200
    said = shown(client, "/")
    assert "无法打开数据库" in said
    assert "Traceback" not in said
    engine.dispose()


def test_a_damaged_register_is_said_so(district: Site, client: FlaskClient) -> None:
    with db.writing(district.engine) as connection:
        connection.execute(text("DROP TABLE covering"))
    assert "数据库出错" in shown(client, "/")


def test_what_nobody_foresaw_has_a_number_and_no_trace(
    district: Site, caplog: pytest.LogCaptureFixture
) -> None:
    @guarded(Permission.RATE_VIEW)
    def layout(_actor: Actor, _visit: Visit) -> Any:
        raise ZeroDivisionError("a secret of the program")

    app = build(district, PageWith(lambda _app: None, layout=layout))
    with caplog.at_level(logging.ERROR):
        said = shown(app.server.test_client(), "/extra")
    [record] = caplog.records
    assert record.args[0] in said
    assert "a secret" not in said
    assert "Traceback" not in said
    assert record.exc_info is not None


def test_an_unforeseen_error_in_a_callback_is_a_sentence_too(
    district: Site, caplog: pytest.LogCaptureFixture
) -> None:
    def register(app: dash.Dash) -> None:
        @app.callback(Output("a", "children"), Input("b", "value"))
        @guarded(Permission.RATE_VIEW)
        def answer(_actor: Actor, _value: object) -> str:
            raise ZeroDivisionError("a secret of the program")

    client = build(district, PageWith(register)).server.test_client()
    with caplog.at_level(logging.ERROR):
        response = client.post(
            "/_dash-update-component",
            json={
                "output": "a.children",
                "outputs": {"id": "a", "property": "children"},
                "inputs": [{"id": "b", "property": "value", "value": 1}],
            },
        )
    assert response.status_code == 500
    assert caplog.records[0].args[0] in response.get_json()["error"]
    assert "a secret" not in response.text


def test_apps_do_not_know_each_other(
    district: Site, sqlite_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = create_app(district.settings, district.engine, clock=clock)
    other = db.make_engine(
        Settings(home=tmp_path_factory.mktemp("other"), database_url="sqlite:////no/such/x.db")
    )
    second = create_app(sqlite_settings, other, clock=clock)
    assert "77.0%" in shown(first.server.test_client(), "/")
    assert "无法打开数据库" in shown(second.server.test_client(), "/")
    assert "77.0%" in shown(first.server.test_client(), "/")
    other.dispose()


def test_the_date_of_an_undated_question_is_the_date_in_china() -> None:
    site = Site(
        Settings(),
        db.make_engine(Settings()),
        lambda: datetime.fromisoformat("2026-11-23T23:30:00+00:00"),
    )
    assert site.today().isoformat() == "2026-11-24"


def test_an_empty_day_of_an_unloaded_place_is_not_an_error(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_run(connection, as_of=SEPTEMBER)
    site = Site(sqlite_settings, sqlite_engine, clock)
    page = subdistrict.layout(Visit(site, Query(), {"code": "430702001"}))
    assert "两新组织名单（0 家）" in text_of(page)
    assert "没有可以排名" in text_of(overview.layout(Visit(site, Query())))
