"""The way between the pages: what the visitor's role may open, and nothing else.

It comes with each page and not with the frame, which holds no data and asks nobody.
"""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.periods import half_year_before
from dashboard.query import CHANGE, DEFAULT_RATE, HOME, Query, link, span_link
from dashboard.site import Page, Site
from dashboard.tables import aria
from liangxin.access import Actor

#: The pages that are offered, by path, with the key of what they are called there.
WAYS = {
    HOME: "navigation.overview",
    CHANGE: "navigation.change",
    "/lists": "navigation.lists",
    "/tasks": "navigation.tasks",
    "/find": "find.way",
    "/files": "files.way",
    "/screening": "screening.way",
    "/community": "community.way",
    "/locate": "navigation.locate",
    "/readiness": "readiness.way",
    "/members": "members.title",
    "/terms": "terms.way",
    "/plans": "plans.title",
    "/visits": "visits.title",
    "/bulletins": "leader.bulletins",
    "/sources": "admin.way.data",
    "/admin/accounts": "admin.way.accounts",
    "/admin/roles": "admin.way.roles",
    "/admin/jobs": "admin.way.jobs",
    "/admin/log": "admin.way.log",
}


def bar(
    actor: Actor, site: Site, pages: Sequence[Page], *, here: Page | None, query: Query
) -> list[Component]:
    """Return the links a role may follow, for the day and rate that is looked at."""
    say = site.say
    links = [
        dcc.Link(
            say(WAYS[page.PATH]),
            href=_address(page.PATH, site, query),
            className="way" + (" way-here" if page is here else ""),
        )
        for page in pages
        if page.PATH in WAYS and actor.may(page.PERMISSION)
    ]
    if not links:
        return []
    return [html.Nav(links, className="navigation", **aria(label=say("navigation.label")))]


def _address(path: str, site: Site, query: Query) -> str:
    """A rate that is not there, or cannot be asked for at the other end, is left behind."""
    rule = site.rules.rates.get(query.rate)
    rate = DEFAULT_RATE if rule is None or (rule.places and path == CHANGE) else rule.id
    if query.day is None:
        return path if rate == DEFAULT_RATE else f"{path}?rate={rate}"
    if path == CHANGE:
        from_on = query.from_on or half_year_before(query.day)
        return span_link(path, from_on, query.day, rate)
    return link(path, query.day, rate)
