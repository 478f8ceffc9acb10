"""Bulletins in the browser: made by whoever may, downloaded again byte for byte, by nobody else."""

import io
from datetime import date
from typing import Any

import pytest
from counters import work
from dash import html
from docx import Document
from factories import NORTH, SOUTH
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pages import DISTRICT, SEPTEMBER, find_all, shown, text_of
from signed import let_in
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from dashboard import language
from dashboard.app import create_app
from dashboard.pages import bulletins as page
from dashboard.query import Query
from dashboard.site import Site, Visit
from dashboard.text import WORDS
from liangxin import bulletins, db, errands
from liangxin.access import LOCAL, Actor, Role
from liangxin.days import CHINA
from liangxin.schema import AuditEntry, Bulletin

NORTHERN = Actor("north", Role.COMMITTEE, frozenset({NORTH}))


def press(client: FlaskClient, kind: object = "half-year", day: object = "2022-09-30") -> Any:
    """Press the button that asks for a bulletin."""
    parts = [
        ("told", "children"),
        ("tick", "disabled"),
        ("number", "data"),
        ("tick", "n_intervals"),
    ]
    spelled = [{"id": f"bulletins-making-{name}", "property": prop} for name, prop in parts]
    question = {
        "output": f"..{'...'.join('.'.join(each.values()) for each in spelled)}..",
        "outputs": spelled,
        "inputs": [{"id": page.MAKE, "property": "n_clicks", "value": 1}],
        "changedPropIds": [f"{page.MAKE}.n_clicks"],
        "state": [
            {"id": page.KIND, "property": "value", "value": kind},
            {"id": page.DAY, "property": "value", "value": day},
        ],
    }
    return client.post("/_dash-update-component", json=question)


def told(response: Any) -> str:
    assert response.status_code == 200
    return str(response.get_json()["response"][page.MAKING.told])


def makes_one(client: FlaskClient, site: Site) -> str:
    """Have one made by the worker, and read what the page says then."""
    assert "后台程序没有运行" in told(press(client))
    work(site)
    return shown(client, "/bulletins")


def a_bulletin(site: Site, actor: Actor = LOCAL, as_of: date = SEPTEMBER) -> str:
    with db.writing(site.engine) as connection:
        made = bulletins.make(
            connection,
            actor,
            site.rules,
            "half-year",
            as_of=as_of,
            district=DISTRICT,
            now=site.clock(),
        )
    return str(made["id"])


def logged(site: Site, action: str) -> list[tuple[str, str]]:
    with db.reading(site.engine) as connection:
        found = select(AuditEntry.by, AuditEntry.about).where(AuditEntry.action == action)
        return [tuple(row) for row in connection.execute(found)]


def kept(site: Site) -> list[tuple[str, str]]:
    with db.reading(site.engine) as connection:
        found = connection.execute(select(Bulletin.id, Bulletin.scope))
        return [tuple(row) for row in found]


def test_the_district_office_makes_a_bulletin_and_takes_it_out(
    client: FlaskClient, district: Site
) -> None:
    let_in(client, district, Role.DISTRICT_OFFICE, name="office")
    assert "还没有编制过通报。请在上方选择" in shown(client, "/bulletins")
    said = makes_one(client, district)
    [(number, scope)] = kept(district)
    assert f"半年通报已编制，编号 {number}" in said
    assert scope == ""
    assert logged(district, "bulletin.made") == [("office", number)]
    assert f"/bulletins/{number}.docx" in said
    made = district.clock().astimezone(CHINA)
    assert f"{made:%Y-%m-%d %H:%M} office" in said
    document = client.get(f"/bulletins/{number}.docx")
    words = "\n".join(each.text for each in Document(io.BytesIO(document.data)).paragraphs)
    assert "组织覆盖率（R1）为77.0%（77/100），期初为56.0%" in words
    book = load_workbook(io.BytesIO(client.get(f"/bulletins/{number}.xlsx").data))
    total = next(row for row in book["R1 组织覆盖率"].values if row[0] == "合计")
    assert total[4:6] == (77, 100)
    assert logged(district, "bulletin.taken") == [
        ("office", f"{number}.docx"),
        ("office", f"{number}.xlsx"),
    ]
    assert "此前已编制" in makes_one(client, district)
    assert len(kept(district)) == 1


@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_a_file_is_the_same_byte_for_byte_whenever_it_is_taken(
    client: FlaskClient, district: Site, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = a_bulletin(district)
    let_in(client, district, Role.LEADER)
    first = client.get(f"/bulletins/{number}.{form}")
    later = 2_000_000_000.0
    monkeypatch.setattr("time.time", lambda: later)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    again = client.get(f"/bulletins/{number}.{form}")
    assert first.data == again.data != b""
    assert first.headers["Content-Type"] == page.FORMS[form]
    assert number in first.headers["Content-Disposition"]
    assert first.headers["Content-Disposition"].isascii()  # a server can send nothing else
    assert first.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("role", "scope", "pages", "makes"),
    [
        (Role.LEADER, (), True, False),
        (Role.DISTRICT_OFFICE, (), True, True),
        (Role.COMMITTEE, (NORTH,), True, True),
        (Role.ECONOMIC_OFFICE, (NORTH,), True, False),
        (Role.COMMUNITY, (f"{NORTH}001",), False, False),
        (Role.SYSADMIN, (), False, False),
        (Role.SECADMIN, (), False, False),
        (Role.AUDITOR, (), False, False),
    ],
)
def test_who_may_see_and_who_may_make(
    client: FlaskClient,
    district: Site,
    role: Role,
    scope: tuple[str, ...],
    pages: bool,
    makes: bool,
) -> None:
    number = a_bulletin(district)
    let_in(client, district, role, *scope)
    said = shown(client, "/bulletins")
    assert ("按编号固定保存" in said) is pages
    assert (page.MAKE in said) is makes
    assert press(client).status_code == (200 if makes else 403)
    work(district)
    file = client.get(f"/bulletins/{number}.xlsx").status_code
    assert file == (403 if not pages else 404 if scope else 200)
    assert len(kept(district)) == (2 if makes and scope else 1)


def test_nobody_who_is_not_signed_in_gets_a_file(client: FlaskClient, district: Site) -> None:
    number = a_bulletin(district)
    let_in(client, district, Role.LEADER)
    client.delete_cookie("liangxin_session")
    answer = client.get(f"/bulletins/{number}.xlsx")
    assert answer.status_code == 303
    assert "/account/sign-in" in answer.headers["Location"]
    assert press(client).status_code == 401
    assert logged(district, "bulletin.taken") == []


def test_a_committee_makes_one_of_its_own_sub_district_alone(
    client: FlaskClient, district: Site
) -> None:
    whole = a_bulletin(district)
    let_in(client, district, Role.COMMITTEE, SOUTH, name="south")
    makes_one(client, district)
    [number] = [number for number, scope in kept(district) if scope == SOUTH]
    content = client.get(f"/bulletins/{number}.docx").data
    document = Document(io.BytesIO(content))
    assert document.paragraphs[0].text == "示例区示例南镇两新组织党建工作半年通报"
    names = {row.cells[0].text for row in document.tables[0].rows}
    assert names == {"街道（镇、乡）", "示例南镇", "合计"}
    said = shown(client, "/bulletins")
    assert number in said
    assert whole not in said
    assert client.get(f"/bulletins/{whole}.docx").status_code == 404
    assert ("south", f"/bulletins/{whole}.docx") not in logged(district, "bulletin.taken")
    assert any(whole in about for _, about in logged(district, "refused"))


def test_two_offices_with_nothing_to_tell_have_bulletins_of_their_own(district: Site) -> None:
    numbers = {
        a_bulletin(district, Actor("x", Role.COMMITTEE, frozenset({code})), date(2020, 1, 1))
        for code in (NORTH, SOUTH)
    }
    assert len(numbers) == 2


def test_a_path_that_means_to_trick_finds_nothing(client: FlaskClient, district: Site) -> None:
    a_bulletin(district)
    let_in(client, district, Role.LEADER)
    for path in (
        "/bulletins/../../register.db",
        "/bulletins/..%2F..%2Fregister.db",
        "/bulletins/%2e%2e%2fregister.db",
        "/bulletins/" + "0" * 16 + ".pdf",
        "/bulletins/" + "0" * 16 + ".xlsx",
        "/bulletins/" + "f" * 4000 + ".docx",
        "/bulletins/%00.docx",
        "/bulletins/x'%20OR%20'1'='1.docx",
        "/bulletins/.docx",
        "/bulletins/a/b.docx",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert b"SQLite" not in answer.data
        assert b"Traceback" not in answer.data


@pytest.mark.parametrize(
    ("kind", "day", "sentence"),
    [
        ("weekly", "2022-09-30", "请选择通报的种类"),
        ({"a": 1}, "2022-09-30", "请选择通报的种类"),
        (None, None, "请选择通报的种类"),
        ("monthly", None, "请选择截止日期"),
        ("monthly", ["2022-09-30"], "请选择截止日期"),
        ("monthly", "soon", "不是有效日期"),
        ("monthly", "2022-02-30", "不是有效日期"),
        ("monthly", "2999-01-01", "晚于今天"),
        ("monthly", "1900-01-01", "超出范围"),
    ],
)
def test_nonsense_is_answered_with_a_sentence_and_makes_nothing(
    client: FlaskClient, district: Site, kind: object, day: object, sentence: str
) -> None:
    let_in(client, district, Role.DISTRICT_OFFICE)
    assert sentence in told(press(client, kind, day))
    assert kept(district) == []


def test_a_register_that_is_away_is_said_in_a_sentence(
    district: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("", None, Exception("unable to open database file"))

    monkeypatch.setattr(errands, "ask", gone)
    monkeypatch.setattr(page.auth, "actor_of_request", lambda: LOCAL)
    app = create_app(district.settings, district.engine, clock=district.clock)
    with app.server.test_client() as client:
        assert "无法打开数据库" in told(press(client))


def test_without_a_bulletin_a_reader_is_told_so_and_not_to_make_one(district: Site) -> None:
    leader = page.layout.__wrapped__(Actor("x", Role.LEADER), Visit(district, Query()))
    assert "还没有编制过通报。" in text_of(leader)
    assert find_all(leader, html.Section) == []


def test_the_page_speaks_english_where_that_was_chosen(client: FlaskClient, district: Site) -> None:
    a_bulletin(district)
    let_in(client, district, Role.LEADER)
    client.set_cookie(language.COOKIE, "en")
    said = shown(client, "/bulletins")
    assert "half-year bulletin" in said
    assert "Bulletins made (1)" in said


def test_every_kind_of_bulletin_has_its_word() -> None:
    for kind in bulletins.KINDS:
        assert f"leader.kind.{kind}" in WORDS["zh"]
