"""Workbooks (.xlsx, .xls, .et, .ods, web pages named .xls), opened in a child process.

The child (`ingest.untrusted`) has a memory limit and a time limit; whatever a hostile or damaged
file does to it becomes one sentence here. Cells come over a pipe, never through a file: a staff
list may be among them.
"""

import contextlib
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from liangxin.errors import UnreadableFile

#: Data the child may hold; with the libraries it maps its peak stays below 256 MiB.
MEMORY = 224 << 20
#: With the start of the command, and what comes after, an answer within 20.
SECONDS = 17
#: A workbook of as many cells as are read is smaller unpacked, whatever else a file may be.
MOST_UNPACKED = 512 << 20
#: Cells as text that are taken from one workbook.
MOST_TEXT = 96 << 20
_START = (
    "import sys, json; root, limits = sys.argv[1:]; sys.path.insert(0, root); "
    "from ingest.untrusted.child import main; main(json.loads(limits))"
)
_HEADER = struct.Struct("<cI")

#: Fault of the child -> what it is and what to do, in Chinese and English.
SENTENCES = {
    "password": (
        "文件 {name} 有打开密码，无法读取。请在 Excel 或 WPS 中去掉密码（文件→信息→保护工作簿）后另存再发送。",
        "the file {name} is protected by a password; remove it in Excel or WPS, save and send again.",
    ),
    "word": (
        "文件 {name} 是 Word 文档，不是 Excel 工作簿。请把其中的表格复制到 Excel 工作表，另存为 .xlsx 再发送。",
        (
            "the file {name} is a Word document, not a workbook; copy its table into a sheet and send "
            "that as .xlsx."
        ),
    ),
    "slides": (
        "文件 {name} 是演示文稿，不是 Excel 工作簿。请把表格复制到 Excel 工作表，另存为 .xlsx 再发送。",
        (
            "the file {name} is a presentation, not a workbook; copy its table into a sheet and send "
            "that as .xlsx."
        ),
    ),
    "binary": (
        "文件 {name} 是二进制工作簿（.xlsb）。请另存为 .xlsx 再发送。",
        "the file {name} is a binary workbook (.xlsb); save it as .xlsx and send that.",
    ),
    "archive": (
        "文件 {name} 是压缩包或其他文档，不是 Excel 工作簿。请发送 .xlsx 或 .csv。",
        "the file {name} is an archive or another document, not a workbook; send .xlsx or .csv.",
    ),
    "damaged": (
        "文件 {name} 不是可读的 Excel 工作簿（可能已损坏）。请重新打开并另存为 .xlsx 或 CSV。",
        "the file {name} is no readable workbook (damaged?); open it and save it again as .xlsx or CSV.",
    ),
    "dtd": (
        "文件 {name} 的工作簿里有文档类型声明，正常的工作簿没有，已拒绝读取。请用 Excel 重新另存为 .xlsx。",
        (
            "a part of the workbook {name} declares a document type, which no real one does; it was "
            "not read. Save it again with Excel as .xlsx."
        ),
    ),
    "vast": (
        (
            "文件 {name} 的工作表用到了第 {rows} 行、第 {columns} 列，超出可读范围。"
            "请删除远处的多余单元格，或另存为 CSV。"
        ),
        (
            "a sheet of {name} reaches row {rows} and column {columns}, which is too much; "
            "delete stray cells far out, or save it as CSV."
        ),
    ),
    "wide": (
        "文件 {name} 的表格有 {columns} 列以上，超过 {most} 列的上限。请删除多余的列。",
        (
            "the table of {name} has {columns} columns or more, above the limit of {most}; delete "
            "those that are not needed."
        ),
    ),
    "sheets": (
        "文件 {name} 有 {count} 个工作表，超过 {most} 个的上限。请拆分后再发送。",
        "the file {name} has {count} sheets, more than the {most} that are read; split it.",
    ),
    "no_table": (
        "文件 {name} 是网页，里面没有表格。请在 Excel 中打开并另存为 .xlsx 再发送。",
        (
            "the file {name} is a web page without a table; open it in Excel, save it as .xlsx and "
            "send that."
        ),
    ),
    "encoding": (
        "文件 {name} 是网页，但编码无法识别。请在 Excel 中打开并另存为 .xlsx 再发送。",
        (
            "the file {name} is a web page in no known encoding; open it in Excel, save it as .xlsx "
            "and send that."
        ),
    ),
    "memory": (
        "读取文件 {name} 需要的内存超过上限：数据太多，或文件已损坏。请删除空白的行列和多余的工作表，或另存为 CSV。",
        (
            "reading {name} takes more memory than is allowed: too much data, or a damaged file; "
            "delete blank rows, columns and spare sheets, or save it as CSV."
        ),
    ),
    "time": (
        "文件 {name} 在 {seconds} 秒内没有读完，已停止。请删除多余的工作表和空白行，或另存为 CSV。",
        (
            "the file {name} was not read within {seconds} seconds, so it was stopped; delete spare "
            "sheets and blank rows, or save it as CSV."
        ),
    ),
}


@dataclass(slots=True)
class Sheet:
    """One sheet, complete once the next one is asked for."""

    name: str
    visible: bool
    content: bytes = field(default=b"", repr=False)  # CSV; the n-th record is the n-th row
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # from 0, inclusive
    hidden: list[int] = field(default_factory=list)  # numbers of the first hidden rows
    hidden_count: int = 0
    formulas: int = 0
    empty_formulas: int = 0


@dataclass(slots=True)
class Workbook:
    """What is known of a workbook besides its sheets."""

    macros: bool = False
    links: bool = False


def too_large(name: str, max_bytes: int) -> UnreadableFile:
    """Say that a file unpacks to more than the limit."""
    limit = max_bytes >> 20
    return UnreadableFile(
        f"文件 {name} 展开后超过 {limit} MiB 的上限。请拆分后再发送。",
        f"the file {name} is larger than {limit} MiB when unpacked; split it.",
    )


def refusal(name: str, code: str, **facts: object) -> UnreadableFile:
    """Return the sentence for a fault of the child."""
    zh, en = SENTENCES.get(code, SENTENCES["damaged"])
    return UnreadableFile(zh.format(name=name, **facts), en.format(name=name, **facts))


def sheets(file: Path, max_bytes: int) -> Generator[tuple[Workbook, Sheet]]:
    """Yield every sheet of cells, hidden ones without their cells.

    Raises:
        UnreadableFile: it is no workbook, has a password, takes too much memory or time, …
    """
    max_bytes = min(max_bytes, MOST_UNPACKED)
    with _child(file, max_bytes) as (process, late):
        out = process.stdout
        assert out is not None  # noqa: S101 - a pipe was asked for
        try:
            yield from _sheets(file.name, out, max_bytes)
        except (_BrokenOff, KeyError, TypeError, ValueError) as error:  # or it talks nonsense
            process.kill()
            code = "time" if late.is_set() or process.wait() == -24 else "memory"  # 24: SIGXCPU
            raise refusal(file.name, code, seconds=SECONDS) from error


@contextlib.contextmanager
def _child(
    file: Path, max_bytes: int
) -> Generator[tuple["subprocess.Popen[bytes]", threading.Event]]:
    """The child, and whether it was stopped for being late; it is gone when this ends."""
    limits = {"memory": MEMORY, "seconds": SECONDS, "max_bytes": max_bytes}
    root = str(Path(__file__).resolve().parent.parent)
    late = threading.Event()
    with (
        file.open("rb") as stream,
        # The interpreter itself, a constant program and two arguments; no shell.
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-c", _START, root, json.dumps(limits)],
            stdin=stream,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "", "RUST_BACKTRACE": "0"},
        ) as process,
    ):

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(SECONDS, stop)
        timer.daemon = True
        timer.start()
        try:
            yield process, late
        finally:
            timer.cancel()
            process.kill()


class _BrokenOff(Exception):
    """The child ended in the middle: killed, out of memory, crashed."""


def _sheets(name: str, out: IO[bytes], max_bytes: int) -> Iterator[tuple[Workbook, Sheet]]:
    book, sheet, chunks = Workbook(), Sheet("", visible=True), list[bytes]()
    for said in _parts(name, out):
        if isinstance(said, bytes):
            chunks.append(said)
        elif "fault" in said:
            code = str(said.pop("fault"))
            if code == "large":
                raise too_large(name, max_bytes)
            raise refusal(name, code, **said)
        elif "macros" in said:
            book = Workbook(bool(said["macros"]), bool(said["links"]))
        elif "sheet" in said:
            sheet = Sheet(str(said["sheet"]), bool(said["visible"]))
        elif "merged" in said:
            sheet.content = b"".join(chunks)
            chunks.clear()
            sheet.merged = [(r, c, below, right) for r, c, below, right in said["merged"]]
            sheet.hidden = [int(number) for number in said["hidden"]]
            sheet.hidden_count = int(said["hidden_count"])
            sheet.formulas = int(said["formulas"])
            sheet.empty_formulas = int(said["empty_formulas"])
            yield book, sheet
        else:
            return
    raise _BrokenOff


def _parts(name: str, out: IO[bytes]) -> Iterator[bytes | dict[str, Any]]:
    """What the child sends, in order, until it ends."""
    total = 0
    while len(header := out.read(_HEADER.size)) == _HEADER.size:
        kind, length = _HEADER.unpack(header)
        total += length
        if total > MOST_TEXT:
            raise refusal(name, "memory")
        body = out.read(length)
        if len(body) < length:
            return
        if kind == b"C":
            yield body
            continue
        try:
            said = json.loads(body)
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        yield said
