"""The parts of a delivery that a crawl has landed: a page's rows, and tables of files."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ingest import landing, parse
from ingest.delivery import DroppedTable, Watch, tell
from ingest.landing import Landed
from ingest.parse import Notice
from ingest.repairs import Repairs
from liangxin.errors import MissingColumn, UnreadableFile
from liangxin.settings import Settings


class _InTheLanding:
    """A part whose bytes a crawl has landed already."""

    __slots__ = ()
    landed: Landed

    def land(
        self,
        settings: Settings,  # noqa: ARG002 - landed by the crawl
        hashed: landing.Hashed | None = None,  # noqa: ARG002
    ) -> Landed:
        """Return what has landed."""
        return self.landed


@dataclass(frozen=True, slots=True)
class LandedPage(_InTheLanding):
    """One page of a finished crawl; its bytes are in the landing already."""

    landed: Landed
    table: pl.DataFrame
    columns: dict[str, str]
    repairs: Repairs = field(default_factory=Repairs)
    told: tuple[Notice, ...] = ()
    watch: Watch | None = None

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The page's rows, numbered from 1."""
        numbered = self.table.with_row_index(parse.ROW, offset=1).with_columns(
            pl.lit(None, dtype=pl.String).alias(parse.MORE)
        )
        for start in range(0, numbered.height, size):
            batch = numbered.slice(start, size)
            tell(self.watch, batch)
            yield self.repairs.apply(batch, self.columns)

    def skips(self, batch: pl.DataFrame) -> pl.Series:
        """A publisher's page holds data only."""
        return pl.repeat("", batch.height, dtype=pl.String, eager=True)


@dataclass(frozen=True, slots=True)
class LandedTable(_InTheLanding, DroppedTable):
    """A table of a file that a crawl has landed, read as a dropped one is."""

    landed: Landed = field(kw_only=True)

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The table's rows."""
        with known_as(self.path, self.landed.origin):
            yield from DroppedTable.batches(self, size)


@contextmanager
def known_as(path: Path, name: str) -> Generator[None]:
    """Let readers, who know a landed file by its hash alone, call it as people do."""
    try:
        yield
    except (UnreadableFile, MissingColumn) as error:
        zh, en = (text.replace(path.name, name) for text in (error.zh, error.en))
        raise type(error)(zh, en) from error
