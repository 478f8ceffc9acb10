"""What a crawl has landed is read as one delivery: rows with their details, tables of all files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from crawls import BRISK, a_csv, a_detail, a_list, a_source, a_zip, an_index
from factories import NOW, a_registration, a_uscc, write_workbook
from loads import MARCH, WULING, Desk
from servers import Answer, Site, as_html, as_json, folder
from sqlalchemy import func, select

from ingest import crawl, crawled, pipeline
from ingest.landed_parts import LandedPage, LandedTable
from ingest.run_report import RunReport
from ingest.sources import Ckan, FileIndex, HtmlList, Source
from liangxin import db, schema
from liangxin.errors import MissingColumn, UnreadableFile

Parts = list[LandedPage | LandedTable]


def delivered(desk: Desk, source: Source, *, read_as: Source | None = None) -> Parts:
    """Crawl a source and read what landed."""
    report = crawl.crawl(source, desk.settings, desk.engine, clock=lambda: NOW, pace=BRISK)
    with db.reading(desk.engine) as connection:
        return crawled.of_crawl(connection, report.crawl, read_as or source, desk.settings)


def loaded(desk: Desk, source: Source) -> RunReport:
    """Crawl a source and load what landed."""
    return pipeline.run(
        delivered(desk, source),
        source,
        desk.settings,
        desk.engine,
        as_of=MARCH,
        district=WULING,
        clock=lambda: NOW,
    )


def rows_of(parts: Parts) -> list[dict[str, Any]]:
    return [
        row
        for part in parts
        for batch in part.batches(100)
        for row in batch.select(pl.exclude("^\x00.*$")).rows(named=True)
    ]


def a_list_with_details(publisher: Site, **address: Any) -> Source:
    known = {"table": ".list", "detail": "a", "next": ".next"} | address
    return a_source(HtmlList(kind="html_list", start=f"{publisher.url}/1", **known))


def an_index_of(publisher: Site, *files: str, **address: Any) -> Source:
    publisher.says("/1", as_html(an_index(*files)))
    known = {"links": ".files a"} | address
    return a_source(FileIndex(kind="file_index", start=f"{publisher.url}/1", **known))


def a_table(*numbers: int, encoding: str = "utf-8") -> bytes:
    return a_csv(*numbers, encoding=encoding, codes=[a_uscc(n) for n in numbers])


def a_workbook(folder: Path, *numbers: int) -> bytes:
    rows = [a_registration(n) for n in numbers]
    file = write_workbook(folder / "a.xlsx", [["名单"], [*rows[0]], *([*r.values()] for r in rows)])
    return file.read_bytes()


# Details.


def test_a_row_has_what_its_own_page_says(publisher: Site, sqlite_desk: Desk) -> None:
    rows = a_list(1, 2, 3, details=True).replace("<a href='/detail/3'>", "<b>")
    publisher.says("/1", as_html(rows))
    publisher.says("/detail/1", as_html(a_detail(1, code=a_uscc(1))))
    publisher.says(
        "/detail/2",
        as_html(
            f"<dl><dt>住所</dt><dd>示例路</dd><dd>2号</dd>"
            f"<dt>统一社会信用代码:</dt><dd>{a_uscc(2)}</dd></dl>"
        ),
    )
    parts = delivered(sqlite_desk, a_list_with_details(publisher))
    assert rows_of(parts) == [
        # The list cuts names short; the page of the row does not.
        {"编号": "1", "名称": "样例1号商行", "统一社会信用代码": a_uscc(1), "住所": None},
        {"编号": "2", "名称": "样例2号", "统一社会信用代码": a_uscc(2), "住所": "示例路 2号"},
        {"编号": "3", "名称": "样例3号", "统一社会信用代码": None, "住所": None},
    ]


def test_rows_and_details_go_into_the_register_and_every_page_is_named(
    publisher: Site, sqlite_desk: Desk
) -> None:
    publisher.says("/1", as_html(a_list(1, 2, details=True)))
    for n in (1, 2):
        publisher.says(f"/detail/{n}", as_html(a_detail(n, code=a_uscc(n))))
    report = loaded(sqlite_desk, a_list_with_details(publisher))
    assert (report.rows, report.new) == (2, 2)
    with db.reading(sqlite_desk.engine) as connection:
        origins = connection.execute(
            select(schema.RunFile.origin).order_by(schema.RunFile.position)
        ).scalars()
        assert [origin.removeprefix(publisher.url) for origin in origins] == [
            "/1",
            "/detail/1",
            "/detail/2",
        ]


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("<p>该信息不存在</p>", "no 'table, dl' that holds labels"),
        ("<table><tr><td>姓名</td><td>口令</td></tr></table>", "share none with the one before"),
    ],
)
def test_a_page_that_is_no_detail_fails_the_crawl(
    detail: str, said: str, publisher: Site, run: Callable[..., Any]
) -> None:
    publisher.says("/1", as_html(a_list(1, 2, details=True)))
    publisher.says("/detail/1", as_html(a_detail(1)))
    publisher.says("/detail/2", as_html(detail))
    with pytest.raises(crawl.CrawlFailed, match=said):
        run(a_list_with_details(publisher))


@pytest.mark.parametrize(
    ("href", "said"),
    [
        ("javascript:show(1)", "open by script only"),
        ("/1", "in a circle"),
        ("http://localhost:1/x", "source file's hosts"),
        ("file:///etc/hostname", "another site"),
    ],
)
def test_a_link_that_leads_nowhere_good_is_not_followed(
    href: str, said: str, publisher: Site, run: Callable[..., Any]
) -> None:
    publisher.says("/1", as_html(a_list(1, details=True).replace("/detail/1", href)))
    with pytest.raises(crawl.CrawlFailed, match=said):
        run(a_list_with_details(publisher))
    assert publisher.pages_asked() == ["/1"]


def test_a_selector_that_finds_no_detail_is_told(publisher: Site, run: Callable[..., Any]) -> None:
    publisher.says("/1", as_html(a_list(1, details=True)))
    with pytest.raises(crawl.CrawlFailed, match=r"no row of the list has a link 'a\.more'"):
        run(a_list_with_details(publisher, detail="a.more"))


# Files.


def test_files_of_every_kind_are_loaded_as_if_they_had_been_dropped(
    publisher: Site, sqlite_desk: Desk, tmp_path: Path
) -> None:
    page = "<table><tr><th>企业名称<th>统一社会信用代码<tr><td>样例5号商行<td>{}</table>"
    files = {
        "/utf8.csv": a_table(1),
        "/gb.csv": a_table(2, encoding="gb18030"),
        "/book.xlsx": a_workbook(tmp_path, 3, 4),
        "/old.xls": page.format(a_uscc(5)).encode(),
        "/all.zip": a_zip({"a/1.csv": a_table(6), "2.xlsx": a_workbook(tmp_path, 7), "x.txt": b""}),
        "/download?id=8": a_table(8),
    }
    for path, body in files.items():
        publisher.says(path, Answer(body))
    report = loaded(sqlite_desk, an_index_of(publisher, *files))
    assert (report.rows, report.accepted, report.new) == (8, 8, 8)
    with db.reading(sqlite_desk.engine) as connection:
        origins = connection.execute(
            select(schema.RunFile.origin).order_by(schema.RunFile.position)
        ).scalars()
        assert [origin.removeprefix(publisher.url) for origin in origins] == [
            "/1",
            "/utf8.csv",
            "/gb.csv",
            "/book.xlsx",
            "/old.xls",
            "/all.zip#2.xlsx",
            "/all.zip#a/1.csv",
            "/download?id=8",
        ]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/a.zip", a_zip({"b.zip": a_zip({"a.csv": a_table(1)})}), "another archive"),
        ("/a.zip", a_zip({"../a.csv": a_table(1)}), "leads out of it"),
        ("/a.zip", a_zip({"a.xlsx": a_zip({"b.csv": a_table(1)})}), "not a workbook"),
        ("/a.zip", a_zip({"a.csv": a_table(1), "b.csv": b"x,y\n1,2\n"}), "no column for"),
        ("/a.pdf", b"%PDF-1.7", "really a PDF"),
        ("/a.csv", "企业名称,统一社会信用代吗\n甲,1\n".encode(), r"source file's \[columns\]"),
    ],
    ids=["zip in zip", "above", "disguised", "no code", "pdf", "like a name"],
)
def test_a_file_that_is_not_good_is_told_by_its_address_and_nothing_is_loaded(
    path: str, body: bytes, said: str, publisher: Site, sqlite_desk: Desk
) -> None:
    publisher.says("/good.csv", Answer(a_table(9)))
    publisher.says(path, Answer(body))
    with pytest.raises((UnreadableFile, MissingColumn), match=said) as caught:
        loaded(sqlite_desk, an_index_of(publisher, "/good.csv", path))
    assert publisher.url + path in caught.value.zh
    with db.reading(sqlite_desk.engine) as connection:
        assert connection.execute(select(func.count(schema.Run.id))).scalar() == 0


def test_a_pattern_chooses_files_by_address_or_by_name(
    publisher: Site, run: Callable[..., Any]
) -> None:
    files = ["/2021.csv", "/2022.csv", "/2022.csv", "javascript:open()", "#", "/2022.pdf"]
    publisher.says("/2022.csv", Answer(a_table(1)))
    assert run(an_index_of(publisher, *files, pattern=r"2022\.csv$")).items == 1
    with pytest.raises(crawl.CrawlFailed, match="no file matches"):
        run(an_index_of(publisher, *files, pattern=r"2023"))


def test_files_on_a_host_that_the_source_names_are_fetched(
    publisher: Site, run: Callable[..., Any]
) -> None:
    elsewhere = publisher.url.replace("127.0.0.1", "localhost") + "/a.csv"
    publisher.says("/a.csv", Answer(a_table(1)))
    assert run(an_index_of(publisher, elsewhere, hosts=("localhost",))).items == 1


def test_a_folder_behind_a_web_server_is_an_index_of_files(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    for n in (1, 2):
        (shared / f"{n}.csv").write_bytes(a_table(n))
    (shared / "read me.txt").touch()
    with folder(shared) as url:
        index = FileIndex(kind="file_index", start=f"{url}/", links="li a", pattern=r"\.csv$")
        first, second = run(a_source(index)), run(a_source(index))
        (shared / "3.csv").write_bytes(a_table(3))
        third = run(a_source(index))
    assert (first.items, first.unchanged) == (2, False)
    assert (second.items, second.not_modified, second.unchanged) == (2, 2, True)
    assert (third.items, third.not_modified, third.unchanged) == (3, 2, False)


def test_a_source_file_changed_since_the_crawl_is_noticed(
    publisher: Site, sqlite_desk: Desk
) -> None:
    for n in (1, 2):
        publisher.says(f"/{n}.csv", Answer(a_table(n)))
    publisher.says("/1.csv", Answer(a_table(1)))
    source = an_index_of(publisher, "/1.csv", "/2.csv")
    changed = an_index_of(publisher, "/1.csv", "/2.csv", pattern="2.csv")
    with pytest.raises(UnreadableFile, match="it was changed since"):
        delivered(sqlite_desk, source, read_as=changed)


# CKAN.


def a_package(*resources: dict[str, Any]) -> Answer:
    return as_json({"success": True, "result": {"resources": list(resources)}})


def test_resources_are_chosen_by_their_format_or_by_their_name(
    publisher: Site, run: Callable[..., Any]
) -> None:
    publisher.says(
        "/api/3/action/package_show?id=firms",
        a_package(
            {"url": "/a", "format": ".CSV", "name": "2022年"},
            {"url": "/b.xlsx", "format": "", "name": "2022年"},
            {"url": "/c.csv", "format": "CSV", "name": "2021年"},
            {"url": "/d", "format": "PDF", "name": "2022年说明"},
            {"url": "", "format": "CSV", "name": "2022年"},
        ),
    )
    for n, path in enumerate(["/a", "/b.xlsx"]):
        publisher.says(path, Answer(a_table(n)))
    portal = Ckan(kind="ckan", start=f"{publisher.url}/", package="firms", pattern="2022")
    assert run(a_source(portal)).items == 2
    assert publisher.pages_asked()[1:] == ["/a", "/b.xlsx"]


def test_rows_are_counted_as_they_come_where_a_portal_sends_fewer_than_asked_for(
    publisher: Site, run: Callable[..., Any]
) -> None:
    for offset, size in ((0, 2), (2, 2), (4, 1)):
        rows = [{"_id": n} for n in range(offset, offset + size)]
        publisher.says(
            f"/ckan/api/3/action/datastore_search?resource_id=r+1&limit=500&offset={offset}",
            as_json({"success": True, "result": {"total": 5, "records": rows}}),
        )
    assert (
        run(a_source(Ckan(kind="ckan", start=f"{publisher.url}/ckan", resource="r 1"))).items == 5
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"success": False, "error": {"message": "Not found"}}, "gave no result .Not found."),
        ({"success": False, "error": {"message": "Access denied"}}, "use liangxin load"),
        ({"help": "?"}, "neither success nor result"),
        ({"success": True, "result": []}, "neither success nor result"),
        ([], "neither success nor result"),
        ({"success": True, "result": {"total": 1}}, "no list of rows"),
        ({"success": True, "result": {"records": [{"a": 1}]}}, "no page states a total"),
        (
            {"success": True, "result": {"total": 1, "total_was_estimated": True, "records": []}},
            "only an estimate",
        ),
    ],
)
def test_an_answer_that_is_no_result_is_told(
    answer: Any, said: str, publisher: Site, run: Callable[..., Any]
) -> None:
    path = "/api/3/action/datastore_search?resource_id=r&limit=500&offset="
    publisher.says(f"{path}0", as_json(answer))
    publisher.says(f"{path}1", as_json({"success": True, "result": {"records": []}}))
    with pytest.raises(crawl.CrawlFailed, match=said):
        run(a_source(Ckan(kind="ckan", start=publisher.url, resource="r")))


def test_a_data_set_without_a_table_is_told(publisher: Site, run: Callable[..., Any]) -> None:
    answer = a_package({"url": "/d", "format": "PDF"})
    publisher.says("/api/3/action/package_show?id=firms", answer)
    with pytest.raises(crawl.CrawlFailed, match="no resource in a format"):
        run(a_source(Ckan(kind="ckan", start=publisher.url, package="firms")))
