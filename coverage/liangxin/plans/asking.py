"""Plans asked for at a page: noted, carried out by a process of their own, and what became of them.

Whoever asks is checked when they ask; the process that carries it out (`plan carry-out`, decision
0028) reads from the row who asked and in which scope, so nothing of that is an argument of it. Its
lock ends with it, however it dies, so whoever looks next can tell that it is gone.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from liangxin import db, holds, unforeseen
from liangxin.access import Actor, Permission, Role
from liangxin.errors import Busy, LiangxinError, Misuse, NotFound
from liangxin.moments import in_utc
from liangxin.plans import ground, kept, making
from liangxin.plans.kept import Made
from liangxin.plans.making import Wish
from liangxin.rules import RuleSet
from liangxin.schema import PlanMaking

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
#: Somebody waits for it; a longer search is for the command.
MOST_SECONDS = 600
#: In the whole district; each takes a processor.
MOST_AT_ONCE = 4
#: A process that has not begun by then never will.
BEGINS_WITHIN = timedelta(seconds=60)
#: What is said of one that nobody works on any more.
GONE = (
    "编制进程意外结束，没有形成方案。请重新编制；如再次发生，请联系系统管理员。",
    "the process that made the plan ended and made none; ask again, and tell the administrator.",
)


@dataclass(frozen=True, slots=True)
class Making:
    """A plan that was asked for, as people see it; times are in UTC."""

    id: int
    kind: str
    scope: str
    state: str
    seconds: int
    seed: int
    after_plan_id: int | None
    by: str
    stage: tuple[str, int, int] | None  # ``looking``, ``helping``; how many, for how many
    plan_id: int | None
    message: tuple[str, str] | None
    asked_at: datetime
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether somebody works on it, or will."""
        return self.ended_at is None


def ask(connection: Connection, actor: Actor, kind: str, scope: str, wish: Wish, made: Made) -> int:
    """Note that somebody wants a plan, and return the number under which it is carried out.

    Args:
        connection: a write transaction.
        actor: who asks.
        kind: ``instructors`` or ``branches``; with ``made.after`` that plan's kind counts.
        scope: a sub-district, or empty: all of the actor's.
        wish: how to look for it.
        made: for which day, by whom and when, and the plan to be made again.

    Raises:
        NotPermitted: the role makes no plans, or not of joint branches.
        NotFound: the sub-district or the plan is not there, or not in scope.
        Misuse: no such kind, or a time or seed that makes no sense.
        Busy: one is being made for this scope, or several in the district.
    """
    actor.require(Permission.PLAN_MAKE)
    if made.after is not None:
        before = making.require_again(connection, actor, made.after)
        kind, scope = before.kind, before.scope
    if kind not in {kept.INSTRUCTORS, kept.BRANCHES}:
        raise Misuse(
            f"没有方案类别“{kind}”。请选择指导员选派或联合党支部。",
            f"there is no kind of plan {kind!r}; choose instructors or joint branches.",
        )
    if kind == kept.BRANCHES:
        actor.require(Permission.MEMBER_COUNT)
    _require(wish)
    narrowed = ground.within(actor, scope)
    for code in scope.split("+") if scope else ():
        ground.require_subdistrict(connection, code)
    scope = ground.scope_of(narrowed)
    _refuse_busy(connection, scope)
    values = {"kind": kind, "scope": scope, "state": "waiting", "as_of": made.as_of}
    wished = {"seconds": int(wish.seconds), "seed": wish.seed, "keep_first": wish.keep_first}
    who = {"by": made.by, "role": str(actor.role), "asked_at": made.now}
    inserted = connection.execute(
        insert(PlanMaking).values(**values, **wished, **who, after_plan_id=made.after)
    )
    [number] = inserted.inserted_primary_key or (0,)
    return int(number)


def _require(wish: Wish) -> None:
    if not 1 <= wish.seconds <= MOST_SECONDS or not 0 <= wish.seed < 2**31:
        raise Misuse(
            f"时间须为 1 到 {MOST_SECONDS} 秒，种子须为 0 到 2147483647。更久的编制请用 liangxin plan 命令。",
            f"seconds must be from 1 to {MOST_SECONDS} and the seed from 0 to 2147483647; for a longer "
            "search use the command liangxin plan.",
        )


def _refuse_busy(connection: Connection, scope: str) -> None:
    query = select(PlanMaking.scope, PlanMaking.by.label("by")).where(PlanMaking.ended_at.is_(None))
    there = connection.execute(query).all()
    same = next((row for row in there if row.scope == scope), None)
    if same is not None:
        raise Busy(
            f"“{same.by}”正在为同一范围编制方案。请等它结束，再看是否还要重新编制。",
            f"{same.by} is having a plan made for the same scope; wait for it, then see whether another "
            "is still wanted.",
        )
    if len(there) >= MOST_AT_ONCE:
        raise Busy(
            f"全区已有 {len(there)} 个方案正在编制。请过几分钟再试。",
            f"{len(there)} plans are being made in the district; try again in a few minutes.",
        )


def carry_out(engine: Engine, rules: RuleSet, number: int, *, clock: Clock) -> Making:
    """Make the plan that was asked for, and say what became of it; return that.

    Raises:
        NotFound: nobody asked for it.
        Busy: another process carries out one of the same scope.
    """
    with db.reading(engine) as connection:
        row = _row(connection, number)
    with holds.holding(engine, _lock(row.scope)):
        with db.writing(engine) as connection:
            mine = update(PlanMaking).where(PlanMaking.id == number, PlanMaking.state == "waiting")
            begun = connection.execute(mine.values(state="running")).rowcount
        if begun:
            _close(engine, number, _made(engine, rules, row, clock), clock())
    with db.reading(engine) as connection:
        return _view(_row(connection, number))


def _made(engine: Engine, rules: RuleSet, row: Any, clock: Clock) -> int | tuple[str, str]:
    """The number of the plan, or why there is none."""

    def watch(stage: str, units: int, others: int) -> None:
        with db.writing(engine) as connection:
            mine = update(PlanMaking).where(PlanMaking.id == row.id)
            connection.execute(mine.values(stage=f"{stage} {units} {others}"))

    wish = Wish(row.seconds, row.seed, row.keep_first, refuse_empty=True, watch=watch)
    made = Made(row.as_of, row.asked_by, clock(), row.after_plan_id)
    subdistricts = frozenset(row.scope.split("+")) if row.scope else None
    try:
        actor = Actor(row.asked_by, Role(row.role), subdistricts)
        if row.after_plan_id is not None:
            said = making.again(engine, actor, rules, row.after_plan_id, wish, made)
        elif row.kind == kept.INSTRUCTORS:
            said = making.instructors(engine, actor, rules, wish, made)
        else:
            said = making.branches(engine, actor, rules, wish, made)
    except LiangxinError as error:
        return error.zh, error.en
    except Exception:
        found_by = unforeseen.noted(log)
        return (
            f"程序出错，没有形成方案，登记库未受影响。请将编号 {found_by} 告知系统管理员。",
            f"the program failed and made no plan; tell the system administrator {found_by}.",
        )
    return int(said["plan"])


def _close(engine: Engine, number: int, became: int | tuple[str, str], now: datetime) -> None:
    with db.writing(engine) as connection:
        _end(connection, number, became, now)


def _end(connection: Connection, number: int, became: int | tuple[str, str], now: datetime) -> None:
    values: dict[str, Any] = {"state": "done", "plan_id": became}
    if isinstance(became, tuple):
        zh, en = became
        values = {"state": "failed", "message_zh": zh, "message_en": en}
    mine = update(PlanMaking).where(PlanMaking.id == number, PlanMaking.ended_at.is_(None))
    connection.execute(mine.values(**values, ended_at=now))


def give_up(engine: Engine, number: int, *, now: datetime) -> None:
    """Close one whose process has ended without doing so; one that is closed stays as it is."""
    _close(engine, number, GONE, now)


def give_up_lost(engine: Engine, *, now: datetime) -> int:
    """Close every one that nobody works on any more, and return how many these were.

    Where the server ended and its children with it, nobody else notices.
    """
    with db.reading(engine) as connection:
        query = select(PlanMaking.__table__).where(PlanMaking.ended_at.is_(None))
        rows = connection.execute(query).all()
    lost = [row for row in rows if _is_lost(engine, row, now)]
    for row in lost:
        give_up(engine, row.id, now=now)
    return len(lost)


def _is_lost(engine: Engine, row: Any, now: datetime) -> bool:
    if row.state == "waiting" and now - in_utc(row.asked_at) < BEGINS_WITHIN:
        return False
    try:
        # It may have ended, as it should, between the look and the lock.
        with holds.holding(engine, _lock(row.scope)), db.reading(engine) as connection:
            return _row(connection, row.id).ended_at is None
    except Busy:
        return False


def latest(connection: Connection, actor: Actor) -> list[Making]:
    """Return what was asked for last in each scope an actor sees, the newest first.

    Raises:
        NotPermitted: the role makes no plans.
    """
    actor.require(Permission.PLAN_MAKE)
    newest = select(func.max(PlanMaking.id)).group_by(PlanMaking.scope)
    table = PlanMaking.__table__
    query = select(table).where(PlanMaking.id.in_(newest)).order_by(PlanMaking.id.desc())
    if not actor.may(Permission.MEMBER_COUNT):
        query = query.where(PlanMaking.kind == kept.INSTRUCTORS)
    if actor.subdistricts is not None:
        codes = {ground.scope_of(actor), *actor.subdistricts}
        query = query.where(PlanMaking.scope.in_(codes))
    return [_view(row) for row in connection.execute(query)]


def _row(connection: Connection, number: int) -> Any:
    row = connection.execute(select(PlanMaking.__table__).where(PlanMaking.id == number)).first()
    if row is None:
        raise NotFound(
            f"没有编号为 {number} 的编制请求。",
            f"nobody asked for a plan under the number {number}.",
        )
    return row


def _view(row: Any) -> Making:
    stage = None
    if row.stage is not None:
        name, units, others = row.stage.split(" ")
        stage = (name, int(units), int(others))
    message = None if row.message_zh is None else (row.message_zh, row.message_en or "")
    names = ("id", "kind", "scope", "state", "seconds", "seed", "after_plan_id", "plan_id")
    return Making(
        **{name: getattr(row, name) for name in names},
        by=row.asked_by,
        stage=stage,
        message=message,
        asked_at=in_utc(row.asked_at),
        ended_at=None if row.ended_at is None else in_utc(row.ended_at),
    )


def _lock(scope: str) -> str:
    return f"plan {scope}"
