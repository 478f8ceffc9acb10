"""What was sent, made ready for a run: a dropped file, or the landed pages of a crawl."""

import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from sqlalchemy import Connection

from ingest import crawl, headers, landing, pages, parse
from ingest.landing import Landed
from ingest.parse import Layout
from ingest.sources import Source
from liangxin.errors import Misuse, UnreadableFile
from liangxin.settings import Settings


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file somebody dropped; looked at once already, so that it is known to be a table."""

    path: Path
    name: str
    layout: Layout
    columns: dict[str, str]

    def land(self, settings: Settings) -> Landed:
        """Copy the bytes into the landing."""
        return landing.land_file(settings.landing, self.path, origin=self.name)

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The file's rows."""
        return parse.batches(self.path, self.layout, size=size)


def of_file(path: Path, source: Source, settings: Settings) -> DroppedFile:
    """Look at a file and match its columns; writes nothing.

    Raises:
        UnreadableFile: it is no table, or has no row.
        MissingColumn: it lacks the code or the name.
    """
    layout = parse.look(path, max_bytes=settings.max_file_bytes)
    columns = headers.match(layout.headers, source.columns)
    headers.require(columns, layout.headers, path.name)
    if next(parse.batches(path, layout, size=1), None) is None:
        raise UnreadableFile(
            f"文件 {path.name} 只有列名，没有数据行。请重新导出。",
            f"the file {path.name} has headers but no rows; export it again.",
        )
    return DroppedFile(path, path.name, layout, columns)


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
