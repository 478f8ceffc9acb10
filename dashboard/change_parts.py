"""Why a rate moved, as tables. Pure.

Parts sum exactly to the change; so do the hundredths that are shown: what rounding leaves over
goes to the parts that lost most by it.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import tables
from dashboard.figures import share_text
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin.attribution import Explained
from liangxin.indicators import Count

if TYPE_CHECKING:
    from liangxin.change import Mover

#: Points are shown in hundredths.
STEPS = 100


def before_and_after(told: Explained, days: tuple[object, object], say: Say) -> Component:
    """Return both shares with their fractions, and the change between them."""
    counts = _counts(told)
    ends = [
        html.Div(
            [
                html.P(say("figure.as_of", as_of=day), className="note"),
                html.Strong(share_text(count, say), className="kpi-share"),
                html.Span(_fraction(count, say), className="fraction"),
            ],
            className="change-end",
        )
        for day, count in zip(days, counts, strict=True)
    ]
    change = html.P(points_text(rounded(told.points), say), className="change-points")
    return html.Div([ends[0], change, ends[1]], className="change-ends")


def parts_table(
    told: Explained,
    causes: Mapping[str, str],
    say: Say,
    *,
    address: Callable[[str], str] | None = None,
) -> Component:
    """Return every cause with its organisations, its reasons and its points; they sum to the total.

    ``address`` is where the organisations of a cause are named; null: not for this role.
    """
    shares = shown([part.points for part in told.parts], told.points)
    rows: list[list[Cell]] = [
        [
            [causes[part.cause], html.Span(_reasons(part.reasons, say), className="hint")],
            _led(str(part.organisations), part.cause, address),
            points_text(share, say),
        ]
        for part, share in zip(told.parts, shares, strict=True)
    ]
    heads = [say("change.cause"), say("change.organisations"), say("change.points")]
    total: list[Cell] = [
        say("table.total"),
        str(sum(part.organisations for part in told.parts)),
        points_text(rounded(told.points), say),
    ]
    return tables.sheet(heads, rows, say, numbers={1, 2}, total=total, kind="wrapping")


def _led(text: str, cause: str, address: Callable[[str], str] | None) -> Cell:
    return text if address is None else dcc.Link(text, href=address(cause))


def movers_table(
    movers: "Sequence[Mover]", names: Mapping[str, str], say: Say, *, way: str | None
) -> Component:
    """Return organisations that moved a rate, linked to their pages where a role may open them."""

    def place(code: str | None) -> str:
        return "" if code is None else names.get(code, code)

    rows: list[list[Cell]] = [
        [
            each.name
            if way is None
            else dcc.Link(each.name, href=way.replace("{uscc}", each.uscc)),
            each.uscc,
            "" if each.reason is None else say.word("reason", each.reason),
            place(each.was_at),
            place(each.is_at),
        ]
        for each in movers
    ]
    heads = ["column.name", "column.uscc", "change.why", "change.was_at", "change.is_at"]
    return tables.sheet([say(head) for head in heads], rows, say, kind="wrapping")


def groups_table(
    groups: Sequence[Explained],
    total: Explained,
    names: Mapping[str, str],
    say: Say,
    *,
    address: Callable[[str], str],
) -> Component:
    """Return every sub-district before and after, linked to its own parts."""
    heads = [
        say("table.name"),
        say("change.before"),
        say("change.after"),
        say("change.points"),
        say("change.came"),
        say("change.went"),
    ]
    rows: list[list[Cell]] = [
        [_name(each, names, say, address), *_row(each, say)] for each in groups
    ]
    return tables.sheet(
        heads,
        rows,
        say,
        numbers=range(1, len(heads)),
        total=[say("table.total"), *_row(total, say)],
        kind="matrix",
    )


def _name(
    told: Explained, names: Mapping[str, str], say: Say, address: Callable[[str], str]
) -> Cell:
    if told.code is None:
        return say("table.unlocated")
    return dcc.Link(names.get(told.code, told.code), href=address(told.code))


def _row(told: Explained, say: Say) -> list[Cell]:
    ends = [
        say("change.end", percent=share_text(count, say), fraction=_fraction(count, say))
        for count in _counts(told)
    ]
    return [*ends, points_text(rounded(told.points), say), str(told.came), str(told.went)]


def _counts(told: Explained) -> tuple[Count, Count]:
    return (
        Count(told.code, "", told.numerator_before, told.denominator_before, 0),
        Count(told.code, "", told.numerator_after, told.denominator_after, 0),
    )


def _fraction(count: Count, say: Say) -> str:
    return say("figure.fraction", numerator=count.numerator, denominator=count.denominator)


def _reasons(reasons: Sequence[tuple[str, int]], say: Say) -> str:
    said = [say("change.reason", reason=say.word("reason", name), number=n) for name, n in reasons]
    return say("kpi.and").join(said)


def points_text(hundredths: int | None, say: Say) -> str:
    """Return hundredths of a point as people read them, with their sign."""
    if hundredths is None:
        return say("figure.no_data")
    return say("kpi.change", points=f"{hundredths / STEPS:+.2f}" if hundredths else "0.00")


def rounded(points: Fraction | None) -> int | None:
    """Return points in hundredths, a half away from nought."""
    if points is None:
        return None
    size = floor(abs(points) * STEPS + Fraction(1, 2))
    return size if points > 0 else -size


def shown(parts: Sequence[Fraction | None], total: Fraction | None) -> list[int | None]:
    """Return parts in hundredths that sum to the total as it is shown."""
    whole = rounded(total)
    if whole is None:
        return [None for _ in parts]
    exact = [(part or Fraction(0)) * STEPS for part in parts]
    floors = [floor(part) for part in exact]
    left = whole - sum(floors)
    lost = sorted(range(len(exact)), key=lambda at: (floors[at] - exact[at], at))
    up = set(lost[: max(left, 0)])
    return [low + (at in up) for at, low in enumerate(floors)]
