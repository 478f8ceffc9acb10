"""Cards and charts. Pure: dataclasses in, component out.

A figure never stands alone: under each one is a caption with its variant, numerator,
denominator, rule set and date. No denominator is "no data", never 0 % and never 100 %.
"""

import calendar
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from html import escape
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.text import Say
from liangxin import indicators
from liangxin.answers import TrendPoint
from liangxin.indicators import Count, RateTable
from liangxin.rules import COVERING_MODES, Condition, RateRule

#: Below this many organisations a rate says little, and is shown in grey.
FEW = 20

INK, MUTED, LINE, BAR, GREY, ACCENT = (
    "#1f2933",
    "#5f6b7a",
    "#dfe3e8",
    "#4a6583",
    "#c6cdd5",
    "#b3242b",
)
FONT = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif'
ROW_HEIGHT = 34
TREND_HEIGHTS = (300, 460)
#: Two labels of days nearer than this many days would touch on a phone.
LABEL_DAYS = 40


@dataclass(frozen=True, slots=True)
class Kpi:
    """One rate in total, on a day and half a year before."""

    rate: RateRule
    rule_set: str
    as_of: date
    now: Count
    before_on: date
    before: Count


def share_text(count: Count, say: Say) -> str:
    """Return a rate as people read it (``"77.0%"``), or that there is no data."""
    if count.percent is None:
        return say("figure.no_data")
    return say("figure.percent", percent=count.percent)


def variant_text(rate: RateRule, say: Say) -> str:
    """Return a rate's id and name (``"R1 organisation coverage"``)."""
    return say("figure.variant", id=rate.id, title=say.title(rate))


def caption(count: Count, rate: RateRule, *, as_of: date, rule_set: str, say: Say) -> str:
    """Return the line that makes a figure checkable."""
    return say(
        "figure.caption",
        variant=variant_text(rate, say),
        numerator=count.numerator,
        denominator=count.denominator,
        percent=share_text(count, say),
        as_of=as_of,
        rule_set=rule_set,
    )


def graph(figure: dict[str, Any], *, say: Say, height: int) -> dcc.Graph:
    """Return a chart; the only place that makes one, because of what must be switched off.

    Plotly's own "Share chart" uploads the data to a cloud service: it is off, with the address
    it would use. What stays is saving a picture.
    """
    return dcc.Graph(
        figure=figure,
        config={
            "showSendToCloud": False,
            "plotlyServerURL": "",
            "displaylogo": False,
            "locale": say.tag,
            "modeBarButtons": [["toImage"]],
            "responsive": True,
        },
        style={"height": f"{height}px"},
        responsive=True,
    )


def kpi_card(kpi: Kpi, say: Say, *, chosen: bool = False, why: str | None = None) -> Component:
    """Return one rate as a card: the share, its fraction, and what it was half a year before.

    ``why`` is the address of the page that tells why it moved since.
    """
    points = indicators.points(kpi.before, kpi.now)
    change = say("kpi.no_change") if points is None else say("kpi.change", points=points)
    now, before = (
        html.Span(
            say("figure.fraction", numerator=c.numerator, denominator=c.denominator),
            className="fraction",
        )
        for c in (kpi.now, kpi.before)
    )
    return html.Article(
        className="card kpi" + (" kpi-chosen" if chosen else ""),
        children=[
            html.H2(variant_text(kpi.rate, say), className="kpi-title"),
            html.P(
                [html.Strong(share_text(kpi.now, say), className="kpi-share"), now],
                className="kpi-now",
            ),
            html.P(
                [
                    html.Span(_before_text(kpi, say, why)),
                    html.Span(share_text(kpi.before, say), className="kpi-share-before"),
                    before,
                ],
                className="kpi-before",
            ),
            html.P(change, className="kpi-change"),
            html.P(_ways_text(kpi.rate, say), className="note"),
            html.P(
                [
                    html.Span(say("figure.as_of", as_of=kpi.as_of)),
                    html.Span(say("figure.rule_set", rule_set=kpi.rule_set)),
                    html.Span(say("kpi.unverified", count=kpi.now.unverified)),
                ],
                className="note note-parts",
            ),
        ],
    )


def _before_text(kpi: Kpi, say: Say, why: str | None) -> Component | str:
    text = say("kpi.before", on=kpi.before_on)
    return text if why is None else dcc.Link(text, href=why, title=say("kpi.why"))


def ranking(table: RateTable, rate: RateRule, say: Say) -> Component:
    """Return the sub-districts as bars, best on top.

    A group of fewer than ``FEW`` organisations is grey. A sub-district where nothing counts has
    no rate, and organisations that are not located no sub-district: neither is ranked; the
    table beside it counts them.
    """
    ranked = _ranked(table)
    if not ranked:
        return html.P(say("ranking.none"), className="note")
    ranked.sort(key=_best_first)
    variant = variant_text(rate, say)
    bars = {
        "type": "bar",
        "orientation": "h",
        # The code keeps two sub-districts of one name apart; ticktext shows the name.
        "y": [row.code for row in ranked],
        "x": [_number(row) or 0.0 for row in ranked],
        "marker": {"color": [GREY if row.denominator < FEW else BAR for row in ranked]},
        "text": [
            say(
                "ranking.bar",
                percent=share_text(row, say),
                numerator=row.numerator,
                denominator=row.denominator,
            )
            for row in ranked
        ],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertext": [
            say(
                "ranking.hover",
                name=escape(row.name),
                variant=escape(variant),
                percent=share_text(row, say),
                numerator=row.numerator,
                denominator=row.denominator,
            )
            for row in ranked
        ],
        "hoverinfo": "text",
    }
    figure = {
        "data": [bars],
        "layout": _layout(
            margin={"l": 8, "r": 112, "t": 8, "b": 8},
            xaxis={"range": [0, 100], "visible": False, "fixedrange": True},
            yaxis={
                "type": "category",
                "autorange": "reversed",  # Plotly draws the first bar at the bottom
                "tickvals": [row.code for row in ranked],
                "ticktext": [escape(row.name) for row in ranked],
                "automargin": True,
                "fixedrange": True,
                "ticks": "",
                "ticklabelstandoff": 8,
            },
            bargap=0.42,
        ),
    }
    said = caption(table.total, rate, as_of=table.as_of, rule_set=table.rule_set, say=say)
    notes = [html.Span(said)]
    if any(row.denominator < FEW for row in ranked):
        notes.append(html.Span(say("ranking.grey", least=FEW)))
    return html.Figure(
        [
            graph(figure, say=say, height=ranking_height(table)),
            html.Figcaption(notes, className="note note-parts"),
        ],
        className="figure",
    )


def ranking_height(table: RateTable) -> int:
    """Return how many pixels the bars of a table need."""
    return ROW_HEIGHT * len(_ranked(table)) + 24


def _ranked(table: RateTable) -> list[Count]:
    return [row for row in table.rows if row.code is not None and row.denominator]


def trend(
    points: Sequence[TrendPoint], rate: RateRule, rule_set: str, say: Say, *, height: int = 0
) -> Component:
    """Return a rate's course over a year as a line; days without data leave a gap.

    ``points`` are in the order of days, from last year's end to the day asked for, at least
    two. The chart is as high as asked for, within ``TREND_HEIGHTS``.
    """
    variant = variant_text(rate, say)
    last = points[-1]
    shares = [_number(point.count) for point in points]
    ends = {0, len(points) - 1}
    least, most = TREND_HEIGHTS
    line = {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": [point.as_of.isoformat() for point in points],
        "y": shares,
        "line": {"color": ACCENT, "width": 2},
        "marker": {"color": ACCENT, "size": 6},
        "text": [
            share_text(point.count, say) if index in ends else ""
            for index, point in enumerate(points)
        ],
        "textposition": [_label_place(shares, index) for index in range(len(shares))],
        "cliponaxis": False,
        "connectgaps": False,
        "hovertext": [
            say(
                "trend.hover",
                on=point.as_of,
                variant=escape(variant),
                percent=share_text(point.count, say),
                numerator=point.count.numerator,
                denominator=point.count.denominator,
            )
            for point in points
        ],
        "hoverinfo": "text",
    }
    figure = {
        "data": [line],
        "layout": _layout(
            margin={"l": 8, "r": 24, "t": 24, "b": 8},
            xaxis={
                "type": "date",
                "range": _padded(points[0].as_of, last.as_of),
                "tickvals": [day.isoformat() for day in _labelled(points)],
                "ticktext": [
                    _day_text(day, say, this_year=last.as_of.year) for day in _labelled(points)
                ],
                "automargin": True,
                "fixedrange": True,
                "showgrid": False,
                "linecolor": LINE,
                "ticklabelstandoff": 6,
                "tickangle": 0,
            },
            yaxis={
                "range": [0, 105],
                "tickvals": [0, 20, 40, 60, 80, 100],
                "ticktext": ["0", "20%", "40%", "60%", "80%", "100%"],
                "automargin": True,
                "fixedrange": True,
                "gridcolor": LINE,
                "ticklabelstandoff": 6,
                "zeroline": False,
            },
        ),
    }
    said = caption(last.count, rate, as_of=last.as_of, rule_set=rule_set, say=say)
    return html.Figure(
        [
            graph(figure, say=say, height=min(max(height, least), most)),
            html.Figcaption(said, className="note"),
        ],
        className="figure",
    )


def _layout(**parts: Any) -> dict[str, Any]:
    return {
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": LINE, "font": {"color": INK}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": INK},
        "showlegend": False,
        "dragmode": False,
        **parts,
    }


def _best_first(row: Count) -> tuple[Fraction, str]:
    """Sort key: by exact share, equal ones by code."""
    return -(row.share or Fraction(0)), row.code or ""


def _number(count: Count) -> float | None:
    """The share in percent as it is printed, so that bar and label agree."""
    return None if count.percent is None else float(count.percent)


def _ways_text(rate: RateRule, say: Say) -> str:
    if rate.places:
        return say("kpi.places")
    ways = [mode for mode in COVERING_MODES if mode in rate.coverings]
    ways += ["instructor"] if rate.instructors else []
    named = say("kpi.and").join(say.word("kpi.way", way) for way in ways)
    sentence = "kpi.ways_active" if rate.active else "kpi.ways"
    return say(sentence, ways=named, over=_over_text(rate.over, say))


def _over_text(over: Condition | None, say: Say) -> str:
    """Whom a rate is over, where that is not everybody who counts."""
    if over is None:
        return ""
    asked = {
        field.name: getattr(over, field.name)
        for field in dataclasses.fields(over)
        if getattr(over, field.name)
    }
    social = asked.pop("social_staff_min", None)
    conditions = [say(f"kpi.over.{name}", number=value) for name, value in asked.items()]
    instead = "" if social is None else say("kpi.over.social_staff_min", number=social)
    return say("kpi.over", conditions=say("kpi.and").join(conditions) + instead)


def _label_place(shares: Sequence[float | None], index: int) -> str:
    """Where a point's label stands: at the first point, on the side the line leaves free."""
    if index:
        return "top center"
    first, second = shares[0] or 0.0, shares[1] or 0.0
    return "top right" if second < first else "bottom right"


def _padded(first: date, last: date) -> list[str]:
    """The range of the axis: room for half a label on both sides."""
    room = (last - first) * 0.12
    return [(first - room).isoformat(), (last + room).isoformat()]


def _labelled(points: Sequence[TrendPoint]) -> list[date]:
    """The days named on the axis: both ends, and the quarters that leave them room."""
    first, *between, last = [point.as_of for point in points]
    near = timedelta(days=LABEL_DAYS)
    quarters = [day for day in between if day.month % 3 == 0 and last - day > near]
    return [first, *quarters, last]


def _day_text(day: date, say: Say, *, this_year: int) -> str:
    if day.year < this_year:
        return say("trend.last_year", year=day.year)
    if day.day == calendar.monthrange(day.year, day.month)[1]:
        return say("trend.month", month=day.month)
    return say("trend.day", month=day.month, day=day.day)
