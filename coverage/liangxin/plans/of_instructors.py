"""From the register to a plan of instructors: who needs one, who can be one, what binds them."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Select, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from liangxin import chains, instructors, months, universe
from liangxin.access import Actor
from liangxin.errors import Misuse
from liangxin.facts_on import true_on
from liangxin.planning.distance import Place
from liangxin.planning.instructors.problem import (
    Beside,
    Limits,
    Pair,
    Person,
    Problem,
    Unit,
    validate,
)
from liangxin.planning.instructors.telling import Words
from liangxin.plans import ground, locks
from liangxin.plans.locks import Lock
from liangxin.plans.words import LEFT
from liangxin.rules import PlanRules, RuleSet
from liangxin.schema import Assignment, Instructor, Organisation


@dataclass(frozen=True, slots=True)
class Asked:
    """A problem, and what its names stand for."""

    problem: Problem
    organisations: dict[str, Any]  # member rows by USCC
    people: dict[str, instructors.Sent]
    aside: dict[str, str]  # USCC → why it is in no plan
    contradicting: list[tuple[Lock, Misuse]]  # locks left out, and why
    #: Pairs that hold on the day, the newest of each organisation, and how many more there are.
    held: frozenset[Pair]


def limits(rules: RuleSet) -> Limits:
    """Return what a rule set asks of a plan of instructors."""
    plan: PlanRules = rules.planning
    return Limits(
        rule_set=rules.id,
        load=plan.load,
        load_warn=plan.load_warn,
        load_most=plan.load_most,
        hours=plan.hours,
        by_hours=plan.by_hours,
        balance="equal" if plan.equal_loads else "relative",
        consent="agreed" if plan.agreed_only else "not_declined",
        large_staff=plan.large_staff,
        pairs_built=plan.pairs_built,
        sector_points=plan.sector_points,
        crossing_points=plan.crossing_points,
    )


def asked(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    keep: frozenset[Pair] | None = None,
) -> Asked:
    """Return who is to be planned on a day, in an actor's scope.

    An organisation needs an instructor if it counts and no Party organisation covers it (or the
    rule set says: even then). One that somebody from outside the scope looks after is left to
    them. What an instructor has beside the plan is a part of their load like any other: other
    organisations that count, and a second place at one that is planned.

    Args:
        connection: a transaction.
        actor: whose sub-districts.
        rules: thresholds and wishes.
        as_of: the day.
        keep: pairs of a plan to keep where it can be; null: the assignments that hold.
    """
    rows = ground.counting_members(connection, actor, rules, as_of, *_conditions(rules))
    sent = instructors.of_scope(connection, actor, as_of)
    people = {str(each.id): each for each in sent}
    held = _held(connection, as_of)
    organisations = {row.uscc: row for row in rows}
    aside = {row.uscc: ground.NOT_LOCATED for row in rows if row.subdistrict_code is None}
    for row in rows:
        if any(str(each.instructor_id) not in people for each in held.get(row.id, ())):
            aside[row.uscc] = ground.HAS_OTHER
    rows = [row for row in rows if row.uscc not in aside]
    planned = {row.id: row.uscc for row in rows}
    places = ground.Places(connection, as_of)
    said = instructors.said_of(connection, [each.id for each in sent], as_of)
    has = _beside(held, planned, ground.counting_ids(connection, rules, as_of))
    beside = _told_of(connection, has, rules, as_of)
    in_force = _in_force(held, planned)
    problem = Problem(
        units=tuple(_units(connection, rows, places, rules, as_of, said)),
        people=tuple(_people(sent, places, beside, said, planned, rules)),
        limits=limits(rules),
        neighbours=ground.neighbours(connection),
        agreed=frozenset(
            (planned[what], str(who))
            for (who, what), word in said.items()
            if word == "agreed" and what in planned
        ),
        in_force=in_force if keep is None else _known(keep, planned, people),
        ending=_ending(held, planned, rules.planning, as_of),
    )
    problem, contradicting = _locked(connection, actor, problem, aside, as_of)
    return Asked(problem, organisations, people, aside, contradicting, in_force)


def _conditions(rules: RuleSet) -> list[Any]:
    if rules.planning.built_too:
        return []
    return [lambda m: (m.alone + m.joint + m.attached) == 0]


def _held(connection: Connection, as_of: date) -> dict[int, list[Any]]:
    """Assignments by organisation, the newest first: whose, and from when to when."""
    query = (
        select(
            *(Assignment.organisation_id, Assignment.instructor_id),
            *(Assignment.from_on, Assignment.to_on),
        )
        .where(true_on(Assignment, as_of, None))
        .order_by(Assignment.from_on.desc(), Assignment.id.desc())
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.organisation_id, []).append(row)
    return found


def _ending(
    held: dict[int, list[Any]], planned: dict[int, str], plan: PlanRules, as_of: date
) -> frozenset[Pair]:
    """Pairs in force whose term, or stated end, is over on a day or will be within ``renew_days``."""
    soon = as_of + timedelta(days=plan.renew_days)

    def ends(row: Any) -> date:
        term = months.latest_within(row.from_on, plan.term_months)
        return term if row.to_on is None else min(term, row.to_on)

    newest = ((what, rows[0]) for what, rows in held.items() if what in planned)
    return frozenset(
        (planned[what], str(row.instructor_id)) for what, row in newest if ends(row) <= soon
    )


def _beside(
    held: dict[int, list[Any]], planned: Collection[int], counting: set[int]
) -> dict[int, list[int]]:
    """The organisations that count each instructor has beside what this plan decides."""
    found: dict[int, list[int]] = {}
    for what, rows in sorted(held.items()):
        if what in counting:
            for row in rows[1:] if what in planned else rows:
                found.setdefault(row.instructor_id, []).append(what)
    return found


def beside_on(
    connection: Connection, actor: Actor, rules: RuleSet, planned: Select[Any], day: date
) -> Counter[int]:
    """Return how many organisations that count instructors have on a day, beside those planned.

    As ``_beside`` says of whom, counted by the register: a page asks it of thousands of pairs.

    Args:
        connection: a transaction.
        actor: whose sub-districts the instructors are sent in.
        rules: who counts.
        planned: the ids of the organisations that a plan decides on.
        day: the day.
    """
    held, newer = Assignment, aliased(Assignment)
    has_newer = exists().where(
        newer.organisation_id == held.organisation_id,
        true_on(newer, day, None),
        tuple_(newer.from_on, newer.id) > tuple_(held.from_on, held.id),
    )
    here = ground.standing(connection, rules, day)
    query = (
        select(held.instructor_id, func.count())
        .join(here, here.c.id == held.organisation_id)
        .where(true_on(held, day, None), here.c.counts == 1)
        .where(or_(held.organisation_id.not_in(planned), has_newer))
        .group_by(held.instructor_id)
    )
    if actor.subdistricts is not None:
        sent = select(Instructor.id).where(
            Instructor.subdistrict_code.in_(sorted(actor.subdistricts))
        )
        query = query.where(held.instructor_id.in_(sent))
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def _told_of(
    connection: Connection, has: dict[int, list[int]], rules: RuleSet, as_of: date
) -> dict[int, tuple[Beside, ...]]:
    """What each instructor has beside the plan; staff and Party organisation where a rule asks them."""
    plan = rules.planning
    rows: dict[int, Any] = {}
    if plan.by_hours or plan.large_staff is not None or plan.pairs_built:
        ids = sorted({what for some in has.values() for what in some})
        for start in range(0, len(ids), chains.SLICE):
            some = select(Organisation.id).where(
                Organisation.id.in_(ids[start : start + chains.SLICE])
            )
            member = universe.members(rules, as_of=as_of, among=some)
            rows |= {row.id: row for row in connection.execute(select(member))}
    return {
        who: tuple(_as_beside(str(what), rows.get(what), plan) for what in some)
        for who, some in has.items()
    }


def _as_beside(name: str, row: Any, plan: PlanRules) -> Beside:
    if row is None:
        return Beside(name, hours=plan.unit_hours)
    return Beside(name, _hours(row, plan), row.staff, _is_built(row))


def _hours(row: Any, plan: PlanRules) -> int:
    """Hours a month that an organisation takes."""
    large = row.staff is not None and row.staff >= plan.unit_hours_staff
    return plan.unit_hours_large if large else plan.unit_hours


def _is_built(row: Any) -> bool:
    return bool(row.alone or row.joint or row.attached)


def _in_force(held: dict[int, list[Any]], planned: dict[int, str]) -> frozenset[Pair]:
    return frozenset(
        (planned[what], str(rows[0].instructor_id))
        for what, rows in held.items()
        if what in planned
    )


def _known(
    keep: frozenset[Pair], planned: dict[int, str], people: dict[str, Any]
) -> frozenset[Pair]:
    """Pairs to keep of which both are still there."""
    codes = set(planned.values())
    return frozenset((what, who) for what, who in keep if what in codes and who in people)


def _units(
    connection: Connection,
    rows: list[Any],
    places: ground.Places,
    rules: RuleSet,
    as_of: date,
    said: dict[tuple[int, int], str],
) -> list[Unit]:
    ids = {row.id for row in rows}
    industry = ground.texts(connection, "industry", ids, as_of)
    named = ground.texts(connection, "place", ids, as_of)
    declined: dict[int, set[str]] = {}
    for (who, what), word in said.items():
        if word == "organisation_declined":
            declined.setdefault(what, set()).add(str(who))
    plan = rules.planning
    made = []
    for row in rows:
        where = places.find(row.subdistrict_code, named.get(row.id), row.address)
        made.append(
            Unit(
                id=row.uscc,
                place=Place(row.subdistrict_code, row.community_code, where.name, where.at),
                sector=industry.get(row.id),
                staff=row.staff,
                is_built=_is_built(row),
                hours=_hours(row, plan),
                is_willing=row.declines_instructor != 1,
                declined=frozenset(declined.get(row.id, ())),
            )
        )
    return made


def _people(
    sent: list[instructors.Sent],
    places: ground.Places,
    beside: dict[int, tuple[Beside, ...]],
    said: dict[tuple[int, int], str],
    planned: dict[int, str],
    rules: RuleSet,
) -> list[Person]:
    no: dict[tuple[int, str], set[str]] = {}
    for (who, what), word in said.items():
        if what in planned:
            no.setdefault((who, word), set()).add(planned[what])
    plan, made = rules.planning, []
    for each in sent:
        where = places.find(each.subdistrict_code, each.place)
        capacity = plan.load if each.capacity is None else each.capacity
        hours = plan.hours if each.hours is None else each.hours
        made.append(
            Person(
                id=str(each.id),
                kind=each.kind if each.kind in instructors.KINDS else "other",  # type: ignore[arg-type]
                place=Place(each.subdistrict_code, each.community_code, where.name, where.at),
                sectors=frozenset(each.sectors),
                serves=frozenset() if each.is_district_wide else frozenset({each.subdistrict_code}),
                capacity=min(capacity, plan.load_most),
                hours=hours,
                beside=beside.get(each.id, ()),
                is_willing=each.is_willing,
                declined=frozenset(no.get((each.id, "person_declined"), ())),
                conflicts=frozenset(no.get((each.id, "tie"), ())),
            )
        )
    return made


def _locked(
    connection: Connection, actor: Actor, problem: Problem, aside: dict[str, str], as_of: date
) -> tuple[Problem, list[tuple[Lock, Misuse]]]:
    """The problem with the locks of its organisations, and the locks it cannot respect.

    Those contradict it, or want an instructor for who is in no plan.
    """
    codes = {unit.id for unit in problem.units}
    held = locks.holding(connection, actor, locks.OF_INSTRUCTORS, as_of)

    def with_locks(some: list[Lock]) -> Problem:
        pairs: dict[str, set[Pair]] = {says: set() for says in locks.OF_INSTRUCTORS}
        for lock in some:
            pairs[lock.says].add((lock.uscc, str(lock.instructor_id)))
        found = replace(problem, must=frozenset(pairs["must"]), never=frozenset(pairs["never"]))
        validate(found)
        return found

    moot = [
        (lock, _moot(lock, aside.get(lock.uscc)))
        for lock in held
        if lock.says == "must" and lock.uscc not in codes
    ]
    problem, contradicting = locks.fitted([lock for lock in held if lock.uscc in codes], with_locks)
    return problem, sorted([*contradicting, *moot], key=lambda each: each[0].id)


def _moot(lock: Lock, why: str | None) -> Misuse:
    """Why somebody who must have an instructor is not to be planned."""
    words = Words(
        "已有党组织覆盖，或不计入底数", "a Party organisation covers it, or it does not count"
    )
    if why is not None:
        words = LEFT[why]
    return Misuse(
        f"{lock.organisation} 不在本次选派之列：{words.zh}。要由 {lock.instructor} 联系，请先处理这一情况；否则请取消该锁定。",
        f"{lock.organisation} is in no plan of instructors: {words.en}. Settle that first if "
        f"{lock.instructor} is to have it; else remove the lock.",
    )


def later_assignments(connection: Connection, organisations: list[int], day: date) -> list[int]:
    """Return which organisations have an assignment that begins after a day."""
    query = select(Assignment.organisation_id).where(
        Assignment.from_on > day, Assignment.corrected_at.is_(None)
    )
    found: set[int] = set()
    for start in range(0, len(organisations), chains.SLICE):
        some = Assignment.organisation_id.in_(organisations[start : start + chains.SLICE])
        found |= set(connection.execute(query.where(some)).scalars())
    return sorted(found)
