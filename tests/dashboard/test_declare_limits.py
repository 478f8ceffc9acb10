"""Limits, faults and traces of the declaration pages: what is refused, and that nothing is left behind."""

import base64
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime

import pytest
from declaring_desk import (
    FORM,
    Workplace,
    a_workplace,
    assert_hides,
    memberships,
)
from factories import NOW
from loads import rows
from people import a_name, a_number
from sqlalchemy import Engine

from dashboard.app import create_app
from dashboard.declare import MINE, STYLE
from dashboard.declare.quotas import Quotas
from liangxin import declaring, links, privacy
from liangxin.schema import PersonAccess, UsedForm
from liangxin.settings import Settings


@pytest.fixture
def place(sqlite_settings: Settings, sqlite_engine: Engine) -> Iterator[Workplace]:
    with a_workplace(sqlite_settings, sqlite_engine) as made:
        yield made


# Limits.


def test_three_hundred_declarations_from_one_address_are_refused_in_words(
    place: Workplace,
) -> None:
    keys = privacy.load(place.settings)
    forms = [links.new_form(keys, place.token, now=NOW) for _ in range(300)]
    told = [place.declares(n, form=form) for n, form in enumerate(forms)]
    assert [each.status for each in told] == [200] * 20 + [429] * 280
    assert len(memberships(place)) == len(rows(place.engine, UsedForm)) == 20
    last = told[-1]
    assert 0 < int(last.headers["Retry-After"]) <= 600
    assert re.search(r"请在 2026-11-23 16:\d\d 之后再试", last.words)
    assert "Try again after" in last.words
    assert place.declines(1).status == 429
    assert place.get().status == 200


def test_guessing_codes_is_refused_and_so_is_a_right_one_for_a_while(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    quotas = Quotas(wrong_codes="3/10 minutes")
    with a_workplace(sqlite_settings, sqlite_engine, quotas=quotas) as place:
        code = place.declares(1).code
        told = [place.mine("ABCD").status for _ in range(4)]
        assert told == [404, 404, 404, 429]
        assert place.mine(code).status == 429
        assert place.mine(code, "/withdraw", sure="yes").status == 429
        assert len(memberships(place)) == 1


def test_one_code_is_not_opened_without_end(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with a_workplace(sqlite_settings, sqlite_engine, quotas=Quotas(own="2/hour")) as place:
        code = place.declares(1).code
        assert [place.mine(code).status for _ in range(3)] == [200, 200, 429]
        assert len(rows(place.engine, PersonAccess)) == 2


@pytest.mark.parametrize("size", [16 * 1024 + 1, 200_000])
def test_a_large_body_is_refused(place: Workplace, size: int) -> None:
    body = "name=" + "a" * (size - 5)
    for path in (place.page, f"{place.page}/decline", MINE, f"{MINE}/correct"):
        told = place.ask("POST", path, body, Content_Type=FORM)
        assert told.status == 413
    assert memberships(place) == []


def test_a_body_without_end_is_cut_off(place: Workplace) -> None:
    # The server may close before all of it was sent.
    with suppress(ConnectionError):
        told = place.ask("POST", place.page, "name=" + "a" * 3_000_000, Content_Type=FORM)
        assert told.status == 413
    assert place.get().status == 200


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_what_is_no_form_is_refused(place: Workplace, kind: str) -> None:
    headers = {"Content_Type": kind} if kind else {}
    assert place.ask("POST", place.page, "name=x", **headers).status == 415
    assert place.ask("POST", MINE, "code=x", **headers).status == 415


@pytest.mark.parametrize("body", [b"name=%ff%fe&number=%00", b"&&&&=", b"name", b"%", b""])
def test_a_broken_form_is_told_so(place: Workplace, body: bytes) -> None:
    assert place.ask("POST", place.page, body, Content_Type=FORM).status == 400


# Faults.


def test_without_keys_nothing_is_set_up_and_nothing_is_told_of_them(place: Workplace) -> None:
    form = place.get().form
    code = place.declares(1).code
    file = privacy.keys_file(place.settings)
    file.chmod(0o644)
    for away in (False, True):
        if away:
            file.unlink()
        for told in (
            place.get(),
            place.declares(2, form=form),
            place.post(f"{place.page}/decline", form=form, number=a_number(2)),
            place.mine(code),
        ):
            assert told.status == 503
            assert "尚未开通网上申报" in told.words
            assert "not set up" in told.words
            assert str(place.settings.home) not in told.text
            assert "chmod" not in told.text
    assert len(memberships(place)) == 1


def test_a_register_that_is_away_is_told_without_its_address(place: Workplace) -> None:
    form = place.get().form
    place.engine.dispose()
    for file in place.settings.home.glob("register.db*"):
        file.unlink()
    (place.settings.home / "register.db").mkdir()
    for told in (place.get(), place.declares(1, form=form), place.mine("ABCD")):
        assert told.status == 503
        assert "稍后再试" in told.words
        assert "register" not in told.text.replace("the register is away", "")


def test_too_many_that_wait_are_told(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaring, "MOST_WAITING", 1)
    assert place.declares(1).status == 200
    told = place.declares(2)
    assert (told.status, len(memberships(place))) == (503, 1)
    assert "待核实的申报过多" in told.words


def test_a_fault_of_ours_is_told_by_a_number_and_logged_without_what_was_entered(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object, **_said: object) -> None:
        raise RuntimeError(f"{a_name(1)} {a_number(1)}")

    monkeypatch.setattr(declaring, "declare", fail)
    with caplog.at_level(logging.DEBUG):
        told = place.declares(1)
    assert told.status == 500
    [number] = re.findall(r"编号 ([0-9a-f]{8})", told.words)
    assert f"unexpected error {number}: RuntimeError in test_declare_limits.py" in caplog.text
    assert "Traceback" not in told.text + caplog.text
    assert a_number(1) not in told.text + caplog.text
    assert a_name(1) not in told.text + caplog.text


# Around every answer.


def test_every_answer_is_dressed_for_people_who_must_not_be_seen(place: Workplace) -> None:
    code = place.declares(1).code
    place.declares(1, number="1")
    place.mine(code)
    place.mine("ABCD")
    place.declines(2)
    for path in ("", MINE, "/declare", "/declare/", "/declare/a/b/c", "/declare/none", f"{MINE}/x"):
        place.get(path)
    place.ask("PUT", place.page)
    place.ask("POST", place.page, "x" * 20_000, Content_Type=FORM)
    place.ask("GET", place.page, Host="elsewhere.example.org")
    for told in place.heard:
        policy = told.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "form-action 'self'" in policy
        assert told.headers["Cache-Control"] == "no-store"
        assert told.headers["Referrer-Policy"] == "no-referrer"
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        assert told.headers["X-Frame-Options"] == "DENY"
        assert "noindex" in told.headers["X-Robots-Tag"]
        assert told.headers["Set-Cookie"] is None
        assert "<script" not in told.text
        assert "style=" not in told.text
    style = place.get(STYLE)
    assert style.headers["Content-Type"].startswith("text/css")
    assert style.headers["Cache-Control"] == "max-age=3600"


@pytest.mark.parametrize(
    "path", ["/declare", "/declare/", "/declare/a/b/c", f"{MINE}/", f"{MINE}/x", "/declare/x/"]
)
def test_no_page_of_the_dashboard_is_below_the_declarations(place: Workplace, path: str) -> None:
    told = place.get(path)
    assert told.status == 404
    assert "react-entry-point" not in told.text
    assert "没有这个页面" in told.words or "此链接无效" in told.words


def test_a_reloaded_answer_leads_back_to_its_form(place: Workplace) -> None:
    for path in (f"{MINE}/correct", f"{MINE}/withdraw", f"{MINE}/transfer"):
        assert 'name="code"' in place.get(path).text
    assert 'name="form"' in place.get(f"{place.page}/decline").text


def test_a_page_under_a_foreign_name_is_refused(place: Workplace) -> None:
    assert place.get(Host="register.example.org").status == 400


def test_whoever_has_the_link_may_come_from_elsewhere_and_only_here(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    with a_workplace(sqlite_settings, sqlite_engine) as place:
        app = create_app(sqlite_settings, sqlite_engine, clock=lambda: NOW)
        elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
        with app.server.test_client() as client:
            assert client.get(place.page, environ_base=elsewhere).status_code == 200
            assert client.get(MINE, environ_base=elsewhere).status_code == 200
            for path in ("/", "/subdistrict/999999001", "/assets/liangxin.css", "//declare/mine"):
                told = client.get(path, environ_base=elsewhere)
                assert told.status_code in {403, 308}


# Nothing of a person is left where it should not be.


def test_no_answer_no_log_and_no_file_holds_the_number_or_the_name(
    place: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    try:
        _whole_story(place)
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    assert "INSERT INTO membership" in caplog.text  # the log is there, to the last parameter
    assert a_name(1) not in caplog.text
    for n in (1, 2, 3):
        assert a_number(n) not in caplog.text
        for told in place.heard:
            assert_hides(told, n)
    assert "127.0.0.1" not in caplog.text
    files = [file for file in place.settings.home.rglob("*") if file.is_file()]
    assert {file.name for file in files} >= {"register.db", "register.db-wal"}
    for file in files:
        held = file.read_bytes()
        for spelled in _spellings(1):
            assert spelled not in held, (file.name, spelled)


def _whole_story(place: Workplace) -> None:
    code = place.declares(1, transfer="yes").code
    place.mine(code)
    place.mine(code, "/correct", name=a_name(1), status="full", relation="here")
    place.declares(1)
    place.declares(1, pass_on="")
    place.declares(3, number=a_number(3)[:-1])
    place.declines(2)
    place.mine(code, "/withdraw", sure="yes")


def _spellings(n: int) -> list[bytes]:
    name, number = a_name(n), a_number(n)
    plain = [
        *(name.encode(code) for code in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")),
        *(number.encode(code) for code in ("ascii", "utf-16-le")),
    ]
    return [*plain, *(base64.b64encode(each) for each in plain), number[:-4].encode()]


def test_what_is_kept_of_a_declaration_is_what_the_notice_says(place: Workplace) -> None:
    place.declares(1, hired_on="2022-03-01")
    [row] = memberships(place)
    assert {name for name, value in row.items() if value is not None} == {
        *("id", "organisation_id", "person_key", "person_key_id", "sealed_name"),
        *("sealed_key_id", "ask_token", "status", "state", "ground_id", "hired_on"),
        *("expires_on", "code_hash", "receipt", "relation_said", "learned_at"),
    }
    assert isinstance(row["hired_on"], date)
    assert isinstance(row["learned_at"], datetime)
