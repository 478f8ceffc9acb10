"""A plan of instructors is edited, approved, comes into force as dated assignments, and is replaced."""

from datetime import timedelta

import pytest
from factories import LONG_AGO, NORTH, SOUTH, insert_assignment
from planning_desk import DAY, EAST, LATER, WEST, PlanningDesk, left, pairs
from sqlalchemy import Engine

from liangxin import access, db
from liangxin.errors import Misuse, NotFound
from liangxin.plans import kept


@pytest.fixture
def desk(engine: Engine) -> PlanningDesk:
    return PlanningDesk(engine)


def test_what_was_said_can_be_taken_back(desk: PlanningDesk) -> None:
    firm, only = desk.firm(), desk.instructor()
    for word in ("tie", "person_declined", "organisation_declined"):
        desk.say(only, firm, word)
        assert left(desk.instructors()) == {firm: "no_consent"}
    desk.say(only, firm, "nothing", on=DAY)
    assert pairs(desk.instructors()) == {firm: only}


def test_a_sub_districts_committee_plans_its_own_and_leaves_who_is_looked_after(
    desk: PlanningDesk,
) -> None:
    own, south = desk.firm(), desk.firm(subdistrict_code=SOUTH, community_code=None)
    taken = desk.firm()
    here, there = desk.instructor("北"), desk.instructor("南", at=SOUTH, is_district_wide=True)
    with db.writing(desk.engine) as connection:
        insert_assignment(connection, 3, there, from_on=LONG_AGO)
    desk.actor = access.local_committee(NORTH)
    said = desk.instructors()
    assert pairs(said) == {own: here}
    assert left(said) == {taken: "has_other"}
    assert south not in pairs(said)


def test_an_approved_plan_begins_keeps_and_ends_assignments(desk: PlanningDesk) -> None:
    before = DAY - timedelta(days=100)
    near, far = desk.firm(), desk.firm(community_code=WEST)
    east = desk.instructor("东", community_code=EAST, capacity=1)
    west = desk.instructor("西", community_code=WEST, capacity=1)
    with db.writing(desk.engine) as connection:
        insert_assignment(connection, 1, east, from_on=before)
        insert_assignment(connection, 2, east, from_on=before)
    said = desk.instructors()
    assert pairs(said) == {near: east, far: west}
    [change] = said["changes"]
    assert (change["organisation"], change["was"], change["now"]) == (far, east, west)
    assert change["reason"] == "reach"
    done = desk.in_force(said["plan"])
    assert (done.begun, done.ended, done.unchanged) == (1, 1, 1)
    assert desk.assigned() == {
        (near, east, before, None),
        (far, east, before, DAY),
        (far, west, DAY, None),
    }
    following = desk.instructors(on=LATER)
    assert following["changes"] == []
    assert following["kept_share"] == 1.0
    desk.in_force(following["plan"], on=LATER)
    states = {row.id: row.state for row in desk.read(lambda c: kept.listed(c, desk.actor))}
    assert states == {said["plan"]: "replaced", following["plan"]: "in_force"}


def test_who_loses_an_instructor_and_gets_none_has_none_from_that_day(desk: PlanningDesk) -> None:
    firm, only = desk.firm(), desk.instructor()
    desk.in_force(desk.instructors()["plan"])
    desk.say(only, firm, "person_declined", on=LATER)
    said = desk.instructors(on=LATER)
    assert [change["reason"] for change in said["changes"]] == ["person_declined"]
    desk.in_force(said["plan"], on=LATER)
    assert desk.assigned() == {(firm, only, DAY, LATER)}


def test_an_edit_by_hand_stays_and_the_rest_is_kept(desk: PlanningDesk) -> None:
    firms = [desk.firm(community_code=place) for place in (EAST, EAST, WEST, WEST)]
    east = desk.instructor("东", community_code=EAST)
    west = desk.instructor("西", community_code=WEST)
    said = desk.instructors()
    lock = desk.lock("must", firms[0], instructor=west)
    assert lock == desk.lock("must", firms[0], instructor=west)
    again = desk.again(said["plan"])
    assert pairs(again)[firms[0]] == west
    changed = {each["organisation"]: each["reason"] for each in again["edits"]}
    assert changed.pop(firms[0]) == "locked"
    assert len(changed) <= 1  # one moves the other way, so that loads stay even
    assert again["loads"]["most"] == 2
    [first] = [each for each in again["assignments"] if each["organisation"] == firms[0]]
    assert "locked" in first["reasons"]
    desk.unlock(lock)
    desk.lock("never", firms[2], instructor=west)
    assert pairs(desk.instructors())[firms[2]] == east


def test_a_plan_that_no_longer_fits_is_not_approved_and_says_what_to_do(desk: PlanningDesk) -> None:
    firm, only = desk.firm(), desk.instructor()
    number = desk.instructors()["plan"]
    desk.say(only, firm, "tie", on=DAY)
    with pytest.raises(Misuse, match=f"plan again {number}"):
        desk.approve(number)
    desk.say(only, firm, "nothing", on=DAY)
    desk.approve(number)
    desk.say(only, firm, "organisation_declined", on=DAY)
    with pytest.raises(Misuse, match="单位不同意"):
        desk.apply(number)
    assert desk.assigned() == set()


def test_a_plan_goes_step_by_step(desk: PlanningDesk) -> None:
    desk.firm()
    desk.instructor()
    number = desk.instructors()["plan"]
    with pytest.raises(Misuse, match="已批准"):
        desk.apply(number)
    newer = desk.instructors()["plan"]
    with pytest.raises(Misuse, match="已作废"):
        desk.approve(number)
    desk.approve(newer)
    with pytest.raises(Misuse, match="拟定"):
        desk.approve(newer)
    desk.apply(newer)
    with pytest.raises(Misuse, match="现行"):
        desk.drop(newer)
    with pytest.raises(NotFound):
        desk.approve(99)


def test_a_plan_does_not_come_into_force_before_what_follows_it(desk: PlanningDesk) -> None:
    desk.firm()
    only = desk.instructor()
    number = desk.instructors()["plan"]
    desk.approve(number)
    with db.writing(desk.engine) as connection:
        insert_assignment(connection, 1, only, from_on=DAY + timedelta(days=3))
    with pytest.raises(Misuse, match="之后另有选派"):
        desk.apply(number)


def test_a_plan_of_another_sub_district_is_not_found(desk: PlanningDesk) -> None:
    desk.firm()
    desk.instructor()
    desk.actor = access.local_committee(NORTH)
    number = desk.instructors()["plan"]
    desk.actor = access.local_committee(SOUTH)
    for step in (desk.approve, desk.drop, desk.again):
        with pytest.raises(NotFound):
            step(number)
    with pytest.raises(NotFound):
        desk.lock("alone", "91999999000000000X")
    assert desk.read(lambda c: kept.listed(c, desk.actor)) == []
