"""The notice of a workplace is made at a page, its link opens the declaration page, and is taken back."""

import re
from collections.abc import Iterator

import dash
import pytest
from factories import NORTH, SOUTH
from flask.testing import FlaskClient
from members_desk import FIRM, SOUTHERN_FIRM, People, a_register_with_people
from pages import clock, shown
from presses import press
from signed import let_in, session_of
from sqlalchemy import Engine

from dashboard.account import COOKIE
from dashboard.app import create_app
from dashboard.site import Site
from liangxin import audit, db
from liangxin.access import Actor, Role
from liangxin.settings import Settings

AUDITOR = Actor("auditor", Role.AUDITOR)


@pytest.fixture
def people(sqlite_settings: Settings, sqlite_engine: Engine) -> People:
    chosen = {"district": NORTH[:6], "declare_url": "https://djfg.example.cn"}
    settings = sqlite_settings.model_copy(update=chosen)
    return a_register_with_people(Site(settings, sqlite_engine, clock))


@pytest.fixture
def app(people: People) -> dash.Dash:
    return create_app(people.site.settings, people.site.engine, clock=clock)


@pytest.fixture
def committee(app: dash.Dash, people: People) -> Iterator[FlaskClient]:
    with app.server.test_client() as client:
        let_in(client, people.site, Role.COMMITTEE, NORTH, name="北街道党委")
        yield client


def actions(people: People) -> list[str]:
    with db.reading(people.site.engine) as connection:
        return [each.action for each in audit.listed(connection, AUDITOR)]


def test_a_notice_opens_the_declaration_page_until_it_is_taken_back(
    app: dash.Dash, committee: FlaskClient, people: People
) -> None:
    assert "还没有可用的申报链接" in shown(committee, f"/members/{FIRM}")
    made = committee.post(f"/members/{FIRM}/notice")
    assert made.status_code == 200
    assert "attachment" in made.headers["Content-Disposition"]
    assert "<svg" in made.text
    [way] = set(re.findall(r"https://djfg\.example\.cn(/declare/[\w-]+)", made.text))
    assert "示例第1号" in committee.get(way).text
    assert "有 1 个申报链接可用" in shown(committee, f"/members/{FIRM}")
    told = press(app, committee, "posting-revoke", {"members-of": FIRM}).said
    assert "1 个链接已失效" in told
    assert "还没有可用的申报链接" in told
    assert committee.get(way).status_code == 410
    assert {"link.made", "link.revoked"} <= set(actions(people))


def test_a_notice_of_another_sub_district_is_neither_made_nor_taken_back(
    app: dash.Dash, committee: FlaskClient, people: People
) -> None:
    assert committee.post(f"/members/{SOUTHERN_FIRM}/notice").status_code == 404
    told = press(app, committee, "posting-revoke", {"members-of": SOUTHERN_FIRM}).said
    assert "没有" in told
    assert "link.made" not in actions(people)


@pytest.mark.parametrize("role", [Role.ECONOMIC_OFFICE, Role.DISTRICT_OFFICE, Role.LEADER])
def test_only_a_committee_makes_one(people: People, role: Role) -> None:
    site = people.site
    client = create_app(site.settings, site.engine, clock=clock).server.test_client()
    let_in(client, site, role, *([SOUTH] if role == Role.ECONOMIC_OFFICE else []))
    assert client.post(f"/members/{FIRM}/notice").status_code == 403
    assert "/notice" not in shown(client, f"/members/{FIRM}")


def test_no_link_is_made_that_phones_could_not_open_safely(people: People) -> None:
    site = people.site
    open_to_all = site.settings.model_copy(update={"declare_url": ""})
    client = create_app(open_to_all, site.engine, clock=clock).server.test_client()
    let_in(client, site, Role.COMMITTEE, NORTH)
    far = "register.example.cn"
    client.set_cookie(COOKIE, session_of(site, Role.COMMITTEE, NORTH), domain=far)
    told = client.post(f"/members/{FIRM}/notice", base_url=f"http://{far}")
    assert told.status_code == 400
    assert "不能用" in told.text
    assert "link.made" not in actions(people)
    assert client.post(f"/members/{FIRM}/notice").status_code == 200
