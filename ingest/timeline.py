"""The history of organisations told from everything that was said of them, in order of days. Pure.

What arrives in order is written as it comes (``ingest.load``); when a file arrives late, the
histories it touches are told anew from all files, by the same rule (``ingest.merging``). So every
order of arrival ends in the same history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import polars as pl

from ingest.merging import FOLLOW, LEADERS, SCHEMA, STORED, Ownership, changed, merged, provider

#: A change of a value: whose, which field, what it was and is, since when, and who says so.
CHANGES = {
    "uscc": pl.String(),
    "field": pl.String(),
    "old_value": pl.String(),
    "new_value": pl.String(),
    "from_on": pl.Date(),
    "run_id": pl.Int64(),
    "file_row": pl.Int64(),
}


NEVER = datetime.min.replace(tzinfo=UTC)
#: Columns of rows that came by exchange: which fields a row sets, and whether it only enters.
SETS, ENTERS = "sets", "enters"


@dataclass(frozen=True, slots=True)
class Said:
    """What one run's file says of the organisations in question: a row each, of ``STORED``.

    What was ``exchanged`` sets the fields that its rows name, and no others; a row that ``ENTERS`` says how
    an organisation first was, where nobody spoke of it earlier.
    """

    run_id: int
    source_id: int
    as_of: date
    ownership: Ownership
    rows: pl.DataFrame  # uscc, file_row, STORED; exchanged: SETS, ENTERS
    exchanged: bool = False
    learned: datetime = NEVER  # orders what is said of one day

    def of(self, rows: pl.DataFrame) -> "Said":
        """The same, with some of its rows."""
        return replace(self, rows=rows)


@dataclass(frozen=True, slots=True)
class History:
    """What became of organisations.

    ``now``: ``uscc``, ``STORED``, ``from_on`` (founded, or first seen), ``seen_on``, and the run
    and row that first showed it (``run_id, file_row``). ``first``: ``uscc`` and ``STORED`` as at
    first. ``changes``: a frame of ``CHANGES``, in order of days.
    """

    now: pl.DataFrame
    first: pl.DataFrame
    changes: pl.DataFrame


def tell(said: Sequence[Said]) -> History:
    """Tell the history of all organisations in ``said``.

    Args:
        said: in order of days; of one day, in the order in which it was learned.
    """
    state = pl.DataFrame(
        schema={
            "uscc": pl.String(),
            **SCHEMA,
            **{provider(leader): pl.Int64() for leader in LEADERS},
            "from_on": pl.Date(),
            "seen_on": pl.Date(),
            "run_id": pl.Int64(),
            "file_row": pl.Int64(),
        }
    )
    firsts: list[pl.DataFrame] = []
    changes: list[pl.DataFrame] = [pl.DataFrame(schema=CHANGES)]
    early: list[Said] = []
    for each in said:
        new = _entered(each, state)
        early += [each.of(rows)] if not (rows := _too_early(each, state)).is_empty() else []
        state, came = _after(each, state)
        changes += came
        state = pl.concat([state, new])
        firsts.append(new.select("uscc", *STORED))
        # A day that came from elsewhere may lie before the first file: it speaks once they have entered.
        for word in early if new.height else ():
            state, came = _after(word.of(word.rows.join(new, on="uscc", how="semi")), state)
            changes += came
        early = [word.of(word.rows.join(new, on="uscc", how="anti")) for word in early]
    return History(
        now=state.select("uscc", *STORED, "from_on", "seen_on", "run_id", "file_row"),
        first=pl.concat(firsts) if firsts else state.select("uscc", *STORED),
        changes=pl.concat(changes),
    )


def _after(said: Said, state: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The state after some of its organisations were spoken of, and what changed."""
    rows = said.rows.filter(~pl.col(ENTERS)) if said.exchanged else said.rows
    if rows.is_empty():
        return state, []
    known = rows.join(state, on="uscc", how="inner", suffix="_before")
    rule = _set() if said.exchanged else merged(said.ownership, said.source_id)
    after = known.with_columns(rule)
    return _renewed(said, state, after), [_changes(said, after, name) for name in STORED]


def _set() -> list[pl.Expr]:
    """Each field as a row sets it, or as it was."""
    return [
        pl.when(pl.col(SETS).list.contains(name))
        .then(name)
        .otherwise(f"{name}_before")
        .alias(f"{name}_after")
        for name in STORED
    ]


def _too_early(said: Said, state: pl.DataFrame) -> pl.DataFrame:
    """Rows that set fields of organisations nobody has spoken of yet."""
    if not said.exchanged:
        return said.rows.clear()
    return said.rows.filter(~pl.col(ENTERS)).join(state, on="uscc", how="anti")


def _entered(said: Said, state: pl.DataFrame) -> pl.DataFrame:
    """Organisations seen for the first time."""
    fresh = said.rows.join(state, on="uscc", how="anti")
    if said.exchanged:
        fresh = fresh.filter(ENTERS)
    return fresh.select(
        "uscc",
        *STORED,
        *(pl.lit(said.source_id, pl.Int64).alias(provider(leader)) for leader in LEADERS),
        pl.col("established_on").fill_null(said.as_of).alias("from_on"),
        pl.lit(said.as_of).alias("seen_on"),
        pl.lit(said.run_id, pl.Int64).alias("run_id"),
        pl.col("file_row").cast(pl.Int64),
    )


def _changes(said: Said, after: pl.DataFrame, name: str) -> pl.DataFrame:
    return after.filter(changed(name)).select(
        "uscc",
        pl.lit(name).alias("field"),
        pl.col(f"{name}_before").cast(pl.String).alias("old_value"),
        pl.col(f"{name}_after").cast(pl.String).alias("new_value"),
        pl.lit(said.as_of).alias("from_on"),
        pl.lit(said.run_id, pl.Int64).alias("run_id"),
        pl.col("file_row").cast(pl.Int64),
    )


def _renewed(said: Said, state: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The state with the values of the rows that spoke of it."""
    spoken = after.select(
        "uscc",
        *(pl.col(f"{name}_after").alias(name) for name in STORED),
        *(
            pl.when(
                pl.any_horizontal(changed(name) for name in FOLLOW[leader][:1])
                | _confirmed(said, leader)
            )
            .then(pl.lit(said.source_id, pl.Int64))
            .otherwise(provider(leader))
            .alias(provider(leader))
            for leader in LEADERS
        ),
        "from_on",
        "seen_on",
        "run_id",
        pl.col("file_row_before").alias("file_row"),
    )
    silent = state.join(after.select("uscc"), on="uscc", how="anti")
    return pl.concat([silent, spoken.select(silent.columns)])


def _confirmed(said: Said, leader: str) -> pl.Expr:
    """Whether a row is its owner's word: then the value is the owner's, whoever said it first."""
    if said.exchanged:
        return pl.lit(value=False)
    return said.ownership.owns(leader) & pl.col(leader).is_not_null()
