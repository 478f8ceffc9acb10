"""What a button does: one transaction, and a sentence either way.

A callback that changes something passes the guard (``dashboard.auth.guarded``), then hands its
work to ``act``. The domain function it calls checks permission and scope once more and writes the
log in the same transaction.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard import auth
from dashboard.notices import undone_notice
from dashboard.site import Site
from liangxin import db, unforeseen
from liangxin.access import Actor
from liangxin.errors import LiangxinError, NotFound, NotPermitted
from liangxin.plans.editing import ChangedMeanwhile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Acted:
    """How it went: ``done``, and the sentence as it stands on the page."""

    done: bool
    told: Component


def act(site: Site, actor: Actor, work: Callable[[Connection], str]) -> Acted:
    """Do the work in one transaction.

    Args:
        site: of the app.
        actor: who pressed.
        work: changes the register and returns what to tell, in the language of the pages; whatever
            it raises undoes all of it.
    """

    def written() -> str:
        with db.writing(site.engine) as connection:
            return work(connection)

    return told(site, actor, written)


def told(site: Site, actor: Actor, work: Callable[[], str]) -> Acted:
    """Do work that makes its own transactions: much is read first, and little written at the end.

    Args:
        site: of the app.
        actor: who pressed.
        work: returns what to tell, in the language of the pages.
    """
    say = site.say
    try:
        sentence = work()
    except LiangxinError as error:
        if what := _logged_as(error):
            auth.note_refusal(actor, what)
        return Acted(done=False, told=undone_notice(say.error(error), say))
    except Exception:
        number = unforeseen.noted(log)
        return Acted(done=False, told=undone_notice(say("error.unexpected", number=number), say))
    return Acted(done=True, told=html.P(sentence, className="done", role="status"))


def _logged_as(error: LiangxinError) -> str:
    """What the log calls a step that was not done; empty: a slip that its sentence mends."""
    if isinstance(error, NotPermitted):
        return error.en
    if isinstance(error, NotFound):
        return "not found"
    return "changed meanwhile" if isinstance(error, ChangedMeanwhile) else ""
