"""Pages of files handed in: who may, what comes, what is refused, and in which words."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from factories import NORTH, SOUTH, a_uscc
from flask.testing import FlaskClient
from pages import serving, shown
from people import a_number, a_staff_row
from signed import let_in
from sqlalchemy import delete, select, update

from dashboard import auth
from dashboard.app import create_app
from dashboard.files import ROSTER, UPLOAD, room, templates
from dashboard.site import Site
from ingest import headers
from liangxin import db, handed
from liangxin.access import Actor, Role
from liangxin.errors import UnreadableFile
from liangxin.handed import Offered, files, offered
from liangxin.handed.offered import KINDS, announce
from liangxin.handed.views import job_of
from liangxin.schema import AccountSession, HandedIn, Job

OFFICE = Actor("north", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
SOURCES = [
    Offered("office_register", "名单", "经济办", "registrations", "economic_office", False),
    Offered("screening_results", "摸排", "经济办", "screening", "economic_office", False),
    Offered("market_regulator", "登记", "市监", "registrations", "district_office", True),
]
ADDRESS = f"{UPLOAD}?source=office_register&name=a.csv"
BODY = "企业名称,统一社会信用代码\n甲,乙\n".encode()


@pytest.fixture
def site(district: Site) -> Site:
    """The district, with what a worker would have told of its sources."""
    with db.writing(district.engine) as connection:
        announce(connection, SOURCES)
    return district


@pytest.fixture
def client(site: Site) -> Iterator[FlaskClient]:
    app = create_app(site.settings, site.engine, clock=site.clock)
    with app.server.test_client() as client:
        let_in(client, site, Role.ECONOMIC_OFFICE, NORTH, name="north")
        yield client


def sent(client: FlaskClient, address: str = ADDRESS, body: bytes = BODY, **how: Any) -> Any:
    return client.post(address, data=body, content_type="application/octet-stream", **how)


def said(response: Any) -> str:
    return str(response.get_json()["error"])


def listed(site: Site) -> list[tuple[str, str, str]]:
    with db.reading(site.engine) as connection:
        query = select(HandedIn.file_name, HandedIn.by, HandedIn.scope)
        return [tuple(row) for row in connection.execute(query)]


def kept(site: Site) -> list[Path]:
    return [each for each in (site.settings.home / "handed").rglob("*") if each.is_file()]


def test_a_file_is_kept_entered_and_queued(client: FlaskClient, site: Site) -> None:
    response = sent(client)
    assert response.get_json() == {"at": "/files/1"}
    assert listed(site) == [("a.csv", "north", NORTH)]
    [file] = kept(site)
    assert file.read_bytes() == BODY
    with db.reading(site.engine) as connection:
        assert connection.execute(select(Job.source, Job.state)).all() == [(job_of(1), "waiting")]


@pytest.mark.parametrize("role", [Role.COMMITTEE, Role.COMMUNITY, Role.LEADER, Role.AUDITOR])
def test_who_hands_in_no_file_is_refused(site: Site, role: Role) -> None:
    app = create_app(site.settings, site.engine, clock=site.clock)
    with app.server.test_client() as other:
        scope = {Role.COMMITTEE: [NORTH], Role.COMMUNITY: [f"{NORTH}001"]}.get(role, [])
        let_in(other, site, role, *scope)
        response = sent(other)
    assert response.status_code == 403
    assert "没有此项权限" in said(response)
    assert (listed(site), kept(site)) == ([], [])


def test_a_session_that_ended_leaves_nothing(client: FlaskClient, site: Site) -> None:
    with db.writing(site.engine) as connection:
        connection.execute(delete(AccountSession))
    response = sent(client)
    assert response.status_code == 401
    assert (listed(site), kept(site)) == ([], [])


def test_another_site_sends_nothing_in_a_clerks_name(client: FlaskClient, site: Site) -> None:
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert sent(client, headers=header).status_code == 403
    assert listed(site) == []


@pytest.mark.parametrize(
    ("address", "body", "words"),
    [
        (f"{UPLOAD}?source=market_regulator&name=a.csv", BODY, "不能送这类文件"),
        (f"{UPLOAD}?source=nobody&name=a.csv", BODY, "不能送这类文件"),
        (f"{UPLOAD}?name=a.csv", BODY, "不能送这类文件"),
        (f"{UPLOAD}?source=office_register&name=a.exe", BODY, "不是表格文件"),
        (f"{UPLOAD}?source=office_register", BODY, "不是表格文件"),
        (ADDRESS, b"", "空的"),
        (f"{ADDRESS}&as_of=2022-13-01", BODY, "2022-13-01"),
        (f"{ADDRESS}&as_of=2999-01-01", BODY, "不能晚于今天"),
        (f"{ADDRESS}&instead_of=7", BODY, "没有编号 7"),
        (f"{ADDRESS}&instead_of=-7", BODY, "请求有误"),
    ],
)
def test_what_cannot_be_taken_gets_a_sentence_and_leaves_nothing(
    client: FlaskClient, site: Site, address: str, body: bytes, words: str
) -> None:
    response = sent(client, address, body)
    assert 400 <= response.status_code < 500
    assert words in said(response)
    assert (listed(site), kept(site)) == ([], [])


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("../../../etc/passwd.csv", "passwd.csv"),
        ("C:\\temp\\名单.xlsx", "名单.xlsx"),
        ("..", "file"),
        (".csv", "csv"),
        ("a\x00b\u202e.csv", "a_b_.csv"),
        ("<img src=x>.csv", "_img src_x_.csv"),
        ("长" * 300 + ".csv", "长" * 76 + ".csv"),
    ],
)
def test_a_name_leads_nowhere_and_steers_nothing(name: str, shown_as: str) -> None:
    assert files.safe_name(name) == shown_as


def test_a_file_that_is_too_large_is_refused_whole(site: Site) -> None:
    with pytest.raises(UnreadableFile, match="超过"):
        files.receive(site.settings, "a.csv", [b"1234"] * 3, most=10)
    assert kept(site) == []


def test_a_connection_that_breaks_off_leaves_nothing(site: Site) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"1234"
        raise ConnectionResetError(104, "reset")

    with pytest.raises(Exception, match="没有收下"):
        files.receive(site.settings, "a.csv", breaks(), most=10)
    assert kept(site) == []


def test_a_database_that_is_away_is_said(client: FlaskClient, site: Site) -> None:
    (site.settings.home / "register.db").write_bytes(b"no database at all, but long enough" * 99)
    site.engine.dispose()
    response = sent(client)
    assert response.status_code in {401, 503}
    assert said(response)
    assert kept(site) == []


def test_the_page_says_that_no_worker_runs(client: FlaskClient) -> None:
    sent(client)
    for path in ("/files", "/files/1"):
        page = shown(client, path)
        assert "后台程序没有运行" in page
        assert "liangxin worker" in page


def test_an_office_sees_its_own_files_and_no_other(client: FlaskClient, site: Site) -> None:
    sent(client)
    assert "a.csv" in shown(client, "/files")
    app = create_app(site.settings, site.engine, clock=site.clock)
    with app.server.test_client() as neighbour:
        let_in(neighbour, site, Role.ECONOMIC_OFFICE, SOUTH)
        assert "a.csv" not in shown(neighbour, "/files")
        assert "没有编号 1" in shown(neighbour, "/files/1")
        for path in ("returned.xlsx", "changes.csv"):
            assert neighbour.get(f"/files/1/{path}").status_code == 404


def test_a_committee_is_offered_staff_lists_alone(site: Site, monkeypatch: Any) -> None:
    app = create_app(site.settings, site.engine, clock=site.clock)
    with app.server.test_client() as client:
        monkeypatch.setattr(auth, "LOCAL", Actor("c", Role.COMMITTEE, frozenset({NORTH})))
        page = shown(client, "/files")
    assert "企业花名册" in page
    assert UPLOAD not in page


# The buttons.


def press(client: FlaskClient, act: str, number: object = 1, **more: Any) -> Any:
    """Post what a browser would when a button is pressed."""
    output = OUTPUT
    given = {"values": [], "ids": [], "grids": []} | more
    at = {"type": "files-act", "act": act}
    question = {
        "output": output,
        "outputs": [
            {"id": "files-body", "property": output.split("...")[0][2:].partition(".")[2]},
            {"id": "files-tick", "property": output.split("...")[1].partition(".")[2]},
            {"id": "files-said", "property": f"children{SHARED}"},
            {"id": "files-tick", "property": "n_intervals"},
        ],
        "inputs": [[{"id": at, "property": "n_clicks", "value": 1}]],
        "changedPropIds": [f"{json.dumps(at, separators=(',', ':'), sort_keys=True)}.n_clicks"],
        "state": [
            {"id": "files-number", "property": "data", "value": number},
            [{"id": {}, "property": "value", "value": each} for each in given["values"]],
            [{"id": {}, "property": "id", "value": each} for each in given["ids"]],
            [{"id": {}, "property": "rowData", "value": each} for each in given["grids"]],
        ],
    }
    return client.post("/_dash-update-component", json=question)


SHARED = "@fc6dbfba1b48c73ffaac2330f06627b4a274af66ee0792725e6bc021a71d83a6"
OUTPUT = (
    f"..files-body.children{SHARED}...files-tick.disabled{SHARED}...files-said.children{SHARED}"
    "...files-tick.n_intervals.."
)


def test_a_file_is_withdrawn_by_its_button(client: FlaskClient, site: Site) -> None:
    sent(client)
    response = press(client, "withdraw")
    assert "已撤回" in json.dumps(response.get_json(), ensure_ascii=False)
    assert kept(site) == []


@pytest.mark.parametrize("act", ["commit", "withdraw", "undo", "columns", "correct", "fly", ""])
def test_another_offices_file_is_not_there_for_any_button(
    client: FlaskClient, site: Site, act: str
) -> None:
    sent(client)
    app = create_app(site.settings, site.engine, clock=site.clock)
    with app.server.test_client() as neighbour:
        let_in(neighbour, site, Role.ECONOMIC_OFFICE, SOUTH)
        told = json.dumps(press(neighbour, act).get_json(), ensure_ascii=False)
    assert "没有编号 1" in told or act in {"fly", ""}
    assert "a.csv" not in told
    assert len(kept(site)) == 1


def test_who_hands_in_no_file_presses_no_button(client: FlaskClient, site: Site) -> None:
    sent(client)
    app = create_app(site.settings, site.engine, clock=site.clock)
    with app.server.test_client() as other:
        let_in(other, site, Role.COMMUNITY, f"{NORTH}001")
        assert press(other, "withdraw").status_code == 403


@pytest.mark.parametrize("number", [None, "1", -1, 10**30, {"a": 1}, [1]])
def test_nonsense_for_a_number_is_no_file(client: FlaskClient, number: object) -> None:
    told = json.dumps(press(client, "commit", number).get_json(), ensure_ascii=False)
    assert "没有编号" in told


@pytest.mark.parametrize(
    "more",
    [
        {"grids": ["nonsense"]},
        {"grids": [[{"key": 7}, 3, None, {"key": "0:2", "c0": "x"}]]},
        {"values": ["a"], "ids": [{"field": "uscc"}]},
        {"values": ["a", "b"], "ids": [{"field": "uscc"}]},
        {"values": [{"a": 1}], "ids": ["uscc"]},
    ],
)
def test_nonsense_in_a_body_gets_a_sentence(client: FlaskClient, site: Site, more: Any) -> None:
    sent(client)
    found = {"fields": [], "headers": [], "rows": 1, "accepted": 0, "refused": 1, "skipped": 0}
    with db.writing(site.engine) as connection:
        values = {"state": "checked", "findings": json.dumps(found)}
        connection.execute(update(HandedIn).values(values))
    for act in ("columns", "correct"):
        response = press(client, act, **more)
        assert response.status_code == 200
        assert "error.unexpected" not in response.text
        assert "意外" not in json.dumps(response.get_json(), ensure_ascii=False)


FIRM = {"uscc": a_uscc(1), "name": "示例第1号有限公司"}


def findings(client: FlaskClient, site: Site, **told: Any) -> None:
    """Let a file have been checked, with this of what it changes."""
    sent(client)
    found = {"fields": [], "headers": [], "refused": 0, "skipped": 0, **told}
    with db.writing(site.engine) as connection:
        connection.execute(update(HandedIn).values(state="checked", findings=json.dumps(found)))


def test_what_a_screening_brings_is_listed_once_and_not_missed(
    client: FlaskClient, site: Site
) -> None:
    changes = [
        {**FIRM, "field": "state", "old": None, "new": "operating"},
        {**FIRM, "field": "staff", "old": None, "new": "12"},
    ]
    findings(client, site, rows=1, accepted=1, new=1, new_ones=[], changes=changes)
    page = shown(client, "/files/1")
    assert "在营" in page
    assert "未列出" not in page


def test_what_was_left_empty_is_told_with_its_column_and_its_rows(
    client: FlaskClient, site: Site
) -> None:
    told = {"zh": "该值不是日期，此项留空。", "en": "no date", "rows": 7, "column": "成立日期"}
    findings(client, site, rows=9, accepted=9, warned_for=[told | {"first": [3, 8]}])
    assert "7 行照收，但请留意（“成立日期”列，第 3、8 行等）：该值不是日期" in shown(
        client, "/files/1"
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_in_english_every_column_of_a_file_has_a_name(
    client: FlaskClient, site: Site, kind: str
) -> None:
    fields = [
        {"field": field, "label": names[0], "header": "", "sure": True, "needed": False}
        for field, names in headers.vocabulary(kind).items()
    ]
    findings(client, site, rows=0, accepted=0, fields=fields)
    client.get("/language/en")
    page = shown(client, "/files/1")
    shown_as = re.findall('"children": "([^"]+)", "className": "files-field"', page)
    assert len(shown_as) == len(fields)
    assert [name for name in shown_as if "_" in name or not name.isascii()] == []


def test_changes_that_are_not_listed_are_counted_on_the_page_and_in_its_table(
    client: FlaskClient, site: Site
) -> None:
    changes = [{**FIRM, "field": "state", "old": None, "new": "operating"}]
    findings(client, site, rows=9, accepted=9, new=0, changes=changes, all_changes=9)
    assert "另有 8 项未列出" in shown(client, "/files/1")
    rows = client.get("/files/1/changes.csv").data.decode("utf-8-sig").splitlines()
    assert rows[-1] == ",另有 8 项未列出。"
    assert len(rows) == 3


def test_the_table_of_changes_says_what_the_page_says(client: FlaskClient, site: Site) -> None:
    changes = [
        {**FIRM, "field": "state", "old": "operating", "new": "shell"},
        {**FIRM, "field": "subdistrict_code", "old": None, "new": NORTH},
    ]
    new = {"uscc": a_uscc(2), "name": "示例第2号有限公司", "subdistrict_code": NORTH}
    findings(client, site, rows=2, accepted=2, new=1, new_ones=[new], changes=changes)
    rows = client.get("/files/1/changes.csv").data.decode("utf-8-sig").splitlines()
    assert [line.split(",")[2:] for line in rows[1:]] == [
        ["新增组织", "", "示例北街道"],
        ["摸排结果", "在营", "空壳"],
        ["街道（镇、乡）", "（无）", "示例北街道"],
    ]


# Staff lists.


def test_a_staff_list_of_a_neighbours_firm_is_of_no_firm(site: Site) -> None:
    app = create_app(site.settings, site.engine, clock=site.clock)
    with app.server.test_client() as client:
        let_in(client, site, Role.ECONOMIC_OFFICE, SOUTH)
        response = sent(client, f"{ROSTER}?organisation={a_uscc(3)}&name=a.csv", b"x,y\n1,2\n")
    assert response.status_code == 404
    assert a_uscc(3) in said(response)


def test_a_staff_list_comes_back_to_its_sender_alone_and_is_buffered_nowhere(
    client: FlaskClient, site: Site
) -> None:
    rows = [a_staff_row(1), a_staff_row(2) | {"证件号码": a_number(2)[:-1]}]
    body = "\n".join(",".join(row) for row in [list(rows[0]), *(r.values() for r in rows)]).encode()
    asked = f"{ROSTER}?organisation={a_uscc(3)}&name=a.csv&back=1"
    response = sent(client, asked, body)
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-store"
    sheet = openpyxl.load_workbook(BytesIO(response.data)).active
    told = [[cell.value for cell in row][-2:] for row in sheet.iter_rows(min_row=2)]
    assert [each != [None, None] for each in told] == [False, True]
    assert "空字节" in said(sent(client, asked, b"\x00\x01\x02"))
    with create_app(site.settings, site.engine, clock=site.clock).server.test_client() as other:
        let_in(other, site, Role.ECONOMIC_OFFICE, SOUTH)
        assert sent(other, asked, body).status_code == 404


def test_a_staff_list_is_neither_a_picture_nor_empty(client: FlaskClient) -> None:
    here = f"{ROSTER}?organisation={a_uscc(3)}"
    assert "不是表格文件" in said(sent(client, f"{here}&name=a.png"))
    assert "空的" in said(sent(client, f"{here}&name=a.csv", b""))


# Templates.


def test_the_screening_sheet_has_whom_nobody_screened_and_reads_back(
    client: FlaskClient, site: Site
) -> None:
    response = client.get("/files/template/screening.xlsx?filled=1")
    assert "attachment" in response.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(BytesIO(response.data)).active
    assert [cell.value for cell in sheet[1]][:4] == [
        "统一社会信用代码",
        "企业名称",
        "住所",
        "摸排结果",
    ]
    assert sheet.max_row == 1, "every organisation of this office was screened"
    response = client.get("/files/template/register.xlsx?filled=1")
    sheet = openpyxl.load_workbook(BytesIO(response.data)).active
    assert sheet.max_row == 90, "those of the office, under one line of headers"


def test_a_formula_in_a_template_is_text() -> None:
    data = templates.workbook("x", [("甲", 10)], [["=1+1"]], choices={})
    cell = openpyxl.load_workbook(BytesIO(data)).active["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_firms_template_is_of_a_firm_of_the_office(client: FlaskClient) -> None:
    assert client.get(f"/files/template/roster.xlsx?organisation={a_uscc(3)}").status_code == 200
    away = client.get(f"/files/template/roster.xlsx?organisation={a_uscc(10)}")
    assert away.status_code == 404


# The server.


def answer_of(address: str, head: bytes, body: bytes) -> bytes:
    """What a server answers to bytes as they are."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(
            head + b"\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n"
        )
        found = b""
        with suppress(OSError):  # who refuses a body need not wait for its end
            line.sendall(body)
            while block := line.recv(65_536):
                found += block
    return found


def test_two_addresses_take_files_and_every_other_takes_questions(site: Site) -> None:
    settings = site.settings.model_copy(update={"max_upload_bytes": 3_000_000})
    large = b"x" * 2_000_000
    with serving(settings, site.engine) as address:
        taken = answer_of(address, f"POST {ADDRESS} HTTP/1.1".encode(), large)
        assert b" 200 " in taken.partition(b"\r\n")[0]
        for head in ("POST /_dash-update-component HTTP/1.1", "POST /files/uploads HTTP/1.1"):
            refused = answer_of(address, head.encode(), large)
            assert refused == b"" or b" 413 " in refused.partition(b"\r\n")[0]
        beyond = answer_of(address, f"POST {ADDRESS} HTTP/1.1".encode(), large + large)
        assert beyond == b"" or b" 413 " in beyond.partition(b"\r\n")[0]
    [file] = kept(site)
    assert file.stat().st_size == len(large)


def test_a_staff_list_stays_in_memory(site: Site) -> None:
    most, in_memory = room(site.settings)[ROSTER.encode()]
    assert in_memory > most
    with db.reading(site.engine) as connection:
        assert {each.name for each in offered(connection, OFFICE)} == {
            "office_register",
            "screening_results",
        }
        assert handed.listed(connection, OFFICE) == []
