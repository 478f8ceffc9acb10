"""Every address the web server answers, and who comes in there, in one table.

Whoever adds an address says so here, or guards its function with ``auth.guarded``; an app with an
address that does neither does not start. What is in no table asks who is there all the same.
"""

from collections.abc import Mapping
from enum import StrEnum

import flask
from flask import request

from dashboard import account, declare, feed, health, language


class Door(StrEnum):
    """Who comes in."""

    #: Whoever knows the address: signing in, and the pages of people who declare.
    OPEN = "open"
    #: Other programs, each with a token of its own, which the feed asks for.
    PROGRAMS = "programs"
    #: Whoever is signed in, of any role: it holds nothing of the register.
    SIGNED_IN = "signed in"


_OPEN = (
    account.SIGN_IN,
    account.FACTOR,
    f"{account.FACTOR}/new",
    f"{account.ROOT}/sign-out",
    f"{account.LINK}/<secret>",
    language.RULE,
    declare.STYLE,
    declare.MINE,
    f"{declare.MINE}/correct",
    f"{declare.MINE}/withdraw",
    f"{declare.MINE}/transfer",
    f"{declare.MINE}/<any(correct,withdraw,transfer):_what>",
    f"{declare.ROOT}/<token>",
    f"{declare.ROOT}/<token>/decline",
    declare.ROOT,
    f"{declare.ROOT}/",
    f"{declare.ROOT}/<path:_rest>",
)
_SIGNED_IN = (
    account.ME,
    account.PASSWORD,
    # Dash's own: the frame, its scripts, and callbacks, each of which has its own guard.
    "/",
    "/<path:path>",
    "/_dash-layout",
    "/_dash-dependencies",
    "/_dash-update-component",
    "/_reload-hash",
    "/_favicon.ico",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    "/assets/<path:filename>",
    "/static/<path:filename>",
)
#: Rules as Flask writes them; those whose function is guarded need not be here.
DOORS: Mapping[str, Door] = {
    **dict.fromkeys(_OPEN, Door.OPEN),
    feed.DESCRIPTION: Door.OPEN,  # how to ask, and nothing of the register
    feed.CHANGES: Door.PROGRAMS,
    health.RULE: Door.PROGRAMS,
    **dict.fromkeys(_SIGNED_IN, Door.SIGNED_IN),
}


def of_request() -> Door:
    """Return who comes in where this request goes; where nothing answers, whoever is signed in."""
    if request.url_rule is not None:
        return DOORS.get(request.url_rule.rule, Door.SIGNED_IN)
    if request.path.startswith(f"{feed.ROOT}/"):
        return Door.PROGRAMS
    is_open = declare.is_here(request.path) or account.is_here(request.path)
    return (
        Door.OPEN
        if is_open and request.path not in {account.ME, account.PASSWORD}
        else Door.SIGNED_IN
    )


def undeclared(server: flask.Flask) -> list[str]:
    """Return the addresses that are in no table and whose function has no guard."""
    return sorted(
        {
            rule.rule
            for rule in server.url_map.iter_rules()
            if rule.rule not in DOORS
            and not getattr(server.view_functions[rule.endpoint], "permissions", None)
        }
    )
