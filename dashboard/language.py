"""In which language a request is answered: what its address asks, what its visitor chose, or the usual one.

The choice is a cookie of two letters; it names nobody, and nothing depends on it but words.
"""

from urllib.parse import urlsplit

import flask
from flask import Response, request

from dashboard.query import HOME
from dashboard.text import TAGS, Language

COOKIE = "liangxin_language"
#: Where one switches; the language comes after it.
SWITCH = "/language"
RULE = f"{SWITCH}/<any({', '.join(TAGS)}):language>"
#: A year.
KEPT_SECONDS = 365 * 24 * 3600


def spoken(usual: Language) -> Language:
    """Return the language of the request that is answered; outside of one, the usual."""
    if not flask.has_request_context():
        return usual
    asked = (request.args.get("lang"), request.cookies.get(COOKIE))
    return next((known for each in asked for known in TAGS if each == known), usual)


def other(language: Language) -> Language:
    """Return the language one may switch to."""
    return next(each for each in TAGS if each != language)


def remember(response: Response, language: Language) -> None:
    """Have the browser keep a choice."""
    response.set_cookie(
        COOKIE,
        language,
        max_age=KEPT_SECONDS,
        secure=request.is_secure,
        samesite="Lax",
        path="/",
    )


def register(server: flask.Flask) -> None:
    """Let a web server answer the switch of its pages."""

    @server.get(RULE)
    def switch(language: Language) -> Response:
        answer: Response = flask.redirect(_back(), 303)  # type: ignore[assignment]
        remember(answer, language)
        return answer


def _back() -> str:
    """The page of ours that one comes from, with all that its address asks; else the first one."""
    came = urlsplit(request.headers.get("Referer", ""))
    path = came.path or HOME
    if came.netloc != request.host or path.startswith(("//", SWITCH)):
        return HOME
    return f"{path}?{came.query}" if came.query else path
