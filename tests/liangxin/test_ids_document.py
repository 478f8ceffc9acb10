"""The identity document of a row: what it is called, what its number is, and who is believed."""

from typing import Any

import polars as pl
import pytest
from factories import TODAY
from hypothesis import given, settings
from hypothesis import strategies as st
from identities import NEW_CARDS, PERMITS, RESIDENT_IDS, TEXT, anything, whole

from liangxin import classify
from liangxin.ids import document, residence_permit, resident_id

RESIDENT, PERMIT, CARD = "430702190305051134", "810000190301011231", "911840190301011230"
NAMES = classify.table("document_kinds.csv")
WORDS = st.none() | TEXT | st.sampled_from(NAMES["text"].to_list())
#: Names that say of no document of a known form.
NUMBERLESS = ("户口簿", "驾驶证", "军官证", "其他", "513")


def read(word: str | None, number: str | None) -> dict[str, Any]:
    kinds, numbers = pl.Series([word], dtype=pl.String), pl.Series([number], dtype=pl.String)
    return document.read(kinds, numbers, today=TODAY).row(0, named=True)


def told(word: str | None, number: str | None) -> tuple[str, str, str]:
    row = read(word, number)
    assert (row["document_number"] is None) is (row["document_fault"] != "")
    return row["document_kind"], row["document_fault"], row["document_kind_fault"]


@pytest.mark.parametrize(
    ("word", "number", "kind"),
    [
        ("居民身份证", RESIDENT, "resident_id"),
        ("身份证", RESIDENT, "resident_id"),
        (" 二代身份证 ", RESIDENT, "resident_id"),
        ("《居民身份证》", RESIDENT, "resident_id"),
        ("111", RESIDENT, "resident_id"),
        ("港澳居民居住证", PERMIT, "residence_permit"),
        ("港澳台居民居住证", PERMIT, "residence_permit"),
        ("台湾居民居住证", "830000190402291256", "residence_permit"),
        ("外国人永久居留身份证", CARD, "foreign_card"),
        ("外国人永久居留身份证（外国人永久居留证）", CARD, "foreign_card"),
        ("永居证", "USA110003010112", "foreign_card"),
        ("护照", "E12345678", "passport"),
        ("414", "G12345678", "passport"),
        ("护照", "AB1234567", "foreign_passport"),
        ("外国护照", "E12345678", "foreign_passport"),
        ("港澳居民来往内地通行证", "H12345678", "travel_permit_hk_mo"),
        ("回乡证", "m12345678", "travel_permit_hk_mo"),
        ("516", "M0000000101", "travel_permit_hk_mo"),
        ("台湾居民来往大陆通行证", "12345678", "travel_permit_tw"),
        ("台胞证", "0123456702（B）", "travel_permit_tw"),
        ("511", "87654321", "travel_permit_tw"),
        ("军官证", "军字第1234567号", "other"),
    ],
)
def test_a_document_is_what_it_is_called_if_its_number_agrees(
    word: str, number: str, kind: str
) -> None:
    assert told(word, number) == (kind, "", "")


@pytest.mark.parametrize("word", [None, "", " ", "无", "-"])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (RESIDENT, "resident_id"),
        (PERMIT, "residence_permit"),
        (CARD, "foreign_card"),
        ("USA110003010112", "foreign_card"),
        ("E12345678", "passport"),
        ("H12345678", "travel_permit_hk_mo"),
        ("AB1234567", "foreign_passport"),
    ],
)
def test_a_document_without_a_name_is_what_its_number_looks_like(
    word: str | None, number: str, kind: str
) -> None:
    assert told(word, number) == (kind, "", "")


@pytest.mark.parametrize(
    ("number", "kind", "fault"),
    [
        (None, "unknown", "missing"),
        ("", "unknown", "missing"),
        ("12345678", "unknown", "length"),
        (RESIDENT[:17], "unknown", "length"),
        (RESIDENT[:16] + "X", "unknown", "length"),
        ("4.30702E+17", "unknown", "scientific"),
        ("430702030505113", "resident_id", "first_generation"),
        ("430702190305051135", "resident_id", "check"),
        ("810001190301011238", "residence_permit", "prefix"),
        ("示例", "unknown", "length"),
    ],
)
def test_a_number_that_is_nothing_is_told_its_faults_as_a_resident_id(
    number: str | None, kind: str, fault: str
) -> None:
    assert told(None, number) == (kind, fault, "")


@pytest.mark.parametrize(
    ("word", "number", "kind"),
    [
        ("身份证", PERMIT, "residence_permit"),
        ("身份证", CARD, "foreign_card"),
        ("身份证", "E12345678", "passport"),
        ("身份证", "H12345678", "travel_permit_hk_mo"),
        ("护照", RESIDENT, "resident_id"),
        ("外国护照", PERMIT, "residence_permit"),
        ("港澳居民居住证", RESIDENT, "resident_id"),
        ("台胞证", "H12345678", "travel_permit_hk_mo"),
        ("回乡证", PERMIT, "residence_permit"),
        ("台湾居民居住证", PERMIT, "residence_permit"),
        ("香港居民居住证", "820000190202021241", "residence_permit"),
    ],
)
def test_a_good_number_is_believed_and_the_name_that_contradicts_it_questioned(
    word: str, number: str, kind: str
) -> None:
    assert told(word, number) == (kind, "", "contradicts")


@pytest.mark.parametrize(
    ("word", "number", "kind", "fault"),
    [
        ("身份证", "12345678", "resident_id", "length"),
        ("身份证", "AB1234567", "resident_id", "length"),
        ("身份证", RESIDENT[:17], "resident_id", "length"),
        ("身份证", None, "resident_id", "missing"),
        ("回乡证", "12345678", "travel_permit_hk_mo", "length"),
        ("台胞证", "1234 5678", "travel_permit_tw", "format"),
        ("中国护照", "AB1234567", "passport", "format"),
        ("永居证", "USA-110003010112", "foreign_card", "format"),
        ("其他", "", "other", "missing"),
        ("军官证", "军字第****567号", "other", "masked"),
    ],
)
def test_a_bad_number_is_told_its_faults_as_what_it_is_called(
    word: str, number: str | None, kind: str, fault: str
) -> None:
    assert told(word, number) == (kind, fault, "")


def test_a_damaged_resident_id_never_passes_for_a_foreign_passport() -> None:
    assert told("护照", "430702190305051135") == ("resident_id", "check", "contradicts")


def test_a_damaged_permit_called_a_resident_id_is_told_as_a_permit() -> None:
    assert told("身份证", "810001190301011238") == ("residence_permit", "prefix", "contradicts")


@pytest.mark.parametrize("word", ["学生证", "1", "示例"])
def test_a_name_in_no_table_is_a_warning_and_the_number_is_judged_by_its_shape(word: str) -> None:
    assert told(word, RESIDENT) == ("resident_id", "", "unknown")
    assert told(word, "12345678") == ("resident_id", "length", "unknown")


@pytest.mark.parametrize("word", NUMBERLESS)
def test_papers_that_bear_their_holders_resident_id_are_believed(word: str) -> None:
    assert told(word, RESIDENT) == ("resident_id", "", "")
    assert told(word, "430702190305051135") == ("other", "", "")


def test_what_was_mended_and_what_may_be_meant_is_told() -> None:
    assert read("身份证", " 11010519031231001x")["repair"] == "case+blanks"
    assert read("身份证", "11010519031231001x")["document_number"] == "11010519031231001X"
    assert read("身份证", "430702030505113x")["repair"] == ""
    for word, number, meant in (
        ("身份证", "110105031231001", "11010519031231001X"),
        ("身份证", "43O702190305051134", RESIDENT),
        (None, "8l0000190301011231", PERMIT),
        ("永居证", "USA-110003010112", "USA110003010112"),
        ("台胞证", "1234 5678", "12345678"),
        ("身份证", "430702190305051000", ""),
        ("身份证", RESIDENT, ""),
    ):
        assert read(word, number)["suggestion"] == meant


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            WORDS,
            anything(st.one_of(RESIDENT_IDS, PERMITS, NEW_CARDS))
            | st.from_regex("[EGHM][0-9]{8}|[A-Z]{3}[0-9]{12}", fullmatch=True),
        ),
        max_size=6,
    )
)
def test_whatever_a_row_says_it_is_told_in_known_words(
    rows: list[tuple[str | None, str | None]],
) -> None:
    kinds = pl.Series([word for word, _ in rows], dtype=pl.String)
    numbers = pl.Series([number for _, number in rows], dtype=pl.String)
    frame = document.read(kinds, numbers, today=TODAY)
    assert frame.schema == pl.Schema(document.SCHEMA)
    assert frame.height == len(rows)
    assert set(frame["document_kind"]) <= set(document.KINDS)
    assert set(frame["document_fault"]) <= {"", *document.FAULTS}
    assert set(frame["document_kind_fault"]) <= {"", *document.KIND_FAULTS}
    good = frame["document_fault"] == ""
    assert frame["document_number"].is_not_null().to_list() == good.to_list()
    assert (frame["suggestion"].filter(good) == "").all()
    assert (frame["repair"].filter(~good) == "").all()
    one_by_one = [
        document.read(kinds[n : n + 1], numbers[n : n + 1], today=TODAY) for n in range(len(rows))
    ]
    if rows:
        assert frame.equals(pl.concat(one_by_one))


#: No citizen's address begins as a permit does.
CITIZENS = RESIDENT_IDS.filter(lambda number: number[:2] not in {"81", "82", "83"})


@settings(max_examples=50)
@given(WORDS, CITIZENS | PERMITS)
def test_no_good_number_is_refused_whatever_it_is_called(word: str | None, number: str) -> None:
    row = read(word, number)
    assert row["document_number"] == number
    assert row["document_fault"] == ""


@settings(max_examples=50)
@given(RESIDENT_IDS | PERMITS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_a_number_called_a_resident_id_is_judged_as_its_own_module_does(
    number: str, place: int, other: str
) -> None:
    number = number[:place] + other + number[place + 1 :]
    kind, fault, _ = told("身份证", number)
    module: Any = residence_permit if kind == "residence_permit" else resident_id
    assert fault == module.fault(number, today=TODAY)


def test_every_name_in_the_table_is_written_once_and_of_a_known_kind() -> None:
    assert NAMES["text"].is_unique().all()
    assert set(NAMES["kind"]) <= {*document.KINDS, document.ANY_PASSPORT} - {document.UNKNOWN}
    assert NAMES.filter(pl.col("starts").is_not_null())["kind"].unique().to_list() == [
        document.RESIDENCE_PERMIT
    ]


def test_a_document_of_tomorrows_child_is_not_taken() -> None:
    assert told("身份证", whole("43070220261124113")) == ("resident_id", "birth_future", "")
