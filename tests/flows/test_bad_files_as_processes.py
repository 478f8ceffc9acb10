"""The real command as a process, given what would harm it: a sentence, or its rows, within limits.

The kernel ends whatever takes 20 seconds of a processor, and says what each process held at most.
The validator alone takes more than the limit of memory, so a refused file never loaded it.
"""

import gzip
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from factories import a_registration, write_workbook
from old_workbooks import compound

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")

COMMAND = Path(sys.executable).with_name("liangxin")
MEMORY, SECONDS = 256, 20
#: Of a file that is read: what the validator and the database take, and the reading's own.
VALIDATING = 300
#: A process starts with the peak of the one that made it, and pytest's is high; this one's is not.
_LAUNCHER = f"""
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
_, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss >> 10]))
"""

HEADER, ROW = list(a_registration()), list(a_registration().values())
TEXT = f"{','.join(HEADER)}\n{','.join(ROW)}\n"
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the command said, and the most that one of its processes held, in MiB."""

    code: int
    said: dict[str, Any]
    memory: int


def answer(folder: Path, *arguments: str | Path) -> Answer:
    home = folder / "home"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LAUNCHER, COMMAND, *arguments, "--json"],
        capture_output=True,
        check=True,
        timeout=300,
        env={"PATH": os.environ["PATH"], "LIANGXIN_HOME": str(home), "LANG": "C.UTF-8"},
    )
    said, measured = done.stdout.decode().splitlines()
    assert b"Traceback" not in done.stderr
    code, memory = json.loads(measured)
    return Answer(code, json.loads(said), memory)


def xlsx(**changes: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Makes a workbook of one good row, with ``sheet``, ``strings`` or another part changed."""

    def make(file: Path) -> None:
        write_workbook(file, [HEADER, ROW])
        parts = {
            {"sheet": SHEET, "strings": STRINGS}.get(name, name): each
            for name, each in changes.items()
        }
        whole = file.read_bytes()
        with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(file, "w", 8) as new:
            for name in dict.fromkeys([*old.namelist(), *parts]):
                body = old.read(name) if name in old.namelist() else b""
                new.writestr(name, parts.get(name, bytes)(body))

    return make


def holding(content: bytes) -> Callable[[Path], None]:
    def make(file: Path) -> None:
        file.write_bytes(content)

    return make


def sparse(file: Path) -> None:
    file.write_text(TEXT)
    os.truncate(file, 1 << 30)


def before(mark: bytes, more: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(mark, more + mark)


def repeated(part: bytes, times: int) -> Callable[[bytes], bytes]:
    return before(b"</sheetData>", part * times)


DTD = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
CELL = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
BAD: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a zip bomb": (
        "a.xlsx",
        xlsx(**{"xl/media/a.png": lambda _: bytes(300 << 20)}),
        "larger than 256 MiB",
    ),
    "a bomb of texts": (
        "a.xlsx",
        xlsx(strings=before(b"</sst>", b"<si><t>x</t></si>" * 6_000_000)),
        "more memory",
    ),
    "a nest of elements": (
        "a.xlsx",
        xlsx(**{"xl/workbook.xml": before(b"</workbook>", b"<a>" * 2_000_000)}),
        "workbook|more memory",
    ),
    "a document type": (
        "a.xlsx",
        xlsx(sheet=lambda body: body.replace(b"?>", b"?>" + DTD, 1)),
        "document type",
    ),
    "a stray cell": ("a.xlsx", xlsx(sheet=repeated(CELL, 1)), "column 16384"),
    "a password": ("a.xlsx", holding(compound({"EncryptedPackage": b"x"})), "password"),
    "a picture": ("a.xlsx", holding(b"\x89PNG\r\n\x1a\n\x00"), "PNG"),
    "a web page of huge cells": (
        "a.xls",
        holding(b"<table>" + b"<tr><td rowspan=100000000 colspan=1000000>x</td></tr>" * 50),
        "columns or more",
    ),
    "NUL bytes for a gigabyte": ("a.csv", sparse, "NUL"),
    "a line without an end": ("a.csv", holding(TEXT.encode() + b"x" * (40 << 20)), "4 MiB"),
    "a quote without an end": (
        "a.csv",
        holding(TEXT.encode() + b'"' + b"x\n," * (6 << 20)),
        "4 MiB",
    ),
    "nothing but quotes": ("a.csv", holding(TEXT.encode() + b'"' * (8 << 20)), "4 MiB"),
    "a hundred thousand columns": (
        "a.csv",
        holding((",".join([*HEADER, *map(str, range(100_000))]) + "\n").encode()),
        "columns or more",
    ),
    "a gzip bomb": (
        "a.csv.gz",
        holding(gzip.compress(TEXT.encode() + b"x,\n" * (20 << 20))),
        "100 times",
    ),
    "half of UTF-16": ("a.csv", holding(TEXT.encode("utf-16") + b"x"), "UTF-16"),
    "a pipe": ("a.csv", os.mkfifo, "a pipe"),
    "a link to itself": ("a.csv", lambda file: file.symlink_to(file.name), "cannot be read"),
    "a name that is no text": (os.fsdecode(b"\xff\n\x1b[31m.csv"), holding(b""), "empty"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_in_a_sentence_before_the_validator_loads(
    case: str, tmp_path: Path
) -> None:
    name, make, says = BAD[case]
    make(tmp_path / name)
    # A load differs in the end of a good file alone; one more bomb must do.
    how = ("load", "--source", "market_regulator") if case == "a gzip bomb" else ()
    given = answer(tmp_path, *(how or ("check", "--as", "registrations")), tmp_path / name)
    assert given.code == 2
    assert given.memory <= MEMORY
    assert re.search(says, given.said["error_en"])
    for sentence, end in ((given.said["error"], "。"), (given.said["error_en"], ".")):
        assert sentence.isprintable()
        assert sentence.endswith(end)
    assert not (tmp_path / "home" / "landing").exists()


READ: dict[str, tuple[str, Callable[[Path], None], int]] = {
    "blank lines and blank cells far out": (
        "a.csv",
        holding(
            (f"{','.join(HEADER)}{',' * 9_000}\n{','.join(ROW)}\n" + "\n" * 2_000_000).encode()
        ),
        1,
    ),
    "a hundred sheets": (
        "a.xlsx",
        lambda file: write_workbook(
            file, *([HEADER, [*a_registration(n).values()]] for n in range(100))
        ),
        100,
    ),
}


@pytest.mark.parametrize("case", READ)
def test_what_is_only_strange_is_read_within_the_same_limits(case: str, tmp_path: Path) -> None:
    name, make, rows = READ[case]
    make(tmp_path / name)
    given = answer(tmp_path, "check", "--as", "registrations", tmp_path / name)
    assert (given.code, given.said["accepted"]) == (0, rows)
    assert given.memory <= VALIDATING + MEMORY
