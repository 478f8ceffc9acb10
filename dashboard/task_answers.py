"""Answers to a task: the form on its card, and what sending it does."""

from typing import Any

from dash import MATCH, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import acts
from dashboard.auth import guarded, site_of_request
from dashboard.tables import aria
from dashboard.text import Say, both
from liangxin import loop, tasks
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.tasks import TaskView

ANSWER, NOTE, SEND = "task-answer", "task-note", "task-send"
FORM, TOLD = "task-form", "task-told"
#: The longest note (``liangxin.tasks.answers.NOTE``).
LONGEST = 500


def form(task: TaskView, say: Say, *, is_open: bool = False) -> list[Component]:
    """Return the answers a task takes now, for whoever's turn it is; for others nothing."""
    if not task.mine:
        return []
    answers = loop.kind(task.kind).stages[task.stage].answers
    options = [
        {"label": say.pair((each.zh, each.en)), "value": name} for name, each in answers.items()
    ]
    return [
        html.Details(
            [
                html.Summary(say("tasks.answer")),
                html.Div(
                    [
                        dcc.RadioItems(
                            id=_id(ANSWER, task.id), options=options, className="task-answers",
                            labelClassName="screening-choice",
                        ),
                        dcc.Textarea(
                            id=_id(NOTE, task.id), value="", maxLength=LONGEST, rows=2,
                            placeholder=say("tasks.note"), className="screening-text",
                            title=say("tasks.note"),
                        ),
                        html.Button(
                            say("tasks.send"), id=_id(SEND, task.id), n_clicks=0, className="action"
                        ),
                    ],
                    id=_id(FORM, task.id),
                ),
            ],
            open=is_open,
            className="task-reply",
        ),
        html.Div(id=_id(TOLD, task.id), **aria(live="polite")),
    ]  # fmt: skip


def register(app: Dash) -> None:
    """Register the sending of an answer."""

    @app.callback(
        Output(_match(FORM), "children"),
        Output(_match(TOLD), "children"),
        Input(_match(SEND), "n_clicks"),
        State(_match(ANSWER), "value"),
        State(_match(NOTE), "value"),
        State(_match(SEND), "id"),
        prevent_initial_call=True,
    )
    @guarded(Permission.TASK_ANSWER)
    def send(actor: Actor, clicks: Any, said: Any, note: Any, which: Any) -> Any:
        if not clicks:
            return no_update, no_update
        return _send(actor, said, note, which)


def _send(actor: Actor, said: Any, note: Any, which: Any) -> tuple[Any, Any]:
    site = site_of_request()
    say = site.say

    def work(connection: Connection) -> str:
        number = which.get("task") if isinstance(which, dict) else None
        if not isinstance(number, int) or not isinstance(note, str | None):
            raise Misuse(*both("error.bad_request"))
        if not isinstance(said, str):
            raise Misuse(*both("tasks.no_answer"))
        answered = tasks.answer(
            connection, actor, number, said,
            note=note, rules=site.rules, today=site.today(), now=site.clock(),
        )  # fmt: skip
        if answered.closed:
            return say("tasks.answered_closed")
        return say("tasks.answered_on", owner=say.word("role", answered.owner), on=answered.due_on)

    acted = acts.act(site, actor, work)
    return ([] if acted.done else no_update), acted.told


def _id(kind: str, number: int) -> dict[str, Any]:
    return {"type": kind, "task": number}


def _match(kind: str) -> dict[str, Any]:
    return {"type": kind, "task": MATCH}
