"""One source: what it may say, its runs, and which rules its rows broke of late."""

from collections.abc import Sequence

from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard import admin_parts, panels, publishers
from dashboard.auth import guarded
from dashboard.pages import run as run_page
from dashboard.pages import sources
from dashboard.publishers import Source, Standing
from dashboard.query import SHOWN
from dashboard.site import Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import db, run_facts
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.run_facts import RuleCount, RunSeen

PATH = "/sources/<name>"
PERMISSION = Permission.SOURCE_VIEW
MOST = 50


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the source of the name in the path.

    Raises:
        NotFound: no source file has the name, and no run was of such a source.
        LiangxinError: the register cannot be read.
    """
    site, say, name = visit.site, visit.site.say, visit.place["name"]
    with db.reading(site.engine) as connection:
        standings = publishers.of_all(connection, site.settings, now=site.clock())
        runs = run_facts.listed(connection, actor, source=name, most=MOST)
        last = next((run for run in runs if run.undone_at is None), None)
        rules = [] if last is None else run_facts.rules(connection, actor, last)
    standing = next((each for each in standings if each.name == name), None)
    if standing is None and not runs:
        raise NotFound(*both("admin.source.none", name=name[:SHOWN]))
    source = None if standing is None else standing.source
    parts: list[Component] = []
    if standing is None:
        parts.append(panels.remark(say("admin.source.file_gone")))
    elif standing.error is not None:
        parts.append(panels.remark(say.error(standing.error)))
    elif source is not None:
        parts.append(_about(standing, source, runs, visit))
    parts.append(panels.section(say("admin.source.all_runs"), *_runs(runs, say)))
    if last is not None:
        parts.append(
            panels.section(say("admin.source.refused", id=last.id), *_rules(rules, last, say))
        )
    return html.Article(
        [
            panels.head(
                name if source is None else source.title,
                None,
                above=panels.back(say("admin.sources.title"), sources.PATH),
                below="" if source is None else source.publisher,
            ),
            *parts,
        ]
    )


def _about(standing: Standing, source: Source, runs: Sequence[RunSeen], visit: Visit) -> Component:
    say, today = visit.site.say, visit.site.today()
    owned = say("admin.source.owns_all")
    if source.owns is not None:
        owned = say("admin.list").join(say.word("admin.field", each) for each in source.owns)
    repairs = [
        html.Div(
            say("admin.source.repair", column=each.column, wrong=each.wrong, right=each.right,
                reason=each.reason)
        )
        for each in source.repairs
    ]  # fmt: skip
    told: list[tuple[str, Cell]] = [
        (say("admin.source.standing"), sources.standing_badge(standing, say, today)),
        (say("admin.source.rhythm"), sources.rhythm(standing, say)),
        (say("admin.source.last"), admin_parts.moment(standing.last_at, say)),
        (say("admin.source.next"), str(standing.next_due or say("admin.never_due"))),
        (say("admin.source.expected"), sources.expected(standing, runs, say)),
        (say("admin.source.way"), sources.way(standing, say)),
        (say("admin.source.kind"), say(f"admin.kind.{source.kind}")),
        (say("admin.source.snapshot"), say("admin.yes" if source.snapshot else "admin.no")),
        (say("admin.source.office"), say.word("role", source.office)),
        (say("admin.source.owns"), owned),
        (say("admin.source.file"), say("admin.source.own" if standing.own else "admin.source.shipped",
                                       name=standing.name)),
    ]  # fmt: skip
    if repairs:
        told.append((say("admin.source.repairs"), html.Div(repairs)))
    return panels.section(say("admin.source.facts"), admin_parts.facts(told))


def _runs(runs: Sequence[RunSeen], say: Say) -> list[Component]:
    if not runs:
        return [html.P(say("admin.source.no_runs"), className="sentence")]
    keys = ("rows", "accepted_rows", "refused_rows", "skipped_rows", "new", "changed", "missing")
    rows: list[Sequence[Cell]] = [
        [
            dcc.Link(say("admin.run.number", id=run.id), href=run_page.path(run.id)),
            admin_parts.moment(run.learned_at, say),
            str(run.as_of),
            *(str(number) for number in (run.rows, run.accepted, run.refused, run.skipped)),
            *(str(number) for number in (run.new, run.changed, run.missing)),
            "" if run.undone_at is None else say("admin.run.undone"),
        ]
        for run in runs
    ]
    heads = [
        *(say("admin.run.run"), say("admin.run.learned"), say("admin.run.as_of")),
        *(say(f"admin.run.{key}") for key in keys),
        "",
    ]
    return [admin_parts.table("runs", heads, rows, say, numbers=range(3, 10), kind="many")]


def _rules(rules: Sequence[RuleCount], run: RunSeen, say: Say) -> list[Component]:
    if not rules:
        return [html.P(say("admin.run.no_rules"), className="sentence")]
    rows: list[Sequence[Cell]] = [
        [
            admin_parts.words(run_page.rule_words(each.rule, say)),
            say(f"admin.severity.{each.severity}"),
            str(each.rows),
        ]
        for each in rules
    ]
    heads = [say(f"admin.rule.{head}") for head in ("rule", "severity", "rows")]
    look = dcc.Link(say("admin.source.look"), href=run_page.path(run.id))
    return [admin_parts.table("rules", heads, rows, say, numbers=(2,)), html.P(look)]


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
