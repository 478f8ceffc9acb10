"""Addresses that somebody must place: the queue, what speaks for what, and what was decided."""

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, auth, controls, locate_parts, panels
from dashboard.auth import guarded
from dashboard.locate_parts import CHOOSE, OTHER, TOWN, WITHDRAW
from dashboard.notices import undone_notice
from dashboard.query import SHOWN, link
from dashboard.site import Site, Visit
from dashboard.tables import aria
from liangxin import db, divisions, locations
from liangxin.access import Actor, Permission

PATH = "/locate"
PERMISSION = Permission.LOCATION_DECIDE
#: Entries on a page; the rest come up as these are placed.
MOST = 30
#: Numbers of rows are smaller; databases refuse larger ones.
LARGEST = 2**63
SAID, QUEUE, HERE = "locate-said", "locate-queue", "locate-here"
TEXT = "locate-text"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the queue, of one sub-district if the address names it.

    Raises:
        NotPermitted: the role does not place addresses.
        NotFound: the sub-district is not in scope.
        LiangxinError: the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    with db.reading(site.engine) as connection:
        names = _places(connection, actor, site)
        queue = _queue(connection, actor, site, visit.query.subdistrict, visit.query.text)
    return html.Article(
        [
            panels.head(say("locate.title"), None, above=say("locate.above")),
            *_chips(names, visit),
            html.P(say("locate.keys"), className="note locate-keys"),
            *controls.search(visit.query.text, say("locate.search"), say),
            dcc.Store(id=HERE, data=visit.query.subdistrict),
            dcc.Store(id=TEXT, data=visit.query.text),
            html.Div(id=SAID, className="locate-said", **aria(live="polite")),
            html.Div(queue, id=QUEUE),
        ]
    )


def _places(connection: Connection, actor: Actor, site: Site) -> list[tuple[str, str]]:
    """The sub-districts that a visitor may look at one by one: those in scope."""
    codes = {code for code, _ in locations.choices(connection, actor)}
    names = divisions.names(connection, codes, on=site.today())
    return sorted(names.items())


def _chips(names: list[tuple[str, str]], visit: Visit) -> list[Component]:
    say, chosen = visit.site.say, visit.query.subdistrict
    if len(names) < 2:
        return []
    day, rate = visit.query.day or visit.site.today(), visit.query.rate
    links = [
        dcc.Link(
            name,
            href=link(PATH, day, rate, subdistrict=code) if code else PATH,
            className="chip" + (" chip-chosen" if code == chosen else ""),
        )
        for code, name in [("", say("locate.everywhere")), *names]
    ]
    return [html.Nav(links, className="chips")]


def _queue(
    connection: Connection, actor: Actor, site: Site, subdistrict: str, text: str
) -> list[Component]:
    """The cards that are left, and what was decided."""
    say, today = site.say, site.today()
    asked = locations.queue(
        connection, actor, subdistrict=subdistrict, text=text, on=today, most=MOST
    )
    choices = locations.choices(connection, actor)
    cards = [locate_parts.card(entry, choices, say) for entry in asked.entries]
    left = asked.in_all - len(cards)
    decided = locations.listed(connection, actor, on=today)
    empty = say("locate.none_here") if subdistrict else say("locate.none")
    if text:
        empty = say("locate.none_found", text=text)
    told = say("locate.left", entries=asked.in_all, organisations=asked.organisations)
    return [
        html.P(told if cards else empty, className="card sentence" if not cards else "locate-left"),
        html.Div(cards, className="locate-cards"),
        *([html.P(say("locate.more", count=left), className="note")] if left else []),
        panels.section(say("locate.decisions"), locate_parts.decisions(decided, say)),
    ]


def register(app: Dash) -> None:
    """Register what the buttons do; the keys are in ``assets/locate.js``."""

    @app.callback(
        Output(SAID, "children"),
        Output(QUEUE, "children"),
        Input({"type": CHOOSE, "entry": ALL, "code": ALL}, "n_clicks"),
        Input({"type": OTHER, "entry": ALL}, "n_clicks"),
        Input({"type": WITHDRAW, "decision": ALL}, "n_clicks"),
        State({"type": TOWN, "entry": ALL}, "value"),
        State({"type": TOWN, "entry": ALL}, "id"),
        State(HERE, "data"),
        State(TEXT, "data"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def press(
        actor: Actor,
        _chosen: Any,
        _others: Any,
        _withdrawn: Any,
        towns: Any,
        town_ids: Any,
        here: Any,
        text: Any,
    ) -> tuple[Component, list[Component]]:
        site, which = auth.site_of_request(), ctx.triggered_id
        if not any(each.get("value") for each in ctx.triggered):
            raise PreventUpdate  # the buttons were only drawn
        said = _act(site, actor, which, _picked(towns, town_ids))
        subdistrict, searched = (each if isinstance(each, str) else "" for each in (here, text))
        with db.reading(site.engine) as connection:
            return said, _queue(connection, actor, site, subdistrict, searched[:SHOWN])


def _picked(towns: Any, ids: Any) -> dict[int, str]:
    """What stands in the lists of other sub-districts, by entry; nonsense is nothing."""
    if not isinstance(towns, list) or not isinstance(ids, list):
        return {}
    return {
        each["entry"]: town
        for each, town in zip(ids, towns, strict=False)
        if isinstance(each, dict) and isinstance(each.get("entry"), int) and isinstance(town, str)
    }


def _act(site: Site, actor: Actor, which: Any, picked: dict[int, str]) -> Component:
    """Do what a button says, and tell how it went."""
    say = site.say
    kind = which.get("type") if isinstance(which, dict) else None
    number = which.get("decision" if kind == WITHDRAW else "entry") if kind else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < LARGEST:
        return undone_notice(say("locate.stale"), say)
    if kind == WITHDRAW:
        return acts.act(site, actor, lambda on: _withdraw(on, actor, site, number)).told
    code = which.get("code") if kind == CHOOSE else picked.get(number)
    if not isinstance(code, str):
        return undone_notice(say("locate.nothing_chosen"), say)
    return acts.act(site, actor, lambda on: _decide(on, actor, site, number, code[:12])).told


def _decide(connection: Connection, actor: Actor, site: Site, entry: int, code: str) -> str:
    decided = locations.decide(
        connection, actor, entry, code, by=actor.name, on=site.today(), now=site.clock()
    )
    return site.say(
        "locate.done",
        pattern=decided.pattern,
        name=decided.subdistrict,
        count=decided.organisations,
    )


def _withdraw(connection: Connection, actor: Actor, site: Site, decision: int) -> str:
    count = locations.withdraw(connection, actor, decision, now=site.clock())
    return site.say("locate.withdrawn", count=count)
