"""A run of a file that is not landed, for it is about people or names some: read, judged, forgotten.

Of all it holds only what its kind takes is kept (``Take``); the file itself is known again by its
hash. As everywhere: one transaction, and every row has an outcome.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, insert, select, update

from expectations import apart
from expectations.check import judge_batch
from ingest import kinds, landing, measures, run_page
from ingest.delivery import DroppedTable
from ingest.load import COUNTS, open_run, source_id
from ingest.preparing import PreparingKind, Reading
from ingest.profile import compare
from ingest.refusals import Refusals
from ingest.run_page import Sent, Whole
from ingest.run_report import RunReport
from ingest.sources import Source
from ingest.within import EVERYTHING, Within
from liangxin import audit, db, divisions, rules
from liangxin.errors import BatchStopped
from liangxin.rules import RuleSet
from liangxin.schema import DeliveredFile, Run
from liangxin.settings import Settings


@dataclass(frozen=True, slots=True)
class Taking:
    """What a kind needs to keep what it keeps of accepted rows."""

    connection: Connection
    source: Source
    source_id: int
    run_id: int
    as_of: date
    district: str
    now: datetime
    late: bool  # a run of a later day came before it
    rules: RuleSet  # whose counts are believed, and what a joint branch needs
    within: Within = EVERYTHING  # whom the sender may touch


@dataclass(slots=True)
class Outcome:
    """What became of accepted rows: ``new + changed + unchanged``, and those passed over."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    asked: int = 0
    settled: int = 0
    left: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"file_row": pl.UInt32, "reason": pl.String})
    )  # rows that were good and left nothing, with a sentence
    notices: list[tuple[str, str]] = field(default_factory=list)  # for an office to look at


#: Notices of one run that are told; nobody reads hundreds.
NOTICES = 50
#: Keeps what is kept of the accepted rows of a whole delivery.
Take = Callable[[Taking, pl.DataFrame], Outcome]


def run(
    parts: Sequence[DroppedTable],
    source: Source,
    settings: Settings,
    engine: Engine,
    *,
    as_of: date,
    district: str,
    clock: Callable[[], datetime],
    columns: Callable[[pl.DataFrame], pl.DataFrame],
    take: Take,
    within: Within = EVERYTHING,
) -> RunReport:
    """Read one delivery, keep what its kind keeps, and say what became of every row.

    Args:
        parts: the tables of the delivery.
        source: whose kind says how it is read.
        settings: batch size and data folder.
        engine: the register.
        as_of: the day the file describes.
        district: of the run, or ``""``.
        clock: says what time it is, in UTC.
        columns: what is held in memory of an accepted batch.
        take: keeps what is kept.
        within: what the file may touch; what its ``ending`` raises undoes all of it.

    Raises:
        BatchStopped: fewer rows than its source must have; nothing of it was kept.
        DatabaseUnavailable: locked or gone; nothing was written.
        Misuse: the district is in no division list.
    """
    started = time.perf_counter()
    kind = kinds.KINDS[source.kind]
    with apart.gate(source.kind) as gate, db.writing(engine) as connection:
        divisions.require(connection, district)
        now = clock()
        number = source_id(connection, source.name)
        late = _newest(connection, number, district) > as_of
        run_id = open_run(connection, number, as_of=as_of, district=district, now=now)
        taking = Taking(
            *(connection, source, number, run_id, as_of, district, now, late),
            *(rules.of(settings), within),
        )
        refusals = Refusals(connection, run_id, secret=kind.secret)
        books = source.code_books.model_dump(exclude_none=True)
        context = kinds.Context(today=max(as_of, now.date()), code_books=books)
        preparing = PreparingKind(Reading(parts, settings.batch_rows), kind, context)
        frames = [columns(refusals.sift(each, gate)) for each in preparing.batches()]
        held = compare(
            preparing.rows,
            {"judged": 0.0},
            measures.earlier(connection, source_id=number, district=district, before=run_id),
            source.expected,
            snapshot=source.snapshot,
        )
        sent = Sent(source, as_of, district, parts, [], preparing.offsets)
        report = _report(source, preparing.rows, refusals, Outcome())
        try:
            said = judge_batch(held.faults, held.figures, judge=gate.judge)
        except BatchStopped as stopped:
            run_page.leave(
                settings.home, report, sent, Whole(), refusals.examples, now=now, stopped=stopped
            )
            raise
        outcome = take(taking, pl.concat(frames))
        refusals.pass_over(outcome.left)
        refusals.warnings.update(each.rule for each in said)
        report = _report(source, preparing.rows, refusals, outcome)
        report.notices += _told(outcome.notices)
        report.run, report.batch = run_id, [asdict(each) for each in said]
        report.seconds = round(time.perf_counter() - started, 3)
        refusals.write_rules()
        values = {name: getattr(report, name) for name in COUNTS}
        connection.execute(update(Run).where(Run.id == run_id).values(values))
        _remember(connection, number, run_id, {part.path for part in parts})
        about = f"{run_id} {source.name} {as_of}"
        audit.by_machine(connection, "run.finished", about, now=now)
        within.ending(connection, report)
    run_page.leave(settings.home, report, sent, Whole(), refusals.examples, now=now)
    return report


def _told(notices: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Each notice once, and of very many the first."""
    once = list(dict.fromkeys(notices))
    told = [{"zh": zh, "en": en} for zh, en in once[:NOTICES]]
    if len(once) > NOTICES:
        rest = len(once) - NOTICES
        told.append({"zh": f"另有 {rest} 条类似提示。", "en": f"and {rest} more like these."})
    return told


def _newest(connection: Connection, number: int, district: str) -> date:
    """The latest day that a run of the source for the district was about."""
    query = select(Run.as_of).where(
        Run.source_id == number, Run.district_code.is_not_distinct_from(district or None)
    )
    newest = connection.execute(query.order_by(Run.as_of.desc()).limit(1)).scalar()
    return newest or date.min


def _remember(connection: Connection, number: int, run_id: int, files: set[Path]) -> None:
    """Keep the hashes of the files, so that the same ones are known again."""
    for file in sorted(files):
        sha256 = hash_of(file)
        known = select(DeliveredFile.run_id).where(
            DeliveredFile.source_id == number, DeliveredFile.sha256 == sha256
        )
        if connection.execute(known).first() is None:
            connection.execute(
                insert(DeliveredFile).values(source_id=number, sha256=sha256, run_id=run_id)
            )


def hash_of(file: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(landing.BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _report(source: Source, rows: int, refusals: Refusals, outcome: Outcome) -> RunReport:
    return RunReport(
        run=None,
        source=source.name,
        rows=rows,
        accepted=outcome.new + outcome.changed + outcome.unchanged,
        refused=refusals.refused,
        skipped=refusals.skipped,
        new=outcome.new,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        missing=outcome.missing,
        rules=dict(sorted(refusals.rules.items())),
        warnings=dict(sorted(refusals.warnings.items())),
        asked=outcome.asked,
        settled=outcome.settled,
    )
