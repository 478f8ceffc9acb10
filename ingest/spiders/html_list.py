"""A portal's HTML lists: one table a page, the page of each row, the next page by a link."""

from ingest.spiders.base import PagedSpider


class HtmlListSpider(PagedSpider):
    """Walks a portal's list."""

    name = "html_list"
    accepts = "text/html,application/xhtml+xml"
