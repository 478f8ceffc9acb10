"""Clocks from dated facts: hires, screenings, applications and transfers, by sub-district."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
)

from liangxin import facts_on, spells, tally, universe
from liangxin.access import Actor, Permission
from liangxin.clocks import CLOCKS, Clock, Histogram, Reading, read, told_at_least
from liangxin.days import days_between
from liangxin.errors import Misuse
from liangxin.rules import RuleSet
from liangxin.schema import (
    Application,
    Assignment,
    Covering,
    Hire,
    Organisation,
    PartyOrganisation,
    RelationTransfer,
    Screening,
)
from liangxin.suppression import FEWEST


@dataclass(frozen=True, slots=True)
class Running:
    """One spell of a clock that has not ended, and how long it has run."""

    uscc: str
    name: str
    subdistrict_code: str | None
    since: date
    days: int


def readings(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    since: date | None = None,
    by: str = "subdistrict",
    known_at: datetime | None = None,
) -> dict[str, list[Reading]]:
    """Return every clock on a day: clock -> one reading a group, and a last one of all (code "").

    Members' clocks are told to whoever may not see counts of members as ``suppression`` leaves
    them, by sub-district and of all days; asked otherwise they are left out (``left_out``).

    Args:
        connection: a read transaction.
        actor: who asks; only its sub-districts are counted.
        rules: limits, and who is in the register.
        as_of: the day; what ended later is still open.
        since: count what ended from this day on; open spells count always.
        by: one of ``tally.GROUPS``.
        known_at: as known at this moment; ``None``: as known now.

    Raises:
        NotPermitted: the role may not see rates.
    """
    actor.require(Permission.RATE_VIEW)
    known = None if known_at is None else known_at.astimezone(UTC)
    found: dict[str, list[Reading]] = {}
    hidden = left_out(actor, since=since, by=by, known_at=known)
    for name, clock in CLOCKS.items():
        if name in hidden:
            continue
        groups: dict[str | None, tuple[dict[int, int], dict[int, int]]] = {}
        limit = getattr(rules.limits, clock.limit)
        asked = (name, as_of, since, by, known)
        for code, ended, days, number in _spells(connection, actor, rules, *asked):
            groups.setdefault(code, ({}, {}))[0 if ended else 1][days] = number
        rows = [
            read(name, code, limit, *groups[code])
            for code in sorted(groups, key=lambda code: (code is None, code or ""))
        ]
        both = (_sum(each[place] for each in groups.values()) for place in (0, 1))
        every = [*rows, read(name, "", limit, *both)]
        found[name] = [told_at_least(each) for each in every] if _few(clock, actor) else every
    return found


def left_out(
    actor: Actor, *, since: date | None, by: str, known_at: datetime | None = None
) -> tuple[str, ...]:
    """Return the clocks that an actor is not told by such groups, since such a day, as known then.

    Of two windows, or of two ways to group the same members, one could be taken from the other.
    """
    if since is None and by == "subdistrict" and known_at is None:
        return ()
    return tuple(name for name, clock in CLOCKS.items() if _few(clock, actor))


def _few(clock: Clock, actor: Actor) -> bool:
    """Whether a clock's spells are members' and the actor may not see how many."""
    return clock.personal and not actor.may(Permission.MEMBER_COUNT)


def open_over(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    clock: str,
    *,
    as_of: date,
    most: int | None = None,
    known_at: datetime | None = None,
) -> list[Running]:
    """Return what has been running longer than its limit, the longest first.

    ``most``: the first so many; ``known_at``: as for ``readings``.

    Raises:
        NotPermitted: the role may not list organisations, or not those behind a member's clock.
        Misuse: there is no such clock.
    """
    actor.require(Permission.LIST_VIEW)
    if clock not in CLOCKS:
        raise Misuse(
            f"没有时限“{clock}”，现有：{'、'.join(CLOCKS)}。",
            f"there is no clock {clock!r}; there are: {', '.join(CLOCKS)}.",
        )
    if CLOCKS[clock].personal:
        actor.require(Permission.MEMBER_COUNT)  # one row is one member
    known = None if known_at is None else known_at.astimezone(UTC)
    member = _members(connection, actor, rules, as_of, clock, known)
    spell = _CLOCK_QUERIES[clock](as_of, known).subquery("spell")
    days, firm = days_between(spell.c.started, literal(as_of, Date)), Organisation
    query = (
        select(firm.uscc, firm.name, member.c.subdistrict_code, spell.c.started, days)
        .join(spell, spell.c.organisation_id == firm.id)
        .join(member, member.c.id == firm.id)
        .where(
            _concerns(clock, member),
            spell.c.ended.is_(None),
            days > getattr(rules.limits, CLOCKS[clock].limit),
        )
        .order_by(spell.c.started, firm.uscc)
        .limit(most)
    )
    return [Running(*row) for row in connection.execute(tally.scoped(query, member, actor))]


def _spells(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    clock: str,
    as_of: date,
    since: date | None,
    by: str,
    known_at: datetime | None,
) -> Iterator[tuple[str | None, bool, int, int]]:
    """How many spells ended or run, by group and length, as far as the actor may know."""
    member = _members(connection, actor, rules, as_of, clock, known_at)
    spell = _CLOCK_QUERIES[clock](as_of, known_at).subquery("spell")
    group = tally.group_of(member, by)
    few = _few(CLOCKS[clock], actor)
    ended = spell.c.ended.is_not(None)
    days = days_between(spell.c.started, func.coalesce(spell.c.ended, literal(as_of, Date)))
    own = (member.c.id, facts_on.flag(ended))
    ranked = [
        func.count().over(partition_by=own).label("alike"),
        func.row_number().over(partition_by=own, order_by=days.desc()).label("place"),
    ]
    query = select(
        group.label("code"),
        facts_on.flag(ended).label("ended"),
        days.label("days"),
        *(ranked if few else []),
    ).join(spell, spell.c.organisation_id == member.c.id)
    query = query.where(_concerns(clock, member))
    if since is not None:
        query = query.where(or_(~ended, spell.c.ended >= since))
    each = tally.scoped(query, member, actor).subquery("each")
    counted = select(each.c.code, each.c.ended, each.c.days, func.count())
    if few:
        # An organisation's one or two members count as one: whoever took the longest.
        counted = counted.where(or_(each.c.alike >= FEWEST, each.c.place == 1))
    query = counted.group_by(each.c.code, each.c.ended, each.c.days)
    for code, has_ended, length, number in connection.execute(query):
        yield code, bool(has_ended), int(length), int(number)


def _members(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    as_of: date,
    clock: str,
    known_at: datetime | None,
) -> Subquery:
    """Who is in the register on a day, from spells where they answer the question.

    Of the clocks that few organisations have, of those few alone.
    """
    fact = _FACTS.get(clock)
    some = None if fact is None else select(fact.organisation_id)
    if known_at is None and actor.communities is None and spells.usable(connection, rules):
        return spells.standing(rules, as_of=as_of, among=some)
    return universe.members(rules, as_of=as_of, known_at=known_at, among=some)


def _concerns(clock: str, member: Any) -> Any:
    """Who needs no instructor, because it does not count, is not waiting for one."""
    return member.c.counts == 1 if clock == "found_instructor" else true()


def _sum(histograms: Any) -> Histogram:
    total: dict[int, int] = {}
    for each in histograms:
        for days, number in each.items():
            total[days] = total.get(days, 0) + number
    return total


def _until(day: Any, as_of: date) -> ColumnElement[Any]:
    """A day, unless it is still to come."""
    return case((day <= as_of, day))


def _identified(as_of: date, known_at: datetime | None) -> Any:
    return select(
        Hire.organisation_id,
        Hire.hired_on.label("started"),
        _until(Hire.identified_on, as_of).label("ended"),
    ).where(Hire.hired_on <= as_of, facts_on.believed(Hire, known_at))


def _covered(known_at: datetime | None, *narrowed: ColumnElement[bool]) -> Any:
    """When coverings held: from their own first day, or their Party organisation's, to either end."""
    party = PartyOrganisation
    over: Any = party.to_on
    if known_at is not None:
        over = case((or_(party.ended_at.is_(None), party.ended_at <= known_at), party.to_on))
    ends_first = or_(Covering.to_on.is_(None), over < Covering.to_on)
    start = case((party.from_on > Covering.from_on, party.from_on), else_=Covering.from_on)
    end = case((and_(over.is_not(None), ends_first), over), else_=Covering.to_on)
    return (
        select(Covering.organisation_id, start.label("from_on"), end.label("to_on"))
        .join(party, party.id == Covering.party_organisation_id)
        .where(
            facts_on.believed(Covering, known_at),
            facts_on.believed(party, known_at),
            or_(end.is_(None), end > start),
            *narrowed,
        )
    )


def _hire_covered(as_of: date, known_at: datetime | None) -> Any:
    """From the hire to the first day that the person is identified and the organisation covered."""
    known = Hire.identified_on
    # Few organisations hire a member; of all others no covering need be looked at.
    hiring = select(Hire.organisation_id)
    covered = _covered(known_at, Covering.organisation_id.in_(hiring)).subquery("covered")
    day = func.min(
        case(
            (covered.c.from_on > known, covered.c.from_on),
            (covered.c.from_on <= known, known),
        )
    )
    return (
        select(
            Hire.organisation_id,
            Hire.hired_on.label("started"),
            _until(day, as_of).label("ended"),
        )
        .outerjoin(
            covered,
            and_(
                covered.c.organisation_id == Hire.organisation_id,
                or_(covered.c.to_on.is_(None), covered.c.to_on > known),
            ),
        )
        .where(Hire.hired_on <= as_of, facts_on.believed(Hire, known_at))
        .group_by(Hire.id, Hire.organisation_id, Hire.hired_on)
    )


def _found_instructor(as_of: date, known_at: datetime | None) -> Any:
    """From the first day that it was found operating to the first day that anything reached it."""
    first = (
        select(Screening.organisation_id, func.min(Screening.from_on).label("started"))
        .where(
            Screening.state == "operating",
            Screening.from_on <= as_of,
            facts_on.believed(Screening, known_at),
        )
        .group_by(Screening.organisation_id)
        .subquery("first_found")
    )
    reached = (
        select(Assignment.organisation_id, Assignment.from_on, Assignment.to_on)
        .where(facts_on.believed(Assignment, known_at))
        .union_all(_covered(known_at))
        .subquery("reached")
    )
    started = first.c.started
    day = func.min(case((reached.c.from_on > started, reached.c.from_on), else_=started)).filter(
        reached.c.organisation_id.is_not(None)
    )
    return (
        select(first.c.organisation_id, started, _until(day, as_of).label("ended"))
        .select_from(first)
        .outerjoin(
            reached,
            and_(
                reached.c.organisation_id == first.c.organisation_id,
                or_(reached.c.to_on.is_(None), reached.c.to_on > started),
            ),
        )
        .group_by(first.c.organisation_id, started)
    )


def _application(as_of: date, known_at: datetime | None) -> Any:
    return select(
        Application.organisation_id,
        Application.applied_on.label("started"),
        _until(Application.decided_on, as_of).label("ended"),
    ).where(Application.applied_on <= as_of, facts_on.believed(Application, known_at))


def _transfer(as_of: date, known_at: datetime | None) -> Any:
    return select(
        RelationTransfer.organisation_id,
        RelationTransfer.asked_on.label("started"),
        _until(RelationTransfer.done_on, as_of).label("ended"),
    ).where(RelationTransfer.asked_on <= as_of, facts_on.believed(RelationTransfer, known_at))


_CLOCK_QUERIES = {
    "hire_identified": _identified,
    "hire_covered": _hire_covered,
    "found_instructor": _found_instructor,
    "application": _application,
    "transfer": _transfer,
}
#: Of clocks that few organisations have, the facts that start them.
_FACTS: dict[str, Any] = {
    "hire_identified": Hire,
    "hire_covered": Hire,
    "application": Application,
    "transfer": RelationTransfer,
}
