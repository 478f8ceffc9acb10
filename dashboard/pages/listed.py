"""One warning list: the organisations on it, of the district or of one sub-district."""

from collections.abc import Mapping
from datetime import date

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import list_tables, notices, panels, tables, whole_lists
from dashboard.auth import guarded
from dashboard.controls import controls, filter_box
from dashboard.pages import organisation
from dashboard.query import SHOWN, link
from dashboard.site import Site, Visit
from dashboard.text import Say, both
from liangxin import db, divisions, lists, views
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound

PATH = "/lists/<name>"
PERMISSION = Permission.LIST_VIEW


def path(name: str) -> str:
    """Return where a list's page is."""
    return PATH.replace("<name>", name)


def titles(say: Say) -> dict[str, str]:
    """Return every list's name in the language of the page."""
    return {name: say.pair((each.zh, each.en)) for name, each in lists.LISTS.items()}


def may_open(actor: Actor, name: str) -> bool:
    """Tell whether an actor may see who is on a list."""
    return actor.may(_needed(name))


def _needed(name: str) -> Permission:
    return Permission.ORGANISATION_LIST if lists.LISTS[name].few else PERMISSION


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the organisations on the list that stands in the path.

    Raises:
        NotFound: there is no such list or sub-district, or it is outside the actor's scope.
        NotPermitted: the list is of those with fewer than three members.
        LiangxinError: no such rate, or the register cannot be read.
    """
    site, say, name, code = visit.site, visit.site.say, visit.place["name"], visit.query.subdistrict
    rate = site.rules.rate(visit.query.rate)
    if name not in lists.LISTS:
        raise NotFound(*both("lists.no_list", name=name[:SHOWN]))
    actor.require(_needed(name))
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        if data_date is None:
            return notices.empty_register(say)
        as_of = visit.query.day or data_date
        if code:
            views.subdistrict_name(connection, actor, code, on=as_of)
        counts = panels.list_counts(connection, actor, site, as_of=as_of)[name]
        number = counts.get(code, 0) if code else sum(counts.values())
        names = _names(connection, counts, as_of)
        grid = _grid(connection, actor, visit, name, number=number, as_of=as_of, names=names)
    return html.Article(
        [
            panels.head(
                titles(say)[name],
                controls(site, path(name), as_of=as_of, rate=None),
                above=panels.back(say("lists.back"), link("/lists", as_of, rate.id)),
                below=say("lists.caption", as_of=as_of, rule_set=site.rules.id),
            ),
            *panels.ahead(as_of, data_date, say),
            list_tables.places(
                counts,
                names,
                code,
                say,
                address=lambda at: link(path(name), as_of, rate.id, subdistrict=at),
            ),
            panels.section(say("subdistrict.list", count=number), *grid),
        ]
    )


def _names(connection: Connection, counts: Mapping[str | None, int], on: date) -> dict[str, str]:
    codes = {code for code in counts if code is not None}
    return divisions.names_ever(connection, codes, on=on)


def _grid(
    connection: Connection,
    actor: Actor,
    visit: Visit,
    name: str,
    *,
    number: int,
    as_of: date,
    names: Mapping[str, str],
) -> list[Component]:
    """The organisations as a grid, or a sentence that says what to do."""
    site: Site = visit.site
    say, code = site.say, visit.query.subdistrict
    if not number:
        return [html.P(say("lists.empty", as_of=as_of), className="sentence")]

    def work(held: Connection) -> list[lists.Listed]:
        return lists.organisations(
            held, actor, site.rules, name, as_of=as_of, group=code or None, most=tables.MOST
        )

    rows = site.memory.told(
        connection, actor, ("listed", site.rules.id, name, code, as_of, tables.MOST), work
    )
    left = number - len(rows)
    here = link(path(name), as_of, visit.query.rate, subdistrict=code)
    more: list[Component] = []
    if left > 0:
        more.append(panels.remark(say("lists.left_out", most=tables.MOST, count=left)))
        more.append(list_tables.whole(whole_lists.address(here), say))
    communities = {row.community_code for row in rows if row.community_code}
    known = {**names, **divisions.names(connection, communities, on=as_of)}
    grid = list_tables.organisations(
        rows,
        known,
        say,
        address=organisation.way(actor, as_of, visit.query.rate),
        members=actor.may(Permission.ORGANISATION_LIST),
    )
    return [*more, filter_box(say, visit.query.filter), grid]


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
