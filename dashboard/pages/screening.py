"""The desk at which an office screens: one organisation after the other, by keyboard, mouse or thumb."""

from contextlib import suppress
from datetime import date
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import acts, controls, panels, screening_parts
from dashboard.auth import guarded, site_of_request
from dashboard.screening_parts import (
    ABOUT,
    AT,
    DAY,
    EVIDENCE,
    LIST,
    NAME,
    PLACE,
    ROWS,
    SAVE,
    SAVED,
    SEEN,
    STATE,
    TALLY,
    TOLD,
)
from dashboard.site import Site, Visit
from dashboard.tables import aria
from dashboard.text import Say, both
from liangxin import db, divisions, screening, views
from liangxin.access import Actor, Permission
from liangxin.errors import LiangxinError, Misuse
from liangxin.screening import Found, Recorded, ScreenedMeanwhile, Waits

PATH = "/screening"
PERMISSION = Permission.SCREENING_RECORD
#: More are counted and come up once these are done.
MOST = 100


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return whom to look at today, of one sub-district or with some text in the name if asked.

    Raises:
        NotFound: there is no such sub-district, or it is outside the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    code, text = visit.query.subdistrict, visit.query.text
    with db.reading(site.engine) as connection:
        places = _places(connection, actor, site, today)
        if not code and not text and len(places) > 1:
            code = next(iter(places))  # one place at a time: nobody screens a whole district
        if code:
            views.subdistrict_name(connection, actor, code, on=today)
        desk = _desk(connection, actor, site, code, text)
    return html.Article(
        [
            panels.head(
                say("screening.title"),
                None,
                above=say("tasks.today", on=today),
                below=say("screening.lead"),
            ),
            html.Dl(
                screening_parts.tally(desk.waits, say), id=TALLY, className="card screening-tally"
            ),
            *screening_parts.chips(places, code, say, path=PATH),
            *controls.search(text, say("screening.search"), say),
            *(
                _work(desk, today, code, say)
                if desk.rows
                else [screening_parts.nobody(say, searched=text)]
            ),
        ],
        className="screening",
    )


def _desk(connection: Connection, actor: Actor, site: Site, code: str, text: str) -> screening.Desk:
    """Whom to look at in a sub-district, once as long as nothing changes; anew if somebody searches."""
    today = site.today()

    def work(held: Connection) -> screening.Desk:
        return screening.desk(
            held,
            actor,
            site.rules,
            today=today,
            subdistrict_code=code,
            text=text,
            most=MOST,
            waiting=_waits(held, actor, site, code, today),
        )

    if text:
        return work(connection)
    return site.memory.told(connection, actor, ("screening", site.rules.id, today, code), work)


def _work(desk: screening.Desk, today: date, code: str, say: Say) -> list[Component]:
    states = {name: say.word("state", name) for name in screening.FOUND}
    left = max(desk.waits.unscreened + desk.waits.due - len(desk.rows), 0)
    rows = {one.uscc: screening_parts.row(one, say) for one in desk.rows}
    more = [html.P(say("screening.more", count=left), className="note")] if left else []
    return [
        screening_parts.legend(say),
        html.Div(
            [
                html.Section(
                    [
                        html.Ol(
                            screening_parts.items(desk.rows, say),
                            id=LIST,
                            role="listbox",
                            tabIndex=0,
                            className="screening-list",
                            **aria(label=say("screening.list")),
                        ),
                        *more,
                    ],
                    className="card",
                ),
                screening_parts.form(states, today, say),
            ],
            className="screening-desk",
        ),
        dcc.Store(id=ROWS, data=rows),
        dcc.Store(id=AT, data=desk.rows[0].uscc),
        dcc.Store(id=SEEN, data=0),
        dcc.Store(id=SAVED),
        dcc.Store(id=PLACE, data=code),
    ]


def _places(connection: Connection, actor: Actor, site: Site, today: date) -> dict[str, str]:
    district = site.settings.district or views.data_district(connection)
    found = divisions.subdistricts(connection, district, on=today)
    scope = actor.subdistricts
    return {code: name for code, name in found.items() if scope is None or code in scope}


def register(app: Dash) -> None:
    """Register the saving, and what the browser does by itself: choosing, moving, searching."""

    @app.callback(
        Output(TOLD, "children"),
        Output(SAVED, "data"),
        Output(TALLY, "children"),
        Input(SAVE, "n_clicks"),
        State(AT, "data"),
        State(SEEN, "data"),
        State(STATE, "value"),
        State(EVIDENCE, "value"),
        State(DAY, "value"),
        State(PLACE, "data"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def save(actor: Actor, clicks: Any, *said: Any) -> Any:
        return _save(actor, clicks, *said) if clicks else (no_update, no_update, no_update)

    for name, parts in {
        "choose": (
            *(Output(each, "children") for each in (NAME, ABOUT)),
            *(Output(each, "value") for each in (STATE, EVIDENCE)),
            Output(SEEN, "data"),
            Input(AT, "data"),
            State(ROWS, "data"),
        ),
        "after_save": (
            Output(ROWS, "data"),
            Output(AT, "data"),
            Output(SEEN, "data", allow_duplicate=True),
            Input(SAVED, "data"),
            State(ROWS, "data"),
        ),
    }.items():
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction("liangxin_screening", name),
            *parts,
            prevent_initial_call=name != "choose",
        )


def _save(
    actor: Actor, nth: Any, at: Any, seen: Any, state: Any, evidence: Any, day: Any, place: Any
) -> tuple[Any, Any, Any]:
    """Record one finding; what is told, what became of the row, and how many wait now.

    The browser waits for the second, so that it comes each time and is never twice the same.
    """
    site = site_of_request()
    say, today = site.say, site.today()
    recorded: list[Recorded] = []
    second: list[ScreenedMeanwhile] = []

    def work(connection: Connection) -> str:
        found = _found(at, seen, state, evidence, day)
        try:
            done = screening.record(
                connection, actor, site.rules, found, today=today, now=site.clock()
            )
        except ScreenedMeanwhile as error:
            second.append(error)
            raise
        recorded.append(done)
        return ""

    acted = acts.act(site, actor, work)
    saved: Any = {"uscc": None, "done": False, "row": None, "nth": nth}
    numbers: Any = no_update
    if not recorded and not second:
        return acted.told, saved, numbers
    with suppress(LiangxinError):  # the register went away since; what was done is told
        site.tell_spells()
        with db.reading(site.engine) as connection:
            row = screening.one(connection, actor, site.rules, str(at), today=today)
            saved = {
                "uscc": row.uscc,
                "done": acted.done,
                "row": screening_parts.row(row, say),
                "nth": nth,
            }
            waits = _waits(connection, actor, site, place, site.today())
            numbers = screening_parts.tally(waits, say)
            if acted.done:
                told = _told(recorded[0], row.state, waits, say)
                said = html.P(told, className="done screening-done", role="status")
                return said, saved, numbers
    return acted.told, saved, numbers


def _waits(connection: Connection, actor: Actor, site: Site, place: Any, today: date) -> Waits:
    code = place if isinstance(place, str) else ""
    if code:
        views.subdistrict_name(connection, actor, code, on=today)
    return site.memory.told(
        connection,
        actor,
        ("screening waits", site.rules.id, today, code),
        lambda held: screening.waits(held, actor, site.rules, today=today, subdistrict_code=code),
    )


def _found(at: Any, seen: Any, state: Any, evidence: Any, day: Any) -> Found:
    """Read what the browser sent; the domain judges what it says.

    Raises:
        Misuse: a part is missing or makes no sense.
    """
    if not isinstance(at, str) or not isinstance(seen, int) or not isinstance(evidence, str | None):
        raise Misuse(*both("error.bad_request"))
    if not isinstance(state, str):
        raise Misuse(*both("screening.no_state"))
    try:
        on = date.fromisoformat(day)
    except (TypeError, ValueError):
        raise Misuse(*both("query.date", value=str(day)[:40])) from None
    return Found(at, state, evidence or "", on, seen)


def _told(recorded: Recorded, state: str | None, waits: Waits, say: Say) -> list[Component]:
    word = say.word("state", state)
    told = [say(f"screening.done.{recorded.outcome}", name=recorded.name, state=word)]
    if recorded.moved:
        before = waits.counted - recorded.moved
        told.append(say("screening.moved", before=before, after=waits.counted))
    if recorded.task is not None:
        key = "screening.task_closed" if recorded.task.closed else "screening.task_on"
        told.append(say(key, owner=say.word("role", recorded.task.owner)))
    return [html.Span(each) for each in told]
