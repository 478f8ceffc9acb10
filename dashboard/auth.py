"""Who asks, and the guard that stands before every layout and every callback.

A check in a layout alone leaves the callbacks open to anyone who posts to them, so both pass
the same guard, and an app with an unguarded callback does not start. Who asks is told by the
gate (``dashboard.account.gate``): the account of the session, or, until accounts exist, whoever
sits at this machine as ``access.LOCAL``.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import unquote

import dash
import flask
from dash import _callback
from werkzeug.exceptions import HTTPException

from dashboard import doors
from dashboard.account import strangers
from dashboard.account.gate import Gate
from dashboard.site import Site
from liangxin.access import LOCAL, Actor, Permission
from liangxin.errors import DatabaseUnavailable, Misuse, NotFound, NotPermitted

#: Under this name an app keeps its gate.
GATE = "liangxin.gate"
P = ParamSpec("P")
R = TypeVar("R")


class UnguardedCallback(Exception):
    """A callback, a layout or an address declares no permission: a mistake of ours, found at start-up."""


def actor_of_request() -> Actor:
    """Return who asks.

    Raises:
        SignInNeeded: there are accounts, and nobody is signed in.
        NotPermitted: the request comes from another machine, and accounts do not exist yet.
    """
    if not flask.has_request_context():
        return LOCAL
    return _gate().actor() or LOCAL


def site_of_request() -> Site:
    """Return the site of the app that answers, for callbacks."""
    return _gate().site


def _gate() -> Gate:
    found: Gate = flask.current_app.extensions[GATE]
    return found


def guarded(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[P, R]]:
    """Ask for a permission before a layout or a callback runs, and hand it the actor first."""

    def decorate(function: Callable[Concatenate[Actor, P], R]) -> Callable[P, R]:
        @wraps(function)
        def guard(*args: P.args, **kwargs: P.kwargs) -> R:
            actor = actor_of_request()
            _require(actor, permission)
            return function(actor, *args, **kwargs)

        return _declare(guard, {permission})

    return decorate


def _require(actor: Actor, permission: Permission) -> None:
    """Return if the actor may; a refusal of somebody signed in is logged."""
    try:
        actor.require(permission)
    except NotPermitted:
        note_refusal(actor, permission)
        raise


def note_refusal(actor: Actor, what: str) -> None:
    """Write into the log that somebody signed in was refused something; once a request.

    Where it was is told as the server's rule has it: what stands in an address may be anything.
    """
    if actor is LOCAL or not flask.has_request_context() or "refusal_noted" in flask.g:
        return
    flask.g.refusal_noted = True
    rule = flask.request.url_rule
    _gate().refused(actor, f"{rule.rule if rule else flask.request.method} {what}")


def note_if_refused(error: Exception, where: str = "") -> None:
    """Write into the log what whoever is signed in was refused, or did not find, beyond the guard.

    ``where``: the page whose address it was that asked.
    """
    actor = flask.g.get("actor") if flask.has_request_context() else None
    what = _refusal_in(error)
    if where and isinstance(error, Misuse):
        what = "makes no sense"
    if actor is not None and what:
        note_refusal(actor, f"{where} {what}".strip())


def note_stranger(kind: str) -> None:
    """Write into the log that a request was refused before anybody knew whose it was."""
    _gate().refused_stranger(kind)


def note_path(path: str) -> None:
    """Write into the log that an address tried to leave its folder, if it is one that did."""
    if not any(part in unquote(path) for part in ("..", "\\", "\0")):
        return
    actor = flask.g.get("actor")
    if actor is None:
        note_stranger(strangers.PATH)
    else:
        note_refusal(actor, strangers.PATH)


def _refusal_in(error: Exception) -> str:
    """What a refusal is called in the log: never what was typed, which the sentence may quote."""
    if isinstance(error, NotPermitted):
        return error.en
    if isinstance(error, NotFound):
        return "not found"
    return f"{error.code}" if isinstance(error, HTTPException) and error.code != 404 else ""


def dispatching(
    layouts: Iterable[Callable[..., Any]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark the one callback that does nothing but choose among layouts, each of them guarded.

    Raises:
        UnguardedCallback: a layout is not guarded.
    """
    permissions: set[Permission] = set()
    for layout in layouts:
        needed = permissions_of(layout)
        if not needed:
            raise UnguardedCallback(f"the layout {layout.__module__}.layout declares no permission")
        permissions |= needed

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def guard(*args: P.args, **kwargs: P.kwargs) -> R:
            with suppress(DatabaseUnavailable):  # the layout it chooses asks again, and says so
                actor_of_request()
            return function(*args, **kwargs)

        return _declare(guard, permissions)

    return decorate


def permissions_of(function: object) -> frozenset[Permission]:
    """Return the permissions a layout or callback declares; empty if it is unguarded."""
    found: frozenset[Permission] = getattr(function, "permissions", frozenset())
    return found


def check_guards(app: dash.Dash) -> None:
    """Go through everything an app would answer with code of ours, before it answers anyone.

    Callbacks that run in the browser only have nothing to guard.

    Raises:
        UnguardedCallback: a callback declares no permission, is registered outside the app
            (``dash.callback``), or has an address of its own; or an address of the server is
            neither guarded nor in ``doors.DOORS``.
    """
    if outside := [*_callback.GLOBAL_CALLBACK_MAP, *_callback.GLOBAL_API_PATHS]:
        raise UnguardedCallback(f"registered outside the app: {', '.join(outside)}")
    if app.callback_api_paths:
        raise UnguardedCallback(f"with an address of its own: {', '.join(app.callback_api_paths)}")
    in_browser = {entry["output"] for entry in app._callback_list if entry["clientside_function"]}  # noqa: SLF001 - the only list of them
    for output, entry in app.callback_map.items():
        if output not in in_browser and not permissions_of(entry.get("callback")):
            raise UnguardedCallback(f"the callback of {output} declares no permission")
    if without := doors.undeclared(app.server):
        raise UnguardedCallback(f"neither guarded nor in dashboard.doors: {', '.join(without)}")


def _declare(guard: Callable[P, R], permissions: Iterable[Permission]) -> Callable[P, R]:
    guard.permissions = frozenset(permissions)  # type: ignore[attr-defined]
    return guard
