"""Where organisations are and what they do, as plans need it: buildings, coordinates, trades, neighbours."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, Subquery, func, or_, select

from liangxin import chains, facts_on, party, spells, tally, universe
from liangxin.access import Actor, no_subdistrict
from liangxin.errors import NotFound
from liangxin.facts_on import Among, true_on
from liangxin.rules import RuleSet
from liangxin.schema import CommunityNeighbour, Division, Finding, Organisation, Place, Spell

#: Longitude and latitude in degrees.
Coordinates = tuple[float, float]
#: Why an organisation is in no plan whatever anybody wants.
NOT_LOCATED = "not_located"
HAS_OTHER = "has_other"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A building, park or market by name, and its coordinates if anybody knows them."""

    name: str | None = None
    at: Coordinates | None = None


def within(actor: Actor, scope: str) -> Actor:
    """Return an actor who looks at the sub-districts of a scope only; an empty one changes nothing.

    Args:
        actor: who.
        scope: a code, or several as ``scope_of`` writes them.

    Raises:
        NotFound: one of them is not in the actor's scope.
    """
    codes = frozenset(code.strip() for code in scope.split("+")) - {""}
    if not codes:
        return actor
    actor.require_within(codes)
    return replace(actor, subdistricts=codes)


def require_subdistrict(connection: Connection, code: str) -> None:
    """Return if a code is of a sub-district that a list of divisions or an organisation has.

    Raises:
        NotFound: it is not.
    """
    listed = select(Division.id).where(
        Division.code == code, Division.level == "subdistrict", Division.to_on.is_(None)
    )
    used = select(Organisation.id).where(Organisation.subdistrict_code == code)
    if not any(connection.execute(query.limit(1)).first() for query in (listed, used)):
        raise no_subdistrict(code)


def scope_of(actor: Actor) -> str:
    """Return how a plan names whose it is: codes of sub-districts; empty: the whole district."""
    if actor.subdistricts is None:
        return ""
    return "+".join(sorted(actor.subdistricts)) or "none"


def counting_members(
    connection: Connection, actor: Actor, rules: RuleSet, as_of: date, *conditions: Any
) -> list[Any]:
    """Return member rows (``universe.members``) that count, in scope, by code."""
    member = universe.members(rules, as_of=as_of)
    query: Select[Any] = select(member).where(member.c.counts == 1)
    for condition in conditions:
        query = query.where(condition(member.c))
    query = query.order_by(member.c.uscc)
    return list(connection.execute(tally.scoped(query, member, actor)))


def counting_ids(connection: Connection, rules: RuleSet, as_of: date) -> set[int]:
    """Return the ids of all organisations that count on a day, in scope or not."""
    here = standing(connection, rules, as_of)
    return set(connection.execute(select(here.c.id).where(here.c.counts == 1)).scalars())


def stopped_counting(
    connection: Connection, rules: RuleSet, since: Mapping[int, date], as_of: date
) -> dict[int, date]:
    """Return the first day on which organisations that do not count on a day counted no more.

    Args:
        connection: a transaction.
        rules: who counts.
        since: by id, the day to look from; that day itself, where it did not count then either.
        as_of: the day.
    """
    if not spells.usable(connection, rules):
        look = partial(_stopped_by_facts, connection, rules, as_of=as_of)
        return {number: look(number, day) for number, day in since.items()}
    found, situation = dict(since), spells.situations(rules)
    ids = sorted(since)
    for start in range(0, len(ids), chains.SLICE):
        query = (
            select(Spell.organisation_id, func.max(Spell.to_on))
            .join(situation, situation.c.id == Spell.situation_id)
            .where(Spell.organisation_id.in_(ids[start : start + chains.SLICE]))
            .where(situation.c.counts == 1, Spell.to_on <= as_of)
            .group_by(Spell.organisation_id)
        )
        for number, day in connection.execute(query):
            if day is not None:
                found[number] = max(day, found[number])
    return found


def _stopped_by_facts(
    connection: Connection, rules: RuleSet, number: int, since: date, *, as_of: date
) -> date:
    """The same of one organisation while spells are not told: by halving the days between."""

    def counts(day: date) -> bool:
        member = universe.members(rules, as_of=day, only=number)
        return connection.execute(select(member.c.counts)).scalar() == 1

    if not counts(since):
        return since
    last, gone = since, as_of
    while (gone - last).days > 1:
        middle = last + (gone - last) // 2
        last, gone = (middle, gone) if counts(middle) else (last, middle)
    return gone


def standing(
    connection: Connection, rules: RuleSet, as_of: date, *, among: Among = None
) -> Subquery:
    """One row an organisation on a day: ``id``, ``subdistrict_code`` where it operates, ``counts``.

    From spells, which are one look along an index; from the facts themselves until these are told.
    ``among``: of those whose ids a query returns, some dozens: SQLite makes the whole of what it
    outer-joins, and looks through it for each row if it takes it for short.
    """
    if not spells.usable(connection, rules):
        member = universe.members(rules, as_of=as_of, among=among)
        return select(member.c.id, member.c.subdistrict_code, member.c.counts).subquery("standing")
    situation = spells.situations(rules)
    return (
        select(Spell.organisation_id.label("id"), Spell.subdistrict_code, situation.c.counts)
        .join(situation, situation.c.id == Spell.situation_id)
        .where(Spell.from_on <= as_of, or_(Spell.to_on.is_(None), Spell.to_on > as_of))
        .where(*facts_on.among(Spell.organisation_id, among))
        .subquery("standing")
    )


def texts(
    connection: Connection, field: str, organisations: Collection[int], as_of: date
) -> dict[int, str]:
    """Return what somebody found out of a field, by organisation."""
    query = select(Finding.organisation_id, Finding.value).where(
        Finding.field == field, true_on(Finding, as_of, None)
    )
    wanted, found = set(organisations), {}
    for number, value in connection.execute(query):
        if number in wanted:
            found[number] = value.strip()
    return found


class Places:
    """Buildings, parks and markets of a day, to be found by name, by alias or in an address."""

    def __init__(self, connection: Connection, as_of: date) -> None:
        """Read them."""
        query = select(
            *(Place.name, Place.aliases, Place.subdistrict_code),
            *(Place.latitude, Place.longitude),
        ).where(true_on(Place, as_of, None))
        self._names: dict[str, list[tuple[str, Whereabouts]]] = {}
        for row in connection.execute(query.order_by(Place.name, Place.id)):
            known = row.latitude is not None and row.longitude is not None
            place = Whereabouts(row.name, (row.longitude, row.latitude) if known else None)
            names = [row.name, *(row.aliases or "").splitlines()]
            here = self._names.setdefault(row.subdistrict_code, [])
            here += [(name.strip(), place) for name in names if name.strip()]
        for here in self._names.values():
            here.sort(key=lambda named: (-len(named[0]), named[0]))  # the longest name first

    def find(self, subdistrict: str, said: str | None, address: str | None = None) -> Whereabouts:
        """Return the place somebody named, else the one that an address of the sub-district holds."""
        here = self._names.get(subdistrict, [])
        if said:
            named = next((place for name, place in here if name == said), None)
            return named or Whereabouts(said)
        return next((place for name, place in here if name in (address or "")), Whereabouts())


def neighbours(connection: Connection) -> frozenset[tuple[str, str]]:
    """Return pairs of communities that lie side by side, the smaller code first."""
    query = select(CommunityNeighbour.one, CommunityNeighbour.other)
    return frozenset((row.one, row.other) for row in connection.execute(query))


def ids_of(connection: Connection, codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of organisations by code; codes that are not there are left out."""
    wanted, found = sorted(set(codes)), {}
    for start in range(0, len(wanted), chains.SLICE):
        some = wanted[start : start + chains.SLICE]
        query = select(Organisation.uscc, Organisation.id).where(Organisation.uscc.in_(some))
        found.update({row.uscc: row.id for row in connection.execute(query)})
    return found


def require_organisation(connection: Connection, actor: Actor, code: str, as_of: date) -> int:
    """Return the id of an organisation by code.

    Raises:
        NotFound: it is not in the register, or tracked in a sub-district out of scope.
    """
    code = code.strip().upper()
    number = ids_of(connection, [code]).get(code)
    if number is not None and actor.subdistricts is not None:
        tracked = party.tracked_in(connection, [number], on=as_of)[number]
        number = number if tracked in actor.subdistricts else None
    if number is None:
        raise NotFound(
            f"登记库中没有 {code or '（空代码）'}。请核对统一社会信用代码。",
            f"{code or '(no code)'} is not in the register; check the code.",
        )
    return number
