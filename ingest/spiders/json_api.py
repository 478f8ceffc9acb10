"""Paged JSON APIs: rows in a list, the next page by a link or by a number."""

from ingest import pages
from ingest.sources import JsonApi
from ingest.spiders.base import PagedSpider


class JsonApiSpider(PagedSpider):
    """Walks a JSON API."""

    name = "json_api"
    accepts = "application/json"
    address: JsonApi

    def read(self, body: bytes, url: str) -> pages.Page:
        """Read a page of JSON; how many rows came before decides whether there is another."""
        return pages.read_json(body, self.address, url, before=self.visit.items)
