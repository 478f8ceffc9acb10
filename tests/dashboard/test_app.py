import logging
import threading
from typing import Any

import dash
import pytest
from dash import Input, Output
from factories import NORTH
from flask.testing import FlaskClient
from pages import (
    PageWith,
    app_with,
    ask,
    ask_page,
    clock,
    shown,
)
from sqlalchemy import text

from dashboard import responses
from dashboard.app import create_app
from dashboard.auth import guarded
from dashboard.site import Site, Visit
from liangxin import db
from liangxin.access import Actor, Permission
from liangxin.settings import Settings


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
    assert ask_page(client, "/").headers["Cache-Control"] == "no-store"
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
    secret = "a secret of the program"

    @guarded(Permission.RATE_VIEW)
    def layout(_actor: Actor, _visit: Visit) -> Any:
        raise ZeroDivisionError(secret)

    app = app_with(district, PageWith(layout=layout))
    with caplog.at_level(logging.ERROR):
        said = shown(app.server.test_client(), "/extra")
    [record] = caplog.records
    assert record.args[0] in said
    assert "a secret" not in said
    assert "Traceback" not in said
    assert "ZeroDivisionError" in record.getMessage()
    assert "a secret" not in record.getMessage()


def test_an_unforeseen_error_in_a_callback_is_a_sentence_too(
    district: Site, caplog: pytest.LogCaptureFixture
) -> None:
    def register(app: dash.Dash) -> None:
        @app.callback(Output("a", "children"), Input("b", "value"))
        @guarded(Permission.RATE_VIEW)
        def answer(_actor: Actor, _value: object) -> str:
            raise ZeroDivisionError("a secret of the program")

    client = app_with(district, PageWith(register)).server.test_client()
    with caplog.at_level(logging.ERROR):
        response = ask(client, "a.children", {"b.value": 1})
    assert response.status_code == 500
    assert caplog.records[0].args[0] in response.get_json()["error"]
    assert "a secret" not in response.text


def test_a_question_is_answered_in_the_thread_that_took_it(district: Site) -> None:
    threads = []

    @guarded(Permission.RATE_VIEW)
    def layout(_actor: Actor, _visit: Visit) -> Any:
        threads.append(threading.get_ident())

    shown(app_with(district, PageWith(layout=layout)).server.test_client(), "/extra")
    assert threads == [threading.get_ident()]


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
