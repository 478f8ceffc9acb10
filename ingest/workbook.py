"""Workbooks: rows of the first filled sheet as text, and what makes one safe to open.

No macro, formula or outside link is ever run: the reader takes stored values only. What an
archive says about its own size is not believed.
"""

import lzma
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from liangxin.errors import UnreadableFile

BLOCK = 8 << 20
#: Cells of a sheet's used area, blank ones included: the reader holds them all, 32 bytes each.
MOST_CELLS = 32_000_000
#: What `zipfile` raises for a damaged archive; ValueError holds names that are no text.
DAMAGED_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ArithmeticError,
    EOFError,
    RuntimeError,
    ValueError,
)
#: Where a row stands (r="12"), and a cell right of column Z (r="AB12") or far down.
_PLACE = re.compile(rb"""\sr\s*=\s*["'](?:([A-Za-z]{2,9})(\d{1,9})|[A-Za-z]?(\d{1,9}))["']""")


def refuse_bombs(file: Path, max_bytes: int) -> None:
    """Refuse an archive that is no workbook, or that would fill the memory when unpacked.

    What the archive declares about its sizes may be a lie, so it is unpacked and counted; and
    one stray cell in the last row and column makes a sheet of 17 thousand million cells.
    """
    if not zipfile.is_zipfile(file):
        return
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if not any(name.startswith("xl/") for name in names) or "xl/workbook.bin" in names:
                raise UnreadableFile(
                    f"文件 {file.name} 是压缩包或其他文档，不是 Excel 工作簿。请发送 .xlsx 或 .csv。",
                    f"the file {file.name} is an archive or another document, not a workbook; "
                    "send .xlsx or .csv.",
                )
            size = 0
            for member in members:
                member.file_size = sys.maxsize
                with archive.open(member) as stream:
                    size += _unpacked(file.name, stream, max_bytes - size)
    except DAMAGED_ARCHIVE as error:
        raise _no_workbook(file.name) from error


def _unpacked(name: str, stream: IO[bytes], max_bytes: int) -> int:
    """Return how many bytes one member of a workbook unpacks to, and refuse a vast sheet."""
    size, rest, rows, columns = 0, b"", 1, 26
    while block := stream.read(BLOCK):
        size += len(block)
        if size > max_bytes:
            raise too_large(name, max_bytes)
        for letters, row, lone_row in _PLACE.findall(rest + block):
            rows = max(rows, int(row or lone_row))
            columns = max(columns, len(letters) and _column(letters))
        if rows * columns > MOST_CELLS:
            raise UnreadableFile(
                f"文件 {name} 的工作表用到了第 {rows} 行、第 {columns} 列，超出可读范围。"
                "请删除远处的多余单元格，或另存为 CSV。",
                f"a sheet of {name} reaches row {rows} and column {columns}, which is too much; "
                "delete stray cells far out, or save it as CSV.",
            )
        rest = block[-64:]
    return size


def _column(letters: bytes) -> int:
    """Return the number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _no_workbook(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"文件 {name} 不是可读的 Excel 工作簿（可能已加密或损坏）。请另存为 .xlsx 或 CSV。",
        f"the file {name} is no readable workbook (encrypted or damaged?); "
        "save it again as .xlsx or CSV.",
    )


def too_large(name: str, max_bytes: int) -> UnreadableFile:
    """Say that a file unpacks to more than the limit."""
    limit = max_bytes >> 20
    return UnreadableFile(
        f"文件 {name} 展开后超过 {limit} MiB 的上限。请拆分后再发送。",
        f"the file {name} is larger than {limit} MiB when unpacked; split it.",
    )


def sheet_rows(file: Path) -> Iterator[list[str]]:
    """Rows of the first sheet that has any, as text."""
    import python_calamine  # noqa: PLC0415 - only workbooks need it

    try:
        book = python_calamine.CalamineWorkbook.from_path(file)
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                for row in sheet.iter_rows():
                    yield [_cell_text(cell) for cell in row]
                return
    except python_calamine.CalamineError as error:
        raise _no_workbook(file.name) from error


def _cell_text(cell: Any) -> str:
    """A cell as a person reads it; a number too long for a spreadsheet keeps its exponent.

    Spreadsheets keep 15 digits. Writing a longer one out in full would invent the rest.
    """
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        if abs(cell) >= 1e15:
            return f"{float(cell):.14E}"
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    return str(cell)
