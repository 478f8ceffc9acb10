"""A leader on a phone in English, a bulletin made and opened, and nothing asked of another host."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import office_programs
import pytest
from counters import a_worker, at_work
from docx import Document
from factories import NORTH, NOW, a_uscc
from openpyxl import load_workbook
from pages import a_district, serving
from signed import an_account
from visitors import Visitor
from windows import Windows

from dashboard.app import PAGES
from dashboard.site import Page, Site
from liangxin.access import ROLE_PERMISSIONS, Role

pytestmark = pytest.mark.browser

PHONE, DESK = 360, 1440
SCREEN = "document.documentElement.scrollWidth"
#: Chinese that may stand on an English page: names of places, and the way back to Chinese.
NAMES = ("示例北街道", "示例南镇", "示例东街道", "示例区", "中文")


@pytest.fixture(scope="module")
def site(new_home: Callable[[], Path]) -> Iterator[Site]:
    """The model case's 900 organisations."""
    with a_district(new_home(), 900) as site:
        yield site


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with (
        serving(site.settings, site.engine) as address,
        a_worker(site) as counter,
        at_work(counter),
    ):
        yield address


@pytest.fixture
def visitor(request: pytest.FixtureRequest, windows: Windows, address: str) -> Iterator[Visitor]:
    with windows.visitor(address, getattr(request, "param", DESK), 760) as visitor:
        yield visitor


@pytest.mark.parametrize("visitor", [PHONE], ids=["phone"], indirect=True)
def test_a_leader_on_a_phone_reads_in_english_why_the_rate_moved(
    visitor: Visitor, site: Site
) -> None:
    leader = an_account(site, Role.LEADER)
    page = visitor.page
    page.goto(f"{visitor.address}/account/sign-in?next=/")
    page.click("text=English")
    page.wait_for_selector("text=Sign in")
    page.fill("[name=name]", leader.name)
    page.fill("[name=password]", leader.password)
    page.click("button[type=submit]")
    page.wait_for_selector("main .leader-headline")
    page.wait_for_load_state("networkidle")
    assert page.get_attribute("html", "lang") == "en"
    assert page.evaluate(SCREEN) == PHONE
    said = visitor.text(".leader-headline")
    assert "R1 organisation coverage 77.0% 693 / 900 +21.0 points" in said
    assert "56.0% → 77.0%: 189 newly covered; denominator unchanged (900)." in said
    words = visitor.text("body")
    for name in NAMES:
        words = words.replace(name, "")
    assert [each for each in words if "\u4e00" <= each <= "\u9fff"] == []
    page.click("text=See what moved it")
    page.wait_for_selector(".change-points")
    page.wait_for_load_state("networkidle")
    said = visitor.text()
    assert "became covered 189 +21.00 points" in said
    assert page.evaluate(SCREEN) == PHONE
    page.click(".leader-language")
    page.wait_for_selector("text=由未覆盖变为覆盖")
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert "from=2022-03-31&to=2022-09-30" in page.url


def test_a_bulletin_is_made_downloaded_and_says_the_figure(
    visitor: Visitor, site: Site, tmp_path: Path
) -> None:
    office = an_account(site, Role.DISTRICT_OFFICE)
    visitor.signs_in(office, moment=NOW.timestamp(), then="/bulletins")
    page = visitor.page
    assert "还没有编制过通报" in visitor.text()
    page.click("#bulletins-kind")
    page.get_by_role("option", name="半年通报").click()
    page.click("#bulletins-make")
    page.wait_for_selector(".leader-told .done")
    assert "已编制的通报（1 份）" in visitor.text()
    files = {}
    for form in ("docx", "xlsx"):
        with page.expect_download() as waiting:
            page.click(f".leader-file:has-text('.{form}')")
        file = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(file)
        assert file.name.startswith("示例区两新组织党建工作半年通报 2022-09-30")
        files[form] = file
    words = "\n".join(each.text for each in Document(str(files["docx"])).paragraphs)
    assert "组织覆盖率（R1）为77.0%（693/900），期初为56.0%" in words
    rows = [*load_workbook(files["xlsx"])["R1 组织覆盖率"].values]
    assert next(row for row in rows if row[0] == "合计")[4:6] == (693, 900)
    if office_programs.PROGRAM is not None:  # as an office opens them
        opened = {form: office_programs.words(file) for form, file in files.items()}
        assert "组织覆盖率（R1）为77.0%（693/900），期初为56.0%" in opened["docx"]
        lines = office_programs.rows(opened["xlsx"])
        assert next(row for row in lines if row and row[0] == "合计")[4:6] == ["693", "900"]


#: Pages with a parameter, of things that are in the district of these tests.
DEEPER = (
    *(f"/subdistrict/{NORTH}", "/lists/not_reached", "/clocks/found_instructor"),
    *(f"/organisation/{a_uscc(60)}", "/sources/market_regulator", "/runs/1", "/community/new"),
    "/change?from=2022-03-31&to=2022-09-30&cause=became_covered",
)


def _is_of(page: Page, path: str) -> bool:
    rule = re.sub("<[^>]+>", "[^/]+", page.PATH)
    return re.fullmatch(rule, path.partition("?")[0]) is not None


def fits(visitor: Visitor, width: int) -> bool:
    """Whether a page is no wider than its window, once its charts have followed."""
    visitor.page.set_viewport_size({"width": width, "height": 800})
    for _ in range(30):
        if visitor.page.evaluate(SCREEN) <= width:
            return True
        visitor.page.wait_for_timeout(100)
    return False


def test_with_the_network_blocked_nothing_is_missing_and_no_page_is_wider_than_its_window(
    visitor: Visitor, site: Site
) -> None:
    """Of every page that needs no parameter, as a role that may see it; no other host can be found."""
    wanted = [
        page for page in PAGES if "<" not in page.PATH or any(_is_of(page, each) for each in DEEPER)
    ]
    seen = set()
    for role in (Role.DISTRICT_OFFICE, Role.COMMITTEE, *Role):
        mine = [
            page
            for page in wanted
            if page.PERMISSION in ROLE_PERMISSIONS[role] and page.PATH not in seen
        ]
        if not mine:
            continue
        scope = (NORTH,) if role is Role.ECONOMIC_OFFICE else ()
        who = an_account(site, role, *scope)
        visitor.signs_in(who, moment=NOW.timestamp(), then=mine[0].PATH)
        for page in mine:
            deeper = [each for each in DEEPER if _is_of(page, each)]
            for path in deeper or [page.PATH]:
                visitor.goes_to(path, waits_for="main h1")
                assert "无法显示" not in visitor.text(), path
                assert [width for width in (PHONE, DESK) if not fits(visitor, width)] == [], path
            seen.add(page.PATH)
        visitor.page.context.clear_cookies()
    assert seen == {page.PATH for page in wanted}
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):  # so it would be heard of
        visitor.page.goto(visitor.address.replace("127.0.0.1", "localhost"))
    visitor.asked.pop()
