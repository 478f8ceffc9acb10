"""Accounts for trying the demo out: one of every role, with passwords made by chance and printed once."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from liangxin import accounts, second_factor, web_key
from liangxin.access import Actor, Role
from liangxin.days import china_day
from liangxin.schema import Account, Organisation, RecoveryCode
from liangxin.settings import Settings

#: Account of each role; a post and not a person.
NAMES = {
    Role.LEADER: "演示-分管领导",
    Role.DISTRICT_OFFICE: "演示-区两新工委",
    Role.ECONOMIC_OFFICE: "演示-街道经济办",
    Role.COMMITTEE: "演示-街道综合党委",
    Role.COMMUNITY: "演示-社区",
    Role.SYSADMIN: "演示-系统管理员",
    Role.SECADMIN: "演示-安全管理员",
    Role.AUDITOR: "演示-审计员",
}
#: Of these, where their place stands; the last one is the scope.
_PLACES = {
    Role.ECONOMIC_OFFICE: (Organisation.subdistrict_code,),
    Role.COMMITTEE: (Organisation.subdistrict_code,),
    Role.COMMUNITY: (Organisation.subdistrict_code, Organisation.community_code),
}
#: Letters that nobody takes for another; five groups of four are 95 random bits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Made:
    """An account, and all that is needed to sign in with it."""

    name: str
    role: str
    scope: tuple[str, ...]
    password: str
    #: For a code app; empty where the role needs no second factor.
    secret: str
    #: Each stands in once for the app's code.
    recovery_codes: tuple[str, ...]


def make(connection: Connection, settings: Settings, *, by: Actor, now: datetime) -> list[Made]:
    """Make an account of every role; nothing but what is returned knows the passwords.

    Args:
        connection: a write transaction on a register of the demo.
        settings: of this installation, for the key that seals second factors.
        by: who makes them.
        now: when.

    Raises:
        Misuse: there is an account of such a name.
    """
    return [
        _make(connection, settings, role, _scope(connection, role), by=by, now=now)
        for role in NAMES
    ]


def _make(
    connection: Connection,
    settings: Settings,
    role: Role,
    scope: Sequence[str],
    *,
    by: Actor,
    now: datetime,
) -> Made:
    name, password = NAMES[role], "-".join(_group() for _ in range(5))
    link = accounts.add(connection, name, role, scope, by=by, today=china_day(now), now=now)
    accounts.set_password(connection, link, password, now=now)
    secret: str = ""
    codes: list[str] = []
    if accounts.needs_second_factor(role):
        secret, codes = _second_factor(connection, settings, name)
    return Made(name, str(role), tuple(scope), password, secret, tuple(codes))


def _second_factor(connection: Connection, settings: Settings, name: str) -> tuple[str, list[str]]:
    secret = second_factor.new_secret()
    sealed = web_key.seal(web_key.load(settings), secret)
    connection.execute(update(Account).where(Account.name == name).values(second_factor=sealed))
    number = connection.execute(select(Account.id).where(Account.name == name)).scalar_one()
    codes = second_factor.new_recovery_codes()
    connection.execute(
        insert(RecoveryCode),
        [
            {"hash": second_factor.recovery_hash(number, each), "account_id": number}
            for each in codes
        ],
    )
    return base64.b32encode(secret).decode(), codes


def _scope(connection: Connection, role: Role) -> list[str]:
    """The place with most organisations, for roles that have one; a community within that one."""
    if role not in _PLACES:
        return []
    found: list[str] = []
    for column in _PLACES[role]:
        within = column.startswith(found[-1] if found else "")
        query = select(column).where(column.is_not(None), within).group_by(column)
        most = query.order_by(func.count().desc(), column).limit(1)
        found.append(str(connection.execute(most).scalar_one()))
    return found[-1:]


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))
