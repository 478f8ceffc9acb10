"""Cells of free text become values, or say which way they are wrong; nothing is guessed."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import values
from ingest.values import (
    read_choice,
    read_count,
    read_date,
    read_money,
    read_organisation,
    read_person,
    read_phone,
    read_wan,
    read_yes_no,
    suggest_phone,
    unit_of_header,
)

Reader = Callable[[pl.Series], tuple[pl.Series, pl.Series]]
FORMS = {"alone": ("单独组建", "单独建立"), "joint": ("联合组建", "联合"), "none": ("无", "未组建")}


def read(reader: Reader, cell: str | None) -> tuple[object, str]:
    found, faults = reader(pl.Series([cell], dtype=pl.String))
    return found.item(), faults.item()


# Counts.


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("12", 12),
        ("12人", 12),
        (" 12 名 ", 12),
        ("１２", 12),
        ("1,200", 1200),
        ("1，200人", 1200),
        ("12.0", 12),
        ("+12", 12),
        ("007", 7),
        ("0", 0),
        ("十二人", 12),
        ("二十", 20),
        ("两人", 2),
        ("2000000", 2_000_000),
    ],
)
def test_a_count_is_read_as_people_write_it(cell: str, number: int) -> None:
    assert read(read_count, cell) == (number, "")


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("约20", "approximate"),
        ("20左右", "approximate"),
        ("20余人", "approximate"),
        ("100多人", "approximate"),
        ("近100人", "approximate"),
        ("50以上", "approximate"),
        (">100", "approximate"),
        ("~20", "approximate"),
        ("10-20", "range"),
        ("10—20人", "range"),
        ("10～20", "range"),
        ("10至20人", "range"),
        ("-5", "negative"),
        ("－5人", "negative"),
        ("-12.5", "negative"),
        ("12.5", "fraction"),
        (".5", "fraction"),
        ("2000001", "too_large"),
        ("91430000000000000000000", "too_large"),
        ("12,34", "unreadable"),
        ("1e5", "unreadable"),
        ("5人(党员2人)", "unreadable"),
        ("示例", "unreadable"),
    ],
)
def test_what_is_no_number_says_why(cell: str, fault: str) -> None:
    assert read(read_count, cell) == (None, fault)


@given(st.integers(min_value=0, max_value=values.LARGEST))
def test_a_count_reads_back(number: int) -> None:
    shapes = [str(number), f"{number:,}", f"{number}人", f"{number}.0", f" {number} "]
    found, faults = read_count(pl.Series(shapes))
    assert found.to_list() == [number] * len(shapes)
    assert faults.to_list() == [""] * len(shapes)


# Yes and no; choices.


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("是", "否"),
        ("有", "无"),
        ("√", "×"),
        ("✓", "✗"),
        ("1", "0"),
        ("T", "F"),
        ("y", "n"),
        ("TRUE", "false"),
        ("已", "未"),
        ("已建立", "未建立"),
        ("已成立", "未成立"),
        (" 是 ", "没有"),
        ("∨", "×"),
        ("v", "x"),
        ("✅", "否"),
    ],
)
def test_yes_and_no_come_in_many_signs(yes: str, no: str) -> None:
    assert (read(read_yes_no, yes), read(read_yes_no, no)) == ((True, ""), (False, ""))


def test_what_is_neither_yes_nor_no_is_not_guessed() -> None:
    for cell in ("部分", "2", "是否", "是/否", "建党支部", "□"):
        assert read(read_yes_no, cell) == (None, "unreadable")
    for cell in (None, "", "-", "nan", "/"):
        assert read(read_yes_no, cell) == (None, "")


def a_form(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    return read_choice(column, FORMS)


@pytest.mark.parametrize(
    ("cell", "code", "fault"),
    [
        ("单独组建", "alone", ""),
        (" 单独 建立", "alone", ""),
        ("联合（组建）", "joint", ""),
        ("无", "none", ""),  # here a word of the vocabulary
        ("", None, ""),
        ("-", None, ""),
        ("单独组建/联合组建", None, "unknown"),
        ("挂靠", None, "unknown"),
        ("1", None, "bare_code"),
    ],
)
def test_a_choice_is_one_of_its_vocabulary(cell: str, code: str | None, fault: str) -> None:
    assert read(a_form, cell) == (code, fault)


def test_a_vocabulary_may_be_the_code_book_of_its_digits() -> None:
    found, faults = read_choice(pl.Series(["1", "2"]), {"alone": ["1", "单独组建"]})
    assert (found.to_list(), faults.to_list()) == (["alone", None], ["", "bare_code"])


def test_a_wording_for_two_codes_is_a_mistake_of_ours() -> None:
    for wrong in ({"a": ["联合"], "b": ["(联合)"]}, {"a": ["-"]}):
        with pytest.raises(ValueError, match="one code"):
            read_choice(pl.Series(["联合"]), wrong)


# Telephone numbers.


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("13800000000", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("138-0000-0000", "13800000000"),
        ("+86 13800000000", "13800000000"),
        ("8613800000000", "13800000000"),
        ("13800000000.0", "13800000000"),
        ("0736-7123456", "0736-7123456"),
        ("（0736）7123456", "0736-7123456"),
        ("07367123456", "0736-7123456"),
        ("0736—7123456", "0736-7123456"),
        ("010-12345678", "010-12345678"),
        ("0736-7123456-801", "0736-7123456-801"),
        ("0736-7123456转801", "0736-7123456-801"),
        ("7123456", "7123456"),
        ("400-123-4567", "4001234567"),
        ("+85212345678", "+85212345678"),
        ("13800000000、0736-7123456", "13800000000、0736-7123456"),
        ("13800000000/13900000000", "13800000000、13900000000"),
        ("13800000000；13900000000", "13800000000、13900000000"),
        ("13800000000 13900000000", "13800000000、13900000000"),
    ],
)
def test_a_telephone_number_is_read_in_one_form(cell: str, kept: str) -> None:
    assert read(read_phone, cell) == (kept, "")
    assert read(read_phone, kept) == (kept, "")


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("1380000000", "format"),
        ("138000000000", "format"),
        ("12345678901", "format"),
        ("1.38E+10", "format"),
        ("示例", "format"),
        ("、", "format"),
        ("13800000000、示例", "format"),
        ("138****0000", "masked"),
        ("138xxxx0000", "masked"),
        ("736-7123456", "lost_zero"),
        ("7367123456", "lost_zero"),
        ("2012345678", "lost_zero"),
    ],
)
def test_a_number_that_reaches_nobody_says_why(cell: str, fault: str) -> None:
    assert read(read_phone, cell) == (None, fault)


def test_a_lost_zero_is_suggested_and_nothing_else() -> None:
    cells = pl.Series(
        [
            "736-7123456",
            "7367123456、13800000000",
            "2012345678",
            "7367123456、138****0000",
            "138****0000",
            "13800000000",
            None,
        ]
    )
    suggested = suggest_phone(cells, read_phone(cells)[1])
    assert suggested.to_list() == [
        "0736-7123456",
        "0736-7123456、13800000000",
        "020-12345678",
        *[""] * 4,
    ]
    for number in suggested.filter(suggested != ""):
        assert read(read_phone, number) == (number, "")


# Money.


@pytest.mark.parametrize(
    ("cell", "unit", "wan", "fault"),
    [
        ("1,500", "万元", 1500.0, ""),
        ("1500000", "元", 150.0, ""),
        ("2亿元", "", 20_000.0, ""),
        ("2亿元", "万元", 20_000.0, ""),  # its own unit comes first
        ("0", "万元", 0.0, ""),
        ("1500", "", None, "no_unit"),
        ("3万美元", "万元", None, "currency"),
        ("-5", "万元", None, "unreadable"),
        ("9" * 400, "万元", None, "unreadable"),
        ("示例", "万元", None, "unreadable"),
        ("", "万元", None, ""),
    ],
)
def test_an_amount_is_read_in_ten_thousand_yuan(
    cell: str, unit: str, wan: float | None, fault: str
) -> None:
    found, faults = read_wan(pl.Series([cell]), unit)
    assert (found.item(), faults.item()) == (wan, fault)


def test_money_keeps_its_currency() -> None:
    amounts, currencies, faults = read_money(pl.Series(["20(万美元)", "示例"]))
    assert amounts.to_list() == [20.0, None]
    assert currencies.to_list() == ["USD", None]
    assert faults.to_list() == ["", "unreadable"]


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("年营业收入（万元）", "万元"),
        ("注册资本(万美元)", "万美元"),
        ("注册资本", ""),
        ("单位(盖章)", ""),
    ],
)
def test_a_header_names_the_unit(header: str, unit: str) -> None:
    assert unit_of_header(header) == unit


# Names.


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("张三", "张三"),
        (" 张　三 ", "张三"),
        ("欧阳示例", "欧阳示例"),
        ("买买提·艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("阿卜杜拉 • 买买提・艾力", "阿卜杜拉·买买提·艾力"),
        ("刘〇", "刘〇"),
        ("王三五", "王三五"),
        ("示例经理人", "示例经理人"),
        ("总", "总"),
        ("John  Smith", "John Smith"),
        ("O'Neil-Xu, J.", "O'Neil-Xu, J."),
        ("Xu", "Xu"),
    ],
)
def test_names_of_any_people_are_names(cell: str, name: str) -> None:
    assert read(read_person, cell) == (name, "")


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("", "missing"),
        (None, "missing"),
        ("无", "missing"),
        ("……", "missing"),
        ("#N/A", "missing"),
        ("#NAME?", "missing"),
        ("张3", "digits"),
        ("138", "digits"),
        ("张*", "masked"),
        ("张＊＊", "masked"),
        ("李某", "masked"),
        ("李某某", "masked"),
        ("张X", "masked"),
        ("张xx", "masked"),
        ("张○○", "masked"),
        ("张?", "masked"),
        ("张总", "title"),
        ("李经理", "title"),
        ("欧阳女士", "title"),
        ("王先生", "title"),
        ("赵老师", "title"),
        ("示" * 31, "too_long"),
    ],
)
def test_what_cannot_be_a_persons_name_says_why(cell: str | None, fault: str) -> None:
    assert read(read_person, cell) == (None, fault)


def test_a_name_nobody_asked_for_may_be_empty() -> None:
    for reader in (read_person, read_organisation):
        found, faults = reader(pl.Series(["", None, "无"], dtype=pl.String), needed=False)
        assert (found.to_list(), faults.to_list()) == ([None] * 3, [""] * 3)


@pytest.mark.parametrize(
    ("cell", "name", "fault"),
    [
        ("  示例（常德）有限公司 ", "示例（常德）有限公司", ""),
        ("A", "A", ""),
        ("", None, "missing"),
        ("——", None, "missing"),
        ("...", None, "missing"),
        ("#REF!", None, "missing"),
        ("430700123", None, "digits_only"),
        ("示" * 121, None, "too_long"),
    ],
)
def test_an_organisation_has_a_name_of_letters(cell: str, name: str | None, fault: str) -> None:
    assert read(read_organisation, cell) == (name, fault)


# All readers.

READERS: dict[str, tuple[Reader, pl.DataType, tuple[str, ...]]] = {
    "count": (read_count, pl.Int64(), values.COUNT_FAULTS),
    "yes_no": (read_yes_no, pl.Boolean(), values.YES_NO_FAULTS),
    "choice": (a_form, pl.String(), values.CHOICE_FAULTS),
    "phone": (read_phone, pl.String(), values.PHONE_FAULTS),
    "wan": (lambda s: read_wan(s, "万元"), pl.Float64(), values.MONEY_FAULTS),
    "person": (read_person, pl.String(), values.PERSON_FAULTS),
    "organisation": (read_organisation, pl.String(), values.ORGANISATION_FAULTS),
    "date": (lambda s: read_date(s, today=date(1905, 6, 1)), pl.Date(), values.DATE_FAULTS),
}
cells = st.lists(
    st.none()
    | st.text(max_size=16)
    | st.text(alphabet="0123456789.,-+人约×√转、张某", max_size=14),
    max_size=6,
)


@pytest.mark.parametrize("name", READERS)
@given(column=cells)
def test_any_column_comes_back_as_long_as_it_went(name: str, column: list[str | None]) -> None:
    reader, dtype, known = READERS[name]
    found, faults = reader(pl.Series(column, dtype=pl.String))
    assert len(found) == len(faults) == len(column)
    assert (found.dtype, faults.dtype) == (dtype, pl.String)
    assert set(faults) <= {"", *known}
    for cell, value, fault in zip(column, found, faults, strict=True):
        assert value is None or fault in {"", "month_only"}
        assert read(reader, cell) == (value, fault)


@pytest.mark.parametrize("name", READERS)
def test_a_column_without_a_cell_is_read_too(name: str) -> None:
    reader, dtype, _ = READERS[name]
    for column in (pl.Series([], dtype=pl.String), pl.Series([None, None])):
        found, faults = reader(column)
        assert (found.dtype, len(found)) == (dtype, len(column))
        assert faults.null_count() == 0
