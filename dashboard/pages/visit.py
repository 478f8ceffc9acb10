"""One assignment on a phone: what is known of it, and a visit logged in three taps."""

from typing import Any
from urllib.parse import quote

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, auth, form_fields, panels, visit_parts
from dashboard.auth import guarded
from dashboard.site import Site, Visit
from dashboard.text import both
from liangxin import db, instructor_changes, instructors, visits
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.plans import ground
from liangxin.visits import Carried

PATH = "/visits/<instructor>/<uscc>"
PERMISSION = Permission.INSTRUCTOR_RECORD
TOLD, STANDING, ABOUT, SAVE = "visit-told", "visit-standing", "visit-about", "visit-save"
WORD, SAY, SAID = "visit-word", "visit-say", "visit-said"
END_ON, SURE, END, ENDED = "visit-end-on", "visit-end-sure", "visit-end", "visit-ended"


def address(instructor: int, uscc: str) -> str:
    """Return where visits of an instructor to an organisation are logged."""
    return PATH.replace("<instructor>", str(instructor)).replace("<uscc>", quote(uscc))


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the assignment of the instructor and organisation in the path.

    Raises:
        NotFound: that instructor does not look after that organisation today, or out of scope.
        LiangxinError: the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    about = {"instructor": visit.place["instructor"], "uscc": visit.place["uscc"]}
    with db.reading(site.engine) as connection:
        each = _found(connection, actor, site, about)
    return html.Article(
        [
            panels.head(each.organisation, None, above=panels.back(say("visits.back"), "/visits")),
            html.Div(id=TOLD),
            html.Section(
                html.Div(visit_parts.standing(each, visits.OVERDUE, say), id=STANDING),
                className="card",
            ),
            dcc.Store(id=ABOUT, data=about),
            panels.section(
                say("visits.log"),
                visit_parts.form(visits.KINDS, visits.NOTES, site.today(), say),
            ),
            panels.section(
                say("visits.pair"),
                visit_parts.pair(instructors.WORDS, say, word=WORD, button=SAY),
                html.Div(id=SAID),
            ),
            panels.section(
                say("visits.end"),
                visit_parts.end(site.today(), say, on=END_ON, sure=SURE, button=END),
                html.Div(id=ENDED),
            ),
        ]
    )


def _found(connection: Connection, actor: Actor, site: Site, about: Any) -> Carried:
    """The assignment that is meant.

    Raises:
        NotFound: there is none, or not in scope.
    """
    number, code = form_fields.number(about, "instructor"), form_fields.text(about, "uscc").upper()
    today = site.today()
    some = visits.carried(connection, actor, site.rules, as_of=today, instructor=number)
    for each in some:
        if each.instructor_id == number and each.uscc == code:
            return each
    raise NotFound(*both("visits.not_assigned"))


def register(app: Dash) -> None:
    """Register what logs the visit."""

    @app.callback(
        Output(TOLD, "children"),
        Output(STANDING, "children"),
        Input(SAVE, "n_clicks"),
        State("visit-kind", "value"),
        State("visit-on", "value"),
        State("visit-note", "value"),
        State(ABOUT, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.INSTRUCTOR_RECORD)
    def save(actor: Actor, clicks: Any, kind: Any, on: Any, note: Any, about: Any) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        fields = {"kind": kind, "on": on, "note": note}
        about = about if isinstance(about, dict) else {}
        done = acts.act(site, actor, lambda c: _logged(c, actor, site, fields, about))
        if not done.done:
            return done.told, no_update
        with db.reading(site.engine) as connection:
            each = _found(connection, actor, site, about)
        return done.told, visit_parts.standing(each, visits.OVERDUE, site.say)

    @app.callback(
        Output(SAID, "children"),
        Input(SAY, "n_clicks"),
        State(WORD, "value"),
        State(ABOUT, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.INSTRUCTOR_RECORD)
    def tell(actor: Actor, clicks: Any, word: Any, about: Any) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        about = about if isinstance(about, dict) else {}
        return acts.act(site, actor, lambda c: _said(c, actor, site, {"word": word}, about)).told

    @app.callback(
        Output(ENDED, "children"),
        Input(END, "n_clicks"),
        State(END_ON, "value"),
        State(SURE, "checked"),
        State(ABOUT, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.INSTRUCTOR_RECORD)
    def end(actor: Actor, clicks: Any, on: Any, sure: Any, about: Any) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        about = about if isinstance(about, dict) else {}
        fields = {"on": on, "sure": sure}
        return acts.act(site, actor, lambda c: _ended(c, actor, site, fields, about)).told


def _said(
    connection: Connection, actor: Actor, site: Site, fields: dict[str, Any], about: Any
) -> str:
    """Record what holds between the two from today on, and return what to tell.

    Raises:
        LiangxinError: it cannot be.
    """
    each = _found(connection, actor, site, about)
    word, today = form_fields.text(fields, "word"), site.today()
    became = instructors.say(
        connection,
        actor,
        each.instructor_id,
        ground.require_organisation(connection, actor, each.uscc, today),
        word,
        on=today,
        now=site.clock(),
    )
    key = "visits.was_said" if became == "unchanged" else "visits.said"
    return site.say(key, word=site.say.pair(instructors.WORDS[word]))


def _ended(
    connection: Connection, actor: Actor, site: Site, fields: dict[str, Any], about: Any
) -> str:
    """End the assignment, and return what to tell.

    Raises:
        LiangxinError: it cannot be.
    """
    if fields["sure"] is not True:
        raise Misuse(*both("visits.end_unsure"))
    each = _found(connection, actor, site, about)
    day, now = form_fields.day(fields, "on", site.today()), site.clock()
    # What the actor may end, ``_found`` has told.
    became = instructor_changes.end(
        connection, actor, each.instructor_id, each.uscc, on=day, now=now
    )
    return site.say(f"visits.{became}", name=each.organisation, on=day)


def _logged(
    connection: Connection, actor: Actor, site: Site, fields: dict[str, Any], about: Any
) -> str:
    """Log the visit and return what to tell.

    Raises:
        LiangxinError: it cannot be.
    """
    each = _found(connection, actor, site, about)
    day = form_fields.day(fields, "on", site.today())
    became = visits.record(
        connection,
        actor,
        each.instructor_id,
        ground.require_organisation(connection, actor, each.uscc, site.today()),
        kind=form_fields.text(fields, "kind"),
        on=day,
        by=actor.name,
        now=site.clock(),
        note=form_fields.text(fields, "note") or None,
    )
    key = "visits.was_logged" if became == "unchanged" else "visits.logged"
    return site.say(key, name=each.organisation, on=day)
