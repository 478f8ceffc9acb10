"""A landed page becomes a table of text under the publisher's own names, or a sentence why not."""

import json
from contextlib import suppress
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import pages
from ingest.sources import Ckan, FileIndex, HtmlList, JsonApi
from liangxin.errors import UnreadableFile

URL = "https://list.example.org/shzz/list.html?p=1"


def read_json(body: str | bytes, url: str = URL, *, before: int = 0, **api: Any) -> pages.Page:
    address = JsonApi(kind="json_api", start=URL, **api)
    return pages.read(
        body if isinstance(body, bytes) else body.encode(), address, url, before=before
    )


def read_html(body: str | bytes, **portal: Any) -> pages.Page:
    address = HtmlList(kind="html_list", start=URL, **portal)
    return pages.read(body if isinstance(body, bytes) else body.encode(), address, URL)


# JSON: values.


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"91999999MA00000011"', "91999999MA00000011"),
        ("null", None),
        ('""', ""),
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.50", "1.50"),
        ("1E400", "1E400"),
        ("-0", "-0"),
        ("true", "true"),
        ('{ "a": [1.0, null, "两新"], "b": {} }', '{"a":[1.0,null,"两新"],"b":{}}'),
        ("[]", "[]"),
        ('"\\u4e24\\u65b0"', "两新"),
        ('"\\ud83d\\ude00"', "😀"),
        ('"half \\ud83d"', "half \ufffd"),
    ],
)
def test_a_json_value_is_the_text_it_was_written_as(written: str, read: str | None) -> None:
    page = read_json(f'[{{"v": {written}}}]')
    assert page.table.schema == {"v": pl.String}
    assert page.table["v"].to_list() == [read]


def test_objects_may_lack_fields_and_keep_the_order_of_first_appearance() -> None:
    page = read_json('[{"b": 1}, {"a": 2, "b": null}]')
    assert page.table.columns == ["b", "a"]
    assert page.table.rows() == [("1", None), (None, "2")]


@settings(max_examples=50)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["名称", "编号", "a.b"]),
            st.none() | st.text() | st.integers() | st.booleans() | st.lists(st.integers()),
            min_size=1,
        )
    )
)
def test_no_row_and_no_value_of_a_json_page_is_lost(rows: list[dict[str, Any]]) -> None:
    page = read_json(json.dumps(rows))
    assert page.items == len(rows)
    for row, read in zip(rows, page.table.to_dicts(), strict=True):
        expected = {
            name: value
            if value is None or isinstance(value, str)
            else json.dumps(value, separators=(",", ":"))
            for name, value in row.items()
        }
        assert {name: read[name] for name in row} == expected
        assert all(value is None for name, value in read.items() if name not in row)


# JSON: where rows, total and the next page are.


def test_rows_total_and_next_are_found_by_dotted_paths() -> None:
    body = '{"data": {"rows": [{"a": 1}], "page": {"total": 7}}, "links": {"next": "?p=2#top"}}'
    page = read_json(body, items="data.rows", total="data.page.total", next="links.next")
    assert (page.items, page.total) == (1, 7)
    assert page.next == "https://list.example.org/shzz/list.html?p=2"


def test_a_name_with_dots_in_it_is_one_name() -> None:
    body = '{"value": [], "@odata.count": 0, "@odata.nextLink": "https://list.example.org/2"}'
    page = read_json(body, items="value", total="@odata.count", next="@odata.nextLink")
    assert (page.items, page.total, page.next) == (0, 0, "https://list.example.org/2")


@pytest.mark.parametrize("last", ["null", '""', "false"])
def test_a_next_link_of_nothing_ends_the_list(last: str) -> None:
    page = read_json(f'{{"rows": [], "next": {last}}}', items="rows", next="next")
    assert page.next is None


@pytest.mark.parametrize(("total", "read"), [("1234", 1234), ('"1,234"', 1234), ("null", None)])
def test_a_total_may_be_text_or_missing(total: str, read: int | None) -> None:
    assert read_json(f'{{"rows": [], "n": {total}}}', items="rows", total="n").total == read


@pytest.mark.parametrize("total", ["-1", "1.5", '"many"', "true", "[3]"])
def test_a_total_that_is_no_number_is_refused(total: str) -> None:
    with pytest.raises(UnreadableFile, match="total"):
        read_json(f'{{"rows": [], "n": {total}}}', items="rows", total="n")


def test_pages_are_counted_in_the_address_and_its_other_parameters_stay() -> None:
    url = "https://list.example.org/x?q=%D0%AD%BB%E1&empty=&p=9"
    assert read_json('[{"a": 1}]', url, page_parameter="p").next == (
        "https://list.example.org/x?q=%D0%AD%BB%E1&empty=&p=10"
    )
    assert read_json("[]", url, page_parameter="p").next is None


@pytest.mark.parametrize(("before", "more"), [(0, True), (1, False), (5, False)])
def test_counting_pages_ends_when_the_total_is_reached(before: int, more: bool) -> None:
    body = '{"rows": [{"a": 1}], "n": 2}'
    page = read_json(body, items="rows", total="n", page_parameter="p", before=before)
    assert (page.next is not None) is more


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("https://list.example.org/x", "https://list.example.org/x?p=0"),
        ("https://list.example.org/x?q=1", "https://list.example.org/x?q=1&p=0"),
        ("https://list.example.org/x?p=4", "https://list.example.org/x?p=4"),
    ],
)
def test_the_first_page_has_its_number_in_the_address(start: str, first: str) -> None:
    address = JsonApi(kind="json_api", start=start, page_parameter="p", first_page=0)
    assert pages.first_address(address) == first


# JSON: what is not.


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html><title>login</title>", "web page came where JSON was expected"),
        (b"\xef\xbb\xbf\r\n <html>", "web page came where JSON was expected"),
        (b"", "not whole JSON"),
        (b'{"rows": [{"a": 1}, {"a"', "not whole JSON"),
        (b'{"rows": []} trailing', "not whole JSON"),
        ('{"rows": ["两新"]}'.encode("gb18030"), "not UTF-8"),
        (b'{"code": 401, "msg": "x"}', "outermost keys: code, msg"),
        (b'{"rows": {"a": 1}}', "no list of rows at 'rows'"),
        (b'[{"a": 1}]', "no list of rows at 'rows'"),
        (b'{"rows": [{"a": 1}, ["b"]]}', "entry 2 of the JSON list is not an object"),
        (b'{"rows": [{}]}', "entry 1 of the JSON list is not an object"),
        (b'{"rows": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"rows": [], "next": 2}', "not an address of a next page"),
        (b'{"rows": [], "next": "http://["}', "is not one"),
        (
            json.dumps({"rows": [{str(n): n} for n in range(1_001)]}).encode(),
            "1001 columns",
        ),
    ],
)
def test_what_is_not_the_announced_json_is_refused_with_a_sentence(body: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_json(body, items="rows", next="next")
    assert said in caught.value.en
    assert caught.value.zh.endswith("。")


def test_a_page_number_that_is_none_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="not a number"):
        read_json('[{"a": 1}]', "https://list.example.org/?p=x", page_parameter="p")


# HTML: the table.


def a_table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


HEADER = "<th>名称</th><th>地址</th>"


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param(a_table(HEADER, "<td>甲</td><td>乙</td>"), id="th"),
        pytest.param(a_table("<td>名称<td>地址", "<td>甲<td>乙"), id="first row, tags left open"),
        pytest.param(
            "<table><thead><tr><td>名称</td><td>地址</td></tr></thead>"
            "<tbody><tr><td>甲</td><td>乙</td></tr></tbody>"
            "<tfoot><tr><td>合计</td><td>1</td></tr></tfoot></table>",
            id="sections",
        ),
        pytest.param(
            a_table('<th colspan="2">公示名单</th>', HEADER, "<td>甲</td><td>乙</td>"), id="title"
        ),
        pytest.param(
            a_table(HEADER, "<td>甲</td><td>乙</td>", HEADER, '<td colspan="2">到底了</td>'),
            id="header again, and a remark",
        ),
        pytest.param(
            a_table(HEADER, "<td></td><td> &nbsp; </td>", "<th>甲</th><td>乙</td>"),
            id="blank row, and a row with a header cell",
        ),
        pytest.param(
            f"<div class='box'><p>x</p>{a_table(HEADER, '<td>甲</td><td>乙</td>')}</div>",
            id="inside the element",
        ),
        pytest.param(
            a_table(
                HEADER,
                "<td>甲<!-- 注释 --><script>x()</script></td><td><span> 乙\n</span></td>",
            ),
            id="markup in cells",
        ),
    ],
)
def test_the_header_names_the_columns_and_cells_are_their_text(markup: str) -> None:
    css = ".box" if "box" in markup else "table"
    page = read_html(markup, table=css)
    assert page.table.rows(named=True) == [{"名称": "甲", "地址": "乙"}]
    assert (page.items, page.next, page.total) == (1, None, None)


def test_a_header_alone_is_an_empty_list() -> None:
    page = read_html(a_table(HEADER, '<td colspan="2">暂无数据</td>'))
    assert (page.items, page.table.columns) == (0, ["名称", "地址"])


def test_empty_cells_are_null_and_short_and_long_rows_lose_nothing() -> None:
    page = read_html(
        a_table("<th>名称</th><th></th><th>名称</th>", "<td>甲", "<td><td>2<td>3<td>4")
    )
    assert page.table.columns == ["名称", "column_2", "名称_3", "column_4"]
    assert page.table.rows() == [("甲", None, None, None), (None, "2", "3", "4")]


def test_a_line_break_in_a_cell_parts_two_words() -> None:
    assert read_html(a_table(HEADER, "<td>甲<br/>乙<td>丙")).table["名称"].to_list() == ["甲 乙"]


def test_a_table_inside_a_cell_is_that_cells_text() -> None:
    inner = a_table("<td>里</td>", "<td>面</td>")
    page = read_html(a_table(HEADER, f"<td>{inner}</td><td>乙</td>"))
    assert page.table.rows() == [("里面", "乙")]


# HTML: encoding, next, total.


@pytest.mark.parametrize(
    ("encoding", "head", "declared"),
    [
        ("utf-8", "", ""),
        ("utf-8-sig", "", "gb18030"),
        ("gb18030", "", "gb18030"),
        ("gb18030", "", "GB2312"),
        ("gb18030", '<meta charset="gb2312">', ""),
        ("gb18030", '<meta http-equiv="Content-Type" content="text/html; charset=gbk">', ""),
        ("gb18030", '<meta charset="utf-8">', "gbk"),
    ],
)
def test_the_encoding_is_the_declared_one_then_the_pages_own(
    encoding: str, head: str, declared: str
) -> None:
    text = f"<html><head>{head}</head>{a_table(HEADER, '<td>㐂𠮷商行</td><td>乙</td>')}</html>"
    page = read_html(text.encode(encoding), encoding=declared)
    assert page.table["名称"].to_list() == ["㐂𠮷商行"]


def test_a_single_damaged_byte_spoils_its_cell_alone() -> None:
    body = a_table(HEADER, "<td>甲X</td><td>乙</td>").encode("gb18030").replace(b"X", b"\xff")
    page = read_html(body, encoding="gb18030")
    assert page.table.columns == ["名称", "地址"]
    assert page.table["地址"].to_list() == ["乙"]
    assert "\ufffd" in page.table["名称"][0]


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ("list_2.html", "https://list.example.org/shzz/list_2.html"),
        ("/x?p=2#top", "https://list.example.org/x?p=2"),
        ("https://list.example.org/y", "https://list.example.org/y"),
        (" ?p=2 ", "https://list.example.org/shzz/list.html?p=2"),
        ("", None),
        ("#", None),
        ("javascript:void(0)", None),
    ],
)
@pytest.mark.parametrize("markup", ['<a class="next" href="%s">', '<li class="next"><a href="%s">'])
def test_the_next_page_is_behind_a_link(link: str, following: str | None, markup: str) -> None:
    page = read_html(a_table(HEADER) + markup % link, next=".next")
    assert page.next == following


def test_a_link_is_relative_to_the_pages_base() -> None:
    page = read_html(
        f'<base href="/other/">{a_table(HEADER)}<a rel="next" href="2">', next="a[rel=next]"
    )
    assert page.next == "https://list.example.org/other/2"


@pytest.mark.parametrize(
    ("text", "total"),
    [("共 1,234 条", 1234), ("共１２条记录", 12), ("<b>7</b>", 7), ("共\n3\n条", 3)],
)
def test_a_total_is_the_one_number_of_its_element(text: str, total: int) -> None:
    assert read_html(f"{a_table(HEADER)}<p>{text}</p>", total="p").total == total


def test_a_page_without_the_totals_element_states_none() -> None:
    assert read_html(a_table(HEADER), total=".total").total is None


# HTML: what is not.


@pytest.mark.parametrize(
    ("body", "portal", "said"),
    [
        ("", {}, "no table 'table'"),
        ("<form>login</form>", {}, "no table 'table'"),
        ("<table></table>", {}, "has not even a header"),
        ("<table><tr><td> </td></tr></table>", {}, "has not even a header"),
        ("<ul class=x><li>a</ul>", {"table": ".x"}, "is no table and holds none"),
        ("<table>", {"table": "table:::"}, "not a valid CSS selector"),
        (a_table(HEADER), {"next": "["}, "not a valid CSS selector"),
        (a_table(HEADER), {"encoding": "gb99999"}, "not a known one"),
        (a_table(HEADER) + "<a href=javascript:go(2)>", {"next": "a"}, "by script only"),
        (a_table(HEADER) + "<p>第1页 共3页</p>", {"total": "p"}, "exactly one total"),
        (a_table(HEADER) + "<p>多</p>", {"total": "p"}, "exactly one total"),
        (a_table("<th>x" * 1_001), {}, "1001 columns"),
    ],
)
def test_what_is_not_the_announced_list_is_refused_with_a_sentence(
    body: str, portal: dict[str, str], said: str
) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_html(body, **portal)
    assert said in caught.value.en
    assert caught.value.zh.endswith("。")


@pytest.mark.parametrize(
    ("encoding", "declared"), [("gb18030", ""), ("gb18030", "utf-8"), ("utf-16-le", "")]
)
def test_text_in_another_encoding_is_refused_and_not_guessed(encoding: str, declared: str) -> None:
    body = a_table(HEADER, "<td>样例一号商行</td><td>某街道</td>").encode(encoding)
    with pytest.raises(UnreadableFile):
        read_html(body, encoding=declared)


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_page_or_a_sentence(body: bytes) -> None:
    for address in (
        JsonApi(kind="json_api", start=URL),
        HtmlList(kind="html_list", start=URL, next="a", total="b"),
        HtmlList(kind="html_list", start=URL, encoding="gb18030", detail="a"),
        FileIndex(kind="file_index", start=URL, links="a", next="b", total="i"),
        FileIndex(kind="file_index", start=URL, format="json"),
        Ckan(kind="ckan", start=URL, package="a"),
        Ckan(kind="ckan", start=URL, resource="a"),
    ):
        for role in ("list", "detail", "file"):
            with suppress(UnreadableFile):
                assert pages.read(body, address, URL, role=role).items >= 0
