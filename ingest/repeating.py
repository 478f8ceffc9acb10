"""The very file that was loaded last: what became of its rows is known, so it is not read again.

True only where nothing else happened since: the same bytes in the same order, read by the same
program, lists and settings (``ingest.reading``), no other run in between, and none that describes
a later day.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, literal, select

from ingest.landing import Landed
from ingest.layout import Notice
from ingest.profile import Measures
from ingest.repairs import Repairs
from liangxin.schema import Base, LandedFile, Run, RunFile

#: Where what became of a run's rows is written, but for its measures.
_OUTCOMES = ("refused_row", "skipped_row", "run_rule")


def last_run_of(
    connection: Connection,
    landed: Sequence[Landed],
    *,
    source_id: int,
    district: str,
    as_of: date,
    prepared_by: str,
    unread: bool = False,
) -> Row[Any] | None:
    """Return the run whose outcome is this delivery's too, if there is one.

    Args:
        connection: a write transaction.
        landed: the files of the delivery, one of several tables so many times.
        source_id: whose.
        district: of the run; ``""``: none.
        as_of: the day the delivery describes.
        prepared_by: what decides how its rows are read.
        unread: how many tables a file has is not known, so each is named once.
    """
    query = select(Run.__table__).order_by(Run.id.desc()).limit(1)
    last = connection.execute(query).first()
    if (
        last is None
        or last.undone_at is not None
        or (last.source_id, last.district_code or "") != (source_id, district)
        or last.as_of > as_of
        or last.prepared_by != prepared_by
        or _was_late(connection, last.as_of)
    ):
        return None
    before = [each.landed.sha256 for each in files(connection, last.id)]
    if unread:
        before = [sha256 for sha256, _ in groupby(before)]
    return last if before == [each.sha256 for each in landed] else None


def _was_late(connection: Connection, day: date) -> bool:
    """Whether a later day was known than a run's: it was fitted in, and is not what holds now."""
    query = select(Run.id).where(Run.as_of > day, Run.undone_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None


@dataclass(frozen=True, slots=True)
class Read:
    """One table that a run read: its bytes, where it began among the rows, and its columns."""

    landed: Landed
    offset: int
    columns: dict[str, str]
    repairs: Repairs = field(default_factory=Repairs)
    told: Sequence[Notice] = ()


def files(connection: Connection, run_id: int) -> list[Read]:
    """Return the tables that a run read, in order."""
    query = (
        select(RunFile.sha256, LandedFile.size, RunFile.origin, RunFile.row_offset, RunFile.columns)
        .join(LandedFile, LandedFile.sha256 == RunFile.sha256)
        .where(RunFile.run_id == run_id)
        .order_by(RunFile.position)
    )
    return [
        Read(Landed(sha256, size, origin), offset, json.loads(columns) if columns else {})
        for sha256, size, origin, offset, columns in connection.execute(query)
    ]


def rules(connection: Connection, run_id: int) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many rows of a run broke which rule: those that refuse, those that warn."""
    table = Base.metadata.tables["run_rule"]
    query = select(table.c.rule, table.c.severity, table.c.rows).where(table.c.run_id == run_id)
    found: dict[str, dict[str, int]] = {"refuse": {}, "warn": {}}
    for rule, severity, rows in connection.execute(query.order_by(table.c.rule)):
        if not rule.startswith("batch_"):
            found[severity][rule] = rows
    return found["refuse"], found["warn"]


def measures(connection: Connection, run_id: int) -> Measures:
    """Return the measures of the same rows when none of them is new."""
    table = Base.metadata.tables["run_measure"]
    query = select(table.c.measure, table.c.value).where(table.c.run_id == run_id)
    found = {row.measure: row.value for row in connection.execute(query)}
    return found | {name: 0.0 for name in ("new", "changed") if name in found}


def copy_outcomes(connection: Connection, *, of: int, to: int) -> None:
    """Write for a run what is written for another."""
    for name in _OUTCOMES:
        table = Base.metadata.tables[name]
        columns = [each for each in table.columns if each.name not in {"id", "run_id"}]
        rows = select(literal(to), *columns).where(table.c.run_id == of)
        names = ["run_id", *(each.name for each in columns)]
        connection.execute(table.insert().from_select(names, rows))
