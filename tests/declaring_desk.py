"""What tests of the declaration pages share: a workplace with a link, and somebody who visits it."""

import http.client
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urlencode

from factories import NORTH, TODAY, a_uscc, insert_division, insert_organisation
from loads import rows
from pages import clock, serving
from people import a_name, a_number
from sqlalchemy import Engine

from dashboard.declare import MINE
from liangxin import access, db, links, privacy
from liangxin.schema import Membership
from liangxin.settings import Settings

FORM = "application/x-www-form-urlencoded"
CODE = re.compile(r"(?:[2-9A-HJKMNP-Z]{4}-){4}[2-9A-HJKMNP-Z]{4}")


@dataclass
class Answer:
    """What a server said."""

    status: int
    headers: Any
    text: str

    @property
    def words(self) -> str:
        """What a person reads."""
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", self.text))).strip()

    @property
    def form(self) -> str:
        """The number of the form in it."""
        return re.search(r'name="form" value="([^"]+)"', self.text)[1]

    @property
    def code(self) -> str:
        """The code in it."""
        return CODE.search(re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", self.text)))[0]


@dataclass
class Workplace:
    """A workplace whose link somebody has, behind a real server."""

    address: str
    settings: Settings
    engine: Engine
    token: str
    firm: int
    heard: list[Answer] = field(default_factory=list)

    @property
    def page(self) -> str:
        return f"/declare/{self.token}"

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> Answer:
        host = self.address.removeprefix("http://")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection(host, timeout=60)) as connection:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            told = Answer(response.status, response.headers, response.read().decode())
        self.heard.append(told)
        return told

    def get(self, path: str = "", **headers: str) -> Answer:
        return self.ask("GET", path or self.page, **headers)

    def post(self, path: str, **fields: str) -> Answer:
        return self.ask("POST", path, urlencode(fields), Content_Type=FORM)

    def declares(self, n: int = 1, **entries: str) -> Answer:
        """Post what the n-th person enters; ``form=…`` for another form than a fresh one."""
        usual = {
            "name": a_name(n),
            "number": a_number(n),
            "status": "full",
            "relation": "residence",
            "hired_on": "",
            "declare": "yes",
            "pass_on": "yes",
        }
        if "form" not in entries:
            entries["form"] = self.get().form
        return self.post(self.page, **{**usual, **entries})

    def declines(self, n: int = 1, **entries: str) -> Answer:
        fields = {"form": self.get().form, "number": a_number(n), **entries}
        return self.post(f"{self.page}/decline", **fields)

    def mine(self, code: str, what: str = "", **entries: str) -> Answer:
        return self.post(f"{MINE}{what}", code=code, **entries)


def link(engine: Engine, *, made_on: date = TODAY, days: int = 90) -> str:
    """The token of a link of the first organisation."""
    with db.writing(engine) as connection:
        return links.make(
            connection,
            access.local_committee(),
            a_uscc(1),
            days=days,
            today=made_on,
            now=clock(),
        )


@contextmanager
def a_workplace(settings: Settings, engine: Engine, **how: Any) -> Iterator[Workplace]:
    """A workplace in a sub-district with a name, whose district has keys."""
    privacy.write(privacy.new_keys(), privacy.keys_file(settings))
    with db.writing(engine) as connection:
        insert_division(connection, NORTH, "启明街道")
        firm = insert_organisation(connection, 1)
    token = link(engine)
    with serving(settings, engine, **how) as address:
        yield Workplace(address, settings, engine, token, firm)


def memberships(place: Workplace) -> list[dict[str, Any]]:
    return rows(place.engine, Membership)


def assert_hides(told: Answer, n: int = 1) -> None:
    """An answer must not hold a person's number, nor its end."""
    assert a_number(n) not in told.text
    assert a_number(n)[-6:] not in told.text
