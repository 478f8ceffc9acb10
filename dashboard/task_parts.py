"""Tasks as cards: what to do, about whom, whose turn it is and by when. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.text import Say

if TYPE_CHECKING:
    from liangxin.tasks import TaskView


def card(
    task: "TaskView", say: Say, *, address: str | None, more: Sequence[Component] = ()
) -> Component:
    """Return a task as a card.

    Args:
        task: what is to be done.
        say: the texts.
        address: the page of the organisation it is about, if its reader may open it.
        more: what stands below: ways on, and the answers.
    """
    about = _about(task, say)
    return html.Article(
        [
            html.P(
                [
                    html.B(say.pair((task.title_zh, task.title_en))),
                    html.Span(_when(task, say), className="due-late" if task.late else "due"),
                ],
                className="task-head",
            ),
            html.P(say.pair((task.todo_zh, task.todo_en)), className="task-todo"),
            html.P(about if address is None else dcc.Link(about, href=address)),
            *_said(task, say),
            html.P(_turn(task, say), className="note"),
            *more,
        ],
        className="task" + (" task-late" if task.late else ""),
    )


def _said(task: "TaskView", say: Say) -> list[Component]:
    """What an office answered last, or a community reported."""
    if task.said is None:
        return []
    said = say("tasks.said", said=say.pair((task.said.zh, task.said.en)), on=task.said.on)
    note = [] if task.said.note is None else [html.Span(task.said.note, className="task-words")]
    by = html.Span(say("tasks.by", by=task.said.by), className="note")
    return [html.P([said, *note, by], className="task-said")]


def _when(task: "TaskView", say: Say) -> str:
    if task.late:
        return say("tasks.late", on=task.due_on, days=task.late)
    return say("tasks.due", on=task.due_on)


def _about(task: "TaskView", say: Say) -> str:
    """Whom it is about; where that is not told, its community is not either."""
    if task.name is None:
        name, places = say("tasks.hidden"), [task.subdistrict]
    else:
        name, places = task.name, [task.subdistrict, task.community]
    place = " ".join(each for each in places if each and each != name)
    return say("tasks.about", name=name, place=say("tasks.in", place=place) if place else "")


def _turn(task: "TaskView", say: Say) -> str:
    said = [
        say("tasks.owner", owner=say.word("role", task.owner)),
        say("tasks.because", event=say.pair((task.event_zh, task.event_en)), on=task.opened_on),
    ]
    if task.urgent:
        said.insert(0, say("tasks.urgent"))
    if task.chased_on is not None:
        said.append(say("tasks.chased", on=task.chased_on))
    if task.escalated_on is not None:
        said.append(say("tasks.escalated", on=task.escalated_on))
    return " · ".join(said)
