"""A column is known by any name publishers use for it, and serves one field."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheets import a_resident_id

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
        ("name", ["市场主体名称", "经营主体名称"]),
        ("enterprise_type", ["市场主体类型", "经营主体类型"]),
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


# Closely: the ends of paths, and slips of the hand.

NAMES = {
    "uscc": ("统一社会信用代码",),
    "name": ("企业名称", "单位名称"),
    "members": ("党员人数",),
    "joined_on": ("入党时间",),
    "hired_on": ("入职时间",),
    "union": ("工会",),
    "secretary": ("书记/姓名",),
    "person": ("姓名",),
    "capital": ("注册资本",),
}


def closely(*columns: str, **wanted: Sequence[str]) -> headers.Matched:
    return headers.match_closely(columns, wanted, NAMES)


def test_a_header_below_a_group_is_known_by_its_end() -> None:
    assert closely("基本情况/企业名称", "群团/工会").columns == {
        "name": "基本情况/企业名称",
        "union": "群团/工会",
    }


def test_the_whole_path_goes_before_its_end() -> None:
    found = closely("党组织/书记/姓名", "姓名", "单位名称")
    assert found.columns == {"secretary": "党组织/书记/姓名", "person": "姓名", "name": "单位名称"}


def test_an_end_that_two_headers_have_names_neither() -> None:
    assert closely("员工/姓名", "联系人/姓名").columns == {}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("统一社会信用代吗", "uscc"),
        ("统一社会信用代码号", "uscc"),
        ("统一社会信代码", "uscc"),
        ("统一社会用信代码", "uscc"),
        ("企业名称盖章", "name"),
        ("企业名称全称", "name"),
        ("企业名", "name"),
        ("公会", "union"),
        ("群团/公会", "union"),
        ("注册资本万元", "capital"),
    ],
)
def test_a_slip_of_the_hand_is_proposed_and_not_taken_for_certain(header: str, field: str) -> None:
    found = closely(header, "别的")
    assert (found.columns, found.close) == ({}, {field: header})


@pytest.mark.parametrize(
    "header",
    [
        "团员人数",
        "非党员人数",
        "女党员人数",
        "转正时间",
        "离职时间",
        "企业类型",
        "名字",
        "公司",
        "协会",
        "",
    ],
)
def test_a_header_that_means_something_else_is_not_proposed(header: str) -> None:
    assert closely(header).close == {}


def test_a_name_of_one_field_is_never_a_slip_of_another() -> None:
    found = closely("入职时间", "党员人数", "党员数量")
    assert "joined_on" not in found.columns | found.close
    assert found.columns == {"hired_on": "入职时间", "members": "党员人数"}


def test_two_headers_that_could_be_one_field_are_left_to_a_person() -> None:
    assert closely("统一社会信用代吗", "统一社会信用代玛").close == {}


def test_what_a_sender_is_known_to_mean_goes_first() -> None:
    found = closely("户名", "企业名称", "姓名", name=["户名"], person=["企业名称"])
    assert found.columns == {"name": "户名", "person": "企业名称"}


def test_a_missing_column_is_told_with_its_sheet_and_what_may_be_meant() -> None:
    columns = ("统一社会信用码", "企业名称")
    with pytest.raises(MissingColumn) as caught:
        headers.require({"name": "企业名称"}, columns, "a.xlsx", ["uscc"], NAMES, sheet="名册")
    assert "文件 a.xlsx 的工作表“名册”没有“统一社会信用代码”列" in caught.value.zh
    assert "“统一社会信用码”列若就是它，请改名或用 --mapping 指定。" in caught.value.zh
    assert "the sheet '名册' of a.xlsx" in caught.value.en
    assert "if '统一社会信用码' is the one" in caught.value.en


@given(
    st.lists(
        st.sampled_from(sum(NAMES.values(), ())) | st.text("企业名称统一/(2)", max_size=6),
        max_size=9,
    )
)
def test_no_header_and_no_field_is_matched_twice(columns: list[str]) -> None:
    found = closely(*columns)
    assert not set(found.columns) & set(found.close)
    used = [*found.columns.values(), *found.close.values()]
    assert len(used) == len(set(used))
    assert set(used) <= set(columns)


@pytest.mark.parametrize(
    "header",
    [
        "企业名称 Company Name",
        "Name of Firm 企业名称",
        "企业名称\nName (full)",
        "ENT_NAME 企业名称",
    ],
)
def test_a_header_in_two_languages_is_close_to_its_chinese(header: str) -> None:
    names = {"name": ("企业名称",)}
    assert headers.match_closely([header], {}, names).close == {"name": header}


@pytest.mark.parametrize(
    "columns", [("1", "甲某某", "身份证", a_resident_id(), "群众"), ("甲某某", "生产部", "群众")]
)
def test_a_row_of_data_is_never_shown_as_what_columns_there_are(columns: tuple[str, ...]) -> None:
    with pytest.raises(MissingColumn) as caught:
        headers.require({}, columns, "a.csv", ["name"], headers.vocabulary("roster"))
    said = caught.value.zh + caught.value.en
    assert not [cell for cell in columns if cell in said]
    assert "没有认出列名行" in caught.value.zh
    assert "only data" in caught.value.en


def test_every_kind_of_file_has_names_and_none_stands_for_two_fields() -> None:
    kinds = [file.stem for file in Path(headers.__file__).with_name("aliases").glob("*.toml")]
    assert "registrations" in kinds
    for kind in kinds:
        names = headers.vocabulary(kind)
        plain = [headers.plain(name) for listed in names.values() for name in set(listed)]
        assert plain, kind
