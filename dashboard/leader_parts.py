"""What a leader reads first: the rate and what moved it, the clocks, where work is stuck, whose data. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import panels, tables
from dashboard.figures import Kpi, caption, share_text
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import indicators
from liangxin.clocks import CLOCKS

if TYPE_CHECKING:
    from liangxin.answers import Newest
    from liangxin.attribution import Explained, Part
    from liangxin.clocks import Reading
    from liangxin.rules import RuleSet
    from liangxin.tasks import Held

#: So many causes fit into one sentence; so many offices and lists are named.
CAUSES, NAMED = 3, 3
#: The three promises (DESIGN section 1); the first has two halves.
PROMISED = ("hire_identified", "hire_covered", "found_instructor", "application")


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where work is stuck: offices with late tasks, and how many organisations each list has."""

    offices: Sequence["Held"]
    lists: Mapping[str, int]
    titles: Mapping[str, str]


def moved(told: "Explained", before: str, after: str, say: Say) -> str:
    """Say in one sentence how a rate went from one day to another, and what moved it."""
    if told.points is None:
        return say("leader.moved_unknown", before=before, after=after)
    base = _base(told, say)
    if not told.parts:
        return say("leader.moved_by_nothing", before=before, after=after, base=base)
    heaviest = sorted(told.parts, key=lambda part: -abs(part.points or Fraction(0)))
    named = [_cause(part, say) for part in heaviest[:CAUSES]]
    if left := len(heaviest) - len(named):
        named.append(say("leader.more_causes", count=left))
    causes = say("leader.comma").join(named)
    return say("leader.moved", before=before, after=after, causes=causes, base=base)


def _cause(part: "Part", say: Say) -> str:
    return say(f"leader.cause.{part.cause}", number=part.organisations)


def _base(told: "Explained", say: Say) -> str:
    before, after = told.denominator_before, told.denominator_after
    if not told.came and not told.went:
        return say("leader.base_same", number=before)
    return say("leader.base_moved", before=before, after=after, came=told.came, went=told.went)


def headline(kpi: Kpi, told: "Explained | None", say: Say, *, why: str | None) -> Component:
    """Return the chosen rate, large, with the sentence of what moved it; ``why`` leads on."""
    points = indicators.points(kpi.before, kpi.now)
    before, after = share_text(kpi.before, say), share_text(kpi.now, say)
    fraction = say("figure.fraction", numerator=kpi.now.numerator, denominator=kpi.now.denominator)
    said = (
        say("leader.moved_unknown", before=before, after=after)
        if told is None
        else moved(told, before, after, say)
    )
    more = [] if why is None else [dcc.Link(say("leader.why"), href=why, className="leader-why")]
    return html.Section(
        [
            html.H2(say("figure.variant", id=kpi.rate.id, title=say.title(kpi.rate))),
            html.P(
                [
                    html.Strong(after, className="kpi-share"),
                    html.Span(fraction, className="fraction"),
                    html.B(
                        say("kpi.no_change") if points is None else say("kpi.change", points=points)
                    ),
                ],
                className="kpi-now",
            ),
            html.P([said, *more], className="leader-sentence"),
            html.P(
                say(
                    "leader.span",
                    from_on=kpi.before_on,
                    to_on=kpi.as_of,
                    rule_set=kpi.rule_set,
                    count=kpi.now.unverified,
                ),
                className="note",
            ),
        ],
        className="card leader-headline",
    )


def clocks(
    readings: Mapping[str, Sequence["Reading"]],
    say: Say,
    *,
    as_of: date,
    address: Callable[[str], str | None],
) -> Component:
    """Return the promises as a table: within how many days half and nine tenths were done."""
    heads = [say("leader.clock"), say("leader.half"), say("leader.most"), say("leader.over")]
    rows = [
        _clock(name, readings[name][-1], say, address(name))
        for name in PROMISED
        if name in readings
    ]
    hidden = any(
        CLOCKS[name].personal and isinstance(readings[name][-1].ended, str)
        for name in PROMISED
        if name in readings
    )
    notes = [html.Span(say("leader.clock_note", as_of=as_of))]
    notes += [html.Span(say("leader.clock_few"))] if hidden else []
    return panels.section(
        say("leader.clocks"),
        tables.sheet(heads, rows, say, numbers={1, 2, 3}, kind="wrapping leader-clocks"),
        html.P(notes, className="note note-parts"),
    )


def _clock(name: str, reading: "Reading", say: Say, address: str | None) -> list[Cell]:
    clock = CLOCKS[name]
    about = say("leader.clock_about", limit=reading.limit, ended=reading.ended, open=reading.open)
    over = str(reading.open_over)
    linked: Cell = over if address is None or over == "0" else dcc.Link(over, href=address)
    return [
        [say.pair((clock.zh, clock.en)), html.Span(about, className="leader-hint")],
        _days(reading.p50, say),
        _days(reading.p90, say),
        linked,
    ]


def _days(days: int | None, say: Say) -> str:
    return say("leader.no_days") if days is None else say("leader.days", days=days)


def stuck(
    found: Stuck,
    say: Say,
    *,
    to_tasks: Callable[[str], str] | None,
    to_list: Callable[[str], str],
) -> Component:
    """Return which offices hold the most late tasks, and which lists are longest."""
    late = [each for each in found.offices if each.late][:NAMED]
    offices = [_office(each, say, to_tasks) for each in late]
    longest = sorted(found.lists.items(), key=lambda each: -each[1])
    named = [
        html.Li(
            [
                dcc.Link(found.titles[name], href=to_list(name)),
                html.B(say("leader.list_number", number=number), className="leader-number"),
            ]
        )
        for name, number in longest[:NAMED]
        if number
    ]
    return panels.section(
        say("leader.stuck"),
        html.H3(say("leader.offices"), className="leader-part"),
        html.Ul(offices, className="leader-list") if offices else _nothing("leader.no_late", say),
        html.H3(say("leader.longest"), className="leader-part"),
        html.Ul(named, className="leader-list") if named else _nothing("leader.no_lists", say),
    )


def _nothing(key: str, say: Say) -> Component:
    return html.P(say(key), className="note")


def _office(each: "Held", say: Say, to_tasks: Callable[[str], str] | None) -> Component:
    place = each.subdistrict or say("table.unlocated")
    name = say("leader.office", place=place, office=say.word("role", each.owner))
    known = to_tasks is not None and each.subdistrict_code is not None
    linked = (
        dcc.Link(name, href=to_tasks(each.subdistrict_code or "")) if known and to_tasks else name
    )
    return html.Li(
        [
            html.Span(linked),
            html.B(say("leader.late", late=each.late), className="leader-number"),
            html.Span(
                say("leader.late_about", open=each.open, days=each.latest), className="leader-hint"
            ),
        ]
    )


def sources(
    newest: Sequence["Newest"], rules: "RuleSet", kpi: Kpi, say: Say, *, rule: str
) -> Component:
    """Return by which rule the figures are counted, and from whose data of which day.

    ``rule``: the address of the rule set.
    """
    named = [
        html.Li(say("leader.source_of", source=_source(each.source, say), as_of=each.as_of))
        for each in newest
    ]
    return panels.section(
        say("leader.sources"),
        html.P(
            dcc.Link(
                say("leader.rule", id=rules.id, title=say.pair((rules.title_zh, rules.title_en))),
                href=rule,
            ),
            className="sentence",
        ),
        html.P(caption(kpi.now, kpi.rate, as_of=kpi.as_of, rule_set=rules.id, say=say)),
        html.Ul(named, className="plain") if named else _nothing("leader.no_sources", say),
    )


def _source(name: str, say: Say) -> str:
    known = say.word("source", name)
    return say.word("leader.source", name) if known == name else known
