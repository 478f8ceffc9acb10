"""The declaration pages through a real server: the whole story, every refusal, nothing leaked."""

import base64
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from declaring_desk import CODE, FORM, Answer, Workplace, a_workplace, link
from factories import NOW, TODAY, a_uscc
from loads import rows
from people import a_name, a_number, a_person
from sqlalchemy import Engine

from dashboard.app import create_app
from dashboard.declare import MINE, STYLE
from dashboard.declare.quotas import Quotas
from dashboard.site import Clock
from liangxin import access, committee, db, declaring, links, members, privacy, rules
from liangxin.membership import Basis
from liangxin.schema import Consent, DoNotAsk, Membership, PersonAccess, UsedForm
from liangxin.settings import Settings


@pytest.fixture
def place(sqlite_settings: Settings, sqlite_engine: Engine) -> Iterator[Workplace]:
    with a_workplace(sqlite_settings, sqlite_engine) as made:
        yield made


def memberships(place: Workplace) -> list[dict[str, Any]]:
    return rows(place.engine, Membership)


def assert_hides(told: Answer, n: int = 1) -> None:
    assert a_number(n) not in told.text
    assert a_number(n)[-6:] not in told.text


# The story.


def test_somebody_declares_sees_corrects_and_withdraws(settings: Settings, engine: Engine) -> None:
    with a_workplace(settings, engine) as place:
        told = place.declares(1, transfer="yes", hired_on="2022-03-01")
        assert told.status == 200
        assert f"只需说出前四位“{told.code[:4]}”" in told.words
        assert "2027-01-22 之前没有与您确认的" in told.words
        [kept] = memberships(place)
        assert (kept["state"], kept["receipt"]) == ("declared", told.code[:4])

        seen = place.mine(told.code.lower().replace("-", " "))
        assert seen.status == 200
        for part in (
            *(a_name(1), "示例第1号有限公司", "已申报，等待综合党委与您联系确认", "正式党员"),
            *("居住地社区党组织", "2022-03-01", "2027-01-22 之前未与您确认的，整条删除"),
            *("已申报（本人申报）", "我同意为我办理组织关系转接", "除您本人外，还没有人看过"),
        ):
            assert part in seen.words

        entries = {"name": a_name(2), "status": "probationary", "relation": "here"}
        corrected = place.mine(told.code, "/correct", **entries)
        assert corrected.status == 200
        for part in ("已更正。", a_name(2), "预备党员", "本单位党组织", "未填"):
            assert part in corrected.words

        taken_back = place.mine(told.code, "/transfer")
        assert "转接同意已撤回。" in taken_back.words
        assert "我同意为我办理组织关系转接" not in taken_back.words

        unsure = place.mine(told.code, "/withdraw")
        assert (unsure.status, len(memberships(place))) == (400, 1)
        assert "请先勾选" in unsure.words
        gone = place.mine(told.code, "/withdraw", sure="yes")
        assert (gone.status, memberships(place)) == (200, [])
        assert "身份信息已经删除" in gone.words
        assert place.mine(told.code).status == 404
        assert all(row["withdrawn_on"] == TODAY for row in rows(engine, Consent))


def test_the_page_says_who_asks_for_what_before_anything_is_entered(place: Workplace) -> None:
    told = place.get()
    for part in (
        *("启明街道两新组织综合党委", "示例第1号有限公司", "谁在处理", "为什么", "处理什么"),
        *("保存多久", "您的权利", "不申报不需要理由"),
    ):
        assert part in told.words
    assert " checked" not in told.text
    assert "selected" not in told.text
    in_english = place.get(f"{place.page}?lang=en")
    assert "the comprehensive Party committee of 启明街道" in in_english.words
    assert '<html lang="en">' in in_english.text
    assert f"{place.page}?lang=en" in in_english.text  # the answer speaks it too


def test_every_field_has_a_label_and_the_number_is_remembered_by_no_browser(
    place: Workplace,
) -> None:
    text = place.get().text
    fields = re.findall(r'<(?:input|select)[^>]*\bid="([^"]+)"', text)
    assert set(fields) == {"name", "number", "relation", "hired_on", "decline-number"}
    for name in fields:
        assert f'<label for="{name}">' in text
    numbers = re.findall(r'<input[^>]*name="number"[^>]*>', text)
    assert len(numbers) == 2
    assert all('autocomplete="off"' in each for each in numbers)
    assert 'name="name" type="text" autocomplete="name"' in text
    assert text.count("<fieldset>") == text.count("<legend>") == 2


def test_a_confirmed_member_sees_who_looked_and_is_asked_for_the_branch(place: Workplace) -> None:
    code = place.declares(1).code
    actor, keys = access.local_committee(), privacy.load(place.settings)
    with db.writing(place.engine) as connection:
        [known] = committee.look(connection, actor, keys, purpose="confirm", now=NOW)
        committee.confirm(connection, actor, rules.load(), known.id, on=TODAY, now=NOW)
    seen = place.mine(code)
    for part in (
        "已确认，组织关系所在尚待核实",
        "综合党委查看，目的：与本人核实确认",
        "综合党委登记，目的：与本人核实确认",
        "您的组织关系现在在哪个党支部？",
        "您离开该单位 183 天后",
    ):
        assert part in seen.words
    other = place.mine(code, "/correct", name=a_name(1), status="probationary", relation="here")
    assert (other.status, "预备转正由党组织批准后更改" in other.words) == (400, True)
    assert place.mine(code, "/withdraw", sure="yes").status == 200
    [row] = memberships(place)
    assert (row["state"], row["sealed_name"], row["code_hash"]) == ("withdrawn", None, None)


def test_whoever_left_can_still_be_forgotten_at_once(place: Workplace) -> None:
    code = place.declares(1).code
    actor, rule_set = access.local_committee(), rules.load()
    with db.writing(place.engine) as connection:
        committee.confirm(connection, actor, rule_set, 1, on=TODAY, now=NOW)
        committee.left(connection, actor, rule_set, 1, on=TODAY, now=NOW)
    assert "已离开该单位" in place.mine(code).words
    assert place.mine(code, "/withdraw", sure="yes").status == 200
    [row] = memberships(place)
    assert (row["state"], row["person_key"], row["sealed_name"]) == ("left", None, None)
    assert len(rows(place.engine, DoNotAsk)) == 1
    assert place.mine(code).status == 404


def test_nobody_sees_what_happened_to_an_earlier_declaration_of_the_same_number_in_the_register(
    sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    """SQLite gives the number of a deleted row again."""
    with a_workplace(sqlite_settings, sqlite_engine, clock=_moving()) as place:
        first = place.declares(1).code
        place.mine(first)
        place.mine(first, "/withdraw", sure="yes")
        second = place.declares(2).code
        assert "您本人的操作（1 次）" in place.mine(second).words
        assert len({row["membership_id"] for row in rows(sqlite_engine, PersonAccess)}) == 1


def _moving() -> Clock:
    ticks = iter(range(10_000))
    return lambda: NOW + timedelta(seconds=next(ticks))


# Declining.


def test_who_declines_is_told_the_same_whatever_the_register_knew(place: Workplace) -> None:
    keys = privacy.load(place.settings)
    with db.writing(place.engine) as connection:
        members.add_candidates(
            connection, keys, place.firm, [a_person(1)], Basis.ROSTER, by="x", today=TODAY, now=NOW
        )
    told = [place.declines(n) for n in (1, 2, 1)]
    assert {each.status for each in told} == {200}
    assert len({each.text for each in told}) == 1
    assert "一年内不会再就此询问您" in told[0].words
    assert memberships(place) == []
    assert len(rows(place.engine, DoNotAsk)) == 2


def test_a_decline_with_a_wrong_number_is_told_and_not_noted(place: Workplace) -> None:
    told = place.declines(number="110101190303030000")
    assert (told.status, rows(place.engine, DoNotAsk)) == (400, [])
    assert "证件号码有误" in told.words
    assert "110101190303030000" not in told.text


# What a stranger could ask.


def test_a_second_declaration_of_a_number_is_answered_as_the_first(place: Workplace) -> None:
    def masked(told: Answer) -> str:
        return CODE.sub("CODE", told.words.replace("- ", "-")).replace(told.code[:4], "FOUR")

    first, second, another = place.declares(1), place.declares(1), place.declares(2)
    assert (first.status, second.status) == (200, 200)
    assert first.code != second.code
    assert masked(first) == masked(second) == masked(another)
    assert place.mine(first.code).status == place.mine(second.code).status == 200


def test_an_old_a_revoked_and_an_unknown_link_open_nothing(place: Workplace) -> None:
    old = link(place.engine, made_on=TODAY - timedelta(days=90), days=90)
    assert place.get(f"/declare/{old}").status == 410
    assert place.get("/declare/nothing-at-all").status == 404
    form = place.get().form
    with db.writing(place.engine) as connection:
        assert links.revoke(connection, access.local_committee(), a_uscc(1), today=TODAY) == 1
    told = place.declares(1, form=form)
    assert (told.status, memberships(place)) == (410, [])
    assert "已过期或已更换" in told.words
    assert "has expired or was replaced" in told.words
    assert place.get().status == 410
    assert place.post(f"{place.page}/decline", form=form, number=a_number(1)).status == 410


def test_a_form_is_sent_once_and_within_an_hour(place: Workplace) -> None:
    form = place.get().form
    assert place.declares(1, form=form).status == 200
    again = place.declares(2, form=form)
    assert (again.status, len(memberships(place))) == (400, 1)
    assert "这份表单已经提交过" in again.words
    old = links.new_form(privacy.load(place.settings), place.token, now=NOW - timedelta(minutes=61))
    late = place.declares(2, form=old)
    assert (late.status, "页面打开时间过长" in late.words) == (400, True)
    for forged in ("", "x", f"{form}0", form.replace(".", ""), "名字"):
        assert place.declares(2, form=forged).status == 400
    assert len(memberships(place)) == 1


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        pytest.param({"number": a_number(1)[:-1] + "0"}, "证件号码有误", id="check digit"),
        pytest.param({"number": ""}, "证件号码有误", id="no number"),
        pytest.param({"number": "9" * 10_000}, "证件号码有误", id="a long number"),
        pytest.param({"number": "911199199001011238"}, "外国人证件不能", id="foreign card"),
        pytest.param({"name": ""}, "请填写姓名", id="no name"),
        pytest.param({"name": "龘" * 61}, "请填写姓名", id="long name"),
        pytest.param({"status": "secret"}, "请选择正式党员或预备党员", id="status"),
        pytest.param({"relation": "elsewhere"}, "请选择组织关系所在", id="relation"),
        pytest.param({"hired_on": "昨天"}, "入职日期有误", id="no day"),
        pytest.param({"hired_on": "2999-01-01"}, "入职日期有误", id="a day to come"),
        pytest.param({"declare": ""}, "未勾选前两项同意", id="first consent"),
        pytest.param({"pass_on": ""}, "未勾选前两项同意", id="second consent"),
    ],
)
def test_what_is_wrong_is_said_and_the_number_is_not_repeated(
    place: Workplace, entries: dict[str, str], sentence: str
) -> None:
    told = place.declares(1, **entries)
    assert told.status == 400
    assert sentence in told.words
    assert 'role="alert"' in told.text
    assert 'lang="en"' in told.text
    assert memberships(place) == rows(place.engine, UsedForm) == []
    assert_hides(told)
    if number := entries.get("number"):
        assert number not in told.text
    assert re.findall(r'<input[^>]*type="checkbox"[^>]*checked', told.text) == []
    if "name" not in entries:
        assert f'value="{a_name(1)}"' in told.text
    assert place.declares(1, form=told.form).status == 200


def test_what_was_entered_is_text_and_nothing_else(place: Workplace) -> None:
    told = place.declares(1, name='"><script>alert(1)</script>', declare="", hired_on='"x')
    assert told.status == 400
    assert "<script" not in told.text
    assert '"x"' not in told.text


def test_a_wrong_code_is_told_and_asked_for_again(place: Workplace) -> None:
    for code in ("", "ABCD", "ABCD-EFGH-JKMN-PQRS-TUVW", "名" * 500, "' OR 1=1 --"):
        told = place.mine(code)
        assert (told.status, "查询码有误" in told.words) == (404, True)
        assert 'name="code"' in told.text


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
    assert f"unexpected error {number}: RuntimeError in test_declare.py" in caplog.text
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
