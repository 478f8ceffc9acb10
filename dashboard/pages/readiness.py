"""What a sub-district's committee has of what it should have, with evidence, and what is missing."""

from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from dash import MATCH, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import acts, controls, panels, tables
from dashboard.auth import guarded, site_of_request
from dashboard.site import Site, Visit
from dashboard.tables import Cell, aria
from dashboard.text import Say, both
from liangxin import db, readiness, views
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.readiness import Has, Item, Ready

PATH = "/readiness"
PERMISSION = Permission.RATE_VIEW
EVIDENCE, DAY, SEND, GONE, ROW, TOLD = (
    *("readiness-evidence", "readiness-day", "readiness-send"),
    *("readiness-gone", "readiness-row", "readiness-told"),
)


def address(code: str) -> str:
    """Return where one sub-district's items are."""
    return f"{PATH}?subdistrict={code}"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the items of one sub-district, or how many of them each has.

    Raises:
        NotFound: there is no such sub-district, or it is outside the actor's scope.
        LiangxinError: the list of items or the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    as_of, code = visit.query.day or site.today(), visit.query.subdistrict
    known = readiness.items(site.settings.home)
    with db.reading(site.engine) as connection:
        if code:
            views.subdistrict_name(connection, actor, code, on=as_of)
        found = of_day(connection, actor, site, known, as_of=as_of)
    chosen = [each for each in found if each.code == code] if code else found
    one = chosen[0] if len(chosen) == 1 else None
    above: str | Component = say("readiness.as_of", on=as_of)
    if code and len(found) > 1:
        above = panels.back(say("readiness.back"), PATH)
    head = panels.head(
        say("readiness.title") if one is None else say("readiness.of", name=one.name),
        None,
        above=above,
        below=say("readiness.lead"),
    )
    if one is not None:
        records = actor.may(Permission.READINESS_RECORD)
        return html.Article([head, *_items(one, known, site.today() if records else None, say)])
    if not chosen:
        return html.Article([head, html.P(say("readiness.nobody"), className="card sentence")])
    return html.Article([head, panels.section(say("table.title"), _everywhere(found, known, say))])


def of_day(
    connection: Connection, actor: Actor, site: Site, known: list[Item], *, as_of: date
) -> list[Ready]:
    """Return what each sub-district of the installation's district has, in the actor's scope.

    Raises:
        NotPermitted: the role may not see rates.
    """
    district = site.settings.district or views.data_district(connection)
    return readiness.of_day(connection, actor, known, as_of=as_of, district=district)


def missing(one: Ready, known: list[Item], say: Say) -> list[str]:
    """Return the names of what a sub-district has not."""
    return [
        say.pair((item.zh, item.en))
        for item, has in zip(known, one.items, strict=True)
        if has.since is None
    ]


def _everywhere(found: list[Ready], known: list[Item], say: Say) -> Component:
    heads = [say("table.name"), say("readiness.has"), say("readiness.missing")]
    rows: list[list[Cell]] = [
        [
            dcc.Link(one.name, href=address(one.code)),
            say("readiness.number", there=one.there, all=len(known)),
            say("screening.and").join(missing(one, known, say)) or say("readiness.whole"),
        ]
        for one in found
    ]
    return tables.sheet(heads, rows, say, numbers={1}, kind="wrapping")


def _items(one: Ready, known: list[Item], today: date | None, say: Say) -> list[Component]:
    """Every item under its group; ``today``: whoever looks may record."""
    pairs = list(zip(known, one.items, strict=True))
    sections: list[Component] = []
    for _, some in groupby(pairs, key=lambda pair: pair[0].group):
        items = list(some)
        group = say.pair((items[0][0].group_zh, items[0][0].group_en))
        there = sum(has.since is not None for _, has in items)
        title = say("readiness.group", group=group, there=there, all=len(items))
        rows = [
            html.Li(
                [
                    html.Div(_told(has, say, item), id=_id(ROW, one.code, item.id)),
                    *_form(one.code, item, has, today, say),
                ],
                className="readiness-item",
            )
            for item, has in items
        ]
        sections.append(panels.section(title, html.Ul(rows, className="readiness-items")))
    return sections


def _told(has: Has, say: Say, item: Item) -> list[Component]:
    name = html.B(say.pair((item.zh, item.en)))
    if has.since is None:
        return [name, html.Span(say("readiness.lacks"), className="readiness-lacks")]
    return [
        name,
        html.Span(say("readiness.since", on=has.since), className="readiness-there"),
        html.Span(has.evidence or "", className="note"),
    ]


def _form(code: str, item: Item, has: Has, today: date | None, say: Say) -> list[Component]:
    if today is None:
        return []
    there = has.since is not None
    return [
        html.Details(
            [
                html.Summary(say("readiness.record")),
                dcc.Textarea(
                    id=_id(EVIDENCE, code, item.id), value=has.evidence or "", rows=2,
                    maxLength=readiness.EVIDENCE, placeholder=say("readiness.evidence"),
                    className="screening-text", title=say("readiness.evidence"),
                ),
                controls.day_picker(
                    _id(DAY, code, item.id), say("readiness.day"), today, say, last=today, look=""
                ),
                html.Div(
                    [
                        html.Button(
                            say("readiness.send"), id=_id(SEND, code, item.id), n_clicks=0,
                            className="action",
                        ),
                        html.Button(
                            say("readiness.gone"), id=_id(GONE, code, item.id), n_clicks=0,
                            className="action action-quiet", disabled=not there,
                        ),
                    ],
                    className="readiness-buttons",
                ),
            ]
        ),
        html.Div(id=_id(TOLD, code, item.id), **aria(live="polite")),
    ]  # fmt: skip


def register(app: Dash) -> None:
    """Register the recording of an item: that it is there, and that it is there no longer."""

    @app.callback(
        Output(_match(ROW), "children"),
        Output(_match(TOLD), "children"),
        Output(_match(GONE), "disabled"),
        Input(_match(SEND), "n_clicks"),
        State(_match(SEND), "id"),
        State(_match(EVIDENCE), "value"),
        State(_match(DAY), "value"),
        prevent_initial_call=True,
    )
    @guarded(Permission.READINESS_RECORD)
    def record(actor: Actor, clicks: Any, which: Any, evidence: Any, day: Any) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        if not isinstance(evidence, str) or not evidence.strip():
            evidence = None
        return _record(actor, which, evidence, day)

    @app.callback(
        Output(_match(ROW), "children", allow_duplicate=True),
        Output(_match(TOLD), "children", allow_duplicate=True),
        Output(_match(GONE), "disabled", allow_duplicate=True),
        Input(_match(GONE), "n_clicks"),
        State(_match(GONE), "id"),
        State(_match(DAY), "value"),
        prevent_initial_call=True,
    )
    @guarded(Permission.READINESS_RECORD)
    def end(actor: Actor, clicks: Any, which: Any, day: Any) -> Any:
        return _record(actor, which, "", day) if clicks else (no_update, no_update, no_update)


def _record(actor: Actor, which: Any, evidence: str | None, day: Any) -> tuple[Any, Any, Any]:
    """Record an item, empty evidence: it is there no longer; null: none was given."""
    site = site_of_request()
    say = site.say
    drawn: list[tuple[list[Component], bool]] = []

    def work(connection: Connection) -> str:
        code, name, on = _asked(which, day)
        if evidence is None:
            raise Misuse(*both("readiness.no_evidence"))
        known = readiness.items(site.settings.home)
        readiness.record(
            connection, actor, known, subdistrict_code=code, item=name, evidence=evidence,
            by=actor.name, on=on, now=site.clock(),
        )  # fmt: skip
        here = replace(actor, subdistricts=frozenset({code}))
        found = of_day(connection, here, site, known, as_of=site.today())
        for item, has in zip(known, found[0].items if found else (), strict=False):
            if item.id == name:
                drawn.append((_told(has, say, item), has.since is None))
        return say("readiness.recorded")

    acted = acts.act(site, actor, work)
    if not acted.done or not drawn:
        return no_update, acted.told, no_update
    [(row, lacks)] = drawn
    return row, acted.told, lacks


def _asked(which: Any, day: Any) -> tuple[str, str, date]:
    """Read which item of which sub-district, and since when.

    Raises:
        Misuse: a part makes no sense.
        NotFound: it names no item.
    """
    if not isinstance(which, dict):
        raise Misuse(*both("error.bad_request"))
    code, item = which.get("place"), which.get("item")
    if not isinstance(code, str) or not isinstance(item, str):
        raise NotFound(*both("error.bad_request"))
    try:
        return code, item, date.fromisoformat(day)
    except (TypeError, ValueError):
        raise Misuse(*both("query.date", value=str(day)[:40])) from None


def _id(kind: str, code: str, item: str) -> dict[str, str]:
    return {"type": kind, "place": code, "item": item}


def _match(kind: str) -> dict[str, Any]:
    return {"type": kind, "place": MATCH, "item": MATCH}
