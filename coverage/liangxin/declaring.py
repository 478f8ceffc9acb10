"""A person's own side: the link to the page, declaring, declining, seeing, correcting, withdrawing.

What a stranger could ask is answered alike whatever the register knows: a second declaration, a
number that is in no list and one that is, a decline of somebody nobody named. Only who holds the
code learns more, and what the code opens is one declaration.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, insert, select, update

from liangxin import committee, forgetting, links, members, membership, notice, privacy
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.ids import document
from liangxin.members import Person
from liangxin.membership import Basis, State, Status, Step
from liangxin.privacy import Keys, Sealed
from liangxin.rules import RuleSet
from liangxin.schema import Consent, Membership, Organisation, PersonAccess

#: Where a relation can be, as statistics ask it (domain notes §4.6).
RELATIONS = {
    "here": ("本单位党组织", "a Party organisation of this workplace"),
    "supervisor": ("业务主管单位党组织", "one of the supervising body"),
    "attached": ("挂靠单位党组织", "one of the body it is attached to"),
    "residence": ("居住地社区党组织", "one where I live"),
    "former": ("原工作单位党组织", "one of my former workplace"),
    "other": ("其他", "elsewhere"),
    "unknown": ("不清楚", "I do not know"),
}
#: So many declarations may wait at one organisation; more is somebody's joke.
MOST_WAITING = 500
LONGEST_NAME = 60
BY = "person"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody entered; never shown, never logged, gone after use."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    status: str = field(repr=False)  # full or probationary
    relation: str = field(repr=False)  # of RELATIONS
    hired_on: date | None = field(repr=False)
    consents: AbstractSet[str]  # of notice.CONSENTS


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
    person = _agreed(said, today)
    links.use_form(connection, keys, token, form, now=now)
    return _recorded(connection, keys, place.organisation_id, person, said, today=today, now=now)


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
    organisation_id = links.organisation_of(connection, actor, code)
    person = _agreed(said, today)
    return _recorded(connection, keys, organisation_id, person, said, today=today, now=now)


def _agreed(said: Said, today: date) -> Person:
    person = _person(said, today)
    if not said.consents >= notice.REQUIRED:
        raise Misuse(
            "未勾选前两项同意，没有记录任何内容。不申报不需要理由，直接离开本页即可。",
            "the first two consents are not given, so nothing was recorded; not declaring needs no "
            "reason, just leave this page.",
        )
    return person


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
    number = members.declare(connection, keys, organisation_id, person, by=BY, on=today, now=now)
    code = links.new_code()
    mine = update(Membership).where(Membership.id == number)
    hashed = links.hash_of(code)
    connection.execute(
        mine.values(code_hash=hashed, receipt=links.receipt(code), relation_said=said.relation)
    )
    for purpose in sorted(said.consents):
        _consent(connection, organisation_id, hashed, purpose, text.version, today, now)
    return code


def organisation_of_code(connection: Connection, code: str) -> int:
    """Return the organisation of the declaration that a code opens.

    Raises:
        NotFound: the code opens nothing.
    """
    return int(_row(connection, code).organisation_id)


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
    whole = _number(number, today)
    links.use_form(connection, keys, token, form, now=now)
    privacy.require_pseudonym_key(keys, members.pseudonym_key_in_use(connection))
    members.decline(connection, keys, privacy.pseudonym(keys, whole), on=today)


def mine(connection: Connection, keys: Keys, code: str, *, now: datetime) -> Mine:
    """Return all that is kept of whoever holds a code; that it was seen is recorded too.

    Raises:
        NotFound: the code opens nothing.
    """
    row = _row(connection, code)
    _note_access(connection, row, "seen", now)
    place = {"organisation_id": row.organisation_id, "person_key": row.person_key}
    steps = members.steps_of(connection, [row.id])[row.id]
    looked = (
        select(PersonAccess.at, PersonAccess.role, PersonAccess.what, PersonAccess.purpose)
        # The number of a declaration that was deleted may be given again (SQLite does so).
        .where(PersonAccess.membership_id == row.id, PersonAccess.at >= row.learned_at)
        .order_by(PersonAccess.id)
    )
    agreed = (
        select(Consent.purpose, Consent.given_on)
        .where(Consent.code_hash == row.code_hash, Consent.withdrawn_on.is_(None))
        .order_by(Consent.purpose)
    )
    confirmed = row.state == State.CONFIRMED
    return Mine(
        organisation=row.organisation,
        name=privacy.unseal(keys, Sealed(row.sealed_name, row.sealed_key_id), **place),
        state=row.state,
        status=row.status,
        relation=row.relation_said,
        hired_on=row.hired_on,
        expires_on=row.expires_on,
        steps=tuple((step.on, str(step.state), str(step.basis)) for step in steps),
        consents=tuple((each.purpose, each.given_on) for each in connection.execute(agreed)),
        accesses=tuple(
            (each.at, each.role, each.what, each.purpose) for each in connection.execute(looked)
        ),
        branch_wanted=confirmed and committee.relation_of(connection, row.person_key) is None,
    )


def correct(
    connection: Connection,
    keys: Keys,
    code: str,
    said: Said,
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
        today: nobody is hired later.
        now: the moment.

    Raises:
        NotFound: the code opens nothing.
        Misuse: an entry is missing or wrong.
    """
    row = _row(connection, code)
    name, status, hired_on = _name(said.name), _status(said.status), _hired(said.hired_on, today)
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
            relation_said=_relation(said.relation),
            status=status,
        )
    )
    if status != row.status:
        members.restate(connection, row.id, status)
    _note_access(connection, row, "corrected", now)


def withdraw(
    connection: Connection, rules: RuleSet, code: str, *, today: date, now: datetime
) -> None:
    """Withdraw everything: the person is forgotten at once, and every figure follows.

    Raises:
        NotFound: the code opens nothing.
    """
    row = _row(connection, code)
    _note_access(connection, row, "withdrawn", now)
    if row.state == State.LEFT:
        # What has ended has no further step; who it was goes all the same.
        forgetting.forget_left(connection, row, today)
        return
    last = members.steps_of(connection, [row.id])[row.id][-1]
    step = Step(State.WITHDRAWN, Basis.PERSON, max(today, last.on), Status(row.status))
    committee.take_further(connection, rules, row, step, by=BY, now=now)


def withdraw_transfer(connection: Connection, code: str, *, today: date, now: datetime) -> None:
    """Take back the consent to a transfer alone. Raises as ``withdraw``."""
    row = _row(connection, code)
    _note_access(connection, row, "corrected", now)
    ended = update(Consent).where(
        Consent.code_hash == row.code_hash,
        Consent.purpose == "transfer",
        Consent.withdrawn_on.is_(None),
    )
    connection.execute(ended.values(withdrawn_on=today))


# What was entered.


def _person(said: Said, today: date) -> Person:
    """What was entered as a person, or what is wrong with it."""
    _relation(said.relation)
    return Person(
        _name(said.name),
        _number(said.number, today),
        _status(said.status),
        _hired(said.hired_on, today),
    )


def _name(name: str) -> str:
    clean = " ".join(name.split())
    good = clean and len(clean) <= LONGEST_NAME and clean.isprintable()
    if not good or any(each.isdigit() for each in clean):
        raise Misuse(
            "请填写姓名（不超过 60 个字，不含数字）。",
            "enter your name (at most 60 characters, no digits).",
        )
    return clean


def _number(number: str, today: date) -> str:
    """The normalised number; never quoted in what is wrong with it."""
    if len(number) <= 40:
        read = document.read(
            pl.Series([None], dtype=pl.String), pl.Series([number]), today=today
        ).row(0, named=True)
        if read["document_number"] is not None and read["document_kind"] not in document.FOREIGN:
            if read["document_kind"] != document.UNKNOWN:
                return str(read["document_number"])
        elif read["document_kind"] in document.FOREIGN:
            raise Misuse(
                "外国人证件不能用于申报：只有中国公民可以是中国共产党党员。",
                "a foreigner's document cannot be used: only citizens can be members.",
            )
    raise Misuse(
        "证件号码有误，请核对后重填（居民身份证 18 位，末位可为 X）。填写的号码没有保存。",
        "the document number is wrong; check it and enter it again (an ID card has 18 characters, the "
        "last may be X). What you entered was not kept.",
    )


def _status(status: str) -> Status:
    if status not in {str(each) for each in Status}:
        raise Misuse(
            "请选择正式党员或预备党员。", "choose whether you are a full or a probationary member."
        )
    return Status(status)


def _relation(relation: str) -> str:
    if relation not in RELATIONS:
        raise Misuse("请选择组织关系所在。", "choose where your relation is.")
    return relation


def _hired(hired_on: date | None, today: date) -> date | None:
    if hired_on is not None and not date(1950, 1, 1) <= hired_on <= today:
        raise Misuse(
            "入职日期有误：请填写今天或以前的日期，也可留空。",
            "the day of hiring is wrong: enter a day up to today, or leave it empty.",
        )
    return hired_on


# Rows.


def _row(connection: Connection, code: str) -> Any:
    query = (
        select(Membership.__table__, Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.code_hash == links.hash_of(links.plain_code(code)))
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(
            "查询码有误，或相关信息已删除。请核对；遗失查询码的，可重新申报，由党委当面核实后换发。",
            "this code opens nothing: it is mistyped, or what it opened was deleted. If you lost it, "
            "declare again; the committee gives you the new one after speaking with you.",
        )
    return row


def _consent(
    connection: Connection,
    organisation_id: int,
    code_hash: str,
    purpose: str,
    version: str,
    today: date,
    now: datetime,
) -> None:
    if purpose not in notice.CONSENTS:
        raise Misuse(f"没有“{purpose}”这项同意。", f"there is no consent {purpose!r}.")
    connection.execute(
        insert(Consent).values(
            organisation_id=organisation_id,
            code_hash=code_hash,
            purpose=purpose,
            text_version=version,
            given_on=today,
            learned_at=now,
        )
    )


def _note_access(connection: Connection, row: Any, what: str, now: datetime) -> None:
    connection.execute(
        insert(PersonAccess).values(
            organisation_id=row.organisation_id,
            membership_id=row.id,
            what=what,
            purpose="self",
            by=BY,
            role=BY,
            at=now,
        )
    )
