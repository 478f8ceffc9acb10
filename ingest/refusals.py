"""Takes the rows that may not go on out of a batch, and keeps each with its reason."""

import re
from collections import Counter
from collections.abc import Collection, Mapping

import polars as pl
from sqlalchemy import Connection

from expectations.check import Gate
from expectations.messages import MESSAGES
from expectations.rule import Rule, general
from ingest.parse import ROW
from ingest.preparing import Prepared
from liangxin import db
from liangxin.schema import Base

#: A cell is quoted in a message up to here; whole novels have been found in cells.
LONGEST_VALUE = 200
#: Reasons of one rule that the page of a run shows.
EXAMPLES = 20
#: So many rows are named beside a reason that many share.
FIRST = 5
#: What people are told of one broken rule of one row.
TOLD: dict[str, pl.DataType] = {
    "file_row": pl.UInt32(),
    "rule": pl.String(),
    "column_name": pl.String(),
    "also": pl.List(pl.String()),
    "value": pl.String(),
    "message": pl.String(),
    "message_en": pl.String(),
    "owner": pl.String(),
    "severity": pl.String(),
}
#: Why a row needed nothing done: code -> what the sender reads, in Chinese and English.
SKIPPED = {
    "same": ("与前面一行完全相同，已跳过。", "repeats an earlier row of the same code"),
    "total": ("合计行，不是数据，已跳过。", "a row of totals"),
    "note": ("表下的说明，不是数据，已跳过。", "a note beneath the table"),
    "serial_only": ("只有序号的空行，已跳过。", "an empty line with a serial number only"),
    "header_again": ("重复的表头，已跳过。", "the header once more"),
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
#: A person's mobile or document number, wherever it stands: columns get swapped.
PERSONAL = (
    r"(?:^|[^0-9])1[3-9][0-9]{9}(?:[^0-9]|$)|(?:^|[^0-9A-Z])[1-9][0-9]{16}[0-9Xx](?:[^0-9A-Z]|$)"
)
#: Fields whose good values are numbers as long as a document's.
_CODES = ("uscc",)


def reasons(
    batch: pl.DataFrame,
    broken: pl.DataFrame,
    columns: Mapping[str, str],
    hints: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return what to tell people about broken rules, one row a reason, in file order.

    Args:
        batch: the rows as sent.
        broken: ``file_row, rule``.
        columns: our field -> the file's header.
        hints: ``file_row`` and ``<field>_hint``: what may be meant instead, ``""`` mostly.

    Returns:
        A frame of ``TOLD``; the reasons of one row in the order of its suite.
    """
    rank = {rule: place for place, rule in enumerate(MESSAGES)}
    parts = [
        _reasons_of(MESSAGES[str(rule)], rows, batch, columns, hints).with_columns(
            rank=pl.lit(rank[str(rule)])
        )
        for (rule,), rows in broken.group_by("rule")
    ]
    if not parts:
        return pl.DataFrame(schema=TOLD)
    return pl.concat(parts).sort("file_row", "rank").drop("rank")


def _reasons_of(
    rule: Rule,
    rows: pl.DataFrame,
    batch: pl.DataFrame,
    columns: Mapping[str, str],
    hints: pl.DataFrame | None,
) -> pl.DataFrame:
    """What to tell about the rows that broke one rule."""
    header = columns.get(rule.field, "")
    named = {name for text in (rule.zh, rule.en) for name in _PLACEHOLDER.findall(text)}
    cells = {f"cell_{name}": _cell(batch, columns.get(name, "")) for name in named}
    sent = batch.select(
        pl.col(ROW).cast(pl.UInt32).alias("file_row"),
        _cell(batch, header).alias("value"),
        **cells,
    )
    told = rows.join(sent, on="file_row", how="left").with_columns(hint=pl.lit(""))
    if hints is not None and f"{rule.field}_hint" in hints.columns:
        hinted = hints.select("file_row", meant=f"{rule.field}_hint")
        told = told.join(hinted, on="file_row", how="left").with_columns(
            hint=pl.col("meant").fill_null("")
        )
    meant = pl.col("hint") != ""
    return told.select(
        "file_row",
        "rule",
        pl.lit(header).alias("column_name"),
        pl.lit([columns[name] for name in rule.also if name in columns], dtype=TOLD["also"]).alias(
            "also"
        ),
        "value",
        _text(rule.zh, header)
        + pl.when(meant).then(pl.format("可能是“{}”，请核对。", "hint")).otherwise(pl.lit("")),
        (
            _text(rule.en, header)
            + pl.when(meant).then(pl.format(" Is {} meant?", "hint")).otherwise(pl.lit(""))
        ).alias("message_en"),
        pl.lit(rule.owner).alias("owner"),
        pl.lit(rule.severity).alias("severity"),
    )


def _cell(batch: pl.DataFrame, header: str) -> pl.Expr:
    if header not in batch.columns:
        return pl.lit("")
    return pl.col(header).fill_null("").str.slice(0, LONGEST_VALUE)


def _text(template: str, header: str) -> pl.Expr:
    """The sentence for each row; values are put in as text and never read as a pattern."""
    known = {"value": pl.col("value"), "column": pl.lit(header), "hint": pl.lit("")}
    pieces = _PLACEHOLDER.split(template)  # text, name, text, name, …
    parts = [
        pl.lit(piece) if place % 2 == 0 else known.get(piece, pl.col(f"cell_{piece}"))
        for place, piece in enumerate(pieces)
    ]
    return pl.concat_str(parts).alias("message")


def hushed(told: pl.DataFrame, secret: Collection[str]) -> pl.DataFrame:
    """Return the reasons without what stands in cells about persons; for all but the sender.

    A number of a person is left out under any header, for columns get swapped.

    Args:
        told: a frame of ``TOLD``.
        secret: our names of fields about persons.
    """
    if not secret:
        return told
    about = {rule: MESSAGES[rule] for rule in told["rule"].unique()}
    quiet = {name: general(rule) for name, rule in about.items()}
    always = [name for name, rule in about.items() if _cells_of(rule) & {*secret}]
    codes = [name for name, rule in about.items() if rule.field in _CODES]
    quoted = pl.concat_str("value", "message", "message_en", separator=" ", ignore_nulls=True)
    hide = pl.col("rule").is_in(always) | (
        quoted.str.contains(PERSONAL) & ~pl.col("rule").is_in(codes)
    )
    said = {
        "value": pl.lit(""),
        "message": _instead(pl.col("rule"), {name: zh for name, (zh, _) in quiet.items()}),
        "message_en": _instead(pl.col("rule"), {name: en for name, (_, en) in quiet.items()}),
    }
    return told.with_columns(
        pl.when(hide).then(text).otherwise(name).alias(name) for name, text in said.items()
    )


def _instead(rule: pl.Expr, texts: Mapping[str, str]) -> pl.Expr:
    return rule.replace_strict(texts, default="", return_dtype=pl.String)


def _cells_of(rule: Rule) -> set[str]:
    """Fields whose cells a rule may quote."""
    return {rule.field, *rule.also, *_PLACEHOLDER.findall(rule.zh + rule.en)}


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Whom rows name, where they name somebody: ``file_row, uscc``."""
    if not {"uscc", "uscc_fault"} <= {*frame.columns}:
        return pl.DataFrame(schema={"file_row": pl.UInt32, "uscc": pl.String})
    return frame.filter(pl.col("uscc_fault") == "").select("file_row", "uscc")


class Refusals:
    """Counts and keeps what one run does not take."""

    def __init__(
        self,
        connection: Connection | None,
        run_id: int | None,
        *,
        secret: Collection[str] = frozenset(),
        most: int | None = None,
    ) -> None:
        """Begin.

        Args:
            connection: where reasons are written; without one they are kept here.
            run_id: the run they belong to.
            secret: our names of fields about persons.
            most: of the reasons kept here, and then no rows passed over; ``None``: all of both.
        """
        self._connection = connection
        self._most = most
        self._secret = secret
        self._run_id = run_id
        self.refused = 0
        self.skipped = 0
        self.rules: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.examples = pl.DataFrame(schema=TOLD)
        self.told: list[pl.DataFrame] = []
        self.told_in_all = 0
        self.passed_over: list[pl.DataFrame] = []

    def sift(self, prepared: Prepared, gate: Gate) -> pl.DataFrame:
        """Return the rows that are taken; keep a reason for every other one."""
        frame = prepared.frame
        no_data = frame.filter(pl.col("skip") != "")
        if not no_data.is_empty():
            frame = frame.filter(pl.col("skip") == "")
        verdicts = gate.check(frame)
        same = verdicts.taken & (frame["repeat_fault"] == "same")
        skipped = pl.concat(
            [
                no_data.select("file_row", reason="skip"),
                frame.filter(same).select("file_row", reason="repeat_fault"),
            ]
        )
        self.skipped += skipped.height
        self.refused += int((~verdicts.taken).sum())
        broken = self._count(verdicts.broken)
        told = reasons(prepared.sent, broken, prepared.columns, prepared.hints)
        if self._connection is None:
            self._keep(told, skipped)
        else:
            told = hushed(told, self._secret) if self._secret else told
            self._keep_examples(told)
            self._write(self._connection, told, skipped, _named(frame))
        return frame.filter(verdicts.taken & ~same)

    def _count(self, broken: pl.DataFrame) -> pl.DataFrame:
        """Count broken rules; return those to tell row by row.

        A load keeps the reasons of refused rows, and of warnings only some examples: a register
        of millions has warnings by the hundred thousand, and nobody reads them one by one.
        """
        counts = dict(broken["rule"].value_counts().iter_rows())
        refusing = {rule for rule in counts if MESSAGES[rule].severity == "refuse"}
        had = {rule: self.warnings[rule] for rule in counts.keys() - refusing}
        self.rules.update({rule: counts[rule] for rule in refusing})
        self.warnings.update({rule: counts[rule] for rule in had})
        if self._connection is None:
            return broken
        warned = [
            broken.filter(pl.col("rule") == rule).head(EXAMPLES - before)
            for rule, before in had.items()
            if before < EXAMPLES
        ]
        return pl.concat([broken.filter(pl.col("rule").is_in(list(refusing))), *warned])

    def _keep(self, told: pl.DataFrame, skipped: pl.DataFrame) -> None:
        """Keep what a check tells; a file of millions of bad rows must not fill the memory."""
        if self._most is None:
            self.told.append(told)
            self.passed_over.append(skipped)
        elif self.told_in_all < self._most:
            self.told.append(told.head(self._most - self.told_in_all))
        self.told_in_all += told.height

    def _keep_examples(self, told: pl.DataFrame) -> None:
        """Keep the first reasons of each rule, for the page of the run."""
        both = pl.concat([self.examples, told])
        self.examples = both.filter(pl.int_range(pl.len()).over("rule") < EXAMPLES)

    def warned_at(self) -> dict[str, list[int]]:
        """Return the first rows that each rule warned of, as the spreadsheet numbers them."""
        warned = self.examples.filter(pl.col("severity") == "warn")
        found = warned.group_by("rule").agg(pl.col("file_row").unique().sort().head(FIRST))
        return {str(rule): rows for rule, rows in found.sort("rule").iter_rows()}

    def pass_over(self, rows: pl.DataFrame) -> None:
        """Count and keep rows that were judged good and still left nothing: ``file_row, reason``.

        The reason is a sentence.
        """
        self.skipped += rows.height
        if self._connection is not None and not rows.is_empty():
            db.insert_frame(
                self._connection,
                Base.metadata.tables["skipped_row"],
                rows.with_columns(run_id=pl.lit(self._run_id)),
            )

    def _write(
        self,
        connection: Connection,
        told: pl.DataFrame,
        skipped: pl.DataFrame,
        named: pl.DataFrame,
    ) -> None:
        run = pl.lit(self._run_id).alias("run_id")
        refused = told.filter(pl.col("severity") == "refuse").drop("severity", "also")
        refused = refused.join(named, on="file_row", how="left", maintain_order="left")
        if not refused.is_empty():
            db.insert_frame(
                connection, Base.metadata.tables["refused_row"], refused.with_columns(run)
            )
        if not skipped.is_empty():
            said = {code: en for code, (_, en) in SKIPPED.items()}
            db.insert_frame(
                connection,
                Base.metadata.tables["skipped_row"],
                skipped.with_columns(run, pl.col("reason").replace_strict(said)),
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
