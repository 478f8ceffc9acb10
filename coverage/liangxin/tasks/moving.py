"""Open tasks go where their organisation went: another sub-district, another community, another office.

A task that stayed would be lost for who must act, and would tell the office before of an organisation
that is no longer its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, update

from liangxin import loop
from liangxin.access import Role
from liangxin.rules import RuleSet
from liangxin.schema import Organisation, Task, TaskStep
from liangxin.tasks.events import EVENT
from liangxin.tasks.facts import Located

#: A task of this kind goes from one sub-district to another by itself.
_HANDED = "hand_over"
_OPERATING = "operating:"


@dataclass(frozen=True, slots=True)
class _Seat:
    """Where a task belongs today, and why it is asked."""

    task: Row[Any]
    subdistrict: str | None
    community: str | None
    because: str
    owner: str

    @property
    def is_new(self) -> bool:
        """Whether anything of it differs from what the task says."""
        kept = (self.task.subdistrict_code, self.task.community_code, self.task.because)
        return kept != (self.subdistrict, self.community, self.because)


def follow(connection: Connection, rules: RuleSet, today: date, now: datetime) -> int:
    """Hand open tasks on to where they belong today; return how many went to another office.

    The table of today's events must be filled. Of a task that no event holds any more, the place of
    its organisation decides.

    Args:
        connection: a write transaction.
        rules: days that the office it comes to has.
        today: the day.
        now: when.
    """
    handed = 0
    for seat in (*_by_event(connection), *_by_organisation(connection, today)):
        if seat.is_new:
            handed += _sit(connection, seat, rules, today, now)
    return handed


def _by_event(connection: Connection) -> Iterator[_Seat]:
    """Tasks whose event holds, each with where that is today."""
    place = func.row_number().over(
        partition_by=(EVENT.c.kind, EVENT.c.subject),
        order_by=(EVENT.c.urgent.desc(), EVENT.c.because),
    )
    names = ("kind", "subject", "because", "subdistrict_code", "community_code", "owner")
    first = select(*(EVENT.c[name].label(f"event_{name}") for name in names), place.label("place"))
    event = first.subquery("event_now")
    query = (
        select(Task.__table__, event)
        .join(event, and_(event.c.event_kind == Task.kind, event.c.event_subject == Task.subject))
        .where(
            Task.closed_at.is_(None),
            event.c.place == 1,
            or_(
                Task.subdistrict_code.is_distinct_from(event.c.event_subdistrict_code),
                Task.community_code.is_distinct_from(event.c.event_community_code),
                and_(Task.kind == _HANDED, Task.because != event.c.event_because),
            ),
        )
    )
    for row in connection.execute(query):
        subdistrict, community = row.event_subdistrict_code, row.event_community_code
        because = row.because
        if row.kind == _HANDED:
            because = row.event_because
            if row.stage == "take":
                subdistrict, community = because.removeprefix(_OPERATING), None
            elif row.stage == "decide":
                subdistrict, community = row.subdistrict_code, row.community_code
        # Whose an event is, it says itself; later stages have offices of their own.
        owner = row.event_owner
        if row.stage != loop.KINDS[row.kind].first:
            here = (row.event_subdistrict_code or "")[:6]
            # Another district's office has no account here.
            known = subdistrict if (subdistrict or "").startswith(here) else None
            owner = _acting(row, known, community)
        yield _Seat(row, subdistrict, community, because, owner)


def _by_organisation(connection: Connection, today: date) -> Iterator[_Seat]:
    """Screenings that went on to forming: the event they began with is long gone."""
    where = Located(today)
    holds = exists().where(EVENT.c.kind == Task.kind, EVENT.c.subject == Task.subject)
    query = where.joined_to(
        select(
            Task.__table__,
            where.subdistrict.label("now_subdistrict"),
            where.community.label("now_community"),
        )
        .select_from(Task)
        .join(Organisation, Organisation.id == Task.organisation_id)
    ).where(
        Task.closed_at.is_(None),
        Task.kind == "screen",
        ~holds,
        or_(
            Task.subdistrict_code.is_distinct_from(where.subdistrict),
            Task.community_code.is_distinct_from(where.community),
        ),
    )
    for row in connection.execute(query):
        owner = _acting(row, row.now_subdistrict, row.now_community)
        yield _Seat(row, row.now_subdistrict, row.now_community, row.because, owner)


def _acting(task: Row[Any], subdistrict: str | None, community: str | None) -> str:
    return str(loop.acting(loop.kind(task.kind).stages[task.stage], subdistrict, community))


def _sit(connection: Connection, seat: _Seat, rules: RuleSet, today: date, now: datetime) -> int:
    """Write where a task belongs; 1 if other people act from now on, who have their days anew."""
    task, owner = seat.task, seat.owner
    values: dict[str, Any] = {
        "subdistrict_code": seat.subdistrict,
        "community_code": seat.community,
        "because": seat.because,
        "owner": owner,
    }
    others = owner != task.owner or seat.subdistrict != task.subdistrict_code
    if owner == Role.COMMUNITY:
        others |= seat.community != task.community_code
    if others:
        values["turn"] = task.turn + 1
        values["due_on"] = loop.due(task.kind, rules.limits, start=today, urgent=task.urgent)
        step = {"task_id": task.id, "turn": task.turn + 1, "kind": "handed_on", "on": today}
        connection.execute(insert(TaskStep).values(**step, by=loop.REGISTER, owner=owner, at=now))
    connection.execute(update(Task).where(Task.id == task.id).values(**values))
    return int(others)
