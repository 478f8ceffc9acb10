"""Checks and loads files that offices handed in at a page. The check is the load itself, taken back.

So what is told before is what happens after, by the same code: the rehearsal asks what changed
(``ingest.differences``) inside the transaction, and then lets go of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import Connection

from ingest import (
    delivery,
    differences,
    headers,
    kinds,
    mappings,
    named_days,
    refused_rows,
    runs,
    sources,
)
from ingest.delivery import Dropped, Watch
from ingest.run_report import RunReport
from ingest.sources import Source
from ingest.sync import Desk
from ingest.within import Within
from liangxin import db
from liangxin.errors import BatchStopped, MissingColumn, UnknownSource
from liangxin.handed import files, steps
from liangxin.handed.offered import KINDS, Offered
from liangxin.handed.views import Handed

if TYPE_CHECKING:
    from liangxin.settings import Settings


class _Rehearsed(Exception):
    """What a rehearsal found; no error: it takes what was written back."""

    def __init__(self, found: dict[str, Any], said: "_Said") -> None:
        self.found = found
        self.said = said


@dataclass(frozen=True, slots=True)
class _Said:
    reasons: list[refused_rows.Reason]
    skipped: list[tuple[int, int, str]]


def offered(settings: "Settings") -> list[Offered]:
    """Return the sources whose files a page may take."""
    found = []
    for source in sources.everything(settings).values():
        if isinstance(source, UnknownSource) or not source.drop or source.kind not in KINDS:
            continue
        said = (source.name, source.title, source.publisher, source.kind)
        found.append(Offered(*said, str(source.office), source.snapshot))
    return found


def check(desk: Desk, file: Handed, watch: Watch | None) -> None:
    """Read a file and say what loading it would do; or ask what its columns mean.

    Raises:
        LiangxinError: nothing can come of it; why is the sentence.
    """
    source = sources.load(file.source, desk.settings)
    if file.corrections:
        file = _take_corrections(desk, file, source)
    _require_its_day(file, source, desk)
    path = files.path_of(desk.settings, file.id, file.file_name)
    given: dict[str, str] = json.loads(file.columns or "{}")
    try:
        sent = _look(desk, file, source, given)
    except MissingColumn as error:
        found = _columns_of(_look_for_any(desk, file, source), source, given)
        with db.writing(desk.engine) as connection:
            said = {"zh": error.zh, "en": error.en}
            steps.ask(connection, file, {**found, "why": said}, now=desk.clock())
        return
    columns = _columns_of(sent, source, given)
    if any(not each["sure"] for each in columns["fields"] if each["header"]):
        with db.writing(desk.engine) as connection:
            steps.ask(connection, file, columns, now=desk.clock())
        return
    found, told = _rehearse(desk, file, source, sent, watch)
    found["refused_rows"] = refused_rows.told(sent.parts, told.reasons, source)
    found["notices"] += [asdict(each) for each in sent.notices]
    back = path.parent / files.RETURNED
    back.unlink(missing_ok=True)
    if told.reasons:
        refused_rows.give_file_back(
            back, sent.parts, told.reasons, told.skipped, differences.REASONS
        )
    with db.writing(desk.engine) as connection:
        steps.checked(connection, file, {**columns, **found}, now=desk.clock())


def load(desk: Desk, file: Handed, watch: Watch | None) -> RunReport:
    """Load a file that was checked, in one transaction with the word that it is loaded.

    Raises:
        LiangxinError: it cannot be loaded any more; the register is as it was.
    """
    source = sources.load(file.source, desk.settings)
    given: dict[str, str] = json.loads(file.columns or "{}")
    sent = _look(desk, file, source, given)

    def ending(connection: Connection, report: RunReport) -> None:
        found = differences.of_run(connection, report, source.kind)
        run = report.run or 0
        steps.loaded(connection, file, run, found, now=desk.clock())

    report = _run(desk, file, source, sent, watch, ending)
    mappings.remember(desk.settings, source, {f: h for f, h in given.items() if h})
    return report


def _require_its_day(file: Handed, source: Source, desk: Desk) -> None:
    """Return unless a file's name bears another day than its office gave.

    Raises:
        BatchStopped: it does.
    """
    pattern, given = source.as_of_in_name, file.as_of
    other = named_days.other_day(file.file_name, pattern, given, today=desk.today())
    if other is not None:
        raise BatchStopped(
            f"所填数据日期是 {given}，而文件名“{file.file_name}”中的日期是 {other}，没有写入任何内容。请核对，"
            "按正确的日期重新送；文件名有误的，改正文件名。",
            f"the day given is {given}, but the name {file.file_name!r} bears {other}; nothing was written. "
            "Hand it in again with the right day; if it is the name that is wrong, correct the name.",
        )


def _run(
    desk: Desk, file: Handed, source: Source, sent: Dropped, watch: Watch | None, ending: Any
) -> RunReport:
    return runs.run(
        [replace(part, watch=watch) for part in sent.parts],
        source,
        desk.settings,
        desk.engine,
        as_of=file.as_of,
        clock=desk.clock,
        within=Within(file.actor.subdistricts, ending),
    )


def _rehearse(
    desk: Desk, file: Handed, source: Source, sent: Dropped, watch: Watch | None
) -> tuple[dict[str, Any], _Said]:
    """Load the file, ask what that changed, and take it all back."""
    starts = refused_rows.offsets(sent.parts)

    def ending(connection: Connection, report: RunReport) -> NoReturn:
        found = differences.of_run(connection, report, source.kind)
        run = report.run or 0
        said = _Said(
            refused_rows.reasons(connection, run, starts),
            refused_rows.skipped(connection, run, starts),
        )
        raise _Rehearsed(found, said)

    try:
        _run(desk, file, source, sent, watch, ending)
    except _Rehearsed as rehearsed:
        return rehearsed.found, rehearsed.said
    raise RuntimeError("a rehearsal always ends before its run does")


def _look(desk: Desk, file: Handed, source: Source, given: Mapping[str, str]) -> Dropped:
    """Look at the file; headers somebody said are nothing of ours are nothing.

    Raises:
        UnreadableFile, MissingColumn, PersonsNamed: as a load would.
    """
    path = files.path_of(desk.settings, file.id, file.file_name)
    meant = {field: header for field, header in given.items() if header}
    sent = delivery.of_file(path, source, desk.settings, meant)
    none = given.keys() - meant.keys()
    parts = []
    for part in sent.parts:
        columns = {field: h for field, h in part.columns.items() if field not in none}
        headers.require(
            columns,
            part.layout.headers,
            file.file_name,
            _needed(source),
            headers.vocabulary(source.kind),
        )
        parts.append(replace(part, columns=columns))
    close = {field: header for field, header in sent.close.items() if field not in none}
    return replace(sent, parts=parts, close=close)


def _look_for_any(desk: Desk, file: Handed, source: Source) -> Dropped:
    """Look at a file that lacks a column, for what it has instead.

    Raises:
        UnreadableFile, MissingColumn: it is no table at all, or nothing in it looks like headers.
    """
    return delivery.of_kind(
        files.path_of(desk.settings, file.id, file.file_name),
        wanted=mappings.remembered(desk.settings, source),
        vocabulary=headers.vocabulary(source.kind),
        required=(),
        keys=(),
        max_bytes=desk.settings.max_upload_bytes,
    )


def _needed(source: Source) -> tuple[str, ...]:
    kind = kinds.KINDS.get(source.kind)
    return kind.columns_needed if kind else headers.REQUIRED


def _columns_of(sent: Dropped, source: Source, given: Mapping[str, str]) -> dict[str, Any]:
    """Which header is which field, for the page: known, only like a known one, or not there."""
    columns = {field: h for part in sent.parts for field, h in part.columns.items()}
    listed = [*dict.fromkeys(h for part in sent.parts for h in part.layout.headers if h)]
    needed = _needed(source)
    return {
        "fields": [
            {
                "field": field,
                "label": names[0],
                "header": columns.get(field, ""),
                "sure": field in given or field not in sent.close,
                "needed": field in needed,
            }
            for field, names in headers.vocabulary(source.kind).items()
        ],
        "headers": listed[: headers.MOST_COMPARED],
    }


def _take_corrections(desk: Desk, file: Handed, source: Source) -> Handed:
    """Write the file with the office's corrections in it; from now on it is the file."""
    given: dict[str, str] = json.loads(file.columns or "{}")
    sent = _look(desk, file, source, given)
    folder = files.folder_of(desk.settings, file.id)
    before = folder / file.file_name
    name = f"{file.file_name.partition('.')[0].removesuffix('（已更正）')}（已更正）.xlsx"
    part = folder / "corrected.part.xlsx"
    refused_rows.write_corrected(part, sent.parts, json.loads(file.corrections or "{}"))
    with part.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        size = stream.tell()
    part.replace(folder / name)
    with db.writing(desk.engine) as connection:
        how: dict[str, Any] = {"name": name, "sha256": sha256, "size": size}
        steps.corrected(connection, file, **how, now=desk.clock())
    if before.name != name:
        before.unlink(missing_ok=True)
    return replace(file, file_name=name, sha256=sha256, size=size, corrections=None)


def tidy(desk: Desk) -> None:
    """Delete the bytes of files that are loaded, withdrawn, or that nobody looked at for long."""
    there = files.numbers(desk.settings)
    if not there:
        return
    with db.writing(desk.engine) as connection:
        over = set(steps.expire(connection, now=desk.clock()))
    for number in there:
        if number in over:
            files.remove(desk.settings, number)
