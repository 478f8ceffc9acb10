"""What stands around every answer: security headers, status codes, and errors as sentences.

A browser may run our scripts, those Dash writes into the page (by their hashes) and no other,
and may talk to no other host. Nobody ever sees a stack trace.
"""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import dash
import flask
from dash.exceptions import DependencyException, InvalidResourceError
from flask import Response, request
from markupsafe import escape
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from dashboard import account, auth, declare, doors, feed, files
from dashboard.account import routes as signing
from dashboard.account import strangers
from dashboard.account.gate import SignInNeeded
from dashboard.account.tries import TooMany
from dashboard.declare import pages as declaring
from dashboard.doors import Door
from dashboard.router import Router
from dashboard.site import Site
from dashboard.text import Say, both
from liangxin import unforeseen
from liangxin.errors import DatabaseUnavailable, LiangxinError, NotFound, NotPermitted

log = logging.getLogger(__name__)

#: Largest request body; a question of ours is a few hundred bytes.
MAX_REQUEST_BYTES = 1_000_000
#: Largest head of a request; ours have one cookie.
MAX_HEADER_BYTES = 64 * 1024
#: A question nests lists and objects no deeper.
DEEPEST = 60
#: Of waitress, for every server of ours. A body stays in memory: what somebody enters is never in
#: a temporary file.
SERVER: Mapping[str, Any] = {
    "threads": 8,
    "ident": None,
    "max_request_body_size": MAX_REQUEST_BYTES,
    "max_request_header_size": MAX_HEADER_BYTES,
    "inbuf_overflow": MAX_REQUEST_BYTES + 1,
    # So do answers: a temporary file is left open where a browser goes away in the middle of one.
    "outbuf_overflow": 32 * 2**20,
}
#: Browsers come back over TLS alone for half a year.
STRICT = "max-age=15552000"
CALLBACKS, CATCH_ALL = "/_dash-update-component", "/<path:path>"
#: Files that never change under one address; everything else is kept by no browser.
STATIC = ("/_dash-component-suites/", "/assets/", "/_favicon.ico", declare.STYLE)
STATUS: Mapping[type[LiangxinError], int] = {
    NotPermitted: 403,
    NotFound: 404,
    DatabaseUnavailable: 503,
    TooMany: 429,
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
<p>{sentence}</p>
</body>
</html>
"""


def content_security_policy(app: dash.Dash) -> str:
    """Return the policy of an app whose callbacks are all registered."""
    scripts = " ".join(app.csp_hashes())
    parts = {
        "default-src": "'self'",
        "script-src": f"'self' {scripts}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def harden(app: dash.Dash, router: Router) -> None:
    """Give every answer of an app its headers, its status, and sentences for its errors.

    Called last, when every callback is registered.
    """
    policy = content_security_policy(app)
    server: flask.Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES

    @server.before_request
    def look_first() -> Response | None:
        return _look_first(app)

    @server.after_request
    def dress(response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers["Content-Security-Policy"] = policy
        if declare.is_here(request.path) or account.is_here(request.path):
            response.headers.update(declaring.HEADERS)
        response.headers.update(_by_circumstance())
        if response.status_code == 200 and _is_nowhere(router):
            response.status_code = 404
        auth.note_path(request.path)
        return response

    _explain_errors(server, router.site)


def _look_first(app: dash.Dash) -> Response | None:
    """Refuse who may not come in; what is returned is the answer."""
    _refuse_other_sites()
    door = doors.of_request()
    if door is Door.OPEN:
        return None
    try:
        auth.actor_of_request()
    except SignInNeeded as error:
        if door is not Door.PROGRAMS:
            return signing.refuse(app.server.extensions[auth.GATE], error)
    except DatabaseUnavailable:
        # The frame of the pages holds no data, and every guard inside it asks again.
        log.warning("the register is away; nobody can be told from anybody")
    if request.path == CALLBACKS and request.method == "POST":
        _check_question(app)
    return None


def _by_circumstance() -> dict[str, str]:
    """Headers that depend on what was asked, and how."""
    found = {}
    if request.is_secure:
        found["Strict-Transport-Security"] = STRICT
    if not request.path.startswith(STATIC):
        found["Cache-Control"] = "no-store"
    return found


def _explain_errors(server: flask.Flask, site: Site) -> None:
    """Answer every error with a sentence; those of the declaration pages in their own words."""

    @server.errorhandler(LiangxinError)
    def explain(error: LiangxinError) -> Response:
        auth.note_if_refused(error)
        return _explained(site.say, error)

    @server.errorhandler(DependencyException)
    @server.errorhandler(InvalidResourceError)
    def no_such_file(_error: Exception) -> Response:
        """A script of a package that is not there, by Dash."""
        say = site.say
        return _answer(say, say("error.no_page", path=request.path), 404)

    @server.errorhandler(HTTPException)
    def explain_http(error: HTTPException) -> Response:
        if declare.is_here(request.path):
            return declaring.explain_http(error, site.settings.language)
        auth.note_if_refused(error)
        say = site.say
        key = "error.too_large" if isinstance(error, RequestEntityTooLarge) else "error.bad_request"
        if error.code == 404:
            return _answer(say, say("error.no_page", path=request.path), 404)
        return _answer(say, say(key), error.code or 500)

    @server.errorhandler(Exception)
    def apologise(error: Exception) -> Response:
        if declare.is_here(request.path):
            return declaring.apologise(error, site.settings.language)
        # Passwords and codes are entered at the pages of accounts.
        is_account = account.is_here(request.path)
        number = declaring.log_place(error) if is_account else unforeseen.noted(log)
        say = site.say
        return _answer(say, say("error.unexpected", number=number), 500)


def _explained(say: Say, error: LiangxinError) -> Response:
    if request.path.startswith(f"{feed.ROOT}/"):
        return feed.explain(error)
    if declare.is_here(request.path):
        return declaring.explain(error, say.language)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    response = _answer(say, say.error(error), status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _answer(say: Say, sentence: str, status: int) -> Response:
    """An error as a small page; as JSON where a script asks."""
    if request.path.startswith(("/_dash", f"{feed.ROOT}/")) or files.takes_files(request.path):
        response = flask.jsonify({"error": sentence})
        response.status_code = status
        return response
    page = PAGE.format(lang=say.tag, title=say("error.title"), sentence=escape(sentence))
    return Response(page, status, content_type="text/html; charset=utf-8")


def _refuse_other_sites() -> None:
    """Refuse what another site sends in a visitor's name: the browser says where it comes from.

    Raises:
        NotPermitted: it does.
    """
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    # From a page that sends no referrer the origin is "null"; a cookie does not come with it either.
    is_ours = origin in {None, "null"} or urlsplit(origin or "").netloc == request.host
    if site not in {"same-origin", "none"} or not is_ours:
        auth.note_stranger(strangers.OTHER_SITE)
        raise NotPermitted(*both("error.cross_site"))


def _check_question(app: dash.Dash) -> None:
    """Refuse what no page of ours would ask, before Dash stumbles over it."""
    try:
        body: Any = request.get_json()
    except RecursionError:  # brackets within brackets, thousands deep
        raise BadRequest from None
    known = isinstance(body, dict) and isinstance(body.get("output"), str)
    if not known or "callback" not in app.callback_map.get(body["output"], {}):
        raise BadRequest
    entry = app.callback_map[body["output"]]
    given = [body.get("inputs", []), body.get("state", [])]
    changed = body.get("changedPropIds", [])
    if not all(isinstance(each, list) for each in (*given, changed)) or _is_deep(body):
        raise BadRequest
    values, wanted = [*given[0], *given[1]], len(entry["inputs"]) + len(entry["state"])
    if len(values) != wanted or not all(isinstance(each, str) for each in changed):
        raise BadRequest
    if not all(map(_is_a_part, [*values, body.get("outputs", [])])):
        raise BadRequest


def _is_deep(body: object) -> bool:
    """Tell whether lists and objects stand in each other deeper than any page of ours nests them."""
    level = [body]
    for _ in range(DEEPEST):
        below = [each for each in level if isinstance(each, dict | list)]
        level = [
            part for each in below for part in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _is_a_part(said: Any) -> bool:
    """Tell whether something names a property of a component, or lists such."""
    if isinstance(said, list):
        return all(map(_is_a_part, said))
    if not isinstance(said, dict) or not isinstance(said.get("property"), str):
        return False
    return isinstance(said.get("id"), str | dict)


def _is_nowhere(router: Router) -> bool:
    """Tell whether Dash's catch-all answered a path at which there is no page."""
    if request.url_rule is None or request.url_rule.rule != CATCH_ALL:
        return False
    try:
        router.find(request.path)
    except NotFound:
        return True
    return False
