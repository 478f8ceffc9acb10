"""Answers of a CKAN portal: a data set's resources, or rows of its data store."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import polars as pl
from w3lib.url import safe_url_string

from ingest.pages import index_page, json_page, links
from ingest.pages.page import FILE_DROP_EN, FILE_DROP_ZH, Page
from ingest.sources import Ckan
from liangxin.errors import UnreadableFile


def first_address(address: Ckan) -> str:
    """Return the address of the first answer, built from the portal's."""
    if address.package:
        action, query = "package_show", {"id": address.package}
    else:
        action = "datastore_search"
        query = {"resource_id": address.resource, "limit": str(address.limit), "offset": "0"}
    base = safe_url_string(address.start).rstrip("/")
    return f"{base}/api/3/action/{action}?{urlencode(query)}"


def read_ckan(body: bytes, address: Ckan, url: str, *, before: int = 0) -> Page:
    """Read an answer of the portal; with a data store, ``before`` rows came before this one.

    Raises:
        UnreadableFile: it is an error, or not of this interface.
    """
    result = _result(json_page.document_of(body))
    if address.package:
        found = list(_resources(result, address, url))
        if not found:
            raise UnreadableFile(
                f"数据集“{address.package}”没有可读格式（{'、'.join(address.formats)}）的资源。"
                "请检查数据源文件的 package 和 formats。",
                f"the data set {address.package!r} has no resource in a format that is wanted "
                f"({', '.join(address.formats)}); check the source file's package and formats.",
            )
        wanted = index_page.chosen(found, address.pattern)
        return Page(pl.DataFrame(), links=wanted, parts="file", counted=0)
    rows = json_page.rows_of(result, "records")
    total = json_page.stated_number(result.get("total"))
    if result.get("total_was_estimated") is True:
        raise UnreadableFile(
            "门户给出的总数只是估计，无法确认是否完整。请改用资源文件（package）。",
            "the portal's total is only an estimate, so nothing shows that the list is whole; "
            "use the data set's files (package) instead.",
        )
    more = rows and (total is None or before + len(rows) < total)
    # As many as came, not as many as were asked for: portals have a limit of their own.
    following = links.numbered(url, "offset", before + len(rows)) if more else None
    return Page(json_page.frame_of_objects(rows), following, total)


def _result(document: Any) -> dict[str, Any]:
    if isinstance(document, dict) and document.get("success") is True:
        result = document.get("result")
        if isinstance(result, dict):
            return result
    error = document.get("error") if isinstance(document, dict) else None
    said = str(error.get("message", "")) if isinstance(error, dict) else ""
    if "auth" in said.lower() or "denied" in said.lower():
        raise UnreadableFile(
            f"门户拒绝访问：{said[:200]}。{FILE_DROP_ZH}",
            f"the portal denies access: {said[:200]}. {FILE_DROP_EN}",
        )
    raise UnreadableFile(
        f"门户没有返回结果（{said[:200] or '没有 success 和 result'}）。请检查数据源文件的 start、"
        "package 和 resource。",
        f"the portal gave no result ({said[:200] or 'neither success nor result'}); check the "
        "source file's start, package and resource.",
    )


def _resources(result: dict[str, Any], address: Ckan, url: str) -> Iterator[tuple[str, list[str]]]:
    for resource in json_page.rows_of(result, "resources"):
        link, name = resource.get("url"), resource.get("name")
        if type(link) is not str or not link:
            continue
        stated = str(resource.get("format") or "").strip().lower().lstrip(".")
        form = stated or urlsplit(link).path.rpartition(".")[2].lower()
        if form in address.formats:
            yield links.absolute(url, link, "utf-8"), [name] if type(name) is str else []
