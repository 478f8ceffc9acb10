"""A clock's page: how long it takes by sub-district, and who waits beyond the limit."""

from datetime import date

import pytest
from dash import dcc, html
from factories import NORTH, a_uscc, insert_hire
from flask.testing import FlaskClient
from pages import SEPTEMBER, find_all, shown, text_of

from dashboard import auth
from dashboard.app import create_app
from dashboard.memory import Memory
from dashboard.pages import clock, overview
from dashboard.query import Query
from dashboard.site import Site, Visit
from liangxin import db, spells, timing
from liangxin.access import LOCAL, Actor, Role

LEADER = Actor("leader", Role.LEADER)
COMMITTEE = Actor("committee", Role.COMMITTEE)


def page(site: Site, actor: Actor = LOCAL, name: str = "found_instructor") -> object:
    return clock.layout.__wrapped__(actor, Visit(site, Query(as_of=SEPTEMBER), {"name": name}))


def test_who_waits_beyond_the_limit_is_named_as_often_as_it_is_counted(district: Site) -> None:
    places, named = find_all(page(district), html.Table)
    with db.reading(district.engine) as connection:
        waiting = timing.open_over(
            connection, LOCAL, district.rules, "found_instructor", as_of=SEPTEMBER
        )
    assert len(waiting) > 10
    assert text_of(find_all(places, html.Tr)[-1]).startswith(f"合计 {len(waiting)} ")
    rows = [text_of(row) for row in find_all(named, html.Tr)[1:]]
    assert len(rows) == len(waiting)
    first = waiting[0]
    assert f"{first.days} 天 {first.since} 示例北街道 {first.uscc}" in rows[0]


def test_of_many_the_first_are_named_and_how_many_are_left(
    district: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "MOST", 3)
    said = page(district)
    assert len(find_all(find_all(said, html.Table)[1], html.Tr)) == 4
    assert "这里列出时间最长的 3 家，另有" in text_of(said)


def test_the_overview_leads_there_and_a_leader_opens_no_organisation(
    client: FlaskClient, district: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for actor in (LOCAL, LEADER):
        first = overview.layout.__wrapped__(actor, Visit(district, Query(as_of=SEPTEMBER)))
        ways = [each.href for each in find_all(first, dcc.Link)]
        assert [each for each in ways if each.startswith("/clocks/")] == [
            "/clocks/found_instructor?as_of=2022-09-30"
        ]
        links = find_all(find_all(page(district, actor), html.Table)[1], dcc.Link)
        assert bool(links) is (actor is LOCAL)
    monkeypatch.setattr(auth, "LOCAL", LEADER)
    assert "没有此项权限" in shown(client, "/clocks/hire_identified")
    assert "没有时限“nonsense”" in shown(client, "/clocks/nonsense")


def test_a_page_right_after_a_change_does_not_go_through_everybodys_facts(
    client: FlaskClient, district: Site
) -> None:
    with db.writing(district.engine) as connection:
        insert_hire(connection, 10, date(2022, 5, 1))
    assert "摸排在营" in shown(client, "/clocks/found_instructor")
    with db.reading(district.engine) as connection:
        assert spells.usable(connection, district.rules)


def test_what_a_page_was_told_is_kept_where_it_is_worked_out_again(district: Site) -> None:
    memory = Memory()  # the one that ``serve.keep_ready`` renews
    app = create_app(district.settings, district.engine, clock=district.clock, memory=memory)
    shown(app.server.test_client(), "/clocks/found_instructor")
    assert memory.kept
    with db.writing(district.engine) as connection:
        insert_hire(connection, 10, date(2022, 5, 1))
    assert memory.renew(district.engine) == memory.kept // 2


def test_a_committee_is_told_whose_hires_wait(district: Site) -> None:
    with db.writing(district.engine) as connection:
        insert_hire(connection, 10, date(2022, 5, 1))
    said = text_of(page(district, COMMITTEE, "hire_identified"))
    assert "超期未办（1）" in said
    assert a_uscc(10) in said
    assert NORTH not in said


def test_nobody_waits_and_that_is_said(district: Site) -> None:
    assert "没有超期未办的组织" in text_of(page(district, COMMITTEE, "application"))
