"""Rows of lists and ledgers as offices send them, made ready for the gate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl
from factories import TODAY, a_uscc

from expectations import messages
from expectations.check import Gate
from expectations.rule import Rule
from ingest import headers, normalise, repeats, social
from ingest.kinds import KINDS, Context, Repeats
from ingest.kinds import normalise as normalise_kind
from ingest.parse import MORE, ROW

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def a_resident_id(n: int = 1, *, born: str = "19030505", region: str = "199999") -> str:
    """Return the number of the n-th invented person of a day; odd n are men."""
    first = f"{region}{born}{n:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True))
    return first + "10X98765432"[total % 11]


def columns_of(kind: str) -> dict[str, str]:
    """Our fields -> the first of the headers that each may have."""
    return {field: names[0] for field, names in headers.vocabulary(kind).items()}


def batch(columns: dict[str, str], rows: Sequence[dict[str, str | None]]) -> pl.DataFrame:
    """Rows, written under our fields' names, as a batch under the sender's headers."""
    table = {
        header: pl.Series([row.get(field) for row in rows], dtype=pl.String)
        for field, header in columns.items()
    }
    more = pl.Series([row.get(MORE) for row in rows], dtype=pl.String)
    return pl.DataFrame({**table, MORE: more}).with_row_index(ROW, offset=2)


def prepared(
    kind: str,
    *rows: dict[str, str | None],
    columns: dict[str, str] | None = None,
    today: date = TODAY,
) -> pl.DataFrame:
    """The rows as the gate gets them; the file has all columns unless told otherwise."""
    columns = columns_of(kind) if columns is None else columns
    sent = batch(columns, rows)
    if kind == "social":
        frame = social.extra(  # noqa: S610 - no Django
            sent, columns, normalise.normalise(sent, columns, today=today)
        )
        frame = frame.with_columns(skip=pl.lit(""))
        return repeats.Repeats().mark(frame.with_columns(repeats.fingerprint(frame)))
    frame = normalise_kind(sent, columns, KINDS[kind], Context(today=today))
    return Repeats(KINDS[kind]).mark(frame.with_columns(skip=pl.lit("")))


Cells = dict[str, str | None]
#: Rule -> cells that break it, and the nearest ones that keep it.
Cases = dict[str, tuple[Cells, Cells]]


def count_cases(field: str, called: str = "", *, good: str = "0") -> Cases:
    """Cells that break each rule of a count."""
    bad = {
        "is_a_whole_number": "很多",
        "is_one_figure": "约20",
        "is_not_negative": "-1",
        "is_not_out_of_all_bounds": "13000000000",
    }
    return {
        f"{called or field}_{rule}": ({field: cell}, {field: good}) for rule, cell in bad.items()
    }


def day_cases(field: str, called: str = "") -> Cases:
    """Cells that break each rule of a day."""
    bad = {
        "is_a_date": "去年",
        "is_not_in_the_future": "2026-11-24",
        "has_a_year_of_four_digits": "19.3.15",
        "has_a_day": "2019年3月",
        "has_a_month": "2019",
        "is_no_placeholder": "1900-01-01",
    }
    good = "2019年3月15日"
    return {
        f"{called or field}_{rule}": ({field: cell}, {field: good}) for rule, cell in bad.items()
    }


def answer_cases(field: str, called: str = "", **beside: str) -> Cases:
    """A cell that is neither yes nor no, beside such as its yes needs."""
    return {
        f"{called or field}_is_answered_yes_or_no": (
            {field: "大概"},
            {**beside, field: "√"},
        )
    }


def choice_cases(field: str, good: str, called: str = "") -> Cases:
    """A word that is in no list, and a bare number."""
    return {
        f"{called or field}_is_in_its_list": ({field: "甲乙丙"}, {field: good}),
        f"{called or field}_is_written_in_words": ({field: "1"}, {field: ""}),
    }


def tick_cases(field: str, good: str, ticks: Sequence[str], called: str = "") -> Cases:
    """As a word in one column, and as ticks in several."""
    one, other = (f"{field}_{tick}" for tick in ticks[:2])
    return choice_cases(field, good, called) | {
        f"{called or field}_has_one_tick": ({one: "√", other: "√"}, {one: "√", other: "×"}),
        f"{called or field}_ticks_are_ticks": ({one: "？"}, {other: "1"}),
    }


def phone_cases(field: str, called: str = "") -> Cases:
    """Cells that break each rule of a telephone number."""
    bad = {
        "is_a_telephone_number": "12345",
        "is_not_masked": "130****0000",
        "has_the_zero_of_its_area_code": "736-7000000",
    }
    return {
        f"{called or field}_{rule}": ({field: cell}, {field: "0736-7000000"})
        for rule, cell in bad.items()
    }


def person_cases(field: str, called: str = "") -> Cases:
    """Cells that break each rule of a name that need not be there."""
    bad = {
        "has_no_digits": "王其1",
        "is_no_longer_than_names_are": "甲" * 60,
        "is_written_out": "王*",
        "is_a_name_and_not_a_form_of_address": "王总",
    }
    return {f"{called or field}_{rule}": ({field: cell}, {field: ""}) for rule, cell in bad.items()}


def uscc_cases() -> Cases:
    """Cells that break each rule of a code in a ledger."""
    code = a_uscc(9)
    wrong = code[:17] + ("0" if code[17] != "0" else "1")
    bad = {
        "uscc_is_not_a_registration_number": "430702000012349",
        "uscc_is_not_a_miswritten_registration_number": "430702000012340",
        "uscc_is_not_an_organisation_code": "00000001-8",
        "uscc_has_all_its_digits": "9.19999E+17",
        "uscc_is_not_masked": "91999999********00",
        "uscc_has_eighteen_characters": code[:17],
        "uscc_has_no_look_alikes": code.replace("0", "O", 1),
        "uscc_uses_its_alphabet": code[:5] + "?" + code[6:],
        "uscc_keeps_its_last_digits": "919999990000001000",
        "uscc_check_character_is_right": wrong,
        "ledger_row_has_a_code": "",
    }
    return {rule: ({"uscc": cell}, {}) for rule, cell in bad.items()}


BUILT: Cells = {"built": "是", "form": "单独组建", "level": "党支部"}
#: Figures of a ledger's row against each other.
HEADCOUNT_CASES: Cases = {
    "operating_organisations_have_staff": (
        {"state": "正常", "staff": "0"},
        {"state": "注销", "staff": "0"},
    ),
    "operating_organisations_tell_their_staff": (
        {"state": "正常"},
        {"state": "正常", "staff": "1"},
    ),
    "members_are_not_more_than_staff": (
        {"members": "6", "staff": "5"},
        {"members": "5", "staff": "5"},
    ),
    "members_here_are_not_more_than_staff": (
        {"members_in": "6", "staff": "5"},
        {"members_in": "5", "staff": "5"},
    ),
    "insured_are_not_more_than_staff": (
        {"insured": "31", "staff": "30"},
        {"insured": "30", "staff": "30"},
    ),
    "insured_and_staff_are_near_each_other": (
        {"insured": "79", "staff": "100"},
        {"insured": "80", "staff": "100"},
    ),
    "full_and_probationary_members_make_up_all": (
        {"members": "5", "full_members": "3", "probationary_members": "1"},
        {"members": "5", "full_members": "4", "probationary_members": "1"},
    ),
    "members_here_and_elsewhere_make_up_all": (
        {"members": "5", "members_in": "3", "members_out": "1"},
        {"members": "5", "members_in": "3", "members_out": "2"},
    ),
}
#: What a ledger's row says about a Party organisation.
PARTY_CASES: Cases = {
    "what_is_built_has_a_form": ({"built": "是", "level": "党支部"}, BUILT),
    "what_is_built_has_a_level": ({"built": "是", "form": "单独组建"}, BUILT),
    "what_is_built_is_not_of_no_level": (
        {**BUILT, "level": "未成立"},
        {"built": "否", "level": "未成立"},
    ),
    "what_is_not_built_has_no_name": (
        {"built": "否", "party_name": "示例公司党支部"},
        {**BUILT, "party_name": "示例公司党支部"},
    ),
    "what_is_not_built_has_no_level": ({"built": "否", "level_branch": "√"}, {"built": "否"}),
    "what_is_not_built_has_no_form": ({"built": "未建立", "form": "联合组建"}, {"built": "无"}),
    "what_is_not_built_has_no_date": ({"built": "否", "built_on": "2019-03-15"}, {"built": "×"}),
    "a_joint_branch_does_not_stand_alone": ({**BUILT, "level": "联合党支部"}, BUILT),
    "what_is_joint_is_a_branch": (
        {**BUILT, "form": "联合组建", "level": "党总支"},
        {**BUILT, "form": "联合组建"},
    ),
    "stand_alone_branch_has_three_full_members": (
        {**BUILT, "full_members": "2"},
        {**BUILT, "full_members": "3"},
    ),
    "stand_alone_branch_has_three_members_in": (
        {**BUILT, "members_in": "2"},
        {**BUILT, "members_in": "2", "full_members": "3"},
    ),
    "stand_alone_branch_has_three_members": (
        {**BUILT, "members": "2"},
        {**BUILT, "members": "2", "form": "联合组建"},
    ),
    "a_joint_branch_covers_five_units_at_most": ({"joint_units": "6"}, {"joint_units": "5"}),
    "a_joint_branch_covers_more_than_one_unit": (
        {**BUILT, "form": "联合组建", "joint_units": "1"},
        {**BUILT, "form": "联合组建", "joint_units": "2"},
    ),
    "three_full_members_have_a_branch_or_a_reason": (
        {"built": "否", "full_members": "3"},
        {"built": "否", "full_members": "3", "reason": "应建未建"},
    ),
    "three_members_in_have_a_branch_or_a_reason": (
        {"built": "否", "members_in": "3"},
        {"built": "否", "members_in": "3", "full_members": "2"},
    ),
    "three_members_have_a_branch_or_a_reason": (
        {"built": "否", "members": "3"},
        {"built": "否", "members": "2"},
    ),
    "no_members_means_none": (
        {"reason": "没有党员", "members": "1"},
        {"reason_no_members": "√", "members": "0"},
    ),
    "should_be_built_means_three_members": (
        {"reason": "应建未建", "full_members": "2"},
        {"reason": "应建未建", "full_members": "3"},
    ),
    "what_is_built_has_no_reason_against_it": (
        {**BUILT, "reason": "其他原因"},
        {"built": "否", "reason": "其他原因"},
    ),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a case's two rows."""

    broken: set[str]  # by the row that breaks the rule
    taken: bool
    kept: set[str]  # by the one that keeps it
    #: The row that breaks the rule, as the gate got it.
    breaking: pl.DataFrame = field(default_factory=pl.DataFrame, compare=False)


def judge(kind: str, cases: Cases, row: Callable[..., Cells]) -> dict[str, Judged]:
    """Judge both rows of all cases at once; ``row(n, **cells)`` makes the n-th good row."""
    frame = prepared(kind, *_rows(cases, row))
    verdicts = Gate(kind).check(frame)
    said: dict[int, set[str]] = {}
    for file_row, rule in verdicts.broken.iter_rows():
        said.setdefault(file_row, set()).add(rule)
    return {
        rule: Judged(
            said.get(2 * place + 2, set()),
            verdicts.taken[2 * place],
            said.get(2 * place + 3, set()),
            frame[2 * place : 2 * place + 1],
        )
        for place, rule in enumerate(cases)
    }


def _rows(cases: Cases, row: Callable[..., Cells]) -> list[Cells]:
    rows = []
    for place, (breaks, keeps) in enumerate(cases.values()):
        rows += [row(100 + 2 * place, **breaks), row(101 + 2 * place, **keeps)]
    return rows


def taken_without(suite: str, rule: Rule, frame: pl.DataFrame) -> list[bool]:
    """What is taken once a rule is left out, judged by the rules of its column (and one more).

    A column's verdict does not hang on other columns, and its few rules are judged in
    milliseconds where a ledger's whole suite takes seconds.
    """
    whole = messages.SUITES[suite]
    columns = {rule.column, "row_fault" if rule.column != "row_fault" else "name_fault"}
    messages.SUITES[suite] = tuple(each for each in whole if each.column in columns)
    try:
        gate = Gate(suite, without=rule.name)
        return gate.check(frame.select("file_row", *columns)).taken.to_list()
    finally:
        messages.SUITES[suite] = whole


def broken_by(kind: str, *rows: Cells, today: date = TODAY) -> list[tuple[int, str]]:
    """Row and rule of everything that a few rows break."""
    return list(Gate(kind).check(prepared(kind, *rows, today=today)).broken.iter_rows())
