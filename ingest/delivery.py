"""What was sent, made ready for a run: a dropped file, or the landed pages of a crawl."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ingest import (
    furniture,
    headers,
    kinds,
    landing,
    mappings,
    no_persons,
    parse,
    repairs,
)
from ingest.landing import Landed
from ingest.parse import Layout, Notice
from ingest.repairs import Repairs
from ingest.sources import Source
from liangxin.errors import UnreadableFile, printable
from liangxin.settings import Settings

if TYPE_CHECKING:
    from ingest.preparing import Described

#: Is told a number of rows.
Watch = Callable[[int], None]


def tell(watch: Watch | None, batch: pl.DataFrame) -> None:
    """Tell a watcher, if there is one, how many rows came."""
    if watch is not None:
        watch(batch.height)


@dataclass(frozen=True, slots=True)
class DroppedTable:
    """A table of a file somebody dropped: the file itself, or one sheet of a workbook."""

    path: Path
    name: str
    layout: Layout
    columns: dict[str, str]
    keys: tuple[str, ...]
    repairs: Repairs = field(default_factory=Repairs)
    told: tuple[Notice, ...] = ()  # what the run's report and page say of it
    watch: Watch | None = None  # is told how many rows each batch has
    #: Shared by the sheets of one workbook, so that its bytes land once: as the file was then.
    once: dict[tuple[Path, int, int], Landed] = field(
        default_factory=dict, compare=False, repr=False
    )

    def land(self, settings: Settings, hashed: landing.Hashed | None = None) -> Landed:
        """Copy the bytes into the landing."""
        folder, now = settings.landing, self.path.stat()
        as_it_is = (folder, now.st_mtime_ns, now.st_size)
        landed = self.once.get(as_it_is)
        if landed is not None and landing.path_of(folder, landed.sha256).is_file():
            return replace(landed, origin=self.name)
        landed = landing.land_file(folder, self.path, origin=self.name, hashed=hashed)
        self.once[as_it_is] = landed
        return landed

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The table's rows, repaired."""
        for batch in parse.batches(self.path, self.layout, size=size):
            tell(self.watch, batch)
            yield self.repairs.apply(batch, self.columns)

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
        UnreadableFile: it is no table, or has no row, or is not of the source's format.
        MissingColumn: it lacks a column its kind cannot do without.
        PersonsNamed: it names persons, and its kind must not.
    """
    kind = kinds.KINDS.get(source.kind)
    sent = of_kind(
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
    _require_format(source, sent.parts[0].layout.format, path.name)
    if kind is not None and kind.no_persons:
        no_persons.require(sent.parts, path.name)
    shared = Repairs(source.repairs)
    parts = []
    for part in sent.parts:
        told = lacking(source, part.layout.headers, part.columns, part.name)
        parts.append(replace(part, repairs=shared, told=told))
    return replace(
        sent, parts=parts, notices=(*sent.notices, *(n for part in parts for n in part.told))
    )


#: What a file turned out to be -> what a source file calls it.
_FORMATS = {"csv": "csv", "workbook": "xlsx", "html": "html"}


def _require_format(source: Source, found: str, file: str) -> None:
    """Return if a file is what its source says its deliveries are.

    Raises:
        UnreadableFile: it is something else; nothing was written.
    """
    if source.format not in {"any", _FORMATS[found]}:
        raise UnreadableFile(
            f"文件 {file} 是 {_FORMATS[found]}，而数据源“{source.name}”应送 {source.format}，没有写入任何"
            "内容。请核对是否送错文件，或修改数据源文件的 format。",
            f"the file {file} is {_FORMATS[found]}, but deliveries of {source.name!r} are "
            f"{source.format}; nothing was written. Is it the right file? If so, change format in "
            "the source file.",
        )


def lacking(
    source: Source, sent: Sequence[str], columns: Mapping[str, str], name: str
) -> tuple[Notice, ...]:
    """Say which headers that the source file names are not there."""
    there = {headers.plain(header) for header in sent}
    missing = [
        (f"columns.{field}", listed)
        for field, listed in source.columns.items()
        if not there & {headers.plain(header) for header in listed}
    ]
    missing += [
        (f"repairs.{place}", [repair.column])
        for place, repair in enumerate(source.repairs, start=1)
        if repairs.header_of(repair.column, sent, columns) is None
    ]
    return tuple(
        Notice(
            f"{name}：数据源文件 {source.name}.toml 的 {key} 所指的列"
            f"{'、'.join(f'“{header}”' for header in listed)}不在来件中。请核对数据源文件或来件。",
            f"{name}: {key} in the source file {source.name}.toml names "
            f"{', '.join(map(repr, listed))}, which the delivery does not have; check either.",
        )
        for key, listed in missing
    )


def told_by(parts: Sequence["Described"]) -> list[Notice]:
    """What the report of a run says about its delivery: what was lacking, what was repaired.

    To be asked once all batches were read.
    """
    notices: dict[Notice, None] = {}
    for part in parts:
        notices |= dict.fromkeys((*part.told, *part.repairs.told()))
    return list(notices)


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
    once: dict[tuple[Path, int, int], Landed] = {}
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
        parts.append(DroppedTable(path, printable(name), layout, columns, tuple(keys), once=once))
    if not parts:
        raise UnreadableFile(
            f"文件 {path.name} 只有列名，没有数据行。请重新导出。",
            f"the file {path.name} has headers but no rows; export it again.",
        )
    return Dropped(parts, reading.notices, close)


def of_landed(
    path: Path, origin: str, columns: Mapping[str, str], source: Source, settings: Settings
) -> DroppedTable:
    """Return a table of a file that a run of the past read, from the landed bytes.

    Args:
        path: where the bytes lie.
        origin: the file's name, perhaps ``#`` and the sheet.
        columns: our field -> the header it was read from; nothing: matched as for a new file.
        source: whose they are.
        settings: how large a file may be.

    Raises:
        UnreadableFile: the bytes are gone, or no longer read as a table.
        MissingColumn: a column that a run needs is not there.
    """
    if not path.is_file():
        raise UnreadableFile(
            f"落地目录中没有 {origin} 的原始文件（{path.name}）。请从备份恢复落地目录。",
            f"the landing has no bytes of {origin} ({path.name}); restore it from a backup.",
        )
    given = dict(columns)
    tables = of_file(path, source, settings, given).parts
    sheet = origin.rpartition("#")[2]
    chosen = next((each for each in tables if each.layout.sheet == sheet), tables[0])
    return replace(chosen, name=origin, columns=given or chosen.columns)


@contextmanager
def standard_input() -> Generator[Path]:
    """Standard input as a file, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="liangxin-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield path
