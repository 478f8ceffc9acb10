"""The sender's own file, every row as sent, with what to do behind it and the bad cells marked.

Ready to be corrected and sent again: titles, header rows and notes stay where they were, and the
two columns of reasons are filled anew each time the file comes back.
"""

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liangxin.errors import Misuse
from liangxin.wording import neutral

if TYPE_CHECKING:
    from ingest.delivery import DroppedTable

REASON, REASON_EN = "退回原因", "reason"
#: Rows a sheet has, and characters a cell of it holds.
SHEET_ROWS, CELL_CHARACTERS = 1_048_576, 32_767


@dataclass(slots=True)
class Said:
    """What is told about one table: by row number as a spreadsheet shows it."""

    reasons: dict[int, tuple[str, str]] = field(default_factory=dict)  # Chinese, English
    bad: dict[int, set[str]] = field(default_factory=dict)  # headers of the cells to mark


def require_writable(out: Path, sent: Path, tables: int) -> None:
    """Return if the answer can go to ``out``.

    Raises:
        Misuse: it is neither .csv nor .xlsx, or the sent file itself, or a CSV for several sheets.
    """
    if out.suffix.lower() not in {".csv", ".xlsx"}:
        raise Misuse(
            f"--refused 的文件名应以 .csv 或 .xlsx 结尾，不是“{out.suffix}”。",
            f"the file of --refused ends in .csv or .xlsx, not {out.suffix!r}.",
        )
    if out.exists() and out.samefile(sent):
        raise Misuse(
            f"--refused 不能写到被检查的文件 {sent.name} 上。请换一个文件名。",
            f"--refused must not overwrite the checked file {sent.name}; name another.",
        )
    if tables > 1 and out.suffix.lower() == ".csv":
        raise Misuse(
            f"{sent.name} 有 {tables} 个工作表，CSV 放不下。请让 --refused 的文件名以 .xlsx 结尾。",
            f"{sent.name} has {tables} sheets, which a CSV cannot hold; let the file of --refused "
            "end in .xlsx.",
        )


def workbook(tables: Sequence["DroppedTable"], said: Sequence[Said]) -> bytes:
    """Return the tables as sent, with the reasons, as a workbook that never lies on a disk.

    Raises:
        Misuse: a table has more rows than a sheet.
    """
    made = io.BytesIO()
    _write_workbook(made, tables, said, in_memory=True)
    return made.getvalue()


def write(out: Path, tables: Sequence["DroppedTable"], said: Sequence[Said]) -> None:
    """Write the tables as sent, with the reasons; readable by their owner only.

    Raises:
        Misuse: it cannot be written, or has more rows than a sheet.
    """
    try:
        os.close(os.open(out, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        if out.suffix.lower() == ".csv":
            _write_csv(out, tables[0], said[0])
        else:
            _write_workbook(str(out), tables, said, constant_memory=True)
    except Misuse:
        out.unlink()
        raise
    except OSError as error:
        raise Misuse(
            f"无法写入 {out}（{error.strerror}）。请检查 --refused 的路径。",
            f"cannot write {out} ({error.strerror}); check the path of --refused.",
        ) from error


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One table as it goes back: without the reasons it came with, with those of today."""

    table: "DroppedTable"
    said: Said

    @property
    def kept(self) -> list[int]:
        """Places of the columns that are not our own."""
        headers = self.table.layout.headers
        return [at for at, header in enumerate(headers) if header not in {REASON, REASON_EN}]

    def rows(self) -> Iterator[tuple[int, list[str], tuple[str, str]]]:
        """Yield row number, cells, reasons; every row of the file up to its last."""
        layout, kept = self.table.layout, self.kept
        width = len(layout.headers)
        for number, cells in self.table.grid():
            padded = [*cells, *[""] * (width - len(cells))]
            own = [padded[at] for at in kept] + padded[width:]
            heading = (REASON, REASON_EN) if number == layout.header_row else ("", "")
            yield number, own, self.said.reasons.get(number, heading)


def _write_csv(out: Path, table: "DroppedTable", said: Said) -> None:
    sheet = _Sheet(table, said)
    width = len(sheet.kept)
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        line = 1
        for number, cells, reasons in sheet.rows():
            for _ in range(number - line):  # blank lines keep the numbers of the others right
                stream.write("\r\n")
            line = number + 1
            # What lies beyond the headers stays beyond them, or a shifted row would look mended.
            padded = [*cells[:width], *[""] * (width - len(cells)), *reasons, *cells[width:]]
            writer.writerow([neutral(cell) for cell in padded])


def _write_workbook(
    out: str | io.BytesIO,
    tables: Sequence["DroppedTable"],
    said: Sequence[Said],
    **options: bool,
) -> None:
    import xlsxwriter  # noqa: PLC0415 - only who asks for a workbook pays for it

    options |= {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        formats = {
            "bad": book.add_format({"bg_color": "#FFD9D9"}),
            "head": book.add_format({"bold": True, "bottom": 1}),
            "group": book.add_format({"bold": True, "bottom": 1, "align": "center"}),
            "reason": book.add_format({"text_wrap": True}),
        }
        for number, (table, told) in enumerate(zip(tables, said, strict=True), start=1):
            _write_sheet(book, _Sheet(table, told), number, formats)


def _write_sheet(book: Any, sheet: _Sheet, number: int, formats: Mapping[str, Any]) -> None:
    layout, kept, width = sheet.table.layout, sheet.kept, len(sheet.kept)
    page = book.add_worksheet(layout.sheet or f"数据{number}")
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    for at, place in enumerate(kept):
        page.set_column(at, at, min(max(2 * len(layout.headers[place]), 10), 24))
    page.set_column(width, width, 70)
    page.set_column(width + 1, width + 1, 40)
    below = layout.header_row + layout.header_rows - 1
    headers = [layout.headers[place] for place in kept]
    for row, cells, reasons in sheet.rows():
        if row > SHEET_ROWS:
            raise Misuse(
                f"工作表放不下 {row} 行。请让 --refused 的文件名以 .csv 结尾。",
                f"a sheet cannot hold {row} rows; let the file of --refused end in .csv.",
            )
        heading = layout.header_row <= row <= below
        wrong = sheet.said.bad.get(row, set())
        style = formats["head"] if heading else None
        for at, cell in enumerate(cells):
            marked = at < width and headers[at] in wrong
            text = cell[:CELL_CHARACTERS]
            # What lies beyond the headers stays beyond them, or a shifted row would look mended.
            place = at if at < width else at + 2
            if text or marked:
                page.write_string(row - 1, place, text, formats["bad"] if marked else style)
        for at, text in enumerate(reasons):
            if text:
                page.write_string(row - 1, width + at, text, style or formats["reason"])
        if heading and row < below:
            _merge_groups(page, row - 1, cells, headers, formats["group"])
    page.freeze_panes(below, 0)


def _merge_groups(
    page: Any, row: int, cells: Sequence[str], headers: Sequence[str], style: Any
) -> None:
    """Merge the cells a heading stands above, as they were when they were read."""
    at = 0
    while at < len(headers):
        name = cells[at].strip() if at < len(cells) else ""
        end = at + 1
        while (
            name
            and end < len(headers)
            and not (cells[end].strip() if end < len(cells) else "")
            and f"/{name}/" in f"/{headers[end]}"
        ):
            end += 1
        if end > at + 1:
            page.merge_range(row, at, row, end - 1, name, style)
        at = end
