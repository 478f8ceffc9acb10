"""What the pages of administrators and of the district office share: data in, component out."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import tables
from dashboard.tables import Cell, aria
from dashboard.text import Say
from liangxin.days import CHINA

#: The pages of the district office's data, with the key of what each is called.
OFFICE = {
    "/sources": "admin.way.sources",
    "/quality": "admin.way.quality",
    "/rules": "admin.way.rules",
    "/exchange": "admin.way.exchange",
}


def office_ways(here: str, say: Say) -> Component:
    """Return the links between the pages of the district office's data."""
    links = [
        dcc.Link(say(key), href=path, className="chip" + (" chip-chosen" if path == here else ""))
        for path, key in OFFICE.items()
    ]
    return html.Nav(links, className="chips", **aria(label=say("admin.way.office")))


def moment(at: datetime | None, say: Say) -> str:
    """Return a moment as clocks in China show it."""
    return say("admin.never") if at is None else f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def address(path: str, **asked: object) -> str:
    """Return the address of a page with what it is asked; what is empty is left out."""
    told = {name: str(value) for name, value in asked.items() if value}
    return f"{path}?{urlencode(told)}" if told else path


def facts(told: Sequence[tuple[str, Cell]]) -> Component:
    """Return facts under their names."""
    parts = [part for name, value in told for part in (html.Dt(name), html.Dd(value))]
    return html.Dl(parts, className="facts")


def table(
    name: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    say: Say,
    *,
    numbers: Sequence[int] = (),
    total: Sequence[Cell] | None = None,
    kind: str = "",
) -> Component:
    """Return a table that can be copied, and written to a file called so.

    Cells do not wrap, but for those that are told in ``words``. On a phone each row becomes a block
    of its own, unless ``kind`` says that the columns belong beside each other.
    """
    shown = (
        tables.plain(heads, rows, numbers=numbers, total=total, kind=kind)
        if kind
        else _stacking(heads, rows, numbers)
    )
    return html.Div(tables.taken(shown, say, name=name), className="admin-table")


def _stacking(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: Sequence[int]
) -> Component:
    """A table whose cells know their column's name, for when they stand under each other."""
    titles = [
        html.Th(head, scope="col", className="number" if place in numbers else None)
        for place, head in enumerate(heads)
    ]
    lines = [
        html.Tr(
            [
                html.Th(cells[0], scope="row"),
                *(
                    html.Td(
                        cell,
                        className="number" if place in numbers else None,
                        **{"data-label": heads[place]},  # type: ignore[arg-type]
                    )
                    for place, cell in enumerate(cells[1:], start=1)
                    if place < len(heads)
                ),
            ]
        )
        for cells in rows
    ]
    table = html.Table(
        [html.Thead(html.Tr(titles)), html.Tbody(lines)], className="figures-table admin-stacking"
    )
    return html.Div(table, className="table-frame")


def words(*told: str | Component) -> Component:
    """Return a cell of words that may take several lines."""
    return html.Div(list(told), className="admin-say")


def command(*lines: str) -> Component:
    """Return commands to be typed on the server."""
    return html.Pre("\n".join(lines), className="admin-command")


def badge(text: str, kind: str = "") -> Component:
    """Return a word that stands out: ``good``, ``bad`` or ``waits``."""
    return html.Span(text, className=f"admin-badge admin-badge-{kind}" if kind else "admin-badge")


def code(sha256: str) -> Component:
    """Return the beginning of a hash; all of it where the mouse rests."""
    return html.Code(sha256[:12], title=sha256)
