"""Plans through the whole web stack: who sees what, what the buttons do, and what nonsense gets."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from factories import NORTH, SOUTH, TODAY, insert_division
from flask.testing import FlaskClient
from pages import clock, noting, shown
from planning_desk import EAST, PlanningDesk
from signed import let_in
from sqlalchemy import Engine, text

from dashboard.app import create_app
from dashboard.site import Site
from liangxin import db
from liangxin.access import Actor, Role
from liangxin.plans import asking, kept, reading
from liangxin.settings import Settings


@dataclass
class Desk:
    """A committee's register behind the pages, and whoever asks."""

    site: Site
    desk: PlanningDesk
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.site.settings, self.site.engine, clock=clock)
        self.comes("committee", NORTH)

    def comes(self, role: str, *scope: str) -> None:
        """Somebody signs in."""
        self.client = self.app.server.test_client()
        let_in(self.client, self.site, role, *scope)

    def seen(self, number: int) -> dict[str, Any]:
        """What a browser keeps of a plan."""
        told = self.desk.read(
            lambda c: reading.shown(c, self.desk.actor, self.site.rules, number, today=TODAY)
        )
        return {"plan": number, "version": told.version}

    def press(self, do: str, seen: Any, **fields: Any) -> Any:
        """Post what a browser would when a button of a plan is pressed."""
        values, checked, ids = told(fields)
        button = {"type": "plan-act", "do": do}
        body = {
            **self.outputs("plan-body.children"),
            "inputs": [[{"id": button, "property": "n_clicks", "value": 1}]],
            "changedPropIds": [f"{json.dumps(button, sort_keys=True, separators=(',', ':'))}.n_clicks"],
            "state": [values, checked, ids, {"id": "plan-seen", "property": "data", "value": seen}],
        }  # fmt: skip
        return self.client.post("/_dash-update-component", json=body)

    def looks(self, number: int) -> Any:
        """Post what a browser does once a plan is shown: does it fit today?"""
        body = {
            **self.outputs("plan-fit.children"),
            "inputs": [{"id": "plan-seen", "property": "data", "value": self.seen(number)}],
            "changedPropIds": ["plan-seen.data"],
            "state": [],
        }
        return self.client.post("/_dash-update-component", json=body)

    def asks(self, **fields: Any) -> Any:
        """Post what a browser would when a plan is asked for."""
        values, checked, ids = told({"seconds": 10, "seed": 0, "kind": "branches", **fields})
        button = {"type": "plan-act", "do": "ask"}
        body = {
            **self.outputs("plans-told.children"),
            "inputs": [{"id": button, "property": "n_clicks", "value": 1}],
            "changedPropIds": [f"{json.dumps(button, sort_keys=True, separators=(',', ':'))}.n_clicks"],
            "state": [values, checked, ids],
        }  # fmt: skip
        return self.client.post("/_dash-update-component", json=body)

    def ticks(self, name: str = "plans") -> Any:
        tick = {"id": f"{name}-tick", "property": "n_intervals", "value": 1}
        body = {
            **self.outputs("plans-work.children" if name == "plans" else "plan-progress.children"),
            "inputs": [tick, {"id": f"{name}-begun", "property": "data", "value": None}],
            "changedPropIds": [f"{name}-tick.n_intervals"],
            "state": [],
        }
        return self.client.post("/_dash-update-component", json=body)

    def outputs(self, part: str) -> dict[str, Any]:
        """The callback that writes a property, as a request names it."""
        output = next(name for name in self.app.callback_map if part in name)
        some = [each.rpartition(".") for each in output.strip(".").split("...")]
        return {
            "output": output,
            "outputs": [{"id": node, "property": prop} for node, _, prop in some],
        }


def told(fields: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Fields as the three states of their form."""
    ids = [{"type": "plan-field", "name": name} for name in fields]
    values: list[dict[str, Any]] = []
    checked: list[dict[str, Any]] = []
    for name, value in zip(ids, fields.values(), strict=True):
        is_tick = isinstance(value, bool)
        values.append({"id": name, "property": "value", "value": None if is_tick else value})
        checked.append({"id": name, "property": "checked", "value": value if is_tick else None})
    return [values, checked, [{"id": name, "property": "id", "value": name} for name in ids]]


def said(response: Any) -> str:
    assert response.status_code == 200, response.get_data(as_text=True)
    return json.dumps(response.get_json(), ensure_ascii=False)


@pytest.fixture
def office(sqlite_settings: Settings, sqlite_engine: Engine) -> Desk:
    with db.writing(sqlite_engine) as connection:
        for code, name in ((NORTH, "示例北街道"), (SOUTH, "示例南镇"), (EAST, "示例东社区")):
            insert_division(connection, code, name)
    desk = PlanningDesk(sqlite_engine, Actor("甲党委", Role.COMMITTEE, frozenset({NORTH})))
    for _ in range(3):
        desk.firm(full_members=1, members=1)
    return Desk(Site(sqlite_settings, sqlite_engine, clock), desk)


def until_it_ends(office: Desk) -> None:
    """Wait for the process that makes a plan."""
    for _ in range(600):
        if not office.desk.read(lambda c: asking.latest(c, office.desk.actor))[0].is_open:
            return
        time.sleep(0.1)


def test_the_list_shows_plans_with_their_proof(office: Desk) -> None:
    office.desk.branches(on=TODAY)
    told = shown(office.client, "/plans")
    for part in ("联合党支部", "示例北街道", "拟定", "3/3", "已证明没有更好的方案", "cn-2026"):
        assert part in told


def test_without_plans_it_says_what_to_do(office: Desk) -> None:
    assert "还没有方案" in shown(office.client, "/plans")


def test_a_plan_shows_its_groups_and_alternatives(office: Desk) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    told = shown(office.client, f"/plans/{number}")
    for part in (
        "第 1 组：新建联合党支部", "最远约 500 米", "校验程序不用求解器", "批准方案", "没有剩下的单位",
    ):  # fmt: skip
        assert part in told
    looked = said(office.looks(number))
    assert "3 个单位，正式党员 3 名" in looked
    assert "所加入单位的正式党员 3 名（不列姓名）" in looked
    assert "符合：正式党员 3 人，不少于 3 人；单位 3 个，不超过 5 个" in looked
    assert "与登记库今日情况相符" in looked


def test_a_plan_shows_its_pairs_loads_and_where_one_more_would_help(office: Desk) -> None:
    office.desk.instructor("甲", capacity=2, community_code=EAST)
    number = office.desk.instructors(on=TODAY)["plan"]
    told = shown(office.client, f"/plans/{number}")
    for part in (
        "同一社区", "500 米", "最多 2 个（甲），最少 2 个（甲）",
        "放在示例东社区最有帮助：可多联系 1 个单位", "可选人员都已排满（1 个）", "新增 2，变动或结束 0",
    ):  # fmt: skip
        assert part in told


def test_another_sub_districts_plan_is_not_found(office: Desk) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    seen = office.seen(number)
    office.comes("committee", SOUTH)
    assert f"没有编号为 {number} 的方案" in shown(office.client, f"/plans/{number}")
    assert f"没有编号为 {number} 的方案" in said(office.press("approve", seen))
    assert "还没有方案" in shown(office.client, "/plans")
    assert f"没有街道 {NORTH}" in said(office.asks(scope=NORTH))


@pytest.mark.parametrize("role", ["economic_office", "leader", "community", "sysadmin", "auditor"])
def test_who_makes_no_plans_is_refused_everywhere(office: Desk, role: str) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    seen = office.seen(number)
    scope = () if role in {"leader", "sysadmin", "auditor"} else (NORTH,)
    if role == "community":
        scope = (EAST,)
    office.comes(role, *scope)
    for path in ("/plans", f"/plans/{number}"):
        assert "没有此项权限" in shown(office.client, path)
    for response in (
        office.press("approve", seen), office.looks(number), office.asks(), office.ticks()
    ):  # fmt: skip
        assert response.status_code == 403


def test_the_district_office_sees_no_joint_branches(office: Desk) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    seen = office.seen(number)
    office.comes("district_office")
    assert "没有编号为" in shown(office.client, f"/plans/{number}")
    assert "没有编号为" in said(office.press("drop", seen, sure=True))
    assert "没有此项权限" in said(office.asks(scope=NORTH))


def test_a_plan_is_approved_once_and_applied(office: Desk) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    first = office.seen(number)
    assert f"方案 {number} 已批准" in said(office.press("approve", first))
    assert "方案现在是“已批准”" in said(office.press("approve", first))  # a second window
    assert "只有“拟定”的方案" in said(office.press("approve", office.seen(number)))
    seen = office.seen(number)
    assert "还没有到" in said(office.press("apply", seen, on="2027-01-01"))
    assert "不能从更早的" in said(office.press("apply", seen, on="2022-01-01"))
    assert "不是日期" in said(office.press("apply", seen, on="soon"))
    told = said(office.press("apply", seen, on=TODAY.isoformat(), approval="示例〔2026〕1号"))
    assert "新增 3，结束 0，续任 0，不变 0，新建联合党支部 1" in told
    assert len(office.desk.covered()) == 3
    assert "执行起始" in shown(office.client, f"/plans/{number}")


def test_a_plan_is_dropped_by_whoever_is_sure(office: Desk) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    seen = office.seen(number)
    assert "请先勾选" in said(office.press("drop", seen, sure=False))
    assert f"方案 {number} 已作废" in said(office.press("drop", seen, sure=True))
    assert "其内容不再保留" in shown(office.client, f"/plans/{number}")


def test_a_pair_is_locked_shown_and_unlocked(office: Desk) -> None:
    one, other = (office.desk.instructor(name, capacity=3) for name in ("甲", "乙"))
    number = office.desk.instructors(on=TODAY)["plan"]
    code = office.desk.read(lambda c: kept.items(c, office.desk.actor, number))[0].uscc
    line = f"示例第1号有限公司 {code}"
    fields = {"organisation": line, "says": "must", "instructor": str(other)}
    answer = said(office.press("pair", office.seen(number), **fields))
    assert "锁定已记录" in answer
    assert "有 1 项锁定晚于本方案" not in answer  # NOW is the same moment
    [lock] = office.desk.read(
        lambda c: reading.shown(c, office.desk.actor, office.site.rules, number, today=TODAY)
    ).locks
    fields["instructor"] = str(one)
    assert f"原有锁定 {lock.id} 已被替换" in said(
        office.press("pair", office.seen(number), **fields)
    )
    assert "没有编号为 99 的锁定" in said(office.press("unlock", office.seen(number), lock="99"))
    assert "已取消" in said(office.press("unlock", office.seen(number), lock=str(lock.id)))


def test_contradictory_locks_are_refused(office: Desk) -> None:
    one = office.desk.instructor("甲", capacity=3)
    number = office.desk.instructors(on=TODAY)["plan"]
    code = office.desk.read(lambda c: kept.items(c, office.desk.actor, number))[0].uscc
    office.desk.say(one, code, "tie")
    fields = {"organisation": code, "says": "must", "instructor": str(one)}
    assert "相矛盾" in said(office.press("pair", office.seen(number), **fields))


def test_the_second_of_two_is_told_and_what_they_entered_stays(office: Desk) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    seen = office.seen(number)
    office.press("lock_group", seen, group="1")
    answer = office.press("lock_group", seen, group="1")
    assert "您打开本页之后" in said(answer)
    changed = answer.get_json()["response"]
    assert "plan-body" not in changed
    assert changed["plan-seen"]["data"] == office.seen(number)
    assert "现有锁定（3 项）" in json.dumps(changed["plan-locks"], ensure_ascii=False)


@pytest.mark.parametrize(
    ("do", "fields", "sentence"),
    [
        ("nonsense", {}, "请求有误"),
        ("pair", {}, "请先选择单位"),
        ("pair", {"organisation": "91", "says": "must"}, "请先选择指导员"),
        ("pair", {"organisation": "91", "says": "x", "instructor": "1"}, "请求有误"),
        ("pair", {"organisation": "9" * 300, "says": "must", "instructor": "1"}, "过长"),
        ("pair", {"organisation": 7, "says": "must", "instructor": "1"}, "有误"),
        ("move", {"organisation": "91"}, "请先选择一组"),
        ("move", {"organisation": "91", "target": "-1"}, "不是 0 以上的整数"),
        ("move", {"organisation": "91", "target": "1"}, "登记库中没有 91"),
        ("lock_group", {"group": {"a": 1}}, "不是 0 以上的整数"),
        ("lock_group", {"group": "99"}, "没有第 99 组"),
        ("unlock", {"lock": ""}, "请先选择要取消的锁定"),
        ("unlock", {"lock": "99999999999999999999"}, "不是 0 以上的整数"),
        ("again", {"seconds": 0}, "时间须为"),
        ("again", {}, "不是 0 以上的整数"),
    ],
)
def test_nonsense_in_a_request_gets_a_sentence(
    office: Desk, do: str, fields: dict[str, Any], sentence: str
) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    assert sentence in said(office.press(do, office.seen(number), **fields))


@pytest.mark.parametrize("seen", [None, 7, {}, {"version": "proposed:"}, {"version": 3, "plan": 1}])
def test_a_request_about_no_plan_is_refused(office: Desk, seen: Any) -> None:
    response = office.press("approve", seen)
    assert response.status_code in {400, 404}
    assert response.get_json()["error"]


@pytest.mark.parametrize("number", ["0", "99", "abc", "1e3", "9" * 30, "-1"])
def test_a_number_that_is_no_plans_is_not_found(office: Desk, number: str) -> None:
    assert "没有编号为" in shown(office.client, f"/plans/{number}")


def test_asking_notes_it_and_a_process_of_its_own_carries_it_out(office: Desk) -> None:
    """The real child process; nothing is carried out here."""
    office.desk.firm(full_members=1, members=1)
    assert "已开始编制" in said(office.asks())
    assert "正在为同一范围编制方案" in said(office.asks())
    until_it_ends(office)
    told = said(office.ticks())
    assert "方案 1 已编成" in told
    assert '"disabled": true' in told


def test_a_child_that_cannot_work_is_told(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    office.asks()
    until_it_ends(office)
    assert "编制进程意外结束" in said(office.ticks())


def test_a_child_that_cannot_be_started_is_told(
    office: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "nowhere"))
    office.asks()
    assert "编制进程意外结束" in said(office.ticks())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "nonsense"}, "没有方案类别"),
        ({"seconds": 601}, "时间须为"),
        ({"seconds": "x"}, "不是 0 以上的整数"),
        ({"seed": -1}, "不是 0 以上的整数"),
        ({"scope": "999999777"}, "没有街道 999999777"),
        ({"kind": 7}, "有误"),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    office: Desk, fields: dict[str, Any], sentence: str
) -> None:
    assert sentence in said(office.asks(**fields))


def test_a_database_that_is_away_is_said(office: Desk) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    seen = office.seen(number)
    with office.site.engine.connect() as connection:
        connection.execute(text("PRAGMA journal_mode = WAL"))
    file = office.site.settings.home / "register.db"
    office.site.engine.dispose()
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    assert "数据库" in shown(office.client, "/plans")
    for response in (office.press("approve", seen), office.asks(), office.ticks()):
        assert response.status_code == 503
        assert "数据库" in response.get_json()["error"]


def test_a_plan_that_no_longer_fits_says_where(office: Desk) -> None:
    number = office.desk.branches(on=TODAY)["plan"]
    code = office.desk.read(lambda c: kept.items(c, office.desk.actor, number))[0].uscc
    office.desk.lock("alone", code)
    assert "1 处不再相符" in said(office.looks(number))
    assert "编制后情况有变" in said(office.press("approve", office.seen(number)))


def test_made_again_it_says_from_which(office: Desk) -> None:
    first = office.desk.branches(on=TODAY)["plan"]
    office.press("again", office.seen(first), seconds=5)
    until_it_ends(office)
    assert "方案 2 已编成" in said(office.ticks("plan"))
    assert "由此方案调整而来" in shown(office.client, "/plans/2")


def test_every_lock_that_was_left_out_is_shown(office: Desk) -> None:
    who = office.desk.instructor("甲", capacity=0)
    codes = [office.desk.firm() for _ in range(7)]
    locks = [office.desk.lock("must", code, instructor=who) for code in codes]
    number = office.desk.instructors(on=TODAY)["plan"]
    told = shown(office.client, f"/plans/{number}")
    assert all(f"锁定 {lock} 未采用" in told for lock in locks)


def test_made_again_it_says_which_pairs_moved_and_why(office: Desk) -> None:
    for name in ("甲", "乙"):
        office.desk.instructor(name, capacity=3)
    first = office.desk.instructors(on=TODAY)
    moved = first["assignments"][0]
    other = next(n for n in (1, 2) if n != moved["instructor"])
    office.desk.lock("must", moved["organisation"], instructor=other)
    again = office.desk.again(first["plan"], on=TODAY)["plan"]
    told = shown(office.client, f"/plans/{again}")
    assert "新增 3，变动或结束 0" in told  # nobody had anybody
    _, _, edits = told.partition(f"与原方案 {first['plan']} 相比的调整")
    assert moved["name"] in edits
    assert "人工改定" in edits
    office.desk.in_force(again, on=TODAY)
    same = office.desk.again(again, on=TODAY)["plan"]
    assert "相比的调整" not in shown(office.client, f"/plans/{same}")


def test_a_plan_is_read_once_as_long_as_nothing_changes(office: Desk) -> None:
    code = office.desk.firm()
    who = office.desk.instructor()
    number = office.desk.instructors()["plan"]
    before = shown(office.client, f"/plans/{number}")
    with noting(office.site.engine) as asked:
        assert shown(office.client, f"/plans/{number}") == before
    assert not any("plan_item" in statement for statement, _ in asked)
    assert "没有锁定" in before
    office.desk.lock("must", code, instructor=who)
    assert "没有锁定" not in shown(office.client, f"/plans/{number}")
