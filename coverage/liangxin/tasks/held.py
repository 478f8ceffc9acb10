"""Where tasks lie: how many each office has before it, and how many of them are late.

Counted are tasks that say nothing about members, unless the actor may see counts of members; so a
leader sees with whom work is stuck, and of no firm that it has a member.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from liangxin import divisions
from liangxin.access import Actor, Permission
from liangxin.schema import Task
from liangxin.tasks.views import SHARED
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
    actor.require(Permission.TASK_LIST)
    query = (
        select(Task.owner, Task.subdistrict_code, Task.due_on, func.count())
        .where(Task.closed_at.is_(None))
        .group_by(Task.owner, Task.subdistrict_code, Task.due_on)
    )
    if not actor.may(Permission.MEMBER_COUNT):
        query = query.where(Task.kind.in_(SHARED))
    if actor.subdistricts is not None:
        query = query.where(Task.subdistrict_code.in_(sorted(actor.subdistricts)))
    if actor.communities is not None:
        query = query.where(Task.community_code.in_(sorted(actor.communities)))
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
