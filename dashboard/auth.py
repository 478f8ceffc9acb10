"""Who asks, and the guard that stands before every layout and every callback.

A check in a layout alone leaves the callbacks open to anyone who posts to them, so both pass
the same guard, and an app with an unguarded callback does not start. Until accounts exist,
whoever sits at this machine is ``access.LOCAL``; nobody else is let in.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from ipaddress import ip_address
from typing import Any, Concatenate, ParamSpec, TypeVar

import dash
import flask
from dash import _callback

from dashboard.text import both
from liangxin.access import LOCAL, Actor, Permission
from liangxin.errors import NotPermitted

P = ParamSpec("P")
R = TypeVar("R")


class UnguardedCallback(Exception):
    """A callback or a layout declares no permission: a mistake of ours, found at start-up."""


def actor_of_request() -> Actor:
    """Return who asks.

    Raises:
        NotPermitted: the request comes from another machine, and accounts do not exist yet.
    """
    if flask.has_request_context() and not _is_local(flask.request.remote_addr):
        raise NotPermitted(*both("error.not_local"))
    return LOCAL


def _is_local(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


def guarded(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[P, R]]:
    """Ask for a permission before a layout or a callback runs, and hand it the actor first."""

    def decorate(function: Callable[Concatenate[Actor, P], R]) -> Callable[P, R]:
        @wraps(function)
        def guard(*args: P.args, **kwargs: P.kwargs) -> R:
            actor = actor_of_request()
            actor.require(permission)
            return function(actor, *args, **kwargs)

        return _declare(guard, {permission})

    return decorate


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
            (``dash.callback``), or has an address of its own.
    """
    if outside := [*_callback.GLOBAL_CALLBACK_MAP, *_callback.GLOBAL_API_PATHS]:
        raise UnguardedCallback(f"registered outside the app: {', '.join(outside)}")
    if app.callback_api_paths:
        raise UnguardedCallback(f"with an address of its own: {', '.join(app.callback_api_paths)}")
    in_browser = {entry["output"] for entry in app._callback_list if entry["clientside_function"]}  # noqa: SLF001 - the only list of them
    for output, entry in app.callback_map.items():
        if output not in in_browser and not permissions_of(entry.get("callback")):
            raise UnguardedCallback(f"the callback of {output} declares no permission")


def _declare(guard: Callable[P, R], permissions: Iterable[Permission]) -> Callable[P, R]:
    guard.permissions = frozenset(permissions)  # type: ignore[attr-defined]
    return guard
