"""What tests of crawling share: a small publisher of each platform, and crawls of it."""

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from servers import Answer, Site, as_html, as_json
from sqlalchemy import Engine, select

from ingest import crawl
from ingest.crawl import CrawlReport, Pace
from ingest.sources import Address, Ckan, FileIndex, HtmlList, JsonApi, Source
from liangxin import db, schema
from liangxin.settings import Settings

#: As fast as a test wants it; everything else as in the field.
BRISK = Pace(delay=0, retries=2, retry_wait=0.01, timeout=5)
LOGIN = as_html("<html><form>请登录<input type=text><input type='password'></form></html>")
CSV = {"Content-Type": "text/csv"}


def a_source(address: Address) -> Source:
    return Source(
        name="a_portal", title="名单", publisher="某局", rhythm="monthly", address=address
    )


def firms(*numbers: int) -> list[dict[str, Any]]:
    return [{"编号": n, "名称": f"样例{n}号商行"} for n in numbers]


def a_list(*numbers: int, following: str = "", details: bool = False, total: str = "") -> str:
    """A page of a list as HTML."""
    cells = "<td><a href='/detail/{0}'>样例{0}号</a></td>" if details else "<td>样例{0}号商行</td>"
    rows = "".join(f"<tr><td>{n}</td>{cells.format(n)}</tr>" for n in numbers)
    link = f'<a class="next" href="{following}">下一页</a>' if following else ""
    return (
        f'<table class="list"><tr><th>编号</th><th>名称</th></tr>{rows}</table>'
        f'<span class="total">{total}</span>{link}'
    )


def a_detail(n: int, *, code: str = "") -> str:
    """The page of one row."""
    return (
        f"<table><tr><th>名称：</th><td>样例{n}号商行</td></tr>"
        f"<tr><th>统一社会信用代码</th><td>{code or n}</td></tr></table>"
    )


def an_index(*files: str, following: str = "", total: str = "") -> str:
    """A page of links to files."""
    rows = "".join(f"<li><a href='{file}'>{file.rpartition('/')[2]}</a></li>" for file in files)
    link = f'<a class="next" href="{following}">下一页</a>' if following else ""
    return f'<ul class="files">{rows}</ul><span class="total">{total}</span>{link}'


def a_csv(*numbers: int, encoding: str = "utf-8", codes: Sequence[str] = ()) -> bytes:
    """A file of registrations."""
    rows = [
        f"样例{n}号商行,{codes[at] if codes else n},存续,示例路{n}号"
        for at, n in enumerate(numbers)
    ]
    return "\n".join(["企业名称,统一社会信用代码,登记状态,住所", *rows, ""]).encode(encoding)


def a_zip(members: Mapping[str, bytes]) -> bytes:
    """An archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def a_ckan_page(*numbers: int, total: int) -> Answer:
    """Rows of a resource."""
    return as_json({"success": True, "result": {"total": total, "records": firms(*numbers)}})


@dataclass(frozen=True)
class Platform:
    """A publisher of four items, and how it is crawled: each path is asked for once, in order."""

    name: str
    address: Callable[[str], Address]
    answers: Mapping[str, Answer]
    circle: tuple[str, Answer] | None = None  # a page that leads back to the first

    @property
    def paths(self) -> list[str]:
        return list(self.answers)

    def source(self, publisher: Site, **changes: Any) -> Source:
        return a_source(self.address(publisher.url).model_copy(update=changes))

    def publish(self, publisher: Site) -> None:
        for path, answer in self.answers.items():
            publisher.says(path, answer)


def _rows(path: str, *numbers: int, following: str | None = None) -> tuple[str, Answer]:
    return path, as_json({"rows": firms(*numbers), "total": 4, "next": following})


_CKAN = "/api/3/action/datastore_search?resource_id=r1&limit=2&offset="
_PACKAGE = "/api/3/action/package_show?id=firms"
PLATFORMS = [
    Platform(
        "json_api",
        lambda url: JsonApi(
            kind="json_api", start=f"{url}/1", items="rows", total="total", next="next"
        ),
        dict([_rows("/1", 1, 2, following="/2"), _rows("/2", 3, 4)]),
        _rows("/2", 3, following="/1"),
    ),
    Platform(
        "html_list",
        lambda url: HtmlList(
            kind="html_list", start=f"{url}/1", table=".list", next=".next", total=".total"
        ),
        {
            "/1": as_html(a_list(1, 2, following="/2", total="共4条")),
            "/2": as_html(a_list(3, 4, total="共4条")),
        },
        ("/2", as_html(a_list(3, following="/1", total="共4条"))),
    ),
    Platform(
        "html_list_with_details",
        lambda url: HtmlList(
            kind="html_list",
            start=f"{url}/1",
            table=".list",
            next=".next",
            total=".total",
            detail="a",
        ),
        {
            "/1": as_html(a_list(1, 2, following="/2", details=True, total="共4条")),
            "/detail/1": as_html(a_detail(1)),
            "/detail/2": as_html(a_detail(2)),
            "/2": as_html(a_list(3, 4, details=True, total="共4条")),
            "/detail/3": as_html(a_detail(3)),
            "/detail/4": as_html(a_detail(4)),
        },
        ("/2", as_html(a_list(3, following="/1", details=True, total="共4条"))),
    ),
    Platform(
        "file_index",
        lambda url: FileIndex(
            kind="file_index", start=f"{url}/1", links=".files a", next=".next", total=".total"
        ),
        {
            "/1": as_html(an_index("/a.csv", "/b.csv", following="/2", total="共4个")),
            "/a.csv": Answer(a_csv(1), headers=CSV),
            "/b.csv": Answer(a_csv(2), headers=CSV),
            "/2": as_html(an_index("/c.zip", "/d.csv", total="共4个")),
            "/c.zip": Answer(a_zip({"三月/名单.csv": a_csv(3)})),
            "/d.csv": Answer(a_csv(4), headers=CSV),
        },
        ("/2", as_html(an_index("/c.zip", following="/1", total="共4个"))),
    ),
    Platform(
        "file_index_json",
        lambda url: FileIndex(
            kind="file_index",
            format="json",
            start=f"{url}/1",
            links="files",
            next="next",
            total="total",
        ),
        {
            "/1": as_json({"files": [{"url": "/a.csv"}], "next": "/2", "total": 4}),
            "/a.csv": Answer(a_csv(1), headers=CSV),
            "/2": as_json({"files": [{"url": f"/{n}.csv"} for n in "bcd"], "total": 4}),
            "/b.csv": Answer(a_csv(2), headers=CSV),
            "/c.csv": Answer(a_csv(3), headers=CSV),
            "/d.csv": Answer(a_csv(4), headers=CSV),
        },
        ("/2", as_json({"files": [{"url": "/b.csv"}], "next": "/1", "total": 4})),
    ),
    Platform(
        "ckan_rows",
        lambda url: Ckan(kind="ckan", start=url, resource="r1", limit=2),
        {f"{_CKAN}0": a_ckan_page(1, 2, total=4), f"{_CKAN}2": a_ckan_page(3, 4, total=4)},
    ),
    Platform(
        "ckan_files",
        lambda url: Ckan(kind="ckan", start=url, package="firms"),
        {
            _PACKAGE: as_json(
                {
                    "success": True,
                    "result": {
                        "resources": [
                            {"url": f"/{n}.csv", "format": "CSV", "name": n} for n in "abcd"
                        ]
                    },
                }
            ),
            "/a.csv": Answer(a_csv(1), headers=CSV),
            "/b.csv": Answer(a_csv(2), headers=CSV),
            "/c.csv": Answer(a_csv(3), headers=CSV),
            "/d.csv": Answer(a_csv(4), headers=CSV),
        },
    ),
]


#: A platform, and one of its pages of each role.
PAGES = [
    ("json_api", "/2"),
    ("html_list", "/2"),
    ("html_list_with_details", "/detail/3"),
    ("file_index", "/2"),
    ("file_index", "/c.zip"),
    ("file_index_json", "/2"),
    ("ckan_rows", f"{_CKAN}2"),
    ("ckan_files", _PACKAGE),
]


def platform(name: str) -> Platform:
    return next(each for each in PLATFORMS if each.name == name)


def state_of(engine: Engine, crawl_id: int | None = None) -> tuple[str, str | None]:
    """State and reason of a crawl, or of the newest one."""
    table = schema.Crawl
    query = select(table.state, table.reason).order_by(table.id.desc()).limit(1)
    if crawl_id is not None:
        query = query.where(table.id == crawl_id)
    with db.reading(engine) as connection:
        state, reason = connection.execute(query).one()
    return state, reason


def landed_by(engine: Engine, report: CrawlReport) -> list[tuple[int, str, str]]:
    """Position, address and hash of what a crawl landed."""
    with db.reading(engine) as connection:
        return crawl.pages_of(connection, report.crawl)


def killed_at(path: str, publisher: Site, source: Source, settings: Settings) -> None:
    """Crawl in a process of its own, and kill it while it waits for an answer."""
    good = publisher.answers[path]
    publisher.says(path, Answer(wait=1.0), *good)
    code = f"""
from datetime import UTC, datetime
from pathlib import Path
from ingest.crawl import Pace, crawl
from ingest.sources import Source
from liangxin import db
from liangxin.settings import Settings
settings = Settings(home=Path({str(settings.home)!r}))
source = Source.model_validate_json({source.model_dump_json()!r})
crawl(source, settings, db.make_engine(settings), clock=lambda: datetime.now(UTC), pace=Pace(0))
"""
    python_path = os.pathsep.join(part for part in sys.path if part)
    with subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": python_path}
    ) as child:
        while publisher.pages_asked()[-1:] != [path] and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL


def an_api(start: str, **address: Any) -> Source:
    known = {"items": "rows", "total": "total"} | address
    return Source(
        name="registrations_api",
        title="登记接口",
        publisher="某市监局",
        rhythm="daily",
        address=JsonApi(kind="json_api", start=start, **known),
    )
