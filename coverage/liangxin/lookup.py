"""Finds organisations by a part of the name, of one they bore before, or by code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, case, func, or_, select

from liangxin import called, db, divisions, standing, tally
from liangxin.access import Actor, Permission
from liangxin.rules import RuleSet
from liangxin.schema import FieldChange, Organisation

#: So many of those called so are looked at; if too few of them are in scope, more, then all.
LOOKED_AT = (500, 5_000, None)


@dataclass(frozen=True, slots=True)
class Match:
    """An organisation that was found; ``former`` is the earlier name it was found by."""

    uscc: str
    name: str
    former: str | None
    subdistrict: str | None
    community: str | None
    state: str | None
    counts: bool
    unverified: bool


def organisations(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    text: str,
    *,
    today: date,
    most: int,
) -> list[Match]:
    """Return organisations that are or were called so: the name holds every word, or the code the text.

    The one of that code comes first, then names that begin so, then by name.

    Args:
        connection: of the register.
        actor: who asks; what lies outside their scope is not found.
        rules: who counts.
        text: words, or a code; empty: nothing is found.
        today: the day.
        most: the longest list.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    actor.require(Permission.ORGANISATION_LIST)
    asked = called.words(text)
    if not asked:
        return []
    found: list[Any] = []
    for first in LOOKED_AT:
        named = connection.execute(_named(asked, first)).all()
        found = _standing(connection, actor, rules, named, today)[:most]
        if len(found) == most or first is None or len(named) < first:
            break
    codes = {c for _, row in found for c in (row.subdistrict_code, row.community_code)} - {None}
    names = divisions.names(connection, codes, on=today)
    return [_match(named, row, names, asked) for named, row in found]


def _named(asked: list[str], first: int | None) -> Select[Any]:
    """``id, uscc, name, former`` of the first so many that are called so, whoever may see them."""
    former = _former(asked)
    same = Organisation.uscc == called.code(asked)
    begins = called.begins(Organisation.name, asked)
    return (
        select(Organisation.id, Organisation.uscc, Organisation.name, former.c.name.label("former"))
        .outerjoin(former, former.c.id == Organisation.id)
        .where(or_(called.this(asked), former.c.id.is_not(None)))
        .order_by(case((same, 0), (begins, 1), else_=2), Organisation.name, Organisation.uscc)
        .limit(first)
    )


def _standing(
    connection: Connection, actor: Actor, rules: RuleSet, named: Sequence[Any], today: date
) -> list[Any]:
    """Of those with these names the ones in scope, in their order, and where they stand."""
    order = {row.id: (place, row) for place, row in enumerate(named)}
    among = db.listed(connection, list(order))
    member = standing.of_each(connection, rules, as_of=today, among=among)
    rows = connection.execute(tally.scoped(select(member), member, actor)).all()
    return [(order[row.id][1], row) for row in sorted(rows, key=lambda row: order[row.id][0])]


def _match(named: Any, row: Any, names: dict[str, str], asked: list[str]) -> Match:
    by_name = all(called.bracketed(word) in called.bracketed(named.name) for word in asked)
    return Match(
        uscc=named.uscc,
        name=named.name,
        former=None if by_name else named.former,
        subdistrict=names.get(row.subdistrict_code),
        community=names.get(row.community_code),
        state=row.state,
        counts=bool(row.counts),
        unverified=bool(row.unverified),
    )


def _former(asked: list[str]) -> Any:
    """``id, name`` of organisations that bore such a name before."""
    return (
        select(
            FieldChange.organisation_id.label("id"), func.max(FieldChange.old_value).label("name")
        )
        .where(
            FieldChange.field == "name",
            FieldChange.corrected_by.is_(None),
            called.holds(FieldChange.old_value, asked),
        )
        .group_by(FieldChange.organisation_id)
        .subquery("former")
    )
