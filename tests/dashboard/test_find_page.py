"""The page that finds an organisation: by what it is asked, whom it shows, and where that leads."""

import pytest
from factories import SOUTH, a_uscc
from flask.testing import FlaskClient
from pages import shown
from signed import let_in

from dashboard import tables
from dashboard.pages import find
from dashboard.site import Site
from liangxin.access import Role


def test_a_part_of_a_name_leads_to_the_organisation(client: FlaskClient) -> None:
    said = shown(client, "/find", "?q=第10号")
    assert f'"href": "/organisation/{a_uscc(10)}?' in said
    assert a_uscc(1) not in said


def test_a_code_typed_with_blanks_is_found(client: FlaskClient) -> None:
    code = a_uscc(10)
    assert f'"href": "/organisation/{code}?' in shown(
        client, "/find", f"?q={code[:8].lower()}+{code[8:]}"
    )


def test_before_anything_is_asked_nobody_is_shown(client: FlaskClient) -> None:
    for search in ("", "?q=", "?q=++"):
        said = shown(client, "/find", search)
        assert "示例第" not in said
        assert "没有名称" not in said


def test_nobody_found_says_what_to_try(client: FlaskClient) -> None:
    assert "没有名称（含曾用名）或代码含有“没有这家”的组织" in shown(client, "/find", "?q=没有这家")


def test_more_than_are_shown_are_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "MOST", 5)
    said = shown(client, "/find", "?q=示例第")
    assert "超过 5 家" in said
    assert said.count('"href": "/organisation/') == 5


def test_a_committee_finds_none_of_the_neighbours(client: FlaskClient, district: Site) -> None:
    let_in(client, district, Role.COMMITTEE, SOUTH)
    assert "没有名称" in shown(client, "/find", f"?q={a_uscc(11)}")
    assert a_uscc(10) in shown(client, "/find", f"?q={a_uscc(10)}")
    said = shown(client, "/find", "?q=示例第")
    assert said.count('"href": "/organisation/') == 10
    assert a_uscc(11) not in said


def test_a_list_that_is_cut_names_this_page(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST", 5)
    for path in ("/lists/not_reached", f"/subdistrict/{SOUTH}"):
        assert "“查找”" in shown(client, path)
        assert '"href": "/find"' in shown(client, path)
