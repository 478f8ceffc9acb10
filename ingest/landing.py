"""Bytes kept once under their SHA-256, with origin and time, and never altered.

Layout: ``landing/ab/abcdef…`` (two characters, then the whole hash). A file appears under its
final name only when it is complete, so a kill leaves at most a ``.part`` file that nobody reads.
"""

import hashlib
import mmap
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, select

from liangxin.schema import LandedFile

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Landed:
    """Bytes in the landing: their hash, size in bytes, and where they came from."""

    sha256: str
    size: int
    origin: str


#: Is told of bytes whose hash is known, and where they lie until the disk has them.
Hashed = Callable[[Landed, Path], object]


def path_of(landing: Path, sha256: str) -> Path:
    """Return where the bytes of a hash lie, whether or not they are there."""
    return landing / sha256[:2] / sha256


def land_file(landing: Path, file: Path, *, origin: str, hashed: Hashed | None = None) -> Landed:
    """Copy a file into the landing; one that is there already is left untouched.

    The hash is of the bytes that land, whoever writes to the file meanwhile.

    Args:
        landing: the folder.
        file: what to copy.
        origin: where it comes from.
        hashed: is told of the bytes, and where they lie for now, before the disk has them.

    Raises:
        OSError: it could not be read, or its copy not be written.
    """
    with _part(landing) as (out, part):
        # Both are one call each: between calls a thread waits for its turn among the others.
        shutil.copyfile(file, part)
        landed = Landed(_hash(out), part.stat().st_size, origin)
        if hashed is not None:
            hashed(landed, part)
        _settle(landing, out, part, landed)
    return landed


def land_bytes(landing: Path, data: bytes, *, origin: str) -> Landed:
    """Put bytes into the landing; those that are there already are left untouched."""
    return land_blocks(landing, [data], origin)


def land_blocks(landing: Path, blocks: Iterable[bytes], origin: str) -> Landed:
    """Put bytes that come block by block into the landing; nothing is kept if they break off."""
    digest = hashlib.sha256()
    size = 0
    with _part(landing) as (out, part):
        for block in blocks:
            digest.update(block)
            size += len(block)
            out.write(block)
        out.flush()
        landed = Landed(digest.hexdigest(), size, origin)
        _settle(landing, out, part, landed)
    return landed


@contextmanager
def _part(landing: Path) -> Generator[tuple[BinaryIO, Path]]:
    """A file of the landing's that has no name yet, and is gone afterwards if it got none."""
    landing.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=landing, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b") as out:
            yield out, part
    finally:
        part.unlink(missing_ok=True)


def _hash(file: BinaryIO) -> str:
    """The SHA-256 of a whole file."""
    if not os.fstat(file.fileno()).st_size:  # what is empty cannot be mapped
        return hashlib.sha256().hexdigest()
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        return hashlib.sha256(whole).hexdigest()


def _settle(landing: Path, out: BinaryIO, part: Path, landed: Landed) -> None:
    """Give a part its name once the disk has it, unless its bytes are there under that name."""
    target = path_of(landing, landed.sha256)
    if target.is_file() and target.stat().st_size == landed.size:
        return
    os.fsync(out.fileno())
    target.parent.mkdir(exist_ok=True)
    part.replace(target)


def record(connection: Connection, landed: Landed, *, now: datetime) -> None:
    """Note landed bytes in the register; the first origin and time stay."""
    known = connection.execute(
        select(LandedFile.sha256).where(LandedFile.sha256 == landed.sha256)
    ).first()
    if known is None:
        table = LandedFile.metadata.tables["landed_file"]
        connection.execute(
            table.insert().values(
                sha256=landed.sha256, size=landed.size, origin=landed.origin, landed_at=now
            )
        )
