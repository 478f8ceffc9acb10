"""In which order a crawl asks: a page of the list, what it links to, the next page of the list.

Crawling, going on after a kill and loading follow the same plan over the same bytes, so nobody
has to write down which landed page was which.
"""

from collections import deque
from collections.abc import Iterable

from ingest.pages.page import Page, Role, Wanted


class Plan:
    """What is still to be asked for, each address once."""

    def __init__(self, first: Wanted, known: Iterable[str] = ()) -> None:
        self._waiting = deque([first])
        self._lists = {first.url, *known}
        self._parts: set[str] = set()

    @property
    def wanted(self) -> Wanted | None:
        """What comes next; None: all is there."""
        return self._waiting[0] if self._waiting else None

    def is_list(self, url: str) -> bool:
        """Return if an address is that of a page of the list."""
        return url in self._lists

    def knows(self, url: str) -> bool:
        """Return if an address was asked for, or will be."""
        return url in self._lists or url in self._parts

    def took(self, page: Page) -> None:
        """Note that what was wanted is there, and what it leads to."""
        if self._waiting.popleft().role != "list":
            return
        self._add(self._parts, page.links, page.parts)
        if page.next is not None:
            self._add(self._lists, [page.next], "list")

    def _add(self, known: set[str], urls: Iterable[str | None], role: Role) -> None:
        for url in urls:
            if url is not None and not self.knows(url):
                known.add(url)
                self._waiting.append(Wanted(url, role))
