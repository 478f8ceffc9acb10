"""Rows of an HTML table, and the text of a page whose encoding may be misdeclared or not declared.

A portal's list and a spreadsheet that is really a web page are the same thing here: the header
row names the columns, every cell is its text or null. Decides nothing about where a table lies.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding, to_unicode

from liangxin.errors import UnreadableFile

#: No publisher's table is this wide; a hostile page could be, and would fill the memory.
MAX_COLUMNS = 1_000
#: A stray byte or two spoils a cell, which the checks then refuse; more than this share of the
#: characters means that the encoding is another one.
DAMAGED_SHARE = 0.001

_BLANKS = re.compile(r"[ \t\r\n\f]+")


def decode(body: bytes, declared: str) -> tuple[str, str]:
    """Decode a page as its byte order mark says, else as declared, else as it says, else as UTF-8.

    Returns:
        The text, and the encoding it was in.

    Raises:
        UnreadableFile: it is in none of these, or the declared encoding does not exist.
    """
    marked, mark = read_bom(body)
    named = resolve_encoding(declared) if declared else html_body_declared_encoding(body)
    if declared and named is None:
        raise UnreadableFile(
            f"数据源文件的 encoding“{declared}”不是已知的编码。",
            f"the source file's encoding {declared!r} is not a known one.",
        )
    encoding = marked or named or "utf-8"
    text = to_unicode(body[len(mark or b"") :], encoding).replace("\x00", "")
    if text.count("\ufffd") > max(3, len(text) * DAMAGED_SHARE):
        raise UnreadableFile(
            f"网页不是 {encoding} 编码。请在数据源文件中写明 encoding，例如 gb18030。",
            f"the page is not encoded in {encoding}; name its encoding in the source file, e.g. "
            "gb18030.",
        )
    return text, encoding


def refuse_wide(columns: int) -> None:
    """Raise ``UnreadableFile`` for a table no publisher makes."""
    if columns > MAX_COLUMNS:
        raise UnreadableFile(
            f"该页有 {columns} 列，超过 {MAX_COLUMNS} 列的上限。",
            f"the page has {columns} columns, more than the {MAX_COLUMNS} that are read.",
        )


def frame(found: Any) -> pl.DataFrame:
    """Return the rows of an lxml table element, or of the first table inside another element.

    Raises:
        UnreadableFile: as ``frame_and_rows``.
    """
    return frame_and_rows(found)[0]


def frame_and_rows(found: Any) -> tuple[pl.DataFrame, list[Any]]:
    """Return the rows of a table as a frame, and the element of each.

    Raises:
        UnreadableFile: there is no table, it has not even a header, or it is absurdly wide.
    """
    table = found if found.tag in {"table", "tbody"} else next(found.iter("table"), None)
    if table is None:
        raise UnreadableFile(
            f"所指的元素 <{found.tag}> 不是表格，里面也没有表格。请检查数据源文件的 table。",
            f"the element <{found.tag}> is no table and holds none; check the source file's table.",
        )
    for unseen in list(table.iter("script", "style")):
        unseen.drop_tree()
    for line_break in table.iter("br"):  # two lines of a cell are not one word
        line_break.tail = f" {line_break.tail or ''}"
    # Not tfoot, which sums up; not the rows of tables inside cells.
    lines = [_Line.of(row) for row in table.xpath("./tr|./thead/tr|./tbody/tr")]
    lines = [line for line in lines if any(line.cells)]
    if not lines:
        raise UnreadableFile(
            "表格是空的，连表头也没有：可能由网页脚本填写。请找该网站的数据接口，或改为手工导出。",
            "the table is empty and has not even a header: perhaps a script fills it; look for "
            "the site's data interface, or export by hand.",
        )
    at = _header_at(lines)
    header = lines[at].cells
    body = [
        line
        for line in lines[at + 1 :]
        if not line.is_remark(len(header)) and not (line.is_header and line.cells == header)
    ]
    return _frame_of_cells(header, [line.cells for line in body]), [line.row for line in body]


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of an HTML table."""

    row: Any  # its element
    cells: list[str]
    is_header: bool  # every cell is a <th>
    spans: bool  # its first cell stretches over several columns

    @classmethod
    def of(cls, row: Any) -> "_Line":
        cells = list(row.iterchildren("td", "th"))
        return cls(
            row=row,
            cells=[text_of(cell) for cell in cells],
            is_header=all(cell.tag == "th" for cell in cells),
            spans=bool(cells) and cells[0].get("colspan", "1").strip() not in {"", "1"},
        )

    def is_remark(self, width: int) -> bool:
        """A single cell across the table, like "暂无数据", is not a row."""
        return self.spans and len(self.cells) == 1 < width


def text_of(cell: Any) -> str:
    """Return the text of a cell, its blanks as they are shown."""
    # Nine cells of ten hold text alone; text_content compiles an XPath for each.
    text: str = cell.text_content() if len(cell) else cell.text or ""
    return _BLANKS.sub(" ", text).strip()


def _header_at(lines: Sequence[_Line]) -> int:
    """Return which row names the columns: of the leading <th> rows the widest, else the first."""
    leading = 0
    while leading < len(lines) and lines[leading].is_header:
        leading += 1
    return max(range(max(leading, 1)), key=lambda n: len(lines[n].cells))


def _frame_of_cells(header: Sequence[str], rows: Sequence[Sequence[str]]) -> pl.DataFrame:
    width = max([len(header), *map(len, rows)])
    refuse_wide(width)
    names = _distinct(header[n] if n < len(header) else "" for n in range(width))
    columns = {
        name: [(row[n] or None) if n < len(row) else None for row in rows]
        for n, name in enumerate(names)
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def _distinct(names: Iterable[str]) -> list[str]:
    """Return the names with unnamed ones numbered and repeated ones told apart."""
    taken: set[str] = set()
    result = []
    for number, name in enumerate(names, start=1):
        wanted = name or f"column_{number}"
        unique = wanted if wanted not in taken else f"{wanted}_{number}"
        taken.add(unique)
        result.append(unique)
    return result
