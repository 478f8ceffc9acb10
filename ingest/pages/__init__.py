"""One landed page of a publisher, as bytes, read into a table under the publisher's own names.

The crawler asks this package how many rows a page has and where the next one is; the loader asks
it for the same page's table. Both see the same bytes and the same source file and nothing else
(no response headers), so what was counted while crawling is what is loaded later.

Every value is text or null. Nothing is guessed: an answer that is not what the source file
announces is ``UnreadableFile``, with what to do about it.
"""

from w3lib.url import safe_url_string

from ingest.pages import ckan_page, links
from ingest.pages.ckan_page import read_ckan
from ingest.pages.detail_page import joined, read_detail
from ingest.pages.html_page import read_html
from ingest.pages.index_page import read_file, read_index
from ingest.pages.json_page import read_json
from ingest.pages.page import Page, Role, Wanted
from ingest.pages.plan import Plan
from ingest.sources import Address, Ckan, FileIndex, HtmlList, JsonApi

__all__ = [
    "Page",
    "Plan",
    "Role",
    "Wanted",
    "first_address",
    "has_parts",
    "joined",
    "leads_to_files",
    "read",
]


def first_address(address: Address) -> str:
    """Return the address of a source's first page."""
    if isinstance(address, Ckan):
        return ckan_page.first_address(address)
    if isinstance(address, JsonApi) and address.page_parameter:
        query = dict(links.query_of(address.start))
        if address.page_parameter not in query:
            return links.numbered(address.start, address.page_parameter, address.first_page)
    return safe_url_string(address.start)


def has_parts(address: Address) -> bool:
    """Return if pages of the list lead to more than the next one: to details, or to files."""
    return leads_to_files(address) or (isinstance(address, HtmlList) and bool(address.detail))


def leads_to_files(address: Address) -> bool:
    """Return if a list's rows are in files, not on its pages."""
    return isinstance(address, FileIndex) or (isinstance(address, Ckan) and bool(address.package))


def read(body: bytes, address: Address, url: str, *, role: Role = "list", before: int = 0) -> Page:
    """Read one page.

    Args:
        body: the page as it was landed.
        address: what the source file says about the publisher's pages.
        url: where the page came from; links are relative to it.
        role: what it was asked for as.
        before: rows of the pages before this one; with numbered pages and a stated total it
            decides whether there is a next page.

    Raises:
        UnreadableFile: the page is not what the source file announces.
    """
    if role == "file":
        return read_file(body, url)
    if role == "detail" and isinstance(address, HtmlList):
        return read_detail(body, address)
    if isinstance(address, JsonApi):
        return read_json(body, address, url, before=before)
    if isinstance(address, Ckan):
        return read_ckan(body, address, url, before=before)
    if isinstance(address, FileIndex):
        return read_index(body, address, url)
    return read_html(body, address, url)
