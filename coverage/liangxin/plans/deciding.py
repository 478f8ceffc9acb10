"""A plan's life after it was proposed: approved, put into force as dated facts, replaced, dropped.

The register may have changed since a plan was made, so both steps hold it against what is asked
today. One that no longer fits is refused, and says what to plan again.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, and_, insert, select, update

from liangxin import audit, chains, party
from liangxin.access import Actor, Permission
from liangxin.days import china_day
from liangxin.errors import Misuse
from liangxin.forming import Verdict
from liangxin.planning.branches.checker import broken
from liangxin.planning.instructors import telling
from liangxin.planning.instructors.problem import Problem, refusal, room
from liangxin.plans import ground, kept, of_branches, of_instructors, said_since
from liangxin.plans.words import STATES
from liangxin.rules import RuleSet
from liangxin.schema import Division, PartyOrganisation, Plan

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Applied:
    """What came into force: begun, ended, kept and renewed links, and Party organisations formed."""

    plan: int
    begun: int
    ended: int
    unchanged: int
    formed: int
    renewed: int = 0  # of the same instructor, for another term
    warnings: tuple[Verdict, ...] = ()


def approve(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    number: int,
    *,
    by: str,
    on: date,
    now: datetime,
) -> None:
    """Approve a proposed plan.

    Raises:
        NotPermitted, NotFound: not this role, or no such plan in scope.
        Misuse: it is not a proposal, or no longer fits the register.
    """
    plan = _at(connection, actor, number, "proposed")
    _require_fit(connection, actor, rules, plan, on)
    query = update(Plan).where(Plan.id == number)
    connection.execute(query.values(state="approved", decided_by=by, decided_on=on))
    audit.by_actor(connection, actor, "plan.approved", f"{number} {by}", now=now)


def drop(
    connection: Connection, actor: Actor, number: int, *, by: str, on: date, now: datetime
) -> None:
    """Drop a plan that is not in force.

    Raises:
        NotPermitted, NotFound: not this role, or no such plan in scope.
        Misuse: it is or was in force.
    """
    _at(connection, actor, number, "proposed", "approved")
    kept.set_aside(connection, number, by=by, on=on)
    audit.by_actor(connection, actor, "plan.dropped", f"{number} {by}", now=now)


def apply(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    number: int,
    *,
    on: date,
    approval: str | None = None,
    now: datetime,
) -> Applied:
    """Put an approved plan into force from a day on; the one before it is replaced.

    Args:
        connection: a write transaction.
        actor: who decides.
        rules: thresholds.
        number: the plan.
        on: from when its assignments or coverings hold.
        approval: number of the document by which new branches were approved.
        now: when the register learns it.

    Raises:
        NotPermitted, NotFound: not this role, or no such plan in scope.
        Misuse: it is not approved, or no longer fits the register.
    """
    plan = _at(connection, actor, number, "approved")
    _require_day(connection, plan, on)
    asked = _require_fit(connection, actor, rules, plan, on)
    rows = kept.items(connection, actor, number)
    if china_day(now) > on:
        since = said_since.faults(connection, plan.kind, rows, today=china_day(now))
        _require_none(plan, list(since))
    if isinstance(asked, of_instructors.Asked):
        done = _send(connection, number, rows, asked, on, now)
    else:
        done = _form(connection, number, rows, rules, on, approval, now)
    same = and_(Plan.kind == plan.kind, Plan.scope == plan.scope, Plan.id != number)
    before = update(Plan).where(same, Plan.state == "in_force")
    connection.execute(before.values(state="replaced"))
    # One that was approved before would put back what this one changes.
    stale = select(Plan.id).where(same, Plan.state == "approved")
    for each in connection.execute(stale).scalars().all():
        kept.set_aside(connection, each, by=plan.decided_by or plan.made_by, on=on)
    query = update(Plan).where(Plan.id == number)
    connection.execute(query.values(state="in_force", in_force_from=on))
    audit.by_actor(connection, actor, "plan.applied", f"{number} {on}", now=now, on=on)
    return done


def _require_day(connection: Connection, plan: Any, on: date) -> None:
    """Return if a plan can hold from a day: not before the day it was made for, or the one in force."""
    if on < plan.as_of:
        raise Misuse(
            f"方案 {plan.id} 按 {plan.as_of} 的情况编制，不能从更早的 {on} 起执行。请用 {plan.as_of} 或以后的日期。",
            f"plan {plan.id} was made for {plan.as_of} and cannot hold from {on}, before it; use that "
            "day or a later one.",
        )
    if on < plan.decided_on:
        raise Misuse(
            f"方案 {plan.id} 于 {plan.decided_on} 批准，不能从更早的 {on} 起执行。请用批准当日或以后的日期。",
            f"plan {plan.id} was approved on {plan.decided_on} and cannot hold from {on}, before it; use "
            "that day or a later one.",
        )
    query = select(Plan.in_force_from).where(
        Plan.kind == plan.kind, Plan.scope == plan.scope, Plan.state == "in_force"
    )
    since = connection.execute(query).scalar()
    if since is not None and on < since:
        raise Misuse(
            f"现行方案自 {since} 起执行，新方案不能从更早的 {on} 起执行。请用 {since} 或以后的日期。",
            f"the plan in force holds since {since}; one from {on} would be before it. Use that day or "
            "a later one.",
        )


def _at(connection: Connection, actor: Actor, number: int, *states: str) -> Any:
    """The plan, if it stands where it must."""
    actor.require(Permission.PLAN_DECIDE)
    plan = kept.require(connection, actor, number)
    if plan.state not in states:
        wanted = [STATES[state] for state in states]
        here = STATES[plan.state]
        raise Misuse(
            f"方案 {number} 现在是“{here.zh}”，只有{'、'.join(f'“{w.zh}”' for w in wanted)}的方案可以这样办理。",
            f"plan {number} is {here.en}; this can be done only while it is "
            f"{' or '.join(w.en for w in wanted)}.",
        )
    return plan


def faults(
    connection: Connection, actor: Actor, rules: RuleSet, plan: Any, on: date
) -> tuple[of_instructors.Asked | of_branches.Asked, list[Fault]]:
    """Return what is asked on a day, and each thing in which a plan does not answer it."""
    scoped = ground.within(actor, plan.scope)
    rows = kept.items(connection, actor, plan.id)
    asked: of_instructors.Asked | of_branches.Asked
    if plan.kind == kept.INSTRUCTORS:
        asked = of_instructors.asked(connection, scoped, rules, as_of=on)
        found = [
            *_faults_of_pairs(asked.problem, kept.pairs(rows)),
            *_sent_since(asked, rows),
        ]
    else:
        asked = of_branches.asked(connection, scoped, rules, as_of=on)
        found = list(_faults_of_groups(asked, kept.groups(rows)))
    return asked, found


def _require_fit(
    connection: Connection, actor: Actor, rules: RuleSet, plan: Any, on: date
) -> of_instructors.Asked | of_branches.Asked:
    """What is asked now, if the plan answers it."""
    asked, found = faults(connection, actor, rules, plan, on)
    _require_none(plan, found)
    return asked


def _require_none(plan: Any, found: list[Fault]) -> None:
    if found:
        zh, en = found[0]
        raise Misuse(
            f"方案 {plan.id} 编制后情况有变：{zh}（共 {len(found)} 处）。请运行 liangxin plan again {plan.id}，"
            "能保留的都会保留。",
            f"plan {plan.id} no longer fits: {en} ({len(found)} in all); run liangxin plan again "
            f"{plan.id}, which keeps what can be kept.",
        )


def _faults_of_pairs(problem: Problem, pairs: list[tuple[str, str]]) -> Iterator[Fault]:
    units = {unit.id: unit for unit in problem.units}
    people = {person.id: person for person in problem.people}
    taken: Counter[str] = Counter()
    for unit, person in pairs:
        if unit not in units:
            yield f"{unit} 已不需要选派", f"{unit} needs no instructor any more"
        elif person not in people:
            yield f"指导员 {person} 已不在名单中", f"instructor {person} is no longer listed"
        else:
            refused = refusal(units[unit], people[person], problem)
            if refused is not None:
                words = telling.REFUSALS[refused]
                yield f"{unit} 与指导员 {person}：{words.zh}", f"{unit} and {person}: {words.en}"
            taken[person] += units[unit].hours if problem.limits.by_hours else 1
    for person, number in sorted(taken.items()):
        left = room(people[person], problem.limits)
        if number > left:
            yield (
                f"指导员 {person} 只能再承担 {left}，方案中为 {number}",
                f"instructor {person} can take on {left} more and has {number} in the plan",
            )
    planned = set(pairs)
    for unit, person in sorted(problem.must - planned):
        yield f"{unit} 已锁定由 {person} 联系", f"{unit} is locked to {person}"


def _sent_since(asked: of_instructors.Asked, rows: list[Any]) -> Iterator[Fault]:
    """Organisations whose instructor is not the one that held when the plan was made."""
    held = dict(asked.held)
    there = {unit.id for unit in asked.problem.units}
    for row in rows:
        was = None if row.was_instructor_id is None else str(row.was_instructor_id)
        if row.uscc in there and held.get(row.uscc) not in {was, str(row.instructor_id)}:
            yield (
                f"{row.uscc} 的指导员在编制之后有变动",
                f"the instructor of {row.uscc} changed since the plan was made",
            )


def _faults_of_groups(asked: of_branches.Asked, groups: list[frozenset[str]]) -> Iterator[Fault]:
    known = {each.id: each for each in asked.problem.all}
    for group in groups:
        gone = sorted(group - known.keys())
        if gone and gone[0].startswith("branch-"):
            yield "要加入的联合党支部已满或已撤销", "the joint branch to be joined is full or ended"
            continue
        if gone:
            yield f"{gone[0]} 已不需要联合", f"{gone[0]} needs no joint branch any more"
            continue
        for zh, en in broken(asked.problem, [known[one] for one in sorted(group)]):
            told = "、".join(sorted(group))
            yield f"{told} 的组合{zh}", f"the group of {', '.join(sorted(group))} {en}"


def _send(
    connection: Connection,
    number: int,
    rows: list[Any],
    asked: of_instructors.Asked,
    on: date,
    now: datetime,
) -> Applied:
    """Begin and end assignments so that the plan's hold from the day on.

    One that is kept and whose term ends begins anew that day: a term ends by itself on no day.
    """
    ids = [row.organisation_id for row in rows]
    later = of_instructors.later_assignments(connection, ids, on)
    if later:
        raise Misuse(
            f"有 {len(later)} 个单位在 {on} 之后另有选派，不能从这一天起执行。请改用较晚的日期。",
            f"{len(later)} organisations have assignments that begin after {on}; use a later day.",
        )
    there = {unit.id for unit in asked.problem.units}
    known = chains.known(connection, party.ASSIGNMENTS, ids)
    replaced: list[tuple[Any, date]] = []
    over: list[tuple[Any, date]] = []
    begun: list[dict[str, Any]] = []
    unchanged = renewed = 0
    for row in rows:
        if row.uscc not in there:
            continue  # it was in no plan, or is covered by now: nothing was decided about it
        held = [
            each
            for each in known.get((row.organisation_id,), [])
            if each["to_on"] is None or each["to_on"] > on
        ]
        if row.instructor_id is not None:
            mine = [each for each in held if each["instructor_id"] == row.instructor_id]
            pair = (row.uscc, str(row.instructor_id))
            is_over = pair in asked.problem.ending and all(each["from_on"] < on for each in mine)
            if mine and not is_over:
                unchanged += 1
            else:
                renewed += bool(mine)
                over += [(each, on) for each in mine]
                fact = {"instructor_id": row.instructor_id, "from_on": on}
                begun.append({"organisation_id": row.organisation_id, **fact})
        if row.was_instructor_id != row.instructor_id:
            # Only whom the plan replaces; a second instructor of an organisation stays.
            was = [each for each in held if each["instructor_id"] == row.was_instructor_id]
            replaced += [(each, on) for each in was]
    party.cut_off(connection, party.ASSIGNMENTS, [*replaced, *over], now=now)
    if begun:
        party.fit(connection, party.ASSIGNMENTS, pl.DataFrame(begun)).write(connection, now=now)
    return Applied(number, len(begun) - renewed, len(replaced), unchanged, 0, renewed)


def _form(
    connection: Connection,
    number: int,
    rows: list[Any],
    rules: RuleSet,
    on: date,
    approval: str | None,
    now: datetime,
) -> Applied:
    """Form the plan's joint branches and let them cover their units from the day on."""
    _refuse_covered_later(connection, rows, on)
    branch: dict[int, int] = {}
    names = _Names(connection)
    tracked = party.tracked_in(connection, [row.organisation_id for row in rows], on=on)
    facts = []
    formed = 0
    for row in rows:
        if row.group_number is None:
            continue
        if row.group_number not in branch:
            joins = row.party_organisation_id
            if joins is None:
                formed += 1
                here = str(tracked[row.organisation_id])
                joins = _found(connection, names.next(here), here, on, approval, now)
            branch[row.group_number] = joins
        facts.append(
            {
                "uscc": row.uscc,
                "party_organisation_id": branch[row.group_number],
                "mode": "joint",
                "from_on": on,
            }
        )
    told: tuple[Verdict, ...] = ()
    if facts:
        told = party.cover(connection, pl.DataFrame(facts), rules, now=now).warnings
    return Applied(number, len(facts), 0, 0, formed, warnings=told)


def _refuse_covered_later(connection: Connection, rows: list[Any], on: date) -> None:
    """Raise if a planned unit is covered from a later day on: it would be covered twice then.

    Raises:
        Misuse: it is; the first one and the day are named.
    """
    codes = {row.organisation_id: row.uscc for row in rows if row.group_number is not None}
    known = chains.known(connection, party.COVERINGS, list(codes))
    later = sorted(
        (codes[number], row["from_on"])
        for (number,), links in known.items()
        for row in links
        if row["from_on"] > on
    )
    if later:
        code, day = later[0]
        raise Misuse(
            f"{code} 自 {day} 起已有覆盖（共 {len(later)} 个单位），不能从 {on} 起再纳入联合党支部。请改用较晚的日期重新编制。",
            f"{code} is covered from {day} on ({len(later)} organisations are), so no joint branch can "
            f"take it in from {on}; plan for a later day.",
        )


def _found(
    connection: Connection, name: str, here: str, on: date, approval: str | None, now: datetime
) -> int:
    made = connection.execute(
        insert(PartyOrganisation).values(
            name=name,
            level="joint_branch",
            mode="joint",
            basis="units",
            subdistrict_code=here,
            approved_on=on,
            approval_number=approval,
            from_on=on,
            learned_at=now,
        )
    )
    [number] = made.inserted_primary_key or (0,)
    return int(number)


class _Names:
    """Names of new joint branches: the sub-district's, and the next number that is free."""

    def __init__(self, connection: Connection) -> None:
        divisions = select(Division.code, Division.name).where(
            Division.level == "subdistrict", Division.to_on.is_(None)
        )
        self._towns = {row.code: row.name for row in connection.execute(divisions)}
        query = select(PartyOrganisation.name).where(PartyOrganisation.corrected_at.is_(None))
        self._taken = set(connection.execute(query).scalars())

    def next(self, subdistrict: str) -> str:
        town = self._towns.get(subdistrict, subdistrict)
        number = 1
        while (name := f"{town}第{number}联合党支部") in self._taken:
            number += 1
        self._taken.add(name)
        return name
