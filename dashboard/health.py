"""Whether the system works, in one small answer, for the program that watches over it.

``GET /api/v1/health``, with a token of the feed: 200 if it works, else 503.
"""

import json

import flask
from flask import Response

from dashboard import feed
from dashboard.site import Site
from liangxin import db, jobs, migrate, queue, tokens, views
from liangxin.errors import LiangxinError

RULE = f"{feed.ROOT}/health"


def register(server: flask.Flask, site: Site) -> None:
    """Let a web server say how it is."""
    server.add_url_rule(RULE, "health", lambda: _answer(site), methods=["GET"])


def _answer(site: Site) -> Response:
    """The state of the register and of the worker: amiss is a job that no worker is there to do."""
    try:
        with db.reading(site.engine) as connection:
            if tokens.holder(connection, feed.token_of_request()) is None:
                return feed.no_token()
            is_open, failed = jobs.health(connection)
            newest = views.file_date(connection)
            known = migrate.current_revision(connection)
        is_worker_there = queue.worker_is_there(site.engine)
    except LiangxinError as error:
        return feed.explain(error)
    works = known == migrate.HEAD and (is_worker_there or not is_open)
    told = {
        "works": works,
        "register": {"version": known, "program": migrate.HEAD},
        "worker": {"is_there": is_worker_there, "open": is_open, "failed": failed},
        "data_date": newest.isoformat() if newest else None,
    }
    return Response(json.dumps(told), 200 if works else 503, content_type="application/json")
