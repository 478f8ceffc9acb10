"""What is forgotten when its time is over (domain notes §7.6), by a job that needs no key.

Candidates who did not answer, members who left, tokens of whom not to ask, and after three years
the records of consents, of who looked, of requests, and of instructors' visits.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select, update

from liangxin import audit, members, membership
from liangxin.membership import State
from liangxin.schema import (
    Consent,
    DeclarationLink,
    DoNotAsk,
    Hire,
    Membership,
    MembershipStep,
    PersonAccess,
    SubjectRequest,
    UsedForm,
    Visit,
)

#: Records of consent, of access and of requests are kept so long, by whole years.
RECORD_YEARS = 3


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows about persons were deleted or emptied because their time was over."""

    candidates: int = 0
    left: int = 0
    tokens: int = 0
    records: int = 0


def is_due(connection: Connection, today: date) -> bool:
    """Whether ``forget_due`` has anything to do; a mere look."""
    over = [exists().where(condition) for _, condition in _records(today)]
    due = select(
        or_(
            exists().where(_expired(today)),
            exists().where(Membership.id.in_(_long_gone(today))),
            exists().where(DoNotAsk.until_on <= today),
            *over,
        )
    )
    return bool(connection.execute(due).scalar())


def forget_due(connection: Connection, today: date, *, now: datetime) -> Forgotten:
    """Delete candidates who did not answer and declarations nobody confirmed, forget who left long ago, drop records of long ago.

    Args:
        connection: a write transaction.
        today: the day.
        now: the moment, for the log: it holds what was forgotten of, and neither whom nor how many.
    """
    candidates = connection.execute(select(Membership.__table__).where(_expired(today))).all()
    members.forget(connection, candidates, today)
    gone = update(Membership).where(Membership.id.in_(_long_gone(today)))
    blur_hires(connection, select(Membership.hire_id).where(Membership.id.in_(_long_gone(today))))
    left = connection.execute(gone.values(**members.NOBODY)).rowcount
    members.drop_loose_grounds(connection)
    over = delete(DoNotAsk).where(DoNotAsk.until_on <= today)
    tokens = connection.execute(over).rowcount
    records = sum(
        connection.execute(delete(table).where(condition)).rowcount
        for table, condition in _records(today)
    )
    forgotten = Forgotten(len(candidates), left, tokens, records)
    kinds = [name for name, number in asdict(forgotten).items() if number]
    if kinds:
        audit.by_machine(connection, "person.forgotten", " ".join(kinds), now=now)
    return forgotten


def forget_left(connection: Connection, row: Any, on: date) -> None:
    """Forget somebody who left and will not wait until their time is over; the dated steps stay.

    Args:
        connection: a write transaction.
        row: of ``membership``, of somebody who left.
        on: the day from which they are not asked again for a time.
    """
    members.do_not_ask(connection, [row.ask_token], on)
    blur_hires(connection, [row.hire_id])
    members.empty(connection, row.id)


def blur_hires(connection: Connection, which: Any) -> None:
    """Leave of a hire the month and the days between: a firm and the very day would tell who it was.

    Args:
        connection: a write transaction.
        which: a query of ids of ``hire``.
    """
    for row in connection.execute(select(Hire.__table__).where(Hire.id.in_(which))).all():
        shift = timedelta(days=row.hired_on.day - 1)
        known = None if row.identified_on is None else row.identified_on - shift
        mine = update(Hire).where(Hire.id == row.id)
        connection.execute(mine.values(hired_on=row.hired_on - shift, identified_on=known))


def _expired(today: date) -> Any:
    return Membership.state.in_(membership.PENDING) & (Membership.expires_on <= today)


def _long_gone(today: date) -> Any:
    return (
        select(Membership.id)
        .join(MembershipStep, MembershipStep.membership_id == Membership.id)
        .where(
            Membership.state == State.LEFT,
            Membership.person_key.is_not(None),
            MembershipStep.state == State.LEFT,
            MembershipStep.on <= membership.left_until(today),
        )
    )


def _records(today: date) -> Iterator[tuple[Any, ColumnElement[bool]]]:
    """Tables of records, and which of their rows are old enough to go."""
    day = _years_before(today)
    moment = datetime.combine(day, time(), UTC)
    yield UsedForm, UsedForm.until_at <= datetime.combine(today - timedelta(days=1), time(), UTC)
    yield Consent, Consent.withdrawn_on <= day
    yield PersonAccess, PersonAccess.at <= moment
    yield SubjectRequest, SubjectRequest.closed_on <= day
    yield DeclarationLink, DeclarationLink.expires_on <= day
    yield Visit, Visit.on <= day


def _years_before(today: date) -> date:
    # From the 29th of February, the 28th: a day later is longer kept, never shorter.
    last = today.replace(day=28) if (today.month, today.day) == (2, 29) else today
    return last.replace(year=last.year - RECORD_YEARS)
