"""Party organisations with their terms and what is due of them. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import member_parts, tables
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import suppression
from liangxin.suppression import Between
from liangxin.triggers import TRIGGERS, Ends, Standing

#: More are counted and not drawn.
MOST = 60
#: From such a number on no organisation can be told from "many".
_ENDLESS = 1_000_000
#: What the overview counts.
COUNTED = ("parties", "over", "ending")
Judged = Sequence[tuple[Standing, tuple[str, ...]]]


def chips(found: Judged, chosen: str, say: Say, address: Callable[[str], str]) -> Component:
    """Return every trigger that some Party organisation has, with how many, as links that narrow."""
    counts = {name: sum(name in due for _, due in found) for name in TRIGGERS}
    told = [("", say("terms.all"), len(found))]
    told += [
        (name, say.pair(TRIGGERS[name]), number)
        for name, number in counts.items()
        if number or name == chosen
    ]
    links = [
        dcc.Link(
            say("lists.place", name=title, number=number),
            href=address(name),
            className="chip" + (" chip-chosen" if name == chosen else ""),
        )
        for name, title, number in told
    ]
    return html.Nav(links, className="chips", **tables.aria(label=say("terms.column.todo")))


def overview(
    found: Sequence[Ends], names: Mapping[str, str], say: Say, address: Callable[[str], str]
) -> Component:
    """Return the sub-districts with how many Party organisations they have, and terms that end."""
    columns = {name: say(f"terms.column.{name}") for name in ("subdistrict", *COUNTED)}
    rows: list[Mapping[str, Cell]] = [
        {
            "subdistrict": dcc.Link(
                names.get(each.subdistrict_code, each.subdistrict_code),
                href=address(each.subdistrict_code),
            ),
            "parties": str(each.parties),
            "over": str(each.over),
            "ending": str(each.ending),
        }
        for each in found
    ]
    return member_parts.sheet("subdistricts", columns, rows, say, numbers=COUNTED)


def table(found: Judged, today: date, say: Say) -> list[Component]:
    """Return Party organisations of a sub-district as a table."""
    names = ("party", "level", "units", "full", "secretary", "elected", "due", "todo")
    columns = {name: say(f"terms.column.{name}") for name in names}
    rows: list[Mapping[str, Cell]] = [
        {
            "party": dcc.Link(each.name, href=f"/parties/{each.id}"),
            "level": say.word("level", each.level),
            "units": str(each.units),
            "full": _people(each.full_members, say),
            "secretary": _secretary(each, say),
            "elected": say("terms.unknown") if each.elected_on is None else str(each.elected_on),
            "due": _end(each, due, today, say),
            "todo": _todo(due, say),
        }
        for each, due in found[:MOST]
    ]
    sheet = member_parts.sheet("terms", columns, rows, say, numbers=("units", "full"))
    left = len(found) - len(rows)
    more = [html.P(say("terms.more", count=left), className="note")] if left else []
    return [sheet, *more]


def _people(range_: Between | None, say: Say) -> str:
    """A range as it may be told; of a band without an upper end from where on."""
    if range_ is None:
        return say("number.unknown")
    if range_.high >= _ENDLESS:
        return f"{range_.low}+"
    return str(suppression.text(range_))


def _secretary(each: Standing, say: Say) -> str:
    """Whether there is one: who it is would be a person read without a purpose."""
    if each.has_secretary:
        return say("terms.filled")
    return say("terms.vacant") if each.has_term else say("terms.unknown")


def _end(each: Standing, due: Sequence[str], today: date, say: Say) -> Cell:
    if each.due_on is None:
        return say("terms.unknown")
    days = (each.due_on - today).days
    if "term_over" in due:
        told = say("terms.over", on=each.due_on, days=-days)
        return html.Span(told, className="members-late")
    if "term_ending" in due:
        return say("terms.soon", on=each.due_on, days=days)
    return str(each.due_on)


def _todo(due: Sequence[str], say: Say) -> Cell:
    if not due:
        return html.Span(say("terms.fine"), className="note")
    return html.Ul(
        [
            html.Li(
                [
                    html.B(say.pair(TRIGGERS[name])),
                    html.Span(say(f"terms.todo.{name}"), className="aside"),
                ]
            )
            for name in due
        ],
        className="terms-todo",
    )
