"""Bulletins: frozen under a number, made again the same, opened as a workbook and as a document."""

import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from factories import NORTH, NOW, SOUTH, a_uscc, an_operating
from lxml import etree
from openpyxl import load_workbook
from pages import DISTRICT, MARCH, SEPTEMBER, insert_district
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, insert
from typer.testing import CliRunner, Result

from dashboard.cli import app
from dashboard.reports import bulletin_cli, bulletin_docx, bulletin_xlsx
from liangxin import access, bulletins, db, rules
from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.schema import Covering, Division
from liangxin.settings import Settings

RULES = rules.load()


@pytest.fixture
def district_engine(engine: Engine) -> Engine:
    with db.writing(engine) as connection:
        insert_district(connection)
    return engine


def make(
    engine: Engine,
    kind: str = "half-year",
    actor: Actor = access.LOCAL,
    as_of: date = SEPTEMBER,
) -> dict[str, Any]:
    with db.writing(engine) as connection:
        return bulletins.make(
            connection, actor, RULES, kind, as_of=as_of, district=DISTRICT, now=NOW
        )


def sheets(content: dict[str, Any]) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(bulletin_xlsx.workbook(content)))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def texts(content: dict[str, Any]) -> str:
    document = Document(io.BytesIO(bulletin_docx.document(content)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def test_a_bulletin_tells_the_rate_its_parts_and_what_moved_it(district_engine: Engine) -> None:
    content = make(district_engine)
    rate = content["rates"]["R1"]
    assert (content["from"], content["as_of"]) == (MARCH.isoformat(), SEPTEMBER.isoformat())
    assert (rate["before"]["total"]["numerator"], rate["now"]["total"]["numerator"]) == (56, 77)
    said = texts(content)
    assert "组织覆盖率（R1）为77.0%（77/100），期初为56.0%" in said
    assert "由未覆盖变为覆盖21家，影响+21.0个百分点。底数没有变化（100）" in said
    assert "示例区两新组织党建工作半年通报" in said
    assert content["id"] in said
    assert "各街道（镇、乡）两新组织综合党委：" in said
    assert said.index("特此通报。") < said.index("（印发单位盖章）")
    assert "各社区（村）党组织：" in texts({**content, "scope": "999999001"})
    first = sheets(content)["R1 组织覆盖率"]
    total = next(row for row in first if row[0] == "合计")
    assert total[1:6] == [56, 100, 0.56, 77, 100]
    assert total[7] == pytest.approx(21)


def test_the_same_figures_have_the_same_number_and_later_ones_another(
    district_engine: Engine,
) -> None:
    first = make(district_engine)
    assert make(district_engine) == first
    with db.writing(district_engine) as connection:
        connection.execute(
            insert(Covering).values(
                organisation_id=90,
                party_organisation_id=1,
                mode="joint",
                from_on=date(2022, 7, 1),
                learned_at=NOW,
            )
        )
    second = make(district_engine)
    assert second["id"] != first["id"]
    assert second["rates"]["R1"]["now"]["total"]["numerator"] == 78
    with db.reading(district_engine) as connection:
        assert bulletins.find(connection, access.LOCAL, first["id"]) == first
        assert len(bulletins.listed(connection, access.LOCAL)) == 2
    assert bulletin_xlsx.workbook(first) == bulletin_xlsx.workbook(json.loads(json.dumps(first)))


def test_official_tables_are_in_half_year_and_annual_ones(district_engine: Engine) -> None:
    annual, monthly = make(district_engine, "annual"), make(district_engine, "monthly")
    assert "annual" not in monthly
    assert monthly["from"] == "2022-08-31"
    assert annual["from"] == "2021-09-30"
    found = sheets(annual)
    table = found["年报 enterprises"]
    units = next(row for row in table if row[1] == "单位数")
    assert units[2] == 100
    assert "期初" in texts(annual)


def test_nobody_is_told_one_member_from_two(sqlite_engine: Engine) -> None:
    told = []
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
        firm = an_operating(
            connection, uscc=a_uscc(500), full_members=1, members=1, subdistrict_code=NORTH
        )
    told.append(make(sqlite_engine, "annual", Actor("x", Role.COMMITTEE)))
    with db.writing(sqlite_engine) as connection:
        connection.exec_driver_sql(
            f"UPDATE headcount SET full_members = 2, members = 2 WHERE organisation_id = {firm}"
        )
    told.append(make(sqlite_engine, "annual", Actor("x", Role.COMMITTEE)))
    one, two = ({k: v for k, v in each.items() if k != "id"} for each in told)
    assert one == two


def test_a_name_that_a_spreadsheet_would_run_is_written_and_not_run(
    sqlite_engine: Engine,
) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
        connection.execute(
            Division.__table__.update().where(Division.code == SOUTH).values(name="=cmd|'/c'!A1")
        )
    content = make(sqlite_engine)
    names = [row[0] for row in sheets(content)["R1 组织覆盖率"]]
    assert "'=cmd|'/c'!A1" in names
    with ZipFile(io.BytesIO(bulletin_xlsx.workbook(content))) as package:
        assert not any(b"<f>=cmd" in package.read(name) for name in package.namelist())


def test_a_head_stands_on_every_page_and_no_data_where_its_number_would(
    sqlite_engine: Engine,
) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
    content = make(sqlite_engine)
    [table] = Document(io.BytesIO(bulletin_docx.document(content))).tables
    repeated = [row._tr.xpath("./w:trPr/w:tblHeader") for row in table.rows]
    assert [bool(each) for each in repeated] == [True, *[False] * (len(table.rows) - 1)]
    book = load_workbook(io.BytesIO(bulletin_xlsx.workbook(content)))
    missing = [c for row in book["R1 组织覆盖率"].iter_rows() for c in row if c.value == "无数据"]
    assert missing
    assert {cell.alignment.horizontal for cell in missing} == {"right"}


def test_the_chart_is_one_a_word_processor_draws(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
    content = make(sqlite_engine)
    with ZipFile(io.BytesIO(bulletin_docx.document(content))) as package:
        chart = etree.fromstring(package.read("word/charts/chart1.xml"))
        types = package.read("[Content_Types].xml").decode()
        relations = package.read("word/_rels/document.xml.rels").decode()
    assert "charts/chart1.xml" in types
    assert "charts/chart1.xml" in relations
    space = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    values = [float(v.text or "") for v in chart.iterfind(f".//{space}val//{space}v")]
    shares = [row["share"] for row in content["rates"]["R1"]["now"]["rows"] if row["denominator"]]
    assert values[-len(shares) :] == shares


def test_what_is_asked_wrongly_is_said(sqlite_engine: Engine) -> None:
    with pytest.raises(Misuse, match="登记库为空"):
        make(sqlite_engine)
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
    with pytest.raises(Misuse, match="没有通报“weekly”"):
        make(sqlite_engine, "weekly")
    with pytest.raises(NotPermitted):
        make(sqlite_engine, actor=Actor("x", Role.AUDITOR))
    made = make(sqlite_engine)
    with db.reading(sqlite_engine) as connection:
        with pytest.raises(NotFound):
            bulletins.find(connection, access.LOCAL, "0" * 16)
        north = Actor("x", Role.COMMITTEE, frozenset({NORTH}))
        with pytest.raises(NotFound):
            bulletins.find(connection, north, made["id"])
        assert bulletins.listed(connection, north) == []


@pytest.fixture
def command(
    sqlite_settings: Settings, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])


def test_the_commands_write_and_write_again(command: Callable[..., Result], tmp_path: Path) -> None:
    out = tmp_path / "通报.xlsx"
    made = command("report", "half-year", "--as-of", "2022-09-30", "--out", out, "--json")
    said = json.loads(made.stdout)
    assert said == {"id": said["id"], "file": str(out)}
    again = tmp_path / "again.xlsx"
    assert command("report", "again", said["id"], "--out", again).exit_code == 0
    assert again.read_bytes() == out.read_bytes()
    assert said["id"] in command("report", "list").stdout
    document = tmp_path / "通报.docx"
    assert command("report", "again", said["id"], "--out", document).exit_code == 0
    assert Document(str(document)).paragraphs


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("report", "monthly", "--out", "x.pdf"), ".xlsx 或 .docx"),
        (("report", "monthly", "--out", "/nowhere/at/all/x.xlsx"), "无法写入"),
        (("report", "again", "f" * 16, "--out", "x.xlsx"), "没有编号为"),
        (("report", "annual", "--as-of", "2999-01-01", "--out", "x.xlsx"), "还没有到"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(
    command: Callable[..., Result], arguments: tuple[str, ...], sentence: str
) -> None:
    result = command(*arguments)
    assert (result.exit_code, sentence in result.stderr) == (2, True)


def test_commands_and_bulletins_know_the_same_kinds() -> None:
    assert tuple(bulletins.KINDS) == bulletin_cli.KINDS
