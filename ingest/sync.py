"""Lands and loads what is there of a source: a crawl, or the files that were dropped.

One process works on a source at a time. What fails is told beside what succeeds: a bad delivery
stops neither another delivery nor another source.
"""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine

from ingest import crawled, delivery, drops, early, mappings, runs
from ingest.crawl import POLITE, Pace, crawl
from ingest.delivery import Watch
from ingest.drops import Delivery
from ingest.run_report import RunReport
from ingest.sources import Source
from ingest.standing import Standing
from liangxin import db, holds, jobs
from liangxin.errors import (
    ChecksFailed,
    CrawlFailed,
    CrawlRefused,
    DatabaseUnavailable,
    LiangxinError,
    Misuse,
)
from liangxin.jobs import JobView
from liangxin.settings import Settings

#: What may be all right in a while, without anybody doing anything.
PASSING = (CrawlFailed, DatabaseUnavailable, ChecksFailed)


@dataclass(frozen=True, slots=True)
class Failed:
    """Something of a source could not be landed or loaded, and why."""

    source: str
    error: str
    error_en: str
    passing: bool = False  # worth another try by itself

    def as_object(self) -> dict[str, str]:
        """What programs read."""
        return {"source": self.source, "error": self.error, "error_en": self.error_en}


Result = RunReport | Failed


@dataclass(frozen=True, slots=True)
class Desk:
    """What all work on sources needs."""

    settings: Settings
    engine: Engine
    clock: Callable[[], datetime]
    today: Callable[[], date]
    pace: Pace = POLITE

    @property
    def worker(self) -> str:
        """Who works here: host and process."""
        return f"{socket.gethostname()}:{os.getpid()}"


def failed(source: str, error: LiangxinError) -> Failed:
    """Return an error as a result."""
    passing = isinstance(error, PASSING) and not isinstance(error, CrawlRefused)
    return Failed(source, error.zh, error.en, passing)


def wanted(desk: Desk, standings: Sequence[Standing]) -> list[Source]:
    """Return the sources that are due: by the calendar if crawled, by what lies there if dropped."""
    found, now, today = [], desk.clock(), desk.today()
    with db.reading(desk.engine) as connection:
        for each in standings:
            source = each.source
            if source is None:
                continue
            if source.address is not None:
                if each.own and each.is_due(today):
                    found.append(source)
            elif source.drop and _lies(connection, source, desk.settings, now, today):
                found.append(source)
    return found


def _lies(connection: Any, source: Source, settings: Settings, now: datetime, today: date) -> bool:
    """Whether something new was dropped; a folder that cannot be read is told by its job."""
    try:
        return bool(drops.waiting(connection, source, settings, now=now, today=today))
    except Misuse:
        return True


def sync(
    desk: Desk, source: Source, *, as_of: date, named: bool, wait: float = 0.0
) -> list[Result]:
    """Work on one source now, and close its job.

    Raises:
        Busy: another process works on this source; nothing was done.
    """
    with holds.holding(desk.engine, source.name, wait=wait):
        job, results = begin(desk, source, as_of=as_of, named=named)
        close(desk, job, results)
    return results


def begin(
    desk: Desk, source: Source, *, as_of: date, named: bool = False, watch: Watch | None = None
) -> tuple[JobView, list[Result]]:
    """Work on one source as its job, which is left open; for whoever holds the source's lock.

    Returns:
        The job, and a result for the crawl or for each delivery.
    """
    now = desk.clock()
    try:
        deliveries = _deliveries(desk, source, named=named)
        trouble: list[Result] = []
    except LiangxinError as error:
        deliveries, trouble = [], [failed(source.name, error)]
    with db.writing(desk.engine) as connection:
        job = jobs.begin(
            connection,
            source.name,
            worker=desk.worker,
            delivery=drops.one_hash(deliveries),
            now=now,
        )
    if source.address is not None:
        return job, [_caught(source.name, lambda: _crawl(desk, source, as_of, watch, job))]
    results = [
        _caught(source.name, lambda each=each: _load(desk, source, each, as_of, watch))  # type: ignore[misc]
        for each in deliveries
    ]
    return job, [*trouble, *results]


def close(desk: Desk, job: JobView, results: Sequence[Result]) -> None:
    """Close a job with what came of it."""
    rows = sum(each.rows for each in results if isinstance(each, RunReport))
    trouble = next((each for each in results if isinstance(each, Failed)), None)
    with db.writing(desk.engine) as connection:
        jobs.finish(
            connection,
            job.id,
            rows=rows,
            now=desk.clock(),
            zh=trouble.error if trouble else "",
            en=trouble.error_en if trouble else "",
        )


def _deliveries(desk: Desk, source: Source, *, named: bool) -> list[Delivery]:
    if source.address is not None:
        return []
    if not source.drop:
        raise Misuse(
            f"数据源“{source.name}”既没有采集地址，也没有投放文件夹（drop）。请用 liangxin load 导入，"
            "或在数据源文件中写明 drop。",
            f"the source {source.name!r} has neither an address nor a folder (drop); use liangxin "
            "load, or name a folder in the source file.",
        )
    now = None if named else desk.clock()
    with db.reading(desk.engine) as connection:
        return drops.waiting(
            connection, source, desk.settings, now=now, today=desk.today(), must_exist=named
        )


def _crawl(desk: Desk, source: Source, as_of: date, watch: Watch | None, job: JobView) -> RunReport:
    """Crawl anew; in a job that was begun before, go on with a crawl that was killed.

    What a publisher has not changed since it was loaded leaves a run, and is not read again.
    """
    landed = crawl(
        source,
        desk.settings,
        desk.engine,
        clock=desk.clock,
        resume=job.attempts > 1,
        pace=desk.pace,
    )
    how: dict[str, Any] = {"as_of": as_of, "clock": desk.clock}
    if landed.unchanged:
        with db.reading(desk.engine) as connection:
            pages = crawled.landed_by(connection, landed.crawl, desk.settings)
        report = runs.run_unread(pages, source, desk.settings, desk.engine, **how)
        if report is not None:
            return report
    with db.reading(desk.engine) as connection:
        parts = crawled.of_crawl(connection, landed.crawl, source, desk.settings)
    parts = [replace(part, watch=watch) for part in parts]
    return runs.run(parts, source, desk.settings, desk.engine, **how)


def _load(
    desk: Desk, source: Source, each: Delivery, as_of: date, watch: Watch | None
) -> RunReport:
    if each.fault is not None:
        raise each.fault
    how: dict[str, Any] = {"as_of": each.as_of or as_of, "clock": desk.clock}
    with early.reading(desk.settings, source.name) as told:
        sent = [delivery.of_file(file, source, desk.settings) for file in each.files]
        for file in sent:
            mappings.require_confirmed(file.close, [], file.parts[0].path.name)
        parts = [replace(part, watch=watch) for file in sent for part in file.parts]
        report = runs.run(parts, source, desk.settings, desk.engine, early=told, **how)
    of_files = ({"zh": n.zh, "en": n.en} for file in sent for n in file.notices)
    report.notices += [each for each in of_files if each not in report.notices]
    return report


def _caught(source: str, load: Callable[[], RunReport]) -> Result:
    try:
        return load()
    except LiangxinError as error:
        return failed(source, error)
    except Exception as error:
        # A fault of ours must not end the others' work; its trace may quote a row.
        kind = type(error).__name__
        return Failed(
            source,
            f"程序内部错误（{kind}），没有写入任何内容。请单独同步该数据源并把输出发给开发者。",
            f"internal error ({kind}); nothing was written. Sync this source alone and send the "
            "output to the developers.",
        )
