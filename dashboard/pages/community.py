"""What a community worker does on a phone: choose an organisation, say what happened, and be told."""

from dash import Dash, dcc, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import controls, panels
from dashboard.auth import guarded
from dashboard.site import Site, Visit
from dashboard.text import Say
from liangxin import db, sightings
from liangxin.access import Actor, Permission
from liangxin.sightings import Near, Report

PATH = "/community"
PERMISSION = Permission.SIGHTING_REPORT
#: More are found by a part of the name.
MOST = 20
#: In the path, in place of a code: something the register does not know.
NEW = "new"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the organisations of the worker's communities, and what became of their reports.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say, text = visit.site, visit.site.say, visit.query.text
    with db.reading(site.engine) as connection:
        near = _nearest(connection, actor, site, text)
        reports = sightings.mine(connection, actor)
    return html.Article(
        [
            panels.head(
                say("community.title"),
                None,
                above=say("tasks.today", on=site.today()),
                below=say("community.lead"),
            ),
            dcc.Link(say("community.new"), href=f"{PATH}/{NEW}", className="action sighting-new"),
            panels.section(
                say("community.choose"),
                *controls.search(text, say("community.search"), say),
                *_near(near, text, say),
            ),
            panels.section(
                say("community.mine"),
                html.Ol([_report(each, say) for each in reports], className="sighting-list")
                if reports
                else html.P(say("community.none_yet"), className="sentence"),
            ),
        ],
        className="community",
    )


def _nearest(connection: Connection, actor: Actor, site: Site, text: str) -> list[Near]:
    """The first organisations of the worker's communities; those they search for are asked anew."""
    today = site.today()

    def work(held: Connection) -> list[Near]:
        return sightings.near(held, actor, site.rules, today=today, text=text, most=MOST + 1)

    if text:
        return work(connection)
    return site.memory.told(connection, actor, ("near", site.rules.id, today), work)


def _near(near: list[Near], text: str, say: Say) -> list[Component]:
    if not near:
        key = "community.not_found" if text else "community.nobody"
        return [html.P(say(key, text=text), className="sentence")]
    links = [html.Li(_link(each, say)) for each in near[:MOST]]
    more = [html.P(say("community.more"), className="note")] if len(near) > MOST else []
    return [html.Ol(links, className="sighting-list"), *more]


def _link(each: Near, say: Say) -> Component:
    about = " · ".join(part for part in (each.community, each.address) if part)
    said: list[Component] = [html.B(each.name), html.Span(about, className="note")]
    if each.reported:
        said.append(html.Span(say("community.reported"), className="sighting-mark"))
    link: Component = dcc.Link(said, href=f"{PATH}/{each.uscc}", className="sighting-link")
    return link


def _report(each: Report, say: Say) -> Component:
    """One report: what was seen when, and what became of it."""
    parts = [say("community.seen", what=say(f"community.kind.{each.kind}"), on=each.seen_on)]
    if each.note:
        parts.append(each.note)
    return html.Li(
        [
            html.B(each.name),
            html.Span(" · ".join(parts), className="note"),
            html.Span(_became(each, say), className="sighting-became"),
        ],
        className="sighting-report" + (" sighting-open" if each.owner else ""),
    )


def _became(each: Report, say: Say) -> str:
    parts: list[str] = []
    if each.answer_zh and each.answer_en and each.answered_on:
        said = say.pair((each.answer_zh, each.answer_en))
        if each.answer_note:
            said = say("community.with_note", said=said, note=each.answer_note)
        parts.append(say("community.answered", said=said, on=each.answered_on))
    if each.state and each.state_on:
        state = say.word("state", each.state)
        parts.append(say("community.screened", state=state, on=each.state_on))
    if each.owner and each.due_on:
        owner = say.word("role", each.owner)
        parts.append(say("community.waits", owner=owner, on=each.due_on))
    return say("screening.and").join(parts) if parts else say("community.settled")


def register(app: Dash) -> None:
    """Register nothing: the search is registered with the desk of screening."""
