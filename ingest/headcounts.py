"""Headcounts of a checked ledger into the register; rows about nobody it knows are told, not lost."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection

from liangxin import counting, db, headcount
from liangxin.counting import COUNTS, Recorded
from liangxin.rules import RuleSet
from liangxin.schema import Base

#: Why a row of a ledger recorded nothing: code -> what the sender reads, in Chinese and English.
LEFT = {
    "no_code": ("没有统一社会信用代码，无法对应到登记主体。", "it has no code to know it by"),
    "unknown": (
        "登记库中没有此代码，请先导入其登记信息。",
        "its code is not in the register; load registrations first",
    ),
    "repeated": (
        "同一代码在本表中出现多次，只收第一行。",
        "its code is on an earlier row; only the first is taken",
    ),
    "no_counts": ("没有任何人数。", "it counts nobody"),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a ledger's rows: ``rows = recorded.new + corrected + unchanged + left.height``.

    ``left`` has ``file_row, uscc, reason`` (a code of ``LEFT``), one row a row that recorded nothing.
    """

    rows: int
    recorded: Recorded
    left: pl.DataFrame


def load_headcounts(
    connection: Connection,
    frame: pl.DataFrame,
    *,
    source: str,
    as_of: date,
    run_id: int | None,
    now: datetime,
    rule_set: RuleSet,
) -> Counted:
    """Record the counts of a normalised ledger and ask where they disagree with other sources.

    Args:
        connection: a write transaction.
        frame: accepted rows: ``file_row``, ``uscc`` and any of ``counting.COUNTS``; whole numbers.
        source: a source of ``liangxin.headcount``: ledger, screening, annual_report, …
        as_of: the day the ledger describes.
        run_id: the run that read it, if there is one.
        now: when the register learned it.
        rule_set: how far counts may lie apart.

    Raises:
        Misuse: the source does not count people.
    """
    headcount.require_source(source)
    counts = [name for name in COUNTS if name in frame.columns]
    known = db.existing_in(
        connection,
        Base.metadata.tables["organisation"],
        "uscc",
        frame["uscc"].drop_nulls().unique().sort().to_list(),
    )
    codes = pl.Series("uscc", [row["uscc"] for row in known], dtype=pl.String)
    says = (
        pl.any_horizontal(pl.col(name).is_not_null() for name in counts)
        if counts
        else pl.lit(False)
    )
    judged = frame.select("file_row", "uscc", *counts).with_columns(
        reason=pl.when(pl.col("uscc").is_null())
        .then(pl.lit("no_code"))
        .when(~pl.col("uscc").is_in(codes.implode()))
        .then(pl.lit("unknown"))
        .when(~says)
        .then(pl.lit("no_counts"))
        .otherwise(pl.lit(""))
    )
    taken = pl.col("reason") == ""
    again = taken & ~pl.col("uscc").is_first_distinct().over(taken)
    judged = judged.with_columns(reason=pl.when(again).then(pl.lit("repeated")).otherwise("reason"))
    facts = judged.filter(taken).select(
        "uscc", *counts, source=pl.lit(source), counted_on=pl.lit(as_of)
    )
    recorded = counting.record_headcounts(connection, facts, rule_set, now=now, run_id=run_id)
    return Counted(
        frame.height, recorded, judged.filter(~taken).select("file_row", "uscc", "reason")
    )
