"""A backup is whole, and the register comes back from it as it was."""

from pathlib import Path

import pytest
from factories import insert_organisation
from sqlalchemy import Engine

from liangxin import backup, db, state
from liangxin.errors import Misuse, UnreadableFile
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
