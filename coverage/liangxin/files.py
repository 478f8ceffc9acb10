"""Files that are there whole or not at all, whatever ends the process that writes them."""

import os
import tempfile
from pathlib import Path


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


def write_part(file: Path, data: bytes, *, mode: int) -> Path:
    """Write a file's bytes beside it, on the disk; it becomes the file when it is renamed."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fchmod(out.fileno(), mode)
        os.fsync(out.fileno())
    return Path(name)
