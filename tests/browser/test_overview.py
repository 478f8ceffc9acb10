"""The pages as a person meets them: a real server, a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from factories import a_uscc
from pages import NORTH, a_district, serving
from sheets import a_resident_id
from visitors import OVERVIEW, Visitor

from liangxin.ids import resident_id

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(new_home: Callable[[], Path]) -> Iterator[str]:
    """The app on a register with the model case's 900 organisations."""
    with (
        a_district(new_home(), 900) as site,
        serving(site.settings, site.engine) as address,
    ):
        yield address


def test_the_overview_shows_the_model_case(visitor: Visitor, width: int) -> None:
    visitor.goes_to("/")
    said = visitor.text()
    for part in ("77.0%", "693 / 900", "56.0%", "504 / 900", "+21.0 个百分点", "cn-2026.2"):
        assert part in said
    assert visitor.page.title() == "覆盖总览 · 两新组织党建覆盖"
    assert visitor.questions() == 1
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == width


def test_charts_are_drawn_and_offer_a_picture_and_nothing_else(visitor: Visitor) -> None:
    visitor.goes_to("/")
    visitor.page.wait_for_selector(".figure .main-svg .bartext")
    buttons = visitor.page.eval_on_selector_all(
        ".modebar-btn", "all => all.map(one => one.dataset.title)"
    )
    assert set(buttons) == {"下载图表为PNG格式"}
    assert "示例北街道" in visitor.text(".figure")


def test_a_chosen_day_becomes_the_address(visitor: Visitor) -> None:
    visitor.goes_to("/?rate=R2")
    visitor.page.click("#as-of")
    visitor.page.wait_for_selector("text=2022年9月")
    visitor.page.get_by_role("button", name="1 九月 2022", exact=True).click()
    visitor.page.wait_for_url("**as_of=2022-09-01*")
    visitor.page.wait_for_selector(".kpi >> text=截至 2022-09-01")
    assert "rate=R2" in visitor.page.url
    visitor.page.go_back()
    visitor.page.wait_for_selector(".kpi >> text=截至 2022-09-30")
    assert visitor.text("#as-of") == "2022-09-30"
    assert visitor.questions() == 3


@pytest.mark.parametrize("width", [360], ids=["phone"], indirect=True)
def test_a_chosen_rate_is_shown_for_the_same_day(visitor: Visitor) -> None:
    visitor.goes_to("/?as_of=2022-03-31")
    visitor.page.click(".rate:has-text('R6')")
    visitor.page.wait_for_url("**rate=R6*")
    visitor.page.wait_for_selector(".rate-chosen:has-text('R6')")
    assert "as_of=2022-03-31" in visitor.page.url
    assert "R6 工作覆盖率：504 / 900 ＝ 56.0% · 截至 2022-03-31" in visitor.text()


def in_address(visitor: Visitor, holds: Callable[[str], bool]) -> bool:
    """Whether the address comes to hold something, once whoever types has paused."""
    for _ in range(30):
        if holds(unquote_plus(visitor.page.evaluate("location.search"))):
            return True
        visitor.page.wait_for_timeout(100)
    return False


def test_a_sub_district_lists_its_organisations(visitor: Visitor) -> None:
    visitor.goes_to("/")
    visitor.page.click("table >> text=示例北街道")
    visitor.page.wait_for_selector(".ag-row")
    assert f"/subdistrict/{NORTH}?as_of=2022-09-30&rate=R1" in visitor.page.url
    # What is far below the screen is not drawn yet: its content is there, and no text to see.
    assert "/ 共 600" in (visitor.page.text_content(".ag-paging-panel") or "")
    assert "另有 209 家未列出" in visitor.text()
    visitor.page.fill("#organisations-filter", "未覆盖 第699号")
    visitor.page.wait_for_selector("text=1 至 1 / 共 1")
    assert in_address(visitor, lambda search: search.endswith("&f=未覆盖 第699号"))
    visitor.page.fill("#organisations-filter", "没有这样的组织")
    visitor.page.wait_for_selector("text=没有符合筛选条件的记录")
    assert visitor.questions() == 2  # the filter asks nobody
    visitor.page.click("text=返回覆盖总览")
    visitor.page.wait_for_selector("text=各街道")


@pytest.mark.parametrize("width", [360], ids=["phone"], indirect=True)
def test_nonsense_is_answered_with_a_sentence_and_a_way_back(visitor: Visitor) -> None:
    visitor.goes_to("/?as_of=foo", waits_for="main [role=alert]")
    assert "不是有效日期" in visitor.text()
    visitor.page.click("text=返回覆盖总览")
    visitor.page.wait_for_selector(OVERVIEW)
    visitor.goes_to("/subdistrict/999999009", waits_for="main [role=alert]")
    assert "没有找到街道" in visitor.text()


#: What is opened, and what it waits for and says.
PAGES = {
    "/lists?as_of=2022-09-30": "无党组织且无指导员",
    "/lists/not_reached?as_of=2022-09-30": "两新组织名单（207 家）",
    f"/organisation/{a_uscc(10)}?as_of=2022-09-30": "登记信息及来源",
    "/change?from=2022-03-31&to=2022-09-30": "+21.00 个百分点",
    "/tasks": "没有您需要处理或了解的在办任务",
}


def test_every_page_is_drawn_within_the_screen(visitor: Visitor, width: int) -> None:
    for path, says in PAGES.items():
        visitor.goes_to(path, waits_for="main h1")
        assert says in visitor.text()
        assert visitor.text(".navigation").startswith("总览 变化 名单 任务 ")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == width
    assert visitor.questions() == len(PAGES)


def test_one_finds_the_way_from_a_card_to_an_organisation(visitor: Visitor) -> None:
    visitor.goes_to("/?as_of=2022-09-30")
    visitor.page.click(".kpi-before a >> nth=0")
    visitor.page.wait_for_selector(".change-points")
    assert "from=2022-03-31&to=2022-09-30&rate=R1" in visitor.page.url
    visitor.page.click("#from-on")
    visitor.page.wait_for_selector("text=2022年3月")
    visitor.page.get_by_role("button", name="1 三月 2022", exact=True).click()
    visitor.page.wait_for_url("**from=2022-03-01*")
    visitor.page.wait_for_selector("text=截至 2022-03-01")
    visitor.page.click(".navigation >> text=名单")
    visitor.page.wait_for_selector(".way-here:has-text('名单')")
    visitor.page.click("table >> text=无党组织且无指导员")
    visitor.page.click(".chip:has-text('示例南镇')")
    visitor.page.wait_for_selector(".chip-chosen:has-text('示例南镇')")
    visitor.page.fill("#organisations-filter", "第900号")
    visitor.page.wait_for_selector("text=1 至 1 / 共 1")
    visitor.page.click(".ag-row a")
    visitor.page.wait_for_selector("text=登记信息及来源")
    assert f"/organisation/{a_uscc(900)}?as_of=2022-09-30&rate=R1" in visitor.page.url
    assert visitor.page.title() == "示例第900号有限公司 · 两新组织党建覆盖"
    visitor.page.go_back()
    visitor.page.wait_for_selector("text=1 至 1 / 共 1")
    assert visitor.page.input_value("#organisations-filter") == "第900号"
    visitor.page.fill("#organisations-filter", a_resident_id(5))
    visitor.page.wait_for_selector("text=没有符合筛选条件的记录")
    assert in_address(visitor, lambda search: "&f=" not in search)
    visitor.page.fill("#organisations-filter", "第900号")
    visitor.page.wait_for_selector("text=1 至 1 / 共 1")
    visitor.page.click(".ag-row a")
    visitor.page.click("text=返回示例南镇")
    visitor.page.wait_for_selector("text=区划代码")


def test_a_persons_number_does_not_become_an_address(visitor: Visitor) -> None:
    """What the browser takes for one is what the server would refuse."""
    visitor.goes_to("/find", ".search-box input, input.search-box")
    page, field = visitor.page, visitor.page.locator("#search")
    number = a_resident_id(5)
    for typed in (number, f"甲某 {number[:6]} {number[6:]}", number.lower()):
        field.fill(typed)
        field.press("Enter")
        page.wait_for_selector("#search-refused:not([hidden])")
        assert "q=" not in page.url
    field.fill("示例第900号")
    field.press("Enter")
    page.wait_for_url("**q=*")
    assert page.locator("#search-refused:not([hidden])").count() == 0
    tells = "text => window.dash_clientside.liangxin.is_a_person(text)"
    near = number[:-1] + ("1" if number[-1] == "0" else "0")
    for text in (number, f" {number[:10]}-{number[10:]}x", near, a_uscc(900), "", "启明街道"):
        assert page.evaluate(tells, text) is resident_id.stands_in(text)
