"""Organisation codes and registration numbers: what organisations had before 2015."""

from types import ModuleType

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from identities import a_registration_number, anything
from stdnum.iso7064 import mod_11_10 as stdnum_mod_11_10

from liangxin.ids import mod11_10, organisation_code, registration_number

LETTERS = organisation_code.ALPHABET
FIRST8 = st.text(LETTERS, min_size=8, max_size=8)


def whole(first8: str) -> str:
    """Eight characters with the check of GB 11714, by its own words: 11 less the remainder."""
    total = sum(
        int(c, 36) * weight for c, weight in zip(first8, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)
    )
    c9 = 11 - total % 11
    return first8 + {10: "X", 11: "0"}.get(c9, str(c9))


ORGANISATION_CODES = FIRST8.filter(lambda text: not text.startswith("PDY")).map(whole)
NUMBERS = st.text("0123456789", min_size=14, max_size=14).map(a_registration_number)
KINDS = {
    "organisation code": (organisation_code, ORGANISATION_CODES),
    "registration number": (registration_number, NUMBERS),
}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param("MJJ00012-7", "", id="as printed"),
        pytest.param("MJJ000127", "", id="as kept"),
        pytest.param("mjj00012－7", "", id="small letters, a wide hyphen"),
        pytest.param("MJJ00012—7", "", id="a dash"),
        pytest.param("71430580-X", "", id="ten is X"),
        pytest.param("00000001-9", "", id="noughts"),
        pytest.param("", "missing", id="empty"),
        pytest.param("-", "missing", id="a stroke"),
        pytest.param("7.1E+08", "scientific", id="scientific"),
        pytest.param("MJJ****2-7", "masked", id="stars"),
        pytest.param("52430702MJJ000127D", "uscc", id="the code that came after"),
        pytest.param("123452", "length", id="short, and no noughts make it right"),
        pytest.param("18", "length", id="too short to say"),
        pytest.param("12345678901", "length", id="long"),
        pytest.param("MJJ00012-Y", "alphabet", id="no check is Y"),
        pytest.param("MJJ-000127", "length", id="the hyphen elsewhere"),
        pytest.param("PDY00001-X", "private_range", id="each user's own, first"),
        pytest.param(whole("PDY99999"), "private_range", id="each user's own, last"),
        pytest.param(whole("PDYA0001"), "", id="not in the private range"),
        pytest.param("60003734-2", "check", id="check"),
        pytest.param("7143058O-X", "check", id="O for 0"),
    ],
)
def test_an_organisation_code_is_good_or_says_which_kind_of_wrong(value: str, kind: str) -> None:
    assert organisation_code.fault(value) == kind
    assert organisation_code.read(pl.Series([value]))[1].item() == kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param("430702000012349", "", id="15 digits"),
        pytest.param("４３０７０２ 000012349", "", id="full width and a blank"),
        pytest.param("无", "missing", id="a word for none"),
        pytest.param("4.30702E+14", "scientific", id="scientific"),
        pytest.param("3202002105368", "legacy", id="13 digits"),
        pytest.param("430702NA000123X", "legacy", id="a co-operative's"),
        pytest.param("企独湘总字第000123号", "legacy", id="a foreign firm's"),
        pytest.param("52430702MJJ000127D", "uscc", id="the code that came after"),
        pytest.param("430702*******49", "masked", id="stars"),
        pytest.param("3101410001570960", "length", id="16 digits"),
        pytest.param("43070200001234A", "alphabet", id="a letter"),
        pytest.param("430702000012340", "check", id="check"),
    ],
)
def test_a_registration_number_is_good_or_says_which_kind_of_wrong(value: str, kind: str) -> None:
    assert registration_number.fault(value) == kind
    assert registration_number.read(pl.Series([value]))[1].item() == kind


def test_a_code_is_kept_without_its_hyphen() -> None:
    codes, _ = organisation_code.read(pl.Series("代码", ["mjj00012-7", None]))
    assert codes.to_list() == ["MJJ000127", ""]
    assert codes.name == "代码"


@pytest.mark.parametrize(("module", "good"), KINDS.values(), ids=KINDS)
@given(data=st.data())
def test_a_column_is_read_as_its_values_one_by_one(
    module: ModuleType, good: st.SearchStrategy[str], data: st.DataObject
) -> None:
    values = data.draw(st.lists(anything(good) | st.text("0123456789", max_size=9), max_size=8))
    _, faults = module.read(pl.Series(values, dtype=pl.String))
    assert faults.to_list() == [module.fault(value) for value in values]
    assert set(faults) <= {"", *module.FAULTS}


@given(ORGANISATION_CODES, st.booleans())
def test_an_organisation_code_made_by_the_rules_is_good(code: str, hyphen: bool) -> None:
    written = f"{code[:8]}-{code[8]}" if hyphen else code
    [read], [kind] = organisation_code.read(pl.Series([written]))
    assert (read, kind) == (code, "")
    assert organisation_code.check_character(code[:8]) == code[8]


@given(st.text("0123456789", min_size=14, max_size=14), st.integers(0, 9))
def test_the_check_digit_is_that_of_iso_7064(first14: str, last: int) -> None:
    number = f"{first14}{last}"
    assert (registration_number.fault(number) == "") is stdnum_mod_11_10.is_valid(number)
    assert mod11_10.check_digit(first14) == stdnum_mod_11_10.calc_check_digit(first14)


@pytest.mark.parametrize("first8", ["", "1" * 7, "1" * 9, "无" * 8])
def test_there_is_no_check_character_for_what_is_no_code(first8: str) -> None:
    with pytest.raises(ValueError, match=r"8|substring"):
        organisation_code.check_character(first8)


def meant(value: str) -> str:
    sent = pl.Series([value])
    return str(organisation_code.suggest(sent, organisation_code.read(sent)[1]).item())


@given(st.integers(1_000, 9_999_999).map("{:08d}".format).map(whole))
def test_noughts_that_a_spreadsheet_dropped_are_told_with_the_code_that_may_be_meant(
    code: str,
) -> None:
    written = code.lstrip("0")
    if "X" in code:  # text to a spreadsheet, so it keeps its noughts
        assert organisation_code.fault(written) == "length"
    elif 5 <= len(written) < 9:
        assert organisation_code.fault(written) == "lost_zeros"
        assert meant(written) == code


def test_what_may_be_meant_is_told_only_if_it_is_good() -> None:
    assert meant("7143058O-X") == "71430580X"
    assert meant("52430702MJJ000127D") == "MJJ000127"
    assert meant("91430702MA4L0A120B") == ""  # inside it is none
    assert meant("60003734-2") == ""
    assert meant("PDY00001-X") == ""
