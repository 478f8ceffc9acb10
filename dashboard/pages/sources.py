"""Every source: what it is, when it came and is due, what the last runs brought, wrong files."""

from collections.abc import Sequence
from datetime import date

from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard import admin_parts, panels, publishers
from dashboard.auth import guarded
from dashboard.pages import run as run_page
from dashboard.publishers import Standing
from dashboard.site import Visit
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import db, run_facts
from liangxin.access import Actor, Permission
from liangxin.run_facts import RunSeen

PATH = "/sources"
PERMISSION = Permission.SOURCE_VIEW
RUNS = 5


def source_path(name: str) -> str:
    """Return where one source's page is."""
    return f"{PATH}/{name}"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the sources: files that are wrong first, then those that came, then the others.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    with db.reading(site.engine) as connection:
        standings = publishers.of_all(connection, site.settings, now=site.clock())
        runs = run_facts.last_of_each(connection, actor, most=RUNS)
    wrong = [each for each in standings if each.error is not None]
    came = [each for each in standings if each.source is not None and each.run is not None]
    never = [each for each in standings if each.source is not None and each.run is None]
    others = sorted(runs.keys() - {each.name for each in standings})
    parts = [admin_parts.office_ways(PATH, say)]
    if wrong:
        parts.append(
            panels.section(say("admin.sources.wrong"), *(_wrong(each, say) for each in wrong))
        )
    late = [each for each in came if each.is_due(today)]
    if late:
        named = say("admin.list").join(_title(each) for each in late)
        parts.append(panels.remark(say("admin.sources.late", names=named)))
    if came:
        parts.append(
            panels.section(
                say("admin.sources.came", count=len(came)), _came(came, runs, say, today)
            )
        )
    else:
        parts.append(html.P(say("admin.sources.nothing"), className="card sentence"))
    if never:
        parts.append(
            panels.section(say("admin.sources.never", count=len(never)), _never(never, say))
        )
    if others:
        parts.append(panels.section(say("admin.sources.others"), _others(others, runs, say)))
    return html.Article(
        [
            panels.head(
                say("admin.sources.title"), None, above=say("admin.office"),
                below=say("admin.sources.about"),
            ),
            *parts,
        ]
    )  # fmt: skip


def standing_badge(standing: Standing, say: Say, today: date) -> Component:
    """Return whether a source is fresh, due, or waits for whoever sends it."""
    if standing.clock_back:
        return admin_parts.badge(say("admin.source.clock_back"), "bad")
    if standing.is_due(today):
        return admin_parts.badge(say("admin.source.due"), "waits")
    if standing.next_due is None:
        return admin_parts.badge(say("admin.source.ad_hoc"))
    return admin_parts.badge(say("admin.source.fresh"), "good")


def _title(each: Standing) -> str:
    return each.name if each.source is None else each.source.title


def _wrong(each: Standing, say: Say) -> Component:
    told = "" if each.error is None else say.error(each.error)
    return html.P([html.B(each.name), " ", told], className="admin-words")


def _came(
    standings: Sequence[Standing], runs: dict[str, list[RunSeen]], say: Say, today: date
) -> Component:
    heads = ["name", "standing", "rhythm", "last", "next", "expected", "runs"]
    rows: list[Sequence[Cell]] = [
        [
            _name(each, say),
            standing_badge(each, say, today),
            rhythm(each, say),
            admin_parts.moment(each.last_at, say),
            "" if each.next_due is None else str(each.next_due),
            expected(each, runs.get(each.name, []), say),
            _runs(runs.get(each.name, []), say),
        ]
        for each in standings
    ]
    return admin_parts.table("sources", [say(f"admin.source.{head}") for head in heads], rows, say)


def rhythm(each: Standing, say: Say) -> str:
    """Return how often a source delivers."""
    return (
        "" if each.source is None else say(f"admin.rhythm.{each.source.rhythm.replace(' ', '_')}")
    )


def expected(each: Standing, runs: Sequence[RunSeen], say: Say) -> str:
    """Return between how many rows the next delivery is expected, as far as the source file says."""
    if each.source is None:
        return ""
    bounds = each.source.expected
    rows = sorted(run.rows for run in runs if run.undone_at is None)
    median = rows[len(rows) // 2] if rows else 0
    least = bounds.minimum
    if each.source.snapshot and median >= bounds.rows_compared_from:
        least = max(least, round(median * bounds.share_of_last))
    most = bounds.maximum or (round(median * bounds.times_last) if median else 0)
    if least and most:
        return say("admin.source.between", least=least, most=most)
    if least:
        return say("admin.source.at_least", least=least)
    if most:
        return say("admin.source.at_most", most=most)
    return say("admin.source.any")


def _runs(runs: Sequence[RunSeen], say: Say) -> Component:
    lines = [
        html.Div(
            [
                dcc.Link(say("admin.run.number", id=run.id), href=run_page.path(run.id)),
                " ",
                say("admin.run.counts", as_of=run.as_of, rows=run.rows, refused=run.refused),
                *([] if run.undone_at is None else [" ", say("admin.run.undone")]),
            ]
        )
        for run in runs
    ]
    return html.Div(lines)


def _name(each: Standing, say: Say) -> Component:
    publisher = "" if each.source is None else each.source.publisher
    return html.Div(
        [
            dcc.Link(_title(each), href=source_path(each.name)),
            html.Span(
                say("admin.source.who", publisher=publisher, name=each.name), className="aside"
            ),
        ]
    )


def _never(standings: Sequence[Standing], say: Say) -> Component:
    heads = ["name", "rhythm", "expected", "way"]
    rows: list[Sequence[Cell]] = [
        [
            _name(each, say),
            rhythm(each, say),
            expected(each, [], say),
            admin_parts.words(way(each, say)),
        ]
        for each in standings
    ]
    table = [say(f"admin.source.{head}") for head in heads]
    return admin_parts.table("sources-waiting", table, rows, say)


def way(each: Standing, say: Say) -> str:
    """Return how deliveries of a source come in, and what brings the first one."""
    source = each.source
    if source is None:
        return ""
    if source.address is not None:
        key = "crawled" if each.own else "example"
        return say(f"admin.way_in.{key}", url=source.address.start, name=each.name)
    if source.drop:
        return say("admin.way_in.dropped", drop=source.drop, name=each.name)
    return say("admin.way_in.loaded", name=each.name)


def _others(names: Sequence[str], runs: dict[str, list[RunSeen]], say: Say) -> Component:
    rows: list[Sequence[Cell]] = [
        [dcc.Link(name, href=source_path(name)), _runs(runs[name], say)] for name in names
    ]
    heads = [say("admin.source.name"), say("admin.source.runs")]
    return admin_parts.table("sources-others", heads, rows, say)


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
