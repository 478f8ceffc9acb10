"""What the page of a plan asks: what it says of each organisation, how it is loaded, whether it still fits."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from liangxin import divisions, instructors
from liangxin.access import Actor
from liangxin.moments import in_utc
from liangxin.planning.branches.problem import Unit, satisfied
from liangxin.planning.instructors.telling import Words
from liangxin.plans import deciding, editing, ground, kept, of_branches, of_instructors, told
from liangxin.plans.locks import Lock
from liangxin.plans.told import Told
from liangxin.rules import RuleSet
from liangxin.schema import Organisation, PlanItem

#: Plans that are neither decided nor over: what is asked of them is whether they fit.
OPEN = frozenset({"proposed", "approved"})
#: Why an organisation is told with a plan that decides nothing about it.
_NOT_DECIDED = (ground.NOT_LOCATED, ground.HAS_OTHER)


@dataclass(frozen=True, slots=True)
class Load:
    """An instructor, how many organisations the plan gives them, and how many they may have in all."""

    id: int
    name: str
    kind: str
    planned: int
    beside: int  # others that they have today and the plan does not decide on
    capacity: int
    is_willing: bool

    @property
    def in_all(self) -> int:
        """How many they look after, with the plan."""
        return self.planned + self.beside


@dataclass(frozen=True, slots=True)
class GroupNow:
    """A group as the register counts it today; null: a unit is not to be planned any more."""

    size: int
    full_members: int
    members: int
    candidates: int  # full members of the units that join: so many could be its secretary
    satisfies: tuple[str, str]  # the rule, in words


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether an open plan fits today's register: where it does not, and its groups as counted today."""

    faults: tuple[tuple[str, str], ...]
    groups: dict[int, GroupNow]


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan whole."""

    plan: Any
    items: list[Any]
    told: Told
    nearness: Words
    loads: list[Load]  # of a plan of instructors, the largest first
    locks: list[Lock]
    later: int  # locks set since the plan was made
    version: str
    names: dict[str, str]  # of sub-districts and communities that are told


def nearness(plan: Any) -> Words:
    """Return how far a plan is from the best at most, in words."""
    beside = told.read(plan.told)
    return told.nearness_to_best(plan.kind, beside, is_met=plan.value == plan.bound)


def shown(
    connection: Connection, actor: Actor, rules: RuleSet, number: int, *, today: date
) -> Shown:
    """Return a plan whole.

    Raises:
        NotPermitted, NotFound: as ``kept.require``.
    """
    plan = kept.require(connection, actor, number)
    rows = kept.items(connection, actor, number)
    beside = told.read(plan.told)
    holding = editing.held(connection, actor, plan, today)
    loads = []
    if plan.kind == kept.INSTRUCTORS and plan.state != "dropped":
        loads = _loads(connection, ground.within(actor, plan.scope), rules, rows, number, today)
    return Shown(
        plan=plan,
        items=rows,
        told=beside,
        nearness=nearness(plan),
        loads=loads,
        locks=holding,
        later=_later(connection, plan, holding),
        version=editing.version(plan, holding),
        names=names(connection, [plan.scope], beside, on=today),
    )


def fit(connection: Connection, actor: Actor, rules: RuleSet, number: int, *, today: date) -> Fit:
    """Hold an open plan against today's register; of another nothing is told.

    It asks the whole register, so a page shows the plan first and this when it is known.

    Raises:
        NotPermitted, NotFound: as ``kept.require``.
    """
    plan = kept.require(connection, actor, number)
    if plan.state not in OPEN:
        return Fit((), {})
    day = max(today, plan.as_of)
    asked, faults = deciding.faults(connection, actor, rules, plan, day)
    groups: dict[int, GroupNow] = {}
    if isinstance(asked, of_branches.Asked):
        groups = _groups_now(asked, kept.items(connection, actor, number))
    return Fit(tuple(faults), groups)


def names(
    connection: Connection, scopes: list[str], beside: Told | None = None, *, on: date
) -> dict[str, str]:
    """Return the names of sub-districts that plans are of, and of where one more would help."""
    codes = {code for scope in scopes for code in scope.split("+")} - {""}
    more = {} if beside is None else beside.one_more or {}
    codes |= {more[key] for key in ("subdistrict", "community") if more.get(key)}
    return divisions.names_ever(connection, codes, on=on)


def places(connection: Connection, actor: Actor, *, on: date) -> list[tuple[str, str]]:
    """Return the sub-districts that a plan can be of: code and name, by code."""
    codes = actor.subdistricts
    if codes is None:
        query = select(Organisation.subdistrict_code).distinct()
        found = connection.execute(query).scalars()
        codes = frozenset(code for code in found if code is not None)
    known = names(connection, ["+".join(sorted(codes))], on=on)
    return [(code, known.get(code, code)) for code in sorted(codes)]


def _later(connection: Connection, plan: Any, holding: list[Lock]) -> int:
    """How many of these locks were set after the plan was made."""
    made = in_utc(plan.learned_at)
    since = editing.set_at(connection, [lock.id for lock in holding])
    return sum(in_utc(moment) > made for moment in since.values())


def _loads(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    rows: list[Any],
    plan_id: int,
    today: date,
) -> list[Load]:
    number = Counter(row.instructor_id for row in rows if row.instructor_id is not None)
    name = {row.instructor_id: row.instructor for row in rows}
    plan = rules.planning
    decided = select(PlanItem.organisation_id).where(
        PlanItem.plan_id == plan_id, func.coalesce(PlanItem.left_over, "").not_in(_NOT_DECIDED)
    )
    beside = of_instructors.beside_on(connection, actor, rules, decided, today)
    people = instructors.of_scope(connection, actor, today)
    told_as = instructors.names_told_apart(connection, actor, [each.id for each in people])
    found = [
        Load(
            each.id,
            told_as[each.id],
            each.kind,
            number.pop(each.id, 0),
            beside[each.id],
            min(plan.load if each.capacity is None else each.capacity, plan.load_most),
            each.is_willing,
        )
        for each in people
    ]
    found += [Load(who, name[who], "other", many, 0, many, True) for who, many in number.items()]
    return sorted(found, key=lambda each: (-each.in_all, each.name, each.id))


def _groups_now(asked: of_branches.Asked, rows: list[Any]) -> dict[int, GroupNow]:
    known = {each.id: each for each in asked.problem.all}
    places = sorted({row.group_number for row in rows if row.group_number is not None})
    found = {}
    for place, group in zip(places, kept.groups(rows), strict=True):
        if group <= known.keys():
            parts = [known[one] for one in group]
            size = sum(getattr(part, "units", 1) for part in parts)
            full, members = (
                sum(getattr(part, name) for part in parts) for name in ("full_members", "members")
            )
            found[place] = GroupNow(
                size,
                full,
                members,
                sum(part.full_members for part in parts if isinstance(part, Unit)),
                satisfied(asked.problem.limits, full=full, members=members, size=size),
            )
    return found
