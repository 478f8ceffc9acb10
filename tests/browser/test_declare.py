"""The declaration pages in a real browser, on a phone and at a desk, with scripts switched off."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from declaring_desk import Workplace, a_workplace
from factories import NOW
from loads import rows
from people import a_name, a_number

from dashboard.declare import MINE, notice_page
from dashboard.text import Say
from liangxin import db, links, migrate
from liangxin.schema import Membership
from liangxin.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

LEAST_TARGET = 44
#: WCAG 2, level AA.
LEAST_CONTRAST = 4.5
#: Text and its ground, of every element that shows some.
COLOURS = """() => [...document.querySelectorAll('body *')]
  .filter(one => [...one.childNodes].some(node => node.nodeType == 3 && node.data.trim()))
  .filter(one => one.getClientRects().length)
  .map(one => {
    let ground = one;
    while (ground && getComputedStyle(ground).backgroundColor == 'rgba(0, 0, 0, 0)')
      ground = ground.parentElement;
    const colour = getComputedStyle(one).color;
    return [one.textContent.trim().slice(0, 20), colour,
            ground ? getComputedStyle(ground).backgroundColor : 'rgb(255, 255, 255)'];
  })"""
TARGETS = """() => [...document.querySelectorAll(
    'input:not([type=hidden], [type=radio], [type=checkbox]), select, button, .tick, .button, '
    + '.further a, .language, summary')]
  .map(one => [one.outerHTML.slice(0, 60), one.getBoundingClientRect().height])"""


@pytest.fixture(scope="module")
def place(new_home: Callable[[], Path]) -> Iterator[Workplace]:
    settings = Settings(home=new_home(), district="999999")
    engine = migrate.open_register(settings, now=NOW)
    with a_workplace(settings, engine) as made:
        yield made
    engine.dispose()


@pytest.fixture(params=[1280, 360], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def page(browser: "Browser", place: Workplace, width: int) -> Iterator["Page"]:
    context = browser.new_context(
        viewport={"width": width, "height": 760}, locale="zh-CN", java_script_enabled=False
    )
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    context.close()
    own = (f"{place.address}/declare/", "data:")
    assert [url for url in asked if not url.startswith(own)] == []
    # A browser complains of every answer that is not 200; of nothing else may it.
    assert [
        each for each in complaints if "the server responded with a status of" not in each
    ] == []


def assert_well_made(page: "Page", width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == width
    small = [each for each in page.evaluate(TARGETS) if each[1] < LEAST_TARGET]
    assert small == []
    pale = [each for each in page.evaluate(COLOURS) if contrast(*each[1:]) < LEAST_CONTRAST]
    assert pale == []


def contrast(first: str, second: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(each) / 255 for each in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def wait_for(page: "Page", title: str) -> None:
    from playwright.sync_api import expect

    expect(page).to_have_title(title)


def fill(form: Any, n: int) -> None:
    form.get_by_label("姓名").fill(a_name(n))
    form.get_by_label("证件号码").fill(a_number(n))
    form.get_by_label("正式党员").check()
    form.get_by_label("组织关系所在").select_option(label="居住地社区党组织")
    form.get_by_label("入职日期").fill("2022-03-01")
    for words in ("我同意为上述目的", "我同意把这些信息"):
        form.get_by_label(words).check()


def test_somebody_declares_with_a_phone_sees_it_and_withdraws(
    page: "Page", place: Workplace, width: int
) -> None:
    page.goto(place.address + place.page)
    assert_well_made(page, width)
    form = page.locator("#declare form")
    fill(form, 1)
    form.get_by_label("证件号码").fill("123")
    form.get_by_role("button", name="提交申报").click()
    assert "证件号码有误" in page.get_by_role("alert").inner_text()
    assert_well_made(page, width)
    assert form.get_by_label("姓名").input_value() == a_name(1)
    assert form.get_by_label("证件号码").input_value() == ""
    fill(form, 1)
    form.get_by_role("button", name="提交申报").click()
    wait_for(page, "已收到您的申报")
    assert_well_made(page, width)
    code = re.sub(r"\s", "", page.inner_text(".code"))

    page.goto(place.address + MINE)
    assert_well_made(page, width)
    page.get_by_label("查询码").fill("ABCD")
    page.get_by_role("button", name="查看").click()
    assert "查询码有误" in page.get_by_role("alert").inner_text()
    page.get_by_label("查询码").fill(code.lower())
    page.get_by_role("button", name="查看").click()
    page.locator("summary").click()
    assert_well_made(page, width)
    assert a_name(1) in page.inner_text(".facts")
    assert code not in page.url
    page.get_by_label("我确认全部撤回").check()
    page.get_by_role("button", name="全部撤回").click()
    wait_for(page, "已撤回")
    assert_well_made(page, width)
    assert rows(place.engine, Membership) == []


def test_not_declaring_is_as_easy_to_see_as_declaring(
    page: "Page", place: Workplace, width: int
) -> None:
    page.goto(place.address + place.page)
    yes, no = page.locator(".choice a").all()
    size, other = yes.bounding_box(), no.bounding_box()
    assert (size["width"], size["height"], size["y"]) == (
        *(other["width"], other["height"]),
        other["y"],
    )
    no.click()
    page.locator("#decline").get_by_label("证件号码").fill(a_number(2))
    page.locator("#decline").get_by_role("button", name="我不申报").click()
    wait_for(page, "谢谢，已记下")
    assert_well_made(page, width)


def test_the_browser_asks_for_the_consents_before_anything_is_sent(
    page: "Page", place: Workplace
) -> None:
    page.goto(place.address + place.page)
    form = page.locator("#declare form")
    fill(form, 3)
    form.get_by_label("我同意把这些信息").uncheck()
    form.get_by_role("button", name="提交申报").click()
    assert page.locator("#declare input:invalid").get_attribute("name") == "pass_on"
    assert rows(place.engine, Membership) == []


def test_what_the_keyboard_is_at_can_be_seen(page: "Page", place: Workplace) -> None:
    page.goto(place.address + place.page)
    outlines = []
    for _ in range(8):
        page.keyboard.press("Tab")
        outlines.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
    assert set(outlines) == {"solid"}


def test_the_page_is_there_in_english(page: "Page", place: Workplace, width: int) -> None:
    page.goto(place.address + place.page)
    page.get_by_role("link", name="English").click()
    wait_for(page, "Declare your membership yourself")
    assert_well_made(page, width)
    page.get_by_role("link", name="See, correct or withdraw").click()
    wait_for(page, "See, correct or withdraw")
    page.get_by_role("link", name="中文").click()
    wait_for(page, "查看、更正或撤回")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_notice_is_one_sheet_and_its_code_is_large(
    browser: "Browser", place: Workplace, tmp_path: Path, language: Any
) -> None:
    with db.reading(place.engine) as connection:
        where = links.place_of(connection, place.token, today=NOW.date())
    address = notice_page.address_of("https://djfg.example.cn", place.token)
    file = tmp_path / "notice.html"
    file.write_text(notice_page.render(where, address, Say(language)), encoding="utf-8")
    page = browser.new_page(java_script_enabled=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    box = page.locator("svg").bounding_box()
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert box["width"] == box["height"] > 70 * 96 / 25.4  # 70 mm
    assert asked == [file.as_uri()]
