"""The committee's pages about people: numbers first, names for a purpose, steps and what followed."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from factories import NORTH, NOW, SOUTH, TODAY, insert_headcount
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from loads import rows
from members_desk import (
    EMPTY_FIRM,
    FIRM,
    NEVER,
    SOUTHERN_FIRM,
    People,
    a_register_with_people,
    count,
    look,
    named_in,
    request,
    step,
    told,
)
from pages import clock, shown
from people import a_name, a_number
from signed import let_in
from sqlalchemy import Engine

from dashboard.app import create_app
from dashboard.site import Site
from liangxin import audit, db, privacy
from liangxin.access import Actor, Role
from liangxin.errors import DatabaseUnavailable
from liangxin.schema import AuditEntry, DoNotAsk, Membership, PersonAccess, SubjectRequest
from liangxin.settings import Settings

#: The number of who declared.
MINE = "mine"
AUDITOR = Actor("auditor", Role.AUDITOR)


@pytest.fixture
def people(sqlite_settings: Settings, sqlite_engine: Engine) -> People:
    settings = sqlite_settings.model_copy(update={"district": NORTH[:6]})
    return a_register_with_people(Site(settings, sqlite_engine, clock))


@pytest.fixture
def client(people: People) -> Iterator[FlaskClient]:
    site = people.site
    with create_app(site.settings, site.engine, clock=clock).server.test_client() as client:
        yield client


@pytest.fixture
def committee(client: FlaskClient, people: People) -> FlaskClient:
    let_in(client, people.site, Role.COMMITTEE, NORTH, name="北街道党委")
    return client


def looks(people: People) -> list[tuple[str, str, str]]:
    """By whom, about what and why names were opened, as the auditor reads it."""
    with db.reading(people.site.engine) as connection:
        assert audit.verify(connection).is_whole
        found = audit.listed(connection, AUDITOR, action="person.viewed")
    return [(each.by, each.about, each.purpose) for each in found]


# What waits.


def test_what_waits_is_told_in_numbers_and_organisations(
    committee: FlaskClient, people: People
) -> None:
    people.declares(1)
    people.declares(2)
    people.is_named(3)
    people.confirms(4)
    people.declares(5, SOUTHERN_FIRM)
    said = shown(committee, "/members")
    for part in (
        "待与本人核实（1 家单位）",
        "有已确认党员的单位（1 家）",
        "示例第1号有限公司",
        f"/members/{FIRM}",
        str(TODAY + timedelta(days=60)),
    ):
        assert part in said
    assert "示例第2号" not in said
    assert named_in(said) == set()
    assert looks(people) == []


def test_a_page_with_nothing_on_it_says_what_to_do(committee: FlaskClient) -> None:
    said = shown(committee, "/members")
    for part in (
        "没有待核实的申报或候选人",
        "没有正在办理的转接",
        "没有未办结的请求",
        "还没有已确认的党员",
    ):
        assert part in said


def test_the_page_of_an_organisation_says_numbers_and_no_name(
    committee: FlaskClient, people: People
) -> None:
    people.declares(1)
    people.confirms(2)
    said = shown(committee, f"/members/{FIRM.lower()}")
    assert "1 名，其中正式 1 名" in said
    assert "计入报表的正式党员" in said
    assert named_in(said) == set()
    assert looks(people) == []


# A look.


def test_names_open_for_a_purpose_and_the_look_is_logged(
    committee: FlaskClient, people: People
) -> None:
    people.declares(1)
    people.confirms(2)
    people.is_named(3)
    people.declares(4, EMPTY_FIRM)
    answer = look(committee, purpose="confirm")
    assert named_in(answer) == {1, 2, 3}
    said = told(answer)
    assert "共 3 条。本次查看已记录，本人可见。" in said
    assert (
        said.count("北街道党委 2026-11-23 16:00 与本人核实确认") > 20
    )  # the mark across the sheet
    assert looks(people) == [("北街道党委", FIRM, "confirm")]
    seen = [each for each in rows(people.site.engine, PersonAccess) if each["what"] == "viewed"]
    assert [(each["purpose"], each["done_by"]) for each in seen] == [("confirm", "北街道党委")] * 3


@pytest.mark.parametrize("purpose", [None, "", "self", "curious", 3, ["confirm"], {"a": 1}])
def test_without_a_purpose_of_the_list_nothing_opens(
    committee: FlaskClient, people: People, purpose: Any
) -> None:
    people.declares(1)
    answer = look(committee, purpose=purpose)
    assert "须说明目的" in told(answer)
    assert "confirm" not in told(answer)  # a page speaks no codes
    assert named_in(answer) == set()
    assert looks(people) == []


@pytest.mark.parametrize("code", [None, 7, "", "x" * 500, ["a"], {}, "91\x00"])
def test_nonsense_in_place_of_a_firm_gets_a_sentence(
    committee: FlaskClient, people: People, code: Any
) -> None:
    people.declares(1)
    said = told(look(committee, code))
    assert "请求有误" in said or "没有" in said
    assert "程序出错" not in said
    assert looks(people) == []


def test_a_look_that_nobody_asked_for_opens_nothing(committee: FlaskClient, people: People) -> None:
    people.declares(1)
    assert look(committee, pressed=None).status_code == 204
    assert looks(people) == []


def test_what_ran_out_is_gone_before_anybody_sees_it(
    committee: FlaskClient, people: People
) -> None:
    people.declares(1, on=TODAY - timedelta(days=60))
    assert "待与本人核实（0 家单位）" in shown(committee, "/members")
    assert named_in(look(committee)) == set()
    assert rows(people.site.engine, Membership) == []


# Who may not.


@pytest.mark.parametrize("role", NEVER)
def test_nobody_else_sees_any_of_it(client: FlaskClient, people: People, role: Role) -> None:
    number = people.declares(1)
    people.confirms(2)
    scope = {Role.ECONOMIC_OFFICE: [NORTH], Role.COMMUNITY: [NORTH + "001"]}.get(role, [])
    let_in(client, people.site, role, *scope)
    for path in ("/members", f"/members/{FIRM}", "/terms", "/terms/term_over"):
        said = shown(client, path)
        assert "没有此项权限" in said
        assert "示例第" not in said
    answers = [look(client), step(client, number, "confirm"), count(client), request(client)]
    assert [each.status_code for each in answers] == [403] * 4
    assert all(named_in(each) == set() for each in answers)
    assert looks(people) == []
    assert [each["state"] for each in rows(people.site.engine, Membership)] == [
        "declared",
        "confirmed",
    ]


def test_another_committee_finds_nothing(client: FlaskClient, people: People) -> None:
    number = people.declares(1)
    people.confirms(2)
    let_in(client, people.site, Role.COMMITTEE, SOUTH)
    assert "示例第1号" not in shown(client, "/members")
    assert f"没有 {FIRM} 这家组织" in shown(client, f"/members/{FIRM}")
    assert f"没有 {FIRM} 这家组织" in told(look(client))
    assert "没有编号为" in told(step(client, number, "confirm"))
    assert f"没有 {FIRM} 这家组织" in told(request(client))
    assert count(client).status_code == 404
    assert looks(people) == []
    assert rows(people.site.engine, SubjectRequest) == []
    refused = [each for each in rows(people.site.engine, AuditEntry) if each["action"] == "refused"]
    assert len(refused) == 5  # each of the questions above but the list


def test_the_district_office_opens_confirmed_members_and_sees_no_number(
    client: FlaskClient, people: People
) -> None:
    number = people.declares(1)
    people.confirms(2)
    let_in(client, people.site, Role.DISTRICT_OFFICE, name="区两新工委")
    listed = shown(client, "/members")
    assert "有已确认党员的单位（1 家）" in listed
    assert "members-tile" not in listed
    page = shown(client, f"/members/{FIRM}")
    assert "members-standing" not in page
    assert "其中正式" not in page
    answer = look(client, purpose="branch")
    assert named_in(answer) == {2}
    assert "members-step" not in told(answer)
    assert looks(people) == [("区两新工委", FIRM, "branch")]
    for refused in (step(client, number, "confirm"), count(client), request(client)):
        assert refused.status_code == 403


def test_without_accounts_no_name_opens(client: FlaskClient, people: People) -> None:
    people.confirms(1)
    for path in ("/members", f"/members/{FIRM}"):
        said = shown(client, path)
        assert "启用账户之前" in said
        assert "示例第1号" not in said
    assert "启用账户之前" in told(look(client, purpose="branch"))
    assert looks(people) == []


# Steps.


def test_the_third_confirmation_puts_a_firm_on_the_list(
    committee: FlaskClient, people: People
) -> None:
    people.write(lambda c: insert_headcount(c, 1, staff=20, members=0, full_members=0))
    people.confirms(1)
    people.confirms(2)
    number = people.declares(3)
    assert "仅有个别党员且未覆盖" in shown(committee, f"/members/{FIRM}")
    said = told(step(committee, number, "confirm"))
    assert "已确认。示例第1号有限公司现有正式党员 3 名。" in said
    assert "列入预警名单：应建未建" in said
    assert "不再列入：仅有个别党员且未覆盖" in said
    assert f"/lists/should_not_built?as_of={TODAY}" in said
    assert "两新组织名单（1 家）" in shown(committee, "/lists/should_not_built", f"?as_of={TODAY}")
    assert "3 名，其中正式 3 名" in told(count(committee))
    assert named_in(said) == set()
    [entry] = [
        each for each in rows(people.site.engine, AuditEntry) if each["by_account"] == "北街道党委"
    ]
    assert (entry["action"], entry["about"]) == ("person.recorded", NORTH)


def test_a_person_who_does_not_declare_is_deleted_and_not_asked_again(
    committee: FlaskClient, people: People
) -> None:
    candidate, declared = people.is_named(1), people.declares(2)
    for number in (candidate, declared):
        assert "已删除，一年内不再询问" in told(step(committee, number, "decline"))
    assert rows(people.site.engine, Membership) == []
    assert len(rows(people.site.engine, DoNotAsk)) == 2
    people.is_named(3)
    confirmed = people.confirms(4)
    assert "凭查询码撤回" in told(step(committee, confirmed, "decline"))
    assert len(rows(people.site.engine, Membership)) == 2


def test_a_transfer_goes_from_asked_to_its_receipt(committee: FlaskClient, people: People) -> None:
    number = people.confirms(1)
    for name, after in (
        ("ask", "待开介绍信"),
        ("letter_30", str(TODAY + timedelta(days=30))),
        ("arrived", "待寄回执"),
        ("receipt", "没有正在办理的转接"),
    ):
        assert '"done"' in told(step(committee, number, name)), name
        assert after in shown(committee, "/members")
    [row] = rows(people.site.engine, Membership)
    assert row["state"] == "relation_in"


def test_a_letter_that_ran_out_is_late(committee: FlaskClient, people: People) -> None:
    early = TODAY - timedelta(days=40)
    number = people.confirms(1, on=early)
    step(committee, number, "ask", early.isoformat())
    step(committee, number, "letter_10", early.isoformat())
    said = shown(committee, "/members")
    assert "待转入，已超期" in said
    assert "其中超期 1" in said


def test_somebody_leaves_and_no_longer_counts(committee: FlaskClient, people: People) -> None:
    number = people.confirms(1)
    assert "已离开" in told(step(committee, number, "left"))
    assert "members.done" not in shown(committee, "/members")
    assert "还没有已确认的党员" in shown(committee, "/members")


def test_a_probationary_member_becomes_a_full_one(committee: FlaskClient, people: People) -> None:
    number = people.confirms(1, status="probationary")
    assert "现有正式党员 1 名" in told(step(committee, number, "approve"))


def test_the_member_register_is_asked_where_a_relation_is(
    committee: FlaskClient, people: People
) -> None:
    number = people.confirms(1)
    assert "党员名册中没有，请问本人" in told(step(committee, number, "place"))


@pytest.mark.parametrize(
    ("number", "name", "on", "sentence"),
    [
        (MINE, "confirm", (TODAY + timedelta(days=1)).isoformat(), "还没有到"),
        (MINE, "confirm", "yesterday", "不是有效日期"),
        (MINE, "confirm", None, "不是有效日期"),
        (MINE, "nonsense", TODAY.isoformat(), "没有“nonsense”这一步"),
        (MINE, 7, TODAY.isoformat(), "请求有误"),
        ("x", "confirm", TODAY.isoformat(), "请求有误"),
        (10**6, "confirm", TODAY.isoformat(), "没有编号为"),
        (10**30, "confirm", TODAY.isoformat(), "请求有误"),
        (True, "confirm", TODAY.isoformat(), "请求有误"),
        (MINE, "receipt", TODAY.isoformat(), "没有回执"),
    ],
)
def test_a_step_that_makes_no_sense_changes_nothing(
    committee: FlaskClient, people: People, number: Any, name: Any, on: Any, sentence: str
) -> None:
    mine = people.declares(1)
    said = told(step(committee, mine if number is MINE else number, name, on))
    assert sentence in said
    assert [each["state"] for each in rows(people.site.engine, Membership)] == ["declared"]


# Keys.


def test_without_the_keys_there_is_a_sentence_and_no_row(
    committee: FlaskClient, people: People
) -> None:
    people.declares(1)
    before = len(rows(people.site.engine, AuditEntry))
    file = privacy.keys_file(people.site.settings)
    file.unlink()
    assert "找不到或无法读取密钥文件" in told(look(committee))
    privacy.write(privacy.new_keys(), file)
    assert "密钥不符" in told(look(committee))
    privacy.write(
        privacy.Keys(people.keys.pseudonym, privacy.new_keys().sealing), file, replace=True
    )
    assert "姓名一条也打不开" in told(look(committee))
    file.write_text("{}")
    assert "密钥不完整或已损坏" in told(look(committee))
    assert len(rows(people.site.engine, AuditEntry)) == before
    assert [each["what"] for each in rows(people.site.engine, PersonAccess)] == []


def test_a_step_needs_no_key(committee: FlaskClient, people: People) -> None:
    number = people.declares(1)
    privacy.keys_file(people.site.settings).unlink()
    assert "已确认" in told(step(committee, number, "confirm"))


# Requests.


def test_a_request_is_noted_and_closed(committee: FlaskClient, people: People) -> None:
    said = told(request(committee, "delete"))
    assert "应于 2026-12-08 前办结" in said
    assert "示例第1号有限公司" in said
    [row] = rows(people.site.engine, SubjectRequest)
    assert "个人请求（1 件）" in shown(committee, "/members")
    refused = told(request(committee, closing=row["id"], outcome="refused"))
    assert "说明理由" in refused
    closed = told(request(committee, closing=row["id"], outcome="refused", reason="不在留存范围"))
    assert "已办结" in closed
    assert "没有未办结的请求" in closed
    assert [
        (each["outcome"], each["reason"]) for each in rows(people.site.engine, SubjectRequest)
    ] == [("refused", "不在留存范围")]


@pytest.mark.parametrize(
    ("kind", "uscc", "sentence"),
    [
        ("gossip", FIRM, "没有“gossip”"),
        (None, FIRM, "请求有误"),
        ("see", "", "写明请求人所在单位"),
        ("see", 8, "请求有误"),
        ("see", "91", "没有 91 这家组织"),
    ],
)
def test_a_request_that_makes_no_sense_is_not_noted(
    committee: FlaskClient, people: People, kind: Any, uscc: Any, sentence: str
) -> None:
    assert sentence in told(request(committee, kind, uscc))
    assert rows(people.site.engine, SubjectRequest) == []


# Nothing of it anywhere else.


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    role=st.sampled_from(list(Role)),
    code=st.sampled_from([FIRM, SOUTHERN_FIRM, EMPTY_FIRM, "", "%", None]),
    purpose=st.sampled_from(["confirm", "branch", "self", "x", None, 1]),
    elsewhere=st.sampled_from(["/members", "/members/{}", "/terms", "/tasks", "/lists", "/"]),
)
def test_every_name_that_is_told_has_its_row_in_the_log(
    client: FlaskClient, people: People, role: Role, code: Any, purpose: Any, elsewhere: str
) -> None:
    """Whoever asks whatever: names come with exactly one entry that says why, else there is neither."""
    if not rows(people.site.engine, Membership):
        people.declares(1)
        people.confirms(2)
        people.confirms(3, SOUTHERN_FIRM)
    scope = {
        Role.ECONOMIC_OFFICE: [NORTH],
        Role.COMMITTEE: [NORTH],
        Role.COMMUNITY: [NORTH + "001"],
    }
    let_in(client, people.site, role, *scope.get(role, []))
    before = len(looks(people))
    names = named_in(look(client, code, purpose))
    after = looks(people)
    may = purpose in {"confirm", "branch"}
    expected = {
        (Role.COMMITTEE, FIRM): {1, 2},
        (Role.DISTRICT_OFFICE, FIRM): {2},
        (Role.DISTRICT_OFFICE, SOUTHERN_FIRM): {3},
    }.get((role, code), set())
    assert names == (expected if may else set())
    if names:
        assert after[0][1:] == (code, purpose)
        assert len(after) == before + 1
    assert named_in(shown(client, elsewhere.format(code or FIRM))) == set()


def test_no_log_line_and_no_error_holds_a_name(
    committee: FlaskClient,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from dashboard import name_parts

    number = people.declares(1)
    with caplog.at_level(logging.DEBUG):
        look(committee)
        step(committee, number, "confirm")

        def breaks(found: Any, *_args: Any, **_how: Any) -> None:
            raise RuntimeError(f"cannot draw {found!r}")

        monkeypatch.setattr(name_parts, "sheet", breaks)
        before = looks(people)
        answer = look(committee)
    assert "程序出错" in told(answer)
    assert looks(people) == before  # not shown, so not looked at
    assert a_name(1) not in caplog.text
    assert a_number(1) not in caplog.text
    assert named_in(answer) == set()


def test_a_register_that_is_away_gets_a_sentence(
    committee: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = people.declares(1)
    shown(committee, "/members")

    def away(*_args: Any, **_how: Any) -> Any:
        raise DatabaseUnavailable("登记库打不开。", "the register is away.")

    monkeypatch.setattr(db, "reading", away)
    monkeypatch.setattr(db, "writing", away)
    for answer in (look(committee), step(committee, number, "confirm"), request(committee)):
        assert answer.status_code == 503
        assert "登记库打不开" in told(answer)


def test_it_speaks_english(people: People) -> None:
    settings = people.site.settings.model_copy(update={"language": "en"})
    with create_app(settings, people.site.engine, clock=lambda: NOW).server.test_client() as client:
        let_in(client, people.site, Role.COMMITTEE, NORTH, name="north")
        number = people.declares(1)
        assert "To be spoken with (organisations: 1)" in shown(client, "/members")
        assert "Opened by north at 2026-11-23 16:00" in told(look(client))
        said = told(step(client, number, "confirm"))
        assert "Confirmed. Full members of 示例第1号有限公司 now: 1." in said
