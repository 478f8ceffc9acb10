"""Old workbooks (.xls: BIFF8 in a compound file), written by hand because nothing here writes them.

Only what tests need: text, numbers, dates, truth values, errors, formulas with a stored result,
merged cells, hidden rows and sheets, a password's mark.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
DATE_STYLE = 1


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula cell: what a spreadsheet stored as its result."""

    result: float | str  # "" is an empty text; "#N/A" and the like are errors


@dataclass(slots=True)
class OldSheet:
    name: str
    rows: Sequence[Sequence[Any]]
    hidden: bool = False
    hidden_rows: Iterable[int] = ()  # numbers, from 1
    merged: Sequence[tuple[int, int, int, int]] = ()  # rows and columns from 0, inclusive
    stray: Mapping[tuple[int, int], str] = field(default_factory=dict)


ERRORS = {"#DIV/0!": 0x07, "#REF!": 0x17, "#N/A": 0x2A}


def workbook(*sheets: OldSheet, password: bool = False) -> bytes:
    """Return the bytes of a workbook."""
    return compound({"Workbook": _stream(sheets, password=password)})


def compound(streams: Mapping[str, bytes]) -> bytes:
    """Return a compound file of streams, each padded to where small streams end."""
    padded = {name: body.ljust(4096, b"\0") for name, body in streams.items()}
    chains: list[bytes] = []
    fat: list[int] = []
    starts = {}
    for name, body in padded.items():
        starts[name] = _chain(body, chains, fat)
    entries = [_entry("Root Entry", 5, END, 0, child=1)]
    names = list(padded)
    for at, name in enumerate(names, start=1):
        right = at + 1 if at < len(names) else FREE
        entries.append(_entry(name, 2, starts[name], len(padded[name]), right=right))
    directory = _chain(b"".join(entries), chains, fat)
    tables = -(-(len(fat) + 8) // 127)
    first = len(fat)
    fat += [FAT] * tables
    fat += [FREE] * (tables * 128 - len(fat))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E, 3, 0xFFFE, 9, 6, 0, tables, directory, 0, 4096, END, 0, END, 0,
    )  # fmt: skip
    places = [*range(first, first + tables), *[FREE] * (109 - tables)]
    header += struct.pack("<109I", *places)
    return header + b"".join(chains) + struct.pack(f"<{len(fat)}I", *fat)


def _chain(body: bytes, chains: list[bytes], fat: list[int]) -> int:
    start = len(fat)
    sectors = -(-len(body) // SECTOR)
    chains.append(body.ljust(sectors * SECTOR, b"\0"))
    fat += [*range(start + 1, start + sectors), END]
    return start


def _entry(
    name: str, kind: int, start: int, size: int, *, child: int = FREE, right: int = FREE
) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16x4x8x8xIQ", text, len(text), kind, 1, FREE, right, child, start, size
    )


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _stream(sheets: Sequence[OldSheet], *, password: bool) -> bytes:
    head = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    if password:
        head += _record(0x2F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    head += _record(0x42, struct.pack("<H", 1200)) + _record(0x22, struct.pack("<H", 0))
    for style in (0, 14):  # general, a date
        head += _record(0xE0, struct.pack("<HHH14x", 0, style, 0))
    bodies = [_sheet(sheet) for sheet in sheets]
    size = len(head) + sum(12 + 2 * len(sheet.name) for sheet in sheets) + 4
    bounds = b""
    for sheet, body in zip(sheets, bodies, strict=True):
        name = sheet.name.encode("utf-16-le")
        bounds += _record(
            0x85, struct.pack("<IBBBB", size, int(sheet.hidden), 0, len(sheet.name), 1) + name
        )
        size += len(body)
    return head + bounds + _record(0x0A) + b"".join(bodies)


def _sheet(sheet: OldSheet) -> bytes:
    cells = {
        (row, column): cell
        for row, line in enumerate(sheet.rows)
        for column, cell in enumerate(line)
        if cell is not None
    } | dict(sheet.stray)
    rows = max((row for row, _ in cells), default=-1) + 1
    columns = max((column for _, column in cells), default=-1) + 1
    parts = [
        _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)),
        _record(0x200, struct.pack("<IIHHH", 0, rows, 0, columns, 0)),
    ]
    parts += [
        _record(0x208, struct.pack("<HHHHHHI", number - 1, 0, 0, 0, 0, 0, 0x20))
        for number in sheet.hidden_rows
    ]
    parts += [_cell(row, column, cell) for (row, column), cell in cells.items()]
    if sheet.merged:
        ranges = b"".join(struct.pack("<HHHH", a, c, b, d) for a, b, c, d in sheet.merged)
        parts.append(_record(0xE5, struct.pack("<H", len(sheet.merged)) + ranges))
    return b"".join(parts) + _record(0x0A)


def _cell(row: int, column: int, cell: Any) -> bytes:
    if isinstance(cell, Formula):
        return _formula(row, column, cell.result)
    if isinstance(cell, str) and cell in ERRORS:
        return _record(0x205, struct.pack("<HHHBB", row, column, 0, ERRORS[cell], 1))
    if isinstance(cell, str):
        text = cell.encode("utf-16-le")
        return _record(0x204, struct.pack("<HHHHB", row, column, 0, len(text) // 2, 1) + text)
    if isinstance(cell, bool):
        return _record(0x205, struct.pack("<HHHBB", row, column, 0, int(cell), 0))
    if isinstance(cell, date):
        serial = (cell - date(1899, 12, 30)).days
        return _record(0x203, struct.pack("<HHHd", row, column, DATE_STYLE, serial))
    return _record(0x203, struct.pack("<HHHd", row, column, 0, cell))


def _formula(row: int, column: int, result: float | str) -> bytes:
    if isinstance(result, str):
        kind, value = (2, ERRORS[result]) if result else (3, 0)
        stored = struct.pack("<BBBBBBH", kind, 0, value, 0, 0, 0, 0xFFFF)
    else:
        stored = struct.pack("<d", result)
    tokens = struct.pack("<BH", 0x1E, 1)  # the number 1
    body = struct.pack("<HHH", row, column, 0) + stored + struct.pack("<HIH", 0, 0, len(tokens))
    return _record(0x06, body + tokens)
