"""A register that is away: every page and every callback says so, and nobody is let in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from access_asked import label, question
from pages import serving
from rough_visitors import CALLBACK, INSIDE, Moving, Visitor

from dashboard.account import SIGN_IN
from dashboard.app import create_app
from liangxin import db
from liangxin.settings import Settings


@contextmanager
def away(settings: Settings) -> Iterator[str]:
    engine = db.make_engine(
        settings.model_copy(update={"database_url": "sqlite:////no/such/folder/x.db"})
    )
    with serving(settings, engine) as address:
        yield address
    engine.dispose()


def test_a_register_that_is_away_is_told_and_nobody_is_let_in(sqlite_settings: Settings) -> None:
    with away(sqlite_settings) as address:
        visitor = Visitor(address, "x" * 43)
        page = visitor.asks_page("/lists")
        assert (page.status, "无法打开数据库" in page.said) == (200, True)
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        signing = visitor.ask("POST", SIGN_IN, "name=li&password=x", **form)
        assert (signing.status, "无法打开数据库" in signing.said) == (503, True)
        for path in ("/account/me", "/api/v1/changes", "/account/link/x"):
            assert visitor.ask("GET", path).status == 503, path
    assert not [word for word in INSIDE if word in "\n".join(visitor.heard)]


def test_every_callback_says_so_when_the_register_is_away(sqlite_settings: Settings) -> None:
    engine = db.make_engine(
        sqlite_settings.model_copy(update={"database_url": "sqlite:////no/such/folder/x.db"})
    )
    app = create_app(sqlite_settings, engine, clock=Moving())
    with app.server.test_client() as client:
        for output in [key for key, entry in app.callback_map.items() if "callback" in entry]:
            body = question(app, label(app, output), {}, "/lists")
            told = client.post(CALLBACK, json=body)
            said = json.dumps(told.get_json(), ensure_ascii=False)
            assert told.status_code in {200, 503}, output
            assert "无法打开数据库" in said, output
    engine.dispose()
