"""Whom a firm's list or a transfer notice names: sealed candidates, compared by pseudonyms alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from liangxin import db, members, privacy
from liangxin.members import Person
from liangxin.membership import Basis, State, Step
from liangxin.privacy import Keys
from liangxin.schema import DoNotAsk, Membership, MembershipStep


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of persons: ``new + changed + unchanged + not_asked`` is all of them.

    For this program alone: how many are not to be asked is nobody's to know.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    not_asked: int = 0


def add_candidates(
    connection: Connection,
    keys: Keys,
    organisation_id: int,
    persons: Sequence[Person],
    basis: Basis,
    *,
    by: str,
    today: date,
    now: datetime,
) -> Taken:
    """Seal those whom an employer or a notice names; the same again changes nothing.

    Args:
        connection: a write transaction.
        keys: the district's.
        organisation_id: where they work.
        persons: each once.
        basis: roster or transfer_notice.
        by: an office or account.
        today: from when the days until deletion are counted.
        now: when the register learned it.

    Raises:
        KeyWrong: the register's pseudonyms were made with another key.
        KeyLost: these keys cannot seal.
        Misuse: the basis makes no candidate.
    """
    members.note_key(connection, keys)
    who = {privacy.pseudonym(keys, person.number): person for person in persons}
    known = members.known_of(connection, organisation_id, who)
    tokens = {key: privacy.token(keys, key) for key in who.keys() - known.keys()}
    silent = _not_to_be_asked(connection, tokens.values(), today)
    new = changed = 0
    for key, person in who.items():
        if key in known:
            changed += _correct(connection, known[key], person)
        elif tokens[key] not in silent:
            step = Step(State.CANDIDATE, basis, today, person.status)
            members.begin(connection, keys, organisation_id, person, step, by=by, now=now)
            new += 1
    return Taken(new, changed, len(known) - changed, len(silent))


def compare_roster(
    connection: Connection,
    organisation_id: int,
    named: Collection[str],
    as_of: date,
    *,
    whole: bool = True,
) -> None:
    """Note whom a firm's list names as members, and whom it named before and does not any more.

    Whoever no list ever named is not missed: rows that say nothing were dropped unseen.

    Args:
        connection: a write transaction.
        organisation_id: the firm.
        named: pseudonyms of those that the list names as members.
        as_of: the day that it describes; a list older than one that came before says nothing.
        whole: no row of it was refused; else nobody is missed.
    """
    mine = (Membership.organisation_id == organisation_id) & Membership.state.in_(members.OPEN)
    newest = select(func.max(Membership.roster_on)).where(mine)
    last = connection.execute(newest).scalar()
    if last is not None and last > as_of:
        return
    here = mine & db.among(connection, Membership.person_key, sorted(named))
    connection.execute(update(Membership).where(here).values(roster_on=as_of, absent_on=None))
    if not whole:
        return
    gone = mine & (Membership.roster_on < as_of) & Membership.absent_on.is_(None)
    connection.execute(update(Membership).where(gone).values(absent_on=as_of))


def _not_to_be_asked(connection: Connection, tokens: Iterable[str], today: date) -> set[str]:
    query = select(DoNotAsk.token).where(
        DoNotAsk.until_on > today, db.among(connection, DoNotAsk.token, sorted(tokens))
    )
    return set(connection.execute(query).scalars())


def _correct(connection: Connection, row: Any, person: Person) -> bool:
    """Let an employer say otherwise of a candidate; of nobody else has it a say."""
    said = {"status": person.status, "hired_on": person.hired_on}
    if row.state != State.CANDIDATE or said == {name: getattr(row, name) for name in said}:
        return False
    connection.execute(update(Membership).where(Membership.id == row.id).values(**said))
    steps = update(MembershipStep).where(MembershipStep.membership_id == row.id)
    connection.execute(steps.values(status=person.status))
    return True
