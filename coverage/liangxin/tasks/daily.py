"""What a day brings to tasks, as a handful of statements over all of them at once.

``open_due`` and ``tick`` are safe to repeat: an event that was answered is not asked about again,
and every notice goes out once (unique indexes hold that). What an event is stands in ``events``,
what a task asks for and when a notice is due in ``liangxin.loop``.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Integer,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from liangxin import loop
from liangxin.rules import RuleSet
from liangxin.schema import Meta, Screening, Task, TaskStep
from liangxin.tasks import moving
from liangxin.tasks.events import EVENT, clear, fill
from liangxin.tasks.facts import is_reached, screened_as
from liangxin.universe import EXITS
from liangxin.workdays import LAST_YEAR, is_announced, is_working_day

#: In ``meta``: the last day that tasks were run by the worker.
RUN_ON = "tasks.run_on"
_STEP = ("task_id", "turn", "kind", "on", "by", "owner", "at")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a day brought: how many tasks were opened, handed on and closed, and who was told."""

    opened: int = 0
    handed_on: int = 0
    closed: int = 0
    reminded: int = 0
    chased: int = 0
    escalated: int = 0
    #: Whether the working days of this and the next month are announced; else due days may move.
    announced: bool = True

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened that somebody need hear of."""
        counts = (self.opened, self.handed_on, self.closed)
        return not any((*counts, self.reminded, self.chased, self.escalated))


def run(connection: Connection, rules: RuleSet, today: date, now: datetime) -> Ran:
    """Do what is due today: open, hand on and close tasks, then remind, chase and escalate."""
    opened = open_due(connection, rules, today, now)
    told = tick(connection, rules, today, now)
    return replace(opened, reminded=told.reminded, chased=told.chased, escalated=told.escalated)


def run_daily(connection: Connection, rules: RuleSet, today: date, now: datetime) -> Ran | None:
    """Run once a day, whoever asks; ``None``: somebody did already."""
    last = connection.execute(select(Meta.value).where(Meta.key == RUN_ON)).scalar()
    if last == today.isoformat():
        return None
    values = {"key": RUN_ON, "value": today.isoformat()}
    if last is None:
        connection.execute(insert(Meta).values(**values))
    else:
        connection.execute(update(Meta).where(Meta.key == RUN_ON).values(**values))
    return run(connection, rules, today, now)


def ran_on(connection: Connection, today: date) -> bool:
    """Tell whether ``run_daily`` has done its work on a day; a mere look."""
    found = connection.execute(select(Meta.value).where(Meta.key == RUN_ON)).scalar()
    return found == today.isoformat()


def open_due(connection: Connection, rules: RuleSet, today: date, now: datetime) -> Ran:
    """Open a task for every event that has none; hand on and close what facts have settled.

    An event that was answered is not asked about again; one whose task the register closed by
    itself is, should it come back.

    Args:
        connection: a write transaction.
        rules: who counts, limits and thresholds.
        today: the day.
        now: when.
    """
    fill(connection, rules, today)
    handed = _hand_on(connection, rules, today, now)
    closed = _close(connection, today, now)
    handed += moving.follow(connection, rules, today, now)
    opened = _open(connection, rules, today, now)
    clear(connection)
    announced = is_announced(loop.due("elect", rules.limits, start=today))
    return Ran(opened, handed, closed, announced=announced)


def open_for(
    connection: Connection, rules: RuleSet, organisation_id: int, today: date, now: datetime
) -> int:
    """Open at once what somebody's declaration or confirmation asks for; return how many tasks.

    Args:
        connection: a write transaction.
        rules: who counts, limits and thresholds.
        organisation_id: where the person works.
        today: the day.
        now: when.
    """
    fill(connection, rules, today, organisation_id=organisation_id)
    opened = _open(connection, rules, today, now)
    clear(connection)
    return opened


def tick(connection: Connection, rules: RuleSet, today: date, now: datetime) -> Ran:
    """Remind who is near the day, chase who is past it, tell the leader of who was chased in vain.

    Each at most once a turn, the leader once a task, and nothing on days that offices are closed.
    A chaser always goes before the leader hears, on an earlier day.

    Args:
        connection: a write transaction.
        rules: the limits.
        today: the day.
        now: when.
    """
    if not is_working_day(today):
        return Ran()
    limits = rules.limits
    began = _has_step("opened", "answered", "handed_on", TaskStep.on == today)
    chased = _has_step("chased", TaskStep.on < today)
    due = {
        "reminded": (loop.is_reminded, and_(Task.due_on >= today, ~began)),
        "chased": (loop.is_chased, None),
        "escalated": (loop.is_escalated, chased),
    }
    told = {}
    for kind, (asked, more) in due.items():
        latest = loop.latest_due(
            lambda day, asked=asked: asked(limits, due_on=day, today=today),  # type: ignore[misc]
            today,
        )
        if latest is None:
            told[kind] = 0
            continue
        which = [Task.closed_at.is_(None), Task.due_on <= latest]
        which += [] if more is None else [more]
        repeat = _has_step(kind) if kind != "escalated" else _was_put()
        told[kind] = _steps(connection, kind, today, now, *which, ~repeat)
    return Ran(reminded=told["reminded"], chased=told["chased"], escalated=told["escalated"])


def said(ran: Ran) -> tuple[str, str]:
    """Return what a day brought in words, in Chinese and in English."""
    zh = (
        f"新开任务 {ran.opened}，转办 {ran.handed_on}，自动办结 {ran.closed}；"
        f"提醒 {ran.reminded}，催办 {ran.chased}，呈报领导 {ran.escalated}。"
    )
    en = (
        f"tasks: {ran.opened} opened, {ran.handed_on} handed on, {ran.closed} closed; "
        f"{ran.reminded} reminded, {ran.chased} chased, {ran.escalated} put to leaders."
    )
    if not ran.announced:
        zh += (
            f"注意：程序只知道 {LAST_YEAR} 年以前（含）的放假调休安排，之后按周末和固定日期的节日推算，"
            "期限可能有出入；请更新程序。"
        )
        en += (
            f" Note: working days are known up to {LAST_YEAR}; later ones are reckoned from weekends "
            "and holidays of a fixed date, so due days may be off. Update the program."
        )
    return zh, en


# The day's statements.


def _open(connection: Connection, rules: RuleSet, today: date, now: datetime) -> int:
    before = connection.execute(select(func.coalesce(func.max(Task.id), 0))).scalar_one()
    open_task, answered = aliased(Task), aliased(Task)
    same = and_(open_task.kind == EVENT.c.kind, open_task.subject == EVENT.c.subject)
    is_open = exists().where(same, open_task.closed_at.is_(None))
    was_answered = exists().where(
        answered.kind == EVENT.c.kind,
        answered.subject == EVENT.c.subject,
        answered.because == EVENT.c.because,
        TaskStep.task_id == answered.id,
        TaskStep.kind == "answered",
    )
    place = func.row_number().over(
        partition_by=EVENT.c.subject, order_by=(EVENT.c.urgent.desc(), EVENT.c.because)
    )
    names = [name for name in EVENT.columns.keys() if name != "kind"]  # noqa: SIM118 - a collection
    for name, kind in loop.KINDS.items():
        first = (
            select(*(EVENT.c[each] for each in names), place.label("place"))
            .where(EVENT.c.kind == name, ~is_open, ~was_answered)
            .subquery("first_event")
        )
        due_on = case(
            (first.c.urgent, literal(today, Date)),
            else_=literal(loop.due(name, rules.limits, start=today), Date),
        )
        rows = select(
            *(first.c[each] for each in names),
            literal(name),
            literal(kind.first),
            cast(0, Integer),
            literal(today, Date),
            due_on,
            literal(now, Task.opened_at.type),
        ).where(first.c.place == 1)
        into = [*names, "kind", "stage", "turn", "opened_on", "due_on", "opened_at"]
        connection.execute(insert(Task).from_select(into, rows))
    return _steps(connection, "opened", today, now, Task.id > before)


def _hand_on(connection: Connection, rules: RuleSet, today: date, now: datetime) -> int:
    """Somebody recorded that a firm operates while its task still asked for that: on to forming."""
    operates = screened_as(
        Task.organisation_id,
        today,
        Screening.state.in_(rules.states),
        Screening.learned_at >= Task.opened_at,
    )
    which = (
        Task.closed_at.is_(None),
        Task.kind == "screen",
        Task.stage.in_(("find", "record")),
        ~_event_holds(),
        operates,
        ~is_reached(Task.organisation_id, today),
    )
    stage = loop.KINDS["screen"].stages["form"]
    owner = case(
        (Task.subdistrict_code.is_(None), str(loop.acting(stage, None, None))),
        else_=str(loop.acting(stage, "", "")),
    )
    handed = _steps(connection, "handed_on", today, now, *which, owner=owner, turn=Task.turn + 1)
    ahead = exists().where(
        TaskStep.task_id == Task.id, TaskStep.kind == "handed_on", TaskStep.turn > Task.turn
    )
    due_on = case(
        (Task.urgent, literal(today, Date)),
        else_=literal(loop.due("screen", rules.limits, start=today), Date),
    )
    values = {"stage": "form", "owner": owner, "due_on": due_on, "turn": Task.turn + 1}
    connection.execute(update(Task).where(Task.closed_at.is_(None), ahead).values(values))
    return handed


def _close(connection: Connection, today: date, now: datetime) -> int:
    """Close what has nothing left to ask: the event is gone, or what was to be formed is there."""
    watched = or_(
        *(
            and_(Task.kind == name, Task.stage.in_(kind.watched))
            for name, kind in loop.KINDS.items()
        )
    )
    exited = screened_as(Task.organisation_id, today, Screening.state.in_(EXITS))
    formed = or_(is_reached(Task.organisation_id, today), exited)
    # Of a screening that went on to forming, the event it began with is long gone.
    forming = and_(Task.kind == "screen", Task.stage == "form")
    gone = or_(and_(forming, formed), and_(~forming, ~_event_holds()))
    closed = _steps(connection, "closed", today, now, Task.closed_at.is_(None), watched, gone)
    connection.execute(
        update(Task).where(Task.closed_at.is_(None), _ever("closed")).values(closed_at=now)
    )
    return closed


def _event_holds() -> ColumnElement[bool]:
    return exists().where(EVENT.c.kind == Task.kind, EVENT.c.subject == Task.subject)


def _steps(
    connection: Connection,
    kind: str,
    today: date,
    now: datetime,
    *which: ColumnElement[bool],
    owner: ColumnElement[Any] | None = None,
    turn: ColumnElement[Any] | None = None,
) -> int:
    """Write a step of the register's for every such task; return how many they are."""
    rows = select(
        Task.id,
        Task.turn if turn is None else turn,
        literal(kind),
        literal(today, Date),
        literal(loop.REGISTER),
        Task.owner if owner is None else owner,
        literal(now, TaskStep.at.type),
    ).where(*which)
    # By the columns' own names, for two of them are called otherwise in the table.
    columns = [TaskStep.__table__.c[_column(name)] for name in _STEP]
    into = insert(TaskStep).from_select(columns, rows)
    return connection.execute(into.execution_options(preserve_rowcount=True)).rowcount


def _column(name: str) -> str:
    return {"on": "on_day", "by": "done_by", "at": "learned_at"}.get(name, name)


def _has_step(*kinds_and_conditions: Any) -> ColumnElement[bool]:
    """A step of one of these kinds in the turn now; conditions may follow."""
    kinds = [each for each in kinds_and_conditions if isinstance(each, str)]
    more = [each for each in kinds_and_conditions if not isinstance(each, str)]
    return exists().where(
        TaskStep.task_id == Task.id,
        TaskStep.turn == Task.turn,
        TaskStep.kind.in_(kinds),
        *more,
    )


def _was_put() -> ColumnElement[bool]:
    """The matter was put to leaders: by the task, or by one before it that was closed and came back."""
    before = aliased(Task)
    same = exists().where(
        before.kind == Task.kind,
        before.subject == Task.subject,
        before.because == Task.because,
        TaskStep.task_id == before.id,
        TaskStep.kind == "escalated",
    )
    return or_(_ever("escalated"), same)


def _ever(kind: str) -> ColumnElement[bool]:
    """A step of this kind in any turn."""
    return exists().where(TaskStep.task_id == Task.id, TaskStep.kind == kind)
