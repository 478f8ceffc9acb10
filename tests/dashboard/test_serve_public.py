"""The pages for others: behind their proxy, over TLS, under their name, and only with accounts."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from typing import Any

import pytest
from factories import NOW
from sqlalchemy import Engine
from waitress import wasyncore

from dashboard.account import SIGN_IN
from dashboard.serve import Public, make_server
from liangxin import accounts, db, web_key
from liangxin.access import Actor, Role
from liangxin.errors import Misuse
from liangxin.settings import Settings

HOST = "djfg.example.cn"
PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST, "X-Forwarded-For": "192.0.2.7"}
OTHERS = Public(f"https://{HOST}", "127.0.0.1")


@contextmanager
def serving(settings: Settings, engine: Engine, public: Public = OTHERS) -> Iterator[int]:
    server = make_server(
        settings,
        engine,
        host="0.0.0.0",  # noqa: S104 - what is tested
        port=0,
        clock=lambda: NOW,
        public=public,
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.effective_port
    finally:
        with suppress(OSError):  # the loop may close its end before we have written to it
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join()
        server.task_dispatcher.shutdown()


def asked(port: int, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, dict(answer.headers)


@pytest.fixture
def with_account(sqlite_engine: Engine) -> Engine:
    operator = Actor("operator", Role.SYSADMIN)
    with db.writing(sqlite_engine) as connection:
        accounts.add(connection, "li", "leader", (), by=operator, today=NOW.date(), now=NOW)
    return sqlite_engine


def test_without_an_account_nobody_else_is_served(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with (
        pytest.raises(Misuse, match="还没有账户"),
        serving(sqlite_settings, sqlite_engine),
    ):
        pass


def test_behind_the_proxy_visitors_are_asked_to_sign_in(
    sqlite_settings: Settings, with_account: Engine
) -> None:
    with serving(sqlite_settings, with_account) as port:
        status, headers = asked(port, "/", PROXY)
        assert (status, headers["Location"]) == (303, f"{SIGN_IN}?next=/")
        assert "max-age" in headers["Strict-Transport-Security"]
        assert asked(port, SIGN_IN, PROXY)[0] == 200
    assert web_key.file_of(sqlite_settings).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {**PROXY, "X-Forwarded-Proto": "http"},
        {**PROXY, "X-Forwarded-Host": "evil.example"},
        {"Host": HOST},
    ],
)
def test_what_does_not_come_over_tls_under_its_name_is_refused(
    sqlite_settings: Settings, with_account: Engine, headers: dict[str, str]
) -> None:
    with serving(sqlite_settings, with_account) as port:
        assert asked(port, SIGN_IN, headers)[0] == 400


def test_another_machine_that_plays_the_proxy_is_not_believed(
    sqlite_settings: Settings, with_account: Engine
) -> None:
    elsewhere = Public(f"https://{HOST}", "192.0.2.1")
    with serving(sqlite_settings, with_account, elsewhere) as port:
        assert asked(port, SIGN_IN, PROXY)[0] == 400


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        (f"http://{HOST}", "127.0.0.1"),
        ("http://127.0.0.1", "127.0.0.1"),
        (f"https://{HOST}/path", "127.0.0.1"),
        (f"https://{HOST}", "proxy.example"),
    ],
)
def test_an_address_or_proxy_that_is_none_is_refused(address: str, proxy: str) -> None:
    with pytest.raises(Misuse):
        Public(address, proxy)


def test_a_key_others_can_read_stops_the_server(
    sqlite_settings: Settings, with_account: Engine
) -> None:
    web_key.load(sqlite_settings)
    web_key.file_of(sqlite_settings).chmod(0o644)
    answers: list[Any] = []
    with (
        pytest.raises(Exception, match="chmod 600"),
        serving(sqlite_settings, with_account) as port,
    ):
        answers.append(port)
    assert answers == []
