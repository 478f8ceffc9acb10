"""A committee plans who looks after whom: who needs one, who can, and why somebody has nobody."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from factories import LONG_AGO, NORTH, SOUTH, insert_assignment
from planning_desk import DAY, EAST, WEST, PlanningDesk, left, pairs
from sqlalchemy import Engine

from liangxin import access, db, rules
from liangxin.errors import Misuse, NotPermitted
from liangxin.plans import reading


@pytest.fixture
def desk(sqlite_engine: Engine) -> PlanningDesk:
    return PlanningDesk(sqlite_engine)


def test_whoever_is_near_and_of_the_trade_looks_after_an_organisation(desk: PlanningDesk) -> None:
    trader = desk.firm(found={"industry": "商贸"})
    far = desk.firm(community_code=WEST)
    east = desk.instructor("东", community_code=EAST, sectors="商贸\n物流")
    west = desk.instructor("西", community_code=WEST)
    said = desk.instructors()
    assert pairs(said) == {trader: east, far: west}
    [first] = [each for each in said["assignments"] if each["organisation"] == trader]
    assert first["reasons"] == ["same_community", "same_sector"]
    assert first["why"] == "同一社区，同一行业"
    assert said["objective"] == said["bound"]
    assert (said["gap"], said["feasible"], said["is_optimal"]) == (0.0, True, True)
    assert "已证明" in said["proof"]


def test_only_who_counts_and_has_no_party_organisation_needs_one(desk: PlanningDesk) -> None:
    waiting = desk.firm()
    built = desk.firm(mode="alone")
    desk.instructor()
    assert set(pairs(desk.instructors())) == {waiting}
    desk.rules = replace(desk.rules, planning=replace(desk.rules.planning, built_too=True))
    assert set(pairs(desk.instructors())) == {waiting, built}


def test_a_refusal_a_tie_and_a_full_instructor_are_told_apart(desk: PlanningDesk) -> None:
    unwilling = desk.firm(found={"declines_instructor": "1"})
    tied = desk.firm()
    one, other = desk.firm(), desk.firm()
    only = desk.instructor(capacity=1)
    desk.say(only, tied, "tie")
    said = desk.instructors()
    assert len(pairs(said)) == 1
    served = next(iter(pairs(said)))
    assert served in {one, other}
    assert left(said) == {
        unwilling: "unit_declined",
        tied: "no_consent",
        ({one, other} - {served}).pop(): "no_room",
    }


def test_where_both_must_agree_only_agreed_pairs_are_planned(desk: PlanningDesk) -> None:
    agreed, asked = desk.firm(), desk.firm()
    only = desk.instructor()
    desk.rules = replace(desk.rules, planning=replace(desk.rules.planning, agreed_only=True))
    desk.say(only, agreed, "agreed")
    said = desk.instructors()
    assert pairs(said) == {agreed: only}
    assert left(said) == {asked: "no_consent"}


@pytest.mark.parametrize(
    ("capacity", "willing"),
    [pytest.param(0, True, id="none"), pytest.param(5, False, id="unwilling")],
)
def test_without_anybody_who_can_everyone_is_named_with_the_reason(
    desk: PlanningDesk, capacity: int, willing: bool
) -> None:
    firm = desk.firm()
    assert left(desk.instructors()) == {firm: "nobody"}
    desk.instructor(capacity=capacity, is_willing=willing)
    said = desk.instructors()
    assert (left(said), said["feasible"]) == ({firm: "nobody"}, True)


def test_an_empty_register_has_an_empty_plan(desk: PlanningDesk) -> None:
    said = desk.instructors()
    assert (said["assignments"], said["left"], said["gap"]) == ([], [], 0.0)


def test_loads_are_even_and_one_more_is_told_where_it_helps(desk: PlanningDesk) -> None:
    for _ in range(4):
        desk.firm()
    for _ in range(5):
        desk.firm(community_code=WEST)
    for name in "甲乙":
        desk.instructor(name, community_code=EAST, capacity=4)
    said = desk.instructors()
    assert said["loads"] == {"least": 4, "most": 4, "largest_relative": 1.0}
    assert said["one_more"]["reached"] == 1
    assert said["one_more"]["community"] == WEST


def test_what_an_instructor_has_beside_the_plan_is_taken_off(desk: PlanningDesk) -> None:
    only = desk.instructor(capacity=2)
    desk.firm(mode="alone")
    with db.writing(desk.engine) as connection:
        insert_assignment(connection, 1, only, from_on=LONG_AGO)
    one, other = desk.firm(), desk.firm()
    said = desk.instructors()
    assert len(pairs(said)) == 1
    assert set(pairs(said)) < {one, other}


def test_what_an_instructor_has_beside_the_plan_is_a_part_of_the_load(desk: PlanningDesk) -> None:
    laden, free = (desk.instructor(name, capacity=8) for name in "甲乙")
    for _ in range(6):
        number = desk.number(desk.firm(mode="alone"))
        desk.write(lambda c, n=number: insert_assignment(c, n, laden, from_on=LONG_AGO))  # type: ignore[misc]
    waiting = [desk.firm() for _ in range(6)]
    said = desk.instructors()
    assert pairs(said) == dict.fromkeys(waiting, free)
    assert said["loads"] == {"least": 6, "most": 6, "largest_relative": 6 / 8}
    shown = desk.read(lambda c: reading.shown(c, desk.actor, desk.rules, said["plan"], today=DAY))
    assert {each.id: (each.planned, each.beside, each.in_all) for each in shown.loads} == {
        laden: (0, 6, 6),
        free: (6, 0, 6),
    }


def test_of_two_who_look_after_a_planned_organisation_the_earlier_has_it_beside(
    desk: PlanningDesk,
) -> None:
    earlier, later = desk.instructor("甲"), desk.instructor("乙")
    planned, public = desk.firm(), desk.number(desk.firm(ownership="PUBLIC"))
    number = desk.number(planned)
    for who, since in ((earlier, LONG_AGO), (later, LONG_AGO + timedelta(days=1))):
        desk.write(lambda c, w=who, d=since: insert_assignment(c, number, w, from_on=d))  # type: ignore[misc]
    desk.write(lambda c: insert_assignment(c, public, later, from_on=LONG_AGO))
    said = desk.instructors()
    assert pairs(said) == {planned: later}
    shown = desk.read(lambda c: reading.shown(c, desk.actor, desk.rules, said["plan"], today=DAY))
    assert {each.id: (each.planned, each.beside) for each in shown.loads} == {
        earlier: (0, 1),
        later: (1, 0),
    }


def test_hours_of_a_large_organisation_beside_the_plan_are_its_own(desk: PlanningDesk) -> None:
    desk.rules = replace(desk.rules, planning=replace(desk.rules.planning, by_hours=True, hours=9))
    only = desk.instructor()
    large = desk.number(desk.firm(mode="alone", staff=60))
    desk.write(lambda c: insert_assignment(c, large, only, from_on=LONG_AGO))
    waiting = desk.firm(staff=5)
    said = desk.instructors()
    assert left(said) == {waiting: "too_long"}
    assert said["loads"]["largest_relative"] == 8 / 9


def test_locks_that_contradict_are_left_out_and_told(desk: PlanningDesk) -> None:
    firm, other = desk.firm(), desk.firm()
    one, two = desk.instructor("甲", capacity=1), desk.instructor("乙")
    desk.lock("must", firm, instructor=one)
    desk.lock("must", firm, instructor=two)
    desk.lock("must", other, instructor=one)
    desk.say(two, other, "tie")
    desk.lock("must", other, instructor=two)
    said = desk.instructors()
    assert pairs(said)[firm] == one
    assert other not in pairs(said)
    assert [each["lock"] for each in said["warnings"]] == [2, 3, 4]
    assert all("未采用" in each["why"] for each in said["warnings"])


def test_a_lock_to_an_organisation_in_no_plan_is_named(desk: PlanningDesk) -> None:
    desk.actor = access.local_committee(NORTH)
    who, other = desk.instructor("甲"), desk.instructor("乙", at=SOUTH)
    taken, covered, planned = desk.firm(), desk.firm(mode="alone"), desk.firm()
    desk.write(lambda c: insert_assignment(c, desk.number(taken), other, from_on=LONG_AGO))
    wanted = [desk.lock("must", code, instructor=who) for code in (taken, covered, planned)]
    desk.lock("never", covered, instructor=who)
    said = desk.instructors()
    assert left(said) == {taken: "has_other"}
    told = {each["lock"]: each["why"] for each in said["warnings"]}
    assert set(told) == set(wanted[:2])
    assert "已由本范围以外的指导员联系" in told[wanted[0]]
    assert "已有党组织覆盖" in told[wanted[1]]


def test_who_is_forbidden_by_hand_is_not_said_to_have_declined(desk: PlanningDesk) -> None:
    firm, other = desk.firm(), desk.firm()
    one, two = desk.instructor("甲"), desk.instructor("乙")
    for who in (one, two):
        desk.lock("never", firm, instructor=who)
    desk.lock("never", other, instructor=one)
    desk.say(two, other, "tie")
    said = desk.instructors()
    assert left(said) == {firm: "locked_out", other: "no_consent"}
    assert "人工禁止" in next(e["why"] for e in said["left"] if e["organisation"] == firm)


def test_the_same_register_and_seed_give_the_same_plan(desk: PlanningDesk) -> None:
    for _ in range(9):
        desk.firm()
    for name in "甲乙丙":
        desk.instructor(name)
    one, same, other = (desk.instructors(seed=seed) for seed in (4, 4, 5))
    assert pairs(one) == pairs(same)
    assert one["objective"] == other["objective"]


@pytest.mark.parametrize("seconds", [0, -1, math.nan])
def test_a_time_that_is_none_is_refused(desk: PlanningDesk, seconds: float) -> None:
    with pytest.raises(Misuse, match="--seconds"):
        desk.instructors(seconds=seconds)


def test_hours_instead_of_heads(desk: PlanningDesk) -> None:
    large, small = desk.firm(staff=60), desk.firm(staff=5)
    desk.rules = replace(desk.rules, planning=replace(desk.rules.planning, by_hours=True, hours=9))
    one, two = desk.instructor("甲"), desk.instructor("乙", hours=4)
    said = desk.instructors()
    assert pairs(said) == {large: one, small: two}


def test_a_plan_by_hours_made_again_keeps_what_it_can(desk: PlanningDesk) -> None:
    desk.rules = replace(desk.rules, planning=replace(desk.rules.planning, by_hours=True))
    firm = desk.firm()
    far = desk.instructor("甲", community_code=WEST)
    desk.in_force(desk.instructors()["plan"])
    desk.instructor("乙", community_code=EAST)
    assert pairs(desk.instructors(keep_first=True)) == {firm: far}
    again = desk.again(desk.instructors()["plan"])
    assert again["edits"] == []
    near = desk.instructors()
    assert pairs(near) != {firm: far}


def test_built_are_paired_with_not_built_where_the_rule_set_says(desk: PlanningDesk) -> None:
    desk.rules = rules.load("cn-2026.2-paired")
    built = [desk.firm(mode="alone", staff=60) for _ in range(2)]
    waiting = [desk.firm(staff=5) for _ in range(2)]
    for name in "甲乙":
        desk.instructor(name)
    said = desk.instructors()
    has = pairs(said)
    assert has.keys() == {*built, *waiting}
    assert len({has[code] for code in built}) == 2
    assert len({has[code] for code in waiting}) == 2
    assert said["warnings"] == []


@pytest.mark.parametrize("role", [access.Role.ECONOMIC_OFFICE, access.Role.LEADER])
def test_who_may_not_plan_is_told(desk: PlanningDesk, role: access.Role) -> None:
    desk.actor = access.Actor("somebody", role)
    with pytest.raises(NotPermitted):
        desk.instructors()


def test_an_organisation_without_a_sub_district_is_named(desk: PlanningDesk) -> None:
    lost = desk.firm(subdistrict_code=None, community_code=None)
    desk.instructor()
    assert left(desk.instructors()) == {lost: "not_located"}
