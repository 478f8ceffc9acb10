"""Two offices that share no network: a package packed at one's page is opened at the other's."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from counters import a_worker, at_work
from factories import NOW, a_uscc, insert_run
from offices import Office, acquainted, found
from pages import serving
from signed import an_account
from visitors import Visitor
from windows import Windows

from dashboard.site import Site
from liangxin import db, migrate
from liangxin.access import Role
from liangxin.settings import Settings

pytestmark = pytest.mark.browser


@dataclass
class Desk:
    """The district office's desk at one of the two."""

    office: Office
    visitor: Visitor


@pytest.fixture
def desks(windows: Windows, new_home: Callable[[], Path]) -> Iterator[tuple[Desk, Desk]]:
    """Both, signed in at the page of the exchange, with a worker each."""
    made = []
    with ExitStack() as stack:
        for name in ("甲区", "乙街道"):
            settings = Settings(home=new_home())
            engine = migrate.open_register(settings, now=NOW)
            stack.callback(engine.dispose)
            office = Office(name, settings, engine)
            site = Site(settings, engine, lambda: NOW)
            stack.enter_context(at_work(stack.enter_context(a_worker(site))))
            address = stack.enter_context(serving(settings, engine, clock=lambda: NOW))
            visitor = stack.enter_context(windows.visitor(address, 1440, 900))
            made.append((office, site, visitor))
        acquainted(*(office for office, _, _ in made))
        for _, site, visitor in made:
            who = an_account(site, Role.DISTRICT_OFFICE)
            visitor.signs_in(who, moment=NOW.timestamp(), then="/exchange")
        first, second = (Desk(office, visitor) for office, _, visitor in made)
        yield first, second


def test_a_package_is_packed_fetched_carried_and_opened(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    jia, yi = desks
    found(jia.office, 1)
    page = jia.visitor.page
    page.click("#exchange-pack")
    page.wait_for_selector("text=第 1 号交换包已打好", timeout=30_000)
    with page.expect_download() as waiting:
        page.click("text=下载交换包")
    file = tmp_path / "carried.lxp"
    waiting.value.save_as(file)
    assert "乙街道" in waiting.value.suggested_filename
    assert "尚未收到回执" in jia.visitor.text()
    there = yi.visitor.page
    send(yi, file)
    there.wait_for_selector("text=交换包已打开（批次 1）", timeout=30_000)
    assert "新增 1" in yi.visitor.text()
    assert yi.office.values(a_uscc(1))["name"] == jia.office.values(a_uscc(1))["name"]
    send(yi, file)
    there.wait_for_selector("text=再次打开不改变任何内容", timeout=30_000)
    assert "批次 1" in there.locator(".errand >> nth=1").inner_text()


def test_what_is_no_package_is_told_before_it_is_sent(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    _, yi = desks
    table = tmp_path / "名单.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    send(yi, table)
    yi.visitor.page.wait_for_selector("text=这不是交换包")


def test_the_district_office_takes_back_a_run_that_no_page_handed_in(
    desks: tuple[Desk, Desk],
) -> None:
    jia, _ = desks
    with db.writing(jia.office.engine) as connection:
        number = insert_run(connection, "market_regulator")
    page = jia.visitor.page
    page.goto(f"{jia.visitor.address}/runs/{number}")
    page.click("text=导错了？")
    page.click("#run-undo-press")
    page.wait_for_selector(f"text=批次 {number} 已撤销", timeout=30_000)
    page.reload()
    page.wait_for_selector("text=每一行的去向")
    assert "撤销这一批次" not in jia.visitor.text()


def send(desk: Desk, file: Path) -> None:
    """Choose a file in the box for packages."""
    page = desk.visitor.page
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="选择文件").click()
    chooser.value.set_files(file)
