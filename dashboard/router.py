"""From an address to a page: finds it, asks its guarded layout, turns errors into a sentence."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote

from dash.development.base_component import Component
from werkzeug.exceptions import NotFound as NoRoute
from werkzeug.routing import Map, Rule
from werkzeug.routing.exceptions import RoutingException

from dashboard import auth
from dashboard.account import HOMES
from dashboard.notices import error_notice
from dashboard.query import HOME, SHOWN, Query, parse_query
from dashboard.site import Page, Site, Visit
from dashboard.text import both
from liangxin import unforeseen
from liangxin.errors import LiangxinError, Misuse, NotFound

log = logging.getLogger(__name__)


class Router:
    """The pages of one app by their paths."""

    def __init__(
        self, site: Site, pages: Sequence[Page], refused: Callable[[Exception, str], None]
    ) -> None:
        self.site = site
        self.refused = refused  # told of what a page did not show, and of which page
        self.pages = pages
        self._routes = _routes(tuple(page.PATH for page in pages)).bind("")

    def find(self, path: str) -> tuple[Page, Mapping[str, str]]:
        """Return the page at a path, and the variable parts of the path.

        Raises:
            NotFound: there is none.
        """
        try:
            at, place = self._routes.match(unquote(path))
        except (NoRoute, RoutingException):
            raise NotFound(*both("error.no_page", path=path[:SHOWN])) from None
        return self.pages[int(at)], place

    def whereabouts(self, path: object, search: object) -> tuple[Page | None, Query]:
        """Return the page and the question of an address, of nonsense neither."""
        here, query = None, Query()
        with suppress(LiangxinError):
            query = parse_query(search)
        if isinstance(path, str):
            with suppress(NotFound):
                here, _ = self.find(path)
        return here, query

    def answer(self, path: object, search: object) -> Component:
        """Return what stands at an address: a page, or a sentence that says why there is none.

        What goes wrong in a way nobody foresaw is logged whole under a number, and the visitor
        is told the number.
        """
        say = self.site.say
        page: Page | None = None
        try:
            if not isinstance(path, str):
                raise Misuse(*both("error.bad_request"))  # noqa: TRY301 - answered like the rest
            page, place = self.find(path)
            self.site.tell_spells()
            return page.layout(Visit(self.site, parse_query(search), place))
        except LiangxinError as error:
            if page is not None:
                self.refused(error, page.PATH)
            return error_notice(say.error(error), say, home=_home())
        except Exception:
            number = unforeseen.noted(log)
            return error_notice(say("error.unexpected", number=number), say, home=_home())


def _home() -> str:
    """Where whoever asks begins; administrators may not see the overview."""
    with suppress(LiangxinError):
        return HOMES.get(str(auth.actor_of_request().role), HOME)
    return HOME


@lru_cache(maxsize=8)
def _routes(paths: tuple[str, ...]) -> Map:
    """What finds the number of a path among these; compiled once, not once an app."""
    rules = [Rule(path, endpoint=str(at)) for at, path in enumerate(paths)]
    return Map(rules, strict_slashes=False, merge_slashes=False)
