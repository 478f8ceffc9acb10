"""The cells of a workbook as CSV, sheet by sheet, as a person reads them.

The reader takes stored values only: no formula, macro or outside link is ever run or followed.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import python_calamine as calamine

from ingest.untrusted.fault import Fault, Findings

#: Bytes of CSV, more or less, that are handed over at once.
CHUNK = 1 << 20
#: A header lies in the first rows; merged cells below them interest nobody.
HEADER_DEPTH = 200
#: More sheets than this are no workbook of a clerk.
MOST_SHEETS = 500

_Places = Mapping[tuple[int, int], str]


class Book:
    """An opened workbook."""

    def __init__(self, data: bytes) -> None:
        """Open it.

        Raises:
            Fault: it has a password, is damaged, or has too many sheets.
        """
        try:
            self._book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        except calamine.PasswordError as error:
            raise Fault("password") from error
        except calamine.CalamineError as error:
            raise Fault("damaged") from error
        self.sheets = self._book.sheets_metadata
        if len(self.sheets) > MOST_SHEETS:
            raise Fault("sheets", count=len(self.sheets), most=MOST_SHEETS)

    def is_table(self, number: int) -> bool:
        """Return if a sheet is one of cells, not a chart or a macro sheet."""
        return self.sheets[number].typ == calamine.SheetTypeEnum.WorkSheet

    def is_visible(self, number: int) -> bool:
        """Return if a spreadsheet shows the sheet's tab."""
        return self.sheets[number].visible == calamine.SheetVisibleEnum.Visible

    def read(self, number: int, found: Findings) -> tuple[list[list[int]], Iterator[bytes]]:
        """Return the merged ranges near the top (rows, columns from 0), and the cells as CSV.

        Raises:
            Fault: the sheet is damaged.
        """
        try:
            sheet = self._book.get_sheet_by_index(number)
        except calamine.CalamineError as error:
            raise Fault("damaged") from error
        merged = [
            [*start, *end]
            for start, end in sheet.merged_cell_ranges or ()
            if start[0] < HEADER_DEPTH
        ]
        left = sheet.start[1] if sheet.start else 0
        rows: Iterable[Sequence[Any]] = sheet.iter_rows() if sheet.start else ()
        return merged, as_csv(_texts(rows, left, found.errors))


def _texts(rows: Iterable[Sequence[Any]], left: int, errors: _Places) -> Iterator[list[str]]:
    """Rows of text, padded to column A; error cells, which the reader leaves out, are put back."""
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (at, column), text in errors.items():
        by_row.setdefault(at, []).append((column, text))
    padding = [""] * left
    last = max(by_row, default=-1)
    number = -1
    for number, row in enumerate(rows):
        texts = padding + [cell if type(cell) is str else _text(cell) for cell in row]
        yield _with_errors(texts, by_row.get(number, ()))
    for below in range(number + 1, last + 1):
        yield _with_errors([], by_row.get(below, ()))


def _with_errors(texts: list[str], errors: Iterable[tuple[int, str]]) -> list[str]:
    for column, text in errors:
        texts += [""] * (column + 1 - len(texts))
        texts[column] = texts[column] or text
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _text(cell: Any) -> str:
    """A cell as a person reads it; a number too long for a spreadsheet keeps its exponent.

    Spreadsheets keep 15 digits. Writing a longer one out in full would invent the rest.
    """
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        if abs(cell) >= 1e15:
            return f"{float(cell):.14E}"
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    return _time(cell)


def _time(cell: Any) -> str:
    if isinstance(cell, dt.timedelta):
        seconds = round(cell.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(cell, dt.datetime) and cell.year < dt.MAXYEAR:
        return str((cell + dt.timedelta(milliseconds=500)).replace(microsecond=0))
    if isinstance(cell, dt.time):
        return str(cell.replace(microsecond=0))
    return str(cell)


def as_csv(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Rows as UTF-8 CSV in portions; the n-th record is the n-th row, an empty one a blank line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow(row)
        if text.tell() >= CHUNK:
            yield _bytes(text)
            text.seek(0)
            text.truncate()
    if text.tell():
        yield _bytes(text)


def _bytes(text: io.StringIO) -> bytes:
    # NUL ends a text in a database; here it shows that something was there.
    return text.getvalue().replace("\x00", "\ufffd").encode("utf-8", "replace")
