"""What a visitor may turn on a page: the day, or two of them, and the rate, all in the address.

Rates are plain links. A day is a calendar; a few lines in the browser (``liangxin.js``)
write it into the address, and the changed address asks for the page anew. The filter of a list
asks nobody.
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.dependencies import DashDependency
from dash.development.base_component import Component

from dashboard.query import FIRST_DAY, LAST_DAY, link, span_link
from dashboard.site import Site
from dashboard.tables import GRID_ID, aria
from dashboard.text import Say
from liangxin.rules import RateRule

LOCATION, AS_OF, SHOWN = "location", "as-of", "as-of-shown"
FROM, TO, SPAN_SHOWN = "from-on", "to-on", "span-shown"
FILTER_ID = "organisations-filter"
#: Of a quick filter whose text stands in the address (``assets/liangxin.js``).
KEPT = "filter-kept"
SEARCH, SEARCH_REFUSED = "search", "search-refused"
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


def controls(
    site: Site, path: str, *, as_of: date, rate: str | None, subdistrict: str = ""
) -> Component:
    """Return the calendar and the rates of a page, set to what it shows; null: no rate there."""
    say = site.say
    address = partial(link, path, as_of, subdistrict=subdistrict)
    return html.Div(
        [
            *([] if rate is None else [_rates(site.rules.rates.values(), rate, say, address)]),
            day_picker(AS_OF, say("control.as_of"), as_of, say),
            dcc.Store(id=SHOWN, data=as_of.isoformat()),
        ],
        className="controls",
    )


def span_controls(
    site: Site, path: str, *, from_on: date, to_on: date, rate: str, subdistrict: str = ""
) -> Component:
    """Return two calendars and the rates over organisations, set to what a page compares."""
    say = site.say
    rates = [rule for rule in site.rules.rates.values() if not rule.places]
    address = partial(span_link, path, from_on, to_on, subdistrict=subdistrict)
    return html.Div(
        [
            _rates(rates, rate, say, address),
            day_picker(FROM, say("control.from"), from_on, say),
            day_picker(TO, say("control.to"), to_on, say),
            dcc.Store(id=SPAN_SHOWN, data=[from_on.isoformat(), to_on.isoformat()]),
        ],
        className="controls",
    )


def search(text: str, hint: str, say: Say) -> list[Component]:
    """Return a field whose text becomes the address's ``q`` at Enter; a page has one.

    A person's number never becomes that: the sentence beside the field is shown instead.
    """
    box: Component = dcc.Input(
        id=SEARCH,
        value=text,
        placeholder=hint,
        debounce=True,
        type="search",
        autoComplete="off",
        maxLength=40,
        className="search-box",
    )
    refused = html.P(
        say("search.person"),
        id=SEARCH_REFUSED,
        hidden=True,
        className="notice undone",
        role="alert",
    )
    return [box, refused]


def filter_box(say: Say, text: str | None = None) -> Component:
    """Return the quick filter of the list below it, with what the address has of it.

    ``text``: null where the list names people, too; what is typed then stays out of the address.
    """
    box: Component = dmc.TextInput(
        id=FILTER_ID,
        value=text or "",
        label=say("subdistrict.filter"),
        placeholder=say("subdistrict.filter_hint"),
        debounce=200,
        className="filter" if text is None else f"filter {KEPT}",
    )
    return box


def _rates(
    rates: Iterable[RateRule], chosen: str, say: Say, address: Callable[[str], str]
) -> Component:
    links = [
        dcc.Link(
            [html.B(rule.id), " ", html.Span(say.title(rule))],
            href=address(rule.id),
            className="rate" + (" rate-chosen" if rule.id == chosen else ""),
            title=say.title(rule),
        )
        for rule in rates
    ]
    return html.Nav(links, className="rates", **aria(label=say("control.rate")))


def day_picker(
    name: Any, label: str, day: date, say: Say, *, last: date = LAST_DAY, look: str = "as-of"
) -> Component:
    """Return a calendar that is set to a day; ``last`` is the last one that can be chosen."""
    calendar: Component = dmc.DatePickerInput(
        id=name,
        label=label,
        value=day.isoformat(),
        valueFormat="YYYY-MM-DD",
        monthLabelFormat=say("calendar.month_format"),
        yearLabelFormat=say("calendar.year_format"),
        minDate=FIRST_DAY.isoformat(),
        maxDate=last.isoformat(),
        clearable=False,
        allowDeselect=False,
        w=160,
        ariaLabels={name: say(key) for name, key in CALENDAR.items()},
        className=look,
    )
    return calendar


def register(app: Dash) -> None:
    """Register what keeps calendars and address together, and the filter: in the browser alone."""
    in_browser(
        app,
        "ask_for_day",
        Output(LOCATION, "search"),
        Input(AS_OF, "value"),
        State(SHOWN, "data"),
        State(LOCATION, "search"),
        prevent_initial_call=True,
    )
    in_browser(
        app,
        "ask_for_span",
        Output(LOCATION, "search", allow_duplicate=True),
        Input(FROM, "value"),
        Input(TO, "value"),
        State(SPAN_SHOWN, "data"),
        State(LOCATION, "search"),
        prevent_initial_call=True,
    )
    in_browser(
        app,
        "search",
        Output(LOCATION, "search", allow_duplicate=True),
        Input(SEARCH, "value"),
        State(LOCATION, "search"),
        prevent_initial_call=True,
    )
    in_browser(
        app,
        "filter_organisations",
        Output(GRID_ID, "dashGridOptions"),
        Input(FILTER_ID, "value"),
        State(GRID_ID, "dashGridOptions"),
        prevent_initial_call=False,  # the address may hold one
    )


def in_browser(app: Dash, name: str, *parts: DashDependency, **options: Any) -> None:
    """Register a function of ``assets/liangxin.js`` as a callback that never asks the server."""
    function = ClientsideFunction("liangxin", name)
    app.clientside_callback(function, *parts, **options)  # type: ignore[no-untyped-call]
