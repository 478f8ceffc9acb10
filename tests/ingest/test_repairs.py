"""Known mistakes of a publisher are put right cell by cell, and every one is counted and told."""

from pathlib import Path

import polars as pl
import pytest
from factories import a_registration, write_csv
from loads import DISTRICT, NAME, Desk, rows

from ingest import delivery, sources
from ingest.repairs import Repairs
from ingest.sources import Repair
from liangxin.errors import UnreadableFile
from liangxin.schema import Organisation

WRONG_CODE = Repair(
    column="行政区划",
    wrong="430700",
    right="430702",
    reason="市局导出一律写市级代码，2022 年 3 月核实",
)


def test_a_repair_replaces_a_whole_cell_in_one_column_and_counts() -> None:
    batch = pl.DataFrame({"a": ["x", "xx", None, "x"], "b": ["x", "y", "x", ""]})
    repairs = Repairs([Repair(column="a", wrong="x", right="y", reason="r")])
    repaired = repairs.apply(batch, {})
    repairs.apply(batch, {})
    assert repaired.rows() == [("y", "x"), ("xx", "y"), (None, "x"), ("y", "")]
    assert repairs.applied == {0: 4}
    assert "4 cells" in repairs.told()[0].en


def test_no_repair_repairs_the_work_of_another() -> None:
    swap = Repairs(
        [
            Repair(column="a", wrong="x", right="y", reason="r"),
            Repair(column="a", wrong="y", right="x", reason="r"),
        ]
    )
    assert swap.apply(pl.DataFrame({"a": ["x", "y"]}), {})["a"].to_list() == ["y", "x"]


def test_a_repair_may_name_our_field() -> None:
    repairs = Repairs([Repair(column="district_code", wrong="1", right="2", reason="r")])
    assert repairs.apply(pl.DataFrame({"区划": ["1"]}), {"district_code": "区划"}).item() == "2"
    assert repairs.apply(pl.DataFrame({"别的": ["1"]}), {}).item() == "1"


def test_a_run_tells_what_it_repaired_in_its_report_and_on_its_page(desk: Desk) -> None:
    source = desk.source(repairs=(WRONG_CODE,))
    report = desk.load(
        [a_registration(1, **{DISTRICT: "430700"}), a_registration(2)], source=source
    )
    [notice] = report.notices
    assert "修正 1 个单元格" in notice["zh"]
    assert "2022 年 3 月核实" in notice["en"]
    assert "修正 1 个单元格" in Path(report.page).read_text(encoding="utf-8")
    assert {row["district_code"] for row in rows(desk.engine, Organisation)} == {"430702"}


def test_what_the_source_file_names_and_the_delivery_lacks_is_told(sqlite_desk: Desk) -> None:
    source = sqlite_desk.source(
        columns={"capital": ["注册资金"], "name": [NAME]},
        repairs=(WRONG_CODE.model_copy(update={"column": "没有的列"}),),
    )
    report = sqlite_desk.load([a_registration(1)], source=source)
    assert len(report.notices) == 2
    said = str(report.notices)
    assert "columns.capital" in said
    assert "market_regulator.toml" in said
    assert "repairs.1" in said
    assert "columns.name" not in said


@pytest.mark.parametrize(("wanted", "taken"), [("csv", True), ("any", True), ("xlsx", False)])
def test_a_delivery_of_another_format_is_stopped_with_a_sentence(
    sqlite_desk: Desk, wanted: str, taken: bool
) -> None:
    source = sources.load("market_regulator", sqlite_desk.settings)
    source = source.model_copy(update={"format": wanted})
    file = write_csv(sqlite_desk.folder / "登记.csv", [a_registration(1)])
    if taken:
        assert delivery.of_file(file, source, sqlite_desk.settings).parts
        return
    with pytest.raises(UnreadableFile, match=r"登记\.csv is csv, but .* are xlsx") as caught:
        delivery.of_file(file, source, sqlite_desk.settings)
    assert "没有写入任何内容" in caught.value.zh
