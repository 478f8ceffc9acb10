"""A file that broke off, or was written twice, changes nothing; the reason is shown.

``CUTS=1000`` cuts at more places.
"""

import os
import random
from pathlib import Path

import pytest
from factories import a_registration
from loads import JUNE, MARCH, NAME, Desk

from liangxin import db, state
from liangxin.errors import LiangxinError
from liangxin.schema import Run

CUTS = int(os.environ.get("CUTS", "20"))


def held(desk: Desk) -> tuple[str, int]:
    with db.reading(desk.engine) as connection:
        return state.state_hash(connection), len(desk.rows(Run))


def firms(*numbers: int, word: str = "甲") -> list[dict[str, str]]:
    return [a_registration(n, **{NAME: f"示例{word}第{n}号有限公司"}) for n in numbers]


def cut(file: Path, at: int) -> Path:
    part = file.with_name("cut.csv")
    part.write_bytes(file.read_bytes()[:at])
    return part


def test_a_file_cut_within_a_line_is_stopped(sqlite_desk: Desk) -> None:
    """One that ends with a whole line may be a shorter list; its counts decide."""
    desk = sqlite_desk
    file = desk.file(firms(*range(1, 151)), "whole.csv")
    desk.load(file, as_of=MARCH)
    before = held(desk)
    size = file.stat().st_size
    chance = random.Random(1)  # noqa: S311
    content = file.read_bytes()
    some = {*chance.sample(range(size), CUTS), 1, 3, size - 1, size - 2}
    for at in sorted(each for each in some if not content[:each].endswith(b"\n")):
        with pytest.raises(LiangxinError) as stopped:
            desk.load(cut(file, at), as_of=JUNE)
        assert stopped.value.zh
        assert held(desk) == before, at


def test_a_changed_file_cut_in_a_line_is_stopped(desk: Desk) -> None:
    desk.load(desk.file(firms(*range(1, 151)), "march.csv"), as_of=MARCH)
    before = held(desk)
    file = desk.file(firms(*range(1, 151), word="乙"), "june.csv")
    with pytest.raises(LiangxinError, match="line break"):
        desk.load(cut(file, file.stat().st_size - 9), as_of=JUNE)
    assert held(desk) == before


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_whole_utf_16_file_is_not_taken_for_one_cut_off(sqlite_desk: Desk, encoding: str) -> None:
    """As Excel's “Unicode text”, saved of what came in UTF-8 before; cut within a line it is stopped."""
    desk = sqlite_desk
    desk.load(desk.file(firms(*range(1, 4)), "march.csv"), as_of=MARCH)
    file = desk.file(firms(*range(1, 4), word="乙"), "june.csv")
    file.write_bytes(("\ufeff" + file.read_text("utf-8")).encode(encoding))
    before = held(desk)
    with pytest.raises(LiangxinError, match="line break"):
        desk.load(cut(file, file.stat().st_size - 20), as_of=JUNE)
    assert held(desk) == before
    assert desk.load(file, as_of=JUNE).changed == 3


def test_fewer_by_fifteen_in_a_hundred_are_stopped(desk: Desk) -> None:
    desk.load(firms(*range(1, 1_001)), as_of=MARCH)
    before = held(desk)
    with pytest.raises(LiangxinError, match="850 rows"):
        desk.load(firms(*range(1, 851), word="乙"), as_of=JUNE)
    assert held(desk) == before


def test_a_list_written_twice_is_stopped(desk: Desk) -> None:
    desk.load(firms(*range(1, 151)), as_of=MARCH)
    before = held(desk)
    with pytest.raises(LiangxinError, match="written twice"):
        desk.load([*firms(*range(1, 151)), *firms(*range(1, 151))], as_of=JUNE)
    assert held(desk) == before


def test_a_first_list_written_twice_is_stopped_too(sqlite_desk: Desk) -> None:
    with pytest.raises(LiangxinError, match="300 rows, 150 codes"):
        sqlite_desk.load([*firms(*range(1, 151)), *firms(*range(1, 151), word="乙")])
    assert sqlite_desk.rows(Run) == []


def test_a_source_that_ends_no_line_is_taken_as_it_is(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    for day, word in ((MARCH, "甲"), (JUNE, "乙")):
        file = desk.file(firms(1, 2, 3, word=word))
        file.write_bytes(file.read_bytes().rstrip())
        assert desk.load(file, as_of=day).accepted == 3


def test_the_very_file_again_is_not_read_again_and_counts_the_same(desk: Desk) -> None:
    rows = [*firms(1, 2, 3), a_registration(4, **{NAME: ""}), *firms(1)]
    file = desk.file(rows, "same.csv")
    first = desk.load(file, as_of=MARCH)
    again = desk.load(file, as_of=JUNE)
    assert any(f"批次 {first.run} 是同一份文件" in notice["zh"] for notice in again.notices)
    names = ("rows", "accepted", "refused", "skipped", "missing", "located", "rules", "warnings")
    assert [getattr(again, name) for name in names] == [getattr(first, name) for name in names]
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
    # After another run it is read, row by row, and comes to the same.
    desk.load(firms(5), source=desk.source(snapshot=False), as_of=JUNE)
    third = desk.load(file, as_of=JUNE)
    assert not any("同一份文件" in notice["zh"] for notice in third.notices)
    assert [getattr(third, name) for name in names[:4]] == [5, 3, 1, 1]
    assert third.unchanged == 3
