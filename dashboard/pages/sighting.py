"""One report of a community worker: this organisation moved or closed, or here is a new one."""

from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import acts, panels
from dashboard.auth import guarded, site_of_request
from dashboard.pages import community
from dashboard.site import Visit
from dashboard.tables import aria
from dashboard.text import Say, both
from liangxin import db, sightings
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.sightings import Near, Newcomer
from liangxin.tasks import Answered

PATH = "/community/<what>"
PERMISSION = Permission.SIGHTING_REPORT
KIND, NOTE, ABOUT, SEND = "sighting-kind", "sighting-note", "sighting-about", "sighting-send"
NAME, ADDRESS, CODE = "sighting-name", "sighting-address", "sighting-code"
PLACE, SEND_NEW = "sighting-place", "sighting-send-new"
PANEL, TOLD = "sighting-panel", "sighting-told"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the form about the organisation whose code stands in the path, or about a new one.

    Raises:
        NotFound: it is not one of the actor's communities.
        LiangxinError: the register cannot be read.
    """
    site, say, what = visit.site, visit.site.say, visit.place["what"]
    with db.reading(site.engine) as connection:
        if what == community.NEW:
            places = sightings.communities(connection, actor, today=site.today())
            title, form = say("community.new"), _new(places, say)
        else:
            one = sightings.one(connection, actor, site.rules, what, today=site.today())
            title, form = one.name, _known(one, say)
    return html.Article(
        [
            panels.head(title, None, above=panels.back(say("community.back"), community.PATH)),
            html.Section(form, id=PANEL, className="card sighting-form"),
            html.Div(id=TOLD, className="sighting-told", **aria(live="assertive")),
        ],
        className="community",
    )


def _known(one: Near, say: Say) -> list[Component]:
    about = " · ".join(each for each in (one.uscc, one.community, one.address) if each)
    reported = [panels.remark(say("community.reported_long"))] if one.reported else []
    return [
        html.P(about, className="note"),
        *reported,
        html.Fieldset(
            [
                html.Legend(say("community.what")),
                dcc.RadioItems(
                    id=KIND,
                    options=[
                        {"label": say.pair(words), "value": name}
                        for name, words in sightings.SEEN.items()
                    ],
                    className="sighting-choices",
                    labelClassName="screening-choice",
                ),
            ]
        ),
        *_field(NOTE, say("community.note"), say("community.note_hint")),
        dcc.Store(id=ABOUT, data=one.uscc),
        html.Button(say("community.confirm"), id=SEND, n_clicks=0, className="action"),
    ]


def _new(places: dict[str, str], say: Say) -> list[Component]:
    if not places:
        return [html.P(say("community.no_place"), className="sentence")]
    options = [{"label": name, "value": code} for code, name in sorted(places.items())]
    first = options[0]["value"] if len(options) == 1 else None
    return [
        *_field(NAME, say("community.name"), say("community.name_hint")),
        *_field(ADDRESS, say("community.address"), say("community.address_hint")),
        *_field(CODE, say("community.code"), say("community.code_hint")),
        html.Label(say("community.place"), htmlFor=PLACE),
        dcc.Dropdown(
            id=PLACE, options=options, value=first, clearable=False, searchable=len(options) > 8,
            placeholder=say("community.place_hint"),
        ),
        html.Button(say("community.confirm"), id=SEND_NEW, n_clicks=0, className="action"),
    ]  # fmt: skip


def _field(name: str, label: str, hint: str) -> list[Component]:
    return [
        html.Label(label, htmlFor=name),
        dcc.Input(
            id=name, value="", type="text", placeholder=hint, maxLength=sightings.LONGEST,
            autoComplete="off", className="screening-text",
        ),
    ]  # fmt: skip


def register(app: Dash) -> None:
    """Register the two confirmations."""

    @app.callback(
        Output(PANEL, "children"),
        Output(TOLD, "children"),
        Input(SEND, "n_clicks"),
        State(ABOUT, "data"),
        State(KIND, "value"),
        State(NOTE, "value"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def send(actor: Actor, clicks: Any, uscc: Any, kind: Any, note: Any) -> Any:
        if not clicks:
            return no_update, no_update
        site = site_of_request()

        def work(connection: Connection) -> Answered:
            _require_texts(uscc, note)
            if not isinstance(kind, str):
                raise Misuse(*both("community.no_kind"))
            return sightings.report(
                connection, actor, site.rules, uscc, kind,
                note=note or "", today=site.today(), now=site.clock(),
            )  # fmt: skip

        return _send(actor, work)

    @app.callback(
        Output(PANEL, "children", allow_duplicate=True),
        Output(TOLD, "children", allow_duplicate=True),
        Input(SEND_NEW, "n_clicks"),
        State(NAME, "value"),
        State(ADDRESS, "value"),
        State(CODE, "value"),
        State(PLACE, "value"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def send_new(actor: Actor, clicks: Any, *said: Any) -> Any:
        if not clicks:
            return no_update, no_update
        site = site_of_request()

        def work(connection: Connection) -> Answered:
            _require_texts("", *said)
            newcomer = Newcomer(*(each or "" for each in said))
            return sightings.report_found(
                connection, actor, site.rules, newcomer, today=site.today(), now=site.clock()
            )

        return _send(actor, work)


def _send(actor: Actor, work: Any) -> tuple[Any, Any]:
    """Do it; once done the form gives way to the sentence and a way back."""
    site = site_of_request()
    say = site.say

    def told(connection: Connection) -> str:
        answered: Answered = work(connection)
        owner = say.word("role", answered.owner)
        return say("community.sent", owner=owner, on=answered.due_on)

    acted = acts.act(site, actor, told)
    if not acted.done:
        return no_update, acted.told
    again = dcc.Link(say("community.again"), href=community.PATH, className="action")
    return [again], acted.told


def _require_texts(uscc: object, *others: object) -> None:
    """Return if what the browser sent is text.

    Raises:
        Misuse: it is not.
    """
    if not isinstance(uscc, str) or not all(isinstance(each, str | None) for each in others):
        raise Misuse(*both("error.bad_request"))
