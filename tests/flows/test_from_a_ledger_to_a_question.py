"""A sub-district's ledger is loaded: counts are kept, names are not, and what disagrees is asked."""

import json
from pathlib import Path

import pytest
from factories import a_registration, a_uscc, write_csv
from loads import rows
from typer.testing import CliRunner

from dashboard.cli import app
from liangxin import migrate
from liangxin.cli import now, today
from liangxin.schema import Headcount, LandedFile, Run, SkippedRow
from liangxin.settings import Settings

LEDGER = """非公有制经济组织党建工作台账,,,,,,
企业名称,统一社会信用代码,从业人员数量(名),社保缴纳职工数,书记,书记电话,备注
示例第1号有限公司,{one},40,39,钱伯庸,13900000001,
示例第2号有限公司,,50,3,孙仲和,13900000002,
示例第3号有限公司,{three},,,,,
从未登记过的公司,,12,12,,,
合计,,102,54,,,
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIANGXIN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LIANGXIN_DATABASE_URL", raising=False)
    return tmp_path / "home"


def answer(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code in {0, 1}, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict | list)
    return found if isinstance(found, dict) else {"all": found}


def test_a_ledgers_counts_are_kept_and_two_figures_become_a_question(
    home: Path, tmp_path: Path
) -> None:
    firms = write_csv(tmp_path / "firms.csv", [a_registration(n) for n in (1, 2, 3)])
    answer("load", str(firms), "--source", "market_regulator", "--district", "430702")
    ledger = tmp_path / "台账.csv"
    ledger.write_text(LEDGER.format(one=a_uscc(1), three=a_uscc(3)), encoding="gb18030")
    arguments = ("load", str(ledger), "--source", "ledger", "--district", "430702")
    report = answer(*arguments)
    counts = {name: report[name] for name in ("rows", "accepted", "refused", "skipped", "asked")}
    # The third firm has no figure, the fourth is nobody's, the last line is the total.
    assert counts == {"rows": 5, "accepted": 2, "refused": 0, "skipped": 3, "asked": 1}
    [question] = answer("questions")["all"]  # type: ignore[misc]
    assert (question["uscc"], question["rule"]) == (a_uscc(2), "staff_agrees_with_insured")
    assert (question["figure_a"], question["figure_b"]) == ("50", "3")
    again = answer(*arguments)
    assert (again["accepted"], again["unchanged"], again["asked"]) == (2, 2, 0)

    engine = migrate.open_register(Settings(home=home), now=now())
    kept = rows(engine, Headcount)
    assert sorted(row["staff"] for row in kept) == [40, 50]
    assert all(row["counted_on"] <= today() for row in kept)
    assert len(rows(engine, LandedFile)) == 1  # the firms; the ledger names people
    assert len(rows(engine, SkippedRow)) == 6
    assert all(
        row["rows"] == row["accepted"] + row["refused"] + row["skipped"]
        for row in rows(engine, Run)
    )
    engine.dispose()


def test_no_name_of_a_ledger_is_left_anywhere(home: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "台账.csv"
    ledger.write_text(LEDGER.format(one=a_uscc(1), three=a_uscc(3)), encoding="utf-8")
    answer("load", str(ledger), "--source", "ledger", "--district", "430702")
    for file in home.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert "钱伯庸".encode() not in content, file
            assert b"13900000001" not in content, file


ROSTER = """姓名,证件类型,证件号码,政治面貌,入职时间
李叔夜,居民身份证,430702190305051134,群众,2024-03-01
赵季鹰,居民身份证,430702190305051135,党员,2024-13-01
"""


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_cell_of_a_staff_list_is_told_but_in_the_file_that_comes_back(
    home: Path, tmp_path: Path, form: tuple[str, ...]
) -> None:
    roster, out = tmp_path / "花名册.csv", tmp_path / "back.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    arguments = ["check", str(roster), "--as", "roster", "--refused", str(out), *form]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    for cell in ("李叔夜", "赵季鹰", "430702190305051134", "430702190305051135", "2024-13-01"):
        assert cell not in result.output
    assert "C3" in result.output
    back = out.read_text(encoding="utf-8-sig")
    assert "430702190305051135" in back
    assert "校验位" in back
    assert out.stat().st_mode & 0o077 == 0
    assert not home.exists()


@pytest.mark.usefixtures("quick")
def test_a_roster_is_held_against_what_the_firm_declared(home: Path, tmp_path: Path) -> None:
    firms = write_csv(tmp_path / "firms.csv", [a_registration(1)])
    answer("load", str(firms), "--source", "market_regulator", "--district", "430702")
    ledger = tmp_path / "台账.csv"
    ledger.write_text(LEDGER.format(one=a_uscc(1), three=a_uscc(3)), encoding="utf-8")
    answer("load", str(ledger), "--source", "ledger", "--district", "430702")
    roster = tmp_path / "花名册.csv"
    people = [f"{name},,群众,2020-03-01" for name in ("钱伯庸", "孙仲和", "李叔平")]
    roster.write_text("\n".join(["姓名,证件号码,政治面貌,入职时间", *people]), encoding="utf-8")
    check = ("check", str(roster), "--as", "roster")
    held = answer(*check, "--organisation", a_uscc(1))
    [said] = [each for each in held["declared"] if "40" in each["zh"]]  # type: ignore[union-attr]
    assert str(held["accepted"]) in said["zh"]
    assert "40" in said["en"]
    assert answer(*check)["declared"] == []
    wrong = CliRunner().invoke(app, [*check, "--organisation", a_uscc(9), "--json"])
    assert wrong.exit_code == 2
    assert a_uscc(9) in json.loads(wrong.stdout)["error"]
