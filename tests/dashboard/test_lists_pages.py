"""The warning lists: numbers by sub-district, the organisations behind one, and what to do if none."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from dash import dcc, html
from factories import LONG_AGO, NORTH, a_uscc, insert_headcount
from flask.testing import FlaskClient
from pages import FEW, SEPTEMBER, SOUTH, find_all, shown, text_of
from sqlalchemy import Engine, update

from dashboard import auth, tables, whole_lists
from dashboard.pages import listed, lists
from dashboard.query import Query
from dashboard.site import Site, Visit
from liangxin import db
from liangxin import lists as domain
from liangxin.access import Actor, Role
from liangxin.schema import Organisation
from liangxin.settings import Settings
from liangxin.wording import neutral


def overview(site: Site, query: Query | None = None) -> object:
    return lists.layout(Visit(site, query or Query()))


def one(site: Site, name: str = "not_reached", query: Query | None = None) -> object:
    return listed.layout(Visit(site, query or Query(), {"name": name}))


def rows(page: object) -> list[dict[str, str]]:
    found = [part.rowData for part in find_all(page, tables.dag.AgGrid)]
    return [row for each in found for row in each]


def test_every_list_is_counted_in_all_and_by_sub_district(district: Site) -> None:
    by_list, by_place = find_all(overview(district), html.Table)
    said = [text_of(row) for row in find_all(by_list, html.Tr)]
    assert said[0] == "名单 家数（计入底数 100 家）"
    assert "党员数未摸清 100" in said
    assert "无党组织且无指导员 23" in said
    assert "应建未建 0" in said
    lines = [text_of(row).split() for row in find_all(by_place, html.Tr)]
    places = {line[0]: line for line in lines[1:]}
    assert places["示例南镇"][1:3] == ["10", "3"]
    assert places["示例南镇"][-1] == "3"
    assert places["合计"][1:3] == ["100", "23"]
    for column in range(1, len(places["合计"])):
        parts = [int(line[column]) for name, line in places.items() if name != "合计"]
        assert sum(parts) == int(places["合计"][column])


def test_a_number_links_to_its_organisations_and_nought_to_none(district: Site) -> None:
    links = {link.href for link in find_all(overview(district, Query(SEPTEMBER, "R2")), dcc.Link)}
    tail = "?as_of=2022-09-30&rate=R2"
    assert f"/lists/not_reached{tail}" in links
    assert f"/lists/not_reached{tail}&subdistrict={SOUTH}" in links
    assert not [link for link in links if link.startswith("/lists/should_not_built")]
    assert not [link for link in links if link.startswith("/lists/not_reached") and FEW in link]


def test_the_rate_says_how_many_it_leaves_out(district: Site) -> None:
    assert "R2 单独组建率：未覆盖" in text_of(overview(district, Query(rate="R2")))
    _, by_place = find_all(overview(district, Query(rate="R8")), html.Table)
    assert text_of(find_all(by_place, html.Tr)[-1]).split()[1:3] == ["100", "0"]


def test_a_list_names_its_organisations_and_narrows_to_a_sub_district(district: Site) -> None:
    page = one(district)
    assert len(rows(page)) == 23
    chips = {text_of(chip): chip.href for chip in find_all(page, "chip")}
    assert (
        chips["示例南镇　3"] == f"/lists/not_reached?as_of=2022-09-30&rate=R1&subdistrict={SOUTH}"
    )
    assert [text_of(chip) for chip in find_all(page, "chip-chosen")] == ["全部　23"]
    south = one(district, query=Query(subdistrict=SOUTH))
    assert {row["name"] for row in rows(south)} == {f"示例第{n}0号有限公司" for n in (8, 9, 10)}
    assert rows(south)[0]["subdistrict"] == "示例南镇"


def test_the_list_and_its_count_are_the_same(district: Site) -> None:
    with db.writing(district.engine) as connection:
        for n in range(1, 101):
            insert_headcount(connection, n, full_members=n % 5, staff=n * 2)
    by_list, _ = find_all(overview(district), html.Table)
    said = [text_of(row).split() for row in find_all(by_list, html.Tr)[1:]]
    for name, line in zip(domain.LISTS, said, strict=True):
        assert len(rows(one(district, name))) == int(line[-1])


@pytest.mark.parametrize(
    "role", [Role.ECONOMIC_OFFICE, Role.DISTRICT_OFFICE, Role.COMMUNITY, Role.COMMITTEE]
)
def test_only_the_committee_is_told_a_number_of_members(
    client: FlaskClient, district: Site, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    with db.writing(district.engine) as connection:
        for n in range(80, 90):
            insert_headcount(connection, n, full_members=n % 3)
    monkeypatch.setattr(auth, "LOCAL", Actor("someone", role))
    said = shown(client, "/lists/not_reached")
    assert ('"full_members": "1"' in said) == (role == Role.COMMITTEE)
    assert ('"full_members": "2"' in said) == (role == Role.COMMITTEE)
    assert ('"full_members": "<3"' in said) == (role != Role.COMMITTEE)
    assert '"full_members": "未摸清"' in said


def test_a_day_on_which_nothing_counts_says_what_to_do(district: Site) -> None:
    assert "请先登记摸排结果" in text_of(overview(district, Query(LONG_AGO)))
    said = text_of(one(district, query=Query(LONG_AGO)))
    assert "这份名单上没有组织" in said
    assert "可在上方更换日期" in said


def test_an_empty_register_says_what_to_do(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    site = Site(sqlite_settings, sqlite_engine, lambda: pytest.fail("no clock is needed"))
    assert "登记库为空" in text_of(overview(site))
    assert "登记库为空" in text_of(one(site))


def test_of_a_list_too_long_for_a_browser_the_first_are_shown_and_how_many_are_left(
    district: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST", 22)
    page = one(district)
    assert "前 22 家，另有 1 家未列出" in text_of(page)
    [whole_list] = [each.href for each in find_all(page, html.A) if "all.csv" in each.href]
    assert whole_list == "/lists/not_reached/all.csv?as_of=2022-09-30&rate=R1"
    names = [row["name"] for row in rows(page)]
    monkeypatch.setattr(tables, "MOST", 23)
    whole = one(district)
    assert names == [row["name"] for row in rows(whole)][:22]
    assert "未列出" not in text_of(whole)
    assert len(rows(one(district, query=Query(subdistrict=NORTH)))) == 20


def in_file(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_the_file_holds_all_of_a_list_in_the_columns_of_the_page(
    client: FlaskClient, district: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.writing(district.engine) as connection:
        connection.execute(update(Organisation).where(Organisation.id == 80).values(name="=1+1"))
    whole = rows(one(district))
    monkeypatch.setattr(tables, "MOST", 3)
    head, *lines = in_file(client.get("/lists/not_reached/all.csv"))
    assert head[:3] == ["名称", "统一社会信用代码", "街道（镇、乡）"]
    assert lines == [[neutral(cell) for cell in row.values()] for row in whole]
    assert "'=1+1" in {line[0] for line in lines}
    narrowed = in_file(client.get(f"/lists/not_reached/all.csv?subdistrict={SOUTH}"))
    assert len(narrowed) == 4
    place = in_file(client.get(f"/subdistrict/{SOUTH}/all.csv?as_of=2022-03-31"))
    assert len(place) == 11


def test_a_list_too_long_for_a_file_is_said(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_lists, "MOST", 5)
    answer = client.get("/lists/not_reached/all.csv")
    assert (answer.status_code, "名单超过 5 家" in answer.text) == (400, True)
    assert client.get("/lists/no_such/all.csv").status_code == 404
    assert client.get("/subdistrict/999999009/all.csv").status_code == 404


def test_a_leaders_file_tells_of_no_members(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "LOCAL", Actor("leader", Role.LEADER))
    head, *_ = in_file(client.get("/lists/not_reached/all.csv"))
    assert "党员" not in " ".join(head)
    assert client.get("/lists/few_members/all.csv").status_code == 403


@pytest.mark.parametrize(
    ("path", "search", "sentence"),
    [
        ("/lists/no_such", "", "没有名单“no_such”"),
        ("/lists/not_reached", "?subdistrict=999999009", "没有找到街道"),
        ("/lists/not_reached", "?as_of=foo", "不是有效日期"),
        ("/lists", "?rate=R99", "没有口径"),
        ("/lists", "?subdistrict=1&subdistrict=2", "出现了多次"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(
    client: FlaskClient, path: str, search: str, sentence: str
) -> None:
    said = shown(client, path, search)
    assert sentence in said
    assert "返回覆盖总览" in said


def test_lists_speak_english(district: Site) -> None:
    english = replace(district, settings=district.settings.model_copy(update={"language": "en"}))
    assert "neither a Party organisation nor an instructor 23" in text_of(overview(english))
    page = one(english)
    assert "Back to the warning lists" in text_of(page)
    assert rows(page)[0]["full_members"] == "not known"
    assert a_uscc(100) in {row["uscc"] for row in rows(page)}
