"""The addresses of these pages, and what each of them asks of the domain: one transaction each.

``/declare/<token>`` is the form behind a link, ``/declare/<token>/decline`` takes the number of who
declines, ``/declare/mine`` and what is below it is the person's own side. A code travels in the
body of a request, never in an address.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import flask
from flask import Response, request
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound as NoPage
from werkzeug.exceptions import UnsupportedMediaType

from dashboard.declare import MINE, ROOT, STYLE
from dashboard.declare.own import view_of
from dashboard.declare.pages import page, speaking
from dashboard.declare.quotas import Gate, Quotas, Refusal, TooMany
from dashboard.declare.words import committee, notice_items
from dashboard.site import Site
from dashboard.text import Say, both
from liangxin import db, declaring, entering, links, membership, notice, privacy, tasks
from liangxin.days import CHINA
from liangxin.entering import Said
from liangxin.errors import LiangxinError, Misuse, NotFound
from liangxin.privacy import Keys

#: Largest body; a filled-in form is a few hundred bytes.
LARGEST = 16 * 1024
FORM = "application/x-www-form-urlencoded"
#: What a person did with their code; false: nothing of theirs is kept any more.
Change = Callable[[Connection, Keys, str], bool]


def register(server: flask.Flask, site: Site, quotas: Quotas) -> None:
    """Let a web server answer for the declaration pages of a register."""
    desk = Desk(site, Gate(quotas))
    style = (Path(__file__).parent / "style.css").read_bytes()
    routes: list[tuple[str, str, Callable[..., Response], list[str]]] = [
        (STYLE, "style", lambda: _style(style), ["GET"]),
        (MINE, "ask_code", desk.ask_code, ["GET"]),
        (MINE, "show", desk.show, ["POST"]),
        (f"{MINE}/correct", "correct", desk.correct, ["POST"]),
        (f"{MINE}/withdraw", "withdraw", desk.withdraw, ["POST"]),
        (f"{MINE}/transfer", "transfer", desk.withdraw_transfer, ["POST"]),
        (f"{ROOT}/<token>", "form", desk.form, ["GET"]),
        (f"{ROOT}/<token>", "declare", desk.declare, ["POST"]),
        (f"{ROOT}/<token>/decline", "decline", desk.decline, ["POST"]),
        # Whoever reloads an answer by its address.
        (f"{MINE}/<any(correct,withdraw,transfer):_what>", "ask_again", desk.ask_code, ["GET"]),
        (f"{ROOT}/<token>/decline", "form_again", desk.form, ["GET"]),
        # Whatever else is below here is no page of Dash's.
        (ROOT, "nothing", _nowhere, ["GET", "POST"]),
        (f"{ROOT}/", "nowhere", _nowhere, ["GET", "POST"]),
        (f"{ROOT}/<path:_rest>", "nowhere_below", _nowhere, ["GET", "POST"]),
    ]
    for rule, name, answer, methods in routes:
        server.add_url_rule(rule, f"declare.{name}", answer, methods=methods)


class Desk:
    """Answers the requests of one app."""

    def __init__(self, site: Site, gate: Gate) -> None:
        self.site = site
        self.gate = gate

    # Declaring and declining.

    def form(self, token: str) -> Response:
        """Show the notice and the form."""
        return self._form(token, {})

    def declare(self, token: str) -> Response:
        """Record a declaration and show the code; what is wrong is told above the form."""
        self._admit("declaring")
        entered = _entered()
        today = self.site.today()
        try:
            said = _said(entered)
            with db.writing(self.site.engine) as connection:
                keys = self._keys()  # inside: a rotation may have ended while we waited
                code = declaring.declare(
                    connection, keys, token, entered.get("form", ""), said,
                    today=today, now=self.site.clock(),
                )  # fmt: skip
                self._open_tasks(connection, code, today)
        except Misuse as error:
            return self._form(token, entered, error)
        return page(
            "declared.html",
            self._say(),
            code=code,
            receipt=links.receipt(code),
            address=f"{request.host_url.rstrip('/')}{MINE}",
            until=membership.expires(today),
        )

    def _open_tasks(self, connection: Connection, code: str, today: date) -> None:
        """Let the committee hear of it at once."""
        number = declaring.organisation_of_code(connection, code, today)
        tasks.open_for(connection, self.site.rules, number, today, self.site.clock())

    def decline(self, token: str) -> Response:
        """Note that somebody declines; the answer is the same whatever the register knew."""
        self._admit("declaring")
        entered = _entered()
        today = self.site.today()
        form, number = entered.get("form", ""), entered.get("number", "")
        try:
            with db.writing(self.site.engine) as connection:
                declaring.decline(
                    connection,
                    self._keys(),
                    token,
                    form,
                    number,
                    today=today,
                    now=self.site.clock(),
                )
        except Misuse as error:
            return self._form(token, {}, error)
        return page("declined.html", self._say())

    def _form(
        self, token: str, entered: Mapping[str, str], error: LiangxinError | None = None
    ) -> Response:
        """The notice and the form, with what was entered but the number and the consents."""
        say = self._say()
        with db.reading(self.site.engine) as connection:
            place = links.place_of(connection, token, today=self.site.today())
        text = notice.current()
        return page(
            "form.html",
            say,
            status=200 if error is None else 400,
            error=error,
            place=place,
            committee=committee(place, say),
            notice=notice_items(place, say),
            consents=[(key, say.pair(text.consents[key])) for key in notice.CONSENTS],
            required=notice.REQUIRED,
            relations=_relations(say),
            form=links.new_form(self._keys(), token, now=self.site.clock()),
            here=f"{ROOT}/{token}",
            status_said=entered.get("status", ""),
            relation_said=entered.get("relation", ""),
            **_repeated(entered),
        )

    # One's own side.

    def ask_code(self, _what: str = "") -> Response:
        """Ask for the code."""
        return page("ask_code.html", self._say())

    def show(self) -> Response:
        """Show all that is kept of whoever holds the code."""
        return self._own(_entered(), lambda _connection, _keys, _code: True)

    def correct(self) -> Response:
        """Correct what the person said, and show what is kept now."""
        entered = _entered()

        def change(connection: Connection, keys: Keys, code: str) -> bool:
            today, now = self.site.today(), self.site.clock()
            declaring.correct(
                connection, keys, code, _said(entered), self.site.rules, today=today, now=now
            )
            return True

        return self._own(entered, change, "mine.corrected")

    def withdraw_transfer(self) -> Response:
        """Take back the consent to a transfer, and show what is kept now."""

        def change(connection: Connection, _keys: Keys, code: str) -> bool:
            today, now = self.site.today(), self.site.clock()
            declaring.withdraw_transfer(connection, code, today=today, now=now)
            return True

        return self._own(_entered(), change, "mine.transfer_done")

    def withdraw(self) -> Response:
        """Withdraw everything, once it was said that this is meant."""
        entered = _entered()

        def change(connection: Connection, _keys: Keys, code: str) -> bool:
            if entered.get("sure") != "yes":
                raise Misuse(*both("mine.not_sure"))
            today, now = self.site.today(), self.site.clock()
            declaring.withdraw(connection, self.site.rules, code, today=today, now=now)
            return False

        return self._own(entered, change)

    def _own(self, entered: Mapping[str, str], change: Change, done: str = "") -> Response:
        """Do something with a code, and show what is kept behind it."""
        self._refuse(self.gate.look("wrong_codes", request.remote_addr))
        self._admit("own")
        say, code = self._say(), _code(entered)
        error: Misuse | None = None
        try:
            with db.writing(self.site.engine) as connection:
                keys = self._keys()
                try:
                    with connection.begin_nested():
                        kept = change(connection, keys, code)
                except Misuse as wrong:
                    error, kept = wrong, True
                if not kept:
                    return page("withdrawn.html", say)
                mine = declaring.mine(connection, keys, code, now=self.site.clock())
        except NotFound as unknown:
            self.gate.count("wrong_codes", request.remote_addr)
            return page("ask_code.html", say, status=404, error=unknown)
        return page(
            "own.html",
            say,
            status=200 if error is None else 400,
            error=error,
            done=done if error is None else "",
            code=code,
            own=view_of(mine, say),
            relations=_relations(say),
        )

    # What all of them need.

    def _say(self) -> Say:
        return speaking(self.site.settings.language)

    def _keys(self) -> Keys:
        return privacy.load(self.site.settings)

    def _admit(self, kind: str) -> None:
        self._refuse(self.gate.admit(kind, request.remote_addr))

    def _refuse(self, refused: Refusal | None) -> None:
        if refused is None:
            return
        # Told to the minute, so rounded up.
        again = self.site.clock().astimezone(CHINA) + timedelta(seconds=refused.seconds + 60)
        raise TooMany(refused.seconds, f"{again:%Y-%m-%d %H:%M}")


def _relations(say: Say) -> list[tuple[str, str]]:
    return [(key, say.pair(words)) for key, words in entering.RELATIONS.items()]


def _entered() -> Mapping[str, str]:
    """The fields of a form, read only if they are few.

    Raises:
        UnsupportedMediaType, RequestEntityTooLarge: it is no form of ours.
    """
    request.max_content_length = LARGEST
    if request.mimetype != FORM:
        raise UnsupportedMediaType
    return request.form


def _code(entered: Mapping[str, str]) -> str:
    """The code as it was given; some keyboards write full-width letters."""
    return links.plain_code(unicodedata.normalize("NFKC", entered.get("code", "")[:100]))


def _said(entered: Mapping[str, str]) -> Said:
    """What somebody entered.

    Raises:
        Misuse: the day of hiring is none.
    """
    return Said(
        name=entered.get("name", ""),
        number=entered.get("number", ""),
        status=entered.get("status", ""),
        relation=entered.get("relation", ""),
        hired_on=_day(entered.get("hired_on", "").strip()),
        consents={key for key in notice.CONSENTS if entered.get(key) == "yes"},
    )


def _repeated(entered: Mapping[str, str]) -> dict[str, str]:
    """What was typed and need not be typed again; a number in the wrong field is not repeated."""
    name = entered.get("name", "")
    try:
        hired_on = _day(entered.get("hired_on", "").strip())
    except Misuse:
        hired_on = None
    return {
        "name": "" if any(each.isdigit() for each in name) else name,
        "hired_on": "" if hired_on is None else str(hired_on),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        # Not chained: the message of the first would quote what was entered.
        raise Misuse(*both("declare.bad_day")) from None


def _style(content: bytes) -> Response:
    response = Response(content, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=3600"
    return response


def _nowhere(_rest: str = "") -> Response:
    raise NoPage
