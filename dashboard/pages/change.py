"""Two days compared: what moved a rate, in parts that sum exactly to the change."""

from dataclasses import dataclass
from datetime import date

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import change_parts, notices, panels
from dashboard.auth import guarded
from dashboard.controls import span_controls
from dashboard.figures import variant_text
from dashboard.periods import half_year_before
from dashboard.query import CHANGE, HOME, link, span_link
from dashboard.site import Visit
from dashboard.text import Say
from liangxin import db, divisions, saying, views
from liangxin.access import Actor, Permission
from liangxin.attribution import Explained, explain
from liangxin.change import Changed
from liangxin.rules import RateRule

PATH = CHANGE
PERMISSION = Permission.RATE_VIEW


@dataclass(frozen=True, slots=True)
class Told:
    """A change and whose it is: the whole scope's, or one sub-district's."""

    changed: Changed
    rate: RateRule
    here: Explained
    code: str
    names: dict[str, str]


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return what moved the rate between the days the address names; else in the last half year.

    Raises:
        NotFound: the sub-district does not exist, or is outside the actor's scope.
        Misuse: the days are not in order, or the rate is over places.
        LiangxinError: no such rate, or the register cannot be read.
    """
    site, say, query = visit.site, visit.site.say, visit.query
    rate = site.rules.rate(query.rate)
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        if data_date is None:
            return notices.empty_register(say)
        to_on = query.day or data_date
        from_on = query.from_on or half_year_before(to_on)
        if query.subdistrict:
            views.subdistrict_name(connection, actor, query.subdistrict, on=to_on)
        changed = panels.changed(connection, actor, site, rate, from_on=from_on, to_on=to_on)
        told = Told(
            changed,
            rate,
            _here(changed, query.subdistrict),
            query.subdistrict,
            _names(connection, changed, query.subdistrict, to_on),
        )
    return html.Article(
        [
            panels.head(
                say("change.title"),
                span_controls(
                    site,
                    PATH,
                    from_on=from_on,
                    to_on=to_on,
                    rate=rate.id,
                    subdistrict=told.code,
                ),
                above=_above(told, say),
                below=say(
                    "change.caption",
                    variant=variant_text(rate, say),
                    from_on=from_on,
                    to_on=to_on,
                    rule_set=changed.rule_set,
                ),
            ),
            *panels.ahead(to_on, data_date, say),
            *_figures(told, say),
        ]
    )


def _here(changed: Changed, code: str) -> Explained:
    """What is told of the whole scope, or of one sub-district; of one without organisations nothing."""
    if not code:
        return changed.total
    return next((each for each in changed.groups if each.code == code), explain((), code=code))


def _names(connection: Connection, changed: Changed, code: str, on: date) -> dict[str, str]:
    codes = {each.code for each in changed.groups if each.code is not None} | ({code} - {""})
    found = divisions.names(connection, codes, on=on)
    return found | divisions.gone(connection, codes - found.keys(), on=on)


def _above(told: Told, say: Say) -> Component:
    changed = told.changed
    if not told.code:
        return panels.back(say("subdistrict.back"), link(HOME, changed.to_on, told.rate.id))
    whole = span_link(PATH, changed.from_on, changed.to_on, told.rate.id)
    return panels.back(say("change.whole"), whole)


def _figures(told: Told, say: Say) -> list[Component]:
    changed, here = told.changed, told.here
    title = told.names.get(told.code, told.code) if told.code else say("change.all")
    days = (changed.from_on, changed.to_on)
    parts: list[Component] = [
        panels.section(
            title,
            change_parts.before_and_after(here, days, say),
            html.P(say.pair(saying.denominator_pair(here)), className="sentence"),
        )
    ]
    if here.points is None:
        return [panels.remark(say("change.no_data")), *parts, *_groups(told, say)]
    causes = {name: say.pair(saying.cause_pair(name)) for name in saying.CAUSES}
    why = (
        [change_parts.parts_table(here, causes, say), html.P(say("change.sums"), className="note")]
        if here.parts
        else [html.P(say("change.nothing"), className="sentence")]
    )
    return [*parts, panels.section(say("change.parts"), *why), *_groups(told, say)]


def _groups(told: Told, say: Say) -> list[Component]:
    if told.code or not told.changed.groups:
        return []
    changed = told.changed

    def address(code: str) -> str:
        return span_link(PATH, changed.from_on, changed.to_on, told.rate.id, subdistrict=code)

    table = change_parts.groups_table(
        changed.groups, changed.total, told.names, say, address=address
    )
    return [
        panels.section(say("table.title"), table, html.P(say("change.moves"), className="note"))
    ]


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
