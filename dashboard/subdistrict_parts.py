"""What stands on a sub-district's page beside its rates: ledger, readiness, communities, lists, tasks."""

from dataclasses import dataclass, replace
from datetime import date

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import figures, ledgers, list_tables, panels, tables
from dashboard.pages import listed, readiness, screening
from dashboard.pages import tasks as task_page
from dashboard.query import link
from dashboard.site import Site
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import readiness as items_of
from liangxin import screening as desk
from liangxin import tasks, views
from liangxin.access import Actor
from liangxin.indicators import Count, RateTable
from liangxin.ledger_forms import FORMS
from liangxin.readiness import Item, Ready
from liangxin.rules import RateRule
from liangxin.screening import Waits

#: Items that are missing are named up to this many.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Beside:
    """Figures of a sub-district beside its rates."""

    waits: Waits
    ready: Ready | None
    items: list[Item]
    rate: RateRule
    communities: RateTable
    lists: list_tables.Counts
    open_tasks: int
    late_tasks: int


def ask(
    connection: Connection, actor: Actor, site: Site, code: str, rate: RateRule, *, as_of: date
) -> Beside:
    """Return the figures of a sub-district in the actor's scope.

    Raises:
        NotPermitted: the role may not see rates or tasks.
    """
    here = replace(actor, subdistricts=frozenset({code}))
    today = site.today()
    known = items_of.items(site.settings.home)
    ready = readiness.of_day(connection, here, site, known, as_of=as_of)
    # A rate over buildings has no communities to speak of.
    shown = rate if not rate.places else next(each for each in site.rules.rates.values())
    found = site.memory.told(
        connection,
        here,
        ("communities", site.rules.id, shown.id, as_of),
        lambda held: views.rates(
            held, here, site.rules, as_of=as_of, by="community", only=(shown,)
        ),
    )
    waits = site.memory.told(
        connection,
        here,
        ("waits", site.rules.id, as_of),
        lambda held: desk.waits(held, here, site.rules, today=as_of),
    )
    opened, late = tasks.count(connection, here, today=today, subdistrict_code=code)
    return Beside(
        waits,
        ready[0] if ready else None,
        known,
        shown,
        found[shown.id],
        panels.list_counts(connection, here, site, as_of=as_of),
        opened,
        late,
    )


def shown(
    beside: Beside, actor: Actor, code: str, rate: RateRule, say: Say, *, as_of: date
) -> list[Component]:
    """Return the parts of the page."""
    return [
        html.Div(
            [
                panels.section(
                    say("subdistrict.ledger"),
                    _ledger(beside.waits, actor, code, say),
                    *_files(actor, code, say, as_of=as_of),
                ),
                panels.section(say("subdistrict.tasks"), _tasks(beside, actor, code, say)),
                panels.section(say("readiness.title"), _ready(beside, code, say)),
            ],
            className="subdistrict-three",
        ),
        html.Div(
            [
                panels.section(say("subdistrict.communities"), _communities(beside, say)),
                panels.section(
                    say("lists.title"), _lists(beside, actor, code, rate, say, as_of=as_of)
                ),
            ],
            className="two-columns",
        ),
    ]


def _ledger(waits: Waits, actor: Actor, code: str, say: Say) -> Component:
    """How much of the ledger was looked at within the half-year."""
    fresh = max(waits.counted - waits.due, 0)
    parts: list[Component] = [
        html.P(
            say("subdistrict.fresh", fresh=fresh, counted=waits.counted),
            className="subdistrict-figure",
        ),
        html.P(
            say("subdistrict.due", due=waits.due, unscreened=waits.unscreened), className="note"
        ),
    ]
    if actor.may(screening.PERMISSION) and (waits.due or waits.unscreened):
        href = f"{screening.PATH}?subdistrict={code}"
        parts.append(html.P(dcc.Link(say("subdistrict.to_screening"), href=href)))
    return html.Div(parts)


def _files(actor: Actor, code: str, say: Say, *, as_of: date) -> list[Component]:
    """Its ledgers to take away, in the forms that offices keep them in."""
    if not actor.may(ledgers.PERMISSION):
        return []

    def ways(*, members: bool) -> Component:
        links = [
            html.A(
                say(f"ledger.form.{form}"),
                href=ledgers.address(code, form, as_of, members=members),
                className="leader-file",
                download="",
            )
            for form in FORMS
        ]
        title = say("ledger.with_members" if members else "ledger.export")
        return html.P([html.Span(title, className="note"), *links], className="ledger-files")

    return [ways(members=each) for each in (False, True) if not each or actor.may(ledgers.MEMBERS)]


def _tasks(beside: Beside, actor: Actor, code: str, say: Say) -> Component:
    href = f"{task_page.PATH}?subdistrict={code}"
    way = html.P(dcc.Link(say("subdistrict.to_tasks"), href=href))
    return html.Div(
        [
            html.P(
                say("subdistrict.open_tasks", count=beside.open_tasks),
                className="subdistrict-figure",
            ),
            html.P(
                say("subdistrict.late_tasks", count=beside.late_tasks),
                className="due-late" if beside.late_tasks else "note",
            ),
            *([way] if tasks.opens_offices(actor) else []),
        ]
    )


def _ready(beside: Beside, code: str, say: Say) -> Component:
    if beside.ready is None:
        return html.P(say("readiness.nobody"), className="sentence")
    lacks = readiness.missing(beside.ready, beside.items, say)
    left = len(lacks) - NAMED
    told = [html.Li(each) for each in lacks[:NAMED]]
    if left > 0:
        told.append(html.Li(say("readiness.more", count=left)))
    return html.Div(
        [
            html.P(
                say("readiness.number", there=beside.ready.there, all=len(beside.items)),
                className="subdistrict-figure",
            ),
            html.P(say("readiness.missing") if lacks else say("readiness.whole"), className="note"),
            *([html.Ul(told, className="plain note")] if told else []),
            html.P(dcc.Link(say("subdistrict.to_readiness"), href=readiness.address(code))),
        ]
    )


def _communities(beside: Beside, say: Say) -> Component:
    table = beside.communities
    if not table.rows:
        return html.P(say("subdistrict.no_communities"), className="sentence")
    names = ("numerator", "denominator", "share", "unverified")
    heads = [say("column.community"), *(say(f"table.{name}") for name in names)]

    def numbers(row: Count) -> list[Cell]:
        share = figures.share_text(row, say)
        return [str(row.numerator), str(row.denominator), share, str(row.unverified)]

    rows = [
        [say("subdistrict.no_community") if row.code is None else row.name, *numbers(row)]
        for row in table.rows
    ]
    total = [say("table.total"), *numbers(table.total)]
    told = figures.caption(
        table.total, beside.rate, as_of=table.as_of, rule_set=table.rule_set, say=say
    )
    return html.Div(
        [
            tables.sheet(heads, rows, say, numbers=range(1, 5), total=total, kind="wrapping"),
            html.P(told, className="note"),
        ]
    )


def _lists(
    beside: Beside, actor: Actor, code: str, rate: RateRule, say: Say, *, as_of: date
) -> Component:
    def address(name: str, _: str) -> str | None:
        if not listed.may_open(actor, name):
            return None
        return link(listed.path(name), as_of, rate.id, subdistrict=code)

    return list_tables.by_list(
        beside.lists,
        listed.titles(say),
        beside.waits.counted,
        say,
        address=address,
    )
