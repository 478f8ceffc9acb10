"""Whoever comes to the pages in a real browser."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from signed import Signed

from dashboard.account import SIGN_IN

if TYPE_CHECKING:
    from playwright.sync_api import Page

OVERVIEW = "main .kpi-share"


class Visitor:
    """A page of the browser that remembers what it asked and what it complained about."""

    def __init__(self, page: "Page", address: str) -> None:
        self.page = page
        self.address = address
        self.asked: list[tuple[str, str]] = []
        self.complaints: list[str] = []
        self._listeners: dict[Any, Callable[[Any], None]] = {
            "request": lambda request: self.asked.append((request.method, request.url)),
            "pageerror": lambda error: self.complaints.append(str(error)),
            "console": self._hear,
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def leaves(self) -> None:
        """Listen no more: whatever the page does next is somebody else's."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def goes_to(self, path: str, waits_for: str = OVERVIEW) -> None:
        self.page.goto(self.address + path)
        self.page.wait_for_selector(waits_for)
        self.page.wait_for_load_state("networkidle")

    def signs_in(self, who: Signed, *, moment: float, then: str = "/") -> None:
        """Give name, password and, where the role asks for it, a code of the second factor.

        The moment is the server's, in seconds since 1970; a code opens once.
        """
        self.page.goto(f"{self.address}{SIGN_IN}?next={quote(then, safe='/')}")
        self.page.fill("[name=name]", who.name)
        self.page.fill("[name=password]", who.password)
        self.page.click("button[type=submit]")
        if who.secret is not None:
            self.page.fill("[name=code]", who.code(moment))
            self.page.click("button[type=submit]")
        self.page.wait_for_selector("main")
        self.page.wait_for_load_state("networkidle")

    def text(self, selector: str = "main") -> str:
        return " ".join(self.page.inner_text(selector).split())

    def elsewhere(self) -> list[str]:
        """What was asked of another host."""
        own = (f"{self.address}/", "data:", "blob:")
        return [url for _, url in self.asked if not url.startswith(own)]

    def questions(self) -> int:
        """How often the browser asked for a page."""
        return sum("/_dash-update-component" in url for _, url in self.asked)
