"""A committee at its day's work, from signing in to a number that changed: joint branches, instructors, visits."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from factories import NORTH, NOW, TODAY, insert_assignment, insert_division
from pages import clock, serving
from planning_desk import EAST, WEST, PlanningDesk
from signed import an_account
from sqlalchemy import Engine
from visitors import OVERVIEW, Visitor
from windows import Windows

from dashboard.site import Site
from liangxin.access import Actor, Role
from liangxin.settings import Settings

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(sqlite_engine: Engine) -> PlanningDesk:
    """Twelve firms that operate; nine of them have a member or two, none is reached."""
    made = PlanningDesk(sqlite_engine, Actor("示例党委", Role.COMMITTEE, frozenset({NORTH})))
    for code, name in ((NORTH, "示例北街道"), (EAST, "示例东社区"), (WEST, "示例西社区")):
        made.write(lambda c, code=code, name=name: insert_division(c, code, name))  # type: ignore[misc]
    for n in range(12):
        members = (1, 2, 1, 0)[n % 4]
        made.firm(full_members=members, members=members, community_code=(EAST, WEST)[n % 2])
    return made


@pytest.fixture
def visitor(
    windows: Windows, desk: PlanningDesk, sqlite_settings: Settings, width: int
) -> Iterator[Visitor]:
    settings = sqlite_settings.model_copy(update={"district": "999999"})
    site = Site(settings, desk.engine, clock)
    with serving(settings, desk.engine) as address, windows.visitor(address, width) as visitor:
        visitor.signs_in(an_account(site, "committee", NORTH), moment=NOW.timestamp())
        yield visitor


@pytest.fixture(params=[1440], ids=["desk"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def has_a_plan_made(visitor: Visitor, kind: str) -> None:
    """Ask for a plan, wait for it and open it."""
    visitor.page.click(".way:has-text('方案')")
    visitor.page.click(f".plans-form label:has-text('{kind}')")
    visitor.page.click("text=开始编制")
    visitor.page.wait_for_selector(".plans-making:has-text('已用')")  # from the first second
    visitor.page.click(".plans-ready a", timeout=120_000)
    visitor.page.wait_for_selector("#plan-body >> text=与登记库今日情况相符")


def decides(visitor: Visitor) -> str:
    """Approve and apply what is open; return what was told."""
    visitor.page.click("button:has-text('批准方案')")
    visitor.page.wait_for_selector(".done:has-text('已批准')")
    visitor.page.click("button:has-text('执行方案')")
    visitor.page.wait_for_selector(".done:has-text('起执行')")
    return visitor.text("#plan-told")


def rate(visitor: Visitor, name: str) -> str:
    """Numerator and denominator of a rate on the overview."""
    visitor.goes_to(f"/?as_of={TODAY}&rate={name}", waits_for=OVERVIEW)
    return visitor.text(".kpi-chosen .kpi-now .fraction")


def test_a_joint_branch_plan_is_made_approved_and_applied_and_the_rate_goes_up(
    visitor: Visitor,
) -> None:
    assert rate(visitor, "R1") == "0 / 12"
    has_a_plan_made(visitor, "联合党支部")
    assert "与登记库今日情况相符" in visitor.text()
    assert visitor.page.locator(".plans-group").count() >= 2
    assert "新增 9" in decides(visitor)
    assert rate(visitor, "R1") == "9 / 12"


def test_a_group_is_locked_by_one_and_the_other_is_told(visitor: Visitor) -> None:
    has_a_plan_made(visitor, "联合党支部")
    other = Visitor(visitor.page.context.new_page(), visitor.address)
    other.goes_to("/plans/1", waits_for=".plans-group")
    for each in (visitor, other):
        box = each.page.get_by_role("textbox", name="组", exact=True)
        box.click()
        each.page.get_by_role("option").first.click()
        each.page.click("text=锁定整组")
        each.page.wait_for_selector("#plan-told p")
    assert "第 1 组已整组锁定" in visitor.text("#plan-told")
    assert "您打开本页之后" in other.text("#plan-told")
    assert (
        other.page.get_by_role("textbox", name="组", exact=True).input_value() != ""
    )  # nothing was lost
    assert "现有锁定" in other.text("#plan-locks")
    visitor.page.click("button:has-text('按锁定重新编制')")
    visitor.page.click(".plans-ready a", timeout=120_000)
    visitor.page.wait_for_selector("text=由此方案调整而来")


@pytest.mark.parametrize("width", [360], ids=["phone"], indirect=True)
def test_an_instructor_is_assigned_and_a_visit_logged_from_a_phone(
    visitor: Visitor, desk: PlanningDesk
) -> None:
    who = desk.instructor("钱学甲", capacity=8, community_code=EAST)
    late = desk.number(desk.firm(mode="alone"))
    desk.write(lambda c: insert_assignment(c, late, who, from_on=TODAY - timedelta(days=60)))
    before = rate(visitor, "R6")
    assert before == "1 / 13"
    has_a_plan_made(visitor, "指导员选派")
    address = visitor.page.evaluate("location.href")
    visitor.page.fill("#organisations-filter", "没有这个人")
    visitor.page.wait_for_selector("text=没有符合筛选条件的记录")
    assert visitor.page.evaluate("location.href") == address  # the list names people
    assert "新增 7" in decides(visitor)  # with the one they had, eight
    assert rate(visitor, "R6") == "8 / 13"
    visitor.page.click(".way:has-text('走访')")
    visitor.page.wait_for_selector(".visits-card-late")
    overdue = ".visits-count:has-text('逾期单位') b"
    assert visitor.text(overdue) == "1"
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == 360
    visitor.page.click(".visits-card-late")  # one
    visitor.page.click("text=有意组建党组织")  # two
    visitor.page.click("#visit-save")  # three
    visitor.page.wait_for_selector("#visit-told .done")
    visitor.page.click("text=返回走访")
    visitor.page.wait_for_selector(".visits-count")
    assert visitor.text(overdue) == "0"


def test_instructors_are_pasted_out_of_a_sheet_and_a_plan_sends_them(visitor: Visitor) -> None:
    page = visitor.page
    page.click(".way:has-text('走访')")
    page.click("text=指导员名单：新增、修改")
    page.click("text=从表格中粘贴多人")
    page.fill("#instructors-lines", "姓名\t身份\t可联系数\n钱学甲\t主任\t4")
    page.click("text=登记这些人")
    page.wait_for_selector("text=第 2 行“身份”不能填“主任”")
    page.fill("#instructors-lines", "姓名\t身份\t可联系数\n钱学甲\t街道干部\t4\n孙学乙\t其他\t3")
    page.click("text=登记这些人")
    page.wait_for_selector("text=已登记 2 人：新增 2")
    page.get_by_role("textbox", name="姓名").fill("吴学丙")
    page.click("button:has-text('登记'):not(:has-text('这些'))")
    page.wait_for_selector("text=已登记 1 人：新增 1")
    page.click("a:has-text('孙学乙')")
    page.wait_for_selector("text=联系中的单位（0 个）")
    page.get_by_role("textbox", name="可联系数").fill("2")
    page.click("text=保存")
    page.wait_for_selector("text=已保存孙学乙的登记")
    has_a_plan_made(visitor, "指导员选派")
    assert "新增 11" in decides(visitor)  # 4, 2 and as many as the rules say, 5
    page.goto(f"{visitor.address}/instructors")
    page.wait_for_selector("text=4/4")
    assert "2/2" in visitor.text()


def test_a_table_is_saved_and_holds_no_formula(visitor: Visitor, desk: PlanningDesk) -> None:
    desk.instructor("=cmd|calc", capacity=2, community_code=EAST)
    number = desk.instructors(on=TODAY)["plan"]
    visitor.goes_to(f"/plans/{number}", waits_for=".ag-row")
    with visitor.page.expect_download() as waiting:
        visitor.page.click("[data-grid=organisations] [data-take=file]")
    lines = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith('"名称","统一社会信用代码","指导员"')
    assert len(lines) == 3
    assert all('"\'=cmd|calc"' in line for line in lines[1:])
