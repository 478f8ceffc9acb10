"""What a committee does with the members of its sub-district: see, confirm, and each later step.

Every look and every step needs a purpose and leaves a row that the person sees too. What a step
changes in the figures is changed in the same transaction.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from liangxin import (
    consents,
    db,
    looks,
    member_figures,
    members,
    membership,
    party,
    privacy,
    purposes,
    relations,
)
from liangxin.access import Actor, Permission
from liangxin.errors import KeyLost, Misuse, NotFound
from liangxin.membership import Basis, State, Status, Step
from liangxin.privacy import Keys, Sealed
from liangxin.rules import RuleSet
from liangxin.schema import Membership, Organisation, RelationTransfer


@dataclass(frozen=True, slots=True)
class Known:
    """One candidate, declaration or member, opened for somebody with a purpose."""

    id: int
    uscc: str
    organisation: str
    # None: the key that sealed it is not there. In no trace: errors may quote what they stumbled over.
    name: str | None = field(repr=False)
    state: str
    status: str
    since: date
    hired_on: date | None
    expires_on: date | None
    receipt: str | None  # the first letters of the person's code
    absent_on: date | None  # the firm's list of this day no longer had the person
    counts: bool  # false: the person counts at another organisation
    same_as: int | None  # another row here of the same person
    relation_said: str | None  # where the person says it is; of entering.RELATIONS
    relation: str | None  # of the member register: the Party organisation; null: it has no such key
    may: tuple[str, ...]  # to what the person agreed
    transfer: str | None = None  # how far a transfer here is: asked, letter, arrived; null: none
    valid_until: date | None = None  # the last day of its letter


def look(
    connection: Connection,
    actor: Actor,
    keys: Keys,
    *,
    purpose: str,
    now: datetime,
    code: str | None = None,
    states: Sequence[State] = (),
) -> list[Known]:
    """Open what is kept of people, by organisation; each of them is told who looked and why.

    Args:
        connection: a write transaction: the look is recorded in it.
        actor: who looks; only its sub-districts are opened.
        keys: the district's.
        purpose: one of ``purposes.OF_OFFICES``.
        now: when.
        code: only of this organisation (USCC).
        states: only these; none: all that have not ended.

    Raises:
        NotPermitted: the role may see no person.
        Misuse: no such purpose.
        KeyWrong: a name was altered, or stands in the wrong row.
    """
    actor.require(Permission.PERSON_VIEW)
    purposes.require_purpose(purpose)
    wanted = set(states or membership.PENDING | membership.COUNTED)
    if not actor.may(Permission.MEMBERSHIP_RECORD):
        # Who has not been confirmed is the committee's alone to know.
        wanted &= membership.COUNTED
    query = (
        select(Membership.__table__, Organisation.uscc, Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.state.in_(sorted(wanted)), Membership.person_key.is_not(None))
        .order_by(Organisation.name, Membership.id)
    )
    if code is not None:
        query = query.where(Organisation.uscc == code)
    rows = in_scope(connection, actor, connection.execute(query).all())
    known = _opened(connection, keys, rows)
    looks.by_office(connection, actor, rows, "viewed", purpose, now, about=code or "")
    return known


def confirm(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    membership_id: int,
    *,
    on: date,
    now: datetime,
) -> None:
    """Confirm somebody who declared, after speaking with them; figures follow at once.

    A second declaration of somebody confirmed already renews their code and nothing else.

    Raises:
        NotPermitted, NotFound: not this role, or not in its sub-districts.
        Misuse: this person did not declare.
    """
    row = of_scope(connection, actor, membership_id)
    if row.expires_on is not None and row.expires_on <= on:
        raise Misuse(
            f"该申报已于 {row.expires_on} 期满，应当删除。请本人重新申报。",
            f"this declaration ran out on {row.expires_on} and is to be deleted; let the person declare "
            "again.",
        )
    before = _confirmed_before(connection, row)
    if before is not None:
        _renew_code(connection, row, before, on)
        looks.by_office(connection, actor, [before], "recorded", "confirm", now)
        return
    step = Step(State.CONFIRMED, Basis.CONFIRMATION, on, Status(row.status))
    take_of_office(connection, actor, rules, row, step, now=now)


def declined(
    connection: Connection, actor: Actor, membership_id: int, *, on: date, now: datetime
) -> None:
    """Forget somebody who told the committee that they do not declare, or did not; nobody asks why.

    Nobody asks them again for a time, and what employers said of them goes too.

    Raises:
        NotPermitted, NotFound: as ``confirm``.
        Misuse: the person is confirmed, and withdraws with their code alone.
    """
    row = of_scope(connection, actor, membership_id)
    if row.state not in membership.PENDING:
        raise Misuse(
            "已确认的，由本人凭查询码撤回，不能由他人代办。",
            "whoever is confirmed withdraws with their own code, and nobody does it for them.",
        )
    looks.by_office(connection, actor, [row], "recorded", "confirm", now)
    if row.state == State.DECLARED:
        members.forget(connection, [row], on)
    members.forget_candidates(connection, row.person_key, on)


def transferred(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    membership_id: int,
    *,
    here: bool,
    on: date,
    now: datetime,
) -> None:
    """Record that a relation was officially transferred, here or away.

    Raises:
        NotPermitted, NotFound, Misuse: as ``confirm``.
    """
    row = of_scope(connection, actor, membership_id)
    status = Status(row.status)
    before = _confirmed_before(connection, row)
    if before is not None:
        raise Misuse(
            f"此人在该单位已确认（{before.id} 号），请对该记录办理。",
            f"this person is confirmed there already (number {before.id}); take the step on that one.",
        )
    if row.state in membership.PENDING:
        confirmed = Step(State.CONFIRMED, Basis.OFFICIAL_TRANSFER, on, status)
        take_of_office(connection, actor, rules, row, confirmed, now=now)
    state = State.RELATION_IN if here else State.RELATION_OUT
    take_of_office(
        connection, actor, rules, row, Step(state, Basis.OFFICIAL_TRANSFER, on, status), now=now
    )


def approved(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    membership_id: int,
    *,
    on: date,
    now: datetime,
) -> None:
    """Record that a probationary member became a full one. Raises as ``confirm``."""
    row = of_scope(connection, actor, membership_id)
    step = Step(State(row.state), Basis.APPROVAL, on, Status.FULL)
    take_of_office(connection, actor, rules, row, step, now=now)


def left(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    membership_id: int,
    *,
    on: date,
    now: datetime,
) -> None:
    """Record that a member left the organisation. Raises as ``confirm``."""
    row = of_scope(connection, actor, membership_id)
    step = Step(State.LEFT, Basis.DEPARTURE, on, Status(row.status))
    take_of_office(connection, actor, rules, row, step, now=now)


def take_further(
    connection: Connection,
    rules: RuleSet,
    row: Any,
    step: Step,
    *,
    by: str,
    now: datetime,
) -> None:
    """Take a membership one step further, and let every figure that stands on it follow.

    Args:
        connection: a write transaction.
        rules: thresholds, and how far counts may lie apart.
        row: of ``membership``, as it is before.
        step: allowed by ``liangxin.membership``.
        by: an office or account, or ``person``.
        now: when the register learned it.
    """
    counted = row.state in membership.COUNTED
    if rules.headcount.members_once and (counted or step.state in membership.COUNTED):
        member_figures.require_after_twins(connection, row, step)
    members.take(connection, row.id, step, by=by, now=now)
    if step.state is State.WITHDRAWN:
        member_figures.drop_clocks(connection, row)
    if step.state is State.LEFT:
        member_figures.close_transfer(connection, row, now=now)
    if step.state in membership.COUNTED and not counted:
        steps = members.steps_of(connection, [row.id])[row.id]
        fresh = members.row_of(connection, row.id)
        member_figures.note_hire(connection, fresh, steps, rules, now=now)
    changed = {row.organisation_id}
    if rules.headcount.members_once:
        changed |= member_figures.settle_person(
            connection, row.person_key, on=step.on, by=by, now=now
        )
    if counted or step.state in membership.COUNTED:
        member_figures.renew(connection, changed, rules, now=now)


def take_of_office(
    connection: Connection, actor: Actor, rules: RuleSet, row: Any, step: Step, *, now: datetime
) -> None:
    """Take a membership one step further for an office, and record that it did."""
    fresh = members.row_of(connection, row.id)
    take_further(connection, rules, fresh, step, by=actor.name, now=now)
    looks.by_office(connection, actor, [row], "recorded", _purpose(step), now)


def _purpose(step: Step) -> str:
    return "transfer" if step.basis is Basis.OFFICIAL_TRANSFER else "confirm"


def of_scope(connection: Connection, actor: Actor, membership_id: int) -> Any:
    """Return a membership in the actor's sub-districts.

    Raises:
        NotPermitted: the role may record nothing of members.
        NotFound: there is none, it is nobody's any more, or it is out of scope.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    row = members.row_of(connection, membership_id)
    if row is None or row.person_key is None or not in_scope(connection, actor, [row]):
        raise NotFound(
            f"没有编号为 {membership_id} 的党员记录。", f"there is no membership {membership_id}."
        )
    return row


def in_scope(connection: Connection, actor: Actor, rows: Sequence[Any]) -> list[Any]:
    """Return the memberships in the actor's sub-districts."""
    if actor.subdistricts is None:
        return list(rows)
    tracked = party.tracked_in(connection, [row.organisation_id for row in rows])
    return [row for row in rows if tracked.get(row.organisation_id) in actor.subdistricts]


def _opened(connection: Connection, keys: Keys, rows: Sequence[Any]) -> list[Known]:
    steps = members.steps_of(connection, [row.id for row in rows])
    held = consents.in_force(connection, {row.code_hash for row in rows if row.code_hash})
    placed = relations.relations_of(connection, {row.person_key for row in rows})
    moving = _moving(connection, rows)
    same: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in rows:
        same[row.organisation_id, row.person_key].append(row.id)
    return [
        Known(
            id=row.id,
            uscc=row.uscc,
            organisation=row.organisation,
            name=_name(keys, row),
            state=row.state,
            status=row.status,
            since=steps[row.id][-1].on,
            hired_on=row.hired_on,
            expires_on=row.expires_on,
            receipt=row.receipt,
            absent_on=row.absent_on,
            counts=steps[row.id][-1].counts,
            same_as=next(
                (each for each in same[row.organisation_id, row.person_key] if each != row.id), None
            ),
            relation_said=row.relation_said,
            relation=placed.get(row.person_key),
            may=tuple(held.get(row.code_hash, ())),
            transfer=moving.get(row.transfer_id, (None, None))[0],
            valid_until=moving.get(row.transfer_id, (None, None))[1],
        )
        for row in rows
    ]


def _moving(
    connection: Connection, rows: Sequence[Any]
) -> dict[int | None, tuple[str, date | None]]:
    """How far the transfers of these memberships are, and until when a letter holds, by their id."""
    wanted = sorted({row.transfer_id for row in rows} - {None})
    query = select(RelationTransfer.__table__).where(
        db.among(connection, RelationTransfer.id, wanted),
        RelationTransfer.corrected_at.is_(None),
        RelationTransfer.receipt_on.is_(None),
    )
    found: dict[int | None, tuple[str, date | None]] = {}
    for row in connection.execute(query):
        if row.done_on is not None:
            found[row.id] = ("arrived", None)
        else:
            found[row.id] = ("asked" if row.letter_on is None else "letter", row.valid_until)
    return found


def _name(keys: Keys, row: Any) -> str | None:
    """A name, unless its key is lost: one that does not open must not close all the others."""
    place = {"organisation_id": row.organisation_id, "person_key": row.person_key}
    try:
        return privacy.unseal(keys, Sealed(row.sealed_name, row.sealed_key_id), **place)
    except KeyLost:
        return None


def _confirmed_before(connection: Connection, row: Any) -> Any:
    """The confirmed membership that a further declaration is of; None: there is none."""
    if row.state != State.DECLARED:
        return None
    query = select(Membership.__table__).where(
        Membership.organisation_id == row.organisation_id,
        Membership.person_key == row.person_key,
        Membership.state.in_(sorted(membership.COUNTED)),
    )
    return connection.execute(query).first()


def _renew_code(connection: Connection, row: Any, before: Any, on: date) -> None:
    """Give a member who declared again the code of that declaration; the old one opens nothing."""
    members.end_consents(connection, [before], on)
    members.delete_pending(connection, [row.id])
    code = {"code_hash": row.code_hash, "receipt": row.receipt}
    connection.execute(update(Membership).where(Membership.id == before.id).values(**code))
    looks.move(connection, row.id, before.id)
