"""Assignments and visits as an instructor's phone shows them. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import controls, tables
from dashboard.controls import CALENDAR
from dashboard.query import FIRST_DAY
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin.instructors import KINDS as INSTRUCTORS

if TYPE_CHECKING:
    from liangxin.instructors import Sent
    from liangxin.visits import Carried

#: Cards of a page; what is more was seen later, and is counted.
MOST = 60
Words = Mapping[str, tuple[str, str]]


def counts(
    some: "Sequence[Carried]", kinds: Words, say: Say, *, address: Callable[[str], str], chosen: str
) -> Component:
    """Return how many assignments there are and how many are late, each a link that narrows."""
    overdue = [one for one in some if one.late]
    late = Counter([each.what for one in overdue for each in one.late])
    told = [("", say("visits.all"), len(some)), ("late", say("visits.late"), len(overdue))]
    told += [(kind, say.pair(pair), late[kind]) for kind, pair in kinds.items()]
    links = [
        dcc.Link(
            [html.B(str(number)), html.Span(name)],
            href=address(kind),
            className="visits-count"
            + (" visits-chosen" if kind == chosen else "")
            + (" visits-late" if kind and number else ""),
        )
        for kind, name, number in told
    ]
    return html.Nav(links, className="visits-counts", **tables.aria(label=say("visits.title")))


def cards(
    some: "Sequence[Carried]", kinds: Words, say: Say, *, address: Callable[["Carried"], str]
) -> list[Component]:
    """Return assignments as cards, each a link to where a visit is logged."""
    found = [_card(each, kinds, say, address(each)) for each in some[:MOST]]
    left = len(some) - len(found)
    more = [html.P(say("visits.more", number=left), className="note")] if left > 0 else []
    return [html.Div(found, className="visits-cards"), *more]


def _card(each: "Carried", kinds: Words, say: Say, address: str) -> Component:
    return dcc.Link(
        [
            html.B(each.organisation),
            html.Span(say("visits.by", name=each.instructor), className="visits-who"),
            html.Span(last(each, say), className="visits-last"),
            *(
                html.Span(
                    say("visits.over", what=say.pair(kinds[late.what]), days=late.days_over),
                    className="visits-over",
                )
                for late in each.late
            ),
        ],
        href=address,
        className="visits-card" + (" visits-card-late" if each.late else ""),
    )


def last(each: "Carried", say: Say) -> str:
    """Return when somebody was there last."""
    since, visit, _ = each.days
    return say("visits.never", since=since) if visit is None else say("visits.last", on=visit)


def standing(each: "Carried", kinds: Words, say: Say) -> Component:
    """Return what is known of one assignment."""
    since, visit, talk = each.days
    pairs: list[tuple[str, Cell]] = [
        (say("visits.instructor"), each.instructor),
        (say("visits.since"), str(since)),
        (say("visits.last_visit"), say("visits.none_yet") if visit is None else str(visit)),
        (say("visits.last_talk"), say("visits.none_yet") if talk is None else str(talk)),
    ]
    late = "; ".join(
        say("visits.over", what=say.pair(kinds[one.what]), days=one.days_over) for one in each.late
    )
    status = html.Span(late, className="plans-late") if late else say("visits.in_time")
    pairs.append((say("visits.status"), status))
    if each.address:
        pairs.append((say("column.address"), each.address))
    return html.Dl(
        [part for name, value in pairs for part in (html.Dt(name), html.Dd(value))],
        className="facts",
    )


def form(kinds: Words, notes: Words, today: date, say: Say) -> Component:
    """Return the form that logs a visit: the day is today's, the kind a visit, unless changed."""
    return html.Div(
        [
            dmc.SegmentedControl(
                id="visit-kind",
                data=[{"value": kind, "label": say.pair(pair)} for kind, pair in kinds.items()],
                value=next(iter(kinds)),
                size="md",
                fullWidth=True,
            ),
            dmc.DatePickerInput(
                id="visit-on",
                label=say("visits.on"),
                value=today.isoformat(),
                valueFormat="YYYY-MM-DD",
                monthLabelFormat=say("calendar.month_format"),
                yearLabelFormat=say("calendar.year_format"),
                minDate=FIRST_DAY.isoformat(),
                maxDate=today.isoformat(),
                clearable=False,
                allowDeselect=False,
                size="md",
                ariaLabels={name: say(key) for name, key in CALENDAR.items()},
            ),
            dmc.RadioGroup(
                id="visit-note",
                label=say("visits.note"),
                description=say("visits.note_hint"),
                value=next(iter(notes)),
                children=html.Div(
                    [
                        dmc.Radio(value=note, label=say.pair(pair), size="md")
                        for note, pair in notes.items()
                    ],
                    className="visits-notes",
                ),
            ),
            html.Button(
                say("visits.save"), id="visit-save", type="button", className="visits-save"
            ),
        ],
        className="visits-form",
    )


def pair(words: Words, say: Say, *, word: str, button: str) -> Component:
    """Return the form that says what holds between an instructor and an organisation."""
    return html.Div(
        [
            dmc.Select(
                id=word,
                label=say("visits.word"),
                description=say("visits.pair_hint"),
                data=[{"value": one, "label": say.pair(told)} for one, told in words.items()],
                value=next(iter(words)),
                allowDeselect=False,
                w=320,
            ),
            html.Button(say("visits.say"), id=button, type="button", className="plans-button"),
        ],
        className="plans-form",
    )


def end(today: date, say: Say, *, on: str, sure: str, button: str) -> Component:
    """Return the form that ends an assignment."""
    return html.Div(
        [
            controls.day_picker(on, say("visits.end_on"), today, say, last=today, look=""),
            dmc.Checkbox(id=sure, label=say("visits.end_sure"), checked=False),
            html.Button(say("visits.end"), id=button, type="button", className="plans-button"),
        ],
        className="plans-form",
    )


def people(
    some: "Sequence[Sent]", words: Mapping[int, Mapping[str, int]], load: int, say: Say
) -> Component:
    """Return the instructors with what they have, can take on and agreed to."""
    if not some:
        return html.P(say("visits.nobody"), className="sentence")
    heads = [say(f"visits.person.{name}") for name in ("name", "kind", "has", "most", "said")]
    rows: list[Sequence[Cell]] = [
        [
            each.name,
            say.pair(INSTRUCTORS.get(each.kind, (each.kind, each.kind))),
            str(each.organisations),
            str(load if each.capacity is None else each.capacity),
            _said(each, words.get(each.id, {}), say),
        ]
        for each in some[:MOST]
    ]
    table = tables.sheet(heads, rows, say, numbers={2, 3})
    left = len(some) - MOST
    more = [html.P(say("plan.more", number=left), className="note")] if left > 0 else []
    return html.Div([table, *more])


def _said(each: "Sent", words: Mapping[str, int], say: Say) -> str:
    if not each.is_willing:
        return say("visits.unwilling")
    refused = sum(words.get(word, 0) for word in ("person_declined", "organisation_declined"))
    told = [say("visits.willing")]
    if words.get("agreed"):
        told.append(say("visits.agreed", number=words["agreed"]))
    if refused:
        told.append(say("visits.declined", number=refused))
    if words.get("tie"):
        told.append(say("visits.tie", number=words["tie"]))
    return say("visits.and").join(told)
