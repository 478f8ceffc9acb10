"""Deliveries of a dropped source: what lies in its folder and was not loaded yet.

A file is one delivery; a folder inside the drop is one delivery of all its files. What was loaded
is known by its SHA-256, so that a copy under another name is not loaded twice. The newest delivery
of a drop, put there after its bytes were loaded, is no copy: its office says the same again. Several
such at once are a folder that was copied, whose old files must not be laid over newer ones.

Where a source's files bear their day in their names (``as_of_in_name``), the same bytes of another
day are another delivery: an office may well say in October what it said in September.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, select

from ingest import named_days, unlanded
from ingest.sources import Source
from liangxin import schema
from liangxin.errors import BatchStopped, LiangxinError, Misuse, UnreadableFile, printable
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
    as_of: date | None = None  # the day in its name; none: that of the load
    fault: LiangxinError | None = (
        None  # it cannot be read, or its name should bear a day and does not
    )


def waiting(
    connection: Connection,
    source: Source,
    settings: Settings,
    *,
    now: datetime | None,
    today: date,
    must_exist: bool = False,
) -> list[Delivery]:
    """Return the deliveries of a source that were not loaded, oldest first: by the days in their names,
    where they bear one, else by when they were put there.

    Args:
        connection: any transaction.
        source: one with a ``drop``.
        settings: where the data folder is.
        now: files changed just before are left for later; ``None``: none is.
        today: no file's name may bear a later day.
        must_exist: the folder has to be there.

    Raises:
        Misuse: the folder is not there and has to be, or cannot be read.
    """
    # What was taken back is not loaded again by itself, but by whoever asks for the source.
    loaded = _Loaded.of(connection, source.name, undone=not must_exist)
    lying = _lying(source, settings, must_exist=must_exist)
    # A day to come is a wrong clock's: it would be loaded again and again until then.
    until = math.inf if now is None else now.timestamp()
    found, again = [], []
    for entry, files in lying:
        try:
            if now is not None and any(_moves(file, now) for file in files):
                continue
            one = _dated(source, entry, files, today)
            last = loaded.last(one)
            if last is None:
                found.append(one)
            elif last < _put_there(files) <= until:
                again.append(one)
        except FileNotFoundError:
            continue  # somebody took it away just now
        except OSError as error:
            found.append(Delivery(entry.name, files, (), fault=_unreadable(entry.name, error)))
    if len(again) == 1 and again[0].files == lying[-1][1]:
        found += again
    return sorted(found, key=lambda each: each.as_of or today)


def _dated(source: Source, entry: Path, files: tuple[Path, ...], today: date) -> Delivery:
    """A delivery, of the day that its name bears if its source's do."""
    hashes = tuple(_hash(file) for file in files)
    name = files[0].name if len(files) == 1 else files[0].parent.name
    if not source.as_of_in_name:
        return Delivery(name, files, hashes)
    names = [file.name for file in files]
    folder = "" if entry == files[0] else entry.name
    try:
        day = named_days.day_of_delivery(names, source.as_of_in_name, today=today, folder=folder)
    except BatchStopped as fault:
        return Delivery(name, files, hashes, fault=fault)
    return Delivery(name, files, hashes, day)


def one_hash(deliveries: Sequence[Delivery]) -> str | None:
    """Return what stands for all these deliveries together; ``None`` for none.

    Another name, or a day that has come meanwhile, is worth another try where the name was at fault.
    """
    hashes = sorted(each for delivery in deliveries for each in delivery.hashes)
    names = [f"{each.name} {each.as_of}" for each in deliveries if each.as_of or each.fault]
    told = " ".join([*hashes, *sorted(names)])
    return sha256(told.encode()).hexdigest() if told else None


def _unreadable(name: str, error: OSError) -> UnreadableFile:
    shown = printable(name)
    return UnreadableFile(
        f"投放的文件 {shown} 无法读取（{error.strerror}），没有写入任何内容。请检查文件的权限，或重新投放。",
        f"the dropped file {shown} cannot be read ({error.strerror}); nothing was written. Check its "
        "permissions, or drop it again.",
    )


def _lying(
    source: Source, settings: Settings, *, must_exist: bool
) -> list[tuple[Path, tuple[Path, ...]]]:
    """What lies in the drop, each with its files, by the time it was last changed, then by name."""
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
        lying = [(entry, files) for entry in entries if (files := _files(entry))]
        return sorted(lying, key=lambda each: (_put_there(each[1]), each[1]))
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


@dataclass(frozen=True, slots=True)
class _Loaded:
    """When each file of a source was loaded last, as a moment: by its hash and the day it was of."""

    moments: Mapping[tuple[str, date | None], float]

    @classmethod
    def of(cls, connection: Connection, source: str, *, undone: bool) -> "_Loaded":
        """Ask the register; ``undone``: of runs that were taken back too."""
        found: dict[tuple[str, date | None], float] = {}
        for table in (RunFile, DeliveredFile):
            query = (
                select(table.sha256, Run.as_of, Run.learned_at)
                .join(Run, Run.id == table.run_id)
                .join(schema.Source, schema.Source.id == Run.source_id)
                .where(schema.Source.name == source)
            )
            if not undone:
                query = query.where(Run.undone_at.is_(None))
            for digest, day, learned in connection.execute(query):
                moment = (learned if learned.tzinfo else learned.replace(tzinfo=UTC)).timestamp()
                for key in ((digest, day), (digest, None)):
                    found[key] = max(moment, found.get(key, 0.0))
        return cls(found)

    def last(self, delivery: Delivery) -> float | None:
        """When the last of a delivery's files was; ``None``: one of them never was.

        Of a name at fault nobody knows the day, so its bytes are enough.
        """
        keys = [(each, delivery.as_of) for each in delivery.hashes]
        if not self.moments.keys() >= set(keys):
            return None
        return max(self.moments[key] for key in keys)
