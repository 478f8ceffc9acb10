"""Numbers with a birth date: resident IDs, residence permits, cards of foreigners.

What the check guarantees of 17 digits and a check character: every substitution is caught, and
every swap of unlike neighbours, the last two included. Swaps ten places apart are not: 2 has
order 10 modulo 11, so those weights are equal.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from factories import TODAY, a_uscc
from hypothesis import assume, given
from hypothesis import strategies as st
from identities import (
    MISWRITTEN,
    NEW_CARDS,
    PERMITS,
    RESIDENT_IDS,
    anything,
    whole,
)
from sheets import a_resident_id
from stdnum.iso7064 import mod_11_2 as stdnum_mod_11_2

from liangxin.ids import birth_number, foreign_card, mod11_2, residence_permit, resident_id

GOOD = "430702190305051134"
KINDS = {
    "resident": (resident_id, RESIDENT_IDS),
    "permit": (residence_permit, PERMITS),
    "card": (foreign_card, NEW_CARDS),
}


def fault(value: str | None) -> str:
    return resident_id.fault(value, today=TODAY)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param(GOOD, "", id="good"),
        pytest.param("440524188001010014", "", id="the example printed in GB 11643"),
        pytest.param("11010519031231001x", "", id="a small x"),
        pytest.param(" 430702 19030505 1134\u3000", "", id="blanks"),
        pytest.param("４３０７０２１９０３０５０５１１３４", "", id="full width"),
        pytest.param("'430702190305051134", "", id="a spreadsheet's apostrophe"),
        pytest.param(None, "missing", id="null"),
        pytest.param("—", "missing", id="a stroke"),
        pytest.param("无", "missing", id="a word for none"),
        pytest.param("4.30702190305051E+17", "scientific", id="scientific"),
        pytest.param("4.30702E17", "scientific", id="scientific without sign"),
        pytest.param("430702********1134", "masked", id="stars"),
        pytest.param("430702xxxxxxxx1134", "masked", id="crosses"),
        pytest.param("430702030505113", "first_generation", id="15 digits"),
        pytest.param("430702031305113", "length", id="15 digits of no date"),
        pytest.param("430702030505000", "length", id="15 digits without a sequence"),
        pytest.param(GOOD[:17], "length", id="17 digits"),
        pytest.param(GOOD + "0", "length", id="19 digits"),
        pytest.param("٤" * 9, "length", id="18 bytes of another script"),
        pytest.param("43O7O2I9O3O5O5II34", "look_alike", id="letters for digits"),
        pytest.param("11010519491231002×", "look_alike", id="a sign of multiplication for X"),
        pytest.param("11010519491231002Х", "look_alike", id="a Cyrillic letter for X"),
        pytest.param("43O702190305051135", "alphabet", id="a letter, and the check is wrong too"),
        pytest.param("X30702190305051134", "alphabet", id="X in front"),
        pytest.param("43070219030505113?", "alphabet", id="a mark"),
        pytest.param("430702190305051000", "trailing_zeros", id="a spreadsheet kept 15 digits"),
        pytest.param(whole("03070219030505113"), "prefix", id="begins with 0"),
        pytest.param("911840190301011230", "prefix", id="a foreigner's"),
        pytest.param("110105190302300029", "birth_date", id="30 February"),
        pytest.param(whole("43070219000229113"), "birth_date", id="1900 was no leap year"),
        pytest.param(whole("43070219040229113"), "", id="1904 was"),
        pytest.param(whole("43070200000101113"), "birth_date", id="year 0"),
        pytest.param(whole("43070217991231113"), "birth_date", id="before anybody living"),
        pytest.param(whole("43070218000101113"), "", id="1800"),
        pytest.param("430702190313051134", "birth_date", id="month 13, and the check is wrong"),
        pytest.param(whole("43070220261123113"), "", id="born today"),
        pytest.param(whole("43070220261124113"), "birth_future", id="born tomorrow"),
        pytest.param(whole("43070222090505113"), "birth_future", id="born in 2209"),
        pytest.param(whole("43070219030505000"), "sequence", id="no sequence number"),
        pytest.param("430702190305051135", "check", id="the check is wrong"),
        pytest.param("43070219030505113X", "check", id="X where another check belongs"),
    ],
)
def test_a_resident_id_is_good_or_says_which_kind_of_wrong(value: str | None, kind: str) -> None:
    assert fault(value) == kind
    assert resident_id.read(pl.Series([value], dtype=pl.String), today=TODAY)[1].item() == kind


def test_every_fault_has_a_case_above() -> None:
    cases = next(
        mark.args[1]
        for mark in test_a_resident_id_is_good_or_says_which_kind_of_wrong.pytestmark  # type: ignore[attr-defined]
    )
    assert {case.values[1] for case in cases} == {"", *resident_id.FAULTS}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param("810000190301011231", "", id="Hong Kong, born before 1997"),
        pytest.param("820000190202021241", "", id="Macao, born before 1999"),
        pytest.param("830000190402291256", "", id="Taiwan, leap day"),
        pytest.param("81000019030101123", "length", id="17 digits"),
        pytest.param("830000190302291259", "birth_date", id="29 February 1903"),
        pytest.param("810001190301011238", "prefix", id="all six digits are the place"),
        pytest.param(GOOD, "prefix", id="a citizen's"),
        pytest.param("430702030505113", "length", id="no permit had 15 digits"),
        pytest.param(whole("81000019030101000"), "sequence", id="no sequence number"),
    ],
)
def test_a_residence_permit_is_good_or_says_which_kind_of_wrong(value: str, kind: str) -> None:
    assert residence_permit.fault(value, today=TODAY) == kind
    assert residence_permit.read(pl.Series([value]), today=TODAY)[1].item() == kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param("911840190301011230", "", id="of 2023"),
        pytest.param("931826190503030081", "", id="of 2023, another country"),
        pytest.param("911840190301011231", "check", id="of 2023, the check is wrong"),
        pytest.param(whole("91184019031301123"), "birth_date", id="month 13"),
        pytest.param(whole("91184019030101000"), "", id="its sequence is not judged"),
        pytest.param("81184019030101123", "length", id="17 digits"),
        pytest.param(GOOD, "prefix", id="a citizen's"),
        pytest.param("USA110003010112", "", id="old"),
        pytest.param("usa110003010112", "", id="old, small letters"),
        pytest.param("USA11000301011X", "format", id="old, a letter among the digits"),
        pytest.param("US110003010112", "length", id="old, two letters"),
        pytest.param("USA-110003010112", "format", id="old, a hyphen"),
        pytest.param("USA110003****12", "masked", id="old, masked"),
        pytest.param("nan", "missing", id="what a program writes for none"),
    ],
)
def test_a_foreigners_card_is_good_or_says_which_kind_of_wrong(value: str, kind: str) -> None:
    assert foreign_card.fault(value, today=TODAY) == kind
    assert foreign_card.read(pl.Series([value]), today=TODAY)[1].item() == kind


@pytest.mark.parametrize(("module", "good"), KINDS.values(), ids=KINDS)
@given(data=st.data())
def test_a_column_is_read_as_its_values_one_by_one(
    module: Any, good: st.SearchStrategy[str], data: st.DataObject
) -> None:
    values = data.draw(st.lists(anything(good), max_size=8))
    sent = pl.Series("号码", values, dtype=pl.String)
    codes, faults = module.read(sent, today=TODAY)
    assert faults.to_list() == [module.fault(value, today=TODAY) for value in values]
    assert set(faults) <= {"", *module.FAULTS}
    assert sent.to_list() == values
    again, faults_again = module.read(codes, today=TODAY)
    assert again.filter(faults == "").to_list() == codes.filter(faults == "").to_list()
    assert (faults_again == "").to_list() == (faults == "").to_list()


@pytest.mark.parametrize(("module", "good"), KINDS.values(), ids=KINDS)
@given(data=st.data())
def test_a_number_made_by_the_rules_is_good_however_it_is_written(
    module: Any, good: st.SearchStrategy[str], data: st.DataObject
) -> None:
    number, write = data.draw(good), data.draw(st.sampled_from(MISWRITTEN[:6]))
    [code], [kind] = module.read(pl.Series([write(number)]), today=TODAY)
    assert (code, kind) == (number, "")


def everything_caught(number: str, change: Callable[[str, int], list[str]], places: range) -> None:
    others = [other for place in places for other in change(number, place) if other != number]
    _, faults = resident_id.read(pl.Series(others), today=TODAY)
    assert others
    assert (faults != "").all()


def substituted(number: str, place: int) -> list[str]:
    return [number[:place] + other + number[place + 1 :] for other in "0123456789X"]


def swapped(number: str, place: int) -> list[str]:
    return [number[:place] + number[place + 1] + number[place] + number[place + 2 :]]


@given(RESIDENT_IDS)
def test_every_substitution_of_one_character_is_caught(number: str) -> None:
    everything_caught(number, substituted, range(18))


@given(RESIDENT_IDS)
def test_every_swap_of_unlike_neighbours_is_caught(number: str) -> None:
    everything_caught(number, swapped, range(17))


def test_what_the_check_guarantees_follows_from_its_weights() -> None:
    """The same without examples: a difference of digits is below 11 and 11 is prime."""
    weights = [*mod11_2.WEIGHTS, 1]
    assert weights == [2 ** (17 - place) % 11 for place in range(18)]
    assert 0 not in weights
    equal = {
        one - other for one in range(18) for other in range(one) if weights[one] == weights[other]
    }
    assert equal == {10}


def test_a_swap_ten_places_apart_can_slip_through() -> None:
    number = whole("43070219030505114")
    other = number[:3] + number[13] + number[4:13] + number[3] + number[14:]
    assert other != number
    assert fault(other) == ""


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_check_character_is_that_of_iso_7064(first17: str) -> None:
    assert mod11_2.check_character(first17) == stdnum_mod_11_2.calc_check_digit(first17)


@pytest.mark.parametrize("first17", ["", "1" * 16, "1" * 16 + "X", "٤" * 17])
def test_there_is_no_check_character_for_what_is_no_number(first17: str) -> None:
    with pytest.raises(ValueError, match="17 digits"):
        mod11_2.check_character(first17)


@given(RESIDENT_IDS, st.integers(1, 400))
def test_nobody_is_born_after_today(number: str, days: int) -> None:
    born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    assert resident_id.fault(number, today=born) == ""
    before = born - timedelta(days=days)
    assert resident_id.fault(number, today=before) == "birth_future"


# What may be meant.


def meant(value: str, module: Any = resident_id) -> str:
    sent = pl.Series([value])
    _, faults = module.read(sent, today=TODAY)
    return str(module.suggest(sent, faults).item())


@given(RESIDENT_IDS)
def test_letters_that_look_like_digits_are_told_with_the_number_that_may_be_meant(
    number: str,
) -> None:
    written = number.replace("0", "O").replace("1", "l")
    assume(written != number)
    assert fault(written) == "look_alike"
    assert meant(written) == number


@given(RESIDENT_IDS)
def test_a_number_of_the_first_generation_is_told_with_its_later_form(number: str) -> None:
    number = whole(number[:6] + "19" + number[8:17])  # only the last century had them
    assume(fault(number) == "" and not number[14:17] > "995")
    old = number[:6] + number[8:17]
    assert fault(old) == "first_generation"
    assert meant(old) == number


@pytest.mark.parametrize("sequence", ["996", "997", "998", "999"])
def test_for_the_first_generation_of_centenarians_no_century_is_guessed(sequence: str) -> None:
    assert fault(f"430702030505{sequence}") == "first_generation"
    assert meant(f"430702030505{sequence}") == ""


@pytest.mark.parametrize(
    "value",
    ["430702190305051000", "4.30702E+17", "430702190305051135", "430720190305051134", "", GOOD],
)
def test_nothing_is_suggested_where_more_than_one_number_fits_or_none(value: str) -> None:
    assert meant(value) == ""


@pytest.mark.parametrize(("module", "good"), KINDS.values(), ids=KINDS)
@given(data=st.data())
def test_what_is_suggested_is_good(
    module: Any, good: st.SearchStrategy[str], data: st.DataObject
) -> None:
    sent = pl.Series(data.draw(st.lists(anything(good), max_size=8)), dtype=pl.String)
    _, faults = module.read(sent, today=TODAY)
    suggested = module.suggest(sent, faults)
    assert len(suggested) == len(sent)
    assert suggested.filter(faults == "").to_list() == [""] * int((faults == "").sum())
    told = suggested.filter(suggested != "")
    assert (module.read(told, today=TODAY)[1] == "").all()


def test_a_word_in_a_list_of_faults_is_written_once() -> None:
    for faults in (birth_number.FAULTS, foreign_card.FAULTS, residence_permit.FAULTS):
        assert len(set(faults)) == len(faults)


@pytest.mark.parametrize("text", ["{}", "甲某{}", "{} 甲", "４{}", "a {}"])
def test_a_persons_number_is_found_in_what_is_typed(text: str) -> None:
    number = a_resident_id(7)
    inside = f"{number[:6]} {number[6:14]}-{number[14:]}"
    assert resident_id.stands_in(text.format(number)) is not text.startswith("４")
    assert resident_id.stands_in(text.format(inside.lower())) is not text.startswith("４")


@given(st.integers(0, 10**9 - 1))
def test_no_code_of_a_firm_is_taken_for_a_person(n: int) -> None:
    assert not resident_id.stands_in(a_uscc(n % 10_000_000))


@pytest.mark.parametrize(
    "text", ["", "启明街道", "91430702MA4L000001", "19030505", "1" * 18, "1" * 40]
)
def test_what_is_no_persons_number_may_be_searched_for(text: str) -> None:
    assert not resident_id.stands_in(text)
