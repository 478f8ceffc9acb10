"""One file that was handed in: what its columns mean, what it would change, what to correct, what it did."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import acts, auth, errand_parts, panels
from dashboard.auth import guarded
from dashboard.files import ROOT, UPLOAD, parts
from dashboard.notices import undone_notice
from dashboard.pages import organisation
from dashboard.query import DEFAULT_RATE
from dashboard.site import Site, Visit
from dashboard.text import Say, both
from liangxin import db, divisions, errands, handed, jobs, queue
from liangxin.access import Actor, Permission
from liangxin.errors import LiangxinError, Misuse
from liangxin.handed import Handed, files, views

PATH = f"{ROOT}/<int:number>"
PERMISSION = Permission.RUN_VIEW
UNDOING = errand_parts.Spot("files-undo", "undo", lambda _asked, _say: [])
BODY, SAID, TICK, NUMBER = "files-body", "files-said", "files-tick", "files-number"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the page of one file.

    Raises:
        NotFound: there is none, or another office handed it in.
        LiangxinError: the register cannot be read.
    """
    site, say, number = visit.site, visit.site.say, int(visit.place["number"])
    file, body, waits = _look(site, actor, number)
    return html.Article(
        [
            panels.head(
                file.file_name,
                None,
                above=panels.back(say("files.back"), ROOT),
                below=_below(file, say),
            ),
            html.Div(id=SAID),
            html.Div(body, id=BODY, className="stack"),
            dcc.Interval(
                id=TICK,
                interval=errand_parts.EVERY,
                max_intervals=errand_parts.TIMES,
                disabled=not waits,
            ),
            dcc.Store(id=NUMBER, data=number),
        ]
    )


def _below(file: Handed, say: Say) -> str:
    told = say.word("source", file.source)
    when = parts.moment(file.handed_at)
    return say("files.below", source=told, by=file.by, at=when, as_of=file.as_of)


def _look(site: Site, actor: Actor, number: int) -> tuple[Handed, list[Component], bool]:
    """A file, what stands on its page, and whether the worker is at it."""
    with db.reading(site.engine) as connection:
        file = handed.one(connection, actor, number)
        job = views.progress(connection, number)
        names = (
            divisions.names(connection, parts.codes_of(file), on=site.today())
            if file.findings
            else {}
        )
    rows = _rows_read(site, job) if file.is_waiting else 0
    undoing = None
    if file.state == "loaded" and file.undone_at is None:
        undoing = UNDOING.latest(site, actor, {"run": file.run_id})
    body = body_of(file, job, rows, names, site, actor, undoing)
    return file, body, file.is_waiting or bool(undoing and undoing.waits)


def _rows_read(site: Site, job: jobs.JobView | None) -> int:
    """How far the worker is; it tells so in the queue while its transaction is open."""
    if job is None or job.state != "running":
        return 0
    return queue.rows_read(site.engine, job.source)


def body_of(
    file: Handed,
    job: jobs.JobView | None,
    rows: int,
    names: dict[str, str],
    site: Site,
    actor: Actor,
    undoing: errand_parts.Seen | None = None,
) -> list[Component]:
    """Return what stands on the page of a file in its state."""
    say = site.say
    shown = [parts.steps(file, say)] if file.state != "withdrawn" else []
    acts_on = actor.may(Permission.FILE_LOAD)
    if file.is_waiting:
        worked_on = queue.worker_is_there(site.engine)
        told = parts.under_way(file, rows, say, worked_on=worked_on)
        later = [html.P(say.pair((job.message_zh or "", job.message_en or "")))] if job else []
        return [*shown, panels.section(say.word("files.stage", file.state), told, *later)]
    if file.state == "asked":
        return [*shown, *_asked(file, say)]
    if file.state == "checked":
        return [*shown, *_checked(file, names, site)]
    if file.state == "loaded":
        return [*shown, *_loaded(file, names, site, actor, undoing)]
    if file.state == "failed":
        why = say.pair((file.message_zh or "", file.message_en or ""))
        said = html.P(why, role="alert", className="sentence")
        again = [_again(file, site)] if acts_on else []
        return [*shown, panels.section(say("files.failed"), said, *again)]
    return [html.P(say("files.withdrawn"), className="card sentence")]


def _asked(file: Handed, say: Say) -> list[Component]:
    found = file.found
    why = found.get("why")
    said = [html.P(say.pair((why["zh"], why["en"])), className="remark")] if why else []
    form = parts.columns_form(found, say, asks=True)
    return [panels.section(say("files.which_columns"), *said, *form)]


def _checked(file: Handed, names: dict[str, str], site: Site) -> list[Component]:
    say, found = site.say, file.found
    refused = parts.refused(file, say)
    columns = html.Details(
        [html.Summary(say("files.columns_used")), *parts.columns_form(found, say, asks=False)],
        open=True,  # whoever loads the file confirms it
    )
    decide = html.P(
        [
            *(
                [
                    parts.button(
                        say("files.commit", rows=found["accepted"]), "commit", kind="files-main"
                    )
                ]
                if found["accepted"]
                else []
            ),
            parts.button(say("files.withdraw"), "withdraw"),
        ],
        className="files-actions",
    )
    hint = say("files.commit_hint" if found["accepted"] else "files.nothing_to_commit")
    return [
        panels.section(
            say("files.rehearsed"),
            html.P(say("files.rehearsed_how"), className="note"),
            parts.counts(found, say),
            *parts.notes(found, say),
            columns,
            html.P(hint),
            decide,
        ),
        *(
            [
                panels.section(
                    say("files.refused", count=found["refused"]), *refused, _again(file, site)
                )
            ]
            if refused
            else []
        ),
        panels.section(say("files.differences"), *_differences(file, names, site)),
    ]


def _loaded(
    file: Handed,
    names: dict[str, str],
    site: Site,
    actor: Actor,
    undoing: errand_parts.Seen | None,
) -> list[Component]:
    say, found = site.say, file.found
    if file.undone_at is not None:
        at = parts.moment(file.undone_at)
        head = [html.P(say("files.undone", run=file.run_id, at=at), className="remark")]
    else:
        head = [html.P(say("files.loaded", run=file.run_id), className="done")]
    undo = [] if undoing is None else undoing.told
    may_undo = file.undone_at is None and actor.may(Permission.RUN_UNDO)
    if may_undo and not (undoing and undoing.waits):
        undo = [
            *undo,
            html.Details(
                [
                    html.Summary(say("files.undo")),
                    html.P(say("files.undo_how"), className="note"),
                    parts.button(say("files.undo_now", run=file.run_id), "undo", kind="files-warn"),
                ]
            ),
        ]
    return [
        panels.section(
            say("files.result"), *head, parts.counts(found, say), *parts.notes(found, say), *undo
        ),
        panels.section(say("files.changed"), *_differences(file, names, site)),
    ]


def _differences(file: Handed, names: dict[str, str], site: Site) -> list[Component]:
    address = organisation.address("{uscc}", file.as_of, DEFAULT_RATE)
    return parts.differences(file, names, site.say, address=address.replace("%7Buscc%7D", "{uscc}"))


def _again(file: Handed, site: Site) -> Component:
    """Where the corrected file is dropped in place of this one."""
    asked = {"source": file.source, "instead_of": file.id, "as_of": file.as_of.isoformat()}
    return parts.drop_zone(
        site.say,
        url=f"{UPLOAD}?{urlencode(asked)}",
        most=site.settings.max_upload_bytes,
        title=site.say("files.drop_again"),
    )


def register(app: Dash) -> None:
    """Register the look at how far a file is, and what an office does with it."""

    @app.callback(
        Output(BODY, "children"),
        Output(TICK, "disabled"),
        Output(SAID, "children"),
        Input(TICK, "n_intervals"),
        State(NUMBER, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.RUN_VIEW)
    def look(actor: Actor, ticks: object, number: object) -> Any:
        if not ticks:  # whoever pressed set the clock back, and was answered
            raise PreventUpdate
        site = auth.site_of_request()
        try:
            _, body, waits = _look(site, actor, _number(number))
        except LiangxinError as error:
            return [undone_notice(site.say.error(error), site.say)], True, []
        last = errand_parts.at_last(ticks, site.say)
        return body, not waits, (last or no_update) if waits else []

    @app.callback(
        Output(BODY, "children", allow_duplicate=True),
        Output(TICK, "disabled", allow_duplicate=True),
        Output(SAID, "children", allow_duplicate=True),
        Output(TICK, "n_intervals"),
        Input(parts.act(ALL), "n_clicks"),  # type: ignore[arg-type]
        State(NUMBER, "data"),
        State({"type": "files-column", "field": ALL}, "value"),
        State({"type": "files-column", "field": ALL}, "id"),
        State({"type": "files-grid", "of": ALL}, "rowData"),
        prevent_initial_call=True,
    )
    @guarded(Permission.FILE_LOAD)
    def press(
        actor: Actor, clicks: object, number: object, values: Any, ids: Any, grids: Any
    ) -> Any:
        pressed = ctx.triggered_id
        if not isinstance(clicks, list) or not any(clicks) or not isinstance(pressed, dict):
            raise PreventUpdate
        site = auth.site_of_request()
        file_id = _number(number)
        act = str(pressed.get("act"))
        acted = acts.act(site, actor, _work(site, actor, file_id, act, values, ids, grids))
        if acted.done and act == "withdraw":
            files.remove(site.settings, file_id)
        try:
            _, body, waits = _look(site, actor, file_id)
        except LiangxinError:  # what was asked is not theirs, and has been said so
            return [], True, acted.told, 0
        return body, not waits, acted.told, 0


def _number(said: object) -> int:
    return said if isinstance(said, int) and 0 < said < 2**31 else 0


def _work(
    site: Site, actor: Actor, number: int, act: str, values: Any, ids: Any, grids: Any
) -> Callable[[Connection], str]:
    """What a button does to a file, and the sentence it is told by."""
    say, now = site.say, site.clock()

    def work(connection: Connection) -> str:
        if act == "commit":
            handed.commit(connection, actor, number, now=now)
        elif act == "withdraw":
            handed.withdraw(connection, actor, number, now=now)
        elif act == "undo":
            run = handed.one(connection, actor, number).run_id or 0
            handed.require_run(connection, actor, run)
            errands.ask(connection, actor, "undo", {"run": run}, now=now)
        elif act == "columns":
            handed.answer_columns(connection, actor, number, _columns(ids, values), now=now)
        elif act == "correct":
            found = handed.one(connection, actor, number).found
            rows = grids[0] if isinstance(grids, list) and grids else []
            handed.correct(connection, actor, number, parts.corrected(rows, found), now=now)
        else:
            raise Misuse(*both("error.bad_request"))
        return say.word("files.did", act)

    return work


def _columns(ids: Any, values: Any) -> dict[str, str]:
    """Which header was chosen for which field; nonsense is no field."""
    if not isinstance(ids, list) or not isinstance(values, list) or len(ids) != len(values):
        return {"": ""}
    return {
        str(each.get("field")) if isinstance(each, dict) else "": str(value or "")
        for each, value in zip(ids, values, strict=True)
    }
