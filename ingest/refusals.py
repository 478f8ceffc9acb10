"""Takes the rows that may not go on out of a batch, and keeps each with its reason."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import Connection

from ingest.parse import ROW
from ingest.preparing import Prepared
from liangxin import db
from liangxin.schema import Base

if TYPE_CHECKING:
    from expectations.check import Gate

#: A cell is quoted in a message up to here; whole novels have been found in cells.
LONGEST_VALUE = 200


def reasons(batch: pl.DataFrame, broken: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    """Return what to tell people about broken rules, one row a reason, in file order.

    Args:
        batch: the rows as sent.
        broken: ``file_row, rule``.
        columns: our field -> the file's header.

    Returns:
        ``file_row, rule, column_name, value, message, message_en, owner, severity``.
    """
    from expectations.messages import MESSAGES  # noqa: PLC0415 - see pipeline.load_gate

    parts = []
    for (rule,), rows in broken.group_by("rule"):
        said = MESSAGES[str(rule)]
        header = columns.get(said.field, "")
        value = pl.col(header) if header in batch.columns else pl.lit(None, dtype=pl.String)
        sent = batch.select(
            pl.col(ROW).cast(pl.UInt32).alias("file_row"),
            value.fill_null("").str.slice(0, LONGEST_VALUE).alias("value"),
        )
        told = rows.join(sent, on="file_row", how="left").select(
            "file_row",
            "rule",
            pl.lit(header).alias("column_name"),
            "value",
            _text(said.zh, header).alias("message"),
            _text(said.en, header).alias("message_en"),
            pl.lit(said.owner).alias("owner"),
            pl.lit(said.severity).alias("severity"),
        )
        parts.append(told)
    return pl.concat(parts).sort("file_row", "rule") if parts else pl.DataFrame()


def _text(template: str, header: str) -> pl.Expr:
    """The sentence for each row; values are put in as text and never read as a pattern."""
    before, mark, after = (
        part.replace("{column}", header) for part in template.partition("{value}")
    )
    if not mark:
        return pl.lit(before)
    return pl.concat_str(pl.lit(before), pl.col("value"), pl.lit(after))


class Refusals:
    """Counts and keeps what one run does not take."""

    def __init__(self, connection: Connection | None, run_id: int | None) -> None:
        self._connection = connection
        self._run_id = run_id
        self.refused = 0
        self.skipped = 0
        self.rules: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.told: list[pl.DataFrame] = []

    def sift(self, prepared: Prepared, gate: "Gate") -> pl.DataFrame:
        """Return the rows that are taken; keep a reason for every other one."""
        frame = prepared.frame
        verdicts = gate.check(frame)
        same = frame["repeat_fault"] == "same"
        taken = verdicts.taken & ~same
        self.skipped += int((verdicts.taken & same).sum())
        self.refused += int((~verdicts.taken).sum())
        told = reasons(prepared.sent, verdicts.broken, prepared.columns)
        if not told.is_empty():
            for severity, counter in (("refuse", self.rules), ("warn", self.warnings)):
                some = told.filter(pl.col("severity") == severity)
                counter.update(dict(some["rule"].value_counts().iter_rows()))
        if self._connection is None:
            self.told.append(told)
        else:
            self._write(self._connection, told, frame.filter(verdicts.taken & same))
        return frame.filter(taken)

    def _write(self, connection: Connection, told: pl.DataFrame, skipped: pl.DataFrame) -> None:
        run = pl.lit(self._run_id).alias("run_id")
        if not told.is_empty():
            refused = told.filter(pl.col("severity") == "refuse").drop("severity")
            db.insert_frame(
                connection, Base.metadata.tables["refused_row"], refused.with_columns(run)
            )
        reason = pl.lit("repeats an earlier row of the same code").alias("reason")
        db.insert_frame(
            connection, Base.metadata.tables["skipped_row"], skipped.select("file_row", run, reason)
        )

    def write_rules(self) -> None:
        """Write how many rows broke which rule."""
        counts = [("refuse", self.rules), ("warn", self.warnings)]
        rows = [(rule, severity, n) for severity, found in counts for rule, n in found.items()]
        frame = pl.DataFrame(rows, schema=["rule", "severity", "rows"], orient="row")
        if self._connection is not None and rows:
            db.insert_frame(
                self._connection,
                Base.metadata.tables["run_rule"],
                frame.with_columns(run_id=pl.lit(self._run_id)),
            )
