"""What a plan may not do to the register: end what it did not decide, cover twice, say less than it changes."""

from datetime import date, timedelta
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    insert_assignment,
    insert_covering,
    insert_finding,
    insert_organisation,
    insert_party_organisation,
    insert_run,
)
from planning_desk import BY, DAY, LATER, PlanningDesk, groups, left, pairs
from sqlalchemy import Engine, update

from liangxin import access, db, instructors, undo, visits
from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.plans import kept, locks
from liangxin.schema import Organisation, PartyOrganisation

MEMBERS = {"full_members": 2, "members": 2}


@pytest.fixture
def desk(sqlite_engine: Engine) -> PlanningDesk:
    return PlanningDesk(sqlite_engine)


def send(desk: PlanningDesk, code: str, who: int, on: date = LONG_AGO, **more: Any) -> None:
    number = desk.number(code)
    with db.writing(desk.engine) as connection:
        insert_assignment(connection, number, who, from_on=on, **more)


def test_who_is_covered_later_is_not_taken_into_a_joint_branch_before(desk: PlanningDesk) -> None:
    one, _ = desk.firm(**MEMBERS), desk.firm(**MEMBERS)
    number = desk.number(one)
    with db.writing(desk.engine) as connection:
        insert_covering(connection, number, from_on=DAY + timedelta(days=10))
    plan = desk.branches()["plan"]
    desk.approve(plan)
    with pytest.raises(Misuse, match="已有覆盖"):
        desk.apply(plan)


def test_who_is_in_no_plan_keeps_the_instructor(desk: PlanningDesk) -> None:
    lost = desk.firm(subdistrict_code=None, community_code=None)
    firm, who = desk.firm(), desk.instructor()
    send(desk, lost, who)
    said = desk.instructors()
    assert left(said) == {lost: "not_located"}
    assert desk.in_force(said["plan"]).ended == 0
    assert (lost, who, LONG_AGO, None) in desk.assigned()
    assert (firm, who, DAY, None) in desk.assigned()


def test_who_was_sent_since_the_plan_was_made_is_not_ended_by_it(desk: PlanningDesk) -> None:
    firms = [desk.firm(), desk.firm()]
    desk.instructor("甲", capacity=1)
    other = desk.instructor("乙", capacity=0)
    said = desk.instructors()
    [waiting] = left(said)
    assert waiting in firms
    send(desk, waiting, other, DAY)
    with pytest.raises(Misuse, match="编制之后有变动"):
        desk.approve(said["plan"])
    assert (waiting, other, DAY, None) in desk.assigned()


def test_who_declined_since_is_not_sent_to_from_a_day_before(desk: PlanningDesk) -> None:
    later = DAY + timedelta(days=10)
    firm, who = desk.firm(), desk.instructor("甲", capacity=2)
    said = desk.instructors()
    desk.approve(said["plan"])
    desk.say(who, firm, "tie", on=later)
    with pytest.raises(Misuse, match="应回避"):
        desk.apply(said["plan"])
    desk.say(who, firm, "agreed", on=later + timedelta(days=1))
    desk.write(
        lambda c: instructors.offer(c, desk.actor, who, {"is_willing": False}, on=later, now=NOW)
    )
    with pytest.raises(Misuse, match="暂不承担"):
        desk.apply(said["plan"])
    desk.write(
        lambda c: instructors.offer(c, desk.actor, who, {"is_willing": True}, on=LATER, now=NOW)
    )
    assert desk.apply(said["plan"]).begun == 1


def test_a_firm_that_declined_since_is_not_joined_from_a_day_before(desk: PlanningDesk) -> None:
    one, _ = desk.firm(**MEMBERS), desk.firm(**MEMBERS)
    plan = desk.branches()["plan"]
    desk.approve(plan)
    desk.write(
        lambda c: insert_finding(
            c, desk.number(one), "declined", "1", from_on=DAY + timedelta(days=3)
        )
    )
    with pytest.raises(Misuse, match="已表示不愿意"):
        desk.apply(plan)


def test_a_plan_holds_from_no_day_before_it_was_approved(desk: PlanningDesk) -> None:
    desk.firm()
    desk.instructor("甲", capacity=2)
    said = desk.instructors()
    desk.approve(said["plan"], on=LATER)
    with pytest.raises(Misuse, match="批准"):
        desk.apply(said["plan"], on=LATER - timedelta(days=1))
    assert desk.apply(said["plan"], on=LATER).begun == 1


def test_a_second_instructor_of_an_organisation_stays(desk: PlanningDesk) -> None:
    firm, older, newer = desk.firm(), desk.instructor("甲"), desk.instructor("乙")
    send(desk, firm, older)
    send(desk, firm, newer, DAY - timedelta(days=30))
    said = desk.instructors(keep_first=True)
    assert pairs(said) == {firm: newer}
    assert said["changes"] == []
    assert desk.in_force(said["plan"]).ended == 0
    assert {who for _, who, _, ends in desk.assigned() if ends is None} == {older, newer}


def test_a_plan_made_again_tells_changes_against_what_holds(desk: PlanningDesk) -> None:
    firm, one, other = desk.firm(), desk.instructor("甲"), desk.instructor("乙")
    send(desk, firm, one)
    lock = desk.lock("must", firm, instructor=other)
    first = desk.instructors()
    desk.unlock(lock)
    again = desk.again(first["plan"])
    assert pairs(again) == {firm: other}
    assert again["edits"] == []
    assert [(each["was"], each["now"]) for each in again["changes"]] == [(one, other)]
    assert again["kept_share"] == 0
    [item] = desk.read(lambda c: kept.items(c, desk.actor, again["plan"]))
    assert (item.was_instructor_id, item.instructor_id) == (one, other)
    assert item.change is not None


def test_an_assignment_that_would_end_soon_goes_on(desk: PlanningDesk) -> None:
    firm, who = desk.firm(), desk.instructor()
    send(desk, firm, who, to_on=DAY + timedelta(days=20))
    done = desk.in_force(desk.instructors()["plan"])
    assert (done.begun, done.ended, done.renewed) == (0, 0, 1)
    assert desk.assigned() == {(firm, who, LONG_AGO, DAY), (firm, who, DAY, None)}


def test_a_term_that_is_over_is_renewed_by_the_plan_that_keeps_it(desk: PlanningDesk) -> None:
    firm, fresh, who = desk.firm(), desk.firm(), desk.instructor()
    begun, soon = DAY.replace(year=DAY.year - 2), DAY.replace(year=DAY.year - 1)
    send(desk, firm, who, begun)
    send(desk, fresh, who, soon)
    said = desk.instructors(on=LATER)
    reasons = {each["organisation"]: each["reasons"] for each in said["assignments"]}
    assert ("renewed" in reasons[firm], "renewed" in reasons[fresh]) == (True, False)
    assert said["kept_share"] == 1
    assert said["changes"] == []
    [why] = [each["why"] for each in said["assignments"] if each["organisation"] == firm]
    assert "续任" in why
    done = desk.in_force(said["plan"], on=LATER)
    assert (done.begun, done.ended, done.renewed, done.unchanged) == (0, 0, 1, 1)
    assert desk.assigned() == {
        (firm, who, begun, LATER),
        (firm, who, LATER, None),
        (fresh, who, soon, None),
    }
    late = desk.read(lambda c: visits.overdue(c, desk.actor, desk.rules, as_of=LATER))
    assert "term" not in {each.what for each in late if each.uscc == firm}
    # The new term has begun: the next plan renews nothing.
    assert desk.in_force(desk.instructors(on=LATER)["plan"], on=LATER).renewed == 0


def test_a_term_whose_end_is_near_is_renewed_and_a_later_one_is_left(desk: PlanningDesk) -> None:
    firm, who = desk.firm(), desk.instructor()
    ends = DAY + timedelta(days=desk.rules.planning.renew_days + 1)
    send(desk, firm, who, DAY - timedelta(days=1), to_on=ends)
    assert desk.in_force(desk.instructors()["plan"]).unchanged == 1
    assert desk.assigned() == {(firm, who, DAY - timedelta(days=1), ends)}
    assert desk.in_force(desk.instructors(on=LATER)["plan"], on=LATER).renewed == 1


def test_a_term_that_is_over_may_go_to_somebody_else(desk: PlanningDesk) -> None:
    firm, old, new = desk.firm(), desk.instructor("甲"), desk.instructor("乙")
    send(desk, firm, old, DAY.replace(year=DAY.year - 3))
    desk.lock("must", firm, instructor=new)
    done = desk.in_force(desk.instructors()["plan"])
    assert (done.begun, done.ended, done.renewed) == (1, 1, 0)


def test_a_lock_whose_other_side_is_away_is_named(desk: PlanningDesk) -> None:
    one, _, own = desk.firm(**MEMBERS), desk.firm(**MEMBERS), desk.firm(full_members=3, members=3)
    with db.writing(desk.engine) as connection:
        branch = insert_party_organisation(
            connection, name="示例第1联合党支部", level="joint_branch", mode="joint"
        )
    first = desk.lock("together", one, other=own)
    second = desk.lock("together", one, branch=branch)
    said = desk.branches()
    assert [each["lock"] for each in said["warnings"]] == [first, second]
    assert "示例第1联合党支部 不在本次方案中" in said["warnings"][1]["why"]
    assert any(one in group for group in groups(said))
    with db.writing(desk.engine) as connection:
        ended = update(PartyOrganisation).where(PartyOrganisation.id == branch)
        connection.execute(ended.values(to_on=DAY))
    with pytest.raises(NotFound, match="没有编号为"):
        desk.lock("together", one, branch=branch)


def test_a_run_whose_organisation_is_in_a_lock_is_not_undone(desk: PlanningDesk) -> None:
    code = desk.firm(**MEMBERS)
    with db.writing(desk.engine) as connection:
        run = insert_run(connection)
        insert_organisation(connection, 90, run_id=run, subdistrict_code=NORTH)
    other = desk.read(lambda c: c.execute(Organisation.__table__.select()).all())[-1].uscc
    desk.lock("apart", code, other=other)
    with pytest.raises(Misuse, match="方案锁定 1 条"):
        desk.write(lambda c: undo.undo(c, run, now=NOW))


def test_a_dropped_plan_and_formed_branches_are_not_planned_again(desk: PlanningDesk) -> None:
    desk.firm(), desk.instructor()
    dropped = desk.instructors()["plan"]
    desk.drop(dropped)
    with pytest.raises(Misuse, match="已作废"):
        desk.again(dropped)
    desk.firm(**MEMBERS), desk.firm(**MEMBERS)
    formed = desk.branches()["plan"]
    desk.in_force(formed)
    with pytest.raises(Misuse, match="liangxin party"):
        desk.again(formed)


def test_an_older_approved_plan_does_not_come_back(desk: PlanningDesk) -> None:
    desk.firm(), desk.instructor()
    older = desk.instructors()["plan"]
    desk.approve(older)
    newer = desk.instructors()["plan"]
    desk.in_force(newer, on=LATER)
    with pytest.raises(Misuse, match="已作废"):
        desk.apply(older, on=LATER)
    third = desk.instructors(on=LATER)["plan"]
    desk.approve(third, on=LATER)
    with pytest.raises(Misuse, match="不能从更早的"):
        desk.apply(third, on=DAY)


def test_closed_firms_take_no_place_and_are_told(desk: PlanningDesk) -> None:
    closed, who = desk.firm(status="2"), desk.instructor(capacity=1)
    send(desk, closed, who)
    firm = desk.firm()
    assert pairs(desk.instructors()) == {firm: who}
    late = desk.read(lambda c: visits.overdue(c, desk.actor, desk.rules, as_of=DAY))
    assert [(each.what, each.uscc) for each in late] == [("gone", closed)]


def test_whoever_is_full_with_others_is_full_and_not_nobody(desk: PlanningDesk) -> None:
    covered, who = desk.firm(mode="alone"), desk.instructor(capacity=1)
    send(desk, covered, who)
    waiting = desk.firm()
    assert left(desk.instructors()) == {waiting: "no_room"}


def test_a_visit_is_logged_where_the_organisation_is(desk: PlanningDesk) -> None:
    firm, who = desk.firm(), desk.instructor("南", at=SOUTH, is_district_wide=True)
    send(desk, firm, who)
    desk.actor = access.local_committee(NORTH)
    number = desk.number(firm)
    became = desk.write(
        lambda c: visits.record(c, desk.actor, who, number, kind="visit", on=DAY, by=BY, now=NOW)
    )
    assert became == "new"
    desk.say(who, firm, "tie")


def test_roles_that_make_no_plans_read_no_locks_no_items_and_no_instructors(
    desk: PlanningDesk,
) -> None:
    one, other = desk.firm(**MEMBERS), desk.firm(**MEMBERS)
    desk.lock("together", one, other=other)
    plan = desk.branches()["plan"]
    leader = Actor("leader", Role.LEADER)
    for read in (
        lambda c: locks.holding(c, leader, tuple(locks.SAYS), DAY),
        lambda c: instructors.of_scope(c, leader, DAY),
        lambda c: kept.items(c, leader, plan),
    ):
        with pytest.raises(NotPermitted):
            desk.read(read)
    assert desk.read(lambda c: locks.holding(c, access.LOCAL, tuple(locks.SAYS), DAY)) == []
    with pytest.raises(NotFound):
        desk.read(lambda c: kept.items(c, access.LOCAL, plan))


def test_who_has_no_sub_district_has_no_plan(desk: PlanningDesk) -> None:
    desk.firm(), desk.instructor()
    plan = desk.instructors()["plan"]
    desk.actor = Actor("nobody", Role.COMMITTEE, frozenset())
    with pytest.raises(NotFound):
        desk.drop(plan)
    assert desk.instructors()["assignments"] == []


def test_a_list_changes_what_it_has_columns_for(desk: PlanningDesk) -> None:
    who = desk.instructor("甲", capacity=3)
    row = {"name": "甲", "kind": "full_time", "subdistrict_code": NORTH}

    def load(on: date) -> instructors.Loaded:
        return desk.write(lambda c: instructors.load(c, desk.actor, [row], on=on, now=NOW))

    assert load(DAY) == instructors.Loaded(rows=1, new=0, changed=1, unchanged=0)
    [known] = desk.read(lambda c: instructors.of_scope(c, desk.actor, DAY))
    assert (known.id, known.kind, known.capacity) == (who, "full_time", 3)
    desk.write(lambda c: instructors.offer(c, desk.actor, who, {"capacity": 1}, on=LATER, now=NOW))
    row["capacity"] = 7  # type: ignore[assignment]
    with pytest.raises(Misuse, match="没有写入"):
        load(DAY)
