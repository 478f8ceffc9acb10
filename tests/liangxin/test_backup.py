"""A backup is whole, and the register comes back from it as it was."""

from datetime import timedelta
from pathlib import Path

import pytest
from declarations import DAY, RULES, Desk
from factories import NOW, insert_organisation
from loads import rows
from sqlalchemy import Engine

from liangxin import backup, db, forgetting, migrate, reapply, state
from liangxin.errors import Misuse, UnreadableFile
from liangxin.membership import Counts
from liangxin.schema import DoNotAsk, Membership
from liangxin.settings import Settings


def held(engine: Engine) -> str:
    with db.reading(engine) as connection:
        return state.state_hash(connection)


def test_a_register_comes_back_as_it_was_while_others_have_it_open(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, 1)
    before, out = held(engine), tmp_path / "backup"
    backup.write(settings, out)
    assert out.stat().st_mode & 0o077 == 0
    with db.writing(engine) as connection:
        insert_organisation(connection, 2)
    assert held(engine) != before
    backup.restore(settings, out)
    assert held(engine) == before
    with db.writing(engine) as connection:
        insert_organisation(connection, 2)


def test_a_file_that_is_there_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "there"
    out.write_bytes(b"mine")
    with pytest.raises(Misuse):
        backup.write(settings, out)
    assert out.read_bytes() == b"mine"
    with pytest.raises(Misuse):
        backup.write(settings, tmp_path / "no" / "folder")
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []


@pytest.mark.parametrize("content", [None, b"", b"PGDMP and nothing", b"SQLite format 3\0" * 99])
def test_what_is_no_backup_changes_nothing(
    settings: Settings, engine: Engine, tmp_path: Path, content: bytes | None
) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, 1)
    before, file = held(engine), tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises((UnreadableFile, db.DatabaseUnavailable)):
        backup.restore(settings, file)
    assert held(engine) == before


def test_whoever_withdrew_since_stays_forgotten_when_a_backup_is_put_back(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    desk = Desk(engine)
    codes = [desk.confirms(1), desk.declares(2), desk.confirms(3)]
    out = tmp_path / "backup"
    backup.write(settings, out)
    for code in codes[:2]:
        desk.withdraws(code)
    desk.confirms(4)
    since = desk.read(reapply.read)
    backup.restore(settings, out)
    assert desk.counts() == Counts(full=2), "the backup still has the first"
    again = desk.write(
        lambda connection: reapply.apply(connection, since, RULES, today=DAY, now=NOW)
    )
    assert again == 2
    assert [row["state"] for row in rows(engine, Membership)] == ["withdrawn", "confirmed"]
    assert desk.counts() == Counts(full=1)
    assert len(rows(engine, DoNotAsk)) == 2


def test_what_a_newer_backup_has_is_not_forgotten_by_an_older_register(engine: Engine) -> None:
    since = reapply.Since(last=0, states={}, emptied=frozenset(), tokens={})
    desk = Desk(engine)
    desk.confirms(1)
    again = desk.write(
        lambda connection: reapply.apply(connection, since, RULES, today=DAY, now=NOW)
    )
    assert (again, desk.counts()) == (0, Counts(full=1))


def test_the_register_is_its_owners_alone_and_overwrites_what_it_deletes(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    engine = migrate.open_register(settings, now=NOW)
    desk = Desk(engine)
    desk.declares(1)
    [sealed] = [row["sealed_name"].encode() for row in rows(engine, Membership)]
    file = settings.home / "register.db"
    desk.withdraws(desk.declares(2))
    engine.dispose()
    assert sealed in file.read_bytes(), "the search finds what is there"
    with db.writing(engine) as connection:
        forgetting.forget_due(connection, DAY + timedelta(days=60), now=NOW)
    engine.dispose()
    assert sealed not in file.read_bytes()
    assert [each.stat().st_mode & 0o077 for each in (settings.home, file)] == [0, 0]
