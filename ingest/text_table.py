"""The rows of a text table: fast by Polars, and where it must not try, as Python's csv reads them.

A workbook arrives here too: its cells as CSV. Batches never hold more than a block of the file,
so a register of ten million rows needs no more memory than one of ten thousand.
"""

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterator
from itertools import islice
from typing import IO

import numpy as np
import polars as pl

from ingest import encodings
from ingest.layout import MORE, ROW, Layout

#: No table is this wide; records that are, blank cells at their end, go through the slow reader,
#: which spends on a record what it holds, and not what the widest one would need.
MOST_COLUMNS = 1_024
#: No record has more cells; a spreadsheet writes as many where a cell far out was once touched.
WIDEST = 16_384
#: Cells held at a time, empty ones included: 16 bytes each, however few bytes the file spends.
MOST_CELLS = 2 << 20
#: Bytes that the slow reader's records hold at a time, eight for a cell; as objects it is more.
SLOW_BYTES = 4 << 20
#: What the slow reader finds behind the last record.
END = "\x00end"
#: How systems write a text that a spreadsheet must not take for a number: it shows what is inside.
_SHOWN_AS_TEXT = re.compile('^="([^"]*)"$')
#: A cell may be a novel; the standard library's own limit is for the whole process, and lower.
csv.field_size_limit(encodings.LONGEST_RECORD)
#: Whole lines, as `csv` and spreadsheets end them.
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|[\r\n])")


class TooLong(csv.Error):
    """A record is longer than any real one; mostly a quote that nothing closes."""


class TooWide(csv.Error):
    """A record has more cells than any table has columns."""


def batches(stream: IO[bytes], layout: Layout, size: int) -> Generator[pl.DataFrame]:
    """Yield the rows below the headers, ``size`` at a time, blank ones left out but counted."""
    row = 1
    for frame in _frames(stream, layout):
        numbered = frame.with_row_index(ROW, offset=row)
        above = max(layout.data_row - row, 0)
        row += frame.height
        filled = numbered.slice(above).filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
        for start in range(0, filled.height, size):
            yield filled.slice(start, size)


def grid(stream: IO[bytes], layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield every row that is not blank with its number, as sent."""
    records = _records(b"", _utf8_blocks(stream, layout), layout.delimiter)
    for number, record in enumerate(records, start=1):
        if number == 1 and record:
            record[0] = record[0].removeprefix("\ufeff")
        if any(record):
            yield number, record


def first_rows(text: str, delimiter: str, most: int) -> tuple[list[tuple[int, list[str]]], int]:
    """Return the first rows of a text that are not blank, with their numbers; and their width."""
    reader = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1)
    filled = ((n, [_shown(cell.strip()) for cell in record]) for n, record in reader)
    rows = list(islice(((n, cells) for n, cells in filled if any(cells)), most))
    return rows, max((len(cells) for _, cells in rows), default=0)


def _frames(stream: IO[bytes], layout: Layout) -> Generator[pl.DataFrame]:
    """Frames of whole records, headers included; falls back to the slow reader where it must."""
    rest = b""
    blocks = _utf8_blocks(stream, layout)
    shape = _Shape(layout)
    for block in blocks:
        data = rest + block
        cut = _record_end(data, layout.delimiter)
        if cut is None:
            yield from _slow_frames(data, blocks, layout)
            return
        rest = data[cut:]
        if len(rest) > encodings.LONGEST_RECORD:  # known before the first row is taken
            raise TooLong
        if left := (yield from shape.frames(data[:cut])):
            yield from _slow_frames(left + rest, blocks, layout)
            return
    if rest:
        last = rest + b"\n"
        cut = _record_end(last, layout.delimiter)
        if cut is None:
            yield from _slow_frames(rest, iter(()), layout)
        elif cut < len(last):
            raise csv.Error("a quote is never closed")
        elif left := (yield from shape.frames(last)):
            yield from _slow_frames(left, iter(()), layout)


def _utf8_blocks(stream: IO[bytes], layout: Layout) -> Iterator[bytes]:
    """The stream in blocks of UTF-8, without a BOM."""
    if layout.encoding == "utf-8":
        first = True
        while block := stream.read(encodings.BLOCK):
            yield block.removeprefix(codecs.BOM_UTF8) if first else block
            first = False
        return
    decoder = codecs.getincrementaldecoder(layout.encoding)()
    while block := stream.read(encodings.BLOCK):
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
    before_end = int(np.searchsorted(quotes, end))
    if before_end % 2 == 0:
        return end
    for opening in range(before_end - 1, -1, -2):  # look before the cell that is open at the end
        closed = int(quotes[opening - 1]) if opening else 0
        if (found := data.rfind(b"\n", closed, int(quotes[opening]))) >= 0:
            return found + 1
    return 0


class _Shape:
    """How many cells a record may have: at first those of the headers and of the first rows.

    Polars refuses a longer record; then there is room for four times as many beyond the headers.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._surplus = max(layout.fields - len(layout.headers), 1)
        mark = re.escape(layout.delimiter.encode())
        self._tail = re.compile(b"(?<!%b)%b++(?=\r?\n)" % (mark, mark))
        self._trims = False

    def frames(self, data: bytes) -> Generator[pl.DataFrame, None, bytes]:
        """Read whole records; return those from which on they are too wide for this reader.

        The first filled cell beyond the headers stands for all of them.
        """
        if self._trims and b'"' not in data:
            data = self._tail.sub(b"", data)
        while data:
            if self._surplus >= MOST_COLUMNS:
                if self._trims or b'"' in data:
                    return data
                # Blank cells far out, which a spreadsheet leaves behind; row after row of them.
                self._trims, self._surplus = True, 1
                data = self._tail.sub(b"", data)
            cut = self._portion(data)
            frame = self._frame(data[:cut])
            if frame is None:
                self._surplus *= 4
                continue
            yield frame
            data = data[cut:]
        return b""

    def _portion(self, data: bytes) -> int:
        """Where the records end that are read at once: a short line may stand for many cells."""
        lines = max(MOST_CELLS // (len(self._layout.headers) + self._surplus), 1)
        if data.count(b"\n") <= lines:
            return len(data)
        breaks = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10)
        while lines < len(breaks):
            if cut := _record_end(data[: breaks[lines - 1] + 1], self._layout.delimiter):
                return cut
            lines *= 2  # a cell of many lines
        return len(data)

    def _frame(self, data: bytes) -> pl.DataFrame | None:
        """The records, or ``None`` where one has more cells than room."""
        if data.startswith(codecs.BOM_UTF8):  # the file's own is gone: this one belongs to a cell
            data = codecs.BOM_UTF8 + data
        more = [MORE, *(f"{MORE}{n}" for n in range(1, self._surplus))]
        try:
            frame = self._read(data, more)
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError) as error:
            if _is_too_long(error):
                return None
            raise
        if b"=" in data and b'=""' in data:  # one character is looked for ten times as fast
            frame = frame.with_columns(pl.all().str.replace(_SHOWN_AS_TEXT.pattern, "$1"))
        if len(more) == 1:
            return frame
        return frame.with_columns(pl.coalesce(more).alias(MORE)).drop(more[1:])

    def _read(self, data: bytes, more: list[str]) -> pl.DataFrame:
        return pl.read_csv(
            io.BytesIO(data),
            has_header=False,
            schema=dict.fromkeys((*self._layout.headers, *more), pl.String),
            separator=self._layout.delimiter,
            null_values=[""],
            missing_columns="insert",
        )


def _is_too_long(error: Exception) -> bool:
    """Return if a record has more cells than room; Polars words it two ways, the first line's own."""
    return any(words in str(error) for words in ("more fields", "not specified in schema"))


def _slow_frames(data: bytes, blocks: Iterator[bytes], layout: Layout) -> Generator[pl.DataFrame]:
    """The standard library's reader for the rest of the file: slower, but as Excel reads it."""
    part: list[list[str]] = []
    size = 0
    for record in _records(data, blocks, layout.delimiter):
        part.append(record)
        size += sum(map(len, record)) + 8 * max(len(record), len(layout.headers))
        if size > SLOW_BYTES:
            yield _frame_of_records(part, layout)
            part, size = [], 0
    if part:
        yield _frame_of_records(part, layout)


def _records(data: bytes, blocks: Iterator[bytes], delimiter: str) -> Iterator[list[str]]:
    """Every record of ``data`` and what follows it, blank lines too."""
    try:
        for record in csv.reader(_lines(data, blocks), delimiter=delimiter):
            if record == [END]:
                return
            if len(record) > WIDEST:
                raise TooWide
            yield [_shown(cell) for cell in record]
    except csv.Error as error:
        if "field larger" in str(error):
            raise TooLong from error
        raise
    raise csv.Error("a quote is never closed")


def _lines(data: bytes, blocks: Iterator[bytes]) -> Iterator[str]:
    """The lines of ``data`` and of what follows it, one by one, and ``END``."""
    for block in blocks:
        data += block
        last = 0
        # A carriage return at the very end may have its line feed in the next block.
        for line in _LINE.finditer(data, 0, len(data) - data.endswith(b"\r")):
            yield line[0].decode()
            last = line.end()
        data = data[last:]
        if len(data) > encodings.LONGEST_RECORD:
            raise TooLong
    for line in _LINE.finditer(data if data.endswith((b"\r", b"\n")) else data + b"\n"):
        yield line[0].decode()
    yield END  # no file holds it, so it is a record of its own unless a quote is still open


def _shown(cell: str) -> str:
    return _SHOWN_AS_TEXT.sub(r"\1", cell) if cell.startswith("=") else cell


def _frame_of_records(records: list[list[str]], layout: Layout) -> pl.DataFrame:
    width = len(layout.headers)
    cells = [
        [cell or None for cell in record[:width]]
        + [None] * (width - len(record))
        + [next(filter(None, record[width:]), None)]
        for record in records
    ]
    schema = dict.fromkeys((*layout.headers, MORE), pl.String)
    return pl.DataFrame(cells, schema=schema, orient="row")
