"""A portal's HTML lists: one table a page, the next page by a link."""

from ingest import pages
from ingest.sources import HtmlList
from ingest.spiders.base import PagedSpider


class HtmlListSpider(PagedSpider):
    """Walks a portal's list."""

    name = "html_list"
    accepts = "text/html,application/xhtml+xml"
    address: HtmlList

    def read(self, body: bytes, url: str) -> pages.Page:
        """Read a page of HTML, in the encoding the source file declares."""
        return pages.read_html(body, self.address, url)
