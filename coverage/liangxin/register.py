"""Facts people bring to the register: screenings, Party organisations, coverings, assignments.

Each recorder takes a frame of facts keyed by code (USCC), finds the organisations, and writes
them with the moment the register learned them. A fact about a code the register does not know
is an error that names the code: facts are never dropped silently.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, select, update

from liangxin import db, timeline, universe
from liangxin.errors import Misuse, NotFound
from liangxin.schema import Base, Organisation, Screening
from liangxin.timeline import Held

SLICE = 5_000


def organisation_ids(connection: Connection, codes: pl.Series) -> pl.DataFrame:
    """Return ``uscc, organisation_id`` of every code.

    Raises:
        NotFound: a code is not in the register; the first one is named.
    """
    table = Organisation.metadata.tables["organisation"]
    distinct = codes.unique().sort().to_list()
    found: list[tuple[str, int]] = []
    for start in range(0, len(distinct), 5_000):
        query = select(table.c.uscc, table.c.id).where(
            table.c.uscc.in_(distinct[start : start + 5_000])
        )
        found.extend((row.uscc, row.id) for row in connection.execute(query))
    missing = sorted(set(distinct) - {code for code, _ in found})
    if missing:
        raise NotFound(
            f"登记库中没有 {missing[0]}（共 {len(missing)} 个代码未找到）。请先导入其登记信息。",
            f"{missing[0]} is not in the register ({len(missing)} codes are not); "
            "load their registrations first.",
        )
    schema = {"uscc": pl.String, "organisation_id": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")


def record_screenings(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """Write what was found out about organisations that have no current screening.

    Args:
        connection: a write transaction.
        facts: ``uscc, state, evidence, decided_by, from_on`` and perhaps ``to_on``.
        now: when the register learned it.

    Returns:
        How many were written.

    Raises:
        Misuse: a state is not one of ``universe.STATES``.
        NotFound: a code is not in the register.
    """
    _require_states(facts)
    return _write(connection, "screening", facts, now)


@dataclass(frozen=True, slots=True)
class Screened:
    """What became of findings, one ``outcome`` of ``timeline.Outcome`` a row, in their order."""

    outcomes: pl.Series

    def count(self, outcome: str) -> int:
        """How many findings had an outcome."""
        return Counter(self.outcomes)[outcome]


def screen(
    connection: Connection, facts: pl.DataFrame, *, now: datetime, history: bool = False
) -> Screened:
    """Record findings among those before them; the same finding again changes nothing.

    A new state ends the one before it on its day. A finding on the day of the current state
    corrects it. One of an earlier day is left out (``earlier``), unless it is history: then it
    is fitted in before what came later.

    Args:
        connection: a write transaction.
        facts: ``uscc, state, evidence, decided_by, from_on``; of one code any number of days.
        now: when the register learned it.
        history: the findings are old ones that come late.

    Raises:
        Misuse: a state is not one of ``universe.STATES``.
        NotFound: a code is not in the register.
    """
    _require_states(facts)
    numbered = facts.with_row_index("place").sort("from_on", maintain_order=True)
    numbered = numbered.join(organisation_ids(connection, facts["uscc"]), on="uscc", how="left")
    outcomes = [""] * facts.height
    # Of one organisation a later finding stands on an earlier one of the same call.
    turns = numbered.with_columns(turn=pl.int_range(pl.len()).over("uscc"))
    for turn in turns.partition_by("turn", maintain_order=True, include_key=False):
        known = _known_states(connection, turn["organisation_id"].to_list())
        _screen_once(connection, turn, known, outcomes, now=now, history=history)
    return Screened(pl.Series("outcome", outcomes, dtype=pl.String))


def _screen_once(
    connection: Connection,
    facts: pl.DataFrame,
    known: dict[int, dict[int, tuple[Held, str, str]]],
    outcomes: list[str],
    *,
    now: datetime,
    history: bool,
) -> None:
    """Record at most one finding an organisation."""
    corrected: list[int] = []
    written: list[tuple[Any, ...]] = []
    for fact in facts.iter_rows(named=True):
        organisation = fact["organisation_id"]
        before = known.get(organisation, {})
        states = [held for held, _, _ in before.values()]
        fitted = timeline.fit(states, fact["state"], fact["from_on"], history=history)
        outcomes[fact["place"]] = fitted.outcome
        if fitted.outcome in {"unchanged", "earlier"}:
            continue
        if fitted.corrected is not None:
            corrected.append(fitted.corrected.id)
        if fitted.corrected is not None and fitted.shortened_to is not None:
            held, evidence, decided_by = before[fitted.corrected.id]
            written.append(
                (organisation, held.state, evidence, decided_by, held.from_on, fitted.shortened_to)
            )
        found = (fact["state"], fact["evidence"], fact["decided_by"], fact["from_on"])
        written.append((organisation, *found, fitted.to_on))
    for start in range(0, len(corrected), SLICE):
        some = Screening.id.in_(corrected[start : start + SLICE])
        connection.execute(update(Screening).where(some).values(corrected_at=now))
    _write_screenings(connection, written, now)


def _write_screenings(connection: Connection, rows: list[tuple[Any, ...]], now: datetime) -> None:
    schema = {
        "organisation_id": pl.Int64,
        "state": pl.String,
        "evidence": pl.String,
        "decided_by": pl.String,
        "from_on": pl.Date,
        "to_on": pl.Date,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(learned_at=pl.lit(now))
    db.insert_frame(connection, Base.metadata.tables["screening"], frame)


def _known_states(
    connection: Connection, organisations: list[int]
) -> dict[int, dict[int, tuple[Held, str, str]]]:
    """States believed now, by organisation and row, with their evidence and who decided."""
    found: dict[int, dict[int, tuple[Held, str, str]]] = {}
    for start in range(0, len(organisations), SLICE):
        query = select(Screening).where(
            Screening.organisation_id.in_(organisations[start : start + SLICE]),
            Screening.corrected_at.is_(None),
        )
        for row in connection.execute(query.with_only_columns(*Screening.__table__.columns)):
            held = Held(row.id, row.state, row.from_on, row.to_on)
            of_one = found.setdefault(row.organisation_id, {})
            of_one[row.id] = (held, row.evidence, row.decided_by)
    return found


def _require_states(facts: pl.DataFrame) -> None:
    unknown = facts.filter(~pl.col("state").is_in(universe.STATES, nulls_equal=True))
    if not unknown.is_empty():
        raise Misuse(
            f"没有摸排状态“{unknown['state'][0]}”。", f"no screening state {unknown['state'][0]!r}."
        )


def record_party_organisations(
    connection: Connection, facts: pl.DataFrame, *, now: datetime
) -> pl.DataFrame:
    """Write Party organisations and return ``key, party_organisation_id``.

    Args:
        connection: a write transaction.
        facts: ``key`` (the caller's own, unique), ``name, level, subdistrict_code, from_on``.
        now: when the register learned it.
    """
    table = Base.metadata.tables["party_organisation"]
    last = connection.execute(select(func.max(table.c.id))).scalar() or 0
    numbered = facts.with_columns(pl.int_range(last + 1, last + 1 + facts.height).alias("id"))
    db.insert_frame(connection, table, numbered.drop("key").with_columns(learned_at=pl.lit(now)))
    db.renumber(connection, table)
    return numbered.select("key", party_organisation_id="id")


def record_coverings(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """Write coverings: ``uscc, party_organisation_id, mode, from_on`` and perhaps ``to_on``."""
    return _write(connection, "covering", facts, now)


def record_instructors(
    connection: Connection, facts: pl.DataFrame, *, now: datetime
) -> pl.DataFrame:
    """Write instructors (``key, name, kind, subdistrict_code``); return ``key, instructor_id``."""
    table = Base.metadata.tables["instructor"]
    last = connection.execute(select(func.max(table.c.id))).scalar() or 0
    numbered = facts.with_columns(pl.int_range(last + 1, last + 1 + facts.height).alias("id"))
    db.insert_frame(connection, table, numbered.drop("key").with_columns(learned_at=pl.lit(now)))
    db.renumber(connection, table)
    return numbered.select("key", instructor_id="id")


def record_assignments(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """Write assignments: ``uscc, instructor_id, from_on`` and perhaps ``to_on``."""
    return _write(connection, "assignment", facts, now)


def record(connection: Connection, table: str, facts: pl.DataFrame, *, now: datetime) -> int:
    """Write facts of organisations into a table of facts as they are: ``uscc`` and its columns.

    Raises:
        NotFound: a code is not in the register.
    """
    return _write(connection, table, facts, now)


def _write(connection: Connection, table: str, facts: pl.DataFrame, now: datetime) -> int:
    ids = organisation_ids(connection, facts["uscc"])
    rows = facts.join(ids, on="uscc", how="left").drop("uscc")
    db.insert_frame(
        connection, Base.metadata.tables[table], rows.with_columns(learned_at=pl.lit(now))
    )
    return rows.height
