"""One run of a ledger: how many people each organisation has, as its keeper says.

The file is read in memory and not landed, for it names secretaries and owners: of all it holds
only counts by organisation are kept, and where they disagree with other sources a question is
asked. A row without a code is about the one organisation of that name, if there is just one.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, Engine, select, update

from expectations import apart
from ingest import kinds, run_page
from ingest.delivery import DroppedTable
from ingest.headcounts import LEFT, Counted, load_headcounts
from ingest.load import COUNTS, open_run, source_id
from ingest.pipeline import RunReport, require_district
from ingest.preparing import PreparingKind
from ingest.refusals import Refusals
from ingest.run_page import Sent, Whole
from ingest.sources import Source
from liangxin import counting, db, divisions
from liangxin.schema import Organisation, Run
from liangxin.settings import Settings
from liangxin.wording import plain


def run(
    parts: Sequence[DroppedTable],
    source: Source,
    settings: Settings,
    engine: Engine,
    *,
    as_of: date,
    district: str,
    clock: Callable[[], datetime],
) -> RunReport:
    """Record one ledger's counts, and say what became of every row.

    Raises:
        DatabaseUnavailable: locked or gone; nothing was written.
        Misuse: the district is in no division list.
    """
    started = time.perf_counter()
    kind = kinds.KINDS[source.kind]
    with apart.gate(source.kind) as gate, db.writing(engine) as connection:
        require_district(divisions.current(connection), district)
        now = clock()
        run_id = open_run(
            connection,
            source_id(connection, source.name),
            as_of=as_of,
            district=district,
            now=now,
        )
        refusals = Refusals(connection, run_id, secret=kind.secret)
        context = kinds.Context(
            today=max(as_of, now.date()), code_books=source.code_books.model_dump(exclude_none=True)
        )
        preparing = PreparingKind(parts, settings.batch_rows, kind, context)
        taken = [_counts(refusals.sift(each, gate)) for each in preparing.batches()]
        counted = load_headcounts(
            connection,
            _with_codes(connection, pl.concat(taken), district),
            source=source.counts_as,
            as_of=as_of,
            run_id=run_id,
            now=now,
        )
        said = {code: en for code, (_, en) in LEFT.items()}
        left = counted.left.select("file_row", pl.col("reason").replace_strict(said))
        refusals.pass_over(left)
        report = _report(source, run_id, preparing.rows, refusals, counted)
        report.seconds = round(time.perf_counter() - started, 3)
        refusals.write_rules()
        values = {name: getattr(report, name) for name in COUNTS}
        connection.execute(update(Run).where(Run.id == run_id).values(values))
    sent = Sent(source, as_of, district, parts, [], preparing.offsets)
    run_page.leave(settings.home, report, sent, Whole(), refusals.examples, now=now)
    return report


def _counts(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns that are kept of accepted rows, and the name to know a row without code by."""
    counts = [
        pl.col(name).cast(pl.Int64) if name in frame.columns else pl.lit(None, pl.Int64).alias(name)
        for name in counting.COUNTS
    ]
    # A code that is not one was told already; the row may still be known by its name.
    good = pl.when(pl.col("uscc_fault") == "").then("uscc")
    return frame.select("file_row", good.alias("uscc"), "name", *counts)


def _with_codes(connection: Connection, frame: pl.DataFrame, district: str) -> pl.DataFrame:
    """Fill in the code of rows that have none, where one organisation alone bears the name."""
    nameless = frame["uscc"].is_null()
    if not nameless.any():
        return frame
    query = select(Organisation.uscc, Organisation.name)
    if district:
        query = query.where(Organisation.district_code == district)
    register = pl.DataFrame(
        connection.execute(query).all(), schema=["found", "named"], orient="row"
    ).with_columns(pl.col("found", "named").cast(pl.String))
    alone = (
        register.select("found", key=plain(pl.col("named")))
        .filter(pl.len().over("key") == 1)
        .filter(pl.col("key") != "")
    )
    return (
        frame.with_columns(key=plain(pl.col("name")))
        .join(alone, on="key", how="left", maintain_order="left")
        .with_columns(uscc=pl.coalesce("uscc", "found"))
        .drop("key", "found")
    )


def _report(
    source: Source, run_id: int, rows: int, refusals: Refusals, counted: Counted
) -> RunReport:
    recorded = counted.recorded
    return RunReport(
        run=run_id,
        source=source.name,
        rows=rows,
        accepted=recorded.new + recorded.corrected + recorded.unchanged,
        refused=refusals.refused,
        skipped=refusals.skipped,
        new=recorded.new,
        changed=recorded.corrected,
        unchanged=recorded.unchanged,
        rules=dict(sorted(refusals.rules.items())),
        warnings=dict(sorted(refusals.warnings.items())),
        asked=recorded.asked,
        settled=recorded.closed,
    )
