"""Windows of one browser, used one after the other.

A fresh one costs more than what it shows: a process, and all scripts read and compiled anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from visitors import Visitor

from dashboard.account import SIGN_IN

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


class Windows:
    """Lends windows of a browser; whoever gets one finds nothing that another left in it."""

    def __init__(self, browser: "Browser") -> None:
        self._browser = browser
        self._free: list[Page] = []

    @contextmanager
    def one(self, address: str, width: int, height: int = 800) -> Iterator["Page"]:
        """A window to oneself as long as the block, with cookies of its own."""
        from playwright.sync_api import Error

        size: Any = {"width": width, "height": height}
        page = self._free.pop() if self._free else self._fresh()
        page.set_viewport_size(size)
        try:
            yield page
        except BaseException:  # whatever it left the window in
            page.context.close()
            raise
        try:
            _empty(page, address)
        except Error:  # it crashed, or is still on its way somewhere
            page.context.close()
        else:
            self._free.append(page)

    @contextmanager
    def visitor(self, address: str, width: int = 1440, height: int = 800) -> Iterator[Visitor]:
        """Whoever comes to an address, and has nothing to complain about at the end of the block."""
        with self.one(address, width, height) as page:
            visitor = Visitor(page, address)
            yield visitor
            visitor.leaves()
        assert visitor.elsewhere() == []
        assert visitor.complaints == []

    def _fresh(self) -> "Page":
        return self._browser.new_context(locale="zh-CN").new_page()


def _empty(page: "Page", address: str) -> None:
    """Leave nothing in a window: no other page, nothing kept, nothing allowed, nobody signed in."""
    page.context.set_offline(False)
    for other in page.context.pages:
        if other is not page:
            other.close()
    if not page.url.startswith(address):
        page.goto(address + SIGN_IN)
    page.evaluate(_FORGET)  # only where it was filled
    page.goto("about:blank")
    page.context.clear_cookies()
    page.context.clear_permissions()
