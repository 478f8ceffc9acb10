"""The child process: a workbook on standard input, its sheets on standard output.

Output is a sequence of parts: one letter, four bytes of length, then ``J`` a JSON object or
``C`` a portion of CSV. A sheet is an object with its name, its CSV, and an object with what else
was found; the last object says how it ended.
"""

import contextlib
import json
import os
import struct
import sys
from typing import BinaryIO

from ingest.untrusted.fault import Fault, Findings

#: Rows named in a notice; all are counted.
NAMED = 20


def main(limits: dict[str, int]) -> None:
    """Read the workbook within limits, and say how it went.

    Args:
        limits: ``memory`` in bytes, ``seconds``, ``max_bytes`` of the unpacked workbook.
    """
    _limit(limits["memory"], limits["seconds"])
    out = os.fdopen(os.dup(1), "wb")
    try:
        _read(sys.stdin.buffer, out, limits["max_bytes"])
        _say(out, {"end": True})
    except Fault as fault:
        _say(out, {"fault": fault.code, **fault.facts})
    except MemoryError:
        _say(out, {"fault": "memory"})
    except BaseException:
        _say(out, {"fault": "damaged"})
    out.flush()
    os._exit(0)  # nothing here needs tidying; what hostile bytes built is not taken apart


def _limit(memory: int, seconds: int) -> None:
    """Bound memory and time, and forbid files; only Windows lacks the means."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold people's data
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _say(out: BinaryIO, said: dict[str, object]) -> None:
    body = json.dumps(said).encode()
    out.write(struct.pack("<cI", b"J", len(body)) + body)


def _send(out: BinaryIO, chunk: bytes) -> None:
    out.write(struct.pack("<cI", b"C", len(chunk)) + chunk)


def _read(stream: BinaryIO, out: BinaryIO, max_bytes: int) -> None:
    start = stream.read(8)
    stream.seek(0)
    if not start.startswith((b"PK", b"\xd0\xcf")):
        _read_page(stream, out)
        return
    by_order: list[Findings] = []
    by_name: dict[str, Findings] = {}
    if start.startswith(b"PK"):
        from ingest.untrusted.archive import Archive  # noqa: PLC0415 - one of two is needed

        archive = Archive(stream, max_bytes)
        by_name, macros, links = archive.by_sheet, archive.macros, archive.links
        stream.seek(0)
        data = stream.read()
    else:
        from ingest.untrusted import ole  # noqa: PLC0415

        data = stream.read()
        by_order, macros = ole.look(data)
        links = False
    from ingest.untrusted.sheets import Book  # noqa: PLC0415

    book = Book(data)
    del data
    _say(out, {"macros": macros, "links": links})
    for number, sheet in enumerate(book.sheets):
        found = by_name.get(sheet.name) or (
            by_order[number] if number < len(by_order) else Findings()
        )
        visible = book.is_visible(number)
        if not book.is_table(number):
            continue
        _say(out, {"sheet": sheet.name, "visible": visible})
        merged: list[list[int]] = []
        if visible:
            merged, chunks = book.read(number, found)
            for chunk in chunks:
                _send(out, chunk)
        _say(out, _facts(merged, found))


def _read_page(stream: BinaryIO, out: BinaryIO) -> None:
    from ingest.untrusted.html import Page  # noqa: PLC0415 - lxml is loaded for pages only
    from ingest.untrusted.sheets import as_csv  # noqa: PLC0415

    page = Page(stream.read())
    _say(out, {"macros": False, "links": False})
    _say(out, {"sheet": "", "visible": True})
    for chunk in as_csv(page.rows()):
        _send(out, chunk)
    _say(out, _facts(page.merged, page.found))


def _facts(merged: list[list[int]], found: Findings) -> dict[str, object]:
    return {
        "merged": merged,
        "hidden": found.hidden[:NAMED],
        "hidden_count": len(found.hidden),
        "formulas": found.formulas,
        "empty_formulas": found.empty_formulas,
    }


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
