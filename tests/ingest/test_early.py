"""What the register knows is read while a file is looked at; what changed meanwhile is not missed."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import polars as pl
from factories import NOW, a_registration, a_uscc
from loads import CODE, NAME, WULING, Desk
from sqlalchemy import Engine, text

from ingest import early
from liangxin import db, divisions, migrate
from liangxin.drivers import SEPARATOR
from liangxin.settings import Settings

FIRM = [a_registration(1)]
RENAMED = [a_registration(1) | {NAME: "改名有限公司"}]
SOURCE = "market_regulator"


def test_what_was_read_early_is_not_read_again(desk: Desk) -> None:
    """Told of one firm only, a run of a register that stands as it stood does not miss the other."""
    desk.load([*FIRM, a_registration(2)])
    with early.reading(desk.settings, SOURCE) as read:
        told = read.registrations()
        assert told is not None
        other = told.organisations[1]
        arrays = {name: getattr(told, name)[:1] for name in ("organisations", "hashes", "traits")}
        less = replace(told, **arrays)
        assert desk.load(FIRM, early=replace(read, registrations=lambda: less)).missing == 0
    with early.reading(desk.settings, SOURCE) as read:
        assert desk.load(RENAMED, early=read).missing == 1
    assert other in [row["organisation_id"] for row in desk.dump()["absence"]]


def test_divisions_that_were_read_early_are_not_read_again(desk: Desk) -> None:
    """Told of the country without its sub-districts, a run of a register that stands places nobody."""
    with early.reading(desk.settings, SOURCE) as read:
        told = read.divisions()
        assert told is not None
        with db.reading(desk.engine) as connection:
            listed = divisions.of_columns(told.columns)
            assert listed.equals(divisions.current(connection))
        upper = listed.filter(pl.col("code").str.len_chars() <= len(WULING)).fill_null("")
        columns = [SEPARATOR.join(upper[name]) for name in divisions.COLUMNS]
        less = replace(read, divisions=lambda: replace(told, columns=columns))
        assert desk.load(FIRM, early=less).located == 0
        assert desk.load(RENAMED, early=less).located == 1  # it is of another version by then


def test_a_code_written_in_small_or_wide_letters_is_the_same_organisation_again(desk: Desk) -> None:
    """Beside one that is written as codes are, of which the register is asked before it is prepared."""
    desk.load([a_registration(n) for n in (1, 2, 3)])
    wide = "".join(chr(ord(each) + 0xFEE0) for each in a_uscc(3))
    codes = [a_uscc(1), a_uscc(2).lower(), wide]
    sent = [
        a_registration(n) | {NAME: "示例改名有限公司", CODE: code}
        for n, code in enumerate(codes, 1)
    ]
    report = desk.load(sent)
    assert (report.new, report.changed) == (0, 3)


def test_an_organisation_named_in_two_places_of_a_file_is_one(desk: Desk) -> None:
    """The register is asked of each place as soon as it is read, and both are prepared together."""
    desk.load([a_registration(1), a_registration(2)])
    again = [a_registration(1) | {NAME: "示例改名有限公司"}]
    report = desk.load(again, [a_registration(2)], again)
    assert (report.changed, report.unchanged, report.skipped) == (1, 1, 1)


def test_a_run_that_came_between_is_not_missed(desk: Desk) -> None:
    desk.load(FIRM)
    with early.reading(desk.settings, SOURCE) as read:
        assert read.registrations() is not None
        desk.load(RENAMED)
        assert desk.load(FIRM, early=read).changed == 1
    [firm] = desk.dump()["organisation"]
    assert firm["name"] == FIRM[0][NAME]


def test_a_source_that_never_spoke_has_said_nothing(desk: Desk) -> None:
    with early.reading(desk.settings, "nobody") as read:
        told = read.registrations()
        assert read.divisions() is not None
    assert told is not None
    assert len(told.organisations) == 0


def test_a_register_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with early.reading(Settings(home=tmp_path / "none"), SOURCE) as read:
        assert (read.divisions(), read.registrations()) == (None, None)
    assert not (tmp_path / "none").exists()


def test_a_register_of_another_version_is_left_as_it_is(desk: Desk) -> None:
    with db.writing(desk.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        connection.execute(text("ALTER TABLE registration RENAME COLUMN traits TO qualities"))
    with early.reading(desk.settings, SOURCE) as read:
        assert read.registrations() is None
    with db.reading(desk.engine) as connection:
        assert migrate.current_revision(connection) == "0001"


def test_a_file_without_its_log_is_left_to_whoever_opens_it(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    """A register that was restored from a copy: while somebody reads it the log cannot be turned on."""
    sqlite_engine.dispose()
    with closing(sqlite3.connect(sqlite_settings.home / "register.db")) as connection:
        assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    with early.reading(sqlite_settings, SOURCE) as read:
        assert (read.divisions(), read.registrations()) == (None, None)
    migrate.open_register(sqlite_settings, now=NOW).dispose()
    with early.reading(sqlite_settings, SOURCE) as read:
        assert read.registrations() is not None


def test_a_database_that_is_down_is_anothers_to_report(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    with early.reading(nowhere, SOURCE) as read:
        assert (read.divisions(), read.registrations()) == (None, None)
