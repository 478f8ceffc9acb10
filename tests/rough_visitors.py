"""Whoever sends a server what no browser would: raw requests, cookies of their own, headers at will."""

import json
import socket
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from typing import Any

from factories import NOW

from dashboard.account import COOKIE

CALLBACK = "/_dash-update-component"
#: Nothing of the program's inside is ever told.
INSIDE = ("Traceback", 'File "', "site-packages", "sqlalchemy", "werkzeug", "waitress", "SELECT ")


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    said: str


@dataclass
class Visitor:
    """Whoever speaks HTTP to a server, with a cookie."""

    address: str
    cookie: str = ""
    heard: list[str] = field(default_factory=list)

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie and "Cookie" not in named:
            named["Cookie"] = f"{COOKIE}={self.cookie}"
        host = self.address.removeprefix("http://")
        with closing(HTTPConnection(host, timeout=60)) as connection:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            said = response.read().decode("utf-8", "replace")
        if "json" in (response.headers["Content-Type"] or ""):
            said = json.dumps(json.loads(said), ensure_ascii=False)
        self.heard.append(said)
        return Answer(response.status, dict(response.headers), said)

    def asks_page(self, path: object, search: object = "") -> Answer:
        return self.posts({"location.pathname": path, "location.search": search})

    def posts(self, inputs: dict[str, object], **other: Any) -> Answer:
        return self.ask("POST", CALLBACK, json.dumps({**asking(inputs), **other}), **HEADERS)

    def says(self, raw: bytes) -> str:
        """Send bytes as they are, and return what comes back."""
        host, port = self.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as line:
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
            said = b""
            while block := line.recv(65_536):
                said += block
        self.heard.append(said.decode("utf-8", "replace"))
        return self.heard[-1]


HEADERS = {"Content_Type": "application/json"}


def asking(inputs: dict[str, object]) -> dict[str, Any]:
    named = [
        {"id": name.split(".")[0], "property": name.split(".")[1], "value": value}
        for name, value in inputs.items()
    ]
    output = {"id": "page", "property": "children"}
    return {
        "output": "page.children",
        "outputs": output,
        "inputs": named,
        "state": [],
        "changedPropIds": list(inputs),
    }


class Moving:
    """A clock that a test moves."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now
