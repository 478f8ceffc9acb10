"""The declaration pages on a server of their own: behind its proxy, under its name, and nothing else."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from declarations import DAY, Desk
from declaring_desk import FORM
from factories import NOW
from loads import rows
from people import a_name, a_number
from sqlalchemy import Engine
from waitress import wasyncore

from dashboard.declare import alone, quotas
from liangxin import links, privacy
from liangxin.errors import Misuse
from liangxin.schema import Membership, Task
from liangxin.settings import Settings

HOST = "djfg.example.cn"
PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST, "X-Forwarded-For": "192.0.2.7"}


@contextmanager
def serving(settings: Settings, engine: Engine, **how: Any) -> Iterator[str]:
    chosen = {"public": f"https://{HOST}", "proxy": "127.0.0.1", "bind": ("127.0.0.1", 0)} | how
    server = alone.make_server(settings, engine, clock=lambda: NOW, **chosen)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        with suppress(OSError):  # the loop may close its end before we have written to it
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join()
        server.task_dispatcher.shutdown()


def asked(
    address: str, headers: dict[str, str] = PROXY, body: bytes | None = None
) -> tuple[int, dict[str, str], str]:
    parts = urlsplit(address)
    if body is not None:
        headers = headers | {"Content-Type": FORM}
    with closing(HTTPConnection(parts.netloc, timeout=60)) as connection:
        connection.request("GET" if body is None else "POST", parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()


@pytest.fixture
def desk(sqlite_settings: Settings, sqlite_engine: Engine) -> Desk:
    privacy.write(privacy.new_keys(), privacy.keys_file(sqlite_settings))
    return Desk(sqlite_engine)


def entries(settings: Settings, desk: Desk, n: int) -> bytes:
    form = links.new_form(privacy.load(settings), desk.token, now=NOW)
    told = {
        "form": form,
        "name": a_name(n),
        "number": a_number(n),
        "status": "full",
        "relation": "former",
        "hired_on": DAY.isoformat(),
        "declare": "yes",
        "pass_on": "yes",
    }
    return urlencode(told).encode()


def test_a_phone_behind_the_proxy_declares_and_the_committee_hears_of_it_at_once(
    desk: Desk, sqlite_settings: Settings
) -> None:
    with serving(sqlite_settings, desk.engine) as address:
        page = f"{address}/declare/{desk.token}"
        status, headers, text = asked(page)
        assert (status, "示例第1号有限公司" in text) == (200, True)
        assert headers["Strict-Transport-Security"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        status, _, text = asked(page, body=entries(sqlite_settings, desk, 1))
        assert status == 200, text
        assert f"https://{HOST}/declare/mine" in text
    assert [row["state"] for row in rows(desk.engine, Membership)] == ["declared"]
    assert [row["kind"] for row in rows(desk.engine, Task)] == ["declaration"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        PROXY | {"X-Forwarded-Proto": "http"},
        PROXY | {"X-Forwarded-Host": "evil.example"},
    ],
)
def test_whoever_comes_past_the_proxy_or_under_another_name_is_refused(
    desk: Desk, sqlite_settings: Settings, headers: dict[str, str]
) -> None:
    with serving(sqlite_settings, desk.engine) as address:
        status, _, text = asked(f"{address}/declare/{desk.token}", headers)
    assert status == 400
    assert "示例第1号" not in text


def test_the_word_of_another_machine_than_the_proxy_is_not_believed(
    desk: Desk, sqlite_settings: Settings
) -> None:
    with serving(sqlite_settings, desk.engine, proxy="192.0.2.1") as address:
        assert asked(f"{address}/declare/{desk.token}")[0] == 400


def test_nothing_else_of_ours_is_here(desk: Desk, sqlite_settings: Settings) -> None:
    with serving(sqlite_settings, desk.engine) as address:
        for path in ("/", "/api/v1/changes", "/_dash-layout", "/assets/style.css"):
            assert asked(address + path)[0] == 404, path


def test_visitors_are_told_apart_by_what_the_proxy_says(
    desk: Desk, sqlite_settings: Settings
) -> None:
    few = quotas.Quotas(declaring="1/10 minutes")
    with serving(sqlite_settings, desk.engine, quotas=few) as address:
        page = f"{address}/declare/{desk.token}"
        told = [
            asked(
                page,
                PROXY | {"X-Forwarded-For": f"192.0.2.{last}"},
                entries(sqlite_settings, desk, n),
            )[0]
            for n, last in ((1, 7), (2, 7), (3, 8))
        ]
    assert told == [200, 429, 200]


@pytest.mark.parametrize(
    "how", [{"public": "http://127.0.0.1"}, {"public": "nonsense"}, {"proxy": "the proxy"}]
)
def test_an_address_that_keeps_no_secret_is_refused(
    desk: Desk, sqlite_settings: Settings, how: dict[str, str]
) -> None:
    with pytest.raises(Misuse), serving(sqlite_settings, desk.engine, **how):
        pass
