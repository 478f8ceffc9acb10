"""What these pages look like and say: templates, headers, and errors as pages in both languages.

Nothing that somebody entered is logged, not even inside the message of an exception: what nobody
foresaw is logged by its kind and its place in our code alone.
"""

import logging
import secrets
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from flask import Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from dashboard.declare import MINE, STYLE
from dashboard.declare.quotas import TooMany
from dashboard.language import spoken
from dashboard.text import Language, Say, both
from liangxin.errors import (
    Busy,
    DatabaseUnavailable,
    Gone,
    KeyLost,
    KeyWrong,
    LiangxinError,
    NotFound,
)

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # An address with a link in it must not reach whatever is opened from here.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
STATUS: Mapping[type[LiangxinError], int] = {
    NotFound: 404,
    Gone: 410,
    TooMany: 429,
    Busy: 503,
    DatabaseUnavailable: 503,
    KeyLost: 503,
    KeyWrong: 503,
}
#: What went wrong inside is the operator's to know: its own sentences name files and servers.
INSIDE: Mapping[type[LiangxinError], str] = {
    KeyLost: "declare.not_set_up",
    KeyWrong: "declare.not_set_up",
    DatabaseUnavailable: "declare.away",
}
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def speaking(usual: Language) -> Say:
    """Return the texts in the language of the request (``dashboard.language``)."""
    return Say(spoken(usual))


def fill(template: str, say: Say, **values: object) -> str:
    """Return a template's text with values filled in, each of them escaped."""
    return _TEMPLATES.get_template(template).render(say=say, **values)


def page(
    template: str,
    say: Say,
    *,
    status: int = 200,
    error: LiangxinError | None = None,
    **values: object,
) -> Response:
    """Return a page.

    Args:
        template: its name.
        say: the texts.
        status: of HTTP.
        error: told above the page, in both languages.
        **values: what the template wants.
    """
    # An answer to a form is not to be had again by its address: no way to another language.
    other = {"zh": "en", "en": "zh"}[say.language] if request.method != "POST" else None
    told = fill(
        template,
        say,
        error=None if error is None else told_of(error),
        lang=say.language,
        other=other,
        mine=MINE,
        style=STYLE,
        **values,
    )
    return Response(told, status, content_type="text/html; charset=utf-8")


def told_of(error: LiangxinError) -> tuple[str, str]:
    """Return what a visitor is told of an error, in Chinese and English."""
    inside = next((key for kind, key in INSIDE.items() if isinstance(error, kind)), None)
    return (error.zh, error.en) if inside is None else both(inside)


def status_of(error: LiangxinError) -> int:
    """Return the status that goes with an error."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)


def explain(error: LiangxinError, usual: Language) -> Response:
    """Return an error as a page."""
    if isinstance(error, tuple(INSIDE)):
        log.warning("declarations cannot be taken: %s", type(error).__name__)
    response = _problem(told_of(error), status_of(error), usual)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def explain_http(error: HTTPException, usual: Language) -> Response:
    """Return what is wrong with a request as a page."""
    status = error.code or 500
    key = "declare.no_page" if status == 404 else "declare.bad_request"
    if isinstance(error, RequestEntityTooLarge):
        key = "declare.too_large"
    return _problem(both(key), status, usual)


def apologise(error: Exception, usual: Language) -> Response:
    """Log where something nobody foresaw went wrong, and return a page with its number."""
    number = log_place(error)
    return _problem(both("declare.unexpected", number=number), 500, usual)


def log_place(error: Exception) -> str:
    """Log what kind of error came up where, and nothing that anybody entered; return its number."""
    number = secrets.token_hex(4)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    log.error("unexpected error %s: %s in %s", number, type(error).__name__, place)
    return number


def _problem(told: tuple[str, str], status: int, usual: Language) -> Response:
    values: dict[str, Any] = {"told": told}
    return page("problem.html", speaking(usual), status=status, **values)
