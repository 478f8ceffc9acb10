"""The plans of a committee: asked for, made while one looks on, listed with their proof."""

from typing import Any

from dash import ALL, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, auth, form_fields, panels, plan_forms, plan_parts, planning_child
from dashboard.auth import guarded
from dashboard.plan_forms import ACT, FIELD
from dashboard.site import Site, Visit
from dashboard.text import Say, both
from liangxin import db
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.plans import asking, kept, reading
from liangxin.plans.kept import Made
from liangxin.plans.making import Wish

PATH = "/plans"
PERMISSION = Permission.PLAN_MAKE
TOLD, WORK, TICK, BEGUN = "plans-told", "plans-work", "plans-tick", "plans-begun"
#: Older ones are counted and not drawn.
MOST = 100


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the plans of the actor's scope, and the form that asks for one.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    with db.reading(site.engine) as connection:
        work, is_open = _work(connection, actor, site)
        places = reading.places(connection, actor, on=site.today())
    kinds = [kept.INSTRUCTORS]
    if actor.may(Permission.MEMBER_COUNT):
        kinds.append(kept.BRANCHES)
    return html.Article(
        [
            panels.head(
                say("plans.title"),
                None,
                above=say("tasks.today", on=site.today()),
                below=say("plans.below"),
            ),
            html.Div(id=TOLD),
            panels.section(
                say("plans.new"),
                *_way(actor, say),
                plan_forms.ask(kinds, places, say, whole=True),
            ),
            html.Div(work, id=WORK, className="stack"),
            dcc.Store(id=BEGUN),
            dcc.Interval(id=TICK, interval=1000, disabled=not is_open),
        ]
    )


def _way(actor: Actor, say: Say) -> list[Component]:
    """Where those are listed whom a plan sends."""
    if not actor.may(Permission.INSTRUCTOR_RECORD):
        return []
    return [html.P(dcc.Link(say("instructors.way"), href="/instructors"))]


def _work(connection: Connection, actor: Actor, site: Site) -> tuple[list[Component], bool]:
    """What is being made and what there is, and whether to look again in a second."""
    say = site.say
    makings = asking.latest(connection, actor)
    rows = kept.listed(connection, actor)
    scopes = [each.scope for each in (*makings, *rows)]
    names = reading.names(connection, scopes, on=site.today())
    parts: list[Component] = []
    if makings:
        parts.append(
            panels.section(
                say("plans.making"), plan_parts.progress(makings, names, site.clock(), say)
            )
        )
    table = plan_parts.listed(rows[:MOST], names, say, nearness=reading.nearness)
    parts.append(
        panels.section(
            say("plans.listed", number=len(rows)),
            table,
            *plan_parts.more(len(rows) - MOST, say),
        )
    )
    return parts, any(each.is_open for each in makings)


def register(app: Dash) -> None:
    """Register what asks for a plan, and what looks how far it is."""

    @app.callback(
        Output(TOLD, "children"),
        Output(BEGUN, "data"),
        Input({"type": ACT, "do": "ask"}, "n_clicks"),
        State({"type": FIELD, "name": ALL}, "value"),
        State({"type": FIELD, "name": ALL}, "checked"),
        State({"type": FIELD, "name": ALL}, "id"),
        prevent_initial_call=True,
    )
    @guarded(Permission.PLAN_MAKE)
    def ask(actor: Actor, clicks: Any, values: Any, checked: Any, ids: Any) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        fields = plan_forms.fields_of(values, checked, ids)
        asked: list[int] = []

        def work(connection: Connection) -> str:
            asked.append(_ask(connection, actor, site, fields))
            return site.say("plans.told.asked")

        asking.give_up_lost(site.engine, now=site.clock())
        done = acts.act(site, actor, work)
        if not done.done:
            return done.told, no_update
        planning_child.start(site, asked[0])
        return done.told, asked[0]

    @app.callback(
        Output(WORK, "children"),
        Output(TICK, "disabled"),
        Input(TICK, "n_intervals"),
        Input(BEGUN, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.PLAN_MAKE)
    def tick(actor: Actor, _times: Any, _begun: Any) -> Any:
        site = auth.site_of_request()
        asking.give_up_lost(site.engine, now=site.clock())
        with db.reading(site.engine) as connection:
            parts, is_open = _work(connection, actor, site)
        return parts, not is_open


def _ask(connection: Connection, actor: Actor, site: Site, fields: dict[str, Any]) -> int:
    """Note what was asked for in the form.

    Raises:
        LiangxinError: it cannot be made.
    """
    if not isinstance(fields.get("keep"), bool | None):
        raise Misuse(*both("error.bad_request"))
    wish = Wish(
        seconds=form_fields.number(fields, "seconds"),
        seed=form_fields.number(fields, "seed"),
        keep_first=fields.get("keep") is True,
    )
    scope = form_fields.text(fields, "scope")
    made = Made(site.today(), actor.name, site.clock())
    kind = form_fields.text(fields, "kind")
    return asking.ask(connection, actor, kind, "" if scope == "all" else scope, wish, made)
