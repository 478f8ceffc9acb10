"""What all spiders share: they hand every answer's bytes onward and ask for the next page.

A spider parses nothing for the register and writes nothing itself. Its visit (``ingest.visit``)
lands the bytes and says whether the crawl may go on; ``ingest.pages`` says where the next page is.
Scrapy logs and forgets what a callback raises, and drops a request it dislikes without a word; so
the first thing that goes wrong is kept in ``failure``, and only a page that said it was the last
one sets ``ended``. A crawl with neither was cut short.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Protocol, Self

import scrapy
from scrapy import signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CloseSpider,
    DownloadCancelledError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    StopDownload,
)
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from ingest import pages
from ingest.pages import Page, Wanted
from ingest.pages.page import FILE_DROP_EN, FILE_DROP_ZH
from ingest.sources import Address
from ingest.validators import Validator
from liangxin.errors import CrawlFailed, CrawlRefused

#: However long a publisher asks us to wait, and however often it failed, in seconds.
LONGEST_WAIT = 120.0

#: Polite by default, and nothing that listens, logs or drops silently. Speeds come from the caller.
SETTINGS: dict[str, Any] = {
    # asyncio without a Twisted reactor, which cannot be started twice in one process.
    "TWISTED_REACTOR_ENABLED": False,
    "ROBOTSTXT_OBEY": True,
    "ROBOTSTXT_USER_AGENT": "liangxin",
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "AUTOTHROTTLE_ENABLED": True,
    "EXTENSIONS": {
        "scrapy.extensions.throttle.AutoThrottle": None,
        "ingest.spiders.base.Throttle": 0,
    },
    # Scrapy would read this module's source anew for every page.
    "WARN_ON_GENERATOR_RETURN_VALUE": False,
    "COOKIES_ENABLED": False,
    "REFERER_ENABLED": False,
    # Scrapy's default accepts any certificate.
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    # A publisher's page may name a next address; it may not name a file on this machine.
    "DOWNLOAD_HANDLERS": {"file": None, "data": None, "ftp": None, "s3": None},
    "DOWNLOADER_MIDDLEWARES": {
        "ingest.spiders.base.RobotsAnswer": 200,  # sees answers after all retries
        "ingest.spiders.base.BackOff": 555,  # sees every attempt
        "ingest.spiders.base.Patience": 556,
    },
    "METAREFRESH_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    # Too long an address would be dropped without a word; cursors of some APIs are long.
    "URLLENGTH_LIMIT": 0,
    # Both open a port: one runs commands, the other any Python code.
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "MEMUSAGE_ENABLED": False,
    "STATS_DUMP": False,
    "LOG_ENABLED": False,
}


class Receiver(Protocol):
    """Where a spider's answers go."""

    @property
    def items(self) -> int:
        """Rows landed so far."""

    def known(self, url: str) -> Validator | None:
        """Return what to ask for an address with, if what is known of it is landed."""

    def again(self, url: str) -> bytes:
        """Take the landed bytes of a page that has not changed for its answer; return them."""

    def land(self, url: str, body: bytes, validator: Validator | None) -> None:
        """Keep the bytes of an answer."""

    def accept(self, page: Page) -> Wanted | None:
        """Count what was landed last as a page of the crawl; return what to ask for next.

        Raises:
            CrawlFailed: the page shows that the crawl cannot become whole.
        """


class PagedSpider(scrapy.Spider):
    """Walks a publisher's pages one after the other; a subclass says what it takes them for."""

    accepts: ClassVar[str]

    def __init__(self, *, address: Address, visit: Receiver, start: Wanted) -> None:
        super().__init__()
        self.address = address
        self.visit = visit
        self.asked = start
        self.known: Validator | None = None  # of what is asked for
        self.ended = False
        self.failure: Exception | None = None

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the first page."""
        yield self.ask(self.asked)

    def ask(self, wanted: Wanted) -> Request:
        """Return the request for a page; every answer to it, good or bad, comes back here."""
        self.asked = wanted
        self.known = self.visit.known(wanted.url)
        headers = {
            "Accept": "*/*" if wanted.role == "file" else self.accepts,
            "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
        }
        return Request(
            wanted.url,
            callback=self.parse,
            errback=self.not_answered,
            headers=headers | (self.known.conditions() if self.known else {}),
            meta={
                # Redirects too are for us to see: most lead to a login page.
                "handle_httpstatus_all": True,
                "dont_redirect": True,
                "verbatim_url": True,
                "download_maxsize": self._most_bytes(),
            },
            # Loops are noticed by the visit; Scrapy's own filter would end the crawl as if whole.
            dont_filter=True,
        )

    def _most_bytes(self) -> int:
        name = "LIANGXIN_FILE_BYTES" if self.asked.role == "file" else "DOWNLOAD_MAXSIZE"
        return int(self.settings.getint(name))

    def parse(self, response: Response) -> Iterator[Request]:
        """Hand one answer onward; ask for the next page if there is one."""
        try:
            following = self._taken(response)
            request = self.ask(following) if following is not None else None
        except Exception as error:
            self.failure = error
            raise CloseSpider("failed") from error
        if request is None:
            self.ended = True
        else:
            yield request

    def _taken(self, response: Response) -> Wanted | None:
        url, role = self.asked
        if response.status == 304 and self.known:
            body = self.visit.again(url)
        elif response.status == 200:
            body = response.body
            self.visit.land(url, body, _validator(response))
        else:
            raise _wrong_status(response)
        page = pages.read(body, self.address, url, role=role, before=self.visit.items)
        return self.visit.accept(page)

    def not_answered(self, failure: Failure) -> None:
        """Keep the reason why a page could not be had, after all retries."""
        self.failure = _reason(failure.value, self.settings, self._most_bytes())


class BackOff:
    """Waits before a retry: as long as the publisher asks, else twice as long each time."""

    def __init__(self, wait: float) -> None:
        self.wait = wait

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the crawl's settings."""
        return cls(crawler.settings.getfloat("LIANGXIN_RETRY_WAIT"))

    async def process_request(self, request: Request) -> None:
        """Let a request wait if it is a retry."""
        times = request.meta.get("retry_times", 0)
        if times:
            asked = request.meta.get("liangxin_retry_after", 0.0)
            if asked > LONGEST_WAIT:
                raise IgnoreRequest(f"{_TOO_LONG}{asked:.0f}")
            await asyncio.sleep(max(asked, min(self.wait * 2 ** (times - 1), LONGEST_WAIT)))

    def process_response(self, request: Request, response: Response) -> Response:
        """Note how long the publisher asks us to wait; the retry that follows copies the note."""
        after = (response.headers.get("Retry-After") or b"").strip().decode("latin-1")
        if after:
            request.meta["liangxin_retry_after"] = _seconds(after)
        return response


#: How a wait that is too long for a crawl is told to whoever says why it stopped.
_TOO_LONG = "retry-after "


def _seconds(after: str) -> float:
    """How long a publisher asks to wait: a number of seconds, or the moment it names; else nothing."""
    if after.isdigit():
        return float(after)
    try:
        return max(0.0, (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


class Patience:
    """Ends an answer that comes, but never to its end: a time-out is between two of its bytes."""

    def __init__(self, longest: float) -> None:
        self.longest = longest

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the crawl's settings."""
        made = cls(crawler.settings.getfloat("LIANGXIN_LONGEST"))
        crawler.signals.connect(made.received, signal=signals.bytes_received)
        return made

    def process_request(self, request: Request) -> None:
        """Note when an attempt begins."""
        request.meta["liangxin_began"] = time.monotonic()

    def received(self, request: Request) -> None:
        """Stop an answer that takes too long."""
        if time.monotonic() - request.meta["liangxin_began"] > self.longest:
            raise StopDownload(fail=True)


class Throttle(AutoThrottle):
    """AutoThrottle that learns from "not modified" too, which it takes for an error page.

    Errors may only slow it down; a crawl of unchanged pages would keep its longest delay for good.
    """

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        known = response.status == 304
        super()._adjust_delay(slot, latency, response.replace(status=200) if known else response)


class RobotsAnswer:
    """Reads a robots.txt that is not there as RFC 9309 §2.3.1 wants; Scrapy reads its error page.

    Not found means that everything is allowed, a server in trouble that nothing is.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Put the rule that a status stands for in place of an error page."""
        if not request.meta.get("dont_obey_robotstxt") or response.status < 400:
            return response
        nothing = b"User-agent: *\nDisallow: /\n"
        return response.replace(body=nothing if response.status >= 500 else b"")


def _validator(response: Response) -> Validator | None:
    names = ("ETag", "Last-Modified")
    return Validator.of({n: (response.headers.get(n) or b"").decode("latin-1") for n in names})


def _wrong_status(response: Response) -> CrawlFailed:
    if response.status in range(300, 400):
        target = (response.headers.get("Location") or b"?").decode("latin-1")[:200]
        return CrawlRefused(
            f"发布方要求转到 {target}（状态 {response.status}），可能是登录页。"
            f"如确为新地址，请写入数据源文件。{FILE_DROP_ZH}",
            f"the publisher redirects to {target} (status {response.status}), perhaps a login "
            f"page; if it is the new address, write it into the source file. {FILE_DROP_EN}",
        )
    if response.status in {401, 403, 407}:
        return CrawlRefused(
            f"发布方拒绝访问（状态 {response.status}）。{FILE_DROP_ZH}",
            f"the publisher denies access (status {response.status}). {FILE_DROP_EN}",
        )
    return CrawlFailed(
        f"发布方返回状态 {response.status}，重试后仍未成功。",
        f"the publisher answered with status {response.status}, also after retries.",
    )


def _not_wanted(said: str) -> CrawlRefused:
    """Why a page was not asked for."""
    if said.startswith(_TOO_LONG):
        seconds = said.removeprefix(_TOO_LONG)
        return CrawlRefused(
            f"发布方要求等待 {seconds} 秒后再访问，本次停止采集；下一次按周期采集。",
            f"the publisher asks to wait for {seconds} seconds, so this crawl stopped; the next one "
            "comes with its rhythm.",
        )
    return CrawlRefused(
        "发布方的 robots.txt 不允许采集该地址，或因故障无法取得。请联系发布方，或改为手工导出。",
        "the publisher's robots.txt does not allow this address to be crawled, or cannot be "
        "had for an error of the server; ask the publisher, or export by hand.",
    )


def _reason(error: BaseException | None, settings: Any, most_bytes: int) -> CrawlFailed:
    """Return why there was no answer, as a sentence."""
    said = str(error)
    if isinstance(error, IgnoreRequest) and (said.startswith(_TOO_LONG) or "robots.txt" in said):
        return _not_wanted(said)
    if isinstance(error, DownloadCancelledError) or "DOWNLOAD_MAXSIZE" in said:
        mebibytes = most_bytes / 2**20
        return CrawlFailed(
            f"单页或单个附件超过 {mebibytes:g} MiB 的上限，已停止接收。请让接口每页少返回一些，"
            "或请发布方拆分附件。",
            f"one page or file is larger than {mebibytes:g} MiB and was cut off; have the "
            "interface send fewer rows a page, or the publisher split the file.",
        )
    if isinstance(error, DownloadTimeoutError):
        seconds = settings.getfloat("DOWNLOAD_TIMEOUT")
        return CrawlFailed(
            f"发布方在 {seconds:g} 秒内没有返回，重试后仍未成功。",
            f"the publisher did not answer within {seconds:g} seconds, also after retries.",
        )
    if isinstance(error, StopDownload):
        seconds = settings.getfloat("LIANGXIN_LONGEST")
        return CrawlFailed(
            f"发布方传送过慢，{seconds:g} 秒内没有传完，已停止接收。请稍后重试，或改为手工导出。",
            f"the publisher sends so slowly that the page was not there after {seconds:g} seconds; "
            "try again later, or export by hand.",
        )
    if isinstance(error, ResponseDataLossError):
        return CrawlFailed(
            "发布方的页面传到一半就断开，重试后仍未完整。",
            "the publisher's page broke off half way, also after retries.",
        )
    return CrawlFailed(
        f"无法连接发布方（{type(error).__name__}：{said[:200]}）。请检查网络和来源地址。",
        f"the publisher cannot be reached ({type(error).__name__}: {said[:200]}); check the "
        "network and the source's address.",
    )
