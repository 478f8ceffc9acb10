"""What becomes of organisations that came: for each field the greater stamp stays (`liangxin.stamps`).

An organisation we do not have is taken whole. Of one we have, a field is changed where what came is
the newer fact; either way the register then knows whose value it holds. Every change is kept as a
``field_change``; where the sender's history leads from our value to the new one, step by step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import Connection, delete, func, select

from ingest import kept_words
from ingest.exchange.contents import NUMBERS
from ingest.exchange.history import History
from ingest.known import Known
from ingest.registrations import Registrations, speaking
from liangxin import db, stamps
from liangxin.schema import Base, FieldStamp
from liangxin.stamps import ALL_FIELDS, FIELDS, STAMP

TYPES: dict[str, pl.DataType] = {
    "established_on": pl.Date(),
    **dict.fromkeys(sorted(NUMBERS), pl.Float64()),
}
#: Organisations merged at a time: each is unfolded into its fields.
SLICE = 50_000
_SUFFIXED = {name: f"{name}_in" for name in ("value", *STAMP)}


@dataclass(slots=True)
class Outcome:
    """What became of rows, by ``file_row``."""

    new: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    unchanged: set[int] = field(default_factory=set)
    skipped: set[int] = field(default_factory=set)


class Fields:
    """Merges the organisations of one package, inside the caller's transaction."""

    def __init__(self, connection: Connection, run_id: int) -> None:
        self.connection = connection
        self.run_id = run_id
        self.outcome = Outcome()
        self._last_stamp = 0
        self._organisation = Base.metadata.tables["organisation"]
        self._stamp = Base.metadata.tables["field_stamp"]
        self._change = Base.metadata.tables["field_change"]

    def settle(self, last_run: int) -> int:
        """Put exchanged values back that our own files overwrote with older facts; return how many.

        Only changes of runs after ``last_run`` are looked at: the last one that merged anything.
        """
        query = (
            select(self._change.c.organisation_id)
            .join(self._stamp, self._stamp.c.organisation_id == self._change.c.organisation_id)
            .where(func.coalesce(self._change.c.learned_by, self._change.c.run_id) > last_run)
            .distinct()
        )
        ids = list(self.connection.execute(query).scalars())
        lost = stamps.told(self.connection, ids).fields.filter("ours_lost")
        if lost.is_empty():
            return 0
        now = self._now(lost["id"].unique().to_list())
        lost = lost.join(now, on=["id", "field"], how="left").with_columns(file_row=pl.lit(0))
        self._change_fields(lost, None)
        self._keep_stamps(lost)
        self._read_again(lost["id"].unique().sort().to_list())
        return lost.height

    def merge(
        self, organisations: pl.DataFrame, fields: pl.DataFrame, history: pl.DataFrame
    ) -> None:
        """Merge judged rows of the three tables (`contents.COLUMNS`, with ``file_row``)."""
        organisations = _as_text(organisations)
        fields = fields.with_columns(_plain_number(pl.col("field").is_in(sorted(NUMBERS)), "value"))
        told = History(history)
        for start in range(0, organisations.height, SLICE):
            self._merge(organisations.slice(start, SLICE), fields, told)
        self.outcome.new.update(told.used)
        self.outcome.skipped.update(set(history["file_row"]) - told.used)

    def _merge(self, organisations: pl.DataFrame, fields: pl.DataFrame, told: History) -> None:
        have = db.existing_in(
            self.connection, self._organisation, "uscc", organisations["uscc"].to_list()
        )
        known = pl.DataFrame(
            [(row["uscc"], row["id"], row["from_on"]) for row in have],
            schema={"uscc": pl.String, "id": pl.Int64, "since_here": pl.Date},
            orient="row",
        )
        self._take_new(organisations.join(known, on="uscc", how="anti"), fields, told)
        self._compare(organisations.join(known, on="uscc", how="inner"), fields, told)

    def _take_new(self, new: pl.DataFrame, fields: pl.DataFrame, told: History) -> None:
        if new.is_empty():
            return
        last = self.connection.execute(select(func.max(self._organisation.c.id))).scalar() or 0
        new = new.with_columns(id=pl.int_range(last + 1, last + 1 + new.height, dtype=pl.Int64))
        db.insert_frame(
            self.connection,
            self._organisation,
            new.select(
                "id",
                "uscc",
                *(_typed(name, name) for name in FIELDS),
                from_on="since",
                seen_on="since",
            ),
            same={"run_id": self.run_id},
        )
        mine = fields.join(new.select("uscc", "id"), on="uscc", how="inner")
        self._insert_stamps(pl.concat([_whole(new), mine.select("id", "field", "value", *STAMP)]))
        self.outcome.new.update(new["file_row"], mine["file_row"])
        past = told.of_new(new.select("uscc", "id", *FIELDS))
        self._insert_changes(past)

    def _compare(self, known: pl.DataFrame, fields: pl.DataFrame, told: History) -> None:
        if known.is_empty():
            return
        here = stamps.told(self.connection, known["id"].to_list())
        known = self._without_equals(known, fields, here)
        if known.is_empty():
            return
        ids = known["id"].to_list()
        here = stamps.Told(
            here.organisations.join(known, on="id", how="semi"),
            here.fields.join(known, on="id", how="semi"),
        )
        ours = _every_field(here.organisations, here.fields, "id")
        mine = fields.join(known.select("uscc", "id"), on="uscc", how="inner")
        came = _every_field(known, mine, "id").rename(_SUFFIXED)
        both = came.join(ours, on=["id", "field"], how="full", coalesce=True)
        wins = pl.col("learned_at_in").is_not_null() & (
            pl.col("learned_at").is_null() | stamps.greater("_in", "")
        )
        merged = both.select(
            "id",
            "field",
            *(
                pl.when(wins).then(f"{name}_in").otherwise(name).alias(name)
                for name in ("value", *STAMP)
            ),
            wins=wins,
        )
        rows = pl.concat([known.select("id", "file_row"), mine.select("id", "file_row")])
        where = mine.select("id", "field", row="file_row")
        won = (
            merged.filter("wins")
            .join(self._now(ids), on=["id", "field"], how="left")
            .join(where, on=["id", "field"], how="left")
            .join(known.select("id", "uscc", "file_row"), on="id", how="left")
            .with_columns(file_row=pl.coalesce("row", "file_row"))
        )
        changed = won.filter(pl.col("value").ne_missing(pl.col("now")))
        self._change_fields(changed, told)
        self._keep_all_stamps(known, here.organisations, merged)
        self._read_again(changed["id"].unique().sort().to_list())
        kept_words.keep_more(self.connection, ids, self.run_id)
        earlier = self._begin_earlier(known)
        touched = known.filter(pl.col("id").is_in(changed["id"].implode())).select("file_row")
        self.outcome.changed.update(changed["file_row"], touched["file_row"], earlier)
        self.outcome.unchanged.update(set(rows["file_row"]) - self.outcome.changed)

    def _read_again(self, ids: Sequence[int]) -> None:
        """What our own files said before is news again where another value stands now."""
        rows = Registrations(self.connection, 0, self.run_id, Known.nothing())
        rows.forget_prints(ids, sources=speaking(self.connection) if ids else [])

    def _without_equals(
        self, known: pl.DataFrame, fields: pl.DataFrame, here: stamps.Told
    ) -> pl.DataFrame:
        """Leave out organisations that are told here and there in the same words."""
        plain = known.join(fields, on="uscc", how="anti").join(here.fields, on="id", how="anti")
        told = here.organisations.select("id", *STAMP, *FIELDS)
        both = plain.join(told, on="id", how="inner", suffix="_here")
        same = pl.all_horizontal(
            pl.col(name).eq_missing(pl.col(f"{name}_here")) for name in (*STAMP, *FIELDS)
        )
        equal = both.filter(same & (pl.col("since") >= pl.col("since_here")))
        self.outcome.unchanged.update(equal["file_row"])
        return known.join(equal, on="id", how="anti")

    def _now(self, ids: Sequence[Any]) -> pl.DataFrame:
        """What the register says now: ``id, field, now``."""
        rows = db.existing_in(self.connection, self._organisation, "id", ids)
        types: dict[str, Any] = {name: TYPES.get(name, pl.String()) for name in FIELDS}
        wide = stamps.text(pl.DataFrame(rows, schema={"id": pl.Int64, **types}))
        return wide.unpivot(FIELDS, index="id", variable_name="field", value_name="now")

    def _change_fields(self, changed: pl.DataFrame, told: History | None) -> None:
        """Set fields to what stands, and keep what they were."""
        if changed.is_empty():
            return
        steps = told.between(changed) if told is not None else pl.DataFrame()
        single = (
            changed if steps.is_empty() else changed.join(steps, on=["id", "field"], how="anti")
        )
        plain = single.select(
            "id", "field", "from_on", "file_row", old_value="now", new_value="value"
        )
        self._insert_changes(plain)
        if not steps.is_empty():
            self._insert_changes(steps)
        for name in changed["field"].unique().sort():
            values = changed.filter(pl.col("field") == name).select(
                "id", _typed("value", name).alias(name)
            )
            db.update_frame(self.connection, self._organisation, values, key="id")

    def _begin_earlier(self, known: pl.DataFrame) -> list[int]:
        """An organisation is known since the earliest day anybody knows; return the rows that said so."""
        earlier = known.filter(pl.col("since") < pl.col("since_here"))
        if earlier.is_empty():
            return []
        self._insert_changes(
            earlier.select(
                "id",
                "file_row",
                field=pl.lit("from_on"),
                old_value=pl.col("since_here").cast(pl.String),
                new_value=pl.col("since").cast(pl.String),
                from_on="since",
            )
        )
        db.update_frame(
            self.connection, self._organisation, earlier.select("id", from_on="since"), key="id"
        )
        return earlier["file_row"].to_list()

    def _insert_changes(self, rows: pl.DataFrame) -> None:
        if rows.is_empty():
            return
        db.insert_frame(
            self.connection,
            self._change,
            rows.select(
                "field",
                "old_value",
                "new_value",
                "from_on",
                "file_row",
                organisation_id="id",
                run_id=pl.lit(self.run_id),
            ),
        )

    def _keep_all_stamps(
        self, known: pl.DataFrame, ours: pl.DataFrame, merged: pl.DataFrame
    ) -> None:
        """Write the stamps that changed; an organisation whose values mostly came has one for all."""
        none = pl.lit("").alias("value")
        both = known.select("id", none, *STAMP).rename(_SUFFIXED)
        both = both.join(ours.select("id", none, *STAMP), on="id", how="inner")
        taken = both.filter(stamps.greater("_in", "")).select("id")
        whole = known.join(taken, on="id", how="semi")
        self._drop_stamps(whole.select("id"))
        kept = merged.join(whole.select("id"), on="id", how="semi").join(
            whole.select("id", *(pl.col(name).alias(f"{name}_all") for name in STAMP)), on="id"
        )
        same = pl.all_horizontal(pl.col(name) == pl.col(f"{name}_all") for name in STAMP)
        apart = kept.filter(~same | pl.col("value").is_null())
        self._insert_stamps(
            pl.concat([_whole(whole), apart.select("id", "field", "value", *STAMP)])
        )
        single = merged.filter("wins").join(whole.select("id"), on="id", how="anti")
        self._keep_stamps(single)

    def _keep_stamps(self, rows: pl.DataFrame) -> None:
        """Write stamps of single fields over those that are there."""
        self._drop_stamps(rows.select("id", "field"))
        self._insert_stamps(rows.select("id", "field", "value", *STAMP))

    def _drop_stamps(self, those: pl.DataFrame) -> None:
        """Delete stamps by ``id`` (of the organisation) and perhaps ``field``."""
        ids = those["id"].unique().to_list()
        rows = db.existing_in(self.connection, self._stamp, "organisation_id", ids)
        if not rows:
            return
        # New ones must get higher numbers than those that go.
        self._last_stamp = max(self._next_stamp() - 1, 0)
        here = pl.DataFrame(
            [(row["id"], row["organisation_id"], row["field"]) for row in rows],
            schema={"number": pl.Int64, "id": pl.Int64, "field": pl.String},
            orient="row",
        )
        gone = here.join(those, on=those.columns, how="semi")["number"].to_list()
        for start in range(0, len(gone), 5_000):
            some = FieldStamp.id.in_(gone[start : start + 5_000])
            self.connection.execute(delete(FieldStamp).where(some))

    def _next_stamp(self) -> int:
        last = self.connection.execute(select(func.max(self._stamp.c.id))).scalar() or 0
        return max(last, self._last_stamp) + 1

    def _insert_stamps(self, rows: pl.DataFrame) -> None:
        if rows.is_empty():
            return
        first = self._next_stamp()
        db.insert_frame(
            self.connection,
            self._stamp,
            rows.select(
                pl.int_range(first, first + rows.height, dtype=pl.Int64).alias("id"),
                "field",
                "value",
                *STAMP,
                organisation_id="id",
            ),
            same={"run_id": self.run_id},
        )
        db.renumber(self.connection, self._stamp)


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    """The one stamp that stands for all fields of an organisation."""
    return rows.select(
        "id", pl.lit(ALL_FIELDS).alias("field"), pl.lit(None, pl.String).alias("value"), *STAMP
    )


def _every_field(organisations: pl.DataFrame, fields: pl.DataFrame, key: str) -> pl.DataFrame:
    """Every value that says something: ``id, field, value, STAMP``."""
    own = fields.select(key, "field", "value", *STAMP)
    rest = (
        organisations.select(key, *FIELDS)
        .unpivot(FIELDS, index=key, variable_name="field", value_name="value")
        .filter(pl.col("value").is_not_null())
        .join(own, on=[key, "field"], how="anti")
        .join(organisations.select(key, *STAMP), on=key, how="left")
    )
    return pl.concat([rest.select(key, "field", "value", *STAMP), own])


def _as_text(organisations: pl.DataFrame) -> pl.DataFrame:
    """Fields as the register writes them: a number has one way to be written."""
    numbers = (pl.col(name).cast(pl.Float64) for name in sorted(NUMBERS))
    return stamps.text(organisations.with_columns(numbers))


def _typed(column: str, field: str) -> pl.Expr:
    """A field's text as the register's own type."""
    kind = TYPES.get(field, pl.String())
    return pl.col(column).str.to_date() if kind == pl.Date else pl.col(column).cast(kind)


def _plain_number(where: pl.Expr, column: str) -> pl.Expr:
    number = pl.col(column).cast(pl.Float64, strict=False).cast(pl.String)
    return pl.when(where).then(number).otherwise(column).alias(column)
