"""Whoever withdrew stays withdrawn when an older backup is put back.

Before the register is replaced, what it has forgotten since is read; after it, the same is forgotten
again. No name is needed: numbers of memberships are never given twice, and tokens are tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from liangxin import committee, db, members, membership
from liangxin.membership import Basis, State, Status, Step
from liangxin.rules import RuleSet
from liangxin.schema import DoNotAsk, Membership

#: Who takes these steps.
BY = "restore"


@dataclass(frozen=True, slots=True)
class Since:
    """What a register had forgotten: memberships by number, and whom not to ask."""

    last: int  # the last number that was given
    states: Mapping[int, str]  # of those it still has
    emptied: frozenset[int]  # of these, whose person is forgotten
    tokens: Mapping[str, date]


def read(connection: Connection) -> Since:
    """Return what a register has forgotten so far."""
    columns = (Membership.id, Membership.state, Membership.person_key)
    rows = connection.execute(select(*columns)).all()
    tokens = select(DoNotAsk.token, DoNotAsk.until_on)
    return Since(
        db.last_number(connection, Membership.__tablename__),
        {row.id: row.state for row in rows},
        frozenset(row.id for row in rows if row.person_key is None),
        {row.token: row.until_on for row in connection.execute(tokens)},
    )


def apply(
    connection: Connection, since: Since, rules: RuleSet, *, today: date, now: datetime
) -> int:
    """Forget again in an older register what a newer one had forgotten; return how many people.

    Args:
        connection: a write transaction.
        since: of the register that was replaced.
        rules: as for any step of a membership.
        today: the day.
        now: when the register learned it.
    """
    query = select(Membership.__table__).where(
        Membership.id <= since.last, Membership.person_key.is_not(None)
    )
    again = [
        row
        for row in connection.execute(query).all()
        if row.id not in since.states or row.id in since.emptied
    ]
    for row in again:
        if row.state in membership.PENDING:
            members.delete_pending(connection, [row.id])
            continue
        last = members.steps_of(connection, [row.id])[row.id][-1]
        if row.state in membership.COUNTED:
            step = Step(State.WITHDRAWN, Basis.PERSON, max(today, last.on), Status(row.status))
            committee.take_further(connection, rules, row, step, by=BY, now=now)
        else:
            members.empty(connection, row.id)
    held = set(connection.execute(select(DoNotAsk.token)).scalars())
    missing = [
        {"token": token, "until_on": until}
        for token, until in since.tokens.items()
        if token not in held
    ]
    if missing:
        connection.execute(insert(DoNotAsk), missing)
    return len(again)
