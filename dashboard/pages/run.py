"""One run: what became of every row, by rule, from which files, and the rows that were refused."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import admin_parts, auth, panels, publishers
from dashboard.auth import guarded
from dashboard.errand_parts import Spot
from dashboard.query import SHOWN
from dashboard.site import Site, Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import db, handed, run_facts, stamps
from liangxin.access import Actor, Permission
from liangxin.errands import Asked
from liangxin.errors import NotFound
from liangxin.run_facts import FileRead, Refused, RuleCount, RunSeen

PATH = "/runs/<number>"
PERMISSION = Permission.RUN_VIEW
#: Refused rows on the page; the file that comes back to the sender holds them all.
MOST = 200
UNDO, RUN = "run-undo-press", "run-undo-run"


def _told(asked: Asked, say: Say) -> list[Component]:
    said = say("admin.run.undo_done", id=asked.told["run"], state=asked.told["state_hash"][:12])
    return [html.P(said, className="done", role="status")]


UNDOING = Spot("run-undo", "undo", _told)


def path(number: int) -> str:
    """Return where a run's page is."""
    return PATH.replace("<number>", str(number))


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the run of the number in the path; ``?rule=`` narrows the refused rows.

    Raises:
        NotFound: there is no such run, or it is outside the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site, say, chosen = visit.site, visit.site.say, visit.query.more.get("rule", "")
    number = _number(visit.place["number"])
    with db.reading(site.engine) as connection:
        run = run_facts.find(connection, actor, number)
        rules = run_facts.rules(connection, actor, run)
        if chosen and not any(each.rule == chosen and each.severity == "refuse" for each in rules):
            raise NotFound(*both("admin.run.no_rule", rule=chosen, id=run.id))
        files = run_facts.files(connection, run)
        skipped = run_facts.skipped(connection, run)
        refused = run_facts.refused(connection, actor, run, most=MOST + 1, rule=chosen)
        standings = publishers.of_all(connection, site.settings, now=site.clock())
    source = next((each.source for each in standings if each.name == run.source), None)
    title = run.source if source is None else source.title
    may_show = source is not None and source.kind in publishers.SHOWABLE
    return html.Article(
        [
            panels.head(
                say("admin.run.title", id=run.id),
                None,
                above=_above(actor, run, title),
                below=say("admin.run.about", source=title, as_of=run.as_of),
            ),
            *([] if run.undone_at is None else [panels.remark(_undone(run, say))]),
            panels.section(say("admin.run.became"), _counts(run, say)),
            panels.section(say("admin.run.rules"), *_rules(rules, run, actor, say, chosen)),
            *_skipped(skipped, say),
            *_refused(refused, run, say, may_show=may_show, chosen=chosen),
            panels.section(say("admin.run.files"), *_files(files, say)),
            *_undo(run, site, actor),
        ]
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound(*both("admin.run.none", number=text[:SHOWN]))
    return int(text)


def _above(actor: Actor, run: RunSeen, title: str) -> Component:
    if actor.may(Permission.SOURCE_VIEW):
        return panels.back(title, f"/sources/{run.source}")
    return html.P(title, className="eyebrow")


def _undo(run: RunSeen, site: Site, actor: Actor) -> list[Component]:
    """How the district office takes a run back; an office does so at the page of its file."""
    if not actor.may(Permission.RUN_UNDO) or actor.subdistricts is not None or run.undone_at:
        return []
    say = site.say
    with db.reading(site.engine) as connection:
        if run.id in stamps.exchanged_runs(connection):
            told = html.P(say("admin.run.undo_package"), className="note")
            return [panels.section(say("admin.run.undo"), told)]
    what = {"run": run.id}
    waits = UNDOING.latest(site, actor, what).waits
    button = html.Button(
        say("admin.run.undo_now", id=run.id),
        id=UNDO,
        type="button",
        disabled=waits,
        className="files-button files-warn",
    )
    return [
        panels.section(
            say("admin.run.undo"),
            html.Details(
                [
                    html.Summary(say("admin.run.undo_mistake")),
                    html.P(say("admin.run.undo_how"), className="note"),
                    html.P(button, className="files-actions"),
                ]
            ),
            *UNDOING.parts(site, actor, what),
            dcc.Store(id=RUN, data=run.id),
        )
    ]


def _undone(run: RunSeen, say: Say) -> str:
    return say("admin.run.undone_at", at=admin_parts.moment(run.undone_at, say))


def _counts(run: RunSeen, say: Say) -> Component:
    sums = say(
        "admin.run.sum",
        rows=run.rows, accepted=run.accepted, refused=run.refused, skipped=run.skipped,
    )  # fmt: skip
    return html.Div(
        [
            html.P(sums, className="sentence admin-sum"),
            admin_parts.facts(
                [
                    (say("admin.run.accepted"), say("admin.run.outcome", new=run.new,
                                                    changed=run.changed, unchanged=run.unchanged)),
                    (say("admin.run.missing"), str(run.missing)),
                    (say("admin.run.located"), str(run.located)),
                    (say("admin.run.learned"), admin_parts.moment(run.learned_at, say)),
                    (say("admin.run.seconds"), say("admin.run.took", seconds=f"{run.seconds:.1f}")),
                ]
            ),
        ]
    )  # fmt: skip


def _rules(
    rules: Sequence[RuleCount], run: RunSeen, actor: Actor, say: Say, chosen: str
) -> list[Component]:
    if not rules:
        return [html.P(say("admin.run.no_rules"), className="sentence")]
    rows: list[Sequence[Cell]] = [
        [
            admin_parts.words(rule_words(each.rule, say)),
            say(f"admin.severity.{each.severity}"),
            str(each.rows),
            _narrowed(run, each, say, chosen),
        ]
        for each in rules
    ]
    heads = [say(f"admin.rule.{head}") for head in ("rule", "severity", "rows", "look")]
    note = [] if actor.subdistricts is None else [html.P(say("admin.run.own"), className="note")]
    return [admin_parts.table(f"run-{run.id}-rules", heads, rows, say, numbers=(2,)), *note]


def _narrowed(run: RunSeen, each: RuleCount, say: Say, chosen: str) -> Cell:
    if each.severity != "refuse":
        return ""
    if each.rule == chosen:
        return dcc.Link(say("admin.rule.all"), href=path(run.id))
    to = admin_parts.address(path(run.id), rule=each.rule)
    return dcc.Link(say("admin.rule.these"), href=to)


def rule_words(name: str, say: Say) -> str:
    """Return a rule as a sentence; of one that we do not know, its name."""
    words = publishers.rule(name)
    return name.replace("_", " ") if words is None else say.pair(words)


def _skipped(skipped: Sequence[tuple[str, int]], say: Say) -> list[Component]:
    if not skipped:
        return []
    rows: list[Sequence[Cell]] = [
        [say.word("admin.skipped", reason), str(number)] for reason, number in skipped
    ]
    heads = [say("admin.run.reason"), say("admin.rule.rows")]
    table = admin_parts.table("skipped", heads, rows, say, numbers=(1,))
    return [panels.section(say("admin.run.skipped"), table)]


def _refused(
    refused: Sequence[Refused], run: RunSeen, say: Say, *, may_show: bool, chosen: str
) -> list[Component]:
    if not refused:
        return []
    heads = ["row", "column", *(["value"] if may_show else []), "rule", "owner"]
    rows = [_refused_row(each, say, may_show=may_show) for each in refused[:MOST]]
    told = [say(f"admin.refused.{head}") for head in heads]
    notes = [] if may_show else [say("admin.refused.hidden")]
    if len(refused) > MOST:
        notes.append(say("admin.refused.more", most=MOST))
    key = "admin.refused.title" if not chosen else "admin.refused.of_rule"
    return [
        panels.section(
            say(key, rule=rule_words(chosen, say) if chosen else ""),
            admin_parts.table(f"run-{run.id}-refused", told, rows, say),
            *(html.P(note, className="note") for note in notes),
        )
    ]


def _refused_row(each: Refused, say: Say, *, may_show: bool) -> list[Cell]:
    said = say.pair((each.zh, each.en)) if may_show else rule_words(each.rule, say)
    return [
        str(each.file_row),
        each.column,
        *([each.value] if may_show else []),
        admin_parts.words(said),
        say.word("role", each.owner),
    ]


def _files(files: Sequence[FileRead], say: Say) -> list[Component]:
    if not files:
        return [html.P(say("admin.run.no_files"), className="sentence")]
    rows: list[Sequence[Cell]] = [
        [
            admin_parts.words(each.name),
            say("admin.file.kib", kib=-(-each.size // 1024)),
            admin_parts.code(each.sha256),
            admin_parts.moment(each.landed_at, say),
            admin_parts.words(_columns(each, say)),
        ]
        for each in files
    ]
    heads = [say(f"admin.file.{head}") for head in ("name", "size", "hash", "landed", "columns")]
    return [admin_parts.table("files", heads, rows, say, numbers=(1,))]


def _columns(file: FileRead, say: Say) -> str:
    return say("admin.list").join(
        say("admin.file.column", header=header, field=say.word("admin.field", name))
        for name, header in file.columns.items()
    )


def register(app: Dash) -> None:
    """Register that a run is taken back."""

    @app.callback(
        *UNDOING.asking,
        Output(UNDO, "disabled"),
        Input(UNDO, "n_clicks"),
        State(RUN, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.RUN_UNDO)
    def press(actor: Actor, clicks: object, number: object) -> Any:
        if not clicks:
            raise PreventUpdate
        site = auth.site_of_request()
        seen = UNDOING.ask(site, actor, partial(_what, site, actor, number))
        return *seen.asked, seen.waits

    @app.callback(
        *UNDOING.looking,
        Output(UNDO, "disabled", allow_duplicate=True),
        Input(UNDOING.tick, "n_intervals"),
        State(UNDOING.number, "data"),
        prevent_initial_call=True,
    )
    @guarded(Permission.RUN_UNDO)
    def look(actor: Actor, ticks: object, number: object) -> Any:
        if not ticks:  # whoever pressed set the clock back, and was answered
            raise PreventUpdate
        seen = UNDOING.look(auth.site_of_request(), actor, number, ticks)
        return *seen.looked, seen.waits or seen.is_done


def _what(site: Site, actor: Actor, number: object) -> dict[str, int]:
    """Which run is to be taken back.

    Raises:
        NotFound: there is none, or the office has none of this number.
    """
    with db.reading(site.engine) as connection:
        run = run_facts.find(connection, actor, _number(str(number)))
        handed.require_run(connection, actor, run.id)
    return {"run": run.id}
