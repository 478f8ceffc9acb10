"""The commands of tasks as other programs call them."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from factories import NOW, TODAY
from sqlalchemy import Engine
from tasking import COMMUNITY_CODE, an_office, newly_registered
from typer.testing import CliRunner, Result

import dashboard.reports.cli
import liangxin.tasks_cli
from dashboard.cli import app
from liangxin.settings import Settings

Call = Callable[..., Result]


class Clock:
    """Today, until it is moved."""

    day = TODAY

    def today(self) -> date:
        return self.day

    def now(self) -> datetime:
        return NOW + (self.day - TODAY)

    def goes_on(self, days: int) -> None:
        self.day += timedelta(days=days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (liangxin.tasks_cli, dashboard.reports.cli):
        monkeypatch.setattr(module, "today", made.today)
        monkeypatch.setattr(module, "now", made.now)
    return made


@pytest.fixture
def liangxin_tasks(
    sqlite_engine: Engine, sqlite_settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Call:
    """`liangxin tasks …` on a register with one firm that was registered lately."""
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))
    an_office(sqlite_engine).write(newly_registered)

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, ["tasks", *map(str, arguments)])

    return call


def answered(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_run_says_what_the_day_brought(liangxin_tasks: Call) -> None:
    first = answered(liangxin_tasks("run", "--json"))
    assert first == {
        "opened": 1,
        "handed_on": 0,
        "closed": 0,
        "reminded": 0,
        "chased": 0,
        "escalated": 0,
        "announced": True,
        "calendar_until": first["calendar_until"],
    }
    assert answered(liangxin_tasks("run", "--json"))["opened"] == 0


def test_a_year_that_is_not_announced_is_told(liangxin_tasks: Call, clock: Clock) -> None:
    clock.day = date(2041, 3, 1)
    assert "固定日期的节日推算" in liangxin_tasks("run").stdout


def test_a_list_says_what_to_do_by_when_and_what_may_be_answered(liangxin_tasks: Call) -> None:
    liangxin_tasks("run")
    [task] = answered(liangxin_tasks("--json"))
    assert task["due_on"] == "2026-11-25"
    assert set(task["answers"]) == {"operating", "not_found", "moved", "closed"}
    said = liangxin_tasks().stdout
    assert "上门核实是否实际运营：operating" in said
    assert "共 1 项任务，其中超期 0 项" in said


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--subdistrict", COMMUNITY_CODE[:9]), 1),
        (("--owner", "community"), 1),
        (("--owner", "committee"), 0),
    ],
)
def test_a_list_is_of_a_subdistrict_or_an_owner(
    liangxin_tasks: Call, options: tuple[str, str], count: int
) -> None:
    liangxin_tasks("run")
    assert len(answered(liangxin_tasks(*options, "--json"))) == count


def test_an_answer_hands_the_task_on(liangxin_tasks: Call) -> None:
    liangxin_tasks("run")
    said = answered(liangxin_tasks("answer", 1, "operating", "--by", "示例社区", "--json"))
    assert said == {
        "task": 1,
        "answer": "operating",
        "closed": False,
        "stage": "record",
        "owner": "economic_office",
        "due_on": "2026-11-25",
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("answer", 1, "elected", "--by", "甲"), "operating", id="no such answer"),
        pytest.param(("answer", 9, "operating", "--by", "甲"), "没有找到", id="no such task"),
        pytest.param(("answer", 1, "operating", "--by", " "), "--by", id="by nobody"),
        pytest.param(("--owner", "nobody"), "economic_office", id="no such owner"),
        pytest.param(("--subdistrict", "1"), "没有找到街道", id="no such sub-district"),
        pytest.param(("letter", 1, "--out", "a.docx"), "没有超期", id="a letter before its day"),
        pytest.param(("letter", 9, "--out", "a.docx"), "没有找到", id="a letter about nothing"),
        pytest.param(("letter", 1, "--out", "a.pdf"), ".docx", id="another kind of file"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(
    liangxin_tasks: Call, arguments: tuple[object, ...], says: str
) -> None:
    liangxin_tasks("run")
    result = liangxin_tasks(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Error:" in result.stderr
    assert "Traceback" not in result.output


def test_a_letter_is_written_for_what_is_late(
    liangxin_tasks: Call, clock: Clock, tmp_path: Path
) -> None:
    liangxin_tasks("run")
    clock.goes_on(7)
    out = tmp_path / "催办函.docx"
    said = answered(liangxin_tasks("letter", 1, "--out", out, "--json"))
    assert (said["to"], said["from"]) == ("北街道示例社区居委会", "北街道两新组织综合党委")
    assert Document(str(out)).paragraphs[0].text == "催办函"


def test_a_letter_that_cannot_be_written_gets_a_sentence(
    liangxin_tasks: Call, clock: Clock, tmp_path: Path
) -> None:
    liangxin_tasks("run")
    clock.goes_on(7)
    result = liangxin_tasks("letter", 1, "--out", tmp_path / "nowhere" / "a.docx")
    assert result.exit_code == 2
    assert "无法写入" in result.stderr
