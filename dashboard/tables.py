"""Tables. Pure: dataclasses in, component out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import dash_ag_grid as dag  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.component_json import alike
from dashboard.figures import caption, share_text
from dashboard.text import Say
from liangxin.answers import OrganisationRow
from liangxin.indicators import Count, RateTable
from liangxin.rules import RateRule

GRID_ID = "organisations"
PAGE_SIZES = (50, 100, 200, 500)
#: So many organisations of a long list are drawn: a browser is no place for a whole register.
MOST = 600
#: Up to this many rows a grid is as high as they are; longer ones scroll.
SHORT = 12
#: Columns of a sub-district's list, in pixels.
WIDTHS = {
    "name": 270,
    "uscc": 215,
    "kind": 105,
    "ownership": 125,
    "state": 105,
    "counts": 95,
    "covering": 115,
    "party_organisation": 210,
    "instructed": 100,
    "community": 140,
    "address": 320,
}
Cell = str | Component | list[str | Component]
#: What tables are made of.
_LINE, _FIRST = html.Tr(), html.Th(scope="row")
_CELL, _NUMBER = html.Td(), html.Td(className="number")


def coverage_table(
    table: RateTable, rate: RateRule, say: Say, *, address: Callable[[str], str] | None
) -> Component:
    """Return a rate by sub-district with every count, a total row, and links to the pages.

    ``address`` makes a sub-district's code the address of its page; null: not for this role.
    """
    head = html.Tr(
        [
            html.Th(say("table.name"), scope="col"),
            *(
                html.Th(say(f"table.{name}"), scope="col", className="number")
                for name in ("numerator", "denominator", "share", "unverified")
            ),
        ]
    )
    rows = [html.Tr([_name_cell(row, say, address), *_numbers(row, say)]) for row in table.rows]
    total = html.Tr(
        [html.Th(say("table.total"), scope="row"), *_numbers(table.total, say)], className="total"
    )
    told = caption(table.total, rate, as_of=table.as_of, rule_set=table.rule_set, say=say)
    frame = html.Div(
        [
            html.Table(
                [html.Thead(head), html.Tbody(rows), html.Tfoot(total)], className="figures-table"
            ),
            html.P(told, className="note"),
        ],
        className="table-frame",
    )
    return taken(frame, say)


def _name_cell(row: Count, say: Say, address: Callable[[str], str] | None) -> Component:
    if row.code is None:
        return html.Th(
            [say("table.unlocated"), html.Span(say("table.unlocated_hint"), className="hint")],
            scope="row",
        )
    if address is None:
        return html.Th(row.name, scope="row")
    return html.Th(dcc.Link(row.name, href=address(row.code)), scope="row")


def _numbers(row: Count, say: Say) -> list[Component]:
    texts = (str(row.numerator), str(row.denominator), share_text(row, say), str(row.unverified))
    return [html.Td(text, className="number") for text in texts]


def sheet(
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    say: Say,
    *,
    numbers: Collection[int] = (),
    total: Sequence[Cell] | None = None,
    kind: str = "",
) -> Component:
    """Return a plain table that can be copied and written to a file."""
    return taken(plain(heads, rows, numbers=numbers, total=total, kind=kind), say)


def plain(
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    numbers: Collection[int] = (),
    total: Sequence[Cell] | None = None,
    kind: str = "",
) -> Component:
    """Return a plain table; the first cell of a row names it, columns of ``numbers`` stand right."""

    def line(cells: Sequence[Cell], **options: Any) -> Component:
        first, *rest = cells
        aligned = [
            alike(_NUMBER if place in numbers else _CELL, children=cell)
            for place, cell in enumerate(rest, start=1)
        ]
        return alike(_LINE, children=[alike(_FIRST, children=first), *aligned], **options)

    titles = [
        html.Th(title, scope="col", className="number" if place in numbers else None)
        for place, title in enumerate(heads)
    ]
    parts = [html.Thead(html.Tr(titles)), html.Tbody([line(cells) for cells in rows])]
    if total is not None:
        parts.append(html.Tfoot(line(total, className="total")))
    table = html.Table(parts, className=f"figures-table {kind}".strip())
    return html.Div(table, className="table-frame")


def taken(table: Component, say: Say, *, name: str = "", grid: str = "") -> Component:
    """Return a table with the buttons that copy it and write it to a file (``assets/tables.js``).

    Args:
        table: what is shown.
        say: texts.
        name: of the file; empty: as the page and its part are called.
        grid: the grid that it is, if it is one.
    """
    told: dict[str, Any] = {"data-name": name, "data-grid": grid}

    def button(take: str) -> Component:
        more: dict[str, Any] = {"data-take": take, "data-done": say("table.copied")}
        return html.Button(say(f"table.take.{take}"), type="button", className="take", **more)

    ways = html.P([button("copy"), button("file")], className="takes")
    return html.Div([table, ways], className="taken", **told)


def organisations_grid(
    rows: Sequence[OrganisationRow], say: Say, *, address: str | None = None
) -> Component:
    """Return the organisations of a sub-district as a grid: sorted, filtered and paged in place.

    ``address`` is that of an organisation's page, with ``{uscc}`` where its code goes.
    """
    return grid([grid_row(row, say) for row in rows], WIDTHS, say, address=address)


def grid(
    rows: Sequence[dict[str, str]],
    widths: Mapping[str, int],
    say: Say,
    *,
    address: str | None = None,
) -> Component:
    """Return organisations as a grid of columns so many pixels wide, linked to their pages.

    Every value is the text a person reads, so that the quick filter finds what is seen.
    """
    short = len(rows) <= SHORT
    grid: Component = dag.AgGrid(
        id=GRID_ID,
        columnDefs=_columns(widths, say, address),
        rowData=list(rows),
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "filter": False,
            "suppressHeaderMenuButton": True,
            "tooltipField": None,
        },
        dashGridOptions={
            "pagination": True,
            "paginationPageSize": PAGE_SIZES[0],
            "paginationPageSizeSelector": list(PAGE_SIZES),
            "localeText": say.grid(),
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "alwaysShowHorizontalScroll": True,
            "suppressCellFocus": True,
            "suppressFieldDotNotation": True,
            "domLayout": "autoHeight" if short else "normal",
        },
        getRowId="params.data.uscc",
        className="organisations",
        style={"height": None if short else "640px", "width": "100%"},
        dangerously_allow_code=False,
    )
    return taken(grid, say, grid=GRID_ID)


def _columns(widths: Mapping[str, int], say: Say, address: str | None) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [
        {
            "field": field,
            "headerName": say(f"column.{field}"),
            "width": width,
            "tooltipField": field,
        }
        for field, width in widths.items()
    ]
    columns[0]["cellClass"] = "strong"
    if address is not None:
        # Of ``assets/liangxin.js``: a link whose text is text, whatever a name holds.
        columns[0] |= {
            "cellRenderer": "OrganisationLink",
            "cellRendererParams": {"address": address},
        }
    return columns


def grid_row(row: OrganisationRow, say: Say) -> dict[str, str]:
    """Return an organisation as a person reads it, by column."""
    counts = "yes" if row.counts else "unverified" if row.unverified else "no"
    return {
        "name": row.name,
        "uscc": row.uscc,
        "kind": say.word("kind", row.kind),
        "ownership": say.word("ownership", row.ownership),
        "state": say.word("state", row.state),
        "counts": say.word("counts", counts),
        "covering": say.word("covering", row.covering),
        "party_organisation": row.party_organisation or "",
        "instructed": say.word("instructed", "yes" if row.instructed else "no"),
        "community": row.community or "",
        "address": row.address or "",
    }


def people(told: int | str | None, say: Say) -> str:
    """Return how many people, or that nobody knows."""
    return say("number.unknown") if told is None else str(told)


def aria(**attributes: str) -> dict[str, Any]:
    """Return attributes for those who hear the page."""
    return {f"aria-{name}": value for name, value in attributes.items()}
