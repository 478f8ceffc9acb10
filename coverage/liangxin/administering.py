"""What the three administrators do at the pages, each within their third.

The system administrator asks for accounts and hands out links; the security administrator grants
the roles. Whatever lets somebody in anew (another link, a second factor forgotten, an account
enabled) waits for the security administrator too: so nobody alone can become somebody else.
Whoever runs the machine stands above this (``liangxin user``), as they do above the database.
"""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection, func, select, update

from liangxin import accounts, audit
from liangxin.access import Actor, Permission, Role
from liangxin.accounts import Known
from liangxin.errors import Misuse, NotPermitted
from liangxin.schema import Account

#: Of each of these, one that can sign in must stay.
ADMINISTRATORS = (Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR)


def listed(connection: Connection, actor: Actor) -> list[Known]:
    """Return all accounts: first those whose role is to be granted, then by name.

    Raises:
        NotPermitted: the role neither manages accounts nor grants roles.
    """
    if not actor.may(Permission.ROLE_GRANT):
        actor.require(Permission.ACCOUNT_MANAGE)
    return sorted(accounts.listed(connection), key=lambda each: (not is_waiting(each), each.name))


def is_waiting(account: Known) -> bool:
    """Tell whether an account waits for the security administrator."""
    return account.granted_by is None and account.state != "disabled"


def ask_for(
    connection: Connection,
    actor: Actor,
    name: str,
    role: str,
    scope: Iterable[str],
    *,
    today: date,
    now: datetime,
) -> str:
    """Make an account whose role is only asked for; return its one-time link's secret.

    Raises:
        NotPermitted: the role does not manage accounts.
        Misuse: as ``accounts.add``.
    """
    actor.require(Permission.ACCOUNT_MANAGE)
    return accounts.add(
        connection, name, role, scope, by=actor, today=today, now=now, is_granted=False
    )


def send_link(connection: Connection, actor: Actor, name: str, *, now: datetime) -> str:
    """Return the secret of a new one-time link; a role that was granted waits to be granted again.

    Raises:
        NotPermitted: the role does not manage accounts, or the account is the actor's own.
        NotFound, Misuse: as ``accounts.link``, or it is the last one of an administrator's role.
    """
    row = _others(connection, actor, Permission.ACCOUNT_MANAGE, name)
    _require_another(connection, row)
    _take_role(connection, row)
    return accounts.link(connection, name, by=actor, now=now)


def disable(connection: Connection, actor: Actor, name: str, *, now: datetime) -> None:
    """Let an account sign in no more; its sessions end at once.

    Raises:
        NotPermitted, NotFound, Misuse: as ``send_link``.
    """
    row = _others(connection, actor, Permission.ACCOUNT_MANAGE, name)
    _require_another(connection, row)
    accounts.disable(connection, name, by=actor, now=now)


def enable(connection: Connection, actor: Actor, name: str, *, today: date, now: datetime) -> str:
    """Let a disabled account in again, with a new link, once its role is granted again.

    Raises:
        NotPermitted, NotFound: as ``send_link``.
        Misuse: it is not disabled.
    """
    row = _others(connection, actor, Permission.ACCOUNT_MANAGE, name)
    if row.state != "disabled":
        raise Misuse(
            f"账户“{name}”没有停用，不需要启用。忘记密码请签发新链接。",
            f"the account {name!r} is not disabled; for a lost password issue a new link.",
        )
    _take_role(connection, row)
    return accounts.enable(connection, name, by=actor, today=today, now=now)


def reset_second_factor(connection: Connection, actor: Actor, name: str, *, now: datetime) -> None:
    """Forget a second factor; whoever has the password sets up another once the role is granted.

    Raises:
        NotPermitted, NotFound: as ``send_link``.
        Misuse: it has none, or is the last one of an administrator's role.
    """
    row = _others(connection, actor, Permission.ACCOUNT_MANAGE, name)
    if row.second_factor is None:
        raise Misuse(
            f"账户“{name}”没有设置二次验证，不需要重置。",
            f"the account {name!r} has no second factor to be reset.",
        )
    _require_another(connection, row)
    _take_role(connection, row)
    accounts.reset_second_factor(connection, name, by=actor, now=now)


def grant(
    connection: Connection,
    actor: Actor,
    name: str,
    role: str,
    scope: Iterable[str],
    *,
    now: datetime,
) -> bool:
    """Give an account a role and a scope; its sessions end at once. Return whether it waited for it.

    Raises:
        NotPermitted: the role does not grant roles, or the account is the actor's own.
        NotFound: there is no such account.
        Misuse: no such role, a scope that does not fit, a disabled account, or the last one of an
            administrator's role.
    """
    row = _others(connection, actor, Permission.ROLE_GRANT, name)
    if row.state == "disabled":
        raise Misuse(
            f"账户“{name}”已停用。请系统管理员先启用，再授予角色。",
            f"the account {name!r} is disabled; let the system administrator enable it first.",
        )
    wanted = accounts.require_role(role)
    if wanted != row.role:
        _require_another(connection, row)
    accounts.change(connection, name, wanted, scope, by=actor, now=now)
    waited = row.granted_by is None
    if waited:
        codes = " ".join(accounts.require_scope(wanted, scope))
        audit.by_actor(
            connection, actor, "account.granted", f"{name} {wanted} {codes}".strip(), now=now
        )
    return waited


def _others(connection: Connection, actor: Actor, permission: Permission, name: str) -> "Account":
    """Return the row of somebody else's account."""
    actor.require(permission)
    row = accounts.require(connection, name)
    if row.name == actor.name:
        raise NotPermitted(
            "不能办理自己的账户。请由另一名管理员办理，或在服务器上用 liangxin user。",
            "nobody acts on their own account; ask another administrator, or use liangxin user on "
            "the server.",
        )
    found: Account = row
    return found


def _require_another(connection: Connection, row: Account) -> None:
    """Return if an administrator's role is left to somebody when this account goes."""
    if row.role not in ADMINISTRATORS or row.granted_by is None or row.state != "active":
        return
    query = select(func.count()).where(
        Account.role == row.role,
        Account.id != row.id,
        Account.state == "active",
        Account.granted_by.is_not(None),
    )
    if connection.execute(query).scalar_one() == 0:
        raise Misuse(
            f"“{row.name}”是最后一个可用的此类管理员账户，三员不能缺一。请先另设一个，或在服务器上用 liangxin user 办理。",
            f"{row.name!r} is the last account of its administrator's role; set up another first, or "
            "use liangxin user on the server.",
        )


def _take_role(connection: Connection, row: Account) -> None:
    """Let the role wait for the security administrator again."""
    taken = update(Account).where(Account.id == row.id)
    connection.execute(taken.values(granted_by=None))
