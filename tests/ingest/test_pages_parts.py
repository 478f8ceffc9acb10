"""Pages that lead to others are read for their links; pages of one row for their labels."""

from typing import Any

import polars as pl
import pytest

from ingest import pages
from ingest.pages import Page, Plan, Wanted
from ingest.sources import FileIndex, HtmlList
from liangxin.errors import UnreadableFile

URL = "https://list.example.org/a/list.html"


def detail(body: str, **portal: Any) -> dict[str, Any]:
    address = HtmlList(kind="html_list", start=URL, detail="a", **portal)
    page = pages.read(body.encode(), address, URL, role="detail")
    assert page.items == 0  # its row is counted where the list has it
    return page.table.row(0, named=True)


def links(body: str, **index: Any) -> tuple[str | None, ...]:
    address = FileIndex(kind="file_index", start=URL, **index)
    return pages.read(body.encode(), address, URL).links


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><th>名称<td>甲<tr><th>住所<td>路</table>",
        "<table><tr><td>名称：<td>甲<tr><td>住所: <td>路</table>",
        "<table><tr><th>名称<td>甲<th>住所<td>路</table>",
        "<table><tr><td>名称<td>甲<td>住所<td>路</table>",
        "<table><tr><th colspan=2>基本信息<tr><th>名称<td>甲<tr><th>住所<td>路</table>",
        "<table><tr><th>项目<th>内容<tr><th>名称<td>甲<tr><th>住所<td>路</table>",
        "<table><tr><th>名称<td>甲<tr><th>住所<td>路<tr><th>名称<td>乙</table>",
        "<table><tr><th>名称<td><tr><th>住所<td>路<tr><th>名称<td>甲</table>",
        "<table><tr><th>名称<td>甲<script>x()</script><tr><th>住所<td>路</table>",
        "<dl><dt>名称<dd>甲<dt>住所<dd>路</dl>",
        "<dl><div><dt>名称<dd>甲</div><div><dt>住所<dd>路</div></dl>",
        "<div><table><tr><th>名称<td>甲<tr><th>住所<td>路</table></div><table><tr><td>x<td>y</table>",
    ],
)
def test_labels_name_what_stands_beside_them(body: str) -> None:
    assert detail(body) == {"名称": "甲", "住所": "路"}


def test_a_selector_chooses_among_tables() -> None:
    body = "<table><tr><td>x<td>y</table><div class=i><dl><dt>名称<dd>甲</dl></div>"
    assert detail(body, detail_table=".i") == {"名称": "甲"}


@pytest.mark.parametrize(
    ("body", "portal", "said"),
    [
        ("", {}, "holds labels with values"),
        ("<table><tr><th>a<th>b</table>", {}, "holds labels with values"),
        ("<form><table><tr><td>用户<td><input type=password></table></form>", {}, "login page"),
        ("<table><tr><td>a<td>b</table>", {"detail_table": "["}, "not a valid CSS selector"),
        ("<table>" + "".join(f"<tr><td>{n}<td>b" for n in range(1_001)), {}, "1001 columns"),
    ],
)
def test_what_is_no_detail_page_is_told(body: str, portal: dict[str, str], said: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        detail(body, **portal)
    assert said in caught.value.en


def test_links_are_absolute_each_once_and_in_order() -> None:
    body = "<base href=/b/><a href=1.csv>一</a><a href=/2.csv#top>二</a><p><a href=1.csv>又</a></p>"
    assert links(body, links="a, p") == (
        "https://list.example.org/b/1.csv",
        "https://list.example.org/2.csv",
    )


@pytest.mark.parametrize(
    ("body", "index"),
    [
        ('["1.csv"]', {}),
        ('{"data": {"files": [{"file": {"path": "1.csv"}, "name": "名单"}]}}', {"pattern": "名单"}),
    ],
)
def test_a_list_in_json_is_an_index_too(body: str, index: dict[str, str]) -> None:
    where = {"links": "data.files", "link": "file.path"} if index else {}
    found = links(body, format="json", **where, **index)
    assert found == ("https://list.example.org/a/1.csv",)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{}", "no list of files"),
        ("[]", "no link to a file"),
        ("[1]", "has no address at 'url'"),
        ('[{"name": "x"}]', "has no address at 'url'"),
        ('["http://["]', "is not one"),
        ("<html>", "a web page came where JSON was expected"),
    ],
)
def test_a_list_in_json_that_is_none_is_told(body: str, said: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        links(body, format="json")
    assert said in caught.value.en


@pytest.mark.parametrize(
    ("url", "body", "good"),
    [
        ("/a.csv", b"a,b", True),
        ("/a.xls", b"<table><tr><td>a", True),
        ("/download?id=1", b"<?xml version='1.0'?><html><table>", True),
        ("/a.csv", b"<table><tr><td>a", False),
        ("/a.xls", b"\xef\xbb\xbf <!DOCTYPE html><p>404", False),
        ("/a.xls", b"<table><input type=password>", False),
        ("/a.csv", b' {"success": false}', False),
        ("/a.csv", b"", False),
    ],
)
def test_a_page_in_the_place_of_a_file_is_told(url: str, body: bytes, good: bool) -> None:
    address = FileIndex(kind="file_index", start=URL, links="a")
    if good:
        assert pages.read(body, address, url, role="file").items == 1
    else:
        with pytest.raises(UnreadableFile):
            pages.read(body, address, url, role="file")


def test_a_plan_asks_for_what_a_page_links_to_before_the_next_page() -> None:
    plan = Plan(Wanted("/1"))
    order = []
    answers = {
        "/1": Page(pl.DataFrame(), next="/2", links=("/a", None, "/b", "/a")),
        "/2": Page(pl.DataFrame(), next="/1", links=("/b", "/c")),
    }
    while wanted := plan.wanted:
        order.append(wanted)
        plan.took(answers.get(wanted.url, Page(pl.DataFrame())))
    assert order == [
        ("/1", "list"),
        ("/a", "detail"),
        ("/b", "detail"),
        ("/2", "list"),
        ("/c", "detail"),
    ]
