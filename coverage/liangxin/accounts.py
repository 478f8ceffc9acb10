"""Accounts: made with a one-time link and no password, given a role and a scope, disabled, listed.

Nobody but whoever opens the link ever knows the password. Every change is in the log, in the same
transaction.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from liangxin import audit, passwords
from liangxin.access import ROLE_PERMISSIONS, Actor, Permission, Role
from liangxin.days import china_day
from liangxin.errors import Misuse, NotFound
from liangxin.moments import in_utc
from liangxin.schema import Account, AccountSession, RecoveryCode
from liangxin.tokens import hash_of

#: How long a one-time link opens.
LINK_HOURS = 48
_NAME = re.compile(r"[\w.-]{2,60}")
_CODE = re.compile(r"[0-9]{9}|[0-9]{12}")
#: Roles of the whole district: a scope would only promise what no query keeps.
_WHOLE = {Role.DISTRICT_OFFICE, Role.LEADER, Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR}
_ADMINISTRATORS = {Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR}


@dataclass(frozen=True, slots=True)
class Known:
    """An account as administrators see it."""

    id: int
    name: str
    role: Role
    scope: tuple[str, ...]
    granted_by: str | None
    state: str
    has_second_factor: bool
    locked_until: datetime | None
    seen_on: date
    made_at: datetime


def needs_second_factor(role: Role) -> bool:
    """Tell whether a role asks for a second factor: administrators, and whoever may see people."""
    return role in _ADMINISTRATORS or Permission.PERSON_VIEW in ROLE_PERMISSIONS[role]


def actor_of(name: str, role: Role, scope: Iterable[str]) -> Actor:
    """Return who an account is to every query: sub-districts of nine digits, communities of twelve."""
    codes = frozenset(scope)
    if not codes:
        return Actor(name, role)
    communities = frozenset(code for code in codes if len(code) == 12)
    return Actor(
        name,
        role,
        frozenset(code[:9] for code in codes),
        communities or None,
    )


def add(
    connection: Connection,
    name: str,
    role: str,
    scope: Iterable[str],
    *,
    by: Actor,
    today: date,
    now: datetime,
    is_granted: bool = True,
) -> str:
    """Make an account and return its one-time link's secret, shown this once.

    Args:
        connection: a write transaction.
        name: what is typed to sign in.
        role: of ``Role``.
        scope: codes of sub-districts, or of communities.
        by: who makes it.
        today: the day it counts as seen.
        now: when.
        is_granted: whether the role is given, or only asked for (``administering``).

    Raises:
        Misuse: the name or role is none, is taken, or the scope does not fit the role.
    """
    if not _NAME.fullmatch(name):
        raise Misuse(
            f"账户名“{name[:60]}”不能用：请用 2 到 60 个文字、数字、点、横线。",
            f"{name[:60]!r} cannot be an account's name; use 2 to 60 letters, digits, dots, dashes.",
        )
    if connection.execute(select(Account.id).where(Account.name == name)).first():
        raise Misuse(
            f"账户“{name}”已存在。忘记密码请用 liangxin user link {name}。",
            f"the account {name!r} is there already; for a lost password: liangxin user link {name}.",
        )
    wanted = require_role(role)
    codes = require_scope(wanted, scope)
    connection.execute(
        insert(Account).values(
            name=name,
            role=str(wanted),
            scope=" ".join(codes),
            granted_by=by.name if is_granted else None,
            state="invited",
            failures=0,
            seen_on=today,
            made_at=now,
        )
    )
    about = f"{name} {wanted} {' '.join(codes)}".strip()
    action = "account.added" if is_granted else "account.requested"
    audit.by_actor(connection, by, action, about, now=now)
    return link(connection, name, by=by, now=now)


def link(connection: Connection, name: str, *, by: Actor, now: datetime) -> str:
    """Return the secret of a new one-time link with which a password is set; older links go.

    Raises:
        NotFound: there is no such account.
        Misuse: it is disabled.
    """
    row = require(connection, name)
    if row.state == "disabled":
        raise Misuse(
            f"账户“{name}”已停用，请先启用。", f"the account {name!r} is disabled; enable it first."
        )
    secret = secrets.token_urlsafe(32)
    values = {"link": hash_of(secret), "link_until": now + timedelta(hours=LINK_HOURS)}
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    audit.by_actor(connection, by, "account.link", name, now=now)
    return secret


def by_link(connection: Connection, secret: str, *, now: datetime) -> Any:
    """Return the account that a one-time link is for.

    Raises:
        NotFound: it opens nothing: it was used, is too old, or never was one.
    """
    query = select(Account.__table__).where(
        Account.link == hash_of(secret), Account.link_until > now, Account.state != "disabled"
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(
            "此链接已用过或已过期。请向管理员再要一个。",
            "this link was used or has expired; ask the administrator for another.",
        )
    return row


def set_password(connection: Connection, secret: str, password: str, *, now: datetime) -> str:
    """Set the password of whoever holds a link; their sessions end. Return the account's name.

    Raises:
        NotFound: as ``by_link``.
        Misuse: the password may not be chosen; the link still opens.
    """
    row = by_link(connection, secret, now=now)
    passwords.require_good(password, (row.name, row.scope))
    values = {
        "password": passwords.kept(password),
        "state": "active",
        "link": None,
        "link_until": None,
        "failures": 0,
        "locked_until": None,
        "seen_on": china_day(now),
    }
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    connection.execute(delete(AccountSession).where(AccountSession.account_id == row.id))
    audit.write(connection, by=row.name, role=row.role, action="account.password", now=now)
    return str(row.name)


def change(
    connection: Connection, name: str, role: str, scope: Iterable[str], *, by: Actor, now: datetime
) -> None:
    """Give an account another role or scope; its sessions end, so that nothing old goes on.

    Raises:
        NotFound, Misuse: as ``add``.
    """
    row = require(connection, name)
    wanted = require_role(role)
    codes = require_scope(wanted, scope)
    values = {"role": str(wanted), "scope": " ".join(codes), "granted_by": by.name}
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    connection.execute(delete(AccountSession).where(AccountSession.account_id == row.id))
    about = f"{name} {row.role}→{wanted} {row.scope}→{' '.join(codes)}"
    audit.by_actor(connection, by, "account.changed", about, now=now)


def reset_second_factor(connection: Connection, name: str, *, by: Actor, now: datetime) -> None:
    """Forget an account's second factor and recovery codes; it is set up anew at the next sign-in.

    Raises:
        NotFound: there is no such account.
    """
    row = require(connection, name)
    values = {"second_factor": None, "second_factor_step": None}
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    connection.execute(delete(RecoveryCode).where(RecoveryCode.account_id == row.id))
    connection.execute(delete(AccountSession).where(AccountSession.account_id == row.id))
    audit.by_actor(connection, by, "account.second_factor_reset", name, now=now)


def disable(connection: Connection, name: str, *, by: Actor, now: datetime) -> None:
    """Let an account sign in no more; its sessions end at once.

    Raises:
        NotFound: there is no such account.
    """
    row = require(connection, name)
    values = {"state": "disabled", "link": None, "link_until": None}
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    connection.execute(delete(AccountSession).where(AccountSession.account_id == row.id))
    audit.by_actor(connection, by, "account.disabled", name, now=now)


def enable(connection: Connection, name: str, *, by: Actor, today: date, now: datetime) -> str:
    """Let a disabled account in again, with a new link: return its secret. The second factor goes.

    Raises:
        NotFound: there is no such account.
    """
    row = require(connection, name)
    values = {
        "state": "invited",
        "password": None,
        "second_factor": None,
        "second_factor_step": None,
        "failures": 0,
        "locked_until": None,
        "seen_on": today,
    }
    connection.execute(update(Account).where(Account.id == row.id).values(values))
    connection.execute(delete(RecoveryCode).where(RecoveryCode.account_id == row.id))
    audit.by_actor(connection, by, "account.enabled", name, now=now)
    return link(connection, name, by=by, now=now)


def listed(connection: Connection) -> list[Known]:
    """Return all accounts by name."""
    rows = connection.execute(select(Account.__table__).order_by(Account.name))
    return [
        Known(
            id=row.id,
            name=row.name,
            role=Role(row.role),
            scope=tuple(row.scope.split()),
            granted_by=row.granted_by,
            state=row.state,
            has_second_factor=row.second_factor is not None,
            locked_until=None if row.locked_until is None else in_utc(row.locked_until),
            seen_on=row.seen_on,
            made_at=in_utc(row.made_at),
        )
        for row in rows
    ]


def are_there(connection: Connection) -> bool:
    """Tell whether any account was ever made: from then on nobody is let in without one."""
    return connection.execute(select(Account.id).limit(1)).first() is not None


def require(connection: Connection, name: str) -> Any:
    """Return an account's row.

    Raises:
        NotFound: there is none of this name.
    """
    row = connection.execute(select(Account.__table__).where(Account.name == name)).first()
    if row is None:
        raise NotFound(
            f"没有账户“{name[:60]}”。请用 liangxin user list 查看。",
            f"there is no account {name[:60]!r}; liangxin user list shows them.",
        )
    return row


def require_role(role: str) -> Role:
    """Return a role by its name.

    Raises:
        Misuse: there is none.
    """
    try:
        return Role(role)
    except ValueError:
        raise Misuse(
            f"没有角色“{role}”，可用：{'、'.join(Role)}。",
            f"there is no role {role!r}; use one of {', '.join(Role)}.",
        ) from None


def require_scope(role: Role, scope: Iterable[str]) -> list[str]:
    """Return the codes of a scope, sorted, if they fit the role.

    Raises:
        Misuse: a code is none; a role of the district has some, or one of an office has none.
    """
    codes = sorted({code.strip() for code in scope if code.strip()})
    wrong = [code for code in codes if not _CODE.fullmatch(code)]
    wants_communities = role == Role.COMMUNITY
    wrong += [code for code in codes if (len(code) == 12) != wants_communities]
    if wrong:
        raise Misuse(
            f"范围“{wrong[0]}”不对：街道用 9 位代码，社区账户用 12 位代码。",
            f"the scope {wrong[0]!r} does not fit: 9 digits of a sub-district, 12 of a community.",
        )
    if bool(codes) == (role in _WHOLE):
        zh = "不限定街道，不要给范围" if codes else "须给出所属街道或社区的代码"
        en = "is of the whole district and takes no scope" if codes else "needs a scope"
        raise Misuse(f"角色“{role}”{zh}。", f"the role {role} {en}.")
    return codes
