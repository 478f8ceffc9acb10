"""Bulletins: those that were issued, to be downloaded again byte for byte, and a new one to make."""

import io
from datetime import date
from functools import partial
from typing import Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
import flask
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Response

from dashboard import auth, panels, tables
from dashboard.auth import guarded
from dashboard.controls import day_picker
from dashboard.errand_parts import Spot
from dashboard.giving import XLSX
from dashboard.query import parse_day
from dashboard.site import Site, Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import bulletins, db, views
from liangxin.access import Actor, Permission
from liangxin.days import CHINA
from liangxin.errands import Asked
from liangxin.errors import Misuse, NotFound
from liangxin.moments import in_utc

PATH = "/bulletins"
PERMISSION = Permission.BULLETIN_VIEW
#: More are counted and not drawn.
MOST = 200
KIND, DAY, MAKE, ISSUED = (f"bulletins-{name}" for name in ("kind", "day", "make", "issued"))
FORMS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": XLSX,
}


def _made(asked: Asked, say: Say) -> list[Component]:
    key = "leader.made" if asked.told["is_new"] else "leader.made_before"
    kind = say(f"leader.kind.{asked.what['kind']}")
    return [html.P(say(key, kind=kind, id=asked.told["id"]), className="done", role="status")]


MAKING = Spot("bulletins-making", "bulletin", _made)


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the bulletins in the actor's scope and, for whoever may, how to make one.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
    making = []
    if actor.may(Permission.BULLETIN_MAKE):
        making = [_form(site, actor, visit.query.day or data_date or site.today())]
    return html.Article(
        [
            panels.head(
                say("leader.bulletins"), None, above="", below=say("leader.bulletins_about")
            ),
            *making,
            html.Div(_issued(site, actor), id=ISSUED),
        ]
    )


def _form(site: Site, actor: Actor, day: date) -> Component:
    say = site.say
    kinds = [{"value": kind, "label": say(f"leader.kind.{kind}")} for kind in bulletins.KINDS]
    return panels.section(
        say("leader.make"),
        html.Div(
            [
                dmc.Select(
                    id=KIND,
                    label=say("leader.make_kind"),
                    data=kinds,
                    value=kinds[0]["value"],
                    allowDeselect=False,
                    w=200,
                ),
                day_picker(DAY, say("leader.make_day"), day, say),
                dmc.Button(say("leader.make_button"), id=MAKE),
            ],
            className="leader-form",
        ),
        html.Div(MAKING.parts(site, actor), className="leader-told"),
    )


def _issued(site: Site, actor: Actor) -> Component:
    say = site.say
    with db.reading(site.engine) as connection:
        found = bulletins.listed(connection, actor)
    if not found:
        may_make = actor.may(Permission.BULLETIN_MAKE)
        key = "leader.none_make" if may_make else "leader.none"
        return html.P(say(key), className="card sentence")
    heads = [
        say(f"leader.column_{name}")
        for name in ("kind", "day", "files", "scope", "made", "rules", "id")
    ]
    rows = [_row(each, say) for each in found[:MOST]]
    left = len(found) - len(rows)
    more = [html.P(say("leader.more", count=left), className="note")] if left else []
    title = say("leader.issued", count=len(found))
    return panels.section(title, tables.sheet(heads, rows, say, kind="leader-bulletins"), *more)


def _row(each: dict[str, Any], say: Say) -> list[Cell]:
    on = in_utc(each["made_at"]).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    files: list[str | Component] = [
        html.A(f".{form}", href=address(each["id"], form), className="leader-file")
        for form in FORMS
    ]
    return [
        say(f"leader.kind.{each['kind']}"),
        str(each["as_of"]),
        files,
        each["scope"] or say("leader.scope_whole"),
        say("leader.made_by", on=on, by=each["by"]),
        each["rule_set"],
        html.Code(each["id"]),
    ]


def address(number: str, form: str) -> str:
    """Return where a bulletin's file is."""
    return f"{PATH}/{number}.{form}"


def register(app: Dash) -> None:
    """Register the making of a bulletin, and the way to its files."""

    @app.callback(
        *MAKING.asking,
        Input(MAKE, "n_clicks"),
        State(KIND, "value"),
        State(DAY, "value"),
        running=[(Output(MAKE, "loading"), True, False)],
        prevent_initial_call=True,
    )
    @guarded(Permission.BULLETIN_MAKE)
    def make(actor: Actor, _clicks: object, kind: object, day: object) -> Any:
        site = auth.site_of_request()
        return MAKING.ask(site, actor, partial(_what, site, kind, day)).asked

    @app.callback(
        *MAKING.looking,
        Output(ISSUED, "children"),
        Input(MAKING.tick, "n_intervals"),
        State(MAKING.number, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.BULLETIN_MAKE)
    def look(actor: Actor, ticks: object, number: object) -> Any:
        if not ticks:  # whoever pressed set the clock back, and was answered
            raise PreventUpdate
        site = auth.site_of_request()
        seen = MAKING.look(site, actor, number, ticks)
        return *seen.looked, _issued(site, actor) if seen.is_over else no_update

    app.server.add_url_rule(f"{PATH}/<number>.<form>", "bulletins.file", _file)


def _what(site: Site, kind: object, day: object) -> dict[str, str]:
    """Of what kind and which day a bulletin is asked for.

    Raises:
        Misuse: there is none such.
    """
    if not isinstance(kind, str) or kind not in bulletins.KINDS:
        raise Misuse(*both("leader.no_kind"))
    as_of = parse_day(day if isinstance(day, str) else "")
    if as_of is None:
        raise Misuse(*both("leader.no_day"))
    if as_of > site.today():
        raise Misuse(*both("leader.future_day", day=as_of))
    return {"kind": kind, "as_of": as_of.isoformat()}


@guarded(PERMISSION)
def _file(actor: Actor, number: str, form: str) -> Response:
    """Answer with a bulletin as a file; every one that is taken out is logged."""
    site = auth.site_of_request()
    if form not in FORMS:
        raise NotFound(*both("error.no_page", path=flask.request.path[:100]))
    try:
        with db.writing(site.engine, facts=False) as connection:
            content = bulletins.take(connection, actor, number, form, now=site.clock())
    except NotFound as error:
        auth.note_refusal(actor, error.en)
        raise
    say = site.say
    name = say(
        "leader.file",
        district=content["district"],
        kind=say(f"leader.kind.{content['kind']}"),
        as_of=content["as_of"],
        id=content["id"],
        form=form,
    )
    return flask.send_file(
        io.BytesIO(_bytes(content, form)),
        mimetype=FORMS[form],
        as_attachment=True,
        download_name=name,
        etag=False,
    )


def _bytes(content: dict[str, Any], form: str) -> bytes:
    # Imported here: pages that show no file need not pay for writing one.
    from dashboard.reports import bulletin_docx, bulletin_xlsx  # noqa: PLC0415

    return (bulletin_docx.document if form == "docx" else bulletin_xlsx.workbook)(content)
