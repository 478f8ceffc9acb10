"""Accounts, for the system administrator: asked for, let in again, disabled; roles are others' to grant."""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import request
from sqlalchemy import Connection

from dashboard import account_parts, acts, auth, panels, places_named
from dashboard.account import LINK
from dashboard.acts import Acted
from dashboard.auth import guarded
from dashboard.site import Site, Visit
from dashboard.text import both
from liangxin import accounts, administering, db
from liangxin.access import Actor, Permission
from liangxin.accounts import LINK_HOURS, Known
from liangxin.errors import Misuse

PATH = "/admin/accounts"
PERMISSION = Permission.ACCOUNT_MANAGE
BODY = "admin-accounts"
CHOSEN, ACT, DO = "admin-account-chosen", "admin-account-act", "admin-account-do"
NAME, ROLE, SCOPE, ADD = (f"admin-account-{each}" for each in ("name", "role", "scope", "add"))
#: What can be done about an account, in the order it is offered.
ACTS = ("link", "reset", "disable", "enable")


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return all accounts, and what can be done about the one that the address names.

    Raises:
        NotFound: there is no account of this name.
        LiangxinError: the register cannot be read.
    """
    site = visit.site
    with db.reading(site.engine) as connection:
        body = _body(connection, actor, site, visit.query.more.get("account", ""))
    return html.Article(
        [
            panels.head(
                site.say("admin.accounts.title"),
                None,
                above=site.say("admin.above"),
                below=site.say("admin.accounts.about"),
            ),
            html.Div(body, id=BODY, className="admin-body"),
        ]
    )


def _body(
    connection: Connection, actor: Actor, site: Site, chosen: str, *told: Component
) -> list[Component]:
    say, now = site.say, site.clock()
    every = administering.listed(connection, actor)
    places = places_named.of_site(connection, site)
    names = places_named.of(connection, every, on=site.today())
    if chosen:
        accounts.require(connection, chosen)
    one = next((each for each in every if each.name == chosen), None)
    return [
        *told,
        dcc.Store(id=CHOSEN, data=chosen),
        *([] if one is None else [_about(one, names, site, actor)]),
        panels.section(
            say("admin.accounts.list", count=len(every)),
            account_parts.table(every, names, say, path=PATH, now=now),
        ),
        _asking(places, site),
    ]


def _about(account: Known, names: dict[str, str], site: Site, actor: Actor) -> Component:
    say = site.say
    shown = account_parts.facts(account, names, say, now=site.clock())
    if account.name == actor.name:
        return panels.section(account.name, shown, html.P(say("admin.own"), className="note"))
    open_acts = [act for act in ACTS if _is_open(act, account)]
    choices = [
        dmc.Radio(
            label=say(f"admin.act.{act}"),
            description=say(f"admin.act.{act}.why"),
            value=act,
            className="admin-choice",
        )
        for act in open_acts
    ]
    group = dmc.RadioGroup(id=ACT, label=say("admin.act"), children=html.Div(choices))
    acting = html.Div(
        [group, account_parts.button(DO, say("admin.act.do"))], className="admin-acts"
    )
    return panels.section(account.name, shown, acting)


def _is_open(act: str, account: Known) -> bool:
    if act == "reset":
        return account.has_second_factor and account.state != "disabled"
    return (act == "enable") == (account.state == "disabled")


def _asking(places: dict[str, str], site: Site) -> Component:
    say = site.say
    name = dmc.TextInput(
        id=NAME,
        label=say("admin.account.name"),
        description=say("admin.account.name_hint"),
        className="admin-field",
    )
    form = html.Div(
        [
            name,
            account_parts.role_field(ROLE, None, say),
            account_parts.scope_field(SCOPE, (), places, say),
            account_parts.button(ADD, say("admin.accounts.add")),
        ],
        className="admin-form",
    )
    why = html.P(say("admin.accounts.add_why"), className="note")
    return panels.section(say("admin.accounts.new"), form, why)


def register(app: Dash) -> None:
    """Register what the two buttons do; each answers with the page anew."""

    @app.callback(
        Output(BODY, "children"),
        Input(DO, "n_clicks"),
        State(CHOSEN, "data"),
        State(ACT, "value"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def do(actor: Actor, clicks: object, chosen: object, act: object) -> Any:
        if not clicks:
            raise PreventUpdate
        name = chosen if isinstance(chosen, str) else ""
        return _answer(
            actor, name, lambda connection, site: _done(connection, actor, site, name, act)
        )

    @app.callback(
        Output(BODY, "children", allow_duplicate=True),
        Input(ADD, "n_clicks"),
        State(NAME, "value"),
        State(ROLE, "value"),
        State(SCOPE, "value"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def add(actor: Actor, clicks: object, name: object, role: object, scope: object) -> Any:
        if not clicks:
            raise PreventUpdate
        wanted = name.strip() if isinstance(name, str) else ""

        def work(connection: Connection, site: Site) -> tuple[str, str]:
            if not isinstance(role, str):
                raise Misuse(*both("admin.account.no_role"))
            secret = administering.ask_for(
                connection,
                actor,
                wanted,
                role,
                account_parts.codes(scope),
                today=site.today(),
                now=site.clock(),
            )
            return site.say("admin.told.added", name=wanted), secret

        return _answer(actor, "", work)


def _done(
    connection: Connection, actor: Actor, site: Site, name: str, act: object
) -> tuple[str, str]:
    """Do one of ``ACTS``; return the sentence, and the secret of a link if there is one."""
    say, now, secret = site.say, site.clock(), ""
    if act == "link":
        secret = administering.send_link(connection, actor, name, now=now)
    elif act == "reset":
        administering.reset_second_factor(connection, actor, name, now=now)
    elif act == "disable":
        administering.disable(connection, actor, name, now=now)
    elif act == "enable":
        secret = administering.enable(connection, actor, name, today=site.today(), now=now)
    else:
        raise Misuse(*both("admin.act.none"))
    return say(f"admin.told.{act}", name=name), secret


def _answer(
    actor: Actor, chosen: str, work: Callable[[Connection, Site], tuple[str, str]]
) -> list[Component]:
    """Do something, and return the page with how it went and the link, shown this once."""
    site = auth.site_of_request()
    links: list[str] = []

    def told(connection: Connection) -> str:
        sentence, secret = work(connection, site)
        if secret:
            links.append(f"{request.host_url.rstrip('/')}{LINK}/{secret}")
        return sentence

    acted = acts.act(site, actor, told)
    with db.reading(site.engine) as connection:
        known = {each.name for each in administering.listed(connection, actor)}
        there = chosen if chosen in known else ""
        return _body(connection, actor, site, there, _told(acted, links, site))


def _told(acted: Acted, links: list[str], site: Site) -> Component:
    say = site.say
    if not acted.done or not links:
        return html.Div(acted.told, className="card admin-told" if acted.done else "")
    return html.Section(
        [
            acted.told,
            html.Code(links[0], className="admin-link"),
            html.P(say("admin.link.once", hours=LINK_HOURS), className="note"),
        ],
        className="card admin-told admin-whole",
    )
