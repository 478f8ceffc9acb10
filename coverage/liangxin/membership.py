"""From a candidate to a confirmed member and out again: states, allowed steps, what counts. Pure.

An employer's word or a transfer notice makes a candidate and nothing more. Nobody is confirmed
without a ground: the person's own declaration, or an official transfer of the relation. Every
step is dated and says what it rests on; a day's figures are told from the steps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from liangxin.errors import Misuse

#: A candidate who does not answer, and a declaration that nobody confirms, are deleted after so
#: many days (DESIGN §8.4).
PENDING_DAYS = 60
#: Whoever declined, or did not answer, is not asked again for so many days.
DO_NOT_ASK_DAYS = 365
#: Who left the organisation is forgotten half a year later; the figures stay.
LEFT_DAYS = 183


class State(StrEnum):
    """Where a membership stands."""

    CANDIDATE = "candidate"
    DECLARED = "declared"
    CONFIRMED = "confirmed"  # where the relation is, nobody has said yet
    RELATION_IN = "relation_in"
    RELATION_OUT = "relation_out"
    LEFT = "left"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Basis(StrEnum):
    """What a step rests on."""

    ROSTER = "roster"  # the employer's word
    TRANSFER_NOTICE = "transfer_notice"  # that a relation is to come
    DECLARATION = "declaration"  # the person's own
    OFFICIAL_TRANSFER = "official_transfer"  # of the relation, done and receipted
    CONFIRMATION = "confirmation"  # the committee spoke with the person who declared
    MEMBER_REGISTER = "member_register"  # a key of it says where the relation is
    APPROVAL = "approval"  # of a probationary member's becoming full
    DEPARTURE = "departure"  # from the organisation
    COUNTED_HERE = "counted_here"  # of a person in two organisations, who counts once
    COUNTED_ELSEWHERE = "counted_elsewhere"
    PERSON = "person"  # who declined or withdrew
    NO_ANSWER = "no_answer"


class Status(StrEnum):
    """Full or probationary; nothing else is a member."""

    FULL = "full"
    PROBATIONARY = "probationary"


#: Without one of these nobody is confirmed.
GROUNDS = frozenset({Basis.DECLARATION, Basis.OFFICIAL_TRANSFER})
PENDING = frozenset({State.CANDIDATE, State.DECLARED})
COUNTED = frozenset({State.CONFIRMED, State.RELATION_IN, State.RELATION_OUT})
ENDED = frozenset({State.LEFT, State.WITHDRAWN, State.EXPIRED})

_WHERE = frozenset({Basis.OFFICIAL_TRANSFER, Basis.MEMBER_REGISTER})
_MOVED = frozenset({Basis.OFFICIAL_TRANSFER})
_ONCE = frozenset({Basis.COUNTED_HERE, Basis.COUNTED_ELSEWHERE})
_SAME = _ONCE | {Basis.APPROVAL}
#: From which state to which (``None``: from nothing), and on what basis.
ALLOWED: Mapping[tuple[State | None, State], frozenset[Basis]] = {
    (None, State.CANDIDATE): frozenset({Basis.ROSTER, Basis.TRANSFER_NOTICE}),
    (None, State.DECLARED): frozenset({Basis.DECLARATION}),
    (State.CANDIDATE, State.CONFIRMED): _MOVED,
    **{(state, State.EXPIRED): frozenset({Basis.NO_ANSWER}) for state in PENDING},
    (State.DECLARED, State.CONFIRMED): frozenset({Basis.CONFIRMATION, Basis.OFFICIAL_TRANSFER}),
    (State.CONFIRMED, State.RELATION_IN): _WHERE,
    (State.CONFIRMED, State.RELATION_OUT): _WHERE,
    (State.RELATION_IN, State.RELATION_OUT): _MOVED,
    (State.RELATION_OUT, State.RELATION_IN): _MOVED,
    # Probation ends, or which of a person's organisations counts; nothing else changes.
    **{(state, state): _SAME for state in COUNTED},
    **{(state, State.LEFT): frozenset({Basis.DEPARTURE}) for state in COUNTED},
    **{(state, State.WITHDRAWN): frozenset({Basis.PERSON}) for state in PENDING | COUNTED},
}
NAMES: Mapping[State | None, tuple[str, str]] = {
    None: ("尚无记录", "nothing"),
    State.CANDIDATE: ("待确认", "candidate"),
    State.DECLARED: ("已申报", "declared"),
    State.CONFIRMED: ("已确认", "confirmed"),
    State.RELATION_IN: ("组织关系已转入", "relation here"),
    State.RELATION_OUT: ("组织关系未转入", "relation elsewhere"),
    State.LEFT: ("已离开", "left"),
    State.WITHDRAWN: ("已撤回", "withdrawn"),
    State.EXPIRED: ("已过期", "expired"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One dated step: the state and status it led to, and what it rests on."""

    state: State
    basis: Basis
    on: date
    status: Status
    #: False: a person in two organisations counts at the other one.
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """Confirmed members on a day: people, no person; candidates are never among them."""

    full: int = 0
    probationary: int = 0
    relation_in: int = 0  # of both
    relation_out: int = 0


def require_allowed(before: Sequence[Step], step: Step) -> None:
    """Return if a step may follow the steps before it.

    Args:
        before: of one membership, in their order; none: it begins.
        step: what is to be done.

    Raises:
        Misuse: there is no such step, its day is before the last one's, it changes a status that
            it cannot change, or it would confirm somebody who neither declared nor was transferred.
    """
    last = before[-1] if before else None
    start = last.state if last else None
    zh, en = NAMES[start]
    to_zh, to_en = NAMES[step.state]
    if step.basis not in ALLOWED.get((start, step.state), frozenset()):
        raise Misuse(
            f"不能凭“{step.basis}”从“{zh}”变为“{to_zh}”。未经本人申报或正式转接，不得确认党员。",
            f"{step.basis} does not lead from {en} to {to_en}; nobody is confirmed without a "
            "declaration of their own or an official transfer.",
        )
    if step.state in COUNTED and not is_grounded([*before, step]):
        raise Misuse(
            "没有本人申报或正式转接，不能确认。请先由本人申报。",
            "there is neither a declaration nor an official transfer; let the person declare first.",
        )
    if last is not None and step.on < last.on:
        raise Misuse(
            f"日期 {step.on} 早于上一步的 {last.on}。请核对日期。",
            f"{step.on} is before the step before it, of {last.on}; check the day.",
        )
    if not _may_be(last, step):
        raise Misuse(
            "只有批准转正才能把预备党员改为正式党员，确认之后的身份不能由其他步骤改变。请核对依据。",
            "only an approval makes a probationary member a full one, and no other step changes what "
            "a confirmed member is; check the basis.",
        )


def _may_be(last: Step | None, step: Step) -> bool:
    """Whether a step may say full or probationary: who declares knows better than an employer."""
    if step.basis is Basis.APPROVAL:
        return last is not None and (last.status, step.status) == (
            Status.PROBATIONARY,
            Status.FULL,
        )
    if last is None or last.status == step.status:
        return True
    return last.state in PENDING and step.basis in GROUNDS


def is_grounded(steps: Iterable[Step]) -> bool:
    """Whether somebody declared, or was officially transferred."""
    return any(step.basis in GROUNDS for step in steps)


def count(memberships: Iterable[Sequence[Step]], on: date) -> Counts:
    """Return the confirmed members of a day, from the steps of each membership in their order."""
    standing = [
        held[-1]
        for steps in memberships
        if (held := [step for step in steps if step.on <= on])
        and held[-1].state in COUNTED
        and held[-1].counts
    ]
    return Counts(
        full=sum(step.status is Status.FULL for step in standing),
        probationary=sum(step.status is Status.PROBATIONARY for step in standing),
        relation_in=sum(step.state is State.RELATION_IN for step in standing),
        relation_out=sum(step.state is State.RELATION_OUT for step in standing),
    )


def days_of(memberships: Iterable[Sequence[Step]]) -> list[date]:
    """The days on which a count of these memberships may have changed, in order."""
    return sorted({step.on for steps in memberships for step in steps})


def one_that_counts(standing: Mapping[int, Step]) -> int | None:
    """Return which of a person's memberships counts: where the relation is, else the first.

    Args:
        standing: membership id -> its last step, of one person.
    """
    counted = {number: step for number, step in standing.items() if step.state in COUNTED}
    inside = [number for number, step in counted.items() if step.state is State.RELATION_IN]
    return min(inside or counted, default=None)


def expires(on: date) -> date:
    """The day on which a candidate or declaration of a day is deleted, if nothing came of it."""
    return on + timedelta(days=PENDING_DAYS)


def asked_again(on: date) -> date:
    """The first day on which somebody who declined, or did not answer, may be asked again.

    The first of a month, so that the day tells neither on which it was nor which of both.
    """
    over = on + timedelta(days=DO_NOT_ASK_DAYS)
    return (over.replace(day=1) + timedelta(days=31)).replace(day=1)


def left_until(today: date) -> date:
    """The last day of leaving that is long enough ago to be forgotten today."""
    return today - timedelta(days=LEFT_DAYS)
