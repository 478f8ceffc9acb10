"""Who a request comes from: the session in its cookie, or, until accounts exist, this machine."""

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

import flask

from dashboard.account import COOKIE, strangers
from dashboard.account.strangers import Strangers
from dashboard.site import Site
from dashboard.text import both
from liangxin import accounts, audit, db, signing_in
from liangxin.access import Actor
from liangxin.errors import DatabaseUnavailable, NotPermitted
from liangxin.signing_in import Session

#: Names of this machine to itself.
LOOPBACK = ("127.0.0.1", "::1", "localhost")
#: By which proxies say for whom they ask.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class SignInNeeded(NotPermitted):
    """Nobody is signed in, or the second factor is still to be given."""


class Gate:
    """Asks once a request, and keeps the answer for its callbacks and layouts."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._strangers = Strangers()

    def actor(self) -> Actor | None:
        """Return who asks; null: whoever sits at this machine, as long as there are no accounts.

        Raises:
            SignInNeeded: there are accounts, and this request is of none.
            NotPermitted: it comes from another machine, and accounts do not exist yet.
            DatabaseUnavailable: the register does not say.
        """
        if "actor_unknown" in flask.g:
            raise flask.g.actor_unknown
        if "actor" not in flask.g:
            try:
                flask.g.actor = self._asked()
            except DatabaseUnavailable as error:
                flask.g.actor_unknown = error  # waited for once a request, not once a callback
                raise
        found: Actor | None = flask.g.actor
        return found

    def session(self) -> Session | None:
        """Return the session of the request's cookie; it may lack its second factor."""
        token = token_of_request()
        if token is None:
            return None
        with db.reading(self.site.engine) as connection:
            return signing_in.session_of(connection, token, now=self.site.clock())

    def _asked(self) -> Actor | None:
        session = self.session()
        if session is not None and session.is_whole:
            self._see()
            return session.actor
        if session is None and token_of_request() is not None:
            self.refused_stranger(strangers.COOKIE)
        with db.reading(self.site.engine) as connection:
            if accounts.are_there(connection):
                raise SignInNeeded(*both("account.needed"))
        if not (is_local(flask.request.remote_addr) and _is_asked_here(flask.request)):
            raise NotPermitted(*both("error.not_local"))
        return None

    def refused(self, actor: Actor, what: str) -> None:
        """Write down that somebody signed in was refused something."""
        with db.writing(self.site.engine, facts=False) as connection:
            audit.by_actor(connection, actor, "refused", what[:200], now=self.site.clock())

    def refused_stranger(self, kind: str) -> None:
        """Write down that nobody known was refused something, unless that was just written down."""
        now = self.site.clock()
        if not (count := self._strangers.due(kind, now)):
            return
        lock = db.writing(self.site.engine, facts=False, patience=db.BRIEFLY)
        about = f"{kind} ×{count}"
        try:
            with lock as connection:
                audit.write(
                    connection,
                    by=signing_in.NOBODY,
                    role="",
                    action="refused",
                    about=about,
                    now=now,
                )
        except DatabaseUnavailable:  # while a load writes, or the register is away
            self._strangers.not_told(kind, count)

    def _see(self) -> None:
        token, now = token_of_request(), self.site.clock()
        if token is None:
            return
        with db.reading(self.site.engine) as connection:
            due = signing_in.is_due_to_be_seen(connection, token, now=now)
        if due:
            # While a load writes, one of the next requests will be written down.
            lock = db.writing(self.site.engine, facts=False, patience=db.BRIEFLY)
            with suppress(DatabaseUnavailable), lock as connection:
                signing_in.see(connection, token, now=now)


def token_of_request() -> str | None:
    """Return what the request's cookie holds."""
    return flask.request.cookies.get(COOKIE) or None


def _is_asked_here(request: flask.Request) -> bool:
    """Tell whether a request names this machine, and no proxy says that it brings it from another."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return urlsplit(f"//{request.host}").hostname in LOOPBACK
    except ValueError:
        return False


def is_local(address: str | None) -> bool:
    """Tell whether an address is this machine's own."""
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False
