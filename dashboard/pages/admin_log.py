"""The log, for the auditor: what was done or refused, filtered, paged, written to a file, verified."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import admin_parts, auth, panels
from dashboard.auth import guarded
from dashboard.controls import LOCATION
from dashboard.errand_parts import Seen, Spot
from dashboard.query import Query, parse_query
from dashboard.site import Site, Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import audit, db
from liangxin.access import Actor, Permission
from liangxin.audit import Entry, Verified
from liangxin.days import CHINA
from liangxin.errors import Misuse

PATH = "/admin/log"
PERMISSION = Permission.LOG_VIEW
BY, ACTION, FROM, TO, ABOUT, ASK = (
    f"admin-log-{each}" for each in ("by", "action", "from", "to", "about", "ask")
)
VERIFY = "admin-log-verify"
EXPORT, FILE = "admin-log-export", "admin-log-file"
#: Entries of a page, and of a file.
PAGE, MOST = 100, 100_000
#: A longer log is verified when somebody asks, and by the worker: 50,000 entries take two seconds.
BY_ITSELF = 5_000


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the log is asked for."""

    by: str = ""
    action: str = ""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def chosen(self) -> Mapping[str, Any]:
        """As ``audit.listed`` wants it."""
        return asdict(self)


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the entries that the address asks for, the newest first.

    Raises:
        Misuse: a day, an action or a page of the address makes no sense.
        LiangxinError: the register cannot be read.
    """
    site, say, query = visit.site, visit.site.say, visit.query
    asked, page = filter_of(query), _page_of(query.more.get("page", ""))
    with db.reading(site.engine) as connection:
        number = audit.count(connection, actor, **asked.chosen())
        found = audit.listed(connection, actor, **asked.chosen(), most=PAGE, skip=(page - 1) * PAGE)
        names = audit.names(connection, actor)
    return html.Article(
        [
            panels.head(
                say("admin.log.title"),
                None,
                above=say("admin.above"),
                below=say("admin.log.about_page"),
            ),
            html.Section(
                [
                    *_verifying(site, actor),
                    html.Button(
                        say("admin.log.verify"), id=VERIFY, type="button", className="admin-export"
                    ),
                ],
                className="card admin-told admin-verify",
            ),
            panels.section(say("admin.log.ask"), _form(query, names, say)),
            panels.section(
                say("admin.log.found", count=number),
                *_entries(found, say, query, number=number, page=page),
            ),
        ]
    )


def _verifying(site: Site, actor: Actor) -> list[Component]:
    """Where the verification is told; what the worker found of a long log stands there at once."""
    place, *rest = VERIFYING.parts(site, actor)
    if not place.children:
        place.children = html.P(site.say("admin.log.verifying"), className="note")
    return [place, *rest]


def filter_of(query: Query) -> Filter:
    """Return what an address asks of the log; days are China's, both of them whole.

    Raises:
        Misuse: the last day is before the first.
    """
    if query.from_on and query.to_on and query.to_on < query.from_on:
        raise Misuse(*both("admin.log.days"))
    return Filter(
        by=query.more.get("by", ""),
        action=query.more.get("action", ""),
        about=query.more.get("about", ""),
        since=None if query.from_on is None else _begins(query.from_on),
        until=None if query.to_on is None else _begins(query.to_on + timedelta(days=1)),
    )


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _page_of(text: str) -> int:
    if not text:
        return 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 1_000_000:
        raise Misuse(*both("admin.log.page", value=text[:20]))
    return int(text[:9])


def _form(query: Query, names: Sequence[str], say: Say) -> Component:
    more = query.more
    actions = [{"value": key, "label": say.pair(pair)} for key, pair in audit.ACTIONS.items()]
    fields = [
        dmc.Select(
            id=BY, label=say("admin.log.by"), data=list(names), value=more.get("by") or None,
            searchable=True, clearable=True, limit=200, className="admin-field",
        ),
        dmc.Select(
            id=ACTION, label=say("admin.log.action"), data=actions,
            value=more.get("action") or None, searchable=True, clearable=True,
            className="admin-field",
        ),
        _day(FROM, say("admin.log.from"), query.from_on),
        _day(TO, say("admin.log.to"), query.to_on),
        dmc.TextInput(
            id=ABOUT, label=say("admin.log.about"), value=more.get("about", ""),
            className="admin-field",
        ),
    ]  # fmt: skip
    return html.Div([*fields, _button(ASK, say("admin.log.find"))], className="admin-form")


def _day(name: str, label: str, day: date | None) -> Component:
    field: Component = dmc.DateInput(
        id=name,
        label=label,
        value=None if day is None else day.isoformat(),
        valueFormat="YYYY-MM-DD",
        clearable=True,
        className="admin-field",
    )
    return field


def _button(name: str, text: str) -> Component:
    return html.Button(text, id=name, type="button", className="admin-button")


def _entries(
    found: Sequence[Entry], say: Say, query: Query, *, number: int, page: int
) -> list[Component]:
    if not found:
        return [html.P(say("admin.log.none"), className="sentence")]
    heads = [say(f"admin.log.{key}") for key in ("number", "at", "by", "role", "action", "about")]
    rows = [_row(each, say) for each in found]
    table = admin_parts.table("log", heads, rows, say)
    whole = html.Button(
        say("admin.log.export", most=MOST), id=EXPORT, type="button", className="admin-export"
    )
    return [table, _pages(query, say, number=number, page=page), whole, dcc.Download(id=FILE)]


def _row(entry: Entry, say: Say) -> list[Cell]:
    about: list[str | Component] = [entry.about]
    if entry.purpose:
        purpose = say("admin.log.purpose", purpose=entry.purpose)
        about.append(html.Span(purpose, className="aside"))
    return [
        str(entry.number),
        f"{entry.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        entry.by,
        say.word("role", entry.role) if entry.role else "",
        say.pair(audit.ACTIONS[entry.action]),
        admin_parts.words(*about),
    ]


def _pages(query: Query, say: Say, *, number: int, page: int) -> Component:
    last = max(1, -(-number // PAGE))
    asked = {
        **{name: query.more.get(name, "") for name in ("by", "action", "about")},
        "from": query.from_on or "",
        "to": query.to_on or "",
    }
    parts: list[Component] = [html.Span(say("admin.log.pages", page=page, last=last))]
    for key, other in (("newer", page - 1), ("older", page + 1)):
        if 1 <= other <= last:
            to = admin_parts.address(PATH, **asked, page=other)
            parts.append(dcc.Link(say(f"admin.log.{key}"), href=to))
    return html.Nav(parts, className="admin-pages")


def register(app: Dash) -> None:
    """Register the filter, which becomes the address, the verification, and the file."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("liangxin_admin", "ask_log"),
        Output(LOCATION, "search", allow_duplicate=True),
        Input(ASK, "n_clicks"),
        *(State(name, "value") for name in (BY, ACTION, FROM, TO, ABOUT)),
        prevent_initial_call=True,
    )

    @app.callback(
        *VERIFYING.asking,
        Input(VERIFY, "n_clicks"),
        State(VERIFYING.number, "data"),
    )
    @guarded(PERMISSION)
    def verify(actor: Actor, clicks: object, kept: object) -> Any:
        site = auth.site_of_request()
        if not clicks and kept:  # the worker is at it, or has just been
            raise PreventUpdate
        with db.reading(site.engine) as connection:
            number = audit.count(connection, actor)
            if number <= BY_ITSELF:
                found = verified(audit.verify(connection), site.clock(), site.say)
                return Seen([found], waits=False).asked
        if not clicks:
            told = html.P(site.say("admin.log.long", entries=number), className="note")
            return Seen([told], waits=False).asked
        return VERIFYING.ask(site, actor, dict).asked

    @app.callback(
        *VERIFYING.looking,
        Input(VERIFYING.tick, "n_intervals"),
        State(VERIFYING.number, "data"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def look(actor: Actor, ticks: object, number: object) -> Any:
        if not ticks:  # whoever pressed set the clock back, and was answered
            raise PreventUpdate
        return VERIFYING.look(auth.site_of_request(), actor, number, ticks).looked

    @app.callback(
        Output(FILE, "data"),
        Input(EXPORT, "n_clicks"),
        State(LOCATION, "search"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def export(actor: Actor, clicks: object, search: object) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        asked = filter_of(parse_query(search))
        with db.writing(site.engine) as connection:
            content, rows = _written(connection, actor, asked, site)
            audit.by_actor(connection, actor, "log.exported", str(rows), now=site.clock())
        name = f"log-{site.clock().astimezone(CHINA):%Y%m%d-%H%M}.csv"
        return {"content": content, "filename": name, "type": "text/csv;charset=utf-8"}


def verified(found: Verified, when: datetime, say: Say) -> Component:
    """Return what verifying the chain came to; where it is broken, from which entry on."""
    at = admin_parts.moment(when, say)
    if found.is_whole:
        told = say("admin.log.whole", entries=found.entries, at=at)
        head = html.P(say("admin.log.head", head=found.head), className="note admin-head")
        return html.Div([html.P(told, role="status"), head], className="admin-verdict-whole")
    told = say("admin.log.broken", at=at, number=found.broken_at)
    link = dcc.Link(say("admin.log.broken_do"), href=PATH)
    return html.Div([html.P(told, role="alert"), html.P(link)], className="admin-verdict-broken")


VERIFYING = Spot(
    "admin-log-verified",
    "log",
    lambda asked, say: [verified(Verified(**asked.told), asked.moved_at, say)],
)


def _written(connection: Connection, actor: Actor, asked: Filter, site: Site) -> tuple[str, int]:
    """The entries as CSV that a spreadsheet reads, and how many there are; no cell is a formula."""
    say, text = site.say, io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    keys = ("number", "at", "by", "role", "action", "about", "purpose_head")
    writer.writerow([say(f"admin.log.{key}") for key in keys])
    found = audit.listed(connection, actor, **asked.chosen(), most=MOST)
    for each in found:
        cells = [
            *(str(each.number), f"{each.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}", each.by),
            say.word("role", each.role) if each.role else "",
            *(say.pair(audit.ACTIONS[each.action]), each.about, each.purpose),
        ]
        writer.writerow([_plain(cell) for cell in cells])
    return "\ufeff" + text.getvalue(), len(found)


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell
