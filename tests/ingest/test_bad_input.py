"""Whatever is sent, it is read safely or refused in a sentence: within its memory, within its time.

The limits are enforced, not timed: the child is killed at its time limit, and its own peak is
asked of the operating system.
"""

import gzip
import io
import os
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from factories import write_workbook
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from old_workbooks import OldSheet, compound, workbook

from ingest import delivery, parse
from ingest import workbook as reader
from ingest.layout import ROW, Reading
from liangxin.errors import MissingColumn, UnreadableFile

LIMIT = 1 << 30
NAMES = {"uscc": ["统一社会信用代码"], "name": ["企业名称"]}
HEADER = ["统一社会信用代码", "企业名称"]
DATA = ["91430702MA4L000001", "示例一号有限公司"]


def look(file: Path, *, max_bytes: int = LIMIT) -> Reading:
    return parse.look(file, max_bytes=max_bytes, vocabulary=NAMES, required=("uscc", "name"))


def count(file: Path) -> int:
    """Rows of all tables of a file."""
    return sum(
        batch.height
        for layout in look(file).tables
        for batch in parse.batches(file, layout, size=50_000)
    )


def refusal(file: Path, *, max_bytes: int = LIMIT) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        look(file, max_bytes=max_bytes)
    for sentence in (caught.value.zh, caught.value.en):
        assert file.name in sentence
    assert re.search(r"请|没有", caught.value.zh)
    assert caught.value.zh.endswith("。")
    assert caught.value.en.endswith(".")
    return caught.value


def a_file(folder: Path, content: bytes, name: str = "名册.xlsx") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def an_xlsx(*rows: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_workbook(Path(folder) / "a.xlsx", rows or [HEADER, DATA]).read_bytes()


def changed(content: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """A workbook with some of its parts changed, or new ones."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in [*old.namelist(), *(name for name in changes if name not in old.namelist())]:
            body = old.read(name) if name in old.namelist() else b""
            new.writestr(name, changes.get(name, bytes)(body))
    return out.getvalue()


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


# What would do harm.


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml", "custom.xml"])
@pytest.mark.parametrize(
    "dtd",
    [
        b'<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
    ids=["an outside entity", "a billion laughs", "an outside DTD"],
)
def test_a_part_with_a_document_type_is_not_read(part: str, dtd: bytes, tmp_path: Path) -> None:
    def insert(body: bytes) -> bytes:
        return body.replace(b"?>", b"?>" + dtd, 1) or dtd

    error = refusal(a_file(tmp_path, changed(an_xlsx(), {part: insert})))
    assert "document type" in error.en


def test_an_entity_nobody_declared_is_not_looked_for(tmp_path: Path) -> None:
    content = changed(an_xlsx(), {STRINGS: lambda body: body.replace("示例".encode(), b"&xxe;")})
    file = a_file(tmp_path, content)
    try:
        [layout] = look(file).tables
        text = str(list(parse.grid(file, layout)))
    except UnreadableFile:
        return
    assert "root" not in text


def test_entities_of_a_web_page_are_not_resolved(tmp_path: Path) -> None:
    secret = a_file(tmp_path, b"geheim", "secret.txt")
    page = (
        f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY xxe SYSTEM "file://{secret}">'
        '<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;">]><html><table>'
        "<tr><td>统一社会信用代码</td><td>企业名称</td></tr>"
        "<tr><td>91</td><td>甲&xxe;&b;</td></tr></table></html>"
    )
    file = a_file(tmp_path, page.encode(), "a.xls")
    [layout] = look(file).tables
    text = str(list(parse.grid(file, layout)))
    assert "甲" in text
    assert "geheim" not in text
    assert "haha" not in text


def test_macros_and_outside_links_are_told_and_left_alone(tmp_path: Path) -> None:
    content = changed(
        an_xlsx(),
        {
            "xl/vbaProject.bin": lambda _: b"\xd0\xcf\x11\xe0",
            "xl/externalLinks/externalLink1.xml": lambda _: b"<externalLink/>",
        },
    )
    reading = look(a_file(tmp_path, content, "名册.xlsm"))
    told = "".join(notice.zh for notice in reading.notices)
    assert "宏没有运行" in told
    assert "链接了其他文件，没有打开" in told


def test_a_formula_that_would_start_a_program_is_a_text(tmp_path: Path) -> None:
    file = a_file(tmp_path, an_xlsx(HEADER, ["=cmd|' /C calc'!A0", "@SUM(1)"]))
    [layout] = look(file).tables
    assert list(parse.grid(file, layout))[1] == (2, ["=cmd|' /C calc'!A0", "@SUM(1)"])


# What is too much.


def test_a_zip_bomb_is_refused_before_it_is_unpacked_whole(tmp_path: Path) -> None:
    bomb = changed(an_xlsx(), {"xl/media/image1.png": lambda _: bytes(200 << 20)})
    assert len(bomb) < 1 << 20
    error = refusal(a_file(tmp_path, bomb), max_bytes=64 << 20)
    assert "larger than 64 MiB" in error.en


def test_a_bomb_of_one_text_in_every_cell_is_refused(tmp_path: Path) -> None:
    """A shared text is stored once and would be written out a hundred thousand times."""
    cells = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 100_001)
    )
    content = changed(
        an_xlsx(),
        {
            SHEET: lambda body: re.sub(
                rb"<sheetData>.*</sheetData>", b"<sheetData>" + cells + b"</sheetData>", body
            ),
            STRINGS: lambda _: (
                b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
                b'main"><si><t>' + b"x" * 30_000 + b"</t></si></sst>"
            ),
        },
    )
    assert "more memory" in refusal(a_file(tmp_path, content)).en


def test_a_million_empty_rows_are_read(tmp_path: Path) -> None:
    def fill(body: bytes) -> bytes:
        empty = b"".join(
            b'<row r="%d" hidden="0"><c r="A%d" s="0"/><c r="XFD%d" s="0"/></row>' % (n, n, n)
            for n in range(3, 1_048_577)
        )
        return body.replace(b"</sheetData>", empty + b"</sheetData>")

    assert count(a_file(tmp_path, changed(an_xlsx(), {SHEET: fill}))) == 1


def test_two_hundred_sheets_are_read(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "a.xlsx", *[[HEADER, DATA]] * 200)
    assert len(look(file).tables) == 200
    assert count(file) == 200


def test_six_hundred_sheets_are_refused(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "a.xlsx", *[[HEADER, DATA]] * 600)
    assert "600 sheets" in refusal(file).en


def test_a_sheet_the_memory_does_not_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader aborts where it gets no memory; its process is not ours."""
    monkeypatch.setattr(reader, "MEMORY", 24 << 20)
    cells = b"".join(
        b'<row r="%d"><c r="A%d"><v>1</v></c><c r="L%d"><v>2</v></c></row>' % (n, n, n)
        for n in range(3, 100_000)
    )

    def fill(body: bytes) -> bytes:
        return body.replace(b"</sheetData>", cells + b"</sheetData>")

    assert "more memory" in refusal(a_file(tmp_path, changed(an_xlsx(), {SHEET: fill}))).en


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
def test_the_childs_memory_limit_bounds_what_it_really_takes() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(Path(parse.__file__).parent.parent)!r})\n"
        "from ingest.untrusted.child import _limit\n"
        f"_limit({reader.MEMORY}, {reader.SECONDS})\n"
        "import ingest.untrusted.archive, ingest.untrusted.sheets, ingest.untrusted.html\n"
        "taken = []\n"
        "try:\n"
        "    while True: taken.append(bytearray(1 << 20))\n"
        "except MemoryError: taken.clear()\n"
        "print(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, check=True, text=True
    )
    peak = int(done.stdout) >> 10
    assert 200 <= peak <= 256


def test_what_takes_too_long_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SECONDS", 1)
    monkeypatch.setattr(reader, "_START", "import time; time.sleep(600)")
    file = a_file(tmp_path, an_xlsx())
    started = time.monotonic()
    assert "not read within 1 seconds" in refusal(file).en
    assert time.monotonic() - started < 20
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.abort()",
        "import os; os._exit(0)",
        "print('x' * 100000)",
        "import sys, struct; sys.stdout.buffer.write(struct.pack('<cI', b'C', 1 << 31))",
        "import sys, struct; sys.stdout.buffer.write(struct.pack('<cI', b'J', 3) + b'{}}')",
        "import sys, struct; sys.stdout.buffer.write(struct.pack('<cI', b'J', 2) + b'[]')",
    ],
    ids=["aborts", "says nothing", "talks nonsense", "promises gigabytes", "no JSON", "no object"],
)
def test_a_child_that_misbehaves_is_one_sentence(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_START", program)
    refusal(a_file(tmp_path, an_xlsx()))


def test_no_child_is_left_when_nobody_reads_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def recorded(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        made.append(real(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", recorded)
    file = write_workbook(tmp_path / "a.xlsx", *[[HEADER, *[DATA] * 2_000]] * 20)
    sheets = reader.sheets(file, LIMIT)
    next(sheets)
    sheets.close()
    assert made
    assert all(child.returncode is not None for child in made)


@pytest.mark.parametrize("packed", [False, True])
def test_a_text_larger_than_the_limit_is_refused(packed: bool, tmp_path: Path) -> None:
    content = "统一社会信用代码,企业名称\n".encode() + b"91,a\n" * 500_000
    file = a_file(tmp_path, gzip.compress(content) if packed else content, "a.csv")
    assert "larger than 1 MiB" in refusal(file, max_bytes=1 << 20).en


def test_a_sparse_file_of_a_gigabyte_is_refused(tmp_path: Path) -> None:
    file = a_file(tmp_path, b"a,b\n", "a.csv")
    with file.open("r+b") as stream:
        stream.truncate(1 << 30)
    assert "NUL" in refusal(file, max_bytes=1 << 32).en


@pytest.mark.parametrize("columns", [5_000, 100_000])
def test_a_table_of_thousands_of_columns_is_refused(columns: int, tmp_path: Path) -> None:
    header = ",".join([*HEADER, *(f"c{n}" for n in range(columns))])
    assert "columns or more" in refusal(a_file(tmp_path, header.encode(), "a.csv")).en
    cells = "".join(f"<td>{name}</td>" for name in header.split(","))
    page = f"<html><table><tr>{cells}</tr></table></html>"
    assert "columns or more" in refusal(a_file(tmp_path, page.encode(), "a.xls")).en


def test_a_cell_that_says_it_is_a_million_wide_is_not_believed(tmp_path: Path) -> None:
    page = "<table>" + '<tr><td colspan="999999999" rowspan=99999>x</td></tr>' * 3 + "</table>"
    with pytest.raises((MissingColumn, UnreadableFile)):
        look(a_file(tmp_path, page.encode(), "a.xls"))


def test_a_file_whose_name_is_no_text_goes_into_the_register_under_one_that_is(
    tmp_path: Path,
) -> None:
    file = a_file(tmp_path, an_xlsx(), os.fsdecode(b"a\xff\n.xlsx"))
    sent = delivery.of_kind(
        file, wanted={}, vocabulary=NAMES, required=("uscc",), keys=("uscc",), max_bytes=LIMIT
    )
    assert [part.name for part in sent.parts] == ["a\ufffd\ufffd.xlsx"]


# What is something else.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\x00", "really a PNG", id="a picture"),
        pytest.param(b"%PDF-1.4", "really a PDF", id="a PDF"),
        pytest.param(compound({"WordDocument": b"x"}), "Word document", id="a .doc"),
        pytest.param(compound({"PowerPoint Document": b"x"}), "presentation", id="a .ppt"),
        pytest.param(compound({"EncryptedPackage": b"x"}), "password", id="an encrypted .xlsx"),
        pytest.param(
            workbook(OldSheet("a", [HEADER]), password=True), "password", id="an encrypted .xls"
        ),
        pytest.param(compound({"Contents": b"x"}), "no readable workbook", id="another OLE file"),
        pytest.param(
            workbook(OldSheet("a", [HEADER], stray={(65_535, 255): "x"})),
            "row 65536 and column 256",
            id="an .xls with a stray cell",
        ),
        pytest.param(
            b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
            b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "XML spreadsheet",
            id="an XML spreadsheet",
        ),
    ],
)
def test_what_is_something_else_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    assert said in refusal(a_file(tmp_path, content)).en


def test_a_csv_named_xlsx_is_read(tmp_path: Path) -> None:
    text = "统一社会信用代码,企业名称\n91430702MA4L000001,示例\n"
    assert count(a_file(tmp_path, text.encode("gb18030"))) == 1


def test_a_member_with_a_password_of_its_own_is_told(tmp_path: Path) -> None:
    content = bytearray(an_xlsx())
    for mark in re.finditer(rb"PK\x01\x02", bytes(content)):
        content[mark.start() + 8] |= 1
    assert "password" in refusal(a_file(tmp_path, bytes(content))).en


def ods(rows: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:'
            '1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/'
            'vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
        archive.writestr(
            "content.xml",
            '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:'
            'opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:'
            'table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
            f'<office:spreadsheet><table:table table:name="名册">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def ods_row(*cells: str, repeated: int = 1, wide: int = 1) -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{wide}">'
        f"<text:p>{cell}</text:p></table:table-cell>"
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}</table:table-row>'


def test_an_opendocument_sheet_is_read(tmp_path: Path) -> None:
    assert count(a_file(tmp_path, ods(ods_row(*HEADER) + ods_row(*DATA)), "a.ods")) == 1


def test_an_opendocument_bomb_is_refused(tmp_path: Path) -> None:
    rows = ods_row(*HEADER) + ods_row("x", repeated=1_000_000, wide=16_000)
    refusal(a_file(tmp_path, ods(rows), "a.ods"))


# What is damaged.

PAGE = (
    "<html><table><tr><th>统一社会信用代码</th><th>企业名称</th></tr>"
    "<tr><td>91430702MA4L000001</td><td>示例</td></tr></table></html>"
)
WHOLE: dict[str, Callable[[], bytes]] = {
    "xlsx": an_xlsx,
    "xls": lambda: workbook(OldSheet("名册", [HEADER, DATA], merged=[(0, 0, 0, 1)])),
    "html": PAGE.encode,
    "csv": "标题\n统一社会信用代码,企业名称\n91430702MA4L000001,示例,,x\n".encode,
    "utf16": lambda: "统一社会信用代码\t企业名称\n91\t示例\n".encode("utf-16"),
    "stored xlsx": lambda: stored(an_xlsx()),
}


def stored(content: bytes) -> bytes:
    """A workbook without compression, so that a changed byte changes its XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out.getvalue()


def repaired(content: bytes) -> bytes:
    """Set right the checksums of what is stored, so that a damage is met by the readers."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return content
    fixed = bytearray(content)
    for member in members:
        at = member.header_offset
        name, extra = struct.unpack_from("<HH", fixed, at + 26)
        start = at + 30 + name + extra
        crc = struct.pack("<L", zlib.crc32(fixed[start : start + member.compress_size]))
        fixed[at + 14 : at + 18] = crc
        place = fixed.find(member.filename.encode(), start + member.compress_size)
        while place > 0 and fixed[place - 46 : place - 42] != b"PK\x01\x02":
            place = fixed.find(member.filename.encode(), place + 1)
        if place > 0:
            fixed[place - 30 : place - 26] = crc
    return bytes(fixed)


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    length=st.floats(0.5, 1) | st.just(1.0),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=5),
)
def test_a_damaged_file_is_read_whole_or_refused_in_a_sentence(
    kind: str, length: float, flips: list[tuple[float, int]]
) -> None:
    content = bytearray(WHOLE[kind]())
    del content[int(length * len(content)) :]
    assume(content)
    for where, bits in flips:
        content[int(where * (len(content) - 1))] ^= bits
    whole = repaired(bytes(content)) if kind == "stored xlsx" else bytes(content)
    with tempfile.TemporaryDirectory() as folder:
        file = a_file(Path(folder), whole, f"list.{kind}")
        try:
            tables = parse.look(file, max_bytes=LIMIT).tables
            for layout in tables:
                numbers = [n for batch in parse.batches(file, layout, size=2) for n in batch[ROW]]
                grid = [number for number, _ in parse.grid(file, layout)]
                assert [n for n in grid if n < layout.data_row] + numbers == grid
        except (UnreadableFile, MissingColumn) as error:
            assert file.name in error.en  # noqa: PT017 - a file that can still be read is fine too
