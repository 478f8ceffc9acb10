"""A plan asked for at a page: noted, carried out by another process, and what becomes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from factories import NORTH, NOW, SOUTH
from planning_desk import BY, DAY, EAST, PlanningDesk
from sqlalchemy import Engine, update

from liangxin import holds
from liangxin.access import Actor, Role
from liangxin.errors import Busy, Misuse, NotFound, NotPermitted
from liangxin.plans import asking, kept, told
from liangxin.plans.asking import Making
from liangxin.plans.kept import Made
from liangxin.plans.making import Wish
from liangxin.schema import PlanMaking

LATE = NOW + timedelta(seconds=61)


@pytest.fixture
def desk(engine: Engine) -> PlanningDesk:
    made = PlanningDesk(engine, Actor("示例党委", Role.COMMITTEE, frozenset({NORTH})))
    for _ in range(3):
        made.firm(full_members=1, members=1)
    return made


def asked(
    desk: PlanningDesk, kind: str = kept.BRANCHES, *, scope: str = "", after: int | None = None,
    **wish: int,
) -> int:  # fmt: skip
    made = Made(DAY, BY, NOW, after)
    return desk.write(
        lambda c: asking.ask(c, desk.actor, kind, scope, Wish(**{"seconds": 10, **wish}), made)
    )


def carried_out(desk: PlanningDesk, number: int) -> Making:
    return asking.carry_out(desk.engine, desk.rules, number, clock=lambda: NOW)


def latest(desk: PlanningDesk) -> Making:
    return desk.read(lambda c: asking.latest(c, desk.actor))[0]


def test_what_is_asked_for_is_made_in_the_scope_of_whoever_asked(desk: PlanningDesk) -> None:
    number = asked(desk, seed=7)
    assert latest(desk).is_open
    done = carried_out(desk, number)
    assert (done.state, done.stage, done.by) == ("done", ("looking", 3, 0), BY)
    plan = desk.read(lambda c: kept.require(c, desk.actor, done.plan_id or 0))
    assert (plan.scope, plan.seed, plan.made_by) == (NORTH, 7, BY)
    assert told.read(plan.told).is_optimal
    assert latest(desk) == done


def test_it_is_carried_out_once(desk: PlanningDesk) -> None:
    number = asked(desk)
    assert carried_out(desk, number) == carried_out(desk, number)


def test_one_at_a_time_is_made_for_a_scope(desk: PlanningDesk) -> None:
    asked(desk)
    with pytest.raises(Busy, match="示例街道综合党委"):
        asked(desk, kept.INSTRUCTORS)
    carried_out(desk, latest(desk).id)
    assert asked(desk)


def test_several_at_once_are_made_in_a_district_and_no_more(
    desk: PlanningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 1)
    asked(desk)
    desk.actor = Actor("区委", Role.DISTRICT_OFFICE)
    with pytest.raises(Busy, match="全区已有 1 个"):
        asked(desk, kept.INSTRUCTORS)


def test_nothing_to_plan_and_nobody_to_send_are_said_and_drop_no_proposal(
    desk: PlanningDesk,
) -> None:
    first = desk.branches()["plan"]
    number = asked(desk, kept.INSTRUCTORS)
    failed = carried_out(desk, number)
    assert failed.state == "failed"
    assert "没有可以选派的指导员" in (failed.message or ("", ""))[0]
    desk.in_force(first)
    failed = carried_out(desk, asked(desk))
    assert "没有需要编入方案的单位" in (failed.message or ("", ""))[0]
    states = {row.state for row in desk.read(lambda c: kept.listed(c, desk.actor))}
    assert states == {"in_force"}


def test_a_process_that_is_gone_is_noticed(desk: PlanningDesk) -> None:
    number = asked(desk)
    assert asking.give_up_lost(desk.engine, now=NOW) == 0  # it may still begin
    assert asking.give_up_lost(desk.engine, now=LATE) == 1
    assert latest(desk).message == asking.GONE
    assert carried_out(desk, number).state == "failed"  # too late


def test_one_that_is_worked_on_is_not_given_up(desk: PlanningDesk) -> None:
    asked(desk)
    with holds.holding(desk.engine, f"plan {NORTH}"):
        assert asking.give_up_lost(desk.engine, now=LATE) == 0


def test_an_end_is_not_written_twice(desk: PlanningDesk) -> None:
    done = carried_out(desk, asked(desk))
    asking.give_up(desk.engine, done.id, now=LATE)
    assert latest(desk) == done


def test_a_mistake_of_the_program_is_told_by_a_number(desk: PlanningDesk) -> None:
    number = asked(desk)
    desk.write(lambda c: c.execute(update(PlanMaking).values(role="nobody")))
    failed = carried_out(desk, number)
    assert "程序出错" in (failed.message or ("", ""))[0]


def test_again_takes_kind_and_scope_from_the_plan(desk: PlanningDesk) -> None:
    first = carried_out(desk, asked(desk)).plan_id
    done = carried_out(desk, asked(desk, "", after=first))
    assert (done.kind, done.scope, done.after_plan_id) == (kept.BRANCHES, NORTH, first)
    with pytest.raises(Misuse, match="已作废"):
        asked(desk, after=first)


def test_who_may_not_is_refused(desk: PlanningDesk) -> None:
    with pytest.raises(NotFound):
        asked(desk, scope=SOUTH)
    with pytest.raises(NotFound):
        asked(desk, after=99)
    desk.actor = replace(desk.actor, role=Role.ECONOMIC_OFFICE)
    with pytest.raises(NotPermitted):
        asked(desk)
    desk.actor = replace(desk.actor, role=Role.DISTRICT_OFFICE)
    with pytest.raises(NotPermitted):
        asked(desk)  # joint branches tell of counts of members
    assert asked(desk, kept.INSTRUCTORS)


def test_another_sub_district_is_told_nothing(desk: PlanningDesk) -> None:
    asked(desk)
    south = Actor("南党委", Role.COMMITTEE, frozenset({SOUTH}))
    assert desk.read(lambda c: asking.latest(c, south)) == []
    district = Actor("区委", Role.DISTRICT_OFFICE)
    assert desk.read(lambda c: asking.latest(c, district)) == []  # of joint branches


@pytest.mark.parametrize(
    ("kind", "wish"),
    [("nonsense", {}), ("branches", {"seconds": 0}), ("branches", {"seconds": 601}),
     ("branches", {"seed": -1})],
)  # fmt: skip
def test_nonsense_is_refused(desk: PlanningDesk, kind: str, wish: dict[str, int]) -> None:
    with pytest.raises(Misuse):
        asked(desk, kind, **wish)


def test_what_is_kept_beside_a_plan_of_instructors(desk: PlanningDesk) -> None:
    desk.instructor("甲", capacity=2, community_code=EAST)
    done = carried_out(desk, asked(desk, kept.INSTRUCTORS))
    plan = desk.read(lambda c: kept.require(c, desk.actor, done.plan_id or 0))
    beside = told.read(plan.told)
    assert (beside.least, beside.most, set(beside.metres.values())) == (2, 2, {500})
    assert beside.one_more is not None
    assert (beside.one_more["community"], beside.one_more["reached"]) == (EAST, 1)
    desk.drop(plan.id)
    plan = desk.read(lambda c: kept.require(c, desk.actor, done.plan_id or 0))
    assert plan.told is None
