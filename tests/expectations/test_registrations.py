"""Each rule, by one row as an office sends it that keeps the rule and one that breaks it."""

from collections import Counter

import polars as pl
import pytest
from factories import TODAY, a_registration, a_uscc
from hypothesis import given
from hypothesis import strategies as st

from expectations import registrations
from expectations.check import Gate
from expectations.messages import MESSAGES
from expectations.rule import Rule, known
from expectations.validator import expectation
from ingest import headers, normalise
from ingest.parse import MORE, ROW
from ingest.repeats import Repeats, fingerprint
from liangxin.ids import uscc

NAME, CODE, TYPE, FOUNDED, CAPITAL, ADDRESS, STATUS, DISTRICT = a_registration()
TYPE_CODE = "企业类型代码"


def wrong_inside(code: str) -> str:
    """The code with another organisation code inside, whose own check fails, and a right check."""
    first = code[:16] + str((int(code[16], 36) + 1) % 10)
    return first + uscc.check_character(first)


KNOWN = known(registrations.RULES)
#: Rule -> a cell that breaks it, and the nearest one that keeps it.
CASES = {
    "uscc_is_present": ({CODE: "暂无"}, {CODE: a_uscc(2)}),
    "uscc_is_not_a_registration_number": ({CODE: "430702000012349"}, {CODE: a_uscc(3)}),
    "uscc_is_not_a_miswritten_registration_number": ({CODE: "430702000012340"}, {}),
    "uscc_is_not_an_organisation_code": ({CODE: "00000001-8"}, {CODE: a_uscc(4)}),
    "uscc_has_all_its_digits": ({CODE: "9.19999E+17"}, {}),
    "uscc_is_not_masked": ({CODE: "91999999********00"}, {}),
    "uscc_has_eighteen_characters": ({CODE: a_uscc()[:17]}, {CODE: a_uscc(5)}),
    "uscc_uses_its_alphabet": ({CODE: "I1" + a_uscc()[2:]}, {CODE: a_uscc(5)}),
    "uscc_check_character_is_right": (
        {CODE: a_uscc()[:17] + ("0" if a_uscc()[17] != "0" else "1")},
        {CODE: a_uscc(6)},
    ),
    "name_is_present": ({NAME: "  "}, {NAME: "示例"}),
    "row_has_no_more_cells_than_headers": ({MORE: "湖南省"}, {}),
    "established_on_is_a_date": ({FOUNDED: "2019-02-30"}, {FOUNDED: "2020年2月29日"}),
    "established_on_is_not_in_the_future": ({FOUNDED: "2026-11-24"}, {FOUNDED: "2026-11-23"}),
    "capital_is_a_number": ({CAPITAL: "若干万元"}, {CAPITAL: "0.5万元"}),
    "capital_has_a_unit": ({CAPITAL: "50"}, {CAPITAL: "50元"}),
    "status_is_known": ({STATUS: "活着"}, {STATUS: "在业"}),
    "status_is_no_bare_code": ({STATUS: "1"}, {STATUS: "存续"}),
    "status_is_a_status": ({STATUS: "简易注销公告"}, {STATUS: "注销"}),
    "uscc_has_no_look_alikes": ({CODE: a_uscc(7).replace("0", "O", 1)}, {CODE: a_uscc(7)}),
    "uscc_keeps_its_last_digits": ({CODE: "919999990000123000"}, {CODE: a_uscc(8)}),
    "uscc_is_right_inside_too": ({CODE: wrong_inside(a_uscc(9))}, {CODE: a_uscc(9)}),
    "uscc_begins_as_codes_do": ({CODE: a_uscc(9, prefix="G9")}, {CODE: a_uscc(9, prefix="G1")}),
    "uscc_was_written_as_a_code": ({CODE: "９" + a_uscc(9)[1:]}, {CODE: a_uscc(10)}),
    "name_has_words": ({NAME: "1234567"}, {NAME: "1234567号店"}),
    "name_is_not_a_code": ({NAME: a_uscc(9)}, {NAME: f"{a_uscc(9)}有限公司"}),
    "name_is_no_error_of_a_formula": ({NAME: "#N/A"}, {NAME: "N/A公司"}),
    "name_can_be_read": ({NAME: "示例锟斤拷公司"}, {NAME: "示例公司"}),
    "name_is_not_a_text": ({NAME: "长" * 121}, {NAME: "长" * 120}),
    "enterprise_type_is_no_bare_code": ({TYPE: "1130"}, {TYPE: "有限合伙企业"}),
    "enterprise_type_is_known": ({TYPE: "神仙公司"}, {TYPE: "个人独资企业"}),
    "enterprise_type_agrees_with_its_code": ({TYPE_CODE: "1110"}, {TYPE_CODE: "1151"}),
    "enterprise_type_fits_the_uscc": ({TYPE: "个体工商户"}, {TYPE: ""}),
    "established_on_has_a_day": ({FOUNDED: "2019年3月"}, {FOUNDED: "2019年3月1日"}),
    "established_on_has_four_digits_of_year": ({FOUNDED: "19.3.15"}, {FOUNDED: "2019.3.15"}),
    "established_on_is_no_placeholder": ({FOUNDED: "1900-01-01"}, {FOUNDED: "43539"}),
    "address_is_present": ({ADDRESS: ""}, {ADDRESS: "沅汀路"}),
    "address_is_no_error_of_a_formula": ({ADDRESS: "#REF!"}, {ADDRESS: "沅汀路#1"}),
    "district_code_has_six_digits": ({DISTRICT: "武陵区"}, {DISTRICT: "430702000000"}),
}


def prepared(*rows: dict[str, str]) -> pl.DataFrame:
    """The rows as the gate gets them."""
    names = [*a_registration(), TYPE_CODE]
    sent = pl.DataFrame(
        [{MORE: None, **row} for row in rows], schema=dict.fromkeys((*names, MORE), pl.String)
    ).with_row_index(ROW, offset=2)
    frame = normalise.normalise(sent, headers.match(names, {}), today=TODAY).with_columns(
        skip=pl.lit("")
    )
    return Repeats().mark(frame.with_columns(fingerprint(frame)))


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


def broken(gate: Gate, *rows: dict[str, str]) -> list[tuple[int, str]]:
    return list(gate.check(prepared(*rows)).broken.iter_rows())


@pytest.mark.parametrize("rule", CASES)
def test_a_row_that_breaks_a_rule_is_named_and_one_that_keeps_it_is_not(
    gate: Gate, rule: str
) -> None:
    breaks, keeps = CASES[rule]
    rows = prepared(a_registration(11, **breaks), a_registration(12, **keeps))
    verdicts = gate.check(rows)
    assert verdicts.broken.rows() == [(2, rule)]
    assert verdicts.taken.to_list() == [MESSAGES[rule].severity == "warn", True]


def test_a_code_occurs_once_or_its_later_rows_are_named(gate: Gate) -> None:
    first, other = a_registration(1), a_registration(1, 企业名称="另一家公司")
    rows = prepared(first, other, first, a_registration(2))
    verdicts = gate.check(rows)
    assert verdicts.broken.rows() == [(3, "uscc_occurs_once")]
    assert verdicts.taken.to_list() == [True, False, True, True]
    assert rows["repeat_fault"].to_list() == ["", "conflict", "same", ""]


def test_every_rule_has_a_case_here() -> None:
    assert {*CASES, "uscc_occurs_once"} == names()


@pytest.mark.parametrize("header", [TYPE, TYPE_CODE, FOUNDED, CAPITAL, STATUS, DISTRICT])
@pytest.mark.parametrize("nothing", ["", " ", "-", "无", "NULL"])
def test_what_nobody_needs_may_be_missing(gate: Gate, header: str, nothing: str) -> None:
    assert broken(gate, a_registration(**{header: nothing})) == []


def names() -> set[str]:
    return {rule.name for rule in registrations.RULES}


@pytest.mark.parametrize("rule", registrations.RULES, ids=lambda rule: rule.name)
def test_a_rule_is_an_expectation_of_great_expectations(rule: Rule) -> None:
    config = expectation(rule).configuration
    assert config.type == "expect_column_values_to_not_be_in_set"
    assert config.kwargs["column"] == rule.column
    assert config.kwargs["value_set"] == list(rule.codes)
    assert config.meta == {"rule": rule.name}
    assert config.description == rule.why


@pytest.mark.parametrize("rule", registrations.RULES, ids=lambda rule: rule.name)
def test_a_rule_taken_out_of_the_suite_stops_refusing(rule: Rule) -> None:
    if rule.name == "uscc_occurs_once":
        rows = prepared(a_registration(1), a_registration(1, 企业名称="另一家公司"))
    else:
        breaks, _ = CASES[rule.name]
        rows = prepared(a_registration(1), a_registration(2, **breaks))
    verdicts = Gate(without=rule.name).check(rows)
    assert verdicts.taken.to_list() == [True, True]
    assert verdicts.broken.is_empty()


# What normalising can find wrong, every rule knows, and no two the same.


def test_every_fault_that_can_be_found_is_known_to_exactly_one_rule() -> None:
    faults = {(column, code) for column, codes in normalise.CODES.items() for code in codes}
    told = Counter((rule.column, code) for rule in registrations.RULES for code in rule.codes)
    assert set(told) == faults | {("repeat_fault", "conflict")} == KNOWN
    assert set(told.values()) == {1}


def test_every_column_that_tells_a_fault_has_a_rule() -> None:
    assert {column for column, _ in KNOWN} == {*normalise.FAULTS, "repeat_fault"}
    assert set(normalise.CODES) == set(normalise.FAULTS)


@given(
    st.dictionaries(
        st.sampled_from([*a_registration(), TYPE_CODE, MORE]),
        st.one_of(
            st.text(max_size=20),
            st.text(alphabet="0123456789ABCXIN*-.E+年月日/万元美 ", max_size=20),
            st.sampled_from([cell for case in CASES.values() for cell in case[0].values()]),
        ),
    )
)
def test_whatever_a_row_says_its_faults_are_known(cells: dict[str, str]) -> None:
    row = prepared(a_registration(**cells)).row(0, named=True)
    faults = {(name, code) for name, code in row.items() if name.endswith("_fault") and code != ""}
    assert faults <= KNOWN
