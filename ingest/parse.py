"""Bytes to a table under its own column names, in batches, every cell as text.

Reads CSV (UTF-8 with or without BOM, GB18030; comma, tab or semicolon; also gzipped) and the
first filled sheet of a workbook. What cannot be read is refused in one sentence that says what
to send instead. Row numbers are those a spreadsheet shows: the header is row 1.

Batches never hold more than a block of the file, so a register of ten million rows needs no
more memory than one of ten thousand (workbooks excepted: they are read whole, and limited).
"""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import IO, cast

import numpy as np
import polars as pl

from ingest.workbook import refuse_bombs, sheet_rows, too_large
from liangxin.errors import MissingColumn, UnreadableFile

BLOCK = 8 << 20
#: No record is this long; an opening quote that nothing closes makes one that is.
LONGEST_RECORD = 64 << 20
#: Column of the row number a spreadsheet shows; no real header can collide with it.
ROW = "\x00row"
#: Cells beyond the last header land here, so that a shifted row is seen instead of cut.
MORE = "\x00more"
#: What the slow reader finds behind the last record.
END = "\x00end"
GZIP, ZIP, OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
#: First bytes of things clerks have sent under a table's name.
FOREIGN = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"{\\rtf": "RTF",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What was found on first look: how to read the file, and the headers it has."""

    format: str  # "csv" or "workbook"
    headers: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","


def look(file: Path, *, max_bytes: int) -> Layout:
    """Read a file once to learn its format, encoding and headers; write nothing.

    Raises:
        UnreadableFile: it is not a table; the sentence says what it seems to be.
        MissingColumn: it has no header row.
    """
    with _readable(file.name), _opened(file) as raw:
        start = raw.read(8)
        raw.seek(0)
        _refuse_foreign(file.name, start)
        if start.startswith((ZIP, OLE)):
            refuse_bombs(file, max_bytes)
            headers = next(sheet_rows(file), None)
            return Layout("workbook", _headers(file.name, headers))
        encoding = _encoding(file, raw, start, max_bytes)
        with _plain(raw, start) as stream:
            first = stream.read(1 << 20)
        text = codecs.getincrementaldecoder(encoding)("ignore").decode(first).removeprefix("\ufeff")
        line = text.partition("\n")[0]
        delimiter = max(",\t;", key=line.count)
        record = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), None)
        return Layout("csv", _headers(file.name, record), encoding, delimiter)


def batches(file: Path, layout: Layout, *, size: int) -> Generator[pl.DataFrame]:
    """Yield the data rows: the file's columns as text, plus ``ROW`` and ``MORE``.

    Blank lines are no rows, but count in the row numbers. A cell is null when it is empty.

    Raises:
        UnreadableFile: the file breaks off in the middle, e.g. a truncated gzip.
    """
    with _readable(file.name):
        if layout.format == "workbook":
            yield from _workbook_batches(file, layout, size)
            return
        with _opened(file) as raw:
            start = raw.read(2)
            raw.seek(0)
            with _plain(raw, start) as stream:
                yield from _csv_batches(stream, layout, size)


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
        raise UnreadableFile(
            f"文件 {name} 既不是 UTF-8 也不是 GB18030 编码。请在 Excel 中另存为“CSV UTF-8”。",
            f"the file {name} is neither UTF-8 nor GB18030; save it as CSV UTF-8.",
        ) from error
    except (pl.exceptions.PolarsError, csv.Error) as error:
        raise _unmatched_quotes(name) from error
    except OSError as error:
        raise UnreadableFile(
            f"无法读取文件 {name}（{error.strerror or error}）。",
            f"the file {name} cannot be read ({error.strerror or error}).",
        ) from error


@contextmanager
def _opened(file: Path) -> Generator[IO[bytes]]:
    if not file.is_file():
        raise UnreadableFile(
            f"找不到文件 {file.name}。请检查路径。",
            f"there is no file {file.name}; check the path.",
        )
    with file.open("rb") as raw:
        yield raw


def _unmatched_quotes(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"文件 {name} 的引号不成对，无法分清单元格。请另存为 .xlsx 后再试。",
        f"the quotes in {name} do not match, so its cells cannot be told apart; "
        "save it as .xlsx and try again.",
    )


def _refuse_foreign(name: str, start: bytes) -> None:
    if not start:
        raise UnreadableFile(
            f"文件 {name} 是空的。请重新导出。", f"the file {name} is empty; export it again."
        )
    for magic, what in FOREIGN.items():
        if start.startswith(magic):
            raise UnreadableFile(
                f"文件 {name} 其实是 {what}，不是表格。请发送 .csv 或 .xlsx。",
                f"the file {name} is really a {what}, not a table; send .csv or .xlsx.",
            )


@contextmanager
def _plain(raw: IO[bytes], start: bytes) -> Generator[IO[bytes]]:
    """The stream itself, or what a gzip stream unpacks to."""
    if start.startswith(GZIP):
        with gzip.GzipFile(fileobj=raw) as stream:
            yield cast("IO[bytes]", stream)
    else:
        yield raw


def _encoding(file: Path, raw: IO[bytes], start: bytes, max_bytes: int) -> str:
    """UTF-8 if the whole file is, else GB18030 if the whole file is.

    The whole file, because one odd line at its end must be known before the first row is
    written. Leaves the stream at its start.

    Raises:
        UnreadableFile: too large, empty, or binary.
        UnicodeDecodeError: neither encoding fits.
    """
    for encoding in ("utf-8", "gb18030"):
        raw.seek(0)
        try:
            with _plain(raw, start) as stream:
                _decode_all(file.name, stream, encoding, max_bytes)
        except UnicodeDecodeError:
            if encoding == "gb18030":
                raise
        else:
            break
    raw.seek(0)
    return encoding


def _decode_all(name: str, stream: IO[bytes], encoding: str, max_bytes: int) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    size, blank = 0, True
    while block := stream.read(BLOCK):
        size += len(block)
        if size > max_bytes:
            raise too_large(name, max_bytes)
        if b"\x00" in block:
            raise UnreadableFile(
                f"文件 {name} 含有空字节，不是文本表格。请另存为“CSV UTF-8”或 .xlsx。",
                f"the file {name} holds NUL bytes and is no text table; save it as CSV UTF-8 or .xlsx.",
            )
        blank = blank and not block.strip(b"\xef\xbb\xbf \t\r\n")
        decoder.decode(block)
    decoder.decode(b"", final=True)
    if blank:
        _refuse_foreign(name, b"")


def _headers(name: str, record: list[str] | None) -> tuple[str, ...]:
    cells = [cell.strip().strip("\ufeff") for cell in record or []]
    while cells and not cells[-1]:
        cells.pop()
    if not cells:
        raise MissingColumn(
            f"文件 {name} 的第一行没有列名。请在第一行写明列名。",
            f"the first row of {name} names no columns; put the column names there.",
        )
    return tuple(_distinct(cells))


def _distinct(cells: list[str]) -> Iterator[str]:
    """Number repeated and unnamed headers, so that no column hides another."""
    taken: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        base = cell or f"第{position}列"
        names = (base if n == 1 else f"{base}({n})" for n in count(1))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        yield name


def _csv_batches(stream: IO[bytes], layout: Layout, size: int) -> Generator[pl.DataFrame]:
    row = 1
    header_pending = True
    for frame in _csv_frames(stream, layout):
        numbered = frame.with_row_index(ROW, offset=row)
        row += frame.height
        if header_pending:
            numbered, header_pending = numbered.slice(1), False
        filled = numbered.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
        for start in range(0, filled.height, size):
            yield filled.slice(start, size)


def _csv_frames(stream: IO[bytes], layout: Layout) -> Generator[pl.DataFrame]:
    """Frames of whole records, header included; falls back to the slow reader where it must."""
    rest = b""
    blocks = _utf8_blocks(stream, layout)
    for block in blocks:
        data = rest + block
        cut = _record_end(data, layout.delimiter)
        if cut is None:
            yield from _slow_frames(data, blocks, layout)
            return
        if cut:
            yield _frame(data[:cut], layout)
        rest = data[cut:]
        if len(rest) > LONGEST_RECORD:
            raise csv.Error("a quote is never closed")
    if rest:
        last = rest + b"\n"
        cut = _record_end(last, layout.delimiter)
        if cut is None:
            yield from _slow_frames(rest, iter(()), layout)
        elif cut < len(last):
            raise csv.Error("a quote is never closed")
        else:
            yield _frame(last, layout)


def _utf8_blocks(stream: IO[bytes], layout: Layout) -> Iterator[bytes]:
    """The stream in blocks of UTF-8, without a BOM."""
    if layout.encoding == "utf-8":
        first = True
        while block := stream.read(BLOCK):
            yield block.removeprefix(codecs.BOM_UTF8) if first else block
            first = False
        return
    decoder = codecs.getincrementaldecoder(layout.encoding)()
    while block := stream.read(BLOCK):
        yield decoder.decode(block).encode()


def _record_end(data: bytes, delimiter: str) -> int | None:
    """Where the last whole record ends (0: none does); ``None`` if the fast reader must not try.

    It must not where quotes stand inside a cell that is not quoted, or text behind a closing
    quote, or where a carriage return alone ends a line. Elsewhere quotes take turns: one opens a
    cell (or is the second of a doubled one), the next closes it (or is the first of a doubled
    one), and "an even number of quotes before it" tells that a line break ends a record.
    """
    if b"\r" in data and data.count(b"\r") - data.endswith(b"\r") > data.count(b"\r\n"):
        return None
    end = data.rfind(b"\n") + 1
    if b'"' not in data:
        return end
    raw = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(raw == 34)
    before = raw[np.maximum(quotes[::2] - 1, 0)]
    opens = np.isin(before, (10, ord(delimiter))) | (quotes[::2] == 0)
    opens[1:] |= quotes[2::2] - 1 == quotes[1:-1:2]
    after = raw[np.minimum(quotes[1::2] + 1, len(raw) - 1)]
    closes = np.isin(after, (10, 13, 34, ord(delimiter))) | (quotes[1::2] == len(raw) - 1)
    if not (opens.all() and closes.all()):
        return None
    if np.searchsorted(quotes, end) % 2 == 0:
        return end
    breaks = np.flatnonzero(raw == 10)
    outside = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def _frame(data: bytes, layout: Layout) -> pl.DataFrame:
    if data.startswith(codecs.BOM_UTF8):  # the file's own is gone: this one belongs to a cell
        data = codecs.BOM_UTF8 + data
    return pl.read_csv(
        io.BytesIO(data),
        has_header=False,
        schema=dict.fromkeys((*layout.headers, MORE), pl.String),
        separator=layout.delimiter,
        null_values=[""],
        truncate_ragged_lines=True,
        missing_columns="insert",
        extra_columns="ignore",
    )


def _slow_frames(data: bytes, blocks: Iterator[bytes], layout: Layout) -> Generator[pl.DataFrame]:
    """The standard library's reader for the rest of the file: slower, but as Excel reads it."""

    def lines() -> Iterator[str]:
        pending = data
        for block in blocks:
            *whole, pending = (pending + block).splitlines(keepends=True)
            if len(pending) > LONGEST_RECORD:
                raise csv.Error("a line has no end")
            yield from (line.decode() for line in whole)
        yield from (line.decode() for line in pending.splitlines(keepends=True))
        if not pending.endswith((b"\r", b"\n")):
            yield "\n"
        yield END  # no file holds it, so it is a record of its own unless a quote is still open

    records: list[list[str]] = []
    for record in csv.reader(lines(), delimiter=layout.delimiter):
        if record == [END]:
            break
        records.append(record)
        if len(records) == 50_000:
            yield _frame_of_records(records, layout)
            records = []
    else:
        raise csv.Error("a quote is never closed")
    if records:
        yield _frame_of_records(records, layout)


def _frame_of_records(records: list[list[str]], layout: Layout) -> pl.DataFrame:
    width = len(layout.headers)
    cells = [
        [cell or None for cell in record[: width + 1]] + [None] * (width + 1 - len(record))
        for record in records
    ]
    schema = dict.fromkeys((*layout.headers, MORE), pl.String)
    return pl.DataFrame(cells, schema=schema, orient="row")


def _workbook_batches(file: Path, layout: Layout, size: int) -> Generator[pl.DataFrame]:
    rows = sheet_rows(file)
    next(rows)
    filled = ((number, record) for number, record in enumerate(rows, start=2) if any(record))
    while part := list(islice(filled, size)):
        numbers = pl.Series(ROW, [number for number, _ in part], dtype=pl.UInt32)
        yield _frame_of_records([cells for _, cells in part], layout).insert_column(0, numbers)
