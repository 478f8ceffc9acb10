"""What came by exchange, as words among those of our own files, for histories that are told anew.

Packages are not read again: what they told is kept (``ingest.kept_words``). Each field that came is a
word of its own, of its own day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection

from ingest import kept_words
from ingest.kept_words import Told
from ingest.merging import SCHEMA, STORED, Ownership
from ingest.timeline import ENTERS, SETS, History, Said
from liangxin import stamps

#: By day, moment, run and place: of organisations by code, the fields that are set.
_Rows = dict[tuple[date, datetime, int, int], dict[str, dict[str, str | None]]]


def words(connection: Connection, before: pl.DataFrame, run_id: int) -> list[Said]:
    """Return what came by exchange of some organisations; in order of days, of a day as it was learned.

    From now on it is kept as it came.

    Args:
        connection: a write transaction.
        before: what the register holds of them (``Load.before``).
        run_id: the run that tells their histories anew.
    """
    runs = stamps.exchanged_runs(connection)
    codes = dict(before.select("id", "uscc").iter_rows())
    if not runs or not codes:
        return []
    kept_words.keep(connection, list(codes), run_id)
    told = kept_words.read(connection, list(codes))
    found: _Rows = {}
    for each in told:
        _put(found, each, codes[each.organisation])
    said = [*_said(_entering(told, codes), runs, enters=True), *_said(found, runs, enters=False)]
    return sorted(said, key=lambda each: (each.as_of, each.learned, each.run_id))


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


def _entering(told: Sequence[Told], codes: dict[int, str]) -> _Rows:
    """How organisations were as they came, on the first day that anything was told of them.

    Of one that our own files brought it is not known; what is told of it waits for them.
    """
    found: _Rows = {}
    for each in told:
        if each.words and each.first:
            first = each.words[0]
            key = (first.on, first.learned_at, first.run, 0)
            found.setdefault(key, {})[codes[each.organisation]] = each.first
    return found


def _put(found: _Rows, told: Told, uscc: str) -> None:
    """Put words together, a row an organisation; a field that takes two steps in a day takes two rows."""
    for word in told.words:
        key = (word.on, word.learned_at, word.run, 0)
        while word.field in found.get(key, {}).get(uscc, {}):
            key = (*key[:3], key[3] + 1)
        row = found.setdefault(key, {}).setdefault(uscc, {})
        row[word.field] = word.value


def _said(told: _Rows, runs: dict[int, int], *, enters: bool) -> Iterator[Said]:
    for (on, learned, run, _), rows in sorted(told.items()):
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
        yield Said(run, runs[run], on, Ownership(), typed, exchanged=True, learned=learned)


def _typed(name: str) -> pl.Expr:
    kind = SCHEMA[name]
    return pl.col(name).str.to_date() if kind == pl.Date else pl.col(name).cast(kind)
