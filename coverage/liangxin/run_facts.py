"""Runs as people look back on them: what came of every row, by rule, and from which files.

What a cell held is not told here: a page that knows the kind of file decides whether it may.
An office of some sub-districts sees the runs that brought, changed or counted something of its
own, and of their refused rows those that name an organisation of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select

from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.moments import in_utc
from liangxin.schema import (
    FieldChange,
    Headcount,
    LandedFile,
    Organisation,
    RefusedRow,
    Registration,
    Run,
    RunFile,
    RunRule,
    SkippedRow,
    Source,
)


@dataclass(frozen=True, slots=True)
class RunSeen:
    """One run and its counts; ``rows = accepted + refused + skipped``."""

    id: int
    source: str
    as_of: date
    learned_at: datetime
    rows: int
    accepted: int
    refused: int
    skipped: int
    new: int
    changed: int
    unchanged: int
    missing: int
    located: int
    seconds: float
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many rows broke a rule; one that only warns refused none."""

    rule: str
    severity: str
    rows: int


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that a run read; ``columns``: our field -> the file's header."""

    name: str
    sha256: str
    size: int
    landed_at: datetime
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken."""

    file_row: int
    rule: str
    column: str
    value: str
    zh: str
    en: str
    owner: str
    uscc: str | None


def listed(
    connection: Connection, actor: Actor, *, source: str = "", most: int = 50
) -> list[RunSeen]:
    """Return the newest runs, perhaps of one source, the newest first.

    Raises:
        NotPermitted: the role may not see runs.
    """
    query = _visible(actor).order_by(Run.id.desc()).limit(most)
    if source:
        query = query.where(Source.name == source)
    return [_seen(row) for row in connection.execute(query)]


def last_of_each(connection: Connection, actor: Actor, *, most: int) -> dict[str, list[RunSeen]]:
    """Return the newest runs of every source, the newest first.

    Raises:
        NotPermitted: the role may not see runs.
    """
    place = func.row_number().over(partition_by=Run.source_id, order_by=Run.id.desc())
    ranked = select(Run.id, place.label("place")).subquery()
    newest = select(ranked.c.id).where(ranked.c.place <= most)
    found: dict[str, list[RunSeen]] = {}
    for row in connection.execute(
        _visible(actor).where(Run.id.in_(newest)).order_by(Run.id.desc())
    ):
        found.setdefault(row.source, []).append(_seen(row))
    return found


def find(connection: Connection, actor: Actor, number: int) -> RunSeen:
    """Return a run by its number.

    Raises:
        NotPermitted: the role may not see runs.
        NotFound: there is none, or it is outside the actor's scope; the two look alike on purpose.
    """
    row = connection.execute(_visible(actor).where(Run.id == number)).first()
    if row is None:
        raise NotFound(f"没有找到批次 {number}。", f"no run {number} was found.")
    return _seen(row)


def rules(connection: Connection, actor: Actor, run: RunSeen) -> list[RuleCount]:
    """Return the rules that rows of a run broke, most rows first.

    An office of some sub-districts is told how many rows were refused that name its own.

    Raises:
        NotPermitted: the role may not see runs.
    """
    if actor.subdistricts is None:
        query = select(RunRule.rule, RunRule.severity, RunRule.rows).where(RunRule.run_id == run.id)
        found = [RuleCount(*row) for row in connection.execute(query)]
    else:
        number = func.count(func.distinct(RefusedRow.file_row))
        own = select(RefusedRow.rule, number).where(*_refused_of(actor, run.id))
        rows = connection.execute(own.group_by(RefusedRow.rule))
        found = [RuleCount(rule, "refuse", count) for rule, count in rows]
    return sorted(found, key=lambda each: (each.severity, -each.rows, each.rule))


def skipped(connection: Connection, run: RunSeen) -> list[tuple[str, int]]:
    """Return why rows of a run needed nothing done, and how many."""
    number = func.count()
    query = select(SkippedRow.reason, number).where(SkippedRow.run_id == run.id)
    rows = connection.execute(query.group_by(SkippedRow.reason).order_by(number.desc()))
    return [(reason, count) for reason, count in rows]


def files(connection: Connection, run: RunSeen) -> list[FileRead]:
    """Return the files that a run read, in order; of files about people there is no record."""
    query = (
        select(RunFile.origin, RunFile.columns, LandedFile.sha256, LandedFile.size)
        .add_columns(LandedFile.landed_at)
        .join(LandedFile, LandedFile.sha256 == RunFile.sha256)
        .where(RunFile.run_id == run.id)
        .order_by(RunFile.position)
    )
    return [
        FileRead(
            name=_file_name(row.origin),
            sha256=row.sha256,
            size=row.size,
            landed_at=in_utc(row.landed_at),
            columns=json.loads(row.columns) if row.columns else {},
        )
        for row in connection.execute(query)
    ]


def refused(
    connection: Connection, actor: Actor, run: RunSeen, *, most: int, rule: str = ""
) -> Sequence[Refused]:
    """Return refused rows of a run in file order, perhaps of one rule.

    Raises:
        NotPermitted: the role may not see runs.
    """
    query = select(RefusedRow.__table__).where(*_refused_of(actor, run.id))
    if rule:
        query = query.where(RefusedRow.rule == rule)
    rows = connection.execute(query.order_by(RefusedRow.file_row, RefusedRow.id).limit(most))
    return [
        Refused(
            row.file_row, row.rule, row.column_name, row.value,
            row.message, row.message_en, row.owner, row.uscc,
        )
        for row in rows
    ]  # fmt: skip


def _visible(actor: Actor) -> Select[*tuple[Any, ...]]:
    actor.require(Permission.RUN_VIEW)
    names = [name for name in RunSeen.__slots__ if name != "source"]
    query = select(*(getattr(Run, name) for name in names), Source.name.label("source")).join(
        Source, Source.id == Run.source_id
    )
    if actor.subdistricts is None:
        return query
    own = _own(actor)
    return query.where(
        or_(
            exists().where(Organisation.run_id == Run.id, Organisation.id.in_(own)),
            exists().where(Registration.run_id == Run.id, Registration.organisation_id.in_(own)),
            exists().where(FieldChange.run_id == Run.id, FieldChange.organisation_id.in_(own)),
            exists().where(Headcount.run_id == Run.id, Headcount.organisation_id.in_(own)),
            exists().where(RefusedRow.run_id == Run.id, RefusedRow.uscc.in_(_own_codes(actor))),
        )
    )


def _refused_of(actor: Actor, run: int) -> list[ColumnElement[bool]]:
    actor.require(Permission.RUN_VIEW)
    chosen = [RefusedRow.run_id == run]
    if actor.subdistricts is not None:
        chosen.append(RefusedRow.uscc.in_(_own_codes(actor)))
    return chosen


def _own(actor: Actor) -> Select[int]:
    return select(Organisation.id).where(_within(actor))


def _own_codes(actor: Actor) -> Select[str]:
    return select(Organisation.uscc).where(_within(actor))


def _within(actor: Actor) -> ColumnElement[bool]:
    if actor.communities is not None:
        return Organisation.community_code.in_(sorted(actor.communities))
    return Organisation.subdistrict_code.in_(sorted(actor.subdistricts or ()))


def _seen(row: Any) -> RunSeen:
    told = {name: getattr(row, name) for name in RunSeen.__slots__}
    told["learned_at"] = in_utc(row.learned_at)
    told["undone_at"] = None if row.undone_at is None else in_utc(row.undone_at)
    return RunSeen(**told)


def _file_name(origin: str) -> str:
    """An address as it is; of a path the name alone, for the folders are the server's own."""
    if "://" in origin:
        return origin.split("?", maxsplit=1)[0]
    return origin.replace("\\", "/").rsplit("/", 1)[-1]
