"""Roles and scopes, for the security administrator: who waits for one, and who has which."""

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import account_parts, acts, admin_parts, auth, panels, places_named
from dashboard.auth import guarded
from dashboard.site import Site, Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import accounts, administering, db
from liangxin.access import ROLE_PERMISSIONS, Actor, Permission, Role
from liangxin.accounts import Known, needs_second_factor
from liangxin.errors import Misuse

PATH = "/admin/roles"
PERMISSION = Permission.ROLE_GRANT
BODY = "admin-roles"
CHOSEN, ROLE, SCOPE, GRANT = (f"admin-role-{each}" for each in ("chosen", "role", "scope", "grant"))


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return who waits for a role, all accounts, and the one that the address names with its role.

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
                site.say("admin.roles.title"),
                None,
                above=site.say("admin.above"),
                below=site.say("admin.roles.about"),
            ),
            html.Div(body, id=BODY, className="admin-body"),
            panels.section(site.say("admin.roles.table"), _permissions(site.say)),
        ]
    )


def _body(
    connection: Connection, actor: Actor, site: Site, chosen: str, *told: Component
) -> list[Component]:
    say, now = site.say, site.clock()
    every = administering.listed(connection, actor)
    names = places_named.of(connection, every, on=site.today())
    if chosen:
        accounts.require(connection, chosen)
    one = next((each for each in every if each.name == chosen), None)
    waiting = [each for each in every if administering.is_waiting(each)]
    rest = [each for each in every if not administering.is_waiting(each)]
    parts: list[Component] = [*told, dcc.Store(id=CHOSEN, data=chosen)]
    if one is not None:
        places = places_named.of_site(connection, site)
        parts.append(_about(one, names, places | names, site, actor))
    if waiting:
        table = account_parts.table(waiting, names, say, path=PATH, now=now)
        parts.append(panels.section(say("admin.roles.waiting", count=len(waiting)), table))
    else:
        parts.append(html.P(say("admin.roles.nobody_waits"), className="card admin-told"))
    table = account_parts.table(rest, names, say, path=PATH, now=now)
    parts.append(panels.section(say("admin.roles.granted", count=len(rest)), table))
    return parts


def _about(
    account: Known, names: dict[str, str], places: dict[str, str], site: Site, actor: Actor
) -> Component:
    say = site.say
    shown = account_parts.facts(account, names, say, now=site.clock())
    if account.name == actor.name or account.state == "disabled":
        key = "admin.own" if account.name == actor.name else "admin.roles.disabled"
        return panels.section(account.name, shown, html.P(say(key), className="note"))
    form = html.Div(
        [
            account_parts.role_field(ROLE, account.role, say),
            account_parts.scope_field(SCOPE, account.scope, places, say),
            account_parts.button(GRANT, say("admin.roles.grant")),
        ],
        className="admin-form admin-later",
    )
    why = html.P(say("admin.roles.grant_why"), className="note")
    return panels.section(account.name, shown, form, why)


def _permissions(say: Say) -> Component:
    """What each role may do, as the one table of the domain says."""
    rows: list[Sequence[Cell]] = [
        [
            say.word("role", role),
            admin_parts.words(
                say("admin.list").join(
                    say(f"admin.permission.{permission}")
                    for permission in Permission
                    if permission in ROLE_PERMISSIONS[role]
                )
            ),
            say("admin.yes" if needs_second_factor(role) else "admin.no"),
        ]
        for role in Role
    ]
    heads = [say(f"admin.roles.{key}") for key in ("role", "permissions", "factor")]
    return admin_parts.table("roles", heads, rows, say)


def register(app: Dash) -> None:
    """Register what the button does; it answers with the page anew."""

    @app.callback(
        Output(BODY, "children"),
        Input(GRANT, "n_clicks"),
        State(CHOSEN, "data"),
        State(ROLE, "value"),
        State(SCOPE, "value"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def grant(actor: Actor, clicks: object, chosen: object, role: object, scope: object) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        name = chosen if isinstance(chosen, str) else ""

        def work(connection: Connection) -> str:
            if not isinstance(role, str):
                raise Misuse(*both("admin.account.no_role"))
            administering.grant(
                connection, actor, name, role, account_parts.codes(scope), now=site.clock()
            )
            return site.say("admin.told.granted", name=name, role=site.say.word("role", role))

        acted = acts.act(site, actor, work)
        with db.reading(site.engine) as connection:
            known = {each.name for each in administering.listed(connection, actor)}
            there = name if name in known else ""
            told = html.Div(acted.told, className="card admin-told" if acted.done else "")
            return _body(connection, actor, site, there, told)
