"""An office places addresses, by mouse and by keyboard, and its figures follow."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import LONG_AGO, NORTH, NOW, SOUTH, insert_screening
from located import a_guess, asked_about
from pages import insert_district, serving
from signed import an_account
from visitors import Visitor
from windows import Windows

from dashboard.site import Site
from liangxin import db, migrate
from liangxin.access import Role
from liangxin.settings import Settings

pytestmark = pytest.mark.browser
WIDTHS = (1440, 360)


@pytest.fixture(scope="module")
def site(new_home: Callable[[], Path]) -> Iterator[Site]:
    """The district of the pages, and for each width of the window what its visitor places."""
    settings = Settings(home=new_home(), district=NORTH[:6])
    engine = migrate.open_register(settings, now=NOW)
    with db.writing(engine) as connection:
        insert_district(connection)
        for width in WIDTHS:
            both = a_guess(NORTH, 0.7), a_guess(SOUTH, 0.3)
            for one in asked_about(connection, f"示例{width}大厦", 5, *both):
                insert_screening(connection, one, from_on=LONG_AGO)
            guess = a_guess(SOUTH, 0.5, "示例北路")
            asked_about(connection, f"示例北路{width}号", 6, guess, kind="door")
    yield Site(settings, engine, lambda: NOW)
    engine.dispose()


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with serving(site.settings, site.engine) as address:
        yield address


@pytest.fixture(params=WIDTHS, ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def visitor(windows: Windows, address: str, width: int) -> Iterator[Visitor]:
    with windows.visitor(address, width, 900) as visitor:
        yield visitor
        visitor.page.wait_for_load_state("networkidle")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == width


def counted(visitor: Visitor) -> int:
    """How many organisations count in the north."""
    visitor.goes_to(f"/subdistrict/{NORTH}")
    return int(visitor.text("main .kpi .fraction").split("/")[1])


def test_an_office_places_a_building_and_the_overview_counts_it(
    visitor: Visitor, site: Site, width: int
) -> None:
    office = an_account(site, Role.ECONOMIC_OFFICE, NORTH)
    visitor.signs_in(office, moment=NOW.timestamp())
    before = counted(visitor)
    visitor.goes_to("/locate", waits_for=".locate-card")
    card = visitor.page.locator(".locate-card", has_text=f"示例{width}大厦")
    card.get_by_role("button", name="属示例北街道").click()
    visitor.page.wait_for_selector(f"text=“示例{width}大厦”认定属示例北街道：5 个单位已归入。")
    assert f"示例{width}大厦" not in visitor.text(".locate-cards")
    assert counted(visitor) == before + 5


def test_the_keyboard_is_enough(visitor: Visitor, site: Site) -> None:
    office = an_account(site, Role.DISTRICT_OFFICE)
    visitor.signs_in(office, moment=NOW.timestamp(), then="/locate")
    visitor.page.wait_for_selector(".locate-card")
    for key in "j1":
        visitor.page.keyboard.press(key)
    visitor.page.wait_for_selector("text=6 个单位已归入。")
    visitor.page.locator(".figures-table button").first.click()
    visitor.page.wait_for_selector("text=已撤回，6 个单位将重新定位")
