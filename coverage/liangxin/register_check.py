"""The member register's keys, held against declarations, candidates and members, and nobody else.

A hit tells where the relation is; a miss, that the person must be asked which branch to turn to.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from liangxin import committee, looks, members, membership, relations
from liangxin.access import Actor, Permission
from liangxin.facts_on import true_on
from liangxin.membership import Basis, State, Status, Step
from liangxin.rules import RuleSet
from liangxin.schema import Covering, Membership, PartyOrganisation


def placed(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    membership_id: int,
    *,
    on: date,
    now: datetime,
) -> bool | None:
    """Record where a confirmed member's relation is by the member register's key.

    Returns:
        Whether it is with a Party organisation that covers the organisation; None: the register
        has no such key, and the person must be asked which branch to turn to.

    Raises:
        NotPermitted, NotFound: as ``confirm``. Misuse: not confirmed yet.
    """
    row = committee.of_scope(connection, actor, membership_id)
    looks.by_office(connection, actor, [row], "compared", "confirm", now)
    party_name = relations.relation_of(connection, row.person_key)
    if party_name is None:
        return None
    here = party_name in _covering(connection, row.organisation_id, on)
    state = State.RELATION_IN if here else State.RELATION_OUT
    if row.state != state:
        step = Step(state, Basis.MEMBER_REGISTER, on, Status(row.status))
        committee.take_of_office(connection, actor, rules, row, step, now=now)
    return here


@dataclass(frozen=True, slots=True)
class Checked:
    """What the keys of the member register say of those who wait, and of confirmed members."""

    waiting: int  # candidates and declarations
    found: int  # of these, whom the register has
    here: int  # of confirmed members, whose relation is here
    elsewhere: int
    unknown: int  # whom it does not have: they must be asked which branch to turn to


def check_register(
    connection: Connection, actor: Actor, rules: RuleSet, *, on: date, now: datetime
) -> Checked:
    """Compare the member register's keys with those who wait and with confirmed members alone.

    Raises:
        NotPermitted: the role may record nothing of members.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    wanted = sorted(membership.PENDING | {State.CONFIRMED})
    query = select(Membership.__table__).where(Membership.state.in_(wanted))
    rows = committee.in_scope(
        connection, actor, connection.execute(query.order_by(Membership.id)).all()
    )
    waiting = [row for row in rows if row.state != State.CONFIRMED]
    found = relations.relations_of(connection, {row.person_key for row in waiting})
    confirmed = [row for row in rows if row.state == State.CONFIRMED]
    last = members.steps_of(connection, [row.id for row in confirmed])
    told = [
        placed(connection, actor, rules, row.id, on=on, now=now)
        for row in confirmed
        if last[row.id][-1].on <= on
    ]
    looks.by_office(connection, actor, waiting, "compared", "confirm", now)
    known = sum(row.person_key in found for row in waiting)
    return Checked(len(waiting), known, told.count(True), told.count(False), told.count(None))


def _covering(connection: Connection, organisation_id: int, on: date) -> set[str]:
    """Names of the Party organisations that cover an organisation."""
    query = (
        select(PartyOrganisation.name)
        .join(Covering, Covering.party_organisation_id == PartyOrganisation.id)
        .where(Covering.organisation_id == organisation_id, true_on(Covering, on, None))
    )
    return set(connection.execute(query).scalars())
