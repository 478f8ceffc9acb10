"""Party organisations with their terms: which end, which are over, and what else asks for a change."""

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import panels, term_parts
from dashboard.auth import guarded
from dashboard.query import SHOWN
from dashboard.site import Visit
from dashboard.text import both
from liangxin import db, divisions, triggers
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.triggers import TRIGGERS

PATH = "/terms"
#: Who forms and changes Party organisations; nobody else reads who leads one.
PERMISSION = Permission.PLAN_MAKE


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return every Party organisation in the actor's scope.

    Raises:
        LiangxinError: the register cannot be read.
    """
    return shown(actor, visit, "")


def shown(actor: Actor, visit: Visit, trigger: str) -> Component:
    """Return the Party organisations that have a trigger; without one, all of them.

    Raises:
        NotFound: there is no such trigger.
        NotPermitted: the role may not list organisations.
    """
    site, say, today = visit.site, visit.site.say, visit.site.today()
    if trigger and trigger not in TRIGGERS:
        raise NotFound(*both("terms.no_trigger", name=trigger[:SHOWN]))
    with db.reading(site.engine) as connection:
        found = triggers.judged(connection, actor, site.rules, as_of=today)
        codes = {each.subdistrict_code for each, _ in found}
        names = divisions.names(connection, codes, on=today)
    chosen = [one for one in found if not trigger or trigger in one[1]]
    return html.Article(
        [
            panels.head(
                say("terms.title"),
                None,
                above=say("terms.below", on=today, rule_set=site.rules.id),
            ),
            *([term_parts.chips(found, trigger, say, address)] if found else []),
            panels.section(
                say("terms.listed", count=len(chosen)),
                *(
                    term_parts.table(chosen, names, today, say)
                    if chosen
                    else [html.P(_nothing(trigger, visit), className="sentence")]
                ),
            ),
        ]
    )


def address(trigger: str) -> str:
    """Return where the Party organisations with a trigger are; without one, all of them."""
    return f"{PATH}/{trigger}" if trigger else PATH


def _nothing(trigger: str, visit: Visit) -> str:
    say = visit.site.say
    if not trigger:
        return say("terms.none")
    return say("terms.none_due", trigger=say.pair(TRIGGERS[trigger]))


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
