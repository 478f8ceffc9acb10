"""The web app: a frame that stays, and the one callback that chooses the page inside it.

``create_app`` builds as many apps as are wanted; nothing here is global and no folder is
searched for pages. A page is a function of its address.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dash
import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Engine

from dashboard import (
    auth,
    controls,
    feed,
    health,
    language,
    ledgers,
    navigation,
    responses,
    whole_lists,
)
from dashboard.account import ME, SIGN_IN
from dashboard.account import routes as signing
from dashboard.account.gate import Gate
from dashboard.account.tries import Tries
from dashboard.component_json import as_json
from dashboard.controls import LOCATION
from dashboard.declare import routes as declaring
from dashboard.declare.quotas import Quotas
from dashboard.figures import FONT
from dashboard.files import packages
from dashboard.files import routes as taking
from dashboard.memory import Memory
from dashboard.pages import (
    admin_accounts,
    admin_jobs,
    admin_log,
    admin_roles,
    bulletins,
    change,
    clock,
    community,
    data_quality,
    exchange,
    files,
    find,
    handed,
    instructor,
    instructors,
    listed,
    lists,
    locate,
    member_names,
    members,
    organisation,
    overview,
    party,
    plan,
    plans,
    readiness,
    rule_sets,
    run,
    screening,
    sighting,
    source,
    sources,
    subdistrict,
    task,
    tasks,
    terms,
    terms_due,
    visit,
    visits,
)
from dashboard.query import HOME
from dashboard.router import Router
from dashboard.site import Clock, Page, Site
from dashboard.text import TAGS, Say, t
from liangxin import rules
from liangxin.errors import DatabaseUnavailable
from liangxin.settings import Settings

#: In the order of the navigation.
PAGES: Sequence[Page] = (
    *(overview, change, lists, tasks, find, task, files, handed, screening, community, sighting),
    *(locate, readiness, members, member_names, terms, terms_due, plans, plan, visits, visit),
    *(instructors, instructor, party),
    *(bulletins, subdistrict, listed, clock, organisation),
    *(sources, source, run, data_quality, rule_sets, exchange),
    *(admin_accounts, admin_roles, admin_jobs, admin_log),
)
ASSETS = Path(__file__).parent / "assets"
PAGE_ID = "page"
#: Ten shades, light to dark, as Mantine wants them.
SLATE = [
    "#f3f5f8",
    "#e4e9ef",
    "#c9d3de",
    "#a9b8c9",
    "#8699af",
    "#667f9b",
    "#4a6583",
    "#3b526c",
    "#2d4056",
    "#1f2e40",
]
#: What Dash does not know of in the document below.
LANG, NEEDS_SCRIPT = "{%lang%}", "{%needs_script%}"
INDEX = """<!DOCTYPE html>
<html lang="{%lang%}">
<head>
{%metas%}
<meta name="robots" content="noindex">
<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="/assets/favicon.svg">
{%css%}
</head>
<body>
<noscript>{%needs_script%}</noscript>
{%app_entry%}
{%config%}
{%scripts%}
{%renderer%}
</body>
</html>
"""
ENTRY = '<div id="react-entry-point"><div class="_dash-loading">{loading}</div></div>'


class App(dash.Dash):
    """Dash with the document around it in the language of the request."""

    site: Site

    def interpolate_index(self, *args: Any, **parts: Any) -> Any:
        """Return the document around the app."""
        say = self.site.say
        parts["title"] = say("app.title")
        parts["app_entry"] = ENTRY.format(loading=say("app.loading"))
        document = super().interpolate_index(*args, **parts)  # type: ignore[no-untyped-call]
        return document.replace(LANG, say.tag).replace(NEEDS_SCRIPT, say("app.needs_script"))


def create_app(
    settings: Settings,
    engine: Engine,
    *,
    clock: Clock,
    pages: Sequence[Page] = PAGES,
    quotas: Quotas | None = None,
    memory: Memory | None = None,
) -> dash.Dash:
    """Return the web app on a register; its WSGI application is ``.server``.

    Nothing is read from the register yet: an app can start before its database does.

    Args:
        settings: of this installation.
        engine: the register.
        clock: the only one.
        pages: those of the dashboard.
        quotas: how much one address may send, and how often fail to sign in; none: the usual.
        memory: where figures that were worked out are kept; none: one of the app's own.

    Raises:
        UnguardedCallback: a callback or a layout declares no permission.
    """
    memory = Memory() if memory is None else memory
    site = Site(settings, engine, clock, rules.of(settings), memory)
    app = App(
        "dashboard",
        assets_folder=str(ASSETS),
        pages_folder="",
        use_pages=False,
        update_title="",
        index_string=INDEX,
        suppress_callback_exceptions=True,  # the parts of a page come and go with it
        add_log_handler=False,
        enable_mcp=False,
        # No callback of ours waits for another: a thread and a loop of its own for each question,
        # which Dash makes where asgiref happens to be installed, are only slower.
        use_async=False,
    )
    app.site = site
    app.layout = lambda: frame(site.say)
    router = Router(site, pages, auth.note_if_refused)
    gate, wanted = Gate(site), quotas or Quotas()
    app.server.extensions[auth.GATE] = gate
    _register(app, router, pages)
    signing.register(app.server, site, gate, Tries(wanted.signing_in))
    feed.register(app.server, engine, clock)
    whole_lists.register(app.server)
    ledgers.register(app.server)
    health.register(app.server, site)
    declaring.register(app.server, site, wanted)
    language.register(app.server)
    taking.register(app.server)
    packages.register(app.server)
    auth.check_guards(app)
    responses.harden(app, router)
    return app


def frame(say: Say) -> Component:
    """Return what stays while pages change. It holds no data, so it needs no guard."""
    provider: Component = dmc.MantineProvider(
        forceColorScheme="light",
        theme={
            "fontFamily": FONT,
            "headings": {"fontFamily": FONT},
            "colors": {"slate": SLATE},
            "primaryColor": "slate",
            "defaultRadius": 2,
        },
        children=dmc.DatesProvider(
            settings={"locale": say.tag.lower(), "firstDayOfWeek": 1},
            children=[
                dcc.Location(id=LOCATION, refresh="callback-nav"),
                html.Header(
                    html.Div(
                        [
                            dcc.Link(say("app.title"), href=HOME, className="brand"),
                            # Neither is one of Dash's pages: the browser goes there.
                            html.Span(
                                [_switch(say), html.A(say("account.me"), href=ME, className="me")],
                                className="masthead-ways",
                            ),
                        ],
                        className="masthead-row",
                    ),
                    className="masthead",
                ),
                _unanswered(say),
                html.Div(id=PAGE_ID),
            ],
        ),
    )
    return provider


def _switch(say: Say) -> Component:
    """The way to the other language, in its own word."""
    to = language.other(say.language)
    return html.A(
        t("language.name", to),
        href=f"{language.SWITCH}/{to}",
        lang=TAGS[to],
        className="leader-language",
    )


def _unanswered(say: Say) -> Component:
    """Where the browser tells what a question met instead of an answer (``unanswered.js``)."""
    door: dict[str, Any] = {"data-door": SIGN_IN}
    bar: dict[str, Any] = {"data-silent": say("unanswered.silent")}
    return html.Div(
        [
            html.Span(className="unanswered-said"),
            html.A(
                say("unanswered.sign_in"),
                href=SIGN_IN,
                target="_blank",  # what was typed here stays
                className="unanswered-door",
                **door,
            ),
            html.Button(say("unanswered.close"), className="unanswered-close"),
        ],
        id="unanswered",
        hidden=True,
        role="alert",
        **bar,
    )


def _register(app: dash.Dash, router: Router, pages: Sequence[Page]) -> None:
    @app.callback(
        Output(PAGE_ID, "children"), Input(LOCATION, "pathname"), Input(LOCATION, "search")
    )
    @auth.dispatching(page.layout for page in pages)
    def show(path: object, search: object) -> Any:
        if path is None:  # the browser has not said yet where it is
            raise PreventUpdate
        main = html.Main(router.answer(path, search), className="page")
        return as_json([*_ways(router, path, search), main])

    controls.in_browser(app, "name_window", Input(PAGE_ID, "children"))
    controls.register(app)
    for page in pages:
        page.register(app)


def _ways(router: Router, path: object, search: object) -> list[Component]:
    """The navigation of whoever asks; while the register is away nobody can be told from anybody."""
    try:
        actor = auth.actor_of_request()
    except DatabaseUnavailable:
        return []
    here, query = router.whereabouts(path, search)
    return navigation.bar(actor, router.site, router.pages, here=here, query=query)
