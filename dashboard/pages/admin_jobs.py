"""Jobs, for the system administrator: whether a worker runs, what it works on, what failed and why."""

from collections.abc import Sequence
from typing import Any

import dash
from dash import ALL, Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, admin_parts, auth, panels
from dashboard.auth import guarded
from dashboard.site import Site, Visit
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import db, jobs, queue
from liangxin.access import Actor, Permission
from liangxin.jobs import JobView

PATH = "/admin/jobs"
PERMISSION = Permission.ACCOUNT_MANAGE
BODY, TICK, AGAIN = "admin-jobs", "admin-jobs-tick", "admin-job-again"
#: While something is open the page asks anew, so often and for so long; a page that is left alone
#: must not keep its session alive.
EVERY_SECONDS, TIMES = 5, 60
#: Of those that ended.
MOST = 50


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the jobs that are open, the last of each source that failed, and the newest others.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site = visit.site
    with db.reading(site.engine) as connection:
        found = jobs.shown(connection, actor, most=MOST)
    return html.Article(
        [
            panels.head(
                site.say("admin.jobs.title"),
                None,
                above=site.say("admin.above"),
                below=site.say("admin.jobs.about"),
            ),
            dcc.Interval(
                id=TICK,
                interval=EVERY_SECONDS * 1000,
                max_intervals=TIMES if jobs.still_open(found) else 0,
            ),
            html.Div(_body(site, found), id=BODY, className="admin-body"),
        ]
    )


def _body(site: Site, found: Sequence[JobView], *told: Component) -> list[Component]:
    say = site.say
    open_ones = jobs.still_open(found)
    latest: dict[str, JobView] = {}
    for job in found:  # the newest first
        latest.setdefault(job.source, job)
    failed = [job for job in latest.values() if job.state == "failed"]
    ended = [job for job in found if job not in open_ones and job not in failed]
    there = queue.worker_is_there(site.engine)
    return [
        *told,
        _worker(there, say, is_waited_for=bool(open_ones)),
        *_section("open", open_ones, site, say, there=there),
        *_section("failed", failed, site, say, there=there),
        *_section("ended", ended[:MOST], site, say, there=there),
        *([] if found else [html.P(say("admin.jobs.none"), className="card sentence")]),
    ]


def _worker(there: bool, say: Say, *, is_waited_for: bool) -> Component:
    if there:
        return html.P(say("admin.jobs.worker"), className="card admin-told admin-whole")
    said = [html.P(say("admin.jobs.no_worker"))]
    if is_waited_for:
        said.append(html.P(say("admin.jobs.waited_for")))
    return html.Section(
        [*said, admin_parts.command("liangxin worker")], className="card admin-told admin-broken"
    )


def _section(
    kind: str, some: Sequence[JobView], site: Site, say: Say, *, there: bool
) -> list[Component]:
    if not some:
        return []
    far = _progress(site, some)
    heads = ["id", "source", "state", "queued", "started", "rows", "attempts", "message"]
    rows = [_row(job, far.get(job.id, job.rows), say, there=there) for job in some]
    table = admin_parts.table(
        f"jobs-{kind}", [say(f"admin.job.{head}") for head in heads], rows, say, numbers=(5, 6)
    )
    return [panels.section(say(f"admin.jobs.{kind}", count=len(some)), table)]


def _progress(site: Site, some: Sequence[JobView]) -> dict[int, int]:
    """How many rows the running jobs have read; their transactions are still open."""
    running = [job for job in some if job.state == "running"]
    if not running:
        return {}
    held = queue.make_queue(site.engine)
    try:
        return {job.id: queue.progress(held, job.source) for job in running}
    finally:
        held.storage.close()


def _row(job: JobView, rows: int, say: Say, *, there: bool) -> list[Cell]:
    said: list[str | Component] = []
    if job.message_zh:
        said.append(say.pair((job.message_zh, job.message_en or job.message_zh)))
    once = job.source.startswith(jobs.ONCE)
    if not once or job.state in jobs.OPEN:
        said.append(html.Span(_todo(job, say, there=there), className="aside"))
    if job.state == "failed" and not once:
        said.append(
            html.Button(
                say("admin.jobs.again"),
                id={"type": AGAIN, "job": job.id},
                type="button",
                className="admin-button admin-button-small",
            )
        )
    return [
        str(job.id),
        job.source,
        say(f"admin.job.state.{job.state}"),
        admin_parts.moment(job.queued_at, say),
        say("admin.job.not_begun")
        if job.started_at is None
        else admin_parts.moment(job.started_at, say),
        str(rows),
        str(job.attempts),
        admin_parts.words(*said),
    ]


def _todo(job: JobView, say: Say, *, there: bool) -> str:
    """What to do about a job."""
    if job.state == "retrying" and job.again_at is not None:
        return say("admin.todo.retrying", at=admin_parts.moment(job.again_at, say))
    if job.state in jobs.OPEN and not there:
        return say("admin.todo.no_worker")
    return say(f"admin.todo.{job.state}")


def register(app: Dash) -> None:
    """Register the look at open jobs, and the button that has a failed one done again."""

    @app.callback(
        Output(BODY, "children"),
        Input(TICK, "n_intervals"),
        Input({"type": AGAIN, "job": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    @guarded(PERMISSION)
    def look(actor: Actor, ticks: object, clicks: object) -> Any:
        site = auth.site_of_request()
        asked = dash.ctx.triggered_id
        told: list[Component] = []
        if isinstance(asked, dict):
            number = asked.get("job")
            pressed = isinstance(clicks, list) and any(clicks)
            if not pressed or type(number) is not int:
                raise PreventUpdate  # the button came with the page, and nobody pressed it
            acted = acts.act(
                site, actor, lambda connection: _again(connection, actor, site, number)
            )
            told = [html.Div(acted.told, className="card admin-told" if acted.done else "")]
        elif not ticks:
            raise PreventUpdate
        with db.reading(site.engine) as connection:
            found = jobs.shown(connection, actor, most=MOST)
        return _body(site, found, *told)


def _again(connection: Connection, actor: Actor, site: Site, number: int) -> str:
    source = jobs.again(connection, actor, number, now=site.clock())
    return site.say("admin.told.again", source=source)
