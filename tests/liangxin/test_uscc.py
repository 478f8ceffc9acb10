"""A unified social credit code is good, or it is told which kind of wrong it is.

What the check character guarantees, of characters of the alphabet (31 is prime, the weights are
powers of 3, which generates all 30 remainders; the check itself weighs 1):

- every substitution of one character is caught;
- every swap of two different characters is caught, near or far, but for one pair of places:
  the first and the last both weigh 1, so that swapping them leaves the code good.
"""

from itertools import combinations
from typing import Any

import polars as pl
import pytest
from factories import a_uscc
from hypothesis import assume, given
from hypothesis import strategies as st
from identities import a_registration_number, anything
from stdnum.cn import uscc as stdnum_uscc

from liangxin.ids import uscc
from liangxin.ids.uscc import ALPHABET, fault

#: Invented offices of no district; the last three kinds are practice younger than the standard.
GOOD = [
    *(a_uscc(n, prefix=p) for n, p in enumerate(["91", "92", "93", "51", "52", "53", "31", "12"])),
    *(a_uscc(n, prefix=p) for n, p in enumerate(["A1", "N2", "Y1", "54", "55", "G1"])),
]

FIRST17 = st.text(ALPHABET, min_size=17, max_size=17)
#: A registrar's digits in the first eight places, as python-stdnum wants them.
DIGITS_FIRST = st.tuples(
    st.text("0123456789", min_size=8, max_size=8), st.text(ALPHABET, min_size=9, max_size=9)
).map("".join)


def whole(first17: str) -> str:
    return first17 + uscc.check_character(first17)


@pytest.mark.parametrize("code", GOOD)
def test_a_good_code_is_good_whatever_its_department(code: str) -> None:
    assert fault(code) == ""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param(None, "missing", id="null"),
        pytest.param("", "missing", id="empty"),
        pytest.param(" \u3000", "missing", id="blanks"),
        pytest.param("无", "missing", id="a word for none"),
        pytest.param("nan", "missing", id="what a program writes for none"),
        pytest.param("9.11105E+17", "scientific", id="a spreadsheet has eaten the digits"),
        pytest.param("9.11105000000000E+17", "scientific", id="as our own reader writes it"),
        pytest.param("9E17", "scientific", id="short"),
        pytest.param("430702000012349", "registration_number", id="15 digits"),
        pytest.param("430702000012340", "registration_number_check", id="15 digits, miswritten"),
        pytest.param("3202002105368", "registration_number", id="13 digits"),
        pytest.param("430702NA000123X", "registration_number", id="a co-operative's"),
        pytest.param("企独湘总字第000123号", "registration_number", id="a foreign firm's"),
        pytest.param("MJJ00012-7", "organisation_code", id="nine characters with a hyphen"),
        pytest.param("MJJ000127", "organisation_code", id="nine characters"),
        pytest.param("91430702****000127", "masked", id="stars"),
        pytest.param("91430702xxxx000127", "masked", id="crosses"),
        pytest.param(a_uscc()[:-1], "length", id="17 characters"),
        pytest.param(a_uscc() + "0", "length", id="19 characters"),
        pytest.param("示例示例示例", "length", id="six characters of three bytes each"),
        pytest.param("٤" * 15, "length", id="15 digits of another script"),
        pytest.param("٤" * 9, "length", id="18 bytes of another script"),
        pytest.param("I" + a_uscc()[1:], "alphabet", id="a letter no code has"),
        pytest.param("9I" + a_uscc()[2:], "look_alike", id="I for 1, else right"),
        pytest.param("9l" + a_uscc()[2:].lower(), "check", id="L is a letter of codes"),
        pytest.param(a_uscc().replace("0", "o"), "look_alike", id="O for every 0"),
        pytest.param("914307020000100000", "trailing_zeros", id="a spreadsheet kept 15 digits"),
        pytest.param("𝕏例" + a_uscc()[2:], "alphabet", id="18 characters, more bytes"),
        pytest.param(a_uscc()[:-1] + "?", "alphabet", id="a mark"),
        pytest.param("91430702MA4L0A1200", "check", id="check"),
        pytest.param("91430702MA4L0A1000", "check", id="noughts, but no number to a spreadsheet"),
        pytest.param("#N/A", "missing", id="what a spreadsheet writes for none"),
        pytest.param("——", "missing", id="strokes"),
        pytest.param("9E1234567", "organisation_code", id="no exponent is that long"),
        pytest.param("0" * 17 + "1", "check", id="all noughts but the check"),
    ],
)
def test_a_value_that_is_no_code_says_which_kind_of_wrong(value: str | None, kind: str) -> None:
    assert fault(value) == kind


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda code: code.lower(), id="lower case"),
        pytest.param(lambda code: f" {code[:6]} {code[6:]}\u3000", id="blanks"),
        pytest.param(lambda code: f"{code[:6]}\xa0{code[6:]}\n", id="a no-break blank, a line end"),
        pytest.param(lambda code: f"'{code}", id="a spreadsheet's apostrophe"),
        pytest.param(lambda code: f'"{code}"', id="quotes"),
        pytest.param(lambda code: f"“{code}”", id="curly quotes"),
        pytest.param(lambda code: f"\ufeff{code}\u200b", id="zero-width marks"),
        pytest.param(lambda code: f"\u202a{code}\u202c", id="marks of writing direction"),
        pytest.param(
            lambda code: "".join(chr(ord(c) + 0xFEE0) for c in code), id="full-width characters"
        ),
    ],
)
def test_what_can_be_repaired_without_loss_is(written: Any) -> None:
    for code in GOOD:
        [compacted], [kind] = uscc.read(pl.Series([written(code)]))
        assert (compacted, kind) == (code, "")


@given(FIRST17)
def test_a_code_with_its_check_character_is_good(first17: str) -> None:
    assert fault(whole(first17)) == ""


@given(FIRST17, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_single_substitution_is_caught(first17: str, place: int, other: str) -> None:
    code = whole(first17)
    assume(code[place] != other)
    assert fault(code[:place] + other + code[place + 1 :]) != ""


@given(FIRST17, st.integers(0, 17), st.integers(0, 17))
def test_every_swap_is_caught_but_that_of_the_first_and_the_last(
    first17: str, one: int, other: int
) -> None:
    code = whole(first17)
    assume(code[one] != code[other])
    swapped = list(code)
    swapped[one], swapped[other] = code[other], code[one]
    caught = fault("".join(swapped)) != ""
    assert caught is ({one, other} != {0, 17})


def test_every_error_of_one_character_or_two_in_a_code_is_caught() -> None:
    """All there are, for some codes: 30 others in each place, and each pair of places."""
    for code in GOOD[:4]:
        others = [
            code[:place] + other + code[place + 1 :]
            for place in range(18)
            for other in ALPHABET
            if other != code[place]
        ]
        for one, other in combinations(range(18), 2):
            if code[one] != code[other] and (one, other) != (0, 17):
                swapped = list(code)
                swapped[one], swapped[other] = code[other], code[one]
                others.append("".join(swapped))
        assert len(others) > 18 * 30
        _, faults = uscc.read(pl.Series(others))
        assert (faults != "").all()


def test_what_the_check_guarantees_follows_from_its_weights() -> None:
    """The same without examples: no weight is nought, and only the first and last are equal."""
    weights = [*uscc.WEIGHTS, 1]
    assert weights[:17] == [3**n % 31 for n in range(17)]
    assert 0 not in weights
    equal = [(a, b) for a in range(18) for b in range(a) if weights[a] == weights[b]]
    assert equal == [(17, 0)]


@given(DIGITS_FIRST, st.none() | st.tuples(st.integers(0, 17), st.sampled_from(ALPHABET)))
def test_python_stdnum_agrees_where_it_looks(first17: str, changed: tuple[int, str] | None) -> None:
    code = whole(first17)
    if changed is not None:
        place, character = changed
        assume(place > 7 or character.isdigit())
        code = code[:place] + character + code[place + 1 :]
    assert (fault(code) == "") is stdnum_uscc.is_valid(code)


def test_python_stdnum_refuses_good_codes_of_the_army_and_of_villages() -> None:
    """Why this check is our own: the alphabet holds in all places, not digits in the first."""
    for prefix in ("A1", "N2", "Y1"):
        code = a_uscc(prefix=prefix)
        assert fault(code) == ""
        assert not stdnum_uscc.is_valid(code)


VALUE = (
    anything(FIRST17.map(whole))
    | st.text(ALPHABET + "x*-E+. '", max_size=20)
    | st.text("0123456789", min_size=18, max_size=18)
    | st.text("0123456789", min_size=14, max_size=14).map(a_registration_number)
)


@given(st.lists(VALUE, max_size=12))
def test_a_column_is_read_as_its_values_one_by_one(values: list[str | None]) -> None:
    sent = pl.Series("代码", values, dtype=pl.String)
    codes, faults = uscc.read(sent)
    assert faults.to_list() == [fault(value) for value in values]
    assert set(faults) <= {"", *uscc.FAULTS}
    assert codes.to_list() == [
        uscc.read(pl.Series([value], dtype=pl.String))[0].item() for value in values
    ]
    assert sent.to_list() == values  # what was sent is left as it was


@given(st.lists(VALUE, max_size=12))
def test_a_good_code_read_again_is_the_same_and_no_other_becomes_good(
    values: list[str | None],
) -> None:
    codes, faults = uscc.read(pl.Series(values, dtype=pl.String))
    again, faults_again = uscc.read(codes)
    good = faults == ""
    assert (faults_again == "").to_list() == good.to_list()
    assert again.filter(good).to_list() == codes.filter(good).to_list()
    assert codes.filter(good).str.contains(f"^[{ALPHABET}]{{18}}$").all()


@given(st.text("0123456789", min_size=14, max_size=14), st.integers(1, 9))
def test_a_15_digit_number_is_old_and_a_miswritten_one_is_told_apart(
    first14: str, off: int
) -> None:
    number = a_registration_number(first14)
    assert fault(number) == "registration_number"
    wrong = f"{first14}{(int(number[-1]) + off) % 10}"
    assert fault(wrong) == "registration_number_check"


def test_an_organisation_code_that_fails_its_own_check_is_only_a_warning() -> None:
    code, odd = a_uscc(7), "91430702MA4L0A120B"
    assert fault(odd) == ""
    assert uscc.inner_check_fails(pl.Series([code, odd])).tolist() == [False, True]
    assert uscc.inner_check_fails(pl.Series([], dtype=pl.String)).tolist() == []


@pytest.mark.parametrize("first17", ["", "9" * 16, "9" * 18, "I" * 17])
def test_there_is_no_check_character_for_what_is_no_code(first17: str) -> None:
    with pytest.raises(ValueError, match=r"17|substring"):
        uscc.check_character(first17)


# What is told about a good code, and what may be meant by another.


def noted(*values: str | None) -> list[str]:
    sent = pl.Series(values, dtype=pl.String)
    return uscc.notes(sent, uscc.read(sent)[0]).to_list()


def test_every_department_and_category_of_the_standard_is_listed() -> None:
    starts = [d + c for d, categories in uscc.DEPARTMENTS.items() for c in categories]
    assert len(starts) == 36
    assert noted(*(a_uscc(prefix=start) for start in starts)) == [""] * 36


@pytest.mark.parametrize("start", ["54", "55", "G1"])
def test_later_practice_is_not_odd(start: str) -> None:
    assert noted(a_uscc(prefix=start)) == [""]


@pytest.mark.parametrize("start", ["94", "B1", "56", "00", "1A"])
def test_a_department_in_no_list_is_noted_and_no_fault(start: str) -> None:
    assert fault(a_uscc(prefix=start)) == ""
    assert noted(a_uscc(prefix=start)) == ["department"]


def test_a_wrong_organisation_code_inside_is_noted_first() -> None:
    assert noted("91430702MA4L0A120B", a_uscc(), None) == ["inner_check", "", ""]
    both = whole("94999999000000010")
    assert noted(both) == ["inner_check"]
    assert noted("91430702ma4l0a120b") == ["inner_check"]  # once compacted


@given(st.lists(VALUE, max_size=12))
def test_only_good_codes_are_noted(values: list[str | None]) -> None:
    sent = pl.Series(values, dtype=pl.String)
    codes, faults = uscc.read(sent)
    told = uscc.notes(sent, codes)
    assert len(told) == len(sent)
    assert told.filter(faults != "").to_list() == [""] * int((faults != "").sum())
    good = codes.filter(faults == "")
    inner = uscc.inner_check_fails(good).tolist()
    assert (told.filter(faults == "") == "inner_check").to_list() == inner


@pytest.mark.parametrize(
    ("write", "repair"),
    [
        pytest.param(str, "", id="as it should be"),
        pytest.param(str.lower, "case", id="small letters"),
        pytest.param(lambda code: f"{code}\u3000", "blanks", id="a wide blank"),
        pytest.param(lambda code: f"'{code}", "blanks", id="a quote"),
        pytest.param(lambda code: chr(ord(code[0]) + 0xFEE0) + code[1:], "width", id="full width"),
        pytest.param(lambda code: f" {code.lower()}", "case+blanks", id="two"),
        pytest.param(
            lambda code: f"\ufeff{chr(ord(code[0]) + 0xFEE0)}{code[1:].lower()}",
            "width+case+blanks",
            id="all",
        ),
        pytest.param(lambda code: code.lower()[:-1], "", id="no good code, so not mended"),
    ],
)
def test_how_a_code_was_mended_is_told(write: Any, repair: str) -> None:
    sent = pl.Series([a_uscc(11), write(a_uscc(10, prefix="N1")), None])
    codes, _ = uscc.read(sent)
    assert uscc.repairs(sent, codes).to_list() == ["", repair, ""]


def meant(value: str | None) -> str:
    sent = pl.Series([value], dtype=pl.String)
    return str(uscc.suggest(sent, uscc.read(sent)[1]).item())


@given(FIRST17.map(whole), st.lists(st.sampled_from("01252"), min_size=1, max_size=4))
def test_letters_no_code_has_are_told_with_the_code_that_may_be_meant(
    code: str, digits: list[str]
) -> None:
    written = code
    for digit in digits:
        written = written.replace(digit, {"0": "O", "1": "I", "2": "Z", "5": "S"}[digit], 1)
    assume(written != code)
    assert fault(written) == "look_alike"
    assert meant(written) == code


@pytest.mark.parametrize("words", ["{}(1-1)", "代码：{}", "({})", "{}.0", "{} 副本"])
def test_the_one_code_among_other_words_may_be_meant(words: str) -> None:
    assert fault(words.format(a_uscc())) == "length"
    assert meant(words.format(a_uscc())) == a_uscc()


@pytest.mark.parametrize(
    "value",
    [
        None,
        a_uscc(),
        f"{a_uscc(1)}/{a_uscc(2)}",
        f"{a_uscc()}1",
        f"({a_uscc()[:17]})",
        f"({a_uscc()[1]}{a_uscc()[0]}{a_uscc()[2:]})",
        "9.11105E+17",
        "914307020000100000",
        a_uscc()[:17],
        "I" + a_uscc()[1:],
        a_uscc()[1] + a_uscc()[0] + a_uscc()[2:],
    ],
)
def test_nothing_is_suggested_where_more_than_one_code_fits_or_none(value: str | None) -> None:
    assert meant(value) == ""


@given(st.lists(VALUE, max_size=12))
def test_what_is_suggested_is_good(values: list[str | None]) -> None:
    sent = pl.Series(values, dtype=pl.String)
    suggested = uscc.suggest(sent, uscc.read(sent)[1])
    assert len(suggested) == len(sent)
    assert (uscc.read(suggested.filter(suggested != ""))[1] == "").all()
