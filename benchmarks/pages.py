"""How long every page takes to answer one visitor, over HTTP, on a register of many organisations.

    python benchmarks/pages.py [ORGANISATIONS] [--times 40] [--only /PATH …]      default: 100000

Asked is what a browser asks to be shown a page (``/_dash-update-component``), as a role that may
see it, of a real server. ``fresh`` is the answer right after the register changed (nothing that was
worked out before may be used again), ``p50`` and ``p95`` are of so many answers in a row without a
change between. The limit is 200 ms; beside each stands the ratio to it, and to a bare page that
asks the register one row (the sign-in page). The register is made once and kept in the folder for
temporary files.
"""

import argparse
import http.client
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]
LIMIT = 200.0
DAY = date(2026, 9, 30)
DISTRICT = "430702"
#: So often the register changes, and every page is asked anew: at once, and so many seconds later.
FRESH, SOON = 3, 8.0


def made(size: int) -> Path:
    """Return the folder of a register of ``size`` organisations with its spells told."""
    import registers

    from liangxin import db, migrate, rules, spells
    from liangxin.settings import Settings

    folder = Path(tempfile.gettempdir()) / f"liangxin-benchmark-pages-{migrate.HEAD}-{size}"
    if (folder / "done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    settings = Settings(home=folder)
    engine = migrate.open_register(settings, now=datetime.now(UTC))
    with db.writing(engine) as connection:
        registers.fill(connection, size)
    spells.ready(engine, rules.load())
    work_on(engine)
    spells.ready(engine, rules.load())
    engine.dispose()
    (folder / "done").touch()
    return folder


def work_on(engine: Any) -> None:
    """Do what offices do, so that pages of single things have some: tasks, a plan, a file."""
    from access_register import a_handed_file
    from sqlalchemy import func, select

    from liangxin import access, db, rules, tasks
    from liangxin.plans import making
    from liangxin.plans.making import Made, Wish
    from liangxin.schema import Instructor

    now = datetime.now(UTC)
    with db.writing(engine) as connection:
        tasks.run(connection, rules.load(), DAY, now)
        place = Instructor.subdistrict_code
        most = select(place).group_by(place).order_by(func.count().desc()).limit(1)
        code = connection.execute(most).scalar_one()
        a_handed_file(connection, "示例", code)
    committee = access.local_committee(code)
    made = Made(DAY, "示例综合党委", now)
    making.instructors(engine, committee, rules.load(), Wish(seconds=20), made)


class Asker:
    """One visitor with a cookie and a connection that stays open."""

    def __init__(self, address: str, cookie: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        self.headers = {"Cookie": cookie, "Content-Type": "application/json"}

    def page(self, path: str, search: str = "") -> float:
        """Ask for a page; return milliseconds until its last byte."""
        where = (("pathname", path), ("search", search))
        question = {
            "output": "page.children",
            "outputs": {"id": "page", "property": "children"},
            "inputs": [{"id": "location", "property": n, "value": v} for n, v in where],
            "changedPropIds": ["location.pathname", "location.search"],
            "state": [],
        }
        return self._asked("POST", "/_dash-update-component", json.dumps(question))

    def bare(self) -> float:
        """Ask for the page that asks the register next to nothing."""
        return self._asked("GET", "/account/sign-in", None)

    def _asked(self, method: str, path: str, body: str | None) -> float:
        start = perf_counter()
        self.connection.request(method, path, body=body, headers=self.headers)
        response = self.connection.getresponse()
        told = response.read()
        taken = (perf_counter() - start) * 1000
        if response.status != 200 or b'role": "alert' in told or b"no-figures" in told:
            raise SystemExit(f"{path}: {response.status} {told[:300].decode()}")
        return taken


@contextmanager
def kept_ready(settings: Any, engine: Any, clock: Any) -> Iterator[str]:
    """The address of a server that is set up as ``liangxin serve`` does, the thread beside it too."""
    import threading

    from dashboard import serve
    from dashboard.memory import Memory
    from liangxin import rules, waste

    waste.seldom()
    memory = Memory()
    server = serve.make_server(
        settings, engine, host="127.0.0.1", port=0, clock=clock, memory=memory
    )
    for work in (server.run, lambda: serve.keep_ready(engine, rules.load(), memory)):
        threading.Thread(target=work, daemon=True).start()
    waste.not_here()
    yield f"http://127.0.0.1:{server.effective_port}"


#: What stands for the name in a path, by its first part.
NAMES = {
    "lists": "not_reached",
    "clocks": "found_instructor",
    "sources": "market_regulator",
    "community": "new",
    "terms": "term_ending",
}


def asked_of(engine: Any) -> list[tuple[str, str, str, Any]]:
    """Every page with a path that can be asked for, the role that asks, and its scope."""
    from sqlalchemy import func, select

    from dashboard.app import PAGES
    from liangxin import db
    from liangxin.access import ROLE_PERMISSIONS, Role
    from liangxin.schema import Organisation

    with db.reading(engine) as connection:
        place = Organisation.subdistrict_code
        largest = select(place).group_by(place).order_by(func.count().desc()).limit(1)
        code = connection.execute(largest).scalar_one()
        uscc = connection.execute(select(Organisation.uscc).where(place == code)).scalars().first()
        things = single_things(connection)
    found = []
    for page in PAGES:
        first = page.PATH.split("/")[1]
        filled, home = things.get(first, ({"code": code, "uscc": uscc}, code))
        path = page.PATH
        for name, value in {**filled, **dict.fromkeys(WORDS, NAMES.get(first))}.items():
            path = path.replace(f"<{name}>", str(value))
        if "<" in path:
            print(f"{page.PATH}: not asked, its parameter is not known here")
            continue
        search = f"?subdistrict={code}" if page.PATH.startswith("/lists/") else ""
        search = "?q=%E7%AC%AC77" if page.PATH == "/find" else search
        role = next(role for role in (Role.LEADER, Role.DISTRICT_OFFICE, Role.COMMITTEE, *Role)
                    if page.PERMISSION in ROLE_PERMISSIONS[role])  # fmt: skip
        if first in {"tasks", "files"}:
            role = Role.DISTRICT_OFFICE  # a leader sees what was put to leaders
        scope = (home,) if role in {Role.COMMITTEE, Role.ECONOMIC_OFFICE} else ()
        found.append((path, search, role, scope))
    found.append(("/change", "?cause=became_covered", Role.LEADER, ()))
    return found


#: How a page calls what has a name and no number.
WORDS = ("name", "what", "trigger")


def single_things(connection: Any) -> dict[str, tuple[dict[str, object], str]]:
    """By the first part of a path: what fills it, and the sub-district whose it is."""
    from sqlalchemy import func, select

    from liangxin.schema import (
        Assignment,
        HandedIn,
        Instructor,
        Organisation,
        PartyOrganisation,
        Plan,
        Run,
        Task,
    )

    def one(*columns: Any) -> Any:
        return connection.execute(select(*columns)).first()

    busy = (
        select(Assignment.instructor_id)
        .group_by(Assignment.instructor_id)
        .order_by(func.count().desc())
        .limit(1)
        .scalar_subquery()
    )
    looks_after = (
        select(Instructor.id, Instructor.subdistrict_code, Organisation.uscc)
        .join(Assignment, Assignment.instructor_id == Instructor.id)
        .join(Organisation, Organisation.id == Assignment.organisation_id)
        .where(Instructor.id == busy)
    )
    who = connection.execute(looks_after).first()
    party = one(PartyOrganisation.id, PartyOrganisation.subdistrict_code)
    plan, handed = one(Plan.id, Plan.scope), one(HandedIn.id)
    return {
        "tasks": ({"number": one(Task.id)[0]}, ""),
        "runs": ({"number": one(Run.id)[0]}, ""),
        "files": ({"int:number": handed[0]}, ""),
        "plans": ({"number": plan[0]}, plan[1]),
        "parties": ({"number": party[0]}, party[1]),
        "instructors": ({"number": who[0]}, who[1]),
        "visits": ({"instructor": who[0], "uscc": who[2]}, who[1]),
    }


def touch(engine: Any, turn: int) -> None:
    """Change a fact of one organisation, as somebody at work would; nobody has told its spells yet."""
    from sqlalchemy import update

    from liangxin import db
    from liangxin.schema import Screening

    with db.writing(engine) as connection:
        one = update(Screening).where(Screening.id == turn + 1)
        connection.execute(one.values(evidence=f"again {datetime.now(UTC)}"))


def asked_after_changes(asker: Asker, engine: Any, path: str, search: str) -> tuple[float, float]:
    """Return the median milliseconds of an answer in the moment after a change, and later."""
    at_once, later = [], []
    for turn in range(FRESH):
        touch(engine, turn)
        at_once.append(asker.page(path, search))
        touch(engine, turn)
        sleep(SOON)
        later.append(asker.page(path, search))
    return median(at_once), median(later)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("size", nargs="?", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()

    from signed import session_of

    from dashboard.account import COOKIE
    from dashboard.site import Site
    from liangxin import migrate
    from liangxin.settings import Settings

    kept = made(given.size)
    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder:
        for file in kept.iterdir():
            if file.is_file():
                shutil.copy(file, folder)
        settings = Settings(home=Path(folder), district=DISTRICT)
        now = datetime.now(UTC)
        engine = migrate.open_register(settings, now=now)
        site = Site(settings, engine, lambda: now)
        with kept_ready(settings, engine, lambda: now) as address:
            bare = Asker(address, "")
            floor = sorted(bare.bare() for _ in range(given.times))
            print(f"{given.size:,} organisations; bare page p50 {median(floor):.1f} ms\n")
            print(
                f"{'page':34}{'role':17}{'fresh':>8}{'soon':>8}{'p50':>8}{'p95':>8}{'/ limit':>9}{'/ bare':>8}{'cpu':>8}"
            )
            missed = 0
            for path, search, role, scope in asked_of(engine):
                if given.only and path not in given.only:
                    continue
                asker = Asker(address, f"{COOKIE}={session_of(site, role, *scope)}")
                asker.page(path, search)  # what is loaded and compiled once is nobody's wait
                fresh, soon = asked_after_changes(asker, engine, path, search)
                worked = process_time()
                taken = sorted(asker.page(path, search) for _ in range(given.times))
                worked = (process_time() - worked) * 1000 / len(taken)
                p95 = taken[-(-len(taken) * 95 // 100) - 1]
                missed += p95 > LIMIT
                print(
                    f"{path:34.33}{role:17}{fresh:>8.0f}{soon:>8.0f}{median(taken):>8.0f}{p95:>8.0f}"
                    f"{p95 / LIMIT:>9.2f}{p95 / median(floor):>8.1f}{worked:>8.0f}",
                    flush=True,
                )
            print(
                f"\n{missed} pages over {LIMIT:.0f} ms"
                if missed
                else f"\nall within {LIMIT:.0f} ms"
            )
        engine.dispose()


if __name__ == "__main__":
    main()
