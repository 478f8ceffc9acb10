"""Whatever a publisher does, on whatever platform: a crawl is whole, or one sentence says why not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from crawls import (
    BRISK,
    LOGIN,
    PAGES,
    PLATFORMS,
    Platform,
    killed_at,
    landed_by,
    platform,
    state_of,
)
from servers import Answer, Site, as_html
from sqlalchemy import Engine

from ingest import crawl
from ingest.crawl import CrawlReport, Pace
from liangxin.errors import CrawlFailed
from liangxin.settings import Settings

#: One page and one file may be a megabyte.
SMALL = replace(BRISK, retries=0, page_bytes=2**20, file_bytes=2**20)
ENDLESS = 10 * 2**30
every_platform = pytest.mark.parametrize("kind", PLATFORMS, ids=lambda kind: kind.name)
every_page = pytest.mark.parametrize(("name", "path"), PAGES)


@every_platform
def test_all_of_it_is_landed_in_order(
    kind: Platform, publisher: Site, run: Callable[..., CrawlReport], sqlite_engine: Engine
) -> None:
    kind.publish(publisher)
    report = run(kind.source(publisher))
    assert publisher.pages_asked() == kind.paths
    assert (report.state, report.items, report.pages) == ("finished", 4, len(kind.paths))
    landed = landed_by(sqlite_engine, report)
    assert [url for _, url, _ in landed] == [publisher.url + path for path in kind.paths]
    assert [sha256 for _, _, sha256 in landed] == report.files


# A publisher in trouble.

IMPATIENT = replace(BRISK, retries=0, timeout=0.5)
#: What is said instead of a page, or a change to how it is sent; the sentence; how it is asked.
FAULTS: dict[str, tuple[Answer | dict[str, Any], str, Pace]] = {
    "errors": (Answer(status=500), "status 500", BRISK),
    "denied": (Answer(status=403), "denies access", BRISK),
    "redirected": (Answer(status=302, headers={"Location": "/in"}), "login page", BRISK),
    "a login page": (LOGIN, "behind a login or a CAPTCHA is not crawled", BRISK),
    "cut short": ({"cut": 20}, "broke off half way", BRISK),
    "a broken chunk": ({"cut": 20, "chunked": True}, "broke off half way", BRISK),
    "10 GB": ({"length": ENDLESS}, "larger than 1 MiB", SMALL),
    "10 GB, not stated": ({"length": ENDLESS, "chunked": True}, "larger than 1 MiB", SMALL),
    "silence": ({"wait": 1.5}, "did not answer within 0.5 seconds", IMPATIENT),
    "a trickle": (
        {"length": 2**20, "pause": 0.02},
        "not there after 0.5 seconds",
        replace(BRISK, longest=0.5),
    ),
    "nothing": (Answer(), "will not be used", BRISK),
}


@every_page
@pytest.mark.parametrize("fault", FAULTS)
def test_a_publisher_in_trouble_is_told_in_a_sentence_and_nothing_is_used(
    name: str,
    path: str,
    fault: str,
    publisher: Site,
    run: Callable[..., CrawlReport],
    sqlite_engine: Engine,
) -> None:
    kind = platform(name)
    kind.publish(publisher)
    spoilt, said, pace = FAULTS[fault]
    good = kind.answers[path]
    publisher.says(path, replace(good, **spoilt) if isinstance(spoilt, dict) else spoilt)
    with pytest.raises(CrawlFailed) as caught:
        run(kind.source(publisher), pace=pace)
    assert said in caught.value.en
    assert path in caught.value.zh
    assert state_of(sqlite_engine)[0] == "failed"


@every_page
def test_errors_that_pass_are_waited_out(
    name: str, path: str, publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    kind = platform(name)
    kind.publish(publisher)
    good = kind.answers[path]
    broken = replace(good, cut=20)
    publisher.says(path, Answer(status=500), broken, good)
    assert run(kind.source(publisher)).items == 4
    assert publisher.pages_asked().count(path) == 3


# A publisher that goes wrong.


@pytest.mark.parametrize("kind", [p for p in PLATFORMS if p.circle], ids=lambda kind: kind.name)
def test_paging_in_a_circle_is_stopped(
    kind: Platform, publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    kind.publish(publisher)
    assert kind.circle is not None
    path, answer = kind.circle
    publisher.says(path, answer)
    with pytest.raises(CrawlFailed, match="in a circle"):
        run(kind.source(publisher))
    assert len(publisher.pages_asked()) <= len(kind.paths)


@every_platform
def test_the_same_page_again_is_no_other_page(
    kind: Platform, publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    kind.publish(publisher)
    one, other = next(pair for pair in pairwise(kind.paths) if _alike(kind, *pair))
    publisher.says(other, kind.answers[one])
    with pytest.raises(CrawlFailed, match="the same as one before"):
        run(kind.source(publisher))


def _alike(kind: Platform, *paths: str) -> bool:
    """Two pages of the same role: both of the list, or neither."""
    return len({"." in path or "detail" in path for path in paths}) == 1


@every_platform
def test_a_list_longer_than_the_limit_is_stopped(
    kind: Platform, publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    kind.publish(publisher)
    most = len(kind.paths) - 1
    with pytest.raises(CrawlFailed, match=f"limit of {most} pages"):
        run(kind.source(publisher, max_pages=most))
    assert publisher.pages_asked() == kind.paths[:most]


@pytest.mark.parametrize(
    "kind", [p for p in PLATFORMS if p.name != "ckan_files"], ids=lambda kind: kind.name
)
@pytest.mark.parametrize("total", [b"3", b"5"])
def test_a_total_that_changes_fails_the_crawl(
    kind: Platform, total: bytes, publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    kind.publish(publisher)
    path = "/2" if "/2" in kind.paths else kind.paths[-1]
    body = kind.answers[path].body
    for stated in (b'"total": %s', "共%s".encode()):
        body = body.replace(stated.replace(b"%s", b"4"), stated.replace(b"%s", total))
    publisher.says(path, replace(kind.answers[path], body=body))
    with pytest.raises(
        CrawlFailed, match=f"went from 4 to {total.decode()}|states {total.decode()}"
    ):
        run(kind.source(publisher))


@pytest.mark.parametrize(
    "kind", [p for p in PLATFORMS if p.name != "ckan_files"], ids=lambda kind: kind.name
)
def test_a_total_that_is_not_reached_fails_the_crawl(
    kind: Platform, publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    for path, answer in kind.answers.items():
        body = answer.body.replace(b'"total": 4', b'"total": 9')
        body = body.replace("共4".encode(), "共9".encode())
        publisher.says(path, replace(answer, body=body))
    if kind.name == "ckan_rows":
        nothing = Answer(b'{"success": true, "result": {"total": 9, "records": []}}')
        publisher.says(kind.paths[-1].replace("offset=2", "offset=4"), nothing)
    with pytest.raises(CrawlFailed, match="states 9 rows and 4 came"):
        run(kind.source(publisher))


@pytest.mark.parametrize("name", ["html_list_with_details", "file_index"])
def test_pages_in_gb18030_that_do_not_say_so_are_read_as_declared_and_never_guessed(
    name: str, publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    kind = platform(name)
    for path, answer in kind.answers.items():
        page = answer.headers.get("Content-Type") == "text/html"
        body = answer.body.decode().encode("gb18030") if page else answer.body
        publisher.says(path, replace(answer, body=body))
    assert run(kind.source(publisher, encoding="gb18030")).items == 4
    publisher.says(
        "/1", as_html("<p>统一社会信用代码" * 100 + kind.answers["/1"].body.decode(), "gb18030")
    )
    with pytest.raises(CrawlFailed, match="name its encoding in the source file"):
        run(kind.source(publisher))


# Manners.


@every_page
def test_robots_txt_is_obeyed_on_every_page(
    name: str, path: str, publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    kind = platform(name)
    kind.publish(publisher)
    publisher.says("/robots.txt", Answer(f"User-agent: *\nDisallow: {path}".encode()))
    with pytest.raises(CrawlFailed, match=r"robots\.txt"):
        run(kind.source(publisher))
    assert path not in publisher.pages_asked()
    assert all("liangxin" in headers["User-Agent"] for headers in publisher.headers)


# What has not changed is not sent again.


@every_platform
@pytest.mark.parametrize("mark", ["ETag", "Last-Modified"])
def test_a_publisher_that_has_nothing_new_sends_nothing(
    kind: Platform,
    mark: str,
    publisher: Site,
    run: Callable[..., CrawlReport],
    sqlite_engine: Engine,
) -> None:
    for path, answer in kind.answers.items():
        publisher.says(path, replace(answer, headers={**answer.headers, mark: f'"{path}"'}))
    first, second = run(kind.source(publisher)), run(kind.source(publisher))
    assert (first.not_modified, first.unchanged) == (0, False)
    assert (second.not_modified, second.unchanged) == (len(kind.paths), True)
    assert (second.state, second.items) == ("finished", 4)
    assert landed_by(sqlite_engine, second) == landed_by(sqlite_engine, first)


# A crawl that was killed.


@pytest.mark.parametrize(
    "kind",
    [each for each in PLATFORMS if each.name not in {"html_list", "file_index_json"}],
    ids=lambda kind: kind.name,
)
def test_a_killed_crawl_goes_on_and_ends_as_if_nothing_had_been(
    kind: Platform,
    publisher: Site,
    sqlite_settings: Settings,
    sqlite_engine: Engine,
    clock: Callable[[], datetime],
) -> None:
    kind.publish(publisher)
    source, path = kind.source(publisher), kind.paths[-1]
    killed_at(path, publisher, source, sqlite_settings)
    assert state_of(sqlite_engine)[0] == "running"
    go_on: dict[str, object] = {"clock": clock, "pace": BRISK}
    report = crawl.crawl(source, sqlite_settings, sqlite_engine, resume=True, **go_on)
    assert publisher.pages_asked() == [*kind.paths, path]
    assert (report.state, report.crawl, report.items) == ("finished", 1, 4)
    anew = crawl.crawl(source, sqlite_settings, sqlite_engine, **go_on)
    assert landed_by(sqlite_engine, report) == landed_by(sqlite_engine, anew)
