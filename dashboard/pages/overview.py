"""The district at a glance: every rate, its course, and each sub-district beside the others."""

from functools import partial

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import figures, notices, panels, tables
from dashboard.auth import guarded
from dashboard.controls import controls
from dashboard.pages import subdistrict
from dashboard.query import HOME
from dashboard.site import Visit
from liangxin import db, views
from liangxin.access import Actor, Permission

PATH = HOME
PERMISSION = Permission.RATE_VIEW


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the page for the day and rate the address asks for.

    Raises:
        LiangxinError: no such rate, or the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    rate = site.rules.rate(visit.query.rate)
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        if data_date is None:
            return notices.empty_register(say)
        as_of = visit.query.as_of or data_date
        district = views.district_name(
            connection, site.settings.district or views.data_district(connection)
        )
        table = views.coverage(connection, actor, site.rules, as_of=as_of, rate=rate.id)
        shown = panels.ask(connection, actor, site, rate, as_of=as_of)
    to_place = partial(subdistrict.address, as_of=as_of, rate=rate.id)
    address = to_place if actor.may(subdistrict.PERMISSION) else None
    return html.Article(
        [
            panels.head(
                say("overview.title"),
                controls(site, PATH, as_of=as_of, rate=rate.id),
                above=district or "",
            ),
            *panels.remarks(shown, say, data_date=data_date),
            panels.cards(shown, say),
            html.Div(
                [
                    panels.section(say("ranking.title"), figures.ranking(table, rate, say)),
                    panels.course(shown, say, height=figures.ranking_height(table)),
                ],
                className="two-columns",
            ),
            panels.section(
                say("table.title"), tables.coverage_table(table, rate, say, address=address)
            ),
        ]
    )


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
