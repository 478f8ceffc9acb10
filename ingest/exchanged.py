"""What came by exchange, as words among those of our own files, for histories that are told anew.

Packages are not read again: what of them counts stands in the register. A value that came has a stamp
with the day since which it is true (``field_stamp``), and where it replaced another there is a change by
the package's run (``field_change``). So each field that came is a word of its own, of its own day.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from ingest.merging import SCHEMA, STORED, Ownership
from ingest.timeline import ENTERS, SETS, History, Said
from liangxin import db, stamps
from liangxin.schema import FieldChange, FieldStamp, Organisation
from liangxin.stamps import ALL_FIELDS

#: Words of the same day and run follow each other in this order.
_BEGUN, _STEP, _STAMPED = 0, 1, 2

#: By day, run and place: of organisations by code, the fields that are set.
_Rows = dict[tuple[date, int, int], dict[str, dict[str, str | None]]]


@dataclass(frozen=True, slots=True)
class _Word:
    """One field of one organisation is (from a day on) what an office elsewhere says."""

    uscc: str
    field: str
    value: str | None
    on: date
    run: int
    place: int


@dataclass(frozen=True, slots=True)
class _Held:
    """What the register holds of one organisation that has something from elsewhere."""

    uscc: str
    brought_by: int
    changes: dict[str, list[Any]]  # by field, in order of days
    stamped: dict[str, Any]  # by field


def words(connection: Connection, before: pl.DataFrame) -> list[Said]:
    """Return what came by exchange of some organisations; in order of days, of a day in order of arrival.

    Args:
        connection: any transaction.
        before: what the register holds of them (``Load.before``).
    """
    runs = stamps.exchanged_runs(connection)
    if not runs or before.is_empty():
        return []
    held = _held(connection, before, set(runs))
    if not held:
        return []
    theirs = before.filter(pl.col("uscc").is_in([each.uscc for each in held]))
    text = theirs.select("uscc", *(pl.col(name).cast(pl.String) for name in STORED))
    now = {row["uscc"]: row for row in text.iter_rows(named=True)}
    told: list[_Word] = []
    entering: _Rows = {}
    for each in held:
        mine = list(_words_of(each, runs, now[each.uscc]))
        told += mine
        if each.brought_by in runs and mine:
            key = (min(word.on for word in mine), each.brought_by, _BEGUN)
            entering.setdefault(key, {})[each.uscc] = _first(each, now[each.uscc])
    said = [*_said(entering, runs, enters=True), *_said(_together(told), runs, enters=False)]
    return sorted(said, key=lambda each: (each.as_of, each.run_id))


def no_later(history: History, before: pl.DataFrame, said: Sequence[Said]) -> History:
    """Let organisations that offices exchange begin no later than they did: the earliest day stays."""
    shared = pl.concat([each.rows["uscc"] for each in said]).unique()
    mine = before.filter(pl.col("uscc").is_in(shared.implode()))
    days = mine.select("uscc", "from_on_before", "seen_on_before")
    both = history.now.join(days, on="uscc", how="left", maintain_order="left")
    earliest = both.with_columns(
        pl.min_horizontal(name, f"{name}_before").alias(name) for name in ("from_on", "seen_on")
    )
    return replace(history, now=earliest.select(history.now.columns))


def _held(connection: Connection, before: pl.DataFrame, runs: set[int]) -> list[_Held]:
    """Those of some organisations that a package brought, changed, or bore out."""
    codes = dict(before.select("id", "uscc").iter_rows())
    ids = list(codes)
    ours = stamps.own_office(connection)
    stamped: dict[int, dict[str, Any]] = defaultdict(dict)
    of_theirs = select(FieldStamp.__table__).where(
        db.among(connection, FieldStamp.organisation_id, ids), FieldStamp.office != ours
    )
    for row in connection.execute(of_theirs):
        stamped[row.organisation_id][row.field] = row
    changes: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    holding = select(FieldChange.__table__).where(
        db.among(connection, FieldChange.organisation_id, ids),
        FieldChange.corrected_by.is_(None),
        FieldChange.field.in_(STORED),
    )
    for row in connection.execute(holding.order_by(FieldChange.from_on, FieldChange.id)):
        changes[row.organisation_id][row.field].append(row)
    brought = select(Organisation.id, Organisation.run_id).where(
        db.among(connection, Organisation.id, ids)
    )
    return [
        _Held(codes[each], run, changes[each], stamped[each])
        for each, run in connection.execute(brought)
        if run in runs
        or stamped[each]
        or any(row.run_id in runs for rows in changes[each].values() for row in rows)
    ]


def _words_of(held: _Held, runs: dict[int, int], now: dict[str, Any]) -> Iterator[_Word]:
    whole = held.stamped.get(ALL_FIELDS)
    for field in STORED:
        rows = held.changes.get(field, [])
        steps = [row for row in rows if row.run_id in runs]
        for row in steps:
            yield _Word(held.uscc, field, row.new_value or None, row.from_on, row.run_id, _STEP)
        own = held.stamped.get(field)
        if own is not None:
            yield _Word(held.uscc, field, own.value or None, own.from_on, own.run_id, _STAMPED)
        if whole is None:
            continue
        if own is None:
            value = stamps.value_that_came(rows, steps, whole.run_id, now[field])
            if value is not None:
                day = whole.from_on
                yield _Word(held.uscc, field, value, day, whole.run_id, _STAMPED)
        elif whole.run_id == held.brought_by:
            # Told with the organisation, before what came of this field later.
            first = _on(rows, whole.from_on, runs, now[field])
            if first is not None:
                yield _Word(held.uscc, field, first, whole.from_on, whole.run_id, _BEGUN)


def _on(rows: Sequence[Any], day: date, runs: dict[int, int], now: str | None) -> str | None:
    """A field on a day, whatever our own files of that very day say."""
    value = rows[0].old_value if rows else now
    for row in rows:
        if row.from_on < day or (row.from_on == day and row.run_id in runs):
            value = row.new_value
    return value or None


def _first(held: _Held, now: dict[str, Any]) -> dict[str, str | None]:
    """An organisation as it first was."""
    return {
        field: rows[0].old_value or None if (rows := held.changes.get(field)) else now[field]
        for field in STORED
    }


def _together(told: Sequence[_Word]) -> _Rows:
    """Words put together, a row an organisation; a field that takes two steps in a day takes two rows."""
    found: _Rows = {}
    for word in sorted(told, key=lambda each: (each.on, each.run, each.place)):
        nth = word.place
        while word.field in found.get((word.on, word.run, nth), {}).get(word.uscc, {}):
            nth += len((_BEGUN, _STEP, _STAMPED))
        row = found.setdefault((word.on, word.run, nth), {}).setdefault(word.uscc, {})
        row[word.field] = word.value
    return found


def _said(told: _Rows, runs: dict[int, int], *, enters: bool) -> Iterator[Said]:
    for (on, run, _), rows in sorted(told.items()):
        frame = pl.DataFrame(
            [
                {"uscc": uscc, **{name: row.get(name) for name in STORED}, SETS: list(row)}
                for uscc, row in rows.items()
            ],
            schema={
                "uscc": pl.String,
                **dict.fromkeys(STORED, pl.String),
                SETS: pl.List(pl.String),
            },
        )
        typed = frame.with_columns(_typed(name) for name in STORED)
        typed = typed.with_columns(
            pl.lit(0, pl.UInt32).alias("file_row"), pl.lit(enters).alias(ENTERS)
        )
        yield Said(run, runs[run], on, Ownership(), typed, exchanged=True)


def _typed(name: str) -> pl.Expr:
    kind = SCHEMA[name]
    return pl.col(name).str.to_date() if kind == pl.Date else pl.col(name).cast(kind)
