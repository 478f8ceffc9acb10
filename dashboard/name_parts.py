"""Names as they are shown for one look: cards with the steps that may follow, under a watermark. Pure.

Nothing of this is in an address, a store of the browser, or a table that can be exported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import html
from dash.development.base_component import Component

from dashboard import controls
from dashboard.tables import aria
from dashboard.text import Say
from liangxin import desk, membership, purposes
from liangxin.committee import Known
from liangxin.days import CHINA
from liangxin.entering import RELATIONS
from liangxin.membership import State

OPEN, PURPOSE, ON, NAMES, CLOSE = (
    "members-open",
    "members-purpose",
    "members-on",
    "members-names",
    "members-close",
)
STEP, STEPS, SAID = "members-step", "members-steps", "members-said"
#: The steps that stand in front: what a candidate needs first is to declare, and that is no step here.
LIKELY = {("confirm",), ("ask",), ("letter_10",), ("arrived",), ("receipt",)}
#: So often a watermark is repeated; what does not fit is cut off.
MARKS = 60


@dataclass(frozen=True, slots=True)
class Look:
    """Who looked, why and when."""

    who: str
    purpose: str
    at: datetime

    def told(self, say: Say) -> dict[str, str]:
        """The three in words."""
        return {
            "who": self.who,
            "at": f"{self.at.astimezone(CHINA):%Y-%m-%d %H:%M}",
            "purpose": say.pair(purposes.PURPOSES[self.purpose]),
        }


def form(today: date, say: Say, *, steps: bool) -> Component:
    """Return what opens the names: the purpose, and the day that steps are recorded on."""
    options = [(name, say.pair(purposes.PURPOSES[name])) for name in purposes.OF_OFFICES]
    chosen = dmc.RadioGroup(
        id=PURPOSE,
        label=say("members.purpose"),
        value=None,  # nobody looks for a purpose that stood there before
        children=dmc.Group([dmc.Radio(label=label, value=name) for name, label in options]),
    )
    button = html.Button(say("members.open"), id=OPEN, type="button", className="members-main")
    day = (
        [controls.day_picker(ON, say("members.on"), today, say, last=today, look="")]
        if steps
        else []
    )
    return html.Div([chosen, *day, button], className="members-form")


def sheet(found: Sequence[Known], look: Look, say: Say, *, steps: bool) -> Component:
    """Return the names of one look, each with its steps if the role may take them."""
    told = look.told(say)
    closed = sum(each.name is None for each in found)
    notes = [html.P(say("members.opened", count=len(found), **told), className="remark")]
    if not found:
        notes.append(html.P(say("members.nobody"), className="sentence"))
    if closed:
        notes.append(html.P(say("members.closed_names", count=closed), className="remark"))
    mark = say("members.watermark", **told)
    return html.Div(
        [
            *notes,
            html.Div([_card(each, say, steps=steps) for each in found], className="members-cards"),
            html.P(
                html.Button(
                    say("members.close"), id=CLOSE, type="button", className="members-plain"
                )
            ),
            html.Div(
                [html.Span(mark) for _ in range(MARKS)],
                className="members-watermark",
                **aria(hidden="true"),
            ),
        ],
        className="members-sheet",
    )


def _card(each: Known, say: Say, *, steps: bool) -> Component:
    state = say.pair(membership.NAMES[State(each.state)])
    head = [
        html.B(each.name or say("members.name_closed"), className="members-name"),
        html.Span(say(f"members.status.{each.status}")),
        html.Span(say("members.since", state=state, on=each.since)),
        html.Span(say("members.number", number=each.id), className="note"),
    ]
    facts = [html.Li(fact) for fact in _facts(each, say)]
    parts = [
        html.P(head, className="members-head"),
        html.Ul(facts, className="aside members-facts"),
    ]
    if steps:
        parts += [
            html.Div(_buttons(each, say), id={"type": STEPS, "n": each.id}),
            html.Div(id={"type": SAID, "n": each.id}, className="members-said"),
        ]
    return html.Article(parts, className="members-card")


def _facts(each: Known, say: Say) -> list[str]:
    said: list[tuple[str, object, dict[str, object]]] = [
        ("receipt", each.receipt, {"receipt": each.receipt}),
        ("hired", each.hired_on, {"on": each.hired_on}),
        ("said", each.relation_said, {"relation": _relation(each.relation_said, say)}),
        ("register", each.relation, {"relation": each.relation}),
        ("expires", each.expires_on, {"on": each.expires_on}),
        ("absent", each.absent_on, {"on": each.absent_on}),
        ("elsewhere", not each.counts, {}),
        ("same", each.same_as, {"number": each.same_as}),
        ("agreed", "transfer" in each.may, {}),
        ("asked", each.transfer == "asked", {}),
        ("letter", each.transfer == "letter", {"on": each.valid_until}),
        ("arrived", each.transfer == "arrived", {}),
    ]
    return [say(f"members.fact.{name}", **values) for name, holds, values in said if holds]


def _relation(code: str | None, say: Say) -> str:
    return say.pair(RELATIONS[code]) if code in RELATIONS else code or ""


def _buttons(each: Known, say: Say) -> list[Component]:
    """The likeliest step as a button; the others one click further away, for they are not taken back."""
    offered = desk.offered(each)
    first, rest = offered[:1], offered[1:]
    if first not in LIKELY:
        first, rest = (), offered
    main = [_button(each.id, step, say, kind="members-main") for step in first]
    others = [_button(each.id, step, say, kind="members-plain") for step in rest]
    more = [
        html.Details(
            [html.Summary(say("members.others")), html.Div(others, className="members-steps")],
            className="members-others",
        )
    ]
    return [html.Div(main, className="members-steps"), *(more if others else [])]


def _button(number: int, step: str, say: Say, *, kind: str) -> Component:
    return html.Button(
        say(f"members.step.{step}"),
        id={"type": STEP, "n": number, "step": step},
        type="button",
        className=kind,
    )
