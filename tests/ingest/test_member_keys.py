"""Keys of the member register: pseudonyms only, a whole register at a time, and never shown."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, write_csv, write_workbook
from loads import JUNE, MARCH, WULING, Desk, rows
from sheets import a_resident_id

from ingest import delivery, runs
from ingest.checking import check
from ingest.run_report import RunReport
from liangxin.errors import BatchStopped, LiangxinError, PersonsNamed
from liangxin.schema import LandedFile, MemberKey, RefusedRow, Run
from liangxin.settings import Settings

KEY, ORGANISATION = "密钥标识", "党组织名称"
FIRST = "示例公司党支部"


def a_key(n: int) -> str:
    """The n-th pseudonym; what it stands for does not exist."""
    return hashlib.sha256(f"nobody {n}".encode()).hexdigest()


def a_row(n: int, organisation: str = FIRST) -> dict[str, str]:
    return {KEY: a_key(n), ORGANISATION: organisation}


def bring(desk: Desk, *found: dict[str, str], as_of: date = MARCH, **changes: Any) -> RunReport:
    file = write_csv(desk.folder / "keys.csv", found)
    return bring_file(desk, file, as_of=as_of, **changes)


def bring_file(desk: Desk, file: Path, *, as_of: date = MARCH, **changes: Any) -> RunReport:
    source = desk.source("member_register_keys", **changes)
    settings = desk.settings.model_copy(update={"district": WULING})
    parts = delivery.of_file(file, source, settings).parts
    return runs.run(parts, source, settings, desk.engine, as_of=as_of, clock=lambda: NOW)


def kept(desk: Desk) -> set[tuple[Any, ...]]:
    return {
        (row["key"], row["party_organisation_name"], row["from_on"], row["to_on"])
        for row in rows(desk.engine, MemberKey)
    }


def test_a_register_brings_keys_and_the_next_one_closes_those_that_are_gone(desk: Desk) -> None:
    first = bring(desk, a_row(1), a_row(2), a_row(3))
    assert (first.rows, first.new) == (3, 3)
    moved = bring(desk, a_row(1), a_row(2, "示例社区党支部"), as_of=JUNE)
    assert (moved.unchanged, moved.changed, moved.missing) == (1, 1, 1)
    assert kept(desk) == {
        (a_key(1), FIRST, MARCH, None),
        (a_key(2), FIRST, MARCH, JUNE),
        (a_key(2), "示例社区党支部", JUNE, None),
        (a_key(3), FIRST, MARCH, JUNE),
    }
    back = bring(desk, a_row(1), a_row(2, "示例社区党支部"), a_row(3), as_of=JUNE)
    assert (back.new, back.unchanged) == (1, 2)


def test_the_same_register_again_changes_nothing(desk: Desk) -> None:
    bring(desk, a_row(1), a_row(2))
    before = rows(desk.engine, MemberKey)
    again = bring(desk, a_row(1), a_row(2))
    assert (again.unchanged, again.missing) == (2, 0)
    assert rows(desk.engine, MemberKey) == before


def test_half_a_register_is_stopped_and_so_is_an_older_one(sqlite_desk: Desk) -> None:
    bring(sqlite_desk, *(a_row(n) for n in range(40)), as_of=JUNE)
    before = kept(sqlite_desk)
    with pytest.raises(BatchStopped):
        bring(sqlite_desk, *(a_row(n) for n in range(10)), as_of=JUNE)
    with pytest.raises(BatchStopped, match="later day"):
        bring(sqlite_desk, *(a_row(n) for n in range(40)), as_of=MARCH)
    assert kept(sqlite_desk) == before
    assert len(rows(sqlite_desk.engine, Run)) == 1


def test_wrong_rows_are_refused_and_no_key_is_ever_shown(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    short = a_key(2)[:40]
    report = bring(desk, a_row(1), {KEY: short, ORGANISATION: FIRST}, a_row(1, "另一党支部"))
    assert report.rules == {"key_is_an_hmac": 1, "key_occurs_once": 1}
    refused = rows(desk.engine, RefusedRow)
    assert len(refused) == 2
    pages = "".join(file.read_text() for file in (desk.settings.home / "runs").iterdir())
    said = f"{refused}{report}{capsys.readouterr()}{pages}"
    assert short not in said
    assert a_key(1) not in said


NAMED = "王其"
BAD: dict[str, list[dict[str, str]]] = {
    "a column of names": [{**a_row(1), "姓名": NAMED}],
    "a column of numbers": [{**a_row(1), "身份证号": a_resident_id()}],
    "a column nobody knows": [{**a_row(1), "备注": "x"}],
    "an empty column of names": [{**a_row(1), "姓名": ""}],
    "a number for a key": [a_row(1), {KEY: a_resident_id(), ORGANISATION: FIRST}],
    "an old number for a key": [{KEY: "199999030505001", ORGANISATION: FIRST}],
    "a number in wide digits": [
        {KEY: "".join(chr(ord(c) + 0xFEE0) for c in a_resident_id()), ORGANISATION: FIRST}
    ],
    "a number with blanks": [
        {KEY: f"{a_resident_id()[:6]} {a_resident_id()[6:]}", ORGANISATION: FIRST}
    ],
    "a number behind the organisation": [
        {KEY: a_key(1), ORGANISATION: f"{FIRST}（{a_resident_id()}）"}
    ],
    "a name for the organisation": [a_row(1), {KEY: a_key(2), ORGANISATION: NAMED}],
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_seems_to_name_persons_is_refused_whole(sqlite_desk: Desk, case: str) -> None:
    with pytest.raises(PersonsNamed) as caught:
        bring(sqlite_desk, *BAD[case])
    said = f"{caught.value.zh}{caught.value.en}"
    assert "keys.csv" in said
    assert NAMED not in said
    assert a_resident_id() not in said
    assert rows(sqlite_desk.engine, MemberKey) == []
    assert rows(sqlite_desk.engine, Run) == []


def test_a_check_refuses_such_a_file_too(sqlite_settings: Settings) -> None:
    file = write_csv(sqlite_settings.home / "keys.csv", BAD["a column of names"])
    with pytest.raises(LiangxinError, match="must never travel"):
        check(file, "member_keys", sqlite_settings, today=MARCH)


def test_serial_numbers_and_dates_name_nobody(sqlite_desk: Desk) -> None:
    table = [["序号", KEY, ORGANISATION, "更新日期"], ["1", a_key(1).upper(), FIRST, "2022-03-31"]]
    report = bring_file(sqlite_desk, write_workbook(sqlite_desk.folder / "keys.xlsx", table))
    assert report.new == 1
    assert kept(sqlite_desk) == {(a_key(1), FIRST, MARCH, None)}


def test_nothing_of_the_file_is_landed(sqlite_desk: Desk) -> None:
    bring(sqlite_desk, a_row(1))
    assert rows(sqlite_desk.engine, LandedFile) == []
    assert not sqlite_desk.settings.landing.exists()
