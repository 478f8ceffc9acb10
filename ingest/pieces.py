"""What the counter works on, piece by piece: files that were handed in, and errands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from ingest import handing
from ingest.delivery import Watch
from ingest.sync import Desk
from liangxin import db, errands, jobs
from liangxin.handed import steps, views

Told = Callable[[str, str], None]


class Piece(Protocol):
    """One piece of work; its job is of the same name."""

    #: What whoever waits for it can do when it cannot be done, in Chinese and English.
    AGAIN: tuple[str, str]

    @property
    def TOLD_ALL(self) -> tuple[str, str] | None:  # noqa: N802 - a constant of each kind
        """What the list of jobs says of one that failed; null: why."""
        ...

    def do(self, watch: Watch, say: Told) -> int:
        """Take its next step, if it is the worker's turn; return how many rows were loaded."""
        ...

    def fail(self, connection: Connection, zh: str, en: str, *, now: datetime) -> None:
        """Say at its page why nothing came of it, if it still waits."""
        ...


def of_job(desk: Desk, name: str) -> Piece:
    """Return the piece that a job is of."""
    if name.startswith(errands.JOB):
        return Errand(desk, int(name.removeprefix(errands.JOB)))
    return File(desk, int(name.removeprefix(views.JOB)))


def waiting(connection: Connection, *, now: datetime) -> list[jobs.JobView]:
    """Return the open jobs of all pieces that may be worked on now, the oldest first."""
    found = [*steps.waiting(connection, now=now), *errands.waiting(connection, now=now)]
    return sorted(found, key=lambda job: job.id)


def tidy(desk: Desk) -> None:
    """Delete what of pieces is no longer needed."""
    # Imported here, as below: whoever only looks what waits needs no cryptography.
    from ingest.errands import tidy as forget  # noqa: PLC0415

    handing.tidy(desk)
    forget(desk)


@dataclass(frozen=True, slots=True)
class File:
    """A file that an office handed in."""

    AGAIN = ("请重新送一次，或联系管理员。", "Hand it in again.")
    TOLD_ALL = None
    desk: Desk
    number: int

    def do(self, watch: Watch, say: Told) -> int:
        """Check it or load it."""
        with db.reading(self.desk.engine) as connection:
            file = views.find(connection, self.number)
        if file is not None and file.state == "checking":
            handing.check(self.desk, file, watch)
        if file is None or file.state != "loading":
            return 0
        report = handing.load(self.desk, file, watch)
        say(
            f"来件已导入：{report.source} 批次 {report.run}，{report.rows} 行。",
            f"a handed-in file is loaded: {report.source}, run {report.run}, {report.rows} rows.",
        )
        return report.rows

    def fail(self, connection: Connection, zh: str, en: str, *, now: datetime) -> None:
        """Say at its page why nothing came of it."""
        file = views.find(connection, self.number)
        if file is not None and file.is_waiting:
            steps.failed(connection, file, zh, en, now=now)


@dataclass(frozen=True, slots=True)
class Errand:
    """Long work that somebody asked for at a page."""

    AGAIN = ("请重新办理一次，或联系管理员。", "Ask for it again.")
    TOLD_ALL = (
        "没有办成，原因在提出人的页面上。",
        "not done; why is told at the page of whoever asked.",
    )
    desk: Desk
    number: int

    def do(self, watch: Watch, say: Told) -> int:  # noqa: ARG002 - no errand counts its rows
        """Do it, if nobody has."""
        from ingest.errands import carry_out  # noqa: PLC0415

        with db.reading(self.desk.engine) as connection:
            errand = errands.find(connection, self.number)
        if errand is not None and errand.is_waiting:
            carry_out(self.desk, errand)
            say(f"后台办理完成：{errand.kind}。", f"an errand is done: {errand.kind}.")
        return 0

    def fail(self, connection: Connection, zh: str, en: str, *, now: datetime) -> None:
        """Say at its page why nothing came of it."""
        errand = errands.find(connection, self.number)
        if errand is not None and errand.is_waiting:
            errands.failed(connection, errand, zh, en, now=now)
