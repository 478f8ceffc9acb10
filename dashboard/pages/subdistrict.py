"""One sub-district: its rates, their course, what is to be done there, and every organisation it has."""

from dataclasses import replace
from datetime import date

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import list_tables, notices, panels, subdistrict_parts, tables, whole_lists
from dashboard.auth import guarded
from dashboard.controls import controls, filter_box
from dashboard.pages import organisation
from dashboard.query import HOME, link
from dashboard.site import Visit
from dashboard.text import Say
from liangxin import db, views
from liangxin.access import Actor, Permission

PATH = "/subdistrict/<code>"
PERMISSION = Permission.LIST_VIEW


def address(code: str, as_of: date, rate: str) -> str:
    """Return the address of a sub-district's page."""
    return link(PATH.replace("<code>", code), as_of, rate)


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the page of the sub-district whose code stands in the path.

    Raises:
        NotFound: it does not exist, or is outside the actor's scope.
        LiangxinError: no such rate, or the register cannot be read.
    """
    site, say, code = visit.site, visit.site.say, visit.place["code"]
    rate = site.rules.rate(visit.query.rate)
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        as_of = visit.query.as_of or data_date or site.today()
        name = views.subdistrict_name(connection, actor, code, on=as_of)
        if data_date is None:
            return notices.empty_register(say)
        here = replace(actor, subdistricts=frozenset({code}))
        shown = panels.ask(connection, here, site, rate, as_of=as_of)
        number = site.memory.told(
            connection,
            actor,
            ("organisations there", code, as_of),
            lambda reading: views.organisations_there(
                reading, actor, site.rules, subdistrict_code=code, as_of=as_of
            ),
        )
        beside = subdistrict_parts.ask(connection, actor, site, code, rate, as_of=as_of)
        rows = site.memory.told(
            connection,
            actor,
            ("organisations of", site.rules.id, code, as_of),
            lambda reading: views.organisations(
                reading, actor, site.rules, subdistrict_code=code, as_of=as_of, most=tables.MOST
            ),
        )
    return html.Article(
        [
            panels.head(
                name,
                controls(site, PATH.replace("<code>", code), as_of=as_of, rate=rate.id),
                above=panels.back(say("subdistrict.back"), link(HOME, as_of, rate.id)),
                below=say("subdistrict.code", code=code),
            ),
            *panels.remarks(shown, say, data_date=data_date),
            panels.cards(shown, say, subdistrict=code),
            *subdistrict_parts.shown(beside, actor, code, rate, say, as_of=as_of),
            panels.course(shown, say),
            panels.section(
                say("subdistrict.list", count=number),
                *_left_out(number - len(rows), address(code, as_of, rate.id), say),
                filter_box(say, visit.query.filter),
                tables.organisations_grid(
                    rows, say, address=organisation.way(actor, as_of, rate.id)
                ),
            ),
        ]
    )


def _left_out(number: int, here: str, say: Say) -> list[Component]:
    """What a reader must know of a list that does not show all."""
    if not number:
        return []
    told = panels.remark(say("leader.left_out", count=number, most=tables.MOST))
    return [told, list_tables.whole(whole_lists.address(here), say)]


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
