"""The open tasks an actor may see: the late ones first, with what to do, by when, and the answers."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard import panels, task_answers, task_parts
from dashboard.auth import guarded
from dashboard.navigation import WAYS
from dashboard.pages import files, members, organisation, party, screening
from dashboard.query import link
from dashboard.site import Page, Visit
from dashboard.text import Say
from liangxin import db, views
from liangxin.access import Actor, Permission
from liangxin.tasks import TaskView, foremost

PATH = "/tasks"
PERMISSION = Permission.TASK_LIST
#: More are counted and not drawn; those that are left out are due later.
MOST = 100
#: Where a task is worked at, by its kind, if that is not the organisation's page.
WORKED_AT: dict[str, Page] = {
    "rosters": files,
    **dict.fromkeys(("declaration", "off_roster", "relation", "request"), members),
}
#: In the address: those that wait for whoever looks.
MINE = "mine"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the tasks that are open today, of one sub-district if the address names it.

    Raises:
        NotFound: there is no such sub-district, or it is outside the actor's scope.
        LiangxinError: the register cannot be read.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    code, mine = visit.query.subdistrict, visit.query.text == MINE
    with db.reading(site.engine) as connection:
        found = site.memory.told(
            connection,
            actor,
            ("tasks", today, code, mine, MOST),
            lambda reading: foremost.foremost(
                reading, actor, today=today, subdistrict_code=code, mine_alone=mine, most=MOST
            ),
        )
        data_date = views.data_date(connection)
    as_of = visit.query.day or data_date or today

    def drawn(task: TaskView) -> Component:
        return card(actor, task, say, as_of=as_of, rate=visit.query.rate)

    late, rest = found.late, found.rest
    return html.Article(
        [
            panels.head(say("tasks.title"), None, above=say("tasks.today", on=today)),
            *_chips(visit, found.mine, found.total, say),
            *([] if late or rest else [html.P(say("tasks.none"), className="card sentence")]),
            *_section(say("tasks.overdue", count=late), late, found.first_late, say, drawn),
            *_section(say("tasks.open", count=rest), rest, found.first_rest, say, drawn),
        ]
    )


def _chips(visit: Visit, mine: int, total: int, say: Say) -> list[Component]:
    """All that are seen, or those that wait for whoever looks; nothing where that is the same."""
    if not mine or mine == total:
        return []
    code = visit.query.subdistrict
    links = []
    for text, key, count in (("", "tasks.all", total), (MINE, "tasks.mine", mine)):
        asked = urlencode({k: v for k, v in (("subdistrict", code), ("q", text)) if v})
        is_chosen = (visit.query.text == MINE) == bool(text)
        links.append(
            dcc.Link(
                say(key, count=count),
                href=f"{PATH}?{asked}" if asked else PATH,
                className="chip" + (" chip-chosen" if is_chosen else ""),
            )
        )
    return [html.Nav(links, className="chips")]


def card(
    actor: Actor, task: TaskView, say: Say, *, as_of: date, rate: str, is_open: bool = False
) -> Component:
    """Return a task with the ways on its reader has, and the answers if it waits for them."""
    # Who sees communities alone may not open every organisation.
    here = actor.communities is None or task.community_code in actor.communities
    address = None
    if task.uscc is not None and here and actor.may(organisation.PERMISSION):
        address = link(organisation.PATH.replace("<uscc>", task.uscc), as_of, rate)
    ways = _ways(actor, task, say)
    if not is_open:
        ways.insert(0, dcc.Link(say("tasks.whole"), href=f"{PATH}/{task.id}"))
    more = [
        *([html.P(ways, className="task-ways")] if ways else []),
        *task_answers.form(task, say, is_open=is_open),
    ]
    return task_parts.card(task, say, address=address, more=more)


def _ways(actor: Actor, task: TaskView, say: Say) -> list[Component]:
    """The pages that a task is worked at, as far as its reader may open them."""
    ways: list[Component] = []
    if task.kind in WORKED_AT and actor.may(WORKED_AT[task.kind].PERMISSION):
        place = WORKED_AT[task.kind].PATH
        ways.append(dcc.Link(say("tasks.at", page=say(WAYS[place])), href=place))
    about, _, number = task.subject.partition(":")
    if about == "party" and actor.may(party.PERMISSION):
        ways.append(dcc.Link(say("tasks.party"), href=party.PATH.replace("<number>", number)))
    looks = task.kind == "screen" and task.stage in {"find", "record"}
    if looks and task.uscc is not None and actor.may(screening.PERMISSION):
        ways.append(dcc.Link(say("tasks.screen"), href=f"{screening.PATH}?q={task.uscc}"))
    return ways


def _section(
    title: str, number: int, first: list[TaskView], say: Say, drawn: Callable[[TaskView], Component]
) -> list[Component]:
    if not number:
        return []
    cards = [drawn(task) for task in first]
    left = number - len(cards)
    more = [html.P(say("tasks.more", count=left), className="note")] if left else []
    return [panels.section(title, html.Div(cards, className="tasks"), *more)]


def register(app: Dash) -> None:
    """Register the answers; they stand on the page of one task too."""
    task_answers.register(app)
