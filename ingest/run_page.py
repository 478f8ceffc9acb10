"""Gathers what the page of a run says, and leaves it in the home folder.

A page is for people: if it cannot be made or written, the run that is committed stays committed,
and its report says that the page is missing.
"""

import logging
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ingest import report as pages
from ingest.delivery import DroppedTable, told_by
from ingest.landing import Landed
from ingest.profile import Comparison, Earlier, Measures
from ingest.report import BatchWord, Example, Facts, SentFile, Text
from liangxin.errors import BatchStopped

if TYPE_CHECKING:
    from ingest.preparing import Described
    from ingest.run_report import RunReport
    from ingest.sources import Source

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run was given."""

    source: "Source"
    as_of: date
    district: str
    parts: Sequence["Described"]
    landed: Sequence[Landed]
    offsets: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """A run as a whole, and the run before it."""

    measures: Measures = field(default_factory=dict)
    last: Earlier | None = None
    held: Comparison = field(default_factory=Comparison)


def leave(
    home: Path,
    report: "RunReport",
    sent: Sent,
    whole: Whole,
    told: pl.DataFrame,
    *,
    now: datetime,
    stopped: BatchStopped | None = None,
) -> None:
    """Write the page of a run and name it in its report; one that cannot be written is a notice.

    Args:
        home: the data folder.
        report: of the run; of a stopped one without a number.
        sent: what it was given.
        whole: what it was like.
        told: some reasons of each rule: ``refusals.TOLD``.
        now: when it was made.
        stopped: why nothing of it was loaded.
    """
    report.notices += [{"zh": each.zh, "en": each.en} for each in told_by(sent.parts)]
    name = f"stopped-{now:%Y%m%dT%H%M%S}" if report.run is None else str(report.run)
    try:
        content = pages.page(facts(report, sent, whole, told, now=now, stopped=stopped))
        report.page = str(pages.save(home, name, content))
    except Exception as error:  # whatever it is, the register is as the report says
        fault = type(error).__name__  # what it says may quote a row
        log.warning("the page of run %s could not be written: %s", report.run, fault)
        reason = getattr(error, "strerror", None) or type(error).__name__
        report.notices.append(
            {
                "zh": f"批次说明页未能写入 {home / 'runs'}（{reason}），导入结果不受影响。请检查目录权限和空间。",
                "en": f"the page of the run could not be written to {home / 'runs'} ({reason}); the run "
                "itself is not affected. Check the folder's permissions and space.",
            }
        )


def facts(
    report: "RunReport",
    sent: Sent,
    whole: Whole,
    told: pl.DataFrame,
    *,
    now: datetime,
    stopped: BatchStopped | None,
) -> Facts:
    """Everything the page says."""
    outcomes = ("new", "changed", "unchanged", "missing", "located") if stopped is None else ()
    return Facts(
        kind="run" if stopped is None else "stopped",
        title=sent.source.title,
        publisher=sent.source.publisher,
        made_at=now,
        files=[SentFile(each.origin, each.sha256, each.size) for each in sent.landed],
        rows=report.rows,
        accepted=report.accepted,
        refused=report.refused,
        skipped=report.skipped,
        rules=report.rules,
        warnings=report.warnings,
        examples=examples(told, sent),
        run=report.run,
        as_of=sent.as_of,
        district=sent.district,
        seconds=report.seconds,
        outcomes={name: getattr(report, name) for name in outcomes},
        batch=[BatchWord(**said) for said in report.batch],
        measures=whole.measures,
        last=whole.last,
        moved=whole.held.moved(whole.measures),
        stopped=Text(stopped.zh, stopped.en) if stopped is not None else None,
        notices=[Text(**each) for each in report.notices],
    )


def examples(told: pl.DataFrame, sent: Sent) -> dict[str, list[Example]]:
    """Say of each reason where it stands: file, row and cell as a spreadsheet names them."""
    found: dict[str, list[Example]] = {}
    for row in told.iter_rows(named=True):
        place = max(bisect_left(sent.offsets, row["file_row"]) - 1, 0)
        part, number = sent.parts[place], row["file_row"] - sent.offsets[place]
        if isinstance(part, DroppedTable):
            file, cell = part.name, part.cell_name(row["column_name"], number)
        else:
            file, cell = sent.landed[place].origin, ""
        example = Example(file, number, cell, row["column_name"], row["value"] or "")
        found.setdefault(row["rule"], []).append(example)
    return found
