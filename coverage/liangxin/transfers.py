"""Transfers of a relation, step by step (domain notes §4.6): asked, letter, arrived, receipt.

The dates stand in a row without a person (the clock runs on it); which member's it is, the sealed
membership knows. A later step closes the row and writes it anew, so that the past stays told.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from liangxin import committee, consents, looks, members, membership
from liangxin.access import Actor
from liangxin.errors import Misuse
from liangxin.membership import State
from liangxin.rules import RuleSet
from liangxin.schema import Membership, RelationTransfer

#: How long an introduction letter may hold: as set, at most three months.
LONGEST_LETTER = 90
_DAYS = ("asked_on", "letter_on", "valid_until", "done_on", "receipt_on")


def ask(
    connection: Connection, actor: Actor, membership_id: int, *, on: date, now: datetime
) -> None:
    """Begin a transfer here, which the member agreed to.

    Raises:
        NotPermitted, NotFound: not this role, or not in its sub-districts.
        Misuse: not confirmed, no consent, the relation is here already, or one is under way.
    """
    row = committee.of_scope(connection, actor, membership_id)
    if row.state not in membership.COUNTED or row.state == State.RELATION_IN:
        raise Misuse(
            "只有已确认且组织关系尚未转入的党员可以办理转入。",
            "only a confirmed member whose relation is elsewhere can be transferred here.",
        )
    _require_agreed(connection, row)
    held = _held(connection, row)
    if held is not None and held.done_on is None:
        raise Misuse(
            f"转接已于 {held.asked_on} 发起，尚未办结。",
            f"a transfer asked on {held.asked_on} is still under way.",
        )
    _write(connection, actor, row, None, {"asked_on": on}, now=now)


def letter(
    connection: Connection,
    actor: Actor,
    membership_id: int,
    *,
    on: date,
    days: int,
    now: datetime,
) -> None:
    """Note the introduction letter: when it was issued, and for how many days it holds.

    Raises:
        NotPermitted, NotFound: as ``ask``.
        Misuse: no transfer is under way, or the letter holds for no day or more than three months.
    """
    if not 1 <= days <= LONGEST_LETTER:
        raise Misuse(
            f"介绍信有效期须为 1 到 {LONGEST_LETTER} 天，给出的是 {days} 天。",
            f"a letter holds for 1 to {LONGEST_LETTER} days, not {days}.",
        )
    row, held = _under_way(connection, actor, membership_id)
    _require_after(on, held.asked_on)
    said = {"letter_on": on, "valid_until": on + timedelta(days=days)}
    _write(connection, actor, row, held, said, now=now)


def arrived(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    membership_id: int,
    *,
    on: date,
    now: datetime,
) -> None:
    """Note that the relation arrived: the member counts as one whose relation is here.

    Raises:
        NotPermitted, NotFound, Misuse: as ``letter``.
    """
    row, held = _under_way(connection, actor, membership_id)
    _require_after(on, held.letter_on or held.asked_on)
    if row.state != State.RELATION_IN:  # the member register may have said so already
        committee.transferred(connection, actor, rules, membership_id, here=True, on=on, now=now)
    _write(connection, actor, row, held, {"done_on": on}, now=now)


def receipt(
    connection: Connection, actor: Actor, membership_id: int, *, on: date, now: datetime
) -> None:
    """Note that the receipt went back to where the relation came from.

    Raises:
        NotPermitted, NotFound: as ``ask``. Misuse: the relation has not arrived.
    """
    row = committee.of_scope(connection, actor, membership_id)
    held = _held(connection, row)
    if held is None or held.done_on is None:
        raise Misuse("组织关系尚未转入，没有回执。", "the relation has not arrived yet.")
    _require_after(on, held.done_on)
    _write(connection, actor, row, held, {"receipt_on": on}, now=now)


def _require_agreed(connection: Connection, row: Any) -> None:
    code = row.code_hash
    if code is None or consents.TRANSFER not in consents.in_force(connection, [code]).get(code, ()):
        raise Misuse(
            "本人未同意办理转接（或已收回同意），不能办理。请本人申报并勾选转接一项。",
            "the person has not agreed to a transfer, or took it back; let them declare, with the "
            "consent to a transfer.",
        )


def _held(connection: Connection, row: Any) -> Any:
    if row.transfer_id is None:
        return None
    query = select(RelationTransfer.__table__).where(RelationTransfer.id == row.transfer_id)
    return connection.execute(query).one()


def _under_way(connection: Connection, actor: Actor, membership_id: int) -> tuple[Any, Any]:
    row = committee.of_scope(connection, actor, membership_id)
    held = _held(connection, row)
    if held is None or held.done_on is not None:
        raise Misuse(
            "没有正在办理的转接。请先发起（liangxin members transfer ask）。",
            "no transfer is under way; begin one first (liangxin members transfer ask).",
        )
    _require_agreed(connection, row)
    return row, held


def _require_after(on: date, before: date) -> None:
    if on < before:
        raise Misuse(
            f"日期 {on} 早于上一步的 {before}。请核对日期。",
            f"{on} is before the step before it, of {before}; check the day.",
        )


def _write(
    connection: Connection,
    actor: Actor,
    row: Any,
    held: Any,
    said: dict[str, date],
    *,
    now: datetime,
) -> None:
    values: dict[str, Any] = dict.fromkeys(_DAYS)
    if held is not None:
        values |= {name: getattr(held, name) for name in _DAYS}
        mine = update(RelationTransfer).where(RelationTransfer.id == held.id)
        connection.execute(mine.values(corrected_at=now))
    values |= {"organisation_id": row.organisation_id, "learned_at": now, **said}
    made = insert(RelationTransfer).values(**values).returning(RelationTransfer.id)
    number = connection.execute(made).scalar_one()
    connection.execute(update(Membership).where(Membership.id == row.id).values(transfer_id=number))
    looks.by_office(
        connection, actor, [members.row_of(connection, row.id)], "recorded", "transfer", now
    )
