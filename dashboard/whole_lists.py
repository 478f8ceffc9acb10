"""Lists too long for a browser, as a file: every organisation, in the columns that the page shows."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import flask
from flask import Response

from dashboard import auth, list_tables, tables
from dashboard.auth import guarded
from dashboard.giving import attachment
from dashboard.query import SHOWN, Query, parse_query
from dashboard.text import Say, both
from liangxin import db, divisions, lists, views
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.wording import neutral

OF_LIST, OF_SUBDISTRICT = "/lists/<name>/all.csv", "/subdistrict/<code>/all.csv"
#: So many rows a file has at most: a spreadsheet takes a million, this process's memory less.
MOST = 200_000


def address(path: str) -> str:
    """Return where the whole list behind a page's address (``/lists/not_reached?…``) is."""
    where, mark, asked = path.partition("?")
    return f"{where}/all.csv{mark}{asked}"


@guarded(Permission.LIST_VIEW)
def of_list(actor: Actor, name: str) -> Response:
    """Give everybody on a warning list."""
    site, say, query = auth.site_of_request(), auth.site_of_request().say, _asked()
    site.tell_spells()
    if name not in lists.LISTS:
        raise NotFound(*both("lists.no_list", name=name[:SHOWN]))
    code = query.subdistrict
    with db.reading(site.engine) as connection:
        as_of = query.day or views.data_date(connection) or site.today()
        if code:
            views.subdistrict_name(connection, actor, code, on=as_of)
        rows = lists.organisations(
            connection, actor, site.rules, name, as_of=as_of, group=code or None, most=MOST + 1
        )
        _require_few(len(rows))
        places = {row.subdistrict_code for row in rows} | {row.community_code for row in rows}
        known = {each for each in places if each}
        names = divisions.names_ever(connection, known, on=as_of)
    widths = list_tables.widths(members=actor.may(Permission.ORGANISATION_LIST))
    lines = (list_tables.line(row, names, say) for row in rows)
    title = say.pair((lists.LISTS[name].zh, lists.LISTS[name].en))
    return _file(f"{title}{code and '-'}{code}-{as_of}.csv", widths, lines, say)


@guarded(Permission.LIST_VIEW)
def of_subdistrict(actor: Actor, code: str) -> Response:
    """Give every organisation of a sub-district."""
    site, say, query = auth.site_of_request(), auth.site_of_request().say, _asked()
    site.tell_spells()
    with db.reading(site.engine) as connection:
        as_of = query.day or views.data_date(connection) or site.today()
        name = views.subdistrict_name(connection, actor, code, on=as_of)
        rows = views.organisations(
            connection, actor, site.rules, subdistrict_code=code, as_of=as_of, most=MOST + 1
        )
    _require_few(len(rows))
    lines = (tables.grid_row(row, say) for row in rows)
    return _file(f"{name}-{as_of}.csv", tables.WIDTHS, lines, say)


def _asked() -> Query:
    return parse_query(flask.request.query_string.decode("utf-8", "replace"))


def _require_few(number: int) -> None:
    if number > MOST:
        raise Misuse(*both("lists.too_long", most=MOST))


def _file(
    name: str,
    columns: Mapping[str, int] | Sequence[str],
    lines: Iterable[Mapping[str, str]],
    say: Say,
) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([say(f"column.{each}") for each in columns])
    for line in lines:
        writer.writerow([neutral(line[each]) for each in columns])
    return attachment(out.getvalue().encode("utf-8-sig"), name, "text/csv; charset=utf-8")


def register(server: flask.Flask) -> None:
    """Let a web server give whole lists."""
    server.add_url_rule(OF_LIST, "whole.list", of_list, methods=["GET"])
    server.add_url_rule(OF_SUBDISTRICT, "whole.subdistrict", of_subdistrict, methods=["GET"])
