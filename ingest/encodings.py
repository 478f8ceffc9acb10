"""Which encoding a text file is in, known of the whole file before its first row is taken."""

import codecs
import gzip
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, cast

import polars as pl

from ingest.workbook import too_large
from liangxin.errors import UnreadableFile

#: Of text that is made into rows.
BLOCK = 8 << 20
#: Of what is only looked at, and at most a block: room for more is fetched from the system anew
#: each time, and that takes four times as long as looking.
LOOKED_AT = 256 << 10
#: Enough of a file to see its first rows.
SAMPLE = 1 << 20
#: No record is this long; an opening quote that nothing closes makes one that is.
LONGEST_RECORD = 4 << 20
GZIP = b"\x1f\x8b"
#: No list packs so well, a bomb does; it is asked of what is larger than this unpacked.
MOST_RATIO, SUSPECT = 100, 16 << 20
#: What no text holds: control characters but blanks, and what could not be decoded.
_NO_TEXT = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ufffc]")
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def plain(raw: IO[bytes], start: bytes) -> Generator[IO[bytes]]:
    """The stream itself, or what a gzip stream unpacks to."""
    if start.startswith(GZIP):
        with gzip.GzipFile(fileobj=raw) as stream:
            yield cast("IO[bytes]", stream)
    else:
        yield raw


def detect(name: str, raw: IO[bytes], start: bytes, max_bytes: int) -> str:
    """UTF-16 if it is marked or clear, else UTF-8 if the whole file is, else GB18030 if it is.

    The whole file, because one odd line at its end must be known before the first row is
    written. Leaves the stream at its start.

    Raises:
        UnreadableFile: too large, empty, or binary.
        UnicodeDecodeError: no encoding fits.
    """
    raw.seek(0)
    with plain(raw, start) as stream:
        wide = _utf16(stream.read(4096))
    candidates = (wide,) if wide else ("utf-8", "gb18030")
    for encoding in candidates:
        raw.seek(0)
        try:
            with plain(raw, start) as stream:
                _decode_all(name, _bounded(name, raw, stream, max_bytes), encoding)
        except UnicodeDecodeError:
            if encoding == candidates[-1]:
                raise
        else:
            break
    raw.seek(0)
    return encoding


def _utf16(sample: bytes) -> str:
    """UTF-16 by its mark; or without one, where its lines and separators show which it is."""
    if sample.startswith(_MARKS):
        return "utf-16"
    if b"\x00" not in sample:
        return ""
    for encoding in ("utf-16-le", "utf-16-be"):
        text = sample[: len(sample) // 2 * 2].decode(encoding, "replace")[:-1]
        line, end, _ = text.replace("\r", "\n").partition("\n")
        if end and any(mark in line for mark in ",\t;") and not _NO_TEXT.search(text):
            return encoding
    return ""


def _bounded(name: str, raw: IO[bytes], stream: IO[bytes], max_bytes: int) -> Iterator[bytes]:
    """The blocks of a stream, as long as they are neither too many nor one endless line."""
    size = line = 0
    while block := stream.read(min(LOOKED_AT, BLOCK)):
        size += len(block)
        if size > max_bytes:
            raise too_large(name, max_bytes)
        if size > SUSPECT and size > raw.tell() * MOST_RATIO:
            raise _bomb(name)
        start = _line_end(block)
        if line + start > LONGEST_RECORD:
            raise endless(name)
        line = line + start if start == len(block) else len(block) - _last_line(block)
        yield block


def _bomb(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"压缩文件 {name} 展开后是原来的 {MOST_RATIO} 倍以上，正常的名册不会这样，已停止读取。"
        "请发送未压缩的原文件。",
        f"what is packed in {name} is more than {MOST_RATIO} times as large, as no list is; it was "
        "not read. Send the file itself, not packed.",
    )


def _line_end(block: bytes) -> int:
    """Where the first line ends, at the latest with the block."""
    return min(at if (at := block.find(end)) >= 0 else len(block) for end in (b"\n", b"\r"))


def _last_line(block: bytes) -> int:
    """Where the last line starts."""
    return max(block.rfind(b"\n"), block.rfind(b"\r")) + 1


def _decode_all(name: str, blocks: Iterable[bytes], encoding: str) -> None:
    wide = encoding.startswith("utf-16")
    decoder = _Utf8() if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
    blank = True
    for block in blocks:
        if not wide and b"\x00" in block:
            raise _nul(name)
        text = decoder.decode(block)
        if wide and "\x00" in text:
            raise _nul(name)
        if blank:
            blank = not (
                text.strip("\ufeff \t\r\n") if wide else block.strip(b"\xef\xbb\xbf \t\r\n")
            )
    decoder.decode(b"", final=True)
    if blank:
        raise empty(name)


class _Utf8:
    """Stands in for the decoder where only a fault is asked for: many times as fast, without the
    interpreter's lock, and nothing of the text is made.
    """

    def __init__(self) -> None:
        self._rest = b""  # of the last block: the line that goes on in the next

    def decode(self, block: bytes, *, final: bool = False) -> str:
        block = self._rest + block
        end = len(block) if final else _last_line(block)  # no character goes over it
        self._rest = block[end:]
        try:
            pl.Series([block[:end]], dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.ComputeError:
            block[:end].decode()  # says which byte it is
        return ""


def _nul(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"文件 {name} 含有空字节，不是文本表格。请另存为“CSV UTF-8”或 .xlsx。",
        f"the file {name} holds NUL bytes and is no text table; save it as CSV UTF-8 or .xlsx.",
    )


def empty(name: str) -> UnreadableFile:
    """Say that there is nothing in the file."""
    return UnreadableFile(
        f"文件 {name} 是空的。请重新导出。", f"the file {name} is empty; export it again."
    )


def endless(name: str) -> UnreadableFile:
    """Say that a line, or a cell in quotes, has no end."""
    return UnreadableFile(
        f"文件 {name} 有一行超过 {LONGEST_RECORD >> 20} MiB（没有换行，或引号没有配对），不是表格。"
        "请重新导出，或另存为 .xlsx。",
        f"a line of {name} is longer than {LONGEST_RECORD >> 20} MiB (no line breaks, or a quote "
        "that is never closed), so it is no table; export it again, or save it as .xlsx.",
    )
