"""Web pages under a workbook's name, as many systems export them: the rows of their tables.

No entity is resolved, no script run and nothing fetched. A table that holds other tables only
arranges them; the rows of all others count from the top, as a spreadsheet shows them.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from w3lib.encoding import html_body_declared_encoding, read_bom

from ingest.untrusted.fault import Fault, Findings
from ingest.untrusted.sheets import HEADER_DEPTH

#: No table is wider; a page that says so would fill the memory.
MOST_COLUMNS, MOST_ROWS = 1_024, 1_048_576
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_WIDE = {"gb2312", "gbk", "hz-gb-2312", "gb18030"}


def decode(body: bytes) -> str:
    """Decode a page as its byte order mark says, else as it declares itself, else as it fits.

    Raises:
        Fault: it is in no encoding known here.
    """
    marked, mark = read_bom(body)
    if marked:
        return body[len(mark or b"") :].decode(marked, "replace")
    declared = html_body_declared_encoding(body) or ""
    declared = "gb18030" if declared.lower() in _WIDE else declared
    for encoding in (declared, "utf-8", "gb18030"):
        try:
            if encoding:
                return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    text = body.decode("utf-8" if declared.lower() in {"", "utf-8"} else "gb18030", "replace")
    if text.count("\ufffd") > max(3, len(text) // 1000):
        raise Fault("encoding")
    return text


class Page:
    """Rows of a page's tables; ``merged`` and ``found`` are complete once they were all read."""

    def __init__(self, body: bytes) -> None:
        self._text = decode(body).replace("\x00", "\ufffd")
        self.merged: list[list[int]] = []
        self.found = Findings()

    def rows(self) -> Iterator[list[str]]:
        """Yield each row's cells; what a cell stretches over is empty.

        Raises:
            Fault: there is no table, or it is absurdly wide.
        """
        source = io.BytesIO(self._text.encode("utf-8", "replace"))
        self._text = ""
        events = etree.iterparse(
            source, events=("end",), tag="tr", html=True, encoding="utf-8", no_network=True
        )
        table: Any = None
        taken: dict[int, int] = {}
        try:
            for _, row in events:
                if next(row.iterdescendants("table"), None) is not None:
                    continue
                here = next(row.iterancestors("table"), None)
                if here is not table:
                    table, taken = here, {}
                yield self._cells(row, taken)
                _forget(row)
        except etree.LxmlError as error:
            raise Fault("damaged") from error
        if not self.found.rows:
            raise Fault("no_table")

    def _cells(self, row: Any, taken: dict[int, int]) -> list[str]:
        """One row; ``taken`` are columns that cells above still stretch into, and how far."""
        at = self.found.rows
        self.found.rows += 1
        if self.found.rows > MOST_ROWS:
            raise Fault("vast", rows=self.found.rows, columns=max(self.found.columns, 1))
        if "display:none" in (row.get("style") or "").replace(" ", "").lower():
            self.found.hidden.append(at + 1)
        cells: list[str] = []
        spans: list[tuple[int, int, int]] = []
        for cell in row.iterchildren("td", "th"):
            while taken.get(len(cells)):
                cells.append("")
            across, down = _number(cell.get("colspan")), _number(cell.get("rowspan"))
            spans.append((len(cells), across, down))
            if (across > 1 or down > 1) and at < HEADER_DEPTH:
                left = len(cells)
                self.merged.append([at, left, at + down - 1, left + across - 1])
            cells += [_text(cell), *[""] * (across - 1)]
            if len(cells) > MOST_COLUMNS:
                raise Fault("wide", columns=len(cells), most=MOST_COLUMNS)
        self.found.columns = max(self.found.columns, len(cells))
        _carry(taken, spans)
        while cells and not cells[-1]:
            cells.pop()
        return cells


def _carry(taken: dict[int, int], spans: list[tuple[int, int, int]]) -> None:
    """Go one row down: what stretches into it, and for how many more rows."""
    for column in [column for column in taken if taken[column]]:
        taken[column] -= 1
    for left, across, down in spans:
        if down > 1:
            taken.update(dict.fromkeys(range(left, left + across), down - 1))


def _number(span: str | None) -> int:
    text = (span or "").strip()
    return min(max(int(text), 1), MOST_COLUMNS) if text.isascii() and text.isdigit() else 1


def _text(cell: Any) -> str:
    if len(cell):
        for unseen in list(cell.iter("script", "style")):
            unseen.clear(keep_tail=True)
        for line_break in cell.iter("br"):  # two lines of a cell are not one word
            line_break.tail = f" {line_break.tail or ''}"
        text = "".join(cell.itertext("*", with_tail=True))
    else:
        text = cell.text or ""
    return _BLANKS.sub(" ", text).strip()


def _forget(row: Any) -> None:
    """Let go of the rows that were read, so that a long page needs no more memory."""
    row.clear(keep_tail=False)
    parent = row.getparent()
    while parent is not None and parent[0] is not row:
        del parent[0]
