"""Forms of the pages of plans: asking for one, locking, deciding. Pure.

Every button is ``{"type": ACT, "do": …}`` and every field ``{"type": FIELD, "name": …}``, so that one
guarded callback a page serves whatever forms a plan's state leaves on it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import html
from dash.development.base_component import Component

from dashboard import panels, plan_parts
from dashboard.controls import CALENDAR
from dashboard.query import FIRST_DAY
from dashboard.text import Say
from liangxin.plans import words
from liangxin.plans.locks import said

if TYPE_CHECKING:
    from liangxin.plans.reading import Shown

ACT, FIELD = "plan-act", "plan-field"
SECONDS = 60
#: Organisations that are offered while somebody types; a code can be typed whatever is offered.
OFFERED = 600


def button(do: str, text: str, *, kind: str = "") -> Component:
    """Return a button that does something."""
    return html.Button(
        text, id={"type": ACT, "do": do}, className=f"plans-button {kind}".strip(), type="button"
    )


def field(name: str) -> dict[str, str]:
    """Return the id of a field."""
    return {"type": FIELD, "name": name}


def ask(
    kinds: Sequence[str], places: Sequence[tuple[str, str]], say: Say, *, whole: bool
) -> Component:
    """Return the form that asks for a plan.

    Args:
        kinds: of plans that this role makes.
        places: code and name of the sub-districts to choose from; of a single one nothing is asked.
        say: texts.
        whole: all of them together may be planned too.
    """
    options = [
        {"value": kind, "label": plan_parts.worded(say, words.KINDS, kind)} for kind in kinds
    ]
    where: list[Component] = []
    if len(places) > 1 or not places:
        data = [{"value": code, "label": name} for code, name in places]
        if whole or not places:
            data.insert(0, {"value": "all", "label": say("plans.all_of_scope")})
        where = [_select("scope", say("plans.scope"), data, data[0]["value"])]
    return html.Div(
        [
            dmc.RadioGroup(
                id=field("kind"),
                label=say("plans.kind"),
                value=kinds[0],
                children=dmc.Group([dmc.Radio(**each) for each in options]),
            ),
            *where,
            _number("seconds", say("plans.seconds"), SECONDS, 1, 600),
            _number("seed", say("plans.seed"), 0, 0, 2**31 - 1),
            dmc.Checkbox(id=field("keep"), label=say("plans.keep"), checked=False),
            button("ask", say("plans.ask"), kind="plans-main"),
        ],
        className="plans-form",
    )


def decide(shown: "Shown", today: date, say: Say) -> list[Component]:
    """Return what can be decided of a plan where it stands."""
    state = shown.plan.state
    parts: list[Component] = []
    if state == "proposed":
        told = html.P(say("plan.approve_hint"), className="note")
        parts.append(_line(button("approve", say("plan.approve"), kind="plans-main"), told))
    if state == "approved":
        day = dmc.DatePickerInput(
            id=field("on"),
            label=say("plan.apply_on"),
            value=max(today, shown.plan.as_of).isoformat(),
            valueFormat="YYYY-MM-DD",
            monthLabelFormat=say("calendar.month_format"),
            yearLabelFormat=say("calendar.year_format"),
            minDate=max(
                FIRST_DAY, shown.plan.as_of, shown.plan.decided_on or FIRST_DAY
            ).isoformat(),
            maxDate=max(today, shown.plan.as_of).isoformat(),
            clearable=False,
            allowDeselect=False,
            w=160,
            ariaLabels={name: say(key) for name, key in CALENDAR.items()},
        )
        more = (
            [dmc.TextInput(id=field("approval"), label=say("plan.approval"), w=220)]
            if shown.plan.kind == "branches"
            else []
        )
        parts.append(_line(day, *more, button("apply", say("plan.apply"), kind="plans-main")))
    if state in {"proposed", "approved"}:
        sure = dmc.Checkbox(id=field("sure"), label=say("plan.drop_sure"), checked=False)
        parts.append(_line(sure, button("drop", say("plan.drop"))))
    return [panels.section(say("plan.decide"), *parts)] if parts else []


def edit(shown: "Shown", say: Say) -> list[Component]:
    """Return what can be locked or moved by hand, of a plan that is not over."""
    plan = shown.plan
    if plan.state == "dropped" or (plan.kind == "branches" and plan.state not in _OPEN):
        return []
    form = _edit_pairs(shown, say) if plan.kind == "instructors" else _edit_groups(shown, say)
    return [
        panels.section(
            say("plan.edit"),
            html.P(say("plan.edit_hint"), className="note"),
            *form,
            html.Div(locks(shown, say), id=LOCKS),
            _line(
                _number("seconds", say("plans.seconds"), SECONDS, 1, 600),
                button("again", say("plan.again"), kind="plans-main"),
            ),
        )
    ]


_OPEN = frozenset({"proposed", "approved"})
LOCKS = "plan-locks"


def locks(shown: "Shown", say: Say) -> list[Component]:
    """Return the locks that hold, and a way to remove one."""
    if not shown.locks:
        return [html.P(say("plan.no_locks"), className="note")]
    later = (
        [panels.remark(say("plan.locks_later", number=shown.later))]
        if shown.later and shown.plan.state in _OPEN
        else []
    )
    lines = [
        html.Li(say("plan.lock_line", lock=lock.id, says=say.pair(said(lock)), by=lock.by))
        for lock in shown.locks[: plan_parts.MOST]
    ]
    data = [
        {"value": str(lock.id), "label": f"{lock.id} {say.pair(said(lock))}"}
        for lock in shown.locks
    ]
    return [
        *later,
        html.H3(say("plan.locks", number=len(shown.locks))),
        html.Ul(lines, className="plain plans-locks"),
        *plan_parts.more(len(shown.locks) - plan_parts.MOST, say),
        _line(_select("lock", say("plan.lock"), data, None), button("unlock", say("plan.unlock"))),
    ]


def _edit_pairs(shown: "Shown", say: Say) -> list[Component]:
    people = [
        {"value": str(each.id), "label": say("plan.person", name=each.name, number=each.in_all)}
        for each in shown.loads
    ]
    says = [
        {"value": "must", "label": say("plan.must")},
        {"value": "never", "label": say("plan.never")},
    ]
    return [
        _line(
            _organisation(shown, say),
            _select("says", say("plan.says"), says, "must"),
            _select("instructor", say("plan.instructor"), people, None),
            button("pair", say("plan.lock_it")),
        )
    ]


def _edit_groups(shown: "Shown", say: Say) -> list[Component]:
    joined: dict[int, str | None] = {
        row.group_number: row.party_organisation
        for row in shown.items
        if row.group_number is not None
    }
    some: list[dict[str, Any]] = [
        {
            "value": str(number),
            "label": say("plan.group_new", number=number)
            if joins is None
            else say("plan.group_joins", number=number, name=joins),
        }
        for number, joins in joined.items()
    ]
    alone = {"value": "alone", "label": say("plan.alone")}
    return [
        _line(
            _organisation(shown, say),
            _select("target", say("plan.target"), [*some, alone], None),
            button("move", say("plan.move")),
        ),
        _line(
            _select("group", say("plan.group"), some, None),
            button("lock_group", say("plan.lock_group")),
        ),
    ]


def _organisation(shown: "Shown", say: Say) -> Component:
    planned = sorted(shown.items, key=lambda row: row.left_over is not None)
    names = [f"{row.organisation} {row.uscc}" for row in planned[:OFFERED]]
    box: Component = dmc.Autocomplete(
        id=field("organisation"),
        label=say("plan.organisation"),
        placeholder=say("plan.organisation_hint"),
        data=list(dict.fromkeys(names)),
        limit=20,
        value="",
        w=360,
    )
    return box


def _select(
    name: str, label: str, data: Sequence[Mapping[str, str]], value: str | None
) -> Component:
    box: Component = dmc.Select(
        id=field(name),
        label=label,
        data=list(data),
        value=value,
        searchable=len(data) > 8,
        allowDeselect=False,
        w=240,
    )
    return box


def _number(name: str, label: str, value: int, least: int, most: int) -> Component:
    box: Component = dmc.NumberInput(
        id=field(name), label=label, value=value, min=least, max=most, allowDecimal=False, w=120
    )
    return box


def _line(*parts: Component) -> Component:
    return html.Div(list(parts), className="plans-line")


def fields_of(values: Any, checked: Any, ids: Any) -> dict[str, Any]:
    """Return what stood in the fields of a page, by name; of nonsense nothing."""
    if not all(isinstance(each, list) for each in (values, checked, ids)):
        return {}
    found: dict[str, Any] = {}
    for name, value, tick in zip(ids, values, checked, strict=False):
        if isinstance(name, dict) and isinstance(name.get("name"), str):
            found[name["name"]] = tick if value is None else value
    return found
