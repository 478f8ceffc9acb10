"""Who comes to the pages: at a desk and on a phone, and with nothing to complain about at the end."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from visitors import Visitor
from windows import Windows

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(params=[1440, 360], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def windows(browser: "Browser") -> Windows:
    """Lends windows to the tests of a module."""
    return Windows(browser)


@pytest.fixture
def visitor(windows: Windows, address: str, width: int) -> Iterator[Visitor]:
    with windows.visitor(address, width) as visitor:
        yield visitor
