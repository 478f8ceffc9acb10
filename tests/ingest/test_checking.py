"""A file that is checked comes back whole, with what to do behind each row, and runs nothing."""

import csv
import io
import re
import tempfile
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import TODAY, a_registration, a_uscc, write_csv
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.check import Gate
from expectations.messages import MESSAGES
from ingest import checking, give_back, parse
from ingest.checking import CheckReport
from ingest.give_back import REASON, REASON_EN, neutral
from ingest.kinds import KINDS
from ingest.parse import ROW
from ingest.refusals import LONGEST_VALUE, hushed, reasons
from liangxin.errors import Misuse, UnreadableFile
from liangxin.settings import Settings

FORMULAS = ["=cmd|' /C calc'!A0", "+1+cmd", "-2+3", "@SUM(1)", "\t=1", "＝1+1", "=5"]
HARMLESS = ["", "-5", "+5.5", "示例", "5=5", "a@b"]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(autouse=True)
def one_gate(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one costs a second, and it forgets nothing that matters."""
    monkeypatch.setattr("expectations.apart.gate", lambda *_, **__: nullcontext(gate))


def check(file: Path, out: Path | io.BytesIO | None = None, **how: Any) -> CheckReport:
    chosen = Settings(home=file.parent, district="430702", **how)
    return checking.check(file, "registrations", chosen, today=TODAY, out=out)


def a_file(folder: Path, *rows: dict[str, str]) -> Path:
    return write_csv(folder / "list.csv", rows)


def read_back(out: Path) -> list[dict[str, str | None]]:
    """The file as its sender finds it: header row, then rows."""
    [layout] = parse.look(out, max_bytes=1 << 24).tables
    frames = list(parse.batches(out, layout, size=1000))
    return [dict(row) for frame in frames for row in frame.drop(ROW, parse.MORE).to_dicts()]


GOOD, NAMELESS, CODELESS, DATELESS = (
    a_registration(1),
    a_registration(2, 企业名称=""),
    a_registration(3, 统一社会信用代码="430702000012349"),
    a_registration(4, 成立日期="示例"),
)
SUFFIXES = pytest.mark.parametrize("suffix", [".csv", ".xlsx"])


def test_a_report_counts_every_row_and_every_rule(tmp_path: Path) -> None:
    report = check(a_file(tmp_path, GOOD, NAMELESS, CODELESS, DATELESS, GOOD))
    assert (report.rows, report.accepted, report.refused, report.skipped) == (5, 2, 2, 1)
    assert report.rules == {"name_is_present": 1, "uscc_is_not_a_registration_number": 1}
    assert report.warnings == {"established_on_is_a_date": 1}


def test_checking_writes_nothing_that_was_not_asked_for(tmp_path: Path) -> None:
    check(a_file(tmp_path, GOOD, NAMELESS))
    assert [file.name for file in tmp_path.iterdir()] == ["list.csv"]


def test_a_workbook_for_a_stream_is_the_same_and_lies_on_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, out, stream = a_file(tmp_path, GOOD, NAMELESS), tmp_path / "back.xlsx", io.BytesIO()
    check(file, out)

    def none(*_: object, **__: object) -> None:
        pytest.fail("a staff list would lie on the disk")

    with monkeypatch.context() as forbidden:
        for name in ("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile"):
            forbidden.setattr(tempfile, name, none)
        check(file, stream)
    kept = tmp_path / "stream.xlsx"
    kept.write_bytes(stream.getvalue())
    assert read_back(kept) == read_back(out)


@SUFFIXES
def test_every_row_comes_back_as_sent_with_what_to_do_behind_it(
    suffix: str, tmp_path: Path
) -> None:
    rows = [GOOD, NAMELESS, CODELESS, DATELESS]
    out = tmp_path / f"back{suffix}"
    check(a_file(tmp_path, *rows), out, batch_rows=2)
    back = read_back(out)
    assert [{k: v or "" for k, v in row.items() if k in GOOD} for row in back] == rows
    assert list(back[0]) == [*GOOD, REASON, REASON_EN]
    said = [(row[REASON], row[REASON_EN]) for row in back]
    assert said[0] == (None, None)
    assert said[1] == (
        "A3：没有名称。请在“企业名称”列补填。",
        "A3: there is no name; fill it in under 企业名称.",
    )
    assert "“430702000012349”是旧的注册号" in str(said[2][0])
    assert "430702000012349 is an old registration number" in str(said[2][1])
    assert "“示例”不是日期" in str(said[3][0])  # a warning is told too


@SUFFIXES
def test_all_reasons_of_a_row_are_told_in_one_cell(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"back{suffix}"
    check(
        a_file(tmp_path, a_registration(1, 企业名称="", 统一社会信用代码="", 成立日期="示例")), out
    )
    [row] = read_back(out)
    assert [str(row[REASON]).count(f"{cell}2：") for cell in "ABD"] == [1, 1, 1]
    assert [str(row[REASON_EN]).count(f"{cell}2: ") for cell in "ABD"] == [1, 1, 1]


@SUFFIXES
def test_a_file_without_a_fault_comes_back_without_a_reason(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"back{suffix}"
    check(a_file(tmp_path, GOOD), out)
    assert [(row[REASON], row[REASON_EN]) for row in read_back(out)] == [(None, None)]


@SUFFIXES
def test_a_file_that_came_back_may_be_mended_and_checked_again(suffix: str, tmp_path: Path) -> None:
    out, again = tmp_path / f"back{suffix}", tmp_path / f"again{suffix}"
    check(a_file(tmp_path, GOOD, NAMELESS, CODELESS), out)
    assert check(out, again).refused == 2
    assert read_back(again) == read_back(out)


def test_a_csv_opens_in_a_spreadsheet_as_what_it_is(tmp_path: Path) -> None:
    """Without the mark at its start Excel takes Chinese UTF-8 for something else."""
    out = tmp_path / "back.csv"
    check(a_file(tmp_path, GOOD), out)
    assert out.read_bytes().startswith("\ufeff企业名称,".encode())


def test_a_workbook_marks_the_cells_the_reasons_are_about(tmp_path: Path) -> None:
    out = tmp_path / "back.xlsx"
    shifted = a_registration(5)
    check(a_file(tmp_path, GOOD, NAMELESS, CODELESS, DATELESS, shifted), out)
    assert marked_cells(out) == {"A3", "B4", "D5"}


def test_the_right_cells_are_marked_in_a_file_that_came_back(tmp_path: Path) -> None:
    """Our two columns may stand anywhere by then."""
    row = {REASON: "旧的", **CODELESS, REASON_EN: "old"}
    out = tmp_path / "back.xlsx"
    check(a_file(tmp_path, row), out)
    assert marked_cells(out) == {"B2"}


def marked_cells(workbook: Path) -> set[str]:
    """Cells of the first sheet that are painted as bad."""
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
    fills = re.findall(r"<fill>.*?</fill>", styles)
    painted = {n for n, fill in enumerate(fills) if "FFFFD9D9" in fill}
    formats = re.findall(r"<xf [^>]*?fillId=\"(\d+)\"[^>]*", styles.partition("<cellXfs")[2])
    bad = {str(n) for n, fill in enumerate(formats) if int(fill) in painted}
    assert bad
    return {
        cell for cell, style in re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', sheet) if style in bad
    }


# Formulas.


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_becomes_text(cell: str) -> None:
    assert neutral(cell) == "'" + cell


@pytest.mark.parametrize("cell", HARMLESS)
def test_what_is_no_formula_is_left_alone(cell: str) -> None:
    assert neutral(cell) == cell


def test_no_cell_of_a_csv_is_run_as_a_formula(tmp_path: Path) -> None:
    row = {**GOOD, **{f"列{n}": cell for n, cell in enumerate(FORMULAS)}, "=1+1": "x"}
    out = tmp_path / "back.csv"
    check(a_file(tmp_path, row, {**row, "企业名称": "=A1"}), out)
    with out.open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for record in csv.reader(stream) for cell in record]
    assert "'=1+1" in cells
    assert "'=A1" in cells
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]


def test_a_workbook_holds_text_only_as_it_was_sent(tmp_path: Path) -> None:
    row = {
        **GOOD,
        **{f"列{n}": cell for n, cell in enumerate(FORMULAS)},
        "=1+1": "http://x.example",
    }
    out = tmp_path / "back.xlsx"
    check(a_file(tmp_path, row), out)
    [back] = read_back(out)
    assert {name: back[name] for name in row} == row
    with zipfile.ZipFile(out) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert b"<f>" not in whole
    assert b"hyperlink" not in whole


class OneCell:
    """A table with one cell."""

    layout = parse.Layout("csv", ("列",))

    def __init__(self, cell: str) -> None:
        self.cell = cell

    def grid(self) -> list[tuple[int, list[str]]]:
        return [(1, ["列"]), (2, [self.cell])]


@settings(max_examples=25)
@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffe\uffff"),
        min_size=1,
        max_size=9,
    )
)
@example("_x0041_")
@example(" \x01\r\r\n")
@example("<&>\"'")
def test_any_text_survives_in_a_workbook(cell: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "back.xlsx"
        give_back.write(out, [OneCell(cell)], [give_back.Said()])  # type: ignore[list-item]
        [back] = read_back(out)
    assert back["列"] == cell


# What cannot be.


@pytest.mark.parametrize("name", ["back", "back.xls", "back.txt", "back.csv.gz"])
def test_the_answer_is_a_csv_or_a_workbook(name: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"\.csv or \.xlsx"):
        check(a_file(tmp_path, GOOD), tmp_path / name)


def test_the_checked_file_is_not_overwritten(tmp_path: Path) -> None:
    file = a_file(tmp_path, GOOD, NAMELESS)
    before = file.read_bytes()
    with pytest.raises(Misuse, match=r"must not overwrite .* list\.csv"):
        check(file, tmp_path / "." / "list.csv")
    assert file.read_bytes() == before


@SUFFIXES
def test_a_folder_that_is_not_there_is_told(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="No such file or directory"):
        check(a_file(tmp_path, GOOD), tmp_path / "nowhere" / f"back{suffix}")


def test_more_rows_than_a_sheet_has_are_not_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(give_back, "SHEET_ROWS", 3)
    out = tmp_path / "back.xlsx"
    check(a_file(tmp_path, GOOD, NAMELESS), out)
    out.unlink()
    with pytest.raises(Misuse, match="cannot hold 4 rows"):
        check(a_file(tmp_path, GOOD, NAMELESS, CODELESS), out)
    assert not out.exists()


def test_a_file_of_headers_only_is_told(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(",".join(GOOD) + "\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="no rows"):
        check(file, tmp_path / "back.xlsx")


# Reasons.


def test_a_value_is_told_as_text_whatever_is_in_it() -> None:
    sent = pl.DataFrame({ROW: [2], "代码": ["{value}{column}$1\\0" + "长" * 999]})
    broken = pl.DataFrame({"file_row": [2], "rule": ["uscc_has_eighteen_characters"]}).with_columns(
        pl.col("file_row").cast(pl.UInt32)
    )
    [told] = reasons(sent, broken, {"uscc": "代码"}).to_dicts()
    assert told["value"] == sent["代码"].item()[:LONGEST_VALUE]
    assert told["message"].startswith("“{value}{column}$1\\0长")
    assert told["message"].endswith("长”不是 18 位。请核对执照上的统一社会信用代码。")


def test_a_header_is_told_as_text_whatever_is_in_it() -> None:
    header = "名称{value}"
    sent = pl.DataFrame({ROW: [2], header: [None]}, schema={ROW: pl.UInt32, header: pl.String})
    broken = pl.DataFrame({"file_row": [2], "rule": ["name_is_present"]}).with_columns(
        pl.col("file_row").cast(pl.UInt32)
    )
    [told] = reasons(sent, broken, {"name": header}).to_dicts()
    assert told["message"] == "没有名称。请在“名称{value}”列补填。"


def test_every_rule_can_be_told_of_a_field_the_file_lacks() -> None:
    broken = pl.DataFrame({"file_row": [2] * len(MESSAGES), "rule": list(MESSAGES)}).with_columns(
        pl.col("file_row").cast(pl.UInt32)
    )
    told = reasons(pl.DataFrame({ROW: [2]}), broken, {})
    assert told.height == len(MESSAGES)
    assert told.select("message", "message_en", "owner", "value").null_count().row(0) == (0,) * 4


# Property.

CELLS = {
    "企业名称": st.sampled_from(["", "示例有限公司", "=A1"]),
    "统一社会信用代码": st.sampled_from([a_uscc(1), a_uscc(2), "", "91", "430702000012349"]),
    "成立日期": st.sampled_from(["2019-03-15", "示例", "2099-01-01", ""]),
    "注册资本": st.sampled_from(["50(万)", "50", ""]),
    "登记状态": st.sampled_from(["存续", "搬走了", ""]),
}


@settings(max_examples=8)
@given(
    rows=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=8).filter(
        lambda rows: any(any(row.values()) for row in rows)
    ),
    size=st.integers(1, 8),
)
def test_every_row_is_accepted_refused_or_skipped(
    rows: list[dict[str, str]], size: int, tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    out = folder / "back.csv"
    report = check(a_file(folder, *rows), out, batch_rows=size)
    filled = [row for row in rows if any(row.values())]
    assert report.rows == len(filled)
    assert report.rows == report.accepted + report.refused + report.skipped
    assert report.refused <= sum(report.rules.values())
    back = read_back(out)
    assert len(back) == len(filled)
    assert sum(row[REASON] is None for row in back) <= report.accepted + report.skipped
    taken = {row["统一社会信用代码"] for row in filled if row["企业名称"]} & {a_uscc(1), a_uscc(2)}
    assert report.accepted == len(taken)


@pytest.mark.parametrize("value", ["13000000000", "199999190305050017"])
def test_a_number_of_a_person_is_not_told_under_any_header(value: str) -> None:
    """Its column was swapped with one that everybody may see."""
    rows = {ROW: [2], "达标": [value], parse.MORE: [None]}
    batch = pl.DataFrame(rows, schema_overrides={parse.MORE: pl.String})
    broken = pl.DataFrame({"file_row": [2], "rule": ["standard_met_is_answered_yes_or_no"]})
    told = reasons(batch, broken.cast({"file_row": pl.UInt32}), {"standard_met": "达标"})
    [said] = hushed(told, KINDS["ledger"].secret).to_dicts()
    assert value in told["message"].item()
    assert value not in "".join(str(cell) for cell in said.values())
