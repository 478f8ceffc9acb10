"""The committee's desk: names opened for a purpose, the steps that may follow, and what they changed.

Pages hand a step's name to ``take``; it is done with everything that follows from it, or not at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, select

from liangxin import (
    committee,
    forgetting,
    links,
    members,
    membership,
    portrait,
    privacy,
    register_check,
    tasks,
    transfers,
)
from liangxin.access import Actor, Permission
from liangxin.committee import Known
from liangxin.errors import KeyLost, Misuse, NotFound
from liangxin.membership import State, Status
from liangxin.privacy import Keys
from liangxin.rules import RuleSet
from liangxin.schema import Organisation

#: How long introduction letters hold (domain notes §4.6): in the city, beyond it, at most.
LETTERS = (10, 30, transfers.LONGEST_LETTER)


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is taken on, in a transaction."""

    connection: Connection
    actor: Actor
    rules: RuleSet
    number: int
    on: date
    now: datetime


def _committee(step: Callable[..., object]) -> Callable[[Work], object]:
    def take(work: Work) -> object:
        return step(work.connection, work.actor, work.rules, work.number, on=work.on, now=work.now)

    return take


def _transfer(step: Callable[..., object]) -> Callable[[Work], object]:
    def take(work: Work) -> object:
        return step(work.connection, work.actor, work.number, on=work.on, now=work.now)

    return take


#: Every step by name.
STEPS: Mapping[str, Callable[[Work], object]] = {
    "confirm": _committee(committee.confirm),
    "decline": _transfer(committee.declined),
    "approve": _committee(committee.approved),
    "place": _committee(register_check.placed),
    "here": _committee(partial(committee.transferred, here=True)),
    "away": _committee(partial(committee.transferred, here=False)),
    "ask": _transfer(transfers.ask),
    **{f"letter_{days}": _transfer(partial(transfers.letter, days=days)) for days in LETTERS},
    "arrived": _committee(transfers.arrived),
    "receipt": _transfer(transfers.receipt),
    "left": _committee(committee.left),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the register says of an organisation after a step: figures, and no person."""

    counts: bool  # in the base of the rates
    full_members: int | str | None
    lists: tuple[str, ...]  # of ``lists.LISTS``


@dataclass(frozen=True, slots=True)
class Followed:
    """What a step led to."""

    step: str
    uscc: str
    organisation: str
    answer: bool | None  # of ``place``: whether the relation is here; null: nobody knows
    before: Standing | None
    after: Standing | None
    tasks: int  # opened by it

    @property
    def entered(self) -> tuple[str, ...]:
        """The warning lists that the organisation came onto."""
        held = () if self.before is None else self.before.lists
        return () if self.after is None else tuple(n for n in self.after.lists if n not in held)

    @property
    def left(self) -> tuple[str, ...]:
        """The warning lists that it is no longer on."""
        now = () if self.after is None else self.after.lists
        return () if self.before is None else tuple(n for n in self.before.lists if n not in now)


def open_names(
    connection: Connection,
    actor: Actor,
    keys: Keys,
    code: str,
    *,
    purpose: str,
    today: date,
    now: datetime,
) -> list[Known]:
    """Open who is kept of one organisation; what has run out goes first.

    Raises:
        NotPermitted: the role may see no person.
        NotFound: there is no such organisation in the actor's sub-districts.
        Misuse: no such purpose.
        KeyWrong: the register's people were sealed under other keys, or a name was altered.
        KeyLost: there are people, and the keys open none of their names.
    """
    actor.require(Permission.PERSON_VIEW)
    number = links.organisation_of(connection, actor, code)
    privacy.require_pseudonym_key(keys, members.pseudonym_key_in_use(connection))
    forgetting.forget_due(connection, today, now=now)
    uscc = connection.execute(select(Organisation.uscc).where(Organisation.id == number)).scalar()
    known = committee.look(connection, actor, keys, purpose=purpose, now=now, code=uscc)
    if known and all(each.name is None for each in known):
        # Nothing was seen, so nothing may stand in the log as seen: the transaction goes back.
        raise KeyLost(
            "姓名一条也打不开：现有密钥文件中没有当时的封存密钥。没有显示、也没有记录任何查看。请从密钥备份恢复。",
            "none of the names opens: the key that sealed them is not in the key file. Nothing was shown and "
            "no look was recorded; restore the keys from their backup.",
        )
    return known


def offered(known: Known) -> tuple[str, ...]:
    """Return the steps that may follow for somebody, the likeliest first. Pure."""
    if known.state == State.CANDIDATE:
        return ("here", "decline")
    if known.state == State.DECLARED:
        return ("confirm", "decline", "here")
    if known.state not in membership.COUNTED:
        return ()
    return (
        *_of_transfer(known),
        *(("approve",) if known.status == Status.PROBATIONARY else ()),
        *(("place",) if known.state == State.CONFIRMED else ()),
        *(("here",) if known.state != State.RELATION_IN else ()),
        *(("away",) if known.state != State.RELATION_OUT else ()),
        "left",
    )


def _of_transfer(known: Known) -> tuple[str, ...]:
    """The next steps of a transfer, to which the person must have agreed."""
    if known.transfer == "arrived":
        return ("receipt",)
    if "transfer" not in known.may:
        return ()
    letters = tuple(f"letter_{days}" for days in LETTERS)
    if known.transfer == "asked":
        return (*letters, "arrived")
    if known.transfer == "letter":
        return ("arrived", *letters)
    return () if known.state == State.RELATION_IN else ("ask",)


def take(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    membership_id: int,
    step: str,
    *,
    on: date,
    today: date,
    now: datetime,
) -> Followed:
    """Take one step of one membership, and open the tasks that it asks for.

    Args:
        connection: a write transaction.
        actor: who takes it.
        rules: thresholds, limits and who counts.
        membership_id: whose.
        step: of ``STEPS``.
        on: the day it happened.
        today: nothing happens later.
        now: when the register learned it.

    Raises:
        NotPermitted, NotFound: not this role, or not in its sub-districts.
        Misuse: there is no such step, its day is to come, or it may not follow.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    if step not in STEPS:
        raise Misuse(
            f"没有“{step[:20]}”这一步，没有记录任何内容。",
            f"there is no step {step[:20]!r}; nothing was recorded.",
        )
    if on > today:
        raise Misuse(
            f"{on} 还没有到（今天是 {today}）。请填实际办理的日期。",
            f"{on} is still to come (today is {today}); give the day on which it happened.",
        )
    forgetting.forget_due(connection, today, now=now)
    row = committee.of_scope(connection, actor, membership_id)
    query = select(Organisation.uscc, Organisation.name).where(
        Organisation.id == row.organisation_id
    )
    firm = connection.execute(query).one()
    before = standing(connection, actor, rules, firm.uscc, today)
    answer = STEPS[step](Work(connection, actor, rules, membership_id, on, now))
    opened = tasks.open_for(connection, rules, row.organisation_id, today, now)
    return Followed(
        step,
        firm.uscc,
        firm.name,
        answer if isinstance(answer, bool) else None,
        before,
        standing(connection, actor, rules, firm.uscc, today),
        opened,
    )


def standing(
    connection: Connection, actor: Actor, rules: RuleSet, uscc: str, today: date
) -> Standing | None:
    """Return where an organisation stands today; none: no register has it on this day.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    try:
        found = portrait.of(connection, actor, rules, uscc, as_of=today)
    except NotFound:
        return None
    return Standing(found.counts, found.full_members, found.lists)
