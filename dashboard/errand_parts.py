"""Long work at pages: asked for, waited for with progress, told when it is done (``liangxin.errands``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dash import Output, dcc, html
from dash.development.base_component import Component

from dashboard import acts
from dashboard.notices import undone_notice
from dashboard.site import Site
from dashboard.tables import aria
from dashboard.text import Say
from liangxin import db, errands, queue
from liangxin.access import Actor
from liangxin.errands import Asked
from liangxin.errors import LiangxinError

#: Milliseconds between two looks at how far the worker is, and how many of them: a page that is left
#: alone must not keep its session alive.
EVERY, TIMES = 1_000, 900


@dataclass(frozen=True, slots=True)
class Seen:
    """An errand at its page: what is told of it, and whether to look again."""

    told: list[Component]
    waits: bool
    number: int = 0
    is_done: bool = False

    @property
    def is_over(self) -> bool:
        """Whether there is one, and it ended."""
        return bool(self.number) and not self.waits

    @property
    def asked(self) -> tuple[list[Component], bool, int, int]:
        """For ``Spot.asking``: what was asked for is looked at anew, as often as may be."""
        return self.told, not self.waits, self.number, 0

    @property
    def looked(self) -> tuple[list[Component], bool]:
        """For ``Spot.looking``."""
        return self.told, not self.waits


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

    @property
    def asking(self) -> list[Output]:
        """The outputs of the callback that asks."""
        return [
            Output(self.told, "children"),
            Output(self.tick, "disabled"),
            Output(self.number, "data"),
            Output(self.tick, "n_intervals"),
        ]

    @property
    def looking(self) -> list[Output]:
        """The outputs of the callback that looks again."""
        return [
            Output(self.told, "children", allow_duplicate=True),
            Output(self.tick, "disabled", allow_duplicate=True),
        ]

    def parts(
        self, site: Site, actor: Actor, what: Mapping[str, Any] | None = None
    ) -> list[Component]:
        """Return the three, with what the actor asked for last if it waits or has just ended."""
        seen = self.latest(site, actor, what)
        return [
            html.Div(seen.told, id=self.told, className="errand", **aria(live="polite")),
            dcc.Interval(
                id=self.tick, interval=EVERY, max_intervals=TIMES, disabled=not seen.waits
            ),
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

    def look(self, site: Site, actor: Actor, number: object, ticks: object = 0) -> Seen:
        """Look how far an errand is, by what the browser keeps of it, for the so many-th time."""
        try:
            with db.reading(site.engine) as connection:
                asked = number if isinstance(number, int) and 0 < number < 2**31 else 0
                found = errands.one(connection, actor, asked, kind=self.kind)
        except LiangxinError as error:
            return Seen([undone_notice(site.say.error(error), site.say)], waits=False)
        seen = self._seen(site, found)
        return replace(seen, told=[*seen.told, *at_last(ticks, site.say)]) if seen.waits else seen

    def _seen(self, site: Site, found: Asked) -> Seen:
        say = site.say
        if found.is_waiting:
            return Seen([under_way(site, found)], waits=True, number=found.id)
        if found.state == "failed":
            why = say.pair((found.message_zh, found.message_en))
            return Seen([undone_notice(why, say)], waits=False, number=found.id)
        return Seen(self.ended(found, say), waits=False, number=found.id, is_done=True)


def under_way(site: Site, asked: Asked) -> Component:
    """Return since when the worker is at it; or that there is none."""
    say = site.say
    seconds = max(0, int((site.clock() - asked.asked_at).total_seconds()))
    # Not read aloud each second.
    since = html.P(say("errand.seconds", seconds=seconds), className="note", **aria(hidden="true"))
    return html.Div(worker_or_progress(site, html.P(say("errand.under_way")), since))


def worker_or_progress(site: Site, *told: Component) -> list[Component]:
    """Return what is told with a bar of progress behind the first; or that no worker is there."""
    if queue.worker_is_there(site.engine):
        return [*told[:1], html.Progress(className="files-progress"), *told[1:]]
    return [
        html.P(site.say("errand.no_worker"), className="remark", role="alert"),
        html.Pre("liangxin worker", className="files-command"),
    ]


def at_last(ticks: object, say: Say) -> list[Component]:
    """Return, the last time that a page looks by itself, that it does not any more."""
    is_last = isinstance(ticks, int) and ticks >= TIMES
    return [html.P(say("errand.look_again"), className="remark")] if is_last else []
