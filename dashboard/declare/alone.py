"""The declaration pages on a server of their own, behind a proxy that keeps what is sent secret.

Phones must reach them, and nothing else of ours: no page of the dashboard, no feed and no callback
is in this process. It answers only what its own proxy passes on, over TLS, under its public name.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Response, request
from sqlalchemy import Engine
from waitress import create_server  # type: ignore[import-untyped]
from werkzeug.exceptions import BadRequest, HTTPException

from dashboard import declare, responses, sentences
from dashboard.declare import notice_page, pages, routes
from dashboard.declare.quotas import Quotas
from dashboard.site import Clock, Site
from dashboard.text import both
from liangxin import rules
from liangxin.errors import LiangxinError, Misuse
from liangxin.settings import Settings

#: What the proxy tells of the visitor; whoever else sends these is not believed.
TOLD_BY_PROXY = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
#: Browsers come back over TLS alone for half a year.
STRICT = "max-age=15552000"


def create(
    settings: Settings, engine: Engine, *, clock: Clock, host: str, quotas: Quotas | None = None
) -> flask.Flask:
    """Return the app.

    Args:
        settings: of this installation.
        engine: the register.
        clock: the only one.
        host: the public name, with its port if it is not 443.
        quotas: how much one address may send; none: the usual.
    """
    server = flask.Flask("dashboard.declare", static_folder=None)
    server.config["MAX_CONTENT_LENGTH"] = routes.LARGEST
    site = Site(settings, engine, clock, rules.of(settings))
    routes.register(server, site, quotas or Quotas())

    @server.before_request
    def look_first() -> None:
        # Whoever comes past the proxy comes without TLS.
        if request.scheme != "https" or request.host.lower().removesuffix(":443") != host:
            raise BadRequest

    @server.after_request
    def dress(response: Response) -> Response:
        response.headers.update(responses.HEADERS)
        response.headers.update(pages.HEADERS)
        response.headers["Strict-Transport-Security"] = STRICT
        if request.path != declare.STYLE:
            response.headers["Cache-Control"] = "no-store"
        return response

    @server.errorhandler(LiangxinError)
    def explain(error: LiangxinError) -> Response:
        return pages.explain(error, settings.language)

    @server.errorhandler(HTTPException)
    def explain_http(error: HTTPException) -> Response:
        return pages.explain_http(error, settings.language)

    @server.errorhandler(Exception)
    def apologise(error: Exception) -> Response:
        return pages.apologise(error, settings.language)

    return server


def make_server(
    settings: Settings,
    engine: Engine,
    *,
    public: str,
    proxy: str,
    bind: tuple[str, int],
    clock: Clock,
    quotas: Quotas | None = None,
) -> Any:
    """Return a waitress server that holds its port and answers once ``run`` is called.

    Args:
        settings: of this installation.
        engine: the register.
        public: the address that phones reach, https.
        proxy: the proxy's own address; its word about a visitor is believed.
        bind: address and port to listen on.
        clock: the only one.
        quotas: how much one address may send; none: the usual.

    Raises:
        Misuse: the public address is not https, the proxy's is none, or the port cannot be had.
    """
    notice_page.address_of(public, "")
    parts = urlsplit(public.strip())
    if parts.scheme != "https":
        raise Misuse(*both("posted.bad_base", base=public))
    try:
        ip_address(proxy)
    except ValueError:
        raise Misuse(*both("declare.bad_proxy", proxy=proxy)) from None
    host = parts.netloc.lower().removesuffix(":443")
    app = create(settings, engine, clock=clock, host=host, quotas=quotas)
    try:
        made = create_server(
            app,
            host=bind[0],
            port=bind[1],
            **responses.SERVER,
            trusted_proxy=proxy,
            trusted_proxy_count=1,
            trusted_proxy_headers=TOLD_BY_PROXY,
            clear_untrusted_proxy_headers=True,
        )
        return sentences.speaking(made)
    except OSError as error:
        reason = error.strerror or error
        raise Misuse(*both("serve.failed", host=bind[0], port=bind[1], reason=reason)) from error


def serve(
    settings: Settings,
    engine: Engine,
    *,
    public: str,
    proxy: str,
    bind: tuple[str, int],
    clock: Clock,
    ready: Callable[[int], None] = lambda _port: None,
) -> None:
    """Serve until interrupted; ``ready`` is called with the port once it is open.

    Raises:
        Misuse: as ``make_server``.
    """
    server = make_server(settings, engine, public=public, proxy=proxy, bind=bind, clock=clock)
    ready(server.effective_port)
    server.run()
