"""Archives of tables, as portals attach them: looked through whole before anything is taken.

What an archive says about itself is not believed: its directory is measured before it is read,
its members are counted while they are unpacked, and the names of members are names, never paths.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ingest.workbook import too_large
from liangxin.errors import UnreadableFile

BLOCK = 1 << 20
#: Members of an archive, and bytes of its directory.
MOST_MEMBERS = 1_000
MOST_DIRECTORY = 1 << 20
#: Names of tables; other members are documents that come with them.
TABLES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".et", ".ods", ".gz")
ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".tgz")
#: What some systems add to every archive.
_DROSS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_END, _END_64, _ZIP = b"PK\x05\x06", b"PK\x06\x07", b"PK\x03\x04"
_END_SIZE = 22
_PLAIN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
#: What the reader of archives raises for damaged ones.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ArithmeticError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A table in an archive."""

    name: str
    info: zipfile.ZipInfo


def is_archive(file: Path, name: str) -> bool:
    """Return if a file is a zip archive that is no workbook.

    Raises:
        UnreadableFile: it is an archive that is damaged or has too many members.
    """
    with file.open("rb") as stream:
        if stream.read(4) not in {_ZIP, _END}:
            return False
        names = _listed(stream, name).namelist() if _directory(stream) else None
    return names is None or not _is_workbook(names)


def tables(file: Path, name: str, pattern: str = "") -> list[Member]:
    """Return the tables in an archive, in the order of their names.

    Args:
        file: the archive.
        name: what people know it by.
        pattern: found in the name of each table that is wanted.

    Raises:
        UnreadableFile: it is damaged or encrypted, holds an archive or a path that leads out of
            it, has too many members, or no table.
    """
    with file.open("rb") as stream, _listed(stream, name) as archive:
        listed = [Member(_name_of(info), info) for info in archive.infolist()]
    members = [member for member in listed if not _is_dross(member)]
    for member in members:
        _refuse(member, name)
    found = [
        member
        for member in members
        if member.name.lower().endswith(TABLES) and re.search(pattern, member.name)
    ]
    if not found:
        raise UnreadableFile(
            f"压缩包 {name} 中没有表格文件（.csv、.xlsx、.xls）。请检查数据源文件的 members。",
            f"the archive {name} holds no table (.csv, .xlsx, .xls); check the source file's "
            "members.",
        )
    return sorted(found, key=lambda member: member.name)


def blocks(file: Path, member: Member, name: str, *, max_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of a table, counted as they come.

    Raises:
        UnreadableFile: there are more than ``max_bytes``, or they are damaged or an archive.
    """
    size = 0
    try:
        with zipfile.ZipFile(file) as archive, archive.open(member.info) as stream:
            while block := stream.read(BLOCK):
                size += len(block)
                if size > max_bytes:
                    raise too_large(f"{name}#{member.name}", max_bytes)
                yield block
    except _DAMAGED as error:
        raise _damaged(name) from error


def _listed(stream: IO[bytes], name: str) -> zipfile.ZipFile:
    """Open an archive whose directory is small enough to be read.

    Raises:
        UnreadableFile: it is damaged, or has too many members.
    """
    found = _directory(stream)
    if found is None:
        raise _damaged(name)
    count, size = found
    if count > MOST_MEMBERS or size > MOST_DIRECTORY:
        raise UnreadableFile(
            f"压缩包 {name} 中的文件超过 {MOST_MEMBERS} 个的上限。请发布方拆分。",
            f"the archive {name} has more than the {MOST_MEMBERS} members that are read; ask the "
            "publisher to split it.",
        )
    try:
        archive = zipfile.ZipFile(stream)
    except _DAMAGED as error:
        raise _damaged(name) from error
    if len(archive.infolist()) != count:
        raise _damaged(name)
    return archive


def _directory(stream: IO[bytes]) -> tuple[int, int] | None:
    """Return how many members a directory lists and how large it is; None: it has none.

    An archive of the large kind (zip64) counts as one with too many members.
    """
    stream.seek(0, 2)
    start = max(0, stream.tell() - _END_SIZE - 0xFFFF - 20)
    stream.seek(start)
    tail = stream.read()
    stream.seek(0)
    at = len(tail) - _END_SIZE
    if at < 0:
        return None
    if not (tail[at : at + 4] == _END and tail.endswith(b"\x00\x00")):
        at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        return None
    if tail[max(0, at - 20) : at].startswith(_END_64):
        return MOST_MEMBERS + 1, 0
    count, size = struct.unpack("<10xHI6x", tail[at : at + _END_SIZE])
    return count, size


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return a member's name; old Chinese systems write it in GBK without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _is_dross(member: Member) -> bool:
    """A folder, or what the packer's system left behind; nothing that anybody means to send."""
    parts = PurePosixPath(member.name).parts
    return (
        member.name.endswith("/") or parts[:1] == _DROSS[:1] or parts[-1:] in {(n,) for n in _DROSS}
    )


def _refuse(member: Member, name: str) -> None:
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", member.name):
        raise UnreadableFile(
            f"压缩包 {name} 中有指向包外的路径“{member.name[:100]}”，已拒绝。请联系发布方。",
            f"the archive {name} has a path that leads out of it, {member.name[:100]!r}, and was "
            "refused; ask the publisher.",
        )
    if member.info.flag_bits & 1:
        raise UnreadableFile(
            f"压缩包 {name} 有密码，无法读取。请向发布方索取不加密的文件，用 liangxin load 导入。",
            f"the archive {name} is encrypted; ask the publisher for an open one and use liangxin "
            "load.",
        )
    if member.name.lower().endswith(ARCHIVES):
        raise _nested(name, member.name)
    if member.name.lower().endswith(TABLES) and member.info.compress_type not in _PLAIN:
        raise UnreadableFile(
            f"压缩包 {name} 使用了少见的压缩方法，无法读取。请解压后用 liangxin load 导入。",
            f"the archive {name} is packed in an uncommon way that is not read; unpack it and use "
            "liangxin load.",
        )


def _nested(name: str, member: str) -> UnreadableFile:
    return UnreadableFile(
        f"压缩包 {name} 中还有压缩包“{member[:100]}”，未读取。请解压后用 liangxin load 导入。",
        f"the archive {name} holds another archive, {member[:100]!r}, and was not read; unpack it "
        "and use liangxin load.",
    )


def _is_workbook(names: list[str]) -> bool:
    return "[Content_Types].xml" in names or "mimetype" in names


def _damaged(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"压缩包 {name} 不完整或已损坏。请重新采集，或联系发布方。",
        f"the archive {name} is truncated or damaged; crawl again, or ask the publisher.",
    )
