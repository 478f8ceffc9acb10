"""One clock: how long it takes by sub-district, and the organisations that wait beyond its limit."""

from datetime import date

from dash import Dash, dcc, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import notices, panels, tables
from dashboard.auth import guarded
from dashboard.controls import controls
from dashboard.pages import organisation
from dashboard.query import HOME, SHOWN, link
from dashboard.site import Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import db, divisions, timing, views
from liangxin.access import Actor, Permission
from liangxin.clocks import CLOCKS, Reading
from liangxin.errors import NotFound
from liangxin.timing import Running

PATH = "/clocks/<name>"
PERMISSION = Permission.LIST_VIEW
#: So many that wait are named, the longest first.
MOST = 100


def way(actor: Actor, name: str, *, as_of: date) -> str | None:
    """Return where a clock is told of; null: not for a role, as each of its rows is a member."""
    needed = Permission.MEMBER_COUNT if CLOCKS[name].personal else PERMISSION
    return link(PATH.replace("<name>", name), as_of, "") if actor.may(needed) else None


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the clock whose name stands in the path.

    Raises:
        NotFound: there is none.
        NotPermitted: each of its rows is a member, and the role is not told of members.
        LiangxinError: the register cannot be read.
    """
    site, say, name = visit.site, visit.site.say, visit.place["name"]
    if name not in CLOCKS:
        raise NotFound(*both("clock.none", name=name[:SHOWN]))
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        if data_date is None:
            return notices.empty_register(say)
        as_of = visit.query.day or data_date
        waiting = site.memory.told(
            connection,
            actor,
            ("waiting", name, as_of, MOST),
            lambda held: timing.open_over(held, actor, site.rules, name, as_of=as_of, most=MOST),
        )
        readings = site.memory.told(
            connection,
            actor,
            ("clocks", as_of),
            lambda held: timing.readings(held, actor, site.rules, as_of=as_of),
        )[name]
        names = _names(connection, readings, waiting, as_of)
    clock = CLOCKS[name]
    return html.Article(
        [
            panels.head(
                say.pair((clock.zh, clock.en)),
                controls(site, PATH.replace("<name>", name), as_of=as_of, rate=None),
                above=panels.back(say("subdistrict.back"), link(HOME, as_of, "")),
                below=say("clock.about", as_of=as_of, limit=readings[-1].limit),
            ),
            *panels.ahead(as_of, data_date, say),
            panels.section(say("table.title"), _by_place(readings, names, say)),
            panels.section(
                say("clock.over", count=readings[-1].open_over),
                *_left_out(int(readings[-1].open_over) - len(waiting), say),
                _waiting(waiting, names, say, way=organisation.way(actor, as_of, "")),
            ),
        ]
    )


def _names(
    connection: Connection, readings: list[Reading], waiting: list[Running], on: date
) -> dict[str, str]:
    codes = {each.code for each in readings} | {each.subdistrict_code for each in waiting}
    return divisions.names_ever(connection, {code for code in codes if code}, on=on)


def _by_place(readings: list[Reading], names: dict[str, str], say: Say) -> Component:
    heads = ["table.name", "leader.over", "leader.half", "leader.most", "clock.open", "clock.ended"]
    *places, whole = readings

    def cells(each: Reading) -> list[Cell]:
        days = [
            say("leader.no_days") if part is None else say("leader.days", days=part)
            for part in (each.p50, each.p90)
        ]
        return [str(each.open_over), *days, str(each.open), str(each.ended)]

    rows = [[_name(each.code, names, say), *cells(each)] for each in places]
    return tables.sheet(
        [say(head) for head in heads],
        rows,
        say,
        numbers=range(1, len(heads)),
        total=[say("table.total"), *cells(whole)],
        kind="matrix",
    )


def _left_out(number: int, say: Say) -> list[Component]:
    """What a reader must know of a list that names the first so many."""
    return [panels.remark(say("clock.left_out", most=MOST, count=number))] if number > 0 else []


def _waiting(
    waiting: list[Running], names: dict[str, str], say: Say, *, way: str | None
) -> Component:
    """Those that wait beyond the limit, the longest first."""
    if not waiting:
        return html.P(say("clock.nobody"), className="sentence")
    rows = [
        [
            each.name
            if way is None
            else dcc.Link(each.name, href=way.replace("{uscc}", each.uscc)),
            say("clock.run", days=each.days),
            str(each.since),
            _name(each.subdistrict_code, names, say),
            each.uscc,
        ]
        for each in waiting
    ]
    heads = ["column.name", "clock.days", "clock.since", "column.subdistrict", "column.uscc"]
    return tables.sheet([say(head) for head in heads], rows, say, numbers={1, 2}, kind="wrapping")


def _name(code: str | None, names: dict[str, str], say: Say) -> str:
    return say("table.unlocated") if code is None else names.get(code, code)


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
