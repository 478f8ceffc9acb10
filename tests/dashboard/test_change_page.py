"""Two days compared: parts that sum exactly, also as they are shown, in all and by sub-district."""

from dataclasses import replace
from fractions import Fraction

import pytest
from dash import dcc, html
from factories import NORTH, a_uscc, an_operating, insert_screening
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pages import MARCH, SEPTEMBER, SOUTH, clock, find_all, shown, text_of
from sqlalchemy import Engine

from dashboard import auth, change_parts
from dashboard.change_parts import points_text, rounded
from dashboard.pages import change, overview, subdistrict
from dashboard.query import Query
from dashboard.site import Site, Visit
from dashboard.text import Say
from liangxin import db
from liangxin.access import Actor, Role
from liangxin.settings import Settings

SAY = Say("zh")
POINTS = st.fractions(min_value=-100, max_value=100, max_denominator=900)


def page(site: Site, query: Query | None = None) -> object:
    return change.layout(Visit(site, query or Query()))


def lines(component: object) -> list[str]:
    return [text_of(row) for row in find_all(component, html.Tr)]


@given(parts=st.lists(POINTS, max_size=12))
def test_what_is_shown_sums_to_what_is_shown(parts: list[Fraction]) -> None:
    total = sum(parts, Fraction(0))
    shown_parts = change_parts.shown(parts, total)
    assert sum(part or 0 for part in shown_parts) == rounded(total)
    for exact, told in zip(parts, shown_parts, strict=True):
        assert told is not None
        assert abs(told - exact * 100) < 1
        assert exact or told == 0


def test_points_are_said_with_their_sign() -> None:
    said = [
        points_text(rounded(each), SAY) for each in (Fraction(21), Fraction(-1, 3), Fraction(0))
    ]
    assert said == ["+21.00 个百分点", "-0.33 个百分点", "0.00 个百分点"]
    assert points_text(rounded(None), SAY) == "无数据"
    assert [rounded(Fraction(sign, 200)) for sign in (1, -1)] == [1, -1]
    assert change_parts.shown([None], None) == [None]


def test_the_last_half_year_is_compared_unless_asked_otherwise(district: Site) -> None:
    said = text_of(page(district))
    for part in (
        "R1 组织覆盖率 · 2022-03-31 至 2022-09-30 · 规则版本 cn-2026.2",
        "56.0%", "56 / 100", "77.0%", "77 / 100", "底数没有变化（100）。",
        "由未覆盖变为覆盖", "+21.00 个百分点",
    ):  # fmt: skip
        assert part in said
    assert text_of(page(district, Query(from_on=MARCH, to_on=SEPTEMBER))) == said
    assert "没有组织的覆盖或归属发生变化" in text_of(
        page(district, Query(from_on=MARCH.replace(day=30), to_on=MARCH))
    )


def test_parts_come_with_their_reasons_and_the_denominator_with_a_sentence(district: Site) -> None:
    with db.writing(district.engine) as connection:
        insert_screening(connection, 101, from_on=SEPTEMBER)
        an_operating(connection, n=102, mode="alone", subdistrict_code=SOUTH, from_on=SEPTEMBER)
    made = page(district)
    parts, groups = find_all(made, html.Table)
    assert "底数由 100 变为 102：进入 2 家、退出 0 家。" in text_of(made)
    assert "新登记 1 家" in text_of(parts)
    assert "摸排结果变化 1 家" in text_of(parts)
    assert lines(parts)[-1].startswith("合计 23 ")
    assert any(line.startswith("未定位") for line in lines(groups))


def test_a_sub_district_is_compared_alone(district: Site) -> None:
    groups = find_all(page(district), html.Table)[1]
    links = {link.children: link.href for link in find_all(groups, dcc.Link)}
    assert links["示例南镇"] == f"/change?from=2022-03-31&to=2022-09-30&rate=R1&subdistrict={SOUTH}"
    south = page(district, Query(subdistrict=SOUTH))
    said = text_of(south)
    assert "7 / 10" in said
    assert "返回全部街道（镇、乡）" in said
    assert len(find_all(south, html.Table)) == 1
    assert text_of(find_all(south, "change-points")[0]) in " ".join(lines(groups))


def test_a_number_leads_to_the_organisations_behind_it(district: Site) -> None:
    parts, _ = find_all(page(district), html.Table)
    [way] = [each.href for each in find_all(parts, dcc.Link)]
    assert way.endswith("rate=R1&cause=became_covered")
    for code, number in (("", 21), (SOUTH, 2)):
        told = page(district, Query(subdistrict=code, more={"cause": "became_covered"}))
        assert f"由未覆盖变为覆盖：哪些组织（{number}）" in text_of(told)
        named = find_all(told, html.Table)[1]
        assert len(find_all(named, html.Tr)) == number + 1
        assert len(find_all(named, dcc.Link)) == number
    none = text_of(page(district, Query(more={"cause": "lost_cover"})))
    assert "这段时间没有这样的组织" in none


def test_a_cause_that_there_is_not_is_told(client: FlaskClient) -> None:
    assert "没有变动原因“nonsense”" in shown(client, "/change", "?cause=nonsense")


def test_a_leader_is_not_told_who_came_into_a_rate_over_members(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "LOCAL", Actor("leader", Role.LEADER))
    told = shown(client, "/change", "?cause=became_covered")
    assert a_uscc(60) in told
    assert "/organisation/" not in told
    hidden = shown(client, "/change", "?rate=R3&cause=became_covered")
    assert "有限公司" not in hidden
    assert "cause=" not in hidden


def test_the_cards_lead_here(district: Site) -> None:
    whole = find_all(overview.layout(Visit(district, Query())), "kpi-before")
    links = [[link.href for link in find_all(each, dcc.Link)] for each in whole]
    assert links[0] == ["/change?from=2022-03-31&to=2022-09-30&rate=R1"]
    assert links[-1] == []  # a rate over buildings is not told by organisations
    place = subdistrict.layout(Visit(district, Query(), {"code": NORTH}))
    assert (
        find_all(place, "kpi-before")[0].children[0].children.href.endswith(f"subdistrict={NORTH}")
    )


def test_days_without_data_say_what_to_do(district: Site) -> None:
    said = text_of(page(district, Query(from_on=MARCH.replace(year=2020), to_on=SEPTEMBER)))
    assert "请改选两个都有摸排记录的日期" in said
    assert "无数据" in said


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("?from=2022-09-30&to=2022-03-31", "应早于"),
        ("?from=foo", "网址中的日期“foo”不是有效日期"),
        ("?rate=R8", "按楼宇计算"),
        ("?rate=R99", "没有口径"),
        ("?subdistrict=999999009", "没有找到街道"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(
    client: FlaskClient, search: str, sentence: str
) -> None:
    said = shown(client, "/change", search)
    assert sentence in said
    assert "返回覆盖总览" in said


def test_an_empty_register_says_what_to_do(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    assert "登记库为空" in text_of(page(Site(sqlite_settings, sqlite_engine, clock)))


def test_it_names_no_organisation_and_speaks_english(district: Site) -> None:
    english = replace(district, settings=district.settings.model_copy(update={"language": "en"}))
    said = text_of(page(english))
    assert "became covered" in said
    assert "The denominator did not move (100)." in said
    assert "有限公司" not in said
    assert a_uscc(60) not in said
