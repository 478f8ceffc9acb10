"""The log is one chain: whatever is altered, removed, added or moved breaks it."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from factories import NOW
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, select, update

from liangxin import audit, db
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse, NotPermitted
from liangxin.schema import AuditEntry, Meta

AUDITOR = Actor("auditor", Role.AUDITOR)
ENTRIES = 8


def write(connection: Connection, number: int = ENTRIES) -> str:
    """Write some entries and return the head."""
    for at in range(number):
        audit.write(
            connection,
            by=f"office-{at % 2}",
            role="committee",
            action=list(audit.ACTIONS)[at % len(audit.ACTIONS)],
            about=f"第 {at} 件",
            now=NOW + timedelta(minutes=at),
        )
    return audit.verify(connection).head


def test_a_chain_nobody_touched_is_whole(engine: Engine) -> None:
    with db.writing(engine) as connection:
        assert audit.verify(connection).is_whole
        head = write(connection)
        found = audit.verify(connection)
        assert (found.entries, found.head, found.is_whole) == (ENTRIES, head, True)
        write(connection, 3)
        assert audit.verify(connection, expected=head).is_whole


COLUMNS = ("at", "by_account", "role", "action", "about", "purpose", "hash")


@given(
    st.sampled_from(["alter", "remove", "swap", "add"]),
    st.integers(1, ENTRIES),
    st.integers(1, ENTRIES),
    st.sampled_from(COLUMNS),
)
def test_every_change_of_the_log_is_found(
    migrated: Engine, what: str, at: int, other: int, column: str
) -> None:
    with migrated.connect() as connection, connection.begin() as transaction:
        write(connection)
        table = AuditEntry.__table__
        if what == "alter":
            value: Any = NOW if column == "at" else "x" * 64
            if column == "at" and at == 1:
                value = NOW + timedelta(seconds=1)
            connection.execute(
                update(AuditEntry).where(AuditEntry.number == at).values({table.c[column]: value})
            )
        elif what == "remove":
            connection.execute(
                delete(AuditEntry)
                .where(AuditEntry.number >= at)
                .where(AuditEntry.number < at + other)
            )
        elif what == "swap" and at != other:
            for old, new in ((at, -1), (other, at), (-1, other)):
                moved = update(AuditEntry).where(AuditEntry.number == old)
                connection.execute(moved.values(number=new))
        else:
            row = dict(connection.execute(select(table).where(table.c.number == at)).one()._mapping)
            connection.execute(table.insert().values(row | {"number": ENTRIES + 1}))
        assert not audit.verify(connection).is_whole
        transaction.rollback()


@pytest.fixture(scope="module")
def migrated(migrated_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One register for all tries; each is rolled back."""
    import shutil

    from liangxin.settings import Settings

    home = tmp_path_factory.mktemp("log")
    shutil.copy(migrated_file, home / "register.db")
    engine = db.make_engine(Settings(home=home))
    yield engine
    engine.dispose()


def test_a_log_that_was_rewritten_whole_is_found_by_a_head_written_down(
    sqlite_engine: Engine,
) -> None:
    with db.writing(sqlite_engine) as connection:
        head = write(connection)
        connection.execute(delete(AuditEntry))
        connection.execute(delete(Meta).where(Meta.key == audit.HEAD))
        write(connection, ENTRIES - 1)
        assert audit.verify(connection).is_whole
        assert not audit.verify(connection, expected=head).is_whole


def test_the_auditor_reads_and_filters_and_nobody_else_does(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        write(connection)
        every = audit.listed(connection, AUDITOR)
        assert [each.number for each in every] == list(range(ENTRIES, 0, -1))
        mine = audit.listed(connection, AUDITOR, by="office-1", until=NOW + timedelta(minutes=4))
        assert [each.number for each in mine] == [4, 2]
        [first] = audit.listed(connection, AUDITOR, action="account.added")
        assert first.about == "第 0 件"
        later = audit.listed(connection, AUDITOR, since=NOW + timedelta(minutes=6), most=1)
        assert [each.number for each in later] == [ENTRIES]
        with pytest.raises(Misuse, match="没有操作"):
            audit.listed(connection, AUDITOR, action="dance")
        with pytest.raises(NotPermitted):
            audit.listed(connection, LOCAL)


def test_an_entry_goes_with_what_it_tells(sqlite_engine: Engine) -> None:
    def fail_after_writing() -> None:
        with db.writing(sqlite_engine) as connection:
            write(connection, 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()
    with db.reading(sqlite_engine) as connection:
        assert audit.verify(connection).entries == 0


def test_days_pages_and_words_filter_the_same_on_either_database(engine: Engine) -> None:
    china = timezone(timedelta(hours=8))
    with db.writing(engine) as connection:
        write(connection)  # from 16:00 in China on, a minute each
        start = datetime(2026, 11, 23, 16, 2, tzinfo=china)
        found = audit.listed(connection, AUDITOR, since=start, until=start + timedelta(minutes=3))
        assert [each.number for each in found] == [5, 4, 3]
        assert found[-1].at == NOW + timedelta(minutes=2)
        assert audit.count(connection, AUDITOR, since=start) == ENTRIES - 2
        assert [e.number for e in audit.listed(connection, AUDITOR, most=2, skip=3)] == [5, 4]
        assert [e.number for e in audit.listed(connection, AUDITOR, about="第 6")] == [7]
        assert audit.count(connection, AUDITOR, about="%") == 0
        assert audit.names(connection, AUDITOR) == ["office-0", "office-1"]
        for ask in (audit.count, audit.names):
            with pytest.raises(NotPermitted):
                ask(connection, LOCAL)
