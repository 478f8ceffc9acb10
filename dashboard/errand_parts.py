"""Long work at pages: asked for, waited for with progress, told when it is done (``liangxin.errands``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import acts
from dashboard.notices import undone_notice
from dashboard.site import Site
from dashboard.text import Say
from liangxin import db, errands, queue
from liangxin.access import Actor
from liangxin.errands import Asked
from liangxin.errors import LiangxinError

#: Milliseconds between two looks at how far the worker is.
EVERY = 1_000


@dataclass(frozen=True, slots=True)
class Seen:
    """An errand at its page: what is told of it, and whether to look again."""

    told: list[Component]
    waits: bool
    number: int = 0

    @property
    def is_over(self) -> bool:
        """Whether there is one, and it ended."""
        return bool(self.number) and not self.waits


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a page tells of one kind of errand: a place, a clock and a number, each with an id."""

    name: str
    kind: str
    #: What is told of one that is done.
    ended: Callable[[Asked, Say], list[Component]]

    @property
    def told(self) -> str:
        """Id of the place."""
        return f"{self.name}-told"

    @property
    def tick(self) -> str:
        """Id of the clock that looks again."""
        return f"{self.name}-tick"

    @property
    def number(self) -> str:
        """Id of what keeps the errand's number."""
        return f"{self.name}-number"

    def parts(
        self, site: Site, actor: Actor, what: Mapping[str, Any] | None = None
    ) -> list[Component]:
        """Return the three, with what the actor asked for last if it waits or has just ended."""
        seen = self.latest(site, actor, what)
        return [
            html.Div(seen.told, id=self.told, className="errand"),
            dcc.Interval(id=self.tick, interval=EVERY, disabled=not seen.waits),
            dcc.Store(id=self.number, data=seen.number),
        ]

    def latest(self, site: Site, actor: Actor, what: Mapping[str, Any] | None = None) -> Seen:
        """Return what the actor asked for last, if it waits or has just ended."""
        with db.reading(site.engine) as connection:
            found = errands.latest(connection, actor, self.kind, what=what, now=site.clock())
        return Seen([], waits=False) if found is None else self._seen(site, found)

    def ask(self, site: Site, actor: Actor, what: Callable[[], Mapping[str, Any]]) -> Seen:
        """Ask for one; ``what`` says of what, or raises why not."""
        number = 0

        def work() -> str:
            nonlocal number
            about = what()
            with db.writing(site.engine, facts=False) as connection:
                number = errands.ask(connection, actor, self.kind, about, now=site.clock())
            return ""

        acted = acts.told(site, actor, work)
        return self.look(site, actor, number) if acted.done else Seen([acted.told], waits=False)

    def look(self, site: Site, actor: Actor, number: object) -> Seen:
        """Look how far an errand is, by what the browser keeps of it."""
        try:
            with db.reading(site.engine) as connection:
                asked = number if isinstance(number, int) and 0 < number < 2**31 else 0
                found = errands.one(connection, actor, asked)
        except LiangxinError as error:
            return Seen([undone_notice(site.say.error(error), site.say)], waits=False)
        return self._seen(site, found)

    def _seen(self, site: Site, found: Asked) -> Seen:
        say = site.say
        if found.is_waiting:
            return Seen([under_way(site, found)], waits=True, number=found.id)
        if found.state == "failed":
            why = say.pair((found.message_zh, found.message_en))
            return Seen([undone_notice(why, say)], waits=False, number=found.id)
        return Seen(self.ended(found, say), waits=False, number=found.id)


def under_way(site: Site, asked: Asked) -> Component:
    """Return since when the worker is at it; or that there is none."""
    say = site.say
    if not queue.worker_is_there(site.engine):
        return html.Div(
            [
                html.P(say("errand.no_worker"), className="remark", role="alert"),
                html.Pre("liangxin worker", className="files-command"),
            ]
        )
    seconds = max(0, int((site.clock() - asked.asked_at).total_seconds()))
    return html.Div(
        [
            html.P(say("errand.under_way"), role="status"),
            html.Progress(className="files-progress"),
            html.P(say("errand.seconds", seconds=seconds), className="note"),
        ]
    )
