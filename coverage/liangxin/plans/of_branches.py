"""From the register to a plan of joint branches: who has too few members, and who has room."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, or_, select

from liangxin import lists, universe
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.facts_on import true_on
from liangxin.planning.branches.problem import Limits, Locks, Problem, Spot, Standing, Unit
from liangxin.plans import ground, locks
from liangxin.plans.ground import Whereabouts
from liangxin.plans.locks import Lock
from liangxin.rules import RuleSet
from liangxin.schema import Covering, Organisation, PartyOrganisation, Place, Task, TaskStep

#: Whom a plan leaves to themselves.
OWN_BRANCH = "own_branch"
#: Kinds of task whose answer tells whether a branch can be formed.
_FORMING = ("build", "reach")
OF_BRANCHES = ("together", "apart", "alone")


@dataclass(frozen=True, slots=True)
class Asked:
    """A problem, and what its names stand for."""

    problem: Problem
    organisations: dict[str, Any]  # member rows by USCC
    branches: dict[str, Any]  # rows of joint branches by the problem's name of them
    aside: dict[str, str]  # USCC → why it is in no plan
    contradicting: list[tuple[Lock, Misuse]]  # locks left out, and why
    members_unknown: int  # organisations without cover of which nobody knows the members


def asked(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    keep: tuple[frozenset[str], ...] = (),
) -> Asked:
    """Return who is to be planned on a day, in an actor's scope.

    An organisation is asked if it counts, nothing covers it and it has members, but fewer full
    ones than a branch must have; or as many, and somebody wrote down why it forms none, or
    answered its task with "not yet possible". Who could form its own, and is not known to be
    unable, is left to do so.

    Args:
        connection: a transaction.
        actor: whose sub-districts; it must be one who may see counts of members.
        rules: thresholds.
        as_of: the day.
        keep: groups of a plan to keep where they can be.

    Raises:
        NotPermitted: the role may not see counts of members.
    """
    actor.require(Permission.MEMBER_COUNT)
    rows = ground.counting_members(connection, actor, rules, as_of, lambda m: ~lists.built(m))
    unknown = sum(row.full_members is None for row in rows)
    ids = {row.id for row in rows}
    unable = ground.texts(connection, "unbuilt_reason", ids, as_of).keys() | _not_yet(
        connection, as_of
    )
    aside: dict[str, str] = {}
    units = []
    for row in rows:
        if not row.full_members and not row.members:
            continue
        if row.subdistrict_code is None:
            aside[row.uscc] = ground.NOT_LOCATED
        elif (row.full_members or 0) >= rules.thresholds.branch_members and row.id not in unable:
            aside[row.uscc] = OWN_BRANCH
        else:
            units.append(row)
    places = ground.Places(connection, as_of)
    branches = _branches(connection, actor, rules, as_of, places)
    made = tuple(_units(connection, units, places, as_of))
    problem = Problem(
        units=made,
        standing=tuple(standing for standing, _ in branches),
        limits=Limits.of(rules, reach=rules.planning.reach),
        neighbours=frozenset(frozenset(pair) for pair in ground.neighbours(connection)),
        rule_set=rules.id,
        in_force=_known(keep, {unit.id for unit in made} | {s.id for s, _ in branches}),
    )
    held = locks.holding(connection, actor, OF_BRANCHES, as_of)
    problem, contradicting = _locked(problem, held, _stands_for(connection, held, as_of))
    return Asked(
        problem,
        {row.uscc: row for row in rows},
        {standing.id: row for standing, row in branches},
        aside,
        contradicting,
        unknown,
    )


def _not_yet(connection: Connection, as_of: date) -> set[int]:
    """Return the organisations whose newest answer about forming is that it is not yet possible."""
    newest = (
        select(Task.organisation_id, func.max(TaskStep.id).label("step"))
        .join(Task, Task.id == TaskStep.task_id)
        .where(Task.kind.in_(_FORMING), TaskStep.answer.is_not(None), TaskStep.on <= as_of)
        .group_by(Task.organisation_id)
        .subquery()
    )
    query = (
        select(newest.c.organisation_id)
        .join(TaskStep, TaskStep.id == newest.c.step)
        .where(TaskStep.answer == "not_yet")
    )
    return set(connection.execute(query).scalars())


def name_of(branch: int) -> str:
    """Return how a problem names a joint branch there is."""
    return f"branch-{branch}"


def _known(keep: tuple[frozenset[str], ...], there: set[str]) -> tuple[frozenset[str], ...]:
    """Groups to keep; one of which nobody is there any more says nothing."""
    return tuple(group for group in keep if group & there)


def _units(
    connection: Connection, rows: list[Any], places: ground.Places, as_of: date
) -> list[Unit]:
    ids = {row.id for row in rows}
    industry = ground.texts(connection, "industry", ids, as_of)
    named = ground.texts(connection, "place", ids, as_of)
    made = []
    for row in rows:
        full = row.full_members or 0
        everyone = max(full, row.members or 0)
        where = places.find(row.subdistrict_code, named.get(row.id), row.address)
        made.append(
            Unit(
                id=row.uscc,
                full_members=full,
                spot=_spot(row.subdistrict_code, row.community_code, where),
                probationary=everyone - full,
                trade=industry.get(row.id, ""),
                has_declined=row.declined == 1,
            )
        )
    return made


def _spot(subdistrict: str, community: str | None, where: Whereabouts) -> Spot:
    longitude, latitude = where.at or (None, None)
    return Spot(subdistrict, community or "", where.name or "", latitude, longitude)


def _branches(
    connection: Connection, actor: Actor, rules: RuleSet, as_of: date, places: ground.Places
) -> list[tuple[Standing, Any]]:
    """Joint branches there are with room for one more, each with its row."""
    query = (
        select(
            *(PartyOrganisation.id, PartyOrganisation.name, PartyOrganisation.subdistrict_code),
            Place.name.label("place"),
            Place.community_code.label("community"),
        )
        .outerjoin(Place, Place.id == PartyOrganisation.place_id)
        .where(
            true_on(PartyOrganisation, as_of, None),
            or_(PartyOrganisation.level == "joint_branch", PartyOrganisation.mode == "joint"),
        )
        .order_by(PartyOrganisation.id)
    )
    if actor.subdistricts is not None:
        query = query.where(PartyOrganisation.subdistrict_code.in_(sorted(actor.subdistricts)))
    joined = _joined(connection, rules, as_of)
    found = []
    for row in connection.execute(query):
        units = joined.get(row.id, [])
        if 0 < len(units) < rules.thresholds.joint_units:
            found.append((_standing(row, units, rules, places), row))
    return found


def _joined(connection: Connection, rules: RuleSet, as_of: date) -> dict[int, list[Any]]:
    """Member rows of joint units by Party organisation.

    One that counts no more (closed, moved away) takes no place and brings no member, though its
    covering was not ended yet; one that nobody has verified does.
    """
    member = universe.members(rules, as_of=as_of)
    query = (
        select(Covering.party_organisation_id, member)
        .join(member, member.c.id == Covering.organisation_id)
        .where(Covering.mode == "joint", true_on(Covering, as_of, None))
        .where(or_(member.c.counts == 1, member.c.unverified == 1))
        .order_by(Covering.party_organisation_id, member.c.uscc)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.party_organisation_id, []).append(row)
    return found


def _standing(row: Any, units: list[Any], rules: RuleSet, places: ground.Places) -> Standing:
    full = sum(unit.full_members or 0 for unit in units)
    everyone = sum(max(unit.full_members or 0, unit.members or 0) for unit in units)
    if any(unit.full_members is None for unit in units):
        # It stands, so it had enough when it was formed; what is not known is not held against it.
        full = max(full, rules.thresholds.branch_members)
    common = Counter(unit.community_code for unit in units if unit.community_code).most_common(1)
    where = places.find(row.subdistrict_code, row.place)
    return Standing(
        id=name_of(row.id),
        units=len(units),
        full_members=full,
        spot=_spot(
            row.subdistrict_code, row.community or (common[0][0] if common else None), where
        ),
        probationary=max(0, everyone - full),
    )


def _stands_for(connection: Connection, held: list[Lock], as_of: date) -> dict[str, str]:
    """Of locked organisations that a joint branch covers, how a problem names that branch.

    Whoever is kept apart from one of them is kept apart from its branch.
    """
    named = sorted({code for lock in held for code in _named(lock)})
    query = (
        select(Organisation.uscc, Covering.party_organisation_id)
        .join(Covering, Covering.organisation_id == Organisation.id)
        .where(
            Organisation.uscc.in_(named), Covering.mode == "joint", true_on(Covering, as_of, None)
        )
    )
    return {code: name_of(branch) for code, branch in connection.execute(query)}


def _locked(
    problem: Problem, held: list[Lock], stands_for: Mapping[str, str]
) -> tuple[Problem, list[tuple[Lock, Misuse]]]:
    """The problem with the locks of whoever is in it, and the locks that contradict it."""
    codes = {each.id for each in problem.all}

    def meant(lock: Lock) -> frozenset[str]:
        if lock.closes:
            return frozenset().union(*map(_named, locks.closed_by(lock, held)))
        if lock.says != "apart":
            return frozenset(_named(lock))
        return frozenset(one if one in codes else stands_for.get(one, one) for one in _named(lock))

    about = [
        lock
        for lock in held
        if meant(lock) <= codes and (lock.says == "alone" or len(meant(lock)) > 1)
    ]
    away = [
        (lock, _away(lock, meant(lock), codes))
        for lock in held
        if lock.says == "together" and 0 < len(meant(lock) & codes) < len(meant(lock))
    ]
    problem, contradicting = locks.fitted(
        about, lambda some: replace(problem, locks=_as_locks(some, meant))
    )
    return problem, sorted([*contradicting, *away], key=lambda each: each[0].id)


def _away(lock: Lock, meant: frozenset[str], codes: set[str]) -> Misuse:
    """Why some that are locked together cannot be: one of them is not to be planned."""
    missing = min(meant - codes)
    name = lock.party_organisation if missing.startswith("branch-") else missing
    if lock.closes:
        return Misuse(
            f"整组锁定的组中有单位或联合党支部已不在本次方案中（{name or '联合党支部'}），不能照原样保留。请重新锁定。",
            f"of a group locked as it is, {name or 'the branch'} is not in this plan any more, so it "
            "cannot stay as it is; lock it again.",
        )
    return Misuse(
        f"{name} 不在本次方案中（已覆盖、已满或已撤销，应单独组建，或属其他街道）。",
        f"{name} is not in this plan: covered, full or ended, able to form its own, or elsewhere.",
    )


def _named(lock: Lock) -> set[str]:
    branch = lock.party_organisation_id
    other = lock.other_uscc if branch is None else name_of(branch)
    return {lock.uscc} | ({other} if other is not None else set())


def _as_locks(some: list[Lock], meant: Callable[[Lock], frozenset[str]]) -> Locks:
    pairs = {
        says: [meant(lock) for lock in some if lock.says == says and not lock.closes]
        for says in OF_BRANCHES
    }
    return Locks(
        whole=tuple(meant(lock) for lock in some if lock.closes),
        together=tuple(pairs["together"]),
        apart=tuple(pairs["apart"]),
        alone=frozenset().union(*pairs["alone"]),
    )
