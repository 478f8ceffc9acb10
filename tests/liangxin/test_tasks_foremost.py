"""The first of the open tasks and the numbers of all: the same as when all are fetched and sorted."""

import random
from datetime import timedelta
from itertools import product

import pytest
from factories import NORTH, SOUTH, TODAY
from sqlalchemy import Engine, update
from tasking import COMMITTEE, COMMUNITY, ECONOMIC, LEADER, Office, an_office, newly_registered

from liangxin import db
from liangxin.access import LOCAL, Actor
from liangxin.errors import NotFound
from liangxin.schema import Task
from liangxin.tasks.foremost import Foremost, foremost


@pytest.fixture
def office(engine: Engine) -> Office:
    """Forty firms that were just registered, their tasks due on days around today."""
    made, chance = an_office(engine), random.Random("due")  # noqa: S311 - for a test
    for n in range(1, 41):
        place = NORTH if n % 3 else SOUTH
        made.write(
            lambda c, n=n, place=place: newly_registered(c, n=n, subdistrict_code=place)  # type: ignore[misc]
        )
    made.run()
    with db.writing(engine) as connection:
        for task in made.listed():
            due = TODAY + timedelta(days=chance.randint(-12, 6))
            values = {"opened_on": due, "due_on": due, "urgent": chance.random() < 0.3}
            connection.execute(update(Task).where(Task.id == task.id).values(values))
    return made


def ask(office: Office, actor: Actor, most: int, *, mine: bool, place: str = "") -> Foremost:
    with db.reading(office.engine) as connection:
        return foremost(
            connection,
            actor,
            today=office.today,
            subdistrict_code=place,
            mine_alone=mine,
            most=most,
        )


def test_the_first_are_those_that_sorting_all_would_put_first(office: Office) -> None:
    for actor, mine in product((LOCAL, ECONOMIC, COMMITTEE, COMMUNITY, LEADER), (False, True)):
        listed = office.listed(actor)
        wanted = [task for task in listed if task.mine or not mine]
        wanted.sort(key=lambda task: (-task.late, not task.urgent, task.due_on, task.id))
        late = [task for task in wanted if task.late]
        rest = [task for task in wanted if not task.late]
        for most in (1, 2, 5, 17, 100):
            told = ask(office, actor, most, mine=mine)
            assert (told.total, told.mine) == (len(listed), sum(task.mine for task in listed))
            assert (told.late, told.rest) == (len(late), len(rest))
            assert told.first_late == late[:most]
            assert told.first_rest == rest[:most]


def test_a_sub_district_s_own_are_counted_alone_and_others_are_not_found(office: Office) -> None:
    told = ask(office, LOCAL, 3, mine=False, place=SOUTH)
    assert told.total == len(office.listed(subdistrict_code=SOUTH)) == 13
    with pytest.raises(NotFound):
        ask(office, ECONOMIC, 3, mine=False, place=SOUTH)


def test_where_nothing_is_open_nothing_is_counted(engine: Engine) -> None:
    assert ask(an_office(engine), LOCAL, 3, mine=False) == Foremost(0, 0, 0, 0, [], [])
