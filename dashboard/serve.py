"""Serves the pages to the people at this machine, and to nobody else until accounts exist."""

import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import flask
from sqlalchemy import Engine
from waitress import create_server  # type: ignore[import-untyped]
from werkzeug.exceptions import BadRequest

from dashboard.app import create_app
from dashboard.declare.quotas import Quotas
from dashboard.responses import SERVER
from dashboard.site import Clock
from dashboard.text import both
from liangxin import rules, spells
from liangxin.errors import LiangxinError, Misuse
from liangxin.rules import RuleSet
from liangxin.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
#: Seconds between two looks for what changed.
EVERY = 2.0


def serve(
    settings: Settings,
    engine: Engine,
    *,
    host: str,
    port: int,
    clock: Clock,
    ready: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serve until interrupted; ``ready`` is called with the address once the port is open.

    Raises:
        Misuse: the host is not this machine, or the port cannot be had.
    """
    server = make_server(settings, engine, host=host, port=port, clock=clock)
    keeper = threading.Thread(target=_keep_spells, args=(engine, rules.of(settings)), daemon=True)
    keeper.start()
    name = f"[{host}]" if ":" in host else host
    ready(f"http://{name}:{server.effective_port}/")
    server.run()


def _keep_spells(engine: Engine, rule_set: RuleSet) -> None:
    """Tell anew what changed, beside the pages, so that no visitor waits for it."""
    while True:
        with suppress(LiangxinError):  # the register is away; the next turn may find it
            spells.ready(engine, rule_set)
        sleep(EVERY)


def make_server(
    settings: Settings,
    engine: Engine,
    *,
    host: str,
    port: int,
    clock: Clock,
    quotas: Quotas | None = None,
) -> Any:
    """Return a waitress server that holds its port and answers once ``run`` is called.

    Its ``effective_port`` is the port asked for, or the one the system chose for port 0.

    Raises:
        Misuse: the host is not this machine, or the port cannot be had.
    """
    if host not in LOOPBACK:
        raise Misuse(*both("serve.not_loopback", host=host, allowed=" / ".join(LOOPBACK)))
    if not 0 <= port <= 65_535:
        raise Misuse(*both("serve.bad_port", port=port))
    app = create_app(settings, engine, clock=clock, quotas=quotas)
    app.server.before_request(_refuse_foreign_names)
    return create_server(
        app.server,
        sockets=[_open_socket(host, port)],
        **SERVER,
    )


def _refuse_foreign_names() -> None:
    """Refuse a page that another site opened under a name of its own (DNS rebinding).

    Flask's own list of trusted hosts cannot name ``[::1]``.
    """
    if urlsplit(f"//{flask.request.host}").hostname not in LOOPBACK:
        raise BadRequest


def _open_socket(host: str, port: int) -> socket.socket:
    """Hold a port; ours rather than waitress' own, which leaks threads when it fails."""
    address = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        raise _explained(error, host, port) from error


def _explained(error: OSError, host: str, port: int) -> Misuse:
    if error.errno == errno.EADDRINUSE:
        return Misuse(*both("serve.port_taken", port=port))
    if error.errno == errno.EACCES:
        return Misuse(*both("serve.port_denied", port=port))
    return Misuse(*both("serve.failed", host=host, port=port, reason=error.strerror or error))
