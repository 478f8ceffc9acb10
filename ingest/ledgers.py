"""One run of a ledger: how many people each organisation has, as its keeper says.

The file is read in memory and not landed, for it names secretaries and owners: of all it holds
only counts by organisation are kept, and where they disagree with other sources a question is
asked. A row without a code is about the one organisation of that name, if there is just one.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, Engine, select

from ingest import unlanded
from ingest.delivery import DroppedTable
from ingest.headcounts import LEFT, load_headcounts
from ingest.pipeline import RunReport
from ingest.sources import Source
from ingest.unlanded import Outcome, Taking
from liangxin import counting
from liangxin.schema import Organisation
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
        BatchStopped: fewer rows than its source must have.
        DatabaseUnavailable: locked or gone; nothing was written.
        Misuse: the district is in no division list.
    """
    return unlanded.run(
        parts,
        source,
        settings,
        engine,
        as_of=as_of,
        district=district,
        clock=clock,
        columns=_counts,
        take=_take,
    )


def _take(taking: Taking, frame: pl.DataFrame) -> Outcome:
    counted = load_headcounts(
        taking.connection,
        _with_codes(taking.connection, frame, taking.district),
        source=taking.source.counts_as,
        as_of=taking.as_of,
        run_id=taking.run_id,
        now=taking.now,
    )
    said = {code: en for code, (_, en) in LEFT.items()}
    recorded = counted.recorded
    return Outcome(
        new=recorded.new,
        changed=recorded.corrected,
        unchanged=recorded.unchanged,
        asked=recorded.asked,
        settled=recorded.closed,
        left=counted.left.select("file_row", pl.col("reason").replace_strict(said)),
    )


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
