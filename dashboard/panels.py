"""The parts that several pages share: every rate as a card, and the course of the chosen one.

A page of one sub-district is the page of the district with a narrower actor: scope is part of
every query, so the same questions give the figures of the smaller place.
"""

from dataclasses import dataclass
from datetime import date

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import figures
from dashboard.figures import Kpi
from dashboard.periods import half_year_before, trend_days
from dashboard.query import CHANGE, span_link
from dashboard.site import Site
from dashboard.text import Say
from liangxin import change, lists, views
from liangxin.access import Actor
from liangxin.answers import TrendPoint
from liangxin.change import Changed
from liangxin.indicators import Count, RateTable
from liangxin.rules import RateRule


@dataclass(frozen=True, slots=True)
class Panels:
    """Every rate on a day and half a year before; the chosen one over the year."""

    as_of: date
    rate: RateRule
    rule_set: str
    kpis: tuple[Kpi, ...]
    course: tuple[TrendPoint, ...]  # in the order of days, the last one is ``as_of``


def ask(connection: Connection, actor: Actor, site: Site, rate: RateRule, *, as_of: date) -> Panels:
    """Return the figures in the actor's scope.

    Raises:
        NotPermitted: the role may not see rates.
    """
    before_on = half_year_before(as_of)
    year = trend_days(as_of)
    known = totals(connection, actor, site, {before_on, as_of, *year})
    kpis = tuple(
        Kpi(rule, site.rules.id, as_of, known[as_of][rule.id], before_on, known[before_on][rule.id])
        for rule in site.rules.rates.values()
    )
    course = tuple(TrendPoint(day, known[day][rate.id]) for day in year)
    return Panels(as_of, rate, site.rules.id, kpis, course)


def totals(
    connection: Connection, actor: Actor, site: Site, days: set[date]
) -> dict[date, dict[str, Count]]:
    """Return the total of every rate on each day, as ``views.totals`` does."""
    return site.memory.told(
        connection,
        actor,
        ("totals", frozenset(days)),
        lambda reading: views.totals(reading, actor, site.rules, days=days),
    )


def rate_table(
    connection: Connection, actor: Actor, site: Site, rate: RateRule, *, as_of: date
) -> RateTable:
    """Return a rate by sub-district, as ``views.coverage`` does."""
    return site.memory.told(
        connection,
        actor,
        ("coverage", as_of, rate.id),
        lambda reading: views.coverage(reading, actor, site.rules, as_of=as_of, rate=rate.id),
    )


def list_counts(
    connection: Connection, actor: Actor, site: Site, *, as_of: date
) -> dict[str, dict[str | None, int]]:
    """Return how many organisations are on each warning list, as ``lists.counts`` does."""
    return site.memory.told(
        connection,
        actor,
        ("lists", as_of),
        lambda reading: lists.counts(reading, actor, site.rules, as_of=as_of),
    )


def changed(
    connection: Connection,
    actor: Actor,
    site: Site,
    rate: RateRule,
    *,
    from_on: date,
    to_on: date,
) -> Changed:
    """Return what moved a rate between two days, as ``change.between`` does.

    Raises:
        Misuse: the days are not in order, or the rate is over places.
    """
    return site.memory.told(
        connection,
        actor,
        ("change", from_on, to_on, rate.id),
        lambda reading: change.between(
            reading, actor, site.rules, from_on=from_on, to_on=to_on, rate=rate.id
        ),
    )


def cards(panels: Panels, say: Say, *, subdistrict: str = "") -> Component:
    """Return every rate as a card, the chosen one marked, each linked to why it moved."""
    return html.Div(
        [
            figures.kpi_card(
                kpi,
                say,
                chosen=kpi.rate.id == panels.rate.id,
                why=None if kpi.rate.places else why(kpi, subdistrict),
            )
            for kpi in panels.kpis
        ],
        className="cards",
    )


def why(kpi: Kpi, subdistrict: str) -> str:
    """Return the address of why a rate moved."""
    return span_link(CHANGE, kpi.before_on, kpi.as_of, kpi.rate.id, subdistrict=subdistrict)


def course(panels: Panels, say: Say, *, height: int = 0) -> Component:
    """Return the course of the chosen rate over the year."""
    return section(
        say("trend.title"),
        figures.trend(panels.course, panels.rate, panels.rule_set, say, height=height),
    )


def remarks(panels: Panels, say: Say, *, data_date: date) -> list[Component]:
    """Return what a reader of these figures must know: a day ahead of the data, an empty day."""
    said = ahead(panels.as_of, data_date, say)
    if not panels.kpis[0].now.denominator:
        said.append(remark(say("figure.nobody", as_of=panels.as_of)))
    return said


def ahead(as_of: date, data_date: date, say: Say) -> list[Component]:
    """Return what a reader must know of a day ahead of the data."""
    return [remark(say("figure.ahead", data_date=data_date))] if as_of > data_date else []


def remark(sentence: str) -> Component:
    """Return a sentence that a reader must not miss."""
    return html.P(sentence, className="remark")


def head(
    title: str, turning: Component | None, *, above: str | Component, below: str = ""
) -> Component:
    """Return the head of a page: what stands above and below its title, and its controls."""
    about = [html.H1(title), html.P(below, className="note")] if below else [html.H1(title)]
    over = html.P(above, className="eyebrow") if isinstance(above, str) else above
    parts = [html.Div([over, *about]), *([] if turning is None else [turning])]
    return html.Header(parts, className="page-head")


def back(text: str, address: str) -> Component:
    """Return a way back that stands above a title."""
    link: Component = dcc.Link(text, href=address, className="back")
    return link


def section(title: str, *children: Component) -> Component:
    """Return a titled part of a page."""
    return html.Section([html.H2(title), *children], className="card")
