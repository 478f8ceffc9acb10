"""One Party organisation: its units, and what changed of it: a unit left, it elected, it was dissolved."""

from collections.abc import Callable
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, auth, form_fields, panels, party_parts, plan_forms
from dashboard.auth import guarded
from dashboard.pages import organisation, terms
from dashboard.party_parts import ACT, FIELD
from dashboard.query import DEFAULT_RATE, SHOWN
from dashboard.site import Site, Visit
from dashboard.text import both
from liangxin import db, party_changes
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.party_changes import Formed

PATH = "/parties/<number>"
PERMISSION = Permission.PLAN_MAKE
TOLD, BODY, ABOUT = "party-told", "party-body", "party-of"
#: A number with more digits is none of the register's.
DIGITS = 9


def address(number: int) -> str:
    """Return where a Party organisation is."""
    return PATH.replace("<number>", str(number))


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the Party organisation whose number stands in the path.

    Raises:
        NotFound: there is none today, or not in the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site, said = visit.site, visit.place["number"]
    if not said.isascii() or not said.isdigit() or len(said) > DIGITS:
        raise NotFound(*both("party.not_there", number=said[:SHOWN]))
    with db.reading(site.engine) as connection:
        formed = party_changes.require(connection, actor, int(said), on=site.today())
    return html.Article(
        [
            html.Div(id=TOLD),
            dcc.Store(id=ABOUT, data=int(said)),
            html.Div(_body(formed, actor, site), id=BODY, className="stack"),
        ]
    )


def _body(formed: Formed, actor: Actor, site: Site) -> list[Component]:
    say, today = site.say, site.today()

    def unit(uscc: str) -> str:
        return organisation.address(uscc, today, DEFAULT_RATE)

    forms = party_parts.forms(formed, today, say) if actor.may(Permission.PLAN_DECIDE) else []
    back = terms.address("", subdistrict=formed.subdistrict_code)
    return [
        panels.head(formed.name, None, above=panels.back(say("party.back"), back)),
        panels.section(say("party.about"), party_parts.about(formed, say)),
        panels.section(
            say("party.units", number=len(formed.units)),
            party_parts.units(formed, say, address=unit),
        ),
        *forms,
    ]


def register(app: Dash) -> None:
    """Register what writes the changes."""

    @app.callback(
        Output(TOLD, "children"),
        Output(BODY, "children"),
        Input({"type": ACT, "do": ALL}, "n_clicks"),
        State({"type": FIELD, "name": ALL}, "value"),
        State({"type": FIELD, "name": ALL}, "checked"),
        State({"type": FIELD, "name": ALL}, "id"),
        State(ABOUT, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.PLAN_DECIDE)
    def change(actor: Actor, clicks: Any, values: Any, checked: Any, ids: Any, about: Any) -> Any:
        if not isinstance(clicks, list) or not any(clicks):
            raise PreventUpdate
        site, pressed = auth.site_of_request(), form_fields.pressed(ctx.triggered_id)
        if pressed not in _STEPS:
            raise PreventUpdate
        fields = plan_forms.fields_of(values, checked, ids) | {"number": about}
        done = acts.act(site, actor, lambda c: _STEPS[pressed](c, actor, site, fields))
        if not done.done:
            return done.told, no_update
        with db.reading(site.engine) as connection:
            number = form_fields.number(fields, "number")
            try:
                formed = party_changes.require(connection, actor, number, on=site.today())
            except NotFound:  # it was dissolved
                return done.told, []
        return done.told, _body(formed, actor, site)


def _leave(connection: Connection, actor: Actor, site: Site, fields: dict[str, Any]) -> str:
    """Let the chosen unit leave."""
    code, day = form_fields.code(fields, "unit"), form_fields.day(fields, "left_on", site.today())
    number = form_fields.number(fields, "number")
    odd = party_changes.leave(connection, actor, site.rules, number, code, on=day, now=site.clock())
    told = site.say("party.left", code=code, on=day)
    return " ".join([told, *(site.say.pair((each.zh, each.en)) for each in odd)])


def _elect(connection: Connection, actor: Actor, site: Site, fields: dict[str, Any]) -> str:
    """Begin a term."""
    day = form_fields.day(fields, "elected_on", site.today())
    due = party_changes.elect(
        connection,
        actor,
        site.rules,
        form_fields.number(fields, "number"),
        on=day,
        secretary=form_fields.text(fields, "secretary"),
        now=site.clock(),
    )
    return site.say("party.elected", on=day, due=due)


def _serve(connection: Connection, actor: Actor, site: Site, fields: dict[str, Any]) -> str:
    """Name the place it serves."""
    place = form_fields.text(fields, "place")
    number = form_fields.number(fields, "number")
    party_changes.serve(connection, actor, number, place, on=site.today(), now=site.clock())
    return site.say("party.serves" if place else "party.serves_none", place=place)


def _dissolve(connection: Connection, actor: Actor, site: Site, fields: dict[str, Any]) -> str:
    """Dissolve it."""
    if fields.get("sure") is not True:
        raise Misuse(*both("party.unsure"))
    day = form_fields.day(fields, "dissolved_on", site.today())
    number = form_fields.number(fields, "number")
    left = party_changes.dissolve(connection, actor, number, on=day, now=site.clock())
    return site.say("party.dissolved", on=day, units=left)


_STEPS: dict[Any, Callable[[Connection, Actor, Site, dict[str, Any]], str]] = {
    "leave": _leave,
    "elect": _elect,
    "serve": _serve,
    "dissolve": _dissolve,
}
