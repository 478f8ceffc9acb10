"""Paged JSON APIs: rows in a list, the next page by a link or by a number."""

from ingest.spiders.base import PagedSpider


class JsonApiSpider(PagedSpider):
    """Walks a JSON API."""

    name = "json_api"
    accepts = "application/json"
