"""What makes a Party organisation due for a change (domain notes §4.4), named one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from liangxin import forming, suppressed, universe
from liangxin.access import Actor, Permission
from liangxin.facts_on import flag, true_on
from liangxin.months import latest_within
from liangxin.rules import RuleSet, Thresholds
from liangxin.schema import Covering, PartyOrganisation, PartyTerm
from liangxin.suppression import Between

#: Every trigger: what people read.
TRIGGERS: dict[str, tuple[str, str]] = {
    "few_full_members": ("正式党员不足 3 名", "fewer than three full members"),
    "many_units": ("联合党支部覆盖单位超过 5 个", "a joint branch of more than five units"),
    "one_unit": ("联合党支部只剩 1 个单位", "a joint branch of one unit"),
    "many_members": ("党支部党员超过 50 名", "a branch of more than fifty members"),
    "general_branch": ("正式党员达到 50 名，可设党总支", "fifty full members: a general branch"),
    "committee": ("正式党员达到 100 名，可设党委", "a hundred full members: a committee"),
    "unit_gone": ("覆盖单位已关停、注销或迁出", "a unit closed, was struck off or moved away"),
    "unit_elsewhere": ("覆盖单位在其他街道", "a unit is in another sub-district"),
    "secretary_vacant": ("书记空缺", "no secretary"),
    "term_ending": ("半年内届满", "its term ends within half a year"),
    "term_over": ("已届满未换届", "its term is over"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A Party organisation on a day; null: nobody knows, or it has no term on record."""

    id: int
    name: str
    level: str
    subdistrict_code: str
    joint: bool
    units: int
    units_gone: int  # of its units, those that are found not to operate, or struck off
    units_elsewhere: int
    full_members: Between | None  # as far as is told; null: of some unit nobody knows
    members: Between | None
    due_on: date | None
    has_term: bool
    has_secretary: bool  # who it is, nobody is told here
    elected_on: date | None = None  # when its term began


@dataclass(frozen=True, slots=True)
class Due:
    """One trigger of one Party organisation."""

    party_organisation_id: int
    name: str
    subdistrict_code: str
    trigger: str


def of(standing: Standing, thresholds: Thresholds, as_of: date) -> Iterator[str]:
    """Yield the triggers of one Party organisation, in the order of ``TRIGGERS``. Pure.

    Of members only what holds wherever in its range their number lies.
    """
    yield from _of_size(standing, thresholds)
    if standing.units_gone:
        yield "unit_gone"
    if standing.units_elsewhere:
        yield "unit_elsewhere"
    yield from _of_term(standing, thresholds, as_of)


def _of_size(standing: Standing, thresholds: Thresholds) -> Iterator[str]:
    full, members = standing.full_members, standing.members
    is_branch = standing.level in {"branch", "joint_branch"}
    form = None if full is None else forming.threshold(full.low, 0, thresholds).form
    if full is not None and full.high < thresholds.branch_members:
        yield "few_full_members"
    if standing.joint and standing.units > thresholds.joint_units:
        yield "many_units"
    if standing.joint and standing.units == 1:
        yield "one_unit"
    if is_branch and members is not None and members.low > thresholds.branch_members_most:
        yield "many_members"
    if is_branch and form == "general_branch_eligible":
        yield "general_branch"
    if standing.level != "committee" and form == "committee_eligible":
        yield "committee"


def _of_term(standing: Standing, thresholds: Thresholds, as_of: date) -> Iterator[str]:
    if standing.has_term and not standing.has_secretary:
        yield "secretary_vacant"
    if standing.due_on is None:
        return
    if standing.due_on < as_of:
        yield "term_over"
    elif standing.due_on <= latest_within(as_of, thresholds.term_notice_months):
        yield "term_ending"


def due(
    connection: Connection, actor: Actor, rules: RuleSet, *, as_of: date, trigger: str | None = None
) -> list[Due]:
    """Return every trigger of every Party organisation in the actor's scope, by name.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    actor.require(Permission.ORGANISATION_LIST)
    return [
        Due(each.id, each.name, each.subdistrict_code, said)
        for each in standings(connection, actor, rules, as_of=as_of)
        for said in of(each, rules.thresholds, as_of)
        if trigger in {None, said}
    ]


@dataclass(frozen=True, slots=True)
class Ends:
    """How many Party organisations a sub-district has, and of how many the term is over or ends soon."""

    subdistrict_code: str
    parties: int
    over: int
    ending: int


def ends(connection: Connection, actor: Actor, rules: RuleSet, *, as_of: date) -> list[Ends]:
    """Return the sub-districts in scope that have Party organisations, by code; no member is asked for.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    actor.require(Permission.ORGANISATION_LIST)
    party, term = PartyOrganisation, PartyTerm
    soon = latest_within(as_of, rules.thresholds.term_notice_months)
    query = (
        select(
            party.subdistrict_code,
            func.count(party.id),
            func.sum(flag(term.due_on < as_of)),
            func.sum(flag(and_(term.due_on >= as_of, term.due_on <= soon))),
        )
        .outerjoin(term, and_(term.party_organisation_id == party.id, true_on(term, as_of, None)))
        .where(true_on(party, as_of, None), covers_somebody(as_of), *_in_scope(actor))
        .group_by(party.subdistrict_code)
        .order_by(party.subdistrict_code)
    )
    return [
        Ends(code, n, int(over), int(soon)) for code, n, over, soon in connection.execute(query)
    ]


def covers_somebody(as_of: date) -> ColumnElement[bool]:
    """Tell whether a Party organisation covers any organisation on a day.

    One that lost its last unit has nothing left to elect, whether somebody dissolved it or not.
    """
    # All of them at once: asked of each by itself, a district's thousands take half a minute.
    covering = select(Covering.party_organisation_id).where(true_on(Covering, as_of, None))
    return PartyOrganisation.id.in_(covering)


def judged(
    connection: Connection, actor: Actor, rules: RuleSet, *, as_of: date, subdistrict_code: str
) -> list[tuple[Standing, tuple[str, ...]]]:
    """Return the Party organisations of a sub-district with their triggers: terms that end first.

    Raises:
        NotPermitted: the role may not list organisations.
        NotFound: the sub-district is outside the actor's scope.
    """
    actor.require(Permission.ORGANISATION_LIST)
    actor.require_within([subdistrict_code])
    there = replace(actor, subdistricts=frozenset({subdistrict_code}))
    found = [
        (each, tuple(of(each, rules.thresholds, as_of)))
        for each in standings(connection, there, rules, as_of=as_of)
    ]
    return sorted(found, key=lambda one: (one[0].due_on or date.max, one[0].name, one[0].id))


def _in_scope(actor: Actor) -> list[ColumnElement[bool]]:
    """Conditions that a Party organisation is in an actor's sub-districts."""
    if actor.subdistricts is None:
        return []
    return [PartyOrganisation.subdistrict_code.in_(sorted(actor.subdistricts))]


def standings(
    connection: Connection, actor: Actor, rules: RuleSet, *, as_of: date
) -> Iterator[Standing]:
    """Yield every Party organisation in force on a day, with what its units have, by name.

    Their members are told as the actor may see them.
    """
    party, term, scope = PartyOrganisation, PartyTerm, _in_scope(actor)
    # Of a part of the district, facts of the others need not be looked at.
    units = None if not scope else _units(as_of, scope)
    member = universe.members(rules, as_of=as_of, among=units)
    gone = member.c.state.in_(universe.EXITS) | ~func.coalesce(member.c.status, "1").in_(
        rules.statuses
    )
    elsewhere = member.c.subdistrict_code != party.subdistrict_code
    full, members = _members(member, actor, rules)
    known = func.count(member.c.full_members) == func.count(member.c.id)
    query = (
        select(
            party.id,
            party.name,
            func.coalesce(func.max(term.level), party.level),
            party.subdistrict_code,
            func.max(flag(Covering.mode == "joint")),
            func.count(member.c.id),
            func.sum(flag(gone)),
            func.sum(flag(elsewhere)),
            *(func.sum(end) for end in (*full, *members)),
            flag(known),
            func.max(term.due_on),
            func.max(flag(term.id.is_not(None))),
            func.max(flag(term.secretary.is_not(None))),
            func.max(term.from_on),
        )
        .join(
            Covering,
            and_(Covering.party_organisation_id == party.id, true_on(Covering, as_of, None)),
        )
        .join(member, member.c.id == Covering.organisation_id)
        .outerjoin(term, and_(term.party_organisation_id == party.id, true_on(term, as_of, None)))
        .where(true_on(party, as_of, None), *scope)
        .group_by(party.id, party.name, party.level, party.subdistrict_code)
        .order_by(party.name, party.id)
    )
    for row in connection.execute(query):
        yield _standing(tuple(row))


def _units(as_of: date, scope: list[ColumnElement[bool]]) -> Select[Any]:
    """A query of the organisations that some Party organisation in scope covers."""
    return (
        select(Covering.organisation_id)
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .where(true_on(Covering, as_of, None), true_on(PartyOrganisation, as_of, None), *scope)
    )


def _members(member: Any, actor: Actor, rules: RuleSet) -> tuple[suppressed.Ends, suppressed.Ends]:
    """From where to where a unit's full members and members lie, as far as an actor may know."""
    full, members = member.c.full_members, member.c.members
    if actor.may(Permission.MEMBER_COUNT):
        return (full, full), (members, members)
    return suppressed.within(full, rules.full_members_asked), suppressed.sanitised(members)


def _standing(row: tuple[Any, ...]) -> Standing:
    (
        number,
        name,
        level,
        code,
        joint,
        units,
        gone,
        away,
        full_low,
        full_high,
        low,
        high,
        known,
        due_on,
        has,
        led,
        elected_on,
    ) = row
    return Standing(
        id=number,
        name=name,
        level=level,
        subdistrict_code=code,
        joint=bool(joint),
        units=int(units),
        units_gone=int(gone or 0),
        units_elsewhere=int(away or 0),
        full_members=_between(full_low, full_high) if known else None,
        members=_between(low, high) if known else None,
        due_on=due_on,
        has_term=bool(has),
        has_secretary=bool(led),
        elected_on=elected_on,
    )


def _between(low: Any, high: Any) -> Between | None:
    return None if low is None else Between(int(low), int(high))
