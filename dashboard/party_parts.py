"""A Party organisation with its units, and the forms for what changes of it. Pure."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import controls, panels, tables
from dashboard.tables import Cell
from dashboard.text import Say

if TYPE_CHECKING:
    from liangxin.party_changes import Formed

ACT, FIELD = "party-act", "party-field"


def field(name: str) -> dict[str, str]:
    """Return the id of a field."""
    return {"type": FIELD, "name": name}


def about(formed: "Formed", say: Say) -> Component:
    """Return what is known of it; who leads it, nobody is told here."""
    led = "terms.filled" if formed.has_secretary else "terms.vacant"
    pairs = [
        (say("terms.column.level"), say.word("level", formed.level)),
        (say("party.since"), str(formed.since)),
        (say("party.place"), formed.place or say("party.no_place")),
        (
            say("terms.column.secretary"),
            say(led) if formed.elected_on else say("terms.unknown"),
        ),
        (say("terms.column.elected"), str(formed.elected_on or say("terms.unknown"))),
        (say("terms.column.due"), str(formed.due_on or say("terms.unknown"))),
    ]
    return html.Dl(
        [part for name, value in pairs for part in (html.Dt(name), html.Dd(value))],
        className="facts",
    )


def units(formed: "Formed", say: Say, *, address: Callable[[str], str]) -> Component:
    """Return the organisations it covers, each with a link to its page."""
    if not formed.units:
        return html.P(say("party.no_units"), className="sentence")
    rows: list[Sequence[Cell]] = [
        [
            dcc.Link(each.name, href=address(each.uscc)),
            each.uscc,
            say.word("covering", each.mode),
            str(each.since),
        ]
        for each in formed.units
    ]
    heads = [say(f"party.column.{name}") for name in ("unit", "code", "mode", "since")]
    return html.Div([tables.sheet(heads, rows, say)])


def forms(formed: "Formed", today: date, say: Say) -> list[Component]:
    """Return the forms of whoever decides: a unit left, an election, a place, the end."""
    offered = [{"value": each.uscc, "label": f"{each.name} {each.uscc}"} for each in formed.units]
    leave = _line(
        dmc.Select(id=field("unit"), label=say("party.unit"), data=offered, searchable=True, w=360),
        _day("left_on", say("party.left_on"), today, say),
        _button("leave", say("party.leave")),
    )
    elect = _line(
        _day("elected_on", say("party.elected_on"), today, say),
        dmc.TextInput(
            id=field("secretary"), label=say("party.secretary"),
            description=say("party.secretary_hint"), w=240,
        ),
        _button("elect", say("party.elect")),
    )  # fmt: skip
    serve = _line(
        dmc.TextInput(id=field("place"), label=say("party.place_named"), value=formed.place or "", w=240),
        _button("serve", say("party.serve")),
    )  # fmt: skip
    end = _line(
        _day("dissolved_on", say("party.dissolved_on"), today, say),
        dmc.Checkbox(id=field("sure"), label=say("party.sure"), checked=False),
        _button("dissolve", say("party.dissolve")),
    )
    return [
        *([panels.section(say("party.leaving"), leave)] if offered else []),
        panels.section(say("party.electing"), elect),
        panels.section(
            say("party.serving"), html.P(say("party.serving_hint"), className="note"), serve
        ),
        panels.section(
            say("party.dissolving"), html.P(say("party.dissolving_hint"), className="note"), end
        ),
    ]


def _day(name: str, label: str, today: date, say: Say) -> Component:
    return controls.day_picker(field(name), label, today, say, last=today, look="")


def _button(do: str, text: str) -> Component:
    return html.Button(text, id={"type": ACT, "do": do}, className="plans-button", type="button")


def _line(*parts: Component) -> Component:
    return html.Div(list(parts), className="plans-line")
