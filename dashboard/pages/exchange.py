"""The exchange: packages made and opened, which offices are known, what went and came."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import admin_parts, auth, panels
from dashboard.auth import guarded
from dashboard.errand_parts import Spot
from dashboard.files import OPEN, PACKAGE, parts
from dashboard.pages import run as run_page
from dashboard.site import Site, Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import db, exchanges
from liangxin.access import Actor, Permission
from liangxin.errands import Asked
from liangxin.errors import Misuse
from liangxin.exchanges import OfficeSeen, PackageSeen

PATH = "/exchange"
PERMISSION = Permission.SOURCE_VIEW
MOST = 100
TO, PACK, KNOWN = "exchange-to", "exchange-pack", "exchange-known"
#: What is told of a package that was opened.
COUNTS = ("run", "rows", "accepted", "refused", "skipped", "new", "changed")


def _packed(asked: Asked, say: Say) -> list[Component]:
    told = say("admin.exchange.packed", serial=asked.told["serial"], rows=asked.told["rows"])
    to = PACKAGE.replace("<int:number>", str(asked.id))
    link = html.A(say("admin.exchange.fetch"), href=to, className="leader-file")
    return [html.P([told, " ", link], className="done", role="status")]


def _opened(asked: Asked, say: Say) -> list[Component]:
    found = asked.told
    told = say("admin.exchange.did_open", **{key: found[key] for key in COUNTS})
    link = dcc.Link(say("admin.run.number", id=found["run"]), href=run_page.path(found["run"]))
    notices = [html.P(say.pair((each["zh"], each["en"]))) for each in found["notices"]]
    return [html.P([told, " ", link], className="done", role="status"), *notices]


PACKING = Spot("exchange-packing", "pack", _packed)
OPENING = Spot("exchange-opening", "open", _opened)


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the offices whose cards were accepted, and the packages handled last.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    with db.reading(site.engine) as connection:
        ours = exchanges.own_name(connection, actor)
        offices = exchanges.offices(connection, actor)
    return html.Article(
        [
            panels.head(
                say("admin.exchange.title"),
                None,
                above=say("admin.office"),
                below=say("admin.exchange.about"),
            ),
            admin_parts.office_ways(PATH, say),
            panels.section(say("admin.exchange.ours"), *_ours(ours, say)),
            *(_acts(offices, site, actor) if ours else []),
            html.Div(_known(site, actor), id=KNOWN, className="stack"),
            panels.section(say("admin.exchange.how"), *_how(say)),
        ]
    )


def _ours(name: str, say: Say) -> list[Component]:
    if name:
        return [html.P(say("admin.exchange.we", name=name), className="sentence")]
    make = admin_parts.command(say("admin.command.keys"))
    return [html.P(say("admin.exchange.no_keys"), className="sentence"), make]


def _offices(offices: Sequence[OfficeSeen], say: Say) -> list[Component]:
    if not offices:
        return [
            html.P(say("admin.exchange.no_offices"), className="sentence"),
            admin_parts.command(say("admin.command.trust")),
        ]
    rows: list[Sequence[Cell]] = [
        [
            each.name,
            admin_parts.words(each.fingerprint),
            admin_parts.moment(each.trusted_at, say),
            *(str(number) for number in (each.sent, each.unanswered, each.opened)),
        ]
        for each in offices
    ]
    keys = ("office", "fingerprint", "trusted", "sent", "unanswered", "opened")
    heads = [say(f"admin.exchange.{key}") for key in keys]
    return [admin_parts.table("offices", heads, rows, say, numbers=(3, 4, 5))]


def _known(site: Site, actor: Actor) -> list[Component]:
    """Which offices are known, and what went and came."""
    say = site.say
    with db.reading(site.engine) as connection:
        offices = exchanges.offices(connection, actor)
        packages = exchanges.packages(connection, actor, most=MOST)
    return [
        panels.section(say("admin.exchange.offices", count=len(offices)), *_offices(offices, say)),
        panels.section(say("admin.exchange.packages"), *_packages(packages, say)),
    ]


def _packages(packages: Sequence[PackageSeen], say: Say) -> list[Component]:
    if not packages:
        return [html.P(say("admin.exchange.no_packages"), className="sentence")]
    rows: list[Sequence[Cell]] = [
        [
            each.office,
            say(f"admin.exchange.direction.{each.direction}"),
            str(each.serial),
            admin_parts.moment(each.handled_at, say),
            _result(each, say),
        ]
        for each in packages
    ]
    keys = ("office", "direction", "serial", "handled", "result")
    heads = [say(f"admin.exchange.{key}") for key in keys]
    return [admin_parts.table("packages", heads, rows, say, numbers=(2,))]


def _result(each: PackageSeen, say: Say) -> Cell:
    if each.run is None:
        key = "answered" if each.acknowledged else "waits"
        return say(f"admin.exchange.{key}") if each.direction == "sent" else ""
    told = say(
        "admin.exchange.loaded", rows=each.rows, accepted=each.accepted, refused=each.refused
    )
    number = say("admin.run.number", id=each.run)
    return html.Div([dcc.Link(number, href=run_page.path(each.run)), " ", told])


def _how(say: Say) -> list[Component]:
    return [
        html.P(say("admin.exchange.how.trust"), className="admin-words"),
        admin_parts.command(say("admin.command.trust")),
    ]


def _acts(offices: Sequence[OfficeSeen], site: Site, actor: Actor) -> list[Component]:
    """Making a package and opening one, for whoever may."""
    if not actor.may(Permission.PACKAGE_EXCHANGE):
        return []
    say = site.say
    drop = parts.drop_zone(
        say,
        url=OPEN,
        most=site.settings.max_upload_bytes,
        title=say("admin.exchange.open_drop"),
        kind="package",
    )
    opening = panels.section(
        say("admin.exchange.open"),
        html.P(say("admin.exchange.open_about"), className="note"),
        drop,
        *OPENING.parts(site, actor),
    )
    return [*([_packing(offices, site, actor)] if offices else []), opening]


def _packing(offices: Sequence[OfficeSeen], site: Site, actor: Actor) -> Component:
    say = site.say
    names = [each.name for each in offices]
    return panels.section(
        say("admin.exchange.pack"),
        html.P(say("admin.exchange.pack_about"), className="note"),
        html.Div(
            [
                dmc.Select(
                    id=TO,
                    label=say("admin.exchange.pack_to"),
                    data=names,
                    value=names[0],
                    allowDeselect=False,
                    w=280,
                ),
                dmc.Button(say("admin.exchange.pack_now"), id=PACK),
            ],
            className="leader-form",
        ),
        *PACKING.parts(site, actor),
    )


def register(app: Dash) -> None:
    """Register that packages are made, and how far the worker is with them."""

    @app.callback(
        *PACKING.asking,
        Input(PACK, "n_clicks"),
        State(TO, "value"),
        running=[(Output(PACK, "loading"), True, False)],
        prevent_initial_call=True,
    )
    @guarded(Permission.PACKAGE_EXCHANGE)
    def pack(actor: Actor, clicks: object, to: object) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        return PACKING.ask(site, actor, partial(_to, site, actor, to)).asked

    for spot in (PACKING, OPENING):
        _look_again(app, spot)


def _to(site: Site, actor: Actor, to: object) -> dict[str, str]:
    """For whom a package is.

    Raises:
        Misuse: no such office is trusted.
    """
    with db.reading(site.engine) as connection:
        names = {each.name for each in exchanges.offices(connection, actor)}
    if not isinstance(to, str) or to not in names:
        raise Misuse(*both("admin.exchange.no_such_office"))
    return {"to": to}


def _look_again(app: Dash, spot: Spot) -> None:
    @app.callback(
        *spot.looking,
        Output(KNOWN, "children", allow_duplicate=True),
        Input(spot.tick, "n_intervals"),
        State(spot.number, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.PACKAGE_EXCHANGE)
    def look(actor: Actor, ticks: object, number: object) -> Any:
        if not ticks:  # whoever pressed set the clock back, and was answered
            raise PreventUpdate
        site = auth.site_of_request()
        seen = spot.look(site, actor, number, ticks)
        return *seen.looked, _known(site, actor) if seen.is_over else no_update
