"""The rows of a handed-in file that were refused, cell by cell, and the file with cells corrected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from ingest import give_back, kinds
from ingest.delivery import DroppedTable
from ingest.parse import ROW
from ingest.sources import Source
from liangxin.schema import RefusedRow, SkippedRow

#: Rows that can be corrected at the page; the file that is given back has them all.
MOST = 300
#: A number as long as this is read in the returned file alone.
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused, with the part of the file and the row a spreadsheet shows."""

    part: int
    row: int
    column: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Corrected(DroppedTable):
    """A table in which an office corrected cells."""

    cells: Mapping[int, Mapping[str, str]] = field(default_factory=dict)  # row -> header -> text

    def grid(self) -> Iterator[tuple[int, list[str]]]:
        """Every row of the table, with the corrections in it."""
        headers = self.layout.headers
        for number, sent in DroppedTable.grid(self):
            said = self.cells.get(number)
            if said:
                row = [*sent, *[""] * (len(headers) - len(sent))]
                for header, text in said.items():
                    row[headers.index(header)] = text
                yield number, row
            else:
                yield number, sent


def offsets(parts: Sequence[DroppedTable]) -> list[int]:
    """Return what the number of a row in each part is raised by among the rows of all."""
    found, offset = [], 0
    for part in parts:
        found.append(offset)
        if len(parts) > 1:
            last = 0
            for batch in DroppedTable.batches(part, 50_000):
                last = int(batch[ROW][-1])
            offset += last
    return found


def reasons(connection: Connection, run: int, starts: Sequence[int]) -> list[Reason]:
    """Return why the rows of a run were refused, in the order of the file."""
    query = (
        select(
            *(RefusedRow.file_row, RefusedRow.column_name),
            *(RefusedRow.message, RefusedRow.message_en),
        )
        .where(RefusedRow.run_id == run)
        .order_by(RefusedRow.file_row, RefusedRow.id)
    )
    found = []
    for file_row, column, zh, en in connection.execute(query):
        part, row = _place(file_row, starts)
        found.append(Reason(part, row, column, zh, en))
    return found


def skipped(connection: Connection, run: int, starts: Sequence[int]) -> list[tuple[int, int, str]]:
    """Return part, row and reason of the rows of a run that were skipped."""
    query = select(SkippedRow.file_row, SkippedRow.reason).where(SkippedRow.run_id == run)
    return [(*_place(row, starts), reason) for row, reason in connection.execute(query)]


def _place(file_row: int, starts: Sequence[int]) -> tuple[int, int]:
    part = max(at for at, start in enumerate(starts) if start < file_row)
    return part, file_row - starts[part]


def told(
    parts: Sequence[DroppedTable], reasons: Sequence[Reason], source: Source
) -> list[dict[str, Any]]:
    """Return the refused rows with their cells, to be shown and corrected; nobody's name."""
    by_row: dict[tuple[int, int], list[Reason]] = {}
    for reason in reasons:
        by_row.setdefault((reason.part, reason.row), []).append(reason)
    wanted = dict(list(by_row.items())[:MOST])
    kind = kinds.KINDS.get(source.kind)
    secret = kind.secret if kind else frozenset()
    rows = []
    for at, part in enumerate(parts):
        here = {row for place, row in wanted if place == at}
        if not here:
            continue
        shown = {
            part.layout.headers.index(header): header
            for field_, header in part.columns.items()
            if field_ not in secret and header in part.layout.headers
        }
        for number, cells in part.grid():
            if number not in here:
                continue
            said = by_row[at, number]
            rows.append(
                {
                    "key": f"{at}:{number}",
                    "row": number,
                    "sheet": part.layout.sheet if len(parts) > 1 else "",
                    "cells": {
                        header: cells[place][:LONGEST] if place < len(cells) else ""
                        for place, header in sorted(shown.items())
                    },
                    "bad": sorted({each.column for each in said} - {""}),
                    "zh": " ".join(each.zh for each in said),
                    "en": " ".join(each.en for each in said),
                }
            )
    return rows


def give_file_back(
    out: Path,
    parts: Sequence[DroppedTable],
    reasons: Sequence[Reason],
    skips: Sequence[tuple[int, int, str]],
    in_chinese: Mapping[str, str],
) -> None:
    """Write the file as it was sent, with the reasons behind each row and the bad cells marked."""
    said = [give_back.Said() for _ in parts]
    for each in reasons:
        here = said[each.part]
        cell = parts[each.part].cell_name(each.column, each.row)
        zh, en = here.reasons.get(each.row, ("", ""))
        before, before_en = (f"{cell}：", f"{cell}: ") if cell else ("", "")
        here.reasons[each.row] = (
            f"{zh} {before}{each.zh}".lstrip(),
            f"{en} {before_en}{each.en}".lstrip(),
        )
        here.bad.setdefault(each.row, set()).update({each.column} - {""})
    for part, row, reason in skips:
        said[part].reasons.setdefault(row, (in_chinese.get(reason, reason), reason))
    give_back.write(out, parts, said)


def write_corrected(
    out: Path, parts: Sequence[DroppedTable], cells: Mapping[str, Mapping[str, str]]
) -> None:
    """Write the file with cells corrected; it is what the office would have sent right away."""
    by_part: dict[int, dict[int, Mapping[str, str]]] = {}
    for key, said in cells.items():
        part, _, row = key.partition(":")
        by_part.setdefault(int(part), {})[int(row)] = said
    corrected = [
        Corrected(
            **{each.name: getattr(part, each.name) for each in fields(part)},
            cells=by_part.get(at, {}),
        )
        for at, part in enumerate(parts)
    ]
    give_back.write(out, corrected, [give_back.Said() for _ in parts])
