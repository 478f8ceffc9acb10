"""Locks at the page of a plan: what contradicts is refused, and who edits meanwhile is not overwritten."""

from dataclasses import dataclass

import pytest
from factories import NORTH, NOW, SOUTH, insert_covering
from planning_desk import DAY, WEST, PlanningDesk, groups, left
from sqlalchemy import Connection, Engine, update

from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound
from liangxin.plans import editing, kept, locks, reading
from liangxin.plans.editing import ChangedMeanwhile, Desk
from liangxin.plans.reading import Fit, Shown
from liangxin.schema import Headcount

COMMITTEE = Actor("甲党委", Role.COMMITTEE, frozenset({NORTH}))


@dataclass
class Editor:
    """Somebody with a plan before them."""

    desk: PlanningDesk
    number: int
    seen: str = ""

    def __post_init__(self) -> None:
        self.looks()

    def looks(self) -> Shown:
        shown = self.desk.read(
            lambda c: reading.shown(c, self.desk.actor, self.desk.rules, self.number, today=DAY)
        )
        self.seen = shown.version
        return shown

    def fits(self) -> Fit:
        return self.desk.read(
            lambda c: reading.fit(c, self.desk.actor, self.desk.rules, self.number, today=DAY)
        )

    def at(self) -> Desk:
        return Desk(self.desk.actor, self.desk.rules, self.number, self.seen, DAY, NOW)

    def pair(self, says: str, code: str, instructor: int) -> list[int]:
        return self.desk.write(lambda c: editing.lock_pair(c, self.at(), says, code, instructor))

    def move(self, code: str, group: int | None) -> list[int]:
        return self.desk.write(lambda c: editing.move_unit(c, self.at(), code, group))

    def lock_group(self, group: int) -> int:
        return self.desk.write(lambda c: editing.lock_group(c, self.at(), group))

    def unlock(self, lock: int) -> list[int]:
        return self.desk.write(lambda c: editing.unlock(c, self.at(), lock))


@pytest.fixture
def desk(engine: Engine) -> PlanningDesk:
    return PlanningDesk(engine, COMMITTEE)


@pytest.fixture
def paired(desk: PlanningDesk) -> tuple[Editor, list[str], list[int]]:
    """A plan of three firms and two instructors."""
    codes = [desk.firm() for _ in range(3)]
    people = [desk.instructor(name, capacity=3) for name in ("甲", "乙")]
    return Editor(desk, desk.instructors()["plan"]), codes, people


@pytest.fixture
def grouped(desk: PlanningDesk) -> tuple[Editor, list[str], list[str]]:
    """A plan of two groups of three, in two communities."""
    east = [desk.firm(full_members=1, members=1) for _ in range(3)]
    west = [desk.firm(full_members=1, members=1, community_code=WEST) for _ in range(3)]
    return Editor(desk, desk.branches()["plan"]), east, west


def test_a_pair_is_locked_and_moved_and_the_earlier_lock_goes(
    paired: tuple[Editor, list[str], list[int]],
) -> None:
    editor, [code, *_], [one, other] = paired
    assert editor.pair("must", code, one) == []
    [first] = editor.looks().locks
    assert editor.pair("must", code, other) == [first.id]
    [lock] = editor.looks().locks
    assert (lock.says, lock.instructor_id, lock.by) == ("must", other, "甲党委")
    moved = editor.desk.again(editor.number)
    assert {each["instructor"] for each in moved["assignments"] if each["organisation"] == code} == {
        other
    }  # fmt: skip


def test_the_same_lock_twice_is_one(paired: tuple[Editor, list[str], list[int]]) -> None:
    editor, [code, *_], [one, _] = paired
    editor.pair("must", code, one)
    editor.looks()
    assert editor.pair("must", code, one) == []
    assert len(editor.looks().locks) == 1


def test_never_takes_back_must_of_the_same_instructor(
    paired: tuple[Editor, list[str], list[int]],
) -> None:
    editor, [code, *_], [one, _] = paired
    editor.pair("must", code, one)
    editor.looks()
    assert len(editor.pair("never", code, one)) == 1
    assert [lock.says for lock in editor.looks().locks] == ["never"]


def test_a_lock_against_a_refusal_is_refused_and_nothing_is_written(
    paired: tuple[Editor, list[str], list[int]],
) -> None:
    editor, [code, *_], [one, _] = paired
    editor.desk.say(one, code, "organisation_declined")
    with pytest.raises(Misuse, match="相矛盾"):
        editor.pair("must", code, one)
    assert editor.looks().locks == []


def test_the_second_of_two_is_told_what_changed_and_loses_nothing(
    paired: tuple[Editor, list[str], list[int]],
) -> None:
    editor, [code, other_code, *_], [one, other] = paired
    second = Editor(editor.desk, editor.number)
    editor.pair("must", code, one)
    with pytest.raises(
        ChangedMeanwhile, match=r"甲党委新增了锁定 \d+：示例第1号有限公司 必须由其联系 甲"
    ):
        second.pair("must", code, other)
    [lock] = second.looks().locks
    assert lock.instructor_id == one
    second.pair("must", other_code, other)  # they have seen it now
    editor.looks()
    second.looks()
    second.unlock(lock.id)
    with pytest.raises(ChangedMeanwhile, match="已被取消"):
        editor.pair("must", code, other)


def test_a_lock_with_the_number_of_a_removed_one_is_another(
    paired: tuple[Editor, list[str], list[int]],
) -> None:
    editor, [code, *_], [one, other] = paired
    editor.pair("must", code, one)
    editor.looks()
    second = Editor(editor.desk, editor.number)
    editor.pair("must", code, other)
    with pytest.raises(ChangedMeanwhile, match="已被取消"):
        second.pair("never", code, one)


def test_who_looks_at_a_plan_that_was_decided_is_told(
    paired: tuple[Editor, list[str], list[int]],
) -> None:
    editor, [code, *_], [one, _] = paired
    editor.desk.approve(editor.number)
    with pytest.raises(ChangedMeanwhile, match="方案现在是“已批准”"):
        editor.pair("must", code, one)


def test_a_dropped_plan_is_not_edited(paired: tuple[Editor, list[str], list[int]]) -> None:
    editor, [code, *_], [one, _] = paired
    editor.desk.drop(editor.number)
    assert editor.looks().items == []
    with pytest.raises(Misuse, match="已作废，不能再修改"):
        editor.pair("must", code, one)


def test_a_group_is_locked_whole_and_unlocked(
    grouped: tuple[Editor, list[str], list[str]],
) -> None:
    editor, east, _ = grouped
    assert editor.lock_group(1) == 3
    shown = editor.looks()
    assert {lock.says for lock in shown.locks} == {"together"}
    assert {lock.uscc for lock in shown.locks} == {east[0]}
    assert [lock.closes for lock in shown.locks] == [False, False, True]
    assert locks.said(shown.locks[2])[0] == "示例第1号有限公司 所在的组整组锁定，不增不减"
    assert editor.lock_group(1) == 3
    assert editor.looks().locks == shown.locks  # locked already
    editor.unlock(shown.locks[0].id)
    assert editor.looks().locks == []  # one of them opens the group


def test_a_locked_group_stays_exactly_as_it_is_until_it_is_unlocked(
    grouped: tuple[Editor, list[str], list[str]],
) -> None:
    editor, east, west = grouped
    editor.lock_group(1)
    late = editor.desk.firm(full_members=1, members=1)  # it could join the three of the east
    again = editor.desk.again(editor.number)
    assert set(east) in groups(again)
    assert late not in {one for group in groups(again) for one in group if east[0] in group}
    second = Editor(editor.desk, again["plan"])
    number = next(row.group_number for row in second.looks().items if row.uscc == east[0])
    other = next(row.group_number for row in second.looks().items if row.uscc == west[0])
    for code, group in ((east[0], other), (east[1], None), (west[0], number)):
        with pytest.raises(Misuse, match=r"已整组锁定（锁定 \d+，甲党委），不增不减"):
            second.move(code, group)
    second.unlock(second.looks().locks[0].id)
    second.looks()
    second.move(east[0], other)
    assert set(east) not in groups(editor.desk.again(again["plan"]))


def test_a_locked_group_that_can_stand_no_more_is_told(
    grouped: tuple[Editor, list[str], list[str]],
) -> None:
    editor, east, _ = grouped
    editor.lock_group(1)
    counted = update(Headcount).where(Headcount.organisation_id == editor.desk.number(east[2]))
    editor.desk.write(lambda c: c.execute(counted.values(full_members=0, members=1)))
    again = editor.desk.again(editor.number)
    assert {code: left(again)[code] for code in east} == dict.fromkeys(east, "whole")
    [why] = {each["why"] for each in again["left"] if each["organisation"] in east}
    assert "整组锁定" in why
    assert "正式党员不足" in why


def test_a_locked_group_of_which_one_is_covered_since_is_named(
    grouped: tuple[Editor, list[str], list[str]],
) -> None:
    editor, east, _ = grouped
    editor.lock_group(1)
    editor.desk.write(lambda c: insert_covering(c, editor.desk.number(east[2]), from_on=DAY))
    told = [each["why"] for each in editor.desk.again(editor.number)["warnings"]]
    assert any("不能照原样保留" in each and east[2] in each for each in told)


def test_who_leaves_a_hub_of_locks_leaves_the_others_together(
    grouped: tuple[Editor, list[str], list[str]],
) -> None:
    editor, east, west = grouped
    for other in east[1:]:
        editor.desk.lock("together", east[0], other=other)
    shown = editor.looks()
    group = next(row.group_number for row in shown.items if row.uscc == west[0])
    assert len(editor.move(east[0], group)) == 2
    tied = {frozenset({lock.uscc, lock.other_uscc}) for lock in editor.looks().locks}
    assert tied == {frozenset(east[1:]), frozenset({east[0], west[0]})}


def test_a_group_that_joins_a_branch_is_locked_with_it(desk: PlanningDesk) -> None:
    codes = [desk.firm(full_members=2, members=2) for _ in range(2)]
    desk.in_force(desk.branches()["plan"])
    late = desk.firm(full_members=1, members=1)
    plan = desk.branches()
    editor = Editor(desk, plan["plan"])
    assert editor.lock_group(1) == 2
    another = desk.firm(full_members=1, members=1)
    again = desk.again(plan["plan"])
    assert groups(again) == [{late}]
    assert left(again) == {another: "no_neighbour"}
    assert codes


def test_a_unit_moves_to_another_group_and_out_of_all(
    grouped: tuple[Editor, list[str], list[str]],
) -> None:
    editor, east, west = grouped
    number = {row.uscc: row.group_number for row in editor.looks().items}
    editor.move(east[0], number[west[0]])
    editor.looks()
    again = editor.desk.again(editor.number)
    [mine] = [each["units"] for each in again["groups"] if east[0] in each["units"]]
    assert west[0] in mine
    alone = Editor(editor.desk, again["plan"])
    assert len(alone.move(east[0], None)) == 1
    assert [lock.says for lock in alone.looks().locks] == ["alone"]


def test_what_cannot_be_meant_is_said(grouped: tuple[Editor, list[str], list[str]]) -> None:
    editor, east, _ = grouped
    with pytest.raises(Misuse, match="已在第 1 组"):
        editor.move(east[0], 1)
    with pytest.raises(NotFound, match="没有第 9 组"):
        editor.lock_group(9)
    with pytest.raises(NotFound):
        editor.move("nonsense", 2)
    with pytest.raises(NotFound):
        editor.unlock(99)
    with pytest.raises(NotFound):
        editor.pair("must", east[0], 1)  # it is a plan of joint branches


def test_locks_that_contradict_are_refused(
    grouped: tuple[Editor, list[str], list[str]],
) -> None:
    editor, east, west = grouped
    editor.desk.lock("apart", east[0], other=west[0])
    editor.looks()
    with pytest.raises(Misuse, match="又锁定为分开"):
        editor.move(east[0], 2)
    assert len(editor.looks().locks) == 1


def test_another_sub_district_finds_no_plan(paired: tuple[Editor, list[str], list[int]]) -> None:
    editor, [code, *_], [one, _] = paired
    editor.desk.actor = Actor("南党委", Role.COMMITTEE, frozenset({SOUTH}))
    with pytest.raises(NotFound):
        editor.looks()
    with pytest.raises(NotFound):
        editor.pair("must", code, one)


def test_a_page_shows_loads_locks_since_and_whether_a_plan_still_fits(
    paired: tuple[Editor, list[str], list[int]],
) -> None:
    editor, [code, *_], _ = paired
    shown = editor.looks()
    assert [(load.planned, load.capacity) for load in shown.loads] == [(2, 3), (1, 3)]
    assert (editor.fits().faults, shown.nearness.en) == ((), "proven best of all there are")
    planned = next(row.instructor_id for row in shown.items if row.uscc == code)
    editor.pair("never", code, planned)
    [fault] = editor.fits().faults
    assert "人工禁止" in fault[0]


def test_a_page_counts_a_group_as_the_register_does_today(
    grouped: tuple[Editor, list[str], list[str]],
) -> None:
    editor, _, _ = grouped
    shown = editor.looks()
    assert {(now.size, now.full_members) for now in editor.fits().groups.values()} == {(3, 3)}
    assert set(shown.told.groups) == {"1", "2"}
    assert all(len(each["alternatives"]) <= 2 for each in shown.told.groups.values())
    editor.desk.in_force(editor.number)
    assert editor.fits() == Fit((), {})


def test_a_plan_of_a_past_day_is_not_applied_before_the_day_it_was_made_for(
    paired: tuple[Editor, list[str], list[int]],
) -> None:
    editor, _, _ = paired
    editor.desk.approve(editor.number)
    with pytest.raises(Misuse, match="不能从更早的"):
        editor.desk.apply(editor.number, on=DAY.replace(day=1, month=5))


def test_edits_are_logged(paired: tuple[Editor, list[str], list[int]]) -> None:
    editor, [code, *_], [one, _] = paired
    editor.pair("must", code, one)
    [lock] = editor.looks().locks
    editor.unlock(lock.id)

    def logged(connection: Connection) -> list[str]:
        table = kept.Base.metadata.tables["audit_entry"]
        return list(connection.execute(table.select().order_by(table.c.number)).mappings())

    actions = [row["action"] for row in editor.desk.read(logged)]
    assert actions[-2:] == ["plan.locked", "plan.unlocked"]
