"""Asking an app everything it answers, as each role and as nobody, and telling how it went."""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from access_register import BESIDE, THERE, Both
from access_table import CALLBACKS, COMMITTEE, COMMUNITY, ECONOMIC, PAGES, ROUTES
from dash import Dash
from dash._utils import split_callback_id
from flask.testing import FlaskClient
from pages import ask_page
from signed import another_session, session_of
from sqlalchemy import update
from werkzeug.test import TestResponse

from dashboard import app as dashboard_app
from dashboard.account import COOKIE, SIGN_IN
from dashboard.site import Page, Site
from liangxin import db
from liangxin.access import Role
from liangxin.schema import AccountSession
from liangxin.tokens import hash_of

#: Roles that belong to one sub-district.
SCOPED = (ECONOMIC, COMMITTEE, COMMUNITY)
REFUSED, NOTICE, ANSWERED = "refused", "told why not", "answered"
_HASH = re.compile(r"@?[0-9a-f]{64}")
_ALL = (["ALL"], ["ALLSMALLER"])


@dataclass(frozen=True, slots=True)
class Answer:
    """How a question went, with all that was said."""

    how: str
    status: int
    said: str

    @property
    def is_unforeseen(self) -> bool:
        """Whether the program stumbled."""
        return self.status >= 500 or "程序出错" in self.said


class House:
    """An app on the register of two sub-districts, and whoever comes to it."""

    def __init__(self, app: Dash, site: Site, things: Both) -> None:
        self.app = app
        self.site = site
        self.things = things
        self._clients: dict[str, FlaskClient] = {}
        self._known: set[Role] = set()

    def visitor(self, role: Role | None) -> FlaskClient:
        """A client that is signed in, in one's own sub-district; null: nobody."""
        return self._kept(str(role), lambda: None if role is None else self.cookie(role))

    def neighbour(self, role: Role) -> FlaskClient:
        """A client that is signed in, in the other sub-district."""
        other = self.things.other
        scope = {COMMUNITY: other.community}.get(role, other.subdistrict)
        return self._kept(f"other {role}", lambda: session_of(self.site, role, scope))

    def half(self) -> FlaskClient:
        """A client whose password was right, and whose second factor is still to be given."""
        return self._kept("half", lambda: self._changed({"is_whole": False}))

    def late(self) -> FlaskClient:
        """A client whose session was over before today."""
        return self._kept(
            "late", lambda: self._changed({"seen_at": self.site.clock().replace(2020)})
        )

    def strangers(self) -> Mapping[str, FlaskClient]:
        """Those who are not signed in, or not yet, or no more."""
        return {
            "nobody": self.visitor(None),
            "half signed in": self.half(),
            "too late": self.late(),
        }

    def cookie(self, role: Role) -> str:
        """The cookie of a new session of a role; its account is made once."""
        name = f"own-{role}"
        if role in self._known:
            return another_session(self.site, name)
        self._known.add(role)
        scope = {COMMUNITY: self.things.own.community}.get(role, self.things.own.subdistrict)
        return session_of(self.site, role, *([scope] if role in SCOPED else []), name=name)

    def _changed(self, values: dict[str, Any]) -> str:
        token = self.cookie(COMMITTEE)
        with db.writing(self.site.engine) as connection:
            mine = AccountSession.token == hash_of(token)
            connection.execute(update(AccountSession).where(mine).values(values))
        return token

    def _kept(self, name: str, cookie: Any) -> FlaskClient:
        if name not in self._clients:
            client = self._clients[name] = self.app.server.test_client()
            if held := cookie():
                client.set_cookie(COOKIE, held)
        return self._clients[name]

    def spelled(self, value: Any) -> Any:
        """A value of the table with the numbers and codes of this register."""
        if isinstance(value, str):
            return value.format(own=self.things.own, other=self.things.other)
        if isinstance(value, list):
            return [self.spelled(each) for each in value]
        if isinstance(value, Mapping):
            return {key: self.spelled(each) for key, each in value.items()}
        return value

    # Asking.

    def page(self, client: FlaskClient, address: str) -> Answer:
        """Ask for a page as the browser does."""
        path, _, search = self.spelled(address).partition("?")
        return answer(ask_page(client, path, f"?{search}" if search else ""))

    def callback(
        self, client: FlaskClient, output: str, values: Mapping[str, Any], *, otherwise: Any = None
    ) -> Answer:
        """Ask a callback; inputs and states without a value are sent ``otherwise``."""
        spelled = {name: self.spelled(value) for name, value in values.items()}
        body = question(self.app, output, spelled, otherwise)
        return answer(client.post("/_dash-update-component", json=body))

    def route(self, client: FlaskClient, method: str, address: str) -> Answer:
        """Ask an address of the server."""
        return answer(client.open(self.spelled(address), method=method, buffered=True))

    def leaks(self, role: Role | None, said: str) -> list[str]:
        """What an answer tells that a role must never be told."""
        other = self.things.other
        words: list[str] = []
        if role is None or role in SCOPED:
            words += [THERE, other.uscc, other.fresh, other.person, other.link]
        if role == COMMUNITY:
            words.append(BESIDE)
        if role != COMMITTEE:
            words += [self.things.own.person, other.person]
        return [word for word in words if word in said]


def answer(response: TestResponse) -> Answer:
    """Tell how a question went."""
    said = text_of(response)
    sent_away = response.status_code == 303 and f"{SIGN_IN}?next=" in (response.location or "")
    if response.status_code in {401, 403} or sent_away or "没有此项权限" in said:
        return Answer(REFUSED, response.status_code, said)
    is_notice = response.status_code in {400, 404, 410, 503} or "card notice" in said
    return Answer(NOTICE if is_notice else ANSWERED, response.status_code, said)


def text_of(response: TestResponse) -> str:
    """All that an answer says, with Chinese readable, a workbook or document unpacked."""
    if response.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(response.data)) as packed:
            return "\n".join(
                packed.read(name).decode(errors="replace") for name in packed.namelist()
            )
    if response.is_json:
        return json.dumps(response.get_json(), ensure_ascii=False)
    return response.get_data(as_text=True) if response.mimetype.startswith("text/") else ""


# Everything there is, and what has no row.


def callbacks(app: Dash) -> dict[str, str]:
    """Every callback the server answers: what the table calls it, and its key in the app."""
    return {label(app, key): key for key, entry in app.callback_map.items() if "callback" in entry}


def label(app: Dash, key: str) -> str:
    """Return what the table calls a callback: its output; by its first input, where many have that output."""
    plain = _HASH.sub("", key)
    if plain == key:
        return key
    first = app.callback_map[key]["inputs"][0]
    return f"{plain or '(no output)'} < {first['id']}.{first['property']}"


def routes(app: Dash) -> Iterator[tuple[str, str]]:
    """Every address of the server, by method and rule."""
    for rule in app.server.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, rule.rule


def unlisted(app: Dash, pages: tuple[Page, ...] = tuple(dashboard_app.PAGES)) -> list[str]:
    """What is registered and has no row, and rows of what is not registered: each with what to do."""
    told = [
        *_compared(
            "PAGES", {page.PATH for page in pages}, {row.path for row in PAGES}, 'page("{}", …)'
        ),
        *_compared(
            "CALLBACKS",
            set(callbacks(app)),
            {row.output for row in CALLBACKS},
            "CallbackRow({!r}, …)",
        ),
        *_compared(
            "ROUTES",
            {" ".join(each) for each in routes(app)},
            {f"{row.method} {row.rule}" for row in ROUTES},
            "RouteRow({!r}, …)",
        ),
    ]
    return sorted(told)


def _compared(table: str, there: set[str], listed: set[str], row: str) -> Iterator[str]:
    for each in there - listed:
        yield f"tests/access_table.py: {table} lacks {row.format(each)}: say who may come in"
    for each in listed - there:
        yield f"tests/access_table.py: {table} has {row.format(each)}, which the app has not: remove it"


def question(
    app: Dash, output: str, values: Mapping[str, Any], otherwise: Any = None
) -> dict[str, Any]:
    """What a browser posts to a callback, whatever its inputs and outputs are."""
    key = callbacks(app)[output]
    entry = app.callback_map[key]
    parts = {
        name: [_part(each, values, otherwise) for each in entry[name]]
        for name in ("inputs", "state")
    }
    outputs: Any = []
    if not entry.get("no_output"):
        split: Any = split_callback_id(key)
        named = split if isinstance(split, list) else [split]
        outputs = [_part(each, {}, None) for each in named]
        outputs = outputs if isinstance(split, list) else outputs[0]
    first = entry["inputs"][0] if entry["inputs"] else None
    changed = [] if first is None else [f"{first['id']}.{first['property']}"]
    return {"output": key, "outputs": outputs, "changedPropIds": changed, **parts}


def _part(declared: Mapping[str, str], values: Mapping[str, Any], otherwise: Any) -> Any:
    """One input; one that stands for many components is sent for two of them."""
    name, prop = declared["id"], declared["property"].split("@")[0]
    value = values.get(f"{name}.{prop}", otherwise)
    if not name.startswith("{"):
        return {"id": name, "property": prop, "value": value}
    pattern = json.loads(name)
    many = any(each in _ALL for each in pattern.values())
    named = [
        {key: n if isinstance(each, list) else each for key, each in pattern.items()}
        for n in ((1, 2) if many else (1,))
    ]
    parts = [{"id": each, "property": prop, "value": value} for each in named]
    return parts if many else parts[0]
