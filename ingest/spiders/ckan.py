"""CKAN portals: the files of a data set, or the rows of a resource page by page."""

from ingest.spiders.base import PagedSpider


class CkanSpider(PagedSpider):
    """Walks a CKAN portal."""

    name = "ckan"
    accepts = "application/json"
