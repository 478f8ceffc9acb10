"""Who a request comes from: the session in its cookie, or, until accounts exist, this machine."""

from ipaddress import ip_address

import flask

from dashboard.account import COOKIE
from dashboard.site import Site
from dashboard.text import both
from liangxin import accounts, audit, db, signing_in
from liangxin.access import Actor
from liangxin.errors import NotPermitted
from liangxin.signing_in import Session


class SignInNeeded(NotPermitted):
    """Nobody is signed in, or the second factor is still to be given."""


class Gate:
    """Asks once a request, and keeps the answer for its callbacks and layouts."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def actor(self) -> Actor | None:
        """Return who asks; null: whoever sits at this machine, as long as there are no accounts.

        Raises:
            SignInNeeded: there are accounts, and this request is of none.
            NotPermitted: it comes from another machine, and accounts do not exist yet.
        """
        if "actor" not in flask.g:
            flask.g.actor = self._asked()
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
        with db.reading(self.site.engine) as connection:
            if accounts.are_there(connection):
                raise SignInNeeded(*both("account.needed"))
        if not is_local(flask.request.remote_addr):
            raise NotPermitted(*both("error.not_local"))
        return None

    def refused(self, actor: Actor, what: str) -> None:
        """Write down that somebody signed in was refused something."""
        with db.writing(self.site.engine, facts=False) as connection:
            audit.by_actor(connection, actor, "refused", what[:200], now=self.site.clock())

    def _see(self) -> None:
        token, now = token_of_request(), self.site.clock()
        if token is None:
            return
        with db.reading(self.site.engine) as connection:
            due = signing_in.is_due_to_be_seen(connection, token, now=now)
        if due:
            with db.writing(self.site.engine, facts=False) as connection:
                signing_in.see(connection, token, now=now)


def token_of_request() -> str | None:
    """Return what the request's cookie holds."""
    return flask.request.cookies.get(COOKIE) or None


def is_local(address: str | None) -> bool:
    """Tell whether an address is this machine's own."""
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False
