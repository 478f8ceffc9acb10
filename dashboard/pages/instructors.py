"""The instructors of a committee: who they are, what they can take on; one or many taken over."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Response
from sqlalchemy import Connection

from dashboard import acts, auth, form_fields, instructor_parts, panels, plan_forms
from dashboard.auth import guarded
from dashboard.files import templates
from dashboard.giving import XLSX, attachment
from dashboard.instructor_parts import ACT, FIELD, LINES, ON
from dashboard.site import Site, Visit
from dashboard.text import Say
from liangxin import db, divisions, instructors, pasted_instructors
from liangxin.access import Actor, Permission
from liangxin.instructors import Sent
from liangxin.pasted_instructors import HEADS, NO, YES, Places
from liangxin.plans import ground, reading

PATH = "/instructors"
PERMISSION = Permission.INSTRUCTOR_RECORD
TOLD, LIST = "instructors-told", "instructors-list"
#: Of what is pasted; some 500 lines.
LONGEST = 60_000
LIST_OF_SHEET = 255
_WIDTHS = (12, 16, 10, 24, 18, 18, 18, 10, 8, 8)


def address(subdistrict: str = "") -> str:
    """Return where the instructors of a sub-district are; without one, all of them."""
    return f"{PATH}?{urlencode({'subdistrict': subdistrict})}" if subdistrict else PATH


def one(number: int) -> str:
    """Return where one instructor is."""
    return f"{PATH}/{number}"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the instructors of the actor's scope, or of the sub-district in the address.

    Raises:
        NotFound: the sub-district is not there or not in scope.
        LiangxinError: the register cannot be read.
    """
    site, say, code = visit.site, visit.site.say, visit.query.subdistrict
    ground.within(actor, code)
    with db.reading(site.engine) as connection:
        if code:
            ground.require_subdistrict(connection, code)
        places = places_of(connection, actor, site)
        listed = _listed(connection, actor, site, places, code)
    return html.Article(
        [
            panels.head(
                say("instructors.title"),
                None,
                above=panels.back(say("visits.back"), "/visits"),
                below=say("instructors.below"),
            ),
            html.Div(id=TOLD),
            panels.section(
                say("instructors.new"),
                html.Div(instructor_parts.day(site.today(), say), className="plans-line"),
                instructor_parts.one(places, say, code or next(iter(places.subdistricts), "")),
                instructor_parts.many(say),
            ),
            html.Div(listed, id=LIST, className="stack"),
        ]
    )


def places_of(connection: Connection, actor: Actor, site: Site) -> Places:
    """Return the sub-districts of an actor's scope with their communities, by code."""
    today, district = site.today(), site.settings.district

    def work(held: Connection) -> Places:
        known = dict(reading.places(held, actor, on=today))
        if actor.subdistricts is None and district:
            known |= divisions.subdistricts(held, district, on=today)
        return Places(known, divisions.communities(held, known, on=today))

    return site.memory.told(connection, actor, ("places of instructors", today), work)


def people_of(connection: Connection, actor: Actor, site: Site) -> list[Sent]:
    """Return the instructors of an actor's scope today, as ``instructors.of_scope`` does.

    Raises:
        NotPermitted: the role may not record instructors.
    """
    today = site.today()
    return site.memory.told(
        connection,
        actor,
        ("instructors", today),
        lambda held: instructors.of_scope(held, actor, today),
    )


def _listed(
    connection: Connection, actor: Actor, site: Site, places: Places, code: str
) -> list[Component]:
    say = site.say
    people = people_of(connection, actor, site)
    number = Counter(each.subdistrict_code for each in people)
    counts = [(each, places.subdistricts.get(each, each), number[each]) for each in sorted(number)]
    some = [each for each in people if code in {"", each.subdistrict_code}]
    load = site.rules.planning.load
    return [
        panels.section(
            say("instructors.listed", number=len(some)),
            *instructor_parts.ways(counts, code, say, address),
            *instructor_parts.table(some, places, load, say, one),
        )
    ]


def register(app: Dash) -> None:
    """Register what takes people on, and the sheet that is filled in."""
    app.server.add_url_rule(
        instructor_parts.TEMPLATE, "instructors.template", template, methods=["GET"]
    )

    @app.callback(
        Output(TOLD, "children"),
        Output(LIST, "children"),
        Input({"type": ACT, "do": ALL}, "n_clicks"),
        State({"type": FIELD, "name": ALL}, "value"),
        State({"type": FIELD, "name": ALL}, "checked"),
        State({"type": FIELD, "name": ALL}, "id"),
        State(LINES, "value"),
        State(ON, "value"),
        prevent_initial_call=True,
    )
    @guarded(Permission.INSTRUCTOR_RECORD)
    def take(
        actor: Actor, clicks: Any, values: Any, checked: Any, ids: Any, text: Any, on: Any
    ) -> Any:
        if not isinstance(clicks, list) or not any(clicks):
            raise PreventUpdate
        site = auth.site_of_request()
        fields = plan_forms.fields_of(values, checked, ids) | {"text": text, "on": on}
        pasted = form_fields.pressed(ctx.triggered_id) == "paste"
        done = acts.act(site, actor, lambda c: _taken(c, actor, site, fields, pasted=pasted))
        if not done.done:
            return done.told, no_update
        with db.reading(site.engine) as connection:
            places = places_of(connection, actor, site)
            return done.told, _listed(connection, actor, site, places, "")


def _taken(
    connection: Connection, actor: Actor, site: Site, fields: dict[str, Any], *, pasted: bool
) -> str:
    """Take over whom a form or its lines name, and return what to tell.

    Raises:
        LiangxinError: it cannot be done; nothing of it was written.
    """
    day = form_fields.day(fields, "on", site.today())
    places = places_of(connection, actor, site)
    if pasted:
        text = form_fields.text(fields, "text", longest=LONGEST)
        rows = pasted_instructors.lines(text, places)
    else:
        rows = [pasted_instructors.person(instructor_parts.cells(fields), places)]
    became = instructors.load(connection, actor, rows, on=day, now=site.clock())
    return site.say(
        "instructors.taken",
        rows=became.rows, new=became.new, changed=became.changed, unchanged=became.unchanged,
    )  # fmt: skip


@guarded(Permission.INSTRUCTOR_RECORD)
def template(actor: Actor) -> Response:
    """Give the sheet whose lines are pasted here: its headers, and what may stand below them."""
    site, say = auth.site_of_request(), Say("zh")
    with db.reading(site.engine) as connection:
        places = places_of(connection, actor, site)
    heads = [(zh, width) for (zh, _), width in zip(HEADS.values(), _WIDTHS, strict=True)]
    names = list(HEADS)
    yes = [YES, NO]
    choices: dict[int, list[str]] = {
        names.index("kind"): [zh for zh, _ in instructors.KINDS.values()],
        names.index("subdistrict_code"): list(places.subdistricts.values()),
        names.index("is_district_wide"): yes,
        names.index("is_willing"): yes,
    }
    # A sheet takes no longer list to choose from; the names can be typed all the same.
    short = {n: words for n, words in choices.items() if len(",".join(words)) <= LIST_OF_SHEET}
    title = say("instructors.sheet")
    data = templates.workbook(title, heads, [], choices=short)
    return attachment(data, f"{title}-{site.today()}.xlsx", XLSX)
