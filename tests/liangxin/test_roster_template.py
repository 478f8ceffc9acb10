"""The form for a firm comes back as a roster; whose list is overdue is listed and one task."""

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from factories import (
    NORTH,
    NOW,
    SOUTH,
    insert_headcount,
    insert_organisation,
    insert_screening,
)
from people import a_name, a_number
from sqlalchemy import Engine

from ingest import checking
from liangxin import db, roster_template, rosters, rules, tasks
from liangxin.access import Actor, Role
from liangxin.errors import Misuse
from liangxin.settings import Settings

DAY = NOW.date()
RULES = rules.load()
OFFICE = Actor("office", Role.ECONOMIC_OFFICE, frozenset({NORTH}))


def test_a_template_that_was_filled_in_is_read_without_a_question(tmp_path: Path) -> None:
    out = tmp_path / "花名册.xlsx"
    roster_template.write(out, name="示例第1号有限公司", code="91" * 9, month=DAY)
    book = openpyxl.load_workbook(out)
    sheet = book["花名册"]
    assert [cell.value for cell in sheet[2]] == list(roster_template.HEADERS)
    assert "示例第1号有限公司" in str(sheet["A1"].value)
    assert sheet.max_row == 2, "nobody is filled in"
    for row, (n, status) in enumerate(((1, "中共党员"), (2, "群众")), start=3):
        cells = (a_name(n), "居民身份证", a_number(n), status, date(2020, 3, 1))
        for column, value in enumerate(cells, start=1):
            sheet.cell(row, column, value)
    book.save(tmp_path / "filled.xlsx")
    settings = Settings(home=tmp_path)
    report = checking.check(tmp_path / "filled.xlsx", "roster", settings, today=DAY)
    assert (report.rows, report.accepted, report.refused) == (2, 2, 0)


@pytest.mark.parametrize("name", ["there.xlsx", "list.csv", "no/folder/list.xlsx"])
def test_a_template_that_cannot_be_written_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "there.xlsx").write_bytes(b"")
    with pytest.raises(Misuse):
        roster_template.write(tmp_path / name, name="甲", code="91" * 9, month=DAY)
    assert (tmp_path / "there.xlsx").read_bytes() == b""


def test_firms_of_ten_staff_owe_a_list_a_month(engine: Engine) -> None:
    def firm(n: int, staff: int, *, last: int | None = None, **fields: str) -> None:
        number = insert_organisation(connection, n, **fields)
        insert_screening(connection, number, from_on=DAY - timedelta(days=90))
        insert_headcount(
            connection, number, source="ledger", counted_on=DAY - timedelta(days=90), staff=staff
        )
        if last is not None:
            counted = DAY - timedelta(days=last)
            insert_headcount(connection, number, source="roster", counted_on=counted, staff=staff)

    with db.writing(engine) as connection:
        firm(1, 10)
        firm(2, 9)
        firm(3, 30, last=31)
        firm(4, 30, last=32)
        firm(5, 30, subdistrict_code=SOUTH)
        firm(6, 30, kind="social", ownership="SOCIAL")
        insert_organisation(connection, 7)
    with db.reading(engine) as connection:
        found = rosters.overdue(connection, OFFICE, RULES, as_of=DAY)
    assert [(each.name[3:4], each.staff, each.last_on) for each in found] == [
        ("1", 10, None),
        ("4", 30, DAY - timedelta(days=32)),
    ]
    with db.writing(engine) as connection:
        tasks.open_due(connection, RULES, DAY, NOW)
        told = tasks.listed(connection, OFFICE, today=DAY)
    assert [(each.kind, each.subdistrict_code) for each in told if each.kind == "rosters"] == [
        ("rosters", NORTH)
    ]
