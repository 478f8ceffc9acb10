"""Open tasks go where their organisation went, and nobody else is told of it."""

from typing import Any

import pytest
from factories import NORTH, SOUTH, TODAY, insert_assignment, insert_screening
from sqlalchemy import Connection, Engine, select, update
from tasking import (
    COMMITTEE,
    COMMUNITY_CODE,
    ECONOMIC,
    OCTOBER,
    SOUTHERN,
    Office,
    an_office,
    asked,
    counted,
    found,
    newly_registered,
    of_the_base,
)

from liangxin import db
from liangxin.access import Actor, Role
from liangxin.schema import Assignment, Finding, Organisation, Task

SOUTHERN_COMMITTEE = Actor("南镇党建办", Role.COMMITTEE, frozenset({SOUTH}))
EAST = "999999003"


@pytest.fixture
def office(engine: Engine) -> Office:
    return an_office(engine)


def moves(office: Office, organisation: int = 1, **to: Any) -> None:
    """A firm is registered elsewhere from today on."""
    place = {"subdistrict_code": SOUTH, "community_code": None} | to

    def move(connection: Connection) -> None:
        mine = update(Organisation).where(Organisation.id == organisation)
        connection.execute(mine.values(**place))

    office.write(move)


def with_members(office: Office) -> None:
    def add(connection: Connection) -> None:
        firm = of_the_base(connection)
        insert_screening(connection, firm, from_on=OCTOBER)
        counted(connection, firm, full_members=4, members=4)

    office.write(add)


def test_a_task_about_members_goes_with_the_firm_and_the_office_before_hears_no_more(
    office: Office,
) -> None:
    with_members(office)
    office.run()
    assert [each[0] for each in office.kinds(COMMITTEE)] != []
    office.goes_on()
    moves(office)
    assert office.run().handed_on == len(office.kinds(SOUTHERN_COMMITTEE)) > 0
    assert office.kinds(COMMITTEE) == []
    task = office.listed(SOUTHERN_COMMITTEE)[0]
    assert (task.subdistrict, task.due_on > office.today) == ("南街道", True)
    assert office.run().handed_on == 0


def test_the_office_it_comes_to_has_its_days_anew_and_is_chased_by_itself(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    office.goes_on(7)
    office.run()
    assert office.told() == ["chased"]
    moves(office)
    office.run()
    [task] = office.listed(SOUTHERN)
    assert (task.owner, task.due_on > office.today) == ("economic_office", True)
    office.goes_on(4)
    office.run()
    assert office.told() == ["chased", "chased"]


def test_another_community_s_worker_goes_there(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    moves(office, subdistrict_code=NORTH, community_code=f"{NORTH}002")
    assert office.run().handed_on == 1
    office.write(lambda c: c.execute(update(Organisation).values(community_code=COMMUNITY_CODE)))
    assert office.run().handed_on == 1


def test_within_an_office_nothing_is_handed_on_and_its_days_stay(office: Office) -> None:
    with_members(office)
    office.run()
    before = {task.id: task.due_on for task in office.listed()}
    office.goes_on()
    moves(office, subdistrict_code=NORTH, community_code=f"{NORTH}002")
    assert office.run().handed_on == 0
    assert {task.id: task.due_on for task in office.listed()} == before
    with db.reading(office.engine) as connection:
        assert set(connection.execute(select(Task.community_code)).scalars()) == {f"{NORTH}002"}


def test_what_is_being_formed_goes_with_the_firm_though_its_event_is_long_gone(
    office: Office,
) -> None:
    office.write(newly_registered)
    office.run()
    office.answer("operating")
    office.write(lambda c: insert_screening(c, 1, from_on=OCTOBER))
    office.answer("recorded")
    assert office.kinds(COMMITTEE) == [("screen", "form", "committee")]
    moves(office)
    assert office.run().handed_on == 1
    assert office.kinds(COMMITTEE) == []
    assert office.kinds(SOUTHERN_COMMITTEE) == [("screen", "form", "committee")]


def test_a_question_stays_whose_it_is(office: Office) -> None:
    office.write(of_the_base)
    office.write(lambda c: asked(c, 1, owner="district_office"))
    office.run()
    moves(office)
    office.run()
    assert [task.owner for task in office.listed() if task.kind == "question"] == [
        "district_office"
    ]


def test_whoever_hands_over_hands_to_where_it_operates_today(office: Office) -> None:
    office.write(lambda c: insert_screening(c, of_the_base(c), from_on=OCTOBER))
    office.write(lambda c: found(c, 1, "operating_subdistrict_code", SOUTH))
    office.run()
    assert office.kinds(ECONOMIC) == [("hand_over", "hand", "economic_office")]
    office.goes_on()
    office.write(lambda c: c.execute(update(Finding).values(value=EAST)))
    office.run()
    office.answer("handed", ECONOMIC)
    with db.reading(office.engine) as connection:
        assert connection.execute(select(Task.subdistrict_code, Task.stage)).all() == [
            (EAST, "take")
        ]
    office.answer("taken")
    office.goes_on()
    assert office.run().opened == 0


def test_a_matter_that_comes_back_is_not_put_to_leaders_again(office: Office) -> None:
    with_members(office)
    for days in (14, 1, 1):
        office.run()
        office.goes_on(days)
    first = office.told().count("escalated")
    assert first > 0
    office.write(lambda c: insert_assignment(c, 1, from_on=TODAY))
    office.run()
    office.write(lambda c: c.execute(update(Assignment).values(to_on=office.today)))
    for days in (14, 1, 1):
        office.run()
        office.goes_on(days)
    assert office.told().count("escalated") == first
    assert office.told().count("chased") > first
