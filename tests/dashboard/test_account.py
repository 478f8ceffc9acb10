"""Signing in through the real application: cookies, second factors, scope, and what other sites send."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from factories import NORTH, NOW, SOUTH, a_uscc
from flask.testing import FlaskClient
from pages import ask_page, shown
from werkzeug.test import TestResponse

from dashboard.account import COOKIE, FACTOR, ME, SIGN_IN
from dashboard.account import PASSWORD as OWN
from dashboard.app import create_app
from dashboard.declare.quotas import Quotas
from dashboard.site import Site
from liangxin import accounts, audit, db, passwords, second_factor, signing_in
from liangxin.access import Actor, Role

OPERATOR = Actor("operator", Role.SYSADMIN)
PASSWORD, ANOTHER = "砚池边上的三只灰鹭看潮水", "tram lantern osprey 71"


class Moving:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        return self.now

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    monkeypatch.setattr(passwords, "_nobody", lambda: quick.hash("nobody"))


@pytest.fixture
def moving() -> Moving:
    return Moving()


@pytest.fixture
def browser(district: Site, moving: Moving) -> Iterator[FlaskClient]:
    app = create_app(district.settings, district.engine, clock=moving)
    with app.server.test_client() as client:
        yield client


def account(site: Site, name: str, role: str, *scope: str) -> str:
    """Make an account and return the path of its one-time link."""
    with db.writing(site.engine) as connection:
        secret = accounts.add(connection, name, role, scope, by=OPERATOR, today=NOW.date(), now=NOW)
    return f"/account/link/{secret}"


def ready(site: Site, name: str = "zhang", role: str = "economic_office", *scope: str) -> None:
    """Make an account whose password is set."""
    path = account(site, name, role, *(scope or ((NORTH,) if role == "economic_office" else ())))
    with db.writing(site.engine) as connection:
        accounts.set_password(connection, path.rsplit("/", 1)[1], PASSWORD, now=NOW)


def sign_in(
    browser: FlaskClient, name: str = "zhang", password: str = PASSWORD, **more: Any
) -> TestResponse:
    return browser.post(SIGN_IN, data={"name": name, "password": password}, **more)


def actions(site: Site) -> list[tuple[str, str]]:
    with db.reading(site.engine) as connection:
        found = audit.listed(connection, Actor("auditor", Role.AUDITOR))
    return [(each.action, each.by) for each in reversed(found)]


def test_from_a_link_to_the_pages_and_out_again(browser: FlaskClient, district: Site) -> None:
    path = account(district, "zhang", "economic_office", NORTH)
    assert "zhang" in browser.get(path).text
    wrong = browser.post(path, data={"password": PASSWORD, "again": "something else here"})
    assert (wrong.status_code, "不一样" in wrong.text) == (400, True)
    weak = browser.post(path, data={"password": "password123", "again": "password123"})
    assert (weak.status_code, "太容易" in weak.text) == (400, True)
    assert "密码已设置" in browser.post(path, data={"password": PASSWORD, "again": PASSWORD}).text
    assert browser.get(path).status_code == 404
    away = browser.get("/?rate=R6")
    assert (away.status_code, away.location) == (303, f"{SIGN_IN}?next=/%3Frate%3DR6")
    assert ask_page(browser, "/").status_code == 401
    answer = sign_in(browser, query_string={"next": "/?rate=R6"})
    assert (answer.status_code, answer.location) == (303, "/?rate=R6")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert browser.get("/").status_code == 200
    assert "街道经济办" in browser.get(ME).text
    assert browser.post("/account/sign-out").location == SIGN_IN
    assert browser.get("/").status_code == 303
    assert [action for action, by in actions(district) if by == "zhang"] == [
        *("account.password", "sign_in.done", "sign_out"),
    ]


def test_over_tls_the_cookie_travels_over_tls_alone(browser: FlaskClient, district: Site) -> None:
    ready(district)
    answer = sign_in(browser, base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_an_office_sees_its_own_sub_district_and_no_other(
    browser: FlaskClient, district: Site
) -> None:
    ready(district)
    sign_in(browser)
    assert "两新组织名单" in shown(browser, f"/subdistrict/{NORTH}")
    assert "没有找到街道" in shown(browser, f"/subdistrict/{SOUTH}")
    assert "示例南镇" not in shown(browser, "/")


def changes_password(browser: FlaskClient, old: str, new: str, again: str = "") -> Any:
    said = {"old": old, "password": new, "again": again or new}
    return browser.post(OWN, data=said)


def test_a_password_is_changed_by_its_owner_and_other_sessions_end(
    browser: FlaskClient, district: Site
) -> None:
    ready(district)
    elsewhere = create_app(district.settings, district.engine, clock=district.clock)
    other = elsewhere.server.test_client()
    for client in (browser, other):
        sign_in(client, "zhang")
    assert OWN in browser.get(ME).text
    assert 'autocomplete="current-password"' in browser.get(OWN).text
    told = changes_password(browser, PASSWORD, ANOTHER)
    assert (told.status_code, "密码已修改" in told.text) == (200, True)
    assert "组织覆盖率" in shown(browser, "/")
    assert other.get("/").status_code == 303
    assert sign_in(other, "zhang", PASSWORD).status_code == 401
    assert sign_in(other, "zhang", ANOTHER).status_code == 303
    assert ("account.password", "zhang") in actions(district)


@pytest.mark.parametrize(
    ("old", "new", "again", "status", "sentence"),
    [
        ("wrong wrong wrong", ANOTHER, "", 401, "密码不对"),
        (PASSWORD, "short", "", 400, "10"),
        (PASSWORD, ANOTHER, f"{ANOTHER}.", 400, "不一样"),
    ],
)
def test_a_password_that_is_not_changed_stays(
    browser: FlaskClient, district: Site, old: str, new: str, again: str, status: int, sentence: str
) -> None:
    ready(district)
    sign_in(browser, "zhang")
    told = changes_password(browser, old, new, again)
    assert (told.status_code, sentence in told.text) == (status, True)
    browser.post("/account/sign-out")
    assert sign_in(browser, "zhang", PASSWORD).status_code == 303


def test_guessing_the_password_up_to_now_locks_the_account(
    browser: FlaskClient, district: Site
) -> None:
    ready(district)
    sign_in(browser, "zhang")
    for _ in range(5):
        told = changes_password(browser, "wrong wrong wrong", ANOTHER)
    assert "锁定" in told.text
    assert "锁定" in changes_password(browser, PASSWORD, ANOTHER).text


def test_before_there_are_accounts_there_is_no_password(browser: FlaskClient) -> None:
    assert browser.get(OWN).location == ME
    assert OWN not in browser.get(ME).text


def test_a_leader_is_refused_organisations_and_the_refusal_is_logged(
    browser: FlaskClient, district: Site
) -> None:
    ready(district, "li", "leader")
    sign_in(browser, "li")
    assert "组织覆盖率" in shown(browser, "/")
    assert "没有此项权限" in shown(browser, f"/organisation/{a_uscc(10)}")
    assert ("refused", "li") in actions(district)


def test_a_wrong_password_is_told_without_telling_which_part(
    browser: FlaskClient, district: Site
) -> None:
    ready(district)
    for name in ("zhang", "nobody"):
        answer = sign_in(browser, name, "wrong wrong wrong")
        assert answer.status_code == 401
        assert "账户名或密码不对" in answer.text
        assert COOKIE not in answer.headers.get("Set-Cookie", "")
    assert 'value="nobody"' in answer.text


def test_an_address_that_fails_often_waits_and_others_do_not(district: Site) -> None:
    ready(district)
    app = create_app(
        district.settings, district.engine, clock=Moving(), quotas=Quotas(signing_in="3/hour")
    )
    here, there = ({"REMOTE_ADDR": f"192.0.2.{n}"} for n in (7, 8))
    with app.server.test_client() as client:
        for name in ("zhang", "li", "wang"):
            answer = sign_in(client, name, "wrong wrong wrong", environ_overrides=here)
            assert answer.status_code == 401
        held = sign_in(client, environ_overrides=here)
        assert (held.status_code, "次数过多" in held.text) == (429, True)
        assert 0 < int(held.headers["Retry-After"]) <= 3600
        assert client.get("/account/link/made-up", environ_overrides=here).status_code == 429
        assert sign_in(client, environ_overrides=there).status_code == 303


def test_made_up_links_count_as_failures(district: Site) -> None:
    ready(district)
    app = create_app(
        district.settings, district.engine, clock=Moving(), quotas=Quotas(signing_in="2/hour")
    )
    with app.server.test_client() as client:
        told = [client.get(f"/account/link/made-up-{n}").status_code for n in range(3)]
        assert told == [404, 404, 429]


def test_what_nobody_foresaw_at_the_pages_of_accounts_is_logged_without_what_was_typed(
    browser: FlaskClient,
    district: Site,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ready(district)

    def stumble(_connection: object, tried: signing_in.Tried, **_: object) -> None:
        raise ValueError(f"no such account {tried.name}")

    monkeypatch.setattr(signing_in, "sign_in", stumble)
    answer = sign_in(browser, "440100190001011234")
    assert answer.status_code == 500
    assert "程序出错" in answer.text
    assert "ValueError" in caplog.text
    assert "440100190001011234" not in caplog.text + answer.text


def test_a_session_ends_by_itself(browser: FlaskClient, district: Site, moving: Moving) -> None:
    ready(district)
    sign_in(browser)
    for _ in range(3):
        moving.later(minutes=20)
        assert browser.get("/").status_code == 200
    moving.later(minutes=31)
    assert browser.get("/").status_code == 303


def code_of(text: str) -> str:
    """The secret that the page shows for typing."""
    [found] = re.findall(r"<code>([A-Z2-7]{32})</code>", text)
    return str(found)


def now_code(secret: str, moving: Moving) -> str:
    import base64

    step = int(moving.now.timestamp() // second_factor.STEP)
    return second_factor.code(base64.b32decode(secret), step)


def test_who_sees_people_sets_up_a_second_factor_and_needs_it(
    browser: FlaskClient, district: Site, moving: Moving
) -> None:
    ready(district, "wang", "committee", NORTH)
    assert sign_in(browser, "wang").location == f"{FACTOR}/new?next=/"
    assert browser.get("/").status_code == 303
    page = browser.get(f"{FACTOR}/new").text
    assert "<svg" in page
    [sealed] = re.findall(r'name="sealed" value="([^"]+)"', page)
    secret = code_of(page)
    wrong = browser.post(f"{FACTOR}/new", data={"sealed": sealed, "code": "12"})
    assert (wrong.status_code, code_of(wrong.text)) == (400, secret)
    done = browser.post(f"{FACTOR}/new", data={"sealed": sealed, "code": now_code(secret, moving)})
    paper = re.findall(r"<code>([A-Z2-9]{5}-[A-Z2-9]{5})</code>", done.text)
    assert len(paper) == 10
    assert browser.get("/").status_code == 200
    browser.post("/account/sign-out")

    moving.later(minutes=2)
    assert sign_in(browser, "wang").location == f"{FACTOR}?next=/"
    assert ask_page(browser, "/").status_code == 401
    assert browser.post(FACTOR, data={"code": "nonsense"}).status_code == 401
    assert browser.post(FACTOR, data={"code": now_code(secret, moving)}).location == "/"
    assert browser.get("/").status_code == 200
    browser.post("/account/sign-out")
    sign_in(browser, "wang")
    assert browser.post(FACTOR, data={"code": paper[3].lower()}).location == "/"


def test_a_secret_shown_to_one_account_sets_up_no_other(
    browser: FlaskClient, district: Site, moving: Moving
) -> None:
    for name in ("wang", "zhao"):
        ready(district, name, "committee", NORTH)
    sign_in(browser, "wang")
    page = browser.get(f"{FACTOR}/new").text
    [sealed] = re.findall(r'name="sealed" value="([^"]+)"', page)
    browser.post("/account/sign-out")
    sign_in(browser, "zhao")
    said = {"sealed": sealed, "code": now_code(code_of(page), moving)}
    assert browser.post(f"{FACTOR}/new", data=said).location == f"{FACTOR}/new"
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 303),
    ],
)
def test_what_another_site_sends_is_refused(
    browser: FlaskClient, district: Site, headers: dict[str, str], status: int
) -> None:
    ready(district)
    assert sign_in(browser, headers=headers).status_code == status
    assert (("refused", "nobody") in actions(district)) is (status == 403)


@pytest.mark.parametrize(
    "asked", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(
    browser: FlaskClient, district: Site, asked: str
) -> None:
    ready(district)
    assert sign_in(browser, query_string={"next": asked}).location == "/"


@pytest.mark.parametrize("cookie", ["", "nonsense", "x" * 3000, "\u4e2d"])
def test_a_cookie_that_was_made_up_opens_nothing(
    browser: FlaskClient, district: Site, cookie: str
) -> None:
    ready(district)
    browser.set_cookie(COOKIE, cookie)
    assert browser.get("/").status_code == 303
    assert ask_page(browser, "/").status_code == 401


def test_a_role_taken_away_ends_the_session_at_once(browser: FlaskClient, district: Site) -> None:
    ready(district)
    sign_in(browser)
    assert browser.get("/").status_code == 200
    with db.writing(district.engine) as connection:
        accounts.change(connection, "zhang", "leader", (), by=OPERATOR, now=NOW)
    assert browser.get("/").status_code == 303


def test_a_body_that_is_no_form_is_refused(browser: FlaskClient, district: Site) -> None:
    ready(district)
    assert browser.post(SIGN_IN, json={"name": "zhang"}).status_code == 415
    assert sign_in(browser, password="x" * 20_000).status_code == 413


def test_without_accounts_this_machine_is_let_in_as_before(browser: FlaskClient) -> None:
    assert browser.get("/").status_code == 200
    assert "区级部门" in browser.get(ME).text
