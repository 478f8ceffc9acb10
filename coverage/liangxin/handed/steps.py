"""What the worker writes about a file: what it asks, what it found, and how it ended.

Each step holds only while the file is in the state it was begun in: an office may have withdrawn it.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from liangxin import audit, jobs
from liangxin.handed.views import Handed
from liangxin.jobs import JobView
from liangxin.schema import HandedIn

#: What nobody has looked at for so long is withdrawn, and its bytes are deleted.
KEPT_FOR = timedelta(days=14)
_TABLE = HandedIn.metadata.tables["handed_in"]


def waiting(connection: Connection, *, now: datetime) -> list[JobView]:
    """Return the open jobs of handed-in files that may be worked on now, the oldest first."""
    return [
        job for job in jobs.handed_in(connection) if job.again_at is None or job.again_at <= now
    ]


def ask(connection: Connection, file: Handed, found: Mapping[str, Any], *, now: datetime) -> None:
    """Ask the office which columns are meant."""
    _move(connection, file, "asked", found, now=now)


def checked(
    connection: Connection, file: Handed, found: Mapping[str, Any], *, now: datetime
) -> None:
    """Tell what loading the file would do."""
    _move(connection, file, "checked", found, now=now)


def loaded(
    connection: Connection, file: Handed, run: int, found: Mapping[str, Any], *, now: datetime
) -> None:
    """Say by which run a file was loaded, in the transaction of that run."""
    _move(connection, file, "loaded", found, now=now, run_id=run)
    audit.by_actor(connection, file.actor, "file.loaded", f"{file.id} {file.source} {run}", now=now)


def failed(connection: Connection, file: Handed, zh: str, en: str, *, now: datetime) -> None:
    """Say why nothing came of a file."""
    _move(connection, file, "failed", None, now=now, message_zh=zh, message_en=en)


def corrected(
    connection: Connection, file: Handed, *, name: str, sha256: str, size: int, now: datetime
) -> None:
    """Say that the file is now one with the office's corrections in it."""
    values = {"file_name": name, "sha256": sha256, "size": size, "corrections": None}
    connection.execute(
        update(_TABLE)
        .where(_TABLE.c.id == file.id, _TABLE.c.state == file.state)
        .values(values | {"moved_at": now})
    )


def expire(connection: Connection, *, now: datetime) -> list[int]:
    """Withdraw what nobody has looked at for long; return all files whose bytes are not needed."""
    old = _TABLE.c.moved_at < now - KEPT_FOR
    values = {"state": "withdrawn", "findings": None, "corrections": None, "moved_at": now}
    idle = _TABLE.c.state.in_(("asked", "checked", "failed"))
    connection.execute(update(_TABLE).where(idle, old).values(values))
    over = select(_TABLE.c.id).where(_TABLE.c.state.in_(("loaded", "withdrawn")))
    return list(connection.execute(over).scalars())


def _move(
    connection: Connection,
    file: Handed,
    state: str,
    found: Mapping[str, Any] | None,
    *,
    now: datetime,
    **values: Any,
) -> None:
    told = None if found is None else json.dumps(found, ensure_ascii=False, default=str)
    connection.execute(
        update(_TABLE)
        .where(_TABLE.c.id == file.id, _TABLE.c.state == file.state)
        .values({"state": state, "findings": told, "moved_at": now, **values})
    )
