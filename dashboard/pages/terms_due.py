"""The Party organisations of which one thing is due."""

from dash import Dash
from dash.development.base_component import Component

from dashboard.auth import guarded
from dashboard.pages import terms
from dashboard.site import Visit
from liangxin.access import Actor

PATH = "/terms/<trigger>"
PERMISSION = terms.PERMISSION


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return those of which the thing in the path is due.

    Raises:
        NotFound: there is no such thing.
        LiangxinError: the register cannot be read.
    """
    return terms.shown(actor, visit, visit.place["trigger"])


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
