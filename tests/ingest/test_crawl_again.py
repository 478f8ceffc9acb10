"""A page is asked for with what its publisher marked it with, as long as its bytes are there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from crawls import BRISK, Platform, a_csv, landed_by, platform
from servers import Answer, Site, as_html
from sqlalchemy import Engine, select

from ingest import crawl, landing
from ingest.crawl import CrawlReport
from liangxin import db, schema
from liangxin.errors import CrawlFailed
from liangxin.settings import Settings

FILES = platform("file_index")


def marked(publisher: Site, kind: Platform = FILES, **headers: str) -> None:
    """Publish, each page with a mark of its own."""
    for path, answer in kind.answers.items():
        own = {name: value.format(path) for name, value in headers.items()}
        publisher.says(path, replace(answer, headers={**answer.headers, **own}))


def test_it_holds_on_both_databases(
    publisher: Site, settings: Settings, engine: Engine, clock: Callable[[], datetime]
) -> None:
    marked(publisher, ETag='"{}"')
    source = FILES.source(publisher)
    first = crawl.crawl(source, settings, engine, clock=clock, pace=BRISK)
    publisher.says("/a.csv", Answer(a_csv(7), headers={"ETag": '"new"'}))
    second = crawl.crawl(source, settings, engine, clock=clock, pace=BRISK)
    third = crawl.crawl(source, settings, engine, clock=clock, pace=BRISK)
    pages = len(FILES.paths)
    assert [each.not_modified for each in (first, second, third)] == [0, pages - 1, pages]
    assert [each.unchanged for each in (first, second, third)] == [False, False, True]
    assert second.files[1] == third.files[1] != first.files[1]
    with db.reading(engine) as connection:
        kept = connection.execute(
            select(schema.HttpValidator.etag).where(
                schema.HttpValidator.url == f"{publisher.url}/a.csv"
            )
        ).scalar()
    assert kept == '"new"'


def test_both_marks_are_sent_and_only_where_they_belong(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    marked(publisher, **{"ETag": 'W/"{}"', "Last-Modified": "{}"})
    run(FILES.source(publisher))
    publisher.headers.clear()
    run(FILES.source(publisher))
    asked = [headers for headers in publisher.headers if "If-None-Match" in headers]
    assert [headers["If-None-Match"] for headers in asked] == [f'W/"{p}"' for p in FILES.paths]
    assert [headers["If-Modified-Since"] for headers in asked] == FILES.paths


@pytest.mark.parametrize("spoil", ["gone", "altered"])
def test_a_page_whose_landed_bytes_are_not_whole_is_asked_for_anew(
    spoil: str, publisher: Site, run: Callable[..., CrawlReport], sqlite_settings: Settings
) -> None:
    marked(publisher, ETag='"{}"')
    first = run(FILES.source(publisher))
    file = landing.path_of(sqlite_settings.landing, first.files[1])
    file.unlink() if spoil == "gone" else file.write_bytes(b"else")
    second = run(FILES.source(publisher))
    assert (second.not_modified, second.files) == (len(FILES.paths) - 1, first.files)


@pytest.mark.parametrize("marks", [{}, {"ETag": "x" * 1_001}, {"ETag": ""}])
def test_a_mark_that_is_gone_is_forgotten(
    marks: dict[str, str],
    publisher: Site,
    run: Callable[..., CrawlReport],
    sqlite_engine: Engine,
) -> None:
    marked(publisher, ETag='"{}"')
    run(FILES.source(publisher))
    for path, answer in FILES.answers.items():  # the same pages, by another server
        publisher.says(path, replace(answer, headers=marks))
    assert run(FILES.source(publisher)).not_modified == 0
    with db.reading(sqlite_engine) as connection:
        assert connection.execute(select(schema.HttpValidator)).all() == []
    # Nothing was asked conditionally, and yet nothing is new.
    assert run(FILES.source(publisher)).unchanged


def test_not_modified_without_a_question_is_no_page(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    publisher.says("/1", Answer(status=304))
    with pytest.raises(CrawlFailed, match="status 304"):
        run(FILES.source(publisher))


def test_a_crawl_that_failed_is_nothing_to_be_unchanged_against(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    marked(publisher, ETag='"{}"')
    first = run(FILES.source(publisher))
    publisher.says("/a.csv", Answer(a_csv(7), headers={"ETag": '"new"'}))
    publisher.says("/d.csv", as_html("<form>请登录"))
    with pytest.raises(CrawlFailed):
        run(FILES.source(publisher))
    publisher.says("/d.csv", FILES.answers["/d.csv"])
    third = run(FILES.source(publisher))
    assert third.not_modified == len(FILES.paths) - 1
    assert not third.unchanged  # against the first, the last that was whole
    assert third.files[1] != first.files[1]


@pytest.mark.parametrize(
    "kind",
    [*map(platform, ["html_list_with_details", "file_index", "ckan_rows", "ckan_files"])],
    ids=lambda kind: kind.name,
)
def test_a_crawl_stopped_at_any_page_goes_on_and_ends_as_if_nothing_had_been(
    kind: Platform,
    publisher: Site,
    run: Callable[..., CrawlReport],
    clock: Callable[[], datetime],
    sqlite_engine: Engine,
) -> None:
    kind.publish(publisher)
    source = kind.source(publisher)
    whole = landed_by(sqlite_engine, run(source))
    for position, path in enumerate(kind.paths, start=1):
        looks: list[Any] = []

        def stopped(looks: list[Any] = looks, position: int = position) -> datetime:
            """Stop when this page is about to be written: two looks come before the first."""
            looks.append(None)
            if len(looks) == 2 + position:
                raise KeyboardInterrupt
            return clock()

        with pytest.raises(KeyboardInterrupt):
            run(source, clock=stopped)
        publisher.asked.clear()
        report = run(source, resume=True)
        assert publisher.pages_asked()[0] == path
        assert landed_by(sqlite_engine, report) == whole
