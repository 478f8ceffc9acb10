import http.client
import json
import socket
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from factories import NOW
from pages import serving
from sqlalchemy import Engine
from waitress import wasyncore

from dashboard import serve as module
from dashboard.serve import make_server, serve
from liangxin import db
from liangxin.errors import Misuse
from liangxin.settings import Settings


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.0.2.7", "example.org", "", "127.0.0.1.example.org"],  # noqa: S104
)
def test_only_this_machine_is_served(sqlite_settings: Settings, host: str) -> None:
    engine = db.make_engine(sqlite_settings)
    with pytest.raises(Misuse) as refused:
        serve(sqlite_settings, engine, host=host, port=0, clock=lambda: NOW)
    assert "--public" in refused.value.zh
    assert "on this machine only" in refused.value.en


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_is_none_is_refused(sqlite_settings: Settings, port: int) -> None:
    engine = db.make_engine(sqlite_settings)
    with pytest.raises(Misuse, match="65535"):
        serve(sqlite_settings, engine, host="127.0.0.1", port=port, clock=lambda: NOW)


def test_a_port_in_use_is_said_in_a_sentence(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(Misuse) as refused:
            serve(sqlite_settings, sqlite_engine, host="localhost", port=port, clock=lambda: NOW)
    assert f"端口 {port} 已被占用" in refused.value.zh
    assert "--port" in refused.value.en


def test_a_port_of_the_system_is_said_in_a_sentence() -> None:
    denied = module._explained(PermissionError(13, "Permission denied"), "127.0.0.1", 80)
    assert "1024" in denied.zh
    other = module._explained(OSError(99, "Cannot assign requested address"), "::1", 80)
    assert "Cannot assign" in other.en


def test_the_address_is_told_once_the_port_is_open(
    sqlite_settings: Settings, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    made: list[object] = []

    def make(*args: object, **kwargs: object) -> object:
        made.append(make_server(*args, **kwargs))
        return made[0]

    monkeypatch.setattr(module, "make_server", make)
    opened = threading.Event()

    def ready(address: str) -> None:
        told.append(address)
        opened.set()

    thread = threading.Thread(
        target=serve,
        args=(sqlite_settings, sqlite_engine),
        kwargs={"host": "localhost", "port": 0, "clock": lambda: NOW, "ready": ready},
    )
    thread.start()
    assert opened.wait(30)
    [server] = made
    assert told == [f"http://localhost:{server.effective_port}/"]
    assert _status(server.effective_port, "localhost") == 200
    with suppress(OSError):  # the loop may close its end before we have written to it
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join()
    server.task_dispatcher.shutdown()


@pytest.mark.parametrize(
    ("name", "status"),
    [("127.0.0.1", 200), ("localhost", 200), ("[::1]", 200), ("register.example.org", 403)],
)
def test_a_page_under_a_foreign_name_is_refused(
    sqlite_settings: Settings, sqlite_engine: Engine, name: str, status: int
) -> None:
    with serving(sqlite_settings, sqlite_engine) as address:
        assert _status(int(address.rsplit(":", 1)[1]), name) == status


def test_the_server_does_not_say_what_it_is(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with serving(sqlite_settings, sqlite_engine) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"))
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        connection.close()
    assert response.headers["Server"] is None


def test_the_web_process_loads_neither_validator_nor_crawler(sqlite_settings: Settings) -> None:
    code = (
        "import json, sys, dashboard.serve, dashboard.wsgi;"
        "print(json.dumps(sorted({*sys.modules})))"
    )
    modules = set(json.loads(_python(code, sqlite_settings)))
    assert "dashboard.pages.sources" in modules
    assert not {name.split(".")[0] for name in modules} & {
        "great_expectations",
        "scrapy",
        "twisted",
    }
    # Of the flow only what source files and rules say.
    flow = {"expectations.check", "expectations.apart", "ingest.pipeline", "ingest.crawl"}
    assert not modules & flow


def test_a_server_starts_before_its_database(sqlite_settings: Settings) -> None:
    code = (
        "from dashboard.wsgi import application;"
        "print(application.test_client().get('/').status_code)"
    )
    done = _python(code, sqlite_settings, LIANGXIN_DATABASE_URL="sqlite:////no/such/folder/x.db")
    assert done == "200"


def test_another_server_of_ours_looks_for_waste_as_seldom(sqlite_settings: Settings) -> None:
    code = (
        "import gc; from dashboard.wsgi import application;"
        "print(gc.get_threshold()[0] >= 50_000, gc.get_freeze_count() > 100_000)"
    )
    assert _python(code, sqlite_settings) == "True True"


def _python(code: str, settings: Settings, **environment: str) -> str:
    """The last line a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "PYTHONPATH": ":".join(path for path in sys.path if path),
            "LIANGXIN_HOME": str(settings.home),
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def _status(port: int, name: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/", headers={"Host": f"{name}:{port}"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status
