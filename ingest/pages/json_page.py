"""Pages of JSON: a list of objects somewhere in a document.

Every value is text or null. A number keeps the digits it was written with: a code or an amount
must not pass through a float.
"""

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from ingest import html_table
from ingest.pages import links
from ingest.pages.page import COUNT, FILE_DROP_EN, FILE_DROP_ZH, Page
from ingest.sources import JsonApi
from liangxin.errors import UnreadableFile


class Number(str):
    """A JSON number, as it was written."""

    __slots__ = ()


def read_json(body: bytes, address: JsonApi, url: str, *, before: int = 0) -> Page:
    """Read a page of a JSON API: a list of objects somewhere in a document.

    Raises:
        UnreadableFile: it is not JSON, or the list is not where the source file says.
    """
    document = document_of(body)
    rows = rows_of(document, address.items)
    total = stated_number(at(document, address.total)) if address.total else None
    following = None
    if address.next:
        following = next_by_link(document, address.next, url)
    elif address.page_parameter and rows and (total is None or before + len(rows) < total):
        following = _next_by_number(address, url)
    return Page(table=frame_of_objects(rows), next=following, total=total)


def document_of(body: bytes) -> Any:
    """Read JSON.

    Raises:
        UnreadableFile: it is a web page, broken, or not in UTF-8.
    """
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise UnreadableFile(
            "应为 JSON，收到的却是网页，可能是登录页或错误页。请检查来源地址和访问权限。"
            + FILE_DROP_ZH,
            "a web page came where JSON was expected, perhaps a login or an error page; check "
            f"the source's address and the right to read it. {FILE_DROP_EN}",
        )
    try:
        return json.loads(body, parse_int=Number, parse_float=Number, parse_constant=Number)
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


def at(document: Any, path: str) -> Any:
    """Return what lies at a dotted path, or None. Names with dots in them are found too."""
    if not path:
        return document
    if not isinstance(document, dict):
        return None
    if path in document:  # "@odata.nextLink" is one name
        return document[path]
    head, _, rest = path.partition(".")
    return at(document[head], rest) if rest and head in document else None


def rows_of(document: Any, path: str) -> list[dict[str, Any]]:
    """Return the list of objects at a dotted path.

    Raises:
        UnreadableFile: there is no list, or it holds something else.
    """
    found = at(document, path)
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


def next_by_link(document: Any, path: str, url: str) -> str | None:
    """Return the address of the next page that lies at a dotted path, if there is one.

    Raises:
        UnreadableFile: what lies there is no address.
    """
    link = at(document, path)
    if link is None or link is False or link == "":
        return None
    if type(link) is not str:
        raise UnreadableFile(
            f"JSON 中“{path}”处不是下一页的地址。请检查数据源文件的 next。",
            f"what lies at {path!r} in the JSON is not an address of a next page; check the "
            "source file's next.",
        )
    return links.absolute(url, link, "utf-8")


def _next_by_number(address: JsonApi, url: str) -> str:
    current = dict(links.query_of(url)).get(address.page_parameter, str(address.first_page))
    if not (current.isascii() and current.isdigit()):
        raise UnreadableFile(
            f"地址中的页码参数 {address.page_parameter} 不是数字：“{current}”。",
            f"the page parameter {address.page_parameter} in the address is not a number: "
            f"{current!r}.",
        )
    return links.numbered(url, address.page_parameter, int(current) + 1)


def frame_of_objects(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return objects as a table of text; a column for each name, in order of appearance.

    Raises:
        UnreadableFile: it would be absurdly wide.
    """
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
    if isinstance(value, Number):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{_compact(k)}:{_compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def stated_number(value: Any) -> int | None:
    """Return the publisher's count of rows, if it states one.

    Raises:
        UnreadableFile: it is no number.
    """
    if value is None:
        return None
    if isinstance(value, str) and COUNT.fullmatch(value):
        return int(value.replace(",", ""))
    raise UnreadableFile(
        f"来源声明的总数“{_compact(value)[:40]}”不是数字。请检查数据源文件的 total。",
        f"the publisher's total {_compact(value)[:40]!r} is not a number; check the source "
        "file's total.",
    )
