"""Files handed in by a clerk, in a real browser, with a real worker: each ends in a number that changed."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from counters import at_work
from factories import NOW, a_registration, a_uscc, insert_organisation
from pages import serving
from people import a_name, a_number
from signed import an_account
from visitors import Visitor
from windows import Windows

from dashboard.site import Site
from ingest.sync import Desk
from ingest.worker import Worker
from liangxin import db, migrate, privacy
from liangxin.access import Role
from liangxin.settings import Settings

pytestmark = pytest.mark.browser

#: A sub-district that addresses are placed in.
HERE, ADDRESS = "430702001", "湖南省常德市武陵区启明街道沅汀路1号"
FIRM = "示例第1号有限公司"


@dataclass
class Place:
    """An office with its pages, and a worker beside them."""

    site: Site
    address: str
    folder: Path


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[], Path]
) -> Iterator[Place]:
    settings = Settings(home=new_home(), district="430702")
    engine = migrate.open_register(settings, now=NOW)
    privacy.write(privacy.new_keys(), privacy.keys_file(settings))
    site = Site(settings, engine, lambda: NOW)
    with db.writing(engine) as connection:
        insert_organisation(connection, 1, name=FIRM, subdistrict_code=HERE, address=ADDRESS)
    worker = Worker(Desk(settings, engine, lambda: NOW, NOW.date), lambda _zh, _en: None)
    with serving(settings, engine) as address, at_work(worker.counter):
        yield Place(site, address, tmp_path_factory.mktemp("files"))
    worker.queue.storage.close()
    engine.dispose()


@pytest.fixture
def clerk(windows: Windows, place: Place) -> Iterator[Visitor]:
    with windows.visitor(place.address, 1440, 900) as visitor:
        who = an_account(place.site, Role.ECONOMIC_OFFICE, HERE)
        visitor.signs_in(who, moment=NOW.timestamp(), then="/files")
        yield visitor


def a_table(place: Place, name: str, rows: list[dict[str, str]]) -> Path:
    out = StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    file = place.folder / name
    file.write_text(out.getvalue(), encoding="utf-8-sig")
    return file


def drops(visitor: Visitor, file: Path, zone: str) -> None:
    """Choose a file in a box, as a hand that drops it would."""
    box = visitor.page.locator(".files-drop", has_text=zone)
    with visitor.page.expect_file_chooser() as chooser:
        box.get_by_role("button", name="选择文件").click()
    chooser.value.set_files(file)


def reads(visitor: Visitor, text: str) -> None:
    """Wait until the page says something, across its parts."""
    said = "text => document.querySelector('main').innerText.replace(/\\s+/g, ' ').includes(text)"
    visitor.page.wait_for_function(said, arg=text, timeout=60_000)


def staff(visitor: Visitor, code: str) -> str:
    visitor.goes_to(f"/organisation/{code}", "main .facts")
    return visitor.text("main").partition("从业人员 ")[2].partition(" ")[0]


def a_roster(place: Place, people: int, *, wrong: int | None = None) -> Path:
    """A staff list; the number of one person may lack its last character."""
    rows = [
        {
            "姓名": a_name(n),
            "证件类型": "居民身份证",
            "证件号码": a_number(n)[: -1 if n == wrong else None],
            "政治面貌": "中共党员" if n % 5 == 0 else "群众",
            "入职时间": "2020-01-01",
        }
        for n in range(people)
    ]
    return a_table(place, "花名册.csv", rows)


def test_a_roster_that_is_dropped_becomes_the_headcount_of_the_firm(
    place: Place, clerk: Visitor
) -> None:
    code, page = a_uscc(1), clerk.page
    assert staff(clerk, code) == "未摸清"
    clerk.goes_to("/files", ".files-firm input")
    page.fill(".files-firm input", "第1号")
    page.get_by_role("option", name=FIRM).click()
    drops(clerk, a_roster(place, 12), "的花名册")
    page.wait_for_selector("text=共 12 行 = 在岗 12 + 退回 0 + 跳过 0", timeout=60_000)
    page.click(".files-take")
    page.wait_for_selector("text=已接收：在岗 12 人", timeout=60_000)
    assert "待本人确认" not in clerk.text(), "how many members there are is not the office's"
    assert staff(clerk, code) == "12"


def test_a_staff_list_comes_back_with_its_reasons_and_is_taken_when_it_is_mended(
    place: Place, clerk: Visitor
) -> None:
    page = clerk.page
    clerk.goes_to("/files", ".files-firm input")
    page.fill(".files-firm input", "第1号")
    page.get_by_role("option", name=FIRM).click()
    drops(clerk, a_roster(place, 4, wrong=2), "的花名册")
    page.wait_for_selector("text=共 4 行 = 在岗 3 + 退回 1 + 跳过 0", timeout=60_000)
    with page.expect_download(timeout=60_000) as waiting:
        page.click(".files-back")
    assert waiting.value.suggested_filename == "花名册-退回.xlsx"
    mended = place.folder / "改好.xlsx"
    waiting.value.save_as(mended)
    book = openpyxl.load_workbook(mended)
    sheet = book.active
    heads, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert heads[-2:] == ["退回原因", "reason"]
    assert [row[2] for row in rows] == [a_number(0), a_number(1), a_number(2)[:-1], a_number(3)]
    assert [bool(row[-1]) for row in rows] == [False, False, True, False]
    sheet["C4"] = a_number(2)
    book.save(mended)
    drops(clerk, mended, "的花名册")
    page.wait_for_selector("text=共 4 行 = 在岗 4 + 退回 0 + 跳过 0", timeout=60_000)
    assert page.locator(".files-back").count() == 0
    posted = [unquote(url) for _, url in clerk.asked if "/files/roster?" in url]
    assert len(posted) == 3
    assert not any("花名册" in url or "改好" in url for url in posted), "a name may be a person's"
    page.click(".files-take")
    page.wait_for_selector("text=已接收：在岗 4 人", timeout=60_000)
    assert staff(clerk, a_uscc(1)) == "4"


def listed(visitor: Visitor) -> int:
    """How many organisations the sub-district has on its page."""
    visitor.goes_to(f"/subdistrict/{HERE}", "main .organisations")
    return int(visitor.text("main").partition("两新组织名单（")[2].partition(" ")[0])


def hands_in(visitor: Visitor, file: Path, zone: str) -> None:
    visitor.goes_to("/files", ".files-drop")
    drops(visitor, file, zone)
    visitor.page.wait_for_selector("text=试导入结果", timeout=60_000)


def test_a_refused_row_that_is_corrected_is_accepted(place: Place, clerk: Visitor) -> None:
    before, page = listed(clerk), clerk.page
    rows = [a_registration(n, 住所=ADDRESS) for n in (11, 12)]
    rows[1]["统一社会信用代码"] = "91430702XXXX"
    hands_in(clerk, a_table(place, "名单.csv", rows), "街道掌握的两新组织名单")
    assert "行数 2 接收 1 退回 1 跳过 0" in clerk.text()
    cell = page.locator(".files-grid .files-bad")
    cell.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(a_uscc(12))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="重新检查", exact=True).click()
    reads(clerk, "行数 2 接收 2 退回 0")
    page.get_by_role("button", name="导入（2 行）").click()
    page.wait_for_selector("text=已导入，批次", timeout=60_000)
    assert listed(clerk) == before + 2


def test_a_file_that_the_register_cannot_take_is_sent_again_by_itself(
    place: Place, clerk: Visitor
) -> None:
    before = listed(clerk)
    clerk.goes_to("/files", waits_for=".files-drop")
    file = a_table(place, "再送.csv", [a_registration(31, 住所=ADDRESS)])
    with db.writing(place.site.engine):
        drops(clerk, file, "街道掌握的两新组织名单")
        clerk.page.wait_for_selector("text=秒后自动再送", timeout=30_000)
    clerk.page.get_by_role("button", name="导入（1 行）").click(timeout=60_000)
    clerk.page.wait_for_selector("text=已导入，批次", timeout=60_000)
    assert clerk.complaints
    assert all("503" in each for each in clerk.complaints)
    clerk.complaints.clear()
    assert listed(clerk) == before + 1


def test_a_run_that_is_undone_leaves_the_number_as_it_was(place: Place, clerk: Visitor) -> None:
    before, page = listed(clerk), clerk.page
    rows = [a_registration(n, 住所=ADDRESS) for n in (21, 22, 23)]
    hands_in(clerk, a_table(place, "新名单.csv", rows), "街道掌握的两新组织名单")
    page.get_by_role("button", name="导入（3 行）").click()
    page.wait_for_selector("text=已导入，批次", timeout=60_000)
    address = page.url
    assert listed(clerk) == before + 3
    page.goto(address)
    page.click("text=导错了？撤销")
    page.get_by_role("button", name="撤销批次").click()
    page.wait_for_selector("text=登记库恢复到导入前")
    assert listed(clerk) == before
