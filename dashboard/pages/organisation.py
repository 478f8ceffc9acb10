"""One organisation: what it is and who says so, whether it counts, who reaches it, what is to be done."""

from collections.abc import Callable
from datetime import date

from dash import Dash, dcc, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import notices, organisation_parts, panels, task_parts
from dashboard.auth import guarded
from dashboard.controls import controls
from dashboard.pages import visit as visit_page
from dashboard.query import HOME, link
from dashboard.site import Visit
from dashboard.text import Say
from liangxin import db, divisions, instructors, lists, portrait, provenance, tasks, views, visits
from liangxin.access import Actor, Permission
from liangxin.answers import Portrait, Sent
from liangxin.provenance import Why
from liangxin.tasks import TaskView

PATH = "/organisation/<uscc>"
PERMISSION = Permission.ORGANISATION_LIST


def address(uscc: str, as_of: date, rate: str) -> str:
    """Return the address of an organisation's page."""
    return link(PATH.replace("<uscc>", uscc), as_of, rate)


def way(actor: Actor, as_of: date, rate: str) -> str | None:
    """Return the address of any organisation's page (``{uscc}`` for its code); null: not for a role."""
    return address("{uscc}", as_of, rate) if actor.may(PERMISSION) else None


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the page of the organisation whose code stands in the path.

    Raises:
        NotFound: it is not there, or is outside the actor's scope.
        LiangxinError: no such rate, or the register cannot be read.
    """
    site, say, uscc = visit.site, visit.site.say, visit.place["uscc"].strip().upper()
    rate = site.rules.rate(visit.query.rate)
    with db.reading(site.engine) as connection:
        data_date = views.data_date(connection)
        if data_date is None:
            return notices.empty_register(say)
        as_of = visit.query.day or data_date
        one = portrait.of(connection, actor, site.rules, uscc, as_of=as_of)
        fields = provenance.why(connection, one.uscc)  # found in scope, by now
        names = _divisions(connection, fields, site.today())
        learned = provenance.learned(connection, one.uscc, on=as_of)
        due = _tasks(connection, actor, one, site.today())
    addresses = {
        name: link(f"/lists/{name}", as_of, rate.id, subdistrict=one.operates_code or "")
        for name in one.lists
    }
    titles = {name: say.pair((each.zh, each.en)) for name, each in lists.LISTS.items()}
    return html.Article(
        [
            panels.head(
                one.name,
                controls(site, PATH.replace("<uscc>", one.uscc), as_of=as_of, rate=None),
                above=_back(one, as_of, rate.id, say),
                below=say("organisation.code", uscc=one.uscc, kind=say.word("kind", one.kind)),
            ),
            *panels.ahead(as_of, data_date, say),
            *_to_members(actor, one, say),
            html.Div(
                [
                    panels.section(
                        say("organisation.standing", as_of=as_of),
                        organisation_parts.standing(one, learned, say),
                    ),
                    html.Div(
                        [
                            panels.section(
                                say("organisation.lists"),
                                organisation_parts.on_lists(one, titles, addresses, say),
                            ),
                            *([] if due is None else [_to_do(due, say)]),
                        ],
                        className="stack",
                    ),
                ],
                className="two-columns",
            ),
            *_history(one, say, _where_logged(actor, one, is_now=_is_now(visit))),
            panels.section(
                say("organisation.identity"),
                organisation_parts.identity(fields, names, say),
                html.P(say("organisation.identity_note"), className="note"),
            ),
        ]
    )


def _back(one: Portrait, as_of: date, rate: str, say: Say) -> Component:
    if one.operates_code is None or one.operates is None:
        return panels.back(say("subdistrict.back"), link(HOME, as_of, rate))
    where = link(f"/subdistrict/{one.operates_code}", as_of, rate)
    return panels.back(say("organisation.back", name=one.operates), where)


def _divisions(connection: Connection, fields: list[Why], on: date) -> dict[str, str]:
    """Names of every division that a field is, or was."""
    codes = {
        value
        for each in fields
        if each.field in organisation_parts.DIVISIONS
        for value in (each.value, *(before.value for before in each.earlier))
        if value
    }
    return divisions.names_ever(connection, codes, on=on)


def _tasks(
    connection: Connection, actor: Actor, one: Portrait, today: date
) -> list[TaskView] | None:
    if not actor.may(Permission.TASK_LIST):
        return None
    return tasks.listed(connection, actor, today=today, uscc=one.uscc)


def _to_do(due: list[TaskView], say: Say) -> Component:
    if not due:
        return panels.section(
            say("tasks.open", count=0), html.P(say("organisation.no_tasks"), className="sentence")
        )
    title = say("tasks.open", count=len(due))
    return panels.section(title, *(task_parts.card(task, say, address=None) for task in due))


def _to_members(actor: Actor, one: Portrait, say: Say) -> list[Component]:
    if not actor.may(Permission.MEMBERSHIP_RECORD):
        return []
    way = f"/members/{one.uscc}"  # not imported: that page leads here as well
    return [html.P(dcc.Link(say("organisation.to_members"), href=way), className="facts-more")]


def _is_now(visit: Visit) -> bool:
    """Tell whether no earlier day was asked for."""
    return visit.query.day is None or visit.query.day >= visit.site.today()


def _where_logged(actor: Actor, one: Portrait, *, is_now: bool) -> Callable[[Sent], str | None]:
    """Tell where a visit of an instructor is logged: nowhere by a role that does not, nor in the past."""
    may = is_now and actor.may(Permission.INSTRUCTOR_RECORD)

    def address(each: Sent) -> str | None:
        if not may or each.to_on is not None:
            return None
        return visit_page.address(each.instructor_id, one.uscc)

    return address


def _history(one: Portrait, say: Say, address: Callable[[Sent], str | None]) -> list[Component]:
    kinds = {name: say.pair(pair) for name, pair in instructors.KINDS.items()}
    parts = [
        panels.section(say("organisation.coverings"), organisation_parts.coverings(one, say)),
        panels.section(
            say("organisation.instructors"),
            organisation_parts.instructors(one, say, kinds, address),
        ),
        panels.section(say("organisation.screenings"), organisation_parts.screenings(one, say)),
    ]
    if one.visits:
        told = organisation_parts.visits(one, say, visits.KINDS, visits.NOTES)
        parts.insert(2, panels.section(say("organisation.visits"), told))
    return parts


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
