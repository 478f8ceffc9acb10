"""Which encoding a text file is in, known of the whole file before its first row is taken."""

import codecs
import gzip
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, cast

from ingest.workbook import too_large
from liangxin.errors import UnreadableFile

BLOCK = 8 << 20
#: Enough of a file to see its first rows.
SAMPLE = 1 << 20
GZIP = b"\x1f\x8b"
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
                _decode_all(name, stream, encoding, max_bytes)
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


def _decode_all(name: str, stream: IO[bytes], encoding: str, max_bytes: int) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    wide = encoding.startswith("utf-16")
    size, blank = 0, True
    while block := stream.read(BLOCK):
        size += len(block)
        if size > max_bytes:
            raise too_large(name, max_bytes)
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
