"""Offices are reminded, chased, and their leader told: each once, on days that offices are open."""

from datetime import date

import pytest
from factories import NOW, TODAY, insert_screening
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select
from tasking import (
    LEADER,
    OCTOBER,
    RULES,
    Office,
    an_office,
    counted,
    newly_registered,
    of_the_base,
    put,
)

from liangxin import db, tasks
from liangxin.loop import KINDS
from liangxin.rules import Limits
from liangxin.schema import Division, Organisation, Run, Screening, Task, TaskStep


@pytest.fixture
def office(engine: Engine) -> Office:
    return an_office(engine)


def test_an_office_is_reminded_then_chased_and_then_its_leader_told_each_once(
    office: Office,
) -> None:
    office.write(newly_registered)
    told = []
    for _ in range(14):
        office.run()
        office.run()
        told.append(" ".join(office.told()))
        office.goes_on()
    assert told[:2] == ["", "reminded"], "opened on Monday, due on Wednesday"
    assert told[2:4] == ["reminded", "reminded chased"]
    assert told[4:7] == ["reminded chased"] * 3, "a working day and a weekend"
    assert told[7] == "reminded chased escalated"
    assert set(told[7:]) == {"reminded chased escalated"}


def test_a_leader_is_never_told_before_the_office_was_chased(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    office.goes_on(21)
    office.run()
    assert office.told() == ["chased"]
    office.goes_on()
    office.run()
    assert office.told() == ["chased", "escalated"]


def test_the_next_turn_is_chased_again_and_the_leader_is_not_told_again(office: Office) -> None:
    office.write(newly_registered)
    for days in (21, 1, 0):
        office.run()
        office.goes_on(days)
    assert office.told() == ["chased", "escalated"]
    office.answer("operating")
    office.goes_on(14)
    for _ in range(3):
        office.run()
        office.goes_on()
    assert office.told() == ["chased", "escalated", "chased"]


def test_nobody_is_told_on_a_day_that_offices_are_closed(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    office.goes_on(5)
    assert office.today.isoweekday() == 6
    assert office.run().chased == 0
    office.goes_on(2)
    assert office.run().chased == 1


def test_the_leader_sees_what_was_put_to_the_leader_and_nobodys_members(office: Office) -> None:
    office.write(newly_registered)
    office.write(lambda c: counted(c, of_the_base(c), members=1))
    office.run()
    for days in (14, 1):
        office.goes_on(days)
        office.run()
    seen = {task.kind: task.name for task in office.listed(LEADER)}
    assert seen == {"screen": "示例第1号有限公司", "reach": None}


def test_limits_are_those_of_the_rule_set(engine: Engine, office: Office) -> None:
    from dataclasses import replace

    office.rules = replace(RULES, limits=Limits(task_days=5))
    office.write(newly_registered)
    office.run()
    assert office.listed()[0].due_on == date(2026, 11, 30)


def test_the_day_is_run_once_whoever_asks(office: Office) -> None:
    def daily() -> tasks.Ran | None:
        return office.write(lambda c: tasks.run_daily(c, office.rules, office.today, office.now))

    assert daily() is not None
    assert daily() is None
    office.goes_on()
    assert daily() is not None


def test_a_day_beyond_the_known_calendar_says_so(office: Office) -> None:
    assert office.run().announced
    office.today = date(2041, 3, 1)
    assert not office.run().announced


def test_a_database_holds_that_nobody_is_told_twice(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    step = {"task_id": office.listed()[0].id, "turn": 0, "on": TODAY, "by": "x", "owner": "x"}
    for kind in ("reminded", "chased", "escalated"):
        office.write(lambda c, k=kind: put(c, TaskStep, **step, kind=k, at=NOW))
        with pytest.raises(Exception, match=r"(?i)unique"):
            office.write(lambda c, k=kind: put(c, TaskStep, **step, kind=k, at=NOW))
    assert office.told() == ["reminded", "chased", "escalated"]


def test_one_subject_has_one_open_task(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    with db.reading(office.engine) as connection:
        row = dict(connection.execute(select(Task.__table__)).mappings().one())
    del row["id"]
    with pytest.raises(Exception, match=r"(?i)unique"):
        office.write(lambda c: c.execute(insert(Task.__table__).values(**row)))


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=12))
def test_whatever_is_answered_whenever_a_task_has_one_owner_and_nobody_hears_twice(
    sqlite_engine: Engine, walk: list[tuple[int, int]]
) -> None:
    with db.writing(sqlite_engine) as connection:
        for table in (TaskStep, Task, Screening, Organisation, Division, Run):
            connection.execute(delete(table))
    office = an_office(sqlite_engine)
    firm = office.write(newly_registered)
    office.run()
    office.write(lambda c: insert_screening(c, firm, from_on=OCTOBER))
    for days, choice in walk:
        office.run()
        office.run()
        for task in office.listed():
            stage = KINDS[task.kind].stages[task.stage]
            assert task.owner == stage.owner
            said = sorted(stage.answers)[choice % len(stage.answers)]
            if choice < 6:
                office.answer(said, note="核实")
        office.goes_on(days)
    told = office.told()
    assert told.count("escalated") <= 1
    assert told.count("escalated") <= told.count("chased")
