"""Open tasks as pages show them: the late first, and to each role its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from dash import dcc
from factories import NORTH, TODAY, a_uscc, an_operating, insert_assignment
from flask.testing import FlaskClient
from pages import find_all, shown, text_of
from sqlalchemy import Engine
from tasking import (
    COMMUNITY,
    COMMUNITY_CODE,
    LEADER,
    Office,
    an_office,
    counted,
    joint_branch,
    newly_registered,
    of_the_base,
)

from dashboard import auth
from dashboard.app import create_app
from dashboard.pages import tasks as page
from dashboard.query import Query
from dashboard.site import Site, Visit
from liangxin import db
from liangxin.access import Actor, Role
from liangxin.settings import Settings


@pytest.fixture
def office(sqlite_engine: Engine) -> Office:
    return an_office(sqlite_engine)


@pytest.fixture
def site(office: Office, sqlite_settings: Settings) -> Site:
    """Pages that show the day the office is at."""
    return Site(sqlite_settings, office.engine, lambda: office.now)


def client_of(site: Site) -> FlaskClient:
    return create_app(site.settings, site.engine, clock=site.clock).server.test_client()


def cards(site: Site) -> list[str]:
    return [text_of(card) for card in find_all(page.layout(Visit(site, Query())), "task")]


def test_a_task_says_what_to_do_about_whom_and_by_when(office: Office, site: Site) -> None:
    office.write(newly_registered)
    office.run()
    [said] = cards(site)
    for part in (
        "摸排核实", "上门核实是否实际运营", "示例第1号有限公司（北街道 示例社区居委会）",
        "2026-11-25 前办结", "承办：社区（村）", "新登记，2026-11-23 立项",
    ):  # fmt: skip
        assert part in said
    link, *_ = find_all(find_all(page.layout(Visit(site, Query())), "task"), dcc.Link)
    assert link.href.startswith(f"/organisation/{a_uscc(1)}?as_of=")


def test_the_late_come_first(office: Office, site: Site) -> None:
    office.write(newly_registered)
    office.run()
    office.goes_on(7)
    office.write(lambda c: newly_registered(c, run_id=None))
    office.run()
    first, second = cards(site)
    assert "示例第1号有限公司" in first
    assert "已逾期 3 个工作日" in first
    assert "前办结" in second
    said = text_of(page.layout(Visit(site, Query())))
    assert "已逾期（1 项）" in said
    assert "在办任务（1 项）" in said


def test_a_leader_reads_of_a_sub_district_as_many_late_tasks_as_on_the_overview(
    office: Office, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write(newly_registered)
    office.run()
    office.goes_on(7)
    monkeypatch.setattr(auth, "LOCAL", LEADER)
    client = client_of(site)
    assert "逾期 1 件" in shown(client, "/")
    said = shown(client, f"/subdistrict/{NORTH}")
    assert '"1 项"' in said
    assert "其中逾期 1 项" in said
    assert "查看任务" not in said


def test_overdue_staff_lists_are_of_a_sub_district_and_lead_to_where_they_are_sent(
    office: Office, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write(lambda c: an_operating(c, staff=30))
    office.run()
    economic = Actor("经济办", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
    monkeypatch.setattr(auth, "LOCAL", economic)
    [card] = [
        each
        for each in find_all(page.layout(Visit(site, Query())), "task")
        if "花名册未按期报送" in text_of(each)
    ]
    assert "北街道" in text_of(card)
    assert "涉及党员" not in text_of(card)
    ways = {each.href: each.children for each in find_all(card, dcc.Link)}
    assert ways["/files"] == "去“送文件”页办理"


def test_a_task_of_a_party_organisation_leads_to_its_page(
    office: Office, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = office.write(lambda c: joint_branch(c, 1, 1))
    office.run()
    monkeypatch.setattr(auth, "LOCAL", Actor("党委", Role.COMMITTEE, frozenset({NORTH})))
    [card] = [
        each
        for each in find_all(page.layout(Visit(site, Query())), "task")
        if "联合党支部正式党员不足" in text_of(each)
    ]
    assert f"/parties/{branch}" in [each.href for each in find_all(card, dcc.Link)]


def test_each_role_sees_its_own(
    office: Office, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write(newly_registered)
    office.write(lambda c: newly_registered(c, community_code=NORTH + "002"))
    office.write(lambda c: joint_branch(c, 1, 1))
    office.run()
    client = client_of(site)

    def told(actor: Actor) -> tuple[bool, bool, bool]:
        monkeypatch.setattr(auth, "LOCAL", actor)
        said = shown(client, "/tasks")
        return ("示例第1号" in said, "示例第2号" in said, "联合党支部正式党员不足" in said)

    worker = replace(COMMUNITY, communities=frozenset({COMMUNITY_CODE}))
    assert told(worker) == (True, False, False)
    assert told(Actor("党委", Role.COMMITTEE, frozenset({NORTH}))) == (True, True, True)
    assert told(Actor("区委", Role.DISTRICT_OFFICE)) == (True, True, False)
    assert told(Actor("南街道", Role.COMMITTEE, frozenset({"999999002"}))) == (False, False, False)
    assert told(LEADER) == (False, False, False)


def test_a_leader_is_not_told_whom_a_task_about_members_is_about(
    office: Office, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_members(connection: object) -> None:
        counted(connection, of_the_base(connection), full_members=1)

    office.write(with_members)
    for days in (21, 1, 0):
        office.run()
        office.goes_on(days)
    monkeypatch.setattr(auth, "LOCAL", LEADER)
    said = shown(client_of(site), "/tasks")
    assert "涉及党员，不显示单位（北街道）" in said
    assert "已报领导" in said
    assert a_uscc(1) not in said
    assert "示例第" not in said
    assert "/organisation/" not in said


def test_no_task_says_where_tasks_come_from(site: Site) -> None:
    assert "没有您需要处理或了解的在办任务" in text_of(page.layout(Visit(site, Query())))


def test_more_than_a_page_holds_are_counted(
    office: Office, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        office.write(newly_registered)
    office.run()
    monkeypatch.setattr(page, "MOST", 2)
    assert "另有 1 项到期更晚的没有列出" in text_of(page.layout(Visit(site, Query())))
    assert len(cards(site)) == 2


def test_a_task_is_done_elsewhere_and_gone_here(office: Office, site: Site) -> None:
    firm = office.write(newly_registered)
    office.run()
    assert cards(site)
    with db.writing(office.engine) as connection:
        insert_assignment(connection, firm, from_on=TODAY - timedelta(days=1))
    office.answer("operating", COMMUNITY)
    assert "登记摸排结果" in cards(site)[0]


def test_it_speaks_english(office: Office, site: Site) -> None:
    office.write(newly_registered)
    office.run()
    english = replace(site, settings=site.settings.model_copy(update={"language": "en"}))
    [said] = cards(english)
    assert "go and find out whether it operates" in said
    assert "due 2026-11-25" in said


def test_an_unknown_sub_district_is_not_found(site: Site) -> None:
    assert "没有找到街道" in shown(client_of(site), "/tasks", "?subdistrict=999999777")
