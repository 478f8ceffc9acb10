"""Who comes to the pages: at a desk and on a phone, and with nothing to complain about at the end."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from visitors import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(params=[1440, 360], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def visitor(browser: "Browser", address: str, width: int) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
    visitor = Visitor(context.new_page(), address)
    yield visitor
    context.close()
    assert visitor.elsewhere() == []
    assert visitor.complaints == []
