"""A register is made, brought up to date, left alone or refused; models and migrations agree."""

from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from factories import NOW, insert_assignment, insert_covering, insert_organisation, insert_screening
from sqlalchemy import CheckConstraint, Engine, func, inspect, select, text

from liangxin import db, divisions, migrate, versions
from liangxin.errors import DatabaseUnavailable
from liangxin.schema import Base, Division
from liangxin.settings import Settings

#: What came after the first version.
#: Indexes that the other database is slower with.
POSTGRESQL_ALONE = {"ix_spell_open", "ix_spell_past"}
NEWER = {
    "errand",
    "stranger_name",
    "run_measure",
    "headcount",
    "question",
    "judgement",
    "http_validator",
    "job",
    "delivered_file",
    "member_key",
    "registration_before",
    "row_before",
    "exchange_office",
    "exchange_package",
    "field_stamp",
    "package_word",
    "fact_stamp",
    "feed_token",
    "application",
    "confirmation",
    "finding",
    "grid",
    "hire",
    "party_term",
    "place",
    "readiness",
    "relation_transfer",
    "task",
    "task_step",
    "situation",
    "spell",
    "spell_due",
    "membership",
    "membership_ground",
    "membership_step",
    "do_not_ask",
    "declaration_link",
    "used_form",
    "consent",
    "person_access",
    "subject_request",
    "kept_document",
    "instructor_offer",
    "pair_word",
    "plan",
    "plan_item",
    "plan_lock",
    "plan_making",
    "account",
    "account_session",
    "audit_entry",
    "recovery_code",
    "bulletin",
    "sighting",
    "handed_in",
    "community_neighbour",
    "visit",
    "located",
    "location_decision",
}
#: Told from facts, and told anew.
DERIVED = {"situation", "spell", "spell_due", "located"}


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def fill(engine: Engine) -> None:
    """Write a row into the tables people write to."""
    with db.writing(engine) as connection:
        organisation = insert_organisation(connection)
        insert_screening(connection, organisation)
        insert_covering(connection, organisation)
        insert_assignment(connection, organisation)


def contents(engine: Engine) -> dict[str, list[Any]]:
    with db.reading(engine) as connection:
        return {
            name: connection.execute(select(table).order_by(*table.primary_key)).all()
            for name, table in Base.metadata.tables.items()
            if name not in DERIVED
        }


def test_a_fresh_register_has_every_table_and_the_shipped_divisions(empty_engine: Engine) -> None:
    assert tables(empty_engine) == set()
    assert migrate.upgrade(empty_engine, now=NOW) is None
    assert tables(empty_engine) == {*Base.metadata.tables, "alembic_version"}
    with db.reading(empty_engine) as connection:
        assert migrate.current_revision(connection) == migrate.HEAD
        count = connection.execute(select(func.count(Division.id))).scalar()
    assert count == divisions.shipped().height


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    fill(engine)
    before = contents(engine)
    assert migrate.upgrade(engine, now=NOW) == migrate.HEAD
    assert contents(engine) == before


def test_opening_makes_the_home_folder_and_the_register(home: Path) -> None:
    settings = Settings(home=home / "not" / "there yet")
    migrate.open_register(settings, now=NOW).dispose()
    assert (settings.home / "register.db").is_file()


def test_opening_a_register_of_this_version_needs_no_write(settings: Settings) -> None:
    writer = db.make_engine(settings)
    with db.writing(writer):
        migrate.open_register(settings, now=NOW).dispose()
    writer.dispose()


def test_a_home_folder_that_cannot_be_made_is_explained(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(DatabaseUnavailable, match=r"data folder .* cannot be made") as refused:
        migrate.open_register(Settings(home=home / "file" / "home"), now=NOW)
    assert "LIANGXIN_HOME" in refused.value.zh


def test_two_that_open_an_empty_register_at_once_both_succeed(empty_settings: Settings) -> None:
    together = Barrier(2)
    outcomes: list[object] = []

    def open_it() -> None:
        together.wait()
        try:
            migrate.open_register(empty_settings, now=NOW).dispose()
            outcomes.append("opened")
        except Exception as error:  # a thread's own would be lost
            outcomes.append(error)

    threads = [Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert outcomes == ["opened", "opened"]


def test_an_upgrade_that_fails_leaves_nothing(
    empty_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyError

    with monkeypatch.context() as patch:
        patch.setattr(divisions, "load", fail)
        with pytest.raises(KeyError):
            migrate.upgrade(empty_engine, now=NOW)
    assert tables(empty_engine) == set()
    assert migrate.upgrade(empty_engine, now=NOW) is None


def test_a_register_of_a_newer_version_is_refused_and_left_alone(settings: Settings) -> None:
    engine = db.make_engine(settings)
    with db.writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnavailable, match="version 9999, newer than this") as refused:
        migrate.open_register(settings, now=NOW)
    assert "请升级" in refused.value.zh
    with db.reading(engine) as connection:
        assert migrate.current_revision(connection) == "9999"
    engine.dispose()


def test_the_last_revision_can_be_undone_and_done_again(engine: Engine) -> None:
    fill(engine)
    with db.writing(engine) as connection:
        command.downgrade(migrate.alembic_config(connection), "-1")
    migrate.upgrade(engine, now=NOW)
    assert tables(engine) == {*Base.metadata.tables, "alembic_version"}


def test_a_register_of_the_first_version_is_brought_up_to_date_and_loses_nothing(
    engine: Engine,
) -> None:
    fill(engine)
    before = contents(engine)
    # Every writer makes another version of the register, whatever was written.
    del before["meta"]
    with db.writing(engine) as connection:
        command.downgrade(migrate.alembic_config(connection), "0001")
    assert tables(engine) == {
        *Base.metadata.tables.keys() - NEWER,
        "alembic_version",
    }
    assert migrate.upgrade(engine, now=NOW) == "0001"
    after = contents(engine)
    assert [key for key, _ in after.pop("meta")] == [versions.KEY]
    assert after == before


def test_head_is_the_newest_revision(sqlite_engine: Engine) -> None:
    with db.reading(sqlite_engine) as connection:
        scripts = ScriptDirectory.from_config(migrate.alembic_config(connection))
    files = sorted(Path(scripts.versions).glob("[0-9]*.py"))
    assert scripts.get_current_head() == migrate.HEAD
    assert files[-1].name.startswith(f"{migrate.HEAD}_")


def test_models_and_migrations_agree(engine: Engine) -> None:
    with db.reading(engine) as connection:
        elsewhere = set() if engine.dialect.name == "postgresql" else POSTGRESQL_ALONE

        def compared(_item: Any, name: str | None, *_about: Any) -> bool:
            return name not in elsewhere

        told = {"compare_server_default": True, "include_object": compared}
        context = MigrationContext.configure(connection, opts=told)
        assert compare_metadata(context, Base.metadata) == []


def test_models_and_migrations_agree_on_the_room_for_changed_rows(
    postgresql_engine: Engine,
) -> None:
    query = text(
        "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL"
    )
    with db.reading(postgresql_engine) as connection:
        given = dict(connection.execute(query).all())
    assert given == {
        name: [
            f"{key}={value}" for key, value in table.dialect_options["postgresql"]["with"].items()
        ]
        for name, table in Base.metadata.tables.items()
        if table.dialect_options["postgresql"]["with"]
    }
    assert given.keys() == {"organisation", "registration"}


def test_models_and_migrations_agree_on_what_alembic_does_not_compare(engine: Engine) -> None:
    """Alembic looks at no CHECK constraint and at no condition of an index."""
    inspector = inspect(engine)

    def conditions(of: str, kind: str) -> dict[str, str]:
        """Conditions without the brackets and casts that PostgreSQL adds."""
        if kind == "check":
            found = {row["name"]: row["sqltext"] for row in inspector.get_check_constraints(of)}
        else:
            found = {
                row["name"]: str(row["dialect_options"][f"{engine.dialect.name}_where"])
                for row in inspector.get_indexes(of)
                if row.get("dialect_options", {}).get(f"{engine.dialect.name}_where") is not None
            }
        return {name: plain(condition) for name, condition in found.items()}

    def plain(condition: str) -> str:
        for added in ("(", ")", "::text", '"', " "):
            condition = condition.replace(added, "")
        return condition.lower().replace("=anyarray[", "in").replace("]", "")

    for name, table in Base.metadata.tables.items():
        assert conditions(name, "check") == {
            str(rule.name): plain(str(rule.sqltext))
            for rule in table.constraints
            if isinstance(rule, CheckConstraint)
        }
        assert conditions(name, "index") == {
            str(index.name): plain(str(index.dialect_options[engine.dialect.name]["where"]))
            for index in table.indexes
            if index.dialect_options[engine.dialect.name]["where"] is not None
        }
