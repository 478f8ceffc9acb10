import json
import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from dash import dcc
from hypothesis import given
from hypothesis import strategies as st
from pages import MARCH, SEPTEMBER, find_all, text_of

import dashboard
from dashboard import figures
from dashboard.figures import BAR, FEW, GREY, Kpi
from dashboard.text import Say
from liangxin import rules
from liangxin.indicators import Count, RateTable, total_of
from liangxin.views import TrendPoint

ROOT = Path(dashboard.__file__).parent
SAY = Say("zh")
R1 = rules.load().rate("R1")


def a_count(code: str | None, numerator: int, denominator: int, name: str = "示例街道") -> Count:
    return Count(code, name, numerator, denominator)


def a_table(*rows: Count) -> RateTable:
    return RateTable(SEPTEMBER, "R1", "cn-2026.1", "subdistrict", rows, total_of(rows))


def a_kpi(now: Count, before: Count) -> Kpi:
    return Kpi(R1, "cn-2026.1", SEPTEMBER, now, MARCH, before)


def drawn(component: object) -> tuple[dict, dict]:
    [graph] = find_all(component, dcc.Graph)
    [trace] = graph.figure["data"]
    return trace, graph.figure["layout"]


# What every chart must have.


def test_no_chart_can_send_its_data_away() -> None:
    config = figures.graph({}, say=SAY, height=1).config
    assert config["showSendToCloud"] is False
    assert config["plotlyServerURL"] == ""
    assert config["modeBarButtons"] == [["toImage"]]


def test_charts_are_made_in_one_place() -> None:
    makers = [p.name for p in ROOT.rglob("*.py") if "dcc.Graph(" in p.read_text(encoding="utf-8")]
    assert makers == ["figures.py"]


def test_charts_speak_the_language_of_the_page() -> None:
    assert figures.graph({}, say=Say("zh"), height=1).config["locale"] == "zh-CN"
    assert figures.graph({}, say=Say("en"), height=1).config["locale"] == "en"


@pytest.mark.parametrize("file", sorted(ROOT.joinpath("assets").iterdir()), ids=lambda p: p.name)
def test_assets_name_no_other_host(file: Path) -> None:
    hosts = re.findall(r"//[\w.-]+\.\w+", file.read_text(encoding="utf-8"))
    assert set(hosts) <= {"//www.w3.org"}  # the name of SVG, which nobody fetches


def test_the_chinese_of_charts_and_calendar_is_at_hand() -> None:
    plotly = ROOT.joinpath("assets", "plotly-locale-zh-cn.js").read_text(encoding="utf-8")
    calendar = ROOT.joinpath("assets", "dayjs-zh-cn.js").read_text(encoding="utf-8")
    assert "name: 'zh-CN'" in plotly
    assert 'window["dayjs_locale_zh-cn"]' in calendar


# Cards.


def test_a_card_names_all_that_makes_a_rate_checkable() -> None:
    said = text_of(figures.kpi_card(a_kpi(a_count(None, 693, 900), a_count(None, 504, 900)), SAY))
    for part in (
        "R1 组织覆盖率",
        "77.0%",
        "693 / 900",
        "半年前 2022-03-31",
        "56.0%",
        "504 / 900",
        "+21.0 个百分点",
        "截至 2022-09-30",
        "规则版本 cn-2026.1",
        "单独组建、联合组建、挂靠组建",
    ):
        assert part in said


def test_a_fall_has_its_sign() -> None:
    card = figures.kpi_card(a_kpi(a_count(None, 1, 4), a_count(None, 1, 2)), SAY)
    assert "-25.0 个百分点" in text_of(card)


def test_no_denominator_is_no_data_and_no_change() -> None:
    said = text_of(figures.kpi_card(a_kpi(a_count(None, 0, 0), a_count(None, 1, 2)), SAY))
    assert "无数据 0 / 0" in said
    assert "缺少数据" in said
    assert "百分点" not in said
    assert not re.search(r"(?<![\d.])(0|100)(\.0)?%", said)


def test_a_card_tells_how_many_are_not_verified() -> None:
    now = Count(None, "total", 1, 2, unverified=37)
    assert "另有 37 家未核实" in text_of(figures.kpi_card(a_kpi(now, now), SAY))


def test_the_chosen_card_is_marked() -> None:
    kpi = a_kpi(a_count(None, 1, 2), a_count(None, 1, 2))
    assert find_all(figures.kpi_card(kpi, SAY, chosen=True), "kpi-chosen")
    assert not find_all(figures.kpi_card(kpi, SAY), "kpi-chosen")


# The ranking.


def test_bars_are_sorted_by_rate_and_say_their_fraction() -> None:
    table = a_table(a_count("1", 50, 100), a_count("2", 90, 100), a_count("3", 77, 100))
    bars, layout = drawn(figures.ranking(table, R1, SAY))
    assert bars["y"] == ["2", "3", "1"]
    assert bars["x"] == [90.0, 77.0, 50.0]
    assert bars["text"] == ["90.0%　90/100", "77.0%　77/100", "50.0%　50/100"]
    assert layout["yaxis"]["autorange"] == "reversed"  # or the best would stand at the bottom


def test_equal_rates_are_sorted_by_code() -> None:
    bars, _ = drawn(figures.ranking(a_table(a_count("2", 1, 2), a_count("1", 50, 100)), R1, SAY))
    assert bars["y"] == ["1", "2"]


def test_few_organisations_are_grey_and_explained() -> None:
    table = a_table(a_count("1", FEW, FEW), a_count("2", 1, FEW - 1))
    ranking = figures.ranking(table, R1, SAY)
    assert drawn(ranking)[0]["marker"]["color"] == [BAR, GREY]
    assert f"不足 {FEW} 家" in text_of(ranking)
    assert "灰色" not in text_of(figures.ranking(a_table(a_count("1", 1, FEW)), R1, SAY))


def test_a_group_where_nothing_counts_is_not_ranked() -> None:
    bars, _ = drawn(figures.ranking(a_table(a_count("1", 0, 0), a_count("2", 0, 30)), R1, SAY))
    assert bars["y"] == ["2"], "0 of 30 is a rate, 0 of 0 is none"


def test_what_is_not_located_is_not_ranked() -> None:
    table = a_table(a_count("1", 1, 30), a_count(None, 5, 5))
    assert drawn(figures.ranking(table, R1, SAY))[0]["y"] == ["1"]
    assert not find_all(figures.ranking(a_table(a_count(None, 5, 5)), R1, SAY), dcc.Graph)


def test_two_of_one_name_keep_their_own_bars() -> None:
    table = a_table(a_count("1", 1, 30, "城关镇"), a_count("2", 2, 30, "城关镇"))
    bars, layout = drawn(figures.ranking(table, R1, SAY))
    assert len(set(bars["y"])) == 2
    assert layout["yaxis"]["ticktext"] == ["城关镇", "城关镇"]


def test_a_name_is_text_and_never_markup() -> None:
    table = a_table(a_count("1", 1, 30, '<a href="x">街道</a>'))
    figure = json.dumps(drawn(figures.ranking(table, R1, SAY)), ensure_ascii=False)
    assert "<a" not in figure


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=20))
def test_the_order_is_the_exact_order(pairs: list[tuple[int, int]]) -> None:
    rows = [a_count(f"{n:03}", min(p), max(p)) for n, p in enumerate(pairs)]
    by_code = {row.code: row.share for row in rows}
    bars, _ = drawn(figures.ranking(a_table(*rows), R1, SAY))
    shares = [by_code[code] for code in bars["y"]]
    assert shares == sorted(by_code.values(), reverse=True)
    assert all(isinstance(share, Fraction) for share in shares)


# The trend.


def a_year(*counts: tuple[int, int]) -> list[TrendPoint]:
    days = [date(2021, 12, 31), date(2022, 1, 31), date(2022, 2, 28), MARCH, date(2022, 5, 31)]
    return [TrendPoint(day, a_count(None, *pair)) for day, pair in zip(days, counts, strict=False)]


def test_a_trend_names_its_ends_and_leaves_a_gap_where_there_is_no_data() -> None:
    points = a_year((10, 20), (0, 0), (12, 20), (14, 20), (15, 20))
    line, layout = drawn(figures.trend(points, R1, "cn-2026.1", SAY))
    assert line["y"] == [50.0, None, 60.0, 70.0, 75.0]
    assert line["connectgaps"] is False
    assert line["text"] == ["50.0%", "", "", "", "75.0%"]
    assert layout["xaxis"]["ticktext"] == ["2021年末", "3月", "5月"]
    assert line["hovertext"][2] == "2022-02-28<br>R1 组织覆盖率 60.0%<br>12 / 20"


def test_a_label_too_near_to_the_end_is_left_out() -> None:
    points = [
        *a_year((1, 2), (1, 2), (1, 2), (1, 2)),
        TrendPoint(date(2022, 4, 15), a_count(None, 1, 2)),
    ]
    _, layout = drawn(figures.trend(points, R1, "cn-2026.1", SAY))
    assert layout["xaxis"]["ticktext"] == ["2021年末", "4月15日"]


def test_a_trend_of_two_days_can_be_drawn() -> None:
    line, _ = drawn(figures.trend(a_year((1, 2), (0, 0)), R1, "cn-2026.1", SAY))
    assert line["text"] == ["50.0%", "无数据"]


def test_every_chart_has_its_caption() -> None:
    said = "R1 组织覆盖率：14 / 20 ＝ 70.0% · 截至 2022-03-31 · 规则版本 cn-2026.1"
    points = a_year((1, 2), (1, 2), (1, 2), (14, 20))
    assert said in text_of(figures.trend(points, R1, "cn-2026.1", SAY))
    said = "R1 组织覆盖率：1 / 30 ＝ 3.3% · 截至 2022-09-30 · 规则版本 cn-2026.1"
    assert said in text_of(figures.ranking(a_table(a_count("1", 1, 30)), R1, SAY))


def test_the_trend_fits_beside_the_ranking_within_reason() -> None:
    points = a_year((1, 2), (1, 2))
    heights = [
        find_all(figures.trend(points, R1, "x", SAY, height=asked), dcc.Graph)[0].style["height"]
        for asked in (0, 400, 4_000)
    ]
    assert heights == ["300px", "400px", "460px"]
