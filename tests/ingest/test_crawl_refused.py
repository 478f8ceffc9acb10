"""A publisher that does not want to be asked is left alone; and a crawl is known again by its pages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from crawls import an_api
from factories import NOW, insert_run
from servers import Answer, Site
from sqlalchemy import Engine, insert, select

from ingest import replay, sync
from ingest.crawl import CrawlReport
from liangxin import db
from liangxin.errors import CrawlFailed, CrawlRefused
from liangxin.schema import Crawl, CrawlPage, LandedFile, Run, RunFile


def test_a_publisher_that_asks_for_an_hour_is_left_alone_until_the_next_time(
    publisher: Site, run: Callable[..., CrawlReport]
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for asked in ("3600", later):
        publisher.says("/list", Answer(status=503, headers={"Retry-After": asked}))
        with pytest.raises(CrawlRefused, match=r"asks to wait for 3[56]"):
            run(an_api(f"{publisher.url}/list"))
    assert publisher.pages_asked() == ["/list"] * 2  # once each, and not again


@pytest.mark.parametrize(
    ("status", "again"), [(403, False), (302, False), (404, True), (500, True)]
)
def test_who_is_refused_does_not_ask_again_the_same_day(
    publisher: Site, run: Callable[..., CrawlReport], status: int, again: bool
) -> None:
    publisher.says("/list", Answer(status=status, headers={"Location": "/login"}))
    with pytest.raises(CrawlFailed) as error:
        run(an_api(f"{publisher.url}/list"))
    assert sync.failed("示例", error.value).passing is again


def test_a_run_is_read_again_from_the_crawl_whose_pages_it_read(sqlite_engine: Engine) -> None:
    """The clock was set back between two crawls, so the second looks finished before the first's run."""
    with db.writing(sqlite_engine) as connection:
        run = insert_run(connection, learned_at=NOW)
        source = connection.execute(select(Run.source_id).where(Run.id == run)).scalar_one()
        for number, digest in enumerate(("a" * 64, "b" * 64), start=1):
            finished = NOW - timedelta(days=number)
            connection.execute(
                insert(LandedFile).values(sha256=digest, origin="p", size=1, landed_at=finished)
            )
            crawl = {"id": number, "source_id": source, "state": "finished", "items": 1}
            connection.execute(
                insert(Crawl).values(**crawl, started_at=finished, finished_at=finished)
            )
            page = {"crawl_id": number, "position": 0, "url": "http://p", "items": 1}
            connection.execute(insert(CrawlPage).values(**page, sha256=digest, landed_at=finished))
        connection.execute(
            insert(RunFile).values(
                run_id=run, position=0, sha256="a" * 64, origin="http://p", row_offset=0
            )
        )
        assert replay._crawl_of(connection, run) == 1
