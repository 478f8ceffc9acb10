"""Pages that link to files, and the files: an index of attachments, the resources of a data set."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from ingest import html_table
from ingest.pages import html_page, json_page, links
from ingest.pages.page import FILE_DROP_EN, FILE_DROP_ZH, Page
from ingest.sources import FileIndex
from liangxin.errors import UnreadableFile

#: Names of tables and of archives of tables.
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".et", ".ods", ".zip", ".gz")
_START = re.compile(
    rb"[\xef\xbb\xbf\s]*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<[!a-zA-Z]", re.DOTALL
)


def read_index(body: bytes, address: FileIndex, url: str) -> Page:
    """Read a page that links to files.

    Raises:
        UnreadableFile: it is not what the source file announces, or has no such link.
    """
    if address.format == "json":
        document = json_page.document_of(body)
        found = list(_of_json(document, address, url))
        total = json_page.at(document, address.total) if address.total else None
        stated = json_page.stated_number(total)
        following = json_page.next_by_link(document, address.next, url) if address.next else None
    else:
        page, encoding = html_page.opened(body, address.encoding)
        base = html_page.base_of(page, url)
        found = list(_of_html(page, address, base, encoding))
        stated = html_page.total_of(page, address.total)
        following = html_page.next_of(page, address.next, base, encoding)
    if not found:
        raise UnreadableFile(
            f"页面中没有附件链接“{address.links}”，可能是登录页，或网站已改版。"
            f"请检查来源地址和数据源文件的 links。{FILE_DROP_ZH}",
            f"the page has no link to a file at {address.links!r}: perhaps a login page, or the "
            f"site was rebuilt; check the source's address and the source file's links. "
            f"{FILE_DROP_EN}",
        )
    return Page(pl.DataFrame(), following, stated, chosen(found, address.pattern), "file", 0)


def chosen(found: Iterable[tuple[str, Sequence[str]]], pattern: str) -> tuple[str, ...]:
    """Return the addresses, each once, that match a pattern themselves or by one of their names."""
    return tuple(
        dict.fromkeys(
            url
            for url, names in found
            if not pattern or any(re.search(pattern, text) for text in (url, *names))
        )
    )


def _of_html(
    page: Any, address: FileIndex, base: str, encoding: str
) -> Iterator[tuple[str, list[str]]]:
    for element in html_page.matches(page, address.links, "links"):
        href = html_page.href_of(element)
        if href.lower().startswith("javascript:") or href.lower() in html_page.NOWHERE:
            continue
        text = html_table.text_of(element.root)
        yield links.absolute(base, href, encoding), [text]


def _of_json(document: Any, address: FileIndex, url: str) -> Iterator[tuple[str, list[str]]]:
    listed = json_page.at(document, address.links)
    if not isinstance(listed, list):
        raise UnreadableFile(
            f"JSON 中“{address.links}”处没有附件列表。请检查返回内容和数据源文件的 links。",
            f"there is no list of files at {address.links!r} in the JSON; check the answer and "
            "the source file's links.",
        )
    for number, entry in enumerate(listed, start=1):
        link = json_page.at(entry, address.link) if isinstance(entry, dict) else entry
        if type(link) is not str or not link:
            raise UnreadableFile(
                f"附件列表第 {number} 项的“{address.link}”不是地址。请检查数据源文件的 link。",
                f"entry {number} of the list of files has no address at {address.link!r}; check "
                "the source file's link.",
            )
        names = entry.values() if isinstance(entry, dict) else ()
        yield links.absolute(url, link, "utf-8"), [text for text in names if type(text) is str]


def read_file(body: bytes, url: str) -> Page:
    """Look at a file that was linked to: one item of the crawl; its tables are read when loaded.

    Raises:
        UnreadableFile: it is empty, or a web page or JSON in the place of a file.
    """
    if not body:
        raise UnreadableFile(
            "附件是空的。请稍后重新采集，或联系发布方。",
            "the file is empty; crawl again later, or ask the publisher.",
        )
    if _is_page(body, urlsplit(url).path.lower()):
        raise UnreadableFile(
            f"应为附件，收到的却是网页，可能是登录页或错误页。请检查数据源文件的 links。{FILE_DROP_ZH}",
            "a web page came where a file was expected, perhaps a login or an error page; check "
            f"the source file's links. {FILE_DROP_EN}",
        )
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        raise UnreadableFile(
            f"应为附件，收到的却是 JSON：{_start(body)}。请检查数据源文件的 links。",
            f"JSON came where a file was expected: {_start(body)}; check the source file's links.",
        )
    return Page(pl.DataFrame(), counted=1)


def _is_page(body: bytes, path: str) -> bool:
    """A workbook may really be a web page with a table, as old systems export it; a login is none."""
    if not _START.match(body[:4096]):
        return False
    lowered = body.lower()
    return (
        path.endswith(TABLES)
        or b"<table" not in lowered
        or any(
            mark in lowered for mark in (b'type="password"', b"type='password'", b"type=password")
        )
    )


def _start(body: bytes) -> str:
    return " ".join(body[:200].decode("utf-8", "replace").split())[:100]
