"""Party organisations with their terms: which end, which are over, and what else asks for a change."""

from functools import partial
from urllib.parse import urlencode

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import panels, term_parts
from dashboard.auth import guarded
from dashboard.query import SHOWN
from dashboard.site import Visit
from dashboard.text import both
from liangxin import db, divisions, triggers, views
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.triggers import TRIGGERS

PATH = "/terms"
#: Who forms and changes Party organisations.
PERMISSION = Permission.PLAN_MAKE


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the Party organisations of the sub-district in the address, or of the actor's only one.

    Whoever has several is offered them, each with how many terms are over or end.

    Raises:
        NotFound: there is no such sub-district, or it is outside the actor's scope.
        LiangxinError: the register cannot be read.
    """
    return shown(actor, visit, "")


def shown(actor: Actor, visit: Visit, trigger: str) -> Component:
    """Return the Party organisations that have a trigger; without one, all of them.

    Raises:
        NotFound: there is no such trigger or sub-district, or it is outside the actor's scope.
        NotPermitted: the role may not list organisations.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    if trigger and trigger not in TRIGGERS:
        raise NotFound(*both("terms.no_trigger", name=trigger[:SHOWN]))
    only = min(actor.subdistricts or ()) if len(actor.subdistricts or ()) == 1 else ""
    code = visit.query.subdistrict or only
    with db.reading(site.engine) as connection:
        if not code:
            return _overview(connection, actor, visit)
        place = views.subdistrict_name(connection, actor, code, on=today)
        found = site.memory.told(
            connection,
            actor,
            ("terms", site.rules.id, today, code),
            lambda held: triggers.judged(
                held, actor, site.rules, as_of=today, subdistrict_code=code
            ),
        )
    chosen = [one for one in found if not trigger or trigger in one[1]]
    back = panels.back(say("terms.back"), PATH) if not only else ""
    return html.Article(
        [
            panels.head(
                say("terms.title_of", place=place),
                None,
                above=back or _below(visit),
                below=_below(visit) if back else "",
            ),
            *(
                [term_parts.chips(found, trigger, say, partial(address, subdistrict=code))]
                if found
                else []
            ),
            panels.section(
                say("terms.listed", count=len(chosen)),
                *(
                    term_parts.table(chosen, today, say)
                    if chosen
                    else [html.P(_nothing(trigger, visit), className="sentence")]
                ),
            ),
        ]
    )


def _overview(connection: Connection, actor: Actor, visit: Visit) -> Component:
    """The sub-districts that have Party organisations."""
    site, say, today = visit.site, visit.site.say, visit.site.today()
    found = site.memory.told(
        connection,
        actor,
        ("terms that end", site.rules.id, today),
        lambda held: triggers.ends(held, actor, site.rules, as_of=today),
    )
    names = divisions.names(connection, {each.subdistrict_code for each in found}, on=today)
    parts = (
        [term_parts.overview(found, names, say, lambda code: address("", subdistrict=code))]
        if found
        else [html.P(say("terms.none"), className="sentence")]
    )
    return html.Article(
        [
            panels.head(say("terms.title"), None, above=_below(visit)),
            panels.section(say("terms.choose"), *parts),
        ]
    )


def _below(visit: Visit) -> str:
    site = visit.site
    return site.say("terms.below", on=site.today(), rule_set=site.rules.id)


def address(trigger: str, *, subdistrict: str = "") -> str:
    """Return where the Party organisations with a trigger are; without one, all of them."""
    path = f"{PATH}/{trigger}" if trigger else PATH
    return f"{path}?{urlencode({'subdistrict': subdistrict})}" if subdistrict else path


def _nothing(trigger: str, visit: Visit) -> str:
    say = visit.site.say
    if not trigger:
        return say("terms.none")
    return say("terms.none_due", trigger=say.pair(TRIGGERS[trigger]))


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
