"""Bytes arrive while a run reads; nothing is committed before the disk has them."""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from factories import a_registration, write_workbook
from loads import Desk

from ingest import landing
from ingest.arriving import Arriving
from ingest.landing import path_of


@pytest.fixture
def desk(sqlite_desk: Desk) -> Desk:
    return sqlite_desk


def parts(desk: Desk, file: Path) -> Any:
    return desk.parts(file, desk.source())


def test_a_hash_is_known_while_the_disk_still_writes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = threading.Event()
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (writes.wait(60), sync(handle)))
    with Arriving(parts(desk, desk.file([a_registration(1)])), desk.settings) as arriving:
        [known] = arriving.known()
        there = path_of(desk.settings.landing, known.sha256)
        assert not there.exists()
        assert not arriving.may_be_cut_off()
        writes.set()
        assert arriving.safe() == [known]
        assert there.stat().st_size == known.size


def test_bytes_are_there_after_a_run_that_failed(desk: Desk) -> None:
    arrived = []
    with (
        suppress(ZeroDivisionError),
        Arriving(parts(desk, desk.file([a_registration(1)])), desk.settings) as arriving,
    ):
        arrived += arriving.known()
        raise ZeroDivisionError
    assert path_of(desk.settings.landing, arrived[0].sha256).is_file()


def test_a_disk_that_takes_nothing_leaves_the_register_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load([a_registration(1)])
    before = desk.dump()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        desk.load([a_registration(1), a_registration(2)])
    assert desk.dump() == before
    assert list(desk.settings.landing.glob("*.part")) == []


def test_what_lacks_its_last_line_break_is_looked_at(desk: Desk) -> None:
    file = desk.file([a_registration(1)])
    file.write_bytes(file.read_bytes().rstrip())
    with Arriving(parts(desk, file), desk.settings) as arriving:
        arriving.known()
        assert arriving.may_be_cut_off()


def test_the_sheets_of_a_workbook_land_once_and_again_when_it_changed(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sheets.xlsx"
    header, rows = list(a_registration()), [list(a_registration(n).values()) for n in range(4)]
    write_workbook(file, *([header, row] for row in rows))
    sheets = parts(desk, file)
    real, copied = landing.land_file, []

    def counting(*given: Any, **more: Any) -> Any:
        copied.append(given)
        return real(*given, **more)

    monkeypatch.setattr(landing, "land_file", counting)
    with Arriving(sheets, desk.settings) as arriving:
        landed = arriving.safe()
    assert len(copied) == 1
    assert len({each.sha256 for each in landed}) == 1
    assert [each.origin for each in landed] == [sheet.name for sheet in sheets]
    file.write_bytes(file.read_bytes() + b"more")
    with Arriving(sheets, desk.settings) as arriving:
        [changed, *_] = arriving.safe()
    assert changed.sha256 != landed[0].sha256


def test_a_file_that_is_gone_meanwhile_is_told_at_once(desk: Desk) -> None:
    file = desk.file([a_registration(1)])
    some = parts(desk, file)
    file.unlink()
    with Arriving(some, desk.settings) as arriving, pytest.raises(FileNotFoundError):
        arriving.known()
