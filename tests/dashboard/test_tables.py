import dash_ag_grid as dag
from dash import dcc, html
from pages import SEPTEMBER, find_all, text_of

from dashboard import tables
from dashboard.text import WORDS, Say
from liangxin import rules
from liangxin.indicators import Count, RateTable, total_of
from liangxin.views import OrganisationRow

SAY = Say("zh")
R1 = rules.load().rate("R1")
ROWS = (
    Count("999999001", "示例北街道", 70, 90, 3),
    Count("999999002", "示例南镇", 0, 0, 1),
    Count(None, "未定位", 1, 10, 5),
)
TABLE = RateTable(SEPTEMBER, "R1", "cn-2026.1", "subdistrict", ROWS, total_of(ROWS))


def an_organisation(**values: object) -> OrganisationRow:
    defaults = {
        "uscc": "91999999000000012X",
        "name": "示例有限公司",
        "kind": "enterprise",
        "ownership": "NONPUBLIC",
        "state": "operating",
        "counts": True,
        "unverified": False,
        "covering": "joint",
        "instructed": False,
        "party_organisation": "示例联合党支部",
        "community": "示例社区",
        "address": "示例路1号",
    }
    return OrganisationRow(**{**defaults, **values})


def cells(say: Say = SAY) -> list[list[str]]:
    made = tables.coverage_table(TABLE, R1, say, address=lambda code: f"/at/{code}")
    return [[text_of(cell) for cell in row.children] for row in find_all(made, html.Tr)]


def grid(*rows: OrganisationRow, say: Say = SAY) -> dag.AgGrid:
    [found] = find_all(tables.organisations_grid(rows, say), dag.AgGrid)
    return found


def test_the_table_has_every_count_and_a_total() -> None:
    head, *body, total = cells()
    assert head == ["街道（镇、乡）", "已覆盖（分子）", "计入底数（分母）", "比率", "未核实"]
    assert body[0] == ["示例北街道", "70", "90", "77.8%", "3"]
    assert body[1] == ["示例南镇", "0", "0", "无数据", "1"]
    assert body[2][1:] == ["1", "10", "10.0%", "5"]
    assert total == ["合计", "71", "100", "71.0%", "9"]


def test_a_sub_district_links_to_its_page_and_the_rest_does_not() -> None:
    made = tables.coverage_table(TABLE, R1, SAY, address=lambda code: f"/at/{code}")
    links = [(link.children, link.href) for link in find_all(made, dcc.Link)]
    assert links == [("示例北街道", "/at/999999001"), ("示例南镇", "/at/999999002")]


def test_the_table_names_its_variant_rule_set_and_date() -> None:
    said = text_of(tables.coverage_table(TABLE, R1, SAY, address=str))
    assert "R1 组织覆盖率：71 / 100 ＝ 71.0% · 截至 2022-09-30 · 规则版本 cn-2026.1" in said


def test_the_table_speaks_english() -> None:
    assert cells(Say("en"))[3][0].startswith("Not located")


def test_an_organisation_is_shown_in_words() -> None:
    [row] = grid(an_organisation()).rowData
    assert row == {
        "name": "示例有限公司",
        "uscc": "91999999000000012X",
        "kind": "企业",
        "ownership": "非公有控制",
        "state": "在营",
        "counts": "计入",
        "covering": "联合",
        "party_organisation": "示例联合党支部",
        "instructed": "未选派",
        "community": "示例社区",
        "address": "示例路1号",
    }


def test_what_is_not_known_is_said_or_left_empty() -> None:
    [row] = grid(
        an_organisation(
            state=None,
            counts=False,
            unverified=True,
            covering=None,
            party_organisation=None,
            community=None,
            address=None,
        )
    ).rowData
    assert (row["state"], row["counts"], row["covering"]) == ("未摸排", "未核实", "未覆盖")
    assert (row["party_organisation"], row["community"], row["address"]) == ("", "", "")


def test_one_that_is_neither_counted_nor_to_be_verified_does_not_count() -> None:
    [row] = grid(an_organisation(counts=False, state="closed")).rowData
    assert (row["counts"], row["state"]) == ("不计入", "已关闭")


def test_every_column_has_its_value_and_its_title() -> None:
    made = grid(an_organisation())
    assert [column["field"] for column in made.columnDefs] == list(made.rowData[0])
    assert {column["headerName"] for column in made.columnDefs} <= set(WORDS["zh"].values())


def test_the_grid_runs_no_code_and_speaks_chinese() -> None:
    made = grid(an_organisation())
    assert made.dangerously_allow_code is False
    assert not getattr(made, "enableEnterpriseModules", False)
    assert made.dashGridOptions["localeText"]["noMatchingRows"] == "没有符合筛选条件的记录"
    assert made.dashGridOptions["pagination"] is True


def test_a_short_list_is_as_high_as_its_rows_and_a_long_one_scrolls() -> None:
    layouts = [
        grid(*[an_organisation()] * rows).dashGridOptions["domLayout"]
        for rows in (tables.SHORT, tables.SHORT + 1)
    ]
    assert layouts == ["autoHeight", "normal"]
