"""Screening, reports, answers and readiness, posted past the browser: by whom, about whom, and nonsense."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dash
import pytest
from factories import NORTH, NOW, SOUTH, TODAY, a_uscc, insert_division, insert_organisation
from flask.testing import FlaskClient
from pages import DISTRICT, clock, insert_district, noting, shown
from presses import Pressed, press
from signed import let_in
from sqlalchemy import Engine, func, select, update

from dashboard.app import create_app
from dashboard.site import Site
from liangxin import db, screening, tasks
from liangxin.access import Actor, Role
from liangxin.schema import (
    AuditEntry,
    Organisation,
    Readiness,
    Screening,
    Sighting,
    Task,
    TaskStep,
)
from liangxin.settings import Settings

TODAY_SAID = TODAY.isoformat()
COMMUNITY, ELSEWHERE = NORTH + "001", SOUTH + "001"
ECONOMIC = Actor("同事", Role.ECONOMIC_OFFICE, frozenset({NORTH}))


@pytest.fixture
def site(sqlite_settings: Settings, sqlite_engine: Engine) -> Site:
    """A district; its second organisation is of a community; two more nobody screened."""
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
        insert_division(connection, COMMUNITY, "示例社区居委会")
        insert_division(connection, ELSEWHERE, "示例南社区居委会")
        second = Organisation.id == 2
        connection.execute(update(Organisation).where(second).values(community_code=COMMUNITY))
        connection.execute(update(Screening).values(learned_at=NOW - timedelta(days=30)))
        insert_organisation(connection, 201)
        insert_organisation(connection, 202, subdistrict_code=SOUTH, community_code=ELSEWHERE)
    settings = sqlite_settings.model_copy(update={"district": DISTRICT})
    return Site(settings, sqlite_engine, clock)


@pytest.fixture
def app(site: Site) -> dash.Dash:
    return create_app(site.settings, site.engine, clock=clock)


@pytest.fixture
def client(app: dash.Dash) -> Iterator[FlaskClient]:
    with app.server.test_client() as client:
        yield client


def count(site: Site, table: Any, *which: Any) -> int:
    with db.reading(site.engine) as connection:
        found = select(func.count()).select_from(table).where(*which)
        return int(connection.execute(found).scalar_one())


def save(app: dash.Dash, client: FlaskClient, n: int = 201, **said: Any) -> Pressed:
    given = {
        "screening-at": a_uscc(n),
        "screening-seen": 0,
        "screening-state": "shell",
        "screening-evidence": "无人办公",
        "screening-day": TODAY.isoformat(),
        "screening-place": "",
    }
    given |= {f"screening-{name}": value for name, value in said.items()}
    return press(app, client, "screening-save", given)


def report(
    app: dash.Dash, client: FlaskClient, uscc: Any, kind: Any = "closed", note: Any = ""
) -> Pressed:
    given = {"sighting-about": uscc, "sighting-kind": kind, "sighting-note": note}
    return press(app, client, "sighting-send", given)


def answer(app: dash.Dash, client: FlaskClient, task: Any, said: Any, note: Any = "") -> Pressed:
    given = {"task-answer": said, "task-note": note}
    return press(app, client, "task-send", given, match={"task": task})


def record(
    app: dash.Dash, client: FlaskClient, evidence: Any = "照片", *, place: Any = NORTH,
    item: Any = "plate", day: Any = TODAY_SAID, button: str = "readiness-send",
) -> Pressed:  # fmt: skip
    given = {"readiness-evidence": evidence, "readiness-day": day}
    return press(app, client, button, given, match={"place": place, "item": item})


# Screening.


def test_the_desk_shows_the_offices_own_and_saves_one(
    site: Site, app: dash.Dash, client: FlaskClient
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH, name="clerk")
    said = shown(client, "/screening")
    assert "示例第201号有限公司" in said
    assert "示例第202号有限公司" not in said
    done = save(app, client)
    assert done.status == 200
    assert "已登记：示例第201号有限公司，空壳。" in done.said
    with db.reading(site.engine) as connection:
        [kept] = connection.execute(
            select(Screening.__table__).where(Screening.organisation_id == 201)
        ).all()
        logged = connection.execute(select(AuditEntry.action, AuditEntry.by)).all()
    assert (kept.state, kept.decided_by, kept.from_on) == ("shell", "clerk", TODAY)
    assert ("screening.recorded", "clerk") in [tuple(row) for row in logged]


@pytest.mark.parametrize("role", [Role.COMMITTEE, Role.LEADER, Role.COMMUNITY, Role.AUDITOR])
def test_who_may_not_screen_is_refused(
    site: Site, app: dash.Dash, client: FlaskClient, role: Role
) -> None:
    scope = {Role.COMMITTEE: [NORTH], Role.COMMUNITY: [COMMUNITY]}.get(role, [])
    let_in(client, site, role, *scope)
    assert "没有此项权限" in shown(client, "/screening")
    refused = save(app, client)
    assert refused.status == 403
    assert count(site, Screening, Screening.organisation_id == 201) == 0
    assert count(site, AuditEntry, AuditEntry.action == "refused") >= 1


def test_nobody_signed_in_saves_nothing(site: Site, app: dash.Dash, client: FlaskClient) -> None:
    let_in(app.server.test_client(), site, Role.ECONOMIC_OFFICE, NORTH)
    assert save(app, client).status in {401, 403}
    assert count(site, Screening, Screening.organisation_id == 201) == 0


def test_one_of_another_sub_district_is_not_found_and_the_try_is_logged(
    site: Site, app: dash.Dash, client: FlaskClient
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    for number in (202, 999):
        said = save(app, client, number).said
        assert "没有找到组织" in said
        assert "示例" not in said
    assert count(site, Screening, Screening.organisation_id == 202) == 0
    assert count(site, AuditEntry, AuditEntry.action == "refused") == 2
    # Nor are the numbers of another sub-district told beside a good finding.
    assert "screening-counted" not in save(app, client, place=SOUTH).said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"state": None}, "请先选择摸排结果"),
        ({"state": ["shell"]}, "请先选择摸排结果"),
        ({"state": "vanished"}, "没有摸排结果"),
        ({"evidence": None}, "移出底数须有依据"),
        ({"evidence": {"a": 1}}, "请求有误"),
        ({"day": (TODAY + timedelta(days=1)).isoformat()}, "晚于今天"),
        ({"day": "昨天"}, "不是有效日期"),
        ({"day": None}, "不是有效日期"),
        ({"at": 7}, "请求有误"),
        ({"seen": "x"}, "请求有误"),
    ],
)
def test_nonsense_in_the_body_gets_a_sentence(
    site: Site, app: dash.Dash, client: FlaskClient, said: dict[str, Any], told: str
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    assert told in save(app, client, **said).said
    assert count(site, Screening, Screening.organisation_id == 201) == 0


def test_the_second_to_save_is_told_what_the_first_wrote(
    site: Site, app: dash.Dash, client: FlaskClient
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    with db.writing(site.engine) as connection:
        found = screening.Found(a_uscc(201), "closed", "门已锁", TODAY, 0)
        screening.record(connection, ECONOMIC, site.rules, found, today=TODAY, now=NOW)
    said = save(app, client).said
    for part in ("同事 已登记", "已关闭", "门已锁"):
        assert part in said
    assert count(site, Screening, Screening.state == "shell") == 0


def test_a_search_that_finds_nobody_says_what_to_do(site: Site, client: FlaskClient) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    assert "请换一个词" in shown(client, "/screening", "?q=无此")
    assert "没有找到街道" in shown(client, "/screening", f"?subdistrict={SOUTH}")


# Reports of communities.


def test_a_worker_reports_of_their_community_and_no_other(
    site: Site, app: dash.Dash, client: FlaskClient
) -> None:
    let_in(client, site, Role.COMMUNITY, COMMUNITY, name="worker")
    assert "示例第2号有限公司" in shown(client, "/community")
    assert "已停业关门" in shown(client, f"/community/{a_uscc(2)}")
    for number in (201, 202, 999):
        assert "没有找到组织" in shown(client, f"/community/{a_uscc(number)}")
        assert "没有找到组织" in report(app, client, a_uscc(number)).said
    assert count(site, Sighting) == 0
    assert "已上报，转街道经济办" in report(app, client, a_uscc(2)).said
    assert count(site, Task, Task.owner == "economic_office") == 1
    assert "等待街道经济办办理" in shown(client, "/community")


@pytest.mark.parametrize("role", [Role.COMMITTEE, Role.LEADER, Role.DISTRICT_OFFICE])
def test_who_may_not_report_is_refused(
    site: Site, app: dash.Dash, client: FlaskClient, role: Role
) -> None:
    let_in(client, site, role, *([NORTH] if role == Role.COMMITTEE else []))
    assert report(app, client, a_uscc(2)).status == 403
    given = {"sighting-name": "示例新商行", "sighting-address": "示例路9号"}
    assert press(app, client, "sighting-send-new", given).status == 403
    assert count(site, Sighting) == 0


@pytest.mark.parametrize(
    ("uscc", "kind", "note", "told"),
    [
        (a_uscc(2), None, "", "请先选择情况"),
        (a_uscc(2), "burnt", "", "不能上报"),
        (a_uscc(2), "closed", 7, "请求有误"),
        ({"a": 1}, "closed", "", "请求有误"),
    ],
)
def test_a_report_that_makes_no_sense_gets_a_sentence(
    site: Site, app: dash.Dash, client: FlaskClient, uscc: Any, kind: Any, note: Any, told: str
) -> None:
    let_in(client, site, Role.COMMUNITY, COMMUNITY)
    assert told in report(app, client, uscc, kind, note).said
    assert count(site, Sighting) == 0


def test_a_newcomer_is_reported_in_the_workers_own_community(
    site: Site, app: dash.Dash, client: FlaskClient
) -> None:
    let_in(client, site, Role.COMMUNITY, COMMUNITY)
    assert "示例社区居委会" in shown(client, "/community/new")
    given = {"sighting-name": "示例新商行", "sighting-address": "示例路9号"}
    there = press(app, client, "sighting-send-new", {**given, "sighting-place": ELSEWHERE})
    assert "请选择您负责的社区" in there.said
    bad = press(app, client, "sighting-send-new", {**given, "sighting-code": ["91"]})
    assert "请求有误" in bad.said
    assert count(site, Sighting) == 0
    assert "已上报" in press(app, client, "sighting-send-new", given).said
    assert count(site, Task, Task.kind == "found", Task.community_code == COMMUNITY) == 1


# Tasks.


@pytest.fixture
def task(site: Site) -> int:
    """A task of the committee of the north: to consider dividing a joint branch."""
    with db.writing(site.engine) as connection:
        tasks.run(connection, site.rules, TODAY, NOW)
        kinds = select(Task.id).where(Task.kind == "joint_units", Task.subdistrict_code == NORTH)
        return int(connection.execute(kinds).scalar_one())


def test_the_office_whose_turn_it_is_answers_from_the_page(
    site: Site, app: dash.Dash, client: FlaskClient, task: int
) -> None:
    let_in(client, site, Role.COMMITTEE, NORTH, name="organiser")
    assert "已调整设置" in shown(client, f"/tasks/{task}")
    assert "须说明情况" in answer(app, client, task, "kept").said
    assert "已答复，任务办结" in answer(app, client, task, "adjusted").said
    with db.reading(site.engine) as connection:
        step = connection.execute(
            select(TaskStep.by, TaskStep.answer).where(TaskStep.kind == "answered")
        ).one()
    assert tuple(step) == ("organiser", "adjusted")
    assert count(site, AuditEntry, AuditEntry.action == "task.answered") == 1
    assert "已办结" in shown(client, f"/tasks/{task}")
    assert "没有找到待您答复的任务" in answer(app, client, task, "adjusted").said


def test_another_office_sees_the_task_without_answers(
    site: Site, app: dash.Dash, client: FlaskClient, task: int
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    said = shown(client, f"/tasks/{task}")
    assert "联合党支部单位过多" in said
    assert "提交答复" not in said
    assert "没有找到待您答复的任务" in answer(app, client, task, "adjusted").said


def test_a_leader_may_not_answer_and_another_sub_district_finds_nothing(
    site: Site, app: dash.Dash, client: FlaskClient, task: int
) -> None:
    let_in(client, site, Role.LEADER)
    assert answer(app, client, task, "adjusted").status == 403
    let_in(client, site, Role.COMMITTEE, SOUTH)
    assert "没有找到任务" in shown(client, f"/tasks/{task}")
    assert "没有找到待您答复的任务" in answer(app, client, task, "adjusted").said
    assert count(site, Task, Task.id == task, Task.closed_at.is_(None)) == 1


@pytest.mark.parametrize(
    ("number", "said", "note", "told"),
    [
        (None, None, "", "请先选择一项答复"),
        (None, "nonsense", "", "此任务现在不能答复"),
        (None, "kept", "长" * 501, "说明最多"),
        (None, "kept", {"a": 1}, "请求有误"),
        ("1 OR 1=1", "adjusted", "", "请求有误"),
        (10**12, "adjusted", "", "没有找到待您答复的任务"),
    ],
)
def test_an_answer_that_makes_no_sense_gets_a_sentence(
    site: Site, app: dash.Dash, client: FlaskClient, task: int,
    number: Any, said: Any, note: Any, told: str,
) -> None:  # fmt: skip
    let_in(client, site, Role.COMMITTEE, NORTH)
    assert told in answer(app, client, task if number is None else number, said, note).said
    assert count(site, Task, Task.id == task, Task.closed_at.is_(None)) == 1


@pytest.mark.parametrize("number", ["0", "99999", "x", "1e3", "9" * 30, "../1"])
def test_a_number_that_is_no_task_gets_a_sentence(
    site: Site, client: FlaskClient, number: str
) -> None:
    let_in(client, site, Role.COMMITTEE, NORTH)
    said = shown(client, f"/tasks/{number}")
    assert "没有" in said
    assert "编号" not in said


def test_those_that_wait_for_me_are_one_link_away(
    site: Site, client: FlaskClient, task: int
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    assert "联合党支部单位过多" in shown(client, "/tasks")
    mine = shown(client, "/tasks", "?q=mine")
    assert "联合党支部单位过多" not in mine
    assert "台账更新" in mine


# Readiness.


def test_a_committee_records_an_item_of_its_own_and_takes_it_back(
    site: Site, app: dash.Dash, client: FlaskClient
) -> None:
    let_in(client, site, Role.COMMITTEE, NORTH)
    assert "登记为已有" in shown(client, "/readiness")
    assert "自 2026-11-23 起" in record(app, client).said
    assert "四有（1/4）" in shown(client, "/readiness")
    assert "缺" in record(app, client, button="readiness-gone").said
    assert count(site, Readiness, Readiness.corrected_at.is_(None)) == 0
    assert count(site, AuditEntry, AuditEntry.action == "readiness.recorded") == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"place": SOUTH}, "没有找到街道"),
        ({"place": 7}, "请求有误"),
        ({"item": "helicopter"}, "没有项目"),
        ({"evidence": "  "}, "请写明依据"),
        ({"evidence": None}, "请写明依据"),
        ({"evidence": "长" * 501}, "依据最多"),
        ({"day": (TODAY + timedelta(days=1)).isoformat()}, "晚于今天"),
        ({"day": "x"}, "不是有效日期"),
    ],
)
def test_an_item_that_makes_no_sense_gets_a_sentence(
    site: Site, app: dash.Dash, client: FlaskClient, more: dict[str, Any], told: str
) -> None:
    let_in(client, site, Role.COMMITTEE, NORTH)
    assert told in record(app, client, **more).said
    assert count(site, Readiness) == 0


def test_who_may_only_look_at_readiness_records_nothing(
    site: Site, app: dash.Dash, client: FlaskClient
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    said = shown(client, "/readiness")
    assert "四有（0/4）" in said
    assert "登记为已有" not in said
    for button in ("readiness-send", "readiness-gone"):
        assert record(app, client, button=button).status == 403
    assert "没有找到街道" in shown(client, "/readiness", f"?subdistrict={SOUTH}")
    assert count(site, Readiness) == 0


# A sub-district's page, and a register that is away.


def test_a_sub_districts_page_tells_what_is_to_be_done_there(
    site: Site, client: FlaskClient, task: int
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    with db.reading(site.engine) as connection:
        seen, late = tasks.count(connection, ECONOMIC, today=TODAY, subdistrict_code=NORTH)
        listed = tasks.listed(connection, ECONOMIC, today=TODAY, subdistrict_code=NORTH)
    assert (seen, late) == (len(listed), sum(bool(each.late) for each in listed))
    said = shown(client, f"/subdistrict/{NORTH}", f"?as_of={TODAY}")
    for part in (
        "0 / 89", "89 家到期未复核，1 家未摸排", "0 / 11 项", "分社区（村）", "示例社区居委会",
        "党员数未摸清", f"/tasks?subdistrict={NORTH}", f"/screening?subdistrict={NORTH}",
        f"{seen} 项",
    ):  # fmt: skip
        assert part in said, part


def test_a_register_that_is_away_is_said_and_nothing_else(
    site: Site, app: dash.Dash, client: FlaskClient
) -> None:
    let_in(client, site, Role.ECONOMIC_OFFICE, NORTH)
    site.engine.dispose()
    (site.settings.home / "register.db").rename(site.settings.home / "gone.db")
    assert save(app, client).status == 503
    assert report(app, client, a_uscc(2)).status == 503
    assert answer(app, client, 1, "recorded").status == 503


def test_whom_to_look_at_is_asked_of_the_register_once(client: FlaskClient, site: Site) -> None:
    before = shown(client, "/screening")
    with noting(site.engine) as asked:
        assert shown(client, "/screening") == before
    assert not any("confirmation" in statement for statement, _ in asked)
    with db.writing(site.engine) as connection:
        name = Organisation.__table__.c.name
        connection.execute(update(Organisation.__table__).values({name: name + "（新）"}))
    assert shown(client, "/screening") != before
