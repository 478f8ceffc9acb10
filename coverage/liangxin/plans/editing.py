"""Edits of a plan at its page: locks set and removed by hand, by somebody who knows what holds.

To edit is to lock and to plan again (decision 0024). Two who look at one plan do not overwrite each
other: each edit says what its author saw, and is refused with what changed since.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, select

from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.plans import ground, kept, locks, of_branches, of_instructors
from liangxin.plans.locks import Lock
from liangxin.plans.words import STATES
from liangxin.rules import RuleSet
from liangxin.schema import PlanLock

OF = {kept.INSTRUCTORS: locks.OF_INSTRUCTORS, kept.BRANCHES: of_branches.OF_BRANCHES}
#: So many of what changed are named.
NAMED = 3


class ChangedMeanwhile(Misuse):
    """Somebody else changed the plan or its locks since its page was opened; nothing was done."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who edits which plan, what they saw of it, and when."""

    actor: Actor
    rules: RuleSet
    number: int
    seen: str  # as ``version`` gave it
    today: date
    now: datetime


def held(connection: Connection, actor: Actor, plan: Any, as_of: date) -> list[Lock]:
    """Return the locks that a plan made again would respect, the oldest first."""
    return locks.holding(connection, ground.within(actor, plan.scope), OF[plan.kind], as_of)


def version(plan: Any, holding: list[Lock]) -> str:
    """Return in short what one sees of a plan: where it stands, and which locks hold."""
    return f"{plan.state}:{','.join(map(_token, holding))}"


def _token(lock: Lock) -> str:
    """A lock's number, and what it says: SQLite gives the number of a removed one to the next."""
    about = (lock.says, lock.uscc, lock.instructor_id, lock.other_uscc, lock.party_organisation_id)
    return f"{lock.id}-{crc32(repr(about).encode()):08x}"


def require_same(connection: Connection, desk: Desk) -> Any:
    """Return the row of a plan if it and its locks are what was seen.

    Raises:
        NotPermitted, NotFound: as ``kept.require``.
        ChangedMeanwhile: they are not; the sentence says what changed, and by whom.
    """
    plan = kept.require(connection, desk.actor, desk.number)
    holding = held(connection, desk.actor, plan, desk.today)
    if desk.seen == version(plan, holding):
        return plan
    state, _, ids = desk.seen.partition(":")
    before = set(ids.split(",")) - {""}
    new = [lock for lock in holding if _token(lock) not in before]
    gone = sorted(each.partition("-")[0] for each in before - set(map(_token, holding)))
    zh, en = [], []
    if state != plan.state:
        by = plan.decided_by or plan.made_by
        zh.append(f"方案现在是“{STATES[plan.state].zh}”（{by}）")
        en.append(f"the plan is {STATES[plan.state].en} now ({by})")
    for lock in new[:NAMED]:
        zh_says, en_says = locks.said(lock)
        zh.append(f"{lock.by}新增了锁定 {lock.id}：{zh_says}")
        en.append(f"{lock.by} added lock {lock.id}: {en_says}")
    if len(new) > NAMED:
        zh.append(f"另新增 {len(new) - NAMED} 项锁定")
        en.append(f"{len(new) - NAMED} more locks were added")
    if gone:
        some = gone[:NAMED]
        zh.append(f"锁定 {'、'.join(some)} 已被取消（共 {len(gone)} 项）")
        en.append(f"lock {', '.join(some)} was removed ({len(gone)} in all)")
    raise ChangedMeanwhile(
        f"您打开本页之后，{'；'.join(zh) or '内容已有变化'}。您的这一步没有执行。请看下方现状，仍要这样办理的，再点一次。",
        f"since you opened this page, {'; '.join(en) or 'it changed'}. What you did was not carried "
        "out; look at how it stands now, and press again if you still want it.",
    )


def lock_pair(
    connection: Connection, desk: Desk, says: str, code: str, instructor: int
) -> list[int]:
    """Lock an organisation to an instructor, or away from one; return locks this one replaces.

    A new ``must`` of an organisation replaces the one before it.

    Raises:
        NotPermitted, NotFound: not this role, or organisation or instructor not in scope.
        Misuse: the plan was dropped, or the lock contradicts what was said or locked.
        ChangedMeanwhile: somebody else edited meanwhile.
    """
    plan = _editable(connection, desk, kept.INSTRUCTORS)
    code = code.strip().upper()
    before = [
        lock.id
        for lock in held(connection, desk.actor, plan, desk.today)
        if lock.uscc == code
        and (lock.says == "must" if says == "must" else lock.instructor_id == instructor)
        and (lock.says, lock.instructor_id) != (says, instructor)
    ]
    _remove(connection, desk, before)
    _set(connection, desk, plan, [{"says": says, "code": code, "instructor": instructor}])
    return before


def lock_group(connection: Connection, desk: Desk, group: int) -> int:
    """Lock a group of a plan of joint branches as it is; return how many locks that takes.

    Until it is unlocked, exactly its units are a group: none leaves and nobody joins. Locks of its
    units with others go.

    Raises:
        as ``lock_pair``; NotFound: the plan has no such group.
    """
    plan = _editable(connection, desk, kept.BRANCHES)
    units, branch = _group(connection, desk, group)
    first, *others = units
    wanted: list[dict[str, Any]] = [
        {"says": "together", "code": first, "other": other} for other in others
    ]
    if branch is not None:
        wanted.append({"says": "together", "code": first, "branch": branch})
    wanted.append({"says": "together", "code": first, "other": first, "closes": True})
    outside = [
        lock.id
        for lock in held(connection, desk.actor, plan, desk.today)
        if lock.says == "together" and _leads_out(lock, set(units), branch)
    ]
    _remove(connection, desk, outside)
    _set(connection, desk, plan, wanted)
    return len(wanted)


def _leads_out(lock: Lock, units: set[str], branch: int | None) -> bool:
    """Whether a lock ties a unit of a group to anything outside of it."""
    if lock.party_organisation_id is not None:
        return lock.uscc in units and lock.party_organisation_id != branch
    named = {lock.uscc, lock.other_uscc}
    return 0 < len(named & units) < len(named)


def move_unit(connection: Connection, desk: Desk, code: str, group: int | None) -> list[int]:
    """Lock a unit together with another group, or (null) out of all; return locks this replaces.

    Those that were locked together through the unit stay together without it.

    Raises:
        as ``lock_pair``; NotFound: the plan has no such group or unit; Misuse: either group is
        locked as it is.
    """
    plan = _editable(connection, desk, kept.BRANCHES)
    code = code.strip().upper()
    holding = held(connection, desk.actor, plan, desk.today)
    _require_open(holding, {code})
    wanted: list[dict[str, Any]] = [{"says": "alone", "code": code}]
    if group is not None:
        units, branch = _group(connection, desk, group)
        if code in units:
            raise Misuse(
                f"{code} 已在第 {group} 组。要固定下来，请用“锁定整组”。",
                f"{code} is in group {group} already; to keep it there, lock the group.",
            )
        _require_open(holding, set(units))
        other = {"other": units[0]} if branch is None else {"branch": branch}
        wanted = [{"says": "together", "code": code, **other}]
    before = [
        lock
        for lock in holding
        if code in {lock.uscc, lock.other_uscc} and lock.says in {"together", "alone"}
    ]
    _remove(connection, desk, [lock.id for lock in before])
    _set(connection, desk, plan, [*_without(code, before), *wanted])
    return [lock.id for lock in before]


def _require_open(holding: list[Lock], units: set[str]) -> None:
    """Return if none of these units is in a group that is locked as it is.

    Raises:
        Misuse: one is; the sentence names the group's lock.
    """
    for lock in holding:
        if lock.closes:
            star = locks.closed_by(lock, holding)
            inside = {each.uscc for each in star} | {each.other_uscc for each in star}
            for code in sorted(units & inside):
                raise Misuse(
                    f"{code} 所在的组已整组锁定（锁定 {lock.id}，{lock.by}），不增不减。要改动，请先取消该锁定。",
                    f"the group of {code} is locked as it is (lock {lock.id}, {lock.by}); to change it, "
                    "remove that lock first.",
                )


def _without(code: str, before: list[Lock]) -> list[dict[str, Any]]:
    """Locks that keep those together whom a unit that leaves held together."""
    tied = [lock for lock in before if lock.says == "together"]
    others = sorted({str(one) for lock in tied for one in (lock.uscc, lock.other_uscc) if one})
    others = [one for one in others if one != code]
    branches = sorted({n for lock in tied if (n := lock.party_organisation_id) is not None})
    if not others:
        return []
    first, *rest = others
    return [
        *({"says": "together", "code": first, "other": one} for one in rest),
        *({"says": "together", "code": first, "branch": number} for number in branches),
    ]


def unlock(connection: Connection, desk: Desk, lock: int) -> list[int]:
    """Remove a lock and return the numbers of what went; of a group locked as it is all its locks.

    Raises:
        as ``lock_pair``; NotFound: there is no such lock.
    """
    _editable(connection, desk, None)
    return locks.remove(connection, desk.actor, lock, as_of=desk.today, now=desk.now)


def _editable(connection: Connection, desk: Desk, kind: str | None) -> Any:
    """The plan, if it is of a kind and stands where locks for it make sense."""
    desk.actor.require(Permission.PLAN_MAKE)
    plan = require_same(connection, desk)
    if kind is not None and plan.kind != kind:
        kept.require(connection, desk.actor, desk.number, kind=kind)
    if plan.state == "dropped":
        raise Misuse(
            f"方案 {plan.id} 已作废，不能再修改。请打开方案列表，在最新的方案上修改。",
            f"plan {plan.id} was dropped and is not edited any more; open the list and edit the newest.",
        )
    return plan


def _group(connection: Connection, desk: Desk, group: int) -> tuple[list[str], int | None]:
    """The units of a group of the plan, and the branch they join."""
    rows = [
        row for row in kept.items(connection, desk.actor, desk.number) if row.group_number == group
    ]
    if not rows:
        raise NotFound(
            f"方案 {desk.number} 没有第 {group} 组。", f"plan {desk.number} has no group {group}."
        )
    return [row.uscc for row in rows], rows[0].party_organisation_id


def _remove(connection: Connection, desk: Desk, numbers: list[int]) -> None:
    gone: set[int] = set()
    for number in numbers:
        if number not in gone:
            gone |= set(
                locks.remove(connection, desk.actor, number, as_of=desk.today, now=desk.now)
            )


def _set(connection: Connection, desk: Desk, plan: Any, wanted: list[dict[str, Any]]) -> None:
    """Set locks, if none of them contradicts what holds."""
    made = []
    for each in wanted:
        about = dict(each)
        says, code = about.pop("says"), about.pop("code")
        made.append(
            locks.set_lock(
                connection,
                desk.actor,
                says,
                code,
                **about,
                by=desk.actor.name,
                as_of=desk.today,
                now=desk.now,
            )
        )
    scoped = ground.within(desk.actor, plan.scope)
    ask = of_instructors.asked if plan.kind == kept.INSTRUCTORS else of_branches.asked
    asked = ask(connection, scoped, desk.rules, as_of=desk.today)
    for lock, error in asked.contradicting:
        if lock.id in made:
            raise error


def set_at(connection: Connection, numbers: list[int]) -> dict[int, datetime]:
    """Return when locks were set."""
    query = select(PlanLock.id, PlanLock.learned_at)
    wanted = set(numbers)
    return {number: at for number, at in connection.execute(query) if number in wanted}
