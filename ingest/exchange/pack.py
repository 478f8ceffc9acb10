"""One package out: all that a receiver has not said it has opened, in one file.

Packages grow until the receiver's own next package says what it opened; so a lost one is healed by
the next, in any order. The file is written whole beside its place, the register notes it, then it
gets its name: a kill leaves no package that the register does not know.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from errno import EISDIR
from os import strerror
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from ingest.exchange import collect, contents, envelope, keys, offices
from ingest.exchange.offices import Office
from liangxin import cursor, db
from liangxin.access import LOCAL, Actor
from liangxin.cursor import Cursor
from liangxin.days import china_day
from liangxin.errors import Misuse, UnreadableFile
from liangxin.files import write_part
from liangxin.settings import Settings

SUFFIX = ".lxp"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(slots=True)
class PackReport:
    """A package that was made: as a run's report, for every row went in; its file, its cursor."""

    run: int | None
    source: str
    rows: int
    accepted: int
    refused: int
    skipped: int
    new: int
    changed: int
    unchanged: int
    missing: int
    located: int
    seconds: float
    file: str
    cursor: str
    serial: int
    to: str
    tables: dict[str, int]

    def as_object(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def pack(
    settings: Settings,
    engine: Engine,
    *,
    to: str,
    since: str = "",
    out: Path | None = None,
    clock: Callable[[], datetime],
    by: Actor = LOCAL,
    ending: Callable[[Connection, Mapping[str, Any]], None] | None = None,
) -> PackReport:
    """Write one package for an office.

    Args:
        settings: of this office.
        engine: its register.
        to: name of the receiver.
        since: a cursor or a day; empty: what the receiver has opened.
        out: the file; by default one in the home folder's ``outbox``.
        clock: the time.
        by: who makes it.
        ending: is told of it in the transaction that notes it: its serial, rows and file.

    Raises:
        NotFound: the receiver is not trusted.
        Misuse: there are no keys yet, or ``since`` is neither cursor nor day.
        UnreadableFile: the file cannot be written there.
    """
    started = time.perf_counter()
    ours = keys.load(settings.home)
    with db.writing(engine) as connection:
        offices.name_ourselves(connection, ours.office)
        office = offices.find(connection, to)
        start = _start(connection, office, since)
    # Collecting is long and needs no lock; what is undone meanwhile makes the cursor stale, no more.
    with db.reading(engine) as connection:
        start, end = cursor.renewed(connection, start), cursor.end(connection)
        told = collect.collect(connection, start, offices.opened_from(connection, office))
    content = contents.write(told)
    with db.writing(engine) as connection:
        now = clock()
        serial = offices.next_serial(connection, office)
        header, data = envelope.seal(
            content,
            ours,
            office.card,
            serial=serial,
            packed_on=china_day(now).isoformat(),
            cursor_from=str(start),
            cursor_to=str(end),
        )
        file = out or settings.home / "outbox" / f"{ours.office}-{to}-{serial:04}{SUFFIX}"
        part = _write_beside(file, data)
        try:
            offices.keep(connection, office, "sent", header, now=now, by=by)
            if ending is not None:
                ending(connection, {"serial": serial, "rows": told.rows, "file": file.name})
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    part.replace(file)
    located = told.tables["organisations"]["subdistrict_code"]
    return PackReport(
        run=None,
        source=f"exchange_{ours.office}",
        rows=told.rows,
        accepted=told.rows,
        refused=0,
        skipped=0,
        new=0,
        changed=0,
        unchanged=told.rows,
        missing=0,
        located=len(located) - located.null_count(),
        seconds=round(time.perf_counter() - started, 3),
        file=str(file),
        cursor=str(end),
        serial=serial,
        to=to,
        tables={name: table.height for name, table in told.tables.items()},
    )


def _start(connection: Connection, office: Office, since: str) -> Cursor:
    """Where a package begins.

    Raises:
        Misuse: it is neither cursor nor day.
    """
    if not since:
        return offices.reached_by(connection, office)
    if not _DAY.fullmatch(since):
        return cursor.renewed(connection, cursor.parse(since))
    try:
        day = date.fromisoformat(since)
    except ValueError as error:
        raise Misuse(
            f"--since 的“{since}”不是日期，应形如 2022-09-30。",
            f"{since!r} for --since is no date; write it like 2022-09-30.",
        ) from error
    return cursor.of_day(connection, day)


def _write_beside(file: Path, data: bytes) -> Path:
    """Write the bytes beside their place; what earlier kills left there is taken away.

    Raises:
        UnreadableFile: it cannot be written.
    """
    try:
        if file.is_dir():
            raise IsADirectoryError(EISDIR, strerror(EISDIR))
        file.parent.mkdir(parents=True, exist_ok=True)
        for left in file.parent.glob(f".{file.name}.*.part"):
            left.unlink(missing_ok=True)
        return write_part(file, data, mode=0o600)
    except OSError as error:
        raise UnreadableFile(
            f"无法写入 {file}（{error.strerror}）。请用 --out 换一个位置。",
            f"cannot write {file} ({error.strerror}); choose another place with --out.",
        ) from error
