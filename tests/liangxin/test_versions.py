"""The version of the register moves with every change of a fact, and with nothing else."""

import shutil

import pytest
from factories import NOW, insert_organisation, insert_run, insert_screening
from sqlalchemy import Engine, text, update

from liangxin import audit, db, rules, spells, versions
from liangxin.access import LOCAL
from liangxin.errors import DatabaseUnavailable
from liangxin.schema import Screening
from liangxin.settings import Settings


def version(engine: Engine) -> str | None:
    with db.reading(engine) as connection:
        return versions.of(connection)


def test_a_change_of_a_fact_moves_the_version(engine: Engine) -> None:
    before = version(engine)
    with db.writing(engine) as connection:
        one = insert_organisation(connection)
        insert_screening(connection, one)
    first = version(engine)
    with db.writing(engine) as connection:
        connection.execute(update(Screening).values(evidence="again"))
    assert len({before, first, version(engine)}) == 3


def test_a_change_by_the_driver_alone_moves_it_too(engine: Engine) -> None:
    before = version(engine)
    with db.writing(engine) as connection:
        driver = connection.connection.driver_connection
        driver.execute("INSERT INTO meta (key, value) VALUES ('a', 'b')")
    assert version(engine) != before


def test_the_version_is_that_of_what_a_transaction_sees(settings: Settings) -> None:
    reader, writer = db.make_engine(settings), db.make_engine(settings)
    with db.reading(reader) as view:
        before = versions.of(view)
        with db.writing(writer) as connection:
            insert_run(connection)
        assert versions.of(view) == before
    assert version(reader) == version(writer) != before
    reader.dispose()
    writer.dispose()


def fail_in_the_middle(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_run(connection)
        connection.execute(text("SELECT nothing"))


def test_a_writer_who_writes_nothing_or_fails_moves_nothing(engine: Engine) -> None:
    before = version(engine)
    with db.writing(engine) as connection:
        connection.execute(text("SELECT 1"))
    with pytest.raises(DatabaseUnavailable):
        fail_in_the_middle(engine)
    assert version(engine) == before


def test_the_log_and_the_telling_of_spells_change_no_figure(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection)
    before = version(engine)
    with db.writing(engine, facts=False) as connection:
        audit.by_actor(connection, LOCAL, "refused", "/x", now=NOW)
    assert spells.ready(engine, rules.load())
    assert version(engine) == before


def test_a_restored_register_has_the_version_of_its_facts(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    file = sqlite_settings.home / "register.db"
    before = version(sqlite_engine)
    with db.reading(sqlite_engine) as connection:
        connection.execute(text("SELECT 1"))
    sqlite_engine.dispose()
    shutil.copy(file, file.with_suffix(".kept"))
    with db.writing(sqlite_engine) as connection:
        insert_run(connection)
    moved = version(sqlite_engine)
    sqlite_engine.dispose()
    shutil.copy(file.with_suffix(".kept"), file)
    with db.writing(sqlite_engine) as connection:
        insert_run(connection)
    # The same change again is another version: nobody is told what the other register held.
    assert len({before, moved, version(sqlite_engine)}) == 3
