"""Totals, notes, numbered blanks and repeated headers are no data; whatever has a key is."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import furniture
from ingest.layout import MORE, ROW, Layout

HEADERS = ("序号", "统一社会信用代码", "企业名称", "从业人员", "备注")
COLUMNS = {"uscc": "统一社会信用代码", "name": "企业名称", "staff": "从业人员"}
KEYS = ("uscc", "name")
DATA = ("1", "91430702MA4L000001", "示例一号有限公司", "12", "")


def which(
    *rows: tuple[str, ...], keys: tuple[str, ...] = KEYS, headers: tuple[str, ...] = HEADERS
) -> list[str]:
    columns = {name: [row[at] or None for row in rows] for at, name in enumerate(headers)}
    schema = {ROW: pl.UInt32, **dict.fromkeys((*headers, MORE), pl.String)}
    frame = pl.DataFrame(
        {ROW: range(2, len(rows) + 2), **columns, MORE: [None] * len(rows)}, schema=schema
    )
    return furniture.which(frame, COLUMNS, keys, Layout("csv", headers)).to_list()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("合计", "", "", "120", ""), "total"),
        (("", "", "合 计", "120", ""), "total"),
        (("", "小计", "", "", ""), "total"),
        (("9", "", "总计：", "120", ""), "total"),
        (("本页小计", "", "", "7", ""), "total"),
        (("合计", "", "8家", "240", ""), "total"),
        (("小计", "", "4", "", ""), "total"),
        (("备注：以上数据截至三月", "", "", "", ""), "note"),
        (("", "", "填表人：甲某", "", "审核人：乙某"), "note"),
        (("", "单位（盖章）：", "", "填报日期：2025年3月1日", ""), "note"),
        (("注1", "", "", "", ""), "note"),
        (("填表人：", "审核人：", "单位负责人：", "", ""), "note"),
        (("说明：一、本表由街道填报。", "", "", "", ""), "note"),
        (("12", "", "", "", ""), "serial_only"),
        (("（3）", "", "", "", ""), "serial_only"),
        (("4", "/", "-", "", ""), "serial_only"),
        (HEADERS, "header_again"),
        (("", "统一社会信用代码", "企业名称", "从业人员", ""), "header_again"),
    ],
)
def test_what_is_no_data_is_told_apart(row: tuple[str, ...], why: str) -> None:
    assert which(DATA, row, DATA) == ["", why, ""]


@pytest.mark.parametrize(
    "row",
    [
        DATA,
        ("", "", "示例二号有限公司", "", ""),
        ("", "91430702MA4L000002", "", "", ""),
        ("合计", "91430702MA4L000002", "", "120", ""),
        ("9", "", "8", "240", ""),
        ("备注", "", "示例三号有限公司", "", ""),
        ("5", "", "", "12", ""),
        ("", "", "", "", "核实"),
        ("", "", "合计通达有限公司", "", ""),
        ("", "", "以上海风味为名的餐馆", "", ""),
        ("", "", "说明书印刷厂", "", ""),
        ("", "", "时间广告有限公司", "", ""),
        ("", "企业名称", "示例四号有限公司", "1", ""),
        ("6", "无", "示例五号有限公司", "", ""),
        ("第一部分", "", "", "", ""),
    ],
)
def test_what_may_be_data_is_data(row: tuple[str, ...]) -> None:
    """A row of data whose keys were forgotten is refused with a reason, not passed over."""
    assert which(row) == [""]


@pytest.mark.parametrize(
    "header", ["Social Credit Code", "统一社会信用", "企业的十八位统一社会信用代码（必填）"]
)
def test_a_header_as_long_as_a_code_is_known_when_it_is_printed_again(header: str) -> None:
    headers = ("序号", header, "企业名称")
    frame = pl.DataFrame(
        {ROW: [2], **{each: [each] for each in headers}, MORE: [None]},
        schema={ROW: pl.UInt32, **dict.fromkeys((*headers, MORE), pl.String)},
    )
    columns = {"uscc": header, "name": "企业名称"}
    assert furniture.which(frame, columns, KEYS, Layout("csv", headers)).to_list() == [
        "header_again"
    ]


def test_headers_of_several_rows_printed_again_are_known() -> None:
    headers = ("企业名称", "统一社会信用代码", "组建形式/单独建立", "组建形式/联合建立")
    rows = [
        ("企业名称", "统一社会信用代码", "组建形式", ""),
        ("", "", "单独建立", "联合建立"),
        ("示例", "91", "√", ""),
    ]
    assert which(*rows, headers=headers) == ["header_again", "header_again", ""]


def test_a_number_in_a_column_of_numbers_is_data() -> None:
    assert which(("", "", "", "12", "")) == [""]


def test_a_table_without_its_keys_is_all_data() -> None:
    assert which(("合计", "", "", "", ""), keys=("person",)) == [""]
    assert which(keys=KEYS) == []


CELLS = st.tuples(
    *[st.sampled_from(["", "1", "合计", "备注：", "企业名称", "统一社会信用代码", "示例公司"])] * 5
)


@given(st.lists(CELLS, max_size=8))
def test_a_row_with_a_name_is_always_data(rows: list[tuple[str, ...]]) -> None:
    said = which(*rows)
    assert len(said) == len(rows)
    for row, why in zip(rows, said, strict=True):
        assert why in {"", "total", "note", "serial_only", "header_again"}
        if "示例公司" in (row[1], row[2]):
            assert why in {"", "header_again"}
            assert why == "" or row[1] in HEADERS or row[2] in HEADERS


def test_what_was_written_behind_a_row_that_came_back_is_not_its_own() -> None:
    row = ("12", "", "", "", "", "只有序号的空行，已跳过。", "an empty line")
    assert which(row, headers=(*HEADERS, "退回原因", "reason")) == ["serial_only"]
