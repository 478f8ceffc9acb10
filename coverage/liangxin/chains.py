"""Facts that follow each other without overlap: of one subject one holds at a time, from a day on.

Screenings of an organisation, each field somebody found out about it, terms of a Party
organisation. How a new one fits in is said by ``timeline``; here it is read and written.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, select, update

from liangxin import db, timeline
from liangxin.schema import Base, Finding, PartyTerm, Screening
from liangxin.timeline import Held

SLICE = 5_000


@dataclass(frozen=True, slots=True)
class Chain:
    """A table of such facts: whom one is about, what it says, and what is kept beside that."""

    table: type[Base]
    subject: tuple[str, ...]
    says: tuple[str, ...]
    beside: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """What a fact brings."""
        return (*self.subject, *self.says, *self.beside, "from_on")


SCREENINGS = Chain(Screening, ("organisation_id",), ("state",), ("evidence", "decided_by"))
FINDINGS = Chain(Finding, ("organisation_id", "field"), ("value",), ("source",))
TERMS = Chain(
    PartyTerm,
    ("party_organisation_id",),
    ("level", "secretary", "secretary_kind", "due_on"),
)


def record(
    connection: Connection,
    chain: Chain,
    facts: pl.DataFrame,
    *,
    now: datetime,
    history: bool = False,
) -> pl.Series:
    """Fit facts in among those before them, and return what became of each, in their order.

    Args:
        connection: a write transaction.
        chain: which kind of fact.
        facts: the chain's columns; of one subject any number of days.
        now: when the register learned it.
        history: the facts are old ones that come late.
    """
    numbered = facts.with_row_index("nth").sort("from_on", maintain_order=True)
    outcomes = [""] * facts.height
    # Of one subject a later fact stands on an earlier one of the same call.
    turns = numbered.with_columns(turn=pl.int_range(pl.len()).over(chain.subject))
    for turn in turns.partition_by("turn", maintain_order=True, include_key=False):
        _once(connection, chain, turn, outcomes, now=now, history=history)
    return pl.Series("outcome", outcomes, dtype=pl.String)


def known(
    connection: Connection, chain: Chain, subjects: list[int]
) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Return the facts believed now about these (by the first column of the subject)."""
    table = chain.table.__table__
    first = table.c[chain.subject[0]]
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    wanted = sorted(set(subjects))
    for start in range(0, len(wanted), SLICE):
        query = select(table).where(
            first.in_(wanted[start : start + SLICE]), table.c.corrected_at.is_(None)
        )
        for row in connection.execute(query.order_by(table.c.id)).mappings():
            found.setdefault(tuple(row[name] for name in chain.subject), []).append(dict(row))
    return found


def _once(
    connection: Connection,
    chain: Chain,
    facts: pl.DataFrame,
    outcomes: list[str],
    *,
    now: datetime,
    history: bool,
) -> None:
    """Record at most one fact a subject."""
    before = known(connection, chain, facts[chain.subject[0]].to_list())
    corrected: list[int] = []
    written: list[dict[str, Any]] = []
    for fact in facts.iter_rows(named=True):
        rows = before.get(tuple(fact[name] for name in chain.subject), [])
        states = [Held(row["id"], _said(chain, row), row["from_on"], row["to_on"]) for row in rows]
        fitted = timeline.fit(states, _said(chain, fact), fact["from_on"], history=history)
        outcomes[fact["nth"]] = fitted.outcome
        if fitted.outcome in {"unchanged", "earlier"}:
            continue
        if fitted.corrected is not None:
            corrected.append(fitted.corrected.id)
        if fitted.corrected is not None and fitted.shortened_to is not None:
            [row] = [row for row in rows if row["id"] == fitted.corrected.id]
            written.append(_row(chain, row) | {"to_on": fitted.shortened_to})
        written.append(_row(chain, fact) | {"to_on": fitted.to_on})
    close(connection, chain.table, corrected, now=now)
    insert(connection, chain.table, written, now=now)


def close(connection: Connection, table: type[Base], ids: list[int], *, now: datetime) -> None:
    """Believe these rows no longer, from now on."""
    key = table.__table__.c["id"]
    for start in range(0, len(ids), SLICE):
        some = key.in_(ids[start : start + SLICE])
        connection.execute(update(table).where(some).values(corrected_at=now))


def insert(
    connection: Connection, table: type[Base], rows: list[dict[str, Any]], *, now: datetime
) -> None:
    """Write rows that were learned now; all name the same columns."""
    if rows:
        frame = pl.DataFrame(rows, infer_schema_length=None)
        empty = [name for name, kind in frame.schema.items() if kind == pl.Null]
        frame = frame.with_columns(pl.col(empty).cast(pl.String), learned_at=pl.lit(now))
        db.insert_frame(connection, Base.metadata.tables[str(table.__tablename__)], frame)


def _row(chain: Chain, fact: dict[str, Any]) -> dict[str, Any]:
    return {name: fact[name] for name in chain.columns}


def _said(chain: Chain, fact: dict[str, Any]) -> str:
    """What a fact says, as one text."""
    return "\x1f".join("" if fact[name] is None else str(fact[name]) for name in chain.says)
