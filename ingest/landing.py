"""Bytes kept once under their SHA-256, with origin and time, and never altered.

Layout: ``landing/ab/abcdef…`` (two characters, then the whole hash). A file appears under its
final name only when it is complete, so a kill leaves at most a ``.part`` file that nobody reads.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from liangxin.schema import LandedFile

BLOCK = 1 << 20
#: Of a file that is copied while other threads compute: the fewer blocks, the fewer turns to wait for.
COPIED = 1 << 23


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

    Copied and hashed in one go, so that the hash is of the bytes that land, whoever writes to the
    file meanwhile.

    Args:
        landing: the folder.
        file: what to copy.
        origin: where it comes from.
        hashed: is told of the bytes, and where they lie for now, before the disk has them.
    """
    with file.open("rb") as stream:
        blocks = iter(lambda: stream.read(COPIED), b"")
        return land_blocks(landing, blocks, origin, hashed=hashed)


def land_bytes(landing: Path, data: bytes, *, origin: str) -> Landed:
    """Put bytes into the landing; those that are there already are left untouched."""
    return land_blocks(landing, [data], origin)


def land_blocks(
    landing: Path, blocks: Iterable[bytes], origin: str, *, hashed: Hashed | None = None
) -> Landed:
    """Put bytes that come block by block into the landing; nothing is kept if they break off."""
    landing.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    handle, name = tempfile.mkstemp(dir=landing, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            for block in blocks:
                digest.update(block)
                size += len(block)
                out.write(block)
            out.flush()
            landed = Landed(digest.hexdigest(), size, origin)
            if hashed is not None:
                hashed(landed, part)
            target = path_of(landing, landed.sha256)
            is_there = target.is_file() and target.stat().st_size == size
            if not is_there:
                os.fsync(out.fileno())
        if not is_there:
            target.parent.mkdir(exist_ok=True)
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return landed


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
