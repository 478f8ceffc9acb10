"""What all kinds of files have in common: rows stay rows, faults are known, repeats are seen."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from factories import TODAY, a_uscc
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets import a_resident_id, batch, columns_of, prepared

from expectations import messages
from expectations.check import SKIPPED
from expectations.rule import known
from ingest import values
from ingest.kinds import KINDS, Context, Repeats, normalise
from ingest.kinds.kind import MISSING, Kind
from ingest.kinds.ticks import TICK, TWO_TICKS
from ingest.parse import MORE, ROW
from liangxin.ids import document

CONTEXT = Context(today=TODAY)
WORDS = st.sampled_from(
    [
        *(
            "",
            " ",
            "无",
            "-",
            "是",
            "否",
            "√",
            "×",
            "1",
            "0",
            "01",
            "13",
            "-3",
            "约20",
            "10-20",
            "2.5",
        ),
        *("12人", "13000000000", "#N/A", "1.1E+17", "2019-03-15", "2019年3月", "2019", "85.3.12"),
        *(
            "9999-12-31",
            "2099-01-01",
            "43539",
            "男",
            "女",
            "中共党员",
            "预备党员",
            "积极分子",
            "群众",
        ),
        *(
            "正式党员",
            "正常",
            "转出",
            "停业",
            "单独组建",
            "联合组建",
            "党支部",
            "联合党支部",
            "未成立",
        ),
        *("党委", "没有党员", "应建未建", "其他", "合格", "未参检", "120㎡", "300万元", "30万美元"),
        *("王其", "王*", "王总", "示例公司、12", "专职", "每月", "护照", "居民身份证", "图书证"),
        *(a_resident_id(), a_resident_id()[:17], a_uscc(), a_uscc()[:17], "E12345678"),
        *("0736-7000000", "736-7000000", "130****0000"),
    ]
)
CELLS = st.one_of(WORDS, st.text(max_size=12), st.none())


def rows_of(kind: Kind) -> st.SearchStrategy[list[dict[str, str | None]]]:
    """Rows that say anything in any column."""
    row = st.dictionaries(st.sampled_from([*kind.columns, MORE]), CELLS)
    return st.lists(row, min_size=1, max_size=8)


def each_kind(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())(test)


@each_kind
@settings(max_examples=10)
@given(st.data())
def test_whatever_a_file_says_its_faults_are_known(kind: Kind, data: st.DataObject) -> None:
    rows = data.draw(rows_of(kind))
    frame = prepared(kind.name, *rows)
    found = {
        (column, code)
        for column in frame.columns
        if column.endswith("_fault")
        for code in frame[column]
    }
    fine = {(column, "") for column, _ in found} | {SKIPPED}
    assert found - fine <= known(messages.SUITES[kind.name])
    assert frame["file_row"].to_list() == list(range(2, len(rows) + 2))


@each_kind
def test_the_suite_is_about_the_faults_that_are_looked_for(kind: Kind) -> None:
    empty = prepared(kind.name, {})
    columns = {column for column in empty.columns if column.endswith("_fault")}
    asked = {column for column, _ in known(messages.SUITES[kind.name])}
    no_fault = {f"{field.name}_fault" for field in kind.fields} - asked
    unasked = {column.removesuffix("_fault") for column in columns - asked}
    assert asked <= columns | {"repeat_fault"}
    assert columns - asked == no_fault | ({"repeat_fault"} - asked)
    assert all(empty[f"{name}_fault"].to_list() == [""] for name in unasked)


@each_kind
def test_a_reader_finds_what_the_rules_of_its_field_are_about_and_nothing_else(kind: Kind) -> None:
    choices = {frozenset(values.CHOICE_FAULTS) | more for more in ({*()}, {TICK, TWO_TICKS})}
    whole = {
        *choices,
        frozenset(values.CHOICE_FAULTS) | {MISSING},
        frozenset(values.CHOICE_FAULTS) | {"not_a_member"},
        frozenset(values.CHOICE_FAULTS) | {"not_a_status"},
        frozenset(values.CHOICE_FAULTS) | {"not_a_status", "probationary", "no_member"},
        frozenset(values.COUNT_FAULTS),
        frozenset(values.DATE_FAULTS),
        frozenset(values.DATE_FAULTS) | {MISSING},
        frozenset(values.YES_NO_FAULTS),
        frozenset(values.MONEY_FAULTS),
        frozenset({"unreadable", "negative"}),
        frozenset(values.PERSON_FAULTS),
        frozenset(values.PERSON_FAULTS) - {MISSING},
        frozenset(values.ORGANISATION_FAULTS),
        frozenset(values.ORGANISATION_FAULTS) - {MISSING},
        frozenset(values.PHONE_FAULTS),
        frozenset(document.FAULTS),
        frozenset(document.FAULTS) - {MISSING} | {"sent"},
        frozenset(document.KIND_FAULTS),
        frozenset({MISSING, "format"}),  # a key
    }
    of_field: dict[str, set[str]] = {}
    for column, code in known(messages.SUITES[kind.name]):
        of_field.setdefault(column.removesuffix("_fault"), set()).add(code)
    for field in set(kind.columns) & of_field.keys() - {"uscc"}:
        assert of_field[field] in whole, field


@each_kind
def test_each_fault_has_one_rule(kind: Kind) -> None:
    told = [(rule.column, code) for rule in messages.SUITES[kind.name] for code in rule.codes]
    assert len(told) == len(set(told))


@each_kind
def test_a_file_without_a_column_has_its_field_empty_and_without_fault(kind: Kind) -> None:
    columns = {field: columns_of(kind.name)[field] for field in kind.columns_needed}
    short = prepared(kind.name, {"name": "王其"}, columns=columns)
    whole = prepared(kind.name, {"name": "王其"})
    assert short.schema == whole.schema
    told_by_its_number = {"document_kind"}
    for field in set(kind.columns) & set(short.columns) - set(columns) - told_by_its_number:
        assert short[field].to_list() == [None]
    for column in [column for column in short.columns if column.endswith("_hint")]:
        assert short[column].to_list() == [""]


@each_kind
def test_an_empty_batch_is_no_trouble(kind: Kind) -> None:
    assert prepared(kind.name).height == 0


@each_kind
def test_a_row_with_more_cells_than_headers_is_told(kind: Kind) -> None:
    assert prepared(kind.name, {MORE: "x"}, {})["row_fault"].to_list() == ["more_cells", ""]


@each_kind
def test_a_column_without_any_cell_is_text_too(kind: Kind) -> None:
    columns = columns_of(kind.name)
    empty = batch(columns, [{}]).with_columns(
        pl.lit(None, dtype=pl.Null).alias(header) for header in columns.values()
    )
    assert normalise(empty, columns, kind, CONTEXT).height == 1


@each_kind
def test_what_a_kind_needs_is_among_what_it_reads(kind: Kind) -> None:
    assert {*kind.columns_needed, *kind.keys, *kind.secret} <= set(kind.columns)
    assert kind.identity is None or kind.identity in kind.columns
    assert len(set(kind.columns)) == len(kind.columns)


def test_lists_of_people_are_secret_throughout() -> None:
    assert KINDS["roster"].secret == set(KINDS["roster"].columns)
    assert KINDS["members"].secret == set(KINDS["members"].columns)


def test_values_have_types() -> None:
    rows = {
        "uscc": a_uscc().lower(),
        "name": "示例有限公司",
        "staff": "１２人",
        "built": "已建立",
        "revenue": "1.2亿元",
        "founded_on": "43539",
        "form": "联合建立",
    }
    frame = prepared("ledger", rows)
    assert frame.select(rows.keys()).rows() == [
        (a_uscc(), "示例有限公司", 12, True, 12_000.0, date(2019, 3, 15), "joint")
    ]


def test_a_box_that_nobody_ticked_is_no_tick() -> None:
    rows = {"name": "示例有限公司", "form_alone": "☑", "form_joint": "□"}
    frame = prepared("ledger", rows, {"name": "示例", "form_alone": " □", "form_joint": "☐"})
    assert frame.select("form", "form_fault").rows() == [("alone", ""), (None, "")]


def test_a_code_that_is_wrong_is_null_and_what_may_be_meant_is_hinted_at() -> None:
    wrong = a_uscc().replace("0", "O", 1)
    frame = prepared("ledger", {"uscc": wrong, "name": "示例"})
    assert frame.select("uscc", "uscc_fault", "uscc_hint").rows() == [
        (None, "look_alike", a_uscc())
    ]


def test_a_declared_code_book_makes_bare_codes_readable() -> None:
    columns = columns_of("roster")
    rows = batch(columns, [{"political_status": "1"}, {"political_status": "13"}])
    book = Context(today=TODAY, code_books={"political_status": "gb4762"})
    declared = normalise(rows, columns, KINDS["roster"], book)
    undeclared = normalise(rows, columns, KINDS["roster"], CONTEXT)
    assert declared["political_status"].to_list() == ["01", None]
    assert declared["political_status_fault"].to_list() == ["", ""]
    assert undeclared["political_status_fault"].to_list() == ["bare_code", "bare_code"]


def test_numbers_of_an_annual_report_mean_something_once_its_book_is_declared() -> None:
    columns = columns_of("ledger")
    rows = batch(columns, [{"form": "0", "level": "3"}, {"form": "1", "level": "9"}])
    books = {"form": "annual_report", "level": "annual_report"}
    frame = normalise(rows, columns, KINDS["ledger"], Context(today=TODAY, code_books=books))
    assert frame["form"].to_list() == ["alone", "joint"]
    assert frame["level"].to_list() == ["branch", None]
    assert frame["level_fault"].to_list() == ["", "bare_code"]
    undeclared = normalise(rows, columns, KINDS["ledger"], CONTEXT)
    assert undeclared["form_fault"].to_list() == ["bare_code"] * 2


def test_a_book_that_nobody_knows_is_no_book() -> None:
    columns = columns_of("ledger")
    context = Context(today=TODAY, code_books={"state": "nobodys"})
    with pytest.raises(ValueError, match="nobodys"):
        normalise(batch(columns, [{"state": "1"}]), columns, KINDS["ledger"], context)


# Repeats.


def marked(kind: str, rows: list[dict[str, str | None]], sizes: list[int]) -> list[str]:
    """Repeats found when the rows come in batches of the sizes given."""
    repeats, found = Repeats(KINDS[kind]), []
    columns = {field: columns_of(kind)[field] for field in ("uscc", "name", "staff")}
    at = 0
    for size in sizes:
        frame = normalise(batch(columns, rows[at : at + size]), columns, KINDS[kind], CONTEXT)
        found += repeats.mark(frame)["repeat_fault"].to_list()
        at += size
    return found


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["5", "6", "x"])), max_size=8), st.data()
)
def test_repeats_are_the_same_however_a_file_is_cut(
    rows: list[tuple[int, str]], data: st.DataObject
) -> None:
    sent: list[dict[str, str | None]] = [
        {"uscc": a_uscc(n), "name": "示例", "staff": staff} for n, staff in rows
    ]
    cut = data.draw(st.integers(0, len(rows)))
    whole = marked("ledger", sent, [len(sent)])
    assert marked("ledger", sent, [cut, len(sent) - cut]) == whole
    taken: dict[int, str] = {}
    for (n, staff), fault in zip(rows, whole, strict=True):
        first = taken.setdefault(n, staff)
        assert (fault == "conflict") == (first != staff)


def test_rows_that_are_no_data_repeat_nothing() -> None:
    columns = columns_of("ledger")
    sent = batch(columns, [{"uscc": a_uscc(), "name": "示例"}] * 2)
    frame = normalise(sent, columns, KINDS["ledger"], CONTEXT)
    frame = frame.with_columns(skip=pl.Series(["total", ""]))
    assert Repeats(KINDS["ledger"]).mark(frame)["repeat_fault"].to_list() == ["", ""]


def test_row_numbers_are_the_files_own() -> None:
    columns = columns_of("ledger")
    sent = batch(columns, [{"name": "甲"}, {"name": "乙"}]).with_columns(
        pl.Series(ROW, [7, 12], dtype=pl.UInt32)
    )
    frame = normalise(sent, columns, KINDS["ledger"], CONTEXT)
    assert frame["file_row"].to_list() == [7, 12]
