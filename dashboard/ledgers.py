"""A sub-district's ledgers as files, in the offices' own forms; they come in again by ``load``."""

from datetime import date

import flask
from flask import Response

from dashboard import auth
from dashboard.auth import guarded
from dashboard.giving import XLSX, attachment
from dashboard.query import SHOWN, parse_query
from dashboard.reports import ledgers
from dashboard.text import both
from liangxin import audit, db, ledger_forms, ledger_rows, views
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound

ADDRESS = "/subdistrict/<code>/ledger/<form>.xlsx"
PERMISSION = Permission.ORGANISATION_LIST
#: With counts of members, owners' membership, and secretaries by name.
MEMBERS = Permission.MEMBER_COUNT
#: So many rows are made while somebody waits; more are a matter of ``liangxin ledger export``.
MOST = 20_000


def address(code: str, form: str, as_of: date, *, members: bool = False) -> str:
    """Return where a sub-district's ledger of a day is; ``members``: with counts of them, and secretaries."""
    path = ADDRESS.replace("<code>", code).replace("<form>", form)
    return f"{path}?as_of={as_of}{'&members=1' if members else ''}"


@guarded(PERMISSION)
def given(actor: Actor, code: str, form: str) -> Response:
    """Give a ledger of a sub-district; with counts of members and secretaries to the committee alone, and logged."""
    site, asked = auth.site_of_request(), flask.request
    day = parse_query(asked.query_string.decode("utf-8", "replace")).day
    members = asked.args.get("members") == "1"
    if members:
        actor.require(MEMBERS)
    chosen = ledger_forms.FORMS.get(form)
    if chosen is None:
        raise NotFound(*both("ledger.no_form", name=form[:SHOWN]))
    with db.reading(site.engine) as connection:
        as_of = day or views.data_date(connection) or site.today()
        name = views.subdistrict_name(connection, actor, code, on=as_of)
        rows = ledger_rows.rows(
            connection,
            actor,
            site.rules,
            as_of=as_of,
            kinds=chosen.kinds,
            subdistrict=code,
            show_members=members,
            show_secretaries=members,
        )
    if len(rows) > MOST:
        raise Misuse(*both("ledger.too_long", count=len(rows), most=MOST))
    paths, cells = ledger_forms.grid(chosen, rows, verbatim=False)
    data = ledgers.made(chosen, paths, cells, as_of=as_of)
    if members:
        about = f"{form} {as_of} {code}"
        # Whoever takes people's membership out is in the log before they have it.
        with db.writing(site.engine, facts=False) as connection:
            audit.by_actor(
                connection, actor, "person.exported", about, purpose="ledger", now=site.clock()
            )
    return attachment(data, f"{chosen.title}-{name}-{as_of}.xlsx", XLSX)


def register(server: flask.Flask) -> None:
    """Let a web server give ledgers."""
    server.add_url_rule(ADDRESS, "ledgers.given", given, methods=["GET"])
