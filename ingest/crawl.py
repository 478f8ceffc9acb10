"""One visit to a publisher: pages land one by one, and the crawl is whole or it is not used.

Every page is one short transaction, so a kill loses at most the page under way; ``resume`` goes
on after the last landed page. What has landed is kept in our own tables: Scrapy's JOBDIR, after a
kill, resumed with no page at all and called the crawl finished.

A crawl is ``running`` until it is ``finished`` (every page landed, and as many rows as the
publisher says it has) or ``failed`` (with the reason; never loaded, never resumed). A database or
a disk that gives up leaves it ``running``: nothing is wrong with the pages that are there.

Scrapy is imported only when a crawl begins, and runs in this process under plain asyncio.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, func, select

from ingest.pages import Wanted
from ingest.sources import Address, Source
from ingest.visit import TakenOver, Visit
from liangxin import schema
from liangxin.errors import CrawlFailed, DatabaseUnavailable, LiangxinError, Misuse, as_crawl
from liangxin.settings import Settings

PROGRAM: Final = "liangxin/0.1"
#: Hosts that RFC 2606 sets aside: the shipped examples use them until an operator names the real.
EXAMPLES: Final = ("example", "invalid", "example.com", "example.net", "example.org")


@dataclass(frozen=True, slots=True)
class Pace:
    """How gently a publisher is asked; AutoThrottle slows further down when it answers slowly."""

    delay: float = 1.0  # least seconds between two pages
    retries: int = 4  # after the first attempt
    retry_wait: float = 2.0  # seconds before the first retry; doubled each time
    timeout: float = 60.0  # seconds for the beginning of a page, and between two portions of it
    longest: float = 1800.0  # seconds for all of it
    page_bytes: int = 64 * 2**20  # largest page, after decompression
    file_bytes: int = 256 * 2**20  # largest file that a page links to


POLITE: Final = Pace()


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What a finished crawl brought; of a resumed one, all of it."""

    crawl: int
    source: str
    pages: int
    items: int
    stated_total: int | None
    state: str
    seconds: float  # of this sitting
    files: list[str]  # SHA-256 of each page, in order
    not_modified: int = 0  # pages of this sitting that the publisher did not send again
    #: All bytes are those of the finished crawl before: if that one was loaded, nothing is to load.
    unchanged: bool = False


def crawl(
    source: Source,
    settings: Settings,
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    resume: bool = False,
    pace: Pace = POLITE,
) -> CrawlReport:
    """Visit a source and land all its pages.

    Args:
        source: whose address names the platform and the first page.
        settings: where the landing is, and whom the publisher may write to.
        engine: the register.
        clock: says what time it is, in UTC.
        resume: go on with the latest crawl of this source if it was killed; else begin anew.
        pace: how gently to ask.

    Raises:
        Misuse: the source has no address, or only an example of one.
        CrawlFailed: the publisher did not deliver what it announced; the reason is kept.
        DatabaseUnavailable: the register or the landing cannot be written; resume later.
    """
    address = _address(source)
    began = clock()
    visit = Visit(source.name, address, settings, engine, clock)
    try:
        start = visit.begin(resume=resume)
        if start is not None:
            _walk(visit, start, _scrapy_settings(settings, pace))
        visit.finish()
        unchanged = visit.is_unchanged()
    except (DatabaseUnavailable, TakenOver):
        raise
    except LiangxinError as error:
        raise visit.failed(error) from error
    return CrawlReport(
        crawl=visit.id,
        source=source.name,
        pages=len(visit.files),
        items=visit.items,
        stated_total=visit.total,
        state="finished",
        seconds=(clock() - began).total_seconds(),
        files=visit.files,
        not_modified=visit.not_modified,
        unchanged=unchanged,
    )


def pages_of(connection: Connection, crawl_id: int) -> list[tuple[int, str, str]]:
    """Return position, address and SHA-256 of a crawl's landed pages, in order."""
    page = schema.CrawlPage
    query = select(page.position, page.url, page.sha256)
    rows = connection.execute(query.where(page.crawl_id == crawl_id).order_by(page.position))
    return [(row.position, row.url, row.sha256) for row in rows]


def latest_finished(connection: Connection, source_name: str) -> int | None:
    """Return the newest crawl of a source that is whole, if there is one."""
    query = (
        select(func.max(schema.Crawl.id))
        .join(schema.Source, schema.Source.id == schema.Crawl.source_id)
        .where(schema.Source.name == source_name, schema.Crawl.state == "finished")
    )
    return connection.execute(query).scalar()


def _address(source: Source) -> Address:
    """Return where to crawl.

    Raises:
        Misuse: there is no such place.
    """
    if source.address is None:
        raise Misuse(
            f"数据源“{source.name}”没有采集地址，它的文件由人工导入（liangxin load）。",
            f"the source {source.name!r} has no address; its files are loaded by hand "
            "(liangxin load).",
        )
    try:
        start = urlsplit(source.address.start)
    except ValueError:  # like http://[
        start = urlsplit("")
    host = start.hostname or ""
    if start.scheme not in {"http", "https"} or not host:
        raise Misuse(
            f"数据源“{source.name}”的起始地址应以 http:// 或 https:// 开头。",
            f"the start address of the source {source.name!r} must begin with http:// or https://.",
        )
    if any(host == example or host.endswith(f".{example}") for example in EXAMPLES):
        raise Misuse(
            f"数据源“{source.name}”的地址 {host} 只是示例。请复制该文件到 LIANGXIN_SOURCES 所指的"
            "文件夹，并写入真实地址。",
            f"the address {host} of the source {source.name!r} is only an example; copy the file "
            "to a folder of LIANGXIN_SOURCES and write the real one.",
        )
    return source.address


# Scrapy.


def _scrapy_settings(settings: Settings, pace: Pace) -> dict[str, Any]:
    contact = " ".join(settings.contact.split())
    return {
        "USER_AGENT": f"{PROGRAM} (+{contact})",
        "DOWNLOAD_DELAY": pace.delay,
        "AUTOTHROTTLE_START_DELAY": pace.delay,
        "RETRY_TIMES": pace.retries,
        "LIANGXIN_RETRY_WAIT": pace.retry_wait,
        "DOWNLOAD_TIMEOUT": pace.timeout,
        "LIANGXIN_LONGEST": pace.longest,
        "DOWNLOAD_MAXSIZE": min(pace.page_bytes, settings.max_file_bytes),
        "LIANGXIN_FILE_BYTES": min(pace.file_bytes, settings.max_file_bytes),
        "DOWNLOAD_WARNSIZE": 0,
    }


def _walk(visit: Visit, start: Wanted, options: dict[str, Any]) -> None:
    """Fetch page after page from one on, until the last one or the first trouble."""
    from scrapy.crawler import Crawler  # noqa: PLC0415 - a second, wanted only here

    from ingest.spiders import spider_of  # noqa: PLC0415
    from ingest.spiders.base import SETTINGS, PagedSpider  # noqa: PLC0415

    crawler = Crawler(spider_of(visit.address), {**SETTINGS, **options})
    with _quiet("scrapy"):
        asyncio.run(crawler.crawl_async(address=visit.address, visit=visit, start=start))
    spider = crawler.spider
    if not isinstance(spider, PagedSpider):
        raise TypeError(f"not one of our spiders: {spider!r}")
    failure = spider.failure
    if failure is None and not spider.ended:
        failure = CrawlFailed(
            "采集中途停止，原因不明。", "it stopped half way for no known reason."
        )
    if failure is None:
        return
    if isinstance(failure, LiangxinError) and not isinstance(
        failure, DatabaseUnavailable | TakenOver
    ):
        position = len(visit.files) + 1
        raise as_crawl(
            failure,
            f"第 {position} 页（{spider.asked.url}）：{failure.zh}",
            f"page {position} ({spider.asked.url}): {failure.en}",
        ) from failure
    raise failure


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a library from telling the operator in its own words what we tell in ours."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
