"""The whole flow once: a publisher's pages become organisations, people's facts make a rate."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from factories import NOW, a_uscc
from servers import Site, as_html, as_json, site
from typer.testing import CliRunner

from dashboard.cli import app
from liangxin import db, migrate, register
from liangxin.settings import Settings

API = """
title = "演示接口"
publisher = "市场监督管理局"
rhythm = "monthly"

[address]
kind = "json_api"
start = "{url}/firms?page=1"
items = "data.rows"
total = "data.total"
page_parameter = "page"
"""
PORTAL = """
title = "演示门户"
publisher = "民政局"
kind = "social"
rhythm = "monthly"

[address]
kind = "html_list"
start = "{url}/list"
table = "table"
encoding = "gb18030"
"""


def firm(n: int, town: str) -> dict[str, str]:
    return {
        "ENTNAME": f"常德市沅棹第{n}商贸有限公司",
        "UNISCID": a_uscc(n),
        "ENTTYPE_CN": "有限责任公司(自然人独资)",
        "REGSTATE_CN": "存续",
        "DOM": f"湖南省常德市武陵区{town}沅汀路{n}号",
    }


def call(*arguments: str) -> dict:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def sources(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    monkeypatch.setenv("LIANGXIN_HOME", str(settings.home))
    monkeypatch.setenv("LIANGXIN_SOURCES", str(folder))
    if settings.database_url:
        monkeypatch.setenv("LIANGXIN_DATABASE_URL", settings.database_url)
    return folder


def publish(publisher: Site, sources: Path) -> None:
    firms = [firm(1, "启明街道"), firm(2, "启明街道"), firm(3, "府坪街道")]
    publisher.says("/firms?page=1", as_json({"data": {"total": 3, "rows": firms[:2]}}))
    publisher.says("/firms?page=2", as_json({"data": {"total": 3, "rows": firms[2:]}}))
    row = (
        f"<td>武陵区沅棹商会</td><td>{a_uscc(9, prefix='51')}</td><td>武陵区府坪街道棹歌巷9号</td>"
    )
    publisher.says(
        "/list",
        as_html(
            "<table><tr><th>社会组织名称</th><th>统一社会信用代码</th><th>住所</th></tr>"
            f"<tr>{row}</tr></table>",
            encoding="gb18030",
        ),
    )
    (sources / "demo_api.toml").write_text(API.format(url=publisher.url), encoding="utf-8")
    (sources / "demo_portal.toml").write_text(PORTAL.format(url=publisher.url), encoding="utf-8")


def test_a_portal_and_an_interface_become_a_rate_on_a_day(
    settings: Settings, sources: Path
) -> None:
    with site() as publisher:
        publish(publisher, sources)
        runs = call("sync", "--as-of", "2022-03-31", "--district", "430702")
    assert [(run["source"], run["new"], run["located"]) for run in runs] == [
        ("demo_api", 3, 3),
        ("demo_portal", 1, 1),
    ]
    engine = migrate.open_register(settings, now=NOW)
    with db.writing(engine) as connection:
        people_found_out(connection)
    engine.dispose()
    before = call("coverage", "--as-of", "2022-06-30")
    after = call("coverage", "--as-of", "2022-07-01")
    assert (before["total"]["numerator"], before["total"]["denominator"]) == (0, 3)
    assert [(row["name"], row["numerator"], row["denominator"]) for row in after["rows"]] == [
        ("启明街道", 1, 1),
        ("府坪街道", 1, 2),
    ]


def people_found_out(connection) -> None:
    """Firm 1, firm 3 and the chamber operate; firm 2 is a shell; a joint branch takes in two."""
    codes = [a_uscc(1), a_uscc(2), a_uscc(3), a_uscc(9, prefix="51")]
    register.record_screenings(
        connection,
        pl.DataFrame(
            {
                "uscc": codes,
                "state": ["operating", "shell", "operating", "operating"],
                "evidence": ["走访"] * 4,
                "decided_by": ["街道经济办"] * 4,
                "from_on": [date(2022, 3, 31)] * 4,
            }
        ),
        now=NOW,
    )
    branch = register.record_party_organisations(
        connection,
        pl.DataFrame(
            {
                "key": ["a"],
                "name": ["启明街道第一联合党支部"],
                "level": ["joint_branch"],
                "subdistrict_code": ["430702001"],
                "from_on": [date(2022, 7, 1)],
            }
        ),
        now=NOW,
    )
    register.record_coverings(
        connection,
        pl.DataFrame(
            {
                "uscc": [codes[0], codes[2]],
                "party_organisation_id": [branch["party_organisation_id"][0]] * 2,
                "mode": ["joint"] * 2,
                "from_on": [date(2022, 7, 1)] * 2,
            }
        ),
        now=NOW,
    )
