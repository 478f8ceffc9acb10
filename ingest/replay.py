"""What runs of the past said of some organisations, read again from the landed bytes.

Landed bytes never change, and which rows of them were taken is kept with the run, so a run can be
read again at any time. Files are read by today's source files and lists of divisions.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import Connection, exists, select

from ingest import delivery, identities, landing, sources
from ingest.locate.gazetteer import Gazetteer
from ingest.merging import STORED, Ownership
from ingest.preparing import Part, Preparing, Reading
from ingest.timeline import Said
from liangxin.errors import BatchStopped, LiangxinError
from liangxin.schema import (
    Crawl,
    CrawlPage,
    RefusedRow,
    Run,
    RunFile,
    SkippedRow,
    Source,
)
from liangxin.settings import Settings


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that may be read again."""

    id: int
    source_id: int
    source: str
    as_of: date
    district: str
    learned_on: date


def runs_of(connection: Connection, source_ids: Collection[int], *, but: int) -> list[PastRun]:
    """Return the runs of some sources that were not undone, in order of days, then of arrival."""
    query = (
        select(Run.id, Run.source_id, Source.name, Run.as_of, Run.district_code, Run.learned_at)
        .join(Source, Source.id == Run.source_id)
        .where(Run.source_id.in_(list(source_ids)), Run.undone_at.is_(None), Run.id != but)
        .order_by(Run.as_of, Run.id)
    )
    return [
        PastRun(id_, source_id, name, as_of, district or "", learned.date())
        for id_, source_id, name, as_of, district, learned in connection.execute(query)
    ]


def said_by(
    connection: Connection,
    run: PastRun,
    codes: pl.Series,
    settings: Settings,
    gazetteer: Gazetteer,
) -> Said:
    """Read again what a run's file says of some organisations.

    Raises:
        BatchStopped: the landed bytes or the source file are gone, or no longer read.
    """
    try:
        source = sources.load(run.source, settings)
        parts = identities.known(
            connection, list(landed_parts(connection, run.id, source, settings))
        )
        preparing = Preparing(
            Reading(parts, settings.batch_rows),
            gazetteer,
            today=max(run.as_of, run.learned_on),
            district=run.district,
            source=source,
        )
        wanted = codes.implode()
        frames = [
            each.frame.filter(pl.col("uscc").is_in(wanted)).select("uscc", "file_row", *STORED)
            for each in preparing.batches()
        ]
    except (LiangxinError, OSError) as error:
        raise _unreadable(run, error) from error
    rows = pl.concat(frames)
    left = _left_out(connection, run.id)
    rows = rows.filter(~pl.col("file_row").is_in(left.implode()))
    ownership = Ownership.of(source.owns, source.owns_codes)
    return Said(run.id, run.source_id, run.as_of, ownership, rows)


def landed_parts(
    connection: Connection, run_id: int, source: sources.Source, settings: Settings
) -> Iterator[Part]:
    """Yield the tables a run read, in the same order, from the landed bytes."""
    query = (
        select(RunFile.sha256, RunFile.origin, RunFile.columns)
        .where(RunFile.run_id == run_id)
        .order_by(RunFile.position)
    )
    rows = connection.execute(query).all()
    if rows and rows[0].origin.startswith(("http://", "https://")):
        # Readers of pages take longer to import than most files to load.
        from ingest import crawled  # noqa: PLC0415

        crawl_id = _crawl_of(connection, run_id)
        yield from crawled.of_crawl(connection, crawl_id, source, settings)
        return
    for sha256, origin, columns in rows:
        path = landing.path_of(settings.landing, sha256)
        given = json.loads(columns) if columns else {}
        yield delivery.of_landed(path, origin, given, source, settings)


def _crawl_of(connection: Connection, run_id: int) -> int:
    """The crawl whose pages a run read: the one that landed all its bytes, whatever clocks said.

    Of several the one nearest before the run; their pages are the same to the letter.
    """
    read = select(RunFile.sha256).where(RunFile.run_id == run_id)
    landed = exists().where(CrawlPage.crawl_id == Crawl.id, CrawlPage.sha256 == RunFile.sha256)
    lacking = exists().where(RunFile.run_id == run_id, ~landed)
    more = exists().where(CrawlPage.crawl_id == Crawl.id, CrawlPage.sha256.not_in(read))
    query = (
        select(Crawl.id)
        .join(Run, Run.source_id == Crawl.source_id)
        .where(Run.id == run_id, Crawl.state == "finished")
        .order_by(lacking, more, (Crawl.finished_at <= Run.learned_at).desc(), Crawl.id.desc())
    )
    return connection.execute(query.limit(1)).scalar() or 0


def _left_out(connection: Connection, run_id: int) -> pl.Series:
    """Rows of a run that were not taken."""
    found: set[int] = set()
    for table in (RefusedRow, SkippedRow):
        query = select(table.file_row).where(table.run_id == run_id)
        found.update(connection.execute(query).scalars())
    return pl.Series(sorted(found), dtype=pl.UInt32)


def _unreadable(run: PastRun, error: Exception) -> BatchStopped:
    zh = error.zh if isinstance(error, LiangxinError) else str(error)
    en = error.en if isinstance(error, LiangxinError) else str(error)
    return BatchStopped(
        f"补入较早的文件需要重读批次 {run.id}（{run.source}，{run.as_of}）的原始文件，但无法读取：{zh}"
        "登记库未变。",
        f"fitting in an earlier file means reading run {run.id} ({run.source}, {run.as_of}) again, "
        f"and that fails: {en} The register is as it was.",
    )
