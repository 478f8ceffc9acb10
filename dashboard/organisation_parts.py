"""The parts of an organisation's page. Pure: dataclasses in, component out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import tables
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin.answers import Portrait

if TYPE_CHECKING:
    from liangxin.answers import Sent
    from liangxin.provenance import Learned, Why

Words = Mapping[str, tuple[str, str]]

#: Fields whose values are codes of ours, and the kind of word each has.
WORDS = {
    "kind": "kind",
    "ownership": "ownership",
    "status": "status",
    "location_method": "location_method",
}
DIVISIONS = ("district_code", "subdistrict_code", "community_code")


def standing(one: Portrait, learned: "Sequence[Learned]", say: Say) -> Component:
    """Return where an organisation stands: does it count and why, where it is, how many work there."""
    counts = "yes" if one.counts else "unverified" if one.unverified else "no"
    # A suspension that is over is being screened again, since no day that anybody wrote down.
    since = next((each.from_on for each in one.screenings if each.state == one.state), None)
    state = say.word("state", one.state)
    registered = html.Span(_place(one.registered, one.registered_code, say))
    facts: list[tuple[str, Cell]] = [
        (say("column.counts"), [html.B(say.word("counts", counts)), _why(one, say)]),
        (
            say("column.state"),
            state if since is None else say("organisation.since", value=state, on=since),
        ),
        (say("organisation.registered"), [registered, *_learned(learned, "registered", say)]),
        (
            say("organisation.operates"),
            [*_operates(one, say), *_learned(learned, "operating", say)],
        ),
        (say("column.community"), one.community or say("organisation.not_known")),
        (say("column.staff"), tables.people(one.staff, say)),
        (say("column.full_members"), tables.people(one.full_members, say)),
    ]
    return facts_list(facts)


def facts_list(facts: Sequence[tuple[str, Cell]]) -> Component:
    """Return facts under their names."""
    return html.Dl(
        [part for name, value in facts for part in (html.Dt(name), html.Dd(value))],
        className="facts",
    )


def _why(one: Portrait, say: Say) -> Component:
    if not one.why:
        return html.Span(say("organisation.why.counts"), className="aside")
    said = [say(f"organisation.why.{reason}", **_named(one, reason, say)) for reason in one.why]
    return html.Ul([html.Li(sentence) for sentence in said], className="aside")


def _named(one: Portrait, reason: str, say: Say) -> dict[str, str]:
    values = {
        "class": say.word("ownership", one.ownership),
        "status": say.word("status", one.status),
        "exit": say.word("state", one.state),
    }
    return {"value": values[reason]} if reason in values else {}


def _place(name: str | None, code: str | None, say: Say) -> str:
    return name or code or say("table.unlocated")


def _learned(learned: "Sequence[Learned]", which: str, say: Say) -> list[Component]:
    """Why an address lies there that does not say so itself."""
    return [
        html.Span(say("organisation.learned", why=say.pair((each.zh, each.en))), className="aside")
        for each in learned
        if each.which == which
    ]


def _operates(one: Portrait, say: Say) -> list[Component]:
    where = html.Span(_place(one.operates, one.operates_code, say))
    if one.operates_code == one.registered_code:
        return [where]
    return [where, html.Span(say("organisation.elsewhere"), className="aside")]


def on_lists(
    one: Portrait, titles: Mapping[str, str], addresses: Mapping[str, str], say: Say
) -> Component:
    """Return the warning lists an organisation is on, linked."""
    if not one.lists:
        key = "organisation.no_lists" if one.counts else "organisation.no_lists_uncounted"
        return html.P(say(key), className="sentence")
    return html.Ul(
        [html.Li(dcc.Link(titles[name], href=addresses[name])) for name in one.lists],
        className="plain",
    )


def coverings(one: Portrait, say: Say) -> Component:
    """Return who covers an organisation, and who did."""
    if not one.coverings:
        return html.P(say("organisation.no_coverings"), className="sentence")
    heads = [say(f"covered.{name}") for name in ("party", "level", "mode", "from", "to")]
    rows: list[list[Cell]] = [
        [
            each.party,
            say.word("level", each.level),
            say.word("covering", each.mode),
            str(each.from_on),
            _until(each.to_on, say),
        ]
        for each in one.coverings
    ]
    return tables.sheet(heads, rows, say)


def instructors(
    one: Portrait, say: Say, kinds: Mapping[str, str], address: Callable[["Sent"], str | None]
) -> Component:
    """Return who was sent to an organisation, and when they last came; led to where it is logged."""
    if not one.instructors:
        return html.P(say("organisation.no_instructors"), className="sentence")
    heads = [say(f"sent.{name}") for name in ("name", "visited", "kind", "from", "to")]
    rows: list[list[Cell]] = [
        [
            each.name if (where := address(each)) is None else dcc.Link(each.name, href=where),
            say("sent.never") if each.visited_on is None else str(each.visited_on),
            kinds.get(each.kind, each.kind),
            str(each.from_on),
            _until(each.to_on, say),
        ]
        for each in one.instructors
    ]
    return tables.sheet(heads, rows, say)


def visits(one: Portrait, say: Say, kinds: Words, notes: Words) -> Component:
    """Return the last visits to an organisation, and what was to be done after them."""
    heads = [say(f"visited.{name}") for name in ("on", "kind", "by", "note")]
    rows: list[list[Cell]] = [
        [
            str(each.on),
            say.pair(kinds[each.kind]),
            each.instructor,
            "" if each.note is None else say.pair(notes[each.note]),
        ]
        for each in one.visits
    ]
    return tables.sheet(heads, rows, say)


def screenings(one: Portrait, say: Say) -> Component:
    """Return what was found out about an organisation, the newest first."""
    if not one.screenings:
        return html.P(say("organisation.no_screenings"), className="sentence")
    heads = [say("column.state"), say("covered.from"), say("covered.to")]
    rows: list[list[Cell]] = [
        [say.word("state", each.state), str(each.from_on), _until(each.to_on, say)]
        for each in one.screenings
    ]
    return tables.sheet(heads, rows, say)


def _until(day: date | None, say: Say) -> str:
    return say("covered.still") if day is None else str(day)


def identity(fields: "Sequence[Why]", names: Mapping[str, str], say: Say) -> Component:
    """Return every field under its source, with what it was before and who says otherwise."""
    by_source: dict[str, list[tuple[str, Cell]]] = {}
    for each in fields:
        named = (say.pair((each.zh, each.en)), _field(each, names, say))
        by_source.setdefault(_source(each, say), []).append(named)
    parts = [
        part
        for source, facts in by_source.items()
        for part in (html.H3(source, className="source"), facts_list(facts))
    ]
    return html.Div(parts, className="identity")


def _field(why: "Why", names: Mapping[str, str], say: Say) -> list[str | Component]:
    notes = [
        say(
            "why.corrected" if each.corrected else "why.earlier",
            value=_value(why.field, each.value, names, say),
            on=each.until,
        )
        for each in why.earlier
    ]
    notes += [
        say("why.otherwise", source=say.word("source", source), value=said)
        for source, said in why.otherwise
    ]
    value = html.Span(_value(why.field, why.value, names, say))
    return [value, *(html.Span(note, className="aside") for note in notes)]


def _source(why: "Why", say: Say) -> str:
    """The source, its day, since when it holds, and the row, if a file has one."""
    place = why.place
    row = ""
    if place.row is not None and place.file is not None:
        row = say("why.row", file=PurePath(place.file.replace("\\", "/")).name, row=place.row)
    source = say.word("source", place.source)
    return say("why.source", source=source, as_of=place.as_of, row=row, since=why.since)


def _value(field: str, value: str | None, names: Mapping[str, str], say: Say) -> str:
    if value is None:
        return say("organisation.not_known")
    if field == "capital_wan":
        return value.removesuffix(".0")
    if field in DIVISIONS:
        return say("why.division", name=names[value], code=value) if value in names else value
    return say.word(WORDS[field], value) if field in WORDS else value
