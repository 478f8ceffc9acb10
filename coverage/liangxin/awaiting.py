"""What waits for a committee, by organisation and in numbers: no name is opened for any of it.

Whoever looks at a person does so with a purpose (``committee.look``); this tells where it is worth it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from liangxin import divisions, links, membership, party
from liangxin.access import Actor, Permission
from liangxin.facts_on import flag
from liangxin.members import OPEN
from liangxin.membership import State, Status
from liangxin.rules import RuleSet
from liangxin.schema import Membership, Organisation, RelationTransfer


@dataclass(frozen=True, slots=True)
class Waiting:
    """An organisation with candidates, declarations or members: how many, and nobody's name."""

    uscc: str
    organisation: str
    subdistrict: str | None
    declared: int  # to be confirmed with the person
    candidates: int  # whom an employer or a notice named, to be asked
    soonest: date | None  # the first day on which one of these is deleted unanswered
    confirmed: int
    full: int  # of these, full members
    absent: int  # of these, whom the firm's newest list no longer has

    @property
    def pending(self) -> int:
        """How many wait for somebody to speak with them."""
        return self.declared + self.candidates


@dataclass(frozen=True, slots=True)
class Moving:
    """A transfer of a relation that is under way, or whose receipt is outstanding; no person."""

    uscc: str
    organisation: str
    asked_on: date
    letter_on: date | None
    valid_until: date | None
    done_on: date | None
    late: bool


@dataclass(frozen=True, slots=True)
class Holding:
    """An organisation that has confirmed members, without how many."""

    uscc: str
    organisation: str
    subdistrict: str | None


def organisations(
    connection: Connection, actor: Actor, *, today: date, code: str | None = None
) -> list[Waiting]:
    """Return the organisations in scope with anybody in them: what runs out first comes first.

    Raises:
        NotPermitted: the role may record nothing of members.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    table = Membership
    waits = and_(table.state.in_(sorted(membership.PENDING)), table.expires_on > today)
    counted = table.state.in_(sorted(membership.COUNTED))
    query = (
        select(
            table.organisation_id,
            Organisation.uscc,
            Organisation.name,
            func.sum(flag(and_(waits, table.state == State.DECLARED))).label("declared"),
            func.sum(flag(and_(waits, table.state == State.CANDIDATE))).label("candidates"),
            func.min(case((waits, table.expires_on))).label("soonest"),
            func.sum(flag(counted)).label("confirmed"),
            func.sum(flag(and_(counted, table.status == Status.FULL))).label("full"),
            func.sum(flag(and_(counted, table.absent_on.is_not(None)))).label("absent"),
        )
        .join(Organisation, Organisation.id == table.organisation_id)
        .where(or_(waits, counted))
        .group_by(table.organisation_id, Organisation.uscc, Organisation.name)
    )
    if code is not None:
        query = query.where(Organisation.uscc == code)
    found = [
        Waiting(
            uscc=row.uscc,
            organisation=row.name,
            subdistrict=place,
            declared=int(row.declared),
            candidates=int(row.candidates),
            soonest=row.soonest,
            confirmed=int(row.confirmed),
            full=int(row.full),
            absent=int(row.absent),
        )
        for row, place in _placed(connection, actor, query, today, grouped=True)
    ]
    return sorted(
        found,
        key=lambda each: (
            not each.pending,
            each.soonest or date.max,
            not each.absent,
            each.organisation,
        ),
    )


def one(connection: Connection, actor: Actor, code: str, *, today: date) -> Waiting:
    """Return what waits at an organisation; nobody may.

    Raises:
        NotPermitted: the role may record nothing of members.
        NotFound: there is no such organisation in the actor's sub-districts.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    name, uscc = named(connection, actor, code)
    found = organisations(connection, actor, today=today, code=uscc)
    return found[0] if found else Waiting(uscc, name, None, 0, 0, None, 0, 0, 0)


def named(connection: Connection, actor: Actor, code: str) -> tuple[str, str]:
    """Return the name of an organisation and its code as the register has it.

    Raises:
        NotPermitted: the role may see no person.
        NotFound: there is no such organisation in the actor's sub-districts.
    """
    actor.require(Permission.PERSON_VIEW)
    number = links.organisation_of(connection, actor, code[:40])
    wanted = select(Organisation.name, Organisation.uscc).where(Organisation.id == number)
    row = connection.execute(wanted).one()
    return row.name, row.uscc


def holding(connection: Connection, actor: Actor, *, today: date) -> list[Holding]:
    """Return the organisations in scope that have confirmed members, by name, without how many.

    Raises:
        NotPermitted: the role may see no person.
    """
    actor.require(Permission.PERSON_VIEW)
    query = (
        select(Membership.organisation_id, Organisation.uscc, Organisation.name)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.state.in_(sorted(membership.COUNTED)))
        .distinct()
        .order_by(Organisation.name, Organisation.uscc)
    )
    return [
        Holding(row.uscc, row.name, place)
        for row, place in _placed(connection, actor, query, today)
    ]


def transfers(connection: Connection, actor: Actor, rules: RuleSet, *, today: date) -> list[Moving]:
    """Return the transfers in scope that are not done with: the late ones, then the oldest, first.

    One is late when its letter ran out, or when it takes longer than the rule set allows; a receipt
    is outstanding without being late, for no rule says by when it goes back.

    Raises:
        NotPermitted: the role may record nothing of members.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    table, earliest = RelationTransfer, today - timedelta(days=rules.limits.transfer)
    # Only those of a member here: what a ledger says of transfers has no next step.
    query = (
        select(table, Organisation.uscc, Organisation.name)
        .join(Membership, Membership.transfer_id == table.id)
        .join(Organisation, Organisation.id == table.organisation_id)
        .where(
            table.corrected_at.is_(None),
            table.receipt_on.is_(None),
            Membership.state.in_(sorted(membership.COUNTED)),
        )
    )
    found = [
        Moving(
            row.uscc,
            row.name,
            row.asked_on,
            row.letter_on,
            row.valid_until,
            row.done_on,
            late=row.done_on is None
            and (row.asked_on < earliest or (row.valid_until or date.max) < today),
        )
        for row, _ in _placed(connection, actor, query, today)
    ]
    return sorted(
        found, key=lambda each: (not each.late, each.done_on is not None, each.asked_on, each.uscc)
    )


def _placed(
    connection: Connection, actor: Actor, query: Any, today: date, *, grouped: bool = False
) -> Sequence[tuple[Any, str | None]]:
    """Rows in scope, each with the name of its sub-district.

    Where it is tracked is a part of the query, so that nobody else's organisations are fetched.
    """
    open_ones = select(Membership.organisation_id).where(Membership.state.in_(OPEN))
    where = party.tracking(date.max, open_ones).subquery("tracking")
    place = where.c.subdistrict_code
    query = query.add_columns(place.label("place")).join(
        where, where.c.organisation_id == Organisation.id
    )
    if grouped:
        query = query.group_by(place)
    if actor.subdistricts is not None:
        query = query.where(place.in_(sorted(actor.subdistricts)))
    rows = connection.execute(query).all()
    names = divisions.names(connection, {row.place for row in rows if row.place}, on=today)
    return [(row, names.get(row.place or "", row.place)) for row in rows]
