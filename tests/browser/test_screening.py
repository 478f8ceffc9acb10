"""The offices' daily work as they do it: an organisation screened out by keyboard, one seen to be closed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from factories import NOW, TODAY, a_uscc, insert_division, insert_organisation
from pages import DISTRICT, NORTH, clock, insert_district, serving
from signed import an_account
from sqlalchemy import select, update
from visitors import Visitor
from windows import Windows

from dashboard.site import Site
from liangxin import db, migrate, screening
from liangxin.access import Actor, Role
from liangxin.schema import Organisation, Screening
from liangxin.settings import Settings

pytestmark = pytest.mark.browser
COMMUNITY = NORTH + "001"
ECONOMIC = Actor("同事", Role.ECONOMIC_OFFICE, frozenset({NORTH}))


@pytest.fixture
def site(new_home: Callable[[], Path]) -> Iterator[Site]:
    """A district of a hundred, five of them in one community, and two more that nobody screened."""
    settings = Settings(home=new_home(), district=DISTRICT)
    engine = migrate.open_register(settings, now=NOW - timedelta(days=1))
    with db.writing(engine) as connection:
        insert_district(connection)
        insert_division(connection, COMMUNITY, "示例社区居委会")
        few = Organisation.id.in_((2, 3, 4, 5, 6))
        connection.execute(update(Organisation).where(few).values(community_code=COMMUNITY))
        past = NOW - timedelta(days=30)
        connection.execute(update(Screening).values(learned_at=past))
        for number in (201, 202):
            insert_organisation(connection, number, subdistrict_code=NORTH)
    yield Site(settings, engine, clock)
    engine.dispose()


@pytest.fixture
def visitor(windows: Windows, site: Site) -> Iterator[Callable[[int], Visitor]]:
    """Whoever comes, with a window so many pixels wide."""
    with serving(site.settings, site.engine) as address, ExitStack() as visits:

        def come(width: int) -> Visitor:
            visitor = visits.enter_context(windows.visitor(address, width))
            # At the end nothing is cut off half way.
            visits.callback(visitor.page.wait_for_load_state, "networkidle")
            return visitor

        yield come


def test_an_organisation_is_screened_out_by_keyboard_and_the_denominator_is_one_less(
    site: Site, visitor: Callable[[int], Visitor]
) -> None:
    clerk = visitor(1440)
    clerk.signs_in(an_account(site, Role.ECONOMIC_OFFICE, NORTH), moment=NOW.timestamp())
    assert "69 / 89" in clerk.text()
    clerk.goes_to("/screening", "#screening-list [aria-selected=true]")
    assert clerk.text("#screening-counted") == "89"
    keys = clerk.page.keyboard
    assert "示例第201号有限公司" in clerk.text("#screening-name")
    keys.press("1")
    keys.press("Enter")
    clerk.page.wait_for_selector("text=底数 89 → 90")
    clerk.page.wait_for_selector("#screening-name:has-text('示例第202号')")
    keys.press("j")
    clerk.page.wait_for_selector("#screening-name:has-text('示例第2号')")
    for key in ("ArrowDown", "k", "3"):  # faster than the page is drawn
        keys.press(key)
    keys.press("Enter")
    clerk.page.wait_for_selector("text=移出底数须有依据")
    keys.press("e")
    keys.type("上门无人，税务零申报")
    keys.press("Enter")
    clerk.page.wait_for_selector("text=底数 90 → 89")
    assert clerk.text("#screening-counted") == "89"
    assert clerk.page.get_attribute(f"#screening-of-{a_uscc(2)}", "data-now") == "✓ 空壳"
    clerk.goes_to(f"/subdistrict/{NORTH}")  # of the newest day, which is today's since
    assert "68 / 89" in clerk.text()
    clerk.goes_to("/")
    assert "68 / 89" in clerk.text()
    with db.reading(site.engine) as connection:
        kept = connection.execute(
            select(Screening.evidence, Screening.from_on).where(Screening.state == "shell")
        ).one()
    assert tuple(kept) == ("上门无人，税务零申报", TODAY)


def test_who_comes_second_is_shown_what_the_first_wrote(
    site: Site, visitor: Callable[[int], Visitor]
) -> None:
    clerk = visitor(360)
    clerk.signs_in(
        an_account(site, Role.ECONOMIC_OFFICE, NORTH), moment=NOW.timestamp(), then="/screening"
    )
    clerk.page.wait_for_selector("#screening-list [aria-selected=true]")
    with db.writing(site.engine) as connection:
        found = screening.Found(a_uscc(201), "closed", "门已锁", TODAY, 0)
        screening.record(connection, ECONOMIC, site.rules, found, today=TODAY, now=NOW)
    clerk.page.click("text=1 在营")
    clerk.page.click("#screening-save")
    clerk.page.wait_for_selector("text=同事 已登记")
    assert "门已锁" in clerk.text("#screening-told")
    assert clerk.text("#screening-counted") == "89"
    clerk.page.click("#screening-save")
    clerk.page.wait_for_selector("text=底数 89 → 90")


def test_a_worker_reports_one_closed_in_three_taps_and_the_office_answers(
    site: Site, visitor: Callable[[int], Visitor]
) -> None:
    worker = visitor(360)
    account = an_account(site, Role.COMMUNITY, COMMUNITY, name="worker")
    worker.signs_in(account, moment=NOW.timestamp(), then="/community")
    assert "您还没有上报过" in worker.text()
    worker.page.click("text=示例第5号有限公司")
    worker.page.click("text=已停业关门")
    worker.page.click("text=确认上报")
    worker.page.wait_for_selector("text=已上报，转街道经济办")
    assert worker.page.evaluate("document.documentElement.scrollWidth") == 360

    clerk = visitor(1440)
    office = an_account(site, Role.ECONOMIC_OFFICE, NORTH)
    clerk.signs_in(office, moment=NOW.timestamp(), then="/tasks")
    assert "在办任务（1 项）" in clerk.text()
    assert "2026-11-23 已停业关门" in clerk.text()
    clerk.page.click("text=去摸排登记")
    clerk.page.wait_for_selector("#screening-name:has-text('示例第5号')")
    clerk.page.keyboard.press("6")
    clerk.page.keyboard.type("现场已清空")
    clerk.page.keyboard.press("Enter")
    clerk.page.wait_for_selector("text=底数 89 → 88")
    clerk.page.wait_for_selector("text=摸排任务已办结")
    clerk.goes_to("/tasks", "main h1")
    assert "没有您需要处理或了解的在办任务" in clerk.text()

    worker.page.click("text=继续上报")
    worker.page.wait_for_selector("text=我的上报")
    assert "2026-11-23 答复：摸排结果已录入；登记为“已关闭”（2026-11-23 起）" in worker.text()


def test_the_office_sends_a_report_back_from_the_card_and_the_worker_finds_it(
    site: Site, visitor: Callable[[int], Visitor]
) -> None:
    worker = visitor(360)
    account = an_account(site, Role.COMMUNITY, COMMUNITY, name="worker")
    worker.signs_in(account, moment=NOW.timestamp(), then="/community")
    worker.page.click("text=发现新组织")
    worker.page.fill("#sighting-name", "示例新商行")
    worker.page.fill("#sighting-address", "示例路9号")
    worker.page.click("text=确认上报")
    worker.page.wait_for_selector("text=已上报，转街道经济办")

    clerk = visitor(1440)
    office = an_account(site, Role.ECONOMIC_OFFICE, NORTH)
    clerk.signs_in(office, moment=NOW.timestamp(), then="/tasks")
    assert "示例新商行" in clerk.text()
    clerk.page.click("summary:has-text('答复')")
    clerk.page.click("text=提交答复")
    clerk.page.wait_for_selector("text=请先选择一项答复")
    clerk.page.click("text=信息不足，退回社区补充")
    clerk.page.fill(".task textarea", "请补充代码")
    clerk.page.click("text=提交答复")
    clerk.page.wait_for_selector("text=已答复，转社区（村）")

    worker.goes_to("/tasks", "main .task")
    assert "信息不足，退回社区补充" in worker.text()
    assert "请补充代码" in worker.text()
    worker.page.click("text=查看经过")
    worker.page.wait_for_selector("text=办理经过")
    assert "补充名称、地址或统一社会信用代码" in worker.text()
