"""Candidates and members in the register: sealed, moved step by step, forgotten in time, counted.

Nothing here tells a name. Whoever was never confirmed leaves no row behind, only a token that says
for a time not to ask again; of a member who withdrew or left the dated steps stay, without the
person, so that figures of the past can be told as they were.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    delete,
    exists,
    insert,
    select,
    update,
)

from liangxin import consents, db, membership, privacy
from liangxin.errors import Busy, NotFound
from liangxin.membership import Basis, Counts, State, Status, Step
from liangxin.privacy import Keys, Sealed
from liangxin.schema import DoNotAsk, Membership, MembershipGround, MembershipStep, Meta

#: In ``meta``: the short name of the pseudonym key.
PSEUDONYM_KEY = "privacy.pseudonym_key"
#: What an erased membership no longer has.
NOBODY: dict[str, Any] = dict.fromkeys(
    (
        *("person_key", "person_key_id", "sealed_name", "sealed_key_id"),
        *("ask_token", "ground_id", "hired_on", "expires_on"),
        *("code_hash", "receipt", "relation_said", "roster_on", "absent_on"),
        *("hire_id", "transfer_id"),
    )
)
OPEN = [str(state) for state in sorted(membership.PENDING | membership.COUNTED)]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a roster or the person says; never shown, never logged, gone after use."""

    name: str = field(repr=False)
    number: str = field(repr=False)  # normalised
    status: Status
    hired_on: date | None = None


def declare(
    connection: Connection,
    keys: Keys,
    organisation_id: int,
    person: Person,
    *,
    by: str,
    on: date,
    now: datetime,
) -> int:
    """Record a person's own declaration and return the membership's id.

    It is a row of its own, whatever is known of the person: who knows a number could else find
    out whether its owner has declared, or whether an employer named them. The committee sees which
    rows are of one person, and a candidate goes when a declaration is confirmed.

    Raises:
        KeyWrong, KeyLost: as ``add_candidates``.
    """
    note_key(connection, keys)
    step = Step(State.DECLARED, Basis.DECLARATION, on, person.status)
    return begin(connection, keys, organisation_id, person, step, by=by, now=now)


def take(connection: Connection, membership_id: int, step: Step, *, by: str, now: datetime) -> None:
    """Take a membership one step further.

    Args:
        connection: a write transaction.
        membership_id: which.
        step: what happened; allowed by ``liangxin.membership``.
        by: an office or account, or ``person``.
        now: when the register learned it.

    Raises:
        NotFound: there is no such membership.
        Misuse: the step is not allowed.
    """
    row = row_of(connection, membership_id)
    if row is None:
        raise NotFound("没有这条党员记录。", "there is no such membership.")
    before = steps_of(connection, [membership_id])[membership_id]
    membership.require_allowed(before, step)
    if step.state in {State.WITHDRAWN, State.EXPIRED} and row.state in membership.PENDING:
        forget(connection, [row], step.on)
        return
    if row.state == State.DECLARED and step.state in membership.COUNTED:
        _replace_candidate(connection, row)
    expires = membership.expires(step.on) if step.state in membership.PENDING else None
    values: dict[str, Any] = {"state": step.state, "status": step.status, "expires_on": expires}
    if step.basis in membership.GROUNDS:
        values["ground_id"] = _ground(
            connection, row.organisation_id, row.person_key, step, by, now
        )
    if step.state is State.WITHDRAWN:
        do_not_ask(connection, [row.ask_token], step.on)
        values |= NOBODY
    mine = update(Membership).where(Membership.id == membership_id)
    connection.execute(mine.values(**values))
    _note(connection, membership_id, step, by, now)
    if step.state in membership.COUNTED:
        # Whoever was confirmed may be asked.
        connection.execute(delete(DoNotAsk).where(DoNotAsk.token == row.ask_token))
    if step.state in membership.ENDED:
        end_consents(connection, [row], step.on)
    if step.state is State.WITHDRAWN:
        drop_loose_grounds(connection)


def _replace_candidate(connection: Connection, row: Any) -> None:
    """Let a confirmed declaration stand for what the employer said, whose day of hiring may help."""
    query = select(Membership.__table__).where(
        Membership.organisation_id == row.organisation_id,
        Membership.person_key == row.person_key,
        Membership.state == State.CANDIDATE,
    )
    named = connection.execute(query).first()
    if named is None:
        return
    delete_pending(connection, [named.id])
    said = {"roster_on": named.roster_on, "hired_on": row.hired_on or named.hired_on}
    connection.execute(update(Membership).where(Membership.id == row.id).values(**said))


def row_of(connection: Connection, membership_id: int) -> Any:
    """A row of ``membership``; None: there is none."""
    query = select(Membership.__table__).where(Membership.id == membership_id)
    return connection.execute(query).first()


def steps_of(connection: Connection, memberships: Collection[int]) -> dict[int, list[Step]]:
    """The steps of each membership, in their order."""
    found: dict[int, list[Step]] = defaultdict(list)
    mine = db.among(connection, MembershipStep.membership_id, sorted(memberships))
    for row in connection.execute(
        select(MembershipStep.__table__).where(mine).order_by(MembershipStep.id)
    ):
        found[row.membership_id].append(step_of(row))
    return found


def counts(
    connection: Connection, on: date, *, known_at: datetime | None = None
) -> dict[int, Counts]:
    """Confirmed members of every organisation that has some on a day, as known at a moment."""
    query = (
        select(Membership.organisation_id, MembershipStep.__table__)
        .join(Membership, Membership.id == MembershipStep.membership_id)
        .order_by(MembershipStep.id)
    )
    if known_at is not None:
        query = query.where(MembershipStep.learned_at <= known_at)
    taken: dict[int, dict[int, list[Step]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(query):
        taken[row.organisation_id][row.membership_id].append(step_of(row))
    told = {firm: membership.count(each.values(), on) for firm, each in taken.items()}
    return {firm: each for firm, each in told.items() if each != Counts()}


def reseal(connection: Connection, keys: Keys) -> int:
    """Seal every name anew that is not sealed with the newest key; return how many.

    Raises:
        KeyLost: one was sealed with a key that is not there; none is altered.
        KeyWrong: one does not open.
    """
    newest = keys.sealing[-1].id if keys.sealing else None
    query = select(Membership.__table__).where(
        Membership.sealed_name.is_not(None), Membership.sealed_key_id.is_distinct_from(newest)
    )
    rows = connection.execute(query).all()
    for row in rows:
        place = {"organisation_id": row.organisation_id, "person_key": row.person_key}
        name = privacy.unseal(keys, Sealed(row.sealed_name, row.sealed_key_id), **place)
        again = privacy.seal(keys, name, **place)
        mine = update(Membership).where(Membership.id == row.id)
        connection.execute(mine.values(sealed_name=again.text, sealed_key_id=again.key_id))
    return len(rows)


def require_sealed_with(connection: Connection, key_id: str) -> None:
    """Return if every name is sealed with one key, so that the others may go.

    Raises:
        Busy: somebody sealed a name with an older one just now.
    """
    other = Membership.sealed_key_id.is_not(None) & (Membership.sealed_key_id != key_id)
    if connection.execute(select(Membership.id).where(other).limit(1)).first() is not None:
        raise Busy(
            "更换期间又有姓名用旧密钥封存，旧密钥没有删除。请再运行一次 liangxin keys rotate --forget。",
            "a name was sealed with an old key meanwhile, so no key was dropped; run liangxin keys "
            "rotate --forget once more.",
        )


def pseudonym_key_in_use(connection: Connection) -> str | None:
    """The name of the key that the register's pseudonyms were made with; ``None``: it has none."""
    return connection.execute(select(Meta.value).where(Meta.key == PSEUDONYM_KEY)).scalar()


def note_key(connection: Connection, keys: Keys) -> None:
    """Note the pseudonym key at its first use: tokens too are of it, when no member is left.

    Raises:
        KeyWrong: the register's pseudonyms were made with another one.
    """
    used = pseudonym_key_in_use(connection)
    privacy.require_pseudonym_key(keys, used)
    if used is None:
        connection.execute(insert(Meta).values(key=PSEUDONYM_KEY, value=keys.pseudonym.id))


# Rows.


def begin(
    connection: Connection,
    keys: Keys,
    organisation_id: int,
    person: Person,
    step: Step,
    *,
    by: str,
    now: datetime,
) -> int:
    """Begin a membership with its first step, sealed; return its id."""
    membership.require_allowed([], step)
    key = privacy.pseudonym(keys, person.number)
    name = privacy.seal(keys, person.name, organisation_id=organisation_id, person_key=key)
    ground = None
    if step.basis in membership.GROUNDS:
        ground = _ground(connection, organisation_id, key, step, by, now)
    values = {
        "organisation_id": organisation_id,
        "person_key": key,
        "person_key_id": keys.pseudonym.id,
        "sealed_name": name.text,
        "sealed_key_id": name.key_id,
        "ask_token": privacy.token(keys, key),
        "status": step.status,
        "state": step.state,
        "ground_id": ground,
        "hired_on": person.hired_on,
        "expires_on": membership.expires(step.on) if step.state in membership.PENDING else None,
        "learned_at": now,
    }
    made = insert(Membership).values(**values).returning(Membership.id)
    number = connection.execute(made).scalar_one()
    _note(connection, number, step, by, now)
    return number


def _ground(
    connection: Connection, organisation_id: int, key: str, step: Step, by: str, now: datetime
) -> int:
    values = {
        "organisation_id": organisation_id,
        "person_key": key,
        "basis": step.basis,
        "on": step.on,
        "by": by,
        "learned_at": now,
    }
    made = insert(MembershipGround).values(**values).returning(MembershipGround.id)
    return connection.execute(made).scalar_one()


def _note(connection: Connection, number: int, step: Step, by: str, now: datetime) -> None:
    values = {
        "membership_id": number,
        "state": step.state,
        "status": step.status,
        "basis": step.basis,
        "counts": step.counts,
        "on": step.on,
        "by": by,
        "learned_at": now,
    }
    connection.execute(insert(MembershipStep).values(**values))


def known_of(connection: Connection, organisation_id: int, keys: Iterable[str]) -> dict[str, Any]:
    """Rows of these persons at an organisation, by pseudonym; those that have ended are not."""
    query = select(Membership.__table__).where(
        Membership.organisation_id == organisation_id,
        Membership.state.in_(OPEN),
        db.among(connection, Membership.person_key, sorted(keys)),
    )
    # Of one person, a candidate or a confirmed one comes before declarations beside it.
    query = query.order_by(Membership.state != State.DECLARED, Membership.id)
    return {row.person_key: row for row in connection.execute(query)}


def empty(connection: Connection, membership_id: int) -> None:
    """Leave of an ended membership nothing but its dated steps."""
    mine = update(Membership).where(Membership.id == membership_id)
    connection.execute(mine.values(**NOBODY))
    drop_loose_grounds(connection)


def decline(connection: Connection, keys: Keys, person_key: str, *, on: date) -> None:
    """Forget whoever declines wherever an employer named them, and do not ask again for a time.

    What somebody declared stays: it goes with the code alone, else any stranger could erase it.
    """
    forget_candidates(connection, person_key, on)
    do_not_ask(connection, [privacy.token(keys, person_key)], on)


def forget_candidates(connection: Connection, person_key: str, on: date) -> None:
    """Forget somebody wherever an employer named them; they are not asked again for a time."""
    query = select(Membership.__table__).where(
        Membership.person_key == person_key, Membership.state == State.CANDIDATE
    )
    forget(connection, connection.execute(query).all(), on)


def restate(connection: Connection, membership_id: int, status: Status) -> None:
    """Let somebody who is not confirmed yet say otherwise what they are: full or probationary."""
    steps = update(MembershipStep).where(MembershipStep.membership_id == membership_id)
    connection.execute(steps.values(status=status))


def forget(connection: Connection, rows: Sequence[Any], on: date) -> None:
    """Delete memberships that were never counted.

    Whose they were is not asked again for a time; not so if they declared and nobody confirmed it.

    Args:
        connection: a write transaction.
        rows: of ``membership``.
        on: the day from which they are not asked.
    """
    unheard = [row for row in rows if row.state == State.DECLARED and _is_over(row, on)]
    asked = {row.ask_token for row in rows} - {row.ask_token for row in unheard}
    do_not_ask(connection, asked, on)
    end_consents(connection, rows, on)
    delete_pending(connection, [row.id for row in rows])


def delete_pending(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete memberships that were never counted, with their steps and grounds."""
    for table, column in (
        (MembershipStep, MembershipStep.membership_id),
        (Membership, Membership.id),
    ):
        connection.execute(delete(table).where(db.among(connection, column, sorted(numbers))))
    drop_loose_grounds(connection)


def end_consents(connection: Connection, rows: Sequence[Any], on: date) -> None:
    """Let the consents that go with memberships end on a day."""
    consents.end(connection, [row.code_hash for row in rows if row.code_hash is not None], on)


def _is_over(row: Any, on: date) -> bool:
    return row.expires_on is not None and row.expires_on <= on


def do_not_ask(connection: Connection, tokens: Iterable[str], on: date) -> None:
    """Let nobody be asked for a time whose tokens these are."""
    wanted = sorted(set(tokens))
    connection.execute(delete(DoNotAsk).where(db.among(connection, DoNotAsk.token, wanted)))
    until = membership.asked_again(on)
    if wanted:
        connection.execute(
            insert(DoNotAsk), [{"token": each, "until_on": until} for each in wanted]
        )


def drop_loose_grounds(connection: Connection) -> None:
    """Delete grounds of people who are nowhere any more."""
    held = exists().where(
        Membership.organisation_id == MembershipGround.organisation_id,
        Membership.person_key == MembershipGround.person_key,
    )
    connection.execute(delete(MembershipGround).where(~held))


def step_of(row: Any) -> Step:
    """A row of ``membership_step`` as a step."""
    return Step(
        State(row.state), Basis(row.basis), row.on_day, Status(row.status), counts=row.counts
    )
