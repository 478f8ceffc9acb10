"""A committee plans joint branches of the register: who is asked, who has room, and what is formed."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    insert_assignment,
    insert_covering,
    insert_party_organisation,
    insert_place,
)
from planning_desk import DAY, EAST, LATER, WEST, PlanningDesk, groups, left
from sqlalchemy import Connection, Engine, select, update

from liangxin import access, chains, db, party, tasks, views
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.plans import kept, reading
from liangxin.schema import Organisation, PartyOrganisation, Task


@pytest.fixture
def desk(sqlite_engine: Engine) -> PlanningDesk:
    return PlanningDesk(sqlite_engine)


@pytest.fixture
def either(engine: Engine) -> PlanningDesk:
    return PlanningDesk(engine)


def a_joint_branch(desk: PlanningDesk, *members: int) -> tuple[int, list[str]]:
    """The number of a joint branch there is, and the codes of its units."""
    codes = [desk.firm(full_members=count, members=count) for count in members]
    first, *others = [desk.number(code) for code in codes]
    with db.writing(desk.engine) as connection:
        branch = insert_party_organisation(
            connection,
            name="示例第1联合党支部",
            level="joint_branch",
            mode="joint",
            from_on=LONG_AGO,
        )
        for number in (first, *others):
            insert_covering(connection, number, branch, mode="joint", from_on=LONG_AGO)
    return branch, codes


def members(count: int, **more: object) -> dict[str, object]:
    return {"full_members": count, "members": count, **more}


def test_organisations_of_few_members_form_one_where_they_are_near(desk: PlanningDesk) -> None:
    east = {desk.firm(**members(1)) for _ in range(3)}
    west = {desk.firm(**members(2, community_code=WEST)) for _ in range(2)}
    said = desk.branches()
    assert sorted(map(sorted, groups(said))) == sorted(map(sorted, [east, west]))
    first = next(each for each in said["groups"] if set(each["units"]) == east)
    assert (first["full_members"], first["secretary_candidates"], first["joins"]) == (3, 3, None)
    assert "正式党员 3 人，不少于 3 人" in first["satisfies"]
    assert (said["objective"], said["gap"], said["is_optimal"]) == (said["bound"], 0.0, True)


def test_a_page_and_a_command_say_of_which_groups_a_plan_is_the_best(desk: PlanningDesk) -> None:
    for n in range(11):
        desk.firm(**members(1 + n % 2))
    every = desk.branches()
    assert every["is_over_all"]
    near = desk.read(lambda c: reading.shown(c, desk.actor, desk.rules, every["plan"], today=DAY))
    assert near.nearness.zh == "已证明没有更好的方案（全部可能都已比较）"
    desk.firm(**members(2))
    cut = desk.branches()
    assert (cut["is_optimal"], cut["is_over_all"]) == (True, False)
    assert "最近的 10 个" in cut["candidate_rule_zh"]
    near = desk.read(lambda c: reading.shown(c, desk.actor, desk.rules, cut["plan"], today=DAY))
    assert near.nearness.en == "proven best of its candidates"
    assert "候选之外的组合没有比较" in near.plan.says


def test_whoever_could_form_its_own_is_left_to_do_so_unless_it_is_known_to_be_unable(
    desk: PlanningDesk,
) -> None:
    own = desk.firm(**members(3))
    unable = desk.firm(**members(4), found={"unbuilt_reason": "没有合适的书记人选"})
    few = desk.firm(**members(1))
    declined = desk.firm(**members(1), found={"declined": "1"})
    for none in (desk.firm(), desk.firm(full_members=None, members=None)):
        assert none not in left(desk.branches())
    said = desk.branches()
    assert groups(said) == [{unable, few}]
    assert left(said) == {own: "own_branch", declined: "declined"}
    assert said["members_unknown"] == 1


def test_whoever_answered_that_it_is_not_yet_possible_is_planned_until_the_answer_is_another(
    desk: PlanningDesk,
) -> None:
    able = desk.firm(**members(3))
    few = desk.firm(**members(1))

    def answers(said: str, on: date) -> None:
        def write(connection: Connection) -> None:
            tasks.run(connection, desk.rules, on, NOW)
            query = select(Task.id).where(
                Task.organisation_id == desk_id,
                Task.kind.in_(("build", "reach")),
                Task.closed_at.is_(None),
            )
            number = connection.execute(query).scalar_one()
            tasks.answer(
                connection, desk.actor, number, said, note="x", rules=desk.rules, today=on, now=NOW
            )

        desk_id = desk.number(able)
        desk.write(write)

    assert left(desk.branches()) == {able: "own_branch", few: "no_neighbour"}
    answers("not_yet", DAY)
    assert left(desk.branches(on=DAY - timedelta(days=1)))[able] == "own_branch"
    assert groups(desk.branches()) == [{able, few}]
    who = desk.instructor(capacity=5)
    desk.write(lambda c: insert_assignment(c, desk.number(able), who, from_on=LATER))
    answers("planned", LATER)
    assert groups(desk.branches()) == [{able, few}]
    assert left(desk.branches(on=LATER))[able] == "own_branch"


def test_a_branch_with_room_takes_who_is_near_before_a_new_one_is_formed(
    desk: PlanningDesk,
) -> None:
    branch, _ = a_joint_branch(desk, 2, 2)
    full, _ = a_joint_branch(desk, 1, 1, 1, 1, 1)
    one = desk.firm(**members(1))
    said = desk.branches()
    assert groups(said) == [{one}]
    [group] = said["groups"]
    assert group["joins"]["id"] == branch != full
    assert group["size"] == 3


def test_a_closed_firm_takes_no_place_in_a_joint_branch_and_brings_no_member(
    desk: PlanningDesk,
) -> None:
    branch, codes = a_joint_branch(desk, 1, 1, 1, 1, 1)
    one = desk.firm(**members(1))
    assert left(desk.branches()) == {one: "no_neighbour"}  # it is full
    for number in map(desk.number, codes[3:]):
        fact = {
            "organisation_id": number,
            "state": "not_found",
            "evidence": "上门走访",
            "decided_by": "示例街道经济办",
            "from_on": DAY,
        }
        desk.write(
            lambda c, f=fact: chains.record(c, chains.SCREENINGS, pl.DataFrame([f]), now=NOW)  # type: ignore[misc]
        )
    [group] = desk.branches()["groups"]
    assert (group["joins"]["id"], group["units"]) == (branch, [one])
    assert (group["size"], group["full_members"]) == (4, 4)


def test_a_branch_all_of_whose_firms_closed_is_joined_by_nobody(desk: PlanningDesk) -> None:
    a_joint_branch(desk, 2, 2)
    desk.write(lambda c: c.execute(update(Organisation).values(status="2")))
    one = desk.firm(**members(1))
    assert left(desk.branches()) == {one: "no_neighbour"}


def test_a_group_that_cannot_reach_three_is_left_with_the_reason(desk: PlanningDesk) -> None:
    one, other = desk.firm(**members(1)), desk.firm(**members(1))
    alone = desk.firm(**members(2, subdistrict_code=SOUTH, community_code=None))
    assert left(desk.branches()) == {
        one: "under_three",
        other: "under_three",
        alone: "no_neighbour",
    }


def test_one_organisation_and_none_have_a_plan(desk: PlanningDesk) -> None:
    assert (desk.branches()["groups"], desk.branches()["gap"]) == ([], 0.0)
    one = desk.firm(**members(2))
    assert left(desk.branches()) == {one: "no_neighbour"}


def test_the_same_building_is_nearer_and_coordinates_are_used_where_a_place_has_them(
    desk: PlanningDesk,
) -> None:
    here = [desk.firm(**members(2), address="沅汀路1号浙商大厦3楼") for _ in range(2)]
    there = [desk.firm(**members(2), found={"place": "砚池市场"}) for _ in range(2)]
    with db.writing(desk.engine) as connection:
        for name, metres in (("浙商大厦", 0), ("砚池市场", 800)):
            insert_place(
                connection,
                name=name,
                subdistrict_code=NORTH,
                community_code=EAST,
                latitude=29 + metres / 111_320,
                longitude=111.7,
            )
    said = desk.branches()
    assert sorted(map(sorted, groups(said))) == sorted(map(sorted, [here, there]))
    assert all(each["is_measured"] for each in said["groups"])
    assert all(each["longest_metres"] <= 50 for each in said["groups"])
    for one, other in pairwise(here + there):
        desk.lock("apart", one, other=other)
    far = desk.branches()["groups"]
    assert [each["longest_metres"] for each in far] == [800, 800]


def test_who_is_kept_apart_from_a_unit_is_kept_apart_from_its_branch(desk: PlanningDesk) -> None:
    first = [desk.firm(**members(1)) for _ in range(3)]
    other = desk.firm(**members(1))
    desk.lock("apart", first[0], other=other)
    said = desk.branches()
    assert [set(group) for group in groups(said)] == [set(first)]
    desk.in_force(said["plan"])
    again = desk.branches(on=LATER)
    assert groups(again) == []
    assert list(left(again)) == [other]


def test_communities_side_by_side_are_nearer_than_others(desk: PlanningDesk) -> None:
    third, fourth = f"{NORTH}003", f"{NORTH}004"
    east, north = (desk.firm(**members(2, community_code=at)) for at in (EAST, third))
    west, south = (desk.firm(**members(1, community_code=at)) for at in (WEST, fourth))
    desk.beside(EAST, WEST)
    desk.beside(third, fourth)
    assert sorted(map(sorted, groups(desk.branches()))) == [[east, west], [north, south]]


def test_an_approved_plan_forms_branches_and_the_rate_follows(either: PlanningDesk) -> None:
    desk = either
    codes = {desk.firm(**members(1)) for _ in range(3)}
    branch, old = a_joint_branch(desk, 2, 2)
    joins = desk.firm(**members(2, community_code=EAST))
    desk.lock("together", joins, branch=branch)

    def rate(day: date) -> tuple[int, int]:
        total = desk.read(lambda c: views.coverage(c, access.LOCAL, desk.rules, as_of=day)).total
        return total.numerator, total.denominator

    before = rate(DAY)
    said = desk.branches()
    assert {frozenset(group) for group in groups(said)} == {frozenset(codes), frozenset({joins})}
    done = desk.in_force(said["plan"])
    assert (done.begun, done.formed) == (4, 1)
    assert before == (2, 6)
    assert rate(DAY) == (6, 6)
    assert rate(LONG_AGO)[0] == 2
    with db.reading(desk.engine) as connection:
        formed = connection.execute(
            select(PartyOrganisation.__table__).where(PartyOrganisation.from_on == DAY)
        ).one()
    assert (formed.level, formed.mode, formed.basis) == ("joint_branch", "joint", "units")
    assert formed.approved_on == DAY
    assert {code for code, by, _, _ in desk.covered() if by == formed.id} == codes
    assert {code for code, by, _, _ in desk.covered() if by == branch} == {*old, joins}
    assert desk.branches(on=LATER)["groups"] == []


def test_new_branches_of_a_sub_district_are_numbered_on(desk: PlanningDesk) -> None:
    for _ in range(2):
        for _ in range(2):
            desk.firm(**members(2))
        desk.in_force(desk.branches()["plan"])
    names = desk.read(lambda c: c.execute(select(PartyOrganisation.name)).scalars().all())
    assert sorted(names) == [f"{NORTH}第1联合党支部", f"{NORTH}第2联合党支部"]


def test_locks_are_respected_and_a_second_plan_keeps_the_groups(desk: PlanningDesk) -> None:
    codes = [desk.firm(**members(2)) for _ in range(4)]
    first = desk.branches(seed=1)
    together = desk.lock("together", codes[0], other=codes[3])
    desk.lock("alone", codes[1])
    again = desk.again(first["plan"])
    assert {codes[0], codes[3]} <= next(group for group in groups(again) if codes[0] in group)
    assert left(again)[codes[1]] == "alone"
    assert again["changes"]
    assert all(each["why"] for each in again["changes"])
    desk.unlock(together)
    kept_again = desk.again(again["plan"])
    assert groups(kept_again) == groups(again)
    assert kept_again["changes"] == []


def test_locks_that_contradict_are_left_out_and_the_rest_is_planned(desk: PlanningDesk) -> None:
    codes = [desk.firm(**members(2)) for _ in range(3)]
    away = desk.firm(**members(2, subdistrict_code=SOUTH))
    desk.lock("together", codes[0], other=codes[1])
    desk.lock("apart", codes[0], other=codes[1])
    desk.lock("together", codes[2], other=away)
    said = desk.branches()
    assert [each["lock"] for each in said["warnings"]] == [2, 3]
    assert any({codes[0], codes[1]} <= group for group in groups(said))


def test_a_plan_that_no_longer_fits_is_refused(desk: PlanningDesk) -> None:
    codes = [desk.firm(**members(2)) for _ in range(2)]
    number = desk.branches()["plan"]
    row = {"uscc": codes[0], "party_organisation_id": a_joint_branch(desk, 2, 2)[0]}
    facts = pl.DataFrame([{**row, "mode": "joint", "from_on": DAY}])
    desk.write(lambda c: party.cover(c, facts, desk.rules, now=NOW))
    with pytest.raises(Misuse, match="已不需要联合"):
        desk.approve(number)


def test_one_second_is_enough_for_a_plan_that_claims_no_more_than_is_proven(
    desk: PlanningDesk,
) -> None:
    for place in range(60):
        desk.firm(**members(1 + place % 2, community_code=(EAST, WEST)[place % 2]))
    said = desk.branches(seconds=0.000001)
    assert said["feasible"]
    assert said["bound"] <= said["objective"]
    assert said["is_optimal"] == (said["bound"] == said["objective"])
    planned = sum(len(group) for group in groups(said))
    assert planned + len(said["left"]) == 60


def test_who_may_not_see_counts_of_members_sees_no_plan_of_branches(desk: PlanningDesk) -> None:
    for _ in range(2):
        desk.firm(**members(2))
    number = desk.branches()["plan"]
    desk.actor = access.LOCAL  # the district office
    tries: list[Callable[[], object]] = [
        desk.branches,
        lambda: desk.lock("alone", "x"),
    ]
    for attempt in tries:
        with pytest.raises(NotPermitted):
            attempt()
    for step in (desk.approve, desk.again):
        with pytest.raises(NotFound):
            step(number)
    assert desk.read(lambda c: kept.listed(c, desk.actor)) == []


def test_what_is_no_whole_lock_is_refused(desk: PlanningDesk) -> None:
    code = desk.firm(**members(1))
    for says, about in (
        ("must", {}),
        ("alone", {"other": code}),
        ("together", {}),
        ("together", {"other": code}),
        ("apart", {"branch": 1}),
        ("nonsense", {}),
    ):
        with pytest.raises(Misuse):
            desk.lock(says, code, **about)
    with pytest.raises(NotFound, match="没有编号为 7 的联合党支部"):
        desk.lock("together", code, branch=7)
    with pytest.raises(NotFound):
        desk.unlock(3)
