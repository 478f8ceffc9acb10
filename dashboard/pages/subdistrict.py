"""One sub-district: its rates, their course, and every organisation it has."""

from dataclasses import replace
from datetime import date

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import notices, panels, tables
from dashboard.auth import guarded
from dashboard.controls import controls, in_browser
from dashboard.query import HOME, link
from dashboard.site import Visit
from liangxin import db, views
from liangxin.access import Actor, Permission

PATH = "/subdistrict/<code>"
PERMISSION = Permission.ORGANISATION_LIST
FILTER_ID = "organisations-filter"


def address(code: str, as_of: date, rate: str) -> str:
    """Return the address of a sub-district's page."""
    return link(PATH.replace("<code>", code), as_of, rate)


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the page of the sub-district whose code stands in the path.

    Raises:
        NotFound: it does not exist, or is outside the actor's scope.
        LiangxinError: no such rate, or the register cannot be read.
    """
    site, say, code = visit.site, visit.site.say, visit.place["code"]
    rate = site.rules.rate(visit.query.rate)
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        as_of = visit.query.as_of or data_date or site.today()
        name = views.subdistrict_name(connection, actor, code, on=as_of)
        if data_date is None:
            return notices.empty_register(say)
        here = replace(actor, subdistricts=frozenset({code}))
        shown = panels.ask(connection, here, site, rate, as_of=as_of)
        rows = views.organisations(
            connection, actor, site.rules, subdistrict_code=code, as_of=as_of
        )
    return html.Article(
        [
            html.Header(
                [
                    html.Div(
                        [
                            dcc.Link(
                                say("subdistrict.back"),
                                href=link(HOME, as_of, rate.id),
                                className="back",
                            ),
                            html.H1(name),
                            html.P(say("subdistrict.code", code=code), className="note"),
                        ]
                    ),
                    controls(site, PATH.replace("<code>", code), as_of=as_of, rate=rate.id),
                ],
                className="page-head",
            ),
            *panels.remarks(shown, say, data_date=data_date),
            panels.cards(shown, say),
            panels.course(shown, say),
            panels.section(
                say("subdistrict.list", count=len(rows)),
                dmc.TextInput(
                    id=FILTER_ID,
                    label=say("subdistrict.filter"),
                    placeholder=say("subdistrict.filter_hint"),
                    debounce=200,
                    className="filter",
                ),
                tables.organisations_grid(rows, say),
            ),
        ]
    )


def register(app: Dash) -> None:
    """Register the quick filter, which runs in the browser alone."""
    in_browser(
        app,
        "filter_organisations",
        Output(tables.GRID_ID, "dashGridOptions"),
        Input(FILTER_ID, "value"),
        State(tables.GRID_ID, "dashGridOptions"),
        prevent_initial_call=True,
    )
