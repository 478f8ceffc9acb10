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

#: No record is this long; an opening quote that nothing closes makes one that is.
LONGEST_RECORD = 64 << 20
#: No table is this wide.
MOST_COLUMNS = 4_096
#: What the slow reader finds behind the last record.
END = "\x00end"
#: How systems write a text that a spreadsheet must not take for a number: it shows what is inside.
_SHOWN_AS_TEXT = re.compile('^="([^"]*)"$')
#: A cell may be a novel; the standard library's own limit is for the whole process, and lower.
csv.field_size_limit(LONGEST_RECORD)


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
        if cut:
            yield shape.frame(data[:cut])
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
            yield shape.frame(last)


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
    if np.searchsorted(quotes, end) % 2 == 0:
        return end
    breaks = np.flatnonzero(raw == 10)
    outside = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


class _Shape:
    """How many cells a record may have: at first those of the headers and of the first rows.

    Polars refuses a longer record; then there is room for four times as many beyond the headers.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._surplus = max(layout.fields - len(layout.headers), 1)

    def frame(self, data: bytes) -> pl.DataFrame:
        """Read whole records; the first filled cell beyond the headers stands for all of them."""
        if data.startswith(codecs.BOM_UTF8):  # the file's own is gone: this one belongs to a cell
            data = codecs.BOM_UTF8 + data
        while True:
            more = [MORE, *(f"{MORE}{n}" for n in range(1, self._surplus))]
            try:
                frame = self._read(data, more)
            except (pl.exceptions.ComputeError, pl.exceptions.SchemaError) as error:
                if not _is_too_long(error) or self._surplus > MOST_COLUMNS:
                    raise
                self._surplus *= 4
                continue
            if b'=""' in data:
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
    records = _records(data, blocks, layout.delimiter)
    while part := list(islice(records, 50_000)):
        yield _frame_of_records(part, layout)


def _records(data: bytes, blocks: Iterator[bytes], delimiter: str) -> Iterator[list[str]]:
    """Every record of ``data`` and what follows it, blank lines too."""

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

    for record in csv.reader(lines(), delimiter=delimiter):
        if record == [END]:
            return
        yield [_shown(cell) for cell in record]
    raise csv.Error("a quote is never closed")


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
