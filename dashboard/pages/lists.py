"""The warning lists: how many organisations something must be done about, in all and by sub-district."""

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import list_tables, notices, panels
from dashboard.auth import guarded
from dashboard.controls import controls
from dashboard.pages import listed
from dashboard.query import link
from dashboard.site import Visit
from liangxin import db, views
from liangxin.access import Actor, Permission

PATH = "/lists"
PERMISSION = Permission.RATE_VIEW


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the lists of the day the address asks for, beside what the chosen rate leaves out.

    Raises:
        LiangxinError: no such rate, or the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    rate = site.rules.rate(visit.query.rate)
    everybody = next(rule for rule in site.rules.rates.values() if not rule.places)
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        if data_date is None:
            return notices.empty_register(say)
        as_of = visit.query.day or data_date
        base = panels.rate_table(connection, actor, site, everybody, as_of=as_of)
        chosen = panels.rate_table(connection, actor, site, rate, as_of=as_of)
        counts = panels.list_counts(connection, actor, site, as_of=as_of)

    def address(name: str, code: str) -> str | None:
        if not listed.may_open(actor, name):
            return None
        return link(listed.path(name), as_of, rate.id, subdistrict=code)

    names = listed.titles(say)
    told: list[Component] = [
        panels.section(
            say("lists.each"),
            list_tables.by_list(counts, names, base.total.denominator, say, address=address),
        ),
        panels.section(
            say("table.title"),
            list_tables.by_subdistrict(counts, names, base, chosen, rate, say, address=address),
        ),
    ]
    if not base.total.denominator:
        told = [panels.remark(say("lists.nobody", as_of=as_of))]
    elif not any(counts.values()):
        told.insert(0, panels.remark(say("lists.nothing", as_of=as_of)))
    return html.Article(
        [
            panels.head(
                say("lists.title"),
                controls(site, PATH, as_of=as_of, rate=rate.id),
                above=say("figure.as_of", as_of=as_of),
                below=say("figure.rule_set", rule_set=site.rules.id),
            ),
            *panels.ahead(as_of, data_date, say),
            *told,
        ]
    )


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
