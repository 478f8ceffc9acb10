"""How long a clerk waits for the verdict on a file dropped at a page, against the limit of 10 s.

    python benchmarks/drop.py [ROWS …] [--register ORGANISATIONS]     default: 5000, in 20000

A register of ``ORGANISATIONS`` firms, a real server and a real worker, a process of its own. Dropped
is an economic office's list in which a quarter of the rows is new, a fifth has another name than
the register knows and a twentieth is to be refused; the wait ends when the page of the file shows
the verdict. ``first`` is the first file of a worker that has just begun, ``next`` the median of the
files after it, ``worst`` the longest of all; ``cpu`` is what the worker spent on one of the later
ones. The verdict is that of a rehearsal: the load itself, taken back.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from load import AS_INSTALLED  # noqa: E402

if TYPE_CHECKING:
    from sqlalchemy import Engine

LIMIT = 10.0
REGISTER, SOURCE, DISTRICT = "market_regulator", "office_register", "430702"
REGISTERED, DROPPED = date(2026, 9, 30), date(2026, 10, 31)
#: Seconds between two looks at what became of it, and after which it is given up.
EVERY, PATIENCE = 0.1, 120.0
AGAIN = 4


def files_of(folder: Path, rows: int, register: int) -> tuple[Path, list[Path]]:
    """The file the register is made of, and those that are dropped, each other rows of it."""
    import polars as pl
    import registrations

    whole = registrations.make(register + (AGAIN + 1) * rows)
    known, fresh = whole.head(register), whole.tail(-register)
    known.write_csv(folder / "register.csv")
    dropped = []
    for turn in range(AGAIN + 1):
        new, old = rows // 4, rows - rows // 4
        at = (turn * old) % max(register - old, 1)
        place = pl.int_range(pl.len())
        frame = pl.concat([known.slice(at, old), fresh.slice(turn * rows, new)]).with_columns(
            企业名称=pl.when(place % 4 == 1)
            .then("企业名称" + pl.lit("分部"))
            .otherwise("企业名称"),
            统一社会信用代码=pl.when(place % 20 == 7)
            .then(pl.col("统一社会信用代码").str.slice(0, 17) + "I")
            .otherwise("统一社会信用代码"),
        )
        dropped.append(folder / f"dropped-{turn}.csv")
        frame.write_csv(dropped[-1])
    return folder / "register.csv", dropped


@contextmanager
def a_worker(here: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """``liangxin worker`` as it is started on a server; until the block ends."""
    command = [str(Path(sys.executable).parent / "liangxin"), "worker"]
    with subprocess.Popen(command, env=AS_INSTALLED | here, stdout=subprocess.DEVNULL) as child:
        try:
            yield child
        finally:
            child.terminate()


def processor(child: subprocess.Popen[bytes]) -> float:
    """Seconds of processor a process and those it has waited for have had."""
    said = Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, said[11:15])) / os.sysconf("SC_CLK_TCK")


class Clerk:
    """Drops a file, and looks at its page until there is a verdict."""

    def __init__(self, address: str, cookie: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        self.headers = {"Cookie": cookie, "Origin": address}

    def drop(self, file: Path) -> str:
        """Send it; return the address of its page."""
        asked = f"/files/upload?source={SOURCE}&name={quote(file.name)}&as_of={DROPPED}"
        headers = {**self.headers, "Content-Type": "application/octet-stream"}
        said = self._asked("POST", asked, file.read_bytes(), headers)
        return str(json.loads(said)["at"])

    def sees(self, path: str) -> str:
        """What the page of a file shows."""
        question = {
            "output": "page.children",
            "outputs": {"id": "page", "property": "children"},
            "inputs": [
                {"id": "location", "property": "pathname", "value": path},
                {"id": "location", "property": "search", "value": ""},
            ],
            "changedPropIds": ["location.pathname"],
            "state": [],
        }
        headers = {**self.headers, "Content-Type": "application/json"}
        said = self._asked(
            "POST", "/_dash-update-component", json.dumps(question).encode(), headers
        )
        return json.dumps(json.loads(said), ensure_ascii=False)

    def _asked(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        told = response.read()
        if response.status != 200:
            raise SystemExit(f"{path}: {response.status} {told[:300].decode()}")
        return told


def waited(clerk: Clerk, file: Path, state: Callable[[int], str]) -> float:
    """Seconds from the drop to the page that shows the verdict."""
    start = perf_counter()
    path = clerk.drop(file)
    while (now := state(int(path.rpartition("/")[2]))) == "checking":
        if perf_counter() - start > PATIENCE:
            raise SystemExit(f"no verdict on {file.name} after {PATIENCE:.0f} s")
        sleep(EVERY)
    if now != "checked":
        raise SystemExit(f"{file.name}: {now}")
    clerk.sees(path)
    return perf_counter() - start


def measure(rows: int, register: int) -> str:
    """One line of the table."""
    import pages
    import signed
    from sqlalchemy import select
    from typer.testing import CliRunner

    from dashboard.account import COOKIE
    from dashboard.cli import app
    from dashboard.site import Site
    from liangxin import db, migrate
    from liangxin.access import Role
    from liangxin.schema import HandedIn
    from liangxin.settings import Settings

    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        known, dropped = files_of(Path(folder), rows, register)
        settings = Settings(home=home, district=DISTRICT)
        engine = migrate.open_register(settings, now=datetime.now(UTC))
        here = {"LIANGXIN_HOME": str(home), "LIANGXIN_DISTRICT": DISTRICT}
        loading = ["load", str(known), "--source", REGISTER, "--as-of", str(REGISTERED)]
        done = CliRunner().invoke(app, loading, env=here)
        if done.exit_code:
            raise SystemExit(done.output)

        def state(number: int) -> str:
            with db.reading(engine) as connection:
                return connection.execute(
                    select(HandedIn.state).where(HandedIn.id == number)
                ).scalar_one()

        def clock() -> datetime:
            return datetime.now(UTC)

        cookie = signed.session_of(
            Site(settings, engine, clock), Role.ECONOMIC_OFFICE, *_subdistricts()
        )
        with a_worker(here) as child, pages.serving(settings, engine, clock=clock) as address:
            clerk = Clerk(address, f"{COOKIE}={cookie}")
            has_begun(engine)
            first, *after = dropped
            waits = [waited(clerk, first, state)]
            spent = processor(child)
            waits += [waited(clerk, each, state) for each in after]
            spent = (processor(child) - spent) / len(after)
        engine.dispose()
    usual = median(waits[1:])
    return (
        f"{rows:>8,}{register:>10,}{waits[0]:>9.1f}{usual:>9.1f}{max(waits):>9.1f}{spent:>8.1f}"
        f"{max(waits) / LIMIT:>13.2f}"
    )


def _subdistricts() -> list[str]:
    """All sub-districts of the district: the clerk answers for every row."""
    import polars as pl

    from liangxin import divisions

    listed = divisions.shipped().filter(pl.col("parent_code") == DISTRICT)
    return listed["code"].to_list()


def has_begun(engine: "Engine") -> None:
    """Wait until the worker has told the pages which files may be dropped."""
    from liangxin import db
    from liangxin.handed.offered import announced

    until = perf_counter() + PATIENCE
    while perf_counter() < until:
        with db.reading(engine) as connection:
            if announced(connection):
                return
        sleep(EVERY)
    raise SystemExit(f"no worker after {PATIENCE:.0f} s")


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("rows", nargs="*", type=int, default=[5_000])
    asked.add_argument("--register", type=int, default=20_000)
    given = asked.parse_args()
    print(f"{'rows':>8}{'register':>10}{'first s':>9}{'next s':>9}{'worst s':>9}{'cpu s':>8}{'worst/limit':>13}")  # fmt: skip
    for rows in given.rows:
        print(measure(rows, given.register), flush=True)


if __name__ == "__main__":
    main()
