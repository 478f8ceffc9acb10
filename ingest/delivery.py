"""What was sent, made ready for a run: a dropped file, or the landed pages of a crawl."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
from sqlalchemy import Connection

from ingest import (
    crawl,
    furniture,
    headers,
    kinds,
    landing,
    mappings,
    no_persons,
    pages,
    parse,
    repairs,
    unzip,
)
from ingest.landing import Landed
from ingest.parse import Layout, Notice
from ingest.repairs import Repairs
from ingest.sources import Address, Source
from liangxin.errors import MissingColumn, Misuse, UnreadableFile, printable
from liangxin.settings import Settings

if TYPE_CHECKING:
    from ingest.preparing import Part

#: Is told a number of rows.
Watch = Callable[[int], None]


def _tell(watch: Watch | None, batch: pl.DataFrame) -> None:
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

    def land(self, settings: Settings) -> Landed:
        """Copy the bytes into the landing."""
        return landing.land_file(settings.landing, self.path, origin=self.name)

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The table's rows, repaired."""
        for batch in parse.batches(self.path, self.layout, size=size):
            _tell(self.watch, batch)
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
        told = _lacking(source, part.layout.headers, part.columns, part.name)
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


def _lacking(
    source: Source, sent: Sequence[str], columns: Mapping[str, str], name: str
) -> tuple[Notice, ...]:
    """Say which headers that the source file names are not there."""
    there = {headers.plain(header) for header in sent}
    lacking = [
        (f"columns.{field}", listed)
        for field, listed in source.columns.items()
        if not there & {headers.plain(header) for header in listed}
    ]
    lacking += [
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
        for key, listed in lacking
    )


def told_by(parts: Sequence["Part"]) -> list[Notice]:
    """What the report of a run says about its delivery: what was lacking, what was repaired.

    To be asked once all batches were read.
    """
    notices: dict[Notice, None] = {}
    for part in parts:
        if isinstance(part, DroppedTable | LandedPage):
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
    repairs: Repairs = field(default_factory=Repairs)
    told: tuple[Notice, ...] = ()
    watch: Watch | None = None

    def land(self, settings: Settings) -> Landed:  # noqa: ARG002 - landed by the crawl
        """Return what the crawl has landed."""
        return self.landed

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The page's rows, numbered from 1."""
        numbered = self.table.with_row_index(parse.ROW, offset=1).with_columns(
            pl.lit(None, dtype=pl.String).alias(parse.MORE)
        )
        for start in range(0, numbered.height, size):
            batch = numbered.slice(start, size)
            _tell(self.watch, batch)
            yield self.repairs.apply(batch, self.columns)

    def skips(self, batch: pl.DataFrame) -> pl.Series:
        """A publisher's page holds data only."""
        return pl.repeat("", batch.height, dtype=pl.String, eager=True)


@dataclass(frozen=True, slots=True)
class LandedTable(DroppedTable):
    """A table of a file that a crawl has landed, read as a dropped one is."""

    landed: Landed = field(kw_only=True)

    def land(self, settings: Settings) -> Landed:  # noqa: ARG002 - landed by the crawl
        """Return what has landed."""
        return self.landed

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """The table's rows."""
        with _known_as(self.path, self.landed.origin):
            yield from DroppedTable.batches(self, size)


def of_crawl(
    connection: Connection, crawl_id: int, source: Source, settings: Settings
) -> list[LandedPage | LandedTable]:
    """Read the landed pages and files of a finished crawl, in the order they were asked for.

    A page of a list has the rows, with what their detail pages say; detail pages and pages that
    link to files have none, and are parts all the same: the run's bytes are all of them.

    Raises:
        UnreadableFile: a page or file is not what the source file announces.
        MissingColumn: one has no code or no name.
    """
    if source.address is None:
        raise Misuse(
            f"数据源“{source.name}”没有采集地址。", f"the source {source.name!r} has no address."
        )
    parts: list[LandedPage | LandedTable] = []
    shared = Repairs(source.repairs)
    for each in _landed(connection, crawl_id, source.address, settings):
        if each.role == "file":
            parts += _of_landed_file(each.landed, source, settings)
            continue
        there = each.table.columns
        columns = headers.match(there, source.columns)
        if each.table.height:
            headers.require(columns, there, each.landed.origin)
        # The pages of a crawl are one table: what is lacking is said of the first.
        told = () if parts else _lacking(source, there, columns, source.name)
        parts.append(LandedPage(each.landed, each.table, columns, shared, told))
    return parts


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


class _Fetched(NamedTuple):
    """One answer that a crawl has landed."""

    landed: Landed
    role: pages.Role
    table: pl.DataFrame  # of a list: with its details


def _landed(
    connection: Connection, crawl_id: int, address: Address, settings: Settings
) -> Iterator[_Fetched]:
    """Yield what a crawl has landed, each page of a list followed by what it links to."""
    plan = pages.Plan(pages.Wanted(pages.first_address(address)))
    page, below = pages.Page(pl.DataFrame()), list[_Fetched]()
    details: dict[str, dict[str, str | None]] = {}
    for _, url, sha256 in crawl.pages_of(connection, crawl_id):
        role = _role(plan, url) if pages.has_parts(address) else "list"
        path = landing.path_of(settings.landing, sha256)
        landed = Landed(sha256, path.stat().st_size, url)
        if role == "file":
            read = pages.Page(pl.DataFrame())
        else:
            read = pages.read(path.read_bytes(), address, url, role=role)
        if pages.has_parts(address):
            plan.took(read)
        if role == "detail":
            details[url] = read.table.row(0, named=True)
        if role == "list":
            yield from _whole(below, page, details)
            page, below = read, []
        below.append(_Fetched(landed, role, read.table if role == "list" else pl.DataFrame()))
    yield from _whole(below, page, details)


def _role(plan: pages.Plan, url: str) -> pages.Role:
    """Return what an address was asked for as."""
    if plan.wanted is None or plan.wanted.url != url:
        raise UnreadableFile(
            f"已落地的页面与数据源文件不符（{url}）：采集之后数据源文件已改动。请重新采集。",
            f"the landed pages are not those the source file leads to ({url}): it was changed "
            "since; crawl again.",
        )
    return plan.wanted.role


def _whole(
    below: Sequence[_Fetched], page: pages.Page, details: Mapping[str, dict[str, str | None]]
) -> Iterator[_Fetched]:
    """Yield a page of a list and what it links to, what the details say joined to its rows."""
    for each in below:
        if each.role == "list" and page.links and page.parts == "detail":
            told = [details.get(link, {}) if link else {} for link in page.links]
            yield each._replace(table=pages.joined(page.table, told))
        else:
            yield each


def _of_landed_file(landed: Landed, source: Source, settings: Settings) -> list[LandedTable]:
    """Return the tables of a file; an archive's are landed one by one, once all of it is good."""
    path, name = landing.path_of(settings.landing, landed.sha256), landed.origin
    if not unzip.is_archive(path, name):
        return _tables_of(landed, source, settings)
    pattern = getattr(source.address, "members", "")
    members, room = unzip.tables(path, name, pattern), settings.max_file_bytes
    tables: list[LandedTable] = []
    for member in members:
        blocks = unzip.blocks(path, member, name, max_bytes=room)
        inside = landing.land_blocks(settings.landing, blocks, f"{name}#{member.name}")
        room -= inside.size
        tables += _tables_of(inside, source, settings)
    return tables


def _tables_of(landed: Landed, source: Source, settings: Settings) -> list[LandedTable]:
    path = landing.path_of(settings.landing, landed.sha256)
    with _known_as(path, landed.origin):
        found = of_file(path, source, settings)
    if found.close:
        proposals = "、".join(f"“{header}”→{field}" for field, header in found.close.items())
        raise MissingColumn(
            f"文件 {landed.origin} 有列名与已知列名相近但不相同：{proposals}。"
            "确认无误请写入数据源文件的 [columns]。",
            f"headers of {landed.origin} are like known ones but not the same: {proposals}; if "
            "they are right, write them into the source file's [columns].",
        )
    return [
        LandedTable(
            path,
            table.name.replace(path.name, landed.origin, 1),
            table.layout,
            table.columns,
            table.keys,
            table.repairs,
            found.notices if number == 0 else (),
            landed=landed,
        )
        for number, table in enumerate(found.parts)
    ]


@contextmanager
def _known_as(path: Path, name: str) -> Generator[None]:
    """Let readers, who know a landed file by its hash alone, call it as people do."""
    try:
        yield
    except (UnreadableFile, MissingColumn) as error:
        zh, en = (text.replace(path.name, name) for text in (error.zh, error.en))
        raise type(error)(zh, en) from error


@contextmanager
def standard_input() -> Generator[Path]:
    """Standard input as a file, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="liangxin-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield path
