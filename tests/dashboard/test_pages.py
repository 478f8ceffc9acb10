import json
from dataclasses import replace
from datetime import datetime

import dash
import pytest
from dash import dcc, html
from factories import LONG_AGO, NORTH, TODAY, insert_organisation, insert_run
from flask.testing import FlaskClient
from pages import (
    FEW,
    MARCH,
    SEPTEMBER,
    SOUTH,
    ask_page,
    clock,
    find_all,
    noting,
    shown,
    text_of,
)
from sqlalchemy import Engine

from dashboard import tables
from dashboard.app import create_app
from dashboard.controls import AS_OF
from dashboard.pages import overview, subdistrict
from dashboard.query import Query
from dashboard.site import Site, Visit
from liangxin import db
from liangxin.settings import Settings


def test_the_overview_shows_the_model_case(district: Site) -> None:
    said = text_of(overview.layout(Visit(district, Query())))
    for part in ("示例区", "77.0%", "77 / 100", "56.0%", "56 / 100", "+21.0 个百分点"):
        assert part in said
    assert "规则版本 cn-2026.2" in said
    assert "截至 2022-09-30" in said
    assert "另有 1 家未核实" in said


def test_the_overview_lists_every_place_and_links_to_it(district: Site) -> None:
    page = overview.layout(Visit(district, Query(MARCH, "R2")))
    [table] = [each for each in find_all(page, html.Table) if "leader-clocks" not in each.className]
    links = {link.children: link.href for link in find_all(table, dcc.Link)}
    assert links["示例南镇"] == f"/subdistrict/{SOUTH}?as_of=2022-03-31&rate=R2"
    assert "未定位" in text_of(table)
    assert "R2 单独组建率" in text_of(page)


def test_the_day_asked_for_is_the_day_shown(district: Site) -> None:
    page = overview.layout(Visit(district, Query(MARCH)))
    [calendar] = [
        part
        for part in find_all(page, dash.development.base_component.Component)
        if getattr(part, "id", None) == AS_OF
    ]
    assert calendar.value == "2022-03-31"
    assert "R1 组织覆盖率：56 / 100 ＝ 56.0% · 截至 2022-03-31" in text_of(page)


def test_a_day_ahead_of_the_data_is_remarked(district: Site) -> None:
    assert "晚于最新数据日期（2022-09-30）" in text_of(
        overview.layout(Visit(district, Query(TODAY)))
    )


def test_a_day_before_all_screening_has_no_data_and_no_rate(district: Site) -> None:
    said = text_of(overview.layout(Visit(district, Query(LONG_AGO))))
    assert "没有计入底数的组织" in said
    assert "0 / 0 ＝ 无数据" in said


def test_an_empty_register_says_what_to_do(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    site = Site(sqlite_settings, sqlite_engine, clock)
    said = text_of(overview.layout(Visit(site, Query())))
    assert "登记库为空：请先用 liangxin load 导入" in said
    place = {"code": "430702001"}
    assert "登记库为空" in text_of(subdistrict.layout(Visit(site, Query(), place)))


def test_a_sub_district_shows_its_own_rates_and_organisations(district: Site) -> None:
    page = subdistrict.layout(Visit(district, Query(), {"code": SOUTH}))
    said = text_of(page)
    assert "示例南镇" in said
    assert "70.0%" in said  # 7 of 10: the 10th, 20th … 70th of 77 reached
    assert "7 / 10" in said
    assert "两新组织名单（10 家）" in said
    [grid] = [
        p
        for p in find_all(page, dash.development.base_component.Component)
        if getattr(p, "id", None) == tables.GRID_ID
    ]
    assert len(grid.rowData) == 10
    assert {row["name"] for row in grid.rowData} == {f"示例第{n}0号有限公司" for n in range(1, 11)}


def test_the_figures_of_the_places_add_up_to_the_district(district: Site) -> None:
    """A page of a place is asked with a narrower scope; nothing is lost or counted twice."""
    of_places = [
        subdistrict.layout(Visit(district, Query(), {"code": code})) for code in (NORTH, SOUTH, FEW)
    ]
    fractions = [find_all(page, "fraction")[0].children for page in of_places]
    numbers = [tuple(map(int, fraction.split(" / "))) for fraction in fractions]
    assert (sum(n for n, _ in numbers), sum(d for _, d in numbers)) == (77, 100)


@pytest.mark.parametrize("code", ["999999009", "430702", "', DROP", "%2e%2e", "9" * 500])
def test_an_unknown_sub_district_is_not_found(client: FlaskClient, code: str) -> None:
    said = shown(client, f"/subdistrict/{code}")
    assert "没有找到街道" in said or "没有这个页面" in said
    assert "返回覆盖总览" in said


def test_pages_speak_english(district: Site) -> None:
    settings = district.settings.model_copy(update={"language": "en"})
    site = replace(district, settings=settings)
    said = text_of(overview.layout(Visit(site, Query())))
    assert "R1 organisation coverage" in said
    assert "+21.0 points" in said
    page = create_app(settings, site.engine, clock=clock).server.test_client().get("/")
    assert '<html lang="en">' in page.text


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("?as_of=foo", "不是有效日期"),
        ("?as_of=1000-01-01", "超出范围"),
        ("?rate=R99", "没有口径“R99”"),
        ("?rate=<script>", "没有口径"),
        ("?as_of=2022-03-31&as_of=2022-03-31", "出现了多次"),
    ],
)
@pytest.mark.parametrize("path", ["/", f"/subdistrict/{NORTH}"])
def test_a_nonsense_question_is_answered_with_a_sentence(
    client: FlaskClient, path: str, search: str, sentence: str
) -> None:
    said = shown(client, path, search)
    assert sentence in said
    assert "返回覆盖总览" in said


@pytest.mark.parametrize("path", ["/nowhere", "/subdistrict/", "/../etc/passwd", 7, [], {}])
def test_a_page_that_is_not_there_is_said_so(client: FlaskClient, path: object) -> None:
    assert "返回覆盖总览" in shown(client, path)


def test_before_the_browser_knows_where_it_is_nothing_changes(client: FlaskClient) -> None:
    assert ask_page(client, None).status_code == 204


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "</script><script>", "{{7*7}}"])
def test_a_name_is_shown_as_text(district: Site, name: str) -> None:
    with db.writing(district.engine) as connection:
        insert_organisation(connection, 500, name=name, subdistrict_code=SOUTH)
    app = create_app(district.settings, district.engine, clock=clock)
    response = ask_page(app.server.test_client(), f"/subdistrict/{SOUTH}")
    assert name in json.dumps(response.get_json())
    assert response.content_type == "application/json"


def test_a_register_whose_sub_districts_nobody_listed_still_shows_figures(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection, ownership="NONPUBLIC", subdistrict_code="999999777")
    site = Site(sqlite_settings, sqlite_engine, clock)
    assert "999999777" in text_of(overview.layout(Visit(site, Query())))


def test_the_date_of_an_undated_question_is_the_date_in_china() -> None:
    site = Site(
        Settings(),
        db.make_engine(Settings()),
        lambda: datetime.fromisoformat("2026-11-23T23:30:00+00:00"),
    )
    assert site.today().isoformat() == "2026-11-24"


def test_an_empty_day_of_an_unloaded_place_is_not_an_error(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_run(connection, as_of=SEPTEMBER)
    site = Site(sqlite_settings, sqlite_engine, clock)
    page = subdistrict.layout(Visit(site, Query(), {"code": "430702001"}))
    assert "两新组织名单（0 家）" in text_of(page)
    assert "没有可以排名" in text_of(overview.layout(Visit(site, Query())))


def test_the_organisations_of_a_sub_district_are_read_once(
    client: FlaskClient, district: Site
) -> None:
    pages = [(f"/subdistrict/{NORTH}", ""), ("/lists/not_reached", f"?subdistrict={NORTH}")]
    before = [shown(client, path, search) for path, search in pages]
    with noting(district.engine) as asked:
        assert [shown(client, path, search) for path, search in pages] == before
    assert not any("headcount" in statement for statement, _ in asked)
