"""Figures that disagree become a question for their owner: asked once, answered or settled, never lost."""

from dataclasses import astuple
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    a_uscc,
    insert_assignment,
    insert_organisation,
    insert_run,
    insert_screening,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from liangxin import counting, db, questions, rules
from liangxin.access import LOCAL, Actor, Role
from liangxin.counting import COUNTS, Recorded
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.questions import NewQuestion, OpenQuestion
from liangxin.schema import Headcount, Question

RULES = rules.load()
MARCH, JUNE, SEPTEMBER = date(2022, 3, 31), date(2022, 6, 30), date(2022, 9, 30)
LATER, LATEST = NOW + timedelta(days=1), NOW + timedelta(days=2)

ECONOMIC_OFFICE = Actor("北街道经济办", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
COMMITTEE = Actor("北街道党委", Role.COMMITTEE, frozenset({NORTH}))


def counted(n: int, source: str, on: date, **counts: int | None) -> dict[str, Any]:
    return {"uscc": a_uscc(n), "source": source, "counted_on": on, **counts}


def record(
    engine: Engine, *facts: dict[str, Any], now: datetime = NOW, run_id: int | None = None
) -> Recorded:
    frame = pl.DataFrame(facts, infer_schema_length=None)
    with db.writing(engine) as connection:
        return counting.record_headcounts(connection, frame, RULES, now=now, run_id=run_id)


def asked(engine: Engine, actor: Actor = LOCAL) -> list[OpenQuestion]:
    with db.reading(engine) as connection:
        return questions.open_questions(connection, actor)


def answer(engine: Engine, question: int, actor: Actor = LOCAL, said: str = "已核实") -> None:
    with db.writing(engine) as connection:
        questions.close(connection, actor, question, answer=said, now=LATER)


def all_of(engine: Engine, table: type[Any]) -> list[Any]:
    with db.reading(engine) as connection:
        return list(connection.execute(select(table.__table__).order_by(table.id)))


@pytest.fixture
def firms(engine: Engine) -> Engine:
    """Firms 1 and 2 in the north, 3 in the south, 4 nowhere."""
    with db.writing(engine) as connection:
        for code in (NORTH, NORTH, SOUTH, None):
            insert_organisation(connection, subdistrict_code=code)
    return engine


# Figures are kept.


def test_each_source_keeps_its_own_figure_of_each_day(firms: Engine) -> None:
    said = record(
        firms,
        counted(1, "ledger", MARCH, staff=9, members=2),
        counted(1, "ledger", JUNE, staff=10, members=2),
        counted(1, "screening", JUNE, staff=11, members=None),
        counted(2, "ledger", JUNE, staff=3, members=0),
    )
    assert said == Recorded(new=4)
    rows = all_of(firms, Headcount)
    assert [(r.organisation_id, r.source, r.counted_on, r.staff, r.members) for r in rows] == [
        (1, "ledger", MARCH, 9, 2),
        (1, "ledger", JUNE, 10, 2),
        (1, "screening", JUNE, 11, None),
        (2, "ledger", JUNE, 3, 0),
    ]
    assert {(r.corrected_at, r.run_id) for r in rows} == {(None, None)}


def test_the_same_figures_again_are_no_work(firms: Engine) -> None:
    facts = [counted(1, "ledger", JUNE, staff=9), counted(2, "ledger", JUNE, staff=3)]
    record(firms, *facts)
    before = all_of(firms, Headcount)
    assert record(firms, *facts, now=LATER) == Recorded(unchanged=2)
    assert all_of(firms, Headcount) == before


def test_another_figure_of_the_same_day_corrects_and_the_old_one_stays(firms: Engine) -> None:
    record(firms, counted(1, "ledger", JUNE, staff=9, members=2))
    assert record(firms, counted(1, "ledger", JUNE, staff=8), now=LATER) == Recorded(corrected=1)
    old, new = all_of(firms, Headcount)
    assert (old.staff, old.corrected_at is not None) == (9, True)
    # What it leaves empty erases nothing.
    assert (new.staff, new.members, new.corrected_at) == (8, 2, None)


def test_a_figure_names_the_run_that_read_it(firms: Engine) -> None:
    with db.writing(firms) as connection:
        run = insert_run(connection)
    record(firms, counted(1, "ledger", JUNE, staff=2, members=5), run_id=run)
    assert [row.run_id for row in all_of(firms, Headcount)] == [run]
    assert [row.run_id for row in all_of(firms, Question)] == [run]


def test_who_is_not_in_the_register_is_named(firms: Engine) -> None:
    with pytest.raises(NotFound, match=a_uscc(9)):
        record(firms, counted(1, "ledger", JUNE, staff=1), counted(9, "ledger", JUNE, staff=1))
    assert all_of(firms, Headcount) == []


def test_a_list_of_instructors_is_no_source(firms: Engine) -> None:
    with pytest.raises(Misuse, match="'instructors' is no source"):
        record(firms, counted(1, "instructors", JUNE, members=1))


def test_an_assigned_instructor_changes_no_count(firms: Engine) -> None:
    record(firms, counted(1, "ledger", JUNE, staff=3, members=1))
    with db.writing(firms) as connection:
        insert_assignment(connection, 1)
        assert counting.compare(connection, [1], RULES, now=LATER) == (0, 0)
        figures = counting.figures_of(connection, [1])
    assert [figure.members for figure in figures[1]] == [1]


# Questions are asked once, and close.


def test_a_disagreement_is_asked_with_both_figures_and_both_sources(firms: Engine) -> None:
    said = record(firms, counted(1, "ledger", JUNE, staff=20), counted(1, "roster", MARCH, staff=7))
    assert (said.new, said.asked) == (2, 1)
    [question] = asked(firms)
    assert question.zh == (
        "从业人员数不一致：台账（2022-06-30）为 20，花名册（2022-03-31）有 7 行。请核实花名册是否齐全。"
    )
    assert question.en == (
        "staff differ: the ledger (2022-06-30) gives 20, the roster (2022-03-31) has 7 rows; "
        "check whether the roster is complete."
    )
    assert (question.uscc, question.owner) == (a_uscc(1), Role.ECONOMIC_OFFICE)
    assert astuple(question)[7:13] == ("20", "ledger", JUNE, "7", "roster", MARCH)


def test_the_same_question_is_not_asked_twice(firms: Engine) -> None:
    facts = [counted(1, "ledger", JUNE, staff=20), counted(1, "roster", JUNE, staff=7)]
    record(firms, *facts)
    before = all_of(firms, Question)
    assert record(firms, *facts, now=LATER).asked == 0
    # Next month's ledger says the same.
    assert record(firms, counted(1, "ledger", SEPTEMBER, staff=20), now=LATEST).asked == 0
    assert all_of(firms, Question) == before


def test_a_question_closes_by_itself_when_the_figures_agree_again(firms: Engine) -> None:
    record(firms, counted(1, "ledger", JUNE, staff=20), counted(1, "roster", MARCH, staff=7))
    said = record(firms, counted(1, "roster", JUNE, staff=19), now=LATER)
    assert (said.asked, said.closed) == (0, 1)
    assert asked(firms) == []
    [row] = all_of(firms, Question)
    assert (row.closed_by, row.answer) == ("register", questions.AGREE)
    # And is asked anew when they part once more, with the same figures even.
    record(firms, counted(1, "roster", SEPTEMBER, staff=7), now=LATEST)
    assert len(asked(firms)) == 1


def test_a_question_whose_figures_moved_keeps_the_day_it_was_first_asked(firms: Engine) -> None:
    record(firms, counted(1, "ledger", JUNE, staff=20), counted(1, "roster", JUNE, staff=7))
    [first] = asked(firms)
    assert record(firms, counted(1, "roster", SEPTEMBER, staff=8), now=LATER).asked == 1
    [now] = asked(firms)
    assert (now.figure_b, now.on_b) == ("8", SEPTEMBER)
    assert now.asked_at == first.asked_at
    old, new = all_of(firms, Question)
    assert (old.answer, old.figure_b) == (questions.MOVED, 7)
    assert new.learned_at > new.asked_at


def test_what_a_person_answered_is_asked_again_only_when_the_figures_move(firms: Engine) -> None:
    record(firms, counted(1, "ledger", JUNE, staff=20), counted(1, "roster", JUNE, staff=7))
    answer(firms, asked(firms)[0].id, ECONOMIC_OFFICE, " 季节工，两处都对 ")
    [row] = all_of(firms, Question)
    assert (row.closed_by, row.answer) == ("北街道经济办", "季节工，两处都对")
    assert record(firms, counted(1, "ledger", SEPTEMBER, staff=20), now=LATER).asked == 0
    assert asked(firms) == []
    assert record(firms, counted(1, "roster", SEPTEMBER, staff=6), now=LATEST).asked == 1


def test_a_screening_that_finds_it_operating_asks_for_staff(firms: Engine) -> None:
    record(firms, counted(1, "ledger", JUNE, staff=0))
    assert asked(firms) == []
    with db.writing(firms) as connection:
        insert_screening(connection, 1, from_on=LONG_AGO)
        assert counting.compare(connection, [1], RULES, now=LATER) == (1, 0)
    [question] = asked(firms)
    assert (question.rule, question.figure_a) == ("operating_has_staff", "0")
    with db.writing(firms) as connection:
        connection.execute(delete(insert_table("screening")))
        assert counting.compare(connection, [1], RULES, now=LATEST) == (0, 1)


def insert_table(name: str) -> Any:
    return Question.metadata.tables[name]


def test_staff_nobody_gives_is_said_to_be_missing(firms: Engine) -> None:
    with db.writing(firms) as connection:
        insert_screening(connection, 1, from_on=LONG_AGO)
    record(firms, counted(1, "social_insurance", JUNE, insured=3))
    [question] = asked(firms)
    assert "社保（2022-06-30）的从业人员数为未填" in question.zh
    assert "gives nothing as its staff" in question.en


# Who sees what.


@pytest.fixture
def everywhere(firms: Engine) -> Engine:
    """About staff and about members, in the north, in the south and nowhere."""
    for n in (1, 3, 4):
        record(
            firms,
            counted(n, "ledger", JUNE, staff=1, members=2),
            counted(n, "roster", JUNE, staff=30, members=None),
        )
    return firms


def seen(engine: Engine, actor: Actor) -> set[tuple[str | None, str]]:
    return {(each.uscc, each.owner) for each in asked(engine, actor)}


def test_an_actor_sees_the_questions_of_its_role_in_its_sub_districts(everywhere: Engine) -> None:
    assert seen(everywhere, ECONOMIC_OFFICE) == {(a_uscc(1), "economic_office")}
    assert seen(everywhere, COMMITTEE) == {(a_uscc(1), "committee")}
    south = Actor("南镇经济办", Role.ECONOMIC_OFFICE, frozenset({SOUTH}))
    assert seen(everywhere, south) == {(a_uscc(3), "economic_office")}
    community = Actor("社区", Role.COMMUNITY, frozenset({NORTH}))
    assert seen(everywhere, community) == set()
    assert len(seen(everywhere, LOCAL)) == 3
    assert len(seen(everywhere, Actor("党建办", Role.COMMITTEE))) == 3
    with pytest.raises(NotPermitted):
        asked(everywhere, Actor("领导", Role.LEADER))


def test_what_is_about_members_is_asked_of_the_committee_alone(everywhere: Engine) -> None:
    [own] = asked(everywhere, COMMITTEE)
    assert (own.figure_a, own.figure_b) == ("2", "1")
    assert "党员 2 人" in own.zh
    # That it is asked at all tells two members from one where one person works.
    assert {each.owner for each in asked(everywhere)} == {Role.ECONOMIC_OFFICE}
    assert {each.figure_a for each in asked(everywhere)} == {"1"}


def test_what_is_out_of_scope_cannot_be_answered_and_looks_as_if_it_were_not_there(
    everywhere: Engine,
) -> None:
    south = next(each for each in asked(everywhere) if each.uscc == a_uscc(3))
    members = next(each for each in asked(everywhere, COMMITTEE))
    for question, actor in (
        (south.id, ECONOMIC_OFFICE),
        (members.id, ECONOMIC_OFFICE),
        (members.id, LOCAL),
        (999, LOCAL),
    ):
        with pytest.raises(NotFound, match=str(question)):
            answer(everywhere, question, actor)
    assert len(asked(everywhere)) == 3
    assert asked(everywhere, COMMITTEE) == [members]


def test_a_question_is_answered_once_and_with_words(everywhere: Engine) -> None:
    [question] = asked(everywhere, ECONOMIC_OFFICE)
    with pytest.raises(Misuse):
        answer(everywhere, question.id, ECONOMIC_OFFICE, "  ")
    answer(everywhere, question.id, ECONOMIC_OFFICE)
    with pytest.raises(NotFound):
        answer(everywhere, question.id, ECONOMIC_OFFICE)


def test_a_question_about_a_run_is_asked_once_a_run_and_shown_to_the_district_alone(
    firms: Engine,
) -> None:
    about = NewQuestion(
        None, "rows", "district_office", "{a} 行", "{a} rows", 1, "run", JUNE, 2, "run", MARCH
    )
    with db.writing(firms) as connection:
        runs = [insert_run(connection), insert_run(connection)]
        found = [
            questions.ask(connection, [about], now=NOW, run_id=run) for run in (*runs, runs[0])
        ]
    assert found == [1, 1, 0]
    assert [(each.uscc, each.zh) for each in asked(firms)] == [(None, "1 行"), (None, "1 行")]
    here = Actor("区", Role.DISTRICT_OFFICE, frozenset({NORTH}))
    assert asked(firms, here) == []


# Always.


@given(
    st.lists(
        st.tuples(
            st.integers(1, 2),
            st.sampled_from(["ledger", "roster", "screening"]),
            st.sampled_from([MARCH, JUNE, SEPTEMBER]),
            st.integers(0, 60),
            st.integers(0, 9),
        ),
        max_size=8,
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_open_is_what_disagrees_however_the_figures_came(
    sqlite_firms: Engine, told: list[tuple[int, str, date, int, int]]
) -> None:
    with db.writing(sqlite_firms) as connection:
        connection.execute(delete(Question))
        connection.execute(delete(Headcount))
    for minute, (n, source, on, staff, members) in enumerate(told):
        fact = counted(n, source, on, staff=staff, members=members)
        record(sqlite_firms, fact, now=NOW + timedelta(minutes=minute))
    with db.writing(sqlite_firms) as connection:
        assert counting.compare(connection, [1, 2], RULES, now=LATEST) == (0, 0)
        figures = counting.figures_of(connection, [1, 2])
    last = {(n, source, on): (staff, members) for n, source, on, staff, members in told}
    kept = {
        (n, each.source, each.counted_on): (each.staff, each.members)
        for n, some in figures.items()
        for each in some
    }
    assert kept == last
    open_now = [row for row in all_of(sqlite_firms, Question) if row.closed_at is None]
    expected = {
        (n, each.rule, each.figure_a, each.figure_b)
        for n, some in figures.items()
        for each in counting.headcount.disagreements(some, operating=False, rules=RULES.headcount)
    }
    assert {(r.organisation_id, r.rule, r.figure_a, r.figure_b) for r in open_now} == expected


@pytest.fixture
def sqlite_firms(sqlite_engine: Engine) -> Engine:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection)
        insert_organisation(connection)
    return sqlite_engine


def test_every_count_of_a_figure_has_a_column() -> None:
    assert set(COUNTS) <= set(Headcount.__table__.columns.keys())
