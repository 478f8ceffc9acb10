"""Registrations hold what was last said, however often one run says it."""

from collections.abc import Mapping

import polars as pl
import pytest
from factories import insert_organisation, insert_run, insert_source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Connection, Engine, select

from ingest.registrations import Registrations
from liangxin import db
from liangxin.schema import Base

BEFORE = {1: 11, 2: 12, 3: 0}
KEPT = Base.metadata.tables["registration_before"].c
#: What a run says of some organisations, one after the other; nothing: two of them are forgotten.
SAYS = st.lists(
    st.dictionaries(st.sampled_from([1, 2, 3]), st.sampled_from([11, 12, 2**64 - 1]), max_size=3)
    | st.none(),
    max_size=5,
)


def rows(prints: Mapping[int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": list(prints),
            "fingerprint": list(prints.values()),
            "traits": [0] * len(prints),
            "file_row": [7] * len(prints),
            "differs": [False] * len(prints),
        },
        schema_overrides={"id": pl.Int64, "fingerprint": pl.UInt64, "differs": pl.Boolean},
    )


def signed(fingerprint: int) -> int:
    return fingerprint - 2**64 if fingerprint >= 2**63 else fingerprint


@pytest.fixture
def source(engine: Engine) -> int:
    with db.writing(engine) as connection:
        number: int = insert_source(connection)
        for each in BEFORE:
            insert_organisation(connection, each)
        Registrations(connection, number, insert_run(connection)).insert(rows(BEFORE))
    return number


def column(connection: Connection, name: str, *conditions: ColumnElement[bool]) -> dict[int, int]:
    """Fingerprint of each organisation in a table, which has each once."""
    table = Base.metadata.tables[name]
    query = select(table.c.organisation_id, table.c.row_hash).where(*conditions)
    found = [(organisation, print_) for organisation, print_ in connection.execute(query)]
    assert len(found) == len(dict(found))
    return dict(found)


@given(SAYS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_run_that_says_things_twice_and_forgets_between_leaves_what_it_said_last(
    engine: Engine, source: int, says: list[dict[int, int] | None]
) -> None:
    expected = dict(BEFORE)
    for each in says:
        expected |= {1: 0, 2: 0} if each is None else each
    with engine.connect() as connection, connection.begin() as transaction:
        run = insert_run(connection)
        registrations = Registrations(connection, source, run)
        for each in says:
            if each is None:
                registrations.forget_prints([1, 2], sources=[source])
            else:
                registrations.renew(rows(each))
        now = column(connection, "registration")
        before = column(connection, "registration_before", KEPT.by_run_id == run)
        transaction.rollback()
    assert now == {which: signed(value) for which, value in expected.items()}
    assert before.items() <= BEFORE.items()
    assert {which for which in BEFORE if now[which] != BEFORE[which]} <= before.keys()
