"""The commands of plans and instructors, as an office and other programs call them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import NORTH, NOW, SOUTH, a_uscc
from planning_desk import EAST, PlanningDesk
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from dashboard.cli import app
from liangxin import instructors
from liangxin.cli import today
from liangxin.plans import reading
from liangxin.settings import Settings

Command = Callable[..., Result]


@pytest.fixture
def desk(sqlite_engine: Engine) -> PlanningDesk:
    return PlanningDesk(sqlite_engine)


@pytest.fixture
def command(
    sqlite_settings: Settings, desk: PlanningDesk, monkeypatch: pytest.MonkeyPatch
) -> Command:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))
    for _ in range(3):
        desk.firm()
    desk.firm(full_members=2, members=2)
    desk.firm(full_members=1, members=1)
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def two_instructors(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    lines = [f"甲,community_cadre,{NORTH},3,{EAST}", f"乙,retired_cadre,{NORTH},2,"]
    head = "name,kind,subdistrict_code,capacity,community_code"
    file.write_text("\n".join([head, *lines]), encoding="utf-8")
    assert answer(command("instructors", "load", file, "--json"))["new"] == 2


def test_a_plan_of_instructors_answers_as_the_contract_says(
    command: Command, tmp_path: Path
) -> None:
    two_instructors(command, tmp_path)
    said = answer(command("plan", "instructors", "--seconds", 20, "--seed", 3, "--json"))
    assert {"objective", "bound", "gap", "feasible", "assignments"} <= said.keys()
    assert (said["gap"], said["feasible"], said["seed"]) == (0.0, True, 3)
    assert {each["organisation"] for each in said["assignments"]} == {
        a_uscc(n) for n in range(1, 6)
    }
    assert {each["instructor_name"] for each in said["assignments"]} == {"甲", "乙"}
    [listed] = answer(command("plan", "list", "--json"))
    assert (listed["id"], listed["state"], listed["planned"]) == (said["plan"], "proposed", 5)


def test_a_plan_of_branches_answers_as_the_contract_says(command: Command) -> None:
    said = answer(command("plan", "branches", "--json"))
    assert {"objective", "bound", "gap", "feasible", "groups"} <= said.keys()
    assert [set(each["units"]) for each in said["groups"]] == [{a_uscc(4), a_uscc(5)}]
    assert command("plan", "branches").exit_code == 0


def test_apply_puts_a_plan_into_force_at_once(command: Command, tmp_path: Path) -> None:
    two_instructors(command, tmp_path)
    assert answer(command("plan", "instructors", "--apply", "--json"))["state"] == "in_force"
    assert answer(command("plan", "branches", "--apply", "--json"))["state"] == "in_force"
    total = answer(command("coverage", "--rate", "R1", "--json"))["total"]
    assert (total["numerator"], total["denominator"]) == (2, 5)
    total = answer(command("coverage", "--rate", "R6", "--json"))["total"]
    assert (total["numerator"], total["denominator"]) == (5, 5)
    people = answer(command("instructors", "list", "--json"))
    assert sorted(each["organisations"] for each in people) == [2, 3]
    # What is covered now needs no instructor, and the others keep theirs.
    again = answer(command("plan", "instructors", "--keep", "--json"))
    assert len(again["assignments"]) == 3
    assert (again["changes"], again["kept_share"]) == ([], 1.0)


def test_a_plan_goes_step_by_step_by_commands(command: Command, tmp_path: Path) -> None:
    two_instructors(command, tmp_path)
    first = answer(command("plan", "instructors", "--json"))
    one = answer(command("instructors", "list", "--json"))[0]["id"]
    lock = answer(command("plan", "lock", "never", a_uscc(1), "--instructor", one, "--json"))
    again = answer(command("plan", "again", first["plan"], "--json"))
    [mine] = [each for each in again["assignments"] if each["organisation"] == a_uscc(1)]
    assert mine["instructor"] != one
    assert "不得由其联系" in command("plan", "locks").stdout
    shown = answer(command("plan", "show", again["plan"], "--json"))
    assert len(shown["items"]) == 5
    assert shown["objective"] == again["objective"]
    assert "拟定" in command("plan", "show", again["plan"]).stdout
    for step, said in (("approve", "已批准"), ("apply", "起执行")):
        more = ("--by", "示例街道综合党委") if step == "approve" else ()
        assert said in command("plan", step, again["plan"], *more).stdout
    assert "现行" in command("plan", "list").stdout
    assert answer(command("plan", "unlock", lock["lock"], "--json"))["removed"] == [lock["lock"]]
    proposed = answer(command("plan", "instructors", "--json"))["plan"]
    assert answer(command("plan", "drop", proposed, "--json"))["state"] == "dropped"
    assert "作废" in command("plan", "list").stdout


def test_each_line_of_a_plan_names_whom_it_is_about(command: Command, desk: PlanningDesk) -> None:
    desk.firm()
    desk.instructor("甲", capacity=6)
    other = desk.instructor("乙", capacity=0)
    first = command("plan", "instructors").stdout
    assert "  提示  甲  联系 6 个单位，一般不超过 5 个" in first
    assert command("plan", "approve", 1, "--by", "示例街道综合党委").exit_code == 0
    assert command("plan", "apply", 1).exit_code == 0
    more = {"capacity": 1}
    desk.write(lambda c: instructors.offer(c, desk.actor, other, more, on=today(), now=NOW))
    command("plan", "lock", "must", a_uscc(1), "--instructor", other)
    moved = "示例第1号有限公司  甲 → 乙  人工改定"
    again = command("plan", "again", 1).stdout
    assert f"  变动  {moved}" in again
    assert "对原方案的调整" not in again  # it is the plan in force, and that is told
    command("plan", "unlock", 1)
    command("plan", "lock", "must", a_uscc(2), "--instructor", other)
    again = command("plan", "again", 2).stdout
    assert "  变动  示例第2号有限公司  甲 → 乙  人工改定" in again
    assert "  对原方案的调整  示例第1号有限公司  乙 → 甲  腾出名额" in again


def test_instructors_of_one_name_are_told_apart(command: Command, desk: PlanningDesk) -> None:
    one, other = (desk.instructor("甲", at=at, is_district_wide=True) for at in (NORTH, SOUTH))
    desk.instructor("乙")
    said = answer(command("plan", "instructors", "--json"))
    assert {each["instructor_name"] for each in said["assignments"]} == {
        "甲",
        "乙",
    }  # they have keys
    command("plan", "lock", "never", a_uscc(1), "--instructor", other)
    for told in (
        command("plan", "again", 1).stdout,
        command("plan", "show", 2).stdout,
    ):
        assert f"甲 #{one}" in told
        assert f"甲 #{other}" in told
        assert "乙 #" not in told
    assert f"不得由其联系 甲 #{other}" in command("plan", "locks").stdout
    shown = desk.read(lambda c: reading.shown(c, desk.actor, desk.rules, 2, today=today()))
    assert {each.name for each in shown.loads} == {f"甲 #{one}", f"甲 #{other}", "乙"}
    north = replace(desk.actor, subdistricts=frozenset({NORTH}))
    told = desk.read(lambda c: instructors.names_told_apart(c, north, [one, other]))
    assert told == {one: "甲"}  # of who has that name elsewhere nothing is told


def test_visits_and_words_are_recorded_and_what_is_late_is_listed(
    command: Command, tmp_path: Path
) -> None:
    two_instructors(command, tmp_path)
    day = today() - timedelta(days=50)
    command("plan", "instructors", "--apply", "--as-of", day)
    told = answer(command("instructors", "overdue", "--json"))
    assert [(each["what"], each["days_over"]) for each in told] == [("visit", 5)] * 5
    number, code = told[0]["instructor_id"], told[0]["uscc"]
    visit = ("instructors", "visit", number, code, "--by", "示例街道综合党委")
    assert "已记录" in command(*visit).stdout
    assert answer(command(*visit, "--json"))["outcome"] == "unchanged"
    assert command("instructors", "say", number, code, "tie").exit_code == 0
    moved = answer(command("plan", "instructors", "--json"))
    why = {each["organisation"]: each["reason"] for each in moved["changes"]}
    assert why[code] == "conflict"  # to whom loads and distance then send others is not the matter
    offered = command("instructors", "offer", number, "--no-willing")
    assert "已更新" in offered.stdout
    assert "暂不承担" in command("instructors", "list").stdout
    assert "走访逾期 5 天（上次 从未）" in command("instructors", "overdue").stdout
    assert len(answer(command("instructors", "overdue", "--json"))) == 4


def test_who_does_not_want_one_says_so_and_is_left(command: Command, tmp_path: Path) -> None:
    two_instructors(command, tmp_path)
    by = ("--by", "示例街道综合党委")
    assert "new" in command("find", a_uscc(1), "declines_instructor", 1, *by).stdout
    assert "new" in command("find", a_uscc(4), "declined", 1, *by).stdout
    left = answer(command("plan", "instructors", "--json"))["left"]
    assert [(each["organisation"], each["reason"]) for each in left] == [
        (a_uscc(1), "unit_declined")
    ]
    left = answer(command("plan", "branches", "--json"))["left"]
    assert {each["organisation"]: each["reason"] for each in left} == {
        a_uscc(4): "declined",
        a_uscc(5): "no_neighbour",
    }
    assert answer(command("find", a_uscc(1), "declines_instructor", 0, *by, "--json"))
    assert answer(command("plan", "instructors", "--json"))["left"] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("plan", "instructors", "--seconds", "0"), "--seconds 须大于 0"),
        (("plan", "branches", "--seed", "-1"), "--seed 须为"),
        (("plan", "show", "9"), "没有编号为 9 的方案"),
        (("plan", "apply", "9"), "没有编号为 9 的方案"),
        (("plan", "again", "9"), "没有编号为 9 的方案"),
        (("plan", "unlock", "9"), "没有编号为 9 的锁定"),
        (("plan", "lock", "must", a_uscc(1)), "一名指导员"),
        (("plan", "lock", "alone", a_uscc(99)), "登记库中没有"),
        (("plan", "instructors", "--as-of", "2999-01-01"), "还没有到"),
        (("instructors", "offer", "9", "--capacity", "2"), "没有编号为 9 的指导员"),
        (("instructors", "load", "nowhere.csv"), "无法读取清单"),
        (("find", a_uscc(1), "declined", "maybe", "--by", "x"), "不能填“maybe”"),
        (("find", a_uscc(1), "mood", "good", "--by", "x"), "没有项目“mood”"),
        (("places", "load", "nowhere.csv"), "无法读取清单"),
        (("places", "neighbours", "nowhere.csv"), "无法读取清单"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    command: Command, arguments: tuple[str, ...], sentence: str
) -> None:
    result = command(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Error: " in result.stderr


@pytest.mark.parametrize("kind", ["instructors", "places"])
def test_a_list_of_a_sub_district_that_is_not_there_is_refused(
    command: Command, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "list.csv"
    what = {"instructors": "other", "places": "building"}[kind]
    file.write_text(f"name,kind,subdistrict_code\n甲,{what},999999099\n", encoding="utf-8")
    refused = command(kind, "load", file)
    assert refused.exit_code == 2
    assert "没有街道 999999099" in refused.stderr
    file.write_text(f"name,kind,subdistrict_code\n甲,{what},{NORTH}\n", encoding="utf-8")
    assert answer(command(kind, "load", file, "--json"))["new"] == 1


def test_a_committee_plans_in_its_own_sub_district_only(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_instructors(command, tmp_path)
    said = answer(command("plan", "instructors", "--subdistrict", NORTH, "--json"))
    monkeypatch.setenv("LIANGXIN_COMMITTEE", SOUTH)
    assert answer(command("plan", "list", "--json")) == []
    assert command("plan", "show", said["plan"]).exit_code == 2
    assert command("plan", "instructors", "--subdistrict", NORTH).exit_code == 2
    assert answer(command("plan", "instructors", "--json"))["assignments"] == []
