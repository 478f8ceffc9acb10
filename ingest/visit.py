"""A crawl under way: which pages have landed, and which page may follow.

This is where a crawl that cannot become whole is noticed: a page that was there before, paging
that goes in a circle or leaves the site, another table, a total that moves or is not reached.
Every page is one short transaction, and each begins by asking whether the crawl is still ours.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import polars as pl
from sqlalchemy import Connection, Engine, func, insert, select, update

from ingest import landing, pages
from ingest.sources import Address, HtmlList
from liangxin import db, schema
from liangxin.errors import CrawlFailed, DatabaseUnavailable, LiangxinError
from liangxin.settings import Settings


class TakenOver(CrawlFailed):
    """Another process works on this crawl, or began a newer one; its state is no longer ours."""


class Visit:
    """A crawl under way: what has landed, and which page may follow."""

    def __init__(
        self,
        source: str,
        address: Address,
        settings: Settings,
        engine: Engine,
        clock: Callable[[], datetime],
    ) -> None:
        self.source = source
        self.address = address
        self.folder = settings.landing
        self.engine = engine
        self.clock = clock
        self.id = 0
        self.items = 0
        self.total: int | None = None
        self.files: list[str] = []
        self.seen: set[str] = set()  # addresses and hashes of pages
        self.before: pl.DataFrame | None = None  # the table of the page before
        self.arrived: tuple[str, landing.Landed] | None = None  # landed, not yet counted

    def begin(self, *, resume: bool) -> str | None:
        """Enter a new crawl, or go on with a killed one; return the address to ask for first."""
        now = self.clock()
        crawl_table = schema.Crawl
        with db.writing(self.engine) as connection:
            source_id = _source_id(connection, self.source)
            killed = connection.execute(
                select(crawl_table.id, crawl_table.items, crawl_table.stated_total)
                .where(crawl_table.source_id == source_id, crawl_table.state == "running")
                .order_by(crawl_table.id.desc())
            ).first()
            landed: list[tuple[str, str, int]] = []
            if killed is not None and resume:
                self.id, self.items, self.total = killed
                landed = _landed(connection, self.id)
            connection.execute(
                update(crawl_table)
                .where(
                    crawl_table.source_id == source_id,
                    crawl_table.state == "running",
                    crawl_table.id != self.id,
                )
                .values(
                    state="failed",
                    finished_at=now,
                    reason="采集中断，其后已重新开始。 / it was cut short, and a newer one begun.",
                )
            )
            if not self.id:
                self.id = connection.execute(
                    insert(crawl_table)
                    .values(source_id=source_id, state="running", started_at=now)
                    .returning(crawl_table.id)
                ).scalar_one()
        return self._after(landed) if landed else pages.first_address(self.address)

    def _after(self, landed: list[tuple[str, str, int]]) -> str | None:
        """Return the address after the last landed page, which is read again to find it."""
        self.files = [sha256 for _, sha256, _ in landed]
        self.seen = {*self.files, *(url for url, _, _ in landed)}
        url, sha256, items = landed[-1]
        try:
            body = landing.path_of(self.folder, sha256).read_bytes()
        except OSError as error:
            raise CrawlFailed(
                f"已落地的页面 {sha256} 不在落地目录中，无法续采。请重新采集。",
                f"the landed page {sha256} is not in the landing, so the crawl cannot be resumed; "
                "crawl anew.",
            ) from error
        page = pages.read(body, self.address, url, before=self.items - items)
        self.before = page.table
        return self._following(page, len(landed), self.items)

    def land(self, url: str, body: bytes) -> None:
        """Keep the bytes of an answer, whatever they turn out to be."""
        try:
            self.arrived = url, landing.land_bytes(self.folder, body, origin=url)
        except OSError as error:
            raise DatabaseUnavailable(
                f"无法写入落地目录（{error.strerror}）。腾出空间后可用 --resume 续采。",
                f"the landing cannot be written ({error.strerror}); make room and go on with "
                "--resume.",
            ) from error

    def accept(self, page: pages.Page) -> str | None:
        """Count what arrived last as the next page; return the address of the one after it.

        Raises:
            CrawlFailed: the page shows that the crawl cannot become whole.
        """
        if self.arrived is None:
            raise RuntimeError("a page is landed before it is counted")
        url, landed = self.arrived
        self._refuse_wrong(page, landed.sha256)
        self.seen |= {url, landed.sha256}
        items = self.items + page.items
        self.total = self.total if page.total is None else page.total
        following = self._following(page, len(self.files) + 1, items)
        now = self.clock()
        with db.writing(self.engine) as connection:
            self._refuse_taken_over(connection)
            landing.record(connection, landed, now=now)
            connection.execute(
                insert(schema.CrawlPage).values(
                    crawl_id=self.id,
                    position=len(self.files) + 1,
                    url=url,
                    sha256=landed.sha256,
                    items=page.items,
                    landed_at=now,
                )
            )
            self._write(connection, items=items, stated_total=self.total)
        self.files.append(landed.sha256)
        self.items, self.before, self.arrived = items, page.table, None
        return following

    def _refuse_wrong(self, page: pages.Page, sha256: str) -> None:
        """Raise for a page that was there before, or that belongs to another list."""
        before = self.before
        if sha256 in self.seen or (before is not None and page.items and page.table.equals(before)):
            raise CrawlFailed(
                "收到的页面与之前的一页相同，翻页没有前进。请检查数据源文件的翻页方式；"
                "若接口在末页之后重复末页，请写明 total。",
                "the page is the same as one before it, so paging does not advance; check how "
                "the source file pages. Where an interface repeats its last page, name total.",
            )
        if before is not None and isinstance(self.address, HtmlList):
            names, width = page.table.columns, min(page.table.width, before.width)
            if names[:width] != before.columns[:width]:
                raise CrawlFailed(
                    f"表头与前一页不同（{'、'.join(names[:8])}），收到的可能是另一张表。",
                    f"the header is not that of the page before ({', '.join(names[:8])}): this "
                    "may be another table.",
                )
        if page.total is not None and self.total not in {None, page.total}:
            raise CrawlFailed(
                f"采集期间发布方的总数由 {self.total} 变为 {page.total}，名单已变动。请重新采集。",
                f"the publisher's total went from {self.total} to {page.total} while the list was "
                "being read; crawl again.",
            )

    def _following(self, page: pages.Page, count: int, items: int) -> str | None:
        """Return the address after a page, when so many pages and items are there, if it is good."""
        if self.total is not None and items > self.total:
            raise _disagree(items, self.total)
        following = page.next
        # On the last page of some portals "next" leads to that page itself.
        if following is None or (following in self.seen and items == self.total):
            return None
        if following in self.seen:
            raise CrawlFailed(
                f"下一页的地址 {following} 已经采过，翻页在绕圈。",
                f"the address of the next page, {following}, was crawled already: paging goes "
                "in a circle.",
            )
        here, there = urlsplit(self.address.start), urlsplit(following)
        if here.hostname != there.hostname or there.scheme not in {here.scheme, "https"}:
            raise CrawlFailed(
                f"下一页的地址 {following} 不在同一网站，未予访问。",
                f"the address of the next page, {following}, is on another site and was not "
                "visited.",
            )
        if count >= self.address.max_pages:
            raise CrawlFailed(
                f"已到 {self.address.max_pages} 页的上限，名单还没有结束。如确有这么多，"
                "请调高数据源文件的 max_pages。",
                f"the limit of {self.address.max_pages} pages is reached and the list goes on; "
                "if it is that long, raise the source file's max_pages.",
            )
        return following

    def _refuse_taken_over(self, connection: Connection) -> None:
        state = connection.execute(
            select(schema.Crawl.state).where(schema.Crawl.id == self.id)
        ).scalar()
        landed = connection.execute(
            select(func.count()).where(schema.CrawlPage.crawl_id == self.id)
        ).scalar()
        if (state, landed) != ("running", len(self.files)):
            raise TakenOver(
                f"另一个进程已接手“{self.source}”的采集，本次停止。",
                f"another process took over the crawl of {self.source!r}; this one stops.",
            )

    def finish(self) -> None:
        """Declare the crawl whole.

        Raises:
            CrawlFailed: it is not, by the publisher's own count.
        """
        if self.total is None and self.address.total:
            raise CrawlFailed(
                f"没有一页写明总数（数据源文件的 total：{self.address.total}），无法确认是否完整。",
                f"no page states a total (the source file's total: {self.address.total}), so "
                "nothing shows that the crawl is whole.",
            )
        if self.total is not None and self.items != self.total:
            raise _disagree(self.items, self.total)
        with db.writing(self.engine) as connection:
            self._refuse_taken_over(connection)
            self._write(connection, state="finished", finished_at=self.clock())

    def failed(self, error: LiangxinError) -> CrawlFailed:
        """Declare the crawl of no use, and return the error that says why."""
        now = self.clock()
        told = CrawlFailed(
            f"采集“{self.source}”未完成，已落地的页面不会使用：{error.zh}",
            f"the crawl of {self.source!r} is not whole and will not be used: {error.en}",
        )
        with db.writing(self.engine) as connection:
            if self.arrived is not None:  # the answer that was refused is kept as evidence
                landing.record(connection, self.arrived[1], now=now)
            self._write(connection, state="failed", finished_at=now, reason=str(error))
        return told

    def _write(self, connection: Connection, **values: Any) -> None:
        connection.execute(update(schema.Crawl).where(schema.Crawl.id == self.id).values(**values))


def _landed(connection: Connection, crawl_id: int) -> list[tuple[str, str, int]]:
    page = schema.CrawlPage
    query = select(page.url, page.sha256, page.items).where(page.crawl_id == crawl_id)
    return [
        (url, sha, items) for url, sha, items in connection.execute(query.order_by(page.position))
    ]


def _disagree(items: int, total: int) -> CrawlFailed:
    return CrawlFailed(
        f"发布方说共 {total} 条，实际收到 {items} 条。请稍后重新采集。",
        f"the publisher states {total} rows and {items} came; crawl again later.",
    )


def _source_id(connection: Connection, name: str) -> int:
    query = select(schema.Source.id).where(schema.Source.name == name)
    known = connection.execute(query).scalar()
    if known is not None:
        return known
    table = schema.Source
    return connection.execute(insert(table).values(name=name).returning(table.id)).scalar_one()
