"""What goes in comes out, one writer at a time, and what a driver says becomes a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier, Thread
from time import monotonic
from typing import Any

import polars as pl
import pytest
from factories import NOW, TODAY, insert_organisation, insert_run
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError

from liangxin import db, migrate, versions
from liangxin.errors import DatabaseUnavailable, NotFound
from liangxin.schema import Base, Division, FieldChange, Meta, Organisation, Source
from liangxin.settings import Settings

TABLES = Base.metadata.tables
AWKWARD = [
    "",
    " ",
    "NULL",
    '"',
    '""',
    "'",
    ",",
    "a,b",
    "\\",
    "\\N",
    "\\.",
    "one\ntwo",
    "one\n\\.\ntwo",
    "one\r\ntwo",
    "\r",
    "\t",
    "两新组织",
    "𠮷野家",
    "0123",
    "1e5",
    "%s ? :x",
]
"""Texts that a CSV writer, COPY or a statement could take for something else."""


@contextmanager
def other_writer(engine: Engine) -> Iterator[None]:
    """Another process in the middle of its write."""
    with db.writing(engine) as connection:
        connection.execute(insert(Meta).values(key="other", value="half done"))
        yield


def kept(connection: Connection) -> list[str]:
    """What writers wrote into ``meta``, without the version that each of them moves."""
    keys = connection.execute(select(Meta.key).where(Meta.key != versions.KEY)).scalars()
    return sorted(keys)


def impatient(settings: Settings, seconds: float = 0.3) -> Settings:
    return settings.model_copy(update={"busy_timeout": seconds})


# Bulk writing


def test_awkward_texts_come_back_as_they_were(engine: Engine) -> None:
    frame = pl.DataFrame({"key": [str(n) for n in range(len(AWKWARD))], "value": AWKWARD})
    with db.writing(engine) as connection:
        db.insert_frame(connection, TABLES["meta"], frame)
        stored = {row.key: row.value for row in connection.execute(select(Meta.key, Meta.value))}
    assert [stored[key] for key in frame["key"]] == AWKWARD


def test_a_null_is_not_an_empty_text(engine: Engine) -> None:
    with db.writing(engine) as connection:
        organisation = insert_organisation(connection)
        frame = pl.DataFrame(
            {
                "organisation_id": [organisation] * 3,
                "field": ["both", "empty", "none"],
                "old_value": ["a", "", None],
                "new_value": ["b", "", None],
                "from_on": [TODAY] * 3,
                "run_id": [insert_run(connection)] * 3,
                "file_row": [2, 3, 4],
            }
        )
        db.insert_frame(connection, TABLES["field_change"], frame)
        rows = connection.execute(
            select(FieldChange.field, FieldChange.old_value, FieldChange.new_value)
        ).all()
    assert sorted(map(tuple, rows)) == [("both", "a", "b"), ("empty", "", ""), ("none", None, None)]


def test_every_kind_of_column_comes_back_as_it_was(engine: Engine) -> None:
    moment = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)
    row: dict[str, Any] = {
        "source_id": None,
        "as_of": date(1, 1, 1),
        "district_code": None,
        **dict.fromkeys(("refused", "skipped", "changed", "unchanged", "missing", "located"), 0),
        **dict.fromkeys(("rows", "accepted", "new"), 2**31 - 1),
        "seconds": 0.1 + 0.2,
        "learned_at": moment,
        "prepared_by": None,
        "undone_at": None,
    }
    with db.writing(engine) as connection:
        row["source_id"] = connection.execute(
            insert(Source).values(name="one")
        ).inserted_primary_key[0]
        db.insert_frame(connection, TABLES["run"], pl.DataFrame([row]))
        [stored] = connection.execute(select(TABLES["run"])).mappings()
    learned_at = stored["learned_at"]
    if learned_at.tzinfo is None:  # SQLite keeps no offset: all times are UTC
        learned_at = learned_at.replace(tzinfo=UTC)
    assert {**stored, "learned_at": learned_at} == {"id": stored["id"], **row}


def test_a_time_of_another_zone_is_kept_as_the_moment_it_was(engine: Engine) -> None:
    frame = pl.DataFrame(
        {
            "code": ["99"],
            "name": ["示例省"],
            "level": ["province"],
            "learned_at": pl.Series([NOW]).dt.convert_time_zone("Asia/Shanghai"),
        }
    )
    with db.writing(engine) as connection:
        db.insert_frame(connection, TABLES["division"], frame)
        stored = connection.execute(
            select(Division.learned_at).where(Division.code == "99")
        ).scalar_one()
    assert stored.replace(tzinfo=stored.tzinfo or UTC) == NOW


def test_columns_a_frame_lacks_get_the_tables_default(engine: Engine) -> None:
    with db.writing(engine) as connection:
        db.insert_frame(connection, TABLES["source"], pl.DataFrame({"name": ["a", "b"]}))
        assert connection.execute(select(func.count(Source.id.distinct()))).scalar() == 2


def test_an_empty_frame_inserts_nothing(engine: Engine) -> None:
    with db.writing(engine) as connection:
        db.insert_frame(connection, TABLES["source"], pl.DataFrame({"name": []}))
        assert connection.execute(select(func.count(Source.id))).scalar() == 0


def test_a_column_the_table_does_not_have_is_a_mistake_of_ours(sqlite_engine: Engine) -> None:
    with (
        pytest.raises(ValueError, match=r"source has no columns \['nmae'\]"),
        db.writing(sqlite_engine) as connection,
    ):
        db.insert_frame(connection, TABLES["source"], pl.DataFrame({"nmae": ["a"]}))


#: PostgreSQL has no text with a zero byte; half a surrogate pair is no character.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
rows = st.fixed_dictionaries(
    {
        "name": texts,
        "enterprise_type": st.none() | texts,
        "address": st.none() | texts | st.sampled_from(AWKWARD),
        "established_on": st.none() | st.dates(),
        "capital_wan": st.none() | st.floats(allow_nan=False),
        "location_confidence": st.none() | st.floats(0, 1),
    }
)


@examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=5))
def test_whatever_goes_in_comes_out(engine: Engine, given_rows: list[dict[str, Any]]) -> None:
    fixed = {"kind": "enterprise", "ownership": "NONPUBLIC", "from_on": TODAY}
    schema = {
        "established_on": pl.Date,
        "capital_wan": pl.Float64,
        "location_confidence": pl.Float64,
        "enterprise_type": pl.String,
        "address": pl.String,
    }
    with db.writing(engine) as connection:
        run_id = insert_run(connection)
        full = [
            {"id": n, "uscc": str(n), "run_id": run_id, **fixed, **row}
            for n, row in enumerate(given_rows)
        ]
        frame = pl.DataFrame(full, schema_overrides=schema)
        db.insert_frame(connection, TABLES["organisation"], frame)
        columns = [TABLES["organisation"].c[name] for name in frame.columns]
        stored = connection.execute(select(*columns).order_by(Organisation.id)).mappings().all()
        connection.execute(delete(Organisation))
    assert [dict(row) for row in stored] == full


def test_a_refused_bulk_write_is_explained_and_leaves_nothing(engine: Engine) -> None:
    twice = pl.DataFrame({"name": ["a", "b", "a"]})
    with (
        pytest.raises(DatabaseUnavailable, match="rolled back whole"),
        db.writing(engine) as connection,
    ):
        db.insert_frame(connection, TABLES["source"], twice)
    with db.reading(engine) as connection:
        assert connection.execute(select(func.count(Source.id))).scalar() == 0


def test_rows_are_found_by_more_keys_than_one_statement_takes(engine: Engine) -> None:
    with db.writing(engine) as connection:
        every = connection.execute(select(Division.code).limit(12_000)).scalars().all()
        found = db.existing_in(connection, TABLES["division"], "code", [*every, "none such"])
    assert {row["code"] for row in found} == set(every)


@pytest.mark.parametrize("count", [3, db.COPIED_FROM], ids=["one by one", "all at once"])
def test_an_update_sets_the_rows_it_names_and_no_other(engine: Engine, count: int) -> None:
    codes = [f"{n:012d}" for n in range(count + 1)]
    with db.writing(engine) as connection:
        every = pl.DataFrame({"code": codes}).with_columns(
            name=pl.lit("a"), level=pl.lit("community"), learned_at=pl.lit(NOW)
        )
        db.insert_frame(connection, TABLES["division"], every)
        values = pl.DataFrame({"code": codes[1:], "level": "community"}).with_columns(
            name=pl.int_range(pl.len()).cast(pl.String),
            parent_code=pl.when(pl.col("code") == codes[2]).then(pl.lit("")),
            from_on=pl.lit(TODAY),
        )
        for _ in range(2):
            db.update_frame(connection, TABLES["division"], values, key=("code", "level"))
        query = select(Division.code, Division.name, Division.parent_code, Division.from_on)
        found = connection.execute(
            query.where(Division.code.in_([codes[0], codes[1], codes[2], codes[-1]]))
        ).all()
    assert {row.code: tuple(row)[1:] for row in found} == {
        codes[0]: ("a", None, None),
        codes[1]: ("0", None, TODAY),
        codes[2]: ("1", "", TODAY),
        codes[-1]: (str(count - 1), None, TODAY),
    }


# Transactions


def test_a_second_writer_is_told_in_a_sentence_and_writes_nothing(settings: Settings) -> None:
    first, second = db.make_engine(settings), db.make_engine(impatient(settings))
    try:
        with other_writer(first):
            started = monotonic()
            with (
                pytest.raises(DatabaseUnavailable, match="another job is writing") as refused,
                db.writing(second) as connection,
            ):
                connection.execute(insert(Meta).values(key="second", value="never"))
            waited = monotonic() - started
        with db.reading(second) as connection:
            assert kept(connection) == ["other"]
    finally:
        first.dispose()
        second.dispose()
    assert "本次没有写入任何内容" in refused.value.zh
    assert 0.2 < waited < 3


def test_zero_seconds_of_patience_is_no_wait_rather_than_for_ever(settings: Settings) -> None:
    first, second = db.make_engine(settings), db.make_engine(impatient(settings, 0))
    try:
        with (
            other_writer(first),
            pytest.raises(DatabaseUnavailable, match="another job is writing"),
            db.writing(second),
        ):
            pytest.fail("two writers at once")
    finally:
        first.dispose()
        second.dispose()


def test_what_may_wait_gives_up_at_once_and_nothing_else_does_after_it(settings: Settings) -> None:
    first, second = db.make_engine(settings), db.make_engine(impatient(settings, 0.5))
    waited = []
    try:
        with other_writer(first):
            for patience in (db.BRIEFLY, None):
                started = monotonic()
                with (
                    pytest.raises(DatabaseUnavailable, match="another job is writing"),
                    db.writing(second, patience=patience),
                ):
                    pytest.fail("two writers at once")
                waited.append(monotonic() - started)
        with db.writing(second, patience=db.BRIEFLY) as connection:
            connection.execute(insert(Meta).values(key="second", value="after"))
    finally:
        first.dispose()
        second.dispose()
    assert waited[0] < 0.4 < waited[1]


def test_a_number_that_no_row_can_have_is_not_found(engine: Engine) -> None:
    too_large = cast(literal(10**12), Integer) if engine.name == "postgresql" else 2**63
    asked = select(Source.id).where(Source.id == too_large)
    with pytest.raises(NotFound, match="no such number"), db.reading(engine) as connection:
        connection.execute(asked).all()


def test_a_second_writer_waits_for_the_first(settings: Settings) -> None:
    first, second = db.make_engine(settings), db.make_engine(settings)
    started = Barrier(2)

    def write() -> None:
        started.wait()
        with db.writing(second) as connection:
            connection.execute(insert(Meta).values(key="second", value="after"))

    try:
        thread = Thread(target=write)
        with other_writer(first):
            thread.start()
            started.wait()
        thread.join(timeout=10)
        with db.reading(first) as connection:
            assert kept(connection) == ["other", "second"]
    finally:
        first.dispose()
        second.dispose()


def test_a_reader_sees_the_register_as_it_was_when_it_began(settings: Settings) -> None:
    writer, reader = db.make_engine(settings), db.make_engine(settings)
    try:
        with db.reading(reader) as view:
            before = view.execute(select(func.count(Meta.key))).scalar()
            with other_writer(writer):
                assert view.execute(select(func.count(Meta.key))).scalar() == before
            assert view.execute(select(func.count(Meta.key))).scalar() == before
        with db.reading(reader) as view:
            assert view.execute(select(func.count(Meta.key))).scalar() == before + 1
    finally:
        writer.dispose()
        reader.dispose()


def test_a_write_that_fails_in_the_middle_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with db.writing(engine) as connection:
            connection.execute(insert(Meta).values(key="half", value="done"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with db.reading(engine) as connection:
        assert kept(connection) == []


def test_reading_refuses_to_write(engine: Engine) -> None:
    with pytest.raises(DatabaseUnavailable), db.reading(engine) as connection:
        connection.execute(insert(Meta).values(key="written", value="by accident"))
    with db.writing(engine) as connection:  # and the connection it used can write again
        assert kept(connection) == []
        connection.execute(insert(Meta).values(key="written", value="on purpose"))


# SQLite


def test_sqlite_holds_foreign_keys(sqlite_engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), sqlite_engine.begin() as connection:
        insert_organisation(connection, run_id=999)


def test_sqlite_uses_a_write_ahead_log(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


# Databases that are not there


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("register.db", "is not an address", id="no address at all"),
        pytest.param("mysql://u@h/d", "'mysql' is not supported", id="another database"),
        pytest.param("oracle:///x", "'oracle' is not supported", id="yet another"),
        pytest.param("postgresql+nodriver://u@h/d", "driver", id="a driver nobody has"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(home: Path, url: str, message: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=message):
        db.make_engine(Settings(home=home, database_url=url))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_may_be_written_in_three_ways(home: Path, scheme: str) -> None:
    engine = db.make_engine(Settings(home=home, database_url=f"{scheme}://u@h/d"))
    assert engine.url.drivername == "postgresql+psycopg"


def test_an_address_nobody_answers_is_explained(home: Path) -> None:
    settings = Settings(home=home, database_url="postgresql://nobody@127.0.0.1:1/register")
    with pytest.raises(DatabaseUnavailable, match="cannot be opened") as refused:
        migrate.open_register(settings, now=NOW)
    assert "LIANGXIN_DATABASE_URL" in refused.value.zh


def test_a_server_without_that_database_is_explained(postgresql_settings: Settings) -> None:
    url = postgresql_settings.url.replace("/register", "/no_such")
    settings = postgresql_settings.model_copy(update={"database_url": url})
    with pytest.raises(DatabaseUnavailable, match=r"cannot be opened.*no_such"):
        migrate.open_register(settings, now=NOW)


@pytest.mark.parametrize("use", [db.reading, db.writing])
def test_a_file_that_is_no_database_is_explained(home: Path, use: Any) -> None:
    (home / "register.db").write_bytes("企业名称,统一社会信用代码\n".encode() * 200)
    engine = db.make_engine(Settings(home=home))
    with (
        pytest.raises(DatabaseUnavailable, match="not an SQLite database"),
        use(engine) as connection,
    ):
        connection.execute(select(Meta.key))


def test_a_folder_that_is_not_there_is_explained(home: Path) -> None:
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'none' / 'register.db'}")
    with pytest.raises(DatabaseUnavailable, match="cannot be opened"):
        migrate.open_register(settings, now=NOW)
