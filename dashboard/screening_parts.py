"""The parts of the desk at which organisations are screened. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import controls, panels
from dashboard.tables import aria
from dashboard.text import Say
from liangxin.universe import EXITS

if TYPE_CHECKING:
    from liangxin.screening import ToScreen, Waits

LIST, ROWS, AT, SEEN, PLACE = (
    *("screening-list", "screening-rows", "screening-at"),
    *("screening-seen", "screening-place"),
)
STATE, EVIDENCE, DAY, SAVE = (
    "screening-state",
    "screening-evidence",
    "screening-day",
    "screening-save",
)
TOLD, SAVED, TALLY = "screening-told", "screening-saved", "screening-tally"
NAME, ABOUT = "screening-name", "screening-about"
#: Keys and what they do.
KEYS = (
    ("↑ ↓ / K J", "move"),
    ("1–9", "state"),
    ("E", "evidence"),
    ("Enter", "save"),
    ("Esc", "back"),
)


def tally(waits: "Waits", say: Say) -> list[Component]:
    """Return how many count, were never screened and are due, each with its word."""
    numbers = (
        ("counted", waits.counted),
        ("unscreened", waits.unscreened),
        ("due", waits.due),
    )
    return [
        html.Div(
            [html.Dt(say(f"screening.{name}")), html.Dd(str(number), id=f"screening-{name}")],
            className="screening-number",
        )
        for name, number in numbers
    ]


def row(one: "ToScreen", say: Say) -> dict[str, Any]:
    """Return what the browser must know of an organisation, in the words of the page."""
    about = [
        one.uscc,
        *(each for each in (one.community, one.address) if each),
        _standing(one, say),
    ]
    if one.evidence and one.state:
        about.append(say("screening.evidence_was", evidence=one.evidence, by=one.decided_by))
    if one.task_due_on:
        about.append(say("screening.task", on=one.task_due_on))
    return {
        "name": one.name,
        "about": about,
        "state": one.state,
        "word": say.word("state", one.state),
        # That it operated is no evidence for anything else that is found now.
        "evidence": one.evidence if one.state in EXITS else "",
        "seen": one.seen,
    }


def items(rows: "tuple[ToScreen, ...]", say: Say) -> list[Component]:
    """Return the list on the left, one line of it an organisation."""
    return [
        html.Li(
            [
                html.B(one.name),
                html.Span(
                    " · ".join(each for each in (one.community, _standing(one, say)) if each),
                    className="note",
                ),
            ],
            id=f"screening-of-{one.uscc}",
            role="option",
            className="screening-item" + (" screening-task" if one.task_due_on else ""),
            **data(uscc=one.uscc),
        )
        for one in rows
    ]


def data(**attributes: str) -> dict[str, Any]:
    """Return attributes for the code in the browser."""
    return {f"data-{name}": value for name, value in attributes.items()}


def _standing(one: "ToScreen", say: Say) -> str:
    """What is known: nothing, or since when and when somebody looked last."""
    if one.state is None:
        return say("state.none")
    word = say.word("state", one.state)
    if one.confirmed_on is None:
        return word
    return say("screening.looked", state=word, on=one.confirmed_on)


def form(states: Mapping[str, str], today: date, say: Say) -> Component:
    """Return the form beside the list; the browser fills it for whoever is chosen."""
    return html.Section(
        [
            html.H2("", id=NAME),
            html.Ul([], id=ABOUT, className="screening-about note"),
            html.Fieldset(
                [
                    html.Legend(say("screening.state")),
                    dcc.RadioItems(
                        id=STATE,
                        options=[
                            {"label": f"{number} {word}", "value": name}
                            for number, (name, word) in enumerate(states.items(), start=1)
                        ],
                        className="screening-states",
                        labelClassName="screening-choice",
                    ),
                ]
            ),
            html.Label(say("screening.evidence"), htmlFor=EVIDENCE),
            dcc.Textarea(id=EVIDENCE, value="", maxLength=500, rows=2, className="screening-text"),
            html.P(say("screening.evidence_note"), className="note"),
            controls.day_picker(DAY, say("screening.day"), today, say, last=today, look=""),
            html.Button(say("screening.save"), id=SAVE, n_clicks=0, className="action"),
            html.Div(id=TOLD, **aria(live="polite")),
        ],
        className="card screening-form",
    )


def legend(say: Say) -> Component:
    """Return which key does what."""
    told: list[Component] = []
    for keys, what in KEYS:
        told += [html.Kbd(keys), html.Span(say(f"screening.key.{what}"))]
    return html.P(told, className="screening-legend note")


def chips(places: Mapping[str, str], chosen: str, say: Say, *, path: str) -> list[Component]:
    """Return the sub-districts an office may look at; none, if it has but one."""
    if len(places) < 2:
        return []
    links = [
        dcc.Link(
            name,
            href=f"{path}?subdistrict={code}",
            className="chip" + (" chip-chosen" if code == chosen else ""),
        )
        for code, name in places.items()
    ]
    return [html.Nav(links, className="chips", **aria(label=say("table.name")))]


def nobody(say: Say, *, searched: str) -> Component:
    """Return what to do where nobody waits."""
    key = "screening.not_found" if searched else "screening.nobody"
    return panels.section(
        say("screening.title"), html.P(say(key, text=searched), className="sentence")
    )
