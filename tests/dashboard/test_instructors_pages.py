"""The list of instructors through the whole web stack: taken on, corrected, said of and ended."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from factories import NORTH, SOUTH, TODAY, a_uscc, insert_assignment, insert_division
from flask.testing import FlaskClient
from pages import clock, shown, text_of_json
from planning_desk import EAST, WEST, PlanningDesk
from presses import press
from signed import let_in
from sqlalchemy import Engine, select

from dashboard.app import App, create_app
from liangxin import instructors
from liangxin.access import Actor, Role
from liangxin.instructors import Sent
from liangxin.schema import Assignment, AuditEntry
from liangxin.settings import Settings

SINCE = TODAY - timedelta(days=60)
COMMITTEE = Actor("示例党委", Role.COMMITTEE, frozenset({NORTH}))


@pytest.fixture
def desk(sqlite_engine: Engine) -> PlanningDesk:
    made = PlanningDesk(sqlite_engine, COMMITTEE)
    named = ((NORTH, "示例北街道"), (EAST, "示例东社区"), (WEST, "示例西社区"), (SOUTH, "示例南镇"))
    for code, name in named:
        made.write(lambda c, code=code, name=name: insert_division(c, code, name))  # type: ignore[misc]
    return made


@pytest.fixture
def app(desk: PlanningDesk, sqlite_settings: Settings) -> App:
    return create_app(sqlite_settings, desk.engine, clock=clock)


@pytest.fixture
def client(app: App) -> FlaskClient:
    return comes(app, Role.COMMITTEE, NORTH)


def comes(app: App, role: str, *scope: str) -> FlaskClient:
    client = app.server.test_client()
    let_in(client, app.site, role, *scope)
    return client


def takes(client: FlaskClient, do: str, text: str = "", on: Any = None, **fields: Any) -> str:
    """Press a button of the list, with what stands in its form."""
    outputs = [
        {"id": "instructors-told", "property": "children"},
        {"id": "instructors-list", "property": "children"},
    ]
    pressed = {"type": "instructors-act", "do": do}
    clicks = [{"id": pressed, "property": "n_clicks", "value": 1}]
    body = {
        "output": "..instructors-told.children...instructors-list.children..",
        "outputs": outputs,
        "inputs": [clicks],
        "changedPropIds": [f"{json.dumps(pressed, sort_keys=True, separators=(',', ':'))}.n_clicks"],
        "state": [*_fields(fields), _state("instructors-lines", text), _state("instructors-on", on or f"{TODAY}")],
    }  # fmt: skip
    return text_of_json(client.post("/_dash-update-component", json=body))


def _state(node: Any, value: Any, prop: str = "value") -> dict[str, Any]:
    return {"id": node, "property": prop, "value": value}


def _fields(fields: dict[str, Any]) -> list[list[dict[str, Any]]]:
    named = {name: {"type": "instructors-field", "name": name} for name in fields}
    return [
        [_state(named[n], None if isinstance(v, bool) else v) for n, v in fields.items()],
        [
            _state(named[n], v if isinstance(v, bool) else None, "checked")
            for n, v in fields.items()
        ],
        [_state(named[n], named[n], "id") for n in fields],
    ]


def saves(client: FlaskClient, number: int, on: Any = None, **fields: Any) -> str:
    """Press the button of one instructor's page."""
    body = {
        "output": "..instructor-told.children...instructor-body.children..",
        "outputs": [
            {"id": "instructor-told", "property": "children"},
            {"id": "instructor-body", "property": "children"},
        ],
        "inputs": [_state("instructor-save", 1, "n_clicks")],
        "changedPropIds": ["instructor-save.n_clicks"],
        "state": [
            *_fields(fields),
            _state("instructors-on", on or f"{TODAY}"),
            _state("instructor-of", number, "data"),
        ],
    }
    return text_of_json(client.post("/_dash-update-component", json=body))


def people(desk: PlanningDesk) -> list[Sent]:
    return desk.read(lambda c: instructors.of_scope(c, COMMITTEE, TODAY))


FORM: dict[str, Any] = {"name": "钱学甲", "kind": "retired_cadre", "capacity": 4, "hours": ""}
MORE: dict[str, Any] = {"community_code": EAST, "sectors": "餐饮、物流", "is_willing": True}


def test_somebody_is_taken_on_with_what_they_can_take_on(
    client: FlaskClient, desk: PlanningDesk
) -> None:
    assert "还没有指导员" in shown(client, "/instructors")
    told = takes(client, "add", **FORM, **MORE)
    assert "已登记 1 人：新增 1，更新 0，无变化 0" in told
    assert "示例北街道 示例东社区" in told
    [one] = people(desk)
    assert (one.name, one.kind, one.capacity, one.hours) == ("钱学甲", "retired_cadre", 4, None)
    assert (one.sectors, one.is_willing) == (("餐饮", "物流"), True)
    assert "更新 0，无变化 1" in takes(client, "add", **FORM, **MORE)
    assert "更新 1" in takes(client, "add", **{**FORM, "capacity": 5.0}, **MORE)
    assert "0/5" in shown(client, "/instructors")


def test_lines_of_a_sheet_are_taken_over_all_or_none(
    client: FlaskClient, desk: PlanningDesk
) -> None:
    head, first = "姓名\t身份\t可联系数", "钱学甲\t街道干部\t3"
    told = takes(client, "paste", f"{head}\n{first}\n孙学乙\t主任\t3")
    assert "第 3 行“身份”不能填“主任”" in told
    assert people(desk) == []
    told = takes(client, "paste", f"{head}\n{first}\n钱学甲\t其他\t3")
    assert "已有同名指导员“钱学甲”" in told
    assert people(desk) == []
    told = takes(client, "paste", f"{head}\n{first}\n孙学乙\t其他\t2")
    assert "已登记 2 人：新增 2" in told
    assert [each.name for each in people(desk)] == ["孙学乙", "钱学甲"]
    assert "过长或有误" in takes(client, "paste", "钱" * 60_001)
    assert "还没有到" in takes(client, "paste", first, on=f"{TODAY + timedelta(days=1)}")


def test_the_sheet_to_fill_in_has_the_columns_that_are_read(
    client: FlaskClient, desk: PlanningDesk
) -> None:
    given = client.get("/instructors/template.xlsx")
    assert given.status_code == 200
    [sheet] = openpyxl.load_workbook(BytesIO(given.data)).worksheets
    heads = [cell.value for cell in sheet[1]]
    assert heads[:4] == ["姓名", "身份", "可联系数", "熟悉行业"]
    cells = ["钱学甲", "退休干部", "3", "", "", "示例西社区", "示例北街道", "", "否", "是"]
    assert "新增 1" in takes(client, "paste", "\n".join("\t".join(row) for row in (heads, cells)))
    assert people(desk)[0].community_code == WEST


def test_one_person_is_corrected_and_their_work_is_listed(
    client: FlaskClient, desk: PlanningDesk
) -> None:
    number, code = desk.instructor("钱学甲", capacity=4), desk.firm()
    desk.instructor("孙学乙")
    desk.write(lambda c: insert_assignment(c, desk.number(code), number, from_on=SINCE))
    page = shown(client, f"/instructors/{number}")
    for part in (
        "联系中的单位（1 个）",
        "示例第1号有限公司",
        f"/visits/{number}/{code}",
        "示例北街道",
    ):
        assert part in page
    corrected = {**FORM, "name": "钱学丙", "capacity": "", "is_willing": False}
    told = saves(client, number, **corrected)
    assert "已保存钱学丙的登记" in told
    one = next(each for each in people(desk) if each.id == number)
    assert (one.name, one.kind, one.capacity) == ("钱学丙", "retired_cadre", None)
    assert (one.is_willing, one.organisations) == (False, 1)
    assert "没有变化" in saves(client, number, **corrected)
    assert "已有同名指导员“孙学乙”" in saves(client, number, **{**corrected, "name": "孙学乙"})
    assert "没有编号为 99 的指导员" in saves(client, 99, **corrected)
    for nonsense in ("99", "0", "abc", "1" * 12):
        assert "没有编号为" in shown(client, f"/instructors/{nonsense}")


def test_no_name_comes_into_the_log(client: FlaskClient, desk: PlanningDesk) -> None:
    takes(client, "add", **FORM, **MORE)
    saves(client, people(desk)[0].id, **{**FORM, "name": "钱学丙"})
    told = desk.read(lambda c: c.execute(select(AuditEntry.action, AuditEntry.about)).all())
    actions = [each.action for each in told]
    assert "list.loaded" in actions
    assert "instructor.recorded" in actions
    assert not any("钱学" in (each.about or "") for each in told)


def test_the_district_sees_each_sub_district_by_itself(app: App, desk: PlanningDesk) -> None:
    desk.instructor("钱学甲")
    desk.instructor("孙学乙", at=SOUTH)
    desk.firm()
    desk.firm(subdistrict_code=SOUTH)
    office = comes(app, Role.DISTRICT_OFFICE)
    told = shown(office, "/instructors")
    assert all(part in told for part in ("示例南镇", "孙学乙", "钱学甲"))
    here = shown(office, "/instructors", f"?subdistrict={NORTH}")
    assert "孙学乙" not in here
    assert "钱学甲" in here
    assert "“街道（镇、乡）”不能填" in takes(office, "add", **FORM)
    assert "新增 1" in takes(office, "add", **{**FORM, "subdistrict_code": SOUTH})


def test_another_committee_s_instructors_are_not_there(app: App, desk: PlanningDesk) -> None:
    number = desk.instructor("钱学甲")
    south = comes(app, Role.COMMITTEE, SOUTH)
    assert "钱学甲" not in shown(south, "/instructors")
    assert f"没有编号为 {number}" in shown(south, f"/instructors/{number}")
    assert f"没有编号为 {number}" in saves(south, number, **FORM)
    assert f"没有街道 {NORTH}" in shown(south, "/instructors", f"?subdistrict={NORTH}")
    for role, *scope in ((Role.LEADER,), (Role.ECONOMIC_OFFICE, NORTH), (Role.COMMUNITY, EAST)):
        other = comes(app, role, *scope)
        assert "没有此项权限" in shown(other, "/instructors")
        assert other.get("/instructors/template.xlsx").status_code == 403


# What holds between one of them and an organisation.


@pytest.fixture
def sent(desk: PlanningDesk) -> tuple[int, str]:
    """The number of an instructor, and whom they look after."""
    number, code = desk.instructor("钱学甲"), desk.firm()
    desk.write(lambda c: insert_assignment(c, desk.number(code), number, from_on=SINCE))
    return number, code


def about(sent: tuple[int, str]) -> dict[str, str]:
    return {"instructor": str(sent[0]), "uscc": sent[1]}


def test_what_both_sides_say_is_recorded_for_the_next_plan(
    app: App, client: FlaskClient, desk: PlanningDesk, sent: tuple[int, str]
) -> None:
    given = {"visit-word": "organisation_declined", "visit-about": about(sent)}
    assert "已记录：单位不同意" in press(app, client, "visit-say", given).said
    assert "没有重复" in press(app, client, "visit-say", given).said
    said = desk.read(lambda c: instructors.said_of(c, [sent[0]], TODAY))
    assert said == {(sent[0], desk.number(sent[1])): "organisation_declined"}
    assert (
        "没有说明“nonsense”"
        in press(app, client, "visit-say", {**given, "visit-word": "nonsense"}).said
    )


def test_an_assignment_is_ended_by_whoever_is_sure(
    app: App, client: FlaskClient, desk: PlanningDesk, sent: tuple[int, str]
) -> None:
    given = {"visit-end-on": f"{TODAY}", "visit-end-sure": False, "visit-about": about(sent)}
    assert "请先勾选" in press(app, client, "visit-end", given).said
    sure = {**given, "visit-end-sure": True}
    early = {**sure, "visit-end-on": f"{SINCE - timedelta(days=1)}"}
    assert "visit-ended" in press(app, client, "visit-end", early).said
    assert desk.read(_ends) == [None]
    south = comes(app, Role.COMMITTEE, SOUTH)
    assert "不在您的范围内" in press(app, south, "visit-end", sure).said
    told = press(app, client, "visit-end", sure).said
    assert f"已结束：自 {TODAY} 起，该指导员不再联系示例第1号有限公司" in told
    assert desk.read(_ends) == [TODAY]
    assert "不在您的范围内" in press(app, client, "visit-end", sure).said  # it is over
    assert a_uscc(1) not in shown(client, "/visits")


def _ends(connection: Any) -> list[Any]:
    held = select(Assignment.to_on).where(Assignment.corrected_at.is_(None))
    return list(connection.execute(held).scalars())
