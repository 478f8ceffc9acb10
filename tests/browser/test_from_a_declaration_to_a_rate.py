"""One story in a real browser, from somebody's declaration to a rate that went up."""

from collections.abc import Iterator

import pytest
from factories import NORTH, NOW, TODAY
from members_desk import EMPTY_FIRM, FIRM, People, a_register_with_people
from pages import clock, serving
from signed import an_account
from sqlalchemy import Engine
from visitors import OVERVIEW, Visitor

from dashboard.site import Site
from liangxin.access import Role
from liangxin.settings import Settings

pytestmark = pytest.mark.browser
FIRST, SECOND = "示例第1号有限公司", "示例第3号有限公司"


@pytest.fixture
def people(sqlite_settings: Settings, sqlite_engine: Engine) -> People:
    """Two firms of one sub-district: two members are confirmed at the first, one at the second."""
    settings = sqlite_settings.model_copy(update={"district": NORTH[:6]})
    made = a_register_with_people(Site(settings, sqlite_engine, clock))
    for n, code in ((1, FIRM), (2, FIRM), (4, EMPTY_FIRM)):
        made.confirms(n, code)
    made.declares(3)
    return made


@pytest.fixture
def address(people: People) -> Iterator[str]:
    with serving(people.site.settings, people.site.engine) as address:
        yield address


def rate(visitor: Visitor) -> str:
    visitor.goes_to(f"/?as_of={TODAY}&rate=R1", waits_for=OVERVIEW)
    return visitor.text(".kpi-chosen .kpi-now .fraction")


def is_listed(visitor: Visitor, firm: str) -> bool:
    visitor.goes_to(f"/lists/should_not_built?as_of={TODAY}", "main h1")
    return firm in visitor.text()


@pytest.mark.parametrize("width", [1440], ids=["desk"], indirect=True)
def test_a_declaration_confirmed_leads_by_a_joint_branch_to_a_higher_rate(
    visitor: Visitor, people: People
) -> None:
    visitor.signs_in(an_account(people.site, Role.COMMITTEE, NORTH), moment=NOW.timestamp())
    page = visitor.page
    assert rate(visitor) == "0 / 2"
    assert not is_listed(visitor, FIRST)

    # The third member of the first firm is confirmed: it should have a branch, and has none.
    visitor.goes_to(f"/members/{FIRM}", "#members-open")
    page.get_by_label("与本人核实确认").check()
    page.click("#members-open")
    page.get_by_role("button", name="确认", exact=True).click()
    page.wait_for_selector(".members-said .done:has-text('列入预警名单：应建未建')")
    assert is_listed(visitor, FIRST)

    # It cannot form its own yet; whoever asked is answered.
    visitor.goes_to("/tasks", "main .task")
    task = page.locator(".task", has_text=FIRST).filter(has_text="有党员未覆盖")
    task.locator("summary").click()
    task.get_by_label("暂不具备条件（请说明）").check()
    task.locator("textarea").fill("暂无合适的书记人选")
    task.get_by_role("button", name="提交答复").click()
    page.wait_for_selector(".task-told .done, .task .done")

    # A joint branch takes both in.
    page.click(".way:has-text('方案')")
    page.click(".plans-form label:has-text('联合党支部')")
    page.click("text=开始编制")
    page.click(".plans-ready a", timeout=120_000)
    page.wait_for_selector("#plan-body >> text=与登记库今日情况相符")
    assert all(firm in visitor.text(".plans-group") for firm in (FIRST, SECOND))
    page.click("button:has-text('批准方案')")
    page.wait_for_selector(".done:has-text('已批准')")
    page.click("button:has-text('执行方案')")
    page.wait_for_selector(".done:has-text('新增 2')")

    assert rate(visitor) == "2 / 2"
    assert not is_listed(visitor, FIRST)
