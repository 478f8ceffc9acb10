"""Plans as people read them: the list of them, and how far those are that are being made. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import tables
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin.days import CHINA
from liangxin.plans import words

if TYPE_CHECKING:
    from liangxin.plans.asking import Making

#: Rows of a plain table; what is more is counted.
MOST = 60
PLAN = "/plans/{number}"


def worded(say: Say, some: Mapping[str, Any], code: str) -> str:
    """Return the word for a code of the domain."""
    found = some.get(code)
    return code if found is None else say.pair((found.zh, found.en))


def scope_name(scope: str, names: Mapping[str, str], say: Say) -> str:
    """Return of which sub-districts a plan is."""
    if not scope:
        return say("plans.whole")
    return say("plans.and").join(names.get(code, code) for code in scope.split("+"))


def moment(at: datetime) -> str:
    """Return a moment as China's clocks show it."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def more(number: int, say: Say) -> list[Component]:
    """Return how many rows are not drawn."""
    return [html.P(say("plan.more", number=number), className="note")] if number > 0 else []


# The list of plans, and what is being made.


def listed(
    rows: Sequence[Any], names: Mapping[str, str], say: Say, *, nearness: Callable[[Any], Any]
) -> Component:
    """Return plans as a table, the newest first; ``nearness`` tells how far one is from the best."""
    if not rows:
        return html.P(say("plans.none"), className="sentence")
    heads = [
        say(f"plans.{name}")
        for name in (
            *("number", "kind", "scope", "state", "as_of", "planned", "nearness"),
            *("objective", "bound", "rule_set", "seed", "by"),
        )
    ]
    told: list[Sequence[Cell]] = []
    for row in rows:
        near = nearness(row)
        is_over = row.state == "dropped"
        told.append(
            [
                dcc.Link(str(row.id), href=PLAN.format(number=row.id)),
                worded(say, words.KINDS, row.kind),
                scope_name(row.scope, names, say),
                html.Span(worded(say, words.STATES, row.state), className=f"plans-{row.state}"),
                str(row.as_of),
                "" if is_over else say("plans.of", planned=row.planned, items=row.items),
                "" if is_over else say.pair((near.zh, near.en)),
                row.value,
                row.bound,
                row.rule_set,
                str(row.seed),
                by(row, say),
            ]
        )
    return tables.sheet(heads, told, say, numbers={5, 7, 8, 10}, kind="many plans-list")


def by(row: Any, say: Say) -> str:
    """Return who made a plan and who decided it."""
    if row.decided_by is None:
        return say("plans.made", by=row.made_by)
    return say("plans.decided", by=row.made_by, decided=row.decided_by, on=row.decided_on)


def progress(
    some: "Sequence[Making]", names: Mapping[str, str], now: datetime, say: Say
) -> Component:
    """Return how far plans are that were asked for, and how the last ones ended."""
    return html.Div([_one(each, names, now, say) for each in some], className="plans-progress")


def _one(each: "Making", names: Mapping[str, str], now: datetime, say: Say) -> Component:
    what = say(
        "plans.asked",
        kind=worded(say, words.KINDS, each.kind),
        scope=scope_name(each.scope, names, say),
        by=each.by,
        at=moment(each.asked_at),
    )
    if each.is_open:
        passed = max(0, int((now - each.asked_at).total_seconds()))
        told = [
            html.P(say("plans.passed", seconds=passed, limit=each.seconds), className="note"),
            html.Progress(value=str(min(passed, each.seconds)), max=str(each.seconds)),
            html.P(_stage(each, say), className="plans-stage"),
        ]
        return html.Div([html.B(what), *told], className="plans-making", role="status")
    if each.message is not None:
        told = [html.P(say("plans.failed", why=say.pair(each.message)), role="alert")]
        return html.Div([html.B(what), *told], className="plans-making plans-failed")
    link = dcc.Link(say("plans.done", number=each.plan_id), href=PLAN.format(number=each.plan_id))
    return html.Div([html.B(what), html.P(link, className="plans-ready")], className="plans-making")


def _stage(each: "Making", say: Say) -> str:
    if each.stage is None:
        return say("plans.stage.reading")
    name, units, others = each.stage
    if name == "helping":
        return say("plans.stage.helping")
    key = "plans.stage.pairing" if each.kind == "instructors" else "plans.stage.grouping"
    return {
        "plans.stage.pairing": say("plans.stage.pairing", units=units, others=others),
        "plans.stage.grouping": say("plans.stage.grouping", units=units, others=others),
    }[key]
