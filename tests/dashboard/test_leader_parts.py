"""What a leader reads first: one sentence, clocks without a person, and where it is stuck."""

from datetime import date, timedelta

import pytest
from dash import dcc
from factories import (
    NORTH,
    NOW,
    TODAY,
    a_uscc,
    an_operating,
    insert_headcount,
    insert_hire,
    insert_run,
)
from flask.testing import FlaskClient
from pages import MARCH, SEPTEMBER, find_all, insert_district, shown, text_of
from sqlalchemy import Engine, insert

from dashboard import auth, leader_parts
from dashboard.leader_parts import Stuck, moved
from dashboard.pages import overview
from dashboard.query import Query
from dashboard.site import Site, Visit
from dashboard.text import WORDS, Say
from liangxin import attribution, db, lists, tasks
from liangxin.access import LOCAL, Actor, Role
from liangxin.attribution import Move, explain
from liangxin.clocks import CLOCKS
from liangxin.schema import Task
from liangxin.settings import Settings
from liangxin.tasks import Held

ZH, EN = Say("zh"), Say("en")
LEADER = Actor("leader", Role.LEADER)


def page(district: Site, actor: Actor = LEADER, **asked: object) -> object:
    return overview.layout.__wrapped__(actor, Visit(district, Query(**asked)))


def test_the_sentence_tells_what_moved_the_rate() -> None:
    stayed = [
        Move(504, True, True, True, True, NORTH, NORTH),
        Move(207, True, False, True, False, NORTH, NORTH),
    ]
    covered = Move(189, True, False, True, True, NORTH, NORTH)
    told = explain([*stayed, covered])
    assert moved(told, "56.0%", "77.0%", ZH) == "56.0% → 77.0%：新覆盖 189 家，底数未变（900 家）。"
    assert moved(told, "56.0%", "77.0%", EN) == (
        "56.0% → 77.0%: 189 newly covered; denominator unchanged (900)."
    )
    came = Move(3, False, False, True, False, None, NORTH, "new")
    left = Move(2, True, True, False, False, NORTH, NORTH, "screened")
    lost = Move(1, True, True, True, False, NORTH, NORTH)
    many = moved(explain([*stayed, covered, came, left, lost]), "56.2%", "76.8%", ZH)
    assert "另有 1 类原因" in many
    assert "底数由 903 家变为 904 家（进入 3，退出 2）" in many


def test_nothing_moved_and_nothing_to_compare_are_said() -> None:
    same = explain([Move(5, True, True, True, True, NORTH, NORTH)])
    assert "没有组织的覆盖情况发生变化" in moved(same, "100.0%", "100.0%", ZH)
    assert "无法说明变化原因" in moved(explain([]), "无数据", "无数据", ZH)


def test_every_cause_has_its_words() -> None:
    for cause in attribution.CAUSES:
        assert f"leader.cause.{cause}" in WORDS["zh"]
    assert set(leader_parts.PROMISED) <= CLOCKS.keys()


def test_a_leader_reads_the_sentence_and_is_led_to_why(district: Site) -> None:
    shown = page(district, as_of=SEPTEMBER)
    said = text_of(shown)
    assert "56.0% → 77.0%：新覆盖 21 家，底数未变（100 家）。" in said
    [why] = [each for each in find_all(shown, dcc.Link) if each.children == "查看变化原因"]
    assert why.href == "/change?from=2022-03-31&to=2022-09-30&rate=R1"


def test_the_rate_over_places_has_no_cause_to_tell(district: Site) -> None:
    shown = page(district, as_of=SEPTEMBER, rate="R8")
    assert "无法说明变化原因" in text_of(shown)
    assert "查看变化原因" not in text_of(shown)


def test_from_each_figure_there_is_a_way_to_the_list_behind_it_and_to_its_rule(
    district: Site,
) -> None:
    for actor in (LEADER, LOCAL):
        links = [each.href for each in find_all(page(district, actor, as_of=MARCH), dcc.Link)]
        for path in ("/lists/not_reached?", "/subdistrict/", "/change?", "/rules?set=cn-2026.2"):
            assert any(each.startswith(path) for each in links), path


def test_a_leader_is_told_who_but_not_whose_members_or_instructors(
    client: FlaskClient, district: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.writing(district.engine) as connection:
        for n in range(80, 90):
            insert_headcount(connection, n, full_members=n % 4)
    monkeypatch.setattr(auth, "LOCAL", LEADER)
    said = shown(client, "/lists/not_reached")
    assert "示例第85号有限公司" in said
    assert "full_members" not in said
    assert "/organisation/" not in said
    told = shown(client, "/lists")
    for name, each in lists.LISTS.items():
        assert ("没有此项权限" in shown(client, f"/lists/{name}")) is each.few
        assert not (each.few and f"/lists/{name}" in told)
    assert "/lists/should_not_built" in told


def test_lists_that_tell_of_fewer_than_three_members_are_known() -> None:
    assert {name for name, each in lists.LISTS.items() if each.few} == {
        *("few_members", "no_members", "no_members_no_instructor", "staff_without_member"),
    }


def test_a_leader_opens_a_sub_district_but_no_organisation(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "LOCAL", LEADER)
    place = shown(client, f"/subdistrict/{NORTH}")
    assert "示例第85号有限公司" in place
    assert "/organisation/" not in place
    assert "没有此项权限" in shown(client, f"/organisation/{a_uscc(85)}")


@pytest.mark.parametrize("members", [1, 2])
def test_a_leaders_clocks_tell_of_no_single_member(sqlite_engine: Engine, members: int) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
        firm = an_operating(connection, subdistrict_code=NORTH)
        for _ in range(members):
            insert_hire(connection, firm, date(2022, 5, 1), identified_on=date(2022, 5, 8))
    site = Site(Settings(district="999999"), sqlite_engine, lambda: NOW)
    said = text_of(page(site, as_of=SEPTEMBER))
    assert "规定 30 天 · 已办结 1+ · 在办 0 —" in said
    assert "7 天内" not in said


def test_the_office_with_most_late_tasks_comes_first(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_run(connection)
        insert_district_tasks(connection)
    with db.reading(sqlite_engine) as connection:
        found = tasks.held(connection, LEADER, today=TODAY)
        own = tasks.held(
            connection, Actor("n", Role.ECONOMIC_OFFICE, frozenset({NORTH})), today=TODAY
        )
    assert [(each.owner, each.late, each.open) for each in found] == [
        ("economic_office", 2, 3),
        ("community", 0, 1),
    ]
    assert found[0].latest > 0
    assert [each.owner for each in own] == ["economic_office"]


def insert_district_tasks(connection: object) -> None:
    """Three of an economic office, two of them late; one of a community; one about members."""
    late, soon = TODAY - timedelta(days=20), TODAY + timedelta(days=5)
    rows = [
        ("screen", "economic_office", NORTH, late),
        ("screen", "economic_office", NORTH, late),
        ("screen", "economic_office", NORTH, soon),
        ("screen", "community", None, soon),
        ("declaration", "committee", NORTH, late),
    ]
    firm = an_operating(connection, subdistrict_code=NORTH)
    for number, (kind, owner, code, due_on) in enumerate(rows):
        connection.execute(
            insert(Task).values(
                kind=kind,
                subject=f"organisation:{firm}:{number}",
                because="new",
                organisation_id=firm,
                stage="find",
                turn=0,
                owner=owner,
                urgent=False,
                subdistrict_code=code,
                opened_on=late,
                due_on=due_on,
                opened_at=NOW,
            )
        )


def test_offices_and_lists_are_named_with_their_numbers() -> None:
    held = [
        Held("economic_office", NORTH, "示例北街道", 30, 12, 15),
        Held("community", None, None, 2, 0, 0),
    ]
    found = Stuck(
        held, {"not_reached": 207, "few_members": 0}, {"not_reached": "无党组织且无指导员"}
    )
    shown = leader_parts.stuck(
        found, ZH, to_tasks=lambda code: f"/tasks?{code}", to_list=lambda name: f"/lists/{name}"
    )
    said = text_of(shown)
    assert "示例北街道 · 街道经济办 逾期 12 件 在办 30 件，最久逾期 15 个工作日" in said
    assert "无党组织且无指导员 207 家" in said
    assert [each.href for each in find_all(shown, dcc.Link)] == [
        f"/tasks?{NORTH}",
        "/lists/not_reached",
    ]
