"""What every page stands on, made once per app and passed down: no page has a global."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from dash import Dash
from dash.development.base_component import Component
from sqlalchemy import Engine

from dashboard.language import spoken
from dashboard.memory import Memory
from dashboard.query import Query
from dashboard.text import Say
from liangxin import rules
from liangxin.access import Permission
from liangxin.days import CHINA
from liangxin.rules import RuleSet
from liangxin.settings import Settings

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Site:
    """Settings, register, clock and rule set of one app, and the words of whoever asks."""

    settings: Settings
    engine: Engine
    clock: Clock
    rules: RuleSet = field(default_factory=rules.load)
    #: Figures that were worked out already.
    memory: Memory = field(default_factory=Memory, compare=False)

    @property
    def say(self) -> Say:
        """The texts in the language of the request; outside of one, that of the settings."""
        return Say(spoken(self.settings.language))

    def tell_spells(self) -> None:
        """Let what somebody changed a moment ago be told quickly; before a page begins to read."""
        self.memory.tell_spells(self.engine, self.rules)

    def today(self) -> date:
        """Return the date in China."""
        return self.clock().astimezone(CHINA).date()


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page: where, with which question."""

    site: Site
    query: Query
    place: Mapping[str, str] = field(default_factory=dict)  # the variable parts of the path


class Page(Protocol):
    """What a module in ``dashboard.pages`` offers."""

    PATH: str  # as werkzeug writes rules: ``/subdistrict/<code>``
    PERMISSION: Permission  # what a visitor needs to see it

    @property
    def layout(self) -> Callable[[Visit], Component]:
        """The guarded layout."""

    def register(self, app: Dash) -> None:
        """Register the page's own callbacks."""
