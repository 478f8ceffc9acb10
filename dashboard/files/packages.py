"""The addresses that take a package of another office, and give one of ours; both behind the guard."""

import flask
from flask import Response, request

from dashboard import auth
from dashboard.auth import guarded
from dashboard.files import OPEN, PACKAGE
from dashboard.files.routes import blocks
from dashboard.giving import attachment
from dashboard.text import both
from liangxin import db, errands
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.handed import files
from liangxin.handed.files import PACKAGES

#: Where packages that were made lie, in the data folder.
OUTBOX = "outbox"


def register(server: flask.Flask) -> None:
    """Let a web server take and give packages."""
    server.add_url_rule(OPEN, "packages.open", open_package, methods=["POST"])
    server.add_url_rule(PACKAGE, "packages.package", package, methods=["GET"])


@guarded(Permission.PACKAGE_EXCHANGE)
def open_package(actor: Actor) -> Response:
    """Keep a package and have the worker open it; answer with the page that tells how it went."""
    site = auth.site_of_request()
    most = site.settings.max_upload_bytes
    request.max_content_length = most
    name = request.args.get("name", "")
    if (request.content_length or 0) > most:
        raise files.too_large(files.safe_name(name), most)
    received = files.receive(site.settings, name, blocks(), most=most, into=PACKAGES)
    try:
        with db.writing(site.engine, facts=False) as connection:
            what = {"file": received.name, "sha256": received.sha256}
            number = errands.ask(connection, actor, "open", what, now=site.clock())
            files.put(site.settings, number, received, PACKAGES)
    finally:
        received.part.unlink(missing_ok=True)
    return flask.jsonify({"at": OPEN.rpartition("/")[0]})


@guarded(Permission.PACKAGE_EXCHANGE)
def package(actor: Actor, number: int) -> Response:
    """Give a package that was made at the page; it can be read by its receiver alone."""
    site = auth.site_of_request()
    with db.reading(site.engine) as connection:
        made = errands.one(connection, actor, number, kind="pack")
    name = str(made.told.get("file", ""))
    path = site.settings.home / OUTBOX / name
    if not name or not path.is_file():
        raise NotFound(*both("admin.exchange.no_package"))
    return attachment(path.read_bytes(), name, "application/octet-stream")
