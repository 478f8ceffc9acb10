"""Bytes to tables under their own column names, in batches, every cell as text.

Reads CSV (UTF-8 with or without BOM, GB18030, UTF-16; comma, tab or semicolon; also gzipped) and
workbooks (.xlsx, .xls, .et, .ods, a web page named .xls): every visible sheet that has the
columns wanted. Titles above the headers are skipped, headers of several rows joined. What cannot
be read is refused in one sentence that says what to send instead. Row numbers are those a
spreadsheet shows.
"""

import codecs
import csv
import gzip
import io
import re
import stat
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import polars as pl

from ingest import encodings, header_rows, headers, text_table, workbook
from ingest.encodings import plain
from ingest.header_rows import Header
from ingest.headers import Vocabulary
from ingest.layout import MORE, ROW, Layout, Notice, Reading
from ingest.notices import about_sheets
from liangxin.errors import MissingColumn, UnreadableFile

__all__ = ["MORE", "ROW", "Layout", "Notice", "Reading", "batches", "grid", "look"]

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
#: First bytes of things clerks have sent under a table's name.
FOREIGN = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"{\\rtf": "RTF",
    b"MIME-Version:": "MHT",
    b"MZ": "EXE",
}
#: Some that text could begin with too: no text has a NUL so near its start.
_BINARY = {"BMP", "EXE"}
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|style|table|div)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML_SPREADSHEET = b"urn:schemas-microsoft-com:office:spreadsheet"


def look(
    file: Path,
    *,
    max_bytes: int,
    vocabulary: Vocabulary | None = None,
    required: Sequence[str] = (),
) -> Reading:
    """Read a file once to learn its format, its tables and their headers; write nothing.

    Args:
        file: what was sent; its name says nothing about what it is.
        max_bytes: the largest that is taken, unpacked.
        vocabulary: our field -> what its headers may be called, best first. Without one the
            first row that is not blank is the header, and the first filled sheet the table.
        required: the fields without which a table is not taken.

    Raises:
        UnreadableFile: it is not a table; the sentence says what it seems to be.
        MissingColumn: it has no header row, or no table has the required columns.
    """
    names = vocabulary or {}
    with _readable(file.name), _opened(file) as raw:
        start = raw.read(4096)
        raw.seek(0)
        _refuse_foreign(file.name, start)
        if start.startswith(encodings.GZIP):
            _refuse_packed(file.name, raw)
        if start.startswith((ZIP, OLE)) or _is_page(start):
            format_ = "workbook" if start.startswith((ZIP, OLE)) else "html"
            return _look_at_sheets(file, format_, max_bytes, names, required)
        encoding = encodings.detect(file.name, raw, start, max_bytes)
        with plain(raw, start) as stream:
            first = stream.read(encodings.SAMPLE)
        text = codecs.getincrementaldecoder(encoding)("ignore").decode(first).removeprefix("\ufeff")
        return Reading((_look_at_text(file.name, text, encoding, names, required),))


def batches(file: Path, layout: Layout, *, size: int) -> Generator[pl.DataFrame]:
    """Yield the data rows: the table's columns as text, plus ``ROW`` and ``MORE``.

    Blank lines are no rows, but count in the row numbers. A cell is null when it is empty.
    ``MORE`` is the first filled cell beyond the headers.

    Raises:
        UnreadableFile: the file breaks off in the middle, e.g. a truncated gzip.
    """
    with _readable(file.name), _stream(file, layout) as stream:
        yield from text_table.batches(stream, layout, size)


def grid(file: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield every row of a table that is not blank, as sent: titles, headers, data, notes.

    Raises:
        UnreadableFile: the file breaks off in the middle.
    """
    with _readable(file.name), _stream(file, layout) as stream:
        yield from text_table.grid(stream, layout)


@contextmanager
def _readable(name: str) -> Generator[None]:
    """Say in a sentence what the readers below mean by their many errors."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFile(
            f"压缩文件 {name} 不完整或已损坏，没有写入任何内容。请重新导出或重新传输。",
            f"the compressed file {name} is truncated or damaged; nothing was written. "
            "Export or transfer it again.",
        ) from error
    except UnicodeDecodeError as error:
        if error.encoding.startswith("utf-16"):
            raise UnreadableFile(
                f"文件 {name} 是 UTF-16 编码，但不完整或已损坏。请重新导出，或另存为“CSV UTF-8”。",
                f"the file {name} is UTF-16, but truncated or damaged; export it again, or save it "
                "as CSV UTF-8.",
            ) from error
        raise UnreadableFile(
            f"文件 {name} 既不是 UTF-8 也不是 GB18030 编码。请在 Excel 中另存为“CSV UTF-8”。",
            f"the file {name} is neither UTF-8 nor GB18030; save it as CSV UTF-8.",
        ) from error
    except text_table.TooLong as error:
        raise encodings.endless(name) from error
    except text_table.TooWide as error:
        raise _too_wide(name, text_table.WIDEST) from error
    except (pl.exceptions.PolarsError, csv.Error) as error:
        raise UnreadableFile(
            f"文件 {name} 的引号不成对，无法分清单元格。请另存为 .xlsx 后再试。",
            f"the quotes in {name} do not match, so its cells cannot be told apart; "
            "save it as .xlsx and try again.",
        ) from error
    except OSError as error:
        raise UnreadableFile(
            f"无法读取文件 {name}（{error.strerror or error}）。请检查路径和读取权限。",
            f"the file {name} cannot be read ({error.strerror or error}); check its path and who "
            "may read it.",
        ) from error


@contextmanager
def _opened(file: Path) -> Generator[IO[bytes]]:
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # a NUL in its name
        raise UnreadableFile(
            f"找不到文件 {file.name}。请检查路径。",
            f"there is no file {file.name}; check the path.",
        ) from error
    if stat.S_ISDIR(mode):
        raise UnreadableFile(
            f"{file.name or file} 是文件夹，不是文件。请给出其中的文件。",
            f"{file.name or file} is a folder, not a file; name a file in it.",
        )
    if not stat.S_ISREG(mode):  # opening a pipe could wait for ever
        raise UnreadableFile(
            f"{file.name} 是管道或设备，不是文件。请先把内容保存为文件。",
            f"{file.name} is a pipe or a device, not a file; save its content as a file first.",
        )
    with file.open("rb") as raw:
        yield raw


@contextmanager
def _stream(file: Path, layout: Layout) -> Generator[IO[bytes]]:
    """The bytes of a table: a sheet's cells as CSV, or the file's own."""
    if layout.content is not None:
        yield io.BytesIO(layout.content)
        return
    with _opened(file) as raw:
        start = raw.read(2)
        raw.seek(0)
        with plain(raw, start) as stream:
            yield stream


def _refuse_foreign(name: str, start: bytes) -> None:
    if not start:
        raise encodings.empty(name)
    for magic, what in FOREIGN.items():
        if start.startswith(magic) and (what not in _BINARY or b"\x00" in start[:16]):
            raise _foreign(name, what)
    if start[4:8] == b"ftyp":
        raise _foreign(name, "HEIC/MP4")
    if start.startswith(b"RIFF") and start[8:12] in {b"WEBP", b"WAVE", b"AVI "}:
        raise _foreign(name, start[8:12].decode().strip())
    if start.lstrip().startswith(b"<?xml") and _XML_SPREADSHEET in start:
        raise UnreadableFile(
            f"文件 {name} 是 XML 电子表格。请在 Excel 中打开并另存为 .xlsx 再发送。",
            f"the file {name} is an XML spreadsheet; open it in Excel, save it as .xlsx and send that.",
        )


def _foreign(name: str, what: str) -> UnreadableFile:
    return UnreadableFile(
        f"文件 {name} 其实是 {what}，不是表格。请发送 .csv 或 .xlsx。",
        f"the file {name} is really a {what}, not a table; send .csv or .xlsx.",
    )


def _refuse_packed(name: str, raw: IO[bytes]) -> None:
    """Raise ``UnreadableFile`` if what was packed is no text; leaves the stream at its start."""
    with plain(raw, encodings.GZIP) as stream:
        start = stream.read(4096)
    raw.seek(0)
    tar = start[257:262] == b"ustar"
    if tar or start.startswith((ZIP, OLE, encodings.GZIP)) or _is_page(start):
        raise UnreadableFile(
            f"压缩文件 {name} 里面不是 CSV。请解压后发送其中的文件。",
            f"what is packed in {name} is no CSV; unpack it and send the file inside.",
        )
    if start:
        _refuse_foreign(name, start)


def _is_page(start: bytes) -> bool:
    return bool(_PAGE.match(start.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\x00", b"")))


def _look_at_text(
    name: str, text: str, encoding: str, names: Vocabulary, required: Sequence[str]
) -> Layout:
    """Find the separator and the headers: those that make most sense of the first rows."""
    lines = text.replace("\r", "\n").lstrip("\n").split("\n", header_rows.DEPTH)
    # With a vocabulary the header decides; what it leaves open, the first lines' separators do.
    ranked = sorted(",\t;", key=lambda mark: -lines[0].count(mark))
    best: tuple[Header, str, int] | None = None
    for delimiter in ranked if names else ranked[:1]:
        rows, width = text_table.first_rows(text, delimiter, header_rows.DEPTH)
        if (columns := _columns(rows, width)) > text_table.MOST_COLUMNS:
            if delimiter == ranked[0]:
                raise _too_wide(name, columns)
            continue
        found = header_rows.find(rows, (), names, required)
        if found and (best is None or _fit(found) > _fit(best[0])):
            best = found, delimiter, width
    if best is None or not any(best[0].names):
        raise _no_headers(name)
    found, delimiter, width = best
    if found.required < len(required):
        headers.require(_fields(found, names), found.names, name, required, names)
    return Layout("csv", found.names, encoding, delimiter, "", found.row, found.rows, fields=width)


def _fit(header: Header) -> tuple[int, int, int]:
    return header.required, header.known, len(header.names)


def _fields(found: Header, names: Vocabulary) -> Mapping[str, str]:
    matched = headers.match_closely(found.names, {}, names)
    return matched.columns | matched.close


def _no_headers(name: str) -> MissingColumn:
    return MissingColumn(
        f"文件 {name} 的第一行没有列名。请在第一行写明列名。",
        f"the first row of {name} names no columns; put the column names there.",
    )


def _columns(rows: header_rows.Rows, width: int) -> int:
    """How many columns rows fill; cells behind the last filled one count where they are absurd."""
    if width > text_table.WIDEST:
        return width
    return max((n for _, cells in rows for n, cell in enumerate(cells, start=1) if cell), default=0)


def _too_wide(name: str, columns: int) -> UnreadableFile:
    return workbook.refusal(name, "wide", columns=columns, most=text_table.MOST_COLUMNS)


def _look_at_sheets(
    file: Path, format_: str, max_bytes: int, names: Vocabulary, required: Sequence[str]
) -> Reading:
    """Take every visible sheet whose headers have what is required."""
    tables: list[Layout] = []
    taken: list[workbook.Sheet] = []
    others: list[tuple[workbook.Sheet, Header]] = []
    hidden: list[str] = []
    book = workbook.Workbook()
    with closing(workbook.sheets(file, max_bytes)) as sheets:
        for book, sheet in sheets:  # noqa: B007 - the last one knows all
            if not sheet.visible:
                hidden.append(sheet.name)
                continue
            rows, width = _first_rows(sheet.content)
            if (columns := _columns(rows, width)) > text_table.MOST_COLUMNS:
                raise _too_wide(file.name, columns)
            found = header_rows.find(rows, sheet.merged, names, required)
            if found is None:
                continue
            wanted = found.known or found.required if names else not tables
            if not wanted or found.required < len(required):
                sheet.content = b""
                others.append((sheet, found))
                continue
            taken.append(sheet)
            tables.append(
                Layout(
                    format_,
                    found.names,
                    "utf-8",
                    ",",
                    sheet.name,
                    found.row,
                    found.rows,
                    fields=width,
                    content=sheet.content,
                )
            )
    if not tables:
        _refuse_all(file.name, others, hidden, names, required)
    unread = [sheet.name for sheet, _ in others]
    return Reading(tuple(tables), tuple(about_sheets(book, taken, unread, hidden)))


def _first_rows(content: bytes) -> tuple[list[tuple[int, list[str]]], int]:
    text = content[: encodings.SAMPLE].decode("utf-8", "ignore")
    return text_table.first_rows(text, ",", header_rows.DEPTH)


def _refuse_all(
    name: str,
    others: Sequence[tuple[workbook.Sheet, Header]],
    hidden: Sequence[str],
    names: Vocabulary,
    required: Sequence[str],
) -> None:
    """Raise for the sheet that comes nearest."""
    if not others and hidden:
        raise UnreadableFile(
            f"文件 {name} 的数据都在隐藏的工作表中（{headers.listed(hidden[:10])}）。请取消隐藏后再发送。",
            f"all data of {name} are in hidden sheets ({headers.listed(hidden[:10], ', ')}); unhide them and "
            "send it again.",
        )
    if not others:
        raise _no_headers(name)
    sheet, found = max(others, key=lambda other: _fit(other[1])[:2])
    title = sheet.name if len(others) > 1 else ""
    headers.require(_fields(found, names), found.names, name, required, names, sheet=title)
    headers.require({}, found.names, name, [*names][:1], names, sheet=title)
