"""Pages of HTML: a table whose header row names the columns, or links, and the next page."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

from parsel import Selector

from ingest import html_table
from ingest.pages import links
from ingest.pages.page import COUNT, FILE_DROP_EN, FILE_DROP_ZH, Page
from ingest.sources import HtmlList
from liangxin.errors import UnreadableFile

#: What a "next" button points to on the last page of many portals.
NOWHERE = frozenset({"", "#", "javascript:", "javascript:;", "javascript:void(0)"})

_BLANKS = re.compile(r"[ \t\r\n\f]+")


def read_html(body: bytes, address: HtmlList, url: str) -> Page:
    """Read a page of an HTML list: one table, whose header row names the columns.

    Raises:
        UnreadableFile: the encoding is another one, or there is no such table.
    """
    page, encoding = opened(body, address.encoding)
    table = matches(page, address.table, "table")
    if not table:
        raise UnreadableFile(
            f"网页中没有表格“{address.table}”，可能是登录页，或网站已改版。"
            f"请检查来源地址和数据源文件的 table。{FILE_DROP_ZH}",
            f"the page has no table {address.table!r}: perhaps a login page, or the site was "
            f"rebuilt; check the source's address and the source file's table. {FILE_DROP_EN}",
        )
    frame, rows = html_table.frame_and_rows(table[0].root)
    base = base_of(page, url)
    return Page(
        table=frame,
        next=next_of(page, address.next, base, encoding),
        total=total_of(page, address.total),
        links=_details(rows, address.detail, base, encoding) if address.detail else (),
    )


def opened(body: bytes, encoding: str) -> tuple[Selector, str]:
    """Return a page, and the encoding it was in.

    Raises:
        UnreadableFile: it is not in the declared encoding.
    """
    text, encoding = html_table.decode(body, encoding)
    return Selector(text=text or "<html/>", type="html"), encoding


def base_of(page: Selector, url: str) -> str:
    """Return the address that a page's links are relative to."""
    return urljoin(url, page.css("base::attr(href)").get(""))


def _details(rows: Sequence[Any], css: str, base: str, encoding: str) -> tuple[str | None, ...]:
    """Return where each row's own page is.

    Raises:
        UnreadableFile: there are rows, but no link in any of them.
    """
    found = [_detail(Selector(root=row, type="html"), css, base, encoding) for row in rows]
    if rows and not any(found):
        raise UnreadableFile(
            f"列表的行中没有详情页链接“{css}”。请检查数据源文件的 detail。",
            f"no row of the list has a link {css!r} to a page of its own; check the source "
            "file's detail.",
        )
    return tuple(found)


def _detail(row: Selector, css: str, base: str, encoding: str) -> str | None:
    found = matches(row, css, "detail")
    href = href_of(found[0]) if found else ""
    if href.lower().startswith("javascript:") and href.lower() not in NOWHERE:
        raise UnreadableFile(
            "详情页只能用网页脚本打开，无法采集。请找该网站的数据接口，或改为手工导出。",
            "the pages of the rows open by script only and cannot be crawled; look for the site's "
            "data interface, or export by hand.",
        )
    return None if href.lower() in NOWHERE else links.absolute(base, href, encoding)


def href_of(element: Selector) -> str:
    """Return where a link, or the first link in an element, leads."""
    return element.xpath("descendant-or-self::*/@href").get("").strip()


def matches(page: Selector, css: str, key: str) -> Sequence[Selector]:
    """Return what a selector of the source file finds.

    Raises:
        UnreadableFile: it is not a CSS selector.
    """
    try:
        return page.css(css)
    except (SyntaxError, ValueError) as error:  # cssselect's errors are SyntaxErrors
        raise UnreadableFile(
            f"数据源文件的 {key}“{css}”不是有效的 CSS 选择器。",
            f"the source file's {key} {css!r} is not a valid CSS selector.",
        ) from error


def next_of(page: Selector, css: str, base: str, encoding: str) -> str | None:
    """Return the address of the next page, if a selector finds one.

    Raises:
        UnreadableFile: only a script could follow it.
    """
    link = matches(page, css, "next") if css else ()
    if not link:
        return None
    href = href_of(link[0])
    if href.lower() in NOWHERE:
        return None
    if href.lower().startswith("javascript:"):
        raise UnreadableFile(
            "下一页只能用网页脚本打开，无法采集。请找该网站的数据接口，或改为手工导出。",
            "the next page opens by script only and cannot be crawled; look for the site's data "
            "interface, or export by hand.",
        )
    return links.absolute(base, href, encoding)


def total_of(page: Selector, css: str) -> int | None:
    """Return the one number in an element, if a selector finds one.

    Raises:
        UnreadableFile: it holds none, or several.
    """
    found = matches(page, css, "total") if css else ()
    if not found:
        return None
    text = _BLANKS.sub(" ", unicodedata.normalize("NFKC", found[0].xpath("string()").get("")))
    numbers = COUNT.findall(text)
    if len(numbers) != 1:
        raise UnreadableFile(
            f"“{text.strip()[:40]}”中不是恰有一个总数。请把数据源文件的 total 指向更小的元素。",
            f"{text.strip()[:40]!r} does not hold exactly one total; point the source file's "
            "total to a smaller element.",
        )
    return int(numbers[0].replace(",", ""))
