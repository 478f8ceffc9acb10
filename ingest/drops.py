"""Deliveries of a dropped source: what lies in its folder and was not loaded yet.

A file is one delivery; a folder inside the drop is one delivery of all its files. What was loaded
is known by its SHA-256, so that a copy under another name is not loaded twice. The newest delivery
of a drop, put there after its bytes were loaded, is no copy: its office says the same again. Several
such at once are a folder that was copied, whose old files must not be laid over newer ones.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, select

from ingest import unlanded
from ingest.sources import Source
from liangxin import schema
from liangxin.errors import Misuse
from liangxin.schema import DeliveredFile, Run, RunFile
from liangxin.settings import Settings

#: A file changed less than these seconds ago may still be on its way.
SETTLES = 10
#: What copying programs and offices' editors leave behind.
_UNFINISHED = (".part", ".tmp", ".crdownload", ".download", ".filepart")
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Delivery:
    """Files that are loaded together."""

    name: str
    files: tuple[Path, ...]
    hashes: tuple[str, ...]


def waiting(
    connection: Connection,
    source: Source,
    settings: Settings,
    *,
    now: datetime | None,
    must_exist: bool = False,
) -> list[Delivery]:
    """Return the deliveries of a source that were not loaded, oldest first.

    Args:
        connection: any transaction.
        source: one with a ``drop``.
        settings: where the data folder is.
        now: files changed just before are left for later; ``None``: none is.
        must_exist: the folder has to be there.

    Raises:
        Misuse: the folder is not there and has to be, or cannot be read.
    """
    # What was taken back is not loaded again by itself, but by whoever asks for the source.
    loaded = _loaded(connection, source.name, undone=not must_exist)
    lying = _lying(source, settings, must_exist=must_exist)
    # A day to come is a wrong clock's: it would be loaded again and again until then.
    until = math.inf if now is None else now.timestamp()
    found, again = [], []
    for files in lying:
        if now is not None and any(_moves(file, now) for file in files):
            continue
        hashes = tuple(_hash(file) for file in files)
        name = files[0].name if len(files) == 1 else files[0].parent.name
        one = Delivery(name, files, hashes)
        if not loaded.keys() >= set(hashes):
            found.append(one)
        elif max(loaded[each] for each in hashes) < _put_there(files) <= until:
            again.append(one)
    if len(again) == 1 and again[0].files == lying[-1]:
        found += again
    return found


def one_hash(deliveries: Sequence[Delivery]) -> str | None:
    """Return what stands for all these deliveries together; ``None`` for none."""
    hashes = sorted(each for delivery in deliveries for each in delivery.hashes)
    return sha256(" ".join(hashes).encode()).hexdigest() if hashes else None


def _lying(source: Source, settings: Settings, *, must_exist: bool) -> list[tuple[Path, ...]]:
    """What lies in the drop, by the time it was last changed, then by name."""
    drop = Path(source.drop).expanduser()
    place = drop if drop.is_absolute() else settings.home / drop
    try:
        if _WILD & set(source.drop):
            entries = list(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
        elif place.is_dir():
            entries = list(place.iterdir())
        elif must_exist or drop.is_absolute():
            raise Misuse(
                f"数据源“{source.name}”的文件夹 {place} 不存在。请建立该文件夹，或修改数据源文件的 drop。",
                f"the folder {place} of the source {source.name!r} does not exist; make it, or "
                "change drop in the source file.",
            )
        else:
            entries = []
        lying = [files for entry in entries if (files := _files(entry))]
        return sorted(lying, key=lambda files: (_put_there(files), files))
    except OSError as error:
        raise Misuse(
            f"数据源“{source.name}”的文件夹 {place} 无法读取（{error.strerror}）。请检查权限。",
            f"the folder {place} of the source {source.name!r} cannot be read ({error.strerror}); "
            "check its permissions.",
        ) from error


def _files(entry: Path) -> tuple[Path, ...]:
    """The files of one delivery; none for what is no delivery."""
    if entry.name.startswith((".", "~$")) or entry.name.endswith(_UNFINISHED):
        return ()
    if entry.is_dir():
        return tuple(sorted(f for each in entry.iterdir() if each.is_file() for f in _files(each)))
    return (entry,) if entry.is_file() else ()


def _put_there(files: Sequence[Path]) -> float:
    """When the last of a delivery's files was changed, in seconds since 1970."""
    return max(file.stat().st_mtime for file in files)


def _moves(file: Path, now: datetime) -> bool:
    """Whether a file was changed just now; by a clock set back, in a moment."""
    return abs(now.timestamp() - file.stat().st_mtime) < SETTLES


def _hash(file: Path) -> str:
    state = file.stat()
    return _hash_of(file, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4096)
def _hash_of(file: Path, size: int, changed: int) -> str:  # noqa: ARG001 - a changed file is another
    return unlanded.hash_of(file)


def _loaded(connection: Connection, source: str, *, undone: bool) -> dict[str, float]:
    """Hashes of all files of a source that a run has read, each with when it last was, as a moment.

    ``undone``: those of runs that were taken back too.
    """
    landed = select(RunFile.sha256, Run.learned_at).join(Run, Run.id == RunFile.run_id)
    delivered = select(DeliveredFile.sha256, Run.learned_at).join(
        Run, Run.id == DeliveredFile.run_id
    )
    found: dict[str, float] = {}
    for query in (landed, delivered):
        mine = query.join(schema.Source, schema.Source.id == Run.source_id)
        mine = mine.where(schema.Source.name == source)
        if not undone:
            mine = mine.where(Run.undone_at.is_(None))
        for digest, learned in connection.execute(mine):
            moment = learned if learned.tzinfo else learned.replace(tzinfo=UTC)
            found[digest] = max(moment.timestamp(), found.get(digest, 0.0))
    return found
