"""What a crawl has landed, made ready for a run: pages, and the files that pages lead to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection

from ingest import crawl, headers, landing, pages, unzip
from ingest.delivery import lacking, of_file
from ingest.landed_parts import LandedPage, LandedTable, known_as
from ingest.landing import Landed
from ingest.repairs import Repairs
from ingest.sources import Address, Source
from liangxin.errors import MissingColumn, Misuse, UnreadableFile
from liangxin.settings import Settings


def landed_by(connection: Connection, crawl_id: int, settings: Settings) -> list[Landed]:
    """Return the bytes a crawl has landed, in the order they were asked for; nothing is read."""
    found = crawl.pages_of(connection, crawl_id)
    sizes = (landing.path_of(settings.landing, sha256).stat().st_size for _, _, sha256 in found)
    return [Landed(sha256, size, url) for (_, url, sha256), size in zip(found, sizes, strict=True)]


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
        told = () if parts else lacking(source, there, columns, source.name)
        parts.append(LandedPage(each.landed, each.table, columns, shared, told))
    return parts


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
    with known_as(path, landed.origin):
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
