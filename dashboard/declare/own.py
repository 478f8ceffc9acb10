"""All that is kept of a person, in words: from what the domain tells to what the page shows. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from dashboard.text import Say
from liangxin import entering, looks, membership, notice, purposes
from liangxin.days import CHINA
from liangxin.declaring import Mine
from liangxin.membership import State

Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Own:
    """What the page shows; each line is a day or moment, and a sentence."""

    facts: tuple[Line, ...]
    branch_wanted: bool
    steps: tuple[Line, ...]
    consents: tuple[Line, ...]
    accesses: tuple[Line, ...]  # of offices, the newest first
    own_accesses: tuple[Line, ...]
    may_transfer: bool
    #: For the form of corrections.
    name: str
    status: str
    relation: str
    hired_on: str
    status_fixed: bool


def view_of(mine: Mine, say: Say) -> Own:
    """Put what is kept of a person into words."""
    text = notice.current()
    accesses = _accesses(mine, say)
    return Own(
        facts=_facts(mine, say),
        branch_wanted=mine.branch_wanted,
        steps=tuple((str(on), _step(state, basis, say)) for on, state, basis in mine.steps),
        consents=tuple(
            (str(since), say.pair(text.consents[purpose])) for purpose, since in mine.consents
        ),
        accesses=tuple(line for who, line in accesses if who != looks.PERSON),
        own_accesses=tuple(line for who, line in accesses if who == looks.PERSON),
        may_transfer=any(purpose == "transfer" for purpose, _ in mine.consents),
        name=mine.name,
        status=mine.status,
        relation=mine.relation or "",
        hired_on="" if mine.hired_on is None else str(mine.hired_on),
        status_fixed=mine.state not in membership.PENDING,
    )


def _facts(mine: Mine, say: Say) -> tuple[Line, ...]:
    relation = entering.RELATIONS.get(mine.relation or "")
    return (
        (say("mine.organisation"), mine.organisation),
        (say("mine.name"), mine.name),
        (say("mine.number"), say("mine.number_kept")),
        (say("mine.state"), say.word("mine.state", mine.state)),
        (say("declare.status"), say.word("declare.status", mine.status)),
        (say("declare.relation"), say.pair(relation) if relation else say("mine.nothing")),
        (say("mine.hired_on"), str(mine.hired_on or say("mine.nothing"))),
        *_known(mine, say),
        (say("mine.deleted"), _deleted(mine, say)),
    )


def _known(mine: Mine, say: Say) -> Iterator[Line]:
    """What offices know beside what the person said."""
    if mine.register_relation is not None:
        yield say("mine.register"), mine.register_relation
    if mine.roster_on is not None:
        yield say("mine.roster_on"), str(mine.roster_on)
    if mine.absent_on is not None:
        yield say("mine.absent_on"), str(mine.absent_on)
    for step, day in mine.transfer:
        yield say.word("transfer", step), str(day)


def _deleted(mine: Mine, say: Say) -> str:
    if mine.expires_on is not None:
        return say("mine.deleted_on", day=mine.expires_on)
    if mine.state == State.LEFT:
        last = max(on for on, _, _ in mine.steps)
        return say("mine.deleted_left", day=last + timedelta(days=membership.LEFT_DAYS))
    return say("mine.deleted_after", days=membership.LEFT_DAYS)


def _step(state: str, basis: str, say: Say) -> str:
    name = say.pair(membership.NAMES[State(state)])
    return say("mine.step", state=name, basis=say.word("basis", basis))


def _by_office(role: str, what: str, purpose: str, say: Say) -> str:
    return say(
        "mine.access",
        role=say.word("role", role),
        what=say.word("looked", what),
        purpose=say.pair(purposes.PURPOSES.get(purpose, (purpose, purpose))),
    )


def _accesses(mine: Mine, say: Say) -> list[tuple[str, Line]]:
    """Who did something, and the line that says what; the newest first."""
    return [
        (
            role,
            (
                f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}",
                say.word("looked", what)
                if role == looks.PERSON
                else _by_office(role, what, purpose, say),
            ),
        )
        for at, role, what, purpose in reversed(mine.accesses)
    ]
