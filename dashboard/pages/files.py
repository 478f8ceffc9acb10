"""Files an office hands in: what it may send, templates for it, and what became of what it sent."""

from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import auth, controls, panels
from dashboard.auth import guarded
from dashboard.files import ROOT, ROSTER, ROSTER_BYTES, UPLOAD, parts
from dashboard.pages import organisation
from dashboard.query import DEFAULT_RATE
from dashboard.site import Site, Visit
from dashboard.tables import aria
from dashboard.text import Say
from liangxin import db, handed, queue, rosters
from liangxin.access import Actor, Permission
from liangxin.handed import Offered, sheets

PATH = ROOT
PERMISSION = Permission.ROSTER_LOAD
AS_OF = "files-as-of"
FIRM, ZONE = "files-firm", "files-roster-zone"
SAID, VERDICT = "files-roster-said", "files-roster-verdict"
#: Firms whose list is overdue, offered before anything is typed.
DUE = 20
TEMPLATES = {"registrations": "register", "social": "register", "screening": "screening"}


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return what the actor's office may hand in, and what it handed in.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    hands_in = actor.may(Permission.FILE_LOAD)
    with db.reading(site.engine) as connection:
        offers = handed.offered(connection, actor) if hands_in else []
        found = handed.listed(connection, actor) if actor.may(Permission.RUN_VIEW) else []
        due = site.memory.told(
            connection,
            actor,
            ("rosters due", site.rules.id, today),
            lambda held: rosters.overdue(held, actor, site.rules, as_of=today)[:DUE],
        )
    worked_on = queue.worker_is_there(site.engine) if hands_in else True
    titles = {each.name: _title(each, say) for each in offers}
    return html.Article(
        [
            panels.head(say("files.title"), None, above=say("files.above"), below=say("files.how")),
            *([] if worked_on else [_no_worker(say)]),
            *(_zones(offers, site) if hands_in else []),
            _roster(due, site),
            *(
                [panels.section(say("files.list"), parts.list_of(found, titles, say))]
                if actor.may(Permission.RUN_VIEW)
                else []
            ),
        ]
    )


def _no_worker(say: Say) -> Component:
    return html.Div(
        [
            html.P(say("files.no_worker"), className="remark", role="alert"),
            html.Pre("liangxin worker", className="files-command"),
        ]
    )


def _zones(offers: list[Offered], site: Site) -> list[Component]:
    """A place to drop each kind of file, and its templates."""
    say = site.say
    if not offers:
        return [panels.section(say("files.send"), html.P(say("files.nothing_offered")))]
    cards = [
        html.Div(
            [
                parts.drop_zone(
                    say,
                    url=f"{UPLOAD}?{urlencode({'source': each.name})}",
                    most=site.settings.max_upload_bytes,
                    title=_title(each, say),
                ),
                _templates(each, say),
            ],
            className="files-card",
        )
        for each in offers
    ]
    day = html.Div(
        [
            controls.day_picker(AS_OF, say("files.as_of"), site.today(), say),
            html.P(say("files.as_of_hint"), className="note"),
        ],
        className="files-day",
    )
    return [panels.section(say("files.send"), day, html.Div(cards, className="files-cards"))]


def _title(each: Offered, say: Say) -> str:
    """A source's name in the language of the page, if it is one that is shipped."""
    told = say.word("source", each.name)
    return each.title if told == each.name else told


def _templates(each: Offered, say: Say) -> Component:
    kind = TEMPLATES[each.kind]
    address = f"{ROOT}/template/{kind}.xlsx"
    return html.P(
        [
            html.A(say("files.template_empty"), href=address, className="files-link"),
            html.A(
                say(f"files.template_{kind}"), href=f"{address}?filled=1", className="files-link"
            ),
        ],
        className="files-templates",
    )


def _roster(due: list[rosters.Overdue], site: Site) -> Component:
    """Where a firm's staff list is dropped: the firm first."""
    say = site.say
    offered = [_option(each) for each in due]
    return panels.section(
        say("files.roster_title"),
        html.P(say("files.roster_how")),
        dmc.Select(
            id=FIRM,
            label=say("files.firm"),
            placeholder=say("files.firm_hint"),
            description=say("files.firm_due", count=len(due)) if due else None,
            data=offered,
            searchable=True,
            clearable=True,
            nothingFoundMessage=say("files.firm_none"),
            className="files-firm",
        ),
        html.Div(id=ZONE),
        dcc.Store(id=SAID),
        html.Div(id=VERDICT, **aria(live="polite")),
    )


def _option(firm: sheets.Firm | rosters.Overdue) -> dict[str, str]:
    return {"value": firm.uscc, "label": f"{firm.name} {firm.uscc}"}


def register(app: Dash) -> None:
    """Register the search for a firm, the place for its list, and what the list came to."""

    @app.callback(
        Output(FIRM, "data"),
        Input(FIRM, "searchValue"),
        State(FIRM, "value"),
        State(FIRM, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.ROSTER_LOAD)
    def search(actor: Actor, said: object, chosen: object, shown: object) -> Any:
        site = auth.site_of_request()
        options = (
            [each for each in shown if isinstance(each, dict)] if isinstance(shown, list) else []
        )
        text = said.strip()[:40] if isinstance(said, str) else ""
        if not text or any(each.get("label") == said for each in options):
            raise PreventUpdate  # nothing is typed, or what is shown there is what was chosen
        with db.reading(site.engine) as connection:
            found = sheets.firms(connection, actor, text, on=site.today())
        kept = [each for each in options if chosen and each.get("value") == chosen]
        return [*kept, *(_option(each) for each in found if each.uscc != chosen)]

    @app.callback(
        Output(ZONE, "children"),
        Output(SAID, "data"),
        Input(FIRM, "value"),
        prevent_initial_call=True,
    )
    @guarded(Permission.ROSTER_LOAD)
    def place(actor: Actor, chosen: object) -> Any:
        site, say = auth.site_of_request(), auth.site_of_request().say
        if not isinstance(chosen, str) or not chosen:
            return [], None
        with db.reading(site.engine) as connection:
            firm = sheets.firm(connection, actor, chosen[:20], on=site.today())
        if firm is None:
            return [html.P(say("files.no_firm"), role="alert", className="remark")], None
        asked = urlencode({"organisation": firm.uscc})
        zone = parts.drop_zone(
            say,
            url=f"{ROSTER}?{asked}",
            most=ROSTER_BYTES,
            title=say("files.roster_of", name=firm.name),
            kind="roster",
        )
        template = html.A(
            say("files.template_roster"),
            href=f"{ROOT}/template/roster.xlsx?{asked}",
            className="files-link",
        )
        return [html.Div([zone, html.P(template, className="files-templates")])], None

    @app.callback(
        Output(VERDICT, "children"),
        Input(SAID, "data"),
        State(FIRM, "value"),
        prevent_initial_call=True,
    )
    @guarded(Permission.ROSTER_LOAD)
    def tell(_actor: Actor, said: object, chosen: object) -> Any:
        site = auth.site_of_request()
        if not isinstance(said, dict) or not isinstance(chosen, str):
            return []
        address = organisation.address(chosen[:20], site.today(), DEFAULT_RATE)
        return parts.roster_verdict(said, site.say, organisation=address)
