"""A firm's staff list: its count is kept, who is said to be a member is sealed, nobody else is there."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, TODAY, a_uscc, insert_organisation, write_csv, write_workbook
from loads import Desk, rows
from people import a_name, a_number, a_staff_row
from sheets import a_resident_id
from typer.testing import CliRunner

from dashboard.cli import app
from ingest import roster
from ingest.roster import RosterReport
from liangxin import db, privacy
from liangxin.access import LOCAL
from liangxin.errors import KeyLost, KeyWrong, MissingColumn, Misuse, NotFound
from liangxin.schema import DoNotAsk, Headcount, LandedFile, Membership, Run

FULL, PROBATIONARY = "中共党员", "中共预备党员"


def prepared(desk: Desk) -> Desk:
    """A firm in the register, and the district's keys."""
    privacy.write(privacy.new_keys(), privacy.keys_file(desk.settings))
    with db.writing(desk.engine) as connection:
        insert_organisation(connection, 1, uscc=a_uscc(1))
    return desk


@pytest.fixture
def firm(desk: Desk) -> Desk:
    return prepared(desk)


@pytest.fixture
def embedded(sqlite_desk: Desk) -> Desk:
    return prepared(sqlite_desk)


def take(desk: Desk, file: Path, *, days: int = 0, **how: Any) -> RosterReport:
    day = TODAY + timedelta(days=days)
    given = {"actor": LOCAL, "as_of": day, "today": day, "now": NOW + timedelta(days=days)}
    return roster.take(file, a_uscc(1), desk.settings, desk.engine, **{**given, **how})


def ten(desk: Desk) -> Path:
    """Ten people, of whom two are said to be members."""
    statuses = {3: FULL, 7: PROBATIONARY, 8: "共青团员"}
    made = [a_staff_row(n, statuses.get(n, "群众")) for n in range(10)]
    return write_csv(desk.folder / "花名册.csv", made)


def counted(desk: Desk) -> list[tuple[str, int]]:
    found = rows(desk.engine, Headcount)
    return [(r["source"], r["staff"]) for r in found if r["corrected_at"] is None]


def test_a_roster_leaves_a_count_and_sealed_candidates(firm: Desk) -> None:
    report = take(firm, ten(firm))
    assert (report.rows, report.staff, report.candidates, report.refused) == (10, 10, 2, 0)
    found = rows(firm.engine, Membership)
    assert [(row["state"], row["status"]) for row in found] == [
        ("candidate", "full"),
        ("candidate", "probationary"),
    ]
    assert counted(firm) == [("roster", 10)]
    [headcount] = rows(firm.engine, Headcount)
    assert headcount["members"] is headcount["full_members"] is None


def test_the_same_roster_again_changes_nothing(firm: Desk) -> None:
    first = take(firm, ten(firm))
    before = firm.dump()
    assert take(firm, ten(firm)) == first
    assert firm.dump() == before


def test_nothing_of_a_roster_is_landed_and_no_run_tells_of_it(embedded: Desk) -> None:
    runs = rows(embedded.engine, Run)
    take(embedded, ten(embedded))
    assert rows(embedded.engine, LandedFile) == []
    assert rows(embedded.engine, Run) == runs
    assert not embedded.settings.landing.exists()


def test_who_was_silent_is_not_asked_again_and_the_report_does_not_tell(embedded: Desk) -> None:
    first = take(embedded, ten(embedded))
    again = take(embedded, ten(embedded), days=60)
    assert replace(again, staff_before=None) == first
    assert rows(embedded.engine, Membership) == []
    assert len(rows(embedded.engine, DoNotAsk)) == 2


def test_rows_that_fail_are_counted_by_rule_and_are_no_candidates(embedded: Desk) -> None:
    foreigner = a_staff_row(2, FULL) | {"证件类型": "外国护照", "证件号码": "EF1234567"}
    made = [
        *(a_staff_row(n) | {"证件类型": ""} for n in (0, 1)),
        foreigner,
        a_staff_row(3, "1") | {"证件类型": ""},
        a_staff_row(4, FULL) | {"证件类型": "", "证件号码": a_number(4)[:-1]},
        a_staff_row(5, FULL) | {"证件类型": ""},
        a_staff_row(5, PROBATIONARY) | {"证件类型": ""},
    ]
    report = take(embedded, write_csv(embedded.folder / "花名册.csv", made))
    assert (report.rows, report.staff, report.candidates, report.refused) == (7, 3, 1, 4)
    assert set(report.rules) == {
        "members_on_a_staff_list_are_citizens",
        "political_status_is_written_in_words",
        "staff_document_number_has_its_length",
        "staff_occur_once_in_a_list",
    }


def test_a_roster_without_a_status_column_is_refused_whole(embedded: Desk) -> None:
    made = [{"姓名": a_name(1), "证件号码": a_number(1)}]
    with pytest.raises(MissingColumn, match="政治面貌"):
        take(embedded, write_csv(embedded.folder / "花名册.csv", made))
    assert counted(embedded) == []


def test_without_keys_nobody_is_read_and_the_lost_file_is_named(embedded: Desk) -> None:
    file = privacy.keys_file(embedded.settings)
    file.unlink()
    with pytest.raises(KeyLost, match=r"district\.json is lost"):
        take(embedded, ten(embedded))
    assert counted(embedded) == []


def test_wrong_keys_are_named_and_nothing_is_written(embedded: Desk) -> None:
    take(embedded, ten(embedded))
    before = embedded.dump()
    privacy.write(privacy.new_keys(), privacy.keys_file(embedded.settings), replace=True)
    with pytest.raises(KeyWrong, match="wrong key"):
        take(embedded, ten(embedded), days=1)
    privacy.write(
        privacy.Keys(privacy.new_keys().pseudonym),
        privacy.keys_file(embedded.settings),
        replace=True,
    )
    with pytest.raises(KeyLost, match="sealing key is lost"):
        take(embedded, ten(embedded), days=1)
    assert embedded.dump() == before


def test_a_firm_that_is_not_in_the_register_is_named(embedded: Desk) -> None:
    with pytest.raises(NotFound, match=a_uscc(2)):
        roster.take(
            ten(embedded),
            a_uscc(2),
            embedded.settings,
            embedded.engine,
            actor=LOCAL,
            as_of=TODAY,
            today=TODAY,
            now=NOW,
        )


def test_a_header_that_is_only_like_a_known_one_is_asked_about(embedded: Desk) -> None:
    header = ["姓名", "证件号码", "政治面貌类"]
    file = write_workbook(embedded.folder / "a.xlsx", [header, [a_name(1), a_number(1), FULL]])
    with pytest.raises(Misuse, match="--mapping"):
        take(embedded, file)
    assert take(embedded, file, mapping=["yes"]).candidates == 1


# The commands.


def run(desk: Desk, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> Any:
    monkeypatch.setenv("LIANGXIN_HOME", str(desk.settings.home))
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_the_command_answers_with_counts_and_no_name(
    embedded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ten(embedded)
    told = run(embedded, monkeypatch, "roster", file, "--organisation", a_uscc(1), "--json")
    assert told.exit_code == 0
    said = json.loads(told.stdout)
    assert {k: said[k] for k in ("rows", "staff", "candidates", "refused")} == {
        "rows": 10,
        "staff": 10,
        "candidates": 2,
        "refused": 0,
    }
    for n in range(10):
        assert a_name(n) not in told.output
        assert a_number(n) not in told.output


def test_keys_are_made_once_shown_by_name_and_rotated(
    embedded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = privacy.keys_file(embedded.settings)
    file.unlink()
    made = json.loads(run(embedded, monkeypatch, "keys", "make", "--json").stdout)
    again = run(embedded, monkeypatch, "keys", "make")
    assert again.exit_code == 2
    assert "was left alone" in again.output
    take(embedded, ten(embedded))
    turned = json.loads(run(embedded, monkeypatch, "keys", "rotate", "--json").stdout)
    assert turned["resealed"] == 2
    assert turned["pseudonym"] == made["pseudonym"]
    assert turned["sealing"][0] == made["sealing"][0]
    assert len(turned["sealing"]) == 2
    gone = json.loads(run(embedded, monkeypatch, "keys", "rotate", "--forget", "--json").stdout)
    assert len(gone["sealing"]) == 1
    assert {row["sealed_key_id"] for row in rows(embedded.engine, Membership)} == {*gone["sealing"]}
    shown = run(embedded, monkeypatch, "keys", "show")
    assert gone["sealing"][0] in shown.output
    assert file.read_text() not in shown.output


def test_keys_that_come_from_elsewhere_are_not_made_here(
    embedded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANGXIN_KEYS_COMMAND", "cat /dev/null")
    for command in ("make", "rotate"):
        told = run(embedded, monkeypatch, "keys", command)
        assert told.exit_code == 2
        assert "LIANGXIN_KEYS_COMMAND" in told.output


# Keys of the member register.


def a_register(desk: Desk) -> Path:
    made = [
        {"姓名": a_name(n), "身份证号": a_number(n), "所在党支部": f"示例第{n % 2 + 1}党支部"}
        for n in range(6)
    ]
    made.append({"姓名": a_name(7), "身份证号": a_number(7)[:-1], "所在党支部": "示例党支部"})
    made.append({"姓名": a_name(8), "身份证号": a_number(8), "所在党支部": ""})
    return write_csv(desk.folder / "党员名册.csv", made)


def test_the_department_makes_keys_with_what_it_was_handed_and_the_register_reads_them(
    embedded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The department holds the pseudonym key alone; its file is loaded like any of its source."""
    handed = embedded.folder / "handed.json"
    assert run(embedded, monkeypatch, "keys", "share", handed).exit_code == 0
    assert json.loads(handed.read_text())["sealing"] == []
    monkeypatch.setenv("LIANGXIN_KEYS_FILE", str(handed))
    out = embedded.folder / "密钥标识.csv"
    told = run(embedded, monkeypatch, "keys", "make", a_register(embedded), "--out", out)
    assert told.exit_code == 1
    assert "8、9" in told.output
    text = out.read_text(encoding="utf-8-sig")
    for n in range(9):
        assert a_name(n) not in text + told.output
        assert a_number(n) not in text + told.output
    monkeypatch.delenv("LIANGXIN_KEYS_FILE")
    load = run(
        embedded,
        monkeypatch,
        *("load", out, "--source", "member_register_keys", "--json"),
    )
    assert json.loads(load.stdout)["new"] == 7, "six people, and the mark of the key"
    assert run(embedded, monkeypatch, "members", "check").exit_code == 0
    mine = privacy.pseudonym(privacy.load(embedded.settings), a_number(3))
    assert mine in text


def test_keys_of_a_register_that_were_made_with_another_key_are_named(
    embedded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = embedded.folder / "other.json"
    privacy.write(privacy.new_keys(), other)
    monkeypatch.setenv("LIANGXIN_KEYS_FILE", str(other))
    out = embedded.folder / "密钥标识.csv"
    run(embedded, monkeypatch, "keys", "make", a_register(embedded), "--out", out)
    monkeypatch.delenv("LIANGXIN_KEYS_FILE")
    run(embedded, monkeypatch, "load", out, "--source", "member_register_keys")
    told = run(embedded, monkeypatch, "members", "check")
    assert told.exit_code == 2
    assert "另一把密钥" in told.output


def test_keys_of_a_register_are_not_written_over_a_file_nor_without_somebody(
    embedded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_csv(embedded.folder / "out.csv", [{"a": "b"}])
    told = run(embedded, monkeypatch, "keys", "make", a_register(embedded), "--out", out)
    assert told.exit_code == 2
    assert "was left alone" in told.output
    nobody = write_csv(
        embedded.folder / "b.csv", [{"身份证号": a_resident_id()[:-1], "所在党支部": "示例党支部"}]
    )
    told = run(embedded, monkeypatch, "keys", "make", nobody, "--out", embedded.folder / "c.csv")
    assert told.exit_code == 2
    assert not (embedded.folder / "c.csv").exists()
    told = run(embedded, monkeypatch, "keys", "make", nobody)
    assert told.exit_code == 2
    assert "--out" in told.output
