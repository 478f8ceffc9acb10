"""The page of one row of a list: labels and values, in a table of two columns or a definition list."""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from ingest import html_table
from ingest.pages.html_page import matches, opened
from ingest.pages.page import FILE_DROP_EN, FILE_DROP_ZH, Page
from ingest.sources import HtmlList
from liangxin.errors import UnreadableFile


def read_detail(body: bytes, address: HtmlList) -> Page:
    """Read a detail page into a table of one row; its labels name the columns.

    Several pairs may stand in one row (label, value, label, value). A label that comes again is
    not another column: its first value stays.

    Raises:
        UnreadableFile: the encoding is another one, or there is no label with a value.
    """
    page, _ = opened(body, address.encoding)
    found = matches(page, address.detail_table, "detail_table")
    values: dict[str, str | None] = {}
    if found and not page.xpath("//input[@type='password']"):
        for label, value in _pairs(found[0].root):
            if label and values.get(label) is None:
                values[label] = value or None
    if not values:
        raise UnreadableFile(
            f"详情页中没有“{address.detail_table}”，或其中没有成对的名目和内容，可能是登录页，"
            f"或网站已改版。请检查数据源文件的 detail_table。{FILE_DROP_ZH}",
            f"the detail page has no {address.detail_table!r} that holds labels with values: "
            "perhaps a login page, or the site was rebuilt; check the source file's detail_table. "
            f"{FILE_DROP_EN}",
        )
    html_table.refuse_wide(len(values))
    frame = pl.DataFrame([values], schema=dict.fromkeys(values, pl.String))
    return Page(table=frame, counted=0)


def joined(table: pl.DataFrame, details: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Return a list's rows with what the detail page of each says; ``{}``: it has none.

    Where both have a column, the detail page wins, because lists shorten what is long.
    """
    rows = list(details)
    names = list(dict.fromkeys(name for row in rows for name in row))
    html_table.refuse_wide(table.width + len(names))
    columns = []
    for name in names:
        told = pl.Series(name, [row.get(name) for row in rows], dtype=pl.String)
        columns.append(told.zip_with(told.is_not_null(), table[name]) if name in table else told)
    return table.with_columns(columns)


def _pairs(found: Any) -> Iterator[tuple[str, str]]:
    if found.tag == "dl":
        yield from _pairs_of_list(found)
        return
    table = found if found.tag in {"table", "tbody"} else next(found.iter("table", "dl"), found)
    if table.tag == "dl":
        yield from _pairs_of_list(table)
        return
    for unseen in list(table.iter("script", "style")):
        unseen.drop_tree()
    for row in table.xpath("./tr|./thead/tr|./tbody/tr"):
        yield from _pairs_of_row(list(row.iterchildren("td", "th")))


def _pairs_of_row(cells: list[Any]) -> Iterator[tuple[str, str]]:
    """Label, value, label, value; a row of labels alone is a header, one of an odd cell a title."""
    marked = any(cell.tag == "th" for cell in cells)
    at = 0
    while at + 1 < len(cells):
        label, value = cells[at], cells[at + 1]
        if marked and not (label.tag == "th" and value.tag == "td"):
            at += 1
            continue
        yield _label(label), html_table.text_of(value)
        at += 2


def _pairs_of_list(found: Any) -> Iterator[tuple[str, str]]:
    """A term and what follows it, up to the next term."""
    label, values = "", list[str]()
    for entry in found.xpath("./dt|./dd|./div/dt|./div/dd"):
        if entry.tag == "dd":
            values.append(html_table.text_of(entry))
            continue
        if label:
            yield label, " ".join(values)
        label, values = _label(entry), []
    if label:
        yield label, " ".join(values)


def _label(element: Any) -> str:
    return html_table.text_of(element).rstrip(":： ")
