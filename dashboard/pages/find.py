"""Finds an organisation by a part of its name, of an earlier one, or of its code."""

from typing import Any

from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard import controls, panels, tables
from dashboard.auth import guarded
from dashboard.pages import organisation
from dashboard.query import DEFAULT_RATE
from dashboard.site import Visit
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import called, db, lookup
from liangxin.access import Actor, Permission

PATH = "/find"
PERMISSION = Permission.ORGANISATION_LIST
#: Whoever finds more says more.
MOST = 100


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return what has the text of the address in its name or code.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say, today, text = visit.site, visit.site.say, visit.site.today(), visit.query.text
    with db.reading(site.engine) as connection:
        found = lookup.organisations(
            connection, actor, site.rules, text, today=today, most=MOST + 1
        )

    def address(uscc: str) -> str:
        return organisation.address(uscc, today, DEFAULT_RATE)

    return html.Article(
        [
            panels.head(
                say("find.title"),
                None,
                above=say("tasks.today", on=today),
                below=say("find.lead"),
            ),
            *controls.search(text, say("find.hint"), say),
            *_found(found, text, say, address),
        ]
    )


def _found(found: list[lookup.Match], text: str, say: Say, address: Any) -> list[Component]:
    if not called.words(text):
        return []
    if not found:
        return [html.P(say("find.nobody", text=text), className="sentence")]
    more = [panels.remark(say("find.more", most=MOST))] if len(found) > MOST else []
    heads = [
        say(f"column.{name}") for name in ("name", "uscc", "subdistrict", "community", "state")
    ]
    rows = [_row(each, say, address) for each in found[:MOST]]
    return [*more, tables.sheet([*heads, say("column.counts")], rows, say)]


def _row(match: lookup.Match, say: Say, address: Any) -> list[Cell]:
    name: list[str | Component] = [dcc.Link(match.name, href=address(match.uscc))]
    if match.former:
        name.append(html.Small(say("find.former", name=match.former), className="find-former"))
    counts = "yes" if match.counts else "unverified" if match.unverified else "no"
    return [
        name,
        match.uscc,
        match.subdistrict or say("table.unlocated"),
        match.community or "",
        say.word("state", match.state),
        say.word("counts", counts),
    ]


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
