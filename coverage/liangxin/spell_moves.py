"""How organisations stood on two days, told by spells: counted in two walks, or named.

Who stands in one spell on both days is counted along the index that days are walked along; only
who has changed in between is joined with itself, and only they can have moved a rate.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from liangxin import spells, tally, universe
from liangxin.access import Actor
from liangxin.facts_on import flag
from liangxin.rules import RateRule, RuleSet
from liangxin.schema import Organisation, Spell


def counted(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    rule: RateRule,
    *,
    from_on: date,
    to_on: date,
) -> Iterator[Any]:
    """Yield how many organisations stood one way before and another after, of those in the rate.

    Rows are ``organisations, was_in, was_covered, is_in, is_covered, was_at, is_at, reason``, and
    only of organisations that were or are in the actor's sub-districts. The spells must be usable.
    """
    for query in (
        _stayed(actor, rules, rule, from_on, to_on),
        _changed(actor, rules, rule, from_on, to_on),
    ):
        yield from connection.execute(query)


def _stayed(
    actor: Actor, rules: RuleSet, rule: RateRule, from_on: date, to_on: date
) -> Select[Any]:
    walked = (
        select(Spell.subdistrict_code, Spell.situation_id, func.count().label("weight"))
        .where(Spell.from_on <= from_on, or_(Spell.to_on.is_(None), Spell.to_on > to_on))
        .group_by(Spell.subdistrict_code, Spell.situation_id)
    )
    if actor.subdistricts is not None:
        walked = walked.where(Spell.subdistrict_code.in_(sorted(actor.subdistricts)))
    each = walked.subquery("walked")
    side = _sides(rules, rule, "side")
    inside, covered, place = side.c.inside, side.c.covered, each.c.subdistrict_code
    return (
        select(func.sum(each.c.weight), inside, covered, inside, covered, place, place, null())
        .join(side, side.c.id == each.c.situation_id)
        .where(inside == 1)
        .group_by(inside, covered, place)
    )


def _changed(
    actor: Actor, rules: RuleSet, rule: RateRule, from_on: date, to_on: date
) -> Select[Any]:
    keys = ("was_situation", "is_situation", "was_at", "is_at")
    one = _in_another_spell(actor, from_on, to_on).subquery("one")
    alike = [one.c[key] for key in keys]
    each = select(*alike, func.count().label("weight")).group_by(*alike).subquery("changed")
    rows = _on_both_days(rules, rule, each, each.c.weight).subquery("moved")
    told = [rows.c[name] for name in _BOTH_DAYS]
    return select(func.sum(rows.c.weight), *told).group_by(*told)


def moved(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    rule: RateRule,
    *,
    from_on: date,
    to_on: date,
) -> Iterator[Any]:
    """Yield every organisation that stood otherwise before than after: code, name, then as ``counted``.

    Only of the actor's sub-districts, as there. The spells must be usable.
    """
    each = _in_another_spell(actor, from_on, to_on).subquery("changed")
    rows = _on_both_days(rules, rule, each, each.c.organisation_id).subquery("moved")
    told = [rows.c[name] for name in _BOTH_DAYS]
    yield from connection.execute(
        select(Organisation.uscc, Organisation.name, literal(1), *told)
        .join(rows, rows.c.organisation_id == Organisation.id)
        .where(differs(rows))
    )


def differs(rows: Subquery) -> ColumnElement[bool]:
    """Whether a row of both days tells of somebody who stood otherwise before than after."""
    return or_(
        rows.c.was_in != rows.c.is_in,
        rows.c.was_covered != rows.c.is_covered,
        func.coalesce(rows.c.was_at, "") != func.coalesce(rows.c.is_at, ""),
    )


#: How an organisation, or several alike, stood on the two days.
_BOTH_DAYS = ("was_in", "was_covered", "is_in", "is_covered", "was_at", "is_at", "reason")


def _in_another_spell(actor: Actor, from_on: date, to_on: date) -> Select[Any]:
    """One row an organisation whose spell on the later day is not that of the earlier one."""
    before, after = aliased(Spell), aliased(Spell)
    places = (before.subdistrict_code, after.subdistrict_code)
    query: Any = (
        select(
            after.organisation_id,
            before.situation_id.label("was_situation"),
            after.situation_id.label("is_situation"),
            places[0].label("was_at"),
            places[1].label("is_at"),
        )
        .select_from(after)
        .outerjoin(
            before,
            and_(
                before.organisation_id == after.organisation_id,
                before.from_on <= from_on,
                before.to_on > from_on,
            ),
        )
        .where(
            after.from_on > from_on,
            after.from_on <= to_on,
            or_(after.to_on.is_(None), after.to_on > to_on),
        )
    )
    if actor.subdistricts is not None:
        mine = sorted(actor.subdistricts)
        query = query.where(or_(*(place.in_(mine) for place in places)))
    found: Select[Any] = query
    return found


def _on_both_days(rules: RuleSet, rule: RateRule, each: Any, whose: Any) -> Select[Any]:
    """``_BOTH_DAYS`` of rows of two situations and places; ``whose``: whom a row is about, or how many."""
    was, now = _sides(rules, rule, "was"), _sides(rules, rule, "now")
    was_in, was_covered = (func.coalesce(was.c[name], 0) for name in ("inside", "covered"))
    why = case((was_in != now.c.inside, reason(was, now, rules)))
    columns = (was_in, was_covered, now.c.inside, now.c.covered, each.c.was_at, each.c.is_at, why)
    return (
        select(whose, *(col.label(name) for name, col in zip(_BOTH_DAYS, columns, strict=True)))
        .join(now, now.c.id == each.c.is_situation)
        .outerjoin(was, was.c.id == each.c.was_situation)
        .where(or_(was_in == 1, now.c.inside == 1))
    )


def _sides(rules: RuleSet, rule: RateRule, name: str) -> Subquery:
    """Every situation with whether it is in the rate's denominator and reached, as 0/1."""
    situation = spells.situations(rules)
    inside, _ = tally.in_rate(situation, rule)
    return select(
        *(situation.c[key] for key in ("id", "ownership", "status", "state")),
        func.coalesce(inside, literal(0)).label("inside"),
        flag(universe.reached(situation, rule)).label("covered"),
    ).subquery(name)


def reason(was: Any, now: Any, rules: RuleSet) -> ColumnElement[Any]:
    """Why an organisation counts on one of the days alone: the first thing that would explain it."""

    def wrong(side: Any) -> dict[str, ColumnElement[bool]]:
        known = side.c.id.is_not(None)
        return {
            "class": and_(known, ~side.c.ownership.in_(rules.classes)),
            "status": and_(known, side.c.status.is_not(None), ~side.c.status.in_(rules.statuses)),
            "screened": and_(known, or_(side.c.state.is_(None), ~side.c.state.in_(rules.states))),
        }

    before, after = wrong(was), wrong(now)
    return case(
        (was.c.id.is_(None), "new"),
        *((or_(before[name], after[name]), name) for name in before),
        else_="basis",
    )
