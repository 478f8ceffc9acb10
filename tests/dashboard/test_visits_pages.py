"""Visits through the whole web stack: the late first, logged on a phone, each in its own scope."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from factories import NORTH, SOUTH, TODAY, a_uscc, insert_assignment, insert_division
from flask.testing import FlaskClient
from pages import ask, clock, noting, shown
from planning_desk import PlanningDesk
from signed import let_in
from sqlalchemy import Connection, Engine, select

from dashboard.app import create_app
from dashboard.site import Site
from liangxin import spells, visits
from liangxin.access import LOCAL, Actor, Role
from liangxin.schema import AuditEntry, Visit
from liangxin.settings import Settings

LONG = TODAY - timedelta(days=60)
OUTPUT = "..visit-told.children...visit-standing.children.."


@pytest.fixture
def desk(sqlite_engine: Engine) -> PlanningDesk:
    """Two firms that the same instructor looks after, one of them for long."""
    made = PlanningDesk(sqlite_engine, Actor("甲党委", Role.COMMITTEE, frozenset({NORTH})))
    codes = [made.firm(), made.firm()]
    who = made.instructor("钱学甲", capacity=4)
    for code, since in zip(codes, (TODAY, LONG), strict=True):
        number = made.number(code)
        made.write(lambda c, n=number, d=since: insert_assignment(c, n, who, from_on=d))  # type: ignore[misc]
    made.write(lambda c: insert_division(c, NORTH, "示例北街道"))
    made.write(lambda c: insert_division(c, SOUTH, "示例南镇"))
    return made


@pytest.fixture
def site(desk: PlanningDesk, sqlite_settings: Settings) -> Site:
    return Site(sqlite_settings, desk.engine, clock)


@pytest.fixture
def client(site: Site) -> Iterator[FlaskClient]:
    with comes(site, "committee", NORTH) as client:
        yield client


def comes(site: Site, role: str, *scope: str) -> FlaskClient:
    client = create_app(site.settings, site.engine, clock=site.clock).server.test_client()
    let_in(client, site, role, *scope)
    return client


def save(client: FlaskClient, **changed: Any) -> Any:
    about = {"instructor": "1", "uscc": a_uscc(2)} | changed.pop("about", {})
    fields = {"kind": "visit", "on": TODAY.isoformat(), "note": "nothing", **changed}
    state = [{"id": f"visit-{name}", "property": "value", "value": v} for name, v in fields.items()]
    state.append({"id": "visit-about", "property": "data", "value": about})
    some = [each.rpartition(".") for each in OUTPUT.strip(".").split("...")]
    body = {
        "output": OUTPUT,
        "outputs": [{"id": node, "property": prop} for node, _, prop in some],
        "inputs": [{"id": "visit-save", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["visit-save.n_clicks"],
        "state": state,
    }
    return client.post("/_dash-update-component", json=body)


def said(response: Any) -> str:
    assert response.status_code == 200
    return json.dumps(response.get_json(), ensure_ascii=False)


def test_the_late_come_first_with_how_late_they_are(client: FlaskClient) -> None:
    told = shown(client, "/visits")
    assert told.index("示例第2号") < told.index("示例第1号")
    for part in ("走访逾期 15 天", "自 2026-09-24 起尚未走访", "联系中", "指导员（1 人）", "愿意"):
        assert part in told


def test_the_address_narrows_it(client: FlaskClient) -> None:
    for only in ("late", "visit"):
        told = shown(client, "/visits", f"?only={only}")
        assert "示例第2号" in told
        assert "示例第1号" not in told
    assert "没有这样的单位" in shown(client, "/visits", "?only=term")
    assert "没有筛选条件" in shown(client, "/visits", "?only=nonsense")


@pytest.mark.parametrize("text", ["第1号", a_uscc(1).lower()])
def test_an_assignment_is_found_by_what_it_is_called(client: FlaskClient, text: str) -> None:
    told = shown(client, "/visits", f"?q={text}")
    assert "示例第1号" in told
    assert "示例第2号" not in told
    assert f"only=late&q={quote(text)}" in told
    assert "请清空查找" in shown(client, "/visits", f"?q={text}&only=late")
    assert "请清空查找" in shown(client, "/visits", "?q=钱学甲")  # a name is no part of an address


def test_the_page_of_an_organisation_leads_to_where_a_visit_is_logged(client: FlaskClient) -> None:
    save(client, note="help")
    place, where = f"/organisation/{a_uscc(2)}", f"/visits/1/{a_uscc(2)}"
    told = shown(client, place, f"?as_of={TODAY}")
    assert where in told
    assert "有困难，需协调" in told
    assert where not in shown(client, place, "?as_of=2026-11-01")


def test_a_visit_is_logged_and_what_was_late_is_in_time(
    client: FlaskClient, desk: PlanningDesk
) -> None:
    assert "走访逾期 15 天" in shown(client, f"/visits/1/{a_uscc(2)}")
    told = said(save(client, note="branch"))
    assert "已记录：2026-11-23 走访示例第2号有限公司" in told
    assert "未逾期" in told
    assert "此前已经记录" in said(save(client, note="branch"))
    rows = desk.read(lambda c: c.execute(select(Visit.kind, Visit.note, Visit.on)).all())
    assert rows == [("visit", "branch", TODAY)]
    actions = desk.read(lambda c: c.execute(select(AuditEntry.action)).scalars().all())
    assert list(actions).count("visit.logged") == 1
    assert "走访逾期" not in shown(client, "/visits", "?only=visit").split("没有这样的单位")[1]


def test_a_note_can_be_corrected_on_the_same_day(client: FlaskClient, desk: PlanningDesk) -> None:
    save(client)
    assert "已记录" in said(save(client, note="absent"))
    rows = desk.read(lambda c: c.execute(select(Visit.note)).scalars().all())
    assert rows == ["absent"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"on": "2027-01-01"}, "还没有到"),
        ({"on": "yesterday"}, "不是日期"),
        ({"on": None}, "不是日期"),
        ({"on": "2020-01-01"}, "没有联系该单位"),
        ({"kind": "party"}, "没有走访类别"),
        ({"note": "he said something"}, "没有走访备注"),
        ({"note": 7}, "有误"),
        ({"about": {"uscc": "nonsense"}}, "没有联系该单位"),
        ({"about": {"instructor": "99"}}, "没有联系该单位"),
        ({"about": {"instructor": None}}, "不是 0 以上的整数"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(
    client: FlaskClient, desk: PlanningDesk, changed: dict[str, Any], sentence: str
) -> None:
    assert sentence in said(save(client, **changed))
    assert desk.read(lambda c: c.execute(select(Visit.id)).all()) == []


def test_another_sub_district_finds_nothing(site: Site, desk: PlanningDesk) -> None:
    client = comes(site, "committee", SOUTH)
    assert "示例第" not in shown(client, "/visits")
    assert "不在您的范围内" in shown(client, f"/visits/1/{a_uscc(2)}")
    assert "不在您的范围内" in said(save(client))
    assert f"没有街道 {NORTH}" in shown(client, "/visits", f"?subdistrict={NORTH}")
    assert desk.read(lambda c: c.execute(select(Visit.id)).all()) == []


@pytest.mark.parametrize("role", ["economic_office", "leader", "auditor"])
def test_who_may_not_record_visits_is_refused(site: Site, role: str) -> None:
    client = comes(site, role, *([NORTH] if role == "economic_office" else []))
    assert "没有此项权限" in shown(client, "/visits")
    assert "没有此项权限" in shown(client, f"/visits/1/{a_uscc(2)}")
    assert save(client).status_code == 403


def test_the_district_office_narrows_to_a_sub_district(site: Site) -> None:
    client = comes(site, "district_office")
    assert "示例第2号" in shown(client, "/visits", f"?subdistrict={NORTH}")
    assert "还没有选派指导员" in shown(client, "/visits", f"?subdistrict={SOUTH}")


def test_who_is_not_signed_in_is_not_let_in(site: Site, client: FlaskClient) -> None:
    stranger = create_app(site.settings, site.engine, clock=site.clock).server.test_client()
    assert save(stranger).status_code == 401
    assert ask(stranger, "page.children", {"location.pathname": "/visits"}).status_code == 401


def test_a_database_that_is_away_is_said(site: Site, client: FlaskClient) -> None:
    site.engine.dispose()
    file = site.settings.home / "register.db"
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    assert save(client).status_code == 503
    assert "数据库" in shown(client, "/visits")


def test_of_one_instructor_nobody_goes_through_all_organisations(desk: PlanningDesk) -> None:
    spells.ready(desk.engine, desk.rules)

    def look(connection: Connection) -> list[str]:
        with noting(desk.engine) as asked:
            visits.carried(connection, LOCAL, desk.rules, as_of=TODAY, instructor=1)
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", v).all() for s, v in asked]
        return [str(step[3]) for plan in plans for step in plan]

    steps = desk.read(look)
    assert any("SEARCH spell USING PRIMARY KEY (organisation_id=?" in step for step in steps)
    assert not any(step.startswith("SCAN spell ") for step in steps)


def test_instructors_and_visits_are_asked_of_the_register_once(
    client: FlaskClient, desk: PlanningDesk
) -> None:
    before = [shown(client, path) for path in ("/visits", "/instructors")]
    with noting(desk.engine) as asked:
        assert [shown(client, path) for path in ("/visits", "/instructors")] == before
    assert not any("instructor_offer" in statement for statement, _ in asked)
    desk.instructor("孙礼乙")
    assert "孙礼乙" in shown(client, "/instructors")
