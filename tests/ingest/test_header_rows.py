"""The headers are found below titles, in one to three rows, and never among the data."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import header_rows
from ingest.header_rows import Header

NAMES = {
    "uscc": ["统一社会信用代码"],
    "name": ["企业名称", "名称"],
    "staff": ["从业人员数量"],
    "phone": ["联系电话"],
    "alone": ["单独建立"],
    "joint": ["联合建立"],
    "secretary": ["书记/姓名", "党组织书记姓名"],
    "owner": ["出资人/姓名"],
    "union": ["工会"],
}
REQUIRED = ("uscc", "name")
DATA = ["1", "91430702MA4L000001", "示例一号有限公司", "示例路1号", "3", "是"]


def find(
    *rows: Sequence[str],
    merged: Sequence[tuple[int, int, int, int]] = (),
    required: Sequence[str] = REQUIRED,
) -> Header:
    numbered = [(number, list(cells)) for number, cells in enumerate(rows, start=1)]
    found = header_rows.find(numbered, merged, NAMES, required)
    assert found is not None
    return found


def test_titles_and_remarks_above_are_skipped() -> None:
    found = find(
        ["示例区企业台账"],
        ["填报单位：示例街道", "", "填报日期：2025年3月", "", "单位：人"],
        [],
        ["序号", "统一社会信用代码", "企业名称", "住所"],
        DATA,
    )
    assert (found.row, found.rows) == (4, 1)
    assert found.names == ("序号", "统一社会信用代码", "企业名称", "住所")


def test_a_title_is_no_part_of_the_headers_even_when_merged_over_them() -> None:
    found = find(
        ["示例区企业台账", "", "", ""],
        ["序号", "统一社会信用代码", "企业名称", "住所"],
        DATA,
        merged=[(0, 0, 0, 3)],
    )
    assert (found.row, found.rows) == (2, 1)


def test_two_merged_rows_are_one_header() -> None:
    found = find(
        ["统一社会信用代码", "企业名称", "组建形式", "", "联系电话"],
        ["", "", "单独建立", "联合建立", ""],
        ["91430702MA4L000001", "示例", "√", "", "07360000000"],
        merged=[(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3), (0, 4, 1, 4)],
    )
    assert (found.row, found.rows) == (1, 2)
    assert found.names == (
        "统一社会信用代码",
        "企业名称",
        "组建形式/单独建立",
        "组建形式/联合建立",
        "联系电话",
    )


#: The shape of a real ledger's headers (domain notes 5.1), in three rows.
LEDGER = (
    ["序号", "企业基本情况", "", "", "", "党组织设置情况", "", "", "", "群团"],
    [
        "",
        "企业名称",
        "统一社会信用代码",
        "企业类型",
        "",
        "是否建立党组织",
        "组建形式",
        "",
        "",
        "工会",
    ],
    ["", "", "", "私营企业", "外商投资企业", "", "单独建立", "联合建立", "网格建立", ""],
)
PATHS = (
    "序号",
    "企业基本情况/企业名称",
    "企业基本情况/统一社会信用代码",
    "企业基本情况/企业类型/私营企业",
    "企业基本情况/企业类型/外商投资企业",
    "党组织设置情况/是否建立党组织",
    "党组织设置情况/组建形式/单独建立",
    "党组织设置情况/组建形式/联合建立",
    "党组织设置情况/组建形式/网格建立",
    "群团/工会",
)
MERGED = [
    (0, 0, 2, 0), (0, 1, 0, 4), (0, 5, 0, 8), (1, 1, 2, 1), (1, 2, 2, 2), (1, 3, 1, 4),
    (1, 5, 2, 5), (1, 6, 1, 8), (1, 9, 2, 9),
]  # fmt: skip


@pytest.mark.parametrize("merged", [MERGED, ()], ids=["merged", "blanks only, as in a CSV"])
@pytest.mark.parametrize("titles", [0, 1, 3])
def test_three_rows_of_groups_are_one_header(
    merged: Sequence[tuple[int, int, int, int]], titles: int
) -> None:
    above = [["示例区台账"], ["填报单位：示例街道", "", "截至：三月"], ["附件2"]][:titles]
    down = [(a + titles, b, c + titles, d) for a, b, c, d in merged]
    data = ["1", "示例", "91430702MA4L000001", "√", "", "是", "√", "", "", "是"]
    found = find(*above, *LEDGER, data, data, merged=down)
    assert (found.row, found.rows) == (titles + 1, 3)
    assert found.names == PATHS
    assert (found.required, found.known) == (2, 5)


def test_one_name_below_two_groups_is_told_by_its_path() -> None:
    found = find(
        ["企业名称", "统一社会信用代码", "书记", "", "出资人", ""],
        ["", "", "姓名", "电话", "姓名", "电话"],
        ["示例", "91", "甲", "1", "乙", "2"],
    )
    assert found.names[2:] == ("书记/姓名", "书记/电话", "出资人/姓名", "出资人/电话")
    assert found.known == 4


def test_an_unnamed_column_does_not_make_a_data_row_a_header() -> None:
    found = find(
        ["序号", "统一社会信用代码", "企业名称", "", "联系电话"],
        ["1", "91430702MA4L000001", "示例", "备注一", "07360000000"],
        ["2", "", "", "备注二", ""],
    )
    assert (found.row, found.rows) == (1, 1)


def test_data_that_hold_a_fields_name_are_no_header() -> None:
    found = find(
        ["序号", "统一社会信用代码", "企业名称", "联系电话"],
        ["1", "91430702MA4L000001", "名称", "联系电话"],
        ["2", "统一社会信用代码", "企业名称", "无"],
    )
    assert found.row == 1


def test_the_first_of_two_equal_headers_is_the_header() -> None:
    header = ["统一社会信用代码", "企业名称"]
    assert find(header, ["91", "甲"], header, ["92", "乙"]).row == 1


def test_what_is_required_weighs_more_than_what_is_many() -> None:
    found = find(
        ["从业人员数量", "联系电话", "工会"],
        ["统一社会信用代码", "企业名称"],
        ["91", "甲"],
    )
    assert found.row == 2


def test_a_mistyped_header_is_still_the_header() -> None:
    found = find(["示例台账"], ["序号", "统一社会信用代吗", "企业明称", "电话"], DATA)
    assert (found.row, found.required) == (2, 1)


def test_a_table_without_a_known_name_shows_its_fullest_row() -> None:
    found = find(["标题"], ["甲", "乙", "丙"], ["1", "2", "3"])
    assert (found.row, found.names, found.required) == (2, ("甲", "乙", "丙"), 0)


def test_without_a_vocabulary_the_first_row_is_the_header() -> None:
    found = header_rows.find([(3, ["甲", "", "乙", ""]), (4, ["企业名称", "1"])], (), {}, ())
    assert found is not None
    assert (found.row, found.names) == (3, ("甲", "第2列", "乙"))


def test_headers_far_down_are_not_looked_for() -> None:
    rows = [[f"文字{n}", "一"] for n in range(header_rows.DEPTH)]
    assert find(*rows, ["统一社会信用代码", "企业名称"]).required == 0
    assert find(*rows[1:], ["统一社会信用代码", "企业名称"]).required == 2


def test_of_names_for_machines_and_for_people_the_lower_row_is_the_header() -> None:
    names = {"uscc": ["UNISCID", "统一社会信用代码"], "name": ["ENTNAME", "企业名称"]}
    rows = [["UNISCID", "ENTNAME", "DOM"], ["统一社会信用代码", "企业名称", "住所"], DATA]
    found = header_rows.find([*enumerate(rows, start=1)], (), names, REQUIRED)
    assert found is not None
    assert (found.row, found.names) == (2, ("统一社会信用代码", "企业名称", "住所"))


def test_headers_that_come_again_on_the_next_page_are_not_the_first() -> None:
    head = ["统一社会信用代码", "企业名称"]
    assert find(head, DATA, head, DATA).row == 1


def test_nothing_has_no_headers() -> None:
    assert header_rows.find([], (), NAMES, ()) is None


CELL = st.sampled_from(
    ["", "", "甲", "企业名称", "统一社会信用代码", "1", "组", "工会", "单位：x", "\n"]
)


@given(
    st.lists(st.lists(CELL, max_size=6), max_size=8),
    st.lists(st.tuples(*[st.integers(0, 8)] * 4), max_size=4),
)
def test_any_rows_have_headers_that_are_distinct_and_lie_in_them(
    rows: list[list[str]], merged: list[tuple[int, int, int, int]]
) -> None:
    numbered = [(number, cells) for number, cells in enumerate(rows, start=1) if any(cells)]
    found = header_rows.find(numbered, merged, NAMES, REQUIRED)
    if not numbered:
        assert found is None
        return
    assert found is not None
    assert len(set(found.names)) == len(found.names)
    assert {found.row, found.row + found.rows - 1} <= {number for number, _ in numbered}
