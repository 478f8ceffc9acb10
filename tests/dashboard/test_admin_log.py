"""The log at its page: filtered, paged, exported, verified; and where it is broken."""

import csv
import io
from datetime import timedelta

import pytest
from administrators import Desk, a_desk
from counters import work
from factories import NORTH, NOW
from pages import ask_page
from sqlalchemy import delete, update

from dashboard.account import HOMES
from dashboard.pages import admin_log
from dashboard.site import Site
from liangxin import audit, db
from liangxin.access import Role
from liangxin.schema import AuditEntry

VERIFIED, FILE = "admin-log-verified-told.children", "admin-log-file.data"
VERIFY, EXPORT = "admin-log-verify.n_clicks", "admin-log-export.n_clicks"


@pytest.fixture
def auditor(district: Site) -> Desk:
    return a_desk(district, Role.AUDITOR, name="aud")


def writes(site: Site, number: int, by: str = "zhang", about: str = "第 {at} 件") -> None:
    with db.writing(site.engine) as connection:
        for at in range(number):
            audit.write(
                connection,
                by=by,
                role="committee",
                action="person.viewed",
                about=about.format(at=at),
                purpose="confirm",
                now=NOW - timedelta(days=at),
            )


def test_the_log_is_read_newest_first_a_page_at_a_time(district: Site, auditor: Desk) -> None:
    writes(district, 150)
    first = auditor.reads("/admin/log")
    assert "记录（152 条，新的在前）" in first
    assert "第 1 页，共 2 页" in first
    assert "第 149 件" in first
    assert "第 3 件" not in first
    second = auditor.reads("/admin/log", "?page=2")
    assert "第 3 件" in second
    assert "/admin/log?page=1" in second
    assert "没有符合条件的记录" in auditor.reads("/admin/log", "?page=9")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("?by=zhang", 20),
        ("?by=nobody", 0),
        ("?action=person.viewed", 20),
        ("?action=account.link", 1),
        ("?about=第 7 件", 1),
        ("?about=confirm", 20),
        ("?about=%25", 0),
        ("?from=2026-11-23&by=zhang", 1),
        ("?to=2026-11-20&by=zhang", 17),
        ("?from=2026-11-20&to=2026-11-21&by=zhang", 2),
    ],
)
def test_filters_stand_in_the_address(
    district: Site, auditor: Desk, search: str, found: int
) -> None:
    writes(district, 20)
    assert f"记录（{found} 条" in auditor.reads("/admin/log", search)


def test_days_are_those_of_china(district: Site, auditor: Desk) -> None:
    with db.writing(district.engine) as connection:
        late = NOW.replace(hour=17)  # one o'clock on the next day in China
        audit.write(connection, by="li", role="leader", action="sign_out", now=late)
    assert "记录（1 条" in auditor.reads("/admin/log", "?by=li&from=2026-11-24")
    assert "记录（0 条" in auditor.reads("/admin/log", "?by=li&to=2026-11-23")
    assert "2026-11-24 01:00:00" in auditor.reads("/admin/log", "?by=li")


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("?page=0", "没有第“0”页"),
        ("?page=-1", "没有第“-1”页"),
        ("?page=²", "没有第“²”页"),
        ("?page=99999999999", "没有符合条件"),
        ("?action=dance", "没有操作“dance”"),
        ("?from=2026-11-23&to=2026-11-01", "早于起始日期"),
        ("?from=foo", "不是有效日期"),
    ],
)
def test_a_filter_that_makes_no_sense_gets_a_sentence(
    auditor: Desk, search: str, sentence: str
) -> None:
    said = auditor.reads("/admin/log", search)
    assert sentence in said or "没有第" in said


def test_a_whole_log_is_said_to_be_whole(district: Site, auditor: Desk) -> None:
    writes(district, 5)
    said = auditor.told(VERIFIED, VERIFY, {})
    assert "日志完整：共 7 条" in said
    with db.reading(district.engine) as connection:
        assert audit.verify(connection).head in said


def test_a_long_log_is_verified_when_somebody_asks(
    district: Site, auditor: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_log, "BY_ITSELF", 3)
    writes(district, 5)
    assert "日志共 7 条" in auditor.told(VERIFIED, VERIFY, {}, clicks=None)
    assert "后台程序没有运行" in auditor.told(VERIFIED, VERIFY, {})
    work(district)
    said = auditor.reads("/admin/log")
    assert "日志完整：共 7 条" in said
    look = {"admin-log-verified-number": 1}
    assert "日志完整：共 7 条" in auditor.told(
        VERIFIED, "admin-log-verified-tick.n_intervals", look
    )
    back = auditor.presses(VERIFIED, "admin-log-verified-tick.n_intervals", look, clicks=0)
    assert back.status_code == 204  # set back by whoever pressed: nothing is looked at


@pytest.mark.parametrize("what", ["altered", "removed", "moved", "cut"])
def test_a_log_that_was_touched_is_said_to_be_broken_and_where(
    district: Site, auditor: Desk, what: str
) -> None:
    writes(district, 5)
    with db.writing(district.engine) as connection:
        fourth = AuditEntry.number == 4
        if what == "altered":
            connection.execute(update(AuditEntry).where(fourth).values(about="另一件"))
        elif what == "removed":
            connection.execute(delete(AuditEntry).where(fourth))
        elif what == "moved":
            connection.execute(update(AuditEntry).where(fourth).values(number=40))
        else:
            connection.execute(delete(AuditEntry).where(AuditEntry.number > 4))
    said = auditor.told(VERIFIED, VERIFY, {})
    assert "日志不完整：自第 " + ("5" if what == "cut" else "4") + " 条起" in said
    assert "请立即保全" in said


def test_an_export_holds_what_was_found_and_no_formula(district: Site, auditor: Desk) -> None:
    writes(district, 3, about="=cmd|'/c calc'!A0 {at}")
    response = auditor.presses(FILE, EXPORT, {"location": "?by=zhang"})
    file = response.get_json()["response"]["admin-log-file"]["data"]
    assert file["filename"].startswith("log-20261123-")
    rows = list(csv.reader(io.StringIO(file["content"].removeprefix("\ufeff"))))
    assert len(rows) == 4
    assert all(row[5].startswith("'=cmd") for row in rows[1:])
    with db.reading(district.engine) as connection:
        last = audit.verify(connection)
        assert last.is_whole
    assert "导出日志" in auditor.reads("/admin/log")


@pytest.mark.parametrize("search", ["?by=zhang&by=li&action=dance", "?action=dance", 7, ["?"]])
def test_an_export_of_nonsense_gets_a_sentence_or_everything(auditor: Desk, search: object) -> None:
    response = auditor.presses(FILE, EXPORT, {"location": search})
    assert response.status_code in {200, 400}
    assert "Traceback" not in response.text


@pytest.mark.parametrize("role", [role for role in Role if role != Role.AUDITOR])
def test_nobody_else_reads_exports_or_verifies(district: Site, role: Role) -> None:
    scope = {
        Role.ECONOMIC_OFFICE: [NORTH],
        Role.COMMITTEE: [NORTH],
        Role.COMMUNITY: [f"{NORTH}001"],
    }
    desk = a_desk(district, role, *scope.get(role, []))
    assert "没有此项权限" in desk.reads("/admin/log")
    assert desk.presses(VERIFIED, VERIFY, {}).status_code == 403
    assert desk.presses(FILE, EXPORT, {"location": ""}).status_code == 403


def test_a_refusal_is_in_the_log(district: Site, auditor: Desk) -> None:
    a_desk(district, Role.LEADER, name="lead").reads("/admin/log")
    said = auditor.reads("/admin/log", "?by=lead&action=refused")
    assert "log:view" in said


def test_nobody_signed_in_sees_nothing(district: Site, auditor: Desk) -> None:
    from administrators import a_client

    assert auditor.client is not None
    assert ask_page(a_client(district), "/admin/log").status_code == 401


@pytest.mark.parametrize(("role", "first"), HOMES.items())
def test_whoever_may_not_see_the_overview_is_led_to_their_own_first_page(
    district: Site, role: str, first: str
) -> None:
    said = a_desk(district, Role(role), name="who").reads("/")
    assert "没有此项权限" in said
    assert "返回我的首页" in said
    assert "返回覆盖总览" not in said
    assert first in said
