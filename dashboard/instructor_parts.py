"""Instructors as their committee keeps them: a list, and forms for one and for many. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import controls, tables
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin.instructors import KINDS
from liangxin.pasted_instructors import APART, HEADS, NO, YES, Places

if TYPE_CHECKING:
    from datetime import date

    from liangxin.instructors import Sent
    from liangxin.visits import Carried

ACT, FIELD = "instructors-act", "instructors-field"
ON, LINES = "instructors-on", "instructors-lines"
#: Lines of the list; who comes later is counted, and found by sub-district.
MOST = 200
_SWITCHES = ("is_district_wide", "is_willing")
_COUNTS = ("capacity", "hours")


def field(name: str) -> dict[str, str]:
    """Return the id of a field."""
    return {"type": FIELD, "name": name}


def button(do: str, text: str, *, kind: str = "plans-main") -> Component:
    """Return a button that does something."""
    return html.Button(
        text, id={"type": ACT, "do": do}, className=f"plans-button {kind}", type="button"
    )


def day(today: "date", say: Say) -> Component:
    """Return from which day on what is written holds."""
    return controls.day_picker(ON, say("instructors.on"), today, say, last=today, look="")


def one(places: Places, say: Say, here: str) -> Component:
    """Return the form that takes one person on, who works in the sub-district ``here`` unless changed."""
    where = (
        [_select("subdistrict_code", places.subdistricts, say, here)]
        if len(places.subdistricts) > 1
        else []
    )
    kinds = {code: say.pair(pair) for code, pair in KINDS.items()}
    return html.Div(
        [
            dmc.TextInput(id=field("name"), label=_label("name", say), w=160),
            _select("kind", kinds, say, "community_cadre"),
            *where,
            *offer(None, places, say),
            button("add", say("instructors.add")),
        ],
        className="plans-form",
    )


def edit(who: "Sent", places: Places, today: "date", say: Say, *, save: str) -> Component:
    """Return the form that corrects one person; what is changed holds from the day chosen on."""
    kinds = {code: say.pair(pair) for code, pair in KINDS.items()}
    return html.Div(
        [
            dmc.TextInput(id=field("name"), label=_label("name", say), value=who.name, w=160),
            _select("kind", kinds, say, who.kind),
            *offer(who, places, say),
            day(today, say),
            html.Button(
                say("instructors.save"), id=save, className="plans-button plans-main", type="button"
            ),
        ],
        className="plans-form",
    )


def offer(who: "Sent | None", places: Places, say: Say) -> list[Component]:
    """Return the fields of what somebody can take on: as it is, or as is usual."""
    said: Mapping[str, Any] = {} if who is None else {n: getattr(who, n) for n in _FIELDS}
    inside = places.communities
    if who is not None:
        inside = {c: n for c, n in inside.items() if c.startswith(who.subdistrict_code)}
    return [
        *(
            dmc.NumberInput(
                id=field(name), label=_label(name, say), value=said.get(name) or "",
                min=0, max=999, allowDecimal=False, w=110,
                description=say("instructors.usual") if name == "capacity" else None,
            )
            for name in _COUNTS
        ),
        _select("community_code", inside, say, said.get("community_code"), clearable=True),
        dmc.TextInput(
            id=field("place"), label=_label("place", say), value=said.get("place") or "", w=160
        ),
        dmc.TextInput(
            id=field("sectors"), label=_label("sectors", say),
            value=APART.join(said.get("sectors") or ()), w=200,
        ),
        *(
            dmc.Checkbox(
                id=field(name), label=say(f"instructors.{name}"),
                checked=said.get(name, name == "is_willing"),
            )
            for name in _SWITCHES
        ),
    ]  # fmt: skip


_FIELDS = (*_COUNTS, "community_code", "place", "sectors", *_SWITCHES)


def cells(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return what stood in a form's fields, as a sheet would say it."""
    found: dict[str, str] = {}
    for name in HEADS:
        value = fields.get(name)
        if isinstance(value, bool):
            found[name] = YES if value else NO
        elif isinstance(value, float) and value.is_integer():
            found[name] = str(int(value))
        elif isinstance(value, str | int | float) or (value is None and name in fields):
            found[name] = "" if value is None else str(value)
    return found


def many(say: Say) -> Component:
    """Return where lines of a sheet are pasted."""
    heads = APART.join(_label(name, say) for name in HEADS)
    return html.Details(
        [
            html.Summary(say("instructors.many")),
            html.P(say("instructors.many_how", heads=heads), className="note"),
            html.P(html.A(say("instructors.template"), href=TEMPLATE, className="files-link")),
            dmc.Textarea(
                id=LINES, label=say("instructors.lines"), autosize=True, minRows=5, maxRows=16
            ),
            html.P(button("paste", say("instructors.take"))),
        ],
        className="instructors-many",
    )


TEMPLATE = "/instructors/template.xlsx"


def ways(
    counts: Sequence[tuple[str, str, int]], chosen: str, say: Say, address: Callable[[str], str]
) -> list[Component]:
    """Return the sub-districts that have instructors as links that narrow; of a single one none."""
    if len(counts) < 2 and not chosen:
        return []
    told = [("", say("instructors.everywhere"), sum(number for *_, number in counts)), *counts]
    links = [
        dcc.Link(
            say("lists.place", name=name, number=number),
            href=address(code),
            className="chip" + (" chip-chosen" if code == chosen else ""),
        )
        for code, name, number in told
    ]
    return [html.Nav(links, className="chips", **tables.aria(label=say("instructors.everywhere")))]


def table(
    some: "Sequence[Sent]",
    places: Places,
    load: int,
    say: Say,
    address: Callable[[int], str],
) -> list[Component]:
    """Return the people with what they can take on and have; each name leads to its own page."""
    if not some:
        return [html.P(say("instructors.nobody"), className="sentence")]
    names = ("name", "kind", "where", "has", "sectors", "willing")
    rows: list[Sequence[Cell]] = [
        [
            dcc.Link(each.name, href=address(each.id)),
            kind(each, say),
            where(each, places, say),
            f"{each.organisations}/{load if each.capacity is None else each.capacity}",
            say("visits.and").join(each.sectors),
            say("visits.willing" if each.is_willing else "visits.unwilling"),
        ]
        for each in some[:MOST]
    ]
    heads = [say(f"instructors.column.{name}") for name in names]
    left = len(some) - MOST
    more = [html.P(say("plan.more", number=left), className="note")] if left > 0 else []
    return [tables.sheet(heads, rows, say, numbers={3}), *more]


def kind(each: "Sent", say: Say) -> str:
    """Return who somebody is, in a word."""
    return say.pair(KINDS.get(each.kind, (each.kind, each.kind)))


def where(each: "Sent", places: Places, say: Say) -> str:
    """Return where somebody works: community and building as far as known."""
    known = places.subdistricts.get(each.subdistrict_code, each.subdistrict_code)
    told = [known]
    if each.community_code:
        told.append(places.communities.get(each.community_code, each.community_code))
    if each.place:
        told.append(each.place)
    if each.is_district_wide:
        told.append(say("instructors.wide"))
    return " ".join(told)


def carried(
    some: "Sequence[Carried]", say: Say, address: Callable[["Carried"], str]
) -> list[Component]:
    """Return the organisations that somebody looks after."""
    if not some:
        return [html.P(say("instructors.none"), className="sentence")]
    return [
        html.Ul(
            [
                html.Li(
                    [
                        dcc.Link(each.organisation, href=address(each)),
                        html.Span(say("instructors.since", on=each.days[0]), className="aside"),
                    ]
                )
                for each in some
            ]
        )
    ]


def _label(name: str, say: Say) -> str:
    return say.pair(HEADS[name])


def _select(
    name: str, data: Mapping[str, str], say: Say, value: str | None, *, clearable: bool = False
) -> Component:
    box: Component = dmc.Select(
        id=field(name),
        label=_label(name, say),
        data=[{"value": code, "label": told} for code, told in data.items()],
        value=value,
        searchable=len(data) > 8,
        allowDeselect=clearable,
        clearable=clearable,
        w=190,
    )
    return box
