"""Any table of a page copied, or written to a file."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import NORTH, SEPTEMBER, a_district, serving
from sqlalchemy import update
from visitors import OVERVIEW, Visitor

from dashboard import list_tables, tables
from dashboard.site import Site
from liangxin import db
from liangxin.schema import Organisation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(new_home: Callable[[], Path]) -> Iterator[Site]:
    with a_district(new_home()) as site:
        formula = update(Organisation).where(Organisation.id == 1).values(name="=cmd|calc")
        with db.writing(site.engine) as connection:
            connection.execute(formula)
        yield site


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with serving(site.settings, site.engine) as address:
        yield address


def taken(page: Any, button: str, folder: Path) -> tuple[str, list[list[str]]]:
    """The name of the file that a button gives, and its rows."""
    with page.expect_download() as waiting:
        page.click(button)
    file = folder / "taken.csv"
    waiting.value.save_as(file)
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    return waiting.value.suggested_filename, rows


def test_a_table_is_copied_and_written_to_a_file_named_after_it(
    visitor: Visitor, tmp_path: Path, width: int
) -> None:
    page = visitor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.goes_to(f"/?as_of={SEPTEMBER}", OVERVIEW)
    frame = page.locator(".taken", has_text="示例南镇").first
    frame.get_by_role("button", name="复制").click()
    frame.get_by_role("button", name="已复制").wait_for()
    told = page.evaluate("navigator.clipboard.readText()")
    rows = [line.split("\t") for line in told.splitlines()]
    assert ["示例南镇", "7", "10", "70.0%", "0"] in rows
    assert rows[-1] == ["合计", "77", "100", "77.0%", "1"]
    name, written = taken(page, ".taken:has-text('示例南镇') [data-take=file]", tmp_path)
    assert (name, written) == ("覆盖总览 分街道（镇、乡）明细.csv", rows)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_in_english_short_words_and_headings_of_a_list_are_not_cut_off(visitor: Visitor) -> None:
    visitor.page.set_viewport_size({"width": 1920, "height": 900})  # every column is drawn
    visitor.goes_to("/language/en")
    cut = """columns => columns.filter(each => [...document.querySelectorAll(
        `[col-id=${each}] :is(.ag-cell-value, .ag-header-cell-text)`
    )].some(text => text.scrollWidth > text.clientWidth))"""
    for path in (f"/subdistrict/{NORTH}", "/lists/not_reached"):
        visitor.goes_to(f"{path}?as_of={SEPTEMBER}", "#organisations .ag-row")
        columns = list(tables.WIDTHS | list_tables.WIDTHS)
        long = {"name", "party_organisation", "address"}  # of any length
        words = [each for each in columns if each not in long]
        assert visitor.page.evaluate(cut, words) == []


def test_a_list_gives_the_rows_that_its_filter_lets_through_and_no_formula(
    visitor: Visitor, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    visitor.goes_to(f"/lists/not_reached?as_of={SEPTEMBER}", ".ag-row")
    grid = "[data-grid=organisations] [data-take=file]"
    _, whole = taken(visitor.page, grid, tmp_path)
    assert len(whole) == 1 + 23
    visitor.page.fill("#organisations-filter", "第99号")
    shown = visitor.page.locator(".ag-center-cols-container .ag-row")
    expect(shown).to_have_count(1)
    _, some = taken(visitor.page, grid, tmp_path)
    assert [row[0] for row in some[1:]] == ["示例第99号有限公司"]
    visitor.goes_to(f"/subdistrict/999999003?as_of={SEPTEMBER}", ".ag-row")
    _, one = taken(visitor.page, grid, tmp_path)
    assert one[1][0] == "'=cmd|calc"
