"""The parts that several pages share: every rate as a card, and the course of the chosen one.

A page of one sub-district is the page of the district with a narrower actor: scope is part of
every query, so the same questions give the figures of the smaller place.
"""

from dataclasses import dataclass
from datetime import date

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import figures
from dashboard.figures import Kpi
from dashboard.periods import half_year_before, trend_days
from dashboard.site import Site
from dashboard.text import Say
from liangxin import views
from liangxin.access import Actor
from liangxin.answers import TrendPoint
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
    known = views.totals(connection, actor, site.rules, days={before_on, as_of, *year})
    kpis = tuple(
        Kpi(rule, site.rules.id, as_of, known[as_of][rule.id], before_on, known[before_on][rule.id])
        for rule in site.rules.rates.values()
    )
    course = tuple(TrendPoint(day, known[day][rate.id]) for day in year)
    return Panels(as_of, rate, site.rules.id, kpis, course)


def cards(panels: Panels, say: Say) -> Component:
    """Return every rate as a card, the chosen one marked."""
    return html.Div(
        [figures.kpi_card(kpi, say, chosen=kpi.rate.id == panels.rate.id) for kpi in panels.kpis],
        className="cards",
    )


def course(panels: Panels, say: Say, *, height: int = 0) -> Component:
    """Return the course of the chosen rate over the year."""
    return section(
        say("trend.title"),
        figures.trend(panels.course, panels.rate, panels.rule_set, say, height=height),
    )


def remarks(panels: Panels, say: Say, *, data_date: date) -> list[Component]:
    """Return what a reader of these figures must know: a day ahead of the data, an empty day."""
    said = []
    if panels.as_of > data_date:
        said.append(say("figure.ahead", data_date=data_date))
    if not panels.kpis[0].now.denominator:
        said.append(say("figure.nobody", as_of=panels.as_of))
    return [html.P(sentence, className="remark") for sentence in said]


def section(title: str, *children: Component) -> Component:
    """Return a titled part of a page."""
    return html.Section([html.H2(title), *children], className="card")
