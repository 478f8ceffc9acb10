"""One source: what it may say, its runs, and which rules its rows broke of late."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, admin_parts, auth, errand_parts, panels, publishers
from dashboard.auth import guarded
from dashboard.pages import run as run_page
from dashboard.pages import sources
from dashboard.publishers import Source, Standing
from dashboard.query import SHOWN
from dashboard.site import Site, Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import db, jobs, queue, run_facts
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.run_facts import RuleCount, RunSeen

PATH = "/sources/<name>"
PERMISSION = Permission.SOURCE_VIEW
MOST = 50
NOW, TOLD, TICK, NAME = (f"source-{name}" for name in ("now", "told", "tick", "name"))


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
        parts += _turn(standing, source, actor, site)
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


def _turn(standing: Standing, source: Source, actor: Actor, site: Site) -> list[Component]:
    """How its turn is asked for now; a shipped source has no publisher of this district to ask."""
    has_one = standing.own if source.address is not None else bool(source.drop)
    if not has_one or not actor.may(Permission.SOURCE_SYNC):
        return []
    say, (told, waits) = site.say, _how_far(site, source.name)
    button = html.Button(
        say("admin.source.sync_now"),
        id=NOW,
        type="button",
        disabled=waits,
        className="files-button",
    )
    key = "admin.source.sync_drop" if source.address is None else "admin.source.sync_crawl"
    return [
        panels.section(
            say("admin.source.sync"),
            html.P(say(key), className="note"),
            html.P(button, className="files-actions"),
            html.Div(told, id=TOLD, className="errand"),
            dcc.Interval(
                id=TICK,
                interval=errand_parts.EVERY,
                max_intervals=errand_parts.TIMES,
                disabled=not waits,
            ),
            dcc.Store(id=NAME, data=source.name),
        )
    ]


def _how_far(site: Site, name: str) -> tuple[list[Component], bool]:
    """How far the last job of a source is, and whether it is still open."""
    say = site.say
    with db.reading(site.engine) as connection:
        # What was asked for at other pages is no source, and others' to read.
        job = None if name.startswith(jobs.ONCE) else jobs.latest_of(connection, name)
    if job is None:
        return [], False
    waits = job.finished_at is None
    at = admin_parts.moment(job.finished_at or job.started_at or job.queued_at, say)
    rows = queue.rows_read(site.engine, name) if job.state == "running" else job.rows
    told = say("admin.source.job", state=say(f"admin.job.state.{job.state}"), at=at, rows=rows)
    parts: list[Component] = [html.P(told, role="status")]
    if waits:
        parts += errand_parts.worker_or_progress(site)
    if job.message_zh:
        why = say.pair((job.message_zh, job.message_en or job.message_zh))
        parts.append(html.P(why, className="sentence"))
    return parts, waits


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
    """Register that a source's turn is asked for, and the look at how far it is."""

    @app.callback(
        Output(TOLD, "children"),
        Output(TICK, "disabled"),
        Output(NOW, "disabled"),
        Output(TICK, "n_intervals"),
        Input(NOW, "n_clicks"),
        State(NAME, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.SOURCE_SYNC)
    def press(actor: Actor, clicks: object, name: object) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        acted = acts.act(site, actor, partial(_ask, site, actor, str(name)))
        if not acted.done:
            return [acted.told], True, False, 0
        told, waits = _how_far(site, str(name))
        return told, not waits, waits, 0

    @app.callback(
        Output(TOLD, "children", allow_duplicate=True),
        Output(TICK, "disabled", allow_duplicate=True),
        Output(NOW, "disabled", allow_duplicate=True),
        Input(TICK, "n_intervals"),
        State(NAME, "data"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def look(_actor: Actor, ticks: object, name: object) -> Any:
        if not ticks:  # whoever pressed set the clock back, and was answered
            raise PreventUpdate
        site = auth.site_of_request()
        told, waits = _how_far(site, str(name))
        if waits:
            told += errand_parts.at_last(ticks, site.say)
        return told, not waits, waits


def _ask(site: Site, actor: Actor, name: str, connection: Connection) -> str:
    """Ask for a source's turn.

    Raises:
        NotFound: no source file has the name.
    """
    standings = publishers.of_all(connection, site.settings, now=site.clock())
    if not any(each.name == name and each.source is not None for each in standings):
        raise NotFound(*both("admin.source.none", name=name[:SHOWN]))
    jobs.now_please(connection, actor, name, now=site.clock())
    return ""
