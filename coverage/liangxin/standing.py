"""Where each organisation stands on a day, one row each, told by spells where they can answer.

``universe.members`` says the same and more, by going through the facts of everybody.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Subquery,
    cast,
    literal,
    or_,
    select,
)

from liangxin import spells, tally, universe
from liangxin.access import Actor
from liangxin.rules import RuleSet
from liangxin.schema import Organisation, Spell

_COLUMNS = ("id", "subdistrict_code", "community_code", "state", "counts", "unverified")


def of_each(
    connection: Connection, rules: RuleSet, *, as_of: date, among: Select[Any] | None = None
) -> Subquery:
    """``id, subdistrict_code, community_code, state, counts, unverified`` of every organisation.

    ``among``: a query of ids; of these alone.
    """
    if not spells.usable(connection, rules):
        member = universe.members(rules, as_of=as_of, among=among)
        return select(*(member.c[name] for name in _COLUMNS)).subquery("standing")
    situation = spells.situations(rules)
    these = [] if among is None else [Spell.organisation_id.in_(among)]
    return (
        select(
            Spell.organisation_id.label("id"),
            Spell.subdistrict_code,
            Spell.community_code,
            *(situation.c[name] for name in _COLUMNS[3:]),
        )
        .join(situation, situation.c.id == Spell.situation_id)
        .where(Spell.from_on <= as_of, or_(Spell.to_on.is_(None), Spell.to_on > as_of), *these)
        .subquery("standing")
    )


def of_one(
    connection: Connection, actor: Actor, rules: RuleSet, uscc: str, *, as_of: date
) -> Any | None:
    """Return the member row of an organisation (``universe.members``); null: out of scope, or none."""
    firm = connection.execute(select(Organisation.id).where(Organisation.uscc == uscc)).scalar()
    if firm is None:
        return None
    member = universe.members(rules, as_of=as_of, only=firm)
    return connection.execute(tally.scoped(select(member), member, actor)).first()


def subject_of(number: Any, word: str) -> ColumnElement[str]:
    """Return what tasks call their subject: ``organisation:7``, ``sighting:3``."""
    return literal(f"{word}:") + cast(number, String)
