"""The feed of changes for other programs: read-only JSON, a token, a cursor, and its description.

``GET /api/v1/changes?after=CURSOR&limit=N`` and ``GET /api/v1/openapi.json``. What the answers hold
is `liangxin.changes`; here is only who may ask and how it is asked. Reading one's way through from
the beginning, then asking again with the last cursor, misses nothing and gets nothing twice.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from importlib.resources import files
from typing import Any

import flask
from flask import Response, request
from sqlalchemy import Engine

from dashboard.site import Clock
from dashboard.text import both
from liangxin import changes, db, tokens
from liangxin.errors import (
    DatabaseUnavailable,
    Gone,
    LiangxinError,
    Misuse,
    NotFound,
    NotPermitted,
)

ROOT = "/api/v1"
CHANGES, DESCRIPTION = f"{ROOT}/changes", f"{ROOT}/openapi.json"
PARAMETERS = {"after", "limit"}
STATUS: Mapping[type[LiangxinError], int] = {
    Misuse: 400,
    NotPermitted: 403,
    NotFound: 404,
    Gone: 410,
    DatabaseUnavailable: 503,
}
LONGEST_TOKEN = 200


def register(server: flask.Flask, engine: Engine, clock: Clock) -> None:
    """Let a web server answer for the feed of a register."""
    described = files("dashboard").joinpath("openapi.json").read_bytes()
    server.add_url_rule(
        DESCRIPTION,
        "feed_description",
        lambda: Response(described, content_type="application/json"),
        methods=["GET"],
    )
    server.add_url_rule(CHANGES, "feed", lambda: _answer(engine, clock), methods=["GET"])


def explain(error: LiangxinError) -> Response:
    """Return an error as JSON: what is wrong and what to do, in Chinese and English."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    return problem(error.zh, error.en, status)


def problem(zh: str, en: str, status: int) -> Response:
    """Return a sentence as JSON."""
    return _json({"error": zh, "error_en": en}, status)


def _answer(engine: Engine, clock: Clock) -> Response:
    try:
        with db.reading(engine) as connection:
            name = tokens.holder(connection, token_of_request())
            if name is None:
                return no_token()
            page = changes.page(connection, **_question())
            noted = tokens.was_noted(connection, name, now=clock())
        if not noted:
            _note_use(engine, name, clock())
    except LiangxinError as error:
        return explain(error)
    return _json({"items": page.items, "next": page.next, "more": page.more}, 200)


def _note_use(engine: Engine, name: str, now: datetime) -> None:
    """Write down that a token was used today; while a load writes, the next question will."""
    lock = db.writing(engine, facts=False, patience=db.BRIEFLY)
    with suppress(DatabaseUnavailable), lock as connection:
        tokens.note_use(connection, name, now=now)


def token_of_request() -> str:
    """Return the token of the request; what is none is as good as a wrong one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and len(token) <= LONGEST_TOKEN else ""


def no_token() -> Response:
    """Return the answer to whoever has no token of the register."""
    response = problem(
        *both("feed.no_token"),
        401,
    )
    response.headers["WWW-Authenticate"] = 'Bearer realm="liangxin"'
    return response


def _question() -> dict[str, Any]:
    """What is asked for.

    Raises:
        Misuse: a parameter is unknown, given twice, or no number.
    """
    given = request.args
    wrong = sorted(set(given) - PARAMETERS) or [n for n in given if len(given.getlist(n)) > 1]
    limit = given.get("limit", str(changes.USUAL))
    if wrong or not (limit.isascii() and limit.isdigit() and len(limit) <= 9):
        name = wrong[0][:40] if wrong else "limit"
        raise Misuse(*both("feed.bad_parameter", name=name, most=changes.MOST))
    return {"after": given.get("after", ""), "limit": int(limit)}


def _json(told: Any, status: int) -> Response:
    body = json.dumps(told, ensure_ascii=False, allow_nan=False)
    return Response(body, status, content_type="application/json; charset=utf-8")
