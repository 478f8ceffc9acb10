"""Locks: what somebody decided by hand, which every later plan respects until it is removed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, and_, delete, insert, or_, select
from sqlalchemy.orm import aliased

from liangxin import audit, instructors, party
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.facts_on import true_on
from liangxin.plans.ground import require_organisation
from liangxin.schema import Instructor, Organisation, PartyOrganisation, PlanLock

Problem = TypeVar("Problem")
#: What a lock says, Chinese and English; the first two are of instructors.
SAYS: dict[str, tuple[str, str]] = {
    "must": ("必须由其联系", "must have this instructor"),
    "never": ("不得由其联系", "may not have this instructor"),
    "together": ("在同一联合党支部", "together in one joint branch"),
    "apart": ("不在同一联合党支部", "not in one joint branch"),
    "alone": ("不参加联合", "in no joint branch"),
}
OF_INSTRUCTORS = ("must", "never")


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock that holds."""

    id: int
    says: str
    uscc: str
    organisation: str
    instructor_id: int | None
    instructor: str | None
    other_uscc: str | None
    party_organisation_id: int | None
    party_organisation: str | None
    by: str

    @property
    def closes(self) -> bool:
        """Whether it closes a group: those locked to this organisation are all of it (``close``)."""
        return self.says == "together" and self.other_uscc == self.uscc


def said(lock: Lock) -> tuple[str, str]:
    """Return what a lock says, in a phrase, Chinese first."""
    if lock.closes:
        return (
            f"{lock.organisation} 所在的组整组锁定，不增不减",
            f"the group of {lock.organisation} is locked as it is",
        )
    zh, en = SAYS[lock.says]
    other = lock.instructor or lock.party_organisation or lock.other_uscc or ""
    return f"{lock.organisation} {zh} {other}".strip(), f"{lock.organisation} {en} {other}".strip()


def closed_by(lock: Lock, held: list[Lock]) -> list[Lock]:
    """Return the locks of the group that a lock closes, itself the last.

    A group that is locked as it is has one lock ``together`` of its first unit with each other one
    (or with the branch they join), and then one of the first unit with itself.
    """
    star = [
        each
        for each in held
        if each.says == "together" and each.uscc == lock.uscc and each.id < lock.id
    ]
    return [*star, lock]


def group_of(number: int, held: list[Lock]) -> list[Lock]:
    """Return the locks that go when one goes: all those of a group that is locked as it is."""
    for lock in held:
        if lock.closes and number in {each.id for each in closed_by(lock, held)}:
            return closed_by(lock, held)
    return [lock for lock in held if lock.id == number]


def holding(connection: Connection, actor: Actor, says: tuple[str, ...], as_of: date) -> list[Lock]:
    """Return the locks of some kinds that hold, in scope, the oldest first.

    Those of joint branches tell who has few members: only who may see counts of members gets them.

    Raises:
        NotPermitted: the role makes no plans.
    """
    actor.require(Permission.PLAN_MAKE)
    if not actor.may(Permission.MEMBER_COUNT):
        says = tuple(each for each in says if each in OF_INSTRUCTORS)
    other = aliased(Organisation)
    query = (
        select(
            *(PlanLock.id, PlanLock.says, PlanLock.organisation_id, PlanLock.by.label("by")),
            *(PlanLock.instructor_id, PlanLock.party_organisation_id),
            Organisation.uscc.label("uscc"),
            Organisation.name.label("organisation"),
            instructors.told_apart(actor).label("instructor"),
            other.uscc.label("other_uscc"),
            PartyOrganisation.name.label("party_organisation"),
        )
        .join(Organisation, Organisation.id == PlanLock.organisation_id)
        .outerjoin(Instructor, Instructor.id == PlanLock.instructor_id)
        .outerjoin(other, other.id == PlanLock.other_organisation_id)
        .outerjoin(PartyOrganisation, PartyOrganisation.id == PlanLock.party_organisation_id)
        .where(PlanLock.says.in_(says))
        .order_by(PlanLock.id)
    )
    rows = list(connection.execute(query))
    if actor.subdistricts is not None:
        tracked = party.tracked_in(connection, [row.organisation_id for row in rows], on=as_of)
        rows = [row for row in rows if tracked[row.organisation_id] in actor.subdistricts]
    names = Lock.__dataclass_fields__
    return [Lock(**{name: getattr(row, name) for name in names}) for row in rows]


def fitted(
    held: list[Lock], with_locks: Callable[[list[Lock]], Problem]
) -> tuple[Problem, list[tuple[Lock, Misuse]]]:
    """Return a problem with as many of its locks as do not contradict it, the oldest first.

    Args:
        held: locks, the oldest first.
        with_locks: makes the problem with some of them; raises ``Misuse`` where they contradict.

    Returns:
        The problem, and each lock that is left out with the sentence that says why.

    Raises:
        Misuse: the problem makes no sense even without locks.
    """
    try:
        return with_locks(held), []
    except Misuse:
        taken: list[Lock] = []
        problem, left_out = with_locks(taken), []
    for lock in held:
        try:
            problem = with_locks([*taken, lock])
        except Misuse as error:
            left_out.append((lock, error))
        else:
            taken.append(lock)
    return problem, left_out


def set_lock(
    connection: Connection,
    actor: Actor,
    says: str,
    code: str,
    *,
    instructor: int | None = None,
    other: str | None = None,
    branch: int | None = None,
    closes: bool = False,
    by: str,
    as_of: date,
    now: datetime,
) -> int:
    """Lock something and return the lock's number; what is locked already keeps its number.

    Args:
        connection: a write transaction.
        actor: who locks.
        says: of ``SAYS``.
        code: the organisation (USCC).
        instructor: whom ``must`` and ``never`` are about.
        other: the other organisation (USCC) of ``together`` and ``apart``; or
        branch: the joint branch of ``together``.
        closes: the other organisation is the same one: nobody joins those locked to it.
        by: the office that decided.
        as_of: a day, for whose the organisation is.
        now: when.

    Raises:
        NotPermitted: the role may not make plans, or not of joint branches.
        NotFound: the organisation, instructor or branch is not there, or not in scope.
        Misuse: no such kind of lock, or it does not name what it is about.
    """
    actor.require(Permission.PLAN_MAKE)
    _require_whole(says, instructor, other, branch)
    if says not in OF_INSTRUCTORS:
        actor.require(Permission.MEMBER_COUNT)
    values: dict[str, Any] = {
        "says": says,
        "organisation_id": require_organisation(connection, actor, code, as_of),
        "instructor_id": None,
        "other_organisation_id": None,
        "party_organisation_id": None,
    }
    if instructor is not None:
        values["instructor_id"] = instructors.require(connection, actor, instructor).id
    if other is not None:
        values["other_organisation_id"] = require_organisation(connection, actor, other, as_of)
        if values["other_organisation_id"] == values["organisation_id"] and not closes:
            raise Misuse(
                f"两个单位都是 {code}，请给出另一个单位。",
                f"both organisations are {code}; name another one.",
            )
    if branch is not None:
        values["party_organisation_id"] = _require_branch(connection, actor, branch, as_of)
    same = and_(*(PlanLock.__table__.c[name].is_not_distinct_from(v) for name, v in values.items()))
    held = connection.execute(select(PlanLock.id).where(same)).scalar()
    if held is not None:
        return int(held)
    made = connection.execute(insert(PlanLock).values(**values, by=by, learned_at=now))
    [number] = made.inserted_primary_key or (0,)
    audit.by_actor(connection, actor, "plan.locked", f"{number} {says} {code}", now=now)
    return int(number)


def remove(
    connection: Connection, actor: Actor, number: int, *, as_of: date, now: datetime
) -> list[int]:
    """Remove a lock and return the numbers of what went: of a group locked as it is all its locks.

    Raises:
        NotPermitted: as ``set_lock``.
        NotFound: there is no such lock that holds, in scope.
    """
    actor.require(Permission.PLAN_MAKE)
    found = group_of(number, holding(connection, actor, tuple(SAYS), as_of))
    if not found:
        raise NotFound(
            f"没有编号为 {number} 的锁定。请用 liangxin plan locks 查看。",
            f"there is no lock {number}; liangxin plan locks shows them.",
        )
    if found[0].says not in OF_INSTRUCTORS:
        actor.require(Permission.MEMBER_COUNT)
    gone = [each.id for each in found]
    connection.execute(delete(PlanLock).where(PlanLock.id.in_(gone)))
    for each in gone:
        audit.by_actor(connection, actor, "plan.unlocked", str(each), now=now)
    return gone


def _require_whole(
    says: str, instructor: int | None, other: str | None, branch: int | None
) -> None:
    if says not in SAYS:
        raise Misuse(
            f"没有锁定“{says}”，可用：{'、'.join(f'{key}（{zh}）' for key, (zh, _) in SAYS.items())}。",
            f"there is no lock {says!r}; use one of {', '.join(SAYS)}.",
        )
    wanted = {
        "must": (True, 0),
        "never": (True, 0),
        "together": (False, 1),
        "apart": (False, 1),
        "alone": (False, 0),
    }[says]
    if (instructor is not None, (other is not None) + (branch is not None)) != wanted:
        zh = {"must": "一名指导员", "never": "一名指导员", "alone": "只有一个单位"}
        en = {"must": "an instructor", "never": "an instructor", "alone": "one organisation only"}
        raise Misuse(
            f"锁定“{says}”要给出{zh.get(says, '另一个单位或联合党支部')}。",
            f"the lock {says!r} names {en.get(says, 'another organisation, or a joint branch')}.",
        )
    if says == "apart" and branch is not None:
        raise Misuse("“apart”只能用于两个单位。", "the lock 'apart' is about two organisations.")


def _require_branch(connection: Connection, actor: Actor, number: int, as_of: date) -> int:
    query = select(PartyOrganisation.subdistrict_code).where(
        PartyOrganisation.id == number,
        true_on(PartyOrganisation, as_of, None),
        or_(PartyOrganisation.level == "joint_branch", PartyOrganisation.mode == "joint"),
    )
    here = connection.execute(query).scalar()
    if here is None or (actor.subdistricts is not None and here not in actor.subdistricts):
        raise NotFound(f"没有编号为 {number} 的联合党支部。", f"there is no joint branch {number}.")
    return number
