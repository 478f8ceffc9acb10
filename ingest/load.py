"""Accepted rows into the register: upsert, history, absences; one run, one transaction.

The unchanged are found before the database sees them: every row has a fingerprint of its
normalised values and of where they place it, and one whose fingerprint the source sent before
needs nothing written. The rest is told apart by code: new organisations are inserted in bulk,
changed ones compared field by field, each difference kept as a ``field_change``. What a file
does not say (no such column, or an empty cell) erases nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl
from sqlalchemy import Connection, func, select, update

from ingest.locate import written
from ingest.normalise import VALUES
from ingest.repeats import position
from liangxin import db
from liangxin.errors import BatchStopped
from liangxin.schema import (
    Absence,
    Base,
    FieldChange,
    Organisation,
    Registration,
    Run,
    Source,
)

LOCATION = (
    "district_code",
    "subdistrict_code",
    "community_code",
    "location_method",
    "location_confidence",
)
#: What a registration can change, and the location that follows from its address.
SAID = tuple(name for name in VALUES if name != "district_code")
STORED = (*SAID, *LOCATION)
#: What a run counts, and how long it took: columns of `run`, keys of its report.
COUNTS = (
    "rows",
    "accepted",
    "refused",
    "skipped",
    "new",
    "changed",
    "unchanged",
    "missing",
    "located",
    "seconds",
)
TYPES: dict[str, pl.DataType] = {
    "established_on": pl.Date(),
    "capital_wan": pl.Float64(),
    "location_confidence": pl.Float64(),
}


@dataclass(slots=True)
class Tally:
    """What became of the accepted rows so far."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    located: int = 0


class Load:
    """Writes one run's accepted rows, batch by batch, inside the caller's transaction."""

    def __init__(
        self,
        connection: Connection,
        *,
        source: str,
        as_of: date,
        district: str,
        now: datetime,
    ) -> None:
        self.connection = connection
        self.as_of = as_of
        self.district = district
        self.tally = Tally()
        self.source_id = source_id(connection, source)
        self._refuse_older_file()
        self.run_id = open_run(connection, self.source_id, as_of=as_of, district=district, now=now)
        last = connection.execute(select(func.max(Organisation.id))).scalar()
        self._next_id = (last or 0) + 1
        self._register_was_empty = last is None
        self._known = np.sort(
            db.integers(
                connection,
                "SELECT row_hash FROM registration WHERE source_id = ?",
                (self.source_id,),
            )
            .to_numpy()
            .view(np.uint64)
        )
        self._seen = np.zeros(len(self._known), dtype=np.bool_)
        self._refused: set[str] = set()

    def _refuse_older_file(self) -> None:
        """Stop a file that describes an earlier day than the register already knows.

        Taken as it comes, it would overwrite newer values with older ones.
        """
        newest = self.connection.execute(
            select(func.max(Run.as_of)).where(
                Run.source_id == self.source_id,
                Run.district_code.is_not_distinct_from(self.district or None),
            )
        ).scalar()
        if newest is not None and self.as_of < newest:
            raise BatchStopped(
                f"该数据源已导入 {newest} 的数据，不能再导入更早（{self.as_of}）的文件，登记库未变。"
                "请核对 --as-of。",
                f"this source was loaded as of {newest} already; an older file ({self.as_of}) would "
                "overwrite newer values. The register is as it was; check --as-of.",
            )

    def take(self, frame: pl.DataFrame) -> None:
        """Write a batch of accepted rows: normalised, located, with ``row_hash`` and no repeats."""
        self.tally.located += frame.height - frame["subdistrict_code"].null_count()
        # A division list that grew may place what it could not place before.
        placed = frame.select("row_hash", "subdistrict_code", "community_code")
        frame = frame.with_columns(row_hash=placed.hash_rows(seed=2015))
        place = position(self._known, frame["row_hash"].to_numpy())
        self._seen[place[place >= 0]] = True
        self.tally.unchanged += int((place >= 0).sum())
        rest = frame.filter(pl.Series(place < 0))
        if rest.is_empty():
            return
        before = self._before(rest)
        known = rest.join(before, on="uscc", how="inner", suffix="_before")
        self._insert(rest.join(before, on="uscc", how="anti"))
        if not known.is_empty():
            self._compare(known)

    def refuse(self, frame: pl.DataFrame) -> None:
        """Remember whom a batch of refused rows names: they are not absent."""
        self._refused.update(frame.filter(pl.col("uscc_fault") == "")["uscc"])

    def _before(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What the register holds of these codes."""
        table = Organisation.metadata.tables["organisation"]
        rows = (
            []
            if self._register_was_empty
            else db.existing_in(self.connection, table, "uscc", frame["uscc"].to_list())
        )
        schema = {"id": pl.Int64(), "uscc": pl.String()} | {
            name: TYPES.get(name, pl.String()) for name in STORED
        }
        return pl.DataFrame(rows, schema=schema)

    def _insert(self, frame: pl.DataFrame) -> None:
        ids = pl.int_range(self._next_id, self._next_id + frame.height, eager=True)
        self._next_id += frame.height
        self.tally.new += frame.height
        organisations = frame.select(
            ids.alias("id"),
            "uscc",
            *STORED,
            pl.col("established_on").fill_null(self.as_of).alias("from_on"),
        )
        db.insert_frame(
            self.connection,
            Base.metadata.tables["organisation"],
            organisations,
            same={"run_id": self.run_id},
        )
        self._insert_registrations(frame.with_columns(ids.alias("id")))

    def _insert_registrations(self, frame: pl.DataFrame) -> None:
        rows = frame.select(
            pl.col("id").alias("organisation_id"),
            pl.col("row_hash").reinterpret(signed=True),
            "file_row",
        )
        db.insert_frame(
            self.connection,
            Base.metadata.tables["registration"],
            rows,
            same={"source_id": self.source_id, "run_id": self.run_id},
        )

    def _compare(self, known: pl.DataFrame) -> None:
        """Find what changed of organisations the register has, and keep both values."""
        after = known.with_columns(_merged())
        differs = pl.any_horizontal(
            pl.col(f"{name}_after").ne_missing(pl.col(f"{name}_before")) for name in STORED
        )
        changed = after.filter(differs)
        self.tally.changed += changed.height
        self.tally.unchanged += after.height - changed.height
        if not changed.is_empty():
            self._write_changes(changed)
        self._renew_registrations(after)

    def _write_changes(self, changed: pl.DataFrame) -> None:
        parts = [
            changed.filter(pl.col(f"{name}_after").ne_missing(pl.col(f"{name}_before"))).select(
                pl.col("id").alias("organisation_id"),
                pl.lit(name).alias("field"),
                pl.col(f"{name}_before").cast(pl.String).alias("old_value"),
                pl.col(f"{name}_after").cast(pl.String).alias("new_value"),
                pl.lit(self.as_of).alias("from_on"),
                pl.lit(self.run_id).alias("run_id"),
                "file_row",
            )
            for name in STORED
        ]
        db.insert_frame(
            self.connection, FieldChange.metadata.tables["field_change"], pl.concat(parts)
        )
        values = changed.select("id", *(pl.col(f"{name}_after").alias(name) for name in STORED))
        db.update_frame(self.connection, Base.metadata.tables["organisation"], values, key="id")

    def _renew_registrations(self, frame: pl.DataFrame) -> None:
        """Keep the new fingerprint of rows that this source sent before, and add the others."""
        table = Registration.metadata.tables["registration"]
        ids = frame["id"].to_list()
        here = db.existing_in(self.connection, table, "organisation_id", ids)
        had = {row["organisation_id"] for row in here if row["source_id"] == self.source_id}
        renewed = frame.filter(pl.col("id").is_in(list(had)))
        if not renewed.is_empty():
            values = renewed.select(
                pl.col("id").alias("organisation_id"),
                pl.lit(self.source_id).alias("source_id"),
                pl.col("row_hash").reinterpret(signed=True),
                pl.lit(self.run_id).alias("run_id"),
                "file_row",
            )
            db.update_frame(self.connection, table, values, key=("organisation_id", "source_id"))
        self._insert_registrations(frame.filter(~pl.col("id").is_in(list(had))))

    def mark_absences(self) -> None:
        """After the last batch of a full snapshot: who was not in it, and who is back."""
        table = Base.metadata.tables["organisation"]
        named = db.existing_in(self.connection, table, "uscc", sorted(self._refused))
        refused = {row["id"] for row in named}
        self._close_absences(refused)
        absent = self._unseen() - refused
        self.tally.missing = len(absent)
        already = set(
            self.connection.execute(
                select(Absence.organisation_id).where(
                    Absence.source_id == self.source_id, Absence.to_on.is_(None)
                )
            ).scalars()
        )
        db.insert_frame(
            self.connection,
            Absence.metadata.tables["absence"],
            pl.DataFrame(
                {"organisation_id": sorted(absent - already)}, schema={"organisation_id": pl.Int64}
            ).with_columns(
                source_id=pl.lit(self.source_id),
                from_on=pl.lit(self.as_of),
                run_id=pl.lit(self.run_id),
            ),
        )

    def _unseen(self) -> set[int]:
        """Organisations that this source sent before, and not in this run."""
        unseen = self._known[~self._seen]
        if not len(unseen):
            return set()
        query = select(Registration.organisation_id, Registration.row_hash).where(
            Registration.source_id == self.source_id, Registration.run_id != self.run_id
        )
        if self.district:
            query = query.join(Organisation, Organisation.id == Registration.organisation_id).where(
                Organisation.district_code == self.district
            )
        found: set[int] = set()
        blocks = self.connection.execute(query, execution_options={"yield_per": 100_000})
        for rows in blocks.partitions():
            hashes = np.array([row[1] for row in rows], dtype=np.int64).view(np.uint64)
            found.update(rows[int(n)][0] for n in np.flatnonzero(position(unseen, hashes) >= 0))
        return found

    def _close_absences(self, refused: set[int]) -> None:
        rows = self.connection.execute(
            select(Absence.id, Registration.row_hash, Registration.run_id, Absence.organisation_id)
            .join(
                Registration,
                (Registration.organisation_id == Absence.organisation_id)
                & (Registration.source_id == Absence.source_id),
            )
            .where(Absence.source_id == self.source_id, Absence.to_on.is_(None))
        ).all()
        hashes = np.array([row[1] for row in rows], dtype=np.int64).view(np.uint64)
        place = position(self._known, hashes)
        back = [
            row[0]
            for row, at in zip(rows, place, strict=True)
            if row[2] == self.run_id or row[3] in refused or (at >= 0 and self._seen[at])
        ]
        for start in range(0, len(back), 5_000):
            self.connection.execute(
                update(Absence)
                .where(Absence.id.in_(back[start : start + 5_000]))
                .values(to_on=self.as_of, returned_run_id=self.run_id)
            )


def _merged() -> list[pl.Expr]:
    """What each stored field is after this row: as said, or as before where nothing is said."""
    said = {name: pl.col(name).fill_null(pl.col(f"{name}_before")) for name in SAID}
    # Without a type text the class is no news: a person or another source may have settled it.
    said["ownership"] = (
        pl.when(pl.col("enterprise_type").is_null() & (pl.col("kind") == "enterprise"))
        .then("ownership_before")
        .otherwise("ownership")
    )
    moved = pl.col("address").is_not_null() & (
        pl.col("address").ne_missing(pl.col("address_before"))
        | pl.col("subdistrict_code_before").is_null()
    )
    located = {
        name: pl.when(moved).then(name).otherwise(f"{name}_before") for name in written.COLUMNS
    }
    same_town = pl.col("subdistrict_code") == pl.col("subdistrict_code_before")
    more_exact = pl.when(same_town).then("community_code")
    located["community_code"] = located["community_code"].fill_null(more_exact)
    return [expression.alias(f"{name}_after") for name, expression in (said | located).items()]


def open_run(
    connection: Connection, source: int, *, as_of: date, district: str, now: datetime
) -> int:
    """Write a run of a source, nothing counted yet; return its id."""
    run = Run.metadata.tables["run"]
    values = {
        "source_id": source,
        "as_of": as_of,
        "district_code": district or None,
        "learned_at": now,
        **dict.fromkeys(COUNTS, 0),
    }
    return int(connection.execute(run.insert().values(**values).returning(run.c.id)).scalar_one())


def source_id(connection: Connection, name: str) -> int:
    """Return the id of a source by its name, entering it if it is new."""
    table = Source.metadata.tables["source"]
    found = connection.execute(select(table.c.id).where(table.c.name == name)).scalar()
    if found is None:
        found = connection.execute(
            table.insert().values(name=name).returning(table.c.id)
        ).scalar_one()
    return int(found)
