"""What a person decides about identity is recorded and followed."""

from datetime import date, timedelta

import pytest
from factories import NOW, a_registration, a_uscc, insert_screening
from loads import CODE, JUNE, MARCH, NAME, SEPTEMBER, Desk

from ingest import cells
from liangxin import db, judgements, provenance
from liangxin.errors import Misuse, NotFound
from liangxin.judgements import Decision
from liangxin.schema import FieldChange, Judgement, Organisation, Registration, Screening

OLD = "430702000012349"


def decide(desk: Desk, kind: str, code: str, other: str, **changes: object) -> None:
    decision = Decision(kind, code, other, "换发执照", "区市场监管局", MARCH)
    with db.writing(desk.engine) as connection:
        changed = {name: getattr(decision, name) for name in Decision.__slots__} | changes
        judgements.judge(connection, Decision(**changed), now=NOW)


def test_a_row_with_an_old_number_is_read_as_the_code_it_was_given(desk: Desk) -> None:
    row = a_registration(1, **{CODE: OLD})
    assert desk.load([row]).refused == 1
    decide(desk, "reregistered", OLD, a_uscc(1))
    report = desk.load([row])
    assert (report.new, report.refused) == (1, 0)
    assert [each["uscc"] for each in desk.rows(Organisation)] == [a_uscc(1)]
    assert any("换发执照" in notice["zh"] for notice in report.notices)
    assert desk.load([row]).unchanged == 1


def test_a_decided_number_is_followed_when_a_late_file_is_fitted_in(desk: Desk) -> None:
    decide(desk, "reregistered", OLD, a_uscc(1))
    desk.load([a_registration(1, **{CODE: OLD, NAME: "甲"})], as_of=MARCH)
    desk.load([a_registration(1, **{NAME: "丙"})], as_of=SEPTEMBER)
    desk.load([a_registration(1, **{CODE: OLD, NAME: "乙"})], as_of=JUNE)
    held = [row for row in desk.rows(FieldChange) if row["corrected_by"] is None]
    assert [
        (row["old_value"], row["new_value"]) for row in sorted(held, key=lambda r: r["from_on"])
    ] == [
        ("甲", "乙"),
        ("乙", "丙"),
    ]


def test_a_merged_organisation_is_closed_with_the_reason(desk: Desk) -> None:
    desk.load([a_registration(1), a_registration(2)])
    decide(desk, "merged", a_uscc(1), a_uscc(2))
    [screening] = desk.rows(Screening)
    assert (screening["state"], screening["from_on"]) == ("closed", MARCH)
    assert a_uscc(2) in screening["evidence"]
    assert [row["kind"] for row in desk.rows(Judgement)] == ["merged"]


def test_a_merger_taken_back_leaves_the_organisation_as_it_was_found(desk: Desk) -> None:
    desk.load([a_registration(1), a_registration(2)])
    with db.writing(desk.engine) as connection:
        insert_screening(connection, 1, from_on=MARCH - timedelta(days=30))
    decide(desk, "merged", a_uscc(1), a_uscc(2))
    decide(desk, "not_same", a_uscc(1), a_uscc(2))
    held = [row for row in desk.rows(Screening) if row["corrected_at"] is None]
    assert [(row["state"], row["to_on"]) for row in held] == [("operating", None)]
    decide(desk, "same", a_uscc(1), a_uscc(2))
    held = [row for row in desk.rows(Screening) if row["corrected_at"] is None]
    assert [row["state"] for row in held] == ["operating", "duplicate"]


def test_a_number_is_read_as_the_last_code_that_was_decided(desk: Desk) -> None:
    decide(desk, "reregistered", OLD, a_uscc(1))
    decide(desk, "reregistered", OLD, a_uscc(2))
    desk.load([a_registration(1, **{CODE: OLD})])
    assert [each["uscc"] for each in desk.rows(Organisation)] == [a_uscc(2)]
    open_ = [row for row in desk.rows(Judgement) if row["corrected_at"] is None]
    assert [row["other_code"] for row in open_] == [a_uscc(2)]


@pytest.mark.parametrize(
    ("kind", "other", "changes", "error"),
    [
        pytest.param("married", a_uscc(2), {}, Misuse, id="no such kind"),
        pytest.param("merged", a_uscc(3), {}, NotFound, id="not in the register"),
        pytest.param("merged", a_uscc(1), {}, Misuse, id="the same code"),
        pytest.param("reregistered", "123", {}, Misuse, id="no code"),
        pytest.param("merged", a_uscc(2), {"reason": " "}, Misuse, id="no reason"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    sqlite_desk: Desk, kind: str, other: str, changes: dict[str, str], error: type[Exception]
) -> None:
    sqlite_desk.load([a_registration(1), a_registration(2)])
    with pytest.raises(error):
        decide(sqlite_desk, kind, a_uscc(1), other, **changes)
    assert sqlite_desk.rows(Judgement) == []


# Where a value came from.


def test_a_value_leads_to_source_file_row_and_cell(desk: Desk) -> None:
    desk.load([a_registration(1), a_registration(2)], as_of=MARCH)
    changed = desk.file(
        [a_registration(1), a_registration(2, **{NAME: "改名有限公司"})], "june.csv"
    )
    report = desk.load(changed, as_of=JUNE)
    with db.reading(desk.engine) as connection:
        [why] = provenance.why(connection, a_uscc(2), "name")
        [capital] = provenance.why(connection, a_uscc(2), "capital_wan")
        cell = cells.cell(connection, why.place, desk.settings)
        sent = cells.cell(connection, capital.place, desk.settings)
    place = why.place
    assert (why.value, why.since) == ("改名有限公司", JUNE)
    assert (place.run, place.source, place.file, place.row, place.column) == (
        report.run,
        "market_regulator",
        "june.csv",
        3,
        NAME,
    )
    assert cell == "改名有限公司"
    assert [(each.value, each.until) for each in why.earlier] == [("示例第2号有限公司", JUNE)]
    # What has not changed still comes from the first file.
    assert (capital.value, sent, capital.place.as_of) == ("100.0", "100(万元人民币)", MARCH)


def test_who_is_not_known_has_no_provenance(sqlite_desk: Desk) -> None:
    with (
        db.reading(sqlite_desk.engine) as connection,
        pytest.raises(NotFound, match="not in the register"),
    ):
        provenance.why(connection, a_uscc(1))


def test_a_source_that_says_otherwise_is_named_beside_the_value(desk: Desk) -> None:
    desk.load([a_registration(1)])
    other = {"社会组织名称": "别名", "统一社会信用代码": a_uscc(1)}
    desk.load([other], source="civil_affairs", as_of=date(2022, 5, 1))
    with db.reading(desk.engine) as connection:
        [why] = provenance.why(connection, a_uscc(1), "name")
    assert why.otherwise == [("civil_affairs", "别名")]
    assert [row["run_id"] for row in desk.rows(Registration)] == [1, 2]
