"""Writes histories that were told anew: what turned out otherwise is corrected, and stays."""

from collections.abc import Collection
from datetime import date

import polars as pl
from sqlalchemy import Connection, func, select, update

from ingest.merging import STORED
from ingest.timeline import History
from liangxin import db, journal
from liangxin.schema import FieldChange, Organisation

#: "Since ever": the day of a first value that a late file has replaced.
EVER = date(1, 1, 1)
SLICE = 5_000
_TABLE = FieldChange.metadata.tables["field_change"]
_DAY = ["organisation_id", "field", "from_on"]
_KEY = [*_DAY, "old_value", "new_value"]
_HELD = {
    "id": pl.Int64(),
    "organisation_id": pl.Int64(),
    "field": pl.String(),
    "old_value": pl.String(),
    "new_value": pl.String(),
    "from_on": pl.Date(),
    "run_id": pl.Int64(),
}


class Retelling:
    """The history of some organisations as the register has it, beside the one told anew."""

    def __init__(
        self, connection: Connection, run_id: int, before: pl.DataFrame, history: History
    ) -> None:
        """Take what the register holds (``Load.before``) and the history of the same codes."""
        self._connection = connection
        self._run_id = run_id
        self._before = before
        self._history = history
        self._held = self._changes_held()
        self._brought = self._brought_by()

    def from_elsewhere(self, runs: Collection[int]) -> set[int]:
        """Organisations whose history also comes from runs that cannot be read again."""
        held = self._held.filter(~pl.col("run_id").is_in(list(runs)))
        brought = {each for each, run in self._brought.items() if run not in runs}
        return brought | set(held["organisation_id"].to_list())

    def write(self, *, but: Collection[int]) -> set[int]:
        """Write the difference; return the organisations whose history is another now."""
        ids = self._before.select("uscc", organisation_id="id")
        told = self._history.changes.join(ids, on="uscc", how="inner", maintain_order="left")
        told, held = (
            _with_days(frame.filter(~pl.col("organisation_id").is_in(list(but))))
            for frame in (told, self._held)
        )
        # Changes of one day follow each other by number: the day stays as it is, or is told anew.
        key = [*_DAY, "steps"]
        wrong = held.join(told, on=key, how="anti", maintain_order="left")
        right = told.join(held, on=key, how="anti", maintain_order="left")
        altered = self._altered(but)
        self._correct(wrong["id"].to_list())
        self._insert(right.select(*_KEY, "run_id", "file_row"))
        self._keep_first_values(but)
        self._write_organisations(altered)
        return {
            *wrong["organisation_id"].to_list(),
            *right["organisation_id"].to_list(),
            *altered["id"].to_list(),
        }

    def _changes_held(self) -> pl.DataFrame:
        columns = [_TABLE.c[name] for name in _HELD]
        ids, rows = self._before["id"].to_list(), list[tuple[object, ...]]()
        for start in range(0, len(ids), SLICE):
            query = select(*columns).where(
                _TABLE.c.organisation_id.in_(ids[start : start + SLICE]),
                _TABLE.c.corrected_by.is_(None),
                _TABLE.c.field.in_(STORED),
            )
            ordered = query.order_by(_TABLE.c.from_on, _TABLE.c.id)
            rows.extend(tuple(row) for row in self._connection.execute(ordered))
        return pl.DataFrame(rows, schema=_HELD, orient="row")

    def _brought_by(self) -> dict[int, int]:
        ids, found = self._before["id"].to_list(), dict[int, int]()
        for start in range(0, len(ids), SLICE):
            query = select(Organisation.id, Organisation.run_id).where(
                Organisation.id.in_(ids[start : start + SLICE])
            )
            found.update((row[0], row[1]) for row in self._connection.execute(query))
        return found

    def _altered(self, but: Collection[int]) -> pl.DataFrame:
        """Organisations whose present values or first days are others than the register has."""
        both = self._history.now.join(self._before, on="uscc", how="inner", suffix="_before")
        names = (*STORED, "from_on", "seen_on")
        return both.filter(
            ~pl.col("id").is_in(list(but)),
            pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in names),
        )

    def _correct(self, ids: list[int]) -> None:
        for start in range(0, len(ids), SLICE):
            some = FieldChange.id.in_(ids[start : start + SLICE])
            values = {"corrected_by": self._run_id}
            self._connection.execute(update(FieldChange).where(some).values(values))

    def _insert(self, rows: pl.DataFrame) -> None:
        db.insert_frame(self._connection, _TABLE, rows, same={"learned_by": self._run_id})

    def _keep_first_values(self, but: Collection[int]) -> None:
        """Where a late file has replaced a first value, keep what was taken for it until now."""
        first = self._history.first.join(self._before, on="uscc", how="inner", suffix="_before")
        earliest = self._held.unique(["organisation_id", "field"], keep="first")
        parts = []
        for name in STORED:
            was = earliest.filter(pl.col("field") == name).select(
                id="organisation_id", first_held="old_value", had=pl.lit(value=True)
            )
            both = first.join(was, on="id", how="left").select(
                organisation_id="id",
                new=pl.col(name).cast(pl.String),
                old=pl.when("had")
                .then("first_held")
                .otherwise(pl.col(f"{name}_before").cast(pl.String)),
            )
            parts.append(both.with_columns(field=pl.lit(name)))
        replaced = pl.concat(parts).filter(
            ~pl.col("organisation_id").is_in(list(but)), pl.col("old").ne_missing(pl.col("new"))
        )
        if replaced.is_empty():
            return
        since = self._replaced_before(replaced["organisation_id"].unique().to_list())
        rows = [
            {
                "organisation_id": row["organisation_id"],
                "field": row["field"],
                "old_value": None,
                "new_value": row["old"],
                "from_on": EVER,
                "run_id": self._brought[row["organisation_id"]],
                "file_row": 0,
                "learned_by": since.get((row["organisation_id"], row["field"])),
                "corrected_by": self._run_id,
            }
            for row in replaced.iter_rows(named=True)
        ]
        self._connection.execute(_TABLE.insert(), rows)

    def _replaced_before(self, ids: list[int]) -> dict[tuple[int, str], int]:
        """Which run replaced a first value last."""
        found: dict[tuple[int, str], int] = {}
        for start in range(0, len(ids), SLICE):
            query = (
                select(
                    FieldChange.organisation_id,
                    FieldChange.field,
                    func.max(FieldChange.corrected_by),
                )
                .where(
                    FieldChange.organisation_id.in_(ids[start : start + SLICE]),
                    FieldChange.from_on == EVER,
                    FieldChange.corrected_by.is_not(None),
                )
                .group_by(FieldChange.organisation_id, FieldChange.field)
            )
            for organisation, field, run in self._connection.execute(query):
                if run is not None:
                    found[organisation, field] = run
        return found

    def _write_organisations(self, altered: pl.DataFrame) -> None:
        table = Organisation.metadata.tables["organisation"]
        ids = altered["id"].to_list()
        for start in range(0, len(ids), SLICE):
            journal.keep(
                self._connection,
                self._run_id,
                table,
                table.c.id.in_(ids[start : start + SLICE]),
            )
        for name in ("from_on", "seen_on"):
            moved = altered.filter(pl.col(name) != pl.col(f"{name}_before"))
            self._insert(
                moved.select(
                    organisation_id="id",
                    field=pl.lit(name),
                    old_value=pl.col(f"{name}_before").cast(pl.String),
                    new_value=pl.col(name).cast(pl.String),
                    from_on=pl.lit(EVER),
                    run_id=pl.lit(self._run_id, pl.Int64),
                    file_row=pl.col("file_row").cast(pl.Int64),
                )
            )
        values = altered.select("id", *STORED, "from_on", "seen_on")
        db.update_frame(self._connection, table, values, key="id")


def _with_days(changes: pl.DataFrame) -> pl.DataFrame:
    """Changes, each with all that its field went through on its day (``steps``)."""
    step = pl.format(
        "{} {}", *(pl.col(name).fill_null("\x00") for name in ("old_value", "new_value"))
    )
    return changes.with_columns(steps=step.str.join("\x1f").over(_DAY))
