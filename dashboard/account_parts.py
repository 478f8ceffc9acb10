"""Accounts as administrators see them: the table, one account's facts, and the fields of a scope."""

from collections.abc import Sequence
from datetime import date, datetime

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import admin_parts
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin.access import Role
from liangxin.accounts import Known
from liangxin.administering import is_waiting
from liangxin.days import china_day

#: After so many days unused an account is about to be disabled.
LONG_UNUSED = 60


def state(account: Known, say: Say, *, now: datetime) -> Component:
    """Return how an account stands."""
    if account.state == "disabled":
        return admin_parts.badge(say("admin.state.disabled"))
    if is_waiting(account):
        return admin_parts.badge(say("admin.state.waiting"), "waits")
    if account.locked_until is not None and account.locked_until > now:
        return admin_parts.badge(
            say("admin.state.locked", until=admin_parts.moment(account.locked_until, say)), "bad"
        )
    if account.state == "invited":
        return admin_parts.badge(say("admin.state.invited"), "waits")
    return admin_parts.badge(say("admin.state.active"), "good")


def scope(account: Known, names: dict[str, str], say: Say) -> str:
    """Return the places of an account by name."""
    if not account.scope:
        return say("account.whole")
    return say("admin.list").join(names.get(code, code) for code in account.scope)


def table(
    accounts: Sequence[Known], names: dict[str, str], say: Say, *, path: str, now: datetime
) -> Component:
    """Return the accounts, each linked to what can be done about it."""
    keys = ("name", "role", "scope", "state", "factor", "seen")
    rows: list[Sequence[Cell]] = [
        [
            dcc.Link(each.name, href=admin_parts.address(path, account=each.name)),
            say.word("role", each.role),
            admin_parts.words(scope(each, names, say)),
            state(each, say, now=now),
            factor(each, say),
            seen(each, say, today=china_day(now)),
        ]
        for each in accounts
    ]
    heads = [say(f"admin.account.{key}") for key in keys]
    return admin_parts.table("accounts", heads, rows, say)


def factor(account: Known, say: Say) -> str:
    """Return whether the second factor is set."""
    return say("admin.factor.set" if account.has_second_factor else "admin.factor.none")


def seen(account: Known, say: Say, *, today: date) -> str:
    """Return when an account was last used, and that it is about to be disabled for that."""
    days = (today - account.seen_on).days
    if account.state == "active" and days > LONG_UNUSED:
        return say("admin.account.unused", on=account.seen_on, days=days)
    return str(account.seen_on)


def facts(account: Known, names: dict[str, str], say: Say, *, now: datetime) -> Component:
    """Return one account under the names of its facts."""
    return admin_parts.facts(
        [
            (say("admin.account.name"), account.name),
            (say("admin.account.role"), say.word("role", account.role)),
            (say("admin.account.scope"), scope(account, names, say)),
            (say("admin.account.state"), state(account, say, now=now)),
            (say("admin.account.granted_by"), account.granted_by or say("admin.account.nobody")),
            (say("admin.account.factor"), factor(account, say)),
            (say("admin.account.seen"), seen(account, say, today=china_day(now))),
            (say("admin.account.made"), admin_parts.moment(account.made_at, say)),
        ]
    )


def role_field(name: str, chosen: Role | None, say: Say) -> Component:
    """Return the choice of a role."""
    field: Component = dmc.Select(
        id=name,
        label=say("admin.account.role"),
        data=[{"value": role.value, "label": say.word("role", role)} for role in Role],
        value=chosen,
        allowDeselect=False,
        className="admin-field",
    )
    return field


def scope_field(name: str, chosen: Sequence[str], places: dict[str, str], say: Say) -> Component:
    """Return the choice of places; a code that is not in the register can be typed."""
    field: Component = dmc.TagsInput(
        id=name,
        label=say("admin.account.scope"),
        description=say("admin.account.scope_hint"),
        data=[spelled(code, place) for code, place in places.items()],
        value=[spelled(code, places.get(code, "")) for code in chosen],
        limit=50,
        maxDropdownHeight=260,
        clearable=True,
        className="admin-field admin-field-wide",
    )
    return field


def spelled(code: str, name: str) -> str:
    """Return a place as it is chosen: code and name."""
    return f"{code} {name}".strip()


def codes(chosen: object) -> list[str]:
    """Return the codes of what was chosen or typed; of nonsense, nothing."""
    if not isinstance(chosen, list):
        return []
    return [str(each).split()[0] for each in chosen if str(each).split()]


def button(name: str, text: str) -> Component:
    """Return a button that does something."""
    return html.Button(text, id=name, type="button", className="admin-button")
