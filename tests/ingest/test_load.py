"""What a run leaves in the register: values, their history, who was absent, who said what."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import NOW, a_registration, a_uscc
from loads import (
    ADDRESS,
    CAPITAL,
    CODE,
    FOUNDED,
    JUNE,
    MARCH,
    NAME,
    SEPTEMBER,
    STATUS,
    TYPE,
    WULING,
    Desk,
)
from sqlalchemy import update

from ingest.run_report import RunReport
from liangxin import db, divisions
from liangxin.schema import (
    Absence,
    FieldChange,
    Organisation,
    Question,
    Registration,
    Run,
    RunFile,
)


def outcome(report: RunReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, report.missing


def firms(*numbers: int, **cells: str) -> list[dict[str, str]]:
    return [a_registration(n, **cells) for n in numbers]


def changes(desk: Desk) -> list[tuple[Any, ...]]:
    return [
        (row["organisation_id"], row["field"], row["old_value"], row["new_value"])
        for row in desk.rows(FieldChange)
    ]


def organisation(desk: Desk, n: int = 1) -> dict[str, Any]:
    return next(row for row in desk.rows(Organisation) if row["uscc"] == a_uscc(n))


# The first time.


def test_a_first_load_writes_every_organisation_once(desk: Desk) -> None:
    report = desk.load(firms(1, 2, 3))
    assert outcome(report) == (3, 0, 0, 0)
    assert report.located == 3
    assert organisation(desk, 2) == {
        "id": 2,
        "uscc": a_uscc(2),
        "name": "示例第2号有限公司",
        "kind": "enterprise",
        "enterprise_type": "有限责任公司(自然人独资)",
        "ownership": "NONPUBLIC",
        "status": "1",
        "established_on": date(2019, 3, 15),
        "capital_wan": 100.0,
        "capital_currency": "CNY",
        "address": "湖南省常德市武陵区启明街道沅汀路2号",
        "district_code": WULING,
        "subdistrict_code": "430702001",
        "community_code": None,
        "location_method": "subdistrict_name",
        "location_confidence": 0.99,
        "from_on": date(2019, 3, 15),
        "seen_on": MARCH,
        "run_id": report.run,
    }
    assert desk.rows(FieldChange) == []
    assert [(row["organisation_id"], row["file_row"]) for row in desk.rows(Registration)] == [
        (1, 2),
        (2, 3),
        (3, 4),
    ]


def test_an_organisation_without_a_founding_date_is_there_since_it_was_first_seen(
    desk: Desk,
) -> None:
    desk.load(firms(1, **{FOUNDED: ""}))
    assert organisation(desk)["established_on"] is None
    assert organisation(desk)["from_on"] == MARCH


def test_only_what_could_be_located_counts_as_located(desk: Desk) -> None:
    rows = [a_registration(1), *firms(2, **{ADDRESS: "沅汀路2号"}), *firms(3, **{ADDRESS: ""})]
    assert desk.load(rows).located == 1
    assert organisation(desk, 2)["subdistrict_code"] is None
    assert organisation(desk, 2)["district_code"] == WULING


def test_batches_of_any_size_leave_the_same_register(desk: Desk, tmp_path: Path) -> None:
    file = desk.file([*firms(1, 2, 3, 4, 5), *firms(2), *firms(3, **{NAME: "另一家"})])
    desk.load(file)
    small = desk.settings.model_copy(update={"batch_rows": 2})
    before = desk.dump()
    again = Desk(small, desk.engine, tmp_path).load(file, as_of=JUNE)
    assert outcome(again) == (0, 0, 5, 0)
    assert again.refused, again.skipped == (1, 1)
    assert desk.dump()["organisation"] == before["organisation"]


# The second time.


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    file = desk.file(firms(1, 2, 3))
    desk.load(file)
    before = desk.dump()
    report = desk.load(file, as_of=JUNE)
    assert outcome(report) == (0, 0, 3, 0)
    assert report.located == 3
    after = desk.dump()
    for table in ("organisation", "registration", "field_change", "absence", "landed_file"):
        assert after[table] == before[table]


def test_a_changed_name_is_one_change_with_both_values_its_day_its_run_and_its_row(
    desk: Desk,
) -> None:
    desk.load(firms(1, 2, 3))
    report = desk.load([*firms(1), *firms(2, **{NAME: "改名有限公司"}), *firms(3)], as_of=JUNE)
    assert outcome(report) == (0, 1, 2, 0)
    [change] = desk.rows(FieldChange)
    assert change == {
        "id": change["id"],
        "organisation_id": 2,
        "field": "name",
        "old_value": "示例第2号有限公司",
        "new_value": "改名有限公司",
        "from_on": JUNE,
        "run_id": report.run,
        "file_row": 3,
        "learned_by": None,
        "corrected_by": None,
    }
    assert organisation(desk, 2)["name"] == "改名有限公司"
    assert organisation(desk, 2)["run_id"] == desk.rows(Run)[0]["id"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param({STATUS: "注销"}, {"status": ("1", "4")}, id="status"),
        pytest.param(
            {FOUNDED: "2018-01-02"}, {"established_on": ("2019-03-15", "2018-01-02")}, id="date"
        ),
        pytest.param(
            {CAPITAL: "200.5万美元"},
            {"capital_wan": ("100.0", "200.5"), "capital_currency": ("CNY", "USD")},
            id="capital",
        ),
        pytest.param(
            {TYPE: "有限责任公司(国有独资)"},
            {
                "enterprise_type": ("有限责任公司(自然人独资)", "有限责任公司(国有独资)"),
                "ownership": ("NONPUBLIC", "PUBLIC"),
            },
            id="type and with it the class",
        ),
        pytest.param(
            {ADDRESS: "湖南省常德市武陵区府坪街道沅汀路1号"},
            {
                "address": (
                    "湖南省常德市武陵区启明街道沅汀路1号",
                    "湖南省常德市武陵区府坪街道沅汀路1号",
                ),
                "subdistrict_code": ("430702001", "430702002"),
            },
            id="address and with it the sub-district",
        ),
        pytest.param(
            {ADDRESS: "沅汀路1号"},
            {
                "address": ("湖南省常德市武陵区启明街道沅汀路1号", "沅汀路1号"),
                "subdistrict_code": ("430702001", None),
                "location_method": ("subdistrict_name", None),
                "location_confidence": ("0.99", None),
            },
            id="an address that cannot be located any more",
        ),
    ],
)
def test_each_field_that_changed_is_kept_with_both_values(
    desk: Desk, cells: dict[str, str], expected: dict[str, tuple[str | None, str | None]]
) -> None:
    desk.load(firms(1))
    assert outcome(desk.load(firms(1, **cells), as_of=JUNE)) == (0, 1, 0, 0)
    assert {field: (old, new) for _, field, old, new in changes(desk)} == expected


def test_a_value_that_goes_and_comes_back_is_two_changes(desk: Desk) -> None:
    desk.load(firms(1))
    desk.load(firms(1, **{STATUS: "迁出"}), as_of=JUNE)
    report = desk.load(firms(1), as_of=SEPTEMBER)
    assert report.changed == 1
    assert changes(desk) == [(1, "status", "1", "6"), (1, "status", "6", "1")]


@pytest.mark.parametrize("cell", ["", "无", None], ids=["empty", "a word for none", "no column"])
def test_what_a_file_does_not_say_erases_nothing(desk: Desk, cell: str | None) -> None:
    desk.load(firms(1))
    before = organisation(desk)
    for header in (TYPE, FOUNDED, CAPITAL, ADDRESS, STATUS):
        row = a_registration(1)
        del row[header]
        if cell is not None:
            row[header] = cell
        assert outcome(desk.load([row], as_of=JUNE)) == (0, 0, 1, 0)
    assert organisation(desk) == before
    assert changes(desk) == []
    # and the whole row again is no news either
    assert outcome(desk.load(firms(1), as_of=SEPTEMBER)) == (0, 0, 1, 0)


def test_a_cell_that_cannot_be_read_erases_nothing_and_is_told(desk: Desk) -> None:
    desk.load(firms(1))
    before = organisation(desk)
    report = desk.load(firms(1, **{FOUNDED: "昨天", CAPITAL: "很多", STATUS: "活着"}), as_of=JUNE)
    assert outcome(report) == (0, 0, 1, 0)
    assert organisation(desk) == before
    assert report.warnings == {
        "capital_is_a_number": 1,
        "established_on_is_a_date": 1,
        "status_is_known": 1,
    }


def test_a_field_that_was_empty_is_filled(desk: Desk) -> None:
    desk.load(firms(1, **{CAPITAL: "", ADDRESS: ""}))
    desk.load(firms(1), as_of=JUNE)
    assert [change[1:3] for change in changes(desk)] == [
        ("capital_wan", None),
        ("capital_currency", None),
        ("address", None),
        ("subdistrict_code", None),
        ("location_method", None),
        ("location_confidence", None),
    ]


def test_new_changed_and_unchanged_are_told_apart_in_one_file(desk: Desk) -> None:
    desk.load(firms(1, 2, 3))
    report = desk.load([*firms(4, 1), *firms(2, **{NAME: "改名"}), *firms(5)], as_of=JUNE)
    assert outcome(report) == (2, 1, 1, 1)
    assert report.accepted == 4
    assert [row["uscc"] for row in desk.rows(Organisation)] == [a_uscc(n) for n in (1, 2, 3, 4, 5)]


def test_a_place_that_is_listed_later_locates_who_was_there_before(desk: Desk) -> None:
    rows = firms(1, **{ADDRESS: "湖南省常德市武陵区新街道沅汀路1号"})
    assert desk.load(rows).located == 0
    with db.writing(desk.engine) as connection:
        known = divisions.current(connection)
        new = pl.DataFrame(
            [("430702099", "新街道", "subdistrict", WULING)], known.schema, orient="row"
        )
        divisions.load(connection, known.vstack(new), on=JUNE, now=NOW)
    report = desk.load(rows, as_of=JUNE)
    assert report.located == 1
    assert organisation(desk)["subdistrict_code"] == "430702099"
    assert outcome(report) == (0, 1, 0, 0)
    assert [change[1:] for change in changes(desk)] == [
        ("subdistrict_code", None, "430702099"),
        ("location_method", None, "subdistrict_name"),
        ("location_confidence", None, "0.99"),
    ]
    assert outcome(desk.load(rows, as_of=SEPTEMBER)) == (0, 0, 1, 0)


def test_a_community_that_is_listed_later_is_filled_in(desk: Desk) -> None:
    rows = firms(1, **{ADDRESS: "湖南省常德市武陵区启明街道新来社区沅汀路1号"})
    desk.load(rows)
    with db.writing(desk.engine) as connection:
        known = divisions.current(connection)
        new = pl.DataFrame(
            [("430702001099", "新来社区", "community", "430702001")], known.schema, orient="row"
        )
        divisions.load(connection, known.vstack(new), on=JUNE, now=NOW)
    assert outcome(desk.load(rows, as_of=JUNE)) == (0, 1, 0, 0)
    assert [change[1:] for change in changes(desk)] == [("community_code", None, "430702001099")]
    assert organisation(desk)["location_method"] == "subdistrict_name"


def test_a_place_that_was_settled_is_not_moved_by_the_same_address(desk: Desk) -> None:
    desk.load(firms(1))
    with db.writing(desk.engine) as connection:
        elsewhere = {"subdistrict_code": "430702002", "location_method": "survey"}
        connection.execute(update(Organisation).values(**elsewhere))
    report = desk.load(firms(1, **{STATUS: "吊销"}), as_of=JUNE)
    assert outcome(report) == (0, 1, 0, 0)
    assert organisation(desk)["subdistrict_code"] == "430702002"
    assert [change[1] for change in changes(desk)] == ["status"]


# Who was not there.


def absences(desk: Desk) -> list[tuple[Any, ...]]:
    return [
        (
            row["organisation_id"],
            row["from_on"],
            row["to_on"],
            row["run_id"],
            row["returned_run_id"],
        )
        for row in desk.rows(Absence)
    ]


def test_who_drops_out_of_a_snapshot_is_absent_and_who_comes_back_is_back(desk: Desk) -> None:
    desk.load(firms(1, 2, 3))
    without = desk.load(firms(1, 3), as_of=JUNE)
    assert outcome(without) == (0, 0, 2, 1)
    assert absences(desk) == [(2, JUNE, None, without.run, None)]
    still = desk.load(firms(1, 3), as_of=date(2022, 7, 31))
    assert still.missing == 1
    assert absences(desk) == [(2, JUNE, None, without.run, None)]
    back = desk.load(firms(1, 2, 3), as_of=SEPTEMBER)
    assert outcome(back) == (0, 0, 3, 0)
    assert absences(desk) == [(2, JUNE, SEPTEMBER, without.run, back.run)]
    again = desk.load(firms(1, 3), as_of=date(2022, 12, 31))
    assert absences(desk)[1:] == [(2, date(2022, 12, 31), None, again.run, None)]
    assert len(desk.rows(Organisation)) == 3


def test_who_comes_back_changed_is_back(desk: Desk) -> None:
    desk.load(firms(1, 2))
    desk.load(firms(1), as_of=JUNE)
    back = desk.load([*firms(1), *firms(2, **{NAME: "改名"})], as_of=SEPTEMBER)
    assert outcome(back) == (0, 1, 1, 0)
    assert [row[2] for row in absences(desk)] == [SEPTEMBER]


def test_who_changed_is_not_absent(desk: Desk) -> None:
    desk.load(firms(1, 2))
    assert desk.load(firms(1, 2, **{STATUS: "吊销"}), as_of=JUNE).missing == 0
    assert absences(desk) == []


def test_who_is_in_the_file_but_refused_is_not_absent(desk: Desk) -> None:
    desk.load(firms(1, 2))
    report = desk.load([*firms(1), *firms(2, **{NAME: ""})], as_of=JUNE)
    assert (report.refused, report.missing) == (1, 0)
    assert absences(desk) == []


def test_who_comes_back_refused_is_back(desk: Desk) -> None:
    desk.load(firms(1, 2))
    desk.load(firms(1), as_of=JUNE)
    report = desk.load([*firms(1), *firms(2, **{NAME: ""})], as_of=SEPTEMBER)
    assert (report.refused, report.missing) == (1, 0)
    assert [row[2] for row in absences(desk)] == [SEPTEMBER]


def test_a_delivery_of_changes_makes_nobody_absent(desk: Desk) -> None:
    desk.load(firms(1, 2))
    changes_only = desk.source(snapshot=False)
    assert desk.load(firms(1), source=changes_only, as_of=JUNE).missing == 0
    assert absences(desk) == []


def test_a_snapshot_of_one_district_makes_nobody_elsewhere_absent(desk: Desk) -> None:
    elsewhere = firms(3, **{ADDRESS: "湖南省常德市鼎城区玉霞街道沅汀路3号"})
    desk.load([*firms(1, 2), *elsewhere], district="")
    report = desk.load(firms(1), as_of=JUNE)
    assert report.missing == 1
    assert [row[0] for row in absences(desk)] == [2]
    everywhere = desk.load(firms(1), as_of=SEPTEMBER, district="")
    assert everywhere.missing == 2
    assert [row[0] for row in absences(desk)] == [2, 3]


# Two sources.


def a_social(n: int, **cells: str) -> dict[str, str]:
    return {
        CODE: a_uscc(n),
        "社会组织名称": f"示例第{n}号有限公司",
        "社会组织类型": "有限责任公司(自然人独资)",
        "成立登记日期": "2019-03-15",
        ADDRESS: f"湖南省常德市武陵区启明街道沅汀路{n}号",
        "状态": "正常",
        **cells,
    }


def test_a_second_source_that_says_the_same_changes_nothing(desk: Desk) -> None:
    desk.load(firms(1, 2))
    report = desk.load([a_social(1)], source="civil_affairs", as_of=JUNE)
    assert outcome(report) == (0, 0, 1, 0)
    assert changes(desk) == []
    assert [(row["source_id"], row["organisation_id"]) for row in desk.rows(Registration)] == [
        (1, 1),
        (1, 2),
        (2, 1),
    ]


def test_a_source_that_does_not_own_a_value_asks_its_owner_and_changes_nothing(desk: Desk) -> None:
    desk.load(firms(1))
    other = [a_social(1, 社会组织名称="别名")]
    report = desk.load(other, source="civil_affairs", as_of=JUNE)
    assert (outcome(report), report.asked) == ((0, 0, 1, 0), 1)
    assert (organisation(desk)["name"], changes(desk)) == ("示例第1号有限公司", [])
    [question] = desk.rows(Question)
    assert (question["rule"], question["owner"]) == ("differs_name", "district_office")
    assert (question["said_a"], question["said_b"]) == ("示例第1号有限公司", "别名")
    assert (question["source_a"], question["source_b"]) == ("market_regulator", "civil_affairs")


def test_the_question_closes_when_the_owner_says_the_same(desk: Desk) -> None:
    desk.load(firms(1))
    other = [a_social(1, 社会组织名称="别名")]
    desk.load(other, source="civil_affairs", as_of=JUNE)
    report = desk.load(firms(1, **{NAME: "别名"}), as_of=SEPTEMBER)
    assert (outcome(report), report.settled) == ((0, 1, 0, 0), 1)
    assert desk.load(other, source="civil_affairs", as_of=SEPTEMBER).settled == 0
    assert [row["closed_by"] for row in desk.rows(Question)] == ["register"]


def test_an_open_question_shows_what_its_owner_says_now(desk: Desk) -> None:
    desk.load(firms(1))
    desk.load([a_social(1, 社会组织名称="别名")], source="civil_affairs", as_of=MARCH)
    moving = desk.load(firms(1, **{NAME: "改名有限公司"}), as_of=JUNE)
    assert (moving.asked, moving.settled) == (1, 0)
    first, second = desk.rows(Question)
    assert (first["closed_by"], second["closed_at"]) == ("register", None)
    assert (second["said_a"], second["on_a"]) == ("改名有限公司", JUNE)
    assert (second["said_b"], second["on_b"]) == ("别名", MARCH)
    assert second["asked_at"] == first["asked_at"]
    # Another field that moves leaves it alone, and so does the same word of the other again.
    assert desk.load(firms(1, **{NAME: "改名有限公司", STATUS: "注销"}), as_of=JUNE).asked == 0
    assert (
        desk.load(
            [a_social(1, 社会组织名称="别名", 状态="注销")], source="civil_affairs", as_of=JUNE
        ).asked
        == 0
    )


def test_a_question_is_asked_when_the_owner_moves_away_from_what_both_said(desk: Desk) -> None:
    """Not at once: the other said it of an earlier day, and may know of the change by its next file."""
    desk.load(firms(1))
    same = [a_social(1)]
    desk.load(same, source="civil_affairs", as_of=MARCH)
    assert desk.rows(Question) == []
    assert desk.load(firms(1, **{NAME: "改名有限公司"}), as_of=JUNE).asked == 0
    assert desk.load(same, source="civil_affairs", as_of=JUNE).asked == 1


def test_a_source_fills_in_what_nobody_has_said_and_may_correct_itself(desk: Desk) -> None:
    desk.load(firms(1, **{ADDRESS: ""}))
    first, second = "武陵区启明街道沅汀路1号", "武陵区府坪街道沅汀路1号"
    for address, day in ((first, JUNE), (second, SEPTEMBER)):
        desk.load([a_social(1, 住所=address)], source="civil_affairs", as_of=day)
        assert organisation(desk)["address"] == address
    assert organisation(desk)["subdistrict_code"] == "430702002"
    assert [row for row in desk.rows(Question) if row["rule"] == "differs_address"] == []


def test_who_is_absent_from_one_source_may_be_present_in_another(desk: Desk) -> None:
    desk.load(firms(1, 2))
    desk.load([a_social(1), a_social(2)], source="civil_affairs")
    report = desk.load(firms(1), as_of=JUNE)
    assert report.missing == 1
    assert [(row["source_id"], row["organisation_id"]) for row in desk.rows(Absence)] == [(1, 2)]
    assert desk.load([a_social(1), a_social(2)], source="civil_affairs", as_of=JUNE).missing == 0
    assert [row["to_on"] for row in desk.rows(Absence)] == [None]


def test_each_source_has_absences_of_its_own(desk: Desk) -> None:
    desk.load(firms(1, 2))
    desk.load([a_social(1), a_social(2)], source="civil_affairs")
    assert desk.load(firms(1), as_of=JUNE).missing == 1
    assert desk.load([a_social(1)], source="civil_affairs", as_of=JUNE).missing == 1
    desk.load([a_social(1), a_social(2, 社会组织名称="")], source="civil_affairs", as_of=SEPTEMBER)
    assert [(row["source_id"], row["to_on"]) for row in desk.rows(Absence)] == [
        (1, None),
        (2, SEPTEMBER),
    ]


def test_organisations_of_two_sources_get_numbers_of_their_own(desk: Desk) -> None:
    desk.load(firms(1, 2))
    desk.load([a_social(3), a_social(4)], source="civil_affairs")
    desk.load(firms(1, 2, 5), as_of=JUNE)
    numbers = {row["uscc"]: row["id"] for row in desk.rows(Organisation)}
    assert numbers == {a_uscc(n): n for n in range(1, 6)}


# What the run says is what is written.


def test_a_run_is_kept_with_its_counts_and_its_files(desk: Desk) -> None:
    desk.load(firms(1, 2))
    report = desk.load([*firms(1), *firms(3)], firms(4), as_of=JUNE)
    run = desk.rows(Run)[1]
    for name in ("rows", "accepted", "refused", "skipped", "new", "changed", "unchanged"):
        assert run[name] == getattr(report, name)
    assert (run["missing"], run["located"], run["as_of"]) == (1, 3, JUNE)
    assert run["district_code"] == WULING
    files = [row for row in desk.rows(RunFile) if row["run_id"] == report.run]
    assert [(row["position"], row["row_offset"]) for row in files] == [(0, 0), (1, 3)]
    by_code = {
        row["organisation_id"]: row["file_row"]
        for row in desk.rows(Registration)
        if row["run_id"] == report.run
    }
    # Row 2 of the second file, behind the three rows of the first.
    assert by_code == {3: 3, 4: 5}
