"""`liangxin check`: the same reading and the same rules as a load, and nothing is written.

With an output file the sender gets the own file back: every row as sent, behind it what to do.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from ingest import delivery
from ingest.locate.gazetteer import Gazetteer
from ingest.parse import MORE, ROW
from ingest.preparing import Preparing
from ingest.refusals import Refusals
from ingest.sources import Source
from liangxin import divisions
from liangxin.errors import Misuse
from liangxin.settings import Settings

REASON, REASON_EN = "退回原因", "reason"
#: A cell that starts like this would be run as a formula by a spreadsheet, some also full width.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
#: Rows a sheet has, the header included.
SHEET_ROWS = 1_048_576


@dataclass(slots=True)
class CheckReport:
    """What a load would make of a file; ``rows = accepted + refused + skipped``."""

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)


def check(
    path: Path, source: Source, settings: Settings, *, today: date, out: Path | None
) -> CheckReport:
    """Check a file, and write it back with reasons if ``out`` is given (.csv or .xlsx).

    Raises:
        UnreadableFile, MissingColumn: as a load would.
        Misuse: ``out`` is neither .csv nor .xlsx, is the file itself, or cannot be written.
    """
    if out is not None and out.suffix.lower() not in {".csv", ".xlsx"}:
        raise Misuse(
            f"--refused 的文件名应以 .csv 或 .xlsx 结尾，不是“{out.suffix}”。",
            f"the file of --refused ends in .csv or .xlsx, not {out.suffix!r}.",
        )
    sent = delivery.of_file(path, source, settings)
    if out is not None and out.exists() and out.samefile(path):
        raise Misuse(
            f"--refused 不能写到被检查的文件 {path.name} 上。请换一个文件名。",
            f"--refused must not overwrite the checked file {path.name}; name another.",
        )
    from expectations.check import Gate  # noqa: PLC0415 - seconds to import, wanted only here

    gate = Gate()
    refusals = Refusals(None, None)
    gazetteer = Gazetteer.build(divisions.shipped())
    preparing = Preparing(
        [sent], settings.batch_rows, gazetteer, today=today, district=settings.district
    )
    report = CheckReport()
    for prepared in preparing.batches():
        report.accepted += refusals.sift(prepared, gate).height
    report.rows = preparing.rows
    report.refused, report.skipped = refusals.refused, refusals.skipped
    report.rules = dict(sorted(refusals.rules.items()))
    report.warnings = dict(sorted(refusals.warnings.items()))
    if out is not None:
        write_back(out, list(sent.batches(settings.batch_rows)), refusals.told)
    return report


def write_back(out: Path, batches: list[pl.DataFrame], told: list[pl.DataFrame]) -> None:
    """Write the rows as sent with two more columns: the reasons, in Chinese and in English."""
    # A file that comes back again has our columns already: they are filled anew.
    rows = pl.concat(batches).drop(REASON, REASON_EN, strict=False)
    said = [frame for frame in told if not frame.is_empty()]
    reasons = pl.concat(said) if said else None
    if reasons is not None:
        joined = reasons.group_by("file_row").agg(
            pl.col("message").str.join("；").alias(REASON),
            pl.col("message_en").str.join("; ").alias(REASON_EN),
        )
        rows = rows.with_columns(pl.col(ROW).cast(pl.UInt32)).join(
            joined, left_on=ROW, right_on="file_row", how="left", maintain_order="left"
        )
    else:
        rows = rows.with_columns(pl.lit("").alias(REASON), pl.lit("").alias(REASON_EN))
    numbers = rows[ROW].to_list()
    rows = rows.drop(ROW, MORE)
    try:
        if out.suffix.lower() == ".csv":
            _write_csv(out, rows)
        else:
            bad = {} if reasons is None else _bad_cells(reasons, rows.columns)
            _write_workbook(out, rows, [bad.get(number, set()) for number in numbers])
    except OSError as error:
        raise Misuse(
            f"无法写入 {out}（{error.strerror}）。请检查 --refused 的路径。",
            f"cannot write {out} ({error.strerror}); check the path of --refused.",
        ) from error


def neutral(cell: str | None) -> str:
    """A cell that no spreadsheet runs: what looks like a formula gets an apostrophe."""
    text = cell or ""
    signed_number = text.startswith(("+", "-")) and text[1:].replace(".", "", 1).isdecimal()
    return "'" + text if text.startswith(FORMULA_STARTS) and not signed_number else text


def _write_csv(out: Path, rows: pl.DataFrame) -> None:
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([neutral(name) for name in rows.columns])
        writer.writerows([neutral(cell) for cell in row] for row in rows.iter_rows())


def _bad_cells(reasons: pl.DataFrame, columns: Sequence[str]) -> Mapping[int, set[int]]:
    """Row as sent -> columns whose cells a rule is about."""
    places = {header: place for place, header in enumerate(columns)}
    bad: dict[int, set[int]] = {}
    for row, header in reasons.select("file_row", "column_name").iter_rows():
        if header in places:
            bad.setdefault(row, set()).add(places[header])
    return bad


def _write_workbook(out: Path, rows: pl.DataFrame, bad: Sequence[set[int]]) -> None:
    import xlsxwriter  # noqa: PLC0415 - only who asks for a workbook pays for it

    if rows.height >= SHEET_ROWS:
        raise Misuse(
            f"工作表放不下 {rows.height} 行。请让 --refused 的文件名以 .csv 结尾。",
            f"a sheet cannot hold {rows.height} rows; let the file of --refused end in .csv.",
        )
    out.open("wb").close()  # says in the system's words why it cannot be written
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(out), options) as book:
        sheet = book.add_worksheet("退回")
        marked = book.add_format({"bg_color": "#FFD9D9"})
        head = book.add_format({"bold": True, "bottom": 1})
        for column, name in enumerate(rows.columns):
            sheet.write_string(0, column, name, head)
        for place, row in enumerate(rows.iter_rows(), start=1):
            wrong = bad[place - 1]
            for column, cell in enumerate(row):
                sheet.write_string(place, column, cell or "", marked if column in wrong else None)
        sheet.freeze_panes(1, 0)
