"""The members of one organisation: numbers, then names for a purpose, then the committee's steps."""

from datetime import date
from typing import Any

from dash import ALL, MATCH, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, auth, member_parts, name_parts, panels, posting
from dashboard.auth import guarded
from dashboard.pages import listed, members, organisation
from dashboard.query import DEFAULT_RATE, SHOWN, link
from dashboard.site import Site, Visit
from dashboard.text import both
from liangxin import awaiting, db, desk, privacy, purposes
from liangxin.access import LOCAL, Actor, Permission
from liangxin.awaiting import Waiting
from liangxin.desk import Followed
from liangxin.errors import Misuse, NotPermitted

PATH = "/members/<uscc>"
PERMISSION = Permission.PERSON_VIEW
OF, STANDING = "members-of", "members-standing"
#: No row has a larger number.
LAST = 2**63 - 1


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the organisation whose code stands in the path: numbers, and the way to names.

    Raises:
        NotFound: it is not there, or is outside the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    if actor is LOCAL:
        return member_parts.closed_to_nobody(say)
    records = actor.may(Permission.MEMBERSHIP_RECORD)
    with db.reading(site.engine) as connection:
        name, uscc = awaiting.named(connection, actor, visit.place["uscc"])
        numbers = [_numbers(connection, actor, site, uscc)] if records else []
        posted = [posting.section(connection, actor, site, uscc)] if records else []
    page = link(organisation.PATH.replace("<uscc>", uscc), site.today(), DEFAULT_RATE)
    return html.Article(
        [
            panels.head(
                name, None, above=panels.back(say("members.back"), members.PATH), below=uscc
            ),
            dcc.Store(id=OF, data=uscc),
            *(
                panels.section(
                    say("members.standing"),
                    html.Div(part, id=STANDING),
                    html.P(
                        dcc.Link(say("members.standing.organisation"), href=page),
                        className="facts-more",
                    ),
                )
                for part in numbers
            ),
            panels.section(
                say("members.look"),
                html.P(say("members.look_note"), className="note"),
                name_parts.form(site.today(), say, steps=records),
                html.Div(id=name_parts.NAMES),
            ),
            *posted,
        ]
    )


def _numbers(connection: Connection, actor: Actor, site: Site, uscc: str) -> Component:
    today, say = site.today(), site.say
    one: Waiting = awaiting.one(connection, actor, uscc, today=today)
    now = desk.standing(connection, actor, site.rules, uscc, today)
    return member_parts.standing(
        one,
        now,
        listed.titles(say),
        say,
        lambda name: link(listed.path(name), today, DEFAULT_RATE),
    )


def register(app: Dash) -> None:
    """Register the look, the steps and the numbers that follow them."""

    @app.callback(
        Output(name_parts.NAMES, "children"),
        Input(name_parts.OPEN, "n_clicks"),
        State(OF, "data"),
        State(name_parts.PURPOSE, "value"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def looked(actor: Actor, pressed: object, uscc: object, purpose: object) -> Any:
        if not pressed:
            raise PreventUpdate
        return _look(auth.site_of_request(), actor, uscc, purpose)

    @app.callback(
        Output(member_parts.id_of(name_parts.SAID, n=MATCH), "children"),
        Output(member_parts.id_of(name_parts.STEPS, n=MATCH), "children"),
        Input(member_parts.id_of(name_parts.STEP, n=MATCH, step=ALL), "n_clicks"),
        State(name_parts.ON, "value"),
        prevent_initial_call=True,
    )
    @guarded(Permission.MEMBERSHIP_RECORD)
    def stepped(actor: Actor, pressed: list[object], on: object) -> Any:
        if not any(pressed or []):
            raise PreventUpdate
        return _step(auth.site_of_request(), actor, ctx.triggered_id, on)

    @app.callback(
        Output(STANDING, "children"),
        Input(member_parts.id_of(name_parts.SAID, n=ALL), "children"),
        State(OF, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.MEMBERSHIP_RECORD)
    def counted(actor: Actor, said: list[object], uscc: object) -> Any:
        if not any(said or []):
            raise PreventUpdate
        site = auth.site_of_request()
        with db.reading(site.engine) as connection:
            return _numbers(connection, actor, site, str(uscc)[:SHOWN])

    posting.register(app, OF)
    members.in_browser(
        app,
        "close_names",
        Output(name_parts.NAMES, "children", allow_duplicate=True),
        Input(name_parts.CLOSE, "n_clicks"),
        prevent_initial_call=True,
    )


def _look(site: Site, actor: Actor, uscc: object, purpose: object) -> Component:
    """Open the names in one transaction, with their row in the log; or a sentence, and neither."""
    say, now = site.say, site.clock()
    shown: list[Component] = []

    def work(connection: Connection) -> str:
        if actor is LOCAL:
            raise NotPermitted(*both("members.no_accounts"))
        if not isinstance(uscc, str):
            raise Misuse(*both("error.bad_request"))
        if not isinstance(purpose, str) or purpose not in purposes.OF_OFFICES:
            raise Misuse(*both("members.choose_purpose"))
        found = desk.open_names(
            connection,
            actor,
            privacy.load(site.settings),
            uscc,
            purpose=purpose,
            today=site.today(),
            now=now,
        )
        look = name_parts.Look(actor.name, purpose, now)
        steps = actor.may(Permission.MEMBERSHIP_RECORD)
        shown.append(name_parts.sheet(found, look, say, steps=steps))
        return ""

    acted = acts.act(site, actor, work)
    return shown[0] if acted.done else acted.told


def _step(site: Site, actor: Actor, pressed: object, on: object) -> tuple[Any, Any]:
    """Take the step that was pressed: what is told, and what is left of the buttons."""
    say, today = site.say, site.today()
    done: list[Followed] = []

    def work(connection: Connection) -> str:
        number, step = _pressed(pressed)
        what = desk.take(
            connection,
            actor,
            site.rules,
            number,
            step,
            on=_day(on),
            today=today,
            now=site.clock(),
        )
        done.append(what)
        return member_parts.followed(what, listed.titles(say), say)

    acted = acts.act(site, actor, work)
    if not acted.done:
        return acted.told, no_update
    links = [
        dcc.Link(title, href=link(listed.path(name), today, DEFAULT_RATE))
        for name, title in listed.titles(say).items()
        if name in done[0].entered
    ]
    return [acted.told, *(html.P(each) for each in links)], []


def _pressed(pressed: object) -> tuple[int, str]:
    found = pressed if isinstance(pressed, dict) else {}
    number, step = found.get("n"), found.get("step")
    if type(number) is not int or not isinstance(step, str) or not 0 < number <= LAST:
        raise Misuse(*both("error.bad_request"))
    return number, step


def _day(said: object) -> date:
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        raise Misuse(*both("query.date", value=str(said)[:SHOWN])) from None
