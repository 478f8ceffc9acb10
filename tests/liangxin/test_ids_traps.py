"""Where libraries of the field are wrong, this program is not (domain notes §1.5), and the
published examples are told right.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from factories import TODAY, a_uscc
from identities import whole
from stdnum.cn import ric
from stdnum.cn import uscc as stdnum_uscc

from liangxin.ids import (
    foreign_card,
    organisation_code,
    passport,
    registration_number,
    residence_permit,
    resident_id,
    travel_permit,
    uscc,
)

resident = partial(resident_id.fault, today=TODAY)
permit = partial(residence_permit.fault, today=TODAY)
card = partial(foreign_card.fault, today=TODAY)
hk_mo = partial(travel_permit.fault, form=travel_permit.HK_MO)
tw = partial(travel_permit.fault, form=travel_permit.TW)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("810000190301011231", id="Hong Kong, born before 1997"),
        pytest.param("820000190202021241", id="Macao, born before 1999"),
        pytest.param("830000190503031269", id="Taiwan"),
        pytest.param("430702190305051134", id="a district younger than its holder"),
    ],
)
def test_python_stdnum_refuses_good_numbers_that_are_good_here(number: str) -> None:
    assert not ric.is_valid(number)
    judge = permit if number.startswith("8") else resident
    assert judge(number) == ""


def test_python_stdnum_takes_a_birth_date_of_2209_that_is_refused_here() -> None:
    number = whole("11010122090505113")
    assert ric.is_valid(number)
    assert resident(number) == "birth_future"


def test_a_sequence_of_000_that_id_validator_takes_is_refused_here() -> None:
    assert resident(whole("11010119030505000")) == "sequence"


def test_the_check_character_that_jionlp_does_not_test_is_tested_here() -> None:
    good = whole("11010119030505113")
    wrong = good[:17] + ("0" if good[17] != "0" else "1")
    assert (resident(good), resident(wrong)) == ("", "check")


@pytest.mark.parametrize("prefix", ["A1", "N2"])
def test_python_stdnum_refuses_departments_that_are_good_here(prefix: str) -> None:
    assert not stdnum_uscc.is_valid(a_uscc(prefix=prefix))
    assert uscc.fault(a_uscc(prefix=prefix)) == ""


def test_python_stdnum_does_not_see_the_wrong_code_inside_that_is_noted_here() -> None:
    assert stdnum_uscc.is_valid("91430702MA4L0A120B")
    assert uscc.inner_check_fails(uscc.read(series("91430702MA4L0A120B"))[0]).tolist() == [True]


def series(value: str) -> Any:
    import polars as pl

    return pl.Series([value])


#: Kind -> how it is judged.
JUDGES: dict[str, Callable[[str], str]] = {
    "uscc": uscc.fault,
    "org_code": organisation_code.fault,
    "reg_no_15": registration_number.fault,
    "resident_id": resident,
    "hk_mo_tw_residence_permit": permit,
    "foreign_permanent_resident_2023": card,
    "foreign_permanent_resident_old": card,
    "passport_cn": passport.fault,
    "mainland_travel_permit_hk_mo": hk_mo,
    "mainland_travel_permit_tw": tw,
}
#: What the examples call an error -> what may be said of it here.
SAID = {
    "check18": {"check"},
    "check": {"check"},
    "length": {"length"},
    "birth-date": {"birth_date"},
    "prefix": {"prefix"},
    "private-use-range": {"private_range"},
    "format": {"length", "format", "legacy", "first_generation"},
}


@pytest.fixture(scope="session")
def vectors(shared_data: Path) -> dict[str, Any]:
    file = shared_data.parent / "vectors.json"
    if not file.exists():
        pytest.skip("no vectors beside the checkout (../shared/vectors.json)")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("kind", JUDGES)
def test_published_numbers_are_told_right(kind: str, vectors: dict[str, Any]) -> None:
    cases, judge = vectors["identity"][kind], JUDGES[kind]
    assert {case["value"]: judge(case["value"]) for case in cases["valid"]} == {
        case["value"]: "" for case in cases["valid"]
    }
    for case in cases["invalid"]:
        errors = case.get("errors", ["format"])
        if case["rule"] == "normalise-first" or errors == ["org-check"]:
            assert judge(case["value"]) == "", case
        else:
            assert judge(case["value"]) in SAID[errors[0]], case


def test_no_kind_of_published_number_goes_untested(vectors: dict[str, Any]) -> None:
    assert set(vectors["identity"]) == set(JUDGES)


def test_published_traps_are_avoided(vectors: dict[str, Any]) -> None:
    for case in vectors["library_traps"]:
        judge = permit if case["value"].startswith("8") else resident
        assert (judge(case["value"]) == "") is case["should_be_accepted"], case
