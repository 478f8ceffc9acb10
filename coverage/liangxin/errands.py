"""Errands: long work that is asked for at a page, and done by the worker in the name of whoever asked.

A page writes a row and a job (decision 0012) and looks how far it is; the worker does the work, and
writes what came of it in the same transaction. So a page never waits, a page that is closed loses
nothing, and a worker that dies is followed by another.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select, update

from liangxin import jobs
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.handed.views import actor_of, scope_of
from liangxin.jobs import JobView
from liangxin.moments import in_utc
from liangxin.schema import Errand

#: Kind → who may ask for it; asked once more, of the role it was asked in, before it is done.
KINDS: dict[str, Permission] = {
    "bulletin": Permission.BULLETIN_MAKE,
    "undo": Permission.RUN_UNDO,
    "log": Permission.LOG_VIEW,
    "pack": Permission.PACKAGE_EXCHANGE,
    "open": Permission.PACKAGE_EXCHANGE,
}
JOB = jobs.ERRAND
#: For so long what came of an errand is told to whoever comes back to its page.
TOLD_FOR = timedelta(hours=1)
#: For so long it is kept at all.
KEPT_FOR = timedelta(days=14)
_TABLE = Errand.metadata.tables["errand"]


@dataclass(frozen=True, slots=True)
class Asked:
    """An errand: what was asked by whom, and what came of it."""

    id: int
    kind: str
    by: str
    role: str
    scope: str
    what: dict[str, Any]
    state: str
    told: dict[str, Any]
    message_zh: str
    message_en: str
    asked_at: datetime
    moved_at: datetime

    @property
    def is_waiting(self) -> bool:
        """Whether the worker has still to do it, or to end it."""
        return self.state == "waiting"

    @property
    def actor(self) -> Actor:
        """In whose name the worker does it."""
        return actor_of(self.by, self.role, self.scope)


def job_of(number: int) -> str:
    """Return the name of an errand's job."""
    return f"{JOB}{number}"


def ask(
    connection: Connection, actor: Actor, kind: str, what: Mapping[str, Any], *, now: datetime
) -> int:
    """Ask for an errand and return its number; one that waits already is not asked for twice.

    Args:
        connection: a write transaction.
        actor: who asks.
        kind: of ``KINDS``.
        what: of what, as JSON has it; nobody's name.
        now: when.

    Raises:
        NotPermitted: the role may not ask for it.
    """
    actor.require(KINDS[kind])
    said = _said(what)
    same = _own(actor, (kind,)).where(_TABLE.c.what == said, _TABLE.c.state == "waiting")
    waits = connection.execute(same).mappings().first()
    if waits is not None:
        return int(waits["id"])
    values = {
        "kind": kind,
        "asked_by": actor.name,
        "role": str(actor.role),
        "scope": scope_of(actor),
        "what": said,
        "state": "waiting",
        "asked_at": now,
        "moved_at": now,
    }
    number = connection.execute(insert(_TABLE).values(values).returning(_TABLE.c.id)).scalar_one()
    jobs.ask(connection, job_of(number), delivery=None, now=now)
    return int(number)


def one(connection: Connection, actor: Actor, number: int, *, kind: str) -> Asked:
    """Return an errand of whoever asked for it.

    Raises:
        NotFound: there is none of this kind, or somebody else asked for it.
    """
    query = _own(actor, (kind,)).where(_TABLE.c.id == number)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise NotFound(
            f"没有编号 {number} 的后台办理事项。请刷新页面。",
            f"there is no errand {number} of yours; load the page again.",
        )
    return _asked(found)


def latest(
    connection: Connection,
    actor: Actor,
    kind: str,
    *,
    what: Mapping[str, Any] | None = None,
    now: datetime,
) -> Asked | None:
    """Return what somebody asked for last, if it waits or ended a short while ago."""
    query = _own(actor, (kind,)).order_by(_TABLE.c.id.desc()).limit(1)
    if what is not None:
        query = query.where(_TABLE.c.what == _said(what))
    found = connection.execute(query).mappings().first()
    asked = None if found is None else _asked(found)
    if asked is None or asked.is_waiting or now - asked.moved_at < TOLD_FOR:
        return asked
    return None


# The worker's side.


def waiting(connection: Connection, *, now: datetime) -> list[JobView]:
    """Return the open jobs of errands that may be worked on now, the oldest first."""
    return [job for job in jobs.open_errands(connection) if not job.again_at or job.again_at <= now]


def find(connection: Connection, number: int) -> Asked | None:
    """Return an errand, for the worker."""
    found = connection.execute(select(_TABLE).where(_TABLE.c.id == number)).mappings().first()
    return None if found is None else _asked(found)


def done(connection: Connection, errand: Asked, told: Mapping[str, Any], *, now: datetime) -> None:
    """Say what came of an errand, in the transaction that did the work."""
    said = json.dumps(dict(told), ensure_ascii=False, default=str)
    _end(connection, errand, now=now, state="done", told=said)


def failed(connection: Connection, errand: Asked, zh: str, en: str, *, now: datetime) -> None:
    """Say why nothing came of an errand."""
    _end(connection, errand, now=now, state="failed", message_zh=zh, message_en=en)


def states(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """Return the states of these errands; of one that is not there, or not yet, nothing."""
    query = select(_TABLE.c.id, _TABLE.c.state).where(_TABLE.c.id.in_(sorted(numbers)))
    return dict(connection.execute(query).all())


def is_any_old(connection: Connection, *, now: datetime) -> bool:
    """Tell whether one is to be forgotten, without writing."""
    return connection.execute(select(_TABLE.c.id).where(_is_old(now)).limit(1)).first() is not None


def forget(connection: Connection, *, now: datetime) -> None:
    """Delete errands that ended long ago."""
    connection.execute(delete(_TABLE).where(_is_old(now)))


def _is_old(now: datetime) -> ColumnElement[bool]:
    return (_TABLE.c.state != "waiting") & (_TABLE.c.moved_at < now - KEPT_FOR)


def _end(connection: Connection, errand: Asked, *, now: datetime, **values: str) -> None:
    still = (_TABLE.c.id == errand.id) & (_TABLE.c.state == "waiting")
    connection.execute(update(_TABLE).where(still).values({"moved_at": now, **values}))


def _said(what: Mapping[str, Any]) -> str:
    return json.dumps(dict(what), ensure_ascii=False, sort_keys=True)


def _own(actor: Actor, kinds: tuple[str, ...]) -> Select[Any]:
    return select(_TABLE).where(
        _TABLE.c.asked_by == actor.name,
        _TABLE.c.role == str(actor.role),
        _TABLE.c.scope == scope_of(actor),
        _TABLE.c.kind.in_(kinds),
    )


def _asked(row: Any) -> Asked:
    values = dict(row)
    return Asked(
        by=values.pop("asked_by"),
        what=json.loads(values.pop("what")),
        told=json.loads(values.pop("told") or "{}"),
        message_zh=values.pop("message_zh") or "",
        message_en=values.pop("message_en") or "",
        asked_at=in_utc(values.pop("asked_at")),
        moved_at=in_utc(values.pop("moved_at")),
        **values,
    )
