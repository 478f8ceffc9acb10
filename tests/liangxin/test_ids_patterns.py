"""Passports and travel permits: their form is all that can be judged."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from identities import anything

from liangxin.ids import passport, pattern, travel_permit

CHINESE, FOREIGN = passport.CHINESE, passport.FOREIGN
HK_MO, TW = travel_permit.HK_MO, travel_permit.TW
FORMS = {"Chinese": CHINESE, "foreign": FOREIGN, "Hong Kong": HK_MO, "Taiwan": TW}


@pytest.mark.parametrize(
    ("form", "value", "kind"),
    [
        *((CHINESE, good, "") for good in ("E12345678", "G12345678", "EA1234567", "ej0000001")),
        *((CHINESE, good, "") for good in ("SE1234567", "DE1234567", "PE1234567", "P1234567")),
        (CHINESE, "EO1234567", "format"),
        (CHINESE, "EI1234567", "format"),
        (CHINESE, "E1234567", "format"),
        (CHINESE, "E 1234567", "format"),
        (CHINESE, "E 12345678", "format"),
        (CHINESE, " Ｅ12345678\u3000", ""),
        (CHINESE, "E1234", "length"),
        (CHINESE, "E****5678", "masked"),
        (CHINESE, "1.2E+08", "scientific"),
        (CHINESE, None, "missing"),
        (FOREIGN, "AB123", ""),
        (FOREIGN, "A" * 20, ""),
        (FOREIGN, "A" * 21, "length"),
        (FOREIGN, "A123", "length"),
        (FOREIGN, "AB#12345", "format"),
        (HK_MO, "H12345678", ""),
        (HK_MO, "M0000000101", ""),
        (HK_MO, "h12345678", ""),
        (HK_MO, "H1234567", "length"),
        (HK_MO, "HM1234567", "format"),
        (HK_MO, "12345678", "length"),
        (TW, "87654321", ""),
        (TW, "0123456702(B)", ""),
        (TW, "0123456702（B）", ""),
        (TW, "1234 5678", "format"),
        (TW, "1234567", "length"),
        (TW, "123456789", "length"),
        (TW, "无", "missing"),
    ],
)
def test_a_number_has_its_form_or_says_which_kind_of_wrong(
    form: pattern.Form, value: str | None, kind: str
) -> None:
    assert pattern.fault(value, form) == kind
    assert pattern.read(pl.Series([value], dtype=pl.String), form)[1].item() == kind


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(data=st.data())
def test_a_column_is_read_as_its_values_one_by_one(form: pattern.Form, data: st.DataObject) -> None:
    good = st.from_regex(form.pattern, fullmatch=True)
    values = data.draw(st.lists(anything(good), max_size=8))
    sent = pl.Series(values, dtype=pl.String)
    numbers, faults = pattern.read(sent, form)
    assert faults.to_list() == [pattern.fault(value, form) for value in values]
    assert set(faults) <= {"", *pattern.FAULTS}
    assert (pattern.read(numbers, form)[1] == faults).all()
    meant = pattern.suggest(sent, faults, form)
    assert len(meant) == len(sent)
    assert (pattern.read(meant.filter(meant != ""), form)[1] == "").all()


@pytest.mark.parametrize(
    ("form", "value", "meant"),
    [
        (CHINESE, "E 12345678", "E12345678"),
        (CHINESE, "EO1234567", "E01234567"),
        (CHINESE, "E1234567", ""),
        (CHINESE, "E12345678", ""),
        (HK_MO, "H-1234 5678", "H12345678"),
        (HK_MO, "HO1234567", "H01234567"),
        (TW, "1234 5678", "12345678"),
        (TW, "1234567", ""),
        (TW, None, ""),
    ],
)
def test_a_number_is_suggested_where_marks_or_letters_stand_in_its_way(
    form: pattern.Form, value: str | None, meant: str
) -> None:
    sent = pl.Series([value], dtype=pl.String)
    _, faults = pattern.read(sent, form)
    assert pattern.suggest(sent, faults, form).item() == meant


def test_the_modules_of_each_document_judge_by_their_own_form() -> None:
    value = pl.Series(["G1234567"])
    assert passport.fault("G1234567") == "format"
    assert passport.read(value)[1].item() == "format"
    assert passport.suggest(value, pl.Series(["format"])).item() == ""
    assert travel_permit.fault("G1234567", HK_MO) == "length"
    assert travel_permit.read(value, HK_MO)[1].item() == "length"
    assert travel_permit.suggest(value, pl.Series(["length"]), HK_MO).item() == ""
