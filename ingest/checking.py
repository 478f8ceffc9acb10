"""`liangxin check`: the same reading and the same rules as a load, and nothing is written.

Every fault is found in one pass and told by sheet, row and cell as a spreadsheet shows them.
Lists of people are read, judged and forgotten: nothing of them is landed, logged or stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING

import polars as pl

from expectations import apart
from ingest import delivery, give_back, headers, kinds, mappings, no_persons, sources
from ingest.delivery import Dropped, DroppedTable
from ingest.locate.gazetteer import Gazetteer
from ingest.pipeline import BATCHES_AHEAD
from ingest.preparing import Batches, Preparing, PreparingKind, Reading
from ingest.refusals import SKIPPED, TOLD, Refusals, hushed
from liangxin import counting, divisions, headcount, register
from liangxin.errors import Misuse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from liangxin.rules import RuleSet
    from liangxin.settings import Settings

#: What `check --as` takes besides the kinds of `ingest.kinds`, and the source it is read by.
REGISTRATIONS = {"registrations": "market_regulator", "social": "civil_affairs"}
#: Faults a report lists one by one; it counts them all.
MOST_FAULTS = 5_000


@dataclass(slots=True)
class CheckReport:
    """What a load would make of a file; ``rows = accepted + refused + skipped``."""

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    mapping: dict[str, str] = field(default_factory=dict)  # our field -> the file's header
    close: dict[str, str] = field(default_factory=dict)  # of these, the ones to be confirmed
    notices: list[dict[str, str]] = field(default_factory=list)
    faults: list[dict[str, str | int]] = field(default_factory=list)
    faults_in_all: int = 0
    declared: list[dict[str, str]] = field(default_factory=list)  # roster: who counts otherwise


def known_kinds() -> list[str]:
    """What `check --as` takes."""
    return [*REGISTRATIONS, *(name for name in kinds.KINDS if name not in REGISTRATIONS)]


def check(
    path: Path,
    kind: str,
    settings: "Settings",
    *,
    today: date,
    out: Path | IO[bytes] | None = None,
    mapping: Sequence[str] = (),
) -> CheckReport:
    """Check a file, and write it back with reasons if ``out`` is given (.csv or .xlsx).

    Args:
        path: the file.
        kind: one of ``known_kinds()``.
        settings: the largest file, the rows of a batch, the district.
        today: nothing can have happened later.
        out: the sender's own file goes here, with its reasons; into a stream goes a workbook.
        mapping: ``HEADER=FIELD`` as given on the command line.

    Raises:
        UnreadableFile, MissingColumn: as a load would.
        Misuse: no such kind; ``out`` is neither .csv nor .xlsx, is the file itself, or cannot be
            written; a mapping makes no sense.
    """
    if kind not in known_kinds():
        raise Misuse(
            f"--as 不支持“{kind}”，可用：{'、'.join(known_kinds())}。",
            f"--as {kind!r} is not supported; known are: {', '.join(known_kinds())}.",
        )
    if isinstance(out, Path):
        give_back.require_writable(out, path, tables=1)
    sent = dropped(path, kind, settings, mapping)
    if isinstance(out, Path):
        give_back.require_writable(out, path, tables=len(sent.parts))
    refusals = Refusals(None, None, most=MOST_FAULTS if out is None else None)
    making = preparing(sent.parts, kind, settings, today)
    report = CheckReport(close=sent.close)
    with (
        # Only now, for a file that is a table: whoever sends another starts no validator.
        apart.gate(kind) as gate,
        making.ahead(depth=BATCHES_AHEAD) as batches,
    ):
        for prepared in batches:
            report.accepted += refusals.sift(prepared, gate).height
    report.rows = making.rows
    report.refused, report.skipped = refusals.refused, refusals.skipped
    report.rules = dict(sorted(refusals.rules.items()))
    report.warnings = dict(sorted(refusals.warnings.items()))
    report.mapping = {
        field: header for part in sent.parts for field, header in part.columns.items()
    }
    report.notices = [{"zh": notice.zh, "en": notice.en} for notice in sent.notices]
    told = _placed(pl.concat([pl.DataFrame(schema=TOLD), *refusals.told]), making.offsets)
    report.faults = _faults(hushed(told.head(MOST_FAULTS), _secret(kind)), sent.parts)
    report.faults_in_all = refusals.told_in_all
    if out is not None:
        skipped = pl.concat(refusals.passed_over)
        said = _said(told, skipped, sent.parts, making.offsets)
        if isinstance(out, Path):
            give_back.write(out, sent.parts, said)
        else:
            out.write(give_back.workbook(sent.parts, said))
    return report


def dropped(path: Path, kind: str, settings: "Settings", mapping: Sequence[str]) -> Dropped:
    """Look at a file of one of ``known_kinds()``; writes nothing. Raises as ``check`` does."""
    if kind in REGISTRATIONS:
        source = sources.load(REGISTRATIONS[kind], settings)
        vocabulary = headers.vocabulary(source.kind)
        wanted: Mapping[str, Sequence[str]] = mappings.remembered(settings, source)
        required: tuple[str, ...] = headers.REQUIRED
        keys = required
    else:
        vocabulary, wanted = headers.vocabulary(kind), {}
        required, keys = kinds.KINDS[kind].columns_needed, kinds.KINDS[kind].keys
    given = mappings.parse(mapping, vocabulary)
    sent = delivery.of_kind(
        path,
        wanted={**wanted, **{field: [header] for field, header in given.items()}},
        vocabulary=vocabulary,
        required=required,
        keys=keys,
        max_bytes=settings.max_upload_bytes,
    )
    if kind in kinds.KINDS and kinds.KINDS[kind].no_persons:
        no_persons.require(sent.parts, path.name)
    return sent


def preparing(
    parts: Sequence[DroppedTable], kind: str, settings: "Settings", today: date
) -> Batches:
    """Return what prepares a file's batches for the gate of its kind."""
    reading = Reading(parts, settings.batch_rows)
    if kind in REGISTRATIONS:
        gazetteer = Gazetteer.build(divisions.shipped())
        return Preparing(
            reading,
            gazetteer,
            today=today,
            district=settings.district,
            source=sources.load(REGISTRATIONS[kind], settings),
        )
    context = kinds.Context(today=today)
    return PreparingKind(reading, kinds.KINDS[kind], context)


def _secret(kind: str) -> frozenset[str]:
    return kinds.KINDS[kind].secret if kind in kinds.KINDS else frozenset()


def _placed(told: pl.DataFrame, offsets: Sequence[int]) -> pl.DataFrame:
    """Add ``part`` and ``row``: which table a reason is about, and the row a spreadsheet shows."""
    starts = pl.Series(offsets, dtype=pl.UInt32)
    part = starts.search_sorted(told["file_row"], side="left").cast(pl.Int64) - 1
    first = starts.gather(part.clip(0)) if len(starts) else starts
    return told.with_columns(part=part, row=told["file_row"] - first)


def _faults(told: pl.DataFrame, parts: Sequence[DroppedTable]) -> list[dict[str, str | int]]:
    """Reasons one by one."""
    return [
        {
            "sheet": parts[row["part"]].layout.sheet,
            "row": row["row"],
            "cell": parts[row["part"]].cell_name(row["column_name"], row["row"]),
            "column": row["column_name"],
            "rule": row["rule"],
            "severity": row["severity"],
            "owner": row["owner"],
            "value": row["value"],
            "message": row["message"],
            "message_en": row["message_en"],
        }
        for row in told.iter_rows(named=True)
    ]


def _said(
    told: pl.DataFrame,
    skipped: pl.DataFrame,
    parts: Sequence[DroppedTable],
    offsets: Sequence[int],
) -> list[give_back.Said]:
    """What goes behind each row of each table, and which cells are marked."""
    said = [give_back.Said() for _ in parts]
    for row in told.iter_rows(named=True):
        here = said[row["part"]]
        cell = parts[row["part"]].cell_name(row["column_name"], row["row"])
        zh, en = here.reasons.get(row["row"], ("", ""))
        before, before_en = (f"{cell}：", f"{cell}: ") if cell else ("", "")
        here.reasons[row["row"]] = (
            f"{zh} {before}{row['message']}".lstrip(),
            f"{en} {before_en}{row['message_en']}".lstrip(),
        )
        marked = {row["column_name"], *row["also"]} - {""}
        here.bad.setdefault(row["row"], set()).update(marked)
    for row in _placed(skipped, offsets).iter_rows(named=True):
        said[row["part"]].reasons.setdefault(row["row"], SKIPPED[row["reason"]])
    return said


def hold_against_declared(
    report: CheckReport, connection: "Connection", code: str, *, today: date, rule_set: "RuleSet"
) -> None:
    """Say where a roster's rows and what others declare of its firm cannot both be right.

    Args:
        report: of a roster; gets ``declared``, a sentence a disagreement. Nothing is kept.
        connection: reads the register.
        code: the firm's (USCC).
        today: the day of the roster.
        rule_set: how far counts may lie apart.

    Raises:
        NotFound: no such organisation.
    """
    [number] = register.organisation_ids(connection, pl.Series([code]))["organisation_id"]
    figures = counting.figures_of(connection, [number]).get(number, [])
    said = headcount.against_declared(report.accepted, today, figures, rule_set.headcount)
    report.declared = [headcount.told(each) for each in said]
