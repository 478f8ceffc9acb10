"""The commands that ask for figures, through the command line: keys, words, exit codes."""

import json
from datetime import date
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    SOUTH,
    an_operating,
    insert_application,
    insert_covering,
    insert_division,
    insert_finding,
    insert_hire,
    insert_party_organisation,
    insert_place,
)
from typer.testing import CliRunner, Result

from dashboard.cli import app
from liangxin import db, lists, rules
from liangxin.annual_forms import FORMS
from liangxin.clocks import CLOCKS
from liangxin.settings import Settings

DAY, BEFORE, JOINED = date(2026, 9, 30), date(2026, 3, 31), date(2026, 6, 1)


@pytest.fixture
def liangxin(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on a register of three firms and a building."""
    monkeypatch.setenv("LIANGXIN_HOME", str(settings.home))
    if settings.database_url:
        monkeypatch.setenv("LIANGXIN_DATABASE_URL", settings.database_url)
    engine = db.make_engine(settings)
    with db.writing(engine) as connection:
        insert_division(connection, NORTH, "北街道")
        first = an_operating(connection, name="甲公司", staff=120, full_members=4)
        insert_finding(connection, first, "fixed_place", "1")
        insert_hire(connection, first, BEFORE)
        insert_application(connection, first, BEFORE)
        second = an_operating(connection, name="乙公司", full_members=1)
        branch = insert_party_organisation(
            connection, from_on=LONG_AGO, place_id=insert_place(connection)
        )
        insert_covering(connection, second, branch, mode="joint", from_on=JOINED)
        an_operating(connection, name="丙公司", subdistrict_code=SOUTH)
    engine.dispose()

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments])

    return call


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_every_rate_of_the_rule_set_can_be_asked_for(liangxin: Any) -> None:
    found = {}
    for rate in rules.load().rates:
        said = answer(liangxin("coverage", "--as-of", DAY, "--rate", rate, "--json"))
        assert said.keys() >= {"as_of", "rate", "rule_set", "rows", "total"}
        assert (said["as_of"], said["rate"], said["rule_set"]) == (str(DAY), rate, rules.DEFAULT)
        found[rate] = (said["total"]["numerator"], said["total"]["denominator"])
    assert found == {
        "R1": (1, 3), "R2": (0, 3), "R3": (0, 1), "R4": (0, 0), "R5": (0, 1), "R6": (1, 3),
        "R7": (0, 1), "R8": (1, 1),
    }  # fmt: skip


def test_another_rule_set_leaves_nobody_out_unsaid(liangxin: Any) -> None:
    how = ("--as-of", DAY, "--rule-set", "cn-2026.2-premises10", "--json")
    said = answer(liangxin("coverage", *how))
    assert said["rule_set"] == "cn-2026.2-premises10"
    assert said["total"] == {"numerator": 0, "denominator": 1, "share": 0.0, "unverified": 2}
    assert "未核实" in liangxin("coverage", "--as-of", DAY).stdout


def test_a_change_is_told_with_its_organisations(liangxin: Any) -> None:
    days = ("change", "--from", BEFORE, "--to", DAY)
    said = answer(liangxin(*days, "--organisations", "--json"))
    assert said.keys() >= {"from", "to", "rows", "total_points"}
    [row] = said["rows"]
    assert (row["cause"], row["organisations"], row["points_exact"]) == (
        "became_covered", 1, "100/3",
    )  # fmt: skip
    assert [each["name"] for each in said["organisations"]] == ["乙公司"]
    words = liangxin(*days, "--organisations").stdout
    assert "The denominator did not move (3)." in words
    assert "乙公司" in words
    known = answer(liangxin(*days, "--organisations", "--known-at", "2020-01-01", "--json"))
    assert (known["rows"], known["organisations"]) == ([], [])


def test_lists_are_counted_and_one_is_named(liangxin: Any) -> None:
    said = answer(liangxin("lists", "--as-of", DAY, "--json"))
    assert said["lists"].keys() == lists.LISTS.keys()
    assert said["lists"]["should_not_built"] == [{"code": NORTH, "organisations": 1}]
    one = answer(liangxin("lists", "should_not_built", "--as-of", DAY, "--json"))
    assert [each["name"] for each in one["list"]] == ["甲公司"]
    south = answer(liangxin("lists", "not_reached", "--group", SOUTH, "--as-of", DAY, "--json"))
    assert [each["name"] for each in south["list"]] == ["丙公司"]
    assert "应建未建" in liangxin("lists", "--as-of", DAY).stdout
    assert "共 1 家" in liangxin("lists", "should_not_built", "--as-of", DAY).stdout


@pytest.mark.parametrize("form", FORMS)
def test_an_annual_table_has_every_cell_and_adds_up(liangxin: Any, form: str) -> None:
    said = answer(liangxin("annual", form, "--as-of", DAY, "--json"))
    assert said["faults"] == []
    assert said["cells"].keys() == FORMS[form].rows.keys()
    columns = {name for name, column in FORMS[form].columns.items() if not column.personal}
    assert all(cells.keys() == columns for cells in said["cells"].values())
    words = liangxin("annual", form, "--as-of", DAY).stdout
    assert FORMS[form].zh in words
    assert all(row.zh in words for row in FORMS[form].rows.values())


def test_who_is_behind_a_cell_of_an_annual_table(liangxin: Any) -> None:
    how = ("annual", "enterprises", "--as-of", DAY, "--cell", "should:staff100")
    assert [each["name"] for each in answer(liangxin(*how, "--json"))] == ["甲公司"]
    assert "甲公司" in liangxin(*how).stdout
    assert answer(liangxin(*how, "--subdistrict", SOUTH, "--json")) == []


def test_clocks_are_read_and_what_is_over_is_named(liangxin: Any) -> None:
    said = answer(liangxin("clocks", "--as-of", DAY, "--json"))
    assert said["clocks"].keys() == CLOCKS.keys()
    assert said["clocks"]["application"][-1]["open_over"] == 1
    over = answer(liangxin("clocks", "--over", "application", "--as-of", DAY, "--json"))
    assert [(each["name"], each["since"]) for each in over["over"]] == [("甲公司", str(BEFORE))]
    assert "超过 31 天未办结 1" in liangxin("clocks", "--as-of", DAY).stdout
    assert "甲公司" in liangxin("clocks", "--over", "application", "--as-of", DAY).stdout


def test_one_member_is_told_to_nobody_at_this_machine(liangxin: Any) -> None:
    said = answer(liangxin("clocks", "--as-of", DAY, "--json"))
    assert said["clocks"]["hire_identified"][-1]["open_over"] == "1+"
    assert said["left_out"] == []
    assert "在办 1+" in liangxin("clocks", "--as-of", DAY).stdout
    for how in (("--by", "kind"), ("--since", str(BEFORE))):
        said = answer(liangxin("clocks", *how, "--as-of", DAY, "--json"))
        assert said["clocks"].keys() == {"found_instructor", "application"}
        assert said["left_out"] == ["hire_identified", "hire_covered", "transfer"]
        assert "未列出：入职 → 识别" in liangxin("clocks", *how, "--as-of", DAY).stdout
    refused = liangxin("clocks", "--over", "hire_identified", "--as-of", DAY)
    assert refused.exit_code == 2
    assert "甲公司" not in refused.output
    listed = answer(liangxin("lists", "joint_could_be_alone", "--as-of", DAY, "--json"))
    assert listed["list"] == []
    cells = answer(liangxin("annual", "enterprises", "--as-of", DAY, "--json"))["cells"]
    assert cells["members"]["total"] == "5-6"
    assert "representative_member" not in cells["units"]
    assert cells["built_members"]["total"] == "<3"
    assert "<3" in liangxin("annual", "enterprises", "--as-of", DAY).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("coverage", "--rate", "R9"),
        ("coverage", "--by", "street"),
        ("coverage", "--rule-set", "cn-1900"),
        ("coverage", "--rule-set", "../x"),
        ("coverage", "--known-at", "yesterday"),
        ("coverage", "--as-of", "2999-01-01"),
        ("change", "--from", "2026-09-30", "--to", "2026-09-30"),
        ("change", "--from", "2026-03-31", "--rate", "R8"),
        ("change", "--from", "March"),
        ("lists", "nobody"),
        ("lists", "--by", "street"),
        ("lists", "not_reached", "--by", "street", "--group", "1"),
        ("annual", "villages"),
        ("annual", "enterprises", "--cell", "units"),
        ("annual", "enterprises", "--cell", "nobody:total"),
        ("clocks", "--over", "lunch"),
        ("clocks", "--by", "street"),
        ("clocks", "--since", "2026-13-01"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 2
    said = json.loads(result.stdout)
    assert "内部错误" not in said["error"]
    assert said["error_en"]


# As known at a moment, and of places that are not there.

ASKED = (("lists",), ("lists", "should_not_built"), ("annual",), ("clocks",), ("coverage",))


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_every_figure_can_be_asked_as_it_was_known(liangxin: Any, words: tuple[str, ...]) -> None:
    def asked(moment: str) -> Any:
        return answer(liangxin(*words, "--as-of", DAY, "--known-at", moment, "--json"))

    now, before = asked("2026-11-23T20:00:00+08:00"), asked("2026-11-20T20:00:00+08:00")
    today = answer(liangxin(*words, "--as-of", DAY, "--json"))
    if words == ("clocks",):
        # Of two moments, the clocks of single members could be taken from each other.
        assert now.pop("left_out") == ["hire_identified", "hire_covered", "transfer"]
        today = today | {"clocks": {name: today["clocks"][name] for name in now["clocks"]}}
        del today["left_out"]
    assert now == today
    assert before != now
    for nonsense in ("yesterday", "0001-01-01T00:00:00+08:00"):
        refused = liangxin(*words, "--known-at", nonsense)
        assert refused.exit_code != 0
        assert "--known-at" in refused.output


@pytest.mark.parametrize(
    "words",
    [
        ("annual", "--subdistrict", "12345"),
        ("lists", "few_members", "--group", "nonsense"),
        ("due", "--subdistrict", "999999009"),
    ],
    ids=" ".join,
)
def test_a_place_that_is_not_there_is_told(liangxin: Any, words: tuple[str, ...]) -> None:
    refused = liangxin(*words)
    assert refused.exit_code != 0
    assert "没有找到街道" in refused.output


def test_a_group_nobody_knows_and_a_day_before_all_offices_are_told(liangxin: Any) -> None:
    assert "不能按“foo”分组" in liangxin("lists", "few_members", "--by", "foo").output
    for command in ("due", "coverage", "clocks"):
        assert "早于 1949-10-01" in liangxin(command, "--as-of", "0001-01-01").output
