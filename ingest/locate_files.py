"""The edges of `liangxin locate`: the files it reads, and the file that comes out."""

import codecs
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import polars as pl

from ingest import parse
from ingest.layout import MORE, ROW, Layout
from ingest.locate.locating import COLUMNS
from liangxin import divisions
from liangxin.errors import Misuse
from liangxin.wording import FORMULA_STARTS, neutral

#: Rows placed together, as far as they are no larger than this, and at most a block of the file more.
BATCH, BATCH_BYTES = 100_000, 64 << 20
#: Rows a sheet has, and characters a cell of it holds.
SHEET_ROWS, CELL_CHARACTERS = 1_048_576, 32_767
#: What a learning file may call the sub-district's code.
CODE_HEADERS = (
    *("subdistrict_code", "街道代码", "街道编码", "镇街代码", "乡镇街道代码", "乡镇代码"),
    *("所属街道代码", "行政区划代码", "区划代码", "street_code", "town_code"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has the addresses, and how its rows are read."""

    path: Path
    layout: Layout
    column: str

    def batches(self) -> Iterator[pl.DataFrame]:
        """The rows below the header as text, blank ones among them; none behind the last that is filled."""
        last = self.layout.data_row - 1
        for batch in _gathered(parse.batches(self.path, self.layout, size=BATCH)):
            upto = int(batch[ROW][-1])
            numbers = pl.Series(ROW, range(last + 1, upto + 1), dtype=batch.schema[ROW])
            yield numbers.to_frame().join(batch, on=ROW, how="left", maintain_order="left")
            last = upto


def _gathered(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The frames put together until they are as large as a batch: a block of a file has half as many rows."""
    some: list[pl.DataFrame] = []
    for frame in frames:
        some.append(frame)
        rows = sum(each.height for each in some)
        if rows >= BATCH or sum(each.estimated_size() for each in some) >= BATCH_BYTES:
            yield pl.concat(some)
            some = []
    if some:
        yield pl.concat(some)


def tables(path: Path, column: str, option: str, *, max_bytes: int) -> list[Table]:
    """Find the tables of a file that have a column.

    Raises:
        UnreadableFile: it is no table.
        MissingColumn: no table has a header row.
        Misuse: none has the column; those it has are named.
    """
    reading = parse.look(
        path, max_bytes=max_bytes, vocabulary={"address": [column]}, required=["address"]
    )
    found = [
        Table(path, layout, header)
        for layout in reading.tables
        for header in [_header(layout.headers, (column,))]
        if header is not None
    ]
    if not found:
        names = "、".join(header for header in reading.tables[0].headers if header)
        raise Misuse(
            f"文件 {path.name} 没有 {option} 所说的列“{column}”；它的列是：{names}。",
            f"{path.name} has no column {column!r} as {option} says; it has {names}.",
        )
    return found


def _header(headers: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The first header that is one of the wanted names, blanks and case aside."""
    plain = {header.strip().casefold(): header for header in reversed(headers)}
    return next(
        (plain[name.strip().casefold()] for name in wanted if name.strip().casefold() in plain),
        None,
    )


def known_addresses(path: Path, column: str, *, max_bytes: int) -> pl.DataFrame:
    """Read a learning file: ``address, subdistrict_code``; codes null where the file has none.

    A community's 12-digit code counts as its sub-district's. Errors as `tables`.
    """
    frames = []
    for table in tables(path, column, "--learn-column", max_bytes=max_bytes):
        code = _header(table.layout.headers, CODE_HEADERS)
        codes = pl.col(code).str.strip_chars().str.slice(0, 9) if code else pl.lit(None, pl.String)
        frames += [
            batch.select(address=pl.col(table.column), subdistrict_code=codes)
            for batch in table.batches()
        ]
    empty = pl.DataFrame(schema={"address": pl.String, "subdistrict_code": pl.String})
    return pl.concat([empty, *frames])


def listed(files: Sequence[Path], base: pl.DataFrame) -> pl.DataFrame:
    """Division lists from files, completed from ``base`` by what they do not speak of.

    A list speaks of every code in it, and of all children of a parent it lists children of.

    Raises:
        UnreadableFile, MissingColumn: as `divisions.read`.
        Misuse: as `divisions.require_parents`.
    """
    given = pl.concat([divisions.read(file) for file in files]).unique("code", maintain_order=True)
    spoken = given.select("level", "parent_code").unique()
    rest = base.join(given, on="code", how="anti").join(
        spoken.filter(pl.col("level").is_in(["subdistrict", "community"])),
        on=["level", "parent_code"],
        how="anti",
    )
    both = divisions.with_parents(pl.concat([given.select(base.columns), rest]), but=given)
    divisions.require_parents(given, both)
    return both


def require_writable(out: Path, sent: Sequence[Path], found: int) -> None:
    """Return if the answer can go to ``out``.

    Raises:
        Misuse: it is neither .csv nor .xlsx, or a file that is read, or a CSV for several sheets.
    """
    if out.suffix.lower() not in {".csv", ".xlsx"}:
        raise Misuse(
            f"--out 的文件名应以 .csv 或 .xlsx 结尾，不是“{out.suffix}”。",
            f"the file of --out ends in .csv or .xlsx, not {out.suffix!r}.",
        )
    if out.exists() and any(file.exists() and out.samefile(file) for file in sent):
        raise Misuse(
            f"--out 不能写到要读取的文件 {out.name} 上。请换一个文件名。",
            f"--out must not overwrite {out.name}, which is read; name another.",
        )
    if found > 1 and out.suffix.lower() == ".csv":
        raise Misuse(
            f"来件有 {found} 个工作表，CSV 放不下。请让 --out 的文件名以 .xlsx 结尾。",
            f"the file has {found} sheets, which a CSV cannot hold; let --out end in .xlsx.",
        )


def headers_out(headers: Sequence[str]) -> list[str]:
    """The sender's headers and ours; one that is called like one of ours is marked as sent, by a name
    that no other header has.
    """
    taken = {*headers, *COLUMNS}
    names = []
    for name in headers:
        marked, number = name, 1
        while name in COLUMNS and marked in taken:
            marked = f"{name}_sent" if number == 1 else f"{name}_sent_{number}"
            number += 1
        taken.add(marked)
        names.append(marked)
    return names + list(COLUMNS)


def _harmless(cells: pl.Series) -> pl.Series:
    """The cells, none of which a spreadsheet runs; empty ones null."""
    plain = cells.replace("", None)
    if not plain.str.head(1).is_in([*FORMULA_STARTS]).any():
        return plain
    return pl.Series(cells.name, [neutral(cell) or None for cell in plain], dtype=pl.String)


@dataclass(slots=True)
class Writer:
    """Writes rows as they come: the sender's cells, ours behind them, formulas made harmless.

    To be used in a ``with``; a file half written is removed when something goes wrong.
    """

    out: Path
    _stream: Any = None
    _book: Any = None
    _page: Any = None
    _at: int = 0

    def __enter__(self) -> Self:
        """Open the file, readable by its owner only.

        Raises:
            Misuse: it cannot be written.
        """
        try:
            os.close(os.open(self.out, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
            if self.out.suffix.lower() == ".csv":
                self._stream = self.out.open("wb")
                self._stream.write(codecs.BOM_UTF8)
            else:
                import xlsxwriter  # noqa: PLC0415 - only who asks for a workbook pays for it

                safe = {
                    "constant_memory": True,
                    "strings_to_formulas": False,
                    "strings_to_urls": False,
                }
                self._book = xlsxwriter.Workbook(str(self.out), safe)
        except OSError as error:
            raise Misuse(
                f"无法写入 {self.out}（{error.strerror}）。请检查 --out 的路径。",
                f"cannot write {self.out} ({error.strerror}); check the path of --out.",
            ) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the file, and remove it if the work broke off."""
        if self._stream is not None:
            self._stream.close()
        elif kind is None:
            self._book.close()
        if kind is not None:
            self.out.unlink(missing_ok=True)

    def start(self, table: Table) -> None:
        """Begin a table with its header."""
        self._at = 0
        if self._book is not None:
            self._page = self._book.add_worksheet(self._sheet_name(table.layout.sheet))
            self._page.freeze_panes(1, 0)
        names = headers_out(table.layout.headers)
        cells = {f"h{place}": [name] for place, name in enumerate(names)}
        self._write(pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String)))

    def _sheet_name(self, sent: str | None) -> str | None:
        """A name that a workbook may have once, as near as can be to the sheet's own."""
        name = re.sub(r"[\[\]:*?/\\]", "_", sent or "").strip("'")[:25]
        if not name:
            return None
        taken = {each.get_name().lower() for each in self._book.worksheets()} | {"history"}
        made, number = name, 2
        while made.lower() in taken:
            made, number = f"{name}_{number}", number + 1
        return made

    def add(self, table: Table, rows: pl.DataFrame, found: pl.DataFrame) -> None:
        """Write a batch of rows with what was found of each."""
        width = len(table.layout.headers)
        own = rows.select(pl.nth(range(rows.width))).drop(ROW)
        beyond = own[MORE] if MORE in own.columns else None
        own = own.drop(MORE, strict=False)
        ours = found.with_columns(pl.col("confidence").cast(pl.String)).select(COLUMNS)
        both = pl.concat(
            [own.rename({n: f"c{i}" for i, n in enumerate(own.columns)}), ours], how="horizontal"
        )
        if beyond is not None and beyond.null_count() < beyond.len():
            both = both.with_columns(beyond)
        if own.width != width:
            raise AssertionError("a table's rows are as wide as its header")
        self._write(both)

    def _write(self, rows: pl.DataFrame) -> None:
        if self._stream is not None:
            harmless = rows.select(_harmless(rows[name]) for name in rows.columns)
            harmless.write_csv(self._stream, include_header=False, line_terminator="\r\n")
            return
        for row in rows.iter_rows():
            if self._at >= SHEET_ROWS:
                raise Misuse(
                    "工作表放不下这么多行。请让 --out 的文件名以 .csv 结尾。",
                    "a sheet cannot hold so many rows; let the file of --out end in .csv.",
                )
            for column, cell in enumerate(row):
                if cell:
                    self._page.write_string(self._at, column, cell[:CELL_CHARACTERS])
            self._at += 1
