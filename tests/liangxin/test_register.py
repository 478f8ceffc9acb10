"""Facts people bring are written whole, with the moment they were learned, or not at all."""

from datetime import UTC, date
from typing import Any

import polars as pl
import pytest
from factories import (
    EARLIER_THIS_YEAR,
    LONG_AGO,
    NORTH,
    NOW,
    a_uscc,
    insert_organisation,
    insert_party_organisation,
)
from sqlalchemy import Connection, Engine, select

from liangxin import db, register, universe
from liangxin.errors import DatabaseUnavailable, Misuse, NotFound
from liangxin.schema import (
    Assignment,
    Base,
    Covering,
    Instructor,
    PartyOrganisation,
    Screening,
)

START, END = date(2022, 4, 1), date(2022, 10, 1)


@pytest.fixture
def firms(engine: Engine) -> list[str]:
    """The codes of three organisations."""
    with db.writing(engine) as connection:
        for _ in range(3):
            insert_organisation(connection)
    return [a_uscc(n) for n in (1, 2, 3)]


def a_screening(code: str, **values: Any) -> dict[str, Any]:
    return {
        "uscc": code,
        "state": "operating",
        "evidence": "走访",
        "decided_by": "街道经济办",
        "from_on": START,
        **values,
    }


def all_of(engine: Engine, table: type[Base]) -> list[Any]:
    with db.reading(engine) as connection:
        return list(connection.execute(select(table.__table__).order_by("id")))


def test_ids_are_found_whatever_order_and_however_often_they_are_asked_for(
    engine: Engine, firms: list[str]
) -> None:
    with db.reading(engine) as connection:
        asked = pl.Series([firms[2], firms[0], firms[2]])
        found = register.organisation_ids(connection, asked)
        nobody = register.organisation_ids(connection, asked.clear())
    assert dict(found.iter_rows()) == {firms[0]: 1, firms[2]: 3}
    assert nobody.is_empty()


def test_more_codes_than_one_statement_carries_are_found(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection, 1)
        insert_organisation(connection, 6_001)
        codes = [a_uscc(n) for n in range(1, 6_002)]
        with pytest.raises(NotFound, match=r"5999 codes are not"):
            register.organisation_ids(connection, pl.Series(codes))
        found = register.organisation_ids(connection, pl.Series([codes[0], codes[-1]]))
    assert sorted(found["organisation_id"]) == [1, 6_001]


def test_a_code_the_register_does_not_know_is_named_and_nothing_is_written(
    engine: Engine, firms: list[str]
) -> None:
    facts = pl.DataFrame([a_screening(firms[0]), a_screening(a_uscc(9)), a_screening(a_uscc(8))])
    with pytest.raises(NotFound) as caught, db.writing(engine) as connection:
        register.record_screenings(connection, facts, now=NOW)
    assert min(a_uscc(8), a_uscc(9)) in caught.value.zh
    assert "2 个代码未找到" in caught.value.zh
    assert all_of(engine, Screening) == []


def test_a_screening_is_kept_as_it_was_told(engine: Engine, firms: list[str]) -> None:
    facts = pl.DataFrame(
        [a_screening(firms[1]), a_screening(firms[0], state="shell", to_on=END)],
        schema_overrides={"to_on": pl.Date},
    )
    with db.writing(engine) as connection:
        assert register.record_screenings(connection, facts, now=NOW) == 2
    rows = {row.organisation_id: row for row in all_of(engine, Screening)}
    assert {n: (row.state, row.from_on, row.to_on) for n, row in rows.items()} == {
        2: ("operating", START, None),
        1: ("shell", START, END),
    }
    assert {(row.evidence, row.decided_by) for row in rows.values()} == {("走访", "街道经济办")}
    for row in rows.values():  # SQLite keeps no zone: all its times are UTC
        learned = row.learned_at if row.learned_at.tzinfo else row.learned_at.replace(tzinfo=UTC)
        assert learned == NOW
    assert {row.corrected_at for row in rows.values()} == {None}


@pytest.mark.parametrize("state", universe.STATES)
def test_every_state_can_be_recorded(sqlite_engine: Engine, state: str) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection)
        facts = pl.DataFrame([a_screening(a_uscc(), state=state)])
        register.record_screenings(connection, facts, now=NOW)
    assert [row.state for row in all_of(sqlite_engine, Screening)] == [state]


@pytest.mark.parametrize("state", ["working", "", None])
def test_a_state_that_does_not_exist_is_a_misuse(
    engine: Engine, firms: list[str], state: str | None
) -> None:
    facts = pl.DataFrame(
        [a_screening(firms[0]), a_screening(firms[1], state=state)],
        schema_overrides={"state": pl.String},
    )
    with pytest.raises(Misuse, match="no screening state"), db.writing(engine) as connection:
        register.record_screenings(connection, facts, now=NOW)
    assert all_of(engine, Screening) == []


def test_a_second_current_screening_of_one_organisation_is_refused_whole(
    engine: Engine, firms: list[str]
) -> None:
    with db.writing(engine) as connection:
        register.record_screenings(connection, pl.DataFrame([a_screening(firms[0])]), now=NOW)
    both = pl.DataFrame([a_screening(firms[1]), a_screening(firms[0], from_on=END)])
    with pytest.raises(DatabaseUnavailable), db.writing(engine) as connection:
        register.record_screenings(connection, both, now=NOW)
    assert len(all_of(engine, Screening)) == 1


def some_party_organisations(*keys: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "key": keys,
            "name": [f"{key}党支部" for key in keys],
            "level": ["branch"] * len(keys),
            "subdistrict_code": [NORTH] * len(keys),
            "from_on": [START] * len(keys),
        }
    )


def record_party(connection: Connection, *keys: str) -> dict[str, int]:
    made = register.record_party_organisations(connection, some_party_organisations(*keys), now=NOW)
    return dict(made.iter_rows())


def test_party_organisations_get_ids_by_the_callers_own_keys(engine: Engine) -> None:
    with db.writing(engine) as connection:
        first = record_party(connection, "甲", "乙")
        second = record_party(connection, "丙")
    names = {row.id: row.name for row in all_of(engine, PartyOrganisation)}
    assert names == {first["甲"]: "甲党支部", first["乙"]: "乙党支部", second["丙"]: "丙党支部"}


def test_the_database_goes_on_numbering_behind_ids_given_by_hand(engine: Engine) -> None:
    with db.writing(engine) as connection:
        made = record_party(connection, "甲", "乙")
        instructors = register.record_instructors(
            connection,
            pl.DataFrame(
                {
                    "key": ["a"],
                    "name": ["指导员1号"],
                    "kind": ["retired"],
                    "subdistrict_code": [NORTH],
                }
            ),
            now=NOW,
        )
        again = insert_party_organisation(connection)
    assert again not in made.values()
    assert dict(instructors.iter_rows()) == {"a": all_of(engine, Instructor)[0].id}


def test_coverings_and_assignments_are_kept_as_they_were_told(
    engine: Engine, firms: list[str]
) -> None:
    with db.writing(engine) as connection:
        party = record_party(connection, "甲")["甲"]
        coverings = pl.DataFrame(
            {
                "uscc": firms[:2],
                "party_organisation_id": [party] * 2,
                "mode": ["joint"] * 2,
                "from_on": [START] * 2,
                "to_on": [None, END],
            },
            schema_overrides={"to_on": pl.Date},
        )
        assert register.record_coverings(connection, coverings, now=NOW) == 2
        sent = register.record_instructors(
            connection,
            pl.DataFrame(
                {
                    "key": ["a"],
                    "name": ["指导员1号"],
                    "kind": ["retired"],
                    "subdistrict_code": [NORTH],
                }
            ),
            now=NOW,
        )
        assignments = pl.DataFrame(
            {"uscc": [firms[2]], "instructor_id": sent["instructor_id"], "from_on": [START]}
        )
        assert register.record_assignments(connection, assignments, now=NOW) == 1
    assert [
        (row.organisation_id, row.party_organisation_id, row.mode, row.from_on, row.to_on)
        for row in all_of(engine, Covering)
    ] == [(1, party, "joint", START, None), (2, party, "joint", START, END)]
    [assignment] = all_of(engine, Assignment)
    assert (assignment.organisation_id, assignment.from_on) == (3, START)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"mode": "half"}, id="a mode there is not"),
        pytest.param({"to_on": START}, id="over on the day it begins"),
        pytest.param({"to_on": LONG_AGO}, id="over before it begins"),
        pytest.param({"party_organisation_id": 99}, id="by nobody"),
    ],
)
def test_a_covering_that_makes_no_sense_is_not_written(
    engine: Engine, firms: list[str], wrong: dict[str, Any]
) -> None:
    with db.writing(engine) as connection:
        party = record_party(connection, "甲")["甲"]
    right = {"party_organisation_id": party, "mode": "alone", "from_on": START, "to_on": END}
    facts = pl.DataFrame([{"uscc": firms[0], **right}, {"uscc": firms[1], **right, **wrong}])
    with pytest.raises(DatabaseUnavailable), db.writing(engine) as connection:
        register.record_coverings(connection, facts, now=NOW)
    assert all_of(engine, Covering) == []


def test_no_facts_are_no_work(engine: Engine) -> None:
    with db.writing(engine) as connection:
        nothing = pl.DataFrame([a_screening(a_uscc())]).clear()
        assert register.record_screenings(connection, nothing, now=NOW) == 0
        assert record_party(connection) == {}
        after = insert_party_organisation(connection, from_on=EARLIER_THIS_YEAR)
    assert after == 1
