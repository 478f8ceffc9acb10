"""One plan: its proof, its pairs or groups with their reasons; locked, made again, decided."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, auth, panels, plan_forms, plan_parts, plan_telling, planning_child
from dashboard.auth import guarded
from dashboard.controls import filter_box
from dashboard.pages import organisation, plans
from dashboard.plan_acts import Pressed
from dashboard.plan_forms import ACT, FIELD, LOCKS
from dashboard.plan_telling import FIT
from dashboard.query import DEFAULT_RATE, SHOWN
from dashboard.site import Site, Visit
from dashboard.text import Say, both
from liangxin import db
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.plans import asking, kept, reading
from liangxin.plans.editing import Desk
from liangxin.plans.reading import Shown
from liangxin.plans.words import KINDS

PATH = "/plans/<number>"
PERMISSION = Permission.PLAN_MAKE
TOLD, BODY, SEEN = "plan-told", "plan-body", "plan-seen"
PROGRESS, TICK, BEGUN = "plan-progress", "plan-tick", "plan-begun"
GROUPS = "plan-groups"
#: A number with more digits is none of the register's.
DIGITS = 9


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the plan whose number stands in the path.

    Raises:
        NotFound: there is no such plan, or it is outside the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site = visit.site
    number = _number(visit.place["number"])
    with db.reading(site.engine) as connection:
        shown = _shown(connection, actor, site, number)
        body = _body(site, actor, shown)
    return html.Article(
        [
            _head(shown, site.say),
            html.Div(id=TOLD),
            html.Div(id=PROGRESS),
            dcc.Store(id=BEGUN),
            dcc.Interval(id=TICK, interval=1000, disabled=True),
            dcc.Store(id=SEEN, data=_seen(shown)),
            html.Div(body, id=BODY, className="stack"),
        ]
    )


def _shown(connection: Connection, actor: Actor, site: Site, number: int) -> Shown:
    """The plan with a number, as ``reading.shown`` returns it, once as long as nothing changes."""
    today = site.today()
    return site.memory.told(
        connection,
        actor,
        ("plan", site.rules.id, number, today),
        lambda held: reading.shown(held, actor, site.rules, number, today=today),
    )


def _number(value: object) -> int:
    """The number of a plan.

    Raises:
        NotFound: it can be no plan's.
    """
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise NotFound(*both("plan.no_plan", number=text[:SHOWN]))
    return int(text)


def _seen(shown: Shown) -> dict[str, Any]:
    """What the browser keeps of a plan, and sends back with whatever is pressed."""
    return {"plan": shown.plan.id, "version": shown.version}


def _head(shown: Shown, say: Say) -> Component:
    plan = shown.plan
    kind = plan_parts.worded(say, KINDS, plan.kind)
    return panels.head(
        say("plan.title", number=plan.id, kind=kind),
        None,
        above=panels.back(say("plan.back"), plans.PATH),
        below=say(
            "plan.below",
            scope=plan_parts.scope_name(plan.scope, shown.names, say),
            as_of=plan.as_of,
            rule_set=plan.rule_set,
        ),
    )


def _body(site: Site, actor: Actor, shown: Shown) -> list[Component]:
    say, plan, today = site.say, shown.plan, site.today()
    may_decide = actor.may(Permission.PLAN_DECIDE)
    parts = [
        *plan_telling.warnings(shown.told, say),
        panels.section(say("plan.certificate"), plan_telling.certificate(shown, say)),
    ]
    if plan.state == "dropped":
        return [*parts, panels.remark(say("plan.is_dropped")), *_unsaid(FIT, GROUPS, LOCKS)]
    parts += plan_forms.decide(shown, today, say) if may_decide else []
    to = _address(today, shown)
    if plan.kind == kept.INSTRUCTORS:
        parts += [*_of_instructors(shown, say, to("{uscc}")), *_unsaid(GROUPS)]
    else:
        cards = plan_telling.groups(shown, {}, say, address=to)
        parts += [
            panels.section(say("plan.groups"), html.Div(cards, id=GROUPS)),
            *plan_telling.group_changes(shown, say),
        ]
    rest = sum(row.left_over is not None for row in shown.items)
    unplanned = plan_telling.left(shown.items, say, address=to)
    parts.append(panels.section(say("plan.left", number=rest), *unplanned))
    parts += plan_forms.edit(shown, say) or _unsaid(LOCKS)
    if plan.state not in reading.OPEN:
        parts += _unsaid(FIT)
    return parts


def _unsaid(*names: str) -> list[Component]:
    """Parts that a callback writes to, where this plan has nothing to say in them."""
    return [html.Div(id=name, hidden=True) for name in names]


def _address(today: date, shown: Shown) -> Callable[[str], str]:
    """The page of an organisation by its code, on the day a plan is about or today."""
    day = max(today, shown.plan.as_of)
    return partial(organisation.address, as_of=day, rate=DEFAULT_RATE)


def _of_instructors(shown: Shown, say: Say, address: str) -> list[Component]:
    number = sum(row.instructor_id is not None for row in shown.items)
    return [
        panels.section(say("plan.changes"), *plan_telling.changes(shown, say)),
        *plan_telling.edits(shown, say),
        panels.section(
            say("plan.loads"),
            *plan_telling.loads(shown.loads, shown.told, say),
            *plan_telling.one_more(shown.told, shown.names, say),
        ),
        panels.section(
            say("plan.pairs", number=number),
            filter_box(say),
            plan_telling.pairs(shown, say, address=address),
        ),
    ]


def register(app: Dash) -> None:
    """Register what the buttons do, and what looks how far a plan made again is."""

    @app.callback(
        Output(TOLD, "children"),
        Output(BODY, "children"),
        Output(SEEN, "data"),
        Output(LOCKS, "children"),
        Output(BEGUN, "data"),
        Input({"type": ACT, "do": ALL}, "n_clicks"),
        State({"type": FIELD, "name": ALL}, "value"),
        State({"type": FIELD, "name": ALL}, "checked"),
        State({"type": FIELD, "name": ALL}, "id"),
        State(SEEN, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.PLAN_MAKE)
    def press(actor: Actor, _clicks: Any, values: Any, checked: Any, ids: Any, seen: Any) -> Any:
        pressed = ctx.triggered_id
        if not isinstance(pressed, dict) or not ctx.triggered[0]["value"]:
            raise PreventUpdate  # a button that has just come with a new body
        site = auth.site_of_request()
        desk = _desk(actor, site, seen)
        work = Pressed(site, desk, plan_forms.fields_of(values, checked, ids))
        done = acts.act(site, actor, lambda c: work.does(str(pressed.get("do")), c))
        if work.asked is not None and done.done:
            planning_child.start(site, work.asked)
            return done.told, no_update, no_update, no_update, work.asked
        return (*_after(actor, site, desk, done), no_update)

    @app.callback(Output(FIT, "children"), Output(GROUPS, "children"), Input(SEEN, "data"))
    @guarded(Permission.PLAN_MAKE)
    def look(actor: Actor, seen: Any) -> Any:
        """Hold an open plan against today; one that is neither has nowhere to say so."""
        site = auth.site_of_request()
        desk = _desk(actor, site, seen)
        with db.reading(site.engine) as connection:
            found = reading.fit(connection, actor, site.rules, desk.number, today=desk.today)
            if not found.groups:
                return plan_telling.fit(found, site.say), no_update
            shown = _shown(connection, actor, site, desk.number)
        cards = plan_telling.groups(
            shown, found.groups, site.say, address=_address(desk.today, shown)
        )
        return plan_telling.fit(found, site.say), cards

    @app.callback(
        Output(PROGRESS, "children"),
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
            return _progress(connection, actor, site)


def _desk(actor: Actor, site: Site, seen: Any) -> Desk:
    """Who presses, and what they saw; whatever a request holds.

    Raises:
        Misuse, NotFound: nothing of ours.
    """
    version = seen.get("version") if isinstance(seen, dict) else None
    if not isinstance(version, str):
        raise Misuse(*both("error.bad_request"))
    number = _number(seen.get("plan", ""))
    return Desk(actor, site.rules, number, version, site.today(), site.clock())


def _after(actor: Actor, site: Site, desk: Desk, done: acts.Acted) -> tuple[Any, ...]:
    """What the page shows afterwards: a plan that changed anew, or what stands beside a refusal.

    After a refusal everything typed stays; the locks are told as they are, so that pressing again
    is done by somebody who knows them.
    """
    with db.reading(site.engine) as connection:
        if not _is_there(connection, actor, desk.number):
            return done.told, no_update, no_update, no_update
        shown = _shown(connection, actor, site, desk.number)
    if done.done:
        return done.told, _body(site, actor, shown), _seen(shown), no_update
    has_locks = bool(plan_forms.edit(shown, site.say))
    locks = plan_forms.locks(shown, site.say) if has_locks else no_update
    return done.told, no_update, _seen(shown), locks


def _is_there(connection: Connection, actor: Actor, number: int) -> bool:
    try:
        kept.require(connection, actor, number)
    except NotFound:
        return False
    return True


def _progress(connection: Connection, actor: Actor, site: Site) -> tuple[Component, bool]:
    some = asking.latest(connection, actor)[:1]
    names = reading.names(connection, [each.scope for each in some], on=site.today())
    told = plan_parts.progress(some, names, site.clock(), site.say)
    return told, not any(each.is_open for each in some)
