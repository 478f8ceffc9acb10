"""Two days compared: what moved a rate, in parts that sum exactly to the change."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import change_parts, notices, panels
from dashboard.auth import guarded
from dashboard.controls import span_controls
from dashboard.figures import variant_text
from dashboard.pages import organisation
from dashboard.periods import half_year_before
from dashboard.query import CHANGE, HOME, SHOWN, link, span_link
from dashboard.site import Visit
from dashboard.text import Say, both
from liangxin import change, db, divisions, saying, views
from liangxin.access import Actor, Permission
from liangxin.attribution import Explained, explain
from liangxin.change import Changed, Mover
from liangxin.errors import NotFound
from liangxin.rules import RateRule

PATH = CHANGE
PERMISSION = Permission.RATE_VIEW
#: So many organisations behind a cause are named.
MOST = 100


@dataclass(frozen=True, slots=True)
class Told:
    """A change and whose it is: the whole scope's, or one sub-district's."""

    changed: Changed
    rate: RateRule
    here: Explained
    code: str
    names: dict[str, str]
    cause: str = ""  # whose organisations are named
    #: How many moved by that cause, and the first of them; null: not asked for, or not for this role.
    movers: tuple[int, list[Mover]] | None = None
    may_name: bool = False  # whether the role may be told who moved it


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return what moved the rate between the days the address names; else in the last half year.

    Raises:
        NotFound: the sub-district does not exist, or is outside the actor's scope.
        Misuse: the days are not in order, or the rate is over places.
        LiangxinError: no such rate, or the register cannot be read.
    """
    site, say, query = visit.site, visit.site.say, visit.query
    rate, cause = site.rules.rate(query.rate), query.more.get("cause", "")
    if cause and cause not in saying.CAUSES:
        raise NotFound(*both("change.no_cause", cause=cause[:SHOWN]))
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        if data_date is None:
            return notices.empty_register(say)
        to_on = query.day or data_date
        from_on = query.from_on or half_year_before(to_on)
        if query.subdistrict:
            views.subdistrict_name(connection, actor, query.subdistrict, on=to_on)
        changed = panels.changed(connection, actor, site, rate, from_on=from_on, to_on=to_on)
        movers = _movers(connection, actor, visit, changed, cause)
        told = Told(
            changed,
            rate,
            _here(changed, query.subdistrict),
            query.subdistrict,
            _names(connection, changed, query.subdistrict, to_on),
            cause,
            movers,
            actor.may(change.needed(site.rules, rate)),
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
            *_figures(told, actor, say),
        ]
    )


def _movers(
    connection: Connection, actor: Actor, visit: Visit, changed: Changed, cause: str
) -> tuple[int, list[Mover]] | None:
    """How many organisations are behind one cause, of the whole scope or of one sub-district, and the first."""
    site, code = visit.site, visit.query.subdistrict
    rate = site.rules.rate(visit.query.rate)
    if not cause or not actor.may(change.needed(site.rules, rate)):
        return None
    here = replace(actor, subdistricts=frozenset({code})) if code else actor
    from_on, to_on = changed.from_on, changed.to_on

    def work(held: Connection) -> tuple[int, list[Mover]]:
        found = change.movers(
            held, here, site.rules, from_on=from_on, to_on=to_on, rate=rate.id, cause=cause
        )
        return len(found), found[:MOST]

    return site.memory.told(connection, here, ("movers", from_on, to_on, rate.id, cause), work)


def _here(changed: Changed, code: str) -> Explained:
    """What is told of the whole scope, or of one sub-district; of one without organisations nothing."""
    if not code:
        return changed.total
    return next((each for each in changed.groups if each.code == code), explain((), code=code))


def _names(connection: Connection, changed: Changed, code: str, on: date) -> dict[str, str]:
    codes = {each.code for each in changed.groups if each.code is not None} | ({code} - {""})
    return divisions.names_ever(connection, codes, on=on)


def _above(told: Told, say: Say) -> Component:
    changed = told.changed
    if not told.code:
        return panels.back(say("subdistrict.back"), link(HOME, changed.to_on, told.rate.id))
    whole = span_link(PATH, changed.from_on, changed.to_on, told.rate.id)
    return panels.back(say("change.whole"), whole)


def _figures(told: Told, actor: Actor, say: Say) -> list[Component]:
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
        [
            change_parts.parts_table(here, causes, say, address=_to_movers(told)),
            html.P(say("change.sums"), className="note"),
        ]
        if here.parts
        else [html.P(say("change.nothing"), className="sentence")]
    )
    who = _who(told, actor, causes, say)
    return [*parts, panels.section(say("change.parts"), *why), *who, *_groups(told, say)]


def _to_movers(told: Told) -> Callable[[str], str] | None:
    if not told.may_name:
        return None

    def address(cause: str) -> str:
        changed = told.changed
        days = (changed.from_on, changed.to_on)
        way = span_link(PATH, *days, told.rate.id, subdistrict=told.code)
        return f"{way}&{urlencode({'cause': cause})}"

    return address


def _who(told: Told, actor: Actor, causes: dict[str, str], say: Say) -> list[Component]:
    if told.movers is None:
        return []
    number, named = told.movers
    title = say("change.who", cause=causes[told.cause], count=number)
    if not named:
        return [panels.section(title, html.P(say("change.none_so"), className="sentence"))]
    way = organisation.way(actor, told.changed.to_on, told.rate.id)
    table = change_parts.movers_table(named, told.names, say, way=way)
    left = number - len(named)
    more = [panels.remark(say("change.who_left_out", most=MOST, count=left))] if left > 0 else []
    return [panels.section(title, *more, table)]


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
