"""Workbooks that are archives (.xlsx, .xlsm, .ods): what they are, and whether they are safe.

What an archive says about its own size is not believed: it is unpacked and counted. The same
pass finds what the reader of cells does not tell: hidden rows, formulas, error cells, and one
stray cell far out, which makes a sheet of thousands of millions.
"""

import lzma
import re
import struct
import sys
import zipfile
import zlib
from typing import IO
from xml.etree import ElementTree as ET

from ingest.untrusted.fault import MOST_ERRORS, Fault, Findings

BLOCK = 4 << 20
#: A row of a sheet is shorter than this.
LONGEST_ROW = 16 << 20
#: What `zipfile` raises for a damaged archive; ValueError holds names that are no text.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ArithmeticError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    ET.ParseError,
)
#: First bytes of a member's name -> what the archive is, when it is no workbook.
OTHERS = {"word/": "word", "ppt/": "slides"}
_MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_DTD = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_FILLED = re.compile(rb'\sr="([A-Z]{1,3})\d+"[^>/]*>')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\sr="(\d{1,7})"')
_HIDDEN = re.compile(rb'<(?:\w+:)?row\b[^>]*?\shidden="(?:1|true)"[^>/]*>')
_NUMBER = re.compile(rb'\sr="(\d{1,7})"')
#: A formula without a result; with t="str" an empty text is the result.
_EMPTY_FORMULA = re.compile(rb"<c\b([^>]*)><f\b(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v></v>|<v\s*/>)?</c>")
_ERROR = re.compile(rb'<c\s+r="([A-Z]{1,3})(\d{1,7})"[^>]*?\st="e"[^>]*>.*?<v>([^<]{1,20})</v>')


class Archive:
    """A workbook in a zip archive, looked through once."""

    def __init__(self, stream: IO[bytes], max_bytes: int) -> None:
        """Unpack and count everything.

        Raises:
            Fault: it is no workbook, is larger than ``max_bytes`` unpacked, or would do harm.
        """
        self._by_part: dict[str, Findings] = {}
        self.by_sheet: dict[str, Findings] = {}
        try:
            with zipfile.ZipFile(stream) as archive:
                self._look(archive, max_bytes)
        except DAMAGED as error:
            raise Fault("damaged") from error

    def _look(self, archive: zipfile.ZipFile, max_bytes: int) -> None:
        members = archive.infolist()
        names = {member.filename for member in members}
        _refuse_others(archive, names)
        if any(member.flag_bits & 1 for member in members):
            raise Fault("password")
        self.macros = any(name.endswith("vbaProject.bin") for name in names)
        self.links = any(name.startswith("xl/externalLinks/") for name in names)
        size = 0
        for member in members:
            member.file_size = sys.maxsize  # so that all of it is unpacked, whatever it declares
            with archive.open(member) as stream:
                size += self._unpack(member.filename, stream, max_bytes - size)
        if "xl/workbook.xml" in names:
            parts = _sheet_parts(archive)
            self.by_sheet = {sheet: self._by_part.get(part, Findings()) for sheet, part in parts}

    def _unpack(self, name: str, stream: IO[bytes], max_bytes: int) -> int:
        """Return how many bytes a member unpacks to; look through it if it is a sheet."""
        sheet = Findings() if name.startswith("xl/worksheets/") and name.endswith(".xml") else None
        markup = name.endswith((".xml", ".rels"))
        size, rest = 0, b""
        while block := stream.read(BLOCK):
            size += len(block)
            if size > max_bytes:
                raise Fault("large")
            data = rest + block
            if markup and any(dtd in data for dtd in _DTD):
                raise Fault("dtd")
            if sheet is None:
                rest = data[-32:]
                continue
            cut = data.rfind(b"row>") + 4
            if cut < 4:
                cut = 0 if len(data) < LONGEST_ROW else len(data)
            _scan(data[:cut], sheet)
            rest = data[cut:]
        if sheet is not None:
            _scan(rest, sheet)
            self._by_part[name] = sheet
        if name == "META-INF/manifest.xml" and b"encryption-data" in rest:
            raise Fault("password")
        return size


def _refuse_others(archive: zipfile.ZipFile, names: set[str]) -> None:
    for start, what in OTHERS.items():
        if any(name.startswith(start) for name in names):
            raise Fault(what)
    if "xl/workbook.bin" in names:
        raise Fault("binary")
    if any(name.startswith("xl/") for name in names):
        return
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            if stream.read(len(_MIMETYPE)) == _MIMETYPE:
                return
    raise Fault("archive")


def _scan(part: bytes, found: Findings) -> None:
    """Look through whole rows of a sheet; words are searched before patterns, which cost more."""
    last = max(part.rfind(b"</v>"), part.rfind(b"</is>"))
    if last >= 0:
        found.columns = max(found.columns, *map(column, set(_FILLED.findall(part)) or {b"A"}))
        start = max(part.rfind(b"<row", 0, last), part.rfind(b":row", 0, last) - 20, 0)
        if row := _ROW.search(part, start):
            found.rows = max(found.rows, int(row[1]))
        found.refuse_vast()
    if b'hidden="' in part:
        for match in _HIDDEN.finditer(part):
            if number := _NUMBER.search(match[0]):
                found.hidden.append(int(number[1]))
    if formulas := part.count(b"<f>") + part.count(b"<f "):
        found.formulas += formulas
        empty = _EMPTY_FORMULA.findall(part)
        found.empty_formulas += sum(b't="str"' not in attributes for attributes in empty)
    if b't="e"' in part:
        for letters, digits, text in _ERROR.findall(part):
            if len(found.errors) < MOST_ERRORS:
                place = (int(digits) - 1, column(letters) - 1)
                found.errors[place] = text.decode("utf-8", "replace")


def column(letters: bytes) -> int:
    """Return the number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Return each sheet's name and which member of the archive holds it."""
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - it has no DTD: refused
    try:
        links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    except KeyError:
        return []
    targets = {link.get("Id", ""): link.get("Target", "") for link in links}
    return [
        (sheet.get("name", ""), _absolute(targets.get(_link(sheet), "")))
        for sheet in book.findall(".//{*}sheet")
    ]


def _link(sheet: ET.Element) -> str:
    """Return the id of a sheet's link; its namespace is one of two."""
    return next((value for name, value in sheet.items() if name.endswith("}id")), "")


def _absolute(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
