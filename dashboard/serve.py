"""Serves the pages: to the people at this machine, or, once accounts exist, to others over TLS."""

import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask
from sqlalchemy import Engine
from waitress import create_server  # type: ignore[import-untyped]
from werkzeug.exceptions import BadRequest

from dashboard import sentences
from dashboard.account.gate import LOOPBACK
from dashboard.app import create_app
from dashboard.declare.alone import TOLD_BY_PROXY
from dashboard.declare.notice_page import address_of
from dashboard.declare.quotas import Quotas
from dashboard.files import room
from dashboard.files.channel import give_room
from dashboard.memory import Memory
from dashboard.responses import SERVER
from dashboard.site import Clock
from dashboard.text import both
from dashboard.tls import CONNECTIONS, Certificate, Encrypted, Terminator
from liangxin import accounts, db, rules, waste, web_key
from liangxin.errors import LiangxinError, Misuse
from liangxin.rules import RuleSet
from liangxin.settings import Settings

#: Seconds between two looks for what changed, unless a visitor asks sooner.
EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Public:
    """The address that others reach, and what ends TLS: our certificate, or the proxy before us."""

    address: str
    proxy: str = "127.0.0.1"
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        """Raise if this is no https address, or no proxy's."""
        address_of(self.address, "")
        if urlsplit(self.address.strip()).scheme != "https":
            raise Misuse(*both("posted.bad_base", base=self.address))
        try:
            ip_address(self.proxy)
        except ValueError:
            raise Misuse(*both("declare.bad_proxy", proxy=self.proxy)) from None

    @property
    def host(self) -> str:
        """The name under which it is asked, with its port if it is not 443."""
        return urlsplit(self.address.strip()).netloc.lower().removesuffix(":443")

    @property
    def behind(self) -> dict[str, Any]:
        """What waitress believes of a visitor, and of whom."""
        if self.certificate is not None:
            return {"connection_limit": CONNECTIONS, "asyncore_use_poll": True}
        return {
            "trusted_proxy": self.proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": TOLD_BY_PROXY,
            "clear_untrusted_proxy_headers": True,
        }


def stated(address: str, proxy: str, cert: Path | None, key: Path | None) -> Public | None:
    """Return what the command said of others; null: this machine alone.

    Raises:
        Misuse: half of a certificate, one and a proxy, or either without an address.
    """
    if (cert is None) != (key is None) or (cert is not None and (proxy or not address)):
        raise Misuse(*both("serve.half_cert"))
    if not address:
        return None
    certificate = None if cert is None or key is None else Certificate(cert, key)
    return Public(address, proxy or "127.0.0.1", certificate)


def serve(
    settings: Settings,
    engine: Engine,
    *,
    host: str,
    port: int,
    clock: Clock,
    public: Public | None = None,
    ready: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serve until interrupted; ``ready`` is called with the address once the port is open.

    Raises:
        Misuse: as ``make_server``.
    """
    memory = Memory()
    server = make_server(
        settings, engine, host=host, port=port, clock=clock, public=public, memory=memory
    )
    keeping = (engine, rules.of(settings), memory)
    threading.Thread(target=keep_ready, args=keeping, daemon=True).start()
    name = f"[{host}]" if ":" in host else host
    ready(public.address if public else f"http://{name}:{server.effective_port}/")
    waste.not_here()
    server.run()


def keep_ready(engine: Engine, rule_set: RuleSet, memory: Memory) -> None:
    """Tell anew what changed, beside the pages, so that no visitor waits for it; never returns."""
    while True:
        if not renewed(engine, rule_set, memory):
            memory.wanted.wait(EVERY)


def renewed(engine: Engine, rule_set: RuleSet, memory: Memory) -> bool:
    """Work out anew what was asked last; false: nothing was left, or it must wait.

    While spells do not answer, each question would go through everybody's facts, and whoever asks
    the same would wait for that.
    """
    with suppress(LiangxinError):  # the register is away; the next turn may find it
        return memory.tell_spells(engine, rule_set) and memory.renew(engine) > 0
    return False


def make_server(
    settings: Settings,
    engine: Engine,
    *,
    host: str,
    port: int,
    clock: Clock,
    quotas: Quotas | None = None,
    public: Public | None = None,
    memory: Memory | None = None,
) -> Any:
    """Return a waitress server that holds its port and answers once ``run`` is called.

    Its ``effective_port`` is the port asked for, or the one the system chose for port 0.

    Args:
        settings: of this installation.
        engine: the register.
        host: where to listen; another than this machine's own only with ``public``.
        port: 0 lets the system choose.
        clock: the only one.
        quotas: of the declaration pages.
        public: the address others reach and the proxy that ends TLS; null: this machine alone.
        memory: where figures that were worked out are kept; none: one of the server's own.

    Raises:
        Misuse: the host is not this machine and nothing public was stated, there is no account
            yet, the public address is not https, the certificate is not to be used, or the port
            cannot be had.
        KeyWrong, KeyLost: the key of the pages cannot be used.
    """
    if public is None and host not in LOOPBACK:
        raise Misuse(*both("serve.not_loopback", host=host, allowed=" / ".join(LOOPBACK)))
    if not 0 <= port <= 65_535:
        raise Misuse(*both("serve.bad_port", port=port))
    if public is not None:
        _require_guarded(settings, engine)
        if public.certificate is not None:
            public.certificate.context()
            public.certificate.require_for(public.host.rsplit(":", 1)[0], clock())
    app = create_app(settings, engine, clock=clock, quotas=quotas, memory=memory)
    app.server.before_request(partial(_refuse_foreign_names, public))
    behind = {} if public is None else public.behind
    if public is not None and public.certificate is not None:
        return _encrypted(settings, app.server, public, public.certificate, (host, port))
    held = [_open_socket(host, port)]
    return _speaking(settings, create_server(app.server, sockets=held, **SERVER, **behind))


def _speaking(settings: Settings, server: Any) -> Any:
    """Let a server refuse in our words, and take files where files are handed in."""
    give_room(sentences.speaking(server), room(settings))
    return server


def _encrypted(
    settings: Settings,
    server: flask.Flask,
    public: Public,
    certificate: Certificate,
    bind: tuple[str, int],
) -> Encrypted:
    """The server behind TLS of our own, which listens to this machine alone."""
    inner, outer = _open_socket(LOOPBACK[0], 0), _open_socket(*bind)
    terminator = Terminator(outer, inner.getsockname()[1], certificate)
    app = terminator.telling(server.wsgi_app)
    made = _speaking(settings, create_server(app, sockets=[inner], **SERVER, **public.behind))
    return Encrypted(made, terminator, outer.getsockname()[1])


def _require_guarded(settings: Settings, engine: Engine) -> None:
    """Return if nobody comes in unknown: there are accounts, and a key for second factors.

    Raises:
        Misuse: there is no account yet.
    """
    with db.reading(engine) as connection:
        if not accounts.are_there(connection):
            raise Misuse(*both("serve.no_accounts"))
    web_key.load(settings)


def _refuse_foreign_names(public: Public | None) -> None:
    """Refuse a page that another site opened under a name of its own (DNS rebinding).

    Flask's own list of trusted hosts cannot name ``[::1]``. Behind a proxy, whoever comes past it
    comes without TLS.
    """
    if public is not None:
        asked = flask.request.host.lower().removesuffix(":443")
        if flask.request.scheme != "https" or asked != public.host:
            raise BadRequest
    elif urlsplit(f"//{flask.request.host}").hostname not in LOOPBACK:
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
