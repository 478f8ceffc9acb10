"""The addresses of these pages, and what each of them asks of the domain: one transaction each."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import flask
import jinja2
import segno
from cryptography.fernet import Fernet
from flask import Response, request
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.exceptions import UnsupportedMediaType

from dashboard import language
from dashboard.account import COOKIE, FACTOR, HOMES, LINK, ME, PASSWORD, ROOT, SIGN_IN
from dashboard.account.gate import Gate, SignInNeeded, token_of_request
from dashboard.account.tries import Tries
from dashboard.declare import STYLE
from dashboard.declare.pages import speaking
from dashboard.query import HOME
from dashboard.site import Site
from dashboard.text import Say, both
from liangxin import accounts, db, passwords, second_factor, signing_in, web_key
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import LiangxinError, Misuse, NotFound
from liangxin.schema import Account
from liangxin.signing_in import Refused, Session, SignedIn

LARGEST = 16 * 1024
FORM = "application/x-www-form-urlencoded"
#: A second factor is set up within so many seconds of the page that shows its secret.
SET_UP_SECONDS = 900
_FOLDERS = [Path(__file__).parent / "templates", Path(__file__).parent.parent / "declare/templates"]
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDERS),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def register(server: flask.Flask, site: Site, gate: Gate, tries: Tries) -> None:
    """Let a web server answer for the pages of accounts."""
    desk = Desk(site, gate, tries)
    routes: list[tuple[str, str, Callable[..., Response], list[str]]] = [
        (SIGN_IN, "sign_in", desk.sign_in, ["GET", "POST"]),
        (FACTOR, "factor", desk.factor, ["GET", "POST"]),
        (f"{FACTOR}/new", "new_factor", desk.new_factor, ["GET", "POST"]),
        (ME, "me", desk.me, ["GET"]),
        (PASSWORD, "password", desk.password, ["GET", "POST"]),
        (f"{ROOT}/sign-out", "sign_out", desk.sign_out, ["POST"]),
        (f"{LINK}/<secret>", "link", desk.link, ["GET", "POST"]),
    ]
    for rule, name, answer, methods in routes:
        server.add_url_rule(rule, f"account.{name}", answer, methods=methods)


class Desk:
    """Answers the requests of one app."""

    def __init__(self, site: Site, gate: Gate, tries: Tries) -> None:
        self.site = site
        self.gate = gate
        self.tries = tries

    def sign_in(self) -> Response:
        """Ask for name and password, or try them."""
        if request.method == "GET":
            return self._page("sign_in.html", next=self._next(), name="")
        entered = _entered()
        self.tries.admit(request.remote_addr)
        name = entered.get("name", "").strip()[:60]
        mark = web_key.keyed_hash(self.site.settings, name)
        with db.reading(self.site.engine) as connection:
            kept = signing_in.kept_of(connection, name)
        tried = signing_in.tried(name, mark, entered.get("password", "")[:1000], kept)
        with db.writing(self.site.engine, facts=False) as connection:
            answer = signing_in.sign_in(connection, tried, now=self.site.clock())
        if isinstance(answer, Refused):
            self.tries.failed(request.remote_addr)
            return self._page("sign_in.html", answer, 401, next=self._next(), name=name)
        return self._began(answer)

    def _began(self, signed: SignedIn) -> Response:
        """Hand over the cookie, and go on to what was wanted or to the second factor."""
        onward = self._next()
        if not signed.is_whole:
            step = FACTOR if signed.has_second_factor else f"{FACTOR}/new"
            onward = f"{step}?next={quote(onward, safe='/')}"
        response = _redirect(onward)
        response.set_cookie(
            COOKIE,
            signed.token,
            max_age=int(signing_in.ABSOLUTE.total_seconds()),
            httponly=True,
            secure=request.is_secure,
            samesite="Lax",
            path="/",
        )
        return response

    def factor(self) -> Response:
        """Ask for the second factor's code, or try it."""
        session = self.gate.session()
        token = token_of_request()
        if session is None or token is None:
            return _redirect(SIGN_IN)
        if session.is_whole:
            return self._onward(session.actor.role)
        if not session.has_second_factor:
            return _redirect(f"{FACTOR}/new")
        if request.method == "GET":
            return self._page("code.html", next=self._next())
        entered = _entered()
        self.tries.admit(request.remote_addr)
        refused = self._try_code(session, token, entered.get("code", "")[:40])
        if refused is not None:
            self.tries.failed(request.remote_addr)
            return self._page("code.html", refused, 401, next=self._next())
        return self._onward(session.actor.role)

    def _try_code(self, session: Session, token: str, said: str) -> LiangxinError | None:
        """Try a code of the second factor; return why it did not work."""
        key = web_key.load(self.site.settings)
        with db.writing(self.site.engine, facts=False) as connection:
            query = select(Account.second_factor).where(Account.id == session.account)
            sealed = connection.execute(query).scalar_one()
            secret = None if sealed is None else web_key.opened(key, sealed)
            try:
                is_right = signing_in.give_second_factor(
                    connection, token, said, secret, now=self.site.clock()
                )
            except Refused as locked:
                return locked
        return None if is_right else Misuse(*both("account.wrong_code"))

    def new_factor(self) -> Response:
        """Show a new secret, or keep it once its first code is right."""
        session = self.gate.session()
        token = token_of_request()
        if session is None or token is None:
            return _redirect(SIGN_IN)
        if session.has_second_factor:
            return _redirect(FACTOR if not session.is_whole else ME)
        key = web_key.load(self.site.settings)
        if request.method == "GET":
            return self._set_up(
                session.actor.name, second_factor.new_secret(), key, session.account
            )
        entered = _entered()
        held = web_key.opened(key, entered.get("sealed", ""), seconds=SET_UP_SECONDS)
        owner, _, secret = (held or b"").partition(b":")
        if held is None or owner != str(session.account).encode():
            return _redirect(f"{FACTOR}/new")
        step = second_factor.matching_step(
            secret, entered.get("code", "")[:40], self.site.clock().timestamp(), None
        )
        if step is None:
            wrong = Misuse(*both("account.wrong_code"))
            return self._set_up(session.actor.name, secret, key, session.account, wrong)
        with db.writing(self.site.engine, facts=False) as connection:
            codes = signing_in.keep_second_factor(
                connection, token, web_key.seal(key, secret), step, now=self.site.clock()
            )
        onward = self._where(session.actor.role)
        return self._page("recovery.html", codes=codes, next=onward)

    def _set_up(
        self,
        name: str,
        secret: bytes,
        key: Fernet,
        account: int,
        error: LiangxinError | None = None,
    ) -> Response:
        say = self._say()
        address = second_factor.address(secret, name, say("app.title"))
        picture = segno.make(address, error="m").svg_inline(scale=5, border=3, omitsize=False)
        return self._page(
            "new_code.html",
            error,
            200 if error is None else 400,
            picture=Markup(picture),  # noqa: S704 - made here, from nothing anybody entered
            secret=address.split("secret=")[1].split("&")[0],
            sealed=web_key.seal(key, str(account).encode() + b":" + secret),
            next=self._next(),
        )

    def me(self) -> Response:
        """Show who is signed in, and how to sign out."""
        actor = self.gate.actor() or LOCAL
        mine = PASSWORD if actor is not LOCAL else None
        return self._page(
            "me.html", actor=actor, role=self._role(actor.role), home=HOME, password=mine
        )

    def password(self) -> Response:
        """Ask for another password of one's own, or set it."""
        actor, token = self.gate.actor(), token_of_request()
        if actor is None or token is None:  # before there are accounts
            return _redirect(ME)
        if request.method == "GET":
            return self._own(actor)
        entered = _entered()
        self.tries.admit(request.remote_addr)
        try:
            self._change(actor, token, entered)
        except Refused as error:
            self.tries.failed(request.remote_addr)
            return self._own(actor, error, 401)
        except Misuse as error:
            return self._own(actor, error, 400)
        onward = self._where(actor.role)
        return self._page("password_set.html", name=actor.name, onward=onward, own=True)

    def _own(self, actor: Actor, error: LiangxinError | None = None, status: int = 200) -> Response:
        return self._page("password.html", error, status, name=actor.name, here=PASSWORD, own=True)

    def _change(self, actor: Actor, token: str, entered: Mapping[str, str]) -> None:
        """Set a password, if the one up to now is right.

        Raises:
            Misuse: the new one may not be chosen, or was not written twice.
            Refused: the old one is wrong.
        """
        old, new = entered.get("old", "")[:1000], entered.get("password", "")
        if new != entered.get("again", ""):
            raise Misuse(*both("account.not_same"))
        passwords.require_good(new, (actor.name, *(actor.subdistricts or ())))
        with db.reading(self.site.engine) as connection:
            kept = signing_in.kept_of(connection, actor.name)
        tried = signing_in.tried(actor.name, "", old, kept)
        hashed, now = passwords.kept(new), self.site.clock()
        with db.writing(self.site.engine, facts=False) as connection:
            refused = signing_in.change_password(connection, token, tried, hashed, now=now)
        if refused is not None:  # raised here, so that its count is committed
            raise refused

    def sign_out(self) -> Response:
        """End the session."""
        token = token_of_request()
        if token is not None:
            with db.writing(self.site.engine, facts=False) as connection:
                signing_in.sign_out(connection, token, now=self.site.clock())
        response = _redirect(SIGN_IN)
        response.delete_cookie(COOKIE, path="/")
        return response

    def link(self, secret: str) -> Response:
        """Ask for a password behind a one-time link, or set it."""
        now = self.site.clock()
        self.tries.admit(request.remote_addr)
        try:
            with db.reading(self.site.engine) as connection:
                name = accounts.by_link(connection, secret, now=now).name
        except NotFound:
            self.tries.failed(request.remote_addr)
            raise
        if request.method == "GET":
            return self._page("password.html", name=name, here=f"{LINK}/{secret}", own=False)
        entered = _entered()
        first, second = entered.get("password", ""), entered.get("again", "")
        try:
            if first != second:
                raise Misuse(*both("account.not_same"))  # noqa: TRY301 - answered like the rest
            with db.writing(self.site.engine, facts=False) as connection:
                accounts.set_password(connection, secret, first, now=now)
        except Misuse as error:
            return self._page(
                "password.html", error, 400, name=name, here=f"{LINK}/{secret}", own=False
            )
        return self._page("password_set.html", name=name, onward=SIGN_IN, own=False)

    # What all of them need.

    def _say(self) -> Say:
        return speaking(self.site.settings.language)

    def _role(self, role: Role) -> str:
        return self._say()(f"role.{role}")

    def _page(
        self,
        template: str,
        error: LiangxinError | None = None,
        status: int = 200,
        **values: object,
    ) -> Response:
        say = self._say()
        other = {"zh": "en", "en": "zh"}[say.language] if request.method != "POST" else None
        told = _TEMPLATES.get_template(template).render(
            say=say,
            lang=say.language,
            other=other,
            style=STYLE,
            error=None if error is None else (error.zh, error.en),
            **values,
        )
        response = Response(told, status, content_type="text/html; charset=utf-8")
        if request.method == "GET" and request.args.get("lang") == say.language:
            language.remember(response, say.language)  # the pages behind the door speak it too
        return response

    def _onward(self, role: Role) -> Response:
        return _redirect(self._where(role))

    def _where(self, role: Role) -> str:
        """Where somebody goes who asked for nothing in particular: administrators see no overview."""
        asked = self._next()
        return HOMES.get(role, HOME) if asked == HOME else asked

    def _next(self) -> str:
        """Where to go afterwards: a path of ours, and nothing else."""
        asked = request.args.get("next", HOME)
        try:
            parts = urlsplit(asked)
        except ValueError:  # brackets that are no address
            return HOME
        is_ours = asked.startswith("/") and not asked.startswith("//") and "\\" not in asked
        is_ours = is_ours and asked.isprintable()  # no second line for a header
        return asked if is_ours and not parts.netloc and not parts.scheme else HOME


def refuse(gate: Gate, error: SignInNeeded) -> Response:
    """Answer whoever is not signed in: to the page that asks, or with 401 where a script asks."""
    if request.method == "GET" and not request.path.startswith("/_"):
        return _redirect(f"{SIGN_IN}?next={quote(request.full_path.rstrip('?'), safe='/')}")
    say = gate.site.say
    response = flask.jsonify({"error": say.error(error)})
    response.status_code = 401
    return response


def _redirect(to: str) -> Response:
    response: Response = flask.redirect(to, 303)  # type: ignore[assignment]
    return response


def _entered() -> Mapping[str, str]:
    """The fields of a form, read only if they are few.

    Raises:
        UnsupportedMediaType, RequestEntityTooLarge: it is no form of ours.
    """
    request.max_content_length = LARGEST
    if request.mimetype != FORM:
        raise UnsupportedMediaType
    return request.form
