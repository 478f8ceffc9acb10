"""Where the bytes of handed-in files lie, and under what names: never under one that was sent."""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from liangxin.errors import Misuse, UnreadableFile, printable
from liangxin.settings import Settings

#: Of a file's name, the characters that are kept; the others become ``_``.
_ODD = re.compile(r"[^\w.\-()（）【】、 ]")
LONGEST_NAME = 80
#: What a table may be called; what it is, its bytes say.
ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".htm", ".html", ".gz")
#: What a package of the exchange is called; what it is, its signature says.
PACKAGE_ENDING = ".lxp"
#: The file given back with reasons, beside the one that was handed in.
RETURNED = "returned.xlsx"
#: Seconds; nothing is on its way to its place for so long.
AN_HOUR = 3_600.0
#: Folders in the data folder: files that were handed in, packages that are to be opened.
HANDED, PACKAGES = "handed", "packages"


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that came whole, not yet in their place."""

    part: Path
    name: str
    sha256: str
    size: int


def safe_name(sent: str) -> str:
    """Return a name to show and to store for a file: no path, nothing that steers, not too long."""
    last = re.split(r"[/\\]", printable(sent))[-1]
    kept = _ODD.sub("_", last).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(kept) > LONGEST_NAME:
        kept = f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending[:10]}"
    return kept[:LONGEST_NAME] or "file"


def require_table_name(name: str) -> None:
    """Return if a file may be a table by its name.

    Raises:
        UnreadableFile: it is a picture, a document, a program.
    """
    if not name.lower().endswith(ENDINGS):
        raise UnreadableFile(
            f"“{name}”不是表格文件。请送 Excel（.xlsx、.xls）或 CSV。",
            f"{name} is no table; send a workbook (.xlsx, .xls) or a CSV.",
        )


def require_package_name(name: str) -> None:
    """Return if a file may be a package of the exchange by its name.

    Raises:
        UnreadableFile: it is called otherwise.
    """
    if not name.lower().endswith(PACKAGE_ENDING):
        raise UnreadableFile(
            f"“{name}”不是交换包。请送对方打包的 {PACKAGE_ENDING} 文件。",
            f"{name} is no package; send the {PACKAGE_ENDING} file that the other office made.",
        )


def receive(
    settings: Settings, sent: str, blocks: Iterable[bytes], *, most: int, into: str = HANDED
) -> Received:
    """Write what comes, block by block, and count it; nothing is left of what breaks off.

    Raises:
        UnreadableFile: it is empty, larger than may come, or by its name neither a table nor, if
            it goes into ``PACKAGES``, a package.
        Misuse: the disk is full.
    """
    name = safe_name(sent)
    (require_package_name if into == PACKAGES else require_table_name)(name)
    folder = _folder(settings, into)
    digest, size = hashlib.sha256(), 0
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, part = tempfile.mkstemp(dir=folder, suffix=".part")
        with _whole_or_gone(Path(part)), os.fdopen(handle, "wb") as out:
            for block in blocks:
                size += len(block)
                if size > most:
                    raise too_large(name, most)
                digest.update(block)
                out.write(block)
            if not size:
                raise UnreadableFile(f"文件 {name} 是空的。请重新导出。", f"{name} is empty.")
    except OSError as error:
        raise Misuse(
            f"文件没有收下（{error.strerror}）。请联系系统管理员检查磁盘空间和权限。",
            f"the file was not taken ({error.strerror}); let the administrator look at the disk.",
        ) from error
    return Received(Path(part), name, digest.hexdigest(), size)


def too_large(name: str, most: int) -> UnreadableFile:
    """Return what is said of a file that is larger than may come."""
    limit = f"{most // 2**20} MB" if most >= 2**20 else f"{most} B"
    if name.lower().endswith(PACKAGE_ENDING):
        return UnreadableFile(
            f"交换包 {name} 超过 {limit}。请管理员在服务器上用 liangxin exchange open 打开。",
            f"the package {name} is larger than {limit}; let the administrator open it on the server.",
        )
    return UnreadableFile(
        f"文件 {name} 超过 {limit}。请分成几个文件，或请管理员用 liangxin load 导入。",
        f"{name} is larger than {limit}; split it, or let the administrator load it.",
    )


@contextmanager
def _whole_or_gone(part: Path) -> Generator[None]:
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def put(settings: Settings, number: int, received: Received, into: str = HANDED) -> Path:
    """Move received bytes into their place."""
    place = folder_of(settings, number, into)
    place.mkdir(mode=0o700, exist_ok=True)
    return received.part.replace(place / received.name)


def folder_of(settings: Settings, number: int, into: str = HANDED) -> Path:
    """Return the folder of one file."""
    return _folder(settings, into) / str(number)


def path_of(settings: Settings, number: int, name: str, into: str = HANDED) -> Path:
    """Return where the bytes lie."""
    return folder_of(settings, number, into) / name


def remove(settings: Settings, number: int, into: str = HANDED) -> None:
    """Delete the bytes of one file, and what was written back about it."""
    shutil.rmtree(folder_of(settings, number, into), ignore_errors=True)


def numbers(settings: Settings, into: str = HANDED) -> list[int]:
    """Return the files whose bytes are there."""
    folder = _folder(settings, into)
    if not folder.is_dir():
        return []
    return [int(each.name) for each in folder.iterdir() if each.name.isdecimal()]


def left_behind(settings: Settings, into: str = HANDED) -> set[int]:
    """Return the files that were laid down an hour ago or earlier; parts as old are deleted."""
    folder, before = _folder(settings, into), time.time() - AN_HOUR
    found: set[int] = set()
    for each in folder.iterdir() if folder.is_dir() else ():
        try:
            is_old = each.stat().st_mtime < before
        except FileNotFoundError:
            continue
        if is_old and each.name.isdecimal():
            found.add(int(each.name))
        elif is_old and each.suffix == ".part":
            each.unlink(missing_ok=True)
    return found


def _folder(settings: Settings, into: str) -> Path:
    return settings.home / into
