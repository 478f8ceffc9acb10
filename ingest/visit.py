"""A crawl under way: which pages have landed, and which page may follow.

This is where a crawl that cannot become whole is noticed: a page that was there before, paging
that goes in a circle or leaves the site, another table, a total that moves or is not reached.
Every page is one short transaction, and each begins by asking whether the crawl is still ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import polars as pl
from sqlalchemy import Connection, Engine, func, insert, select, update

from ingest import landing, pages, validators
from ingest.pages import Page, Plan, Wanted
from ingest.sources import Address, HtmlList
from ingest.validators import Validator
from liangxin import db, schema
from liangxin.errors import CrawlFailed, DatabaseUnavailable, LiangxinError, as_crawl
from liangxin.settings import Settings


class TakenOver(CrawlFailed):
    """Another process works on this crawl, or began a newer one; its state is no longer ours."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An answer that is in the landing, but not yet counted as a page."""

    url: str
    landed: landing.Landed
    validator: Validator | None


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
        self.source_id = 0
        self.items = 0
        self.total: int | None = None
        self.urls: list[str] = []
        self.files: list[str] = []
        self.not_modified = 0  # answers of this sitting that said: as last time
        self.plan = Plan(Wanted(pages.first_address(address)))
        self.seen: set[str] = set()  # hashes of pages
        self.before: dict[pages.Role, pl.DataFrame] = {}  # the table of the page before
        self.last: tuple[Validator, str] | None = None  # what is known of the address asked for
        self.arrived: Arrived | None = None

    def begin(self, *, resume: bool) -> Wanted | None:
        """Enter a new crawl, or go on with a killed one; return what to ask for first."""
        now = self.clock()
        crawl_table = schema.Crawl
        with db.writing(self.engine) as connection:
            self.source_id = _source_id(connection, self.source)
            ours = crawl_table.source_id == self.source_id
            killed = connection.execute(
                select(crawl_table.id, crawl_table.items, crawl_table.stated_total)
                .where(ours, crawl_table.state == "running")
                .order_by(crawl_table.id.desc())
            ).first()
            landed: list[tuple[str, str, int]] = []
            if killed is not None and resume:
                self.id, self.items, self.total = killed
                landed = _landed(connection, self.id)
            connection.execute(
                update(crawl_table)
                .where(ours, crawl_table.state == "running", crawl_table.id != self.id)
                .values(
                    state="failed",
                    finished_at=now,
                    reason="采集中断，其后已重新开始。 / it was cut short, and a newer one begun.",
                )
            )
            if not self.id:
                self.id = connection.execute(
                    insert(crawl_table)
                    .values(source_id=self.source_id, state="running", started_at=now)
                    .returning(crawl_table.id)
                ).scalar_one()
        if landed:
            self._catch_up(landed)
        return self.plan.wanted

    def _catch_up(self, landed: list[tuple[str, str, int]]) -> None:
        """Follow the plan over what has landed; only pages that lead on are read again."""
        self.urls = [url for url, _, _ in landed]
        self.files = [sha256 for _, sha256, _ in landed]
        self.seen = set(self.files)
        start = 0
        if not pages.has_parts(self.address):
            start = len(landed) - 1
            self.plan = Plan(Wanted(self.urls[start]), known=self.urls)
        items = sum(of_page for _, _, of_page in landed[:start])
        for count, (url, sha256, of_page) in enumerate(landed[start:], start=start + 1):
            wanted = self.plan.wanted
            if wanted is None or wanted.url != url:
                raise CrawlFailed(
                    f"已落地的页面与数据源文件不符（{url}），无法续采。请重新采集。",
                    f"the landed pages are not those the source file leads to ({url}), so the "
                    "crawl cannot be resumed; crawl anew.",
                )
            before, items = items, items + of_page
            if wanted.role != "list":
                self.plan.took(Page(pl.DataFrame()))
                continue
            page = pages.read(self._body_of(sha256), self.address, url, before=before)
            self.before["list"] = page.table
            self._follow(page, count, items)

    def _body_of(self, sha256: str) -> bytes:
        try:
            return landing.path_of(self.folder, sha256).read_bytes()
        except OSError as error:
            raise CrawlFailed(
                f"已落地的页面 {sha256} 不在落地目录中，无法续采。请重新采集。",
                f"the landed page {sha256} is not in the landing, so the crawl cannot be resumed; "
                "crawl anew.",
            ) from error

    def known(self, url: str) -> Validator | None:
        """Return what to ask for an address with, if what is known of it is landed."""
        with db.reading(self.engine) as connection:
            self.last = validators.find(connection, self.folder, source_id=self.source_id, url=url)
        return self.last[0] if self.last else None

    def again(self, url: str) -> bytes:
        """Take the landed bytes of a page that has not changed for its answer; return them."""
        if self.last is None:
            raise RuntimeError("only what is known can be as it was")
        validator, sha256 = self.last
        body = self._body_of(sha256)
        self.arrived = Arrived(url, landing.Landed(sha256, len(body), url), validator)
        self.not_modified += 1
        return body

    def land(self, url: str, body: bytes, validator: Validator | None) -> None:
        """Keep the bytes of an answer, whatever they turn out to be."""
        try:
            landed = landing.land_bytes(self.folder, body, origin=url)
        except OSError as error:
            raise DatabaseUnavailable(
                f"无法写入落地目录（{error.strerror}）。腾出空间后可用 --resume 续采。",
                f"the landing cannot be written ({error.strerror}); make room and go on with "
                "--resume.",
            ) from error
        self.arrived = Arrived(url, landed, validator)

    def accept(self, page: Page) -> Wanted | None:
        """Count what arrived last as the page that was wanted; return what to ask for next.

        Raises:
            CrawlFailed: the page shows that the crawl cannot become whole.
        """
        arrived, wanted = self.arrived, self.plan.wanted
        if arrived is None or wanted is None:
            raise RuntimeError("a page is wanted and landed before it is counted")
        sha256 = arrived.landed.sha256
        self._refuse_wrong(page, wanted.role, sha256)
        self.seen.add(sha256)
        items = self.items + page.items
        self.total = self.total if page.total is None else page.total
        self._follow(page, len(self.files) + 1, items)
        now = self.clock()
        with db.writing(self.engine) as connection:
            self._refuse_taken_over(connection)
            landing.record(connection, arrived.landed, now=now)
            connection.execute(
                insert(schema.CrawlPage).values(
                    crawl_id=self.id,
                    position=len(self.files) + 1,
                    url=arrived.url,
                    sha256=sha256,
                    items=page.items,
                    landed_at=now,
                )
            )
            validators.keep(
                connection,
                arrived.validator,
                source_id=self.source_id,
                url=arrived.url,
                sha256=sha256,
                now=now,
            )
            self._write(connection, items=items, stated_total=self.total)
        self.urls.append(arrived.url)
        self.files.append(sha256)
        self.items, self.arrived = items, None
        self.before[wanted.role] = page.table
        return self.plan.wanted

    def _refuse_wrong(self, page: Page, role: pages.Role, sha256: str) -> None:
        """Raise for a page that was there before, or that belongs to another list."""
        before = self.before.get(role)
        same = before is not None and role == "list" and page.items and page.table.equals(before)
        if same or sha256 in self.seen:
            raise _repeated(role)
        if before is not None and isinstance(self.address, HtmlList):
            _refuse_another_table(page.table, before, role)
        if page.total is not None and self.total not in {None, page.total}:
            raise CrawlFailed(
                f"采集期间发布方的总数由 {self.total} 变为 {page.total}，名单已变动。请重新采集。",
                f"the publisher's total went from {self.total} to {page.total} while the list was "
                "being read; crawl again.",
            )

    def _follow(self, page: Page, count: int, items: int) -> None:
        """Take a page into the plan, when so many pages and items are there, if it leads on well."""
        if self.total is not None and items > self.total:
            raise _disagree(items, self.total)
        following = page.next
        # On the last page of some portals "next" leads to that page itself.
        ends = following is not None and self.plan.knows(following) and items == self.total
        if following is not None and self.plan.knows(following) and not ends:
            raise _circle(following)
        for link in page.links:
            if link is not None and self.plan.is_list(link):
                raise _circle(link)
        for link in (following, *page.links):
            if link is not None and not ends:
                self._refuse_elsewhere(link)
        self.plan.took(page)
        if self.plan.wanted is not None and count >= self.address.max_pages:
            raise CrawlFailed(
                f"已到 {self.address.max_pages} 页的上限，名单还没有结束。如确有这么多，"
                "请调高数据源文件的 max_pages。",
                f"the limit of {self.address.max_pages} pages is reached and the list goes on; "
                "if it is that long, raise the source file's max_pages.",
            )

    def _refuse_elsewhere(self, url: str) -> None:
        """Raise for an address that is not on the publisher's site: it could be anybody's."""
        here, there = urlsplit(self.address.start), urlsplit(url)
        hosts = {here.hostname, *self.address.hosts}
        if there.hostname not in hosts or there.scheme not in {here.scheme, "https"}:
            raise CrawlFailed(
                f"链接的地址 {url} 不在同一网站，未予访问。如确为发布方的网站，"
                "请写入数据源文件的 hosts。",
                f"the address {url} that a link leads to is on another site and was not visited; "
                "if it is the publisher's too, add it to the source file's hosts.",
            )

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
        if self.items == 0 and pages.leads_to_files(self.address):
            raise CrawlFailed(
                "没有一个附件符合数据源文件的 pattern。请检查。",
                "no file matches the source file's pattern; check it.",
            )
        with db.writing(self.engine) as connection:
            self._refuse_taken_over(connection)
            self._write(connection, state="finished", finished_at=self.clock())

    def is_unchanged(self) -> bool:
        """Return if every page is byte for byte that of the finished crawl before this one."""
        crawl_table = schema.Crawl
        with db.reading(self.engine) as connection:
            before = connection.execute(
                select(func.max(crawl_table.id)).where(
                    crawl_table.source_id == self.source_id,
                    crawl_table.state == "finished",
                    crawl_table.id < self.id,
                )
            ).scalar()
            if before is None:
                return False
            landed = [(url, sha256) for url, sha256, _ in _landed(connection, before)]
        return landed == list(zip(self.urls, self.files, strict=True))

    def failed(self, error: LiangxinError) -> CrawlFailed:
        """Declare the crawl of no use, and return the error that says why."""
        now = self.clock()
        told = as_crawl(
            error,
            f"采集“{self.source}”未完成，已落地的页面不会使用：{error.zh}",
            f"the crawl of {self.source!r} is not whole and will not be used: {error.en}",
        )
        with db.writing(self.engine) as connection:
            if self.arrived is not None:  # the answer that was refused is kept as evidence
                landing.record(connection, self.arrived.landed, now=now)
            self._write(connection, state="failed", finished_at=now, reason=str(error))
        return told

    def _write(self, connection: Connection, **values: Any) -> None:
        connection.execute(update(schema.Crawl).where(schema.Crawl.id == self.id).values(**values))


def _repeated(role: pages.Role) -> CrawlFailed:
    if role == "list":
        return CrawlFailed(
            "收到的页面与之前的一页相同，翻页没有前进。请检查数据源文件的翻页方式；"
            "若接口在末页之后重复末页，请写明 total。",
            "the page is the same as one before it, so paging does not advance; check how "
            "the source file pages. Where an interface repeats its last page, name total.",
        )
    return CrawlFailed(
        "收到的内容与之前的一页或一个附件完全相同，发布方可能对不同链接返回同一内容。"
        "请检查该网站；重复的链接请用数据源文件的选择器或 pattern 排除。",
        "what came is byte for byte the same as one before it: perhaps the publisher answers "
        "different links alike. Look at the site; leave links out that repeat another by the "
        "source file's selector or pattern.",
    )


def _refuse_another_table(table: pl.DataFrame, before: pl.DataFrame, role: pages.Role) -> None:
    """Raise if a list's header is not that of the page before, or a detail shares no label."""
    names, width = table.columns, min(table.width, before.width)
    if role == "list" and names[:width] != before.columns[:width]:
        raise CrawlFailed(
            f"表头与前一页不同（{'、'.join(names[:8])}），收到的可能是另一张表。",
            f"the header is not that of the page before ({', '.join(names[:8])}): this "
            "may be another table.",
        )
    if role == "detail" and not set(names) & set(before.columns):
        raise CrawlFailed(
            f"详情页的名目（{'、'.join(names[:8])}）与前一页没有一个相同，收到的可能不是详情页。",
            f"the labels of the detail page ({', '.join(names[:8])}) share none with the one "
            "before: this may be another page.",
        )


def _circle(url: str) -> CrawlFailed:
    return CrawlFailed(
        f"下一页的地址 {url} 已经采过，翻页在绕圈。",
        f"the address of the next page, {url}, was crawled already: paging goes in a circle.",
    )


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
