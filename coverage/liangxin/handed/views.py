"""What an office sees of the files it handed in. Offices of other sub-districts see none of it."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, null, or_, select

from liangxin import jobs
from liangxin.access import Actor, Permission, Role
from liangxin.errors import NotFound
from liangxin.moments import in_utc
from liangxin.schema import HandedIn, Run

#: Jobs of handed-in files are named so, with the number behind.
JOB = jobs.HANDED


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that was handed in; of a loaded one also what became of its rows."""

    id: int
    source: str
    by: str
    role: str
    scope: str
    file_name: str
    sha256: str
    size: int
    as_of: date
    state: str
    columns: str | None
    corrections: str | None
    findings: str | None
    message_zh: str | None
    message_en: str | None
    run_id: int | None
    handed_at: datetime
    moved_at: datetime
    rows: int | None
    accepted: int | None
    refused: int | None
    skipped: int | None
    undone_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        """Whether it is the worker's turn."""
        return self.state in {"checking", "loading"}

    @property
    def found(self) -> dict[str, Any]:
        """What the worker found in it; empty before."""
        told: dict[str, Any] = json.loads(self.findings or "{}")
        return told

    @property
    def actor(self) -> Actor:
        """The office in whose name the worker acts."""
        return actor_of(self.by, self.role, self.scope)


def job_of(number: int) -> str:
    """Return the name of a file's job."""
    return f"{JOB}{number}"


def scope_of(actor: Actor) -> str:
    """Return an actor's sub-districts as they are kept with a file."""
    return "" if actor.subdistricts is None else " ".join(sorted(actor.subdistricts)) or "-"


def actor_of(by: str, role: str, scope: str) -> Actor:
    """Return who asked for something, as it was kept with it (``scope_of``)."""
    return Actor(by, Role(role), frozenset(scope.split()) if scope else None)


def listed(connection: Connection, actor: Actor, *, most: int = 50) -> list[Handed]:
    """Return the files an office handed in, the newest first; without what was found in each.

    Raises:
        NotPermitted: the role sees no runs.
    """
    actor.require(Permission.RUN_VIEW)
    query = within(actor, query_of(findings=False)).order_by(HandedIn.id.desc()).limit(most)
    return [_handed(row) for row in connection.execute(query).mappings()]


def one(connection: Connection, actor: Actor, number: int) -> Handed:
    """Return one file.

    Raises:
        NotPermitted: the role sees no runs.
        NotFound: there is none, or another office handed it in.
    """
    actor.require(Permission.RUN_VIEW)
    row = connection.execute(within(actor, query_of()).where(HandedIn.id == number)).mappings()
    found = row.first()
    if found is None:
        raise NotFound(
            f"没有编号 {number} 的来件。请从“送文件”页选择。",
            f"there is no handed-in file {number}; choose one from the page of files.",
        )
    return _handed(found)


def find(connection: Connection, number: int) -> Handed | None:
    """Return one file, for the worker."""
    found = connection.execute(query_of().where(HandedIn.id == number)).mappings().first()
    return None if found is None else _handed(found)


def query_of(*, findings: bool = True) -> Select[Any]:
    """Return the query for files with what became of them; what was found in one may be a megabyte."""
    columns: dict[str, Any] = dict(HandedIn.__table__.columns)
    if not findings:
        columns["findings"] = null()
    return select(
        *(column.label(_AS.get(name, name)) for name, column in columns.items()),
        *(Run.rows, Run.accepted, Run.refused, Run.skipped, Run.undone_at),
    ).outerjoin(Run, Run.id == HandedIn.run_id)


_AS = {"handed_by": "by", "given_columns": "columns"}


def within(actor: Actor, query: Select[Any]) -> Select[Any]:
    """Leave what an office handed in: what bears its sub-districts, or its account's name."""
    if actor.subdistricts is None:
        return query
    return query.where(
        or_(
            HandedIn.scope == scope_of(actor),
            (HandedIn.by == actor.name) & (HandedIn.role == str(actor.role)),
        )
    )


def progress(connection: Connection, number: int) -> jobs.JobView | None:
    """Return the open job of a file."""
    return jobs.open_of(connection, job_of(number))


def _handed(row: Any) -> Handed:
    return Handed(**{name: _in_utc(value) for name, value in row.items()})


def _in_utc(value: Any) -> Any:
    if isinstance(value, datetime):
        return in_utc(value)
    return value
