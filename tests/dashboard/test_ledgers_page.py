"""A sub-district's ledgers as files: the office's own form, what its role may see of members, and the log."""

import io

import openpyxl
import pytest
from dash import html
from factories import (
    LONG_AGO,
    NORTH,
    insert_covering,
    insert_headcount,
    insert_organisation,
    insert_party_organisation,
    insert_term,
)
from flask.testing import FlaskClient
from pages import SEPTEMBER, SOUTH, find_all
from sqlalchemy import select
from werkzeug.test import TestResponse

from dashboard import auth, ledgers
from dashboard.pages import subdistrict
from dashboard.query import Query
from dashboard.site import Site, Visit
from liangxin import db
from liangxin.access import Actor, Role
from liangxin.ledger_forms import FORMS
from liangxin.schema import AuditEntry

COMMITTEE = Actor("committee", Role.COMMITTEE)
ENTERPRISES = f"/subdistrict/{SOUTH}/ledger/enterprises.xlsx"


#: The form's headers stand in so many rows, groups above their columns.
DEEP = 3


def table(answer: TestResponse) -> tuple[object, list[dict[str, object]]]:
    """The title of a ledger of firms, and its rows by the last word of each header."""
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    title, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    heads = [[cell for cell in column if cell][-1] for column in zip(*rows[:DEEP], strict=True)]
    return title[0], [dict(zip(heads, row, strict=True)) for row in rows[DEEP:]]


def entries(site: Site) -> list[tuple[str, str, str | None]]:
    with db.reading(site.engine) as connection:
        query = select(AuditEntry.action, AuditEntry.about, AuditEntry.purpose)
        return [
            tuple(row)
            for row in connection.execute(query.where(AuditEntry.action == "person.exported"))
        ]


def test_a_ledger_lists_the_sub_districts_firms_in_the_offices_form(client: FlaskClient) -> None:
    title, rows = table(client.get(f"{ENTERPRISES}?as_of=2022-09-30"))
    assert title == "非公有制经济组织党组织工作台账（截至 2022-09-30）"
    names = [str(row["企业名称"]) for row in rows]
    assert len(names) == 10
    assert names == sorted(names)


def test_every_form_can_be_taken_at_the_sub_districts_page(
    district: Site, client: FlaskClient
) -> None:
    page = subdistrict.layout(Visit(district, Query(SEPTEMBER), {"code": SOUTH}))
    links = [each.href for each in find_all(page, html.A) if "/ledger/" in each.href]
    assert links == [ledgers.address(SOUTH, form, SEPTEMBER) for form in FORMS]
    assert [client.get(link).status_code for link in links] == [200] * len(FORMS)


def test_counts_of_members_are_in_the_committees_file_alone_and_in_the_log(
    district: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.writing(district.engine) as connection:
        for n in range(1, 101):
            insert_headcount(connection, n, full_members=7)

    def full_members(address: str) -> set[object]:
        return {row["正式党员数"] for row in table(client.get(address))[1]}

    assert 7 not in full_members(ENTERPRISES)
    assert client.get(f"{ENTERPRISES}?members=1").status_code == 403
    assert entries(district) == []
    monkeypatch.setattr(auth, "LOCAL", COMMITTEE)
    assert 7 not in full_members(ENTERPRISES)
    assert entries(district) == []
    assert full_members(f"{ENTERPRISES}?members=1&as_of=2022-09-30") == {7}
    assert entries(district) == [("person.exported", f"enterprises 2022-09-30 {SOUTH}", "ledger")]


@pytest.mark.parametrize("form", FORMS)
def test_secretaries_are_named_in_the_committees_logged_file_alone(
    district: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    kind = {"kind": "social"} if form == "social" else {}
    with db.writing(district.engine) as connection:
        organisation = insert_organisation(connection, 500, subdistrict_code=SOUTH, **kind)
        branch = insert_party_organisation(
            connection, name="南镇党支部", subdistrict_code=SOUTH, from_on=LONG_AGO
        )
        insert_covering(connection, organisation, branch, from_on=LONG_AGO)
        insert_term(connection, branch, secretary="钱伯庸", secretary_kind="owner")
    address = f"/subdistrict/{SOUTH}/ledger/{form}.xlsx?as_of=2022-09-30"

    def cells(address: str) -> set[object]:
        sheet = openpyxl.load_workbook(io.BytesIO(client.get(address).data)).active
        return {cell for row in sheet.iter_rows(values_only=True) for cell in row}

    for role in (Role.DISTRICT_OFFICE, Role.ECONOMIC_OFFICE, Role.COMMUNITY, Role.COMMITTEE):
        monkeypatch.setattr(auth, "LOCAL", Actor("someone", role))
        found = cells(address)
        assert "南镇党支部" in found
        assert "钱伯庸" not in found
    assert "钱伯庸" in cells(f"{address}&members=1")
    assert len(entries(district)) == 1


def test_the_committees_page_offers_both_and_a_leaders_none(
    district: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offered() -> list[str]:
        page = subdistrict.layout(Visit(district, Query(SEPTEMBER), {"code": SOUTH}))
        return [each.href for each in find_all(page, html.A) if "/ledger/" in each.href]

    monkeypatch.setattr(auth, "LOCAL", COMMITTEE)
    assert sum("members=1" in each for each in offered()) == len(FORMS)
    monkeypatch.setattr(auth, "LOCAL", Actor("leader", Role.LEADER))
    assert offered() == []


def test_what_is_not_there_or_too_long_is_said(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = client.get(f"/subdistrict/{SOUTH}/ledger/no_such.xlsx")
    assert (none.status_code, "没有台账样式“no_such”" in none.text) == (404, True)
    assert client.get("/subdistrict/999999009/ledger/social.xlsx").status_code == 404
    odd = client.get(f"{ENTERPRISES}?as_of=foo")
    assert (odd.status_code, "不是有效日期" in odd.text) == (400, True)
    monkeypatch.setattr(ledgers, "MOST", 9)
    long = client.get(ENTERPRISES)
    assert (long.status_code, "有 10 行，网页一次最多导出 9 行" in long.text) == (400, True)


def test_who_works_elsewhere_is_told_there_is_no_such_sub_district(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Actor("clerk", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
    monkeypatch.setattr(auth, "LOCAL", there)
    away = client.get(ENTERPRISES)
    assert (away.status_code, "没有找到街道" in away.text) == (404, True)
    assert client.get(ENTERPRISES.replace(SOUTH, NORTH)).status_code == 200
