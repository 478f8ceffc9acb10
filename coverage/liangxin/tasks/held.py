"""Where tasks lie: how many each office has before it, and how many of them are late.

Counted are tasks that say nothing about members, unless the actor may see counts of members; so a
leader sees with whom work is stuck, and of no firm that it has a member.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from liangxin import divisions
from liangxin.access import Actor, Permission, Role
from liangxin.schema import Task
from liangxin.tasks.views import SHARED, visible
from liangxin.workdays import working_days_between


@dataclass(frozen=True, slots=True)
class Held:
    """What one office of one sub-district has before it."""

    owner: str
    subdistrict_code: str | None
    subdistrict: str | None
    open: int
    late: int
    #: Working days by which the one that is late longest is late; 0: none is.
    latest: int


def held(connection: Connection, actor: Actor, *, today: date) -> list[Held]:
    """Return every office that has open tasks, the one with most late ones first.

    Raises:
        NotPermitted: the role may not list tasks.
    """
    query = (
        select(Task.owner, Task.subdistrict_code, Task.due_on, func.count())
        .where(Task.closed_at.is_(None), _counted(actor))
        .group_by(Task.owner, Task.subdistrict_code, Task.due_on)
    )
    found: dict[tuple[str, str | None], list[tuple[int, int]]] = defaultdict(list)
    for owner, code, due_on, number in connection.execute(query):
        found[owner, code].append((working_days_between(due_on, today), int(number)))
    names = divisions.names(connection, {code for _, code in found if code}, on=today)
    offices = [
        Held(
            owner,
            code,
            names.get(code or "", code),
            sum(number for _, number in some),
            sum(number for days, number in some if days),
            max(days for days, _ in some),
        )
        for (owner, code), some in found.items()
    ]
    return sorted(
        offices, key=lambda each: (-each.late, -each.open, each.owner, each.subdistrict or "")
    )


def count(
    connection: Connection, actor: Actor, *, today: date, subdistrict_code: str
) -> tuple[int, int]:
    """Return how many open tasks of a sub-district an actor may know of, and how many are late.

    Whoever does not open the offices' tasks knows as many as ``held`` tells.

    Raises:
        NotPermitted: the role may not list tasks.
    """
    known = visible(actor) if opens_offices(actor) else _counted(actor)
    query = (
        select(Task.due_on, func.count())
        .where(Task.closed_at.is_(None), known, Task.subdistrict_code == subdistrict_code)
        .group_by(Task.due_on)
    )
    found = [(day, int(number)) for day, number in connection.execute(query)]
    late = sum(number for day, number in found if working_days_between(day, today))
    return sum(number for _, number in found), late


def opens_offices(actor: Actor) -> bool:
    """Tell whether an actor opens tasks of offices; a leader opens only what was put to the leader."""
    return actor.role != Role.LEADER


def _counted(actor: Actor) -> ColumnElement[bool]:
    """Tell whether a task is among those of which an actor may know how many there are.

    Raises:
        NotPermitted: the role may not list tasks.
    """
    actor.require(Permission.TASK_LIST)
    known: list[ColumnElement[bool]] = [true()]
    if not actor.may(Permission.MEMBER_COUNT):
        known.append(Task.kind.in_(SHARED))
    if actor.subdistricts is not None:
        known.append(Task.subdistrict_code.in_(sorted(actor.subdistricts)))
    if actor.communities is not None:
        known.append(Task.community_code.in_(sorted(actor.communities)))
    return and_(*known)
