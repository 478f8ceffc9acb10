"""A portal's HTML list is crawled whole, or not used."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from servers import Answer, Site, as_html
from sqlalchemy import Engine

from ingest import crawl, landing, pages
from ingest.crawl import CrawlReport
from ingest.sources import HtmlList, Source
from liangxin import db
from liangxin.errors import CrawlFailed
from liangxin.settings import Settings


def a_portal(start: str, **address: Any) -> Source:
    known = {"table": "table.list", "next": "a.next"} | address
    return Source(
        name="portal",
        title="公示名单",
        publisher="某民政局",
        kind="social",
        rhythm="monthly",
        address=HtmlList(kind="html_list", start=start, **known),
    )


def a_page(*numbers: int, following: str = "", total: str = "", header: str = "名称") -> str:
    rows = "".join(f"<tr><td>{n}</td><td>样例{n}号协会</td></tr>" for n in numbers)
    link = f'<a class="next" href="{following}">下一页</a>' if following else ""
    return (
        f"<html><body><table><tr><td>页眉</td></tr></table>"
        f'<table class="list"><tr><th>序号</th><th>{header}</th></tr>{rows}</table>'
        f'<span class="total">{total}</span>{link}</body></html>'
    )


def test_pages_in_gb18030_that_do_not_say_so_are_read_as_declared(
    publisher: Site,
    run: Callable[..., CrawlReport],
    sqlite_settings: Settings,
    sqlite_engine: Engine,
) -> None:
    # 㐂 and 𠮷 exist in GB18030 alone, not in the GB2312 or GBK that a guess would try.
    first = a_page(1, 2, following="list_2.html", total="共 3 条", header="名称㐂𠮷")
    publisher.says("/shzz/list.html", as_html(first, "gb18030"))
    second = a_page(3, total="共 3 条", header="名称㐂𠮷")
    publisher.says("/shzz/list_2.html", as_html(second, "gb18030"))
    source = a_portal(f"{publisher.url}/shzz/list.html", encoding="gb18030", total="span.total")

    report = run(source)
    assert (report.pages, report.items, report.stated_total) == (2, 3, 3)
    assert source.address is not None
    with db.reading(sqlite_engine) as connection:
        landed = crawl.pages_of(connection, report.crawl)
    bodies = [landing.path_of(sqlite_settings.landing, sha).read_bytes() for _, _, sha in landed]
    assert bodies[0] == first.encode("gb18030")  # kept as sent
    table = pl.concat(
        pages.read(body, source.address, url).table
        for body, (_, url, _) in zip(bodies, landed, strict=True)
    )
    assert table.rows(named=True)[2] == {"序号": "3", "名称㐂𠮷": "样例3号协会"}


def test_pages_in_gb18030_that_nobody_declared_are_refused_and_not_guessed(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_html(a_page(1, 2), "gb18030"))
    with pytest.raises(CrawlFailed, match="name its encoding in the source file"):
        run(a_portal(f"{publisher.url}/list"))


def test_a_link_with_chinese_in_its_query_reaches_the_publisher_in_the_pages_encoding(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_html(a_page(1, following="/list?q=协会&amp;p=2"), "gb18030"))
    publisher.says("/list?q=%D0%AD%BB%E1&p=2", as_html(a_page(2), "gb18030"))
    assert run(a_portal(f"{publisher.url}/list", encoding="gb18030")).items == 2


def test_a_server_error_is_tried_again(publisher: Site, run: Callable[..., CrawlReport]) -> None:
    publisher.says("/list", Answer(status=502), as_html(a_page(1)))
    assert run(a_portal(f"{publisher.url}/list")).items == 1


@pytest.mark.parametrize("last_link", ["#", "javascript:void(0)", "JavaScript:;", "/list_2"])
def test_the_last_page_may_keep_a_dead_next_button(
    publisher: Site, run: Callable[..., CrawlReport], last_link: str
) -> None:
    publisher.says("/list", as_html(a_page(1, following="/list_2", total="2")))
    publisher.says("/list_2", as_html(a_page(2, following=last_link, total="2")))
    report = run(a_portal(f"{publisher.url}/list", total=".total"))
    assert (report.pages, report.items) == (2, 2)


def test_a_next_button_that_leads_back_fails_the_crawl(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_html(a_page(1, following="/list_2")))
    publisher.says("/list_2", as_html(a_page(2, following="/list#top")))
    with pytest.raises(CrawlFailed, match="in a circle"):
        run(a_portal(f"{publisher.url}/list"))
    assert publisher.pages_asked() == ["/list", "/list_2"]


def test_a_next_button_that_needs_a_script_fails_the_crawl(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_html(a_page(1, following="javascript:goPage(2)")))
    with pytest.raises(CrawlFailed, match="by script only"):
        run(a_portal(f"{publisher.url}/list"))


def test_a_total_that_is_not_reached_fails_the_crawl(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_html(a_page(1, 2, total="共 1,234 条")))
    with pytest.raises(CrawlFailed, match="states 1234 rows and 2 came"):
        run(a_portal(f"{publisher.url}/list", total=".total"))


def test_a_login_page_instead_of_the_list_fails_the_crawl(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_html(a_page(1, following="/list_2")))
    publisher.says("/list_2", as_html("<form>请登录<input name=u></form>"))
    with pytest.raises(CrawlFailed, match="perhaps a login page"):
        run(a_portal(f"{publisher.url}/list"))


def test_another_table_half_way_fails_the_crawl(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_html(a_page(1, following="/list_2")))
    publisher.says("/list_2", as_html(a_page(2, header="公告标题")))
    with pytest.raises(CrawlFailed, match="header is not that of the page before"):
        run(a_portal(f"{publisher.url}/list"))


def test_a_page_that_breaks_off_is_not_taken(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    whole = as_html(a_page(*range(50)))
    publisher.says("/list", Answer(whole.body, headers=whole.headers, cut=600))
    with pytest.raises(CrawlFailed, match="broke off half way"):
        run(a_portal(f"{publisher.url}/list"))


def test_robots_txt_is_obeyed_on_a_later_page_too(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/robots.txt", Answer(b"User-agent: *\nDisallow: /list_2"))
    publisher.says("/list", as_html(a_page(1, following="/list_2")))
    publisher.says("/list_2", as_html(a_page(2)))
    with pytest.raises(CrawlFailed, match=r"robots\.txt"):
        run(a_portal(f"{publisher.url}/list"))
    assert publisher.pages_asked() == ["/list"]


def test_a_crawl_cut_short_goes_on_with_the_next_link(
    publisher: Site,
    run: Callable[..., CrawlReport],
    clock: Callable[[], datetime],
) -> None:
    publisher.says("/list", as_html(a_page(1, following="/list_2")))
    publisher.says("/list_2", as_html(a_page(2)))
    seen: list[datetime] = []

    def stopped() -> datetime:
        """Stop the crawl when the second page is about to be written."""
        seen.append(clock())
        if len(seen) == 4:
            raise KeyboardInterrupt
        return seen[-1]

    with pytest.raises(KeyboardInterrupt):
        run(a_portal(f"{publisher.url}/list"), clock=stopped)
    report = run(a_portal(f"{publisher.url}/list"), resume=True)
    assert (report.crawl, report.pages, report.items) == (1, 2, 2)
    assert publisher.pages_asked() == ["/list", "/list_2", "/list_2"]
