"""A crawl of a paged JSON interface, against the server's own limit under a plain HTTP client.

    python benchmarks/crawl.py [ITEMS]          default: 20000

The server is a process of its own; client and crawl take turns on it, in this process, and only
their ratio means anything. The client asks for one page after the other and reads its JSON, no
more. The crawl, its delays off, also obeys robots.txt, keeps AutoThrottle on, lands every page
on the disk and in the register in one transaction each, compares totals and pages, and can be
killed at any moment. A second crawl of the same pages is one of a publisher that marks them
with ETags: nothing is sent again.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests")]
TURNS = 5
PAGES = (100, 500)


def serve(items: int, size: int) -> None:
    """Serve so many items until standard input ends."""
    from servers import as_json, site

    with site() as publisher:
        for start in range(0, items, size):
            rows = [
                {"企业名称": f"示例第{n}号有限公司", "住所": f"示例路{n}号", "编号": n}
                for n in range(start, min(start + size, items))
            ]
            following = f"/{start + size}" if start + size < items else None
            answer = as_json({"rows": rows, "total": items, "next": following})
            answer.headers["ETag"] = f'"{start}"'
            publisher.says(f"/{start}", answer)
        print(publisher.url, flush=True)
        sys.stdin.read()


def plain(url: str) -> int:
    """A client of an afternoon: page after page, in one thread."""
    items, following = 0, "/0"
    while following:
        with urllib.request.urlopen(url + following) as response:  # noqa: S310 - our own server
            page = json.loads(response.read())
        items += len(page["rows"])
        following = page["next"]
    return items


def opened(home: Path) -> Any:
    """Return the settings of a folder and its register, made if it is not there."""
    from liangxin import migrate
    from liangxin.settings import Settings

    settings = Settings(home=home)
    return settings, migrate.open_register(settings, now=datetime.now(UTC))


def ours(url: str, home: Path) -> int:
    """The crawl, into the register of a folder."""
    from ingest.crawl import Pace, crawl
    from ingest.sources import JsonApi, Source

    address = JsonApi(kind="json_api", start=f"{url}/0", items="rows", total="total", next="next")
    source = Source(name="a", title="a", publisher="a", rhythm="daily", address=address)
    settings, engine = opened(home)
    try:
        report = crawl(
            source, settings, engine, clock=lambda: datetime.now(UTC), pace=Pace(delay=0)
        )
    finally:
        engine.dispose()
    return report.items


def timed(items: int, work: Callable[..., int], *arguments: object) -> float:
    """Return items a second."""
    started = time.perf_counter()
    if work(*arguments) != items:
        sys.exit(f"{work} did not bring all items")
    return items / (time.perf_counter() - started)


def compare(items: int, size: int) -> str:
    """Take turns; return one line of the table."""
    rates: dict[str, list[float]] = {"plain": [], "ours": [], "again": []}
    with (
        tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder,
        subprocess.Popen(
            [sys.executable, __file__, "--serve", str(items), str(size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server,
    ):
        assert server.stdin and server.stdout  # noqa: PT018 - pipes were asked for
        url = server.stdout.readline().strip()
        ours(url, Path(folder) / "warm")  # Scrapy is loaded, the schema made
        for turn in range(TURNS):
            home = Path(folder) / str(turn)
            opened(home)[1].dispose()
            rates["plain"].append(timed(items, plain, url))
            rates["ours"].append(timed(items, ours, url, home))
            rates["again"].append(timed(items, ours, url, home))
        server.stdin.close()
    ratios = [median(o / p for o, p in zip(rates[k], rates["plain"], strict=True)) for k in rates]
    figures = "".join(f"{median(rates[kind]):>12,.0f}" for kind in rates)
    return f"{size:>10}{figures}{ratios[1]:>14.2f}{ratios[2]:>14.2f}"


def main() -> None:
    """Print the table."""
    items = int(sys.argv[1]) if sys.argv[1:] else 20_000
    print(f"{items:,} items, items/s")
    print("  per page       plain        ours       again    ours/plain   again/plain")
    for size in PAGES:
        print(compare(items, size), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*map(int, sys.argv[2:]))
    else:
        main()
