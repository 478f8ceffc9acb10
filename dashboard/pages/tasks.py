"""The open tasks an actor may see: the late ones first, with what to do and by when. Read only."""

from collections.abc import Callable

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import panels, task_parts
from dashboard.auth import guarded
from dashboard.pages import organisation
from dashboard.query import link
from dashboard.site import Visit
from dashboard.text import Say
from liangxin import db, tasks, views
from liangxin.access import Actor, Permission
from liangxin.tasks import TaskView

PATH = "/tasks"
PERMISSION = Permission.TASK_LIST
#: More are counted and not drawn; those that are left out are due later.
MOST = 200


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the tasks that are open today, of one sub-district if the address names it.

    Raises:
        NotFound: there is no such sub-district, or it is outside the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    with db.reading(site.engine) as connection:
        found = tasks.listed(
            connection, actor, today=today, subdistrict_code=visit.query.subdistrict
        )
        data_date = views.data_date(connection)
    as_of = visit.query.day or data_date or today

    def address(task: TaskView) -> str | None:
        """A page its reader may open; who sees communities alone may not open every one."""
        here = actor.communities is None or task.community_code in actor.communities
        if task.uscc is None or not here or not actor.may(organisation.PERMISSION):
            return None
        return link(organisation.PATH.replace("<uscc>", task.uscc), as_of, visit.query.rate)

    ordered = sorted(found, key=lambda task: (-task.late, not task.urgent, task.due_on, task.id))
    late = [task for task in ordered if task.late]
    rest = [task for task in ordered if not task.late]
    return html.Article(
        [
            panels.head(say("tasks.title"), None, above=say("tasks.today", on=today)),
            *([] if found else [html.P(say("tasks.none"), className="card sentence")]),
            *_section(say("tasks.overdue", count=len(late)), late, say, address),
            *_section(say("tasks.open", count=len(rest)), rest, say, address),
        ]
    )


def _section(
    title: str, some: list[TaskView], say: Say, address: Callable[[TaskView], str | None]
) -> list[Component]:
    if not some:
        return []
    cards = [task_parts.card(task, say, address=address(task)) for task in some[:MOST]]
    left = len(some) - len(cards)
    more = [html.P(say("tasks.more", count=left), className="note")] if left else []
    return [panels.section(title, html.Div(cards, className="tasks"), *more)]


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
