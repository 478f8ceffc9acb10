"""One instructor: what they can take on, corrected; and the organisations they look after."""

from typing import Any

from dash import ALL, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, auth, form_fields, instructor_parts, panels, plan_forms
from dashboard.auth import guarded
from dashboard.instructor_parts import FIELD
from dashboard.pages import instructors as all_of_them
from dashboard.pages import visit as one_visit
from dashboard.query import SHOWN
from dashboard.site import Site, Visit
from dashboard.text import both
from liangxin import db, instructor_changes, instructors, pasted_instructors, visits
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.instructors import Sent
from liangxin.pasted_instructors import Places

PATH = "/instructors/<number>"
PERMISSION = Permission.INSTRUCTOR_RECORD
TOLD, BODY, SAVE, ABOUT = ("instructor-told", "instructor-body", "instructor-save", "instructor-of")
#: A number with more digits is none of the register's.
DIGITS = 9


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the instructor whose number stands in the path.

    Raises:
        NotFound: there is no such instructor, or not in the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site, said = visit.site, visit.place["number"]
    if not said.isascii() or not said.isdigit() or len(said) > DIGITS:
        raise NotFound(*both("instructors.not_there", number=said[:SHOWN]))
    with db.reading(site.engine) as connection:
        body = _body(connection, actor, site, int(said))
    return html.Article(
        [
            html.Div(id=TOLD),
            dcc.Store(id=ABOUT, data=int(said)),
            html.Div(body, id=BODY, className="stack"),
        ]
    )


def _who(connection: Connection, actor: Actor, site: Site, number: int) -> Sent:
    """The instructor with a number.

    Raises:
        NotFound: there is none in the actor's scope.
    """
    for each in instructors.of_scope(connection, actor, site.today(), only=number):
        return each
    raise NotFound(*both("instructors.not_there", number=number))


def _body(connection: Connection, actor: Actor, site: Site, number: int) -> list[Component]:
    say = site.say
    who = _who(connection, actor, site, number)
    places = all_of_them.places_of(connection, actor, site)
    some = visits.carried(connection, actor, site.rules, as_of=site.today(), instructor=number)
    return [
        panels.head(
            who.name,
            None,
            above=panels.back(say("instructors.back"), all_of_them.address(who.subdistrict_code)),
            below=instructor_parts.where(who, places, say),
        ),
        panels.section(
            say("instructors.offer"),
            instructor_parts.edit(who, places, site.today(), say, save=SAVE),
        ),
        panels.section(
            say("instructors.carried", number=len(some)),
            *instructor_parts.carried(
                some, say, lambda each: one_visit.address(each.instructor_id, each.uscc)
            ),
        ),
    ]


def register(app: Dash) -> None:
    """Register what writes the changes."""

    @app.callback(
        Output(TOLD, "children"),
        Output(BODY, "children"),
        Input(SAVE, "n_clicks"),
        State({"type": FIELD, "name": ALL}, "value"),
        State({"type": FIELD, "name": ALL}, "checked"),
        State({"type": FIELD, "name": ALL}, "id"),
        State(instructor_parts.ON, "value"),
        State(ABOUT, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.INSTRUCTOR_RECORD)
    def save(
        actor: Actor, clicks: Any, values: Any, checked: Any, ids: Any, on: Any, about: Any
    ) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        fields = plan_forms.fields_of(values, checked, ids) | {"on": on, "number": about}
        done = acts.act(site, actor, lambda c: _saved(c, actor, site, fields))
        if not done.done:
            return done.told, no_update
        with db.reading(site.engine) as connection:
            return done.told, _body(connection, actor, site, form_fields.number(fields, "number"))


def _saved(connection: Connection, actor: Actor, site: Site, fields: dict[str, Any]) -> str:
    """Write what was changed, and return what to tell.

    Raises:
        LiangxinError: it cannot be; nothing was written.
    """
    day = form_fields.day(fields, "on", site.today())
    who = _who(connection, actor, site, form_fields.number(fields, "number"))
    places: Places = all_of_them.places_of(connection, actor, site)
    # Where somebody is sent from does not change: that is another instructor.
    cells = {**instructor_parts.cells(fields), "subdistrict_code": who.subdistrict_code}
    row = pasted_instructors.person(cells, places)
    renamed = instructor_changes.rename(connection, actor, who.id, row["name"], now=site.clock())
    became = instructors.load(connection, actor, [row], on=day, now=site.clock())
    changed = renamed or became.changed or became.new
    key = "instructors.saved" if changed else "instructors.as_it_was"
    return site.say(key, name=row["name"], on=day)
