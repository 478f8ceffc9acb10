"""The notice of a workplace, made at a page: a link to the declaration page, on a sheet to be printed."""

from typing import Any
from urllib.parse import quote

import flask
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Response
from sqlalchemy import Connection

from dashboard import acts, auth, panels
from dashboard.auth import guarded
from dashboard.declare import notice_page
from dashboard.giving import attachment
from dashboard.query import SHOWN
from dashboard.site import Site
from dashboard.text import Say
from liangxin import db, links
from liangxin.access import Actor, Permission

RULE = "/members/<uscc>/notice"
REVOKE, SAID, OPEN = "posting-revoke", "posting-said", "posting-open"


def section(connection: Connection, actor: Actor, site: Site, uscc: str) -> Component:
    """Return what is posted at an organisation now, with the buttons for another and for none."""
    say = site.say
    make = html.Form(
        html.Button(say("posting.make"), className="members-main"),
        action=RULE.replace("<uscc>", quote(uscc)),
        method="POST",
    )
    revoke = html.Button(
        say("posting.revoke"), id=REVOKE, n_clicks=0, type="button", className="members-plain"
    )
    return panels.section(
        say("posting.title"),
        html.P(_standing(connection, actor, site, uscc), id=OPEN, className="sentence"),
        html.Div([make, revoke], className="members-form"),
        html.Div(id=SAID),
        html.P(say("posting.note"), className="note"),
    )


def _standing(connection: Connection, actor: Actor, site: Site, uscc: str) -> str:
    number, until = links.open_of(connection, actor, uscc, today=site.today())
    if until is None:
        return site.say("posting.none")
    return site.say("posting.open", number=number, until=until)


@guarded(Permission.MEMBERSHIP_RECORD)
def notice(actor: Actor, uscc: str) -> Response:
    """Make a link and answer with its notice; the link is in the file and nowhere else."""
    site = auth.site_of_request()
    asked = flask.request
    base = site.settings.declare_url or f"{asked.scheme}://{asked.host}"
    notice_page.address_of(base, "")  # before a link is made that nobody could post
    with db.writing(site.engine) as connection:
        token = links.make(connection, actor, uscc, today=site.today(), now=site.clock())
        place = links.place_of(connection, token, today=site.today())
        content = notice_page.render(place, notice_page.address_of(base, token), site.say)
    name = site.say("posting.file", name=place.name)
    return attachment(content, name, "text/html; charset=utf-8")


def register(app: Dash, of: str) -> None:
    """Register the notice, and what takes it back.

    Args:
        app: of the pages.
        of: id of the store that holds the organisation's code.
    """
    app.server.add_url_rule(RULE, "posting.notice", notice, methods=["POST"])

    @app.callback(
        Output(SAID, "children"),
        Output(OPEN, "children"),
        Input(REVOKE, "n_clicks"),
        State(of, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.MEMBERSHIP_RECORD)
    def revoked(actor: Actor, pressed: object, uscc: object) -> Any:
        if not pressed:
            raise PreventUpdate
        site, code = auth.site_of_request(), str(uscc)[:SHOWN]
        acted = acts.act(site, actor, lambda c: _revoke(c, actor, site, code, site.say))
        if not acted.done:
            return acted.told, no_update
        with db.reading(site.engine) as connection:
            return acted.told, _standing(connection, actor, site, code)


def _revoke(connection: Connection, actor: Actor, site: Site, code: str, say: Say) -> str:
    number = links.revoke(connection, actor, code, today=site.today(), now=site.clock())
    return say("posting.revoked", number=number)
