"""Kinds of fault that clerks' files really have, each put into rows of a file that is else good.

``FAULTS`` maps the name of a kind to the header of the cell it spoils, what it makes of that
cell, and the rule that must find it there. Used by tests and by ``benchmarks/checks.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from factories import a_registration, a_uscc

from liangxin.ids import uscc

NAME, CODE, TYPE, FOUNDED, CAPITAL, ADDRESS, STATUS, DISTRICT = a_registration()
TYPE_CODE = "企业类型代码"
HEADERS = (*a_registration(), TYPE_CODE)
_WIDE = {ord(c): ord(c) + 0xFEE0 for c in uscc.ALPHABET}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to spoil a row: whose cell must be marked, what stands there, which rule says so."""

    header: str
    spoil: Callable[[str], str]  # the good cell -> the bad one
    rule: str


def _is(text: str) -> Callable[[str], str]:
    return lambda _: text


def _swapped(at: int) -> Callable[[str], str]:
    def swap(cell: str) -> str:
        # Equal neighbours make no fault: the next pair that differs is taken.
        place = next(n for n in [*range(at, 16), *range(at)] if cell[n] != cell[n + 1])
        return cell[:place] + cell[place + 1] + cell[place] + cell[place + 2 :]

    return swap


def _replaced(at: int) -> Callable[[str], str]:
    def replace(cell: str) -> str:
        other = uscc.ALPHABET[(uscc.ALPHABET.index(cell[at]) + 5) % 31]
        return cell[:at] + other + cell[at + 1 :]

    return replace


def _wrong_inside(cell: str) -> str:
    first = cell[:16] + str((int(cell[16], 36) + 1) % 10)
    return first + uscc.check_character(first)


def _checked(first17: str) -> str:
    return first17 + uscc.check_character(first17)


def _code(name: str, rule: str, spoil: Callable[[str], str]) -> tuple[str, Fault]:
    return f"code: {name}", Fault(CODE, spoil, rule)


def _cell(header: str, name: str, rule: str, text: str) -> tuple[str, Fault]:
    return f"{header}: {name}", Fault(header, _is(text), rule)


FAULTS: dict[str, Fault] = dict(
    [
        _code("empty", "uscc_is_present", _is("")),
        _code("a word for none", "uscc_is_present", _is("暂无")),
        _code("a stroke", "uscc_is_present", _is("——")),
        _code("old number", "uscc_is_not_a_registration_number", _is("430702000012349")),
        _code("old number of 13", "uscc_is_not_a_registration_number", _is("4307022105368")),
        _code(
            "old number of a co-operative",
            "uscc_is_not_a_registration_number",
            _is("430702NA000123X"),
        ),
        _code(
            "old number miswritten",
            "uscc_is_not_a_miswritten_registration_number",
            _is("430702000012340"),
        ),
        _code("organisation code", "uscc_is_not_an_organisation_code", _is("00000001-8")),
        _code("organisation code, bare", "uscc_is_not_an_organisation_code", _is("000000018")),
        _code("scientific", "uscc_has_all_its_digits", _is("9.14307E+17")),
        _code("scientific, short", "uscc_has_all_its_digits", _is("9E+17")),
        _code("stars", "uscc_is_not_masked", lambda c: c[:8] + "******" + c[14:]),
        _code("crosses", "uscc_is_not_masked", lambda c: c[:8] + "xxxxxxx" + c[15:]),
        _code("one too few", "uscc_has_eighteen_characters", lambda c: c[:17]),
        _code("one too many", "uscc_has_eighteen_characters", lambda c: c + "0"),
        _code("first lost", "uscc_has_eighteen_characters", lambda c: c[1:]),
        _code("a telephone number", "uscc_has_eighteen_characters", _is("13900000000")),
        _code("a name", "uscc_has_eighteen_characters", _is("示例有限公司")),
        _code("O for 0", "uscc_has_no_look_alikes", lambda c: c.replace("0", "O", 1)),
        _code("I for 1", "uscc_has_no_look_alikes", lambda c: c.replace("1", "I", 1)),
        _code("a letter no code has", "uscc_uses_its_alphabet", lambda c: c[:9] + "V" + c[10:]),
        _code("a dot inside", "uscc_uses_its_alphabet", lambda c: c[:9] + "." + c[10:]),
        _code("Chinese inside", "uscc_uses_its_alphabet", lambda c: c[:9] + "号" + c[10:]),
        _code("nought for the last three", "uscc_keeps_its_last_digits", lambda c: c[:15] + "000"),
        _code("first miswritten", "uscc_check_character_is_right", _replaced(0)),
        _code("region miswritten", "uscc_check_character_is_right", _replaced(5)),
        _code("body miswritten", "uscc_check_character_is_right", _replaced(12)),
        _code("check miswritten", "uscc_check_character_is_right", _replaced(17)),
        _code("two swapped in front", "uscc_check_character_is_right", _swapped(1)),
        _code("two swapped behind", "uscc_check_character_is_right", _swapped(14)),
        _code("wide characters", "uscc_was_written_as_a_code", lambda c: c.translate(_WIDE)),
        _code("blanks", "uscc_was_written_as_a_code", lambda c: f"{c[:6]} {c[6:12]} {c[12:]}"),
        _code("unseen marks", "uscc_was_written_as_a_code", lambda c: f"{c[:6]}\u200b{c[6:]}"),
        _code("an apostrophe", "uscc_was_written_as_a_code", lambda c: "'" + c),
        _code("wrong inside", "uscc_is_right_inside_too", _wrong_inside),
        _code("from nowhere", "uscc_begins_as_codes_do", lambda c: _checked("G9" + c[2:17])),
        _cell(NAME, "empty", "name_is_present", ""),
        _cell(NAME, "blanks", "name_is_present", " \u3000"),
        _cell(NAME, "a word for none", "name_is_present", "无"),
        _cell(NAME, "a number", "name_has_words", "20190315"),
        _cell(NAME, "a code", "name_is_not_a_code", a_uscc(70_000)),
        _cell(NAME, "failed formula", "name_is_no_error_of_a_formula", "#N/A"),
        _cell(NAME, "garbled", "name_can_be_read", "锟斤拷锟斤拷"),
        _cell(NAME, "lost characters", "name_can_be_read", "示例\ufffd\ufffd公司"),
        _cell(NAME, "a whole text", "name_is_not_a_text", "经营范围：" + "商贸" * 60),
        _cell(TYPE, "bare code", "enterprise_type_is_no_bare_code", "1130"),
        _cell(TYPE, "bare digit", "enterprise_type_is_no_bare_code", "1"),
        _cell(TYPE, "unknown wording", "enterprise_type_is_known", "很大的公司"),
        _cell(TYPE, "capital's cell", "enterprise_type_is_known", "100(万元人民币)"),
        _cell(TYPE, "individual with a firm's code", "enterprise_type_fits_the_uscc", "个体工商户"),
        _cell(TYPE, "co-operative", "enterprise_type_fits_the_uscc", "农民专业合作社"),
        _cell(FOUNDED, "no such day", "established_on_is_a_date", "2019-02-30"),
        _cell(FOUNDED, "no such month", "established_on_is_a_date", "2019/13/01"),
        _cell(FOUNDED, "words", "established_on_is_a_date", "去年"),
        _cell(FOUNDED, "failed formula", "established_on_is_a_date", "#VALUE!"),
        _cell(FOUNDED, "tomorrow", "established_on_is_not_in_the_future", "2099-01-01"),
        _cell(FOUNDED, "month with a dot", "established_on_has_a_day", "2019.3"),
        _cell(FOUNDED, "month in digits", "established_on_has_a_day", "201903"),
        _cell(FOUNDED, "month in words", "established_on_has_a_day", "2019年3月"),
        _cell(FOUNDED, "year", "established_on_has_a_day", "2019年"),
        _cell(FOUNDED, "two digits", "established_on_has_four_digits_of_year", "19.3.15"),
        _cell(FOUNDED, "the system's first day", "established_on_is_no_placeholder", "1900-01-01"),
        _cell(FOUNDED, "noughts", "established_on_is_no_placeholder", "0000-00-00"),
        _cell(CAPITAL, "words", "capital_is_a_number", "若干"),
        _cell(CAPITAL, "negative", "capital_is_a_number", "-100万元"),
        _cell(CAPITAL, "unknown currency", "capital_is_a_number", "100万贝壳"),
        _cell(CAPITAL, "failed formula", "capital_is_a_number", "#DIV/0!"),
        _cell(CAPITAL, "no unit", "capital_has_a_unit", "100"),
        _cell(ADDRESS, "empty", "address_is_present", ""),
        _cell(ADDRESS, "failed formula", "address_is_no_error_of_a_formula", "#REF!"),
        _cell(STATUS, "bare digit", "status_is_no_bare_code", "1"),
        _cell(STATUS, "unknown wording", "status_is_known", "搬走了"),
        _cell(STATUS, "a mark beside it", "status_is_a_status", "简易注销公告中"),
        _cell(DISTRICT, "a name", "district_code_has_six_digits", "武陵区"),
        _cell(DISTRICT, "too short", "district_code_has_six_digits", "4307"),
        _cell(TYPE_CODE, "another class", "enterprise_type_agrees_with_its_code", "1110"),
    ]
)


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A cell that was spoilt, as a spreadsheet names it, and the rule that must be broken there."""

    cell: str
    kind: str
    rule: str


def table(rows: int, *, every: int) -> tuple[list[list[str]], list[Spoilt]]:
    """Return ``rows`` rows of which each ``every``-th has one fault, the kinds in turn."""
    lines, spoilt = [], []
    kinds = list(FAULTS.items())
    for n in range(rows):
        row = {**a_registration(n + 1), TYPE_CODE: "1151"}
        if n % every == 0:
            kind, fault = kinds[n // every % len(kinds)]
            row[fault.header] = fault.spoil(row[fault.header])
            # The type's own cell is marked where its words and its code disagree.
            marked = TYPE if fault.header == TYPE_CODE else fault.header
            letter = "ABCDEFGHI"[HEADERS.index(marked)]
            spoilt.append(Spoilt(f"{letter}{n + 2}", kind, fault.rule))
        lines.append([row[header] for header in HEADERS])
    return lines, spoilt


def write_workbook(file: Path, rows: int, *, every: int) -> list[Spoilt]:
    """Write such a table as a workbook; return what was spoilt."""
    lines, spoilt = table(rows, every=every)
    with xlsxwriter.Workbook(str(file), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("登记")
        for at, header in enumerate(HEADERS):
            sheet.write_string(0, at, header)
        for number, line in enumerate(lines, start=1):
            for at, cell in enumerate(line):
                if cell:
                    sheet.write_string(number, at, cell)
    return spoilt
