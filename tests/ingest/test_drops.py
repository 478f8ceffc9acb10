"""What lies in a source's folder is found once: by its content, oldest first, when it has arrived."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from factories import NOW, a_registration, a_uscc, write_csv
from loads import JUNE, MARCH, SEPTEMBER, Desk

from ingest import delivery, drops, runs
from ingest.drops import Delivery
from ingest.sources import Source
from liangxin import db, undo
from liangxin.errors import Misuse

LONG_BEFORE = (NOW - timedelta(hours=1)).timestamp()


def put(file: Path, *numbers: int, age: float = 0) -> Path:
    """Put a file of registrations into a folder, an hour and ``age`` seconds ago."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_csv(file, [a_registration(n) for n in numbers or (1,)])
    os.utime(file, (LONG_BEFORE - age, LONG_BEFORE - age))
    return file


def waiting(desk: Desk, source: Source, *, named: bool = False) -> list[Delivery]:
    with db.reading(desk.engine) as connection:
        return drops.waiting(
            connection,
            source,
            desk.settings,
            now=None if named else NOW,
            today=SEPTEMBER,
            must_exist=named,
        )


def names(desk: Desk, source: Source) -> list[str]:
    return [each.name for each in waiting(desk, source)]


def load(desk: Desk, source: Source, file: Path, as_of: date = MARCH) -> None:
    parts = delivery.of_file(file, source, desk.settings).parts
    runs.run(parts, source, desk.settings, desk.engine, as_of=as_of, clock=lambda: NOW)


def test_files_are_found_oldest_first_and_not_again_once_loaded(desk: Desk) -> None:
    source = desk.source()
    folder = desk.settings.home / "drop" / "market_regulator"
    newer, older = put(folder / "a.csv", 1), put(folder / "b.csv", 2, age=60)
    assert names(desk, source) == ["b.csv", "a.csv"]
    load(desk, source, older)
    assert names(desk, source) == ["a.csv"]
    # The same bytes under another name were loaded already; changed ones were not.
    older.rename(folder / "c.csv")
    assert names(desk, source) == ["a.csv"]
    put(newer, 1, 2, 3)
    assert names(desk, source) == ["a.csv"]


def test_the_newest_file_that_says_the_same_again_is_no_copy(sqlite_desk: Desk) -> None:
    desk, source = sqlite_desk, sqlite_desk.source()
    folder = desk.settings.home / "drop" / "market_regulator"
    first, other = put(folder / "a.csv", 1, age=60), put(folder / "b.csv", 2)
    for file in (first, other):
        load(desk, source, file)
    later = NOW.timestamp() + 100
    back = put(folder / "c.csv", 1)
    os.utime(back, (later, later))
    assert [each.name for each in waiting(desk, source, named=True)] == ["c.csv"]
    assert waiting(desk, source) == []  # by the clock it will be put there only in a minute or two
    os.utime(other, (later - 1, later - 1))
    assert waiting(desk, source, named=True) == []  # the folder was copied
    os.utime(other, (later + 1, later + 1))
    os.utime(back, (LONG_BEFORE, LONG_BEFORE))
    assert [each.name for each in waiting(desk, source, named=True)] == ["b.csv"]


def test_what_was_taken_back_comes_again_to_whoever_asks_and_not_by_itself(
    sqlite_desk: Desk,
) -> None:
    source = sqlite_desk.source()
    load(
        sqlite_desk,
        source,
        put(sqlite_desk.settings.home / "drop" / "market_regulator" / "a.csv", 1),
    )
    with db.writing(sqlite_desk.engine) as connection:
        undo.undo(connection, 1, now=NOW + timedelta(hours=1))
    assert names(sqlite_desk, source) == []
    assert [each.name for each in waiting(sqlite_desk, source, named=True)] == ["a.csv"]


def test_a_file_of_people_is_known_again_though_it_is_not_landed(desk: Desk) -> None:
    source = desk.source("screening_results")
    rows = [{"统一社会信用代码": a_uscc(), "摸排结果": "在营"}]
    folder = desk.settings.home / "drop" / "screening_results"
    folder.mkdir(parents=True)
    file = write_csv(folder / "a.csv", rows)
    os.utime(file, (LONG_BEFORE, LONG_BEFORE))
    assert [each.name for each in waiting(desk, source, named=True)] == ["a.csv"]
    load(desk, source, file)
    assert waiting(desk, source, named=True) == []


def test_what_another_source_loaded_is_new_here(sqlite_desk: Desk) -> None:
    folder = sqlite_desk.folder / "in"
    file = put(folder / "a.csv")
    load(sqlite_desk, sqlite_desk.source("civil_affairs", kind="registrations"), file)
    mine = sqlite_desk.source(drop=str(folder))
    assert names(sqlite_desk, mine) == ["a.csv"]


def test_a_folder_inside_is_one_delivery_of_all_its_files(sqlite_desk: Desk) -> None:
    folder = sqlite_desk.folder / "in"
    put(folder / "2022-03" / "一.csv", 1)
    put(folder / "2022-03" / "二.csv", 2)
    [found] = waiting(sqlite_desk, sqlite_desk.source(drop=str(folder)))
    assert (found.name, [file.name for file in found.files]) == ("2022-03", ["一.csv", "二.csv"])


def test_a_glob_takes_what_it_matches(sqlite_desk: Desk) -> None:
    for name in ("登记_1.csv", "登记_2.csv", "别的.csv"):
        put(sqlite_desk.folder / "in" / name, len(name))
    put(sqlite_desk.folder / "in" / "登记_1.csv", 1)
    put(sqlite_desk.folder / "in" / "登记_2.csv", 2, age=9)
    source = sqlite_desk.source(drop=f"{sqlite_desk.folder}/in/登记_*.csv")
    assert names(sqlite_desk, source) == ["登记_2.csv", "登记_1.csv"]


def test_what_is_still_arriving_is_left_for_later(sqlite_desk: Desk) -> None:
    folder = sqlite_desk.folder / "in"
    source = sqlite_desk.source(drop=str(folder))
    for name in (".hidden.csv", "~$open.xlsx", "half.csv.part", "half.crdownload"):
        put(folder / name)
    fresh = put(folder / "fresh.csv")
    os.utime(fresh, (NOW.timestamp() - 1,) * 2)
    assert names(sqlite_desk, source) == []
    assert [each.name for each in waiting(sqlite_desk, source, named=True)] == ["fresh.csv"]


def test_a_folder_that_is_not_there_is_told_when_it_was_asked_for(sqlite_desk: Desk) -> None:
    source = sqlite_desk.source()
    assert waiting(sqlite_desk, source) == [], "a shipped source that nobody uses"
    with pytest.raises(Misuse, match="does not exist; make it"):
        waiting(sqlite_desk, source, named=True)
    away = sqlite_desk.source(drop=str(sqlite_desk.folder / "share"))
    with pytest.raises(Misuse, match="does not exist"):
        waiting(sqlite_desk, away)


def dated(desk: Desk) -> tuple[Source, Path]:
    """A source whose files bear their day in their names, and its folder."""
    folder = desk.folder / "in"
    return desk.source(drop=str(folder), as_of_in_name=".+"), folder


def test_files_that_bear_their_day_wait_in_the_order_of_their_days(sqlite_desk: Desk) -> None:
    source, folder = dated(sqlite_desk)
    put(folder / "名册_20220630.csv", 1)
    put(folder / "名册_202209.csv", 2, age=60)
    put(folder / "2022-03" / "一.csv", 3)
    put(folder / "2022-03" / "二.csv", 4)
    put(folder / "二月" / "名册_20220228.csv", 5)
    found = [(each.name, each.as_of) for each in waiting(sqlite_desk, source)]
    assert found == [
        ("名册_20220228.csv", date(2022, 2, 28)),
        ("2022-03", MARCH),
        ("名册_20220630.csv", JUNE),
        ("名册_202209.csv", SEPTEMBER),
    ]
    assert {each.as_of for each in waiting(sqlite_desk, sqlite_desk.source(drop=str(folder)))} == {
        None
    }


def test_a_folder_of_one_file_bears_the_day_of_its_name_too(sqlite_desk: Desk) -> None:
    source, folder = dated(sqlite_desk)
    put(folder / "2022年3月" / "名册.csv", 1)
    assert [each.as_of for each in waiting(sqlite_desk, source)] == [MARCH]


def test_the_same_bytes_of_another_day_are_another_delivery(sqlite_desk: Desk) -> None:
    source, folder = dated(sqlite_desk)
    in_march = put(folder / "名册_20220331.csv", 1)
    load(sqlite_desk, source, in_march, MARCH)
    in_june = put(folder / "名册_20220630.csv", 1)
    put(folder / "名册_20220331 - 副本.csv", 1)
    assert names(sqlite_desk, source) == ["名册_20220630.csv"]
    load(sqlite_desk, source, in_june, JUNE)
    assert names(sqlite_desk, source) == []


def test_a_name_at_fault_waits_to_be_told_unless_its_bytes_were_loaded(sqlite_desk: Desk) -> None:
    source, folder = dated(sqlite_desk)
    file = put(folder / "名册.csv", 1)
    put(folder / "名册_20221231.csv", 2)
    put(folder / "名册_20220331.csv", 3)
    found = {each.name: each.fault for each in waiting(sqlite_desk, source)}
    assert {name for name, fault in found.items() if fault} == {"名册.csv", "名册_20221231.csv"}
    before = drops.one_hash(waiting(sqlite_desk, source))
    load(sqlite_desk, source, file)
    assert "名册.csv" not in names(sqlite_desk, source)
    (folder / "名册_20221231.csv").rename(folder / "名册_20220930.csv")
    assert drops.one_hash(waiting(sqlite_desk, source)) != before, "worth another try"


def test_a_file_that_cannot_be_read_is_told_and_stops_no_other(sqlite_desk: Desk) -> None:
    folder = sqlite_desk.folder / "in"
    put(folder / "a.csv", 1)
    (folder / "b.csv").symlink_to("/proc/self/mem")  # no byte of it can be read from its beginning
    source = sqlite_desk.source(drop=str(folder))
    found = {each.name: each.fault for each in waiting(sqlite_desk, source, named=True)}
    assert found["a.csv"] is None
    assert "b.csv cannot be read" in str(found["b.csv"] and found["b.csv"].en)
    unread = [each for each in waiting(sqlite_desk, source, named=True) if each.fault]
    assert drops.one_hash(unread) is not None
