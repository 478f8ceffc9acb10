"""Accounts of tests: made through the domain, and let in through the sign-in page or past it."""

import secrets
from dataclasses import dataclass
from itertools import count

from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from dashboard.account import COOKIE
from dashboard.site import Site
from liangxin import accounts, db, second_factor, web_key
from liangxin.access import Actor, Role
from liangxin.days import china_day
from liangxin.schema import Account, AccountSession
from liangxin.tokens import hash_of

OPERATOR = Actor("operator", Role.SYSADMIN)
PASSWORD = "砚池边上的三只灰鹭看潮水"
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Signed:
    """An account that can sign in; ``secret`` is of its second factor, where the role asks for one."""

    name: str
    password: str
    secret: bytes | None

    def code(self, moment: float) -> str:
        """The six digits of a moment, in seconds since 1970."""
        return second_factor.code(self.secret or b"", int(moment) // second_factor.STEP)


def an_account(site: Site, role: Role | str, *scope: str, name: str = "") -> Signed:
    """Make an account whose password, and second factor if it must have one, are set."""
    name, now = name or f"u{next(_numbers)}", site.clock()
    secret = second_factor.new_secret() if accounts.needs_second_factor(Role(role)) else None
    with db.writing(site.engine) as connection:
        link = accounts.add(
            connection, name, str(role), scope, by=OPERATOR, today=china_day(now), now=now
        )
        accounts.set_password(connection, link, PASSWORD, now=now)
        if secret is not None:
            sealed = web_key.seal(web_key.load(site.settings), secret)
            kept = update(Account).where(Account.name == name).values(second_factor=sealed)
            connection.execute(kept)
    return Signed(name, PASSWORD, secret)


def session_of(site: Site, role: Role | str, *scope: str, name: str = "") -> str:
    """Make an account and a whole session of it, past the pages; return what its cookie holds."""
    name, now = name or f"u{next(_numbers)}", site.clock()
    with db.writing(site.engine) as connection:
        accounts.add(connection, name, str(role), scope, by=OPERATOR, today=china_day(now), now=now)
        made = update(Account).where(Account.name == name).values(state="active")
        connection.execute(made)
    return another_session(site, name)


def another_session(site: Site, name: str) -> str:
    """Make one more session of an account; return what its cookie holds."""
    now, token = site.clock(), secrets.token_urlsafe(32)
    with db.writing(site.engine) as connection:
        number = connection.execute(select(Account.id).where(Account.name == name)).scalar_one()
        values = {"token": hash_of(token), "account_id": number, "is_whole": True}
        connection.execute(insert(AccountSession).values(**values, started_at=now, seen_at=now))
    return token


def let_in(client: FlaskClient, site: Site, role: Role | str, *scope: str, name: str = "") -> None:
    """Make a client one that is signed in as a new account."""
    client.set_cookie(COOKIE, session_of(site, role, *scope, name=name))
