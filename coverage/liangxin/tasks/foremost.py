"""The open tasks that come first, and how many there are of each: a page draws no more than these.

A district may have tens of thousands of open tasks; all are counted, and only those are fetched
that are drawn.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, func, select

from liangxin.access import Actor
from liangxin.schema import Task
from liangxin.tasks import views
from liangxin.tasks.views import TaskView
from liangxin.workdays import working_days_between


@dataclass(frozen=True, slots=True)
class Foremost:
    """How many tasks are open in scope, how many wait for whoever asks, and the first of both kinds."""

    total: int
    mine: int
    late: int  # of those asked for
    rest: int
    first_late: list[TaskView]  # the latest first
    first_rest: list[TaskView]  # urgent ones first, then by the day they are due


def foremost(
    connection: Connection,
    actor: Actor,
    *,
    today: date,
    subdistrict_code: str = "",
    mine_alone: bool = False,
    most: int,
) -> Foremost:
    """Return the first ``most`` late tasks and the first ``most`` others, with all their numbers.

    Args:
        connection: of the register.
        actor: who asks.
        today: the day that lateness is counted to.
        subdistrict_code: only those of this sub-district.
        mine_alone: the first of those that wait for whoever asks.
        most: of each kind.

    Raises:
        NotPermitted: the role may not list tasks.
        NotFound: the sub-district is outside the actor's scope, or there is none of that code.
    """
    asked = views.open_in(connection, actor, today=today, subdistrict_code=subdistrict_code)
    theirs = views.answered_by(actor)
    by_day = select(Task.due_on, Task.owner, func.count()).where(*asked)
    rows = connection.execute(by_day.group_by(Task.due_on, Task.owner))
    counted = [(day, owner in theirs, int(number)) for day, owner, number in rows]
    lateness = {day: working_days_between(day, today) for day, _, _ in counted}
    if mine_alone:
        asked = [*asked, Task.owner.in_(sorted(theirs))]
    wanted = [(day, number) for day, own, number in counted if own or not mine_alone]
    number_of: dict[int, int] = {}
    for day, number in wanted:
        number_of[lateness[day]] = number_of.get(lateness[day], 0) + number
    rest = number_of.pop(0, 0)
    is_late = _due([day for day, late in lateness.items() if late])
    first_rest = views.fetched(connection, actor, today, [*asked, ~is_late], most=most)
    return Foremost(
        total=sum(number for _, _, number in counted),
        mine=sum(number for _, own, number in counted if own),
        late=sum(number_of.values()),
        rest=rest,
        first_late=_latest(connection, actor, today, asked, lateness, number_of, most),
        first_rest=first_rest if rest else [],
    )


def _latest(
    connection: Connection,
    actor: Actor,
    today: date,
    asked: list[ColumnElement[bool]],
    lateness: dict[date, int],
    number_of: dict[int, int],
    most: int,
) -> list[TaskView]:
    """The latest: all of those degrees of lateness that fit, and the first of the next degree."""
    whole: set[int] = set()
    left, next_one = most, None
    for degree in sorted(number_of, reverse=True):
        if number_of[degree] > left:
            next_one = degree
            break
        whole.add(degree)
        left -= number_of[degree]
    found: list[TaskView] = []
    for degrees, cut in ((whole, None), ({next_one} if left else set(), left)):
        days = [day for day, late in lateness.items() if late in degrees]
        if days:
            found += views.fetched(connection, actor, today, [*asked, _due(days)], most=cut)
    return sorted(found, key=lambda task: (-task.late, not task.urgent, task.due_on, task.id))


def _due(days: list[date]) -> ColumnElement[bool]:
    """Tell whether a task is due on one of these days, which no other day lies between."""
    if not days:
        return Task.due_on.is_(None)  # none is
    return and_(Task.due_on >= min(days), Task.due_on <= max(days))
