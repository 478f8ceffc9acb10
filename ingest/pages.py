"""One landed page of a publisher, as bytes, read into a table under the publisher's own names.

The crawler asks this module how many rows a page has and where the next one is; the loader asks
it for the same page's table. Both see the same bytes and the same source file and nothing else
(no response headers), so what was counted while crawling is what is loaded later.

Every value is text or null. A JSON number keeps the digits it was written with: a code or an
amount must not pass through a float. Nothing is guessed: an answer that is not what the source
file announces is ``UnreadableFile``, with what to do about it.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

import polars as pl
from parsel import Selector
from w3lib.url import safe_url_string

from ingest import html_table
from ingest.sources import Address, HtmlList, JsonApi
from liangxin.errors import UnreadableFile

#: What a "next" button points to on the last page of many portals.
NOWHERE = frozenset({"", "#", "javascript:", "javascript:;", "javascript:void(0)"})

_COUNT = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,18}")
_BLANKS = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True)
class Page:
    """What one page says."""

    table: pl.DataFrame  # text columns; no column at all if a JSON page has no rows
    next: str | None  # absolute address of the next page; None: this one is the last
    total: int | None  # how many rows the publisher says the whole list has

    @property
    def items(self) -> int:
        """Rows of this page."""
        return self.table.height


class _Number(str):
    """A JSON number, as it was written."""

    __slots__ = ()


def first_address(address: Address) -> str:
    """Return the address of a source's first page."""
    if isinstance(address, JsonApi) and address.page_parameter:
        query = dict(_query(address.start))
        if address.page_parameter not in query:
            return _numbered(address.start, address.page_parameter, address.first_page)
    return safe_url_string(address.start)


def read(body: bytes, address: Address, url: str, *, before: int = 0) -> Page:
    """Read one page.

    Args:
        body: the page as it was landed.
        address: what the source file says about the publisher's pages.
        url: where the page came from; links are relative to it.
        before: rows of the pages before this one; with a page number and a stated total it
            decides whether there is a next page.

    Raises:
        UnreadableFile: the page is not what the source file announces.
    """
    if isinstance(address, JsonApi):
        return read_json(body, address, url, before=before)
    return read_html(body, address, url)


# JSON.


def read_json(body: bytes, address: JsonApi, url: str, *, before: int = 0) -> Page:
    """Read a page of a JSON API: a list of objects somewhere in a document.

    Raises:
        UnreadableFile: it is not JSON, or the list is not where the source file says.
    """
    document = _json_document(body)
    rows = _rows(document, address.items)
    total = _stated_number(_at(document, address.total)) if address.total else None
    following = None
    if address.next:
        following = _next_by_link(document, address.next, url)
    elif address.page_parameter and rows and (total is None or before + len(rows) < total):
        following = _next_by_number(address, url)
    return Page(table=_frame_of_objects(rows), next=following, total=total)


def _json_document(body: bytes) -> Any:
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise UnreadableFile(
            "应为 JSON，收到的却是网页，可能是登录页或错误页。请检查来源地址和访问权限。",
            "a web page came where JSON was expected, perhaps a login or an error page; check "
            "the source's address and the right to read it.",
        )
    try:
        return json.loads(body, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
    except RecursionError as error:
        raise UnreadableFile(
            "JSON 嵌套过深，已拒绝。", "the JSON is nested too deeply and was refused."
        ) from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"JSON 不是 UTF-8 编码（第 {error.start} 字节处）。请发布方改用 UTF-8。",
            f"the JSON is not UTF-8 (at byte {error.start}); ask the publisher for UTF-8.",
        ) from error
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"收到的内容不是完整的 JSON（第 {error.lineno} 行第 {error.colno} 列：{error.msg}）。",
            f"what came is not whole JSON (line {error.lineno}, column {error.colno}: "
            f"{error.msg}).",
        ) from error


def _at(document: Any, path: str) -> Any:
    """Return what lies at a dotted path, or None. Names with dots in them are found too."""
    if not path:
        return document
    if not isinstance(document, dict):
        return None
    if path in document:  # "@odata.nextLink" is one name
        return document[path]
    head, _, rest = path.partition(".")
    return _at(document[head], rest) if rest and head in document else None


def _rows(document: Any, path: str) -> list[dict[str, Any]]:
    found = _at(document, path)
    if not isinstance(found, list):
        where = path or "(root)"
        keys = ", ".join(map(str, document)) if isinstance(document, dict) else "-"
        raise UnreadableFile(
            f"JSON 中“{where}”处没有数据列表（最外层的键：{keys}）。"
            "请检查返回内容和数据源文件的 items。",
            f"there is no list of rows at {where!r} in the JSON (outermost keys: {keys}); check "
            "the answer and the source file's items.",
        )
    for number, row in enumerate(found, start=1):
        if not isinstance(row, dict) or not row:
            raise UnreadableFile(
                f"JSON 列表第 {number} 项不是带字段名的对象。请让接口返回对象列表。",
                f"entry {number} of the JSON list is not an object with named fields; have the "
                "interface answer with objects.",
            )
    return found


def _next_by_link(document: Any, path: str, url: str) -> str | None:
    link = _at(document, path)
    if link is None or link is False or link == "":
        return None
    if type(link) is not str:
        raise UnreadableFile(
            f"JSON 中“{path}”处不是下一页的地址。请检查数据源文件的 next。",
            f"what lies at {path!r} in the JSON is not an address of a next page; check the "
            "source file's next.",
        )
    return _absolute(url, link, "utf-8")


def _next_by_number(address: JsonApi, url: str) -> str:
    current = dict(_query(url)).get(address.page_parameter, str(address.first_page))
    if not (current.isascii() and current.isdigit()):
        raise UnreadableFile(
            f"地址中的页码参数 {address.page_parameter} 不是数字：“{current}”。",
            f"the page parameter {address.page_parameter} in the address is not a number: "
            f"{current!r}.",
        )
    return _numbered(url, address.page_parameter, int(current) + 1)


def _frame_of_objects(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    html_table.refuse_wide(len(names))
    columns = {name: [_cell(row.get(name)) for row in rows] for name in names}
    schema = dict.fromkeys(names, pl.String)
    try:
        return pl.DataFrame(columns, schema=schema)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can write and no text can hold
        whole = {
            _whole(name): [None if value is None else _whole(value) for value in values]
            for name, values in columns.items()
        }
        return pl.DataFrame(whole, schema=dict.fromkeys(whole, pl.String))


def _cell(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    """Return JSON text without blanks; unlike ``json.dumps`` it keeps numbers as written."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{_compact(k)}:{_compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _stated_number(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and _COUNT.fullmatch(value):
        return int(value.replace(",", ""))
    raise UnreadableFile(
        f"来源声明的总数“{_compact(value)[:40]}”不是数字。请检查数据源文件的 total。",
        f"the publisher's total {_compact(value)[:40]!r} is not a number; check the source "
        "file's total.",
    )


# HTML.


def read_html(body: bytes, address: HtmlList, url: str) -> Page:
    """Read a page of an HTML list: one table, whose header row names the columns.

    Raises:
        UnreadableFile: the encoding is another one, or there is no such table.
    """
    text, encoding = html_table.decode(body, address.encoding)
    page = Selector(text=text or "<html/>", type="html")
    table = _matches(page, address.table, "table")
    if not table:
        raise UnreadableFile(
            f"网页中没有表格“{address.table}”，可能是登录页，或网站已改版。"
            "请检查来源地址和数据源文件的 table。",
            f"the page has no table {address.table!r}: perhaps a login page, or the site was "
            "rebuilt; check the source's address and the source file's table.",
        )
    return Page(
        table=html_table.frame(table[0].root),
        next=_next_html(page, address, url, encoding),
        total=_total_html(page, address),
    )


def _matches(page: Selector, css: str, key: str) -> Sequence[Selector]:
    try:
        return page.css(css)
    except (SyntaxError, ValueError) as error:  # cssselect's errors are SyntaxErrors
        raise UnreadableFile(
            f"数据源文件的 {key}“{css}”不是有效的 CSS 选择器。",
            f"the source file's {key} {css!r} is not a valid CSS selector.",
        ) from error


def _next_html(page: Selector, address: HtmlList, url: str, encoding: str) -> str | None:
    if not address.next:
        return None
    link = _matches(page, address.next, "next")
    if not link:
        return None
    href = link[0].xpath("descendant-or-self::*/@href").get("").strip()
    if href.lower() in NOWHERE:
        return None
    if href.lower().startswith("javascript:"):
        raise UnreadableFile(
            "下一页只能用网页脚本打开，无法采集。请找该网站的数据接口，或改为手工导出。",
            "the next page opens by script only and cannot be crawled; look for the site's data "
            "interface, or export by hand.",
        )
    base = urljoin(url, page.css("base::attr(href)").get(""))
    return _absolute(base, href, encoding)


def _total_html(page: Selector, address: HtmlList) -> int | None:
    if not address.total:
        return None
    found = _matches(page, address.total, "total")
    if not found:
        return None
    text = _BLANKS.sub(" ", unicodedata.normalize("NFKC", found[0].xpath("string()").get("")))
    numbers = _COUNT.findall(text)
    if len(numbers) != 1:
        raise UnreadableFile(
            f"“{text.strip()[:40]}”中不是恰有一个总数。请把数据源文件的 total 指向更小的元素。",
            f"{text.strip()[:40]!r} does not hold exactly one total; point the source file's "
            "total to a smaller element.",
        )
    return int(numbers[0].replace(",", ""))


# Both.


def _absolute(base: str, link: str, encoding: str) -> str:
    """Return a link as the one address a request for it would show."""
    try:
        return safe_url_string(urldefrag(urljoin(base, link.strip())).url, encoding=encoding)
    except ValueError as error:
        raise UnreadableFile(
            f"下一页的地址“{link[:100]}”无效。",
            f"the address of the next page, {link[:100]!r}, is not one.",
        ) from error


def _query(url: str) -> list[tuple[str, str]]:
    # Latin-1 maps every byte to itself, so that a query in GB18030 survives.
    return parse_qsl(urlsplit(url).query, keep_blank_values=True, encoding="latin-1")


def _numbered(url: str, parameter: str, page: int) -> str:
    """Return an address with its page number set; its other parameters stay as they are."""
    safe = safe_url_string(url)
    others = [(name, value) for name, value in _query(safe) if name != parameter]
    query = urlencode([*others, (parameter, str(page))], encoding="latin-1")
    return urlsplit(safe)._replace(query=query, fragment="").geturl()
