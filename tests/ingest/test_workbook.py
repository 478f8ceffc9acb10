"""Whatever a spreadsheet saved, its sheets are read as a person sees them, and what is odd is told."""

import sys
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from factories import write_workbook
from hypothesis import given, settings
from hypothesis import strategies as st
from old_workbooks import Formula, OldSheet, workbook

from ingest import parse
from ingest.headers import Vocabulary
from ingest.layout import MORE, ROW, Layout, Reading
from liangxin.errors import MissingColumn, UnreadableFile

LIMIT = 1 << 26
NAMES = {
    "uscc": ["统一社会信用代码"],
    "name": ["企业名称", "名称"],
    "single": ["单独建立"],
    "union": ["工会"],
}
REQUIRED = ("uscc", "name")
HEADER = ["统一社会信用代码", "企业名称"]
DATA = ["91430702MA4L000001", "示例一号有限公司"]


def look(file: Path, vocabulary: Vocabulary = NAMES, required: Sequence[str] = REQUIRED) -> Reading:
    return parse.look(file, max_bytes=LIMIT, vocabulary=vocabulary, required=required)


def rows(file: Path, layout: Layout) -> list[tuple[Any, ...]]:
    """Row numbers and cells; what lies beyond the headers is the last one."""
    found: list[tuple[Any, ...]] = []
    for batch in parse.batches(file, layout, size=3):
        assert batch.columns == [ROW, *layout.headers, MORE]
        found += batch.rows()
    return found


def said(reading: Reading) -> str:
    for notice in reading.notices:
        assert notice.zh.endswith("。")
        assert notice.en.endswith(".")
    return "".join(notice.zh for notice in reading.notices)


def cells(file: Path) -> list[list[str]]:
    """Every cell of the first table."""
    [layout, *_] = look(file, {}, ()).tables
    return [record for _, record in parse.grid(file, layout)]


# Cells.


def test_every_kind_of_cell_is_the_text_a_person_reads(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        formats = {name: book.add_format({"num_format": name}) for name in (
            "yyyy-mm-dd", 'yyyy"年"m"月"', "hh:mm", "[h]:mm", "yyyy-mm-dd hh:mm")}  # fmt: skip
        written = [
            (date(2019, 3, 15), "yyyy-mm-dd", "2019-03-15"),
            (43539, 'yyyy"年"m"月"', "2019-03-15"),
            (datetime(2019, 3, 15, 8, 30), "yyyy-mm-dd hh:mm", "2019-03-15 08:30:00"),  # noqa: DTZ001
            (time(8, 30), "hh:mm", "08:30:00"),
            (timedelta(hours=30), "[h]:mm", "30:00:00"),
        ]
        for column, (value, style, _) in enumerate(written):
            sheet.write(0, column, value, formats[style])
        sheet.write_row(1, 0, [43539, 1.5, True, False, 911105000000000000])
        sheet.write_formula(2, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 2, "=NA()", None, "#N/A")
        sheet.write_formula(2, 4, "=1+1", None, 2)
    assert cells(tmp_path / "a.xlsx") == [
        [text for _, _, text in written],
        ["43539", "1.5", "是", "否", "9.11105000000000E+17"],
        ["#DIV/0!", "", "#N/A", "", "2"],
    ]


def test_an_error_in_the_last_row_and_beyond_the_last_cell_is_seen(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_formula(2, 3, "=X!A1", None, "#REF!")
    assert cells(tmp_path / "a.xlsx") == [HEADER, ["", "", "", "#REF!"]]


def test_a_table_that_does_not_begin_in_the_corner_keeps_its_rows_and_columns(
    tmp_path: Path,
) -> None:
    file = write_workbook(
        tmp_path / "a.xlsx",
        [[], [], [None, *HEADER], [], [None, *DATA], ["备注", None, None, None, "远"]],
    )
    [layout] = look(file).tables
    assert (layout.header_row, layout.headers) == (3, ("第1列", *HEADER))
    assert rows(file, layout) == [(5, None, *DATA, None), (6, "备注", None, None, "远")]


def test_a_surplus_cell_is_seen_behind_empty_ones(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "a.xlsx", [HEADER, [*DATA, *[None] * 40, "远"], DATA])
    [layout] = look(file).tables
    assert [row[-1] for row in rows(file, layout)] == ["远", None]


@settings(max_examples=15)
@given(
    st.lists(
        st.lists(
            st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=5)
            | st.sampled_from(["\n", "a\tb", '"', ",", "_x0041_ "]),
            max_size=5,
        ),
        max_size=6,
    )
)  # fmt: skip
def test_what_was_written_comes_back_cell_by_cell(table: list[list[str | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = write_workbook(Path(folder) / "a.xlsx", [HEADER, *table])
        [layout] = look(file).tables
        grid = dict(parse.grid(file, layout))
    for number, row in enumerate(table, start=2):
        sent = [cell or "" for cell in row]
        while sent and not sent[-1]:
            sent.pop()
        assert grid.get(number, []) == sent


# Headers and sheets.


def test_merged_headers_of_three_rows_below_a_title_are_one_header(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet("台账")
        sheet.merge_range(0, 0, 0, 5, "示例区非公有制经济组织党组织工作台账")
        sheet.write_row(1, 0, ["填报单位：示例街道", None, None, "填报日期：三月"])
        sheet.merge_range(2, 0, 4, 0, "统一社会信用代码")
        sheet.merge_range(2, 1, 4, 1, "企业名称")
        sheet.merge_range(2, 2, 2, 4, "党组织设置情况")
        sheet.merge_range(3, 2, 3, 3, "组建形式")
        sheet.write_row(4, 2, ["单独建立", "联合建立"])
        sheet.merge_range(3, 4, 4, 4, "党组织\n成立时间")
        sheet.write(2, 5, "群团")
        sheet.merge_range(3, 5, 4, 5, "工会")
        sheet.write_row(5, 0, [*DATA, "√", None, "2019.3", "是"])
    file = tmp_path / "a.xlsx"
    [layout] = look(file).tables
    assert (layout.sheet, layout.header_row, layout.header_rows) == ("台账", 3, 3)
    assert layout.headers == (
        *HEADER,
        "党组织设置情况/组建形式/单独建立",
        "党组织设置情况/组建形式/联合建立",
        "党组织设置情况/党组织 成立时间",
        "群团/工会",
    )
    assert rows(file, layout) == [(6, *DATA, "√", None, "2019.3", "是", None)]
    assert [number for number, _ in parse.grid(file, layout)] == [1, 2, 3, 4, 5, 6]


def test_every_visible_sheet_with_the_columns_is_a_table_in_order(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        for name, lines in {
            "说明": [["填表说明"], ["企业名称", "按营业执照填写"]],
            "一街道": [HEADER, DATA],
            "Sheet3": [],
            "二街道": [["标题"], HEADER, DATA],
            "往年": [HEADER, DATA],
        }.items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line)
        book.get_worksheet_by_name("往年").hide()
    reading = look(tmp_path / "a.xlsx")
    assert [(table.sheet, table.header_row) for table in reading.tables] == [
        ("一街道", 1),
        ("二街道", 2),
    ]
    assert said(reading) == (
        "没有读取工作表“说明”：表头中没有需要的列。"
        "没有读取隐藏的工作表“往年”。如需读取，请取消隐藏后再发送。"
    )
    assert all(len(rows(tmp_path / "a.xlsx", table)) == 1 for table in reading.tables)


def test_without_a_vocabulary_the_first_filled_sheet_is_the_table(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "a.xlsx", [], [["甲"], ["1"]], [["乙"], ["2"]])
    reading = look(file, {}, ())
    assert [table.headers for table in reading.tables] == [("甲",)]
    assert "“Sheet3”" in said(reading)


def test_no_sheet_with_the_columns_names_the_one_that_comes_nearest(tmp_path: Path) -> None:
    file = write_workbook(
        tmp_path / "a.xlsx", [["说明"]], [["标题"], ["企业名称", "信用代码证号", "工会"], ["甲"]]
    )
    with pytest.raises(MissingColumn) as caught:
        look(file)
    assert "工作表“Sheet2”没有“统一社会信用代码”列" in caught.value.zh
    assert "现有列：企业名称、信用代码证号、工会" in caught.value.zh


def test_a_workbook_whose_sheets_are_all_hidden_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.xls"
    file.write_bytes(workbook(OldSheet("空", []), OldSheet("名册", [HEADER, DATA], hidden=True)))
    with pytest.raises(UnreadableFile, match="hidden sheets"):
        look(file)


def test_a_mistyped_required_header_does_not_lose_the_sheet(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "a.xlsx", [["统一社会信用代吗", "企业名称"], DATA])
    [layout] = look(file).tables
    assert layout.headers == ("统一社会信用代吗", "企业名称")


# What is told.


def test_hidden_rows_are_read_and_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet("名册")
        sheet.write_row(0, 0, HEADER)
        for row in range(1, 20):
            sheet.write_row(row, 0, DATA)
            sheet.set_row(row, None, None, {"hidden": row in {4, 8} or row > 9})
    reading = look(tmp_path / "a.xlsx")
    assert len(rows(tmp_path / "a.xlsx", reading.tables[0])) == 19
    assert said(reading) == (
        "工作表“名册”中有 12 行被隐藏，也已读取：第 5、9、11、12、13、14、15、16、17、18 等行。"
    )


def test_formulas_are_not_run_and_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet("名册")
        sheet.write_row(0, 0, [*HEADER, "人数"])
        sheet.write_row(1, 0, DATA)
        sheet.write_formula(1, 2, "=cmd|' /C calc'!A0", None, 7)
        sheet.write_formula(2, 0, '=IF(A2="","","")', None, "")
    reading = look(tmp_path / "a.xlsx")
    assert rows(tmp_path / "a.xlsx", reading.tables[0]) == [(2, *DATA, "7", None)]
    assert "工作表“名册”中有 2 个公式单元格，公式没有运行，用的是上次保存的结果。" in said(reading)


# Old workbooks, which WPS's .et files are too.


def old(folder: Path, *sheets: OldSheet, name: str = "a.xls", **how: Any) -> Path:
    file = folder / name
    file.write_bytes(workbook(*sheets, **how))
    return file


@pytest.mark.parametrize("name", ["a.xls", "a.et", "a.xlsx", "a.csv", "a"])
def test_an_old_workbook_is_read_whatever_its_name(name: str, tmp_path: Path) -> None:
    sheet = OldSheet(
        "名册",
        [
            ["标题", None, None],
            [*HEADER, "组建形式", None],
            [None, None, "单独建立", "联合建立"],
            [*DATA, "√", date(2019, 3, 15)],
            [*DATA, "#N/A", True],
            [*DATA, Formula("#REF!"), Formula(7.5)],
        ],
        hidden_rows=[5],
        merged=[(0, 0, 0, 3), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3)],
    )
    file = old(tmp_path, sheet, OldSheet("旧", [HEADER, DATA], hidden=True), name=name)
    reading = look(file)
    [layout] = reading.tables
    assert (layout.header_row, layout.header_rows) == (2, 2)
    assert layout.headers == (*HEADER, "组建形式/单独建立", "组建形式/联合建立")
    assert rows(file, layout) == [
        (4, *DATA, "√", "2019-03-15", None),
        (5, *DATA, "#N/A", "是", None),
        (6, *DATA, "#REF!", "7.5", None),
    ]
    assert "隐藏的工作表“旧”" in said(reading)
    assert "1 行被隐藏，也已读取：第 5 行" in said(reading)
    assert "2 个公式单元格" in said(reading)


def test_an_old_workbook_of_many_rows_is_read(tmp_path: Path) -> None:
    file = old(tmp_path, OldSheet("名册", [HEADER, *[DATA] * 5_000]))
    [layout] = look(file).tables
    assert len(rows(file, layout)) == 5_000


# Web pages named .xls.

PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>{meta}
<style>td {{ mso-number-format: "\\@" }}</style></head><body>
<table border=1><tr><th colspan=4>示例街道名册</th></tr>
<tr><th rowspan=2>统一社会信用代码</th><th rowspan="2">企业名称</th><th colspan=2>组建形式</th></tr>
<tr><th>单独建立</th><th>联合<br>建立</th></tr>
<tr><td>91430702MA4L000001</td><td>示例一号&nbsp;有限公司<script>x</script></td><td></td><td>√</td></tr>
<tr style="display: none"><td>91430702MA4L000002</td><td><b>示例</b>二号</td></tr></table>
</body></html>"""


@pytest.mark.parametrize(
    ("encoding", "meta"),
    [
        ("utf-8", '<meta charset="utf-8">'),
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("gb18030", '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'),
        ("gb18030", ""),
        ("gb18030", '<meta charset="utf-8">'),
        ("utf-16", ""),
    ],
)
@pytest.mark.parametrize("start", ["", "\r\n", "<!-- 导出 -->", "<!DOCTYPE html>\n"])
def test_a_web_page_named_xls_is_read(encoding: str, meta: str, start: str, tmp_path: Path) -> None:
    file = tmp_path / "名册.xls"
    file.write_bytes((start + PAGE.format(meta=meta)).encode(encoding))
    reading = look(file)
    [layout] = reading.tables
    assert (layout.format, layout.header_row, layout.header_rows) == ("html", 2, 2)
    assert layout.headers == (*HEADER, "组建形式/单独建立", "组建形式/联合 建立")
    assert rows(file, layout) == [
        (4, "91430702MA4L000001", "示例一号\xa0有限公司", None, "√", None),
        (5, "91430702MA4L000002", "示例二号", None, None, None),
    ]
    assert "1 行被隐藏" in said(reading)


def test_the_tables_of_a_page_count_from_its_top_and_frames_around_them_do_not(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.xls"
    file.write_text(
        "<html><table><tr><td>菜单<table><tr><td>标题</td></tr></table></td><td>"
        "<table><thead><tr><th>统一社会信用代码</th><th>企业名称</th></tr></thead>"
        "<tr><td rowspan=2>91</td><td>甲</td></tr><tr><td>乙</td></tr></table></td></tr></table>",
        encoding="utf-8",
    )
    [layout] = look(file).tables
    assert layout.header_row == 2
    assert rows(file, layout) == [(3, "91", "甲", None), (4, None, "乙", None)]


def test_a_page_without_a_table_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.xls"
    file.write_text("<html><body>请先登录</body></html>", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="web page without a table"):
        look(file)


# The child.


def test_the_child_learns_nothing_of_the_operators_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook that took the child over would find no password in its surroundings."""
    from ingest import workbook as reader

    monkeypatch.setenv("LIANGXIN_DATABASE_URL", "postgresql://someone:secret@nowhere/x")
    monkeypatch.setattr(
        reader,
        "_START",
        "import os, sys, json, struct; b = json.dumps({'fault': 'password' if any('LIANGXIN' in n "
        "for n in os.environ) else 'word'}).encode(); "
        "sys.stdout.buffer.write(struct.pack('<cI', b'J', len(b)) + b)",
    )
    file = write_workbook(tmp_path / "a.xlsx", [HEADER, DATA])
    with pytest.raises(UnreadableFile, match="Word document"):
        look(file)


def test_the_child_imports_neither_polars_nor_numpy_nor_the_domain() -> None:
    import subprocess

    root = Path(parse.__file__).parent.parent
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); import ingest.untrusted.child, "
        "ingest.untrusted.archive, ingest.untrusted.ole, ingest.untrusted.sheets, "
        "ingest.untrusted.html; print({'polars', 'numpy', 'liangxin'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "set()"
