"""A person's own side: the link to the page, declaring, declining, seeing, correcting, withdrawing.

What a stranger could ask is answered alike whatever the register knows: a second declaration, a
number that is in no list and one that is, a decline of somebody nobody named. Only who holds the
code learns more, and what the code opens is one declaration.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from liangxin import (
    committee,
    consents,
    entering,
    forgetting,
    links,
    looks,
    member_figures,
    members,
    membership,
    notice,
    privacy,
    relations,
    tokens,
)
from liangxin.access import Actor, Permission
from liangxin.days import china_day
from liangxin.entering import Said
from liangxin.errors import Misuse, NotFound
from liangxin.members import Person
from liangxin.membership import Basis, State, Status, Step
from liangxin.privacy import Keys, Sealed
from liangxin.rules import RuleSet
from liangxin.schema import Membership, Organisation, RelationTransfer

#: So many declarations may wait at one organisation; more is somebody's joke.
MOST_WAITING = 500
#: Days of a transfer, in their order.
TRANSFER_STEPS = ("asked_on", "letter_on", "done_on", "receipt_on")


@dataclass(frozen=True, slots=True)
class Mine:
    """All that is kept of whoever holds the code."""

    organisation: str
    name: str = field(repr=False)
    state: str
    status: str
    relation: str | None  # as the person said
    hired_on: date | None
    expires_on: date | None
    #: Day and what happened.
    steps: tuple[tuple[date, str, str], ...]
    #: What was agreed to, since when.
    consents: tuple[tuple[str, date], ...]
    #: Who looked or wrote: moment, role, what, purpose.
    accesses: tuple[tuple[datetime, str, str, str], ...]
    #: Once confirmed: what offices know beside what the person said.
    register_relation: str | None  # the Party organisation, by the member register's key
    roster_on: date | None  # the employer's newest list that named the person
    absent_on: date | None  # the first one that no longer did
    transfer: tuple[tuple[str, date], ...]  # step of a transfer and its day
    #: Confirmed, and the member register has no such key: the person must say which branch.
    branch_wanted: bool


def declare(
    connection: Connection,
    keys: Keys,
    token: str,
    form: str,
    said: Said,
    *,
    today: date,
    now: datetime,
) -> str:
    """Record a declaration and return the person's code: shown this once, kept as a hash.

    Args:
        connection: a write transaction.
        keys: the district's.
        token: of the link.
        form: as ``links.new_form`` gave it; used up by this.
        said: what the person entered.
        today: the day.
        now: the moment.

    Raises:
        NotFound, Gone: the link opens nothing, or nothing any more.
        Misuse: the form ran out or was sent before; an entry is missing or wrong (which one is
            named, what stood there is not); the first two consents are not given.
        Busy: too many declarations wait at this organisation.
        KeyLost, KeyWrong: nothing can be sealed.
    """
    place = links.place_of(connection, token, today=today)
    person = entering.agreed(said, today)
    links.use_form(connection, keys, token, form, now=now)
    code = _recorded(connection, keys, place.organisation_id, person, said, today=today, now=now)
    looks.told(connection, "declared", now)
    return code


def at_desk(
    connection: Connection,
    keys: Keys,
    actor: Actor,
    code: str,
    said: Said,
    *,
    today: date,
    now: datetime,
) -> str:
    """Record what somebody declares at the committee's desk, who read the notice there.

    Returns:
        The person's code, to be handed over.

    Raises:
        NotPermitted, NotFound: not this role, or no such organisation in its sub-districts.
        Misuse, Busy, KeyLost, KeyWrong: as ``declare``.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    organisation_id = links.placed(connection, actor, code)
    person = entering.agreed(said, today)
    code = _recorded(connection, keys, organisation_id, person, said, today=today, now=now)
    typed = _row(connection, code, today)
    looks.by_office(connection, actor, [typed], "recorded", "confirm", now)
    return code


def _recorded(
    connection: Connection,
    keys: Keys,
    organisation_id: int,
    person: Person,
    said: Said,
    *,
    today: date,
    now: datetime,
) -> str:
    links.require_room(connection, organisation_id, MOST_WAITING)
    text = notice.current()
    notice.keep(connection, text, by="register", today=today, now=now)
    number = members.declare(
        connection, keys, organisation_id, person, by=looks.PERSON, on=today, now=now
    )
    code = links.new_code()
    mine = update(Membership).where(Membership.id == number)
    hashed = tokens.hash_of(code)
    connection.execute(
        mine.values(code_hash=hashed, receipt=links.receipt(code), relation_said=said.relation)
    )
    consents.give(
        connection, organisation_id, hashed, said.consents, version=text.version, on=today, now=now
    )
    return code


def organisation_of_code(connection: Connection, code: str, today: date) -> int:
    """Return the organisation of the declaration that a code opens.

    Raises:
        NotFound: the code opens nothing.
    """
    return int(_row(connection, code, today).organisation_id)


def decline(
    connection: Connection,
    keys: Keys,
    token: str,
    form: str,
    number: str,
    *,
    today: date,
    now: datetime,
) -> None:
    """Forget whoever declines as a candidate, and do not ask again for a time. No reason is asked.

    Raises: as ``declare``.
    """
    links.place_of(connection, token, today=today)
    whole = entering.number(number, today)
    links.use_form(connection, keys, token, form, now=now)
    members.note_key(connection, keys)
    members.decline(connection, keys, privacy.pseudonym(keys, whole), on=today)


def mine(connection: Connection, keys: Keys, code: str, *, now: datetime) -> Mine:
    """Return all that is kept of whoever holds a code; that it was seen is recorded too.

    Raises:
        NotFound: the code opens nothing.
    """
    row = _row(connection, code, china_day(now))
    looks.by_person(connection, row, "seen", now)
    place = {"organisation_id": row.organisation_id, "person_key": row.person_key}
    steps = members.steps_of(connection, [row.id])[row.id]
    agreed = consents.in_force(connection, [row.code_hash]).get(row.code_hash, {})
    # What others said is told to whoever the committee has spoken with, and to nobody before.
    known = row.state not in membership.PENDING
    relation = relations.relation_of(connection, row.person_key) if known else None
    return Mine(
        organisation=row.organisation,
        name=privacy.unseal(keys, Sealed(row.sealed_name, row.sealed_key_id), **place),
        state=row.state,
        status=row.status,
        relation=row.relation_said,
        hired_on=row.hired_on,
        expires_on=row.expires_on,
        steps=tuple((step.on, str(step.state), str(step.basis)) for step in steps),
        consents=tuple(agreed.items()),
        accesses=looks.at(connection, row.id),
        register_relation=relation,
        roster_on=row.roster_on if known else None,
        absent_on=row.absent_on if known else None,
        transfer=_transfer(connection, row),
        branch_wanted=row.state == State.CONFIRMED and relation is None,
    )


def _transfer(connection: Connection, row: Any) -> tuple[tuple[str, date], ...]:
    if row.transfer_id is None:
        return ()
    query = select(RelationTransfer.__table__).where(RelationTransfer.id == row.transfer_id)
    held = connection.execute(query).one()
    days = ((name, getattr(held, name)) for name in TRANSFER_STEPS)
    return tuple((name, day) for name, day in days if day is not None)


def correct(
    connection: Connection,
    keys: Keys,
    code: str,
    said: Said,
    rules: RuleSet,
    *,
    today: date,
    now: datetime,
) -> None:
    """Correct what one said: name, relation, day of hiring; full or probationary until confirmed.

    Args:
        connection: a write transaction.
        keys: the district's.
        code: the person's.
        said: the entries as they should be; ``number`` and ``consents`` are not looked at.
        rules: up to when somebody is a new hire.
        today: nobody is hired later.
        now: the moment.

    Raises:
        NotFound: the code opens nothing.
        Misuse: an entry is missing or wrong.
    """
    row = _row(connection, code, today)
    name, status, hired_on = (
        entering.name(said.name),
        entering.status(said.status),
        entering.hired(said.hired_on, today),
    )
    if status != row.status and row.state not in membership.PENDING:
        raise Misuse(
            "已确认后，预备转正由党组织批准后更改，不能自行更改。请联系综合党委。",
            "once confirmed, only the Party organisation's approval makes a probationary member a "
            "full one; please ask the committee.",
        )
    sealed = privacy.seal(
        keys, name, organisation_id=row.organisation_id, person_key=row.person_key
    )
    mine_ = update(Membership).where(Membership.id == row.id)
    connection.execute(
        mine_.values(
            sealed_name=sealed.text,
            sealed_key_id=sealed.key_id,
            hired_on=hired_on,
            relation_said=entering.relation(said.relation),
            status=status,
        )
    )
    if status != row.status:
        members.restate(connection, row.id, status)
    if hired_on != row.hired_on and row.state in membership.COUNTED:
        member_figures.correct_hire(connection, row.id, rules, now=now)
    looks.by_person(connection, row, "corrected", now)


def withdraw(
    connection: Connection, rules: RuleSet, code: str, *, today: date, now: datetime
) -> None:
    """Withdraw everything: the person is forgotten at once, and every figure follows.

    Raises:
        NotFound: the code opens nothing.
    """
    row = _row(connection, code, today)
    looks.by_person(connection, row, "withdrawn", now)
    if row.state == State.DECLARED:
        # Whoever takes back their word did not want an employer's to stand either.
        members.forget_candidates(connection, row.person_key, today)
    if row.state == State.LEFT:
        # What has ended has no further step; who it was goes all the same.
        forgetting.forget_left(connection, row, today)
        return
    last = members.steps_of(connection, [row.id])[row.id][-1]
    step = Step(State.WITHDRAWN, Basis.PERSON, max(today, last.on), Status(row.status))
    committee.take_further(connection, rules, row, step, by=looks.PERSON, now=now)


def withdraw_transfer(connection: Connection, code: str, *, today: date, now: datetime) -> None:
    """Take back the consent to a transfer alone. Raises as ``withdraw``."""
    row = _row(connection, code, today)
    looks.by_person(connection, row, "corrected", now)
    member_figures.close_transfer(connection, row, now=now)
    consents.end(connection, [row.code_hash], today, purpose=consents.TRANSFER)


# Rows.


def _row(connection: Connection, code: str, today: date) -> Any:
    """What a code opens; what has run out opens no more, deleted yet or not."""
    query = (
        select(Membership.__table__, Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.code_hash == tokens.hash_of(links.plain_code(code)),
            or_(Membership.expires_on.is_(None), Membership.expires_on > today),
        )
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(
            "查询码有误，或相关信息已删除。请核对；遗失查询码的，可重新申报，由党委当面核实后换发。",
            "this code opens nothing: it is mistyped, or what it opened was deleted. If you lost it, "
            "declare again; the committee gives you the new one after speaking with you.",
        )
    return row
