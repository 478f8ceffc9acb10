"""An office that hands in files and a worker that takes them, for tests; no page, no thread."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from factories import NOW, a_registration, write_csv
from loads import WULING, Desk

from dashboard.site import Site
from ingest.counter import Counter
from ingest.sync import Desk as WorkDesk
from ingest.worker import Patience
from liangxin import db, handed, queue
from liangxin.access import Actor, Role
from liangxin.handed import Handed, files

#: A sub-district that addresses are placed in, one beside it, and addresses there.
HERE, THERE = "430702001", "430702002"
ADDRESS = "湖南省常德市武陵区启明街道沅汀路1号"
ELSEWHERE = "湖南省常德市武陵区府坪街道1号"
OFFICE = Actor("qiming", Role.ECONOMIC_OFFICE, frozenset({HERE}))
NEIGHBOUR = Actor("fuping", Role.ECONOMIC_OFFICE, frozenset({THERE}))
REGISTER, SCREENING = "office_register", "screening_results"


def a_firm(n: int = 1, **cells: str) -> dict[str, str]:
    """A row of a firm in the office's sub-district."""
    return a_registration(n, **{"住所": ADDRESS, **cells})


@contextmanager
def a_worker(of: Site | WorkDesk) -> Iterator[Counter]:
    """A worker's counter beside a site, that works when it is told to."""
    desk = of if isinstance(of, WorkDesk) else WorkDesk(of.settings, of.engine, of.clock, of.today)
    held = queue.make_queue(desk.engine)
    try:
        yield Counter(desk, held, lambda _zh, _en: None, Patience(first=0.0, attempts=2))
    finally:
        held.storage.close()


def work(of: Site | WorkDesk) -> None:
    """Have a worker do all that waits."""
    with a_worker(of) as counter:
        counter.once()


class at_work:  # noqa: N801 - reads as a clause
    """A counter that is open as long as the block lasts."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def __enter__(self) -> None:
        self._counter.open()

    def __exit__(self, *_: object) -> None:
        self._counter.close()
        assert not any(each.is_alive() for each in self._counter._threads)


@dataclass
class Office:
    """Hands in, looks, and has the worker do what waits; each step a minute after the last."""

    desk: Desk
    actor: Actor = OFFICE
    said: list[str] = field(default_factory=list)
    minutes: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        settings = self.desk.settings.model_copy(update={"district": WULING})
        work = WorkDesk(settings, self.desk.engine, self.now, NOW.date)
        self.queue = queue.make_queue(self.desk.engine)
        patience = Patience(first=0.0, attempts=2)
        self.counter = Counter(work, self.queue, lambda _, en: self.said.append(en), patience)
        self.counter.announce()

    def now(self) -> Any:
        """A moment later than any before."""
        return NOW + timedelta(minutes=next(self.minutes))

    def hands_in(
        self,
        rows: Sequence[dict[str, str]],
        source: str = REGISTER,
        name: str = "名单.csv",
        actor: Actor | None = None,
        **how: Any,
    ) -> int:
        """Hand in rows as a file; the worker has not seen it."""
        sent = write_csv(self.desk.folder / "sent.csv", rows).read_bytes()
        received = files.receive(self.desk.settings, name, [sent], most=10**7)
        days = {"as_of": NOW.date(), "today": NOW.date()} | how
        with db.writing(self.desk.engine) as connection:
            number = handed.hand_in(
                connection, actor or self.actor, source, received, now=self.now(), **days
            )
            files.put(self.desk.settings, number, received)
        return number

    def sees(self, number: int) -> Handed:
        """What the office sees of a file."""
        with db.reading(self.desk.engine) as connection:
            return handed.one(connection, self.actor, number)

    def tried(self, rows: Sequence[dict[str, str]], source: str = REGISTER, **how: Any) -> Handed:
        """Hand in rows and have them tried."""
        number = self.hands_in(rows, source, **how)
        self.counter.once()
        return self.sees(number)

    def does(self, what: Any, number: int, *more: Any) -> Handed:
        """Do something to a file, and have the worker follow."""
        with db.writing(self.desk.engine) as connection:
            what(connection, self.actor, number, *more, now=self.now())
        self.counter.once()
        return self.sees(number)

    def loads(self, rows: Sequence[dict[str, str]], source: str = REGISTER) -> Handed:
        """Hand in rows and load them."""
        return self.does(handed.commit, self.tried(rows, source).id)
