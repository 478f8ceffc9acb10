"""The district at a glance: every rate, its course, and each sub-district beside the others."""

from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import figures, leader_parts, notices, panels, tables
from dashboard.auth import guarded
from dashboard.controls import controls
from dashboard.pages import clock, listed, lists, rule_sets, subdistrict
from dashboard.pages import tasks as tasks_page
from dashboard.panels import Panels
from dashboard.query import HOME, link
from dashboard.site import Visit
from liangxin import db, tasks, timing, views
from liangxin.access import Actor, Permission

PATH = HOME
LISTS, TASKS = lists.PATH, tasks_page.PATH
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
        table = panels.rate_table(connection, actor, site, rate, as_of=as_of)
        shown = panels.ask(connection, actor, site, rate, as_of=as_of)
        first = _first(connection, actor, visit, shown)
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
            first.headline,
            html.Div(
                [
                    panels.section(say("ranking.title"), figures.ranking(table, rate, say)),
                    panels.course(shown, say, height=figures.ranking_height(table)),
                ],
                className="two-columns",
            ),
            html.Div([first.clocks, *first.stuck], className="two-columns"),
            panels.cards(shown, say),
            panels.section(
                say("table.title"), tables.coverage_table(table, rate, say, address=address)
            ),
            first.sources,
        ]
    )


@dataclass(frozen=True, slots=True)
class _First:
    """What a leader reads first, and last: whose data."""

    headline: Component
    clocks: Component
    stuck: list[Component]  # empty: the role sees no tasks
    sources: Component


def _first(connection: Connection, actor: Actor, visit: Visit, shown: Panels) -> _First:
    site, say, as_of = visit.site, visit.site.say, shown.as_of
    kpi = next(each for each in shown.kpis if each.rate.id == shown.rate.id)
    told = None
    if not shown.rate.places:
        days = {"from_on": kpi.before_on, "to_on": as_of}
        told = panels.changed(connection, actor, site, shown.rate, **days).total
    readings = site.memory.told(
        connection,
        actor,
        ("clocks", as_of),
        lambda reading: timing.readings(reading, actor, site.rules, as_of=as_of),
    )
    return _First(
        leader_parts.headline(kpi, told, say, why=None if told is None else panels.why(kpi, "")),
        leader_parts.clocks(
            readings, say, as_of=as_of, address=partial(clock.way, actor, as_of=as_of)
        ),
        _stuck(connection, actor, visit, shown),
        leader_parts.sources(
            views.newest(connection, actor),
            site.rules,
            kpi,
            say,
            rule=rule_sets.address(site.rules),
        ),
    )


def _stuck(connection: Connection, actor: Actor, visit: Visit, shown: Panels) -> list[Component]:
    site, say, as_of = visit.site, visit.site.say, shown.as_of
    if not actor.may(Permission.TASK_LIST):
        return []
    counts = panels.list_counts(connection, actor, site, as_of=as_of)
    found = leader_parts.Stuck(
        tasks.held(connection, actor, today=site.today()),
        {name: sum(of.values()) for name, of in counts.items()},
        listed.titles(say),
    )

    def to_list(name: str) -> str:
        """The organisations themselves, for whoever may see them; else how many there are."""
        path = listed.path(name) if listed.may_open(actor, name) else LISTS
        return link(path, as_of, shown.rate.id)

    def to_tasks(code: str) -> str:
        return f"{TASKS}?{urlencode({'subdistrict': code})}"

    may_open = tasks.opens_offices(actor)
    return [
        leader_parts.stuck(found, say, to_tasks=to_tasks if may_open else None, to_list=to_list)
    ]


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
