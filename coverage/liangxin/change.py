"""Why a rate moved between two days: both days joined organisation by organisation, in one query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, case, func, literal, or_, select

from liangxin import attribution, spell_moves, spells, tally, universe
from liangxin.access import Actor, Permission
from liangxin.attribution import Explained, Move
from liangxin.errors import Misuse
from liangxin.facts_on import flag
from liangxin.rules import RateRule, RuleSet
from liangxin.spell_moves import reason


@dataclass(frozen=True, slots=True)
class Changed:
    """What moved a rate between two days, in total and by sub-district."""

    from_on: date
    to_on: date
    rate: str
    rule_set: str
    total: Explained
    groups: tuple[Explained, ...]


@dataclass(frozen=True, slots=True)
class Mover:
    """One organisation behind a part of a change."""

    uscc: str
    name: str
    cause: str
    reason: str | None
    was_at: str | None
    is_at: str | None


def between(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    from_on: date,
    to_on: date,
    rate: str = "R1",
    known_at: datetime | None = None,
) -> Changed:
    """Return why a rate changed from one day to a later one, in the actor's scope.

    Raises:
        NotPermitted: the role may not see rates.
        Misuse: no such rate, one over places, or the days are not in order.
    """
    actor.require(Permission.RATE_VIEW)
    rule = _rule(rules, rate, from_on, to_on)
    if _told_by_spells(connection, actor, rules, known_at):
        days = {"from_on": from_on, "to_on": to_on}
        moves = [_move(row) for row in spell_moves.counted(connection, actor, rules, rule, **days)]
    else:
        both, signature = _joined(actor, rules, rule, from_on, to_on, known_at)
        columns = [both.c[name] for name in signature]
        found = connection.execute(select(func.count(), *columns).group_by(*columns))
        moves = [_move(row) for row in found]
    seen = [_in_scope(move, actor) for move in moves]
    return Changed(
        from_on,
        to_on,
        rule.id,
        rules.id,
        attribution.explain(seen),
        tuple(attribution.by_group(seen)),
    )


def movers(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    from_on: date,
    to_on: date,
    rate: str = "R1",
    known_at: datetime | None = None,
    cause: str | None = None,
) -> list[Mover]:
    """Return the organisations behind a change, sorted by cause and code.

    Raises:
        NotPermitted: the role may not list organisations, or not those of a rate over members.
        Misuse: as ``between``.
    """
    rule = _rule(rules, rate, from_on, to_on)
    actor.require(needed(rules, rule))
    if _told_by_spells(connection, actor, rules, known_at):
        days = {"from_on": from_on, "to_on": to_on}
        rows: Iterable[Any] = spell_moves.moved(connection, actor, rules, rule, **days)
    else:
        both, signature = _joined(actor, rules, rule, from_on, to_on, known_at)
        columns = [both.c[name] for name in signature]
        named = select(both.c.uscc, both.c.name, literal(1), *columns)
        rows = connection.execute(named.where(spell_moves.differs(both)))
    listed = []
    for row in rows:
        move = _in_scope(_move(row[2:]), actor)
        told = attribution.cause_of(move)
        if told is not None and cause in {None, told}:
            listed.append(Mover(row.uscc, row.name, told, move.reason, move.was_at, move.is_at))
    return sorted(listed, key=lambda each: (attribution.CAUSES.index(each.cause), each.uscc))


def needed(rules: RuleSet, rule: RateRule) -> Permission:
    """Return what a role needs to be told the organisations behind a rate's change.

    Who comes into a rate over members, or leaves it, has so many members, or has not.
    """
    asked = (each for each in (rules.basis, rule.over) if each is not None)
    over_members = any(each.full_members_min for each in asked)
    return Permission.ORGANISATION_LIST if over_members else Permission.LIST_VIEW


def _told_by_spells(
    connection: Connection, actor: Actor, rules: RuleSet, known_at: datetime | None
) -> bool:
    """Whether spells answer: they are told by sub-district, and say only what is known now."""
    return known_at is None and actor.communities is None and spells.usable(connection, rules)


def _rule(rules: RuleSet, rate: str, from_on: date, to_on: date) -> RateRule:
    rule = rules.rate(rate)
    if rule.places:
        raise Misuse(
            f"口径 {rule.id} 按楼宇计算，不能按组织说明变化原因。",
            f"the rate {rule.id} is over places; its change cannot be told by organisations.",
        )
    if from_on >= to_on:
        raise Misuse(
            f"起始日 {from_on} 应早于截止日 {to_on}。",
            f"the first day {from_on} must be before the last one {to_on}.",
        )
    return rule


def _joined(
    actor: Actor,
    rules: RuleSet,
    rule: RateRule,
    from_on: date,
    to_on: date,
    known_at: datetime | None,
) -> tuple[Subquery, tuple[str, ...]]:
    """One row an organisation: how it stood on both days. Who was there before is there after."""
    was = universe.members(rules, as_of=from_on, known_at=known_at).alias("was")
    now = universe.members(rules, as_of=to_on, known_at=known_at).alias("now")
    was_in, _ = tally.in_rate(was, rule)
    is_in, _ = tally.in_rate(now, rule)
    was_in, is_in = func.coalesce(was_in, 0), func.coalesce(is_in, 0)
    columns: dict[str, ColumnElement[Any]] = {
        "was_in": _in_communities(was_in, was, actor),
        "was_covered": flag(universe.reached(was, rule)),
        "is_in": _in_communities(is_in, now, actor),
        "is_covered": flag(universe.reached(now, rule)),
        "was_at": was.c.subdistrict_code,
        "is_at": now.c.subdistrict_code,
        "reason": case((was_in != is_in, reason(was, now, rules))),
    }
    query = (
        select(now.c.uscc, now.c.name, *(each.label(name) for name, each in columns.items()))
        .select_from(now)
        .outerjoin(was, was.c.id == now.c.id)
        .where(or_(was_in == 1, is_in == 1))
    )
    if actor.subdistricts is not None:
        mine = sorted(actor.subdistricts)
        query = query.where(or_(was.c.subdistrict_code.in_(mine), now.c.subdistrict_code.in_(mine)))
    return query.subquery("both_days"), tuple(columns)


def _in_communities(inside: ColumnElement[Any], side: Any, actor: Actor) -> ColumnElement[Any]:
    """What is in other communities than the actor's is out, as it is in other sub-districts."""
    if actor.communities is None:
        return inside
    return case((side.c.community_code.in_(sorted(actor.communities)), inside), else_=0)


def _move(row: Any) -> Move:
    organisations, was_in, was_covered, is_in, is_covered, was_at, is_at, reason = row
    return Move(
        int(organisations),
        bool(was_in),
        bool(was_covered),
        bool(is_in),
        bool(is_covered),
        was_at,
        is_at,
        reason,
    )


def _in_scope(move: Move, actor: Actor) -> Move:
    """What happens outside an actor's sub-districts is out, as it is from one sub-district."""
    if actor.subdistricts is None:
        return move
    return Move(
        move.organisations,
        move.was_in and move.was_at in actor.subdistricts,
        move.was_covered,
        move.is_in and move.is_at in actor.subdistricts,
        move.is_covered,
        move.was_at if move.was_at in actor.subdistricts else None,
        move.is_at if move.is_at in actor.subdistricts else None,
        move.reason,
    )
