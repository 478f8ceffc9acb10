"""A sub-district's screening is loaded: states follow each other, people are counted, nobody is kept."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from factories import NOW, a_registration, a_uscc, write_csv
from loads import JUNE, MARCH, WULING, Desk, rows

from ingest import delivery, runs
from ingest.run_report import RunReport
from liangxin.schema import Headcount, LandedFile, RefusedRow, Screening, SkippedRow

CODE, RESULT, EVIDENCE, OFFICE, DAY, STAFF = (
    "统一社会信用代码",
    "摸排结果",
    "摸排依据",
    "摸排单位",
    "摸排日期",
    "从业人数",
)


def a_finding(n: int = 1, result: str = "实体运营", **cells: str) -> dict[str, str]:
    return {
        CODE: a_uscc(n),
        "企业名称": f"示例第{n}号有限公司",
        RESULT: result,
        EVIDENCE: "走访照片",
        OFFICE: "示例街道经济办",
        "摸排人": "钱伯庸",
        DAY: "2022-03-31",
        STAFF: "",
        "党员人数": "",
        **cells,
    }


@pytest.fixture
def firms(desk: Desk) -> None:
    desk.load([a_registration(n) for n in (1, 2, 3)], as_of=date(2022, 1, 31))


def screen(desk: Desk, *found: dict[str, str], as_of: date = MARCH) -> RunReport:
    source = desk.source("screening_results")
    file = write_csv(desk.folder / "摸排.csv", found)
    now = NOW
    settings = desk.settings.model_copy(update={"district": WULING})
    parts = delivery.of_file(file, source, settings).parts
    return runs.run(parts, source, settings, desk.engine, as_of=as_of, clock=lambda: now)


def believed(desk: Desk) -> set[tuple[Any, ...]]:
    return {
        (row["organisation_id"], row["state"], row["from_on"], row["to_on"])
        for row in rows(desk.engine, Screening)
        if row["corrected_at"] is None
    }


@pytest.mark.usefixtures("firms")
def test_findings_become_states_and_a_later_one_ends_the_one_before(desk: Desk) -> None:
    first = screen(desk, a_finding(1), a_finding(2, "查无下落"))
    assert (first.rows, first.accepted, first.new) == (2, 2, 2)
    later = screen(
        desk, a_finding(1, "空壳", **{DAY: "2022-06-30"}), a_finding(2, "失联"), as_of=JUNE
    )
    assert (later.new, later.changed, later.unchanged) == (0, 1, 1)
    assert believed(desk) == {
        (1, "operating", MARCH, JUNE),
        (1, "shell", JUNE, None),
        (2, "not_found", MARCH, None),
    }
    assert {row["decided_by"] for row in rows(desk.engine, Screening)} == {"示例街道经济办"}


@pytest.mark.usefixtures("firms")
def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    findings = [a_finding(1, **{STAFF: "12", "党员人数": "2"}), a_finding(2, "停业")]
    screen(desk, *findings)
    before = (rows(desk.engine, Screening), rows(desk.engine, Headcount))
    again = screen(desk, *findings)
    assert (again.accepted, again.unchanged) == (2, 2)
    assert (rows(desk.engine, Screening), rows(desk.engine, Headcount)) == before


@pytest.mark.usefixtures("firms")
def test_people_found_are_counted_by_the_day_of_the_finding(desk: Desk) -> None:
    screen(desk, a_finding(1, **{STAFF: "12人", "党员人数": "2", DAY: "2022-03-15"}))
    [counted] = rows(desk.engine, Headcount)
    assert (counted["source"], counted["staff"], counted["members"], counted["counted_on"]) == (
        "screening",
        12,
        2,
        date(2022, 3, 15),
    )


@pytest.mark.usefixtures("firms")
def test_rows_that_cannot_be_recorded_are_told_and_the_rest_is(desk: Desk) -> None:
    report = screen(
        desk,
        a_finding(1, "注销", **{EVIDENCE: ""}),  # an exit without evidence
        a_finding(9),  # nobody the register knows
        a_finding(3, "重复"),
    )
    assert (report.rows, report.accepted, report.refused, report.skipped) == (3, 1, 1, 1)
    assert report.rules == {"every_exit_has_evidence": 1}
    assert [row["reason"] for row in rows(desk.engine, SkippedRow)] == [
        "its code is not in the register; load registrations first"
    ]
    assert believed(desk) == {(3, "duplicate", MARCH, None)}


@pytest.mark.usefixtures("firms")
def test_a_finding_of_an_earlier_day_is_passed_over_unless_its_file_is_an_old_one(
    desk: Desk,
) -> None:
    screen(desk, a_finding(1, **{DAY: "2022-06-30"}), as_of=JUNE)
    slip = screen(desk, a_finding(1, "空壳", **{DAY: "2022-05-31"}), as_of=JUNE)
    assert (slip.accepted, slip.skipped) == (0, 1)
    old = screen(desk, a_finding(1, "空壳", **{DAY: "2022-03-31"}), as_of=MARCH)
    assert (old.accepted, old.changed) == (1, 1)
    assert believed(desk) == {(1, "shell", MARCH, JUNE), (1, "operating", JUNE, None)}


@pytest.mark.usefixtures("firms")
def test_a_finding_without_a_day_or_an_office_is_the_senders_of_the_files_day(desk: Desk) -> None:
    screen(desk, {CODE: a_uscc(1), RESULT: "在营"})
    [found] = rows(desk.engine, Screening)
    assert (found["from_on"], found["decided_by"]) == (MARCH, "街道经济办")


@pytest.mark.usefixtures("firms")
def test_nobody_who_went_there_is_kept(desk: Desk) -> None:
    screen(desk, a_finding(1), a_finding(2, "空壳", **{EVIDENCE: ""}))
    kept = [*rows(desk.engine, Screening), *rows(desk.engine, RefusedRow)]
    assert "钱伯庸" not in str(kept)
    assert len(rows(desk.engine, LandedFile)) == 1  # the registrations
    assert not [
        file
        for file in desk.settings.home.rglob("*")
        if file.is_file() and file.suffix != ".csv" and "钱伯庸".encode() in file.read_bytes()
    ]


def test_every_state_that_is_found_is_a_state_of_the_register() -> None:
    from ingest.kinds.readers import choices
    from ingest.kinds.screening import EXITS
    from liangxin.universe import STATES, UNDECIDED

    assert {*choices("screening_state")} <= {*STATES}
    assert {*EXITS} == {*STATES} - {*UNDECIDED, "operating"}
    assert pl.Series(EXITS).n_unique() == 7
