"""Compound files (OLE2): .xls, WPS .et, old Word documents, workbooks with a password.

Reads the directory and one stream, and walks the records of a BIFF workbook for what the reader
of cells does not tell: a password, hidden rows, formulas, error cells, a stray cell far out.
Formats: [MS-CFB] and [MS-XLS].
"""

import struct

from ingest.untrusted.fault import MOST_ERRORS, Fault, Findings

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Stream -> what the file is, when it is no workbook that can be read.
OTHERS = {
    "EncryptedPackage": "password",
    "EncryptionInfo": "password",
    "WordDocument": "word",
    "PowerPoint Document": "slides",
}
BOUNDSHEET, BOF, EOF, FILEPASS = 0x85, 0x809, 0x0A, 0x2F
ROW, FORMULA, BOOLERR = 0x208, 0x06, 0x205
#: Records of one cell that has a value: number, RK, shared string, label, rich string.
ONE_CELL = frozenset({0x203, 0x27E, 0xFD, 0x204, 0xD6, FORMULA, BOOLERR})
MULRK = 0xBD
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_END = 0xFFFFFFFA  # sectors from here on are marks, not places


class Compound:
    """The directory of a compound file, and its streams."""

    def __init__(self, data: bytes) -> None:
        """Read the directory.

        Raises:
            Fault: the file is damaged.
        """
        self._data = data
        try:
            self._sector = 1 << struct.unpack_from("<H", data, 30)[0]
            first, self._cutoff, mini, difat = (
                struct.unpack_from("<I", data, 48)[0],
                struct.unpack_from("<I", data, 56)[0],
                struct.unpack_from("<I", data, 60)[0],
                struct.unpack_from("<I", data, 68)[0],
            )
            if self._sector not in {512, 4096}:
                raise Fault("damaged")
            self._fat = self._read_fat(difat)
            self.entries = self._read_directory(self._chain(first))
            self._mini_fat = _longs(self._chain(mini)) if mini < _END else ()
        except (struct.error, IndexError) as error:
            raise Fault("damaged") from error

    def stream(self, name: str) -> bytes:
        """Return a stream's bytes."""
        start, size = self.entries[name]
        if size >= self._cutoff:
            return self._chain(start)[:size]
        root = self._chain(self.entries["Root Entry"][0]) if "Root Entry" in self.entries else b""
        places = self._places(start, self._mini_fat)
        return b"".join(root[at * 64 : at * 64 + 64] for at in places)[:size]

    def _at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        return self._data[start : start + self._sector]

    def _read_fat(self, difat: int) -> tuple[int, ...]:
        places = list(struct.unpack_from("<109I", self._data, 76))
        for _ in range(len(self._data) // self._sector):
            if difat >= _END:
                break
            *more, difat = _longs(self._at(difat))
            places += more
        return _longs(b"".join(self._at(place) for place in places if place < _END))

    def _places(self, start: int, fat: tuple[int, ...]) -> list[int]:
        places: list[int] = []
        while start < _END:
            if start >= len(fat) or len(places) > len(fat):
                raise Fault("damaged")
            places.append(start)
            start = fat[start]
        return places

    def _chain(self, start: int) -> bytes:
        return b"".join(self._at(place) for place in self._places(start, self._fat))

    @staticmethod
    def _read_directory(raw: bytes) -> dict[str, tuple[int, int]]:
        entries: dict[str, tuple[int, int]] = {}
        for at in range(0, len(raw) - 127, 128):
            length = struct.unpack_from("<H", raw, at + 64)[0]
            if 2 <= length <= 64:
                name = raw[at : at + length - 2].decode("utf-16-le", "replace")
                start, size = struct.unpack_from("<II", raw, at + 116)
                entries.setdefault(name, (start, size))
        return entries


def _longs(raw: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])


def look(data: bytes) -> tuple[list[Findings], bool]:
    """Return what each sheet of an old workbook holds besides its cells, and if it has macros.

    Raises:
        Fault: it has a password, is another document, is damaged, or one sheet is too vast.
    """
    compound = Compound(data)
    for name, what in OTHERS.items():
        if name in compound.entries:
            raise Fault(what)
    name = next((name for name in ("Workbook", "WORKBOOK", "Book") if name in compound.entries), "")
    if not name:
        raise Fault("damaged")
    try:
        sheets = _walk(compound.stream(name))
    except struct.error as error:
        raise Fault("damaged") from error
    return sheets, "_VBA_PROJECT_CUR" in compound.entries


def _walk(book: bytes) -> list[Findings]:
    """Go through the records; a sheet's stream begins where its BOUNDSHEET says."""
    starts: dict[int, int] = {}
    sheets: list[Findings] = []
    here: Findings | None = None
    at, end = 0, len(book) - 4
    unpack = struct.unpack_from
    while at <= end:
        kind, length = unpack("<HH", book, at)
        body = at + 4
        if kind == FILEPASS:
            raise Fault("password")
        if kind == BOUNDSHEET:
            starts[unpack("<I", book, body)[0]] = len(sheets)
            sheets.append(Findings())
        elif kind == BOF and at in starts:
            here = sheets[starts[at]]
        elif here is not None:
            _record(kind, book, body, length, here)
        at = body + length
    for sheet in sheets:
        sheet.refuse_vast()
    return sheets


def _record(kind: int, book: bytes, body: int, length: int, sheet: Findings) -> None:
    if kind in ONE_CELL:
        row, column = struct.unpack_from("<HH", book, body)
        sheet.rows = max(sheet.rows, row + 1)
        sheet.columns = max(sheet.columns, column + 1)
        if kind == FORMULA:
            _formula(book[body + 6 : body + 14], (row, column), sheet)
        elif kind == BOOLERR and book[body + 7]:
            _error(book[body + 6], (row, column), sheet)
    elif kind == MULRK:
        row = struct.unpack_from("<H", book, body)[0]
        last = struct.unpack_from("<H", book, body + length - 2)[0]
        sheet.rows, sheet.columns = max(sheet.rows, row + 1), max(sheet.columns, last + 1)
    elif kind == ROW and length >= 16 and book[body + 12] & 0x20:
        sheet.hidden.append(struct.unpack_from("<H", book, body)[0] + 1)


def _formula(result: bytes, place: tuple[int, int], sheet: Findings) -> None:
    sheet.formulas += 1
    if result[6:8] == b"\xff\xff" and result[0] == 2:
        _error(result[2], place, sheet)


def _error(code: int, place: tuple[int, int], sheet: Findings) -> None:
    if len(sheet.errors) < MOST_ERRORS:
        sheet.errors[place] = ERRORS.get(code, "#N/A")
