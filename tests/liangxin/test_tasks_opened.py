"""Tasks open by themselves from events, once each, and close when there is nothing left to ask."""

from datetime import date
from typing import Any

import pytest
from factories import (
    EARLIER_THIS_YEAR,
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    insert_assignment,
    insert_covering,
    insert_party_organisation,
    insert_run,
    insert_screening,
    insert_term,
)
from sqlalchemy import Connection, Engine, select, update
from tasking import (
    COMMITTEE,
    ECONOMIC,
    OCTOBER,
    SEPTEMBER,
    SOUTHERN,
    Office,
    an_office,
    asked,
    counted,
    found,
    joint_branch,
    missing,
    newly_registered,
    of_the_base,
    put,
)

from liangxin import db, tasks, undo
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse
from liangxin.schema import Absence, Confirmation, Headcount, Hire, PartyTerm, Question


@pytest.fixture
def office(engine: Engine) -> Office:
    return an_office(engine)


def test_a_firm_registered_after_the_first_load_is_to_be_screened(office: Office) -> None:
    office.write(newly_registered)
    assert office.run().opened == 1
    [task] = office.listed()
    assert (task.kind, task.stage, task.owner) == ("screen", "find", "community")
    assert (task.event_en, task.due_on) == ("newly registered", date(2026, 11, 25))
    assert (task.subdistrict, task.community) == ("北街道", "示例社区居委会")


def test_the_first_load_is_the_base_and_opens_nothing(office: Office) -> None:
    office.write(of_the_base)
    assert office.run() == tasks.Ran(announced=True)


@pytest.mark.parametrize(
    "what",
    [
        pytest.param({"ownership": "PUBLIC"}, id="a state firm"),
        pytest.param({"status": "4"}, id="one that is deregistered already"),
    ],
)
def test_a_new_firm_that_cannot_count_is_not_screened(office: Office, what: Any) -> None:
    office.write(lambda c: newly_registered(c, **what))
    assert office.run().opened == 0


def test_a_new_firm_that_somebody_screened_is_not_screened_again(office: Office) -> None:
    office.write(lambda c: insert_screening(c, newly_registered(c), from_on=OCTOBER))
    assert office.run().opened == 0


@pytest.mark.parametrize(
    ("where", "owner"),
    [
        pytest.param({"community_code": None}, "economic_office", id="no community known"),
        pytest.param(
            {"community_code": None, "subdistrict_code": None}, "district_office", id="no place"
        ),
    ],
)
def test_an_office_that_is_not_known_is_not_asked(office: Office, where: Any, owner: str) -> None:
    office.write(lambda c: newly_registered(c, **where))
    office.run()
    assert office.kinds() == [("screen", "find", owner)]


@pytest.mark.parametrize(("snapshots", "opened"), [(1, 0), (2, 1)])
def test_a_firm_missing_from_two_snapshots_is_to_be_screened(
    office: Office, snapshots: int, opened: int
) -> None:
    office.write(lambda c: missing(c, of_the_base(c), snapshots=snapshots))
    assert office.run().opened == opened


def test_a_missing_firm_with_a_party_organisation_is_urgent(office: Office) -> None:
    def happens(connection: Connection) -> None:
        firm = of_the_base(connection)
        insert_covering(connection, firm)
        missing(connection, firm)

    office.write(happens)
    office.run()
    [task] = office.listed()
    assert (task.urgent, task.due_on) == (True, TODAY)


def test_a_missing_firm_that_somebody_confirmed_since_is_left_alone(office: Office) -> None:
    def happens(connection: Connection) -> None:
        firm = of_the_base(connection)
        missing(connection, firm)
        put(
            connection,
            Confirmation,
            organisation_id=firm,
            confirmed_on=TODAY,
            confirmed_by="示例社区",
            learned_at=NOW,
        )

    office.write(happens)
    assert office.run().opened == 0


def test_a_suspension_that_ended_is_to_be_looked_at(office: Office) -> None:
    def happens(connection: Connection) -> None:
        for until in (OCTOBER, TODAY):
            firm = of_the_base(connection)
            insert_screening(connection, firm, state="suspended")
            found(connection, firm, "suspended_until", until.isoformat())

    office.write(happens)
    office.run()
    assert [task.event_en for task in office.listed()] == ["the filed suspension ended"]


def test_members_where_nothing_is_built_are_the_committees(office: Office) -> None:
    def happens(connection: Connection) -> None:
        counted(connection, of_the_base(connection), members=2)
        counted(connection, of_the_base(connection), members=0)
        covered, led = of_the_base(connection), of_the_base(connection)
        for firm in (covered, led):
            counted(connection, firm, members=2)
        insert_covering(connection, covered)
        insert_assignment(connection, led)

    office.write(happens)
    office.run()
    assert office.kinds() == [("reach", "form", "committee")]


def test_a_member_identified_among_new_hires_is_members_found(office: Office) -> None:
    def happens(connection: Connection) -> None:
        for identified in (OCTOBER, None):
            put(
                connection,
                Hire,
                organisation_id=of_the_base(connection),
                hired_on=SEPTEMBER,
                identified_on=identified,
                learned_at=NOW,
            )

    office.write(happens)
    office.run()
    assert office.kinds() == [("reach", "form", "committee")]


def test_a_question_is_its_owners(office: Office) -> None:
    def happens(connection: Connection) -> None:
        asked(connection, of_the_base(connection))
        asked(connection, of_the_base(connection), "committee")
        asked(connection, None)

    office.write(happens)
    office.run()
    owners = [owner for _, _, owner in office.kinds()]
    assert owners == ["economic_office", "district_office"]
    everywhere = Actor("区委两新工委", Role.COMMITTEE)
    owners = [owner for _, _, owner in office.kinds(everywhere)]
    assert owners == ["economic_office", "committee", "district_office"]


@pytest.mark.parametrize(
    ("due_on", "opened"),
    [
        pytest.param(date(2027, 5, 23), 1, id="six months from now"),
        pytest.param(date(2027, 5, 24), 0, id="a day more"),
        pytest.param(date(2026, 1, 1), 1, id="long over"),
    ],
)
def test_a_term_is_told_six_months_before_it_ends(
    office: Office, due_on: date, opened: int
) -> None:
    def happens(connection: Connection) -> None:
        party = insert_party_organisation(connection)
        insert_covering(connection, of_the_base(connection), party)
        put(
            connection,
            PartyTerm,
            party_organisation_id=party,
            level="branch",
            from_on=date(2024, 5, 1),
            due_on=due_on,
            learned_at=NOW,
        )

    office.write(happens)
    assert office.run().opened == opened
    assert all(task.name == "示例公司党支部" for task in office.listed())


def test_one_that_lost_its_last_unit_has_nothing_to_elect(office: Office) -> None:
    def happens(connection: Connection) -> None:
        party = insert_party_organisation(connection)
        insert_covering(connection, of_the_base(connection), party, to_on=OCTOBER)
        insert_term(connection, party, due_on=date(2026, 1, 1))

    office.write(happens)
    assert office.run().opened == 0


@pytest.mark.parametrize(
    ("units", "kinds"),
    [
        pytest.param([1, 1, 1], [], id="three units, three members"),
        pytest.param([1, 1, 0], ["joint_members"], id="two members"),
        pytest.param([1, None], [], id="nobody counted one unit"),
        pytest.param([1, 1, 1, 1, 1], [], id="five units"),
        pytest.param([1, 1, 1, 1, 1, 1], ["joint_units"], id="six units"),
    ],
)
def test_a_joint_branch_of_few_members_or_many_units_is_looked_at(
    office: Office, units: list[int | None], kinds: list[str]
) -> None:
    office.write(lambda c: joint_branch(c, *units))
    office.run()
    assert [task.kind for task in office.listed(COMMITTEE)] == kinds
    assert [task.kind for task in office.listed()] == [k for k in kinds if k != "joint_members"]


def test_a_ledger_is_confirmed_once_a_half_year_and_not_firm_by_firm(office: Office) -> None:
    def happens(connection: Connection) -> None:
        for _ in range(3):
            insert_screening(connection, of_the_base(connection), from_on=EARLIER_THIS_YEAR)
        fresh = of_the_base(connection, subdistrict_code=SOUTH, community_code=None)
        insert_screening(connection, fresh, from_on=OCTOBER)

    office.write(happens)
    office.run()
    [task] = office.listed()
    assert (task.kind, task.owner, task.name) == ("confirm", "economic_office", "北街道")
    office.answer("confirmed", ECONOMIC)
    assert office.run().opened == 0, "not again in this half-year"
    office.goes_on(60)
    assert office.run().opened > 0, "but in the next"


def test_a_firm_that_operates_elsewhere_is_handed_over(office: Office) -> None:
    def happens(connection: Connection) -> None:
        firm = of_the_base(connection)
        found(connection, firm, "operating_subdistrict_code", SOUTH)

    office.write(happens)
    office.run()
    assert [task.subdistrict_code for task in office.listed(ECONOMIC)] == [NORTH]
    office.answer("handed", ECONOMIC)
    assert office.listed(ECONOMIC) == []
    assert [task.stage for task in office.listed(SOUTHERN)] == ["take"]
    office.answer("refused", SOUTHERN, note="未见该公司")
    assert office.kinds() == [("hand_over", "decide", "district_office")]
    office.answer("decided", note="归南街道")
    assert office.run().opened == 0


def test_another_districts_office_is_asked_by_the_district(office: Office) -> None:
    office.write(lambda c: found(c, of_the_base(c), "operating_subdistrict_code", "999998001"))
    office.run()
    assert office.answer("handed").owner == "district_office"


def test_a_second_run_opens_nothing(office: Office) -> None:
    office.write(newly_registered)
    office.write(lambda c: asked(c, of_the_base(c)))
    assert [office.run().opened for _ in range(3)] == [2, 0, 0]


def test_two_events_of_one_firm_are_one_task(office: Office) -> None:
    office.write(lambda c: missing(c, newly_registered(c)))
    assert office.run().opened == 1


def test_what_was_answered_is_not_asked_again(office: Office) -> None:
    office.write(lambda c: counted(c, of_the_base(c), members=1))
    office.run()
    office.answer("not_yet", COMMITTEE, note="本人已退休")
    assert office.run().opened == 0
    office.write(lambda c: c.execute(update(Headcount).values(members=2)))
    assert office.run().opened == 0, "asked again, it would tell that one became two"
    office.write(lambda c: c.execute(update(Headcount).values(members=3)))
    assert office.run().opened == 1, "three members are another matter"


def test_what_the_register_closed_by_itself_is_asked_again_if_it_comes_back(
    office: Office,
) -> None:
    absence = office.write(lambda c: missing(c, of_the_base(c)))
    office.run()
    back = update(Absence).where(Absence.id == absence)
    office.write(lambda c: c.execute(back.values(to_on=TODAY)))
    assert office.run().closed == 1
    office.write(lambda c: c.execute(back.values(to_on=None)))
    assert office.run().opened == 1


def test_a_firm_that_is_back_closes_its_task(office: Office) -> None:
    absence = office.write(lambda c: missing(c, of_the_base(c)))
    office.run()
    office.write(
        lambda c: c.execute(update(Absence).where(Absence.id == absence).values(to_on=TODAY))
    )
    assert office.run().closed == 1
    assert office.steps() == [("opened", None, "register"), ("closed", None, "register")]
    assert office.listed() == []


def test_an_instructor_who_was_sent_closes_the_task(office: Office) -> None:
    firm = office.write(of_the_base)
    office.write(lambda c: counted(c, firm, members=1))
    office.run()
    office.write(lambda c: insert_assignment(c, firm))
    assert office.run().closed == 1


def test_a_question_that_is_closed_closes_its_task(office: Office) -> None:
    office.write(lambda c: asked(c, of_the_base(c)))
    office.run()
    office.write(lambda c: c.execute(update(Question).values(closed_at=NOW, closed_by="register")))
    assert office.run().closed == 1


def test_an_answer_to_its_task_answers_the_question(office: Office) -> None:
    office.write(lambda c: asked(c, of_the_base(c)))
    office.run()
    with pytest.raises(Misuse, match="--note"):
        office.answer("answered", ECONOMIC)
    office.answer("answered", ECONOMIC, note="台账为准")
    with db.reading(office.engine) as connection:
        question = connection.execute(select(Question.answer, Question.closed_by)).one()
    assert tuple(question) == ("台账为准", ECONOMIC.name)
    assert office.run() == tasks.Ran()


# What a run that is taken back does to them.


def test_a_run_that_is_undone_takes_its_unanswered_tasks_along(office: Office) -> None:
    run = office.write(lambda c: insert_run(c, as_of=OCTOBER))
    office.write(lambda c: newly_registered(c, run_id=run))
    office.run()
    office.write(lambda c: undo.undo(c, run, now=NOW))
    assert office.listed() == []
    assert office.steps() == []


def test_a_run_whose_task_somebody_answered_is_not_undone(office: Office) -> None:
    run = office.write(lambda c: insert_run(c, as_of=OCTOBER))
    office.write(lambda c: newly_registered(c, run_id=run))
    office.run()
    office.answer("operating")
    with pytest.raises(Misuse, match="1 answered tasks"):
        office.write(lambda c: undo.undo(c, run, now=NOW))


def test_tasks_are_read_by_grid(office: Office) -> None:
    def two_firms(connection: Connection) -> None:
        first, _second = newly_registered(connection), newly_registered(connection)
        found(connection, first, "grid_code", f"{NORTH}00107")

    office.write(two_firms)
    office.run()
    assert len(office.listed()) == 2
    with db.reading(office.engine) as connection:
        mine = tasks.listed(connection, LOCAL, today=TODAY, grid_code=f"{NORTH}00107")
        none = tasks.listed(connection, LOCAL, today=TODAY, grid_code=f"{NORTH}00108")
    assert len(mine) == 1
    assert none == []
