"""A ledger as a workbook: header groups merged, no cell that runs, the same bytes for the same content."""

import io
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any

import xlsxwriter

from liangxin.errors import Misuse
from liangxin.ledger_forms import Form
from liangxin.ledger_words import Cell
from liangxin.wording import neutral

#: Rows that a sheet of a workbook holds.
MOST_ROWS = 1_048_576
_WIDTH, _WIDE = 12, 28
#: Columns of longer texts, by the last word of their header.
_LONG = ("名称", "地址", "住地", "注册地", "经营地", "代码", "原因")


def write(
    out: Path,
    form: Form,
    paths: Sequence[tuple[str, ...]],
    rows: Sequence[Sequence[Cell]],
    *,
    as_of: date,
) -> None:
    """Write a ledger; only its owner may read the file, for it names secretaries.

    Args:
        out: an .xlsx file.
        form: which ledger.
        paths: the columns' headers, each under its groups.
        rows: the cells.
        as_of: the day it describes.

    Raises:
        Misuse: it cannot be written there, or has more rows than a sheet.
    """
    if out.suffix.lower() != ".xlsx":
        raise Misuse(
            f"台账只能导出为 .xlsx，不能写入 {out.name}。",
            f"a ledger is written as .xlsx, not as {out.name}.",
        )
    if len(rows) + _deep(paths) + 1 > MOST_ROWS:
        raise Misuse(
            f"台账有 {len(rows)} 行，超过一张工作表的上限。请按街道分别导出（--subdistrict）。",
            f"the ledger has {len(rows)} rows, more than a sheet holds; export one sub-district at a "
            "time (--subdistrict).",
        )
    try:
        os.close(os.open(out, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        _write(str(out), form, paths, rows, as_of)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Misuse(
            f"无法写入 {out}（{reason}）。请检查 --out 的路径。",
            f"cannot write {out} ({reason}); check the path of --out.",
        ) from error


def made(
    form: Form,
    paths: Sequence[tuple[str, ...]],
    rows: Sequence[Sequence[Cell]],
    *,
    as_of: date,
) -> bytes:
    """Return what ``write`` would write, made in memory alone."""
    out = io.BytesIO()
    _write(out, form, paths, rows, as_of)
    return out.getvalue()


def _deep(paths: Sequence[tuple[str, ...]]) -> int:
    """How many rows of headers there are."""
    return max(map(len, paths))


def _write(
    out: str | IO[bytes],
    form: Form,
    paths: Sequence[tuple[str, ...]],
    rows: Sequence[Sequence[Cell]],
    as_of: date,
) -> None:
    deep = _deep(paths)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    # What names secretaries is not laid into temporary files on its way to a reader.
    options["in_memory"] = not isinstance(out, str)
    with xlsxwriter.Workbook(out, options) as book:
        # The day described, not the moment of writing: the same content is the same file.
        book.set_properties({"created": datetime.combine(as_of, time.min, UTC), "author": ""})
        sheet = book.add_worksheet("台账")
        head = book.add_format(
            {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
        )
        title = book.add_format({"bold": True, "align": "center", "font_size": 14})
        sheet.merge_range(0, 0, 0, len(paths) - 1, f"{form.title}（截至 {as_of}）", title)
        _write_heads(sheet, paths, deep, head)
        for number, cells in enumerate(rows, start=deep + 1):
            for place, cell in enumerate(cells):
                _write_cell(sheet, number, place, cell)
        for place, path in enumerate(paths):
            sheet.set_column(place, place, _WIDE if path[-1].endswith(_LONG) else _WIDTH)
        sheet.freeze_panes(deep + 1, 0)


def _write_heads(sheet: Any, paths: Sequence[tuple[str, ...]], deep: int, head: Any) -> None:
    """Write the header rows: a group once over its columns, a short path down to the last row."""
    for level in range(deep):
        start = 0
        while start < len(paths):
            path = paths[start]
            if level >= len(path):
                start += 1
                continue
            is_last = level == len(path) - 1
            end = start
            if not is_last:
                while end + 1 < len(paths) and paths[end + 1][: level + 1] == path[: level + 1]:
                    end += 1
            bottom = deep if is_last else level + 1
            if (level + 1, start) == (bottom, end):
                sheet.write_string(level + 1, start, path[level], head)
            else:
                sheet.merge_range(level + 1, start, bottom, end, path[level], head)
            start = end + 1


def _write_cell(sheet: Any, row: int, column: int, cell: Cell) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, neutral(str(cell)))
