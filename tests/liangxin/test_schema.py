"""What the database itself refuses, whoever writes to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from factories import (
    NORTH,
    NOW,
    TODAY,
    a_uscc,
    insert_assignment,
    insert_covering,
    insert_organisation,
    insert_party_organisation,
    insert_run,
    insert_screening,
    insert_source,
)
from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from liangxin.schema import (
    Absence,
    Base,
    Covering,
    Division,
    Headcount,
    Question,
    RefusedRow,
    Registration,
    Run,
    RunMeasure,
)

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
BEFORE = YESTERDAY - timedelta(days=30)

InsertFact = Callable[..., object]


def division(connection: Connection, **values: object) -> None:
    defaults = {"code": NORTH, "name": "北街道", "level": "subdistrict", "learned_at": NOW}
    connection.execute(insert(Division).values({**defaults, **values}))


def absence(connection: Connection, organisation: int, **values: object) -> None:
    source, run = insert_source(connection), insert_run(connection)
    defaults = {"source_id": source, "organisation_id": organisation, "run_id": run}
    connection.execute(insert(Absence).values({**defaults, "from_on": TODAY, **values}))


def registration(connection: Connection, organisation: int) -> None:
    source, run = insert_source(connection), insert_run(connection)
    connection.execute(
        insert(Registration).values(
            source_id=source, organisation_id=organisation, row_hash=-1, run_id=run, file_row=2
        )
    )


# Runs


@pytest.mark.parametrize(
    ("counts", "rule"),
    [
        pytest.param({"rows": 2}, "no_row_vanishes", id="a row vanished"),
        pytest.param({"rows": 0}, "no_row_vanishes", id="a row came from nowhere"),
        pytest.param({"refused": 1}, "no_row_vanishes", id="accepted and refused at once"),
        pytest.param({"skipped": 1}, "no_row_vanishes", id="accepted and skipped at once"),
        pytest.param({"new": 0}, "every_accepted_row_has_an_outcome", id="accepted, and then?"),
        pytest.param({"changed": 1}, "every_accepted_row_has_an_outcome", id="new and changed"),
        pytest.param({"unchanged": 1}, "every_accepted_row_has_an_outcome", id="new and unchanged"),
    ],
)
def test_a_run_whose_rows_do_not_add_up_is_refused(
    engine: Engine, counts: dict[str, int], rule: str
) -> None:
    with pytest.raises(IntegrityError, match=rule), engine.begin() as connection:
        insert_run(connection, **counts)


def test_a_run_whose_rows_add_up_is_taken(engine: Engine) -> None:
    outcome = {"accepted": 6, "new": 1, "changed": 2, "unchanged": 3}
    with engine.begin() as connection:
        insert_run(connection, rows=11, refused=4, skipped=1, **outcome)


def test_what_a_run_refused_goes_with_the_run(engine: Engine) -> None:
    texts = dict.fromkeys(("rule", "column_name", "value", "message", "message_en", "owner"), "x")
    with engine.begin() as connection:
        run = insert_run(connection)
        connection.execute(insert(RefusedRow).values(run_id=run, file_row=2, **texts))
        connection.execute(delete(Run))
        assert connection.execute(select(func.count(RefusedRow.id))).scalar() == 0


def test_a_run_that_organisations_came_from_cannot_be_deleted(engine: Engine) -> None:
    with engine.begin() as connection:
        insert_organisation(connection)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(delete(Run))


# Organisations


def test_two_organisations_with_one_code_are_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        insert_organisation(connection, 1)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        insert_organisation(connection, 2, uscc=a_uscc(1))


def test_an_organisation_from_no_run_is_refused(engine: Engine) -> None:
    with pytest.raises(IntegrityError), engine.begin() as connection:
        insert_organisation(connection, run_id=999)


def test_a_source_says_one_thing_of_an_organisation(engine: Engine) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        registration(connection, organisation)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        registration(connection, organisation)


# Dated facts


@pytest.mark.parametrize("end", [TODAY, YESTERDAY], ids=["the day it starts", "the day before"])
@pytest.mark.parametrize(
    "insert_fact",
    [insert_screening, insert_covering, insert_assignment],
    ids=["screening", "covering", "assignment"],
)
def test_a_fact_that_ends_before_it_was_true_for_a_day_is_refused(
    engine: Engine, insert_fact: InsertFact, end: object
) -> None:
    with (
        pytest.raises(IntegrityError, match="ends_after_it_starts"),
        engine.begin() as connection,
    ):
        insert_fact(connection, insert_organisation(connection), from_on=TODAY, to_on=end)


@pytest.mark.parametrize("insert_fact", [insert_party_organisation, division])
def test_an_office_that_ends_before_it_starts_is_refused(
    engine: Engine, insert_fact: InsertFact
) -> None:
    with (
        pytest.raises(IntegrityError, match="ends_after_it_starts"),
        engine.begin() as connection,
    ):
        insert_fact(connection, from_on=TODAY, to_on=TODAY)


def test_an_absence_may_end_on_its_first_day_and_not_before(engine: Engine) -> None:
    with engine.begin() as connection:
        absence(connection, insert_organisation(connection), to_on=TODAY)
    with (
        pytest.raises(IntegrityError, match="ends_after_it_starts"),
        engine.begin() as connection,
    ):
        absence(connection, insert_organisation(connection), to_on=YESTERDAY)


def test_a_covering_is_alone_or_joint(engine: Engine) -> None:
    with engine.begin() as connection:
        insert_covering(connection, insert_organisation(connection), mode="joint")
    with pytest.raises(IntegrityError, match="mode_is_known"), engine.begin() as connection:
        insert_covering(connection, insert_organisation(connection), mode="both")


# One current row


def test_two_current_coverings_of_one_pair_are_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        branch = insert_party_organisation(connection)
        insert_covering(connection, organisation, branch)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        insert_covering(connection, organisation, branch, mode="joint", from_on=TODAY)


def test_an_ended_and_a_corrected_covering_may_stand_beside_the_current_one(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        branch = insert_party_organisation(connection)
        insert_covering(connection, organisation, branch, from_on=BEFORE, to_on=YESTERDAY)
        insert_covering(connection, organisation, branch, corrected_at=NOW)
        insert_covering(connection, organisation, branch)
        assert connection.execute(select(func.count(Covering.id))).scalar() == 3


def test_several_branches_may_cover_one_organisation_and_one_branch_several(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        first, second = insert_organisation(connection), insert_organisation(connection)
        branch = insert_party_organisation(connection)
        insert_covering(connection, first, branch)
        insert_covering(connection, first, mode="joint")
        insert_covering(connection, second, branch, mode="joint")


def test_two_branches_of_its_own_at_once_are_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        insert_covering(connection, organisation)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        insert_covering(connection, organisation)


def test_two_current_screenings_of_one_organisation_are_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        insert_screening(connection, organisation)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        insert_screening(connection, organisation, state="moved")


def test_a_screening_follows_an_ended_one(engine: Engine) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        insert_screening(connection, organisation, to_on=TODAY)
        insert_screening(connection, organisation, state="moved", from_on=TODAY)


def test_two_current_absences_from_one_source_are_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        absence(connection, organisation)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        absence(connection, organisation)


def test_a_code_names_one_division_at_a_time(engine: Engine) -> None:
    with engine.begin() as connection:
        division(connection, to_on=TODAY)
        division(connection, from_on=TODAY)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        division(connection, from_on=TOMORROW)


# Counts and questions


def headcount(connection: Connection, organisation: int, **values: object) -> None:
    defaults = {"source": "ledger", "counted_on": TODAY, "staff": 3, "learned_at": NOW}
    connection.execute(
        insert(Headcount).values({"organisation_id": organisation, **defaults, **values})
    )


def question(connection: Connection, organisation: int, **values: object) -> None:
    texts = dict.fromkeys(("rule", "owner", "text_zh", "text_en", "source_a", "source_b"), "x")
    times = {"on_a": TODAY, "on_b": TODAY, "asked_at": NOW, "learned_at": NOW}
    connection.execute(
        insert(Question).values({"organisation_id": organisation, **texts, **times, **values})
    )


def test_a_source_counts_an_organisation_once_a_day_but_for_corrections(engine: Engine) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        headcount(connection, organisation)
        headcount(connection, organisation, source="screening")
        headcount(connection, organisation, counted_on=YESTERDAY)
        headcount(connection, organisation, corrected_at=NOW)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        headcount(connection, organisation, staff=4)


def test_a_question_is_open_once(engine: Engine) -> None:
    with engine.begin() as connection:
        organisation = insert_organisation(connection)
        question(connection, organisation)
        question(connection, organisation, closed_at=NOW)
        question(connection, organisation, rule="y")
    with pytest.raises(IntegrityError), engine.begin() as connection:
        question(connection, organisation, figure_a=4)


def test_what_a_run_was_like_goes_with_the_run_and_is_measured_once(engine: Engine) -> None:
    with engine.begin() as connection:
        run = insert_run(connection)
        connection.execute(insert(RunMeasure).values(run_id=run, measure="located", value=0.5))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(RunMeasure).values(run_id=run, measure="located", value=0.6))
    with engine.begin() as connection:
        connection.execute(delete(Run))
        assert connection.execute(select(func.count(RunMeasure.run_id))).scalar() == 0


# No private person


def test_no_table_has_room_for_a_person() -> None:
    """Identity numbers, phones and political status have no column anywhere."""
    words = ("id_number", "identity", "phone", "mobile", "birth", "sex", "gender", "political")
    columns = [f"{t.name}.{c.name}" for t in Base.metadata.sorted_tables for c in t.columns]
    assert [c for c in columns if any(word in c for word in words)] == []
