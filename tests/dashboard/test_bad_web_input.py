"""What nobody should send, through the real server: refused or answered with a sentence, and logged.

No answer and no line of the server's log holds a stack trace, a secret or a person.
"""

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from access_register import DISTRICT, THERE, Both, fill
from conftest import disposed
from factories import NOW
from pages import serving
from rough_visitors import CALLBACK, HEADERS, INSIDE, Moving, Visitor, asking
from signed import OPERATOR, session_of

from dashboard.account import COOKIE, SIGN_IN
from dashboard.responses import MAX_HEADER_BYTES
from dashboard.site import Site
from liangxin import accounts, audit, db
from liangxin.access import Actor, Role
from liangxin.settings import Settings


@dataclass
class House:
    """A server on a register of two sub-districts."""

    site: Site
    things: Both
    clock: Moving
    address: str
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self, role: Role | None = None, *scope: str, name: str = "") -> Visitor:
        cookie = "" if role is None else session_of(self.site, role, *scope, name=name)
        self.visitors.append(Visitor(self.address, cookie))
        return self.visitors[-1]

    def clerk(self, name: str = "clerk") -> Visitor:
        return self.visitor(Role.ECONOMIC_OFFICE, self.things.own.subdistrict, name=name)

    def refusals(self) -> list[tuple[str, str]]:
        with db.reading(self.site.engine) as connection:
            found = audit.listed(connection, Actor("auditor", Role.AUDITOR), action="refused")
        return [(each.by, each.about) for each in reversed(found)]


@pytest.fixture(scope="module")
def furnished(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Both]:
    """The home of a register of two sub-districts, filled once, and what is there."""
    home = tmp_path_factory.mktemp("furnished")
    shutil.copyfile(migrated_file, home / "register.db")
    settings = Settings(home=home, district=DISTRICT)
    with disposed(db.make_engine(settings)) as engine:
        return home, fill(settings, engine)


@pytest.fixture
def house(
    furnished: tuple[Path, Both], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[House]:
    """At its end, all that was answered and logged is searched for what must not be there."""
    made_once, things = furnished
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    settings, moving = Settings(home=tmp_path, district=DISTRICT), Moving()
    with (
        disposed(db.make_engine(settings)) as engine,
        caplog.at_level(logging.INFO),
        serving(settings, engine, clock=moving) as address,
    ):
        made = House(Site(settings, engine, moving), things, moving, address)
        made.visitor(Role.LEADER)  # from now on there are accounts
        yield made
    told = "\n".join(each for visitor in made.visitors for each in visitor.heard)
    secrets = [visitor.cookie for visitor in made.visitors if visitor.cookie]
    people = [things.own.person, things.other.person]
    for word in (*INSIDE, *secrets, *people, THERE):
        assert word not in told
    # A server that is told to end closes its own end first, and says so.
    logged = "\n".join(
        each
        for record in caplog.records
        if "Bad file descriptor" not in (each := logging.Formatter().format(record))
    )
    for word in (*secrets, *people, "Traceback"):
        assert word not in logged


# Cookies.


@pytest.mark.parametrize(
    "cookie",
    [
        *("", "nonsense", "x" * 3_000, "%00", "' OR 1=1 --", "../../etc/passwd"),
        *('"quoted"', "a; Path=/", "eyJhbGciOiJub25lIn0.e30."),
    ],
)
def test_a_forged_cookie_opens_nothing(house: House, cookie: str) -> None:
    visitor = house.visitor()
    visitor.cookie = ""
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    assert visitor.ask("GET", "/", **headers).status == 303
    asked = json.dumps(asking({"location.pathname": "/", "location.search": ""}))
    told = visitor.ask("POST", CALLBACK, asked, **HEADERS, **headers)
    assert (told.status, "登录" in told.said) == (401, True)
    if cookie and " " not in cookie:  # else a browser's cookie ends before it
        assert house.refusals() == [("nobody", "a cookie of no session ×1")]


def test_a_thousand_forged_cookies_are_an_entry_a_minute_that_says_how_many(house: House) -> None:
    visitor = house.visitor()
    for minute in range(2):
        for n in range(20):
            assert visitor.ask("GET", "/", Cookie=f"{COOKIE}=forged{n}").status == 303
        assert len(house.refusals()) == minute + 1
        house.clock.now += timedelta(minutes=1)
    assert visitor.ask("GET", "/", Cookie=f"{COOKIE}=forged").status == 303
    assert [about.rpartition(" ")[2] for _, about in house.refusals()] == ["×1", "×20", "×20"]


def test_what_was_refused_while_a_load_wrote_is_told_of_afterwards(house: House) -> None:
    visitor = house.visitor()
    with db.writing(house.site.engine):
        for _ in range(3):
            assert visitor.ask("GET", "/", Cookie=f"{COOKIE}=forged").status == 303
    assert house.refusals() == []
    visitor.ask("GET", "/", Cookie=f"{COOKIE}=forged")
    assert house.refusals() == [("nobody", "a cookie of no session ×4")]


def test_a_session_that_is_over_opens_nothing(house: House) -> None:
    clerk = house.clerk()
    assert clerk.asks_page("/").status == 200
    house.clock.now += timedelta(minutes=31)
    assert clerk.asks_page("/").status == 401
    assert house.refusals() == [("nobody", "a cookie of no session ×1")]


def test_a_cookie_that_is_played_back_after_signing_out_opens_nothing(house: House) -> None:
    clerk = house.clerk()
    assert clerk.ask("POST", "/account/sign-out").status == 303
    assert clerk.asks_page("/").status == 401
    assert clerk.ask("GET", "/").status == 303


def test_a_role_that_is_taken_away_ends_at_the_next_question(house: House) -> None:
    clerk = house.clerk()
    assert clerk.asks_page("/lists/not_reached").status == 200
    with db.writing(house.site.engine) as connection:
        accounts.change(connection, "clerk", "leader", (), by=OPERATOR, now=NOW)
    assert clerk.asks_page("/lists/not_reached").status == 401


def test_cookies_without_end_are_refused_in_a_sentence(house: House) -> None:
    visitor = house.visitor()
    head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a="
    # As much as is read: what comes after that would only be met by a closed line.
    told = visitor.says(head.ljust(MAX_HEADER_BYTES, b"x"))
    assert told.startswith("HTTP/1.0 431 ")
    assert "Cookie" in told.split("\r\n\r\n")[1]
    many = "; ".join(f"c{n}=1" for n in range(5_000))
    assert visitor.ask("GET", SIGN_IN, Cookie=many).status == 200


# What is not theirs.


def test_the_other_sub_district_is_not_found_and_that_is_logged_without_what_was_typed(
    house: House,
) -> None:
    clerk, other = house.clerk(), house.things.other
    for path in (f"/subdistrict/{other.subdistrict}", f"/organisation/{other.uscc}"):
        told = clerk.asks_page(path)
        assert (told.status, "没有" in told.said) == (200, True)
    assert [about for by, about in house.refusals() if by == "clerk"] == [
        f"{CALLBACK} /subdistrict/<code> not found",
        f"{CALLBACK} /organisation/<uscc> not found",
    ]


def test_what_a_role_may_not_is_refused_and_logged(house: House) -> None:
    leader = house.visitor(Role.LEADER, name="leader")
    assert "没有此项权限" in leader.asks_page("/lists/few_members").said
    assert [by for by, _ in house.refusals()] == ["leader"]


# Bodies.


def test_ten_megabytes_to_a_callback_are_refused_in_a_sentence(house: House) -> None:
    clerk = house.clerk()
    head = (
        f"POST {CALLBACK} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Cookie: {COOKIE}={clerk.cookie}\r\nContent-Length: 10000000\r\n\r\n"
    )
    told = clerk.says(head.encode() + b"[" * 1_000)
    assert told.startswith("HTTP/1.1 413 ")
    assert "过大" in told
    assert "too large" in told


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"null", b"[]", b"7", b'"page.children"', b"\xff\xfe", b"NaN"),
        b"[" * 400_000,
        b'{"output": "page.children", "inputs": ' + b"[" * 900 + b"]" * 900 + b"}",
        json.dumps({**asking({}), "inputs": []}).encode(),
        json.dumps({**asking({"location.pathname": "/"})}).encode(),
        json.dumps({**asking({"a.b": 1, "c.d": 2}), "outputs": 7}).encode(),
        json.dumps({**asking({"a.b": 1, "c.d": 2}), "inputs": [7, 8]}).encode(),
        json.dumps({**asking({"a.b": 1, "c.d": 2}), "changedPropIds": [{}]}).encode(),
        json.dumps({**asking({"a.b": 1, "c.d": 2}), "output": "no.such"}).encode(),
        json.dumps({**asking({"a.b": 1, "c.d": 2}), "output": ["page.children"]}).encode(),
        b'{"output": "page.children", "output": {"a": 1}}',
    ],
    ids=range(18),
)
def test_a_body_that_no_page_would_send_is_refused_and_logged(house: House, body: bytes) -> None:
    clerk = house.clerk()
    told = clerk.ask("POST", CALLBACK, body, **HEADERS)
    assert (told.status, "请求有误" in told.said) == (400, True)
    assert house.refusals() == [("clerk", f"{CALLBACK} 400")]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "\u00e9"]
)
def test_another_kind_of_body_is_refused(house: House, kind: str) -> None:
    clerk = house.clerk()
    body = json.dumps(asking({"location.pathname": "/", "location.search": ""}))
    told = clerk.ask("POST", CALLBACK, body, Content_Type=kind)
    assert (told.status, "请求有误" in told.said) == (415, True)
    assert house.visitor().ask("POST", SIGN_IN, body, Content_Type=kind).status == 415


@pytest.mark.parametrize(
    "where",
    [
        (7, ""),
        (None, 7),
        (["/"], {}),
        ("/" + "x" * 100_000, ""),
        ("/\x00", "?\x00"),
        ("//evil.example/", ""),
        ("/subdistrict/..%2f..%2f", ""),
        ("/", "?as_of=yesterday"),
        ("/", "?as_of=2022-02-30"),
        ("/", "?as_of=2022-01-01&as_of=2022-01-02"),
        ("/", "?rate=<script>alert(1)</script>"),
        ("/", "?subdistrict=' OR 1=1 --"),
        ("/change", "?from=2023-01-01&to=2022-01-01"),
        ("/", "?" + "&".join(f"a{n}=1" for n in range(1_000))),
        ("/lists/no_such_list", ""),
        ("/organisation/440100189912011234", ""),
        *((f"/files/{'9' * 25}", ""), (f"/plans/{'9' * 25}", ""), (f"/tasks/{'9' * 25}", "")),
    ],
)
def test_a_filter_that_makes_no_sense_is_told_in_a_sentence(
    house: House, where: tuple[object, object]
) -> None:
    told = house.clerk().asks_page(*where)
    assert told.status in {200, 204}
    assert "程序出错" not in told.said
    assert "<script>" not in told.said


@pytest.mark.parametrize(
    ("path", "search"),
    [
        ("/", "?as_of=yesterday"),
        ("/change", "?from=2023-01-01&to=2022-01-01"),
        ("/change", "?rate=R8"),
        ("/", "?q=110101190001011009"),
    ],
)
def test_an_address_that_makes_no_sense_is_logged_without_what_was_typed(
    house: House, path: str, search: str
) -> None:
    house.clerk().asks_page(path, search)
    assert house.refusals() == [("clerk", f"{CALLBACK} {path} makes no sense")]


# Paths, methods, headers.


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py",
        "/assets/..%2fapp.py",
        "/assets/%2e%2e/%2e%2e/pyproject.toml",
        "/assets/..%5c..%5cpyproject.toml",
        "/assets//etc/passwd",
        "/assets/liangxin.css%00.js",
        "/_dash-component-suites/dash/../../../../pyproject.toml",
        "/_dash-component-suites/os/path.py",
        "/_dash-component-suites/dash/..%2f..%2fpyproject.toml",
        "/static/../app.py",
        "/api/v1/../../register.db",
        "/declare/../../register.db",
        "/account/link/..%2f..%2fkeys%2fweb.key",
    ],
)
def test_a_path_that_leaves_its_folder_finds_nothing(house: House, path: str) -> None:
    told = house.clerk().ask("GET", path)
    assert told.status in {301, 308, 400, 404} or "react-entry-point" in told.said
    for word in ("[project]", "root:", "import ", "SQLite format"):
        assert word not in told.said
    if any(trick in unquote(path) for trick in ("..", "\\", "\0")):
        assert house.refusals()[-1][1].endswith("a path out of its folder") or (
            house.refusals() == [("nobody", "a path out of its folder ×1")]
        )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PATCH", "CONNECT", "NONSENSE"])
def test_a_method_of_no_page_is_refused(house: House, method: str) -> None:
    told = house.clerk().ask(method, "/lists")
    assert told.status in {400, 405, 501}
    assert "请求有误" in told.said


@pytest.mark.parametrize(
    "onward",
    ["/\r\nSet-Cookie: a=b", "/\nX: y", "/\x00", "/[", "//[", "/\u2028", "/" + "x" * 9_000],
)
def test_no_line_is_smuggled_into_a_header(house: House, onward: str) -> None:
    with db.writing(house.site.engine) as connection:
        link = accounts.add(connection, "li", "leader", (), by=OPERATOR, today=NOW.date(), now=NOW)
        accounts.set_password(connection, link, "砚池边上的三只灰鹭看潮水", now=NOW)
    visitor = house.visitor()
    told = visitor.ask(
        "POST",
        f"{SIGN_IN}?next={quote(onward)}",
        f"name=li&password={quote('砚池边上的三只灰鹭看潮水')}",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert told.status == 303
    assert "a=b" not in str(told.headers)
    assert "X" not in told.headers
    assert told.headers["Location"].startswith("/")


def test_two_lengths_are_no_way_to_smuggle_a_request(house: House) -> None:
    told = house.visitor().says(
        b"POST /account/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
        b"Content-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /lists HTTP/1.1\r\n\r\n"
    )
    assert told.startswith("HTTP/1.1 400 ")
    assert told.count("HTTP/1.1") == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(house: House, raw: bytes) -> None:
    told = house.visitor().says(raw)
    assert told == "" or told.startswith(("HTTP/1.0 400", "HTTP/1.1 400", "HTTP/1.0 505"))


def test_nobody_is_believed_who_says_he_is_a_proxy(house: House) -> None:
    told = house.visitor().ask(
        "GET",
        "/",
        X_Forwarded_For="127.0.0.1",
        X_Forwarded_Host="evil.example",
        Forwarded="for=::1",
    )
    assert told.status == 303
    assert "evil" not in str(told.headers)
