"""Files that are there whole or not at all, whatever ends the process that writes them."""

import os
import tempfile
from pathlib import Path

from liangxin.errors import Misuse, UnreadableFile


def write_whole(file: Path, data: bytes, *, mode: int) -> None:
    """Write a file that is there whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    part = write_part(file, data, mode=mode)
    part.replace(file)


def write_new(file: Path, data: bytes, *, mode: int) -> None:
    """Write a file that must not be there yet; of two that write it at once one fails.

    Raises:
        FileExistsError: it is there; it was left alone.
        OSError: it cannot be written.
    """
    part = write_part(file, data, mode=mode)
    try:
        os.link(part, file)
    finally:
        part.unlink()


def write_named(file: Path, data: bytes) -> None:
    """Write a file that somebody named, which must not be there yet.

    Raises:
        Misuse: it is there, or cannot be written.
    """
    try:
        write_new(file, data, mode=0o600)
    except FileExistsError as error:
        raise is_there(file) from error
    except OSError as error:
        raise not_written(file, error) from error


def is_there(file: Path) -> Misuse:
    """Return what is said of a file that somebody named and that is there already."""
    return Misuse(
        f"文件 {file} 已存在，没有改动。请换一个文件名。",
        f"the file {file} is there already and was left alone; name another one.",
    )


def not_written(file: Path, error: Exception) -> Misuse:
    """Return what is said of a file that cannot be written."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    return Misuse(
        f"无法写入 {file}（{reason}）。请检查目录和权限。",
        f"cannot write {file} ({reason}); check the folder and its permissions.",
    )


def read_text(file: Path, *, most: int) -> str:
    """Return a text that somebody wrote, UTF-8, of at most so many bytes.

    Raises:
        UnreadableFile: it cannot be read, is too long, or is no text.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(most + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise UnreadableFile(
            f"无法读取文件 {file}：不存在、无权限，或不是 UTF-8 文本。",
            f"cannot read {file}: it is not there, not permitted, or no UTF-8 text.",
        ) from error
    if len(data) > most or not text.strip():
        raise UnreadableFile(
            f"文件 {file} 为空或超过 {most} 字节。",
            f"{file} is empty, or longer than {most} bytes.",
        )
    return text


def write_part(file: Path, data: bytes, *, mode: int) -> Path:
    """Write a file's bytes beside it, on the disk; it becomes the file when it is renamed."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fchmod(out.fileno(), mode)
        os.fsync(out.fileno())
    return Path(name)
