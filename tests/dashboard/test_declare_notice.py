"""The notice that is posted, and the commands that make and end links."""

import json
import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
import segno
from factories import NORTH, SOUTH, a_uscc, insert_division, insert_organisation
from loads import rows
from sqlalchemy import Engine
from typer.testing import CliRunner

from dashboard import cli
from dashboard.declare import notice_page
from dashboard.text import Say
from liangxin import db, links
from liangxin.cli import today
from liangxin.errors import Gone, Misuse
from liangxin.links import Place
from liangxin.schema import DeclarationLink
from liangxin.settings import Settings

BASE = "https://djfg.example.cn"
PLACE = Place(1, a_uscc(1), "示例<b>有限公司", NORTH, "启明街道", date(2027, 2, 21))


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli.app, ["declare", *words])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def register(
    sqlite_settings: Settings, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Engine:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))
    with db.writing(sqlite_engine) as connection:
        insert_division(connection, NORTH, "启明街道")
        insert_organisation(connection, 1)
    return sqlite_engine


# The sheet.


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_code_on_the_notice_is_that_of_the_address_below_it(language: str) -> None:
    address = notice_page.address_of(BASE, "token-of-32-letters")
    told = notice_page.render(PLACE, address, Say(language))
    [svg] = re.findall(r"<svg.*?</svg>", told, re.DOTALL)
    [shown] = re.findall(r'class="address"[^>]*>([^<]+)<', told)
    assert unescape(shown) == f"{BASE}/declare/token-of-32-letters"
    code = segno.make_qr(unescape(shown), error="q")
    assert _path(svg) == _path(code.svg_inline(border=4, omitsize=True))
    assert _path(svg) != _path(segno.make_qr(f"{shown}x", error="q").svg_inline(border=4))


def _path(svg: str) -> str:
    return re.search(r' d="([^"]+)"', svg)[1]


def test_the_notice_says_everything_and_loads_nothing() -> None:
    told = notice_page.render(PLACE, f"{BASE}/declare/x", Say("zh"))
    for part in (
        *("自愿；不申报不需要理由", "有效期至 2027-02-20（含当日）", "启明街道两新组织综合党委"),
        *("谁在处理", "为什么", "处理什么", "保存多久", "您的权利", "示例&lt;b&gt;有限公司"),
    ):
        assert part in told
    assert "{committee}" not in told
    assert not re.findall(r"<(?:script|link|img|iframe)|url\(|@import|\bsrc=", told)
    assert "size: A4" in told


def test_without_a_sub_district_the_committee_is_that_of_the_district() -> None:
    place = Place(1, a_uscc(1), "示例有限公司", None, None, date(2027, 2, 21))
    assert "本区两新组织综合党委" in notice_page.render(place, f"{BASE}/declare/x", Say("zh"))


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://djfg.example.cn", "https://djfg.example.cn/declare/t"),
        ("https://djfg.example.cn/", "https://djfg.example.cn/declare/t"),
        ("HTTPS://DJFG.example.cn:8443", "https://djfg.example.cn:8443/declare/t"),
        ("http://127.0.0.1:8050", "http://127.0.0.1:8050/declare/t"),
        ("http://localhost:8050", "http://localhost:8050/declare/t"),
        ("http://[::1]:8050", "http://[::1]:8050/declare/t"),
    ],
)
def test_an_address_is_made_of_a_host(base: str, address: str) -> None:
    assert notice_page.address_of(base, "t") == address


@pytest.mark.parametrize(
    "base",
    [
        *("http://djfg.example.cn", "ftp://djfg.example.cn", "djfg.example.cn", "", "https://"),
        *("https://djfg.example.cn/path", "https://djfg.example.cn?x=1", "https://a@b.example.cn"),
        *("https://[::1", "https://djfg.example.cn:99999", "https://djfg .example.cn"),
        *("https://党建.example.cn", "javascript:alert(1)", "http://127.0.0.1.example.org"),
    ],
)
def test_an_address_that_would_tell_others_is_refused(base: str) -> None:
    with pytest.raises(Misuse) as refused:
        notice_page.address_of(base, "t")
    assert "只有本机地址" in refused.value.zh
    assert "may go by http" in refused.value.en


# The commands.


def test_a_link_is_made_with_its_notice_and_revoked(register: Engine, tmp_path: Path) -> None:
    out = tmp_path / "公告.html"
    words = ("link", a_uscc(1), "--base", BASE, "--days", "30", "--out", str(out), "--json")
    code, said, _ = run(*words)
    made = json.loads(said)
    assert (code, made["file"]) == (0, str(out))
    until = date.fromisoformat(made["expires_on"])
    assert until - timedelta(days=30) <= today()
    assert made["url"] in out.read_text("utf-8")
    token = made["url"].removeprefix(f"{BASE}/declare/")
    with db.reading(register) as connection:
        place = links.place_of(connection, token, today=until - timedelta(days=1))
        assert (place.uscc, place.subdistrict) == (a_uscc(1), "启明街道")
    assert token not in str(rows(register, DeclarationLink))
    code, said, _ = run("revoke", a_uscc(1), "--json")
    assert (code, json.loads(said)["revoked"]) == (0, 1)
    with db.reading(register) as connection, pytest.raises(Gone):
        links.place_of(connection, token, today=until - timedelta(days=1))


def test_people_are_told_the_address_and_until_when(register: Engine, tmp_path: Path) -> None:
    out = tmp_path / "notice.html"
    code, said, _ = run("link", a_uscc(1), "--base", BASE, "--out", str(out))
    assert code == 0
    assert said.startswith(f"{BASE}/declare/")
    assert "起失效" in said
    code, said, _ = run("revoke", a_uscc(1))
    assert (code, "1 个链接已失效" in said) == (0, True)


def test_no_link_is_made_without_its_notice(register: Engine, tmp_path: Path) -> None:
    there = tmp_path / "notice.html"
    there.write_text("mine")
    good = ("--base", BASE)
    for words, sentence in (
        ((a_uscc(1), *good, "--out", str(there)), "已存在，没有改动"),
        ((a_uscc(1), *good, "--out", str(tmp_path / "no" / "x.html")), "无法写入"),
        ((a_uscc(1), "--base", "http://x.example.cn", "--out", str(tmp_path / "y")), "只有本机"),
        ((a_uscc(2), *good, "--out", str(tmp_path / "y")), "没有"),
        ((a_uscc(1), *good, "--days", "0", "--out", str(tmp_path / "y")), "有效期须为"),
        ((a_uscc(1), *good, "--days", "400", "--out", str(tmp_path / "y")), "有效期须为"),
        ((a_uscc(1), *good, "--subdistrict", SOUTH, "--out", str(tmp_path / "y")), "没有"),
    ):
        code, _, said = run("link", *words)
        assert (code, sentence in said) == (2, True)
    assert rows(register, DeclarationLink) == []
    assert [file.name for file in tmp_path.glob("*.html")] == ["notice.html"]
    assert there.read_text() == "mine"


@pytest.mark.parametrize("command", ["link", "revoke"])
def test_every_command_has_an_example(command: str) -> None:
    code, said, _ = run(command, "--help")
    assert (code, "Example" in said) == (0, True)
