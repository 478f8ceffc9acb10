"""Signing in and staying in: passwords and second factors tried, sessions begun, seen and ended.

Failures are counted in the database, so that restarting the server forgives nothing. A session is
a random cookie of which the register keeps a hash; it ends after half an hour without a request,
after eight hours, or when the account changes.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from liangxin import accounts, audit, passwords, second_factor
from liangxin.access import Actor, Role
from liangxin.days import CHINA, china_day
from liangxin.errors import NotPermitted
from liangxin.moments import in_utc
from liangxin.schema import Account, AccountSession, RecoveryCode, StrangerName
from liangxin.tokens import hash_of

#: Wrong passwords in a row before an account is locked, and for how long; each further one doubles it.
FAILURES, FIRST_LOCK, LONGEST_LOCK = 5, timedelta(minutes=1), timedelta(hours=4)
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=8)
#: Names that no account has, of which failures are counted.
STRANGERS = 10_000
#: An account that nobody used for so long is disabled.
UNUSED = timedelta(days=90)
#: A request that comes so soon after the last one writes nothing.
_SEEN_EVERY = timedelta(minutes=1)
NOBODY = "nobody"
_NO_FAILURES: dict[str, Any] = {"failures": 0, "locked_until": None}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session begun: what the cookie holds, and whether a second factor is still to be given."""

    token: str
    name: str
    is_whole: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class Session:
    """Who a request comes from."""

    account: int
    actor: Actor
    is_whole: bool
    has_second_factor: bool


class Refused(NotPermitted):
    """Signing in did not work; the sentence does not say which part was wrong."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A password held against what is kept of an account, whatever that came to."""

    name: str
    #: Keyed hash of the name: what is kept of it if no account has it.
    mark: str
    kept: str | None
    is_right: bool


def tried(name: str, mark: str, password: str, kept: str | None) -> Tried:
    """Hold a password against what is kept; slow on purpose, so it is done outside a transaction.

    Tried even where it cannot help, so that the time taken tells nothing.
    """
    return Tried(name, mark, kept, passwords.is_right(password, kept))


def kept_of(connection: Connection, name: str) -> str | None:
    """Return what is kept of an account's password; null: no such account, or no password yet."""
    return connection.execute(select(Account.password).where(Account.name == name)).scalar()


def sign_in(connection: Connection, tried: Tried, *, now: datetime) -> SignedIn | Refused:
    """Begin a session if the password was right; a refusal is returned, so that its count is committed.

    Args:
        connection: a write transaction.
        tried: the password, held against what was kept a moment ago.
        now: when.
    """
    name = tried.name
    row = connection.execute(select(Account.__table__).where(Account.name == name)).first()
    locked = row is not None and row.locked_until is not None and in_utc(row.locked_until) > now
    is_right = tried.is_right and row is not None and row.password == tried.kept
    if row is None:
        return _stranger(connection, tried.mark, now)
    if locked:
        audit.write(connection, by=name, role=row.role, action="sign_in.locked", now=now)
        return _locked(in_utc(row.locked_until))
    if not is_right or row.state != "active":
        return _failed(connection, row, now)
    if row.granted_by is None:
        audit.write(connection, by=name, role=row.role, action="sign_in.failed", now=now)
        return _not_granted()
    if _is_unused(row, now):
        return _unused(connection, row, now)
    is_whole = not accounts.needs_second_factor(Role(row.role)) and row.second_factor is None
    values: dict[str, Any] = {"seen_on": china_day(now)}
    if is_whole:  # else wrong codes would be forgotten with every right password
        values |= _NO_FAILURES
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    token = secrets.token_urlsafe(32)
    session = {"token": hash_of(token), "account_id": row.id, "is_whole": is_whole}
    connection.execute(insert(AccountSession).values(**session, started_at=now, seen_at=now))
    if is_whole:
        audit.write(connection, by=name, role=row.role, action="sign_in.done", now=now)
    return SignedIn(token, name, is_whole, row.second_factor is not None)


def change_password(
    connection: Connection, token: str, tried: Tried, new: str, *, now: datetime
) -> Refused | None:
    """Give an account another password; sessions but this one end. What is returned says why not.

    Failures count as those of signing in do, and lock the account as they do.

    Args:
        connection: a write transaction.
        token: of the cookie.
        tried: the password up to now, held against what was kept a moment ago.
        new: as ``passwords.kept`` made it.
        now: when.
    """
    session = session_of(connection, token, now=now)
    if session is None or not session.is_whole or session.actor.name != tried.name:
        return _wrong()
    query = select(Account.__table__).where(Account.id == session.account)
    row = connection.execute(query).one()
    if row.locked_until is not None and in_utc(row.locked_until) > now:
        return _locked(in_utc(row.locked_until))
    if not tried.is_right or row.password != tried.kept:
        return _failed(connection, row, now)
    mine = update(Account).where(Account.id == row.id)
    connection.execute(mine.values(password=new, **_NO_FAILURES))
    others = AccountSession.token != hash_of(token)
    connection.execute(delete(AccountSession).where(AccountSession.account_id == row.id, others))
    audit.write(connection, by=row.name, role=row.role, action="account.password", now=now)
    return None


def disable_unused(connection: Connection, *, now: datetime) -> int:
    """Disable the accounts that nobody used for too long; return how many.

    Args:
        connection: a write transaction.
        now: when.
    """
    rows = connection.execute(select(Account.__table__).where(_long_unused(now))).all()
    for row in rows:
        _unused(connection, row, now)
    return len(rows)


def is_any_unused(connection: Connection, *, now: datetime) -> bool:
    """Tell whether ``disable_unused`` has anything to do; a mere look."""
    return bool(connection.execute(select(exists().where(_long_unused(now)))).scalar())


def _long_unused(now: datetime) -> ColumnElement[bool]:
    return and_(Account.state == "active", Account.seen_on < china_day(now) - UNUSED)


def session_of(connection: Connection, token: str, *, now: datetime) -> Session | None:
    """Return whose session a cookie is of; null: nobody's, ended, or its account is no more."""
    query = (
        select(AccountSession.__table__, Account.name, Account.role, Account.scope, Account.state)
        .add_columns(Account.second_factor, Account.granted_by)
        .join(Account, Account.id == AccountSession.account_id)
        .where(AccountSession.token == hash_of(token))
    )
    row = connection.execute(query).first()
    if row is None or row.state != "active" or row.granted_by is None:
        return None
    if now - in_utc(row.seen_at) > IDLE or now - in_utc(row.started_at) > ABSOLUTE:
        return None
    actor = accounts.actor_of(row.name, Role(row.role), row.scope.split())
    return Session(row.account_id, actor, row.is_whole, row.second_factor is not None)


def is_due_to_be_seen(connection: Connection, token: str, *, now: datetime) -> bool:
    """Tell whether a session's last request was long enough ago to write this one down."""
    query = select(AccountSession.seen_at).where(AccountSession.token == hash_of(token))
    seen = connection.execute(query).scalar()
    return seen is not None and now - in_utc(seen) >= _SEEN_EVERY


def see(connection: Connection, token: str, *, now: datetime) -> None:
    """Write down that a session was used, and forget those that are over."""
    seen = update(AccountSession).where(AccountSession.token == hash_of(token))
    connection.execute(seen.values(seen_at=now))
    over = (AccountSession.seen_at < now - IDLE) | (AccountSession.started_at < now - ABSOLUTE)
    connection.execute(delete(AccountSession).where(over))


def give_second_factor(
    connection: Connection, token: str, said: str, secret: bytes | None, *, now: datetime
) -> bool:
    """Try a code of the second factor, or one from the paper; true: the session is whole now.

    Failures count as wrong passwords do, and lock the account as they do.

    Args:
        connection: a write transaction.
        token: of the cookie.
        said: six digits, or a recovery code.
        secret: the account's, opened; null: it has none.
        now: when.

    Raises:
        Refused: the account is locked.
    """
    held = connection.execute(
        select(AccountSession.account_id).where(AccountSession.token == hash_of(token))
    ).scalar()
    row = connection.execute(select(Account.__table__).where(Account.id == held)).first()
    if row is None:
        return False
    if row.locked_until is not None and in_utc(row.locked_until) > now:
        raise _locked(in_utc(row.locked_until))
    step = None
    if secret is not None:
        step = second_factor.matching_step(secret, said, now.timestamp(), row.second_factor_step)
    if step is None and not _take_recovery_code(connection, row, said, now):
        _failed(connection, row, now)
        return False
    values = dict(_NO_FAILURES)
    if step is not None:
        values["second_factor_step"] = step
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    whole = update(AccountSession).where(AccountSession.token == hash_of(token))
    connection.execute(whole.values(is_whole=True, seen_at=now))
    audit.write(connection, by=row.name, role=row.role, action="sign_in.done", now=now)
    return True


def keep_second_factor(
    connection: Connection, token: str, sealed: str, step: int, *, now: datetime
) -> list[str]:
    """Keep a second factor whose first code was right; return ten codes for paper, shown this once."""
    held = select(AccountSession.account_id).where(AccountSession.token == hash_of(token))
    number = connection.execute(held).scalar_one()
    values = {"second_factor": sealed, "second_factor_step": step, **_NO_FAILURES}
    connection.execute(update(Account).where(Account.id == number).values(values))
    connection.execute(delete(RecoveryCode).where(RecoveryCode.account_id == number))
    codes = second_factor.new_recovery_codes()
    hashes = [
        {"hash": second_factor.recovery_hash(number, each), "account_id": number} for each in codes
    ]
    connection.execute(insert(RecoveryCode), hashes)
    whole = update(AccountSession).where(AccountSession.token == hash_of(token))
    connection.execute(whole.values(is_whole=True, seen_at=now))
    name, role = connection.execute(
        select(Account.name, Account.role).where(Account.id == number)
    ).one()
    for action in ("account.second_factor", "sign_in.done"):
        audit.write(connection, by=name, role=role, action=action, now=now)
    return codes


def sign_out(connection: Connection, token: str, *, now: datetime) -> None:
    """End a session, if it is one."""
    session = session_of(connection, token, now=now)
    connection.execute(delete(AccountSession).where(AccountSession.token == hash_of(token)))
    if session is not None:
        audit.by_actor(connection, session.actor, "sign_out", now=now)


def _failed(connection: Connection, row: Any, now: datetime) -> Refused:
    values, action, answer = _counted(row.failures, now)
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    audit.write(connection, by=row.name, role=row.role, action=action, now=now)
    return answer


def _stranger(connection: Connection, mark: str, now: datetime) -> Refused:
    """Refuse a name that no account has, in the same words and with the same locks as one that is."""
    table = StrangerName.__table__
    query = select(table).where(StrangerName.hash == mark)
    values: dict[str, Any] = {}
    row = connection.execute(query).first()
    if row is not None and row.locked_until is not None and in_utc(row.locked_until) > now:
        action, answer = "sign_in.locked", _locked(in_utc(row.locked_until))
    else:
        values, action, answer = _counted(0 if row is None else row.failures, now)
    if row is None:
        _make_room(connection)
        connection.execute(insert(StrangerName).values(hash=mark, tried_at=now, **values))
    else:
        mine = update(StrangerName).where(StrangerName.hash == mark)
        connection.execute(mine.values(tried_at=now, **values))
    # Not what was typed: it may be a password, or a person's number, in the wrong field.
    audit.write(connection, by=NOBODY, role="", action=action, now=now)
    return answer


def _make_room(connection: Connection) -> None:
    """Forget the name that was tried longest ago, if as many are kept as are ever kept."""
    count = connection.execute(select(func.count()).select_from(StrangerName)).scalar_one()
    if count >= STRANGERS:
        oldest = select(StrangerName.hash).order_by(StrangerName.tried_at, StrangerName.hash)
        gone = connection.execute(oldest.limit(count - STRANGERS + 1)).scalars().all()
        connection.execute(delete(StrangerName).where(StrangerName.hash.in_(gone)))


def _counted(failures: int, now: datetime) -> tuple[dict[str, Any], str, Refused]:
    """What one more failure changes, how the log calls it, and what is told."""
    failures += 1
    if failures < FAILURES:
        return {"failures": failures}, "sign_in.failed", _wrong()
    # Two to the power of more than this is longer than the longest lock.
    lock = min(FIRST_LOCK * 2 ** min(failures - FAILURES, 16), LONGEST_LOCK)
    values = {"failures": failures, "locked_until": now + lock}
    return values, "sign_in.locked", _locked(now + lock)


def _is_unused(row: Any, now: datetime) -> bool:
    return bool(china_day(now) - row.seen_on > UNUSED)


def _unused(connection: Connection, row: Any, now: datetime) -> Refused:
    values = {"state": "disabled", "link": None, "link_until": None}
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    audit.write(
        connection, by="register", role="", action="account.disabled", about=row.name, now=now
    )
    return Refused(
        f"该账户超过 {UNUSED.days} 天未使用，已停用。请联系系统管理员启用。",
        f"this account was not used for more than {UNUSED.days} days and is disabled; ask the "
        "system administrator.",
    )


def _take_recovery_code(connection: Connection, row: Any, said: str, now: datetime) -> bool:
    kept = RecoveryCode.hash == second_factor.recovery_hash(row.id, said)
    taken = connection.execute(delete(RecoveryCode).where(kept, RecoveryCode.account_id == row.id))
    if taken.rowcount:
        audit.write(connection, by=row.name, role=row.role, action="account.recovered", now=now)
    return bool(taken.rowcount)


def _wrong() -> Refused:
    return Refused("账户名或密码不对。", "the account's name or its password is wrong.")


def _not_granted() -> Refused:
    return Refused(
        "密码正确，但角色尚未由安全管理员授予，暂不能登录。请联系安全管理员。",
        "the password is right, but the security administrator has not granted the role yet; ask them.",
    )


def _locked(until: datetime) -> Refused:
    when = f"{until.astimezone(CHINA):%H:%M}"
    return Refused(
        f"连续输错，账户已锁定到 {when}。请稍后再试，或联系系统管理员。",
        f"too many wrong tries; this account is locked until {when} (China).",
    )
