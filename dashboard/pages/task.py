"""One task: what is to be done, the answers it takes, and all that happened to it."""

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import panels, tables
from dashboard.auth import guarded
from dashboard.pages import tasks as all_tasks
from dashboard.site import Visit
from dashboard.tables import Cell
from dashboard.text import Say, both
from liangxin import db, tasks, views
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.tasks import StepView

PATH = "/tasks/<number>"
PERMISSION = Permission.TASK_LIST


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the task whose number stands in the path.

    Raises:
        NotFound: there is none, or it is outside the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    number = visit.place["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound(*both("tasks.no_such", number=number[:20]))
    with db.reading(site.engine) as connection:
        task, steps = tasks.steps(connection, actor, int(number), today=today)
        as_of = visit.query.day or views.data_date(connection) or today
    shown: Component = html.P(say("tasks.is_closed"), className="card sentence")
    if task is not None:
        shown = all_tasks.card(actor, task, say, as_of=as_of, rate=visit.query.rate, is_open=True)
    return html.Article(
        [
            panels.head(
                say("tasks.one", number=int(number)),
                None,
                above=panels.back(say("tasks.back"), all_tasks.PATH),
            ),
            html.Div(shown, className="task-alone"),
            panels.section(say("tasks.steps"), _steps(steps, say)),
        ]
    )


def _steps(steps: list[StepView], say: Say) -> Component:
    heads = [say(f"tasks.step.{name}") for name in ("what", "on", "by", "then", "note")]
    rows: list[list[Cell]] = [
        [
            say.pair((step.answer_zh, step.answer_en)) or say(f"tasks.did.{step.kind}"),
            str(step.on),
            say("tasks.register") if step.by == "register" else step.by,
            say.word("role", step.owner),
            step.note or "",
        ]
        for step in steps
    ]
    return tables.sheet(heads, rows, say, kind="wrapping")


def register(app: Dash) -> None:
    """Register nothing: the answers are registered with the list of tasks."""
