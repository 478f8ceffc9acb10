"""`liangxin locate`: every row of a file comes out, with its sub-district or the reason for none."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from factories import a_registration, write_csv
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from dashboard.cli import app
from ingest import encodings, locate_apart, locate_cli, locate_files
from ingest.layout import ROW

WULING = "430702"
Run = Callable[..., Result]
OURS = ["subdistrict_code", "subdistrict", "community_code", "community", "place", "method",
        "confidence", "reason"]  # fmt: skip


@pytest.fixture
def locate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command without a register; answers with its result."""
    monkeypatch.setenv("LIANGXIN_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(app, ["locate", *map(str, words)])


def a_file(folder: Path, *addresses: str, name: str = "firms.csv") -> Path:
    rows = [{"名称": f"示例{n}", "住所": address} for n, address in enumerate(addresses)]
    return write_csv(folder / name, rows)


def rows_of(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_row_comes_out_in_order_with_what_was_found(tmp_path: Path, locate: Run) -> None:
    file = a_file(tmp_path, "武陵区芙蓉街道甲路1号", "乙路2号", "武陵区落路口社区")
    out = tmp_path / "out.csv"
    result = locate(file, "--column", "住所", "--district", WULING, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "rows": 3,
        "located": 2,
        "by_method": {"community_name": 1, "subdistrict_name": 1},
    }
    rows = rows_of(out)
    assert list(rows[0]) == ["名称", "住所", *OURS]
    assert [row["名称"] for row in rows] == ["示例0", "示例1", "示例2"]
    assert [row["subdistrict"] for row in rows] == ["芙蓉街道", "", "芙蓉街道"]
    assert rows[2]["community"] == "落路口社区"
    assert rows[1]["confidence"] == ""
    assert all(row["reason"] for row in rows)
    assert not (tmp_path / "home").exists()  # no register was made for it


def test_all_but_one_of_many_is_not_told_as_all(capsys: pytest.CaptureFixture[str]) -> None:
    locate_cli._answer(10_000, Counter(road=9_999), Path("out.csv"), as_json=False)
    assert "定位 9999 行（99.9%）" in capsys.readouterr().out


def test_without_a_district_addresses_of_the_whole_country_are_placed(
    tmp_path: Path, locate: Run
) -> None:
    file = a_file(tmp_path, "深圳市南山区粤海街道1号", "常德市武陵区芙蓉街道1号", "芙蓉街道1号")
    assert locate(file, "--column", "住所", "--out", tmp_path / "out.csv").exit_code == 0
    codes = [row["subdistrict_code"] for row in rows_of(tmp_path / "out.csv")]
    assert codes == ["440305007", "430702012", ""]


def test_workbooks_go_in_and_out_and_packed_files_go_in(tmp_path: Path, locate: Run) -> None:
    file = a_file(tmp_path, "武陵区芙蓉街道1号")
    packed = tmp_path / "firms.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    out = tmp_path / "out.xlsx"
    assert locate(packed, "--column", "住所", "--out", out).exit_code == 0
    header, row = CalamineWorkbook.from_path(out).get_sheet_by_index(0).to_python()
    assert header == ["名称", "住所", *OURS]
    assert row[2:4] == ["430702012", "芙蓉街道"]
    again = tmp_path / "again.csv"
    assert locate(out, "--column", "住所", "--out", again).exit_code == 0
    [row_again] = rows_of(again)
    assert row_again["subdistrict_code"] == row_again["subdistrict_code_sent"] == "430702012"


def test_a_formula_in_a_cell_is_made_harmless(tmp_path: Path, locate: Run) -> None:
    file = write_csv(tmp_path / "f.csv", [{"名称": "=cmd|x", "住所": "@武陵区芙蓉街道"}])
    assert locate(file, "--column", "住所", "--out", tmp_path / "out.csv").exit_code == 0
    [row] = rows_of(tmp_path / "out.csv")
    assert (row["名称"], row["住所"]) == ("'=cmd|x", "'@武陵区芙蓉街道")


def taught(folder: Path, *, code: str = "subdistrict_code") -> Path:
    """Addresses of buildings in two sub-districts, with their codes."""
    rows = []
    for sign in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥乾坤离坎震艮巽兑":
        rows.append({"地址": f"武陵区芙蓉街道{sign}湖大厦1室", code: "430702012"})
        rows.append({"地址": f"武陵区东江街道{sign}银花园2栋", code: "430702007"})
    return write_csv(folder / "known.csv", rows)


@pytest.mark.parametrize("code", ["subdistrict_code", "街道代码", "备注"])
def test_what_a_learning_file_knows_places_the_others(
    tmp_path: Path, locate: Run, code: str
) -> None:
    """With a column of codes or without: then the addresses must name their sub-district."""
    file = a_file(tmp_path, "武陵区甲湖大厦", "武陵区乙银花园")
    out = tmp_path / "out.csv"
    result = locate(
        *(file, "--column", "住所", "--district", WULING, "--out", out),
        *("--learn", taught(tmp_path, code=code), "--learn-column", "地址"),
        *("--min-confidence", "0.5"),
    )
    assert result.exit_code == 0, result.output
    assert [row["subdistrict"] for row in rows_of(out)] == ["芙蓉街道", "东江街道"]
    assert "甲湖大厦（未写道路）：已知的 1 个地址中 1 个在芙蓉街道" in rows_of(out)[0]["reason"]


def test_a_sub_district_that_is_gone_takes_its_communities_along(
    tmp_path: Path, locate: Run
) -> None:
    towns = [("430702001", "启明街道"), ("430702002", "府坪街道")]
    lines = [f"{code},{name},street,{WULING}" for code, name in towns]
    lists = tmp_path / "towns.csv"
    lists.write_text("\n".join(["code,name,level,parent_code", *lines]), encoding="utf-8")
    out = tmp_path / "out.csv"
    file = a_file(tmp_path, "武陵区西园社区12号", "武陵区府坪街道甲路1号")
    words = ("--column", "住所", "--district", WULING, "--out", out, "--divisions", lists)
    assert locate(file, *words).exit_code == 0
    first, second = rows_of(out)
    assert (first["subdistrict_code"], second["subdistrict_code"]) == ("", "430702002")
    assert first["reason"]
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(
        f"code,name,level,parent_code\n430702001999,测试湖社区,community,{WULING}\n",
        encoding="utf-8",
    )
    refused = locate(file, *words[:-1], wrong)
    assert refused.exit_code != 0
    assert "不是它的上级" in refused.output


def test_sheets_of_any_name_are_written_back(tmp_path: Path, locate: Run) -> None:
    file, out = tmp_path / "f.xlsx", tmp_path / "out.xlsx"
    book = openpyxl.Workbook()
    for name in ("abc", "History", "'q"):
        page = book.create_sheet(name)
        for row in (["住所", "名称"], ["武陵区芙蓉街道甲路1号", name]):
            page.append(row)
    del book["Sheet"]
    book.save(file)
    result = locate(file, "--column", "住所", "--district", WULING, "--out", out)
    assert result.exit_code == 0, result.output
    assert len(CalamineWorkbook.from_path(str(out)).sheet_names) == 3


def test_a_part_of_an_estate_is_no_district_and_a_landmark_no_home(
    tmp_path: Path, locate: Run
) -> None:
    addresses = {
        "穿紫河街道丽景华都西区4栋": "穿紫河街道",
        "穿紫河街道西园社区恒大华府东区5栋101": "穿紫河街道",
        "丹阳街道人民路新华区商场二楼": "丹阳街道",
        "常德市鼎城区红云街道和平社区(原武陵区电机厂旁)": "",
        "长沙市岳麓区观沙岭街道滨湖社区12号(武陵区驻长办)": "",
    }
    out = tmp_path / "out.csv"
    file = a_file(tmp_path, *addresses)
    assert locate(file, "--column", "住所", "--district", WULING, "--out", out).exit_code == 0
    assert [row["subdistrict"] for row in rows_of(out)] == list(addresses.values())


def test_a_district_s_code_in_a_learning_file_teaches_nothing_wrong(
    tmp_path: Path, locate: Run
) -> None:
    rows = [
        {"地址": f"武陵区{street}{building}大厦{n}号", "行政区划代码": WULING}
        for street, building in (("启明街道", "甲乙"), ("府坪街道", "丙丁"))
        for n in range(40)
    ]
    learn = write_csv(tmp_path / "known.csv", rows)
    out = tmp_path / "out.csv"
    words = ("--column", "住所", "--district", WULING, "--out", out)
    file = a_file(tmp_path, "武陵区甲乙大厦99号", "武陵区启明街道甲路")
    taught_by = ("--learn", learn, "--learn-column", "地址", "--min-confidence", "0.5")
    said = locate(file, *words, *taught_by)
    assert said.exit_code == 0, said.output
    assert "80 行的代码不到 9 位" in said.output
    assert [row["subdistrict"] for row in rows_of(out)] == ["启明街道", "启明街道"]


def test_by_default_the_register_teaches(
    tmp_path: Path, locate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    streets = [("启明街道", "湖大厦"), ("东江街道", "银花园")]
    registered = [
        a_registration(2 * n + at, 住所=f"常德市武陵区{town}{sign}{name}{n}室")
        for n, sign in enumerate("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥乾坤离坎震艮巽兑")
        for at, (town, name) in enumerate(streets, start=1)
    ]
    load = ["load", str(write_csv(tmp_path / "r.csv", registered)), "--source", "market_regulator"]
    assert CliRunner().invoke(app, load).exit_code in {0, 1}
    file = a_file(tmp_path, "武陵区甲湖大厦")
    options = ("--column", "住所", "--district", WULING, "--min-confidence", "0.5")
    assert locate(file, *options, "--out", tmp_path / "out.csv").exit_code == 0
    assert rows_of(tmp_path / "out.csv")[0]["subdistrict"] == "启明街道"


def a_list(folder: Path, *rows: tuple[str, str, str, str]) -> Path:
    frame = pl.DataFrame(rows, schema=["code", "name", "level", "parent_code"], orient="row")
    frame.write_csv(folder / "list.csv")
    return folder / "list.csv"


def test_a_list_given_speaks_instead_of_the_registers(tmp_path: Path, locate: Run) -> None:
    listed = a_list(tmp_path, ("430702012", "新名街道", "street", WULING))
    file = a_file(tmp_path, "武陵区新名街道1号", "武陵区东江街道1号")
    out = tmp_path / "out.csv"
    options = ("--column", "住所", "--district", WULING, "--divisions", listed)
    assert locate(file, *options, "--out", out).exit_code == 0
    assert [row["subdistrict_code"] for row in rows_of(out)] == ["430702012", ""]


@pytest.mark.parametrize("again", [(), ("--divisions",)], ids=["behind one", "each its own"])
def test_several_lists_are_given_behind_one_option_or_each_behind_its_own(
    again: tuple[str, ...], tmp_path: Path, locate: Run
) -> None:
    one = a_list(tmp_path, ("430702012", "新名街道", "street", WULING))
    two = tmp_path / "two.csv"
    two.write_text("code,name,level,parent_code\n430702012001,新社区,community,430702012\n")
    file, out = a_file(tmp_path, "武陵区新社区1号", "武陵区新名街道1号"), tmp_path / "out.csv"
    lists = ("--divisions", one, *again, two)
    assert locate(file, "--column", "住所", "--out", out, *lists).exit_code == 0
    assert [row["subdistrict"] for row in rows_of(out)] == ["新名街道", "新名街道"]


# What makes no sense gets a sentence, and nothing is written.


def misuses(folder: Path) -> dict[str, tuple[Any, ...]]:
    wrong = write_csv(folder / "wrong.csv", [{"地址": "甲路", "subdistrict_code": "888888001"}])
    return {
        "no such column": ("--column", "地址"),
        "no such district": ("--column", "住所", "--district", "999999"),
        "no district code": ("--column", "住所", "--district", "武陵区"),
        "no share": ("--column", "住所", "--min-confidence", "97"),
        "codes of nowhere": ("--column", "住所", "--learn", wrong, "--learn-column", "地址"),
        "no such learning column": ("--column", "住所", "--learn", wrong, "--learn-column", "x"),
        "a second file": (wrong, "--column", "住所"),
        "no such file to learn from": ("--column", "住所", "--learn", folder / "none.csv"),
    }


@pytest.mark.parametrize(
    "case",
    [
        *("no such column", "no such district", "no district code", "no share"),
        *("codes of nowhere", "no such learning column", "no such file to learn from"),
        "a second file",
    ],
)
def test_misuse_ends_with_2_and_two_sentences(case: str, tmp_path: Path, locate: Run) -> None:
    file, out = a_file(tmp_path, "武陵区芙蓉街道"), tmp_path / "out.csv"
    result = locate(file, *misuses(tmp_path)[case], "--out", out)
    assert result.exit_code == 2, result.output
    assert "错误：" in result.stderr
    assert "Error: " in result.stderr
    assert "internal" not in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(("430702012", "甲街道", "street", "430702012"), id="its own parent"),
        pytest.param(("430702012", "甲街道", "street", "430702012001"), id="its child"),
        pytest.param(("888888001", "甲街道", "street", "888888"), id="a parent of no list"),
        pytest.param(("430702012", "甲街道", "street", "430703"), id="a parent elsewhere"),
    ],
)
def test_a_list_with_a_cycle_or_a_missing_parent_is_refused(
    row: tuple[str, str, str, str], tmp_path: Path, locate: Run
) -> None:
    file, out = a_file(tmp_path, "武陵区芙蓉街道"), tmp_path / "out.csv"
    listed = a_list(tmp_path, row, ("430702012001", "乙社区", "community", "430702012"))
    result = locate(file, "--column", "住所", "--divisions", listed, "--out", out)
    assert result.exit_code == 2, result.output
    assert "上级" in result.stderr
    assert not out.exists()


def test_the_file_itself_is_never_overwritten(tmp_path: Path, locate: Run) -> None:
    file = a_file(tmp_path, "武陵区芙蓉街道")
    before = file.read_bytes()
    assert locate(file, "--column", "住所", "--out", file).exit_code == 2
    assert locate(file, "--column", "住所", "--out", tmp_path / "out.txt").exit_code == 2
    assert file.read_bytes() == before


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=12).map(
    str.strip
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(addresses=st.lists(CELLS, min_size=1, max_size=8))
def test_no_row_vanishes_whatever_its_address(
    tmp_path: Path, locate: Run, addresses: list[str]
) -> None:
    file, out = a_file(tmp_path, *addresses), tmp_path / "out.csv"
    result = locate(file, "--column", "住所", "--district", WULING, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"] == len(addresses)
    assert [row["名称"] for row in rows_of(out)] == [f"示例{n}" for n in range(len(addresses))]


def test_an_empty_address_in_a_file_of_one_column_is_a_row(tmp_path: Path, locate: Run) -> None:
    file = tmp_path / "one.csv"
    file.write_text("住所\n武陵区芙蓉街道\n\n武陵区东江街道\n", encoding="utf-8")
    assert locate(file, "--column", "住所", "--out", tmp_path / "out.csv").exit_code == 0
    assert [row["subdistrict"] for row in rows_of(tmp_path / "out.csv")] == [
        *("芙蓉街道", "", "东江街道")
    ]


def test_blank_rows_come_out_where_they_were(tmp_path: Path, locate: Run) -> None:
    rows = [
        ["名称", "住所"],
        ["甲", "武陵区芙蓉街道"],
        [None, None],
        [None, None],
        ["乙", "武陵区东江街道"],
    ]
    text, book = tmp_path / "f.csv", openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "f.xlsx")
    lines = [",".join(cell or "" for cell in row) for row in rows]
    lines[3] = ""  # a line without so much as a comma
    text.write_text("\n".join(lines), encoding="utf-8")
    for file in (text, tmp_path / "f.xlsx"):
        out = tmp_path / "out.csv"
        told = locate(file, "--column", "住所", "--out", out, "--json")
        assert json.loads(told.stdout) == {
            "rows": 4,
            "located": 2,
            "by_method": {"subdistrict_name": 2},
        }
        found = rows_of(out)
        assert [(row["名称"], row["subdistrict"]) for row in found] == [
            *(("甲", "芙蓉街道"), ("", ""), ("", ""), ("乙", "东江街道"))
        ]
        assert found[1]["reason"].startswith("没有地址")


def test_no_two_columns_that_come_out_are_called_alike(tmp_path: Path, locate: Run) -> None:
    sent = {"住所": "武陵区芙蓉街道", "method": "甲", "method_sent": "乙", "reason": "丙"}
    out = tmp_path / "out.csv"
    assert (
        locate(write_csv(tmp_path / "f.csv", [sent]), "--column", "住所", "--out", out).exit_code
        == 0
    )
    [row] = rows_of(out)
    assert list(row) == ["住所", "method_sent_2", "method_sent", "reason_sent", *OURS]
    assert (row["method_sent_2"], row["method_sent"], row["reason_sent"]) == ("甲", "乙", "丙")
    again = tmp_path / "again.csv"
    assert locate(out, "--column", "住所", "--out", again).exit_code == 0
    with again.open(encoding="utf-8-sig", newline="") as stream:
        headers = next(csv.reader(stream))
    assert len(set(headers)) == len(headers) == 5 + 2 * len(OURS) - 1


def test_blocks_of_a_file_are_put_together_until_they_are_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = a_file(tmp_path, *(f"武陵区芙蓉街道甲路{n}号" for n in range(50)))
    monkeypatch.setattr(encodings, "BLOCK", 400)
    counts = []
    for rows, size in ((20, 1 << 20), (20, 1), (1_000, 1 << 20)):
        monkeypatch.setattr(locate_files, "BATCH", rows)
        monkeypatch.setattr(locate_files, "BATCH_BYTES", size)
        [table] = locate_files.tables(file, "住所", "--column", max_bytes=1 << 20)
        batches = list(table.batches())
        assert [row for each in batches for row in each[ROW]] == list(range(2, 52))
        assert all(each.height >= rows for each in batches[:-1]) or size == 1
        counts.append(len(batches))
    assert counts[0] == 2
    assert counts[1] > 3  # every block is as large as a batch
    assert counts[2] == 1


def test_many_rows_start_a_second_process_and_without_one_all_are_placed(
    tmp_path: Path, locate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    def refused(*_: object, **__: object) -> None:
        started.append(1)
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(locate_apart.subprocess, "Popen", refused)
    monkeypatch.setattr(locate_apart.pl, "thread_pool_size", lambda: 2)
    file = a_file(tmp_path, *(f"武陵区芙蓉街道甲路{n}号" for n in range(40)))
    for worth, times in ((1_000, 0), (30, 1)):
        monkeypatch.setattr(locate_apart, "WORTH", worth)
        out = tmp_path / "out.csv"
        result = locate(file, "--column", "住所", "--district", WULING, "--out", out)
        assert result.exit_code == 0, result.output
        assert [row["subdistrict"] for row in rows_of(out)] == ["芙蓉街道"] * 40
        assert len(started) == times
