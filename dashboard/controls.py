"""What a visitor may turn on every page: the day and the rate. Both live in the address.

Rates are plain links. The day is a calendar; a few lines in the browser (``liangxin.js``)
write it into the address, and the changed address asks for the page anew.
"""

from datetime import date
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.dependencies import DashDependency
from dash.development.base_component import Component

from dashboard.query import FIRST_DAY, LAST_DAY, link
from dashboard.site import Site

LOCATION, AS_OF, SHOWN = "location", "as-of", "as-of-shown"
#: Keys of our texts under the names Mantine gives the calendar's buttons.
CALENDAR = {
    "nextMonth": "calendar.next_month",
    "previousMonth": "calendar.previous_month",
    "nextYear": "calendar.next_year",
    "previousYear": "calendar.previous_year",
    "nextDecade": "calendar.next_decade",
    "previousDecade": "calendar.previous_decade",
    "monthLevelControl": "calendar.month_level",
    "yearLevelControl": "calendar.year_level",
}


def controls(site: Site, path: str, *, as_of: date, rate: str) -> Component:
    """Return the calendar and the rates of a page, set to what it shows."""
    say = site.say
    rates = [
        dcc.Link(
            [html.B(rule.id), " ", html.Span(say.title(rule))],
            href=link(path, as_of, rule.id),
            className="rate" + (" rate-chosen" if rule.id == rate else ""),
            title=say.title(rule),
        )
        for rule in site.rules.rates.values()
    ]
    return html.Div(
        [
            html.Nav(rates, className="rates", **_aria(label=say("control.rate"))),
            dmc.DatePickerInput(
                id=AS_OF,
                label=say("control.as_of"),
                value=as_of.isoformat(),
                valueFormat="YYYY-MM-DD",
                monthLabelFormat=say("calendar.month_format"),
                yearLabelFormat=say("calendar.year_format"),
                minDate=FIRST_DAY.isoformat(),
                maxDate=LAST_DAY.isoformat(),
                clearable=False,
                allowDeselect=False,
                w=160,
                ariaLabels={name: say(key) for name, key in CALENDAR.items()},
                className="as-of",
            ),
            dcc.Store(id=SHOWN, data=as_of.isoformat()),
        ],
        className="controls",
    )


def register(app: Dash) -> None:
    """Register what keeps the calendar and the address together, in the browser alone."""
    in_browser(
        app,
        "ask_for_day",
        Output(LOCATION, "search"),
        Input(AS_OF, "value"),
        State(SHOWN, "data"),
        State(LOCATION, "search"),
        prevent_initial_call=True,
    )


def in_browser(app: Dash, name: str, *parts: DashDependency, **options: Any) -> None:
    """Register a function of ``assets/liangxin.js`` as a callback that never asks the server."""
    function = ClientsideFunction("liangxin", name)
    app.clientside_callback(function, *parts, **options)  # type: ignore[no-untyped-call]


def _aria(**attributes: str) -> dict[str, Any]:
    return {f"aria-{name}": value for name, value in attributes.items()}
