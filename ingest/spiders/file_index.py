"""Pages that link to files: the files of each page, then the next page."""

from ingest.spiders.base import PagedSpider


class FileIndexSpider(PagedSpider):
    """Walks an index of files."""

    name = "file_index"
    accepts = "text/html,application/xhtml+xml,application/json;q=0.9"
