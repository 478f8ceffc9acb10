"""Who looks after whom and who must go: the late first, for a phone on the way."""

from collections import Counter
from urllib.parse import urlencode

from dash import Dash, dcc, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import controls, panels, visit_parts
from dashboard.auth import guarded
from dashboard.pages import instructors as all_instructors
from dashboard.pages import visit as one_visit
from dashboard.site import Site, Visit
from dashboard.text import both
from liangxin import db, divisions, instructors, visits
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.instructors import Sent
from liangxin.plans import ground
from liangxin.visits import Carried

PATH = "/visits"
PERMISSION = Permission.INSTRUCTOR_RECORD
LATE = "late"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the assignments of today in the actor's scope, or of the sub-district in the address.

    Raises:
        NotFound: the sub-district is not there or not in scope, or nothing is late in that way.
        LiangxinError: the register cannot be read.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    chosen = visit.query.only
    if chosen not in {"", LATE, *visits.OVERDUE}:
        raise NotFound(*both("visits.no_kind", kind=chosen))
    code = visit.query.subdistrict
    here = ground.within(actor, code)
    with db.reading(site.engine) as connection:
        if code:
            ground.require_subdistrict(connection, code)
        found = carried(connection, here, site)
        people = all_instructors.people_of(connection, here, site)
        words = _words(connection, people, visit)
        name = divisions.names(connection, {code} - {""}, on=today).get(code, code)
    searched = visit.query.text
    meant = [each for each in found if _is_meant(each, searched)] if searched else found
    some = [each for each in meant if _is(each, chosen)] if chosen else meant

    def narrowed(kind: str) -> str:
        keys = (("only", kind), ("subdistrict", code), ("q", searched))
        asked = urlencode({k: v for k, v in keys if v})
        return f"{PATH}?{asked}" if asked else PATH

    def address(each: Carried) -> str:
        return one_visit.address(each.instructor_id, each.uscc)

    cards = visit_parts.cards(some, visits.OVERDUE, say, address=address)
    if not some:
        key = "visits.none" if found else "visits.no_assignments"
        cards = [html.P(say(key), className="card sentence")]
    return html.Article(
        [
            panels.head(say("visits.title"), None, above=say("tasks.today", on=today), below=name),
            *controls.search(searched, say("visits.search"), say),
            visit_parts.counts(meant, visits.OVERDUE, say, address=narrowed, chosen=chosen),
            *cards,
            panels.section(
                say("visits.people", number=len(people)),
                html.P(dcc.Link(say("instructors.way"), href="/instructors")),
                visit_parts.people(people, words, site.rules.planning.load, say),
            ),
        ]
    )


def carried(connection: Connection, actor: Actor, site: Site) -> list[Carried]:
    """Return the assignments of today in an actor's scope, worked out once as long as nothing changes.

    Raises:
        NotPermitted: the role may not record visits.
    """
    today = site.today()
    return site.memory.told(
        connection,
        actor,
        ("carried", site.rules.id, today),
        lambda held: visits.carried(held, actor, site.rules, as_of=today),
    )


def _is(each: Carried, chosen: str) -> bool:
    if chosen == LATE:
        return bool(each.late)
    return any(late.what == chosen for late in each.late)


def _is_meant(each: Carried, text: str) -> bool:
    """Tell whether an organisation is called so, in part.

    Not its instructor: what is searched for stands in the address.
    """
    low = text.lower()
    return any(low in told.lower() for told in (each.organisation, each.uscc))


def _words(connection: Connection, people: list[Sent], visit: Visit) -> dict[int, Counter[str]]:
    """How often each word was said of pairs of each instructor."""
    said = instructors.said_of(connection, [each.id for each in people], visit.site.today())
    found: dict[int, Counter[str]] = {}
    for (who, _), word in said.items():
        found.setdefault(who, Counter())[word] += 1
    return found


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
