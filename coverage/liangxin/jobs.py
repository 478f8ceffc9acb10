"""Jobs on sources: waiting, running, retrying, done or failed. One of a source at a time is open.

Who holds the lock of a source (``holds.holding``) may write its open job; a job that says "running"
while nobody holds the lock is a dead worker's, and whoever comes next takes it over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, select, update

from liangxin import audit
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.moments import in_utc
from liangxin.schema import Job

OPEN = ("waiting", "running", "retrying")
#: Jobs of files that were handed in at a page bear this and a number; each comes once.
HANDED = "handed:"
#: Jobs of errands (``errands``) bear this and a number.
ERRAND = "errand:"
#: Of neither there is a source, and none comes again by itself.
ONCE = (HANDED, ERRAND)
#: In place of a delivery's hash: somebody asked for the source by name.
ASKED = "asked"
_OF_SOURCES = and_(*(Job.source.not_like(f"{each}%") for each in ONCE))


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as people see it; times are in UTC."""

    id: int
    source: str
    state: str
    worker: str | None
    attempts: int
    delivery: str | None
    queued_at: datetime
    started_at: datetime | None
    again_at: datetime | None
    finished_at: datetime | None
    rows: int
    message_zh: str | None
    message_en: str | None


def ask(connection: Connection, source: str, *, delivery: str | None, now: datetime) -> int | None:
    """Note that a source wants work; ``None``: it has an open job already."""
    if open_of(connection, source) is not None:
        return None
    return _insert(connection, source, delivery=delivery, now=now)


def begin(
    connection: Connection, source: str, *, worker: str, delivery: str | None, now: datetime
) -> JobView:
    """Start the open job of a source, or a new one; for whoever holds the source's lock."""
    found = open_of(connection, source)
    number = found.id if found else _insert(connection, source, delivery=delivery, now=now)
    connection.execute(
        update(Job)
        .where(Job.id == number)
        .values(
            state="running",
            worker=worker,
            attempts=Job.attempts + 1,
            delivery=delivery,
            started_at=now,
            again_at=None,
        )
    )
    begun = find(connection, number)
    if begun is None:
        raise RuntimeError("a job that was just begun is there")
    return begun


def finish(
    connection: Connection, job: int, *, rows: int, now: datetime, zh: str = "", en: str = ""
) -> None:
    """Close a job: ``done``, or ``failed`` where a sentence says why."""
    connection.execute(
        update(Job)
        .where(Job.id == job)
        .values(
            state="failed" if zh else "done",
            rows=rows,
            finished_at=now,
            message_zh=zh or None,
            message_en=en or None,
        )
    )


def again(connection: Connection, actor: Actor, number: int, *, now: datetime) -> str:
    """Put a job that failed back to the worker, as a new one; return the name of its source.

    Raises:
        NotPermitted: the role does not manage jobs.
        NotFound: there is no such job.
        Misuse: it did not fail, its source has an open job, or it was asked for at a page.
    """
    actor.require(Permission.ACCOUNT_MANAGE)
    job = find(connection, number)
    if job is None:
        raise NotFound(f"没有任务 {number}。", f"there is no job {number}.")
    if job.source.startswith(ONCE):
        raise Misuse(
            f"任务 {number} 是页面上提出的，请由提出人在原页面重新办理。",
            f"job {number} was asked for at a page; whoever asked does so again there.",
        )
    if job.state != "failed":
        raise Misuse(f"任务 {number} 没有失败，不需要重新办理。", f"job {number} did not fail.")
    if ask(connection, job.source, delivery=job.delivery, now=now) is None:
        raise Misuse(
            f"数据源“{job.source}”已有在办任务，请等它结束。",
            f"the source {job.source!r} has an open job; wait until it ends.",
        )
    audit.by_actor(connection, actor, "job.asked", f"{job.source} {number}", now=now)
    return job.source


def now_please(connection: Connection, actor: Actor, source: str, *, now: datetime) -> int:
    """Ask for a source's turn before the calendar has it; return the number of its open job.

    As with ``liangxin sync NAME``, what was only just dropped is taken too, and what was undone again.

    Raises:
        NotPermitted: the role may not.
    """
    actor.require(Permission.SOURCE_SYNC)
    there = open_of(connection, source)
    if there is not None and there.state != "waiting":
        return there.id
    job = there.id if there else _insert(connection, source, delivery=ASKED, now=now)
    connection.execute(update(Job).where(Job.id == job).values(delivery=ASKED))
    audit.by_actor(connection, actor, "job.asked", f"{source} {job}", now=now)
    return job


def try_again(connection: Connection, job: int, *, at: datetime, zh: str, en: str) -> None:
    """Leave a job open, not to be tried before a time, with what went wrong."""
    values = {"state": "retrying", "again_at": at, "message_zh": zh, "message_en": en}
    connection.execute(update(Job).where(Job.id == job).values(values))


def find(connection: Connection, job: int) -> JobView | None:
    """Return a job by its number."""
    found = _views(connection, _query().where(Job.id == job))
    return found[0] if found else None


def open_of(connection: Connection, source: str) -> JobView | None:
    """Return the open job of a source."""
    found = _views(connection, _query().where(Job.source == source, Job.finished_at.is_(None)))
    return found[0] if found else None


def latest_of(connection: Connection, source: str) -> JobView | None:
    """Return the newest job of a source, open or not."""
    newest = _query().where(Job.source == source).order_by(Job.id.desc()).limit(1)
    found = _views(connection, newest)
    return found[0] if found else None


def health(connection: Connection) -> tuple[int, int]:
    """Return how many jobs are open, and of how many sources the last one failed."""
    last = select(func.max(Job.id)).where(_OF_SOURCES).group_by(Job.source)
    failed = select(func.count()).where(Job.id.in_(last), Job.state == "failed")
    waits = select(func.count()).where(Job.finished_at.is_(None), Job.state.in_(OPEN))
    return connection.execute(waits).scalar_one(), connection.execute(failed).scalar_one()


def listed(connection: Connection, *, most: int = 50) -> list[JobView]:
    """Return open jobs and the newest others, newest first."""
    newest = select(func.max(Job.id)).where(_OF_SOURCES).group_by(Job.source)
    recent = select(Job.id).order_by(Job.id.desc()).limit(most)
    wanted = Job.finished_at.is_(None) | Job.id.in_(newest) | Job.id.in_(recent)
    return _views(connection, _query().where(wanted).order_by(Job.id.desc()))


def shown(connection: Connection, actor: Actor, *, most: int = 50) -> list[JobView]:
    """Return what ``listed`` does, to whoever manages jobs.

    Raises:
        NotPermitted: the role does not.
    """
    actor.require(Permission.ACCOUNT_MANAGE)
    return listed(connection, most=most)


def handed_in(connection: Connection) -> list[JobView]:
    """Return the open jobs of files that were handed in, the oldest first."""
    return _open_of_kind(connection, HANDED)


def open_errands(connection: Connection) -> list[JobView]:
    """Return the open jobs of errands, the oldest first."""
    return _open_of_kind(connection, ERRAND)


def _open_of_kind(connection: Connection, kind: str) -> list[JobView]:
    theirs = Job.source.like(f"{kind}%")
    return _views(connection, _query().where(theirs, Job.finished_at.is_(None)).order_by(Job.id))


def _insert(connection: Connection, source: str, *, delivery: str | None, now: datetime) -> int:
    values = {"source": source, "state": "waiting", "attempts": 0, "rows": 0, "queued_at": now}
    statement = insert(Job).values(**values, delivery=delivery).returning(Job.id)
    return connection.execute(statement).scalar_one()


def _query() -> Select[Any]:
    return select(*Job.__table__.columns)


def _views(connection: Connection, query: Select[Any]) -> list[JobView]:
    return [
        JobView(**{name: _in_utc(value) for name, value in row.items()})
        for row in connection.execute(query).mappings()
    ]


def _in_utc(value: Any) -> Any:
    """SQLite keeps no zone: all its times are UTC."""
    if isinstance(value, datetime):
        return in_utc(value)
    return value


def still_open(jobs: Sequence[JobView]) -> list[JobView]:
    """Return those that are not finished."""
    return [job for job in jobs if job.finished_at is None]
