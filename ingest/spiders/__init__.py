"""One spider a platform; they land bytes and say where the next page is, nothing else."""

from typing import TYPE_CHECKING

from ingest.sources import Address

if TYPE_CHECKING:
    from ingest.spiders.base import PagedSpider


def spider_of(address: Address) -> "type[PagedSpider]":
    """Return the spider of a source's platform."""
    from ingest.spiders.ckan import CkanSpider  # noqa: PLC0415 - Scrapy takes a second to load
    from ingest.spiders.file_index import FileIndexSpider  # noqa: PLC0415
    from ingest.spiders.html_list import HtmlListSpider  # noqa: PLC0415
    from ingest.spiders.json_api import JsonApiSpider  # noqa: PLC0415

    spiders: list[type[PagedSpider]] = [JsonApiSpider, HtmlListSpider, FileIndexSpider, CkanSpider]
    return next(spider for spider in spiders if spider.name == address.kind)
