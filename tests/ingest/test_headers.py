"""A column is known by any name publishers use for it, and serves one field."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import headers
from ingest.normalise import FIELDS
from liangxin.errors import MissingColumn

#: What the list of real aliases calls our fields.
OURS = {
    "uscc": "uscc",
    "name": "name",
    "ent_type": "enterprise_type",
    "reg_date": "established_on",
    "capital": "capital",
    "address": "address",
    "status": "status",
    "region_code": "district_code",
}


def match(*columns: str, **wanted: Sequence[str]) -> dict[str, str]:
    return headers.match(columns, wanted)


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        ("uscc", ["统一社会信用代码", "统一社会信用代码/注册号", "CreditCode", "uscc", "UniSCID"]),
        ("name", ["企业名称", "单位名称", "社会组织名称", "机构名称", "EntName", "inst_nm"]),
        ("enterprise_type", ["企业类型", "社会组织类型", "类型", "enttype", "aaae0105"]),
        ("established_on", ["成立日期", "注册日期", "成立登记日期", "ESTDATE", "startDate"]),
        ("capital", ["注册资本", "注册资金", "原始基金数额", "RegistCapi", "init_fund"]),
        ("address", ["住所", "注册地址", "经营场所", "主要经营场所", "OPLOC", "ba_add"]),
        ("status", ["登记状态", "经营状态", "REGSTATE", "entstatus", "ShortStatus"]),
        ("district_code", ["行政区划", "AreaCode"]),
    ],
)
def test_a_field_is_known_by_the_names_publishers_use(field: str, columns: list[str]) -> None:
    for column in columns:
        assert match(column) == {field: column}


def test_every_alias_met_in_real_sources_is_known(shared_data: Path) -> None:
    with (shared_data / "field_aliases.csv").open(encoding="utf-8", newline="") as listed:
        rows = [row for row in csv.DictReader(listed) if row["logical_field"] in OURS]
    unknown = [
        (OURS[row["logical_field"]], alias)
        for row in rows
        for alias in re.split(r" / | \+ .*", row["alias"])
        if alias and OURS[row["logical_field"]] not in match(alias)
    ]
    assert len(rows) > 30
    assert not unknown


@pytest.mark.parametrize(
    "written",
    [
        "统一社会信用代码",
        " 统一社会信用代码 ",
        "统一社会\n信用代码",
        "统一社会信用代码（18位）",
        "统一社会信用代码(必填)",
        "*统一社会信用代码",
        "统一社会信用代码：",
        "\ufeff统一社会信用代码",
        "统一 社会 信用 代码",
        "UNIFIED_SOCIAL Credit-Code",
    ],
)
def test_blanks_marks_remarks_and_case_do_not_matter(written: str) -> None:
    assert match(written) == {"uscc": written}


def test_a_unit_in_brackets_does_not_hide_a_column() -> None:
    assert match("注册资本（万元）") == {"capital": "注册资本（万元）"}


def test_the_name_listed_first_wins_whatever_the_order_of_columns() -> None:
    assert match("名称", "企业名称")["name"] == "企业名称"
    assert match("企业名称", "名称")["name"] == "企业名称"


def test_a_column_serves_one_field_only() -> None:
    found = match("类型", "企业类型", "状态", "登记状态", "code", "统一社会信用代码")
    assert found == {
        "uscc": "统一社会信用代码",
        "enterprise_type": "企业类型",
        "status": "登记状态",
    }


def test_what_a_source_says_outright_wins() -> None:
    found = match("统一社会信用代码", "代码二", uscc=["代码二"])
    assert found["uscc"] == "代码二"


def test_what_a_source_says_outright_is_taken_from_no_other_field() -> None:
    """``code`` is an alias of the credit code; here the publisher means the type by it."""
    assert match("code", "名称", enterprise_type=["code"]) == {
        "enterprise_type": "code",
        "name": "名称",
    }


def test_what_a_source_says_and_the_file_lacks_falls_back_to_the_aliases() -> None:
    assert match("企业名称", name=["户名"]) == {"name": "企业名称"}


def test_every_field_has_aliases_and_nothing_else_has() -> None:
    assert set(headers.aliases()) == set(FIELDS)


def test_no_name_stands_for_two_fields() -> None:
    fields = [{headers.plain(name) for name in names} for names in headers.aliases().values()]
    assert sum(map(len, fields)) == len(set.union(*fields))


def test_a_file_with_code_and_name_will_do() -> None:
    headers.require(match("名称", "code"), ("名称", "code"), "list.csv")


@pytest.mark.parametrize(
    ("columns", "zh", "en"),
    [
        (("企业名称", "地址"), "没有“统一社会信用代码”列", "no column for uscc"),
        (("统一社会信用代码",), "没有“企业名称”列", "no column for name"),
    ],
)
def test_a_missing_column_is_told_with_what_the_file_has(
    columns: tuple[str, ...], zh: str, en: str
) -> None:
    with pytest.raises(MissingColumn) as caught:
        headers.require(match(*columns), columns, "list.csv")
    assert zh in caught.value.zh
    assert en in caught.value.en
    for said in (caught.value.zh, caught.value.en):
        assert "list.csv" in said
        assert all(column in said for column in columns)


@given(
    st.lists(
        st.sampled_from([name for names in headers.aliases().values() for name in names])
        | st.text(max_size=5),
        max_size=12,
    )
)
def test_each_field_gets_one_column_that_is_there_and_its_own(columns: list[str]) -> None:
    found = match(*columns)
    assert set(found) <= set(FIELDS)
    assert set(found.values()) <= set(columns)
    assert len(set(found.values())) == len(found)
    for field, column in found.items():
        assert headers.plain(column) in map(headers.plain, headers.aliases()[field])
