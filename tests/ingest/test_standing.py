"""How sources stand: due by the calendar, and a clock that was set back makes nothing due again or never."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from factories import NOW, insert_run
from sqlalchemy import Engine

from ingest import standing
from ingest.standing import Standing
from liangxin import db
from liangxin.settings import Settings

MONTHLY = 'title = "名单"\npublisher = "某局"\nrhythm = "monthly"\n'


@pytest.fixture
def here(settings: Settings) -> Settings:
    folder = settings.home / "sources"
    folder.mkdir()
    (folder / "mine.toml").write_text(MONTHLY, encoding="utf-8")
    return settings.model_copy(update={"sources": str(folder)})


def ran(engine: Engine, at: datetime) -> int:
    with db.writing(engine) as connection:
        return insert_run(connection, "mine", learned_at=at)


def stands(engine: Engine, settings: Settings, now: datetime, *, notice: bool = True) -> Standing:
    with db.writing(engine) as connection:
        found = standing.of_all(connection, settings, now=now)
        if notice:
            standing.notice_clock(connection, found, now=now)
    return next(each for each in found if each.name == "mine")


def test_a_source_is_due_until_it_came_and_again_in_the_next_month(
    engine: Engine, here: Settings
) -> None:
    before = stands(engine, here, NOW)
    assert (before.is_due(NOW.date()), before.next_due, before.run) == (True, None, None)
    run = ran(engine, NOW)
    after = stands(engine, here, NOW)
    assert (after.is_due(NOW.date()), after.next_due, after.run) == (False, date(2026, 12, 1), run)
    assert after.is_due(date(2026, 12, 1))


def test_a_clock_set_back_makes_nothing_due_again(engine: Engine, here: Settings) -> None:
    ran(engine, NOW)
    a_year_back = NOW - timedelta(days=365)
    each = stands(engine, here, a_year_back)
    assert each.clock_back
    assert not each.is_due(a_year_back.date())


def test_a_clock_that_was_ahead_makes_nothing_wait_for_years(
    engine: Engine, here: Settings
) -> None:
    ran(engine, datetime(2036, 1, 15, tzinfo=UTC))
    noticed = stands(engine, here, NOW)
    assert (noticed.clock_back, noticed.next_due) == (True, date(2026, 12, 1))
    # A week later the calendar still counts from the day it was noticed, not from each look.
    december = datetime(2026, 12, 2, tzinfo=UTC)
    later = stands(engine, here, december)
    assert later.is_due(december.date())
    ran(engine, december)
    done = stands(engine, here, december)
    assert (done.clock_back, done.next_due) == (False, date(2027, 1, 1))


def test_a_clock_set_back_twice_counts_from_the_second_time(engine: Engine, here: Settings) -> None:
    ran(engine, datetime(2036, 1, 15, tzinfo=UTC))
    stands(engine, here, datetime(2030, 5, 5, tzinfo=UTC))
    again = stands(engine, here, NOW)
    assert again.next_due == date(2026, 12, 1)


def test_noticing_is_told_once(engine: Engine, here: Settings) -> None:
    ran(engine, NOW + timedelta(days=30))
    with db.writing(engine) as connection:
        found = standing.of_all(connection, here, now=NOW)
        told = [standing.notice_clock(connection, found, now=NOW) for _ in range(2)]
    assert told == [["mine"], []]


def test_clocks_of_two_machines_may_differ_a_little(engine: Engine, here: Settings) -> None:
    ran(engine, NOW + timedelta(minutes=4))
    assert not stands(engine, here, NOW).clock_back


def test_a_wrong_file_stands_beside_the_others(sqlite_engine: Engine, home: Path) -> None:
    (home / "bad.toml").write_text(MONTHLY + "colour = 1", encoding="utf-8")
    with db.reading(sqlite_engine) as connection:
        found = standing.of_all(connection, Settings(home=home, sources=str(home)), now=NOW)
    bad = next(each for each in found if each.name == "bad")
    assert bad.source is None
    assert bad.error is not None
    assert "'colour'" in bad.error.en
    assert not bad.is_due(NOW.date())
