"""Addresses to be placed as cards, and what was decided as a table. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import tables
from dashboard.tables import Cell, aria
from dashboard.text import Say

if TYPE_CHECKING:
    from liangxin.locations import Candidate, Decided, Entry

#: Kinds of ids that callbacks listen to.
CHOOSE, OTHER, TOWN, WITHDRAW = "locate-choose", "locate-other", "locate-town", "locate-withdraw"


def card(entry: "Entry", choices: Sequence[tuple[str, str]], say: Say) -> Component:
    """Return an entry as a card: what it is, what speaks for which sub-district, and the choice.

    Args:
        entry: of the queue.
        choices: the sub-districts in the visitor's scope, code and name.
        say: the texts.
    """
    mine = {code for code, _ in choices}
    return html.Article(
        [
            html.Header(
                [
                    html.Span(say.word("locate.kind", entry.kind), className="locate-kind"),
                    html.H3(entry.pattern),
                    html.Span(
                        say("locate.organisations", count=entry.organisations),
                        className="locate-count",
                    ),
                ],
                className="locate-head",
            ),
            html.Ul([html.Li(each) for each in entry.addresses], className="locate-samples"),
            *_candidates(entry, mine, say),
            _other(entry, choices, say),
        ],
        className="locate-card",
        tabIndex=0,
        **aria(label=entry.pattern),
    )


def _candidates(entry: "Entry", mine: set[str], say: Say) -> list[Component]:
    if not entry.candidates:
        return [html.P(say("locate.unknown"), className="note")]
    rows = [
        _candidate(entry, each, number, say, offered=each.code in mine)
        for number, each in enumerate(entry.candidates, start=1)
    ]
    return [html.Ol(rows, className="locate-candidates")]


def _candidate(
    entry: "Entry", candidate: "Candidate", number: int, say: Say, *, offered: bool
) -> Component:
    """A candidate; one that is outside the visitor's scope is told and not offered."""
    name = say("locate.choose", name=candidate.name)
    choice: Component = html.Span(name, className="locate-outside")
    if offered:
        choice = html.Button(
            [html.Kbd(str(number)), f" {name}"],
            id={"type": CHOOSE, "entry": entry.id, "code": candidate.code},
            className="locate-button",
            n_clicks=0,
        )
    return html.Li(
        [choice, html.Span(say.pair((candidate.zh, candidate.en)), className="locate-evidence")]
    )


def _other(entry: "Entry", choices: Sequence[tuple[str, str]], say: Say) -> Component:
    """Any other sub-district in scope, to be chosen from a list and then confirmed."""
    known = {each.code for each in entry.candidates}
    rest = [{"label": name, "value": code} for code, name in choices if code not in known]
    if not rest:
        return html.Span()
    return html.Div(
        [
            dcc.Dropdown(
                id={"type": TOWN, "entry": entry.id},
                options=rest,
                placeholder=say("locate.other"),
                className="locate-town",
            ),
            html.Button(
                say("locate.confirm"),
                id={"type": OTHER, "entry": entry.id},
                className="locate-button locate-confirm",
                n_clicks=0,
                **aria(label=f"{say('locate.confirm')} {entry.pattern}"),
            ),
        ],
        className="locate-rest",
    )


def decisions(rows: "Sequence[Decided]", say: Say) -> Component:
    """Return what was decided, the newest first, each with a way back."""
    if not rows:
        return html.P(say("locate.decisions_none"), className="note")
    heads = [say(f"locate.decision.{each}") for each in ("what", "town", "by", "on", "count")]
    told: list[Sequence[Cell]] = [
        [
            *(each.pattern, each.subdistrict, each.decided_by, each.from_on.isoformat()),
            *(str(each.organisations), _undo(each, say)),
        ]
        for each in rows
    ]
    return tables.sheet([*heads, say("locate.decision.undo")], told, say, numbers={4})


def _undo(decided: "Decided", say: Say) -> Component:
    return html.Button(
        say("locate.decision.undo"),
        id={"type": WITHDRAW, "decision": decided.id},
        className="locate-button",
        n_clicks=0,
        **tables.aria(label=say("locate.decision.undo_label", pattern=decided.pattern)),
    )
