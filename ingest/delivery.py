"""What was sent, made ready for a run: a dropped file, or the landed pages of a crawl."""

import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from sqlalchemy import Connection

from ingest import crawl, furniture, headers, kinds, landing, mappings, pages, parse
from ingest.landing import Landed
from ingest.parse import Layout, Notice
from ingest.sources import Source
from liangxin.errors import Misuse, UnreadableFile, printable
from liangxin.settings import Settings


@dataclass(frozen=True, slots=True)
class DroppedTable:
    """A table of a file somebody dropped: the file itself, or one sheet of a workbook."""

    path: Path
    name: str
    layout: Layout
    columns: dict[str, str]
    keys: tuple[str, ...]

    def land(self, settings: Settings) -> Landed:
        """Copy the bytes into the landing."""
        return landing.land_file(settings.landing, self.path, origin=self.name)

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The table's rows."""
        return parse.batches(self.path, self.layout, size=size)

    def grid(self) -> Iterator[tuple[int, list[str]]]:
        """Every row of the table as sent, titles and notes too, with its number."""
        return parse.grid(self.path, self.layout)

    def cell_name(self, header: str, row: int) -> str:
        """Name a cell as a spreadsheet does (C12); ``""`` for what is about the whole row."""
        if header not in self.layout.headers:
            return ""
        number, letters = self.layout.headers.index(header) + 1, ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{letters}{row}"

    def skips(self, batch: pl.DataFrame) -> pl.Series:
        """Totals, notes, numbered blanks, headers printed again."""
        return furniture.which(batch, self.columns, self.keys, self.layout)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file somebody dropped, looked at once already, so that it is known to hold tables."""

    parts: list[DroppedTable]
    notices: tuple[Notice, ...]
    close: dict[str, str]  # our field -> a header that is only like its names: to be confirmed


def of_file(
    path: Path, source: Source, settings: Settings, given: Mapping[str, str] | None = None
) -> Dropped:
    """Look at a file of a source and match its columns; writes nothing.

    ``given`` are the headers somebody named for this file: our field -> header.

    Raises:
        UnreadableFile: it is no table, or has no row.
        MissingColumn: it lacks a column its kind cannot do without.
    """
    kind = kinds.KINDS.get(source.kind)
    return of_kind(
        path,
        wanted={
            **mappings.remembered(settings, source),
            **{field: [header] for field, header in (given or {}).items()},
        },
        vocabulary=headers.vocabulary(source.kind),
        required=kind.columns_needed if kind else headers.REQUIRED,
        keys=kind.keys if kind else headers.REQUIRED,
        max_bytes=settings.max_file_bytes,
    )


def of_kind(
    path: Path,
    *,
    wanted: Mapping[str, Sequence[str]],
    vocabulary: Mapping[str, Sequence[str]],
    required: Sequence[str],
    keys: Sequence[str],
    max_bytes: int,
) -> Dropped:
    """Look at a file of any kind; writes nothing.

    Args:
        path: the file.
        wanted: our field -> this sender's headers, which are nobody else's.
        vocabulary: our field -> the headers it may have.
        required: fields the file must have.
        keys: fields that make a row data; totals and notes have none of them.
        max_bytes: largest file taken, unpacked.

    Raises:
        UnreadableFile: it is no table, or has no row.
        MissingColumn: it lacks a required column.
    """
    names = {
        field: (*wanted.get(field, ()), *vocabulary.get(field, ()))
        for field in {**wanted, **vocabulary}
    }
    reading = parse.look(path, max_bytes=max_bytes, vocabulary=names, required=required)
    parts: list[DroppedTable] = []
    close: dict[str, str] = {}
    for layout in reading.tables:
        matched = headers.match_closely(layout.headers, wanted, vocabulary)
        columns = matched.columns | matched.close
        headers.require(columns, layout.headers, path.name, required, vocabulary)
        if next(parse.batches(path, layout, size=1), None) is None:
            continue
        close |= matched.close
        several = len(reading.tables) > 1
        name = f"{path.name}#{layout.sheet}" if several else path.name
        parts.append(DroppedTable(path, printable(name), layout, columns, tuple(keys)))
    if not parts:
        raise UnreadableFile(
            f"文件 {path.name} 只有列名，没有数据行。请重新导出。",
            f"the file {path.name} has headers but no rows; export it again.",
        )
    return Dropped(parts, reading.notices, close)


@dataclass(frozen=True, slots=True)
class LandedPage:
    """One page of a finished crawl; its bytes are in the landing already."""

    landed: Landed
    table: pl.DataFrame
    columns: dict[str, str]

    def land(self, settings: Settings) -> Landed:  # noqa: ARG002 - landed by the crawl
        """Return what the crawl has landed."""
        return self.landed

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The page's rows, numbered from 1."""
        numbered = self.table.with_row_index(parse.ROW, offset=1).with_columns(
            pl.lit(None, dtype=pl.String).alias(parse.MORE)
        )
        yield from (numbered.slice(start, size) for start in range(0, numbered.height, size))

    def skips(self, batch: pl.DataFrame) -> pl.Series:
        """A publisher's page holds data only."""
        return pl.repeat("", batch.height, dtype=pl.String, eager=True)


def of_crawl(
    connection: Connection, crawl_id: int, source: Source, settings: Settings
) -> list[LandedPage]:
    """Read the landed pages of a finished crawl.

    Raises:
        UnreadableFile: a page is not what the source file announces.
        MissingColumn: the pages have no code or no name.
    """
    if source.address is None:
        raise Misuse(
            f"数据源“{source.name}”没有采集地址。", f"the source {source.name!r} has no address."
        )
    parts = []
    for _, url, sha256 in crawl.pages_of(connection, crawl_id):
        body = landing.path_of(settings.landing, sha256).read_bytes()
        table = pages.read(body, source.address, url).table
        columns = headers.match(table.columns, source.columns)
        if table.height:
            headers.require(columns, table.columns, url)
        parts.append(LandedPage(Landed(sha256, len(body), url), table, columns))
    return parts


@contextmanager
def standard_input() -> Generator[Path]:
    """Standard input as a file, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="liangxin-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield path
