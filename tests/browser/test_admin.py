"""The three administrators and the district office in a real browser, each from the sign-in page."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from factories import NORTH, NOW
from pages import a_district, serving
from signed import Signed, an_account
from visitors import Visitor
from windows import Windows

from dashboard.site import Site
from liangxin import accounts, audit, db, holds, jobs, queue
from liangxin.access import Role

pytestmark = pytest.mark.browser
PASSWORD = "砚池边上的三只灰鹭看潮水"


@pytest.fixture(scope="module")
def site(new_home: Callable[[], Path]) -> Iterator[Site]:
    with a_district(new_home()) as site:
        yield site


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with serving(site.settings, site.engine) as address:
        yield address


@pytest.fixture(scope="module")
def people(site: Site) -> dict[str, Signed]:
    roles = ("sysadmin", "secadmin", "auditor", "district_office")
    return {role: an_account(site, role, name=f"the-{role}") for role in roles}


@pytest.fixture
def enters(windows: Windows, address: str, people: dict[str, Signed]) -> Iterator[Any]:
    """Sign in as a role; a code opens once, so each role enters once a test module, by a fresh step."""
    with ExitStack() as visits:

        def enter(role: str, then: str) -> Visitor:
            visitor = visits.enter_context(windows.visitor(address, 1440, 900))
            visitor.signs_in(people[role], moment=NOW.timestamp(), then=then)
            return visitor

        yield enter


def test_an_account_from_asking_to_signing_in(
    site: Site, address: str, windows: Windows, enters: Any
) -> None:
    """Asked for, its password set, refused, granted; the number of waiting accounts goes up and down."""
    system = enters("sysadmin", "/")
    page = system.page
    assert page.url == f"{address}/admin/accounts"  # where the role begins
    page.fill("#admin-account-name", "北街道经济办")
    page.click("#admin-account-role")
    page.get_by_role("option", name="街道经济办").click()
    page.fill("#admin-account-scope", NORTH)
    page.keyboard.press("Enter")
    page.click("#admin-account-add")
    page.wait_for_selector(".admin-link")
    link = page.inner_text(".admin-link")
    assert link.startswith(f"{address}/account/link/")
    assert "待授予角色" in system.text()

    with windows.one(address, 1440, 900) as clerk:
        clerk.goto(link)
        clerk.fill("[name=password]", PASSWORD)
        clerk.fill("[name=again]", PASSWORD)
        clerk.click("button[type=submit]")
        assert sign_in(clerk, address) is False
        assert "尚未由安全管理员授予" in clerk.inner_text("body")

        security = enters("secadmin", "/")
        security.page.wait_for_selector("text=待授予（1 个）")
        security.page.click("text=北街道经济办")
        security.page.wait_for_selector("#admin-role-grant")
        security.page.click("#admin-role-grant")
        security.page.wait_for_selector("text=已授予“北街道经济办”角色")
        assert "没有账户在等待授予角色" in security.text()

        assert sign_in(clerk, address) is True
        clerk.wait_for_selector("main .kpi-share")
        assert "示例北街道" in clerk.inner_text("main")
        assert "示例南镇" not in clerk.inner_text("main")

        page.goto(f"{address}/admin/accounts?account=北街道经济办")
        page.wait_for_selector("#admin-account-do")
        page.get_by_label("停用").check()
        page.click("#admin-account-do")
        page.wait_for_selector("text=已停用“北街道经济办”")
        clerk.goto(address)
        assert "/account/sign-in" in clerk.url


def sign_in(page: Any, address: str) -> bool:
    page.goto(f"{address}/account/sign-in")
    page.fill("[name=name]", "北街道经济办")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state("networkidle")
    return "/account/" not in page.url


def test_the_auditor_filters_exports_and_finds_a_broken_log(
    site: Site, enters: Any, tmp_path: Path
) -> None:
    auditor = enters("auditor", "/")
    page = auditor.page
    page.wait_for_selector("text=日志完整")
    page.wait_for_load_state("networkidle")
    assert "日志完整" in auditor.text()  # nothing came over it
    page.fill("#admin-log-about", "the-auditor")
    page.click("#admin-log-ask")
    page.wait_for_url("**about=the-auditor*")
    page.wait_for_selector("text=记录（2 条")
    with page.expect_download() as waiting:
        page.click("#admin-log-export")
    file = tmp_path / "log.csv"
    waiting.value.save_as(file)
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[4] for row in rows[1:]] == ["签发一次性链接", "新建账户"]
    with page.expect_download() as waiting:
        page.click("[data-name=log] [data-take=file]")
    waiting.value.save_as(file)
    assert len(list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))) == 3
    with db.writing(site.engine) as connection:
        before = connection.execute(
            audit.AuditEntry.__table__.select().where(audit.AuditEntry.number == 2)  # type: ignore[attr-defined]
        ).one()
        change(connection, about="别的")
    page.click("#admin-log-verify")
    page.wait_for_selector("text=自第 2 条起")
    with db.writing(site.engine) as connection:
        change(connection, about=before.about)
    page.click("#admin-log-verify")
    page.wait_for_selector("text=日志完整")


def change(connection: Any, **values: str) -> None:
    table = audit.AuditEntry.__table__
    connection.execute(table.update().where(table.c.number == 2).values(**values))  # type: ignore[attr-defined]


def test_a_failed_job_is_done_again(site: Site, windows: Windows, address: str) -> None:
    who = an_account(site, Role.SYSADMIN, name="second")
    with db.writing(site.engine) as connection:
        job = jobs.begin(connection, "portal", worker="w:1", delivery=None, now=NOW)
        jobs.finish(connection, job.id, rows=0, now=NOW, zh="发布方没有应答。", en="no answer.")
    with windows.visitor(address, 360) as visitor:
        visitor.signs_in(who, moment=NOW.timestamp(), then="/admin/jobs")
        assert "未成功（1 项）" in visitor.text()
        visitor.page.get_by_role("button", name="重新办理").click()
        visitor.page.wait_for_selector("text=在办（1 项）")
        assert "没有工作进程在运行" in visitor.text()
        with holds.holding(site.engine, queue.WORKER):
            visitor.goes_to("/admin/jobs", waits_for="text=工作进程正在运行")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == 360
    with db.writing(site.engine) as connection:
        accounts.disable(
            connection, "second", by=accounts.actor_of("x", Role.SYSADMIN, ()), now=NOW
        )


@pytest.mark.parametrize("width", [1440, 360])
def test_the_district_office_goes_from_source_to_run_to_quality(
    site: Site, windows: Windows, address: str, width: int
) -> None:
    who = an_account(site, Role.DISTRICT_OFFICE, name=f"office-{width}")
    with windows.visitor(address, width, 900) as visitor:
        visitor.signs_in(who, moment=NOW.timestamp(), then="/sources")
        page = visitor.page
        page.get_by_role("link", name="市场监管部门登记导出").click()
        page.wait_for_selector("text=数据源说明")
        page.get_by_role("link", name="批次 1").first.click()
        page.wait_for_selector("text=每一行的去向")
        assert "101 行 ＝ 接收 1 ＋ 退回 0 ＋ 跳过 100" in visitor.text()
        page.go_back()
        page.wait_for_selector("text=数据源说明")
        for path, said in (
            ("/quality", "定位到社区"),
            ("/rules", "谁计入底数"),
            ("/exchange", "怎样办理"),
            ("/sources", "有来件的数据源"),
        ):
            visitor.goes_to(path, waits_for=f"text={said}")
            assert page.evaluate("document.documentElement.scrollWidth") == width
