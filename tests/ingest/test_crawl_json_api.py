"""A paged JSON API is crawled whole, or not used."""

import gzip
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from crawls import BRISK, an_api, firms, state_of
from servers import Answer, Site, as_html, as_json, datasette, site
from sqlalchemy import Engine, select

from ingest import crawl, landing, pages
from ingest.crawl import CrawlReport, Pace
from ingest.sources import Source
from liangxin import db, schema
from liangxin.errors import CrawlFailed, DatabaseUnavailable, Misuse
from liangxin.settings import Settings

FIRMS = 250


@pytest.fixture(scope="module")
def datasette_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("datasette") / "register.db"
    with sqlite3.connect(file) as connection:
        connection.execute("create table firms (id integer primary key, 名称 text, 资本 integer)")
        connection.executemany(
            "insert into firms values (?, ?, ?)",
            [(n, f"样例{n}号商行", 10**17 + n if n % 7 else None) for n in range(1, FIRMS + 1)],
        )
    connection.close()
    with datasette(file) as url:
        yield url


# What comes from a real server.


def test_every_page_of_datasette_is_landed_in_order(
    datasette_url: str, settings: Settings, engine: Engine, clock: Callable[[], datetime]
) -> None:
    source = an_api(
        f"{datasette_url}/register/firms.json?_shape=objects&_size=100",
        total="filtered_table_rows_count",
        next="next_url",
    )
    report = crawl.crawl(source, settings, engine, clock=clock, pace=BRISK)
    assert (report.state, report.pages, report.items) == ("finished", 3, FIRMS)
    assert report.stated_total == FIRMS
    assert report.seconds > 0

    with db.reading(engine) as connection:
        assert crawl.latest_finished(connection, source.name) == report.crawl
        landed = crawl.pages_of(connection, report.crawl)
    assert [sha256 for _, _, sha256 in landed] == report.files
    assert [position for position, _, _ in landed] == [1, 2, 3]
    assert source.address is not None
    table = pl.concat(
        pages.read(landing.path_of(settings.landing, sha).read_bytes(), source.address, url).table
        for _, url, sha in landed
    )
    assert table.columns == ["id", "名称", "资本"]
    assert table["id"].to_list() == [str(n) for n in range(1, FIRMS + 1)]
    # A float would have lost the last digits; nothing stays nothing.
    assert table["资本"].to_list()[:7] == [*(str(10**17 + n) for n in range(1, 7)), None]


def test_a_crawl_may_run_again_in_the_same_process(
    datasette_url: str, run: Callable[..., CrawlReport]
) -> None:
    source = an_api(
        f"{datasette_url}/register/firms.json?_shape=objects&_size=max",
        total="filtered_table_rows_count",
        next="next_url",
    )
    first, second = run(source), run(source)
    assert second.crawl > first.crawl
    assert second.items == first.items == FIRMS


# Ways to the next page.


def test_pages_are_counted_until_an_empty_one(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list?q=1&page=1", as_json({"rows": firms(1, 2)}))
    publisher.says("/list?q=1&page=2", as_json({"rows": firms(3)}))
    publisher.says("/list?q=1&page=3", as_json({"rows": []}))
    report = run(an_api(f"{publisher.url}/list?q=1", page_parameter="page", total=""))
    assert (report.pages, report.items, report.stated_total) == (3, 3, None)


def test_pages_are_counted_until_the_stated_total(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list?p=0", as_json({"rows": firms(1, 2), "total": 3}))
    publisher.says("/list?p=1", as_json({"rows": firms(3), "total": 3}))
    report = run(an_api(f"{publisher.url}/list", page_parameter="p", first_page=0))
    assert (report.pages, report.items) == (2, 3)
    assert publisher.pages_asked() == ["/list?p=0", "/list?p=1"]


def test_a_very_long_next_address_is_followed(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    cursor = f"/list?cursor={'x' * 4000}"
    publisher.says("/list", as_json({"rows": firms(1), "total": 2, "next": cursor}))
    publisher.says(cursor, as_json({"rows": firms(2), "total": 2, "next": None}))
    assert run(an_api(f"{publisher.url}/list", next="next")).items == 2


@pytest.mark.parametrize(
    "target", ["http://localhost:1/other", "file:///etc/hostname", "ftp://127.0.0.1/list"]
)
def test_a_next_address_elsewhere_is_not_visited(
    publisher: Site,
    run: Callable[..., CrawlReport],
    sqlite_engine: Engine,
    target: str,
) -> None:
    publisher.says("/list", as_json({"rows": firms(1), "total": 2, "next": target}))
    with pytest.raises(CrawlFailed, match="another site"):
        run(an_api(f"{publisher.url}/list", next="next"))
    assert state_of(sqlite_engine)[0] == "failed"


# What makes a crawl worthless.


def test_a_total_that_is_not_reached_fails_the_crawl(
    publisher: Site, run: Callable[..., CrawlReport], sqlite_engine: Engine
) -> None:
    publisher.says("/list", as_json({"rows": firms(1, 2), "total": 3}))
    source = an_api(f"{publisher.url}/list", next="next")
    with pytest.raises(CrawlFailed, match="states 3 rows and 2 came") as caught:
        run(source)
    assert "共 3 条，实际收到 2 条" in caught.value.zh
    state, reason = state_of(sqlite_engine)
    assert state == "failed"
    assert reason is not None
    assert "共 3 条" in reason
    with db.reading(sqlite_engine) as connection:
        assert crawl.latest_finished(connection, source.name) is None


def test_more_rows_than_the_total_fail_the_crawl_at_once(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_json({"rows": firms(1, 2), "total": 1, "next": "/2"}))
    with pytest.raises(CrawlFailed, match="states 1 rows and 2 came"):
        run(an_api(f"{publisher.url}/list", next="next"))
    assert publisher.pages_asked() == ["/list"]


def test_a_total_that_is_promised_must_come(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_json({"rows": firms(1)}))
    with pytest.raises(CrawlFailed, match="no page states a total"):
        run(an_api(f"{publisher.url}/list", next="next"))


def test_a_list_that_changes_while_it_is_read_fails_the_crawl(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_json({"rows": firms(1, 2), "total": 4, "next": "/2"}))
    publisher.says("/2", as_json({"rows": firms(3), "total": 3}))
    with pytest.raises(CrawlFailed, match="went from 4 to 3"):
        run(an_api(f"{publisher.url}/list", next="next"))


def test_paging_in_a_circle_is_stopped(publisher: Site, run: Callable[..., CrawlReport]) -> None:
    publisher.says("/list", as_json({"rows": firms(1), "next": "/2"}))
    publisher.says("/2", as_json({"rows": firms(2), "next": "/list"}))
    with pytest.raises(CrawlFailed, match="in a circle"):
        run(an_api(f"{publisher.url}/list", next="next", total=""))
    assert publisher.pages_asked() == ["/list", "/2"]


@pytest.mark.parametrize("stamp", [{"at": 1}, {"at": 2}], ids=["same bytes", "same rows"])
def test_a_page_that_comes_again_is_noticed(
    publisher: Site, run: Callable[..., CrawlReport], stamp: dict[str, int]
) -> None:
    publisher.says("/list?page=1", as_json({"rows": firms(1), "at": 1}))
    publisher.says("/list?page=2", as_json({"rows": firms(1), **stamp}))
    with pytest.raises(CrawlFailed, match="the same as one before"):
        run(an_api(f"{publisher.url}/list", page_parameter="page", total=""))


def test_a_list_without_end_is_stopped(publisher: Site, run: Callable[..., CrawlReport]) -> None:
    for n in range(1, 5):
        publisher.says(f"/list?page={n}", as_json({"rows": firms(n)}))
    source = an_api(f"{publisher.url}/list", page_parameter="page", total="", max_pages=3)
    with pytest.raises(CrawlFailed, match="limit of 3 pages"):
        run(source)
    assert len(publisher.pages_asked()) == 3


def test_a_login_page_instead_of_json_is_told_as_such_and_kept(
    publisher: Site,
    run: Callable[..., CrawlReport],
    sqlite_engine: Engine,
    sqlite_settings: Settings,
) -> None:
    publisher.says("/list", as_html("<!doctype html><form>请登录</form>"))
    with pytest.raises(CrawlFailed, match="登录页") as caught:
        run(an_api(f"{publisher.url}/list"))
    assert f"page 1 ({publisher.url}/list)" in caught.value.en
    with db.reading(sqlite_engine) as connection:
        [sha256] = connection.execute(select(schema.LandedFile.sha256)).scalars()
    assert "请登录" in landing.path_of(sqlite_settings.landing, sha256).read_text("utf-8")


def test_a_redirect_is_not_followed_but_told(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", Answer(status=302, headers={"Location": "/login"}))
    publisher.says("/login", as_html("<form></form>"))
    with pytest.raises(CrawlFailed, match="redirects to /login"):
        run(an_api(f"{publisher.url}/list"))
    assert publisher.pages_asked() == ["/list"]


# A publisher in trouble.


def test_a_server_error_is_tried_again(publisher: Site, run: Callable[..., CrawlReport]) -> None:
    good = as_json({"rows": firms(1), "total": 1})
    publisher.says("/list", Answer(status=500), Answer(status=503), good)
    assert run(an_api(f"{publisher.url}/list")).items == 1
    assert publisher.pages_asked() == ["/list"] * 3


def test_a_publisher_that_asks_for_time_gets_it(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    busy = Answer(status=429, headers={"Retry-After": "1"})
    publisher.says("/list", busy, as_json({"rows": firms(1), "total": 1}))
    began = time.monotonic()
    run(an_api(f"{publisher.url}/list"))
    assert time.monotonic() - began >= 1.0


@pytest.mark.parametrize("status", [404, 403, 204, 500])
def test_anything_but_200_stops_the_crawl(
    publisher: Site, run: Callable[..., CrawlReport], sqlite_engine: Engine, status: int
) -> None:
    publisher.says("/list", Answer(status=status))
    with pytest.raises(CrawlFailed, match=f"status {status}"):
        run(an_api(f"{publisher.url}/list"))
    assert state_of(sqlite_engine)[0] == "failed"


def test_a_page_that_breaks_off_is_not_taken(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    whole = as_json({"rows": firms(*range(100)), "total": 100})
    cut = Answer(whole.body, headers=whole.headers, cut=200)
    publisher.says("/list", cut)
    with pytest.raises(CrawlFailed, match="broke off half way"):
        run(an_api(f"{publisher.url}/list"))
    publisher.says("/list", cut, whole)
    assert run(an_api(f"{publisher.url}/list")).items == 100


def test_a_publisher_that_does_not_answer_is_given_up(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", Answer(wait=0.5))
    with pytest.raises(CrawlFailed, match=r"did not answer within 0\.1 seconds"):
        run(an_api(f"{publisher.url}/list"), pace=Pace(0, retries=0, timeout=0.1))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "compressed"])
def test_a_page_too_large_is_not_read(
    publisher: Site, run: Callable[..., CrawlReport], packed: bool
) -> None:
    body = b'{"rows": [' + b" " * 2**21 + b"]}"
    headers = {"Content-Type": "application/json"}
    if packed:
        body, headers = gzip.compress(body), headers | {"Content-Encoding": "gzip"}
    publisher.says("/list", Answer(body, headers=headers))
    with pytest.raises(CrawlFailed, match="larger than 1 MiB"):
        run(an_api(f"{publisher.url}/list"), pace=Pace(0, retries=0, page_bytes=2**20))


def test_a_publisher_that_is_not_there_is_told(run: Callable[..., CrawlReport]) -> None:
    with site() as gone:
        pass
    with pytest.raises(CrawlFailed, match="cannot be reached"):
        run(an_api(f"{gone.url}/list"))


# Manners.


def test_the_publisher_learns_who_asks_and_whom_to_write_to(
    publisher: Site, sqlite_settings: Settings, sqlite_engine: Engine, clock: Callable[[], datetime]
) -> None:
    page = as_json({"rows": firms(1), "total": 2, "next": "/2"})
    publisher.says("/list", Answer(page.body, headers={"Set-Cookie": "session=1"}))
    publisher.says("/2", as_json({"rows": firms(2), "total": 2}))
    settings = sqlite_settings.model_copy(update={"contact": "desk@example.org\r\nX-Bad: 1"})
    source = an_api(f"{publisher.url}/list", next="next")
    crawl.crawl(source, settings, sqlite_engine, clock=clock, pace=BRISK)
    assert publisher.asked == ["/robots.txt", "/list", "/2"]
    for headers in publisher.headers:
        assert headers["User-Agent"] == "liangxin/0.1 (+desk@example.org X-Bad: 1)"
        assert not {"X-Bad", "Cookie", "Referer"} & set(headers)


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        pytest.param(Answer(b"User-agent: *\nDisallow: /list"), False, id="disallowed"),
        pytest.param(Answer(b"User-agent: liangxin\nDisallow: /"), False, id="for us alone"),
        pytest.param(Answer(b"User-agent: *\nDisallow: /private"), True, id="elsewhere"),
        pytest.param(Answer(status=404), True, id="no robots.txt"),
        pytest.param(Answer(status=503), False, id="robots.txt out of order"),
    ],
)
def test_robots_txt_is_obeyed(
    publisher: Site, run: Callable[..., CrawlReport], robots: Answer, allowed: bool
) -> None:
    publisher.says("/robots.txt", robots)
    publisher.says("/list", as_json({"rows": firms(1), "total": 1}))
    if allowed:
        assert run(an_api(f"{publisher.url}/list")).items == 1
    else:
        with pytest.raises(CrawlFailed, match=r"robots\.txt"):
            run(an_api(f"{publisher.url}/list"))
        assert publisher.pages_asked() == []


def test_pages_are_asked_for_one_after_the_other_with_a_pause(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    for n in range(1, 4):
        publisher.says(f"/list?page={n}", as_json({"rows": firms(n), "total": 3}))
    began = time.monotonic()
    run(an_api(f"{publisher.url}/list", page_parameter="page"), pace=Pace(delay=0.2))
    assert time.monotonic() - began >= 0.3  # three pauses, each at least half of 0.2 s


# A crawl that was cut short.


def cut_short(
    publisher: Site,
    run: Callable[..., CrawlReport],
    monkeypatch: pytest.MonkeyPatch,
    *,
    after: int,
) -> Source:
    """Crawl three pages, but let the disk be full after some of them."""
    for n in range(1, 4):
        publisher.says(f"/list?page={n}", as_json({"rows": firms(n), "total": 3}))
    source = an_api(f"{publisher.url}/list", page_parameter="page")
    real = landing.land_bytes
    landed: list[str] = []

    def full(folder: Path, data: bytes, *, origin: str) -> landing.Landed:
        if len(landed) == after:
            raise OSError(28, "No space left on device")
        landed.append(origin)
        return real(folder, data, origin=origin)

    with monkeypatch.context() as patched:
        patched.setattr(landing, "land_bytes", full)
        with pytest.raises(DatabaseUnavailable, match="No space left"):
            run(source)
    return source


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_full_disk_loses_nothing_that_has_landed(
    publisher: Site,
    run: Callable[..., CrawlReport],
    monkeypatch: pytest.MonkeyPatch,
    sqlite_engine: Engine,
    after: int,
) -> None:
    source = cut_short(publisher, run, monkeypatch, after=after)
    assert state_of(sqlite_engine)[0] == "running"
    report = run(source, resume=True)
    assert (report.crawl, report.pages, report.items) == (1, 3, 3)
    assert len(publisher.pages_asked()) == 4  # only the page that did not fit was asked for again


def test_a_crawl_killed_just_before_its_end_asks_for_nothing_more(
    publisher: Site,
    run: Callable[..., CrawlReport],
    sqlite_engine: Engine,
) -> None:
    for n in (1, 2):
        publisher.says(f"/list?page={n}", as_json({"rows": firms(n), "total": 2}))
    source = an_api(f"{publisher.url}/list", page_parameter="page")
    first = run(source)
    with db.writing(sqlite_engine) as connection:
        connection.execute(schema.Base.metadata.tables["crawl"].update().values(state="running"))
    assert run(source, resume=True).files == first.files
    assert publisher.pages_asked() == ["/list?page=1", "/list?page=2"]


def test_a_circle_is_noticed_across_a_resumption(
    publisher: Site, run: Callable[..., CrawlReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = cut_short(publisher, run, monkeypatch, after=2)
    publisher.says("/list?page=3", as_json({"rows": firms(1), "total": 3}))
    with pytest.raises(CrawlFailed, match="the same as one before"):
        run(source, resume=True)


def test_a_crawl_begun_anew_gives_up_the_killed_one(
    publisher: Site,
    run: Callable[..., CrawlReport],
    monkeypatch: pytest.MonkeyPatch,
    sqlite_engine: Engine,
) -> None:
    source = cut_short(publisher, run, monkeypatch, after=1)
    report = run(source)
    assert (report.crawl, report.pages) == (2, 3)
    state, reason = state_of(sqlite_engine, 1)
    assert state == "failed"
    assert reason is not None
    assert "采集中断" in reason


def test_without_a_killed_crawl_resume_begins_anew(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/list", as_json({"rows": firms(1), "total": 1}))
    source = an_api(f"{publisher.url}/list")
    assert [run(source, resume=True).crawl, run(source, resume=True).crawl] == [1, 2]


def test_a_crawl_that_lost_its_landed_bytes_is_not_resumed(
    publisher: Site,
    run: Callable[..., CrawlReport],
    monkeypatch: pytest.MonkeyPatch,
    sqlite_settings: Settings,
    sqlite_engine: Engine,
) -> None:
    source = cut_short(publisher, run, monkeypatch, after=1)
    for file in sqlite_settings.landing.glob("??/*"):
        file.unlink()
    with pytest.raises(CrawlFailed, match="cannot be resumed"):
        run(source, resume=True)
    assert state_of(sqlite_engine)[0] == "failed"


def test_a_crawl_that_another_process_took_over_stops_and_leaves_it_alone(
    publisher: Site,
    run: Callable[..., CrawlReport],
    monkeypatch: pytest.MonkeyPatch,
    sqlite_engine: Engine,
) -> None:
    source = cut_short(publisher, run, monkeypatch, after=1)
    real = landing.land_bytes

    def meanwhile(folder: Path, data: bytes, *, origin: str) -> landing.Landed:
        with db.writing(sqlite_engine) as connection:
            crawls = schema.Base.metadata.tables["crawl"]
            connection.execute(crawls.update().values(state="finished"))
        return real(folder, data, origin=origin)

    monkeypatch.setattr(landing, "land_bytes", meanwhile)
    with pytest.raises(CrawlFailed, match="took over"):
        run(source, resume=True)
    assert state_of(sqlite_engine)[0] == "finished"


# Where nothing can be crawled.


def test_a_source_without_an_address_is_not_crawled(run: Callable[..., CrawlReport]) -> None:
    source = an_api("http://127.0.0.1/").model_copy(update={"address": None})
    with pytest.raises(Misuse, match="no address"):
        run(source)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("https://api.example.org/x", "only an example"),
        ("https://list.invalid/x", "only an example"),
        ("file:///etc/hostname", "must begin with http"),
        ("api/list.json", "must begin with http"),
        ("http://[", "must begin with http"),
    ],
)
def test_an_address_that_leads_nowhere_is_not_asked(
    run: Callable[..., CrawlReport], start: str, said: str
) -> None:
    with pytest.raises(Misuse, match=said):
        run(an_api(start))


def test_the_module_loads_no_crawler_until_one_is_needed() -> None:
    code = (
        "import sys, ingest.crawl; print(sorted({'scrapy', 'twisted', 'aiohttp'} & {*sys.modules}))"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
